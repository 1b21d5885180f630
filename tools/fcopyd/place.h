/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a file of the host may go.
 *
 * The host names a folder and a file. Whoever may write in an allowed folder could put a link on
 * the way, or move a folder of it, so no path is ever looked up twice by its text alone: a way
 * begins at the allowed folder, and no step of it follows a link or leads out. On the way to that
 * folder only links of root's are followed, see top.h.
 */
#ifndef FCOPYD_PLACE_H
#define FCOPYD_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/hv_ic.h>

#include "settings.h"

/**
 * struct hvic_rule - an allowed folder, with its owners looked up
 * @directory: as in the configuration
 * @uid: of new files; HVU_OWNER_ANY to leave it as it is
 * @gid: likewise, HVU_GROUP_ANY
 */
struct hvic_rule {
	const struct hvu_fcopy_directory *directory;
	uid_t uid;
	gid_t gid;
};

/**
 * struct hvic_place - where a file goes
 * @path: the folder, "/A/B", as it is looked up; "" is the root
 * @name: of the file
 * @top_len: how much of @path is the allowed folder
 * @top: descriptor of the allowed folder; -1 if the place is not open
 * @reason: why it could not be opened, for people; NULL if the error says enough
 * @uid: of the new file, like all that follows: the configuration may change meanwhile
 * @gid: likewise
 * @mode: likewise
 * @overwrite: may a file that is there be replaced?
 * @max_size: of the file; 0 for any
 * @min_free: what has to stay free
 */
struct hvic_place {
	char path[HV_IC_FCOPY_NAME_SIZE];
	char name[HV_IC_FCOPY_NAME_SIZE];
	size_t top_len;
	int top;
	const char *reason;
	uid_t uid;
	gid_t gid;
	mode_t mode;
	bool overwrite;
	uint64_t max_size;
	uint64_t min_free;
};

int hvic_place_parse(struct hvic_place *place, const char path[static HV_IC_FCOPY_NAME_SIZE],
		     const char name[static HV_IC_FCOPY_NAME_SIZE]);
int hvic_place_open(struct hvic_place *place, const struct hvic_rule *rules, size_t n_rules,
		    int root);
void hvic_place_close(struct hvic_place *place);

int hvic_place_walk(const struct hvic_place *place, const char **missing);
int hvic_place_make(const struct hvic_place *place, unsigned int *made);
int hvic_place_sync(const struct hvic_place *place, int folder, unsigned int made);
void hvic_place_unmake(const struct hvic_place *place, unsigned int made);

int hvic_place_own(const struct hvic_place *place, int fd, mode_t mode);
int hvic_place_try_own(const struct hvic_place *place, int fd);
int hvic_place_status(int error);

#endif
