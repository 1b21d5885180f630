// SPDX-License-Identifier: GPL-2.0
/* SHA-256, as FIPS 180-4 defines it. */
#include "sha256.h"

#include <endian.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t turn(uint32_t word, unsigned int bits)
{
	return word >> bits | word << (32 - bits);
}

/* The words turn by one place from round to round; moving the names costs nothing. */
static inline void do_round(uint32_t a, uint32_t b, uint32_t c, uint32_t *d,
			    uint32_t e, uint32_t f, uint32_t g, uint32_t *h, uint32_t word)
{
	uint32_t first = *h + word + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
		(g ^ (e & (f ^ g)));

	*d += first;
	*h = first + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) | (c & (a | b)));
}

static void take_block(uint32_t state[8], const uint8_t *block)
{
	uint32_t words[64], s[8];

	memcpy(words, block, HVIC_SHA256_BLOCK);
	for (size_t i = 0; i < 16; i++)
		words[i] = be32toh(words[i]);
	for (size_t i = 16; i < 64; i++) {
		uint32_t a = words[i - 15], b = words[i - 2];

		words[i] = words[i - 16] + words[i - 7] +
			(turn(a, 7) ^ turn(a, 18) ^ a >> 3) + (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
	}
	for (size_t i = 0; i < 64; i++)
		words[i] += constants[i];
	memcpy(s, state, sizeof(s));
	for (const uint32_t *w = words; w < words + 64; w += 8) {
		do_round(s[0], s[1], s[2], &s[3], s[4], s[5], s[6], &s[7], w[0]);
		do_round(s[7], s[0], s[1], &s[2], s[3], s[4], s[5], &s[6], w[1]);
		do_round(s[6], s[7], s[0], &s[1], s[2], s[3], s[4], &s[5], w[2]);
		do_round(s[5], s[6], s[7], &s[0], s[1], s[2], s[3], &s[4], w[3]);
		do_round(s[4], s[5], s[6], &s[7], s[0], s[1], s[2], &s[3], w[4]);
		do_round(s[3], s[4], s[5], &s[6], s[7], s[0], s[1], &s[2], w[5]);
		do_round(s[2], s[3], s[4], &s[5], s[6], s[7], s[0], &s[1], w[6]);
		do_round(s[1], s[2], s[3], &s[4], s[5], s[6], s[7], &s[0], w[7]);
	}
	for (size_t i = 0; i < 8; i++)
		state[i] += s[i];
}

/** hvic_sha256_take() - add @n whole blocks to the words, on any processor */
void hvic_sha256_take(uint32_t state[8], const uint8_t *blocks, size_t n)
{
	for (; n; n--, blocks += HVIC_SHA256_BLOCK)
		take_block(state, blocks);
}

#ifdef __x86_64__
static bool has_instructions(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1) &&
		__get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/*
 * The processor's own instructions do two rounds each. They want the words as two times four, in
 * the order a b e f and c d g h from the highest to the lowest.
 */
__attribute__((target("sha,sse4.1")))
static void take_by_instructions(uint32_t state[8], const uint8_t *blocks, size_t n)
{
	const __m128i turned = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i dcba = _mm_loadu_si128((const __m128i *)&state[0]);
	__m128i hgfe = _mm_loadu_si128((const __m128i *)&state[4]);
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
	__m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
	__m128i feba, dchg;

	for (; n; n--, blocks += HVIC_SHA256_BLOCK) {
		__m128i first = abef, second = cdgh, words[4];

		for (unsigned int i = 0; i < 16; i++) {
			__m128i *oldest = &words[i % 4], word;

			if (i < 4) {
				word = _mm_loadu_si128((const __m128i *)blocks + i);
				word = _mm_shuffle_epi8(word, turned);
			} else {
				word = _mm_sha256msg1_epu32(*oldest, words[(i + 1) % 4]);
				word = _mm_add_epi32(word, _mm_alignr_epi8(words[(i + 3) % 4],
									   words[(i + 2) % 4], 4));
				word = _mm_sha256msg2_epu32(word, words[(i + 3) % 4]);
			}
			*oldest = word;
			word = _mm_add_epi32(word, _mm_loadu_si128((const __m128i *)constants + i));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, word);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(word, 0x0e));
		}
		abef = _mm_add_epi32(abef, first);
		cdgh = _mm_add_epi32(cdgh, second);
	}
	feba = _mm_shuffle_epi32(abef, 0x1b);
	dchg = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)&state[0], _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)&state[4], _mm_alignr_epi8(dchg, feba, 8));
}
#endif

/** hvic_sha256_init() - begin a digest */
void hvic_sha256_init(struct hvic_sha256 *sha)
{
	static const uint32_t first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(sha->state, first, sizeof(first));
	sha->len = 0;
	sha->take = hvic_sha256_take;
#ifdef __x86_64__
	if (has_instructions())
		sha->take = take_by_instructions;
#endif
}

/** hvic_sha256_add() - more bytes */
void hvic_sha256_add(struct hvic_sha256 *sha, const void *data, size_t size)
{
	const uint8_t *next = data;
	size_t have = sha->len % HVIC_SHA256_BLOCK;

	sha->len += size;
	if (have) {
		size_t some = HVIC_SHA256_BLOCK - have;

		some = some < size ? some : size;
		memcpy(&sha->block[have], next, some);
		if (have + some < HVIC_SHA256_BLOCK)
			return;
		sha->take(sha->state, sha->block, 1);
		next += some;
		size -= some;
	}
	sha->take(sha->state, next, size / HVIC_SHA256_BLOCK);
	next += size - size % HVIC_SHA256_BLOCK;
	memcpy(sha->block, next, size % HVIC_SHA256_BLOCK);
}

/** hvic_sha256_end() - the digest as text, in hexadecimal; @sha is of no use afterwards */
void hvic_sha256_end(struct hvic_sha256 *sha, char text[static HVIC_SHA256_TEXT])
{
	static const uint8_t padding[HVIC_SHA256_BLOCK] = { 0x80 };
	uint64_t bits = htobe64(sha->len * 8);
	size_t have = sha->len % HVIC_SHA256_BLOCK;

	hvic_sha256_add(sha, padding, (have < 56 ? 56 : 56 + HVIC_SHA256_BLOCK) - have);
	hvic_sha256_add(sha, &bits, sizeof(bits));
	for (size_t i = 0; i < 8; i++)
		snprintf(&text[8 * i], 9, "%08x", sha->state[i]);
}
