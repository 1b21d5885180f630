// SPDX-License-Identifier: GPL-2.0
/* Time: the policy, the host's samples, and what was made of them. */
#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "channel.h"
#include "genl_message.h"
#include "genl_subject.h"
#include "platform.h"
#include "svc_timesync.h"
#include "vmbus.h"

static int put_time_point(struct sk_buff *skb, int type, const struct hvic_time_point *point)
{
	struct nlattr *nest;

	if (!point->when)
		return 0;
	nest = nla_nest_start(skb, type);
	if (!nest ||
	    nla_put_u64_64bit(skb, HV_IC_A_TIME_POINT_AGE, hvic_genl_age_ms(point->when),
			      HV_IC_A_TIME_POINT_PAD) ||
	    nla_put_s64(skb, HV_IC_A_TIME_POINT_OFFSET, point->offset, HV_IC_A_TIME_POINT_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_time_policy(struct sk_buff *skb)
{
	struct hvic_time_policy policy;

	hvic_timesync_get_policy(&policy);
	return nla_put_u32(skb, HV_IC_A_TIME_MODE, policy.mode) ?:
	       nla_put_u32(skb, HV_IC_A_TIME_MAX_STEP, policy.max_step) ?:
	       nla_put_u8(skb, HV_IC_A_TIME_BACKWARD, policy.backward) ?:
	       nla_put_u32(skb, HV_IC_A_TIME_IMPLICIT_GAP, policy.implicit_gap) ?:
	       nla_put_u8(skb, HV_IC_A_TIME_TRUSTED, hvic_platform_trusts_host());
}

static int put_time_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, HV_IC_A_TIME_PAD);
}

static int put_time_status(struct sk_buff *skb, const struct hvic_time_status *status)
{
	size_t i;

	if (nla_put_u32(skb, HV_IC_A_TIME_STATE, status->state) ||
	    put_time_u64(skb, HV_IC_A_TIME_SAMPLES, status->samples) ||
	    put_time_u64(skb, HV_IC_A_TIME_STEPS, status->steps) ||
	    put_time_u64(skb, HV_IC_A_TIME_REFUSED_STEPS, status->refused_steps) ||
	    put_time_point(skb, HV_IC_A_TIME_LAST_STEP, &status->last_step) ||
	    nla_put_u32(skb, HV_IC_A_TIME_LEAP, status->leap) ||
	    nla_put_u32(skb, HV_IC_A_TIME_STRATUM, status->stratum))
		return -EMSGSIZE;
	if (status->ptp >= 0 && nla_put_u32(skb, HV_IC_A_TIME_PTP, status->ptp))
		return -EMSGSIZE;
	if (status->state == HV_IC_CLOCK_STATE_VALID &&
	    (nla_put_s64(skb, HV_IC_A_TIME_OFFSET, status->offset, HV_IC_A_TIME_PAD) ||
	     put_time_u64(skb, HV_IC_A_TIME_NOISE, status->noise)))
		return -EMSGSIZE;

	for (i = 0; i < HVIC_TIME_HISTORY; i++) {
		size_t at = (status->oldest + i) % HVIC_TIME_HISTORY;

		if (put_time_point(skb, HV_IC_A_TIME_HISTORY, &status->history[at]))
			return -EMSGSIZE;
	}
	return 0;
}

static int put_time_channel(struct hvic_channel *ch, void *skb)
{
	int ret;

	spin_lock_bh(&ch->lock);
	ret = put_time_status(skb, hvic_timesync_status(ch));
	spin_unlock_bh(&ch->lock);
	return ret ?: 1;
}

static int time_get(struct sk_buff *request, struct genl_info *info)
{
	struct hvic_genl_message message;
	int ret = hvic_genl_message_begin(&message, HV_IC_CMD_TIME_GET, NLMSG_GOODSIZE,
					  GFP_KERNEL);

	if (ret)
		return ret;
	ret = put_time_policy(message.skb);
	if (!ret)
		ret = hvic_vmbus_for_each_channel(&hvic_svc_timesync, put_time_channel,
						  message.skb);
	return hvic_genl_message_reply(&message, info, min(ret, 0));
}

static DEFINE_MUTEX(policy_lock);	/* held from reading the policy to writing it back */

static const struct nla_policy time_set_policy[] = {
	[HV_IC_A_TIME_MODE]		= NLA_POLICY_MAX(NLA_U32, HV_IC_TIME_MODE_IMPLICIT),
	[HV_IC_A_TIME_MAX_STEP]		= { .type = NLA_U32 },
	[HV_IC_A_TIME_BACKWARD]		= NLA_POLICY_MAX(NLA_U8, 1),
	[HV_IC_A_TIME_IMPLICIT_GAP]	= NLA_POLICY_MIN(NLA_U32, 1),
};

static int time_set(struct sk_buff *request, struct genl_info *info)
{
	const struct nlattr *mode = info->attrs[HV_IC_A_TIME_MODE];
	const struct nlattr *max_step = info->attrs[HV_IC_A_TIME_MAX_STEP];
	const struct nlattr *backward = info->attrs[HV_IC_A_TIME_BACKWARD];
	const struct nlattr *implicit_gap = info->attrs[HV_IC_A_TIME_IMPLICIT_GAP];
	struct hvic_time_policy policy;

	if (!mode && !max_step && !backward && !implicit_gap) {
		GENL_SET_ERR_MSG(info, "nothing to set: give any of the policy's values");
		return -EINVAL;
	}

	mutex_lock(&policy_lock);
	hvic_timesync_get_policy(&policy);
	if (mode)
		policy.mode = nla_get_u32(mode);
	if (max_step)
		policy.max_step = nla_get_u32(max_step);
	if (backward)
		policy.backward = nla_get_u8(backward);
	if (implicit_gap)
		policy.implicit_gap = nla_get_u32(implicit_gap);
	hvic_timesync_set_policy(&policy);
	mutex_unlock(&policy_lock);
	return 0;
}

/**
 * hvic_genl_tell_time_sample() - tell that the host has told its time
 * @status: of the clock
 * @offset: the host's clock minus the system's, in ns
 *
 * Context: any; the channel's lock is held.
 */
void hvic_genl_tell_time_sample(const struct hvic_time_status *status, s64 offset)
{
	struct hvic_genl_message event;
	int ret;

	if (!hvic_genl_event_begin(&event, HVIC_GENL_TIME, HV_IC_CMD_TIME_SAMPLE_NTF, 256))
		return;
	ret = nla_put_s64(event.skb, HV_IC_A_TIME_OFFSET, offset, HV_IC_A_TIME_PAD) ?:
	      put_time_u64(event.skb, HV_IC_A_TIME_NOISE, status->noise) ?:
	      put_time_u64(event.skb, HV_IC_A_TIME_SAMPLES, status->samples) ?:
	      nla_put_u32(event.skb, HV_IC_A_TIME_LEAP, status->leap) ?:
	      nla_put_u32(event.skb, HV_IC_A_TIME_STRATUM, status->stratum);
	hvic_genl_event_send(&event, ret);
}

/**
 * hvic_genl_tell_time_step() - tell that the clock was set, or not
 * @status: of the clock
 * @offset: by how many ns
 * @cause: why
 * @refused: the limits did not allow it
 *
 * Context: any; the channel's lock is held.
 */
void hvic_genl_tell_time_step(const struct hvic_time_status *status, s64 offset,
			      enum hv_ic_step_cause cause, bool refused)
{
	struct hvic_genl_message event;
	int ret;

	if (!hvic_genl_event_begin(&event, HVIC_GENL_TIME, HV_IC_CMD_TIME_STEP_NTF, 256))
		return;
	ret = nla_put_s64(event.skb, HV_IC_A_TIME_OFFSET, offset, HV_IC_A_TIME_PAD) ?:
	      nla_put_u32(event.skb, HV_IC_A_TIME_CAUSE, cause) ?:
	      put_time_u64(event.skb, HV_IC_A_TIME_STEPS, status->steps) ?:
	      put_time_u64(event.skb, HV_IC_A_TIME_REFUSED_STEPS, status->refused_steps);
	if (!ret && refused)
		ret = nla_put_flag(event.skb, HV_IC_A_TIME_REFUSED);
	hvic_genl_event_send(&event, ret);
}

static const struct genl_ops ops[] = {
	{ .cmd = HV_IC_CMD_TIME_GET, .doit = time_get },
	{ .cmd = HV_IC_CMD_TIME_SET, .doit = time_set, .flags = GENL_ADMIN_PERM,
	  .policy = time_set_policy, .maxattr = ARRAY_SIZE(time_set_policy) - 1 },
};

const struct hvic_genl_subject hvic_genl_time = {
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
};
