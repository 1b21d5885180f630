// SPDX-License-Identifier: GPL-2.0
#include "poweroff.h"

static const char *const programs[] = { "poweroff", "reboot" };

static void put_back(struct test *t, void *context)
{
	/*
	 * ORDER: unload first, since for the module a shutdown that never ends is under
	 * way until then.
	 */
	test_unload(t);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		test_run(t, 0, "mv /tmp/real.%s /sbin/%s; rm -f /tmp/acted.%s", programs[i],
			 programs[i], programs[i]);
	test_load(t, "");
}

void poweroff_catch(struct test *t)
{
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
}

void poweroff_idle(struct test *t)
{
	EXPECT_STR(test_run(t, 0, "ls /tmp | grep acted || true"), "");
}
