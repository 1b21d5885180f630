// SPDX-License-Identifier: GPL-2.0
/* File systems that a backup has frozen, and the promise that they thaw: see hold.h. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "hold.h"

#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "event.h"

/**
 * enum hvic_hold_state - how far the session has come
 * @HOLD_IDLE: there is none
 * @HOLD_OPEN: file systems are taken
 * @HOLD_PROMISED: the host knows that they are frozen
 * @HOLD_BROKEN: it believes so, but they are not any more
 */
enum hvic_hold_state {
	HOLD_IDLE,
	HOLD_OPEN,
	HOLD_PROMISED,
	HOLD_BROKEN,
};

/**
 * struct hvic_hold - a file system that is held
 * @list: in one of the lists of struct hvic_holds
 * @thaw: thaws it
 * @session: that it is taken for
 * @sb: the file system; the hold has a reference of its own
 */
struct hvic_hold {
	struct list_head list;
	struct work_struct thaw;
	u32 session;
	struct super_block *sb;
};

/**
 * struct hvic_holds - the session
 * @ops: what is done to a file system
 * @queue: where file systems are thawed
 * @let_go: puts what is @done
 * @overdue: ends the session when its time is over
 * @thawed: woken when nothing is frozen or freezing any more for a session that is over
 * @lock: guards all below; nests inside the lock of a channel
 * @state: how far the session has come
 * @session: its number
 * @seconds: how long file systems may be held; 0 if not at all
 * @timed: that time runs
 * @ended: queued when the holds have ended and thawed; NULL if nothing waits for that
 * @reason: why the last session ended, or that a file system of it did not stay frozen
 * @freezing: file systems that are being frozen, of any session
 * @held: file systems that are frozen, the last one first
 * @n_frozen: how many that are, and those that are being thawed
 * @since: when @timed began: the first began to freeze, or the host was told
 * @ending: file systems that are being thawed
 * @done: file systems that have thawed and are to be put
 */
struct hvic_holds {
	const struct hvic_hold_ops *ops;
	struct workqueue_struct *queue;
	struct work_struct let_go;
	struct delayed_work overdue;
	wait_queue_head_t thawed;

	spinlock_t lock;
	enum hvic_hold_state state;
	u32 session;
	unsigned int seconds;
	bool timed;
	struct work_struct *ended;
	int reason;
	struct list_head freezing;
	struct list_head held;
	unsigned int n_frozen;
	ktime_t since;
	struct list_head ending;
	struct list_head done;
};

static struct hvic_holds holds;

/* Does the session take file systems? */
static bool hvic_hold_is_open(u32 session)
{
	lockdep_assert_held(&holds.lock);
	return session && holds.session == session && holds.state == HOLD_OPEN;
}

/* Is there a session? */
static bool hvic_hold_is_on(void)
{
	lockdep_assert_held(&holds.lock);
	return holds.state == HOLD_OPEN || holds.state == HOLD_PROMISED;
}

/* --- The end. --------------------------------------------------------------------------- */

/*
 * One that was unmounted meanwhile is shut down by its put, which takes as long as its
 * disk wants. So nothing that is frozen waits for that.
 */
static void hvic_hold_let_go(struct work_struct *work)
{
	struct hvic_hold *hold;

	spin_lock_bh(&holds.lock);
	while ((hold = list_first_entry_or_null(&holds.done, struct hvic_hold, list))) {
		list_del(&hold->list);
		spin_unlock_bh(&holds.lock);
		holds.ops->put(hold->sb);
		kfree(hold);
		spin_lock_bh(&holds.lock);
	}
	spin_unlock_bh(&holds.lock);
}

static void hvic_hold_tell_thawed(void)
{
	lockdep_assert_held(&holds.lock);
	if (!list_empty(&holds.ending))
		return;
	if (holds.ended)
		queue_work(system_percpu_wq, holds.ended);
	wake_up_all(&holds.thawed);
}

static void hvic_hold_thaw_one(struct work_struct *work)
{
	struct hvic_hold *hold = container_of(work, struct hvic_hold, thaw);
	int err = holds.ops->thaw(hold->sb);

	if (err == -EINVAL)
		pr_notice_ratelimited("a file system that a backup held was thawed by another program\n");
	else if (err)
		pr_err_ratelimited("a file system that a backup held does not thaw: try fsfreeze --unfreeze (error %d)\n",
				   err);

	spin_lock_bh(&holds.lock);
	/* What the host has of it is not what it was to be. */
	if (err && hold->session == holds.session && !holds.reason)
		holds.reason = -EIO;
	holds.n_frozen--;
	list_move_tail(&hold->list, &holds.done);
	schedule_work(&holds.let_go);
	hvic_hold_tell_thawed();
	spin_unlock_bh(&holds.lock);
}

