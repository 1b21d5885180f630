// SPDX-License-Identifier: GPL-2.0
/*
 * Guest file copy: the host writes a file into the guest, 6 KiB at a time, each
 * block after the answer to the last.
 *
 * A daemon writes the file. If every block waited for it, its wake-up would set
 * the speed; so a block is acknowledged as soon as it lies in the queue. A block
 * that fails later is the answer to whatever the host sends next, and COMPLETE
 * waits until the daemon has everything on the disk. When the queue is three quarters full
 * the next acknowledgment waits until the daemon has caught up.
 *
 *   IDLE --START--> ASKED --daemon: yes--> ACTIVE --COMPLETE, CANCEL--> IDLE
 *
 * Whatever else ends a session (NEGOTIATE, close, a START) tells the daemon to
 * remove what it has written. What a daemon leaves when it goes the next one is
 * asked to remove.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "daemon.h"
#include "event.h"
#include "proto/fcopy.h"
#include "proto/legacy_fcopy.h"

#define QUEUE_SLOTS	68
#define QUEUE_HIGH	48
#define QUEUE_LOW	24

/* Ids of REMOVE, and of blocks from the next one on. */
#define REMOVE_ID	HV_IC_RECORD_OWN_ID

static bool enabled = true;

static const char * const op_words[] = {
	[HVIC_WIRE_FCOPY_START]		= "start",
	[HVIC_WIRE_FCOPY_WRITE]		= "write",
	[HVIC_WIRE_FCOPY_COMPLETE]	= "complete",
	[HVIC_WIRE_FCOPY_CANCEL]	= "cancel",
};

enum hvic_fcopy_state {
	FCOPY_IDLE,
	FCOPY_ASKED,
	FCOPY_ACTIVE,
};

static const char * const state_words[] = {
	[FCOPY_IDLE]	= "idle",
	[FCOPY_ASKED]	= "asked",
	[FCOPY_ACTIVE]	= "active",
};

/**
 * struct hvic_fcopy - a file copy channel's own, guarded by the channel's lock
 * @daemon: the joint to the daemon; the channel's private data
 * @state: of the session
 * @op: of the request that the daemon is asked
 * @asked: the file of the last START that the daemon was asked
 * @begun: the file that the daemon may have begun, and not finished or removed yet
 * @left: the file that a daemon left so; @left.start is 0 for none, as in the others
 * @left_read: the daemon has read that it should remove it
 * @first_block: id of the session's first block; older ones do not count
 * @next_block: id of the next block
 * @throttled_id: block whose acknowledgment waits for room; 0 for none
 * @error: of a block that failed; the answer to the next message
 * @size: of the file, as the host announced it
 * @bytes: of this session
 * @awaited: listeners have not heard of its end
 * @told: when they have heard of it last, in jiffies
 * @files: sessions that were completed
 */
struct hvic_fcopy {
	struct hvic_daemon daemon;
	enum hvic_fcopy_state state;
	enum hvic_wire_fcopy_op op;
	struct hv_ic_fcopy_left asked;
	struct hv_ic_fcopy_left begun;
	struct hv_ic_fcopy_left left;
	bool left_read;
	u64 first_block;
	u64 next_block;
	u64 throttled_id;
	int error;
	u64 size;
	u64 bytes;
	bool awaited;
	unsigned long told;
	u64 files;
};

static struct hvic_fcopy *fcopy_of(struct hvic_daemon *daemon)
{
	return container_of(daemon, struct hvic_fcopy, daemon);
}

/* Tells listeners, of the end only once. */
static void hvic_fcopy_announce(struct hvic_fcopy *fcopy, enum hv_ic_fcopy_phase phase, int err)
{
	bool ends = phase >= HV_IC_FCOPY_PHASE_COMPLETE;

	if (ends && !fcopy->awaited)
		return;
	fcopy->awaited = !ends;
	fcopy->told = jiffies;
	hvic_event->fcopy(phase, fcopy->size, fcopy->bytes, err);
}

/* --- What a daemon has left. ------------------------------------------------------------ */

