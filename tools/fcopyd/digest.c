// SPDX-License-Identifier: GPL-2.0
/* The SHA-256 of a file that is being written. */
#include "digest.h"

#include <errno.h>
#include <unistd.h>

/** hvic_digest_init() - begin */
void hvic_digest_init(struct hvic_digest *digest)
{
	hvic_sha256_init(&digest->sha);
	digest->done = 0;
	digest->late = false;
}

/** hvic_digest_wrote() - bytes from @offset on have been written */
void hvic_digest_wrote(struct hvic_digest *digest, uint64_t offset)
{
	if (offset >= digest->done)
		return;
	/* A host that goes on doing so must not keep us busy. */
	hvic_digest_init(digest);
	digest->late = true;
}

/**
 * hvic_digest_step() - take a piece of the file
 * @digest: digest
 * @file: descriptor
 * @end: how much of the file there is
 *
 * Return: 1 if there is more, 0 if all up to @end is taken, or a negative errno: %-ENODATA if the
 * file is shorter than that.
 */
int hvic_digest_step(struct hvic_digest *digest, int file, uint64_t end)
{
	char piece[HVIC_DIGEST_PIECE];
	uint64_t left = end - digest->done;
	ssize_t len;

	if (!left)
		return 0;
	len = pread(file, piece, left < sizeof(piece) ? left : sizeof(piece), digest->done);
	if (len < 0)
		return errno == EINTR ? 1 : -errno;
	if (!len)
		return -ENODATA;
	hvic_sha256_add(&digest->sha, piece, len);
	digest->done += len;
	return digest->done < end;
}
