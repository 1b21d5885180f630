// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink family "hv_ic", the only file that knows attributes. What they
 * mean is said in Documentation/netlink/specs/hv_ic.yaml.
 *
 * Whatever is set here is the same variable as a module parameter.
 *
 * Commands run in parallel, each takes the locks of what it touches. Events are
 * sent from wherever something happens, often from softirq with the lock of a
 * channel held: they take memory without waiting, and a listener that does not
 * keep up loses events and finds a gap in their numbers.
 */
#include "genl.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include <net/genetlink.h>
#include <net/netlink.h>

#include "channel.h"
#include "daemon.h"
#include "event.h"
#include "health.h"
#include "platform.h"
#include "svc_shutdown.h"
#include "svc_timesync.h"
#include "vmbus.h"

enum {
	GROUP_STATE,
	GROUP_REQUEST,
	GROUP_TIME,
	GROUP_HEALTH,
	GROUP_VSS,
	GROUP_FCOPY,
	GROUPS
};

static const struct genl_multicast_group groups[] = {
	[GROUP_STATE]	= { .name = HV_IC_MCGRP_STATE },
	[GROUP_REQUEST]	= { .name = HV_IC_MCGRP_REQUEST },
	[GROUP_TIME]	= { .name = HV_IC_MCGRP_TIME },
	[GROUP_HEALTH]	= { .name = HV_IC_MCGRP_HEALTH },
	[GROUP_VSS]	= { .name = HV_IC_MCGRP_VSS },
	[GROUP_FCOPY]	= { .name = HV_IC_MCGRP_FCOPY },
};

static_assert(ARRAY_SIZE(groups) == GROUPS);

static struct genl_family family;

/* Events are numbered by the same attribute, whatever else they hold. */
enum {
	ATTR_EVENT	= HV_IC_A_SERVICE_EVENT,
	ATTR_EVENT_PAD	= HV_IC_A_SERVICE_PAD,
};

#define SAME_EVENT(set)							\
	static_assert(ATTR_EVENT == (int)HV_IC_A_##set##_EVENT &&	\
		      ATTR_EVENT_PAD == (int)HV_IC_A_##set##_PAD)
SAME_EVENT(TIME);
SAME_EVENT(HEALTH);
SAME_EVENT(REQUEST);
SAME_EVENT(VSS);
SAME_EVENT(FCOPY);

/* Room for a request to stop the guest: its text, and small attributes. */
#define REQUEST_ROOM	(HVIC_SHUTDOWN_TEXT_SIZE + 256)

/* --- Messages. ----------------------------------------------------------- */

/**
 * struct message - one that is being built
 * @skb: NULL if there was no memory
 * @header: of the message
 */
struct message {
	struct sk_buff *skb;
	void *header;
};

static int message_begin(struct message *message, u8 command, size_t room, gfp_t gfp)
{
	message->skb = genlmsg_new(room, gfp);
	if (!message->skb)
		return -ENOMEM;
	message->header = genlmsg_put(message->skb, 0, 0, &family, 0, command);
	return 0;
}

/* Ends with @err, or with the message on its way to whoever has asked. */
static int message_reply(struct message *message, struct genl_info *info, int err)
{
	struct nlmsghdr *header = genlmsg_nlhdr(message->header);

	if (err) {
		nlmsg_free(message->skb);
		return err;
	}
	header->nlmsg_pid = info->snd_portid;
	header->nlmsg_seq = info->snd_seq;
	genlmsg_end(message->skb, message->header);
	return genlmsg_reply(message->skb, info);
}

static u64 age_ms(ktime_t when)
{
	return max_t(s64, 0, ktime_ms_delta(ktime_get_boottime(), when));
}

/* --- Events. ------------------------------------------------------------- */

static DEFINE_SPINLOCK(event_lock);	/* guards all below; nests inside all others */
static bool events_open;
static u64 event_numbers[GROUPS];

static bool has_listeners(unsigned int group)
{
	return genl_has_listeners(&family, &init_net, group);
}

/*
 * Numbers an event and sends it; one that could not be built still has its
 * number, so that its loss is seen. Numbers and sends in one go, so that events
 * arrive in the order of their numbers.
 */
static void publish(struct message *message, unsigned int group, int err)
{
	struct sk_buff *skb = message->skb;
	u64 number;

	spin_lock_bh(&event_lock);
	if (!events_open) {
		nlmsg_free(skb);
		goto unlock;
	}
	number = ++event_numbers[group];
	if (err || nla_put_u64_64bit(skb, ATTR_EVENT, number, ATTR_EVENT_PAD)) {
		nlmsg_free(skb);
		goto unlock;
	}
	genlmsg_end(skb, message->header);
	genlmsg_multicast(&family, skb, 0, group, GFP_ATOMIC);
unlock:
	spin_unlock_bh(&event_lock);
}

/* --- Services. ----------------------------------------------------------- */

static int put_version(struct sk_buff *skb, int type, struct hvic_version version)
{
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest ||
	    nla_put_u32(skb, HV_IC_A_VERSION_MAJOR, version.major) ||
	    nla_put_u32(skb, HV_IC_A_VERSION_MINOR, version.minor))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_versions(struct sk_buff *skb, int type, const struct hvic_version *versions,
			size_t n_versions)
{
	size_t i;

	for (i = 0; i < n_versions; i++) {
		if (put_version(skb, type, versions[i]))
			return -EMSGSIZE;
	}
	return 0;
}

static int put_guid(struct sk_buff *skb, int type, const guid_t *guid)
{
	char text[UUID_STRING_LEN + 1];

	snprintf(text, sizeof(text), "%pUl", guid);
	return nla_put_string(skb, type, text);
}

static int put_counter(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, HV_IC_A_COUNTERS_PAD);
}

