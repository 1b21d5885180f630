// SPDX-License-Identifier: GPL-2.0
/* An archive byte by byte, as cpio(1) writes it. */
#include "cpio.h"

#include <string.h>

#include "unit.h"

static bool has(const uint8_t *archive, size_t at, const char *text)
{
	return !memcmp(archive + at, text, strlen(text));
}

int main(void)
{
	uint8_t archive[512];
	size_t size;

	memset(archive, 0xee, sizeof(archive));
	size = cpio_entry(archive, "a/b", CPIO_FILE, "12345", 5);
	unit_check(size == 124 && size == cpio_entry(NULL, "a/b", CPIO_FILE, "12345", 5),
		   "an entry is as long as counted");
	size += cpio_end(archive + size);
	unit_check(has(archive, 0, "07070100000000000081a4"), "a header: mode");
	unit_check(has(archive, 54, "00000005") && has(archive, 94, "00000004"), "sizes");
	unit_check(!memcmp(archive + 110, "a/b\0\0\0", 6) &&
		   !memcmp(archive + 116, "12345\0\0\0", 8), "name and content, padded");
	unit_check(size == 248 && has(archive, 124, "070701") &&
		   has(archive, 124 + 110, "TRAILER!!!"), "and the end");
	unit_check(cpio_entry(archive, "a", CPIO_FOLDER, NULL, 0) == 112, "a folder holds nothing");
	return unit_done();
}
