/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small files of /sys, /proc and /etc, below a root that a test can choose.
 *
 * A root is a file descriptor of a directory, the path is relative to it and may
 * be a printf format. Symbolic links in it stay below the root.
 */
#ifndef HVU_ROOT_H
#define HVU_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

int hvu_root_open(const char *path);

bool hvu_exists(int root, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool hvu_is_hidden(int root, const char *const *folders, size_t n, const char *name);
int hvu_open(int root, int flags, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int hvu_read(int root, char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int hvu_write(int root, const char *text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int hvu_link(int root, char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int hvu_link_name(int root, char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
char **hvu_list(int root, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hvu_list_free(char **names);
FILE *hvu_fopen(int root, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
