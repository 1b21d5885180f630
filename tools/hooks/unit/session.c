// SPDX-License-Identifier: GPL-2.0
/* Hooks, good and bad ones. */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "root.h"
#include "unit.h"

/**
 * struct play - a backup, and what is said about it
 * @session: the backup
 * @root: with the hooks in its folder "d"
 * @path: of that folder
 * @said: all of it
 */
struct play {
	struct hvic_session session;
	struct unit_root *root;
	char path[96];
	char said[8192];
};

static void say(void *data, const char *name, const char *phase, const char *text)
{
	struct play *play = data;
	size_t len = strlen(play->said);

	snprintf(play->said + len, sizeof(play->said) - len, "%s %s: %s\n", name, phase, text);
}

static void hook(struct play *play, const char *name, const char *body)
{
	char path[128], text[512];

	snprintf(path, sizeof(path), "d/%s", name);
	snprintf(text, sizeof(text), "#!/bin/sh\ncd %s\n%s\n", play->root->path, body);
	unit_file(play->root, path, text);
	snprintf(path, sizeof(path), "%s/%s", play->path, name);
	assert_int_equal(chmod(path, 0755), 0);
}

static struct play *begin(void **state)
{
	struct play *play = calloc(1, sizeof(*play));

	assert_non_null(play);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	play->root = *state;
	unit_folder(play->root, "d");
	snprintf(play->path, sizeof(play->path), "%s/d", play->root->path);
	play->session = (struct hvic_session){
		.folder = { hvu_root_open(play->path), play->path, geteuid() },
		.interrupt = -1, .say = say, .data = play,
	};
	return play;
}

static struct hvu_hooks_answer ask(struct play *play, enum hvu_hooks_phase phase, uint32_t ms)
{
	struct hvu_hooks_question question = { .phase = phase, .timeout_ms = ms };
	struct hvu_hooks_answer answer;

	hvic_session_run(&play->session, &question, &answer);
	assert_int_equal(answer.phase, phase);
	return answer;
}

static void end(struct play *play)
{
	hvic_session_end(&play->session, 1000);
	close(play->session.folder.fd);
	free(play);
}

static void expect_log(struct play *play, const char *expected)
{
	char text[1024];

	hvu_read(play->root->fd, text, sizeof(text), "log");
	assert_string_equal(text, expected);
}

static void order(void **state)
{
	struct play *play = begin(state);
	struct hvu_hooks_answer answer;

	hook(play, "20-b", "echo b $1 $HVIC_OPERATION $HVIC_TIMEOUT_MS >> log");
	hook(play, "10-a", "echo a $1 >> log; echo hello");
	hook(play, "30-c~", "echo c $1 >> log");
	hook(play, ".hidden", "echo h $1 >> log");
	hook(play, "x.dpkg-old", "echo x $1 >> log");
	answer = ask(play, HVU_HOOKS_FREEZE, 5000);
	assert_int_equal(answer.status, 0);
	assert_int_equal(answer.run, 2);
	expect_log(play, "a freeze\nb freeze freeze 5000");
	answer = ask(play, HVU_HOOKS_FREEZE, 5000);
	assert_int_equal(answer.status, -EALREADY);
	answer = ask(play, HVU_HOOKS_THAW, 5000);
	assert_int_equal(answer.run, 2);
	expect_log(play, "a freeze\nb freeze freeze 5000\nb thaw thaw 5000\na thaw");
	assert_string_equal(play->said, "10-a freeze: hello\n10-a thaw: hello\n");
	end(play);
}

/* Where memory is short, the helper is spared and hooks are not. */
static void unspared(void **state)
{
	struct play *play = begin(state);
	int proc = hvu_root_open("/proc/self");
	char before[16], after[16];

	hvu_read(proc, before, sizeof(before), "oom_score_adj");
	if (hvu_write(proc, "-900", "oom_score_adj")) {
		close(proc);
		end(play);
		skip();
	}
	hook(play, "1", "read score < /proc/self/oom_score_adj; echo $score >> log");
	assert_int_equal(ask(play, HVU_HOOKS_FREEZE, 5000).status, 0);
	expect_log(play, "0");
	hvu_read(proc, after, sizeof(after), "oom_score_adj");
	assert_string_equal(after, "-900");
	hvu_write(proc, before, "oom_score_adj");
	close(proc);
	end(play);
}

