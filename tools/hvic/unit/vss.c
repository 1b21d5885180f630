// SPDX-License-Identifier: GPL-2.0
/* What hvic says that a backup would freeze. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "hvic.h"
#include "socket.h"
#include "trial.h"
#include "unit.h"

static int list(struct unit_root *root, char **text)
{
	struct hvic hvic = { .root = root->fd };
	size_t len;
	int ret;

	hvic.paper.out = open_memstream(text, &len);
	ret = cmd_vss_list(&hvic);
	fclose(hvic.paper.out);
	return ret;
}

static void mounts(void **state)
{
	struct unit_root *root = *state;
	char *text;

	unit_file(root, "proc/filesystems", "nodev\tproc\n\text4\n");
	unit_file(root, "sys/dev/block/7:0/loop/backing_file", "/img\n");
	unit_file(root, "proc/self/mountinfo",
		  "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		  "22 21 7:0 / /in\\033[2J rw - ext4 /dev/loop0 rw\n"
		  "23 21 0:5 / /proc rw - proc proc rw\n"
		  "24 21 8:2 / /cd rw - ext4 /dev/sda2 ro\n");
	assert_int_equal(list(root, &text), HVIC_OK);
	assert_string_equal(text,
			    "ORDER  MOUNTED AT  TYPE  DEVICE      RESULT\n"
			    "1      /in\\x1b[2J  ext4  /dev/loop0  freezes\n"
			    "2      /           ext4  /dev/sda1   freezes\n"
			    "-      /cd         ext4  /dev/sda2   it is read-only\n");
	free(text);
	unit_file(root, "etc/hv_ic/hv_ic.conf", "[vss]\nmode = refuse\nexclude = /in*\n");
	assert_int_equal(list(root, &text), HVIC_OK);
	assert_non_null(strstr(text, "vss.mode is refuse: nothing freezes\n"));
	assert_non_null(strstr(text, "the configuration excludes it\n"));
	free(text);
}

static void unusable(void **state)
{
	struct unit_root *root = *state;
	char *text;

	assert_int_equal(list(root, &text), HVIC_FAILED);
	assert_string_equal(text, "");
	free(text);
	unit_file(root, "etc/hv_ic/hv_ic.conf", "[vss]\nmode = sometimes\n");
	assert_int_equal(list(root, &text), HVIC_FAILED);
	free(text);
}

static int test(struct unit_root *root, char **text)
{
	char *words[] = { "hvic", "vss", "test", NULL };
	struct hvic hvic = { .root = root->fd };
	char complaint[256];
	size_t len;
	int ret;

	assert_int_equal(hvic_args_parse(&hvic.call, 3, words, complaint, sizeof(complaint)), 0);
	hvic.paper.out = open_memstream(text, &len);
	ret = hvic.call.command->run(&hvic);
	fclose(hvic.paper.out);
	return ret;
}

static int mount_id(int root, const char *path)
{
	struct statx status;

	if (statx(root, path, 0, STATX_MNT_ID, &status) || !(status.stx_mask & STATX_MNT_ID))
		return -1;
	return status.stx_mnt_id;
}

/* What a backup does without is no failure, and is told in the words of a backup. */
static void unreachable(void **state)
{
	struct unit_root *root = *state;
	char table[512], *text;
	int id = mount_id(root->fd, ".");

	if (id < 0)
		skip();
	unit_file(root, "proc/filesystems", "\text4\n");
	unit_folder(root, "covered");
	assert_int_equal(mkfifoat(root->fd, "fifo", 0600), 0);
	snprintf(table, sizeof(table),
		 "%d 1 8:1 / /gone rw - ext4 /dev/a rw\n"
		 "%d 1 8:2 / /covered rw - ext4 /dev/b rw\n"
		 "%d 1 8:3 / /fifo rw - ext4 /dev/c rw\n", id + 100000, id + 100001, id);
	unit_file(root, "proc/self/mountinfo", table);
	assert_int_equal(test(root, &text), HVIC_OK);
	for (char *line = strchr(text, '\n') + 1; *line != '\n'; line = strchr(line, '\n') + 1)
		assert_int_equal(*line, '-');
	assert_non_null(strstr(text, "/dev/a  it has been unmounted, or is covered by another"));
	assert_non_null(strstr(text, "/dev/b  it has been unmounted, or is covered by another"));
	assert_non_null(strstr(text, "/dev/c  nothing of it is mounted that can be opened\n"));
	free(text);

	/* What cannot be looked up is a failure. */
	unit_symlink(root, "loop", "loop");
	snprintf(table, sizeof(table), "%d 1 8:1 / /loop rw - ext4 /dev/a rw\n", id);
	unit_file(root, "proc/self/mountinfo", table);
	assert_int_equal(test(root, &text), HVIC_FAILED);
	free(text);
}

/* --- Trials, with the part of hvic-vssd played by a child. -------------------------------- */

struct answer {
	bool answered;
	int status;
	const char *pieces[3];
};

