// SPDX-License-Identifier: GPL-2.0
/* What people write on a command line, or in a file. */
#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

static const struct {
	const char *unit;
	uint64_t ms;
} units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "min", 60000 }, { "h", 3600000 },
	{ "d", 86400000 }, { "", 1000 },
};

/**
 * hvu_parse_span() - a stretch of time: "30", "30s", "1.5s", "200ms", "5min", "2h", "1d"
 * @text: as written; without a unit it is in seconds
 * @ms: gets it in milliseconds
 *
 * Return: 0, or %-EINVAL, or %-ERANGE if it is more than a hundred years or falls between
 * milliseconds.
 */
int hvu_parse_span(const char *text, uint64_t *ms)
{
	const uint64_t max = 100ULL * 366 * 86400000;
	uint64_t whole, fraction = 0, scale = 1;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	whole = strtoull(text, &end, 10);
	if (errno || whole > max)
		return -ERANGE;
	if (*end == '.') {
		if (!isdigit((unsigned char)*++end))
			return -EINVAL;
		for (; isdigit((unsigned char)*end); end++) {
			if (scale == 1000000)
				return -ERANGE;
			fraction = fraction * 10 + (*end - '0');
			scale *= 10;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		if (whole > max / units[i].ms || fraction * units[i].ms % scale)
			return -ERANGE;
		*ms = whole * units[i].ms + fraction * units[i].ms / scale;
		return 0;
	}
	return -EINVAL;
}

/** hvu_parse_word() - index of a word in a list that ends with NULL, or %-EINVAL */
int hvu_parse_word(const char *text, const char *const *words)
{
	for (int i = 0; words[i]; i++) {
		if (!strcmp(text, words[i]))
			return i;
	}
	return -EINVAL;
}

/** hvu_parse_number() - a decimal number without a sign; %-EINVAL or %-ERANGE */
int hvu_parse_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*number = strtoull(text, &end, 10);
	if (*end)
		return -EINVAL;
	return errno || *number > max ? -ERANGE : 0;
}

/** hvu_parse_yes_no() - "yes", "no", and what else people write for them; 0 or %-EINVAL */
int hvu_parse_yes_no(const char *text, bool *yes)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "off", "on", "0", "1", NULL
	};
	int word = hvu_parse_word(text, words);

	if (word < 0)
		return word;
	*yes = word & 1;
	return 0;
}

/**
 * hvu_parse_size() - a number of bytes: "512", "64K", "64M", "1G", "2T", also as "64KiB"
 * @text: as written; units are powers of 1024
 * @bytes: gets it
 *
 * Return: 0, or %-EINVAL, or %-ERANGE.
 */
int hvu_parse_size(const char *text, uint64_t *bytes)
{
	static const char letters[] = "KMGT";
	const char *letter;
	uint64_t number;
	char *end;
	int shift;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	letter = *end ? strchr(letters, toupper((unsigned char)*end)) : NULL;
	shift = letter ? 10 * (int)(letter - letters + 1) : 0;
	if (letter)
		end++;
	if (*end && strcmp(end, "B") && !(letter && !strcmp(end, "iB")))
		return -EINVAL;
	if (number > UINT64_MAX >> shift)
		return -ERANGE;
	*bytes = number << shift;
	return 0;
}

/** hvu_distance() - how many characters to add, drop or change to make one word of the other */
unsigned int hvu_distance(const char *a, const char *b)
{
	unsigned int row[64], width = strlen(b);

	if (width >= ARRAY_SIZE(row))
		return UINT_MAX;
	for (unsigned int x = 0; x <= width; x++)
		row[x] = x;
	for (unsigned int y = 1; *a; a++, y++) {
		unsigned int corner = row[0];

		row[0] = y;
		for (unsigned int x = 1; x <= width; x++) {
			unsigned int change = corner + (*a != b[x - 1]);
			unsigned int least = row[x] < row[x - 1] ? row[x] : row[x - 1];

			corner = row[x];
			row[x] = change < least + 1 ? change : least + 1;
		}
	}
	return row[width];
}