static bool is_same_file(const struct hv_ic_fcopy_left *a, const struct hv_ic_fcopy_left *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->path, b->path);
}

/* An older daemon cannot be told: it knows a file only while it writes it. */
static void hvic_fcopy_ask_removal(struct hvic_fcopy *fcopy)
{
	struct hv_ic_fcopy_left *payload;

	if (!fcopy->left.start || fcopy->left_read || !hvic_daemon_is_native(&fcopy->daemon))
		return;
	payload = hvic_daemon_begin(&fcopy->daemon);
	if (IS_ERR(payload))
		return;
	*payload = fcopy->left;
	hvic_daemon_post(&fcopy->daemon, HV_IC_FCOPY_REMOVE, 0, REMOVE_ID, sizeof(*payload));
}

/* If the daemon could not remove the file, or goes first, the next one is asked. */
static int hvic_fcopy_removed(struct hvic_fcopy *fcopy, int status)
{
	if (!fcopy->left.start || !fcopy->left_read)
		return -ESTALE;
	if (!status || status == -ENOENT)
		fcopy->left.start = 0;
	return 0;
}

/* --- Requests. ------------------------------------------------------------------------ */

/* Ends the session: what the daemon has not read yet it need not read. */
static void hvic_fcopy_cancel(struct hvic_fcopy *fcopy)
{
	if (fcopy->state == FCOPY_IDLE)
		return;
	fcopy->state = FCOPY_IDLE;
	fcopy->throttled_id = 0;
	hvic_fcopy_announce(fcopy, fcopy->error ? HV_IC_FCOPY_PHASE_FAILED :
						  HV_IC_FCOPY_PHASE_CANCELLED, fcopy->error);
	if (fcopy->error == -ENOTCONN)
		return;			/* a daemon that has come since knows nothing of it */
	hvic_daemon_withdraw_all(&fcopy->daemon, -ECANCELED);
	hvic_daemon_tell(&fcopy->daemon, HV_IC_FCOPY_CANCEL, fcopy->error ?: -ECANCELED, NULL, 0);
	hvic_fcopy_ask_removal(fcopy);
}

static int hvic_fcopy_start_file(struct hvic_fcopy *fcopy, const struct hvic_msg *msg)
{
	struct hv_ic_fcopy_start *payload;
	int ret;

	hvic_fcopy_cancel(fcopy);
	payload = hvic_daemon_begin(&fcopy->daemon);
	if (IS_ERR(payload))
		return PTR_ERR(payload);
	ret = hvic_fcopy_decode_start(msg->body, payload);
	if (ret)
		return ret;
	fcopy->size = payload->size;
	fcopy->asked.start = 0;
	strscpy_pad(fcopy->asked.path, payload->path, sizeof(fcopy->asked.path));
	strscpy_pad(fcopy->asked.name, payload->name, sizeof(fcopy->asked.name));
	ret = hvic_daemon_ask(&fcopy->daemon, msg, HV_IC_FCOPY_START, sizeof(*payload), false);
	if (ret == -EINPROGRESS) {
		fcopy->state = FCOPY_ASKED;
		fcopy->asked.start = fcopy->daemon.asked;
		fcopy->first_block = fcopy->next_block;
		fcopy->error = 0;
		fcopy->bytes = 0;
		fcopy->awaited = true;
	}
	return ret;
}

static int hvic_fcopy_write(struct hvic_fcopy *fcopy, const struct hvic_msg *msg)
{
	struct hv_ic_fcopy_write *payload = hvic_daemon_begin(&fcopy->daemon);
	struct hvic_fcopy_block block;
	int ret;

	if (IS_ERR(payload))
		return PTR_ERR(payload);
	ret = hvic_fcopy_decode_write(msg->body, &block);
	if (ret)
		return ret;

	payload->offset = block.offset;
	payload->size = block.data.len;
	payload->reserved = 0;
	memcpy(payload->data, block.data.data, block.data.len);
	ret = hvic_daemon_post(&fcopy->daemon, HV_IC_FCOPY_WRITE, HV_IC_RECORD_QUIET,
			       fcopy->next_block,
			       offsetof(struct hv_ic_fcopy_write, data[payload->size]));
	if (ret)
		return ret;
	fcopy->next_block++;
	fcopy->bytes += block.data.len;
	if (time_after(jiffies, fcopy->told + HZ))
		hvic_fcopy_announce(fcopy, HV_IC_FCOPY_PHASE_PROGRESS, 0);

	if (hvic_daemon_queued(&fcopy->daemon) <= QUEUE_HIGH)
		return msg->body.len;
	fcopy->throttled_id = hvic_channel_defer(fcopy->daemon.ch, msg);
	return fcopy->throttled_id ? -EINPROGRESS : msg->body.len;
}

