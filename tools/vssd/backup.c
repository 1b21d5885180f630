// SPDX-License-Identifier: GPL-2.0
/* A backup of the host's: see backup.h. */
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/hv_ic.h>
#include <systemd/sd-daemon.h>

#include "clock.h"
#include "root.h"
#include "socket.h"
#include "tell.h"

/* If the driver names none. */
#define DEADLINE_MS	30000
#define FROZEN_MAX_S	60

/* A trial has as long for its freeze as the driver gives the host's. */
#define TRIAL_MS	120000

/* What a backup may take beyond the time of its freeze and that of its thaw. */
#define MARGIN_MS	10000

/* What the freezer may take after the thaw, before hooks are told without it. */
#define PATIENCE_US	3000000

static const char *const mode_texts[] = {
	[HVU_VSS_FREEZE] = "Serving the host: a backup freezes the file systems",
	[HVU_VSS_HOOKS_ONLY] = "Serving the host: a backup runs hooks, and freezes nothing",
	[HVU_VSS_REFUSE] = "Serving the host: backups are refused",
};

static void begin(struct hvic_backup *backup, struct hvic_freeze freeze);

static struct hvic_backup *backup_of(struct hvu_client *client)
{
	return (struct hvic_backup *)client;
}

static const char *show_status(const struct hvu_client *client)
{
	const struct hvic_backup *backup = (const struct hvic_backup *)client;

	if (backup->state == HVIC_IDLE)
		return mode_texts[backup->settings.vss.mode];
	return backup->trial ? "The administrator tries a backup" : "The host makes a backup";
}

static void tell_status(struct hvic_backup *backup)
{
	if (backup->client.attached)
		sd_notifyf(0, "STATUS=%s", show_status(&backup->client));
}

/* --- The end. ----------------------------------------------------------------------------- */

static void publish(struct hvic_backup *backup)
{
	int ret;

	if (backup->trial) {
		json_object *report = hvic_report_describe(&backup->report);

		backup->tried(backup->trier, json_object_to_json_string(report));
		json_object_put(report);
		return;
	}
	ret = hvic_report_write(&backup->report, backup->root);
	if (ret)
		hvic_journal(&backup->journal, HVU_MESSAGE_NONE, HVU_LOG_WARNING,
			     "/" HVIC_REPORT_FILE " cannot be written: %s", strerror(-ret));
}

static void become_idle(struct hvic_backup *backup)
{
	struct hvic_freeze next = backup->next;

	hvic_asker_close(&backup->hooks);
	hvic_inhibitor_release(&backup->inhibitor);
	if (!backup->report.outcome)
		backup->report.outcome = backup->report.error[0] ?
			backup->promised ? "broken" : "failed" : "complete";
	if (!backup->silent)
		hvic_tell_outcome(&backup->journal, &backup->report, backup->trial);
	backup->state = HVIC_IDLE;
	if (!backup->given_up)
		publish(backup);
	hvic_report_free(&backup->report);
	backup->trial = false;
	backup->given_up = false;
	backup->freeze.id = 0;
	backup->next.id = 0;
	if (backup->reload)
		hvic_backup_reload(backup);
	tell_status(backup);
	if (next.id)
		begin(backup, next);
}

static int ask_undo(struct hvic_backup *backup)
{
	enum hvu_hooks_phase phase = backup->promised ? HVU_HOOKS_THAW : HVU_HOOKS_FREEZE_FAIL;
	uint32_t timeout_ms = backup->settings.vss.hook_timeout_ms;
	int ret = hvic_asker_ask(&backup->hooks, phase, timeout_ms, 0);

	if (ret != -EPIPE && ret != -ECONNRESET)
		return ret;
	/* It has gone just now, and another one may go on. */
	hvic_asker_close(&backup->hooks);
	return hvic_asker_ask(&backup->hooks, phase, timeout_ms, 0);
}

