// SPDX-License-Identifier: GPL-2.0
/*
 * Shutdown: the host asks the guest to power off, reboot or hibernate.
 *
 * The administrator of the guest says per action whether the host may. Where user
 * space has a handler it is asked next, so that a program that inhibits a shutdown is
 * heard; a handler that is silent or gone counts for nothing.
 *
 * The host gets its answer first; only when that has left for the host the guest
 * acts, from a work item, since a uevent may sleep. Policy "notify" lets a grace
 * period pass in between. Until the action had its time and the guest still runs,
 * a second request is refused.
 *
 *   ASKING -> GRANTED -> ACTING -> [HANDED]     the way of a request; without a
 *                                               handler it is only hurried through
 *
 * The end of a phase is a matter of one timer, or of an administrator who hurries it.
 *
 * Nothing is begun while the machine goes to sleep. Its tasks stand still then, so that
 * no program could stop it in good order; yet when an image is written, the channel is
 * open once more.
 */
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/suspend.h>
#include <linux/swap.h>

#include "channel.h"
#include "choice.h"
#include "compat.h"
#include "event.h"
#include "platform.h"
#include "svc_shutdown.h"

/* An action that has not stopped the guest after this time has failed. */
#define ACTION_SECONDS	120

/* For the handler to answer a question; for it is asked while the host waits. */
#define HANDLER_SECONDS	5

/* Hardly comes into play: the end of HANDLER_SECONDS is an answer. */
#define ANSWER_SECONDS	30

static const char * const policy_words[] = {
	[HV_IC_POLICY_ALLOW]	= "allow",
	[HV_IC_POLICY_DENY]	= "deny",
	[HV_IC_POLICY_NOTIFY]	= "notify",
};

static bool enabled = true;
static int policy[HVIC_SHUTDOWN_ACTIONS];

HVIC_CHOICE(shutdown_poweroff, policy_words, &policy[HVIC_SHUTDOWN_POWEROFF], 0644);
MODULE_PARM_DESC(shutdown_poweroff, "When the host asks for power off: allow, deny, notify (uevent, grace period, then power off)");
HVIC_CHOICE(shutdown_reboot, policy_words, &policy[HVIC_SHUTDOWN_REBOOT], 0644);
MODULE_PARM_DESC(shutdown_reboot, "When the host asks for a reboot: allow, deny, notify");
HVIC_CHOICE(shutdown_hibernate, policy_words, &policy[HVIC_SHUTDOWN_HIBERNATE], 0644);
MODULE_PARM_DESC(shutdown_hibernate, "When the host asks for hibernation: allow, deny, notify");

static unsigned int shutdown_grace = 60;
module_param(shutdown_grace, uint, 0644);
MODULE_PARM_DESC(shutdown_grace, "Grace period of policy notify, in seconds, at most a day; a shorter one that the host gives goes first");

static const char * const action_words[] = {
	[HVIC_SHUTDOWN_POWEROFF]	= "poweroff",
	[HVIC_SHUTDOWN_REBOOT]		= "reboot",
	[HVIC_SHUTDOWN_HIBERNATE]	= "hibernate",
};

static_assert(HVIC_SHUTDOWN_POWEROFF == (int)HV_IC_ACTION_POWEROFF);
static_assert(HVIC_SHUTDOWN_REBOOT == (int)HV_IC_ACTION_REBOOT);
static_assert(HVIC_SHUTDOWN_HIBERNATE == (int)HV_IC_ACTION_HIBERNATE);

static atomic64_t last_id = ATOMIC64_INIT(0);

/**
 * struct hvic_shutdown - a shutdown channel's own, guarded by the channel's lock
 * @ch: the channel
 * @announce: tells user space what is going to happen, and when
 * @timer: ends a phase of @pending
 * @sleep_notifier: the machine is about to sleep, or has woken up
 * @asleep: it is
 * @closed_asleep: and the host has seen the channel close, or starts over
 * @grace: seconds between announcement and action
 * @request: the channel's id of @pending while the handler is asked
 * @waiting: the handler was told to act and has not answered
 * @can_hibernate: asked once, as that may sleep; it holds as long as the machine runs
 * @pending: what is being carried out, unless it is over
 * @last: the last request that is over
 */
struct hvic_shutdown {
	struct hvic_channel *ch;
	struct work_struct announce;
	struct delayed_work timer;
	struct notifier_block sleep_notifier;
	bool asleep;
	bool closed_asleep;
	unsigned long grace;
	u64 request;
	bool waiting;
	bool can_hibernate;
	struct hvic_shutdown_info pending;
	struct hvic_shutdown_info last;
};

