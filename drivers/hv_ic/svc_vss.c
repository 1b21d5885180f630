// SPDX-License-Identifier: GPL-2.0
/*
 * Backup: the host freezes the guest's file systems, takes a checkpoint, thaws.
 *
 * A daemon does the freezing. What must never happen is that file systems stay
 * frozen, so whenever the host cannot be relied on to thaw any more (it started
 * over, the channel closes, a freeze comes back too late, the frozen time is over)
 * the daemon is told to; and a daemon that comes after one that died frozen is
 * told first thing.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "choice.h"
#include "compat.h"
#include "daemon.h"
#include "event.h"
#include "proto/vss.h"
#include "proto/legacy_vss.h"

/* One request at a time, and some events. */
#define QUEUE_SLOTS	8

static bool enabled = true;

static const struct hvic_version hvic_vss_versions[] = {
	{ 7, 0 }, { 6, 0 }, { 5, 0 },
};

static const char * const version_words[] = { "7", "6", "5" };
static int withheld = 2;
HVIC_CHOICE(vss_version, version_words, &withheld, 0644);
MODULE_PARM_DESC(vss_version, "Highest version of the backup protocol to agree on: 5 (default), 6, 7; holds from the next negotiation");

static unsigned int vss_frozen_max = 60;
module_param(vss_frozen_max, uint, 0644);
MODULE_PARM_DESC(vss_frozen_max, "Seconds after which a guest that the host does not thaw is thawed all the same; 0 for never (default: 60)");

static const char * const op_words[] = {
	[HVIC_WIRE_VSS_CREATE]		= "create",
	[HVIC_WIRE_VSS_DELETE]		= "delete",
	[HVIC_WIRE_VSS_HOT_BACKUP]	= "hot-backup",
	[HVIC_WIRE_VSS_GET_DM_INFO]	= "get-dm-info",
	[HVIC_WIRE_VSS_BACKUP_COMPLETE]	= "backup-complete",
	[HVIC_WIRE_VSS_FREEZE]		= "freeze",
	[HVIC_WIRE_VSS_THAW]		= "thaw",
	[HVIC_WIRE_VSS_AUTO_RECOVER]	= "auto-recover",
	[HVIC_WIRE_VSS_CLUSTER_INFO]	= "cluster-info",
};

/**
 * struct hvic_vss - a backup channel's own, guarded by the channel's lock
 * @daemon: the joint to the daemon; the channel's private data
 * @thaw: the dead man's handle
 * @op: of the request that the daemon is asked
 * @since: when the last FREEZE came, ktime_get_boottime()
 * @freeze_id: the last FREEZE that the daemon was asked
 * @frozen: a daemon has frozen, or may have, and none has thawed since
 * @telling: a daemon is told to thaw, but has not read it yet
 * @holder: which daemon that was
 * @freezes: how often
 * @overdue: how often the host did not thaw
 */
struct hvic_vss {
	struct hvic_daemon daemon;
	struct delayed_work thaw;
	enum hvic_wire_vss_op op;
	ktime_t since;
	u64 freeze_id;
	bool frozen;
	bool telling;
	pid_t holder;
	u64 freezes;
	u64 overdue;
};

static struct hvic_vss *vss_of(struct hvic_daemon *daemon)
{
	return container_of(daemon, struct hvic_vss, daemon);
}

static void hvic_vss_announce(struct hvic_vss *vss, enum hv_ic_vss_phase phase, int err)
{
	lockdep_assert_held(&vss->daemon.ch->lock);
	hvic_event->vss(phase, vss->since, err ? 0 : vss->holder, err);
}

/* --- Thaw without the host. -------------------------------------------------------- */

static void hvic_vss_thawed(struct hvic_vss *vss)
{
	vss->frozen = false;
	vss->telling = false;
	cancel_delayed_work(&vss->thaw);
}

/* Until it has been read nothing is thawed: the daemon may die before that. */
static void hvic_vss_tell_thaw(struct hvic_vss *vss)
{
	lockdep_assert_held(&vss->daemon.ch->lock);
	hvic_link_tell(&vss->daemon.link, HV_IC_VSS_THAW, NULL, 0);
	vss->telling = hvic_link_is_attached(&vss->daemon.link);
	if (vss->telling)
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_THAWING, 0);
}

static void hvic_vss_room(struct hvic_daemon *daemon)
{
	struct hvic_vss *vss = vss_of(daemon);

	if (vss->telling && !hvic_link_has_record(&daemon->link)) {
		hvic_vss_thawed(vss);
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_THAWED, 0);
	}
}

