/* SPDX-License-Identifier: GPL-2.0 */
/* The host's requests, and what comes of them. */
#ifndef FCOPYD_SERVE_H
#define FCOPYD_SERVE_H

#include "audit.h"
#include "copy.h"
#include "record.h"
#include "rules.h"

/**
 * struct hvic_serve - the daemon
 * @client: of the device; the first member
 * @rules: what is allowed
 * @root: below which everything is
 * @copy: the file that is being copied
 * @audit: what is told of it
 * @last: id of the last block
 * @work: called when hvic_serve_idle() has something to do; may be NULL
 */
struct hvic_serve {
	struct hvu_client client;
	struct hvic_rules rules;
	int root;
	struct hvic_copy copy;
	struct hvic_audit audit;
	uint64_t last;
	void (*work)(struct hvic_serve *serve);
};

extern const struct hvu_client_ops hvic_serve_ops;

void hvic_serve_init(struct hvic_serve *serve, int root);
bool hvic_serve_idle(struct hvic_serve *serve);
void hvic_serve_end(struct hvic_serve *serve);

#endif
