// SPDX-License-Identifier: GPL-2.0
#include "guid.h"

#include <stdio.h>
#include <stdlib.h>

#include "host.h"

/* On the wire the first three groups are little-endian, so they are turned round. */
static const uint8_t guid_order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

struct hv_guid hv_guid_parse(const char *text)
{
	struct hv_guid guid;
	const char *at = text;

	for (int i = 0; i < 16; i++) {
		unsigned int byte;

		if (*at == '-')
			at++;
		if (sscanf(at, "%2x", &byte) != 1) {
			hv_complain("\"%s\" is no GUID", text);
			abort();
		}
		guid.bytes[guid_order[i]] = byte;
		at += 2;
	}
	return guid;
}

int hv_guid_compare(const struct hv_guid *a, const struct hv_guid *b)
{
	for (int i = 0; i < 16; i++) {
		int difference = a->bytes[guid_order[i]] - b->bytes[guid_order[i]];

		if (difference)
			return difference;
	}
	return 0;
}

const char *hv_guid_format(const struct hv_guid *guid, char *text)
{
	char *at = text;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at += sprintf(at, "%02x", guid->bytes[guid_order[i]]);
	}
	return text;
}