static void play(int listener, const struct answer *answer)
{
	struct hvu_trial_answer said = { .status = answer->status, .text = "not now" };
	struct hvu_trial_question question;
	int fd = hvu_socket_accept(listener);

	if (recv(fd, &question, sizeof(question), 0) != sizeof(question) ||
	    question.hold_ms != 1500)
		_exit(1);
	if (answer->answered)
		send(fd, &said, sizeof(said), 0);
	for (size_t i = 0; i < ARRAY_SIZE(answer->pieces) && answer->pieces[i]; i++)
		send(fd, answer->pieces[i], strlen(answer->pieces[i]), 0);
	_exit(0);
}

static int try(struct unit_root *root, const struct answer *answer, char **text)
{
	char *words[] = { "hvic", "vss", "test", "--freeze", "--hold", "1500ms", NULL };
	struct hvic hvic = { .root = root->fd };
	int listener = hvu_socket_listen(root->fd, HVU_TRIAL_SOCKET), status, ret;
	char complaint[256];
	size_t len;
	pid_t child;

	assert_true(listener >= 0);
	assert_int_equal(hvic_args_parse(&hvic.call, ARRAY_SIZE(words) - 1, words, complaint,
					 sizeof(complaint)), 0);
	child = fork();
	if (!child)
		play(listener, answer);
	close(listener);
	hvic.paper.out = open_memstream(text, &len);
	ret = hvic.call.command->run(&hvic);
	fclose(hvic.paper.out);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return ret;
}

static void tries(void **state)
{
	static const struct answer whole = { true, 0, {
		"{\"began\":\"2026-01-01T00:00:00Z\",\"outcome\":\"complete\",\"freeze_us\":7000,",
		"\"frozen_us\":8000,\"filesystems\":[{\"mount\":\"/\",\"type\":\"ext4\",",
		"\"outcome\":\"frozen\",\"freeze_us\":1000}]}",
	} };
	static const struct {
		struct answer answer;
		int status;
	} others[] = {
		{ { true, 0, { "{\"outcome\":\"broken\",\"error\":\"too long\"}" } }, HVIC_FAILED },
		{ { true, -EBUSY, { } }, HVIC_AGAIN },
		{ { true, 0, { "{\"outcome\":" } }, HVIC_FAILED },
		{ { true, 0, { "no report" } }, HVIC_FAILED },
		{ { true, 0, { } }, HVIC_FAILED },
		{ { false, 0, { "?" } }, HVIC_FAILED },
		{ { false, 0, { } }, HVIC_FAILED },
	};
	static const struct answer hookless = { true, 0, {
		"{\"outcome\":\"failed\",\"hooks_run\":0,\"hooks_failed\":1,"
		"\"hooks_error\":\"hvic-hooks has gone\"}",
	} };
	static const struct answer unfinished = { true, 0, {
		"{\"began\":\"2026-01-01T00:00:00Z\",\"outcome\":\"unfinished\",\"freeze_us\":0}",
	} };
	struct unit_root *root = *state;
	char *text;

	unit_folder(root, "run");
	assert_int_equal(try(root, &whole, &text), HVIC_OK);
	assert_string_equal(text,
			    "trial          2026-01-01T00:00:00Z: complete\n"
			    "               answered after 7.0 ms, frozen for 8.0 ms\n\n"
			    "MOUNTED AT  TYPE  OUTCOME  TOOK    REASON\n"
			    "/           ext4  frozen   1.0 ms  \n");
	free(text);
	assert_int_equal(try(root, &hookless, &text), HVIC_FAILED);
	assert_non_null(strstr(text, "\nhooks          0 run, 1 failed: hvic-hooks has gone\n"));
	free(text);
	assert_int_equal(try(root, &unfinished, &text), HVIC_FAILED);
	assert_string_equal(text, "trial          2026-01-01T00:00:00Z: unfinished\n");
	free(text);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_int_equal(try(root, &others[i].answer, &text), others[i].status);
		free(text);
	}
}

static void tries_nothing(void **state)
{
	char *freeze[] = { "hvic", "vss", "test", "--freeze", NULL };
	char *bad[] = { "hvic", "vss", "test", "--freeze", "--hold", "soon", NULL };
	char *alone[] = { "hvic", "vss", "test", "--hold", "5s", NULL };
	struct unit_root *root = *state;
	const struct {
		char **words;
		int n, status;
	} calls[] = { { freeze, 4, HVIC_FAILED }, { bad, 6, HVIC_USAGE }, { alone, 5, HVIC_USAGE } };

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct hvic hvic = { .root = root->fd, .paper.out = stdout };
		char complaint[256];

		assert_int_equal(hvic_args_parse(&hvic.call, calls[i].n, calls[i].words, complaint,
						 sizeof(complaint)), 0);
		assert_int_equal(hvic.call.command->run(&hvic), calls[i].status);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(mounts), TEST(unusable), TEST(unreachable), TEST(tries),
		TEST(tries_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