/*
 * To thaw, a file system may write, and its disk may hang, or lie in a file of another one that
 * has yet to thaw. So none waits for the one before it. The last one to freeze begins, for a
 * queue that has only one worker when there is no memory for more.
 */
static void hvic_hold_end_locked(int reason)
{
	struct hvic_hold *hold;

	lockdep_assert_held(&holds.lock);
	if (!hvic_hold_is_on())
		return;
	holds.state = holds.state == HOLD_PROMISED && reason ? HOLD_BROKEN : HOLD_IDLE;
	holds.reason = reason;
	holds.timed = false;
	list_for_each_entry(hold, &holds.held, list)
		queue_work(holds.queue, &hold->thaw);
	list_splice_tail_init(&holds.held, &holds.ending);
	cancel_delayed_work(&holds.overdue);
	/* There may have been none. */
	hvic_hold_tell_thawed();
}

static void hvic_hold_overdue(struct work_struct *work)
{
	ktime_t limit;

	spin_lock_bh(&holds.lock);
	if (!holds.timed)
		goto unlock;
	/* It may come early: for the session before, and because clocks differ. */
	limit = ktime_add_ms(holds.since, (u64)holds.seconds * MSEC_PER_SEC);
	if (ktime_before(ktime_get_boottime(), limit))
		mod_delayed_work(holds.queue, &holds.overdue, HZ / 10);
	else
		hvic_hold_end_locked(-ETIMEDOUT);
unlock:
	spin_unlock_bh(&holds.lock);
}

/**
 * hvic_hold_end() - end the holds of a session, if it is not over
 * @session: its number
 * @reason: a negative errno; see HV_IC_VSS_THAW
 *
 * Context: any. Does not wait until the file systems have thawed.
 */
void hvic_hold_end(u32 session, int reason)
{
	spin_lock_bh(&holds.lock);
	if (session && session == holds.session)
		hvic_hold_end_locked(reason);
	spin_unlock_bh(&holds.lock);
}

/**
 * hvic_hold_thaw() - the host wants its guest to go on
 * @session: number of the session, or 0 for none
 *
 * Context: any.
 * Return:
 * * %-EINPROGRESS - file systems are being thawed; the session's work follows
 * * %-ETIMEDOUT - they thawed before, although the host had been promised otherwise
 * * %-ENOENT - nothing was held
 */
int hvic_hold_thaw(u32 session)
{
	int ret = -ENOENT;

	spin_lock_bh(&holds.lock);
	if (holds.state == HOLD_BROKEN) {
		holds.state = HOLD_IDLE;
		ret = -ETIMEDOUT;
	} else if (holds.state != HOLD_IDLE && session && session == holds.session) {
		hvic_hold_end_locked(holds.state == HOLD_OPEN ? -ECANCELED : 0);
		ret = -EINPROGRESS;
	}
	spin_unlock_bh(&holds.lock);
	return ret;
}

/**
 * hvic_hold_reason() - why did a session end?
 * @session: its number
 *
 * Context: any.
 * Return: the reason, 0 if the host wanted it; %-EIO if it did, but a file system had been
 * thawed by another program, or does not thaw; %-EINPROGRESS if it has not ended.
 */
int hvic_hold_reason(u32 session)
{
	int reason = -ECANCELED;

	spin_lock_bh(&holds.lock);
	if (session == holds.session)
		reason = hvic_hold_is_on() ? -EINPROGRESS : holds.reason;
	spin_unlock_bh(&holds.lock);
	return reason;
}

/**
 * hvic_hold_start_over() - the host relies on no promise of before any more
 *
 * Context: any.
 */
void hvic_hold_start_over(void)
{
	spin_lock_bh(&holds.lock);
	if (holds.state == HOLD_BROKEN)
		holds.state = HOLD_IDLE;
	spin_unlock_bh(&holds.lock);
}

/* --- The session. ----------------------------------------------------------------------- */

/**
 * hvic_hold_begin() - begin a session: the guest is to freeze
 * @ended: queued when the session is over and what it held has thawed
 * @seconds: how long file systems may be held, from the first, and the promise lasts where
 *	none is; 0 for no holds, and a promise without a limit
 * @session: its number is put there
 *
 * Context: any.
 * Return: 0, or %-EBUSY if there is a session, or the host relies on one.
 */
int hvic_hold_begin(struct work_struct *ended, unsigned int seconds, u32 *session)
{
	int ret = -EBUSY;

	spin_lock_bh(&holds.lock);
	if (holds.state == HOLD_IDLE) {
		holds.state = HOLD_OPEN;
		holds.seconds = seconds;
		holds.ended = ended;
		holds.reason = 0;
		/* 0 is none. */
		if (!++holds.session)
			holds.session++;
		*session = holds.session;
		ret = 0;
	}
	spin_unlock_bh(&holds.lock);
	return ret;
}

