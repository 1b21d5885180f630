// SPDX-License-Identifier: GPL-2.0
/* A command, with all that it starts. */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "root.h"
#include "unit.h"

/**
 * run() - run a shell's words
 * @words: the words
 * @timeout_ms: how long they may take
 * @interrupted: gets the signal that was passed on
 *
 * All processes of the command have the end of a pipe: it closes when the last one is gone.
 *
 * Return: what hvic_run() returns.
 */
static int run(const char *words, int timeout_ms, int *interrupted)
{
	const char *const argv[] = { "sh", "-c", words, NULL };
	int root = hvu_root_open("/"), end[2], ret;
	char byte;

	assert_int_equal(pipe(end), 0);
	ret = hvic_run(root, argv, timeout_ms, interrupted);
	close(end[1]);
	assert_int_equal(read(end[0], &byte, 1), 0);
	close(end[0]);
	close(root);
	return ret;
}

static void statuses(void **state)
{
	static const char *const missing[] = { "/no/such/program", NULL };
	static const char *const folder[] = { "/", NULL };
	int interrupted;

	(void)state;
	assert_int_equal(run(":", 60000, &interrupted), 0);
	assert_int_equal(run("exit 7", -1, &interrupted), 7);
	assert_int_equal(run("kill -KILL $$", -1, &interrupted), 128 + SIGKILL);
	assert_int_equal(interrupted, 0);
	assert_int_equal(hvic_run(-1, missing, -1, &interrupted), -ENOENT);
	assert_int_equal(hvic_run(-1, folder, -1, &interrupted), -EACCES);
}

/* In the command's group, in a session of its own, and under a parent that has gone. */
#define CHILDREN "sleep 3600 & setsid sleep 3600 & (setsid sh -c 'sleep 3600 & sleep 3600' &);"

static void ends_with_all(void **state)
{
	int interrupted;

	(void)state;
	assert_int_equal(run(CHILDREN "exit 3", -1, &interrupted), 3);
}

static void time_is_up(void **state)
{
	int interrupted;

	(void)state;
	assert_int_equal(run(CHILDREN "trap '' TERM; sleep 3600", 500, &interrupted), -ETIMEDOUT);
	assert_int_equal(interrupted, 0);
}

static void passed_on(void **state)
{
	int interrupted;

	(void)state;
	/* What is ignored when a shell starts, as in the background of another one, it cannot trap. */
	signal(SIGINT, SIG_DFL);
	assert_int_equal(run("kill -TERM $PPID; sleep 3600", 60000, &interrupted), 128 + SIGTERM);
	assert_int_equal(interrupted, SIGTERM);
	/* What the command makes of it is up to the command. */
	assert_int_equal(run("trap 'exit 9' INT; kill -INT $PPID; while :; do sleep 0.1; done",
			     60000, &interrupted), 9);
	assert_int_equal(interrupted, SIGINT);
	assert_int_equal(run("trap 'exit 0' USR1; kill -USR1 $PPID; while :; do sleep 0.1; done",
			     60000, &interrupted), 0);
	assert_int_equal(interrupted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(ends_with_all),
		cmocka_unit_test(time_is_up),
		cmocka_unit_test(passed_on),
	};

	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
