// SPDX-License-Identifier: GPL-2.0
/* Backups, with the parts of the driver, the kernel and hvic-hooks played. */
#include "play.h"
#include "tell.h"

/* --- Without hooks. ----------------------------------------------------------------------- */

static void usual(void **state)
{
	struct play *play = served(state);

	for (int i = 10; i < 13; i++) {
		tell(play, (struct hv_ic_record){ .id = i, .op = HV_IC_VSS_HOT_BACKUP });
		expect_answer(play, i, 0);
		holds = 0;
		freeze(play, 100 + i);
		expect_answer(play, 100 + i, 0);
		assert_int_equal(holds, 2);
		assert_int_equal(held, session_of(100 + i));
		expect_state(play, HVIC_HELD);
		/* If it were killed now, that is what would be left. */
		expect_report(play, "unfinished", NULL);
		thaw(play, 0);
		expect_state(play, HVIC_IDLE);
		expect_report(play, "complete", NULL);
	}
	tell(play, (struct hv_ic_record){ .id = 99, .op = 77 });
	expect_answer(play, 99, -EOPNOTSUPP);
	end(play);
}

/* As on a full disk: then the report of the backup before is not that of the last one. */
static void unwritten(void **state)
{
	struct play *play = served(state);

	for (int id = 5; id < 7; id++) {
		freeze(play, id);
		expect_answer(play, id, 0);
		thaw(play, 0);
		expect_state(play, HVIC_IDLE);
		assert_int_equal(hvu_exists(play->root->fd, HVIC_REPORT_FILE), id == 5);
		unit_folder(play->root, HVIC_REPORT_FOLDER "/." HVIC_REPORT_NAME ".new");
	}
	end(play);
}

static void failing(void **state)
{
	struct play *play = served(state);

	hold_error = -EIO;
	freeze(play, 5);
	expect_answer(play, 5, -EIO);
	expect_state(play, HVIC_LEAVING);
	thaw(play, -ECANCELED);
	expect_state(play, HVIC_IDLE);
	assert_true(hvu_exists(play->root->fd, HVIC_REPORT_FILE));
	end(play);
}

static void skipping(void **state)
{
	struct play *play = served(state);

	hold_error = -EBUSY;
	freeze(play, 5);
	expect_answer(play, 5, 0);
	/* Nothing is held, so the kernel sets no limit. */
	assert_non_null(play->backup.guard);
	thaw(play, 0);
	expect_state(play, HVIC_IDLE);
	assert_null(play->backup.guard);
	expect_report(play, "complete", NULL);
	end(play);
}

/* The host's time is over, or it has not thawed. */
static void too_late(void **state)
{
	struct play *play = served(state);

	freeze(play, 5);
	expect_answer(play, 5, 0);
	thaw(play, -ETIMEDOUT);
	expect_state(play, HVIC_IDLE);
	expect_report(play, "broken", "the host did not thaw in time");
	/* While it freezes: nothing is begun any more, and nobody waits for an answer. */
	hold_ms = 100;
	freeze(play, 6);
	expect_state(play, HVIC_HOLDING);
	thaw(play, -ECANCELED);
	expect_state(play, HVIC_IDLE);
	expect_report(play, "failed", "the host took it back, or started over");
	assert_true(recv(play->driver, &hold_ms, 1, 0) < 0);
	end(play);
}

static void expect_unstuck(struct play *play)
{
	for (int i = 0; i < 400 && play->backup.stuck; i++)
		run(play, 1);
	assert_false(play->backup.stuck);
}

