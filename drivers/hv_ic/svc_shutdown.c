// SPDX-License-Identifier: GPL-2.0
/*
 * Shutdown: the host asks the guest to power off, reboot or hibernate.
 *
 * The administrator of the guest says per action whether the host may. The host
 * gets its answer first; only when that has left for the host the guest acts,
 * from a work item, since a helper in user space has to be started. Policy
 * "notify" lets a grace period pass in between. From then on a second request is
 * refused, until the action had its time and the guest still runs.
 */
#include <linux/device.h>
#include <linux/kmod.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/reboot.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "channel.h"
#include "choice.h"
#include "compat.h"
#include "platform.h"
#include "proto/shutdown.h"
#include "proto/utf16.h"

/* An action that has not stopped the guest after this time has failed. */
#define ACTION_SECONDS	120

enum { POLICY_ALLOW, POLICY_DENY, POLICY_NOTIFY };

static const char * const policy_words[] = {
	[POLICY_ALLOW]	= "allow",
	[POLICY_DENY]	= "deny",
	[POLICY_NOTIFY]	= "notify",
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
MODULE_PARM_DESC(shutdown_grace, "Grace period of policy notify, in seconds; a shorter one that the host gives goes first");

static const char * const action_words[] = {
	[HVIC_SHUTDOWN_POWEROFF]	= "poweroff",
	[HVIC_SHUTDOWN_REBOOT]		= "reboot",
	[HVIC_SHUTDOWN_HIBERNATE]	= "hibernate",
};

#define TEXT_SIZE	HVIC_UTF8_SIZE(HVIC_WIRE_SHUTDOWN_TEXT_UNITS)

/**
 * struct hvic_shutdown - a shutdown channel's own, guarded by the channel's lock
 * @ch: the channel
 * @announce: tells user space what is going to happen, and when
 * @act: does it
 * @seen: there was a request; the next members describe the last one
 * @action: what the host wanted
 * @force: and whether at any price
 * @reason: Windows' reason code
 * @timeout: grace that the host gave, in seconds
 * @grace: seconds between announcement and action
 * @busy_until: boot time until which the last request is being carried out
 * @text: the host's words for the users, in UTF-8
 */
struct hvic_shutdown {
	struct hvic_channel *ch;
	struct work_struct announce;
	struct delayed_work act;
	bool seen;
	enum hvic_shutdown_action action;
	bool force;
	u32 reason;
	u32 timeout;
	unsigned long grace;
	ktime_t busy_until;
	char text[TEXT_SIZE];
};

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
	action = sd->action;
	grace = sd->grace;
	spin_unlock_bh(&sd->ch->lock);
	hvic_shutdown_uevent(sd, action, grace);
}

/*
 * Starts the helper that stops the guest in good order. Where there is none,
 * init is told as if somebody had pressed ctrl-alt-del.
 */
static void hvic_shutdown_run(struct hvic_shutdown *sd, char *path)
{
	static char *env[] = {
		"HOME=/", "PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL
	};
	char *argv[] = { path, NULL };
	int ret = call_usermodehelper(path, argv, env, UMH_WAIT_EXEC);

	if (!ret)
		return;
	dev_warn(sd->ch->dev, "%s cannot be started (error %d), signalling init instead\n",
		 path, ret);
	kill_cad_pid(SIGINT, 1);
}

static void hvic_shutdown_act(struct work_struct *work)
{
	struct hvic_shutdown *sd = container_of(to_delayed_work(work),
						struct hvic_shutdown, act);
	enum hvic_shutdown_action action;

	spin_lock_bh(&sd->ch->lock);
	action = sd->action;
	spin_unlock_bh(&sd->ch->lock);

	switch (action) {
	case HVIC_SHUTDOWN_POWEROFF:
		hvic_shutdown_run(sd, "/sbin/poweroff");
		break;
	case HVIC_SHUTDOWN_REBOOT:
		hvic_shutdown_run(sd, "/sbin/reboot");
		break;
	default:
		/* A udev rule hands this to whatever can hibernate. */
		hvic_shutdown_uevent(sd, HVIC_SHUTDOWN_HIBERNATE, 0);
	}
}

/* --- Requests. ----------------------------------------------------------------- */

static void hvic_shutdown_remember(struct hvic_shutdown *sd,
				   const struct hvic_shutdown_request *req)
{
	struct hvic_room text = { .data = (u8 *)sd->text, .len = sizeof(sd->text) };

	sd->seen = true;
	sd->action = req->action;
	sd->force = req->force;
	sd->reason = req->reason;
	sd->timeout = req->timeout;
	hvic_utf16_to_utf8_lossy(req->text, text);
}

