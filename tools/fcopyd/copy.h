/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One file that the host copies.
 *
 * Until it is complete it has no name, so that nothing of it is left whatever happens. Where the
 * file system has no files without a name, it has a hidden one with a random number: another guest
 * may have the same folder, and its ids of START are the same. Folders that are missing are made
 * last.
 */
#ifndef FCOPYD_COPY_H
#define FCOPYD_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include "digest.h"
#include "place.h"

/* More blocks than one read brings. */
#define HVIC_COPY_RUN	32

/**
 * struct hvic_copy - a copy
 * @place: where it goes
 * @id: of START
 * @size: of the file, as the host announced it
 * @flags: HV_IC_FCOPY_*
 * @hidden: the number in its hidden name
 * @active: between START and its end
 * @named: there is a file of its hidden name in @folder, or will be next: this one, or the one that
 *	it has changed places with
 * @avoid_unnamed: for tests: as if the file system had no files without a name
 * @folder: where the file is, until it is complete
 * @over: the folder where the file has changed places with another one; -1 if it has not
 * @file: the file
 * @run: blocks that are not written yet, each where the one before it ends
 * @n_run: how many
 * @run_at: where in the file
 * @run_len: bytes of them
 * @end: of the last byte that was written
 * @prefix: up to here every byte has been written
 * @made: folders that were made for it
 * @replaced: another file was there before
 * @error: of the block that failed; 0 for none
 * @digest: of the file
 * @naming: called just before the file gets its name; may be NULL
 * @data: for @naming
 */
struct hvic_copy {
	struct hvic_place place;
	uint64_t id;
	uint64_t size;
	uint32_t flags;
	uint64_t hidden;
	bool active;
	bool named;
	bool avoid_unnamed;
	int folder;
	int over;
	int file;
	struct iovec run[HVIC_COPY_RUN];
	size_t n_run;
	uint64_t run_at;
	size_t run_len;
	uint64_t end;
	uint64_t prefix;
	unsigned int made;
	bool replaced;
	int error;
	struct hvic_digest digest;
	void (*naming)(void *data, const struct hvic_copy *copy);
	void *data;
};

/**
 * struct hvic_left - what a note tells of a file that may have been left
 * @has_hidden: it had its hidden name
 * @hidden: the number in that
 * @has_file: it was to get its own name, and all that follows is known
 * @replaces: that of another file
 * @device: where it is
 * @inode: its number there
 * @changed: when it was last written to, for another file may get the number of one that has gone
 */
struct hvic_left {
	bool has_hidden;
	uint64_t hidden;
	bool has_file;
	bool replaces;
	dev_t device;
	ino_t inode;
	struct timespec changed;
};

int hvic_copy_begin(struct hvic_copy *copy, uint64_t id, uint64_t size, uint32_t flags);
int hvic_copy_add(struct hvic_copy *copy, uint64_t offset, const void *data, size_t size);
int hvic_copy_flush(struct hvic_copy *copy);
int hvic_copy_complete(struct hvic_copy *copy);
void hvic_copy_undo(struct hvic_copy *copy);
void hvic_copy_settle(struct hvic_copy *copy);
void hvic_copy_end(struct hvic_copy *copy);

#define HVIC_COPY_HIDDEN_SIZE 40

void hvic_copy_hidden_name(char name[static HVIC_COPY_HIDDEN_SIZE], uint64_t number);
int hvic_copy_remove_left(const struct hvic_place *place, const struct hvic_left *left);

#endif