/* Hooks that were run for the freeze hear what became of it, also if hvic-hooks has gone since. */
static void undo(struct hvic_backup *backup)
{
	struct hvic_report *report = &backup->report;
	int ret;

	backup->state = HVIC_UNDOING;
	ret = backup->hooked ? ask_undo(backup) : 0;
	if (ret) {
		report->hooks_failed++;
		snprintf(report->hooks_error, sizeof(report->hooks_error),
			 "hvic-hooks, which is not told to thaw: %s", strerror(-ret));
	}
	if (ret || !backup->hooked)
		become_idle(backup);
}

static void note_thaw(struct hvic_backup *backup, int status)
{
	struct hvic_report *report = &backup->report;
	uint64_t first_us = atomic_load(&backup->freezer.first_us);

	backup->guard = sd_event_source_disable_unref(backup->guard);
	if (backup->mounts.all && first_us)
		report->frozen_us = hvu_now_us() - first_us;
	if (status && !report->error[0])
		snprintf(report->error, sizeof(report->error), "%s",
			 hvic_tell_thaw(status, backup->trial));
	hvic_journal_flush(&backup->journal);
	hvic_inhibitor_resume(&backup->inhibitor);
}

static void forget_filesystems(struct hvic_backup *backup)
{
	hvic_freezer_release(&backup->freezer);
	hvu_mounts_free(&backup->mounts);
}

/* Nothing is frozen any more. */
static void has_thawed(struct hvic_backup *backup, int status)
{
	note_thaw(backup, status);
	if (!backup->silent)
		hvic_tell_skipped(&backup->journal, &backup->freezer);
	if (backup->mounts.all)
		hvic_report_filesystems(&backup->report, &backup->mounts, &backup->freezer);
	forget_filesystems(backup);
	undo(backup);
}

/* All but what hangs has thawed. The freezer has the list of file systems until it is back. */
static int on_impatience(sd_event_source *source, uint64_t now_us, void *data)
{
	struct hvic_backup *backup = data;
	const struct hvu_filesystem *hangs = hvic_freezer_awaits(&backup->freezer);
	int status = backup->status ? backup->status : -ECANCELED;

	(void)source;
	(void)now_us;
	if (hangs)
		snprintf(backup->report.error, sizeof(backup->report.error), "%.120s hangs: %s",
			 hangs->mounts[0].path, hvic_tell_thaw(status, backup->trial));
	backup->stuck = true;
	note_thaw(backup, status);
	undo(backup);
	return 0;
}

/* It is back; what has been said of the backup stays. */
static void is_unstuck(struct hvic_backup *backup)
{
	backup->stuck = false;
	forget_filesystems(backup);
	hvu_log(HVU_LOG_NOTICE, "no file system hangs any more: backups are possible again");
}

/* The session is over while the freezer waits for a file system. */
static void call_freezer_back(struct hvic_backup *backup, int status)
{
	backup->status = status;
	hvic_freezer_cancel(&backup->freezer);
	if (!backup->guard)
		sd_event_add_time_relative(backup->event, &backup->guard, CLOCK_BOOTTIME,
					   PATIENCE_US, 1, on_impatience, backup);
}

/* --- The beginning. ----------------------------------------------------------------------- */

static void release(struct hvic_backup *backup)
{
	backup->freezer.ops->release(backup->client.device, backup->freeze.session);
}

/* A trial has nobody to answer to; it ends for the kernel when it fails. */
static int answer(struct hvic_backup *backup, int status)
{
	backup->report.freeze_us = hvu_now_us() - backup->began_us;
	if (backup->trial && status)
		release(backup);
	if (backup->trial)
		return 0;
	return hvu_client_answer(&backup->client, backup->freeze.id, status, NULL, 0);
}

/* Nothing has been frozen for it. */
__attribute__((format(printf, 3, 4)))
static void fail(struct hvic_backup *backup, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(backup->report.error, sizeof(backup->report.error), format, arguments);
	va_end(arguments);
	answer(backup, error);
	undo(backup);
}