static int hvic_shutdown_check(struct hvic_shutdown *sd, const struct hvic_shutdown_request *req)
{
	if (ktime_before(ktime_get_boottime(), sd->busy_until))
		return -EALREADY;
	if (READ_ONCE(policy[req->action]) == POLICY_DENY)
		return -EACCES;
	if (req->action == HVIC_SHUTDOWN_HIBERNATE && !hvic_platform_can_hibernate())
		return -EOPNOTSUPP;
	return 0;
}

static int hvic_shutdown_handle(struct hvic_channel *ch, const struct hvic_msg *msg,
				struct hvic_room body)
{
	struct hvic_shutdown *sd = ch->priv;
	struct hvic_shutdown_request req;
	int ret = hvic_shutdown_parse(msg->body, &req);

	if (ret)
		return ret;
	ret = hvic_shutdown_check(sd, &req);
	if (ret) {
		dev_info_ratelimited(ch->dev, "%s request refused (error %d)\n",
				     action_words[req.action], ret);
		return ret;
	}

	hvic_shutdown_remember(sd, &req);
	sd->grace = 0;
	if (READ_ONCE(policy[req.action]) == POLICY_NOTIFY) {
		sd->grace = READ_ONCE(shutdown_grace);
		if (req.timeout)
			sd->grace = min_t(unsigned long, sd->grace, req.timeout);
	}
	sd->busy_until = ktime_add_ns(ktime_get_boottime(),
				      (sd->grace + ACTION_SECONDS) * NSEC_PER_SEC);

	dev_info(ch->dev, "%s request received: %s%s, reason 0x%08x, text \"%*pE\"\n",
		 req.action == HVIC_SHUTDOWN_HIBERNATE ? "Hibernation" : "Shutdown",
		 action_words[req.action], req.force ? ", forced" : "", req.reason,
		 (int)strlen(sd->text), sd->text);
	return body.len;
}

/* The host has its answer: act. */
static void hvic_shutdown_answered(struct hvic_channel *ch)
{
	struct hvic_shutdown *sd = ch->priv;

	if (sd->grace)
		schedule_work(&sd->announce);
	mod_delayed_work(system_percpu_wq, &sd->act, sd->grace * HZ);
}

static void hvic_shutdown_show(struct hvic_channel *ch, struct seq_file *out)
{
	struct hvic_shutdown *sd = ch->priv;

	if (!sd->seen) {
		seq_puts(out, "last_action none\n");
		return;
	}
	seq_printf(out, "last_action %s\n", action_words[sd->action]);
	seq_printf(out, "last_force %d\n", sd->force);
	seq_printf(out, "last_reason 0x%08x\n", sd->reason);
	seq_printf(out, "last_timeout %u\n", sd->timeout);
	seq_puts(out, "last_text ");
	seq_escape(out, sd->text, "\n\\");
	seq_putc(out, '\n');
}

/* --- Lifetime. ------------------------------------------------------------------- */

static int hvic_shutdown_start(struct hvic_channel *ch)
{
	struct hvic_shutdown *sd = kzalloc(sizeof(*sd), GFP_KERNEL);

	if (!sd)
		return -ENOMEM;
	sd->ch = ch;
	INIT_WORK(&sd->announce, hvic_shutdown_announce);
	INIT_DELAYED_WORK(&sd->act, hvic_shutdown_act);
	ch->priv = sd;
	return 0;
}

static void hvic_shutdown_stop(struct hvic_channel *ch)
{
	struct hvic_shutdown *sd = ch->priv;

	cancel_work_sync(&sd->announce);
	/* The host was told that it will happen; grace is there to be broken off. */
	if (sd->grace)
		cancel_delayed_work_sync(&sd->act);
	else
		flush_delayed_work(&sd->act);
	kfree(sd);
}

static const struct hvic_version hvic_shutdown_versions[] = {
	{ 3, 2 }, { 3, 1 }, { 3, 0 }, { 1, 0 },
};

static const struct hvic_service_ops hvic_shutdown_ops = {
	.start = hvic_shutdown_start,
	.stop = hvic_shutdown_stop,
	.handle = hvic_shutdown_handle,
	.answered = hvic_shutdown_answered,
	.show = hvic_shutdown_show,
};

const struct hvic_service hvic_svc_shutdown = {
	.name = "shutdown",
	.guid = HVIC_GUID_SHUTDOWN,
	.type = HVIC_WIRE_SHUTDOWN,
	.versions = hvic_shutdown_versions,
	.n_versions = ARRAY_SIZE(hvic_shutdown_versions),
	.enabled = &enabled,
	.ops = &hvic_shutdown_ops,
};