/* A disk that hangs keeps neither the hooks nor the report waiting, and the next backup is told. */
static void hanging(void **state)
{
	struct play *play = served(state);

	offer_hooks(play);
	hold_ms = 5000;
	freeze(play, 5);
	expect_question(play, HVU_HOOKS_FREEZE);
	hooks_answer(play, HVU_HOOKS_FREEZE, 0);
	while (!held)
		run(play, 1);
	thaw(play, -ETIMEDOUT);
	run(play, 5);
	assert_int_equal(play->backup.state, HVIC_HOLDING);
	for (int i = 0; i < 200 && !play->backup.stuck; i++)
		run(play, 1);
	expect_question(play, HVU_HOOKS_FREEZE_FAIL);
	hooks_answer(play, HVU_HOOKS_FREEZE_FAIL, 0);
	expect_state(play, HVIC_IDLE);
	assert_true(play->backup.stuck);
	assert_int_equal(holds, 0);
	expect_report(play, "failed", "/ hangs: the host did not thaw in time");
	hooks_end(play);

	freeze(play, 6);
	expect_answer(play, 6, -EBUSY);
	expect_report(play, "failed", "a file system hangs since the backup before");
	assert_int_equal(hvic_backup_try(&play->backup, 0), -EBUSY);

	hold_ms = 0;
	expect_unstuck(play);
	freeze(play, 7);
	expect_question(play, HVU_HOOKS_FREEZE);
	hooks_answer(play, HVU_HOOKS_FREEZE, 0);
	expect_answer(play, 7, 0);
	thaw(play, 0);
	expect_question(play, HVU_HOOKS_THAW);
	hooks_answer(play, HVU_HOOKS_THAW, 0);
	expect_state(play, HVIC_IDLE);
	expect_report(play, "complete", NULL);
	end(play);
}

/* The loop goes on while a file system freezes. */
static void patient(void **state)
{
	struct play *play = served(state);

	hold_ms = 300;
	freeze(play, 5);
	expect_state(play, HVIC_HOLDING);
	tell(play, (struct hv_ic_record){ .id = 6, .op = HV_IC_VSS_HOT_BACKUP });
	expect_answer(play, 6, 0);
	assert_int_equal(play->backup.state, HVIC_HOLDING);
	expect_answer(play, 5, 0);
	thaw(play, 0);
	expect_state(play, HVIC_IDLE);
	end(play);
}

/* The next FREEZE may come before the last THAW has been told. */
static void again(void **state)
{
	struct play *play = served(state);

	freeze(play, 5);
	expect_answer(play, 5, 0);
	freeze(play, 6);
	expect_answer(play, 6, 0);
	thaw(play, 0);
	expect_state(play, HVIC_IDLE);
	end(play);
}

static void gone(void **state)
{
	struct play *play = served(state);

	freeze(play, 5);
	expect_answer(play, 5, 0);
	close(play->driver);
	expect_state(play, HVIC_IDLE);
	expect_report(play, "broken", "the service has gone");
	end(play);
}

static void refusing(void **state)
{
	struct play *play = served(state);

	play->backup.settings.vss.mode = HVU_VSS_REFUSE;
	tell(play, (struct hv_ic_record){ .id = 5, .op = HV_IC_VSS_HOT_BACKUP });
	expect_answer(play, 5, -EACCES);
	freeze(play, 6);
	expect_answer(play, 6, -EACCES);
	expect_report(play, "refused", "vss.mode is refuse");
	assert_int_equal(holds, 0);
	end(play);
}

static void guarded(void **state)
{
	struct play *play = served(state);

	play->backup.settings.vss.mode = HVU_VSS_HOOKS_ONLY;
	unit_file(play->root, "sys/module/hv_ic/parameters/vss_frozen_max", "1\n");
	freeze(play, 5);
	expect_answer(play, 5, 0);
	assert_int_equal(holds, 0);
	expect_state(play, HVIC_HELD);
	for (int i = 0; i < 100 && play->backup.state != HVIC_IDLE; i++)
		assert_true(sd_event_run(play->event, 100000) >= 0);
	expect_report(play, "broken", "the host did not thaw in time");
	assert_int_equal(released, session_of(5));
	end(play);
}

