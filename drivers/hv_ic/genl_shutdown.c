// SPDX-License-Identifier: GPL-2.0
/* Shutdown: the policy, the requests to stop the guest, and the handler of these. */
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "channel.h"
#include "genl_message.h"
#include "genl_subject.h"
#include "svc_shutdown.h"
#include "vmbus.h"

/* Room for a request: its text, and small attributes. */
#define REQUEST_ROOM	(HVIC_SHUTDOWN_TEXT_SIZE + 256)

static DEFINE_MUTEX(policy_lock);	/* held from reading the policy to writing it back */

static DEFINE_SPINLOCK(handler_lock);	/* guards handler; nests inside a channel's */
static struct {
	u32 portid;			/* 0 if there is none */
	pid_t pid;
} handler;

static int put_request(struct sk_buff *skb, const struct hvic_shutdown_info *info)
{
	if (nla_put_u64_64bit(skb, HV_IC_A_REQUEST_ID, info->id, HV_IC_A_REQUEST_PAD) ||
	    nla_put_u32(skb, HV_IC_A_REQUEST_ACTION, info->action) ||
	    nla_put_u32(skb, HV_IC_A_REQUEST_PHASE, info->phase) ||
	    nla_put_u32(skb, HV_IC_A_REQUEST_REASON, info->reason) ||
	    nla_put_u32(skb, HV_IC_A_REQUEST_TIMEOUT, info->timeout) ||
	    nla_put_string(skb, HV_IC_A_REQUEST_TEXT, info->text) ||
	    nla_put_u64_64bit(skb, HV_IC_A_REQUEST_AGE, hvic_genl_age_ms(info->when),
			      HV_IC_A_REQUEST_PAD))
		return -EMSGSIZE;
	if (info->force && nla_put_flag(skb, HV_IC_A_REQUEST_FORCE))
		return -EMSGSIZE;
	if (info->answered &&
	    nla_put_u32(skb, HV_IC_A_REQUEST_STATUS, hvic_status_from_errno(info->err)))
		return -EMSGSIZE;
	if (!hvic_shutdown_is_over(info)) {
		unsigned long now = jiffies;
		unsigned long left = time_after(info->ends, now) ? info->ends - now : 0;

		return nla_put_u32(skb, HV_IC_A_REQUEST_REMAINING, jiffies_to_msecs(left));
	}
	return 0;
}