/* The time that the guest may be frozen runs from the first call on. */
static void hvic_hold_start_time(void)
{
	lockdep_assert_held(&holds.lock);
	if (holds.timed || !holds.seconds)
		return;
	holds.timed = true;
	holds.since = ktime_get_boottime();
	mod_delayed_work(holds.queue, &holds.overdue, holds.seconds * HZ);
}

/**
 * hvic_hold_promise() - the host is told that its guest is frozen: take no more
 * @session: number of the session
 *
 * A promise ends with time where nothing is held, too: the daemon may have made
 * programs wait, and a host that never thaws may ask for another FREEZE.
 *
 * Context: any.
 * Return: 0, or the reason why the session is over.
 */
int hvic_hold_promise(u32 session)
{
	int ret = -ECANCELED;

	spin_lock_bh(&holds.lock);
	if (hvic_hold_is_open(session)) {
		holds.state = HOLD_PROMISED;
		hvic_hold_start_time();
		ret = 0;
	} else if (session == holds.session && holds.reason) {
		ret = holds.reason;
	}
	spin_unlock_bh(&holds.lock);
	return ret;
}

/**
 * hvic_hold_forget() - do not queue a work any more
 * @ended: the work; it may be queued already
 *
 * Context: any.
 */
void hvic_hold_forget(struct work_struct *ended)
{
	spin_lock_bh(&holds.lock);
	if (holds.ended == ended)
		holds.ended = NULL;
	spin_unlock_bh(&holds.lock);
}

/**
 * hvic_hold_get_status() - what is held now?
 * @status: the answer
 *
 * Context: any.
 */
void hvic_hold_get_status(struct hvic_hold_status *status)
{
	spin_lock_bh(&holds.lock);
	status->on = hvic_hold_is_on();
	status->n = holds.n_frozen;
	status->since = holds.since;
	spin_unlock_bh(&holds.lock);
}

/* --- Taking. ---------------------------------------------------------------------------- */

/**
 * hvic_hold_session() - the present session, or the last one
 *
 * Context: any.
 * Return: its number, 0 if there has been none.
 */
u32 hvic_hold_session(void)
{
	return READ_ONCE(holds.session);
}

static bool hvic_hold_has(const struct list_head *list, const struct super_block *sb)
{
	const struct hvic_hold *hold;

	lockdep_assert_held(&holds.lock);
	list_for_each_entry(hold, list, list) {
		if (hold->sb == sb)
			return true;
	}
	return false;
}

static int hvic_hold_announce(struct hvic_hold *hold)
{
	lockdep_assert_held(&holds.lock);
	if (!hvic_hold_is_open(hold->session))
		return -ECANCELED;
	if (!holds.seconds)
		return -EPERM;
	if (hvic_hold_has(&holds.held, hold->sb) || hvic_hold_has(&holds.freezing, hold->sb))
		return -EALREADY;
	hvic_hold_start_time();
	list_add(&hold->list, &holds.freezing);
	return 0;
}

/* Returns 0 if the file system is held now, and else why it may not be. */
static int hvic_hold_settle(struct hvic_hold *hold, int err)
{
	lockdep_assert_held(&holds.lock);
	if (!err && !hvic_hold_is_open(hold->session))
		err = -ECANCELED;
	if (!err) {
		list_move(&hold->list, &holds.held);
		holds.n_frozen++;
	}
	return err;
}

/**
 * hvic_hold_take() - freeze a file system and hold it
 * @session: number of the session
 * @sb: the file system, with a reference that goes to the hold
 *
 * Context: process, without a lock of a channel or a device: this may take long.
 * Several threads may be in here at once.
 * Return: 0, or, and then the reference stays with the caller,
 * * %-ECANCELED - the session takes none, or ended meanwhile
 * * %-EPERM - nothing is held without a limit
 * * %-EALREADY - it is held already
 * * %-ENOMEM, or what the file system says
 */
int hvic_hold_take(u32 session, struct super_block *sb)
{
	struct hvic_hold *hold = kzalloc(sizeof(*hold), GFP_KERNEL);
	ktime_t since = ktime_get_boottime();
	bool frozen;
	int ret;

	if (!hold)
		return -ENOMEM;
	INIT_WORK(&hold->thaw, hvic_hold_thaw_one);
	hold->session = session;
	hold->sb = sb;
	spin_lock_bh(&holds.lock);
	ret = hvic_hold_announce(hold);
	spin_unlock_bh(&holds.lock);
	if (ret)
		goto out_free;

	ret = holds.ops->freeze(sb);
	frozen = !ret;
	spin_lock_bh(&holds.lock);
	ret = hvic_hold_settle(hold, ret);
	spin_unlock_bh(&holds.lock);
	hvic_event->vss_hold(sb->s_dev, since, ret);
	if (!ret)
		return 0;

	/* Until it has thawed it counts as freezing, for those who wait. */
	if (frozen)
		holds.ops->thaw(sb);
	spin_lock_bh(&holds.lock);
	list_del(&hold->list);
	wake_up_all(&holds.thawed);
	spin_unlock_bh(&holds.lock);
out_free:
	kfree(hold);
	return ret;
}

