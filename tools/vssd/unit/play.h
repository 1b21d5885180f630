/* SPDX-License-Identifier: GPL-2.0 */
/* hvic-vssd, with the parts of the driver, the kernel and hvic-hooks played. */
#ifndef HVIC_UNIT_PLAY_H
#define HVIC_UNIT_PLAY_H

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
#include "socket.h"
#include "unit.h"

/**
 * struct play - a daemon and what is around it
 * @backup: the daemon; the first member
 * @root: below which all is
 * @event: loop
 * @driver: the driver's end of the device
 * @hooks: socket of hvic-hooks; -1 for none
 * @asked: connection to it
 * @limit_ms: of the last question
 */
struct play {
	struct hvic_backup backup;
	struct unit_root *root;
	sd_event *event;
	int driver;
	int hooks;
	int asked;
	uint32_t limit_ms;
};

static struct play *playing;
static atomic_int holds, hold_error, hold_ms;
static int try_error, releases;
/* The sessions of the last of these calls, and that of the next trial. */
static atomic_uint held;
static uint32_t released, trial_session;

static inline int open_device(struct hvu_client *client)
{
	int ends[2];

	(void)client;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	playing->driver = ends[0];
	return ends[1];
}

static inline int play_open(int root, const struct hvu_filesystem *filesystem)
{
	(void)root;
	(void)filesystem;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static inline int play_sync(int fd)
{
	(void)fd;
	return 0;
}

static inline int play_hold(int device, uint32_t session, int fd)
{
	(void)device;
	(void)fd;
	held = session;
	usleep(hold_ms * 1000);
	holds++;
	return hold_error;
}

static inline int play_try(int device, uint32_t *session)
{
	(void)device;
	*session = ++trial_session;
	return try_error;
}

static inline int play_release(int device, uint32_t session)
{
	(void)device;
	released = session;
	releases++;
	return 0;
}

static const struct hvic_freezer_ops freezer_ops = {
	.open = play_open, .sync = play_sync, .hold = play_hold,
	.try = play_try, .release = play_release,
};

static inline void tell(struct play *play, struct hv_ic_record record)
{
	record.len = sizeof(record);
	assert_int_equal(send(play->driver, &record, sizeof(record), 0), sizeof(record));
}

static inline void run(struct play *play, int rounds)
{
	for (int i = 0; i < rounds; i++)
		assert_true(sd_event_run(play->event, 20000) >= 0);
}

/* The next answer of the daemon, which may take a while. */
static inline struct hv_ic_record heard(struct play *play)
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

static inline void expect_answer(struct play *play, uint64_t id, int status)
{
	struct hv_ic_record record = heard(play);

	assert_int_equal(record.id, id);
	assert_int_equal(record.status, status);
}

static inline void expect_state(struct play *play, enum hvic_state state)
{
	for (int i = 0; i < 200 && play->backup.state != state; i++)
		run(play, 1);
	assert_int_equal(play->backup.state, state);
}

static inline void expect_report(struct play *play, const char *outcome, const char *error)
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

static inline struct play *start(void **state)
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
	try_error = 0;
	releases = 0;
	held = 0;
	released = 0;
	trial_session = 0;
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere", 1);
	unit_folder(play->root, "dev");
	unit_folder(play->root, "run");
	unit_file(play->root, "proc/filesystems", "\text4\n\tvfat\n");
	unit_file(play->root, "proc/self/mountinfo",
		  "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		  "22 21 8:2 / /a\\011b rw - ext4 /dev/sda2 rw\n"
		  "23 21 8:3 / /cd ro - ext4 /dev/sda3 ro\n");
	assert_int_equal(hvu_settings_load(&play->backup.settings, play->root->fd, "vss",
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

static inline int on_client(sd_event_source *source, int fd, uint32_t events, void *data)
{
	(void)source;
	(void)fd;
	(void)events;
	assert_int_equal(hvu_client_dispatch(data), 0);
	return 0;
}

static inline struct play *served(void **state)
{
	struct play *play = start(state);

	assert_true(sd_event_add_io(play->event, NULL, hvu_client_fd(&play->backup.client),
				    EPOLLIN, on_client, &play->backup.client) >= 0);
	expect_answer(play, 1, 0);
	return play;
}

static inline void end(struct play *play)
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

/* Of a FREEZE of the host's. */
static inline uint32_t session_of(uint64_t id)
{
	return 1000 + id;
}

static inline void freeze(struct play *play, uint64_t id)
{
	struct {
		struct hv_ic_record record;
		struct hv_ic_vss_freeze freeze;
	} out = {
		.record = { .id = id, .op = HV_IC_VSS_FREEZE, .deadline_ms = 30000 },
		.freeze = { .session = session_of(id) },
	};

	out.record.len = sizeof(out.record) + offsetof(struct hv_ic_vss_freeze, luns);
	assert_int_equal(send(play->driver, &out, out.record.len, 0), out.record.len);
}

static inline void thaw(struct play *play, int status)
{
	tell(play, (struct hv_ic_record){
		.op = HV_IC_VSS_THAW, .flags = HV_IC_RECORD_EVENT, .status = status,
	});
}

static inline void offer_hooks(struct play *play)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	unit_file(play->root, "etc/hv_ic/freeze.d/10-db", "");
	unit_folder(play->root, "run/hv_ic");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/" HVU_SOCKET_FOLDER "/" HVU_HOOKS_SOCKET,
		 play->root->path);
	play->hooks = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(play->hooks, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(play->hooks, 1), 0);
}

static inline void expect_question(struct play *play, enum hvu_hooks_phase phase)
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
			play->limit_ms = question.limit_ms;
			return;
		}
		run(play, 1);
	}
	fail_msg("hooks are not run");
}

/* The connection of a backup ends. */
static inline void hooks_end(struct play *play)
{
	close(play->asked);
	play->asked = -1;
}

static inline void hooks_answer(struct play *play, enum hvu_hooks_phase phase, int status)
{
	struct hvu_hooks_answer answer = {
		.phase = phase, .status = status, .run = 1, .failed = !!status,
		.text = "10-db: exit status 1",
	};

	assert_int_equal(send(play->asked, &answer, sizeof(answer), 0), sizeof(answer));
}

#endif