static int put_counters(struct sk_buff *skb, const struct hvic_channel_stats *stats)
{
	struct nlattr *nest = nla_nest_start(skb, HV_IC_A_SERVICE_COUNTERS);

	if (!nest ||
	    put_counter(skb, HV_IC_A_COUNTERS_IN, stats->in) ||
	    put_counter(skb, HV_IC_A_COUNTERS_OUT, stats->out) ||
	    put_counter(skb, HV_IC_A_COUNTERS_NEGOTIATIONS, stats->negotiations) ||
	    put_counter(skb, HV_IC_A_COUNTERS_BAD_LENGTH, stats->bad_length) ||
	    put_counter(skb, HV_IC_A_COUNTERS_BAD_TYPE, stats->bad_type) ||
	    put_counter(skb, HV_IC_A_COUNTERS_REFUSED, stats->refused) ||
	    put_counter(skb, HV_IC_A_COUNTERS_TIMEOUTS, stats->timeouts) ||
	    put_counter(skb, HV_IC_A_COUNTERS_LATE_REPLIES, stats->late_replies) ||
	    put_counter(skb, HV_IC_A_COUNTERS_RING_FULL, stats->ring_full))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Why a request was refused, for those who do not know errnos. */
static const char *error_text(int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return "policy does not allow it";
	case -EALREADY:
		return "another one is being carried out";
	case -EBADMSG:
	case -EMSGSIZE:
		return "the message is malformed";
	case -EBUSY:
		return "there is one at a time";
	case -ECANCELED:
		return "the host has taken it back";
	case -EEXIST:
		return "it exists already";
	case -EILSEQ:
	case -EINVAL:
	case -ERANGE:
		return "a value in the message makes no sense";
	case -ENODATA:
		return "the list ends here";
	case -ENODEV:
		return "the channel is not ready";
	case -ENOENT:
		return "there is no such thing";
	case -ENOLCK:
		return "somebody inhibits it";
	case -ENOMEM:
		return "out of memory";
	case -ENOSPC:
		return "no space left";
	case -ENOTCONN:
		return "no daemon serves it";
	case -ENOTDIR:
		return "there is no such folder";
	case -EOPNOTSUPP:
	case -EPROTO:
		return "not supported";
	case -ETIMEDOUT:
		return "no answer came in time";
	default:
		return "it failed";
	}
}

