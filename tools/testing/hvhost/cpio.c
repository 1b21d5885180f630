// SPDX-License-Identifier: GPL-2.0
#include "cpio.h"

#include <stdio.h>
#include <string.h>

#define HEADER	110u		/* a magic number and 13 of 8 digits */

static size_t padded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

size_t cpio_entry(uint8_t *to, const char *name, uint32_t mode, const void *bytes, size_t size)
{
	size_t name_size = strlen(name) + 1, head = padded(HEADER + name_size);
	char header[HEADER + 1];

	if (!to)
		return head + padded(size);
	memset(to, 0, head + padded(size));
	/* inode, mode, owner, links, time, size, device, length of the name, sum */
	snprintf(header, sizeof(header),
		 "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		 0, mode, 0, 0, 1, 0, (unsigned int)size, 0, 0, 0, 0,
		 (unsigned int)name_size, 0);
	memcpy(to, header, HEADER);
	memcpy(to + HEADER, name, name_size);
	if (size)
		memcpy(to + head, bytes, size);
	return head + padded(size);
}

size_t cpio_end(uint8_t *to)
{
	return cpio_entry(to, "TRAILER!!!", 0, NULL, 0);
}
