/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SHA-256 of a file that is being written.
 *
 * To hash a block costs more than to write it, and blocks come in any order. So the file is read
 * back, a piece at a time, when the host has nothing to do: after the end, and far behind what has
 * been written if much has.
 */
#ifndef FCOPYD_DIGEST_H
#define FCOPYD_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "sha256.h"

/* Short enough that blocks which come meanwhile need not wait. */
#define HVIC_DIGEST_PIECE 16384

/**
 * struct hvic_digest - a digest
 * @sha: of the bytes so far
 * @done: how many these are
 * @late: bytes of them were written again, so it begins anew when all are written
 */
struct hvic_digest {
	struct hvic_sha256 sha;
	uint64_t done;
	bool late;
};

void hvic_digest_init(struct hvic_digest *digest);
void hvic_digest_wrote(struct hvic_digest *digest, uint64_t offset);
int hvic_digest_step(struct hvic_digest *digest, int file, uint64_t end);

#endif