/* Those after it are not run; those before it and itself are told. */
static void failing(void **state)
{
	struct play *play = begin(state);
	struct hvu_hooks_answer answer;

	hook(play, "1", "echo 1 $1 >> log");
	hook(play, "2", "echo 2 $1 >> log; echo no room; exit 7");
	hook(play, "3", "echo 3 $1 >> log");
	answer = ask(play, HVU_HOOKS_FREEZE, 5000);
	assert_int_equal(answer.status, -EIO);
	assert_int_equal(answer.run, 2);
	assert_string_equal(answer.text, "2: exit status 7");
	answer = ask(play, HVU_HOOKS_FREEZE_FAIL, 5000);
	assert_int_equal(answer.failed, 1);
	expect_log(play, "1 freeze\n2 freeze\n2 freeze-fail\n1 freeze-fail");
	assert_non_null(strstr(play->said, "2 freeze: no room\n2 freeze: exit status 7\n"));
	end(play);
}

static void hanging(void **state)
{
	struct play *play = begin(state);
	struct hvu_hooks_answer answer;

	hook(play, "1", "trap '' TERM; sleep 100 & while :; do sleep 1; done");
	answer = ask(play, HVU_HOOKS_FREEZE, 200);
	assert_int_equal(answer.status, -ETIMEDOUT);
	assert_string_equal(answer.text, "1: ended, since it took longer than 200 ms");
	end(play);
}

static void flooding(void **state)
{
	struct play *play = begin(state);
	struct hvu_hooks_answer answer;

	hook(play, "1", "[ $1 != freeze ] || head -c 3000000 /dev/zero | tr '\\0' x");
	hook(play, "2", "[ $1 != freeze ] || yes a line that is not short at all, but says nothing");
	answer = ask(play, HVU_HOOKS_FREEZE, 1500);
	assert_int_equal(answer.run, 2);
	assert_string_equal(answer.text, "2: ended, since it took longer than 1500 ms");
	assert_true(strlen(play->said) < 8000);
	end(play);
}

static int runs(struct play *play, const char *file)
{
	char text[32];

	assert_true(hvu_read(play->root->fd, text, sizeof(text), "%s", file) > 0);
	return kill(atoi(text), 0) == 0;
}

/* A process that a hook leaves lives until the thaw, whatever it has done to get away. */
static void leaving(void **state)
{
	struct play *play = begin(state);

	hook(play, "1", "[ $1 != freeze ] || { sleep 100 & echo $! > plain; "
	     "setsid sh -c 'trap \"\" TERM; echo $$ > away; while :; do sleep 1; done' & "
	     "while ! [ -s away ]; do sleep 0.1; done; }");
	assert_int_equal(ask(play, HVU_HOOKS_FREEZE, 5000).status, 0);
	assert_true(runs(play, "plain"));
	assert_true(runs(play, "away"));
	assert_int_equal(ask(play, HVU_HOOKS_THAW, 5000).status, 0);
	assert_false(runs(play, "plain"));
	assert_false(runs(play, "away"));
	end(play);
}

/* Nor does it end for what it says when its hook has ended. */
static void leaving_who_speaks(void **state)
{
	struct play *play = begin(state);

	hook(play, "1", "[ $1 != freeze ] || { (while ! [ -e ended ]; do sleep 0.1; done; "
	     "echo hello; echo said > said; sleep 100) & }");
	assert_int_equal(ask(play, HVU_HOOKS_FREEZE, 5000).status, 0);
	unit_file(play->root, "ended", "");
	for (int i = 0; i < 100 && !hvu_exists(play->root->fd, "said"); i++)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	assert_true(hvu_exists(play->root->fd, "said"));
	assert_int_equal(ask(play, HVU_HOOKS_THAW, 5000).status, 0);
	end(play);
}

/* A hook that has frozen and cannot be called for the thaw is not passed over in silence. */
static void changed(void **state)
{
	struct play *play = begin(state);
	struct hvu_hooks_answer answer;
	char path[128];

	snprintf(path, sizeof(path), "%s/1", play->path);
	hook(play, "1", "echo 1 $1 >> log");
	hook(play, "2", "echo 2 $1 >> log");
	hook(play, "3", "echo 3 $1 >> log");
	assert_int_equal(ask(play, HVU_HOOKS_FREEZE, 5000).status, 0);
	chmod(path, 0644);
	unit_remove(play->root, "d/2");
	answer = ask(play, HVU_HOOKS_THAW, 5000);
	assert_int_equal(answer.failed, 2);
	assert_int_equal(answer.status, -EPERM);
	assert_string_equal(answer.text, "2: refused: No such file or directory");
	assert_non_null(strstr(play->said, "1 thaw: refused: it is not executable"));
	expect_log(play, "1 freeze\n2 freeze\n3 freeze\n3 thaw");
	end(play);
}

/* The helper that has run them for the freeze has been killed. */
static void adopted(void **state)
{
	struct play *play = begin(state);
	struct hvu_hooks_answer answer;

	hook(play, "1", "echo 1 $1 >> log");
	hook(play, "2", "echo 2 $1 >> log; exit 3");
	hook(play, "2~", "echo 2~ $1 >> log");
	answer = ask(play, HVU_HOOKS_THAW, 5000);
	assert_int_equal(answer.run, 2);
	assert_int_equal(answer.failed, 1);
	/* That was it. */
	assert_int_equal(ask(play, HVU_HOOKS_THAW, 5000).run, 0);
	expect_log(play, "2 thaw\n1 thaw");
	end(play);
}

