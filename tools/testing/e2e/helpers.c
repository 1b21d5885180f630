// SPDX-License-Identifier: GPL-2.0
#include "helpers.h"

static const char *const helpers[] = { "poweroff", "reboot" };

static void put_back(struct test *t, void *context)
{
	/*
	 * ORDER: unload first: a shutdown that never comes to its end is under way
	 * for the module until then.
	 */
	test_unload(t);
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		test_run(t, 0, "mv /tmp/real.%s /sbin/%s; rm -f /tmp/acted.%s", helpers[i],
			 helpers[i], helpers[i]);
	test_load(t, "");
}

void helpers_catch(struct test *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++) {
		const char *name = helpers[i];

		test_run(t, 0, "mv /sbin/%s /tmp/real.%s", name, name);
		test_run(t, 0, "(echo '#!/bin/sh'; echo touch /tmp/acted.%s) > /sbin/%s", name,
			 name);
		test_run(t, 0, "chmod +x /sbin/%s", name);
	}
	test_defer(t, put_back, NULL);
}

void helpers_acted(struct test *t, const char *helper)
{
	test_until(t, "test -e /tmp/acted.%s", helper);
	test_run(t, 0, "rm /tmp/acted.%s", helper);
}

void helpers_idle(struct test *t)
{
	EXPECT_STR(test_run(t, 0, "ls /tmp | grep acted || true"), "");
}
