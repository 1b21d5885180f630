/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is told of copies: lines in the journal, and a note for "hvic fcopy".
 *
 * The note, /var/lib/hv_ic/fcopy.json, is about the last copy and is written when one begins, just
 * before it gets its name, and when it ends. It is also what the next daemon knows of a file that
 * was left: under a hidden name, also by a power failure, therefore it is not in /run; or under its
 * own one.
 */
#ifndef FCOPYD_AUDIT_H
#define FCOPYD_AUDIT_H

#include <time.h>

#include "copy.h"
#include "log.h"

#define HVIC_AUDIT_NOTE "fcopy.json"

/**
 * struct hvic_audit - what is to be told
 * @root: below which /var is
 * @path: of the file that is copied, or hashed, for people
 * @began_ms: CLOCK_MONOTONIC, when
 * @ms: how long it took, once it is complete
 * @file: a complete file that is still hashed; -1 for none
 * @complete: what it was like when it was complete
 * @replaced: another file was there before
 * @digest: of it
 * @limit: of the lines about what came to nothing, and of notes that cannot be written
 */
struct hvic_audit {
	int root;
	char path[4 * 2 * HV_IC_FCOPY_NAME_SIZE];
	int64_t began_ms;
	uint64_t ms;
	int file;
	uint64_t size;
	struct timespec changed;
	bool replaced;
	struct hvic_digest digest;
	struct hvu_limit limit;
};

void hvic_audit_init(struct hvic_audit *audit, int root);
void hvic_audit_refused(struct hvic_audit *audit, const struct hvic_place *place,
			const struct hv_ic_fcopy_start *wanted, int error);
void hvic_audit_begun(struct hvic_audit *audit, const struct hvic_copy *copy);
void hvic_audit_naming(struct hvic_audit *audit, const struct hvic_copy *copy);
void hvic_audit_broken(struct hvic_audit *audit, const struct hvic_copy *copy, int error);
void hvic_audit_complete(struct hvic_audit *audit, const struct hvic_copy *copy);
bool hvic_audit_step(struct hvic_audit *audit);
void hvic_audit_end(struct hvic_audit *audit);

int hvic_audit_last(const struct hvic_audit *audit, struct hvic_place *place, uint64_t *id);
bool hvic_audit_left(const struct hvic_audit *audit, const struct hvic_place *place, uint64_t id,
		     struct hvic_left *left);

#endif