static int hvic_fcopy_complete(struct hvic_fcopy *fcopy, const struct hvic_msg *msg)
{
	void *payload = hvic_daemon_begin(&fcopy->daemon);

	if (IS_ERR(payload))
		return PTR_ERR(payload);
	return hvic_daemon_ask(&fcopy->daemon, msg, HV_IC_FCOPY_COMPLETE, 0, true);
}

static int hvic_fcopy_handle(struct hvic_channel *ch, const struct hvic_msg *msg,
			     struct hvic_room body)
{
	struct hvic_fcopy *fcopy = fcopy_of(ch->priv);
	enum hvic_wire_fcopy_op op;
	int ret = hvic_fcopy_parse(msg->body, &op);

	if (ret)
		return ret;
	/* A host that has given up waiting takes back what is open. */
	if (op == HVIC_WIRE_FCOPY_CANCEL)
		hvic_channel_supersede(ch, -ECANCELED);
	ch->last.operation = op_words[op];
	if (hvic_channel_is_deferred(ch))
		return -EBUSY;
	fcopy->op = op;

	if (op == HVIC_WIRE_FCOPY_CANCEL) {
		hvic_fcopy_cancel(fcopy);
		return body.len;
	}
	if (!hvic_daemon_is_attached(&fcopy->daemon))
		return -ENOTCONN;
	if (op == HVIC_WIRE_FCOPY_START)
		return hvic_fcopy_start_file(fcopy, msg);
	if (fcopy->state != FCOPY_ACTIVE)
		return -EINVAL;
	if (fcopy->error) {
		hvic_fcopy_cancel(fcopy);
		return fcopy->error;
	}
	return op == HVIC_WIRE_FCOPY_WRITE ? hvic_fcopy_write(fcopy, msg) :
					     hvic_fcopy_complete(fcopy, msg);
}

static int hvic_fcopy_encode(struct hvic_channel *ch, struct hvic_room body, const void *reply)
{
	return body.len;
}

static void hvic_fcopy_failed(struct hvic_channel *ch, int err)
{
	struct hvic_fcopy *fcopy = fcopy_of(ch->priv);

	hvic_daemon_failed(ch, err);
	/* After a block that failed the session goes on until it is cancelled. */
	if (fcopy->op == HVIC_WIRE_FCOPY_WRITE)
		return;
	hvic_fcopy_announce(fcopy, err == -ECANCELED ? HV_IC_FCOPY_PHASE_CANCELLED :
						       HV_IC_FCOPY_PHASE_FAILED, err);
}

/* --- The daemon's end. ------------------------------------------------------------------ */

static void hvic_fcopy_release_throttle(struct hvic_fcopy *fcopy)
{
	u64 id = fcopy->throttled_id;
	int error = fcopy->error;

	fcopy->throttled_id = 0;
	/* The deadline may have answered it; then the next message hears of an error. */
	if (!id || !hvic_channel_is_waiting_for(fcopy->daemon.ch, id))
		return;
	if (error)
		hvic_fcopy_cancel(fcopy);
	hvic_channel_complete_locked(fcopy->daemon.ch, id, error, NULL);
}

