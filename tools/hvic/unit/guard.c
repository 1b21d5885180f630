// SPDX-License-Identifier: GPL-2.0
/* What keeps a move whole: the lock and the signals. */
#include "guard.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "unit.h"

static int setup(void **state)
{
	unit_root_setup(state);
	unit_folder(*state, "run");
	return 0;
}

static void one_at_a_time(void **state)
{
	struct unit_root *root = *state;
	struct hvic_guard guard, other;
	char path[PATH_MAX];
	struct stat status;

	assert_int_equal(hvic_guard_begin(&guard, root->fd), 0);
	assert_int_equal(hvic_guard_begin(&other, root->fd), -EBUSY);
	/* No other user can take it and keep us from working. */
	snprintf(path, sizeof(path), "%s/run/hvic.lock", root->path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	hvic_guard_end(&guard);
	assert_int_equal(hvic_guard_begin(&other, root->fd), 0);
	hvic_guard_end(&other);
}

/* A child that goes on, such as one that waits for a thaw. */
static void child_goes_on(void **state)
{
	struct unit_root *root = *state;
	struct hvic_guard guard;
	pid_t child;

	assert_int_equal(hvic_guard_begin(&guard, root->fd), 0);
	child = fork();
	while (!child)
		pause();
	hvic_guard_end(&guard);
	assert_int_equal(hvic_guard_begin(&guard, root->fd), 0);
	hvic_guard_end(&guard);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void link_is_not_followed(void **state)
{
	struct unit_root *root = *state;
	struct hvic_guard guard;
	struct stat status;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/victim", root->path);
	unit_symlink(root, "run/hvic.lock", path);
	assert_int_equal(hvic_guard_begin(&guard, root->fd), -ELOOP);
	assert_int_equal(stat(path, &status), -1);
}

static bool is_readable(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	return poll(&wait, 1, 0) == 1;
}

/* How a process ends to which @signal came: 0 if it saw it and ended by it, after all. */
static int end_by(struct unit_root *root, int signal, bool expected)
{
	struct hvic_guard guard;
	int status;
	pid_t child = fork();

	if (!child) {
		if (hvic_guard_begin(&guard, root->fd) || hvic_guard_interrupted(&guard))
			_exit(1);
		raise(signal);
		if (hvic_guard_interrupted(&guard) != expected ||
		    is_readable(guard.signals) != expected)
			_exit(2);
		hvic_guard_end(&guard);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void ends_afterwards(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < 4; i++) {
		/* A shell ignores some of them for what it runs in the background. */
		signal(signals[i], SIG_DFL);
		assert_int_equal(end_by(*state, signals[i], true), signals[i]);
	}
}

/* That the reader has gone is no reason to go back. */
static void reader_is_gone(void **state)
{
	assert_int_equal(end_by(*state, SIGPIPE, false), SIGPIPE);
}

/* What a terminal stops a process with has to wait, since daemons are paused meanwhile. */
static void does_not_stop(void **state)
{
	static const int stops[] = { SIGTSTP, SIGTTOU };
	struct unit_root *root = *state;

	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		pid_t child = fork();
		int status;

		if (!child) {
			struct hvic_guard guard;
			sigset_t pending;

			if (hvic_guard_begin(&guard, root->fd))
				_exit(1);
			raise(stops[i]);
			sigpending(&pending);
			_exit(sigismember(&pending, stops[i]) ? 0 : 2);
		}
		assert_int_equal(waitpid(child, &status, WUNTRACED), child);
		if (!WIFEXITED(status))
			kill(child, SIGKILL);
		assert_int_equal(status, 0);
	}
}

/* As with nohup(1). */
static void ignored(void **state)
{
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(end_by(*state, SIGHUP, false), 0);
	assert_int_equal(end_by(*state, SIGTERM, true), SIGTERM);
	signal(SIGHUP, SIG_DFL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_at_a_time),
		TEST(child_goes_on),
		TEST(link_is_not_followed),
		TEST(ends_afterwards),
		TEST(reader_is_gone),
		TEST(does_not_stop),
		TEST(ignored),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
