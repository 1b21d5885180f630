/* SPDX-License-Identifier: GPL-2.0 */
/* SHA-256, as FIPS 180-4 defines it. */
#ifndef FCOPYD_SHA256_H
#define FCOPYD_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define HVIC_SHA256_BYTES	32
#define HVIC_SHA256_BLOCK	64
#define HVIC_SHA256_TEXT	(2 * HVIC_SHA256_BYTES + 1)

/**
 * struct hvic_sha256 - a digest in the making
 * @state: the eight words
 * @len: bytes so far
 * @block: the bytes that do not fill a block yet
 * @take: adds whole blocks to the words
 */
struct hvic_sha256 {
	uint32_t state[8];
	uint64_t len;
	uint8_t block[HVIC_SHA256_BLOCK];
	void (*take)(uint32_t state[8], const uint8_t *blocks, size_t n);
};

void hvic_sha256_init(struct hvic_sha256 *sha);
void hvic_sha256_add(struct hvic_sha256 *sha, const void *data, size_t size);
void hvic_sha256_take(uint32_t state[8], const uint8_t *blocks, size_t n);
void hvic_sha256_end(struct hvic_sha256 *sha, char text[static HVIC_SHA256_TEXT]);

#endif
