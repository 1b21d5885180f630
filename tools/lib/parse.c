// SPDX-License-Identifier: GPL-2.0
/* What people write on a command line. */
#include "parse.h"

#include <ctype.h>
#include <errno.h>
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
