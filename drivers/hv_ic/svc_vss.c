// SPDX-License-Identifier: GPL-2.0
/*
 * Backup: the host freezes the guest's file systems, takes a checkpoint, thaws.
 *
 * What must never happen is that file systems stay frozen. A daemon that uses the
 * native device hands them to hold.c, which freezes them and keeps the promise to
 * thaw by itself. One that uses the older device freezes by itself, and can only be
 * asked to thaw: whenever the host cannot be relied on to do so (it started over,
 * the channel closes, the FREEZE is over, the frozen time is over), and first thing
 * where a daemon died frozen. Until a daemon has thawed that stays a debt, which
 * outlives the channel and keeps the module loaded.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/suspend.h>

#include "choice.h"
#include "compat.h"
#include "daemon.h"
#include "event.h"
#include "hold.h"
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
MODULE_PARM_DESC(vss_frozen_max, "Seconds after which a guest that the host does not thaw is thawed all the same (default: 60), at most a day; 0 for never, which holds refuse");
#define LONGEST_FROZEN	(24 * 60 * 60)

/* How long a machine that is about to sleep waits for file systems to thaw. */
#define SLEEP_SECONDS	5

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
 * @overdue_work: the time of an older daemon's freeze is over
 * @holds_ended: a session of holds is over, and its file systems have thawed
 * @sleep_notifier: the machine is about to sleep, or has woken up
 * @asleep: it is, so nothing may freeze
 * @op: of the request that the daemon is asked
 * @since: when the last FREEZE came, ktime_get_boottime()
 * @promised: the host was told that its guest is frozen, after that FREEZE
 * @session: of holds, of the last FREEZE or trial; 0 if it went to an older daemon
 * @trial: it is the daemon's, and the host knows nothing of it
 * @thaw_id: the THAW that is answered when the holds have thawed; 0 for none
 * @freeze_id: the FREEZE that an older daemon was asked and has not read; 0 for none
 * @thawing: an older daemon has read THAW, and nothing since
 * @holder: which daemon was asked to freeze
 * @freezes: how often it did
 * @overdue: how often the host did not thaw in time
 */
struct hvic_vss {
	struct hvic_daemon daemon;
	struct delayed_work overdue_work;
	struct work_struct holds_ended;
	struct notifier_block sleep_notifier;
	bool asleep;
	enum hvic_wire_vss_op op;
	ktime_t since;
	bool promised;
	u32 session;
	bool trial;
	u64 thaw_id;
	u64 freeze_id;
	bool thawing;
	pid_t holder;
	u64 freezes;
	u64 overdue;
};

/**
 * struct hvic_vss_debt - what older daemons have frozen, whichever channel it was for
 * @lock: guards all below; nests inside the lock of a channel
 * @owed: a daemon has read FREEZE, and none has done a THAW since; holds a reference
 *	to the module
 * @promised_by: who has told the host that its guest is frozen; NULL if nobody has
 * @broken: and it was not, until the host's THAW
 */
struct hvic_vss_debt {
	spinlock_t lock;
	bool owed;
	const struct hvic_vss *promised_by;
	bool broken;
};

static struct hvic_vss_debt debt = {
	.lock = __SPIN_LOCK_UNLOCKED(debt.lock),
};

static struct hvic_vss *vss_of(struct hvic_daemon *daemon)
{
	return container_of(daemon, struct hvic_vss, daemon);
}

/* Does the host wait for its FREEZE? */
static bool hvic_vss_is_freezing(const struct hvic_vss *vss)
{
	return hvic_channel_is_deferred(vss->daemon.ch) && vss->op == HVIC_WIRE_VSS_FREEZE;
}

static void hvic_vss_announce(struct hvic_vss *vss, enum hv_ic_vss_phase phase, int err)
{
	lockdep_assert_held(&vss->daemon.ch->lock);
	hvic_event->vss(phase, vss->since, err ? 0 : vss->holder, err);
}

/* While the guest has yet to freeze, the host is not to blame. */
static void hvic_vss_note_overdue(struct hvic_vss *vss, const char *remedy)
{
	if (!vss->promised)
		return;
	vss->overdue++;
	dev_err_ratelimited(vss->daemon.ch->dev, "the host does not thaw: %s (frozen by pid %d)\n",
			    remedy, vss->holder);
	hvic_vss_announce(vss, HV_IC_VSS_PHASE_OVERDUE, 0);
}