static void hvic_vss_overdue(struct work_struct *work)
{
	struct hvic_vss *vss = container_of(to_delayed_work(work), struct hvic_vss, thaw);
	struct hvic_channel *ch = vss->daemon.ch;
	bool was_frozen;
	pid_t holder;

	spin_lock_bh(&ch->lock);
	was_frozen = vss->frozen;
	holder = vss->holder;
	if (was_frozen) {
		vss->overdue++;
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_OVERDUE, 0);
		hvic_vss_tell_thaw(vss);
	}
	spin_unlock_bh(&ch->lock);
	if (was_frozen)
		dev_err(ch->dev, "the host does not thaw: telling the daemon to (frozen by pid %d)\n",
			holder);
}

/* --- Requests. ---------------------------------------------------------------------- */

static int hvic_vss_ask(struct hvic_vss *vss, const struct hvic_msg *msg)
{
	void *payload = hvic_link_begin(&vss->daemon.link);
	size_t len = 0;
	int ret;

	if (IS_ERR(payload))
		return PTR_ERR(payload);
	if (vss->op == HVIC_WIRE_VSS_FREEZE) {
		struct hv_ic_vss_freeze *freeze = payload;

		ret = hvic_vss_decode_freeze(msg->body, freeze);
		if (ret)
			return ret;
		len = offsetof(struct hv_ic_vss_freeze, luns[freeze->n_luns]);
	}
	ret = hvic_daemon_ask(&vss->daemon, msg, vss->op, len,
			      vss->op != HVIC_WIRE_VSS_HOT_BACKUP);
	if (ret == -EINPROGRESS && vss->op == HVIC_WIRE_VSS_FREEZE) {
		vss->freeze_id = vss->daemon.ch->request.id;
		vss->frozen = true;
		vss->holder = vss->daemon.link.pid;
	}
	return ret;
}

/* The daemon has been asked, or could not be. */
static void hvic_vss_announce_asked(struct hvic_vss *vss, int ret)
{
	if (vss->op == HVIC_WIRE_VSS_FREEZE && ret != -EINPROGRESS)
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_FAILED, ret);
	else if (vss->op == HVIC_WIRE_VSS_FREEZE)
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_FREEZING, 0);
	else if (vss->op == HVIC_WIRE_VSS_THAW && ret == -EINPROGRESS)
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_THAWING, 0);
}

static int hvic_vss_handle(struct hvic_channel *ch, const struct hvic_msg *msg,
			   struct hvic_room body)
{
	struct hvic_vss *vss = vss_of(ch->priv);
	enum hvic_wire_vss_op op;
	int ret = hvic_vss_parse(msg->body, &op);

	if (ret)
		return ret;
	ch->last.operation = op_words[op];
	if (hvic_channel_is_deferred(ch))
		return -EBUSY;

	switch (op) {
	case HVIC_WIRE_VSS_HOT_BACKUP:
	case HVIC_WIRE_VSS_FREEZE:
	case HVIC_WIRE_VSS_THAW:
		vss->op = op;
		if (op == HVIC_WIRE_VSS_FREEZE)
			vss->since = ktime_get_boottime();
		ret = hvic_vss_ask(vss, msg);
		hvic_vss_announce_asked(vss, ret);
		return ret;
	case HVIC_WIRE_VSS_BACKUP_COMPLETE:
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_COMPLETE, 0);
		fallthrough;
	case HVIC_WIRE_VSS_GET_DM_INFO:		/* no directly mapped devices */
	case HVIC_WIRE_VSS_CREATE:		/* nothing to do for these */
	case HVIC_WIRE_VSS_DELETE:
		return hvic_vss_encode(body, op, 0);
	default:
		return -EOPNOTSUPP;
	}
}

static int hvic_vss_encode_answer(struct hvic_channel *ch, struct hvic_room body,
				  const void *reply)
{
	struct hvic_vss *vss = vss_of(ch->priv);
	unsigned long limit = READ_ONCE(vss_frozen_max);

	switch (vss->op) {
	case HVIC_WIRE_VSS_HOT_BACKUP:
		return hvic_vss_encode(body, vss->op, HVIC_WIRE_VSS_NO_AUTO_RECOVERY);
	case HVIC_WIRE_VSS_FREEZE:
		vss->freezes++;
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_FROZEN, 0);
		if (limit)
			mod_delayed_work(system_percpu_wq, &vss->thaw, limit * HZ);
		break;
	default:
		hvic_vss_thawed(vss);
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_THAWED, 0);
	}
	return hvic_vss_encode(body, vss->op, 0);
}