/* Only a folder that is not there has no hooks. */
static void folder_unusable(void **state)
{
	struct play *play = begin(state);
	struct hvu_hooks_answer answer;
	int folder = play->session.folder.fd;

	assert_false(hvu_hooks_any(play->root->fd));
	unit_folder(play->root, HVU_HOOKS_FOLDER);
	assert_false(hvu_hooks_any(play->root->fd));
	unit_file(play->root, HVU_HOOKS_FOLDER "/1~", "");
	assert_false(hvu_hooks_any(play->root->fd));
	unit_file(play->root, HVU_HOOKS_FOLDER "/1", "");
	assert_true(hvu_hooks_any(play->root->fd));
	unit_remove(play->root, HVU_HOOKS_FOLDER "/1~");
	unit_remove(play->root, HVU_HOOKS_FOLDER "/1");
	unit_remove(play->root, HVU_HOOKS_FOLDER);
	unit_symlink(play->root, HVU_HOOKS_FOLDER, "freeze.d");
	assert_true(hvu_hooks_any(play->root->fd));

	play->session.folder.fd = -ENOENT;
	assert_int_equal(ask(play, HVU_HOOKS_FREEZE, 1000).status, 0);
	ask(play, HVU_HOOKS_THAW, 1000);
	play->session.folder.fd = -ELOOP;
	answer = ask(play, HVU_HOOKS_FREEZE, 1000);
	assert_int_equal(answer.status, -ELOOP);
	assert_int_equal(answer.failed, 1);
	assert_non_null(strstr(answer.text, "/d: Too many levels of symbolic links"));
	assert_int_equal(ask(play, HVU_HOOKS_FREEZE_FAIL, 1000).failed, 0);
	play->session.folder.fd = folder;
	end(play);
}

static void broken_off(void **state)
{
	struct play *play = begin(state);
	struct hvu_hooks_answer answer;
	int ends[2];

	hook(play, "1", "[ $1 != freeze ] || sleep 100; echo $1 >> log");
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "", 1), 1);
	play->session.interrupt = ends[0];
	answer = ask(play, HVU_HOOKS_FREEZE, 50000);
	assert_int_equal(answer.status, -EINTR);
	ask(play, HVU_HOOKS_FREEZE_FAIL, 1000);
	expect_log(play, "freeze-fail");
	end(play);
	close(ends[0]);
	close(ends[1]);
}

/* Nobody asks for the thaw: the daemon has died. */
static void abandoned(void **state)
{
	struct play *play = begin(state);

	hook(play, "1", "echo $1 >> log");
	ask(play, HVU_HOOKS_FREEZE, 1000);
	hvic_session_end(&play->session, 1000);
	expect_log(play, "freeze\nthaw");
	end(play);
}

static void expect_refusal(struct play *play, const char *reason)
{
	struct hvu_hooks_answer answer = ask(play, HVU_HOOKS_FREEZE, 1000);

	assert_int_equal(answer.status, -EPERM);
	assert_non_null(strstr(answer.text, reason));
	assert_int_equal(ask(play, HVU_HOOKS_FREEZE_FAIL, 1000).run, 0);
	unit_remove(play->root, "d/1");
	assert_false(hvu_exists(play->root->fd, "log"));
}

static void refused(void **state)
{
	struct play *play = begin(state);
	char path[128];

	snprintf(path, sizeof(path), "%s/1", play->path);
	hook(play, "1", "touch log");
	chmod(path, 0775);
	expect_refusal(play, "others than root may write to it");
	hook(play, "1", "touch log");
	chmod(path, 0644);
	expect_refusal(play, "not executable");
	hook(play, "0", "touch log");
	unit_symlink(play->root, "d/1", "0");
	unit_remove(play->root, "d/0");
	expect_refusal(play, "not a regular file");
	unit_folder(play->root, "d/1");
	expect_refusal(play, "not a regular file");
	hook(play, "1", "touch log");
	chmod(play->path, 0777);
	expect_refusal(play, "write to its folder");
	chmod(play->path, 0755);
	hook(play, "1", "touch log");
	play->session.folder.owner++;
	expect_refusal(play, "folder");
	end(play);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(order), TEST(unspared), TEST(failing), TEST(hanging), TEST(flooding),
		TEST(leaving),
		TEST(leaving_who_speaks), TEST(changed), TEST(adopted), TEST(folder_unusable), TEST(broken_off), TEST(abandoned), TEST(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