/* How long may the guest be frozen, in seconds? 0 for ever. */
static unsigned int hvic_vss_limit(void)
{
	return min_t(unsigned int, READ_ONCE(vss_frozen_max), LONGEST_FROZEN);
}

/* --- What an older daemon has frozen. ---------------------------------------------- */

static void hvic_vss_set_owed(bool owed)
{
	bool was;

	spin_lock_bh(&debt.lock);
	was = debt.owed;
	debt.owed = owed;
	if (!owed)
		debt.promised_by = NULL;
	spin_unlock_bh(&debt.lock);
	if (owed && !was)
		__module_get(THIS_MODULE);
	else if (was && !owed)
		module_put(THIS_MODULE);
}

static bool hvic_vss_is_promised(void)
{
	bool promised;

	spin_lock_bh(&debt.lock);
	promised = debt.promised_by;
	spin_unlock_bh(&debt.lock);
	return promised;
}

static void hvic_vss_set_promised(const struct hvic_vss *vss)
{
	spin_lock_bh(&debt.lock);
	debt.promised_by = vss;
	debt.broken = false;
	spin_unlock_bh(&debt.lock);
}

/* What happens to a second channel, which a host may offer, breaks no promise of the first. */
static void hvic_vss_set_broken(const struct hvic_vss *vss)
{
	spin_lock_bh(&debt.lock);
	if (debt.promised_by == vss) {
		debt.broken = true;
		debt.promised_by = NULL;
	}
	spin_unlock_bh(&debt.lock);
}

/* Was a promise to the host broken? It is told once, or void when the host starts over. */
static bool hvic_vss_take_broken(void)
{
	bool broken;

	spin_lock_bh(&debt.lock);
	broken = debt.broken;
	debt.broken = false;
	spin_unlock_bh(&debt.lock);
	return broken;
}

/* May an older daemon have frozen, or will it? */
static bool hvic_vss_may_be_frozen(const struct hvic_vss *vss)
{
	return READ_ONCE(debt.owed) || vss->freeze_id;
}

/* Not because the host wants it. */
static void hvic_vss_tell_thaw(struct hvic_vss *vss, int reason)
{
	lockdep_assert_held(&vss->daemon.ch->lock);
	hvic_vss_set_broken(vss);
	hvic_daemon_tell(&vss->daemon, HV_IC_VSS_THAW, reason, NULL, 0);
	if (hvic_daemon_is_attached(&vss->daemon))
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_THAWING, 0);
}

/* The daemon has done the THAW that it read. A FREEZE may wait for it already. */
static void hvic_vss_thawed(struct hvic_vss *vss)
{
	vss->thawing = false;
	hvic_vss_set_owed(false);
	if (!vss->freeze_id)
		cancel_delayed_work(&vss->overdue_work);
	hvic_vss_announce(vss, HV_IC_VSS_PHASE_THAWED, 0);
}

/*
 * An older daemon reads one record, does it, answers, and reads the next. So a FREEZE
 * that it has read may be done at any time from then on, and a THAW that it has read
 * is done for certain when it answers or reads on.
 */
static void hvic_vss_read(struct hvic_daemon *daemon, const struct hv_ic_record *record)
{
	struct hvic_vss *vss = vss_of(daemon);

	if (hvic_daemon_is_native(daemon))
		return;
	if (vss->thawing)
		hvic_vss_thawed(vss);
	if (record->op == HV_IC_VSS_THAW) {
		vss->thawing = true;
	} else if (record->op == HV_IC_VSS_FREEZE) {
		hvic_vss_set_owed(true);
		if (record->id == vss->freeze_id)
			vss->freeze_id = 0;
	}
}

/* Takes the open FREEZE back; afterwards the daemon thaws, if it read it. */
static void hvic_vss_withdraw(struct hvic_vss *vss, int err)
{
	u64 asked = vss->daemon.asked;

	if (hvic_daemon_withdraw(&vss->daemon, err) && asked == vss->freeze_id)
		vss->freeze_id = 0;
	if (!hvic_vss_may_be_frozen(vss))
		cancel_delayed_work(&vss->overdue_work);
}

