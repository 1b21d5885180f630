/* SPDX-License-Identifier: GPL-2.0 */
/* The content of files that are copied: no two places are alike. Host and guest make it alike. */
#ifndef BENCH_PATTERN_H
#define BENCH_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/** pattern_fill() - the bytes at @offset; both are multiples of 8 */
static inline void pattern_fill(void *to, uint64_t offset, size_t size)
{
	uint64_t *words = to;

	for (size_t i = 0; i < size / 8; i++)
		words[i] = (offset / 8 + i) * 0x9e3779b97f4a7c15ull;
}

#endif