static void hvic_fcopy_read(struct hvic_daemon *daemon, const struct hv_ic_record *record)
{
	struct hvic_fcopy *fcopy = fcopy_of(daemon);

	switch (record->op) {
	case HV_IC_FCOPY_START:
		if (record->id == fcopy->asked.start)
			fcopy->begun = fcopy->asked;
		break;
	case HV_IC_FCOPY_CANCEL:
		fcopy->begun.start = 0;
		break;
	case HV_IC_FCOPY_REMOVE:
		fcopy->left_read = true;
		break;
	}
	if (hvic_daemon_queued(daemon) <= QUEUE_LOW)
		hvic_fcopy_release_throttle(fcopy);
}

/* An older daemon would take the file for a good one as soon as it reads COMPLETE. */
static void hvic_fcopy_abort_complete(struct hvic_fcopy *fcopy)
{
	struct hvic_channel *ch = fcopy->daemon.ch;

	if (fcopy->op != HVIC_WIRE_FCOPY_COMPLETE || !hvic_channel_is_deferred(ch))
		return;
	hvic_fcopy_cancel(fcopy);
	hvic_channel_abort(ch, fcopy->error);
}

static int hvic_fcopy_block_reply(struct hvic_fcopy *fcopy, u64 id, int status)
{
	if (fcopy->state != FCOPY_ACTIVE || id < fcopy->first_block || id >= fcopy->next_block)
		return -ESTALE;
	if (status && !fcopy->error) {
		/* That is said of a daemon that has gone; this one is there. */
		fcopy->error = status == -ENOTCONN ? -EIO : status;
		hvic_fcopy_release_throttle(fcopy);
		hvic_fcopy_abort_complete(fcopy);
	}
	return 0;
}

/* Refused, or finished: then there is no file that could be left, and none to remove. */
static void hvic_fcopy_note_reply(struct hvic_fcopy *fcopy, u64 id, int status)
{
	if (id < fcopy->asked.start || (id == fcopy->asked.start && !status))
		return;
	fcopy->begun.start = 0;
	if (id > fcopy->asked.start && !status && is_same_file(&fcopy->left, &fcopy->asked))
		fcopy->left.start = 0;
}

static int hvic_fcopy_request_reply(struct hvic_fcopy *fcopy, u64 id, int status)
{
	struct hvic_channel *ch = fcopy->daemon.ch;
	int ret;

	/* The daemon has not been told this one. */
	if (id == fcopy->throttled_id)
		return -ESTALE;
	hvic_fcopy_note_reply(fcopy, id, status);
	if (hvic_channel_is_waiting_for(ch, id)) {
		if (fcopy->op == HVIC_WIRE_FCOPY_START) {
			fcopy->state = status ? FCOPY_IDLE : FCOPY_ACTIVE;
			if (!status)
				hvic_fcopy_announce(fcopy, HV_IC_FCOPY_PHASE_STARTED, 0);
		} else {
			fcopy->state = FCOPY_IDLE;
			fcopy->files += !status;
			if (!status)
				hvic_fcopy_announce(fcopy, HV_IC_FCOPY_PHASE_COMPLETE, 0);
		}
	}
	ret = hvic_channel_complete_locked(ch, id, status, NULL);
	/* The daemon has begun a file that the host has given up on. */
	if (ret && id == fcopy->asked.start && !status)
		hvic_daemon_tell(&fcopy->daemon, HV_IC_FCOPY_CANCEL, -ECANCELED, NULL, 0);
	return ret;
}

static int hvic_fcopy_reply(struct hvic_daemon *daemon, u64 id, int status,
			    const void *payload, size_t len)
{
	struct hvic_fcopy *fcopy = fcopy_of(daemon);

	if (!id)
		return -ESTALE;
	if (id == REMOVE_ID)
		return hvic_fcopy_removed(fcopy, status);
	return id >= HV_IC_RECORD_OWN_ID ? hvic_fcopy_block_reply(fcopy, id, status) :
			       hvic_fcopy_request_reply(fcopy, id, status);
}

static void hvic_fcopy_attached(struct hvic_daemon *daemon)
{
	hvic_fcopy_ask_removal(fcopy_of(daemon));
}