static void hvic_vss_is_overdue(struct work_struct *work)
{
	struct hvic_vss *vss = container_of(to_delayed_work(work), struct hvic_vss, overdue_work);
	struct hvic_channel *ch = vss->daemon.ch;

	spin_lock_bh(&ch->lock);
	if (!hvic_vss_may_be_frozen(vss))
		goto unlock;
	hvic_vss_note_overdue(vss, "telling the daemon to");
	if (hvic_vss_is_freezing(vss))
		hvic_channel_abort(ch, -ETIMEDOUT);
	else
		hvic_vss_tell_thaw(vss, -ETIMEDOUT);
unlock:
	spin_unlock_bh(&ch->lock);
}

/* --- What the kernel holds for a daemon. -------------------------------------------- */

static void hvic_vss_holds_ended(struct work_struct *work)
{
	struct hvic_vss *vss = container_of(work, struct hvic_vss, holds_ended);
	struct hvic_channel *ch = vss->daemon.ch;
	int reason;

	spin_lock_bh(&ch->lock);
	reason = hvic_hold_reason(vss->session);
	if (!vss->session || reason == -EINPROGRESS)
		goto unlock;		/* the host has begun the next one */
	if (reason == -ETIMEDOUT)
		hvic_vss_note_overdue(vss, "thawed without it");
	hvic_daemon_tell(&vss->daemon, HV_IC_VSS_THAW, reason, NULL, 0);
	if (!vss->trial)
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_THAWED, 0);
	if (vss->thaw_id)
		hvic_channel_complete_locked(ch, vss->thaw_id, reason == -EIO ? -ETIMEDOUT : 0,
					     NULL);
	else if (reason != -ECANCELED && hvic_vss_is_freezing(vss))
		hvic_channel_abort(ch, reason);
	vss->thaw_id = 0;
unlock:
	spin_unlock_bh(&ch->lock);
}

/* --- Requests. ---------------------------------------------------------------------- */

static int hvic_vss_ask(struct hvic_vss *vss, const struct hvic_msg *msg)
{
	void *payload = hvic_daemon_begin(&vss->daemon);
	size_t len = 0;
	int ret;

	if (IS_ERR(payload))
		return PTR_ERR(payload);
	if (vss->op == HVIC_WIRE_VSS_FREEZE) {
		struct hv_ic_vss_freeze *freeze = payload;

		ret = hvic_vss_decode_freeze(msg->body, freeze);
		if (ret)
			return ret;
		freeze->session = vss->session;
		len = offsetof(struct hv_ic_vss_freeze, luns[freeze->n_luns]);
	}
	return hvic_daemon_ask(&vss->daemon, msg, vss->op, len,
			       vss->op != HVIC_WIRE_VSS_HOT_BACKUP);
}

/* The daemon hands file systems over. */
static int hvic_vss_freeze_native(struct hvic_vss *vss, const struct hvic_msg *msg)
{
	int ret = hvic_hold_begin(&vss->holds_ended, hvic_vss_limit(), &vss->session);

	if (ret)
		return ret;
	vss->trial = false;
	vss->promised = false;
	ret = hvic_vss_ask(vss, msg);
	if (ret != -EINPROGRESS)
		hvic_hold_end(vss->session, -ECANCELED);
	return ret;
}

/* The daemon freezes by itself. */
static int hvic_vss_freeze_legacy(struct hvic_vss *vss, const struct hvic_msg *msg)
{
	unsigned int limit = hvic_vss_limit();
	int ret;

	/* Its time has begun, and does not begin anew. */
	if (hvic_vss_is_promised())
		return -EBUSY;
	ret = hvic_vss_ask(vss, msg);
	vss->session = 0;
	vss->promised = false;
	if (ret != -EINPROGRESS)
		return ret;
	vss->freeze_id = vss->daemon.asked;
	if (limit)
		mod_delayed_work(system_percpu_wq, &vss->overdue_work, limit * HZ);
	return ret;
}

