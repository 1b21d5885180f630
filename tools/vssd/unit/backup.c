// SPDX-License-Identifier: GPL-2.0
/* Backups, with the parts of the driver, the kernel and hvic-hooks played. */
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "root.h"
#include "unit.h"

/**
 * struct play - a daemon and what is around it
 * @backup: the daemon; the first member
 * @root: below which all is
 * @event: loop
 * @driver: the driver's end of the device
 * @hooks: socket of hvic-hooks; -1 for none
 * @asked: connection to it
 */
struct play {
	struct hvic_backup backup;
	struct unit_root *root;
	sd_event *event;
	int driver;
	int hooks;
	int asked;
};

static struct play *playing;
static atomic_int holds, hold_error, hold_ms;

static int open_device(struct hvu_client *client)
{
	int ends[2];

	(void)client;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	playing->driver = ends[0];
	return ends[1];
}

static int play_open(int root, const struct hvu_filesystem *filesystem)
{
	(void)root;
	(void)filesystem;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int play_sync(int fd)
{
	(void)fd;
	return 0;
}

static int play_hold(int device, int fd)
{
	(void)device;
	(void)fd;
	usleep(hold_ms * 1000);
	holds++;
	return hold_error;
}

static const struct hvic_freezer_ops freezer_ops = {
	.open = play_open, .sync = play_sync, .hold = play_hold,
};

static void tell(struct play *play, struct hv_ic_record record)
{
	record.len = sizeof(record);
	assert_int_equal(send(play->driver, &record, sizeof(record), 0), sizeof(record));
}

static void run(struct play *play, int rounds)
{
	for (int i = 0; i < rounds; i++)
		assert_true(sd_event_run(play->event, 20000) >= 0);
}

/* The next answer of the daemon, which may take a while. */
static struct hv_ic_record heard(struct play *play)
{
	struct {
		struct hv_ic_record record;
		char rest[64];
	} in = { .record = { .len = 0 } };

	for (int i = 0; i < 200; i++) {
		if (recv(play->driver, &in, sizeof(in), 0) > 0)
			return in.record;
		run(play, 1);
	}
	fail_msg("the daemon does not answer");
	return in.record;
}

static void expect_answer(struct play *play, uint64_t id, int status)
{
	struct hv_ic_record record = heard(play);

	assert_int_equal(record.id, id);
	assert_int_equal(record.status, status);
}

static void expect_state(struct play *play, enum hvic_state state)
{
	for (int i = 0; i < 200 && play->backup.state != state; i++)
		run(play, 1);
	assert_int_equal(play->backup.state, state);
}

static void expect_report(struct play *play, const char *outcome, const char *error)
{
	char text[8192];
	json_object *report;

	assert_true(hvu_read(play->root->fd, text, sizeof(text), HVIC_REPORT_FILE) > 0);
	report = json_tokener_parse(text);
	assert_non_null(report);
	assert_string_equal(json_object_get_string(json_object_object_get(report, "outcome")),
			    outcome);
	if (error)
		assert_string_equal(json_object_get_string(json_object_object_get(report,
										  "error")),
				    error);
	else
		assert_null(json_object_object_get(report, "error"));
	json_object_put(report);
}

static struct hvu_client_ops client_ops;

static struct play *start(void **state)
{
	struct play *play = calloc(1, sizeof(*play));
	struct hv_ic_hello hello = { .abi = HV_IC_ABI_VERSION, .features = HV_IC_FEATURE_HOLD };
	struct {
		struct hv_ic_record record;
		struct hv_ic_hello hello;
	} greeting = {
		.record = { .len = sizeof(greeting), .id = 1, .op = HV_IC_HELLO },
		.hello = hello,
	};

	assert_non_null(play);
	playing = play;
	play->root = *state;
	play->hooks = -1;
	play->asked = -1;
	holds = 0;
	hold_error = 0;
	hold_ms = 0;
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere", 1);
	unit_folder(play->root, "dev");
	unit_folder(play->root, "run");
	unit_file(play->root, "proc/filesystems", "\text4\n\tvfat\n");
	unit_file(play->root, "proc/self/mountinfo",
		  "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		  "22 21 8:2 / /a\\011b rw - ext4 /dev/sda2 rw\n"
		  "23 21 8:3 / /cd ro - ext4 /dev/sda3 ro\n");
	assert_int_equal(hvu_settings_load(&play->backup.settings, play->root->fd,
					   hvu_settings_log, NULL), 0);
	assert_int_equal(sd_event_new(&play->event), 0);
	assert_int_equal(hvic_backup_open(&play->backup, play->event, play->root->fd,
					  &freezer_ops), 0);
	client_ops = hvic_backup_ops;
	client_ops.open = open_device;
	assert_int_equal(hvu_client_open(&play->backup.client, &client_ops, play->root->fd, "vss",
					 HV_IC_FEATURE_HOLD), 0);
	assert_int_equal(send(play->driver, &greeting, sizeof(greeting), 0), sizeof(greeting));
	return play;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *data)
{
	(void)source;
	(void)fd;
	(void)events;
	assert_int_equal(hvu_client_dispatch(data), 0);
	return 0;
}

static struct play *served(void **state)
{
	struct play *play = start(state);

	assert_true(sd_event_add_io(play->event, NULL, hvu_client_fd(&play->backup.client),
				    EPOLLIN, on_client, &play->backup.client) >= 0);
	expect_answer(play, 1, 0);
	return play;
}

static void end(struct play *play)
{
	hvu_client_close(&play->backup.client);
	hvic_backup_close(&play->backup);
	hvu_settings_free(&play->backup.settings);
	sd_event_unref(play->event);
	close(play->driver);
	if (play->hooks >= 0)
		close(play->hooks);
	if (play->asked >= 0)
		close(play->asked);
	free(play);
}

static void freeze(struct play *play, uint64_t id)
{
	tell(play, (struct hv_ic_record){
		.id = id, .op = HV_IC_VSS_FREEZE, .deadline_ms = 30000,
	});
}

static void thaw(struct play *play, int status)
{
	tell(play, (struct hv_ic_record){
		.op = HV_IC_VSS_THAW, .flags = HV_IC_RECORD_EVENT, .status = status,
	});
}

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
		expect_state(play, HVIC_HELD);
		thaw(play, 0);
		expect_state(play, HVIC_IDLE);
		expect_report(play, "complete", NULL);
	}
	tell(play, (struct hv_ic_record){ .id = 99, .op = 77 });
	expect_answer(play, 99, -EOPNOTSUPP);
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
	end(play);
}