static void hvic_fcopy_gone(struct hvic_daemon *daemon)
{
	struct hvic_fcopy *fcopy = fcopy_of(daemon);

	/* The daemon was not asked for that answer, but will not make room any more. */
	if (fcopy->throttled_id)
		hvic_channel_abort(daemon->ch, -ENOTCONN);
	fcopy->throttled_id = 0;
	fcopy->left_read = false;
	if (fcopy->begun.start)
		fcopy->left = fcopy->begun;
	fcopy->begun.start = 0;
	if (fcopy->state == FCOPY_ACTIVE) {
		fcopy->error = -ENOTCONN;
		hvic_fcopy_announce(fcopy, HV_IC_FCOPY_PHASE_FAILED, -ENOTCONN);
	} else {
		fcopy->state = FCOPY_IDLE;
	}
}

static const struct hvic_daemon_ops hvic_fcopy_daemon_ops = {
	.attached = hvic_fcopy_attached,
	.gone = hvic_fcopy_gone,
	.reply = hvic_fcopy_reply,
	.read = hvic_fcopy_read,
};

/* --- Service. ----------------------------------------------------------------------------- */

static void hvic_fcopy_reset(struct hvic_channel *ch)
{
	struct hvic_fcopy *fcopy = fcopy_of(ch->priv);

	hvic_fcopy_cancel(fcopy);
}

static bool hvic_fcopy_in_session(struct hvic_channel *ch)
{
	const struct hvic_fcopy *fcopy = fcopy_of(ch->priv);

	/* What has failed the host need not end. */
	if (fcopy->state == FCOPY_ASKED)
		return hvic_channel_is_deferred(ch);
	return fcopy->state == FCOPY_ACTIVE && !fcopy->error;
}

static void hvic_fcopy_show(struct hvic_channel *ch, struct seq_file *out)
{
	struct hvic_fcopy *fcopy = fcopy_of(ch->priv);

	hvic_daemon_print(&fcopy->daemon, out);
	seq_printf(out, "session %s\n", state_words[fcopy->state]);
	seq_printf(out, "bytes %llu\n", fcopy->bytes);
	seq_printf(out, "files %llu\n", fcopy->files);
	seq_printf(out, "left %d\n", !!fcopy->left.start);
}

static int hvic_fcopy_start(struct hvic_channel *ch)
{
	struct hvic_fcopy *fcopy = kvzalloc(sizeof(*fcopy), GFP_KERNEL);

	if (!fcopy)
		return -ENOMEM;
	fcopy->next_block = REMOVE_ID + 1;
	hvic_daemon_init(&fcopy->daemon, ch, &hvic_fcopy_daemon_ops, QUEUE_SLOTS,
			 sizeof(struct hv_ic_fcopy_write));
	ch->priv = &fcopy->daemon;
	return 0;
}

static void hvic_fcopy_stop(struct hvic_channel *ch)
{
	struct hvic_fcopy *fcopy = fcopy_of(ch->priv);

	hvic_daemon_destroy(&fcopy->daemon);
	kvfree(fcopy);
}

static const struct hvic_version hvic_fcopy_versions[] = {
	{ 1, 1 },
};

static const struct hvic_service_ops hvic_fcopy_ops = {
	.start = hvic_fcopy_start,
	.stop = hvic_fcopy_stop,
	.opened = hvic_daemon_opened,
	.closing = hvic_daemon_closing,
	.reset = hvic_fcopy_reset,
	.ready = hvic_daemon_ready,
	.handle = hvic_fcopy_handle,
	.encode = hvic_fcopy_encode,
	.failed = hvic_fcopy_failed,
	.in_session = hvic_fcopy_in_session,
	.show = hvic_fcopy_show,
};

const struct hvic_service hvic_svc_fcopy = {
	.name = "fcopy",
	.guid = HVIC_GUID_FCOPY,
	.type = HVIC_WIRE_FCOPY,
	.versions = hvic_fcopy_versions,
	.n_versions = ARRAY_SIZE(hvic_fcopy_versions),
	.needs_daemon = true,
	.legacy = &hvic_legacy_fcopy,
	.needs_trust = true,
	.deadline = 30,
	.slow_deadline = 300,
	.enabled = &enabled,
	.ops = &hvic_fcopy_ops,
};