static int hvic_vss_freeze(struct hvic_vss *vss, const struct hvic_msg *msg)
{
	int ret;

	vss->op = HVIC_WIRE_VSS_FREEZE;
	vss->since = ktime_get_boottime();
	vss->holder = hvic_daemon_pid(&vss->daemon);
	/* Whichever daemon froze for the FREEZE before: the host asks for another. */
	hvic_vss_take_broken();
	hvic_hold_start_over();
	if (!hvic_daemon_is_attached(&vss->daemon))
		ret = -ENOTCONN;
	else if (vss->asleep)
		ret = -EBUSY;
	else if (hvic_daemon_is_native(&vss->daemon))
		ret = hvic_vss_freeze_native(vss, msg);
	else
		ret = hvic_vss_freeze_legacy(vss, msg);
	if (ret == -EINPROGRESS)
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_FREEZING, 0);
	else
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_FAILED, ret);
	return ret;
}

/* The host does not wait for what it has asked: that is answered, a FREEZE is undone. */
static void hvic_vss_supersede(struct hvic_vss *vss)
{
	hvic_vss_withdraw(vss, -ECANCELED);
	if (hvic_vss_is_freezing(vss))
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_FAILED, -ECANCELED);
	/* From here on it is not a FREEZE that fails. */
	vss->op = HVIC_WIRE_VSS_THAW;
	hvic_channel_supersede(vss->daemon.ch, -ECANCELED);
}

static int hvic_vss_thaw(struct hvic_vss *vss, const struct hvic_msg *msg)
{
	struct hvic_channel *ch = vss->daemon.ch;
	bool was_open = hvic_vss_is_freezing(vss);
	bool broken;
	int ret;

	/* Whatever else is open, a THAW does not wait for it: the guest may be frozen. */
	if (hvic_channel_is_deferred(ch)) {
		if (vss->op == HVIC_WIRE_VSS_THAW)
			return -EBUSY;
		hvic_vss_supersede(vss);
	}
	vss->op = HVIC_WIRE_VSS_THAW;

	ret = hvic_hold_thaw(vss->session);
	if (ret == -EINPROGRESS) {
		vss->thaw_id = hvic_channel_defer_slow(ch, msg);
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_THAWING, 0);
		return ret;
	}
	broken = hvic_vss_take_broken();
	if (ret == -ETIMEDOUT || broken)
		return -ETIMEDOUT;
	if (!hvic_daemon_is_attached(&vss->daemon))
		return -ENOTCONN;
	/* The FREEZE was for a driver before this one. An older daemon thaws all the same. */
	if (!vss->since && !hvic_vss_may_be_frozen(vss)) {
		if (!hvic_daemon_is_native(&vss->daemon))
			hvic_daemon_tell(&vss->daemon, HV_IC_VSS_THAW, -ETIMEDOUT, NULL, 0);
		return -ETIMEDOUT;
	}
	/* The FREEZE never reached the daemon, or this one freezes nothing by itself. */
	if ((was_open && !hvic_vss_may_be_frozen(vss)) || hvic_daemon_is_native(&vss->daemon))
		return hvic_vss_may_be_frozen(vss) ? -ENOTCONN : 0;
	/* It was kept until now, whatever becomes of the thaw. */
	hvic_vss_set_promised(NULL);
	ret = hvic_vss_ask(vss, msg);
	if (ret == -EINPROGRESS)
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_THAWING, 0);
	return ret;
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
	if (op == HVIC_WIRE_VSS_THAW) {
		ret = hvic_vss_thaw(vss, msg);
		return ret ? ret : hvic_vss_encode(body, op, 0);
	}
	if (hvic_channel_is_deferred(ch))
		return -EBUSY;

	switch (op) {
	case HVIC_WIRE_VSS_HOT_BACKUP:
		vss->op = op;
		return hvic_vss_ask(vss, msg);
	case HVIC_WIRE_VSS_FREEZE:
		return hvic_vss_freeze(vss, msg);
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

	if (vss->op == HVIC_WIRE_VSS_HOT_BACKUP)
		return hvic_vss_encode(body, vss->op, HVIC_WIRE_VSS_NO_AUTO_RECOVERY);
	if (vss->op == HVIC_WIRE_VSS_FREEZE) {
		vss->freezes++;
		hvic_vss_announce(vss, HV_IC_VSS_PHASE_FROZEN, 0);
	}
	return hvic_vss_encode(body, vss->op, 0);
}