/* The service manager ends the daemon while a file system keeps a thread waiting. */
static void ended(void **state)
{
	struct play *play = served(state);

	hold_ms = 300;
	offer_hooks(play);
	freeze(play, 5);
	expect_question(play, HVU_HOOKS_FREEZE);
	hooks_answer(play, HVU_HOOKS_FREEZE, 0);
	expect_state(play, HVIC_HOLDING);
	assert_true(sd_event_exit(play->event, 0) >= 0);
	assert_int_equal(sd_event_loop(play->event), 0);
	expect_answer(play, 5, -ENOTCONN);
	assert_int_equal(play->backup.state, HVIC_HOLDING);
	/* The connection is open, but hooks thaw. */
	assert_non_null(play->backup.hooks.source);
	assert_int_equal(recv(play->asked, &holds, sizeof(holds), 0), 0);
	end(play);
}

/* A backup ends as it has begun, whatever the administrator says meanwhile. */
static void reloaded(void **state)
{
	struct play *play = served(state);

	offer_hooks(play);
	freeze(play, 5);
	expect_question(play, HVU_HOOKS_FREEZE);
	unit_file(play->root, "etc/hv_ic/hv_ic.conf", "[vss]\nmode = hooks-only\n");
	assert_int_equal(hvic_backup_reload(&play->backup), 0);
	hooks_answer(play, HVU_HOOKS_FREEZE, 0);
	expect_answer(play, 5, 0);
	assert_int_equal(holds, 2);
	unit_file(play->root, "etc/hv_ic/hv_ic.conf", "[vss]\nmode = refuse\n");
	assert_int_equal(hvic_backup_reload(&play->backup), 0);
	assert_int_equal(play->backup.settings.vss.mode, HVU_VSS_FREEZE);
	thaw(play, 0);
	expect_question(play, HVU_HOOKS_THAW);
	/* The next one has begun before the end of this, and is of the new settings. */
	freeze(play, 6);
	hooks_answer(play, HVU_HOOKS_THAW, 0);
	expect_answer(play, 6, -EACCES);
	expect_state(play, HVIC_IDLE);
	assert_int_equal(play->backup.settings.vss.mode, HVU_VSS_REFUSE);
	unit_file(play->root, "etc/hv_ic/hv_ic.conf", "[vss]\nmode = sometimes\n");
	assert_true(hvic_backup_reload(&play->backup) < 0);
	assert_int_equal(play->backup.settings.vss.mode, HVU_VSS_REFUSE);
	end(play);
}

/* Neither memory nor descriptors grow with backups. */
static void flat(void **state)
{
	struct play *play = served(state);
	struct unit_use before = { .bytes = 0 };

	for (int i = 10; i < 10010; i++) {
		if (i == 500)
			unit_measure(&before);
		tell(play, (struct hv_ic_record){ .id = i, .op = HV_IC_VSS_HOT_BACKUP });
		expect_answer(play, i, 0);
		if (i % 50)
			continue;
		freeze(play, i);
		expect_answer(play, i, 0);
		thaw(play, 0);
		expect_state(play, HVIC_IDLE);
	}
	unit_expect_use(&before);
	end(play);
}

/* --- With hooks. -------------------------------------------------------------------------- */

static void hooked(void **state)
{
	struct play *play = served(state);

	offer_hooks(play);
	freeze(play, 5);
	expect_question(play, HVU_HOOKS_FREEZE);
	assert_int_equal(holds, 0);
	hooks_answer(play, HVU_HOOKS_FREEZE, 0);
	expect_answer(play, 5, 0);
	assert_int_equal(holds, 2);
	thaw(play, 0);
	expect_question(play, HVU_HOOKS_THAW);
	/* The next backup waits for the hooks of this one. */
	freeze(play, 6);
	run(play, 5);
	assert_int_equal(play->backup.state, HVIC_UNDOING);
	hooks_answer(play, HVU_HOOKS_THAW, 0);
	expect_state(play, HVIC_HOOKS);
	expect_report(play, "unfinished", NULL);
	hooks_end(play);
	expect_question(play, HVU_HOOKS_FREEZE);
	/* hvic-hooks dies. */
	hooks_end(play);
	expect_answer(play, 6, -EPIPE);
	expect_question(play, HVU_HOOKS_FREEZE_FAIL);
	hooks_end(play);
	expect_state(play, HVIC_IDLE);
	expect_report(play, "failed", "a hook failed: hvic-hooks has gone");
	end(play);
}

