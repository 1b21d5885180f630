/* SPDX-License-Identifier: GPL-2.0 */
/* Who holds a lock on a file, as /proc/locks tells. */
#ifndef HVU_LOCKS_H
#define HVU_LOCKS_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/**
 * struct hvu_lock - a lock
 * @kind: 'f' of flock(2), 'p' of fcntl(2)
 * @exclusive: nobody else may have one
 * @pid: of a process that has it; 0 if that is not known
 */
struct hvu_lock {
	char kind;
	bool exclusive;
	pid_t pid;
};

bool hvu_lock_find(int root, const struct stat *file, struct hvu_lock *lock);

#endif