static void hvic_vss_failed(struct hvic_channel *ch, int err)
{
	struct hvic_vss *vss = vss_of(ch->priv);

	hvic_vss_withdraw(vss, err);
	vss->thaw_id = 0;
	/* For the host it comes too late, but an older daemon has to do it all the same. */
	if (vss->op == HVIC_WIRE_VSS_THAW && err == -ETIMEDOUT && hvic_vss_may_be_frozen(vss))
		hvic_daemon_tell(&vss->daemon, HV_IC_VSS_THAW, err, NULL, 0);
	if (vss->op != HVIC_WIRE_VSS_FREEZE)
		return;
	hvic_vss_announce(vss, HV_IC_VSS_PHASE_FAILED, err);
	if (vss->session)
		hvic_hold_end(vss->session, err == -ETIMEDOUT ? err : -ECANCELED);
	else if (hvic_vss_may_be_frozen(vss))
		hvic_vss_tell_thaw(vss, err);
}

/* --- The daemon's end. ----------------------------------------------------------------- */

/* Returns the status for the host. */
static int hvic_vss_freeze_done(struct hvic_vss *vss, int status)
{
	if (vss->session) {
		status = status ? status : hvic_hold_promise(vss->session);
	} else if (!status) {
		hvic_vss_set_promised(vss);
	} else {
		/* An older daemon that could not freeze everything has thawed what it froze. */
		hvic_vss_set_owed(false);
		cancel_delayed_work(&vss->overdue_work);
	}
	vss->promised = !status;
	return status;
}

static int hvic_vss_reply(struct hvic_daemon *daemon, u64 id, int status,
			  const void *payload, size_t len)
{
	struct hvic_vss *vss = vss_of(daemon);
	struct hvic_channel *ch = daemon->ch;

	if (vss->thawing && !status)
		hvic_vss_thawed(vss);
	vss->thawing = false;
	if (!id)
		return -ESTALE;
	if (vss->op == HVIC_WIRE_VSS_FREEZE && hvic_channel_is_waiting_for(ch, id))
		status = hvic_vss_freeze_done(vss, status);
	return hvic_channel_complete_locked(ch, id, status, payload);
}

static void hvic_vss_attached(struct hvic_daemon *daemon)
{
	struct hvic_vss *vss = vss_of(daemon);

	if (!READ_ONCE(debt.owed))
		return;
	/* A daemon died while file systems were frozen: this one has to thaw them. */
	if (!hvic_daemon_is_native(daemon))
		hvic_vss_tell_thaw(vss, -ENOTCONN);
	else
		dev_err(daemon->ch->dev, "an older daemon has left file systems frozen: start it again, or use fsfreeze --unfreeze\n");
}

static void hvic_vss_gone(struct hvic_daemon *daemon)
{
	struct hvic_vss *vss = vss_of(daemon);

	hvic_hold_end(vss->session, -ENOTCONN);
	vss->freeze_id = 0;
	vss->thawing = false;
	if (READ_ONCE(debt.owed))
		dev_err_ratelimited(daemon->ch->dev, "the daemon (pid %d) has gone and left file systems frozen\n",
				    vss->holder);
	else
		cancel_delayed_work(&vss->overdue_work);
}

/*
 * The daemon freezes, and the host knows nothing of it. The event orders it among those of the
 * sessions before.
 */
static int hvic_vss_try(struct hvic_daemon *daemon, u32 *session)
{
	struct hvic_vss *vss = vss_of(daemon);
	int ret;

	if (!hvic_daemon_is_attached(daemon))
		return -ENOTCONN;
	/* An open FREEZE or THAW of the host is about the session before. */
	if (vss->asleep || hvic_vss_may_be_frozen(vss) ||
	    (hvic_channel_is_deferred(daemon->ch) && vss->op != HVIC_WIRE_VSS_HOT_BACKUP))
		return -EBUSY;
	ret = hvic_hold_begin(&vss->holds_ended, hvic_vss_limit(), &vss->session);
	if (ret)
		return ret;
	vss->trial = true;
	vss->promised = false;
	*session = vss->session;
	hvic_daemon_tell(daemon, HV_IC_VSS_TRIAL, 0, NULL, 0);
	return 0;
}

static const struct hvic_daemon_ops hvic_vss_daemon_ops = {
	.attached = hvic_vss_attached,
	.gone = hvic_vss_gone,
	.reply = hvic_vss_reply,
	.read = hvic_vss_read,
	.try = hvic_vss_try,
};

/* --- Sleep. ------------------------------------------------------------------------------ */