/* Returns 1 where the loop is to go on. */
static int on_guard(sd_event_source *source, uint64_t now_us, void *data)
{
	struct hvic_backup *backup = data;

	(void)source;
	(void)now_us;
	/* If nothing is held, it is for the host, whose THAW is to fail. */
	release(backup);
	has_thawed(backup, backup->trial ? 0 : -ETIMEDOUT);
	return 0;
}

static bool holds_anything(const struct hvic_backup *backup)
{
	for (size_t i = 0; i < backup->freezer.n; i++) {
		if (backup->freezer.items[i].outcome == HVIC_FROZEN)
			return true;
	}
	return false;
}

/* What is held has a limit of the kernel's, which is also ours where nothing is. */
static uint64_t limit_us(struct hvic_backup *backup)
{
	unsigned long seconds = 0;
	char text[32];

	if (hvu_read(backup->root, text, sizeof(text),
		     "sys/module/hv_ic/parameters/vss_frozen_max") > 0)
		seconds = strtoul(text, NULL, 10);
	return (seconds ? seconds : FROZEN_MAX_S) * UINT64_C(1000000);
}

/* When it is over for hooks, whatever becomes of us. The host's time bounds what precedes it. */
static uint32_t hooks_limit_ms(struct hvic_backup *backup)
{
	uint64_t ms = limit_us(backup) / 1000;
	int64_t before_ms = backup->freeze.until_ms - hvu_now_ms();

	if (backup->trial && ms < backup->hold_ms)
		ms = backup->hold_ms;
	ms += MARGIN_MS + (before_ms > 0 ? before_ms : 0);
	return ms < UINT32_MAX ? ms : UINT32_MAX;
}

static void set_guard(struct hvic_backup *backup)
{
	uint64_t us = backup->trial ? backup->hold_ms * UINT64_C(1000) : limit_us(backup);

	sd_event_add_time_relative(backup->event, &backup->guard, CLOCK_BOOTTIME, us, 1, on_guard,
				   backup);
}

static void promise(struct hvic_backup *backup)
{
	int ret = answer(backup, 0);

	if (!ret) {
		backup->promised = true;
		backup->state = HVIC_HELD;
		if (backup->trial || !holds_anything(backup))
			set_guard(backup);
		return;
	}
	/* Nobody waits for it: the kernel says when all has thawed. */
	snprintf(backup->report.error, sizeof(backup->report.error), "%s",
		 ret == -ESTALE ? "it took longer than the host waits" : strerror(-ret));
	backup->state = HVIC_LEAVING;
}

static void report_failure(struct hvic_backup *backup, int error)
{
	struct hvic_report *report = &backup->report;

	snprintf(report->error, sizeof(report->error), "%s", strerror(-error));
	for (size_t i = 0; i < backup->freezer.n; i++) {
		const struct hvic_item *item = &backup->freezer.items[i];

		if (item->outcome == HVIC_FAILED && item->error == error) {
			snprintf(report->error, sizeof(report->error), "%.120s: %s",
				 item->filesystem->mounts[0].path, hvic_item_text(item));
			return;
		}
	}
}

static int on_frozen(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct hvic_backup *backup = data;
	int ret = hvic_freezer_result(&backup->freezer);

	(void)source;
	(void)fd;
	(void)events;
	if (!ret && backup->given_up)
		ret = -ECANCELED;
	if (backup->stuck) {
		is_unstuck(backup);
	} else if (backup->thawed) {
		has_thawed(backup, backup->status ? backup->status : -ECANCELED);
	} else if (ret) {
		report_failure(backup, ret);
		backup->state = HVIC_LEAVING;
		answer(backup, ret);
	} else {
		promise(backup);
	}
	return 0;
}