static int put_outcome(struct sk_buff *skb, int type, const struct hvic_outcome *outcome)
{
	struct nlattr *nest;

	if (!outcome->when)
		return 0;
	nest = nla_nest_start(skb, type);
	if (!nest ||
	    nla_put_u64_64bit(skb, HV_IC_A_OUTCOME_AGE, age_ms(outcome->when),
			      HV_IC_A_OUTCOME_PAD) ||
	    nla_put_string(skb, HV_IC_A_OUTCOME_OPERATION, outcome->operation))
		return -EMSGSIZE;
	if (outcome->answered &&
	    (nla_put_u32(skb, HV_IC_A_OUTCOME_STATUS, hvic_status_from_errno(outcome->err)) ||
	     nla_put_s32(skb, HV_IC_A_OUTCOME_ERRNO, outcome->err)))
		return -EMSGSIZE;
	if (outcome->answered && outcome->err &&
	    nla_put_string(skb, HV_IC_A_OUTCOME_TEXT, error_text(outcome->err)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* What is known of a service, offered or not. */
static int put_service(struct sk_buff *skb, const struct hvic_service *svc, enum hv_ic_state state)
{
	size_t withheld = svc->withheld ? READ_ONCE(*svc->withheld) : 0;

	if (nla_put_u32(skb, HV_IC_A_SERVICE_ID, svc->type) ||
	    nla_put_string(skb, HV_IC_A_SERVICE_NAME, svc->name) ||
	    put_guid(skb, HV_IC_A_SERVICE_CLASS, &svc->guid) ||
	    nla_put_u32(skb, HV_IC_A_SERVICE_STATE, state) ||
	    nla_put_u8(skb, HV_IC_A_SERVICE_ENABLED, READ_ONCE(*svc->enabled)))
		return -EMSGSIZE;
	if (svc->needs_daemon && nla_put_flag(skb, HV_IC_A_SERVICE_NEEDS_OWNER))
		return -EMSGSIZE;
	return put_versions(skb, HV_IC_A_SERVICE_SUPPORTED, svc->versions + withheld,
			    svc->n_versions - withheld);
}

static enum hv_ic_state channel_state(const struct hvic_channel *ch)
{
	switch (ch->state) {
	case HVIC_CHANNEL_NEGOTIATING:
		return HV_IC_STATE_NEGOTIATING;
	case HVIC_CHANNEL_READY:
		return HV_IC_STATE_READY;
	case HVIC_CHANNEL_REFUSED:
		return HV_IC_STATE_REFUSED;
	default:
		return READ_ONCE(*ch->svc->enabled) ? HV_IC_STATE_CLOSED : HV_IC_STATE_DISABLED;
	}
}

static_assert(HVIC_LINK_NATIVE == (int)HV_IC_ABI_NATIVE);
static_assert(HVIC_LINK_LEGACY == (int)HV_IC_ABI_LEGACY);

static int put_owner(struct sk_buff *skb, const struct hvic_channel *ch)
{
	enum hvic_link_abi abi;
	struct nlattr *nest;
	pid_t pid;

	if (!ch->svc->needs_daemon || !hvic_daemon_owner(ch, &pid, &abi))
		return 0;
	nest = nla_nest_start(skb, HV_IC_A_SERVICE_OWNER);
	if (!nest || nla_put_u32(skb, HV_IC_A_OWNER_PID, pid) ||
	    nla_put_u32(skb, HV_IC_A_OWNER_ABI, abi))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_channel(struct sk_buff *skb, const struct hvic_channel *ch)
{
	lockdep_assert_held(&ch->lock);
	if (put_service(skb, ch->svc, channel_state(ch)) ||
	    nla_put_string(skb, HV_IC_A_SERVICE_INSTANCE, dev_name(ch->dev)) ||
	    nla_put_u32(skb, HV_IC_A_SERVICE_CHANNEL, hvic_vmbus_relid(ch)) ||
	    put_versions(skb, HV_IC_A_SERVICE_OFFERED, ch->offered, ch->n_offered) ||
	    put_owner(skb, ch) ||
	    put_counters(skb, &ch->stats) ||
	    put_outcome(skb, HV_IC_A_SERVICE_LAST_REQUEST, &ch->last) ||
	    put_outcome(skb, HV_IC_A_SERVICE_LAST_ERROR, &ch->last_error))
		return -EMSGSIZE;

	if (ch->state != HVIC_CHANNEL_READY)
		return 0;
	if (put_version(skb, HV_IC_A_SERVICE_FRAMEWORK, ch->versions.framework))
		return -EMSGSIZE;
	return put_version(skb, HV_IC_A_SERVICE_MESSAGE, ch->versions.message);
}

static void tell_service(struct hvic_channel *ch)
{
	struct message message = {};
	int ret;

	if (!has_listeners(GROUP_STATE))
		return;
	ret = message_begin(&message, HV_IC_CMD_SERVICE_NTF, NLMSG_GOODSIZE, GFP_ATOMIC);
	if (!ret)
		ret = put_channel(message.skb, ch);
	publish(&message, GROUP_STATE, ret);
}

static void tell_service_gone(struct hvic_channel *ch)
{
	struct message message = {};
	int ret;

	if (!has_listeners(GROUP_STATE))
		return;
	ret = message_begin(&message, HV_IC_CMD_SERVICE_NTF, NLMSG_GOODSIZE, GFP_ATOMIC);
	if (!ret)
		ret = put_service(message.skb, ch->svc, HV_IC_STATE_ABSENT) ?:
		      nla_put_string(message.skb, HV_IC_A_SERVICE_INSTANCE, dev_name(ch->dev));
	publish(&message, GROUP_STATE, ret);
}

static const struct hvic_service *find_service(u32 id)
{
	const struct hvic_service *svc;
	unsigned int i;

	for (i = 0; (svc = hvic_vmbus_service(i)); i++) {
		if (svc->type == id)
			return svc;
	}
	return NULL;
}

/* The service that a command is about, or NULL with the complaint made. */
static const struct hvic_service *required_service(struct genl_info *info)
{
	const struct hvic_service *svc;

	if (GENL_REQ_ATTR_CHECK(info, HV_IC_A_SERVICE_ID)) {
		GENL_SET_ERR_MSG(info, "which service? id is missing");
		return NULL;
	}
	svc = find_service(nla_get_u32(info->attrs[HV_IC_A_SERVICE_ID]));
	if (!svc)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[HV_IC_A_SERVICE_ID],
				    "no such service; a dump lists those that there are");
	return svc;
}

/**
 * struct service_search - a walk over the channels of one service
 * @svc: the service
 * @skb: where to put them
 * @dump: the dump that this is a part of, or NULL to stop at the first channel
 * @skip: so many have been dumped already
 * @n: channels that were met
 */
struct service_search {
	const struct hvic_service *svc;
	struct sk_buff *skb;
	struct netlink_callback *dump;
	unsigned long skip;
	unsigned long n;
};

static int get_one(struct hvic_channel *ch, void *arg)
{
	struct service_search *search = arg;
	int ret;

	if (ch->svc != search->svc)
		return 0;
	search->n++;
	spin_lock_bh(&ch->lock);
	ret = put_channel(search->skb, ch);
	spin_unlock_bh(&ch->lock);
	return ret ?: 1;
}

static int service_get(struct sk_buff *request, struct genl_info *info)
{
	struct service_search search = { .svc = required_service(info) };
	struct message message;
	int ret;

	if (!search.svc)
		return -EINVAL;
	ret = message_begin(&message, HV_IC_CMD_SERVICE_GET, NLMSG_GOODSIZE, GFP_KERNEL);
	if (ret)
		return ret;

	search.skb = message.skb;
	ret = hvic_vmbus_for_each_channel(get_one, &search);
	if (!search.n)
		ret = put_service(message.skb, search.svc, HV_IC_STATE_ABSENT);
	return message_reply(&message, info, min(ret, 0));
}

static void *dump_begin(struct sk_buff *skb, struct netlink_callback *dump, u8 command)
{
	return genlmsg_put(skb, NETLINK_CB(dump->skb).portid, dump->nlh->nlmsg_seq, &family,
			   NLM_F_MULTI, command);
}

static int dump_end(struct sk_buff *skb, struct netlink_callback *dump, void *header, int err)
{
	if (err) {
		genlmsg_cancel(skb, header);
		return err;
	}
	genl_dump_check_consistent(dump, header);
	genlmsg_end(skb, header);
	return 0;
}

/* A dump that does not fit goes on with the next buffer. */
static int dump_result(struct sk_buff *skb, int ret)
{
	return ret == -EMSGSIZE && skb->len ? skb->len : ret;
}

static int refuse_dump_attributes(struct netlink_callback *dump)
{
	if (!nlmsg_attrlen(dump->nlh, GENL_HDRLEN))
		return 0;
	NL_SET_ERR_MSG(dump->extack, "a dump tells all and takes no attributes");
	return -EINVAL;
}

static int dump_one(struct hvic_channel *ch, void *arg)
{
	struct service_search *search = arg;
	void *header;
	int ret;

	if (ch->svc != search->svc)
		return 0;
	if (search->n++ < search->skip)
		return 0;
	header = dump_begin(search->skb, search->dump, HV_IC_CMD_SERVICE_GET);
	if (!header)
		return -EMSGSIZE;
	spin_lock_bh(&ch->lock);
	ret = put_channel(search->skb, ch);
	spin_unlock_bh(&ch->lock);
	ret = dump_end(search->skb, search->dump, header, ret);
	if (!ret)
		search->skip++;
	return ret;
}

static int dump_absent(struct service_search *search)
{
	void *header = dump_begin(search->skb, search->dump, HV_IC_CMD_SERVICE_GET);

	if (!header)
		return -EMSGSIZE;
	return dump_end(search->skb, search->dump, header,
			put_service(search->skb, search->svc, HV_IC_STATE_ABSENT));
}

/* args[0] counts services, args[1] the channels of that service. */
static int service_dump(struct sk_buff *skb, struct netlink_callback *dump)
{
	int ret = refuse_dump_attributes(dump);

	dump->seq = hvic_vmbus_generation();
	while (!ret) {
		struct service_search search = {
			.svc = hvic_vmbus_service(dump->args[0]),
			.skb = skb,
			.dump = dump,
			.skip = dump->args[1],
		};

		if (!search.svc)
			break;
		ret = hvic_vmbus_for_each_channel(dump_one, &search);
		dump->args[1] = search.skip;
		if (!search.n)
			ret = dump_absent(&search);
		if (!ret) {
			dump->args[0]++;
			dump->args[1] = 0;
		}
	}
	return dump_result(skb, ret);
}

static int service_set(struct sk_buff *request, struct genl_info *info)
{
	const struct hvic_service *svc = required_service(info);
	int ret;

	if (!svc)
		return -EINVAL;
	if (GENL_REQ_ATTR_CHECK(info, HV_IC_A_SERVICE_ENABLED)) {
		GENL_SET_ERR_MSG(info, "on or off? enabled is missing");
		return -EINVAL;
	}
	WRITE_ONCE(*svc->enabled, nla_get_u8(info->attrs[HV_IC_A_SERVICE_ENABLED]));
	ret = hvic_vmbus_apply_switches();
	if (ret)
		GENL_SET_ERR_MSG(info, "a channel cannot be opened: see the kernel's log");
	return ret;
}

/* --- Time. --------------------------------------------------------------- */

static int put_time_point(struct sk_buff *skb, int type, const struct hvic_time_point *point)
{
	struct nlattr *nest;

	if (!point->when)
		return 0;
	nest = nla_nest_start(skb, type);
	if (!nest ||
	    nla_put_u64_64bit(skb, HV_IC_A_TIME_POINT_AGE, age_ms(point->when),
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

	if (ch->svc != &hvic_svc_timesync)
		return 0;
	spin_lock_bh(&ch->lock);
	ret = put_time_status(skb, hvic_timesync_status(ch));
	spin_unlock_bh(&ch->lock);
	return ret ?: 1;
}

static int time_get(struct sk_buff *request, struct genl_info *info)
{
	struct message message;
	int ret = message_begin(&message, HV_IC_CMD_TIME_GET, NLMSG_GOODSIZE, GFP_KERNEL);

	if (ret)
		return ret;
	ret = put_time_policy(message.skb);
	if (!ret)
		ret = hvic_vmbus_for_each_channel(put_time_channel, message.skb);
	return message_reply(&message, info, min(ret, 0));
}

static DEFINE_MUTEX(policy_lock);	/* held from reading a policy to writing it back */

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

static void tell_time_sample(const struct hvic_time_status *status, s64 offset)
{
	struct message message = {};
	int ret;

	if (!has_listeners(GROUP_TIME))
		return;
	ret = message_begin(&message, HV_IC_CMD_TIME_SAMPLE_NTF, 256, GFP_ATOMIC);
	if (!ret)
		ret = nla_put_s64(message.skb, HV_IC_A_TIME_OFFSET, offset, HV_IC_A_TIME_PAD) ?:
		      put_time_u64(message.skb, HV_IC_A_TIME_NOISE, status->noise) ?:
		      put_time_u64(message.skb, HV_IC_A_TIME_SAMPLES, status->samples) ?:
		      nla_put_u32(message.skb, HV_IC_A_TIME_LEAP, status->leap) ?:
		      nla_put_u32(message.skb, HV_IC_A_TIME_STRATUM, status->stratum);
	publish(&message, GROUP_TIME, ret);
}

static void tell_time_step(const struct hvic_time_status *status, s64 offset,
			   enum hv_ic_step_cause cause, bool refused)
{
	struct message message = {};
	int ret;

	if (!has_listeners(GROUP_TIME))
		return;
	ret = message_begin(&message, HV_IC_CMD_TIME_STEP_NTF, 256, GFP_ATOMIC);
	if (!ret)
		ret = nla_put_s64(message.skb, HV_IC_A_TIME_OFFSET, offset, HV_IC_A_TIME_PAD) ?:
		      nla_put_u32(message.skb, HV_IC_A_TIME_CAUSE, cause) ?:
		      put_time_u64(message.skb, HV_IC_A_TIME_STEPS, status->steps) ?:
		      put_time_u64(message.skb, HV_IC_A_TIME_REFUSED_STEPS, status->refused_steps);
	if (!ret && refused)
		ret = nla_put_flag(message.skb, HV_IC_A_TIME_REFUSED);
	publish(&message, GROUP_TIME, ret);
}

/* --- Health. ------------------------------------------------------------- */

/* The reporter that a command is about, or NULL with the complaint made. */
static const char *required_reporter(struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[HV_IC_A_HEALTH_NAME];
	const char *name, *at;

	if (GENL_REQ_ATTR_CHECK(info, HV_IC_A_HEALTH_NAME)) {
		GENL_SET_ERR_MSG(info, "which reporter? name is missing");
		return NULL;
	}
	name = nla_data(attr);
	for (at = name; *at; at++) {
		if (*at <= ' ' || *at > '~')
			break;
	}
	if (at == name || *at) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "a name is one or more printable ASCII characters without spaces");
		return NULL;
	}
	return name;
}

static int health_get(struct sk_buff *request, struct genl_info *info)
{
	struct message message;
	int ret = message_begin(&message, HV_IC_CMD_HEALTH_GET, 64, GFP_KERNEL);

	if (ret)
		return ret;
	ret = nla_put_u32(message.skb, HV_IC_A_HEALTH_COMBINED, hvic_health_combined()) ?:
	      nla_put_u32(message.skb, HV_IC_A_HEALTH_REPORTERS, hvic_health_count());
	return message_reply(&message, info, ret);
}

static int dump_report(struct sk_buff *skb, struct netlink_callback *dump,
		       const struct hvic_health_report *report)
{
	void *header = dump_begin(skb, dump, HV_IC_CMD_HEALTH_GET);
	int ret;

	if (!header)
		return -EMSGSIZE;
	ret = nla_put_string(skb, HV_IC_A_HEALTH_NAME, report->name) ?:
	      nla_put_u32(skb, HV_IC_A_HEALTH_STATE, report->state);
	if (!ret && report->ttl)
		ret = nla_put_u32(skb, HV_IC_A_HEALTH_TTL, report->ttl) ?:
		      nla_put_u32(skb, HV_IC_A_HEALTH_REMAINING, report->remaining);
	return dump_end(skb, dump, header, ret);
}

/* args[0] counts reporters. */
static int health_dump(struct sk_buff *skb, struct netlink_callback *dump)
{
	struct hvic_health_report report;
	int ret = refuse_dump_attributes(dump);

	dump->seq = hvic_health_generation();
	while (!ret && !hvic_health_at(dump->args[0], &report)) {
		ret = dump_report(skb, dump, &report);
		if (!ret)
			dump->args[0]++;
	}
	return dump_result(skb, ret);
}

static int health_set(struct sk_buff *request, struct genl_info *info)
{
	const struct nlattr *ttl = info->attrs[HV_IC_A_HEALTH_TTL];
	const char *name = required_reporter(info);
	int ret;

	if (!name)
		return -EINVAL;
	if (GENL_REQ_ATTR_CHECK(info, HV_IC_A_HEALTH_STATE)) {
		GENL_SET_ERR_MSG(info, "healthy or critical? state is missing");
		return -EINVAL;
	}
	ret = hvic_health_set(name, nla_get_u32(info->attrs[HV_IC_A_HEALTH_STATE]),
			      ttl ? nla_get_u32(ttl) : 0);
	if (ret == -ENOSPC)
		GENL_SET_ERR_MSG(info, "too many reporters: clear one first");
	return ret;
}

static int health_clear(struct sk_buff *request, struct genl_info *info)
{
	const char *name = required_reporter(info);
	int ret;

	if (!name)
		return -EINVAL;
	ret = hvic_health_clear(name);
	if (ret == -ENOENT)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[HV_IC_A_HEALTH_NAME],
				    "no reporter has that name");
	return ret;
}

static void tell_health(const struct hvic_health_change *change)
{
	struct message message = {};
	int ret;

	if (!has_listeners(GROUP_HEALTH))
		return;
	ret = message_begin(&message, HV_IC_CMD_HEALTH_NTF, 256, GFP_ATOMIC);
	if (!ret)
		ret = nla_put_u32(message.skb, HV_IC_A_HEALTH_CAUSE, change->cause) ?:
		      nla_put_u32(message.skb, HV_IC_A_HEALTH_COMBINED, change->combined) ?:
		      nla_put_u32(message.skb, HV_IC_A_HEALTH_REPORTERS, change->n_reporters);
	if (!ret && change->name)
		ret = nla_put_string(message.skb, HV_IC_A_HEALTH_NAME, change->name) ?:
		      nla_put_u32(message.skb, HV_IC_A_HEALTH_STATE, change->state);
	publish(&message, GROUP_HEALTH, ret);
}

/* --- Shutdown. ----------------------------------------------------------- */

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
	    nla_put_u64_64bit(skb, HV_IC_A_REQUEST_AGE, age_ms(info->when), HV_IC_A_REQUEST_PAD))
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

	if (ch->svc != &hvic_svc_shutdown)
		return 0;
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
	struct message message;
	int ret = message_begin(&message, HV_IC_CMD_SHUTDOWN_GET, 3 * REQUEST_ROOM, GFP_KERNEL);

	if (ret)
		return ret;
	ret = put_shutdown_policy(message.skb) ?: put_handler(message.skb);
	if (!ret)
		ret = hvic_vmbus_for_each_channel(put_requests, message.skb);
	return message_reply(&message, info, min(ret, 0));
}

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