static void hook_failing(void **state)
{
	struct play *play = served(state);

	offer_hooks(play);
	freeze(play, 5);
	expect_question(play, HVU_HOOKS_FREEZE);
	hooks_answer(play, HVU_HOOKS_FREEZE, -EIO);
	expect_answer(play, 5, -EIO);
	expect_question(play, HVU_HOOKS_FREEZE_FAIL);
	hooks_answer(play, HVU_HOOKS_FREEZE_FAIL, 0);
	expect_state(play, HVIC_IDLE);
	expect_report(play, "failed", "a hook failed: 10-db: exit status 1");
	assert_int_equal(holds, 0);
	end(play);
}

/* hvic-hooks dies while all is frozen: the next one runs the hooks for the thaw, if there is one. */
static void hooks_lost(void **state)
{
	struct play *play = served(state);
	char text[8192];

	offer_hooks(play);
	for (int id = 5; id < 7; id++) {
		freeze(play, id);
		expect_question(play, HVU_HOOKS_FREEZE);
		hooks_answer(play, HVU_HOOKS_FREEZE, 0);
		expect_answer(play, id, 0);
		if (id == 6) {
			close(play->hooks);
			play->hooks = -1;
		}
		hooks_end(play);
		for (int i = 0; i < 200 && play->backup.hooks.source; i++)
			run(play, 1);
		assert_int_equal(play->backup.state, HVIC_HELD);
		thaw(play, 0);
		if (id == 5) {
			expect_question(play, HVU_HOOKS_THAW);
			hooks_answer(play, HVU_HOOKS_THAW, 0);
		}
		expect_state(play, HVIC_IDLE);
		hooks_end(play);
		expect_report(play, "complete", NULL);
		assert_true(hvu_read(play->root->fd, text, sizeof(text), HVIC_REPORT_FILE) > 0);
		assert_non_null(strstr(text, "\"hooks_run\":1"));
		assert_non_null(strstr(text, id == 5 ? "\"hooks_failed\":1" :
				       "\"hooks_failed\":2"));
		assert_non_null(strstr(text, id == 5 ? "_error\":\"hvic-hooks has gone\"" :
				       "_error\":\"hvic-hooks, which is not told to thaw: "));
	}
	end(play);
}

/* The host takes its FREEZE back while hooks run, or what they ran for fails. */
static void hooks_undone(void **state)
{
	struct play *play = served(state);

	offer_hooks(play);
	freeze(play, 5);
	expect_question(play, HVU_HOOKS_FREEZE);
	tell(play, (struct hv_ic_record){
		.id = 5, .op = HV_IC_OVER, .flags = HV_IC_RECORD_EVENT, .status = -ETIMEDOUT,
	});
	expect_question(play, HVU_HOOKS_FREEZE_FAIL);
	hooks_answer(play, HVU_HOOKS_FREEZE, -EINTR);
	hooks_answer(play, HVU_HOOKS_FREEZE_FAIL, 0);
	thaw(play, -ETIMEDOUT);
	expect_state(play, HVIC_IDLE);
	hooks_end(play);
	assert_int_equal(holds, 0);

	hold_error = -EIO;
	freeze(play, 6);
	expect_question(play, HVU_HOOKS_FREEZE);
	hooks_answer(play, HVU_HOOKS_FREEZE, 0);
	expect_answer(play, 6, -EIO);
	thaw(play, -ECANCELED);
	expect_question(play, HVU_HOOKS_FREEZE_FAIL);
	hooks_answer(play, HVU_HOOKS_FREEZE_FAIL, 0);
	expect_state(play, HVIC_IDLE);
	end(play);
}