/* ORDER: what allocates or waits comes before the freezer. */
static void hold(struct hvic_backup *backup)
{
	int ret;

	if (backup->settings.vss.mode == HVU_VSS_HOOKS_ONLY) {
		promise(backup);
		return;
	}
	ret = hvu_mounts_read(&backup->mounts, backup->root, backup->settings.vss.include,
			      backup->settings.vss.exclude);
	if (ret) {
		fail(backup, ret, "the table of mounts: %s", strerror(-ret));
		return;
	}
	if (backup->mounts.n_unread && !backup->silent)
		hvu_log(HVU_LOG_WARNING, "not backed up are %zu mounts whose lines cannot be read",
			backup->mounts.n_unread);
	backup->state = HVIC_HOLDING;
	hvic_journal_hold(&backup->journal);
	hvic_inhibitor_pause(&backup->inhibitor);
	ret = hvic_freezer_begin(&backup->freezer, backup->client.device, backup->freeze.session,
				 &backup->mounts, backup->freeze.until_ms);
	if (ret) {
		snprintf(backup->report.error, sizeof(backup->report.error), "%s", strerror(-ret));
		answer(backup, ret);
		has_thawed(backup, ret);
	}
}

/* ORDER: nothing is frozen yet. Who looks at a backup that hangs does not find the one before. */
static void announce(struct hvic_backup *backup)
{
	if (backup->trial)
		return;
	backup->report.outcome = "unfinished";
	/* If that cannot be written, it is told at the end. */
	hvic_report_write(&backup->report, backup->root);
	backup->report.outcome = NULL;
}

static void start_over(struct hvic_backup *backup)
{
	backup->began_us = hvu_now_us();
	backup->hooked = false;
	backup->promised = false;
	backup->thawed = false;
	backup->status = 0;
	backup->report = (struct hvic_report){
		.began = time(NULL), .mode = hvu_vss_mode_words[backup->settings.vss.mode],
	};
}

static void begin(struct hvic_backup *backup, struct hvic_freeze freeze)
{
	int ret;

	start_over(backup);
	/* A host may freeze and thaw as often as it likes. */
	backup->silent = !hvu_log_may(&backup->limit, "backups");
	backup->freeze = freeze;
	if (backup->settings.vss.mode == HVU_VSS_REFUSE) {
		backup->report.outcome = "refused";
		fail(backup, -EACCES, "vss.mode is refuse");
		return;
	}
	if (backup->stuck) {
		fail(backup, -EBUSY, "a file system hangs since the backup before");
		return;
	}
	backup->state = HVIC_HOOKS;
	announce(backup);
	tell_status(backup);
	hvic_inhibitor_take(&backup->inhibitor);
	if (!hvu_hooks_any(backup->root)) {
		hold(backup);
		return;
	}
	ret = hvic_asker_ask(&backup->hooks, HVU_HOOKS_FREEZE,
			     backup->settings.vss.hook_timeout_ms, hooks_limit_ms(backup));
	backup->hooked = !ret;
	if (ret)
		fail(backup, ret, "hooks cannot be run: /" HVU_SOCKET_FOLDER "/"
		     HVU_HOOKS_SOCKET ": %s", strerror(-ret));
}

/* What hooks have left behind may have ended with it, and nothing else keeps the machine still. */
static void break_promise(struct hvic_backup *backup, const struct hvu_hooks_answer *hooks)
{
	snprintf(backup->report.error, sizeof(backup->report.error), "%s", hooks->text);
	release(backup);
	has_thawed(backup, hooks->status);
}

static void hooks_have_run(void *data, const struct hvu_hooks_answer *hooks)
{
	struct hvic_backup *backup = data;
	struct hvic_report *report = &backup->report;

	report->hooks_failed += hooks->failed;
	if (hooks->status && !report->hooks_error[0])
		snprintf(report->hooks_error, sizeof(report->hooks_error), "%s", hooks->text);
	/* What is told later is that hvic-hooks has gone. */
	if (backup->state == HVIC_HOOKS)
		report->hooks_run = hooks->run;
	if (backup->state == HVIC_HELD && backup->settings.vss.mode == HVU_VSS_HOOKS_ONLY)
		break_promise(backup, hooks);
	else if (backup->state == HVIC_UNDOING)
		become_idle(backup);
	else if (backup->state == HVIC_HOOKS && hooks->status)
		fail(backup, hooks->status, "a hook failed: %s", hooks->text);
	else if (backup->state == HVIC_HOOKS)
		hold(backup);
}

