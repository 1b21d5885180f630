/* SPDX-License-Identifier: GPL-2.0 */
/* A folder in memory for the files of one process, and what is cut out of an input. */
#ifndef FUZZ_SCRATCH_H
#define FUZZ_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

/* Its descriptor. The folder is removed when the process ends. */
int scratch(void);

/* Write a file of it, and at first the folders that lead there. */
void scratch_write(const char *path, const void *data, size_t size);

/* A copy that is text, to be freed. */
char *text_of(const uint8_t *data, size_t size);

/**
 * struct halves - an input that is two
 * @first: up to the first NUL
 * @first_size: of it
 * @second: what is behind that
 * @second_size: of it
 */
struct halves {
	const uint8_t *first;
	size_t first_size;
	const uint8_t *second;
	size_t second_size;
};

struct halves halves_of(const uint8_t *data, size_t size);

#endif