/**
 * hvic_hold_fd() - freeze the file system of a descriptor and hold it
 * @session: number of the session
 * @fd: the descriptor, of the current process
 *
 * Context: as hvic_hold_take().
 * Return: as hvic_hold_take(), or
 * * %-EBADF - no such descriptor
 * * %-EOPNOTSUPP - it cannot be frozen
 * * %-EBUSY - it is frozen by another program
 * * %-EINTR - what the last session held has not thawed, and a signal came
 */
int hvic_hold_fd(u32 session, int fd)
{
	struct super_block *sb;
	struct file *file;
	int ret;

	ret = hvic_hold_wait();
	if (ret)
		return ret;
	file = fget(fd);
	if (!file)
		return -EBADF;
	sb = file_inode(file)->i_sb;
	ret = -EOPNOTSUPP;
	if (!sb->s_op->freeze_fs && !sb->s_op->freeze_super)
		goto out_put_file;
	/* The open file keeps it active. */
	atomic_inc(&sb->s_active);
	ret = hvic_hold_take(session, sb);
	if (ret)
		deactivate_super(sb);
out_put_file:
	fput(file);
	return ret;
}

static bool hvic_hold_is_thawed(void)
{
	const struct hvic_hold *hold;
	bool thawed;

	spin_lock_bh(&holds.lock);
	thawed = list_empty(&holds.ending);
	/* What freezes for a session that is over will be thawed. */
	list_for_each_entry(hold, &holds.freezing, list)
		thawed &= hvic_hold_is_open(hold->session);
	spin_unlock_bh(&holds.lock);
	return thawed;
}

/**
 * hvic_hold_wait() - wait until what sessions held that are over has thawed
 *
 * Context: process.
 * Return: 0, or %-EINTR if the process is to die first.
 */
int hvic_hold_wait(void)
{
	return wait_event_killable(holds.thawed, hvic_hold_is_thawed()) ? -EINTR : 0;
}

/**
 * hvic_hold_wait_for() - the same, but not for ever
 * @seconds: how long
 *
 * Context: process.
 * Return: true if everything has thawed.
 */
bool hvic_hold_wait_for(unsigned int seconds)
{
	return wait_event_timeout(holds.thawed, hvic_hold_is_thawed(), seconds * HZ);
}

/* --- Lifetime. -------------------------------------------------------------------------- */

/* To freeze is mostly to wait for grace periods, while writers wait. */
static int hvic_hold_freeze_super(struct super_block *sb)
{
	int ret;

	rcu_expedite_gp();
	ret = hvic_freeze_super(sb);
	rcu_unexpedite_gp();
	return ret;
}

static int hvic_hold_thaw_super(struct super_block *sb)
{
	return hvic_thaw_super(sb);
}

const struct hvic_hold_ops hvic_hold_kernel_ops = {
	.freeze = hvic_hold_freeze_super,
	.thaw = hvic_hold_thaw_super,
	.put = deactivate_super,
};

/**
 * hvic_hold_init() - prepare for the first session
 * @ops: what is done to a file system
 *
 * Context: may sleep.
 * Return: 0 or %-ENOMEM.
 */
int hvic_hold_init(const struct hvic_hold_ops *ops)
{
	holds = (struct hvic_holds){ .ops = ops };
	INIT_WORK(&holds.let_go, hvic_hold_let_go);
	INIT_DELAYED_WORK(&holds.overdue, hvic_hold_overdue);
	init_waitqueue_head(&holds.thawed);
	spin_lock_init(&holds.lock);
	INIT_LIST_HEAD(&holds.freezing);
	INIT_LIST_HEAD(&holds.held);
	INIT_LIST_HEAD(&holds.ending);
	INIT_LIST_HEAD(&holds.done);
	holds.queue = alloc_workqueue("hv_ic_thaw", WQ_MEM_RECLAIM | WQ_UNBOUND, WQ_MAX_ACTIVE);
	return holds.queue ? 0 : -ENOMEM;
}

/**
 * hvic_hold_exit() - wait until everything has thawed and is let go
 *
 * Context: may sleep; there is no channel any more, and no open device.
 */
void hvic_hold_exit(void)
{
	cancel_delayed_work_sync(&holds.overdue);
	destroy_workqueue(holds.queue);
	flush_work(&holds.let_go);
}
