// SPDX-License-Identifier: GPL-2.0
#include "desk.h"

#include <string.h>

struct ic *desk_ic(struct desk *desk, const char *name)
{
	for (int i = 0; i < IC_COUNT; i++)
		if (!strcmp(desk->ics[i]->service->name, name))
			return desk->ics[i];
	return NULL;
}
