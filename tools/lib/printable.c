// SPDX-License-Identifier: GPL-2.0
/*
 * Strings of others, made harmless for terminals.
 *
 * The host may send any text. What does more to a terminal than to appear is escaped: controls,
 * what turns the direction of a text, what is taken for an end of the line, and what cannot be
 * seen. A terminal that does not take UTF-8 gets ASCII alone: the second byte of a harmless letter
 * may be a control to it (0x9b begins a sequence, as ESC [ does).
 */
#include "printable.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

/* Characters that do something, or that look like nothing: in order. */
static const struct {
	uint32_t first;
	uint32_t last;
} harmful[] = {
	{ 0x0000, 0x001f },	/* C0 controls */
	{ 0x007f, 0x009f },	/* DEL, C1 controls */
	{ 0x061c, 0x061c },	/* Arabic letter mark */
	{ 0x200b, 0x200f },	/* zero width, marks of direction */
	{ 0x2028, 0x202e },	/* line and paragraph separator, embedding and override */
	{ 0x2060, 0x206f },	/* invisible operators, isolates */
	{ 0xfeff, 0xfeff },	/* byte order mark */
	{ 0xfff0, 0xfffb },	/* annotations */
	{ 0xe0000, 0xe0fff },	/* tags */
};

/**
 * hvu_character() - read a character
 * @bytes: a string that ends in a NUL
 * @character: gets the character
 *
 * Return: its length in bytes, or 0 if this is no well-formed UTF-8.
 */
size_t hvu_character(const char *bytes, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *text = (const unsigned char *)bytes;
	uint32_t c = text[0];
	size_t len;

	len = c < 0x80 ? 1 : c >= 0xf0 && c < 0xf8 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 :
		c >= 0xc0 && c < 0xe0 ? 2 : 0;
	if (len < 2) {
		*character = c;
		return len;
	}
	c &= 0x7f >> len;
	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*character = c;
	return len;
}

/** hvu_is_utf8() - does the locale that is set take UTF-8? */
bool hvu_is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static bool is_harmless(uint32_t character, bool utf8)
{
	if (character >= 0x80 && !utf8)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(harmful); i++) {
		if (character >= harmful[i].first && character <= harmful[i].last)
			return false;
	}
	return true;
}

/**
 * hvu_printable() - a string that does nothing to a terminal but appear
 * @text: any text
 * @utf8: the terminal takes UTF-8
 *
 * Return: copy, to be freed, in which every byte that is not part of a harmless character is
 * written as \\xNN, a backslash as two; NULL without memory.
 */
char *hvu_printable(const char *text, bool utf8)
{
	const unsigned char *in = (const unsigned char *)text;
	char *copy = malloc(4 * strlen(text) + 1);
	char *out = copy;

	if (!copy)
		return NULL;
	while (*in) {
		uint32_t character;
		size_t len = hvu_character((const char *)in, &character);

		if (*in == '\\')
			*out++ = '\\';
		if (len && is_harmless(character, utf8)) {
			memcpy(out, in, len);
			out += len;
			in += len;
			continue;
		}
		/* All bytes of a character, but only one of what is none. */
		for (len = len ? len : 1; len; len--)
			out += sprintf(out, "\\x%02x", *in++);
	}
	*out = '\0';
	return copy;
}

/**
 * hvu_printable_json() - the same for JSON, whose meaning stays as it is
 * @json: well-formed but for the bytes in its strings, where C0 controls are escaped already
 * @utf8: the terminal takes UTF-8
 *
 * Return: copy, to be freed, in which a character that is not harmless is written as \\uNNNN and a
 * byte that is no UTF-8 as the replacement character; NULL without memory.
 */
char *hvu_printable_json(const char *json, bool utf8)
{
	const unsigned char *in = (const unsigned char *)json;
	char *copy = malloc(6 * strlen(json) + 1);
	char *out = copy;

	if (!copy)
		return NULL;
	while (*in) {
		uint32_t character = 0xfffd;
		size_t len = hvu_character((const char *)in, &character);

		/* Outside of strings there are line ends. */
		if (len && (*in == '\n' || is_harmless(character, utf8))) {
			memcpy(out, in, len);
			out += len;
		} else if (character > 0xffff) {
			out += sprintf(out, "\\u%04x\\u%04x", 0xd7c0 + (character >> 10),
				       0xdc00 | (character & 0x3ff));
		} else {
			out += sprintf(out, "\\u%04x", len ? character : 0xfffd);
		}
		in += len ? len : 1;
	}
	*out = '\0';
	return copy;
}
