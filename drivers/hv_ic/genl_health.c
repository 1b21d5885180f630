// SPDX-License-Identifier: GPL-2.0
/* Health: what applications report of themselves. */
#include "genl_message.h"
#include "genl_subject.h"
#include "health.h"

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
	struct hvic_genl_message message;
	int ret = hvic_genl_message_begin(&message, HV_IC_CMD_HEALTH_GET, 64, GFP_KERNEL);

	if (ret)
		return ret;
	ret = nla_put_u32(message.skb, HV_IC_A_HEALTH_COMBINED, hvic_health_combined()) ?:
	      nla_put_u32(message.skb, HV_IC_A_HEALTH_REPORTERS, hvic_health_count());
	return hvic_genl_message_reply(&message, info, ret);
}

static int dump_report(struct sk_buff *skb, struct netlink_callback *dump,
		       const struct hvic_health_report *report)
{
	void *header = hvic_genl_dump_begin(skb, dump, HV_IC_CMD_HEALTH_GET);
	int ret;

	if (!header)
		return -EMSGSIZE;
	ret = nla_put_string(skb, HV_IC_A_HEALTH_NAME, report->name) ?:
	      nla_put_u32(skb, HV_IC_A_HEALTH_STATE, report->state);
	if (!ret && report->ttl)
		ret = nla_put_u32(skb, HV_IC_A_HEALTH_TTL, report->ttl) ?:
		      nla_put_u32(skb, HV_IC_A_HEALTH_REMAINING, report->remaining);
	return hvic_genl_dump_end(skb, dump, header, ret);
}

/* args[0] counts reporters. */
static int health_dump(struct sk_buff *skb, struct netlink_callback *dump)
{
	struct hvic_health_report report;
	int ret = hvic_genl_dump_check(dump);

	dump->seq = hvic_health_generation();
	while (!ret && !hvic_health_at(dump->args[0], &report)) {
		ret = dump_report(skb, dump, &report);
		if (!ret)
			dump->args[0]++;
	}
	return hvic_genl_dump_result(skb, ret);
}

static struct netlink_range_validation ttl_range = { .min = 1, .max = S32_MAX };

static const struct nla_policy health_set_policy[] = {
	[HV_IC_A_HEALTH_NAME]		= { .type = NLA_NUL_STRING, .len = HV_IC_NAME_MAX },
	[HV_IC_A_HEALTH_STATE]		= NLA_POLICY_RANGE(NLA_U32, HV_IC_HEALTH_HEALTHY,
							   HV_IC_HEALTH_CRITICAL),
	[HV_IC_A_HEALTH_TTL]		= NLA_POLICY_FULL_RANGE(NLA_U32, &ttl_range),
};

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

static const struct nla_policy health_clear_policy[] = {
	[HV_IC_A_HEALTH_NAME]		= { .type = NLA_NUL_STRING, .len = HV_IC_NAME_MAX },
};

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

/**
 * hvic_genl_tell_health() - tell that the health of applications has changed
 * @change: what it is now, and by whom
 *
 * Context: any.
 */
void hvic_genl_tell_health(const struct hvic_health_change *change)
{
	struct hvic_genl_message event;
	int ret;

	if (!hvic_genl_event_begin(&event, HVIC_GENL_HEALTH, HV_IC_CMD_HEALTH_NTF, 256))
		return;
	ret = nla_put_u32(event.skb, HV_IC_A_HEALTH_CAUSE, change->cause) ?:
	      nla_put_u32(event.skb, HV_IC_A_HEALTH_COMBINED, change->combined) ?:
	      nla_put_u32(event.skb, HV_IC_A_HEALTH_REPORTERS, change->n_reporters);
	if (!ret && change->name)
		ret = nla_put_string(event.skb, HV_IC_A_HEALTH_NAME, change->name) ?:
		      nla_put_u32(event.skb, HV_IC_A_HEALTH_STATE, change->state);
	hvic_genl_event_send(&event, ret);
}

static const struct genl_ops ops[] = {
	{ .cmd = HV_IC_CMD_HEALTH_GET, .doit = health_get, .dumpit = health_dump },
	{ .cmd = HV_IC_CMD_HEALTH_SET, .doit = health_set, .flags = GENL_ADMIN_PERM,
	  .policy = health_set_policy, .maxattr = ARRAY_SIZE(health_set_policy) - 1 },
	{ .cmd = HV_IC_CMD_HEALTH_CLEAR, .doit = health_clear, .flags = GENL_ADMIN_PERM,
	  .policy = health_clear_policy, .maxattr = ARRAY_SIZE(health_clear_policy) - 1 },
};

const struct hvic_genl_subject hvic_genl_health = {
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
};
