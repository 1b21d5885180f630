// SPDX-License-Identifier: GPL-2.0
#include "desk.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool desk_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	/* strtoull() takes a sign, and blanks before it. */
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, 0);
	return !*end && !errno && *number <= max;
}

struct ic *desk_ic(struct desk *desk, const char *name)
{
	for (int i = 0; i < IC_COUNT; i++)
		if (!strcmp(desk->ics[i]->service->name, name))
			return desk->ics[i];
	return NULL;
}
