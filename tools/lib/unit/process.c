// SPDX-License-Identifier: GPL-2.0
/* Other programs. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static void exit_statuses(void **state)
{
	static const char *const good[] = { "true", NULL };
	static const char *const bad[] = { "false", NULL };
	static const char *const missing[] = { "/no/such/program", NULL };

	(void)state;
	assert_int_equal(unit_run(good, -1), 0);
	assert_int_equal(unit_run(bad, 60000), 1);
	assert_int_equal(unit_run(missing, -1), -ENOENT);
}

/* An argument is an argument, whatever a shell would make of it. */
static void no_shell(void **state)
{
	static const char *const argv[] = {
		"test", "$(id); `id` > x", "=", "$(id); `id` > x", NULL
	};

	(void)state;
	assert_int_equal(unit_run(argv, -1), 0);
}

static void signalled(void **state)
{
	static const char *const argv[] = { "sh", "-c", "kill -TERM $$", NULL };

	(void)state;
	assert_int_equal(unit_run(argv, -1), 128 + 15);
}

/* A daemon ignores this one; its child does not. */
static void broken_pipe(void **state)
{
	static const char *const argv[] = { "sh", "-c", "kill -PIPE $$", NULL };

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(unit_run(argv, -1), 128 + SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
}

static void time_is_up(void **state)
{
	static const char *const argv[] = { "sleep", "3600", NULL };

	(void)state;
	assert_int_equal(unit_run(argv, 1), -ETIMEDOUT);
}

/* What the program has started itself does not outlive it. */
static void whole_group(void **state)
{
	static const char *const argv[] = { "sh", "-c", "sleep 3600; :", NULL };
	char byte;
	int end[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	assert_int_equal(hvu_spawn(argv, end[1], &pid), 0);
	close(end[1]);
	assert_int_equal(hvu_wait_exit(pid, 200), -ETIMEDOUT);
	/* The last one that has it open is gone. */
	assert_int_equal(read(end[0], &byte, 1), 0);
	close(end[0]);
}

static int end_at_third(const void *data)
{
	int *asked = (int *)data;

	return ++*asked < 3 ? 0 : -ECANCELED;
}

/* What nobody wants any more is killed, and what it has started with it. */
static void not_wanted(void **state)
{
	static const char *const hangs[] = { "sh", "-c", "sleep 3600; :", NULL };
	static const char *const ends[] = { "sh", "-c", "sleep 0.15; exit 3", NULL };
	static const char *const missing[] = { "/no/such/program", NULL };
	int asked = 0;

	(void)state;
	assert_int_equal(hvu_run_while(hangs, end_at_third, &asked), -ECANCELED);
	assert_int_equal(asked, 3);
	asked = 0;
	assert_int_equal(hvu_run_while(missing, end_at_third, &asked), -ENOENT);
	assert_int_equal(asked, 0);
	asked = -100;
	assert_int_equal(hvu_run_while(ends, end_at_third, &asked), 3);
}

static void output(void **state)
{
	static const char *const argv[] = { "echo", "words", NULL };
	char text[16] = "";
	int end[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	assert_int_equal(hvu_spawn(argv, end[1], &pid), 0);
	assert_int_equal(hvu_wait_exit(pid, -1), 0);
	assert_int_equal(read(end[0], text, sizeof(text)), strlen("words\n"));
	assert_string_equal(text, "words\n");
	close(end[0]);
	close(end[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_statuses),
		cmocka_unit_test(no_shell),
		cmocka_unit_test(signalled),
		cmocka_unit_test(broken_pipe),
		cmocka_unit_test(time_is_up),
		cmocka_unit_test(whole_group),
		cmocka_unit_test(not_wanted),
		cmocka_unit_test(output),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
