// SPDX-License-Identifier: GPL-2.0
/* Who holds a lock on a file. */
#include "locks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "root.h"

/* "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF"; one that waits has "->" behind the number. */
static bool read_line(const char *line, const struct stat *file, struct hvu_lock *lock)
{
	unsigned int major_number, minor_number;
	unsigned long long inode;
	char kind[8], mode[8];
	int pid;

	if (sscanf(line, "%*u: %7s %*s %7s %d %x:%x:%llu", kind, mode, &pid, &major_number,
		   &minor_number, &inode) != 6)
		return false;
	if (inode != file->st_ino || makedev(major_number, minor_number) != file->st_dev)
		return false;
	*lock = (struct hvu_lock){
		.kind = !strcmp(kind, "FLOCK") ? 'f' : 'p',
		.exclusive = !strcmp(mode, "WRITE"),
		/* A lock of an open file has none, and a process elsewhere has none here. */
		.pid = pid > 0 ? pid : 0,
	};
	return true;
}

/**
 * hvu_lock_find() - a lock that somebody holds on a file, an exclusive one rather than a shared one
 * @root: below which /proc is
 * @file: the file
 * @lock: gets it
 *
 * Return: is there one?
 */
bool hvu_lock_find(int root, const struct stat *file, struct hvu_lock *lock)
{
	FILE *locks = hvu_fopen(root, "proc/locks");
	struct hvu_lock other;
	bool found = false;
	char *line = NULL;
	size_t size = 0;

	if (!locks)
		return false;
	while (getline(&line, &size, locks) > 0) {
		if (!read_line(line, file, &other))
			continue;
		if (!found || (other.exclusive && !lock->exclusive) ||
		    (other.exclusive == lock->exclusive && !lock->pid))
			*lock = other;
		found = true;
	}
	free(line);
	fclose(locks);
	return found;
}
