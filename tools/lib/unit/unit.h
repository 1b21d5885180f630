/* SPDX-License-Identifier: GPL-2.0 */
/* What cmocka needs before it, and a folder to play in. */
#ifndef HVU_UNIT_H
#define HVU_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/**
 * struct unit_root - a root to look below
 * @path: of the folder
 * @fd: of it
 */
struct unit_root {
	char path[64];
	int fd;
};

/* As cmocka's setup and teardown: the state is a struct unit_root. */
int unit_root_setup(void **state);
int unit_root_teardown(void **state);

/** unit_file() - write a file, and the folders that lead to it */
void unit_file(struct unit_root *root, const char *path, const char *text);

/** unit_bytes() - the same, with any bytes */
void unit_bytes(struct unit_root *root, const char *path, const void *data, size_t len);

/** unit_symlink() - make or replace a symbolic link */
void unit_symlink(struct unit_root *root, const char *path, const char *target);

/** unit_folder() - make a folder, and those that lead to it */
void unit_folder(struct unit_root *root, const char *path);

/** unit_remove() - remove a file, a link or an empty folder */
void unit_remove(struct unit_root *root, const char *path);

/** unit_device() - a device on the bus; @driver may be NULL */
void unit_device(struct unit_root *root, const char *id, const char *class, const char *driver);

/** unit_process() - a process of root's, in a unit of the system's systemd or (NULL) none */
void unit_process(struct unit_root *root, int pid, const char *comm, const char *unit);

/** unit_run() - hvu_spawn() and hvu_wait_exit() */
int unit_run(const char *const argv[], int timeout_ms);

/** unit_calls() - how many system calls a function makes, in a child of this process */
unsigned int unit_calls(void (*run)(void *data), void *data);

/**
 * struct unit_use - what this process holds
 * @descriptors: how many are open
 * @bytes: that have been allocated and not freed
 */
struct unit_use {
	unsigned int descriptors;
	size_t bytes;
};

/** unit_measure() - what this process holds now */
void unit_measure(struct unit_use *use);

/** unit_expect_use() - it holds no more than it did, give or take what grows once */
void unit_expect_use(const struct unit_use *before);

/** unit_open() - let a process have a file open, with flags as /proc shows them */
void unit_open(struct unit_root *root, int pid, int fd, const char *target, const char *flags);

#endif
