// SPDX-License-Identifier: GPL-2.0
/* Trials, asked for by the socket; the parts of the driver and of the administrator are played. */
#include "play.h"
#include "clock.h"
#include "schema.h"
#include "tester.h"
#include "trial.h"

static struct hvic_tester tester;

static struct play *offered(void **state)
{
	struct play *play = served(state);

	assert_int_equal(hvic_tester_open(&tester, &play->backup), 0);
	return play;
}

static void finish(struct play *play)
{
	hvic_tester_close(&tester);
	end(play);
}

static int ask(struct play *play, uint32_t hold_ms)
{
	struct hvu_trial_question question = { hold_ms };
	int fd = hvu_socket_connect(play->root->fd, HVU_TRIAL_SOCKET);

	assert_true(fd >= 0);
	assert_int_equal(send(fd, &question, sizeof(question), 0), sizeof(question));
	return fd;
}

/* The driver's word that a trial has begun. */
static void begin(struct play *play)
{
	expect_state(play, HVIC_ASKED);
	tell(play, (struct hv_ic_record){ .op = HV_IC_VSS_TRIAL, .flags = HV_IC_RECORD_EVENT });
}

static ssize_t receive(struct play *play, int fd, void *message, size_t size)
{
	ssize_t len;

	for (int i = 0; i < 200; i++) {
		len = recv(fd, message, size, 0);
		if (len >= 0)
			return len;
		assert_int_equal(errno, EAGAIN);
		run(play, 1);
	}
	fail_msg("the client gets no answer");
	return -1;
}

static void expect_refusal(struct play *play, int fd, int status, const char *text)
{
	struct hvu_trial_answer answer;

	assert_int_equal(receive(play, fd, &answer, sizeof(answer)), sizeof(answer));
	assert_int_equal(answer.status, status);
	assert_string_equal(answer.text, text);
	assert_int_equal(receive(play, fd, &answer, sizeof(answer)), 0);
	close(fd);
}

static void expect_told(struct play *play, int fd, const char *outcome, const char *error)
{
	char text[8192] = "";
	struct hvu_trial_answer answer;
	json_object *report;
	ssize_t len;

	assert_int_equal(receive(play, fd, &answer, sizeof(answer)), sizeof(answer));
	assert_int_equal(answer.status, 0);
	len = receive(play, fd, text, sizeof(text) - 1);
	assert_true(len > 0);
	report = json_tokener_parse(text);
	assert_non_null(report);
	assert_string_equal(hvu_json_string(report, "outcome"), outcome);
	assert_string_equal(hvu_json_string(report, "error"), error);
	json_object_put(report);
	assert_int_equal(receive(play, fd, text, sizeof(text)), 0);
	close(fd);
}

static void usual(void **state)
{
	struct play *play = offered(state);
	int64_t left_ms;

	for (int i = 1; i < 4; i++) {
		int fd = ask(play, 0);

		expect_state(play, HVIC_ASKED);
		/* What is left of a backup before it is not about this one. */
		thaw(play, -ECANCELED);
		begin(play);
		expect_told(play, fd, "complete", "");
		/* The host's FREEZE has as long. */
		left_ms = play->backup.freeze.until_ms - hvu_now_ms();
		assert_true(left_ms > 100000 && left_ms <= 120000);
		assert_int_equal(holds, 2 * i);
		assert_int_equal(releases, i);
		assert_int_equal(held, i);
		assert_int_equal(released, i);
		/* The driver tells of every end. */
		thaw(play, -ECANCELED);
	}
	/* The host has had no backup, and has got no answer; now it gets both. */
	assert_false(hvu_exists(play->root->fd, HVIC_REPORT_FILE));
	freeze(play, 5);
	expect_answer(play, 5, 0);
	thaw(play, 0);
	expect_state(play, HVIC_IDLE);
	expect_report(play, "complete", NULL);
	finish(play);
}

static void refused(void **state)
{
	static const char busy[] = "the host makes a backup, or has not ended its last one";
	struct play *play = offered(state);
	int fd;

	freeze(play, 5);
	expect_answer(play, 5, 0);
	expect_refusal(play, ask(play, 0), -EBUSY, busy);
	thaw(play, 0);
	expect_state(play, HVIC_IDLE);
	try_error = -EBUSY;
	expect_refusal(play, ask(play, 0), -EBUSY, busy);
	try_error = -ENOTTY;
	expect_refusal(play, ask(play, 0), -ENOTTY,
		       "the module hv_ic is an older one, which knows no trials");
	try_error = 0;
	fd = ask(play, 0);
	expect_state(play, HVIC_ASKED);
	expect_refusal(play, ask(play, 0), -EBUSY, "another trial runs");
	begin(play);
	expect_told(play, fd, "complete", "");
	/* What makes no sense is not answered. */
	fd = hvu_socket_connect(play->root->fd, HVU_TRIAL_SOCKET);
	assert_int_equal(send(fd, "?", 1, 0), 1);
	assert_int_equal(receive(play, fd, &holds, 1), 0);
	close(fd);
	finish(play);
}

