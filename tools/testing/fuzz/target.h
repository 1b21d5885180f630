/* SPDX-License-Identifier: GPL-2.0 */
/* What a fuzzer, or a replay of what it found, calls with an input. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What is promised, whatever the input. */
#define must(truth)	do { if (!(truth)) broken(__FILE__, __LINE__, #truth); } while (0)

static inline void broken(const char *file, int line, const char *truth)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, truth);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