/* --- Policy: the module's parameters. ------------------------------------------ */

/**
 * hvic_shutdown_get_policy() - what the host may do
 * @out: set
 */
void hvic_shutdown_get_policy(struct hvic_shutdown_policy *out)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policy); i++)
		out->actions[i] = READ_ONCE(policy[i]);
	out->grace = min_t(unsigned int, READ_ONCE(shutdown_grace), HVIC_SHUTDOWN_GRACE_MAX);
}

/**
 * hvic_shutdown_set_policy() - say what the host may do
 * @in: holds from the next request on
 */
void hvic_shutdown_set_policy(const struct hvic_shutdown_policy *in)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policy); i++)
		WRITE_ONCE(policy[i], in->actions[i]);
	WRITE_ONCE(shutdown_grace, in->grace);
}

/* --- Phases. --------------------------------------------------------------------- */

static void hvic_shutdown_hold(struct hvic_shutdown *sd, unsigned long seconds)
{
	sd->pending.ends = jiffies + seconds * HZ;
	mod_delayed_work(system_percpu_wq, &sd->timer, seconds * HZ);
}

static void hvic_shutdown_hurry(struct hvic_shutdown *sd)
{
	hvic_shutdown_hold(sd, 0);
}

static void hvic_shutdown_enter(struct hvic_shutdown *sd, enum hv_ic_phase phase,
				unsigned long seconds)
{
	lockdep_assert_held(&sd->ch->lock);
	sd->pending.phase = phase;
	hvic_shutdown_hold(sd, seconds);
	hvic_event->shutdown(&sd->pending);
}

static void hvic_shutdown_end(struct hvic_shutdown *sd, enum hv_ic_phase phase)
{
	lockdep_assert_held(&sd->ch->lock);
	sd->pending.phase = phase;
	sd->last = sd->pending;
	hvic_event->shutdown(&sd->last);
}

/* --- Action. ------------------------------------------------------------------ */

static void hvic_shutdown_uevent(struct hvic_shutdown *sd, enum hvic_shutdown_action action,
				 unsigned long grace)
{
	char event[32], seconds[32];
	char *env[] = { event, seconds, NULL };

	snprintf(event, sizeof(event), "EVENT=%s", action_words[action]);
	snprintf(seconds, sizeof(seconds), "GRACE=%lu", grace);
	kobject_uevent_env(&sd->ch->dev->kobj, KOBJ_CHANGE, env);
}

static void hvic_shutdown_announce(struct work_struct *work)
{
	struct hvic_shutdown *sd = container_of(work, struct hvic_shutdown, announce);
	enum hvic_shutdown_action action;
	unsigned long grace;

	spin_lock_bh(&sd->ch->lock);
	action = (enum hvic_shutdown_action)sd->pending.action;
	grace = sd->grace;
	spin_unlock_bh(&sd->ch->lock);
	hvic_shutdown_uevent(sd, action, grace);
}

/*
 * The kernel starts the program that stops the guest in good order, which is the
 * administrator's choice (sysctl kernel.poweroff_cmd). Where that cannot be started
 * the kernel stops the machine by itself, as was asked: no program will.
 */
static void hvic_shutdown_act(struct hvic_shutdown *sd, enum hv_ic_action action)
{
	switch (action) {
	case HV_IC_ACTION_POWEROFF:
		orderly_poweroff(true);
		break;
	case HV_IC_ACTION_REBOOT:
		orderly_reboot();
		break;
	case HV_IC_ACTION_HIBERNATE:
		/* A udev rule hands this to whatever can hibernate. */
		hvic_shutdown_uevent(sd, HVIC_SHUTDOWN_HIBERNATE, 0);
	}
}

/* The time to act has come. Returns true if it is up to the kernel. */
static bool hvic_shutdown_begin_action(struct hvic_shutdown *sd)
{
	hvic_shutdown_enter(sd, HV_IC_PHASE_ACTING, HANDLER_SECONDS);
	sd->waiting = !hvic_shutdown_handler->act(&sd->pending);
	if (!sd->waiting)
		hvic_shutdown_hold(sd, ACTION_SECONDS);
	return !sd->waiting;
}

