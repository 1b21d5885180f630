// SPDX-License-Identifier: GPL-2.0
#include "utf16.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* The code point at *from, which is moved past it; negative if there is none. */
static int32_t next_utf8(const uint8_t **from)
{
	static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = *from;
	unsigned int more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
	uint32_t point = more ? *p & (0x3f >> more) : *p;

	if ((*p >= 0x80 && *p < 0xc0) || *p > 0xf4)
		return -EINVAL;
	for (unsigned int i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -EINVAL;
		point = point << 6 | (p[i] & 0x3f);
	}
	if (point < smallest[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return -EINVAL;
	*from = p + more + 1;
	return point;
}

int utf16_from_utf8(void *to, size_t units, const char *from)
{
	const uint8_t *p = (const uint8_t *)from;
	uint8_t *out = to;
	size_t n = 0;

	for (;;) {
		int32_t point = next_utf8(&p);
		uint16_t pair[2] = { point, 0 };
		size_t take = 1;

		if (point < 0)
			return -EINVAL;
		if (point >= 0x10000) {
			pair[0] = 0xd800 | (point - 0x10000) >> 10;
			pair[1] = 0xdc00 | ((point - 0x10000) & 0x3ff);
			take = 2;
		}
		if (n + take > units)
			return -EMSGSIZE;
		memcpy(out + 2 * n, pair, 2 * take);
		n += take;
		if (!point)
			return 2 * n;
	}
}

static size_t put_utf8(uint8_t *to, uint32_t point)
{
	if (point < 0x80) {
		to[0] = point;
		return 1;
	}
	if (point < 0x800) {
		to[0] = 0xc0 | point >> 6;
		to[1] = 0x80 | (point & 0x3f);
		return 2;
	}
	if (point < 0x10000) {
		to[0] = 0xe0 | point >> 12;
		to[1] = 0x80 | (point >> 6 & 0x3f);
		to[2] = 0x80 | (point & 0x3f);
		return 3;
	}
	to[0] = 0xf0 | point >> 18;
	to[1] = 0x80 | (point >> 12 & 0x3f);
	to[2] = 0x80 | (point >> 6 & 0x3f);
	to[3] = 0x80 | (point & 0x3f);
	return 4;
}

int utf16_to_utf8(char *to, size_t size, const void *from, size_t units)
{
	const uint8_t *p = from;
	size_t n = 0, i;

	for (i = 0; i < units; i++) {
		uint16_t unit, low = 0;
		uint32_t point;
		uint8_t bytes[4];
		size_t len;

		memcpy(&unit, p + 2 * i, 2);
		if (!unit)
			break;
		point = unit;
		if (unit >= 0xd800 && unit < 0xe000) {
			if (i + 1 < units)
				memcpy(&low, p + 2 * i + 2, 2);
			if (unit >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
				return -EILSEQ;
			point = 0x10000 + ((uint32_t)(unit & 0x3ff) << 10) + (low & 0x3ff);
			i++;
		}
		len = put_utf8(bytes, point);
		if (n + len >= size)
			return -EMSGSIZE;
		memcpy(to + n, bytes, len);
		n += len;
	}
	if (n >= size)
		return -EMSGSIZE;
	to[n] = '\0';
	return i;
}