/* --- With hooks. -------------------------------------------------------------------------- */

static void offer_hooks(struct play *play)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	unit_file(play->root, "etc/hv_ic/freeze.d/10-db", "");
	unit_folder(play->root, "run/hv_ic");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/" HVU_HOOKS_SOCKET,
		 play->root->path);
	play->hooks = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(play->hooks, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(play->hooks, 1), 0);
}

static void expect_question(struct play *play, enum hvu_hooks_phase phase)
{
	struct hvu_hooks_question question;

	if (play->asked < 0) {
		struct pollfd wait = { .fd = play->hooks, .events = POLLIN };

		while (!poll(&wait, 1, 0))
			run(play, 1);
		play->asked = accept4(play->hooks, NULL, NULL, SOCK_NONBLOCK);
	}
	for (int i = 0; i < 200; i++) {
		if (recv(play->asked, &question, sizeof(question), 0) == sizeof(question)) {
			assert_int_equal(question.phase, phase);
			assert_true(question.timeout_ms > 0);
			return;
		}
		run(play, 1);
	}
	fail_msg("hooks are not run");
}

static void hooks_answer(struct play *play, enum hvu_hooks_phase phase, int status)
{
	struct hvu_hooks_answer answer = {
		.phase = phase, .status = status, .run = 1, .failed = !!status,
		.text = "10-db: exit status 1",
	};

	assert_int_equal(send(play->asked, &answer, sizeof(answer), 0), sizeof(answer));
}

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
	expect_report(play, "complete", NULL);
	close(play->asked);
	play->asked = -1;
	expect_question(play, HVU_HOOKS_FREEZE);
	/* hvic-hooks dies. */
	close(play->asked);
	play->asked = -1;
	expect_answer(play, 6, -EPIPE);
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
	close(play->asked);
	play->asked = -1;
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
		TEST(usual), TEST(failing), TEST(skipping), TEST(too_late), TEST(patient),
		TEST(again), TEST(gone), TEST(refusing), TEST(guarded), TEST(hooked),
		TEST(hook_failing), TEST(hooks_undone), TEST(no_hooks_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