/* Ends the phase if its time is over. Returns true if the kernel is to act. */
static bool hvic_shutdown_next_phase(struct hvic_shutdown *sd)
{
	struct hvic_shutdown_info *info = &sd->pending;

	if (sd->asleep || hvic_shutdown_is_over(info) || time_before(jiffies, info->ends))
		return false;

	switch (info->phase) {
	case HV_IC_PHASE_GRANTED:
		return hvic_shutdown_begin_action(sd);
	case HV_IC_PHASE_ACTING:
		if (sd->waiting) {
			sd->waiting = false;
			hvic_shutdown_hold(sd, ACTION_SECONDS);
			return true;
		}
		fallthrough;
	case HV_IC_PHASE_HANDED:
		dev_warn_ratelimited(sd->ch->dev, "%s was begun, but the guest still runs\n",
				     action_words[info->action]);
		hvic_shutdown_end(sd, HV_IC_PHASE_FAILED);
		return false;
	default:
		return false;
	}
}

static void hvic_shutdown_timer(struct work_struct *work)
{
	struct hvic_shutdown *sd = container_of(to_delayed_work(work),
						struct hvic_shutdown, timer);
	const int accepted = 0;
	enum hv_ic_action action;
	u64 request = 0;
	bool act;

	spin_lock_bh(&sd->ch->lock);
	action = sd->pending.action;
	if (sd->pending.phase == HV_IC_PHASE_ASKING && !time_before(jiffies, sd->pending.ends))
		request = sd->request;
	act = hvic_shutdown_next_phase(sd);
	spin_unlock_bh(&sd->ch->lock);

	/* Silence is no reason to say no. */
	if (request)
		hvic_channel_complete(sd->ch, request, 0, &accepted);
	if (act)
		hvic_shutdown_act(sd, action);
}

/* --- Requests. ----------------------------------------------------------------- */

static void hvic_shutdown_remember(struct hvic_shutdown_info *info,
				   const struct hvic_shutdown_request *req)
{
	struct hvic_room text = { .data = (u8 *)info->text, .len = sizeof(info->text) };

	info->id = atomic64_inc_return(&last_id);
	info->action = (enum hv_ic_action)req->action;
	info->phase = HV_IC_PHASE_ASKING;
	info->force = req->force;
	info->reason = req->reason;
	info->timeout = req->timeout;
	info->when = ktime_get_boottime();
	info->answered = false;
	hvic_utf16_to_utf8_lossy(req->text, text);
}

/*
 * Can the kernel? Whether the image finds its way back, from the right device, is
 * for the program that hibernates to know.
 */
static int hvic_shutdown_check_hibernation(const struct hvic_shutdown *sd)
{
	if (!sd->can_hibernate)
		return -EOPNOTSUPP;
	/* Before 5.16 SELinux has another error, and means the task that runs: any one, here. */
	if (security_locked_down(LOCKDOWN_HIBERNATION) == -EPERM)
		return -EPERM;
	if (get_nr_swap_pages() <= 0)
		return -ENOSPC;
	return 0;
}

static int hvic_shutdown_check(struct hvic_shutdown *sd, const struct hvic_shutdown_request *req)
{
	if (sd->asleep || !hvic_shutdown_is_over(&sd->pending))
		return -EALREADY;
	if (READ_ONCE(policy[req->action]) == HV_IC_POLICY_DENY)
		return -EACCES;
	if (req->action == HVIC_SHUTDOWN_HIBERNATE)
		return hvic_shutdown_check_hibernation(sd);
	return 0;
}

static void hvic_shutdown_refuse(struct hvic_shutdown *sd, struct hvic_shutdown_info *info, int err)
{
	info->answered = true;
	info->err = err;
	info->phase = HV_IC_PHASE_REFUSED;
	dev_info_ratelimited(sd->ch->dev, "%s request refused (error %d)\n",
			     action_words[info->action], err);
	hvic_event->shutdown(info);
}

static unsigned long hvic_shutdown_grace(const struct hvic_shutdown_request *req)
{
	struct hvic_shutdown_policy now;

	hvic_shutdown_get_policy(&now);
	if (now.actions[req->action] != HV_IC_POLICY_NOTIFY)
		return 0;
	return req->timeout ? min(now.grace, req->timeout) : now.grace;
}

/* Returns true if the handler has the question, and thereby the host no answer yet. */
static bool hvic_shutdown_ask(struct hvic_shutdown *sd, const struct hvic_msg *msg)
{
	sd->request = hvic_channel_defer(sd->ch, msg);
	if (!sd->request)
		return false;

	sd->pending.ends = jiffies + HANDLER_SECONDS * HZ;
	if (hvic_shutdown_handler->ask(&sd->pending)) {
		hvic_channel_take_back(sd->ch);
		sd->request = 0;
		return false;
	}
	hvic_shutdown_enter(sd, HV_IC_PHASE_ASKING, HANDLER_SECONDS);
	return true;
}