/* The client ends at each point of its trial. */
static void given_up(void **state)
{
	struct play *play = offered(state);
	int fd = ask(play, 0);

	expect_state(play, HVIC_ASKED);
	close(fd);
	expect_state(play, HVIC_IDLE);
	assert_int_equal(releases, 1);
	tell(play, (struct hv_ic_record){ .op = HV_IC_VSS_TRIAL, .flags = HV_IC_RECORD_EVENT });
	thaw(play, -ECANCELED);
	run(play, 2);
	assert_int_equal(holds, 0);

	hold_ms = 100;
	fd = ask(play, 0);
	begin(play);
	expect_state(play, HVIC_HOLDING);
	close(fd);
	expect_state(play, HVIC_LEAVING);
	assert_int_equal(releases, 2);
	thaw(play, -ECANCELED);
	expect_state(play, HVIC_IDLE);

	fd = ask(play, 1000000);
	begin(play);
	expect_state(play, HVIC_HELD);
	close(fd);
	for (int i = 0; i < 200 && releases < 3; i++)
		run(play, 1);
	assert_int_equal(releases, 3);
	thaw(play, -ECANCELED);
	expect_state(play, HVIC_IDLE);
	assert_null(play->backup.guard);

	/* A host that comes at once is served. */
	freeze(play, 5);
	expect_answer(play, 5, 0);
	thaw(play, 0);
	expect_state(play, HVIC_IDLE);
	finish(play);
}

static void hooked(void **state)
{
	struct play *play = offered(state);
	int fd;

	offer_hooks(play);
	fd = ask(play, 0);
	begin(play);
	expect_question(play, HVU_HOOKS_FREEZE);
	hooks_answer(play, HVU_HOOKS_FREEZE, 0);
	expect_question(play, HVU_HOOKS_THAW);
	hooks_answer(play, HVU_HOOKS_THAW, 0);
	expect_told(play, fd, "complete", "");
	thaw(play, -ECANCELED);
	hooks_end(play);

	fd = ask(play, 0);
	begin(play);
	expect_question(play, HVU_HOOKS_FREEZE);
	close(fd);
	for (int i = 0; i < 200 && releases < 2; i++)
		run(play, 1);
	thaw(play, -ECANCELED);
	expect_question(play, HVU_HOOKS_FREEZE_FAIL);
	hooks_answer(play, HVU_HOOKS_FREEZE_FAIL, 0);
	expect_state(play, HVIC_IDLE);
	assert_int_equal(holds, 2);
	finish(play);
}

static void failing(void **state)
{
	struct play *play = offered(state);
	int fd;

	hold_error = -EIO;
	fd = ask(play, 0);
	begin(play);
	expect_state(play, HVIC_LEAVING);
	assert_int_equal(releases, 1);
	assert_int_equal(released, trial_session);
	thaw(play, -ECANCELED);
	expect_told(play, fd, "failed", "/: Input/output error");
	hold_error = 0;

	/* Something else than the end of its time thaws. */
	fd = ask(play, 1000000);
	begin(play);
	expect_state(play, HVIC_HELD);
	thaw(play, -ETIMEDOUT);
	expect_told(play, fd, "broken", "it took longer than vss_frozen_max of hv_ic");

	play->backup.settings.vss.mode = HVU_VSS_REFUSE;
	fd = ask(play, 0);
	begin(play);
	expect_told(play, fd, "refused", "vss.mode is refuse");
	thaw(play, -ECANCELED);
	play->backup.settings.vss.mode = HVU_VSS_HOOKS_ONLY;
	holds = 0;
	fd = ask(play, 0);
	begin(play);
	expect_told(play, fd, "complete", "");
	assert_int_equal(holds, 0);
	finish(play);
}

/* The time of a trial ends in the moment in which the host has begun a backup. */
static void overtaken(void **state)
{
	struct play *play = offered(state);
	int fd = ask(play, 0);

	hold_ms = 50;
	begin(play);
	expect_state(play, HVIC_HOLDING);
	freeze(play, 5);
	expect_told(play, fd, "failed", "it was broken off");
	expect_answer(play, 5, 0);
	assert_int_equal(held, session_of(5));
	assert_true(released != session_of(5));
	thaw(play, 0);
	expect_state(play, HVIC_IDLE);
	expect_report(play, "complete", NULL);
	finish(play);
}

static void service_gone(void **state)
{
	struct play *play = offered(state);
	int fd = ask(play, 0);

	expect_state(play, HVIC_ASKED);
	close(play->driver);
	expect_told(play, fd, "failed", "the service has gone");
	finish(play);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(usual), TEST(refused), TEST(given_up), TEST(hooked), TEST(failing),
		TEST(overtaken), TEST(service_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
