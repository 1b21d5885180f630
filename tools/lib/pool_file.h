/* SPDX-License-Identifier: GPL-2.0 */
/* The file of a pool: opened, locked, and still the one that its name says. */
#ifndef HVU_POOL_FILE_H
#define HVU_POOL_FILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "pool_format.h"

/**
 * struct hvu_pool_ops - what changes the disk; a test puts itself between
 * @pwrite: as pwrite(2)
 * @ftruncate: as ftruncate(2)
 * @fdatasync: as fdatasync(2)
 * @futimens: as futimens(3)
 */
struct hvu_pool_ops {
	ssize_t (*pwrite)(int fd, const void *data, size_t size, off_t offset);
	int (*ftruncate)(int fd, off_t size);
	int (*fdatasync)(int fd);
	int (*futimens)(int fd, const struct timespec times[2]);
};

extern const struct hvu_pool_ops hvu_pool_ops;

/* What a file is opened and locked for. */
enum hvu_pool_use { HVU_POOL_READ, HVU_POOL_WRITE, HVU_POOL_MAKE };

/**
 * struct hvu_pool_file - a file
 * @ops: what changes the disk
 * @directory: that it lies in
 * @number: of the pool
 * @wait_ms: how long to wait for a lock
 * @fd: the file; -1 if it is not open
 * @journal: its journal; -1 if that is not open, or not there
 * @writable: both are open for writing
 * @status: the file, when it was last looked at
 * @journal_status: its journal, likewise
 */
struct hvu_pool_file {
	const struct hvu_pool_ops *ops;
	int directory;
	unsigned int number;
	unsigned int wait_ms;
	int fd;
	int journal;
	bool writable;
	struct stat status;
	struct stat journal_status;
};

#define HVU_POOL_NAME_SIZE 32

void hvu_pool_file_name(const struct hvu_pool_file *file, char name[static HVU_POOL_NAME_SIZE]);
int hvu_pool_file_open(struct hvu_pool_file *file, enum hvu_pool_use use);
void hvu_pool_file_unlock(struct hvu_pool_file *file);
void hvu_pool_file_close(struct hvu_pool_file *file);
int hvu_pool_file_make_journal(struct hvu_pool_file *file);

bool hvu_pool_file_is_young(const struct stat *status, const struct timespec *now);
bool hvu_pool_file_has_date(const struct stat *status, const struct timespec *date);

#endif