/* --- The driver's word. ------------------------------------------------------------------- */

static void thaw(struct hvic_backup *backup, int status)
{
	switch (backup->state) {
	case HVIC_IDLE:
	case HVIC_ASKED:
	case HVIC_UNDOING:
		return;
	case HVIC_HOOKS:
		snprintf(backup->report.error, sizeof(backup->report.error), "%s",
			 hvic_tell_thaw(status ? status : -ECANCELED, backup->trial));
		undo(backup);
		return;
	case HVIC_HOLDING:
		backup->thawed = true;
		call_freezer_back(backup, status);
		return;
	case HVIC_HELD:
	case HVIC_LEAVING:
		has_thawed(backup, status);
		return;
	}
}

static void take_freeze(struct hvic_backup *backup, const struct hv_ic_record *record,
			const void *payload)
{
	struct hv_ic_vss_freeze asked;
	struct hvic_freeze freeze = {
		.id = record->id,
		.until_ms = hvu_now_ms() +
			(record->deadline_ms ? record->deadline_ms : DEADLINE_MS),
	};

	hvu_record_payload(record, payload, &asked, sizeof(asked));
	freeze.session = asked.session;
	if (backup->state == HVIC_IDLE) {
		begin(backup, freeze);
		return;
	}
	/* The driver does not ask for one before the last one is over. */
	backup->next = freeze;
	thaw(backup, -ECANCELED);
}