static int hvic_shutdown_handle(struct hvic_channel *ch, const struct hvic_msg *msg,
				struct hvic_room body)
{
	struct hvic_shutdown *sd = ch->priv;
	struct hvic_shutdown_info *info = &sd->pending;
	struct hvic_shutdown_request req;
	int ret = hvic_shutdown_parse(msg->body, &req);

	if (ret)
		return ret;
	ch->last.operation = action_words[req.action];
	ret = hvic_shutdown_check(sd, &req);
	if (ret) {
		hvic_shutdown_remember(&sd->last, &req);
		hvic_shutdown_refuse(sd, &sd->last, ret);
		return ret;
	}

	hvic_shutdown_remember(info, &req);
	sd->grace = hvic_shutdown_grace(&req);
	dev_info_ratelimited(ch->dev, "%s request received: %s%s, reason 0x%08x, text \"%*pE\"\n",
			     req.action == HVIC_SHUTDOWN_HIBERNATE ? "Hibernation" : "Shutdown",
			     action_words[req.action], req.force ? ", forced" : "", req.reason,
			     (int)strlen(info->text), info->text);

	return hvic_shutdown_ask(sd, msg) ? -EINPROGRESS : body.len;
}

/* @reply is an errno: what the handler thinks of it. */
static int hvic_shutdown_encode(struct hvic_channel *ch, struct hvic_room body, const void *reply)
{
	int err = *(const int *)reply;

	return err ? err : body.len;
}

static void hvic_shutdown_failed(struct hvic_channel *ch, int err)
{
	struct hvic_shutdown *sd = ch->priv;

	hvic_shutdown_refuse(sd, &sd->pending, err);
	sd->last = sd->pending;
}

/* The host has its answer: act. */
static void hvic_shutdown_answered(struct hvic_channel *ch)
{
	struct hvic_shutdown *sd = ch->priv;

	sd->pending.answered = true;
	sd->pending.err = 0;
	if (sd->grace)
		schedule_work(&sd->announce);
	hvic_shutdown_enter(sd, HV_IC_PHASE_GRANTED, sd->grace);
}

/* The host forgets what it has no answer to. */
static void hvic_shutdown_reset(struct hvic_channel *ch)
{
	struct hvic_shutdown *sd = ch->priv;

	sd->closed_asleep = sd->asleep;
	if (sd->pending.phase == HV_IC_PHASE_ASKING)
		hvic_shutdown_end(sd, HV_IC_PHASE_VOID);
}

static void hvic_shutdown_show(struct hvic_channel *ch, struct seq_file *out)
{
	const struct hvic_shutdown_info *info = hvic_shutdown_pending(ch);

	if (!info)
		info = hvic_shutdown_last(ch);
	if (!info) {
		seq_puts(out, "last_action none\n");
		return;
	}
	seq_printf(out, "last_action %s\n", action_words[info->action]);
	seq_printf(out, "last_force %d\n", info->force);
	seq_printf(out, "last_reason 0x%08x\n", info->reason);
	seq_printf(out, "last_timeout %u\n", info->timeout);
	seq_printf(out, "last_text %*pE\n", (int)strlen(info->text), info->text);
}

/* --- What user space sees and says. ------------------------------------------------ */

/**
 * hvic_shutdown_pending() - the request that is being carried out
 * @ch: a shutdown channel
 *
 * Context: the channel's lock is held.
 * Return: the request, or NULL.
 */
const struct hvic_shutdown_info *hvic_shutdown_pending(struct hvic_channel *ch)
{
	struct hvic_shutdown *sd = ch->priv;

	lockdep_assert_held(&ch->lock);
	return hvic_shutdown_is_over(&sd->pending) ? NULL : &sd->pending;
}

/**
 * hvic_shutdown_last() - the last request that is over
 * @ch: a shutdown channel
 *
 * Context: the channel's lock is held.
 * Return: the request, or NULL if there was none.
 */
const struct hvic_shutdown_info *hvic_shutdown_last(struct hvic_channel *ch)
{
	struct hvic_shutdown *sd = ch->priv;

	lockdep_assert_held(&ch->lock);
	return sd->last.id ? &sd->last : NULL;
}