static int put_request_nest(struct sk_buff *skb, int type, const struct hvic_shutdown_info *info)
{
	struct nlattr *nest;

	if (!info)
		return 0;
	nest = nla_nest_start(skb, type);
	if (!nest || put_request(skb, info))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_requests(struct hvic_channel *ch, void *skb)
{
	int ret;

	spin_lock_bh(&ch->lock);
	ret = put_request_nest(skb, HV_IC_A_SHUTDOWN_PENDING, hvic_shutdown_pending(ch)) ?:
	      put_request_nest(skb, HV_IC_A_SHUTDOWN_LAST, hvic_shutdown_last(ch));
	spin_unlock_bh(&ch->lock);
	return ret ?: 1;
}

static int put_handler(struct sk_buff *skb)
{
	struct nlattr *nest;
	pid_t pid;

	spin_lock_bh(&handler_lock);
	pid = handler.portid ? handler.pid : 0;
	spin_unlock_bh(&handler_lock);
	if (!pid)
		return 0;

	nest = nla_nest_start(skb, HV_IC_A_SHUTDOWN_HANDLER);
	if (!nest || nla_put_u32(skb, HV_IC_A_HANDLER_PID, pid))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_shutdown_policy(struct sk_buff *skb)
{
	struct hvic_shutdown_policy policy;

	hvic_shutdown_get_policy(&policy);
	return nla_put_u32(skb, HV_IC_A_SHUTDOWN_POWEROFF,
			   policy.actions[HV_IC_ACTION_POWEROFF]) ?:
	       nla_put_u32(skb, HV_IC_A_SHUTDOWN_REBOOT, policy.actions[HV_IC_ACTION_REBOOT]) ?:
	       nla_put_u32(skb, HV_IC_A_SHUTDOWN_HIBERNATE,
			   policy.actions[HV_IC_ACTION_HIBERNATE]) ?:
	       nla_put_u32(skb, HV_IC_A_SHUTDOWN_GRACE, policy.grace);
}

static int shutdown_get(struct sk_buff *request, struct genl_info *info)
{
	struct hvic_genl_message message;
	int ret = hvic_genl_message_begin(&message, HV_IC_CMD_SHUTDOWN_GET, 3 * REQUEST_ROOM,
					  GFP_KERNEL);

	if (ret)
		return ret;
	ret = put_shutdown_policy(message.skb) ?: put_handler(message.skb);
	if (!ret)
		ret = hvic_vmbus_for_each_channel(&hvic_svc_shutdown, put_requests, message.skb);
	return hvic_genl_message_reply(&message, info, min(ret, 0));
}

static struct netlink_range_validation grace_range = { .max = HVIC_SHUTDOWN_GRACE_MAX };

static const struct nla_policy shutdown_set_policy[] = {
	[HV_IC_A_SHUTDOWN_POWEROFF]	= NLA_POLICY_MAX(NLA_U32, HV_IC_POLICY_NOTIFY),
	[HV_IC_A_SHUTDOWN_REBOOT]	= NLA_POLICY_MAX(NLA_U32, HV_IC_POLICY_NOTIFY),
	[HV_IC_A_SHUTDOWN_HIBERNATE]	= NLA_POLICY_MAX(NLA_U32, HV_IC_POLICY_NOTIFY),
	[HV_IC_A_SHUTDOWN_GRACE]	= NLA_POLICY_FULL_RANGE(NLA_U32, &grace_range),
};

static int shutdown_set(struct sk_buff *request, struct genl_info *info)
{
	const struct nlattr *poweroff = info->attrs[HV_IC_A_SHUTDOWN_POWEROFF];
	const struct nlattr *reboot = info->attrs[HV_IC_A_SHUTDOWN_REBOOT];
	const struct nlattr *hibernate = info->attrs[HV_IC_A_SHUTDOWN_HIBERNATE];
	const struct nlattr *grace = info->attrs[HV_IC_A_SHUTDOWN_GRACE];
	struct hvic_shutdown_policy policy;

	if (!poweroff && !reboot && !hibernate && !grace) {
		GENL_SET_ERR_MSG(info, "nothing to set: give any of the policy's values");
		return -EINVAL;
	}

	mutex_lock(&policy_lock);
	hvic_shutdown_get_policy(&policy);
	if (poweroff)
		policy.actions[HV_IC_ACTION_POWEROFF] = nla_get_u32(poweroff);
	if (reboot)
		policy.actions[HV_IC_ACTION_REBOOT] = nla_get_u32(reboot);
	if (hibernate)
		policy.actions[HV_IC_ACTION_HIBERNATE] = nla_get_u32(hibernate);
	if (grace)
		policy.grace = nla_get_u32(grace);
	hvic_shutdown_set_policy(&policy);
	mutex_unlock(&policy_lock);
	return 0;
}

/**
 * hvic_genl_tell_shutdown() - tell that a request to stop the guest has a new phase
 * @info: the request
 *
 * Context: any; the channel's lock is held.
 */
void hvic_genl_tell_shutdown(const struct hvic_shutdown_info *info)
{
	struct hvic_genl_message event;

	if (hvic_genl_event_begin(&event, HVIC_GENL_REQUEST, HV_IC_CMD_SHUTDOWN_NTF, REQUEST_ROOM))
		hvic_genl_event_send(&event, put_request(event.skb, info));
}

/**
 * struct steering - what user space wants done about a request to stop the guest
 * @steer: does it; see hvic_shutdown_cancel()
 * @id: of the request
 * @ret: what @steer returned
 */
struct steering {
	int (*steer)(struct hvic_channel *ch, u64 id);
	u64 id;
	int ret;
};

static int steer_one(struct hvic_channel *ch, void *arg)
{
	struct steering *steering = arg;

	steering->ret = steering->steer(ch, steering->id);
	return steering->ret == -ENOENT || steering->ret == -ESTALE ? 0 : 1;
}

static int steer(struct genl_info *info, int (*what)(struct hvic_channel *ch, u64 id))
{
	struct steering steering = { .steer = what, .ret = -ENOENT };

	if (GENL_REQ_ATTR_CHECK(info, HV_IC_A_REQUEST_ID)) {
		GENL_SET_ERR_MSG(info, "which request? id is missing");
		return -EINVAL;
	}
	steering.id = nla_get_u64(info->attrs[HV_IC_A_REQUEST_ID]);
	hvic_vmbus_for_each_channel(&hvic_svc_shutdown, steer_one, &steering);

	switch (steering.ret) {
	case -ENOENT:
		GENL_SET_ERR_MSG(info, "no request is pending");
		break;
	case -ESTALE:
		GENL_SET_ERR_MSG(info, "that request is over, another one is pending");
		break;
	case -EBUSY:
		GENL_SET_ERR_MSG(info, "the request is not in its grace period");
		break;
	}
	return steering.ret;
}

static const struct nla_policy shutdown_steer_policy[] = {
	[HV_IC_A_REQUEST_ID]		= { .type = NLA_U64 },
};

static int shutdown_cancel(struct sk_buff *request, struct genl_info *info)
{
	return steer(info, hvic_shutdown_cancel);
}

static int shutdown_now(struct sk_buff *request, struct genl_info *info)
{
	return steer(info, hvic_shutdown_now);
}

/* --- The handler of shutdown requests. ----------------------------------- */

static int send_to_handler(u8 command, const struct hvic_shutdown_info *info)
{
	struct hvic_genl_message message;
	u32 portid;
	int ret;

	spin_lock_bh(&handler_lock);
	portid = handler.portid;
	spin_unlock_bh(&handler_lock);
	if (!portid)
		return -ENOTCONN;

	ret = hvic_genl_message_begin(&message, command, REQUEST_ROOM, GFP_ATOMIC);
	if (ret)
		return ret;
	return hvic_genl_message_send(&message, portid, put_request(message.skb, info));
}

/**
 * hvic_genl_handler_ask() - ask the handler whether a request may be granted
 * @info: the request
 *
 * Context: any; the channel's lock is held.
 * Return: 0 if there is a handler that has the question now, or a negative errno.
 */
int hvic_genl_handler_ask(const struct hvic_shutdown_info *info)
{
	return send_to_handler(HV_IC_CMD_HANDLER_ASK_NTF, info);
}

/**
 * hvic_genl_handler_act() - have the handler carry a request out
 * @info: the request
 *
 * Context: any; the channel's lock is held.
 * Return: as hvic_genl_handler_ask().
 */
int hvic_genl_handler_act(const struct hvic_shutdown_info *info)
{
	return send_to_handler(HV_IC_CMD_HANDLER_ACT_NTF, info);
}

static int handler_attach(struct sk_buff *request, struct genl_info *info)
{
	int ret = 0;

	spin_lock_bh(&handler_lock);
	if (handler.portid && handler.portid != info->snd_portid) {
		ret = -EBUSY;
	} else {
		handler.portid = info->snd_portid;
		handler.pid = task_tgid_nr(current);
	}
	spin_unlock_bh(&handler_lock);

	if (ret)
		GENL_SET_ERR_MSG(info, "another handler is attached: shutdown-get tells its pid");
	return ret;
}

static int go_on_without(struct hvic_channel *ch, void *unused)
{
	hvic_shutdown_handler_gone(ch);
	return 0;
}

static bool detach(u32 portid)
{
	bool was_handler;

	spin_lock_bh(&handler_lock);
	was_handler = handler.portid == portid;
	if (was_handler)
		handler.portid = 0;
	spin_unlock_bh(&handler_lock);

	if (was_handler)
		hvic_vmbus_for_each_channel(&hvic_svc_shutdown, go_on_without, NULL);
	return was_handler;
}

/**
 * hvic_genl_handler_closed() - a socket was closed
 * @portid: of the socket; if it was the handler's, the handler is gone
 *
 * Context: process.
 */
void hvic_genl_handler_closed(u32 portid)
{
	detach(portid);
}

static int handler_detach(struct sk_buff *request, struct genl_info *info)
{
	if (detach(info->snd_portid))
		return 0;
	GENL_SET_ERR_MSG(info, "this socket is not the handler");
	return -EPERM;
}

/**
 * struct reply - an answer of the handler
 * @id: of the request
 * @decision: what the handler says
 * @ret: what hvic_shutdown_decide() returned
 */
struct reply {
	u64 id;
	enum hv_ic_decision decision;
	int ret;
};

static int reply_one(struct hvic_channel *ch, void *arg)
{
	struct reply *reply = arg;

	reply->ret = hvic_shutdown_decide(ch, reply->id, reply->decision);
	return reply->ret == -ESTALE ? 0 : 1;
}

static const struct nla_policy handler_reply_policy[] = {
	[HV_IC_A_REQUEST_ID]		= { .type = NLA_U64 },
	[HV_IC_A_REQUEST_DECISION]	= NLA_POLICY_MAX(NLA_U32, HV_IC_DECISION_FAILED),
};

static int handler_reply(struct sk_buff *request, struct genl_info *info)
{
	struct reply reply = { .ret = -ESTALE };
	bool is_handler;

	spin_lock_bh(&handler_lock);
	is_handler = handler.portid == info->snd_portid;
	spin_unlock_bh(&handler_lock);
	if (!is_handler) {
		GENL_SET_ERR_MSG(info, "this socket is not the handler: attach first");
		return -EPERM;
	}
	if (GENL_REQ_ATTR_CHECK(info, HV_IC_A_REQUEST_ID) ||
	    GENL_REQ_ATTR_CHECK(info, HV_IC_A_REQUEST_DECISION)) {
		GENL_SET_ERR_MSG(info, "an answer has an id and a decision");
		return -EINVAL;
	}

	reply.id = nla_get_u64(info->attrs[HV_IC_A_REQUEST_ID]);
	reply.decision = nla_get_u32(info->attrs[HV_IC_A_REQUEST_DECISION]);
	hvic_vmbus_for_each_channel(&hvic_svc_shutdown, reply_one, &reply);

	if (reply.ret == -ESTALE)
		GENL_SET_ERR_MSG(info, "nobody waits for that answer, or not any more");
	else if (reply.ret == -EINVAL)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[HV_IC_A_REQUEST_DECISION],
				    "accepted, locked or unsupported answer ask; done or failed answer act");
	return reply.ret;
}

static const struct genl_ops ops[] = {
	{ .cmd = HV_IC_CMD_SHUTDOWN_GET, .doit = shutdown_get },
	{ .cmd = HV_IC_CMD_SHUTDOWN_SET, .doit = shutdown_set, .flags = GENL_ADMIN_PERM,
	  .policy = shutdown_set_policy, .maxattr = ARRAY_SIZE(shutdown_set_policy) - 1 },
	{ .cmd = HV_IC_CMD_SHUTDOWN_CANCEL, .doit = shutdown_cancel, .flags = GENL_ADMIN_PERM,
	  .policy = shutdown_steer_policy, .maxattr = ARRAY_SIZE(shutdown_steer_policy) - 1 },
	{ .cmd = HV_IC_CMD_SHUTDOWN_NOW, .doit = shutdown_now, .flags = GENL_ADMIN_PERM,
	  .policy = shutdown_steer_policy, .maxattr = ARRAY_SIZE(shutdown_steer_policy) - 1 },
	{ .cmd = HV_IC_CMD_HANDLER_ATTACH, .doit = handler_attach, .flags = GENL_ADMIN_PERM },
	{ .cmd = HV_IC_CMD_HANDLER_DETACH, .doit = handler_detach, .flags = GENL_ADMIN_PERM },
	{ .cmd = HV_IC_CMD_HANDLER_REPLY, .doit = handler_reply, .flags = GENL_ADMIN_PERM,
	  .policy = handler_reply_policy, .maxattr = ARRAY_SIZE(handler_reply_policy) - 1 },
};

const struct hvic_genl_subject hvic_genl_shutdown = {
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
};