static void hvic_vss_failed(struct hvic_channel *ch, int err)
{
	struct hvic_vss *vss = vss_of(ch->priv);

	if (vss->op == HVIC_WIRE_VSS_FREEZE)
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_FAILED, err);
}

/* --- The daemon's end. ----------------------------------------------------------------- */

static int hvic_vss_reply(struct hvic_daemon *daemon, u64 id, int status,
			  const void *payload, size_t len)
{
	struct hvic_vss *vss = vss_of(daemon);
	struct hvic_channel *ch = daemon->ch;
	int ret;

	spin_lock_bh(&ch->lock);
	/* A daemon that could not freeze everything has thawed what it froze. */
	if (id == vss->freeze_id && status)
		hvic_vss_thawed(vss);
	ret = hvic_channel_complete_locked(ch, id, status, payload);
	/* Frozen now, but the host has given up on it and will not thaw. */
	if (ret && id == vss->freeze_id && !status) {
		vss->frozen = true;
		hvic_vss_tell_thaw(vss);
	}
	spin_unlock_bh(&ch->lock);
	return ret;
}

/* A daemon died while file systems were frozen: this one has to thaw them. */
static void hvic_vss_attached(struct hvic_daemon *daemon)
{
	struct hvic_vss *vss = vss_of(daemon);

	if (vss->frozen)
		hvic_vss_tell_thaw(vss);
}

static void hvic_vss_gone(struct hvic_daemon *daemon)
{
	struct hvic_vss *vss = vss_of(daemon);

	vss->telling = false;
	if (vss->frozen)
		dev_err(daemon->ch->dev, "the daemon (pid %d) has gone and left file systems frozen\n",
			vss->holder);
}

static const struct hvic_daemon_ops hvic_vss_daemon_ops = {
	.attached = hvic_vss_attached,
	.gone = hvic_vss_gone,
	.reply = hvic_vss_reply,
	.room = hvic_vss_room,
};

/* --- Service. ---------------------------------------------------------------------------- */

static void hvic_vss_reset(struct hvic_channel *ch)
{
	struct hvic_vss *vss = vss_of(ch->priv);

	hvic_link_drop(&vss->daemon.link);
	if (vss->frozen)
		hvic_vss_tell_thaw(vss);
}

static void hvic_vss_show(struct hvic_channel *ch, struct seq_file *out)
{
	struct hvic_vss *vss = vss_of(ch->priv);

	hvic_daemon_print(&vss->daemon, out);
	seq_printf(out, "frozen %d\n", vss->frozen);
	seq_printf(out, "freezes %llu\n", vss->freezes);
	seq_printf(out, "overdue %llu\n", vss->overdue);
}

static int hvic_vss_start(struct hvic_channel *ch)
{
	struct hvic_vss *vss = kzalloc(sizeof(*vss), GFP_KERNEL);

	if (!vss)
		return -ENOMEM;
	INIT_DELAYED_WORK(&vss->thaw, hvic_vss_overdue);
	hvic_daemon_init(&vss->daemon, ch, &hvic_vss_daemon_ops, QUEUE_SLOTS,
			 sizeof(struct hv_ic_vss_freeze));
	ch->priv = &vss->daemon;
	return 0;
}

static void hvic_vss_stop(struct hvic_channel *ch)
{
	struct hvic_vss *vss = vss_of(ch->priv);

	cancel_delayed_work_sync(&vss->thaw);
	hvic_daemon_destroy(&vss->daemon);
	kfree(vss);
}

static const struct hvic_service_ops hvic_vss_ops = {
	.start = hvic_vss_start,
	.stop = hvic_vss_stop,
	.opened = hvic_daemon_opened,
	.closing = hvic_daemon_closing,
	.reset = hvic_vss_reset,
	.ready = hvic_daemon_ready,
	.handle = hvic_vss_handle,
	.encode = hvic_vss_encode_answer,
	.failed = hvic_vss_failed,
	.show = hvic_vss_show,
};

const struct hvic_service hvic_svc_vss = {
	.name = "vss",
	.guid = HVIC_GUID_VSS,
	.type = HVIC_WIRE_VSS,
	.versions = hvic_vss_versions,
	.n_versions = ARRAY_SIZE(hvic_vss_versions),
	.withheld = &withheld,
	.needs_daemon = true,
	.legacy = &hvic_legacy_vss,
	.needs_trust = true,
	.deadline = 30,
	.slow_deadline = 120,
	.enabled = &enabled,
	.ops = &hvic_vss_ops,
};