/* Is @id a request that may still be broken off or hurried? */
static int hvic_shutdown_in_grace(const struct hvic_shutdown *sd, u64 id)
{
	if (hvic_shutdown_is_over(&sd->pending))
		return -ENOENT;
	if (sd->pending.id != id)
		return -ESTALE;
	return sd->pending.phase == HV_IC_PHASE_GRANTED ? 0 : -EBUSY;
}

/**
 * hvic_shutdown_cancel() - break off a request in its grace period
 * @ch: a shutdown channel
 * @id: of the request
 *
 * Context: process.
 * Return: 0, or
 * * %-ENOENT - no request is pending
 * * %-ESTALE - another one is
 * * %-EBUSY - it is not in its grace period
 */
int hvic_shutdown_cancel(struct hvic_channel *ch, u64 id)
{
	struct hvic_shutdown *sd = ch->priv;
	int ret;

	spin_lock_bh(&ch->lock);
	ret = hvic_shutdown_in_grace(sd, id);
	if (!ret) {
		dev_info(ch->dev, "%s cancelled\n", action_words[sd->pending.action]);
		hvic_shutdown_end(sd, HV_IC_PHASE_CANCELLED);
	}
	spin_unlock_bh(&ch->lock);
	return ret;
}

/**
 * hvic_shutdown_now() - end the grace period of a request
 * @ch: a shutdown channel
 * @id: of the request
 *
 * Context: process.
 * Return: as hvic_shutdown_cancel().
 */
int hvic_shutdown_now(struct hvic_channel *ch, u64 id)
{
	struct hvic_shutdown *sd = ch->priv;
	int ret;

	spin_lock_bh(&ch->lock);
	ret = hvic_shutdown_in_grace(sd, id);
	if (!ret)
		hvic_shutdown_hurry(sd);
	spin_unlock_bh(&ch->lock);
	return ret;
}

/* To "may it be done?". */
static int hvic_shutdown_decide_asked(struct hvic_shutdown *sd, u64 request,
				      enum hv_ic_decision decision)
{
	int err;

	switch (decision) {
	case HV_IC_DECISION_ACCEPTED:
		err = 0;
		break;
	case HV_IC_DECISION_LOCKED:
		err = -ENOLCK;
		break;
	case HV_IC_DECISION_UNSUPPORTED:
		err = -EOPNOTSUPP;
		break;
	default:
		return -EINVAL;
	}
	return hvic_channel_complete(sd->ch, request, 0, &err);
}

/* To "do it". */
static int hvic_shutdown_decide_acting(struct hvic_shutdown *sd, enum hv_ic_decision decision)
{
	switch (decision) {
	case HV_IC_DECISION_DONE:
		sd->waiting = false;
		hvic_shutdown_enter(sd, HV_IC_PHASE_HANDED, ACTION_SECONDS);
		return 0;
	case HV_IC_DECISION_FAILED:
		hvic_shutdown_hurry(sd);
		return 0;
	default:
		return -EINVAL;
	}
}

/**
 * hvic_shutdown_decide() - take the handler's answer
 * @ch: a shutdown channel
 * @id: of the request
 * @decision: what the handler says
 *
 * Context: process.
 * Return: 0, or
 * * %-EINVAL - the decision is no answer to what the handler was asked
 * * %-ESTALE - the handler is not asked about that request, or not any more
 */
int hvic_shutdown_decide(struct hvic_channel *ch, u64 id, enum hv_ic_decision decision)
{
	struct hvic_shutdown *sd = ch->priv;
	int ret = -ESTALE;
	u64 request = 0;

	spin_lock_bh(&ch->lock);
	if (sd->pending.id == id) {
		if (sd->pending.phase == HV_IC_PHASE_ASKING)
			request = sd->request;
		else if (sd->pending.phase == HV_IC_PHASE_ACTING && sd->waiting)
			ret = hvic_shutdown_decide_acting(sd, decision);
	}
	spin_unlock_bh(&ch->lock);

	if (request)
		ret = hvic_shutdown_decide_asked(sd, request, decision);
	return ret;
}

/**
 * hvic_shutdown_handler_gone() - go on without the handler
 * @ch: a shutdown channel
 *
 * Context: process.
 */
void hvic_shutdown_handler_gone(struct hvic_channel *ch)
{
	struct hvic_shutdown *sd = ch->priv;

	spin_lock_bh(&ch->lock);
	if (sd->pending.phase == HV_IC_PHASE_ASKING ||
	    (sd->pending.phase == HV_IC_PHASE_ACTING && sd->waiting))
		hvic_shutdown_hurry(sd);
	spin_unlock_bh(&ch->lock);
}