static void hvic_vss_set_asleep(struct hvic_vss *vss, bool asleep)
{
	struct hvic_channel *ch = vss->daemon.ch;

	spin_lock_bh(&ch->lock);
	vss->asleep = asleep;
	if (asleep) {
		hvic_hold_end(vss->session, -EINTR);
		/* An older daemon that freezes yet must not be believed when it has. */
		if (!vss->session && hvic_vss_is_freezing(vss))
			hvic_channel_abort(ch, -EINTR);
		else if (hvic_vss_may_be_frozen(vss))
			hvic_vss_tell_thaw(vss, -EINTR);
	}
	spin_unlock_bh(&ch->lock);
}

/* Later, tasks that wait for a frozen file system would keep the machine from sleeping. */
static int hvic_vss_sleep(struct notifier_block *nb, unsigned long event, void *unused)
{
	struct hvic_vss *vss = container_of(nb, struct hvic_vss, sleep_notifier);
	unsigned int i;

	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
		hvic_vss_set_asleep(vss, true);
		hvic_hold_wait_for(SLEEP_SECONDS);
		for (i = 0; i < SLEEP_SECONDS * 20 && READ_ONCE(debt.owed); i++)
			msleep(50);
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
		hvic_vss_set_asleep(vss, false);
		break;
	}
	return NOTIFY_DONE;
}

/* --- Service. ---------------------------------------------------------------------------- */

static void hvic_vss_reset(struct hvic_channel *ch)
{
	struct hvic_vss *vss = vss_of(ch->priv);

	hvic_vss_withdraw(vss, -ECANCELED);
	vss->thaw_id = 0;
	hvic_hold_end(vss->session, -ECANCELED);
	if (hvic_vss_may_be_frozen(vss))
		hvic_vss_tell_thaw(vss, -ECANCELED);
}

static bool hvic_vss_in_session(struct hvic_channel *ch)
{
	struct hvic_vss *vss = vss_of(ch->priv);
	struct hvic_hold_status holds;

	hvic_hold_get_status(&holds);
	return holds.on || hvic_vss_may_be_frozen(vss) || hvic_vss_is_freezing(vss);
}

static void hvic_vss_show(struct hvic_channel *ch, struct seq_file *out)
{
	struct hvic_vss *vss = vss_of(ch->priv);
	struct hvic_hold_status holds;

	hvic_hold_get_status(&holds);
	hvic_daemon_print(&vss->daemon, out);
	seq_printf(out, "frozen %d\n", holds.n || hvic_vss_may_be_frozen(vss));
	seq_printf(out, "holds %u\n", holds.n);
	if (holds.n)
		seq_printf(out, "held_ms %lld\n",
			   ktime_ms_delta(ktime_get_boottime(), holds.since));
	seq_printf(out, "freezes %llu\n", vss->freezes);
	seq_printf(out, "overdue %llu\n", vss->overdue);
}

static int hvic_vss_start(struct hvic_channel *ch)
{
	struct hvic_vss *vss = kzalloc(sizeof(*vss), GFP_KERNEL);
	int ret;

	if (!vss)
		return -ENOMEM;
	INIT_DELAYED_WORK(&vss->overdue_work, hvic_vss_is_overdue);
	INIT_WORK(&vss->holds_ended, hvic_vss_holds_ended);
	hvic_daemon_init(&vss->daemon, ch, &hvic_vss_daemon_ops, QUEUE_SLOTS,
			 sizeof(struct hv_ic_vss_freeze));
	vss->daemon.features = HV_IC_FEATURE_HOLD;
	ch->priv = &vss->daemon;
	vss->sleep_notifier.notifier_call = hvic_vss_sleep;
	ret = register_pm_notifier(&vss->sleep_notifier);
	if (ret) {
		hvic_daemon_destroy(&vss->daemon);
		kfree(vss);
	}
	return ret;
}

static void hvic_vss_stop(struct hvic_channel *ch)
{
	struct hvic_vss *vss = vss_of(ch->priv);

	unregister_pm_notifier(&vss->sleep_notifier);
	hvic_hold_forget(&vss->holds_ended);
	cancel_work_sync(&vss->holds_ended);
	cancel_delayed_work_sync(&vss->overdue_work);
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
	.in_session = hvic_vss_in_session,
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
