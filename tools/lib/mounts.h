/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file systems that are mounted, each once, in the order in which a backup has to freeze them.
 *
 * All is judged from /proc and /sys. Nothing of a file system is touched before
 * hvu_filesystem_open(), since one that is served from elsewhere may never answer.
 */
#ifndef HVU_MOUNTS_H
#define HVU_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Why a file system is left alone. */
enum hvu_skip {
	HVU_SKIP_NONE,		/* it is not */
	HVU_SKIP_NO_DISK,	/* proc, tmpfs, overlay and so on */
	HVU_SKIP_REMOTE,	/* it, or the file that is its disk, is on another machine */
	HVU_SKIP_REMOTE_DISK,	/* its disk is, and it is not included by name */
	HVU_SKIP_USER,		/* a process serves it */
	HVU_SKIP_READ_ONLY,
	HVU_SKIP_EXCLUDED,
	HVU_SKIP_NOT_INCLUDED,
};

/**
 * struct hvu_mount - one of the places where a file system is mounted
 * @id: of the mount
 * @path: of the mount point
 * @beyond: the way there leads through a file system that may never answer
 */
struct hvu_mount {
	int id;
	char *path;
	bool beyond;
};

/**
 * struct hvu_filesystem - a file system
 * @device: its number
 * @type: its type
 * @source: what it is mounted from
 * @mounts: where it is mounted; there is at least one
 * @n_mounts: how many
 * @skip: why it is left alone
 * @level: those of level 0 are frozen first, then those of level 1, and so on: a file system is of
 *	a higher level than any that lies on it
 */
struct hvu_filesystem {
	dev_t device;
	char *type;
	char *source;
	struct hvu_mount *mounts;
	size_t n_mounts;
	enum hvu_skip skip;
	unsigned int level;
};

/**
 * struct hvu_mounts - the file systems
 * @all: those that are frozen in the order of their levels, then the others
 * @n: how many
 * @n_frozen: how many of them are frozen
 * @n_unread: how many lines of the table cannot be read: what they are about is not among them
 */
struct hvu_mounts {
	struct hvu_filesystem *all;
	size_t n;
	size_t n_frozen;
	size_t n_unread;
};

int hvu_mounts_read(struct hvu_mounts *mounts, int root, char *const *include,
		    char *const *exclude);
void hvu_mounts_free(struct hvu_mounts *mounts);

const char *hvu_skip_text(enum hvu_skip skip);
int hvu_filesystem_open(int root, const struct hvu_filesystem *filesystem);
const char *hvu_unreachable_text(int error);

#endif
