// SPDX-License-Identifier: GPL-2.0
/* The helper as a process: whoever ends it, what its hooks have frozen thaws. */
#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "hooks.h"
#include "root.h"
#include "unit.h"

/**
 * struct play - a helper that serves a backup
 * @root: with the hooks in its folder "d"
 * @pid: of the helper
 * @fd: our end of the connection
 */
struct play {
	struct unit_root *root;
	pid_t pid;
	int fd;
};

static void begin(struct play *play, struct unit_root *root, const char *body)
{
	char path[96], hook[104], text[512];
	int pair[2];

	snprintf(path, sizeof(path), "%s/d", root->path);
	snprintf(hook, sizeof(hook), "%s/1", path);
	snprintf(text, sizeof(text), "#!/bin/sh\ncd %s\n%s\n", root->path, body);
	unit_file(root, "d/1", text);
	assert_int_equal(chmod(hook, 0755), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	play->root = root;
	play->fd = pair[0];
	play->pid = fork();
	if (!play->pid) {
		struct hvic_hook_folder folder = { hvu_root_open(path), path, geteuid() };

		snprintf(hook, sizeof(hook), "%s/complaint", root->path);
		if (!freopen(hook, "w", stderr) || setvbuf(stderr, NULL, _IONBF, 0))
			_exit(255);
		unsetenv("JOURNAL_STREAM");
		close(pair[0]);
		_exit(-hvic_serve(pair[1], &folder));
	}
	close(pair[1]);
}

static void ask(struct play *play, enum hvu_hooks_phase phase)
{
	struct hvu_hooks_question question = { .phase = phase, .timeout_ms = 20000 };

	assert_int_equal(send(play->fd, &question, sizeof(question), 0), sizeof(question));
}

static struct hvu_hooks_answer answer(struct play *play)
{
	struct hvu_hooks_answer answer;

	assert_int_equal(recv(play->fd, &answer, sizeof(answer), 0), sizeof(answer));
	return answer;
}

/* As waitpid() tells it. */
static int end(struct play *play)
{
	int status;

	assert_int_equal(waitpid(play->pid, &status, 0), play->pid);
	close(play->fd);
	return status;
}

static void expect_log(struct play *play, const char *expected)
{
	char text[256];

	hvu_read(play->root->fd, text, sizeof(text), "log");
	assert_string_equal(text, expected);
}

/* What the helper has said on its standard error. */
static void expect_complaint(struct play *play, const char *expected)
{
	char path[96], text[256];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/complaint", play->root->path);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void usual(void **state)
{
	struct play play;

	begin(&play, *state, "echo $1 >> log");
	ask(&play, HVU_HOOKS_FREEZE);
	assert_int_equal(answer(&play).status, 0);
	ask(&play, HVU_HOOKS_THAW);
	assert_int_equal(answer(&play).status, 0);
	shutdown(play.fd, SHUT_WR);
	assert_int_equal(end(&play), 0);
	expect_log(&play, "freeze\nthaw");
}

/* As systemd does when the machine goes down during a backup. */
static void told_to_end(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct play play;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		/* Shells and nohup may have this test ignore it. */
		signal(signals[i], SIG_DFL);
		begin(&play, *state, "echo $1 >> log");
		ask(&play, HVU_HOOKS_FREEZE);
		assert_int_equal(answer(&play).status, 0);
		kill(play.pid, signals[i]);
		assert_int_equal(end(&play), signals[i]);
		expect_log(&play, "freeze\nthaw");
		unit_remove(play.root, "log");
	}
}

static void told_to_end_in_a_hook(void **state)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	struct play play;

	begin(&play, *state, "echo $1 >> log; [ $1 != freeze ] || sleep 100");
	ask(&play, HVU_HOOKS_FREEZE);
	while (!hvu_exists(play.root->fd, "log"))
		nanosleep(&moment, NULL);
	kill(play.pid, SIGTERM);
	assert_int_equal(answer(&play).status, -EINTR);
	assert_int_equal(end(&play), SIGTERM);
	expect_log(&play, "freeze\nthaw");
}

static void nonsense(void **state)
{
	struct play play;

	begin(&play, *state, "echo $1 >> log");
	ask(&play, HVU_HOOKS_FREEZE);
	answer(&play);
	ask(&play, 77);
	assert_int_equal(WEXITSTATUS(end(&play)), EBADMSG);
	expect_log(&play, "freeze\nthaw");
}

/* As by a thread of hvic-vssd that waits for a disk, the connection stays open. */
static void untold(void **state)
{
	struct hvu_hooks_question question = {
		.phase = HVU_HOOKS_FREEZE, .timeout_ms = 20000, .limit_ms = 300,
	};
	struct pollfd wait;
	struct play play;

	begin(&play, *state, "echo $1 >> log");
	wait = (struct pollfd){ .fd = play.fd, .events = POLLIN };
	assert_int_equal(send(play.fd, &question, sizeof(question), 0), sizeof(question));
	assert_int_equal(answer(&play).status, 0);
	expect_log(&play, "freeze");
	assert_int_equal(poll(&wait, 1, 50), 0);
	assert_int_equal(poll(&wait, 1, 5000), 1);
	assert_int_equal(end(&play), 0);
	expect_log(&play, "freeze\nthaw");
	expect_complaint(&play, "hvic-vssd has not told the end of a backup in time: "
			 "it is over for hooks\n");
}

/* Of a version before, which names no limit, and of one that will be, which names more. */
static void other_versions(void **state)
{
	struct {
		struct hvu_hooks_question question;
		uint32_t more;
	} longer = { { HVU_HOOKS_THAW, 20000, 0 }, 1 };
	struct hvu_hooks_question question = { .phase = HVU_HOOKS_FREEZE, .timeout_ms = 20000 };
	struct play play;

	begin(&play, *state, "echo $1 >> log");
	assert_int_equal(send(play.fd, &question, HVU_HOOKS_QUESTION_MIN, 0),
			 HVU_HOOKS_QUESTION_MIN);
	assert_int_equal(answer(&play).status, 0);
	assert_int_equal(poll(&(struct pollfd){ .fd = play.fd, .events = POLLIN }, 1, 200), 0);
	assert_int_equal(send(play.fd, &longer, sizeof(longer), 0), sizeof(longer));
	assert_int_equal(answer(&play).status, 0);
	shutdown(play.fd, SHUT_WR);
	assert_int_equal(end(&play), 0);
	expect_log(&play, "freeze\nthaw");
	expect_complaint(&play, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(usual), TEST(told_to_end), TEST(told_to_end_in_a_hook), TEST(nonsense),
		TEST(untold), TEST(other_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