static void tell_shutdown(const struct hvic_shutdown_info *info)
{
	struct message message = {};
	int ret;

	if (!has_listeners(GROUP_REQUEST))
		return;
	ret = message_begin(&message, HV_IC_CMD_SHUTDOWN_NTF, REQUEST_ROOM, GFP_ATOMIC);
	if (!ret)
		ret = put_request(message.skb, info);
	publish(&message, GROUP_REQUEST, ret);
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

	if (ch->svc != &hvic_svc_shutdown)
		return 0;
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
	hvic_vmbus_for_each_channel(steer_one, &steering);

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
	struct message message;
	u32 portid;
	int ret;

	spin_lock_bh(&handler_lock);
	portid = handler.portid;
	spin_unlock_bh(&handler_lock);
	if (!portid)
		return -ENOTCONN;

	ret = message_begin(&message, command, REQUEST_ROOM, GFP_ATOMIC);
	if (ret)
		return ret;
	ret = put_request(message.skb, info);
	if (ret) {
		nlmsg_free(message.skb);
		return ret;
	}
	genlmsg_end(message.skb, message.header);
	return genlmsg_unicast(&init_net, message.skb, portid);
}

static int ask_handler(const struct hvic_shutdown_info *info)
{
	return send_to_handler(HV_IC_CMD_HANDLER_ASK_NTF, info);
}

