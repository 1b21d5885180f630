/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small files of /sys, /proc and /etc, below a root that a test can choose.
 *
 * A root is a file descriptor of a directory, the path is relative to it and may
 * be a printf format. Symbolic links in it stay below the root.
 */
#ifndef HVIC_ROOT_H
#define HVIC_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

int hvic_root_open(const char *path);

bool hvic_exists(int root, const char *format, ...) __attribute__((format(printf, 2, 3)));
int hvic_open(int root, int flags, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int hvic_read(int root, char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int hvic_write(int root, const char *text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int hvic_link(int root, char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int hvic_link_name(int root, char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
char **hvic_list(int root, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hvic_list_free(char **names);
FILE *hvic_fopen(int root, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
