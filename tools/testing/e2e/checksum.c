// SPDX-License-Identifier: GPL-2.0
/* See checksum.h. */
#include "checksum.h"

#include <stdio.h>

const char *checksum(const uint8_t *data, size_t size)
{
	static char text[16];
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	snprintf(text, sizeof(text), "%08x", ~crc);
	return text;
}