static int order_handler(const struct hvic_shutdown_info *info)
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

static int handler_gone(struct hvic_channel *ch, void *unused)
{
	if (ch->svc == &hvic_svc_shutdown)
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
		hvic_vmbus_for_each_channel(handler_gone, NULL);
	return was_handler;
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

	if (ch->svc != &hvic_svc_shutdown)
		return 0;
	reply->ret = hvic_shutdown_decide(ch, reply->id, reply->decision);
	return reply->ret == -ESTALE ? 0 : 1;
}

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
	hvic_vmbus_for_each_channel(reply_one, &reply);

	if (reply.ret == -ESTALE)
		GENL_SET_ERR_MSG(info, "nobody waits for that answer, or not any more");
	else if (reply.ret == -EINVAL)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[HV_IC_A_REQUEST_DECISION],
				    "accepted, locked or unsupported answer ask; done or failed answer act");
	return reply.ret;
}

/* A handler that closes its socket is gone, however it came to that. */
static int socket_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC &&
	    net_eq(notify->net, &init_net))
		detach(notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_event,
};

/* --- Backup and file copy. ----------------------------------------------- */

static void tell_vss(enum hv_ic_vss_phase phase, ktime_t since, pid_t holder, int err)
{
	struct message message = {};
	int ret;

	if (!has_listeners(GROUP_VSS))
		return;
	ret = message_begin(&message, HV_IC_CMD_VSS_NTF, 128, GFP_ATOMIC);
	if (!ret)
		ret = nla_put_u32(message.skb, HV_IC_A_VSS_PHASE, phase) ?:
		      nla_put_u64_64bit(message.skb, HV_IC_A_VSS_DURATION, age_ms(since),
					HV_IC_A_VSS_PAD);
	if (!ret && holder)
		ret = nla_put_u32(message.skb, HV_IC_A_VSS_HOLDER, holder);
	if (!ret && err)
		ret = nla_put_u32(message.skb, HV_IC_A_VSS_STATUS, hvic_status_from_errno(err));
	publish(&message, GROUP_VSS, ret);
}

