// SPDX-License-Identifier: GPL-2.0
/* An archive byte by byte, as cpio(1) writes it. */
#include "cpio.h"

#include <string.h>

#include "unit.h"

static const char expected[] =
	"070701" "00000000" "000081a4" "00000000" "00000000" "00000001" "00000000" "00000005"
	"00000000" "00000000" "00000000" "00000000" "00000004" "00000000" "a/b\0" "\0\0"
	"12345\0\0\0"
	"070701" "00000000" "00000000" "00000000" "00000000" "00000001" "00000000" "00000000"
	"00000000" "00000000" "00000000" "00000000" "0000000b" "00000000" "TRAILER!!!\0" "\0\0";

int main(void)
{
	uint8_t archive[512];
	size_t size;

	memset(archive, 0xee, sizeof(archive));
	size = cpio_entry(archive, "a/b", CPIO_FILE, "12345", 5);
	unit_check(size == 124 && size == cpio_entry(NULL, "a/b", CPIO_FILE, "12345", 5),
		   "an entry is as long as counted");
	size += cpio_end(archive + size);
	unit_check(size == 248 && !memcmp(archive, expected, sizeof(expected) - 1),
		   "a file and the end");
	unit_check(cpio_entry(archive, "a", CPIO_FOLDER, NULL, 0) == 112, "a folder holds nothing");
	return unit_done();
}
