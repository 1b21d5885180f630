// SPDX-License-Identifier: GPL-2.0
/*
 * UTF-16LE to UTF-8 and back. The host closes a channel that sends it a malformed
 * string, and what the host sends may end up in files and logs. So both directions
 * write only well-formed text.
 */
#include "utf16.h"

#include <linux/errno.h>
#include <linux/string.h>

#include <asm/byteorder.h>

#define REPLACEMENT	0xfffd

struct wire_unit {
	__le16 value;			/* need not be aligned */
} __packed;

static bool is_high(u32 unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(u32 unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

/*
 * Reads the code point at unit @index. Returns how many units it takes, 0 at
 * the end (a NUL or no further whole unit), -EILSEQ for a lone surrogate.
 */
static int get_utf16(struct hvic_span in, size_t index, u32 *cp)
{
	const struct wire_unit *unit = hvic_span_at(in, index * sizeof(*unit), sizeof(*unit));
	u32 high;

	if (!unit || !unit->value)
		return 0;

	*cp = le16_to_cpu(unit->value);
	if (is_low(*cp))
		return -EILSEQ;
	if (!is_high(*cp))
		return 1;

	high = *cp;
	unit = hvic_span_at(in, (index + 1) * sizeof(*unit), sizeof(*unit));
	if (!unit || !is_low(le16_to_cpu(unit->value)))
		return -EILSEQ;
	*cp = 0x10000 + ((high - 0xd800) << 10) + (le16_to_cpu(unit->value) - 0xdc00);
	return 2;
}

/* Returns the bytes written, or 0 if they and a final NUL do not fit. */
static size_t put_utf8(struct hvic_room out, size_t at, u32 cp)
{
	size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	static const u8 lead[] = { 0x00, 0x00, 0xc0, 0xe0, 0xf0 };
	u8 *byte = hvic_room_at(out, at, len + 1);
	size_t i;

	if (!byte)
		return 0;
	for (i = len - 1; i > 0; i--) {
		byte[i] = 0x80 | (cp & 0x3f);
		cp >>= 6;
	}
	byte[0] = lead[len] | cp;
	return len;
}

/**
 * hvic_utf16_to_utf8() - convert a string from the host
 * @in: UTF-16LE; ends at the first NUL or at the end of the span
 * @out: room for UTF-8 and a NUL; holds an empty string on an error
 *
 * Return: the bytes written, without the NUL, or
 * * %-EILSEQ - a surrogate without its partner, or half a unit at the end
 * * %-E2BIG - @out is too small
 */
int hvic_utf16_to_utf8(struct hvic_span in, struct hvic_room out)
{
	size_t index = 0, at = 0, len;
	u32 cp;
	int n;

	if (!out.len)
		return -E2BIG;
	out.data[0] = 0;
	while ((n = get_utf16(in, index, &cp)) > 0) {
		len = put_utf8(out, at, cp);
		if (!len) {
			out.data[0] = 0;
			return -E2BIG;
		}
		index += n;
		at += len;
	}
	if (n < 0 || in.len - index * sizeof(struct wire_unit) == 1) {
		out.data[0] = 0;
		return -EILSEQ;
	}
	out.data[at] = 0;
	return at;
}

/**
 * hvic_utf16_to_utf8_lossy() - convert a text that is only shown
 * @in: UTF-16LE; ends at the first NUL or at the end of the span
 * @out: room for UTF-8 and a NUL; what does not fit is left out
 *
 * A lone surrogate becomes U+FFFD.
 *
 * Return: the bytes written, without the NUL.
 */
size_t hvic_utf16_to_utf8_lossy(struct hvic_span in, struct hvic_room out)
{
	size_t index = 0, at = 0, len;
	u32 cp;
	int n;

	if (!out.len)
		return 0;
	while ((n = get_utf16(in, index, &cp))) {
		if (n < 0) {
			cp = REPLACEMENT;
			n = 1;
		}
		len = put_utf8(out, at, cp);
		if (!len)
			break;
		index += n;
		at += len;
	}
	out.data[at] = 0;
	return at;
}

/*
 * Reads the code point at byte @at. Returns how many bytes it takes, 0 at the
 * end, -EILSEQ for anything but the shortest form of a legal code point.
 */
static int get_utf8(struct hvic_span in, size_t at, u32 *cp)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const u8 *byte = hvic_span_at(in, at, 1);
	int len, i;

	if (!byte || !byte[0])
		return 0;
	if (byte[0] < 0x80) {
		*cp = byte[0];
		return 1;
	}
	if (byte[0] < 0xc0 || byte[0] >= 0xf8)
		return -EILSEQ;

	len = byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
	if (!hvic_span_at(in, at, len))
		return -EILSEQ;
	*cp = byte[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return -EILSEQ;
		*cp = *cp << 6 | (byte[i] & 0x3f);
	}
	if (*cp < least[len] || *cp > 0x10ffff || is_high(*cp) || is_low(*cp))
		return -EILSEQ;
	return len;
}

/* Returns the units written, or 0 if they and a final NUL do not fit. */
static size_t put_utf16(struct hvic_room out, size_t index, u32 cp)
{
	size_t n = cp < 0x10000 ? 1 : 2;
	struct wire_unit *unit = hvic_room_at(out, index * sizeof(*unit),
					      (n + 1) * sizeof(*unit));

	if (!unit)
		return 0;
	if (n == 1) {
		unit[0].value = cpu_to_le16(cp);
	} else {
		cp -= 0x10000;
		unit[0].value = cpu_to_le16(0xd800 + (cp >> 10));
		unit[1].value = cpu_to_le16(0xdc00 + (cp & 0x3ff));
	}
	unit[n].value = 0;
	return n;
}

/**
 * hvic_utf8_to_utf16() - convert a string for the host
 * @in: ends at the first NUL or at the end of the span
 * @out: room for UTF-16LE and a NUL, in bytes
 * @changed: set to true if @out does not say all that @in does
 *
 * A byte that is no part of UTF-8 becomes U+FFFD. What does not fit is left out,
 * whole characters only, so that no half of a surrogate pair is written.
 *
 * Return: the units written, without the NUL; 0 if there is no room for a NUL.
 */
size_t hvic_utf8_to_utf16(struct hvic_span in, struct hvic_room out, bool *changed)
{
	struct wire_unit *first = hvic_room_at(out, 0, sizeof(*first));
	size_t index = 0, at = 0, units;
	u32 cp;
	int n;

	if (first)
		first->value = 0;
	while ((n = get_utf8(in, at, &cp))) {
		if (n < 0) {
			*changed = true;
			cp = REPLACEMENT;
			n = 1;
		}
		units = put_utf16(out, index, cp);
		if (!units) {
			*changed = true;
			break;
		}
		at += n;
		index += units;
	}
	return index;
}