static void tell_fcopy(enum hv_ic_fcopy_phase phase, const char *name, u64 size, u64 done,
		       int err)
{
	struct message message = {};
	int ret;

	if (!has_listeners(GROUP_FCOPY))
		return;
	ret = message_begin(&message, HV_IC_CMD_FCOPY_NTF, HV_IC_FCOPY_NAME_SIZE + 128, GFP_ATOMIC);
	if (!ret)
		ret = nla_put_u32(message.skb, HV_IC_A_FCOPY_PHASE, phase) ?:
		      nla_put_string(message.skb, HV_IC_A_FCOPY_NAME, name) ?:
		      nla_put_u64_64bit(message.skb, HV_IC_A_FCOPY_SIZE, size,
					HV_IC_A_FCOPY_PAD) ?:
		      nla_put_u64_64bit(message.skb, HV_IC_A_FCOPY_DONE, done, HV_IC_A_FCOPY_PAD);
	if (!ret && err)
		ret = nla_put_u32(message.skb, HV_IC_A_FCOPY_STATUS, hvic_status_from_errno(err));
	publish(&message, GROUP_FCOPY, ret);
}

/* --- The family. --------------------------------------------------------- */

static const struct nla_policy service_get_policy[] = {
	[HV_IC_A_SERVICE_ID]		= NLA_POLICY_RANGE(NLA_U32, HV_IC_SERVICE_HEARTBEAT,
							   HV_IC_SERVICE_FCOPY),
};