/* --- Sleep. ---------------------------------------------------------------------- */

static void hvic_shutdown_wake(struct hvic_shutdown *sd)
{
	struct hvic_shutdown_info *info = &sd->pending;

	sd->asleep = false;
	if (hvic_shutdown_is_over(info))
		return;
	/* A machine that hibernates closes its channels, was off since, and is back now. */
	if (sd->closed_asleep && info->action == HV_IC_ACTION_HIBERNATE)
		hvic_shutdown_end(sd, HV_IC_PHASE_DONE);
	else if (sd->closed_asleep && info->phase != HV_IC_PHASE_HANDED)
		hvic_shutdown_end(sd, HV_IC_PHASE_CANCELLED);
	else
		mod_delayed_work(system_percpu_wq, &sd->timer,
				 time_after(info->ends, jiffies) ? info->ends - jiffies : 0);
}

static int hvic_shutdown_sleep(struct notifier_block *nb, unsigned long event, void *unused)
{
	struct hvic_shutdown *sd = container_of(nb, struct hvic_shutdown, sleep_notifier);

	spin_lock_bh(&sd->ch->lock);
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		sd->asleep = true;
		sd->closed_asleep = false;
		/* Whoever is asked stands still. */
		if (sd->pending.phase == HV_IC_PHASE_ASKING)
			hvic_channel_abort(sd->ch, -EALREADY);
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		hvic_shutdown_wake(sd);
		break;
	}
	spin_unlock_bh(&sd->ch->lock);
	return NOTIFY_DONE;
}

/* --- Lifetime. ------------------------------------------------------------------- */

static int hvic_shutdown_start(struct hvic_channel *ch)
{
	struct hvic_shutdown *sd = kzalloc(sizeof(*sd), GFP_KERNEL);
	int ret;

	if (!sd)
		return -ENOMEM;
	sd->ch = ch;
	sd->pending.phase = HV_IC_PHASE_VOID;
	sd->can_hibernate = hvic_platform_can_hibernate();
	INIT_WORK(&sd->announce, hvic_shutdown_announce);
	INIT_DELAYED_WORK(&sd->timer, hvic_shutdown_timer);
	sd->sleep_notifier.notifier_call = hvic_shutdown_sleep;
	ret = register_pm_notifier(&sd->sleep_notifier);
	if (ret)
		kfree(sd);
	else
		ch->priv = sd;
	return ret;
}

static void hvic_shutdown_stop(struct hvic_channel *ch)
{
	struct hvic_shutdown *sd = ch->priv;
	enum hv_ic_action action;
	bool act;

	unregister_pm_notifier(&sd->sleep_notifier);
	cancel_work_sync(&sd->announce);
	/* The host was told that it will happen; grace is there to be broken off. */
	flush_delayed_work(&sd->timer);
	cancel_delayed_work_sync(&sd->timer);
	spin_lock_bh(&ch->lock);
	action = sd->pending.action;
	/* Nobody will hear whether the handler does it. */
	act = sd->pending.phase == HV_IC_PHASE_ACTING && sd->waiting && !sd->asleep;
	if (sd->pending.phase == HV_IC_PHASE_GRANTED)
		hvic_shutdown_end(sd, HV_IC_PHASE_CANCELLED);
	spin_unlock_bh(&ch->lock);
	if (act)
		hvic_shutdown_act(sd, action);
	kfree(sd);
}

static const struct hvic_version hvic_shutdown_versions[] = {
	{ 3, 2 }, { 3, 1 }, { 3, 0 }, { 1, 0 },
};

static const struct hvic_service_ops hvic_shutdown_ops = {
	.start = hvic_shutdown_start,
	.stop = hvic_shutdown_stop,
	.reset = hvic_shutdown_reset,
	.handle = hvic_shutdown_handle,
	.encode = hvic_shutdown_encode,
	.failed = hvic_shutdown_failed,
	.answered = hvic_shutdown_answered,
	.show = hvic_shutdown_show,
};

const struct hvic_service hvic_svc_shutdown = {
	.name = "shutdown",
	.guid = HVIC_GUID_SHUTDOWN,
	.type = HVIC_WIRE_SHUTDOWN,
	.versions = hvic_shutdown_versions,
	.n_versions = ARRAY_SIZE(hvic_shutdown_versions),
	.deadline = ANSWER_SECONDS,
	.enabled = &enabled,
	.ops = &hvic_shutdown_ops,
};
