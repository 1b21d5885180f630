// SPDX-License-Identifier: GPL-2.0
#include "poweroff.h"

static const char *const programs[] = { "poweroff", "reboot" };

/* Nothing was to be started after the last look. */
static bool idle_expected;

#define LIST_MARKS "ls /tmp | grep acted || true"

/*
 * What acts does so after the answer, by work items and a program. Those of the module are over by
 * now, and the kernel's get a second.
 */
static char *late_marks(struct test *t)
{
	return idle_expected ? test_run(t, 0, "sleep 1; " LIST_MARKS) : "";
}

static void put_back(struct test *t, void *context)
{
	char *late;

	/*
	 * ORDER: unload first, since for the module a shutdown that never ends is under
	 * way until then.
	 */
	test_unload(t);
	late = late_marks(t);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		test_run(t, 0, "mv /tmp/real.%s /sbin/%s; rm -f /tmp/acted.%s", programs[i],
			 programs[i], programs[i]);
	test_load(t, "");
	EXPECT_STR(late, "");
}

void poweroff_catch(struct test *t)
{
	idle_expected = false;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		const char *name = programs[i];

		test_run(t, 0, "mv /sbin/%s /tmp/real.%s", name, name);
		test_run(t, 0, "(echo '#!/bin/sh'; echo touch /tmp/acted.%s) > /sbin/%s", name,
			 name);
		test_run(t, 0, "chmod +x /sbin/%s", name);
	}
	test_defer(t, put_back, NULL);
}

void poweroff_acted(struct test *t, const char *program)
{
	test_until(t, "test -e /tmp/acted.%s", program);
	test_run(t, 0, "rm /tmp/acted.%s", program);
	idle_expected = false;
}

void poweroff_idle(struct test *t)
{
	EXPECT_STR(test_run(t, 0, LIST_MARKS), "");
	idle_expected = true;
}
