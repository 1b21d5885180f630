// SPDX-License-Identifier: GPL-2.0
/* Services: what each is doing, and its switch. */
#include <linux/lockdep.h>
#include <linux/spinlock.h>

#include "channel.h"
#include "daemon.h"
#include "genl_message.h"
#include "genl_subject.h"
#include "hold.h"
#include "vmbus.h"

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
	    nla_put_u64_64bit(skb, HV_IC_A_OUTCOME_AGE, hvic_genl_age_ms(outcome->when),
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

static int put_session(struct sk_buff *skb, struct hvic_channel *ch)
{
	const struct hvic_service_ops *ops = ch->svc->ops;

	if (!ops->in_session || !ops->in_session(ch))
		return 0;
	return nla_put_flag(skb, HV_IC_A_SERVICE_IN_SESSION);
}

static int put_holds(struct sk_buff *skb, const struct hvic_channel *ch)
{
	struct hvic_hold_status holds;
	struct nlattr *nest;

	if (ch->svc != &hvic_svc_vss)
		return 0;
	hvic_hold_get_status(&holds);
	if (!holds.n)
		return 0;
	nest = nla_nest_start(skb, HV_IC_A_SERVICE_HOLDS);
	if (!nest || nla_put_u32(skb, HV_IC_A_HOLDS_COUNT, holds.n) ||
	    nla_put_u64_64bit(skb, HV_IC_A_HOLDS_AGE, hvic_genl_age_ms(holds.since),
			      HV_IC_A_HOLDS_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_channel(struct sk_buff *skb, struct hvic_channel *ch)
{
	lockdep_assert_held(&ch->lock);
	if (put_service(skb, ch->svc, channel_state(ch)) ||
	    nla_put_string(skb, HV_IC_A_SERVICE_INSTANCE, dev_name(ch->dev)) ||
	    nla_put_u32(skb, HV_IC_A_SERVICE_CHANNEL, hvic_vmbus_relid(ch)) ||
	    put_versions(skb, HV_IC_A_SERVICE_OFFERED, ch->offered, ch->n_offered) ||
	    put_owner(skb, ch) ||
	    put_session(skb, ch) ||
	    put_holds(skb, ch) ||
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

/**
 * hvic_genl_tell_service() - tell that the state of a service has changed
 * @ch: its channel
 *
 * Context: any; the channel's lock is held.
 */
void hvic_genl_tell_service(struct hvic_channel *ch)
{
	struct hvic_genl_message event;

	if (hvic_genl_event_begin(&event, HVIC_GENL_STATE, HV_IC_CMD_SERVICE_NTF, NLMSG_GOODSIZE))
		hvic_genl_event_send(&event, put_channel(event.skb, ch));
}

/**
 * hvic_genl_tell_service_gone() - tell that a channel is not there any more
 * @ch: the channel, closed
 *
 * Context: any.
 */
void hvic_genl_tell_service_gone(struct hvic_channel *ch)
{
	struct hvic_genl_message event;
	int ret;

	if (!hvic_genl_event_begin(&event, HVIC_GENL_STATE, HV_IC_CMD_SERVICE_NTF, NLMSG_GOODSIZE))
		return;
	ret = put_service(event.skb, ch->svc, HV_IC_STATE_ABSENT) ?:
	      nla_put_string(event.skb, HV_IC_A_SERVICE_INSTANCE, dev_name(ch->dev));
	hvic_genl_event_send(&event, ret);
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

static int get_one(struct hvic_channel *ch, void *skb)
{
	int ret;

	spin_lock_bh(&ch->lock);
	ret = put_channel(skb, ch);
	spin_unlock_bh(&ch->lock);
	return ret ?: 1;
}

static const struct nla_policy service_get_policy[] = {
	[HV_IC_A_SERVICE_ID]		= NLA_POLICY_RANGE(NLA_U32, HV_IC_SERVICE_HEARTBEAT,
							   HV_IC_SERVICE_FCOPY),
};

static int service_get(struct sk_buff *request, struct genl_info *info)
{
	const struct hvic_service *svc = required_service(info);
	struct hvic_genl_message message;
	int ret;

	if (!svc)
		return -EINVAL;
	ret = hvic_genl_message_begin(&message, HV_IC_CMD_SERVICE_GET, NLMSG_GOODSIZE, GFP_KERNEL);
	if (ret)
		return ret;

	ret = hvic_vmbus_for_each_channel(svc, get_one, message.skb);
	if (!ret)
		ret = put_service(message.skb, svc, HV_IC_STATE_ABSENT);
	return hvic_genl_message_reply(&message, info, min(ret, 0));
}

/**
 * struct service_dump - the part of a dump that is about one service
 * @svc: the service
 * @skb: the buffer that is being filled
 * @dump: the dump
 * @skip: channels that have been dumped
 * @n: channels that were met
 */
struct service_dump {
	const struct hvic_service *svc;
	struct sk_buff *skb;
	struct netlink_callback *dump;
	unsigned long skip;
	unsigned long n;
};

static int dump_one(struct hvic_channel *ch, void *arg)
{
	struct service_dump *part = arg;
	void *header;
	int ret;

	if (part->n++ < part->skip)
		return 0;
	header = hvic_genl_dump_begin(part->skb, part->dump, HV_IC_CMD_SERVICE_GET);
	if (!header)
		return -EMSGSIZE;
	spin_lock_bh(&ch->lock);
	ret = put_channel(part->skb, ch);
	spin_unlock_bh(&ch->lock);
	ret = hvic_genl_dump_end(part->skb, part->dump, header, ret);
	if (!ret)
		part->skip++;
	return ret;
}

static int dump_absent(struct service_dump *part)
{
	void *header = hvic_genl_dump_begin(part->skb, part->dump, HV_IC_CMD_SERVICE_GET);

	if (!header)
		return -EMSGSIZE;
	return hvic_genl_dump_end(part->skb, part->dump, header,
			put_service(part->skb, part->svc, HV_IC_STATE_ABSENT));
}

/* args[0] counts services, args[1] the channels of that service. */
static int service_dump(struct sk_buff *skb, struct netlink_callback *dump)
{
	int ret = hvic_genl_dump_check(dump);

	dump->seq = hvic_vmbus_generation();
	while (!ret) {
		struct service_dump part = {
			.svc = hvic_vmbus_service(dump->args[0]),
			.skb = skb,
			.dump = dump,
			.skip = dump->args[1],
		};

		if (!part.svc)
			break;
		ret = hvic_vmbus_for_each_channel(part.svc, dump_one, &part);
		dump->args[1] = part.skip;
		if (!part.n)
			ret = dump_absent(&part);
		if (!ret) {
			dump->args[0]++;
			dump->args[1] = 0;
		}
	}
	return hvic_genl_dump_result(skb, ret);
}

static const struct nla_policy service_set_policy[] = {
	[HV_IC_A_SERVICE_ID]		= NLA_POLICY_RANGE(NLA_U32, HV_IC_SERVICE_HEARTBEAT,
							   HV_IC_SERVICE_FCOPY),
	[HV_IC_A_SERVICE_ENABLED]	= NLA_POLICY_MAX(NLA_U8, 1),
};

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
	ret = hvic_vmbus_apply_switch_of(svc);
	if (ret == -ETIMEDOUT)
		GENL_SET_ERR_MSG(info, "set, but the host has not answered yet");
	else if (ret)
		GENL_SET_ERR_MSG(info, "a channel cannot be opened: see the kernel's log");
	return ret;
}

static const struct genl_ops ops[] = {
	{ .cmd = HV_IC_CMD_SERVICE_GET, .doit = service_get, .dumpit = service_dump,
	  .policy = service_get_policy, .maxattr = ARRAY_SIZE(service_get_policy) - 1 },
	{ .cmd = HV_IC_CMD_SERVICE_SET, .doit = service_set, .flags = GENL_ADMIN_PERM,
	  .policy = service_set_policy, .maxattr = ARRAY_SIZE(service_set_policy) - 1 },
};

const struct hvic_genl_subject hvic_genl_service = {
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
};