static int take(struct hvu_client *client, const struct hv_ic_record *record, const void *payload)
{
	struct hvic_backup *backup = backup_of(client);

	switch (record->op) {
	case HV_IC_VSS_HOT_BACKUP:
		if (backup->settings.vss.mode == HVU_VSS_REFUSE)
			return -EACCES;
		return hvu_client_answer(client, record->id, 0, NULL, 0);
	case HV_IC_VSS_FREEZE:
		take_freeze(backup, record, payload);
		return 0;
	case HV_IC_VSS_THAW:
		thaw(backup, record->status);
		return 0;
	case HV_IC_VSS_TRIAL:
		if (backup->state == HVIC_ASKED)
			begin(backup, (struct hvic_freeze){
				.session = backup->freeze.session,
				.until_ms = hvu_now_ms() + TRIAL_MS,
			});
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* What is held thaws for it, of which the driver tells. */
static void over(struct hvu_client *client, uint64_t id, int status)
{
	struct hvic_backup *backup = backup_of(client);

	if (id == backup->next.id)
		backup->next.id = 0;
	if (!id || id != backup->freeze.id)
		return;
	if (backup->state == HVIC_HOOKS)
		thaw(backup, status);
	else if (backup->state == HVIC_HOLDING)
		call_freezer_back(backup, status);
}

static void gone(struct hvu_client *client)
{
	struct hvic_backup *backup = backup_of(client);

	backup->next.id = 0;
	if (backup->state == HVIC_ASKED)
		fail(backup, -ENODEV, "%s", hvic_tell_thaw(-ENODEV, backup->trial));
	else
		thaw(backup, -ENODEV);
}

static void start(struct hvu_client *client)
{
	tell_status(backup_of(client));
}

const struct hvu_client_ops hvic_backup_ops = {
	.start = start, .take = take, .over = over, .gone = gone, .status = show_status,
};

/* --- The administrator's word. ------------------------------------------------------------ */

/**
 * hvic_backup_try() - freeze and thaw without the host
 * @backup: the daemon
 * @hold_ms: how long all stays frozen
 *
 * Return: 0, and then @backup->tried will be called, unless hvic_backup_give_up() is; %-EBUSY if
 * the host or another trial has not ended, or a file system hangs; %-ENOTCONN if the host does not
 * offer backups; or another negative errno of the driver.
 */
int hvic_backup_try(struct hvic_backup *backup, uint32_t hold_ms)
{
	int ret;

	if (!backup->client.attached)
		return -ENOTCONN;
	if (backup->state != HVIC_IDLE || backup->stuck)
		return -EBUSY;
	ret = backup->freezer.ops->try(backup->client.device, &backup->freeze.session);
	if (ret)
		return ret;
	/* ORDER: it begins with the driver's event, behind those of the backup before. */
	start_over(backup);
	backup->silent = false;
	backup->trial = true;
	backup->hold_ms = hold_ms;
	backup->state = HVIC_ASKED;
	return 0;
}

/** hvic_backup_give_up() - nobody waits for the trial any more; the driver's THAW does the rest */
void hvic_backup_give_up(struct hvic_backup *backup)
{
	backup->given_up = true;
	if (backup->state == HVIC_HOLDING)
		hvic_freezer_cancel(&backup->freezer);
	else if (backup->state == HVIC_HOOKS || backup->state == HVIC_HELD)
		release(backup);
	else if (backup->state == HVIC_ASKED)
		fail(backup, -ECANCELED, "%s", hvic_tell_thaw(-ECANCELED, backup->trial));
}

/* --- Init and exit. ----------------------------------------------------------------------- */

/*
 * The kernel thaws when the device is closed, and hooks when their connection is; but a thread that
 * waits for one file system keeps both open for as long: what the others hold, and what hooks have
 * locked, must not wait for that.
 */
static int on_end(sd_event_source *source, void *data)
{
	struct hvic_backup *backup = data;

	(void)source;
	if (backup->state == HVIC_HOLDING)
		answer(backup, -ENOTCONN);
	hvic_asker_end(&backup->hooks);
	return 0;
}

/**
 * hvic_backup_open() - prepare for the first backup
 * @backup: whose settings have been loaded; the client is opened by the caller, afterwards
 * @event: loop
 * @root: below which all is
 * @ops: what is done to a file system
 *
 * Return: 0 or a negative errno.
 */
int hvic_backup_open(struct hvic_backup *backup, sd_event *event, int root,
		     const struct hvic_freezer_ops *ops)
{
	int ret = hvic_freezer_open(&backup->freezer, ops, root);

	if (ret)
		return ret;
	backup->event = event;
	backup->root = root;
	backup->state = HVIC_IDLE;
	backup->hooks = (struct hvic_asker){
		.event = event, .root = root, .answered = hooks_have_run, .data = backup,
	};
	ret = sd_event_add_io(event, NULL, backup->freezer.done, EPOLLIN, on_frozen, backup);
	if (ret >= 0)
		ret = sd_event_add_exit(event, NULL, on_end, backup);
	if (ret < 0) {
		hvic_freezer_close(&backup->freezer);
		return ret;
	}
	hvic_inhibitor_open(&backup->inhibitor, event);
	return 0;
}

/** hvic_backup_close() - the kernel thaws what is frozen, and the end of us tells the hooks */
void hvic_backup_close(struct hvic_backup *backup)
{
	backup->guard = sd_event_source_disable_unref(backup->guard);
	hvic_freezer_close(&backup->freezer);
	hvic_asker_close(&backup->hooks);
	hvic_inhibitor_close(&backup->inhibitor);
	hvu_mounts_free(&backup->mounts);
	hvic_report_free(&backup->report);
}

/**
 * hvic_backup_reload() - read the settings anew; those of before stay if they cannot be used
 * @data: struct hvic_backup; a backup goes on with what it has begun with, and no file is read and
 *	no line logged while file systems are frozen: then it is done when the backup is over
 *
 * Return: 0 or a negative errno.
 */
int hvic_backup_reload(void *data)
{
	struct hvic_backup *backup = data;
	struct hvu_settings settings;
	int ret;

	backup->reload = backup->state != HVIC_IDLE;
	if (backup->reload)
		return 0;
	ret = hvu_settings_load(&settings, backup->root, "vss", hvu_settings_log, NULL);
	hvu_message_reloaded(ret);
	if (ret)
		return ret;
	hvu_settings_free(&backup->settings);
	backup->settings = settings;
	tell_status(backup);
	return 0;
}
