// SPDX-License-Identifier: GPL-2.0
/* Other programs. */
#include "process.h"

#include <errno.h>

#include "unit.h"

static void exit_statuses(void **state)
{
	static const char *const good[] = { "true", NULL };
	static const char *const bad[] = { "false", NULL };
	static const char *const missing[] = { "/no/such/program", NULL };

	(void)state;
	assert_int_equal(hvu_run(good, -1), 0);
	assert_int_equal(hvu_run(bad, 60000), 1);
	assert_int_equal(hvu_run(missing, -1), -ENOENT);
}

/* An argument is an argument, whatever a shell would make of it. */
static void no_shell(void **state)
{
	static const char *const argv[] = {
		"test", "$(id); `id` > x", "=", "$(id); `id` > x", NULL
	};

	(void)state;
	assert_int_equal(hvu_run(argv, -1), 0);
}

static void signalled(void **state)
{
	static const char *const argv[] = { "sh", "-c", "kill -TERM $$", NULL };

	(void)state;
	assert_int_equal(hvu_run(argv, -1), 128 + 15);
}

static void time_is_up(void **state)
{
	static const char *const argv[] = { "sleep", "3600", NULL };

	(void)state;
	assert_int_equal(hvu_run(argv, 1), -ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_statuses),
		cmocka_unit_test(no_shell),
		cmocka_unit_test(signalled),
		cmocka_unit_test(time_is_up),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