/* Nothing else keeps what the host was promised. */
static void hooks_only_lost(void **state)
{
	struct play *play = served(state);

	play->backup.settings.vss.mode = HVU_VSS_HOOKS_ONLY;
	offer_hooks(play);
	freeze(play, 5);
	expect_question(play, HVU_HOOKS_FREEZE);
	hooks_answer(play, HVU_HOOKS_FREEZE, 0);
	expect_answer(play, 5, 0);
	expect_state(play, HVIC_HELD);
	hooks_end(play);
	expect_question(play, HVU_HOOKS_THAW);
	assert_int_equal(releases, 1);
	assert_int_equal(released, session_of(5));
	hooks_answer(play, HVU_HOOKS_THAW, 0);
	expect_state(play, HVIC_IDLE);
	expect_report(play, "broken", "hvic-hooks has gone");
	/* The driver's word comes later. */
	thaw(play, -ECANCELED);
	run(play, 2);
	assert_null(play->backup.guard);
	end(play);
}

/* hvic-hooks dies in the moment of the thaw. */
static void hooks_just_lost(void **state)
{
	struct play *play = served(state);

	offer_hooks(play);
	freeze(play, 5);
	expect_question(play, HVU_HOOKS_FREEZE);
	hooks_answer(play, HVU_HOOKS_FREEZE, 0);
	expect_answer(play, 5, 0);
	hooks_end(play);
	hvic_backup_ops.take(&play->backup.client, &(struct hv_ic_record){
		.op = HV_IC_VSS_THAW, .flags = HV_IC_RECORD_EVENT,
	}, NULL);
	expect_question(play, HVU_HOOKS_THAW);
	hooks_answer(play, HVU_HOOKS_THAW, 0);
	expect_state(play, HVIC_IDLE);
	expect_report(play, "complete", NULL);
	end(play);
}

/* The time until the host gives up, that of the freeze, and some. */
static void hooks_limited(void **state)
{
	struct play *play = served(state);

	offer_hooks(play);
	unit_file(play->root, "sys/module/hv_ic/parameters/vss_frozen_max", "100\n");
	freeze(play, 5);
	expect_question(play, HVU_HOOKS_FREEZE);
	assert_true(play->limit_ms > 130000 && play->limit_ms < 150000);
	hooks_end(play);
	expect_answer(play, 5, -EPIPE);
	expect_question(play, HVU_HOOKS_FREEZE_FAIL);
	hooks_end(play);
	expect_state(play, HVIC_IDLE);
	end(play);
}

/* A name with a line break in it makes no line of its own. */
static void told(void **state)
{
	struct hvic_report report = {
		.outcome = "failed", .error = "/a\nb: no room", .hooks_failed = 1,
		.hooks_error = "10\n: exit status 1",
	};
	struct hvic_journal *journal = calloc(1, sizeof(*journal));

	(void)state;
	assert_non_null(journal);
	hvic_journal_hold(journal);
	hvic_tell_outcome(journal, &report, false);
	assert_int_equal(journal->n, 2);
	assert_string_equal(journal->lines[0].text,
			    "hooks failed: 1, the first was 10\\x0a: exit status 1");
	assert_string_equal(journal->lines[1].text, "backup failed: /a\\x0ab: no room");
	free(journal);
}

static void no_hooks_program(void **state)
{
	struct play *play = served(state);

	unit_file(play->root, "etc/hv_ic/freeze.d/10-db", "");
	freeze(play, 5);
	expect_answer(play, 5, -ENOENT);
	expect_report(play, "failed",
		      "hooks cannot be run: /run/hv_ic/hooks.sock: No such file or directory");
	end(play);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(usual), TEST(unwritten), TEST(failing), TEST(skipping), TEST(too_late),
		TEST(hanging), TEST(patient), TEST(again), TEST(gone), TEST(refusing), TEST(guarded),
		TEST(ended),
		TEST(reloaded), TEST(flat), TEST(hooked),
		TEST(hook_failing), TEST(hooks_undone), TEST(hooks_lost), TEST(hooks_limited),
		TEST(hooks_only_lost), TEST(hooks_just_lost),
		TEST(no_hooks_program),
		cmocka_unit_test(told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