static const struct nla_policy service_set_policy[] = {
	[HV_IC_A_SERVICE_ID]		= NLA_POLICY_RANGE(NLA_U32, HV_IC_SERVICE_HEARTBEAT,
							   HV_IC_SERVICE_FCOPY),
	[HV_IC_A_SERVICE_ENABLED]	= NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy time_set_policy[] = {
	[HV_IC_A_TIME_MODE]		= NLA_POLICY_MAX(NLA_U32, HV_IC_TIME_MODE_IMPLICIT),
	[HV_IC_A_TIME_MAX_STEP]		= { .type = NLA_U32 },
	[HV_IC_A_TIME_BACKWARD]		= NLA_POLICY_MAX(NLA_U8, 1),
	[HV_IC_A_TIME_IMPLICIT_GAP]	= NLA_POLICY_MIN(NLA_U32, 1),
};

static struct netlink_range_validation ttl_range = { .min = 1, .max = S32_MAX };

static const struct nla_policy health_set_policy[] = {
	[HV_IC_A_HEALTH_NAME]		= { .type = NLA_NUL_STRING, .len = HV_IC_NAME_MAX },
	[HV_IC_A_HEALTH_STATE]		= NLA_POLICY_RANGE(NLA_U32, HV_IC_HEALTH_HEALTHY,
							   HV_IC_HEALTH_CRITICAL),
	[HV_IC_A_HEALTH_TTL]		= NLA_POLICY_FULL_RANGE(NLA_U32, &ttl_range),
};

static const struct nla_policy health_clear_policy[] = {
	[HV_IC_A_HEALTH_NAME]		= { .type = NLA_NUL_STRING, .len = HV_IC_NAME_MAX },
};

static struct netlink_range_validation grace_range = { .max = 24 * 60 * 60 };

static const struct nla_policy shutdown_set_policy[] = {
	[HV_IC_A_SHUTDOWN_POWEROFF]	= NLA_POLICY_MAX(NLA_U32, HV_IC_POLICY_NOTIFY),
	[HV_IC_A_SHUTDOWN_REBOOT]	= NLA_POLICY_MAX(NLA_U32, HV_IC_POLICY_NOTIFY),
	[HV_IC_A_SHUTDOWN_HIBERNATE]	= NLA_POLICY_MAX(NLA_U32, HV_IC_POLICY_NOTIFY),
	[HV_IC_A_SHUTDOWN_GRACE]	= NLA_POLICY_FULL_RANGE(NLA_U32, &grace_range),
};

static const struct nla_policy shutdown_steer_policy[] = {
	[HV_IC_A_REQUEST_ID]		= { .type = NLA_U64 },
};

static const struct nla_policy handler_reply_policy[] = {
	[HV_IC_A_REQUEST_ID]		= { .type = NLA_U64 },
	[HV_IC_A_REQUEST_DECISION]	= NLA_POLICY_MAX(NLA_U32, HV_IC_DECISION_FAILED),
};

/* Those without a policy take no attributes. */
static const struct genl_ops ops[] = {
	{ .cmd = HV_IC_CMD_SERVICE_GET, .doit = service_get, .dumpit = service_dump,
	  .policy = service_get_policy, .maxattr = ARRAY_SIZE(service_get_policy) - 1 },
	{ .cmd = HV_IC_CMD_SERVICE_SET, .doit = service_set, .flags = GENL_ADMIN_PERM,
	  .policy = service_set_policy, .maxattr = ARRAY_SIZE(service_set_policy) - 1 },
	{ .cmd = HV_IC_CMD_TIME_GET, .doit = time_get },
	{ .cmd = HV_IC_CMD_TIME_SET, .doit = time_set, .flags = GENL_ADMIN_PERM,
	  .policy = time_set_policy, .maxattr = ARRAY_SIZE(time_set_policy) - 1 },
	{ .cmd = HV_IC_CMD_HEALTH_GET, .doit = health_get, .dumpit = health_dump },
	{ .cmd = HV_IC_CMD_HEALTH_SET, .doit = health_set, .flags = GENL_ADMIN_PERM,
	  .policy = health_set_policy, .maxattr = ARRAY_SIZE(health_set_policy) - 1 },
	{ .cmd = HV_IC_CMD_HEALTH_CLEAR, .doit = health_clear, .flags = GENL_ADMIN_PERM,
	  .policy = health_clear_policy, .maxattr = ARRAY_SIZE(health_clear_policy) - 1 },
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

const struct hvic_event_ops hvic_genl_events = {
	.service = tell_service,
	.service_gone = tell_service_gone,
	.time_sample = tell_time_sample,
	.time_step = tell_time_step,
	.health = tell_health,
	.vss = tell_vss,
	.fcopy = tell_fcopy,
	.shutdown = tell_shutdown,
	.ask = ask_handler,
	.act = order_handler,
};

/* It exists in the initial network namespace only: there is one host. */
static struct genl_family family __ro_after_init = {
	.name = HV_IC_FAMILY_NAME,
	.version = HV_IC_FAMILY_VERSION,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/**
 * hvic_genl_init() - make the family known
 *
 * Context: may sleep.
 * Return: 0, or a negative errno.
 */
int hvic_genl_init(void)
{
	int ret = netlink_register_notifier(&socket_notifier);

	if (ret)
		return ret;
	ret = genl_register_family(&family);
	if (ret) {
		netlink_unregister_notifier(&socket_notifier);
		return ret;
	}
	events_open = true;
	return 0;
}

/**
 * hvic_genl_exit() - take the family away
 *
 * Context: may sleep. When it has returned no command is running and events go
 * nowhere.
 */
void hvic_genl_exit(void)
{
	/* ORDER: the groups may be somebody else's as soon as the family is gone. */
	spin_lock_bh(&event_lock);
	events_open = false;
	spin_unlock_bh(&event_lock);

	genl_unregister_family(&family);
	netlink_unregister_notifier(&socket_notifier);
}
