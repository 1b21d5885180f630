// SPDX-License-Identifier: GPL-2.0
/*
 * The family as its subjects see it: how a message is built, how an event is
 * numbered and sent.
 *
 * Events are sent from wherever something happens, often from softirq with the
 * lock of a channel held. They take memory without waiting, and a listener that
 * does not keep up loses events and finds a gap in their numbers.
 */
#include "genl_message.h"

#include <linux/module.h>
#include <linux/spinlock.h>

static const struct genl_multicast_group groups[] = {
	[HVIC_GENL_STATE]	= { .name = HV_IC_MCGRP_STATE },
	[HVIC_GENL_REQUEST]	= { .name = HV_IC_MCGRP_REQUEST },
	[HVIC_GENL_TIME]	= { .name = HV_IC_MCGRP_TIME },
	[HVIC_GENL_HEALTH]	= { .name = HV_IC_MCGRP_HEALTH },
	[HVIC_GENL_VSS]		= { .name = HV_IC_MCGRP_VSS },
	[HVIC_GENL_FCOPY]	= { .name = HV_IC_MCGRP_FCOPY },
};

static_assert(ARRAY_SIZE(groups) == HVIC_GENL_GROUPS);

/* It exists in the initial network namespace only: there is one host. */
static struct genl_family family = {
	.name = HV_IC_FAMILY_NAME,
	.version = HV_IC_FAMILY_VERSION,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

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

/* --- Messages. ----------------------------------------------------------- */

/**
 * hvic_genl_message_begin() - begin a message
 * @message: set if there was memory
 * @command: what it answers or tells
 * @room: for its attributes, in bytes
 * @gfp: how to allocate it
 *
 * Context: any that @gfp allows.
 * Return: 0 or %-ENOMEM. hvic_genl_message_reply() or hvic_genl_message_send()
 * must follow a 0.
 */
int hvic_genl_message_begin(struct hvic_genl_message *message, u8 command, size_t room, gfp_t gfp)
{
	message->skb = genlmsg_new(room, gfp);
	if (!message->skb)
		return -ENOMEM;
	message->header = genlmsg_put(message->skb, 0, 0, &family, 0, command);
	return 0;
}

/**
 * hvic_genl_message_reply() - answer a command
 * @message: consumed
 * @info: the command
 * @err: 0, or why the message could not be filled
 *
 * Context: may sleep.
 * Return: @err, or 0 with the message on its way to the process that asked, or
 * another negative errno.
 */
int hvic_genl_message_reply(struct hvic_genl_message *message, struct genl_info *info, int err)
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

/**
 * hvic_genl_message_send() - send a message to one socket
 * @message: consumed
 * @portid: of the socket
 * @err: 0, or why the message could not be filled
 *
 * Context: any.
 * Return: @err, or 0 if the socket has the message, or another negative errno.
 */
int hvic_genl_message_send(struct hvic_genl_message *message, u32 portid, int err)
{
	if (err) {
		nlmsg_free(message->skb);
		return err;
	}
	genlmsg_end(message->skb, message->header);
	return genlmsg_unicast(&init_net, message->skb, portid);
}

/**
 * hvic_genl_age_ms() - how long something has been so
 * @when: it became so, of ktime_get_boottime()
 *
 * Context: any.
 * Return: milliseconds from then to now.
 */
u64 hvic_genl_age_ms(ktime_t when)
{
	return max_t(s64, 0, ktime_ms_delta(ktime_get_boottime(), when));
}

/* --- Events. ------------------------------------------------------------- */

static DEFINE_SPINLOCK(event_lock);	/* guards all below; nests inside all others */
static bool events_open;
static u64 event_numbers[HVIC_GENL_GROUPS];

/**
 * hvic_genl_event_begin() - begin an event, if there is anyone to tell
 * @event: set if so
 * @group: that it is for
 * @command: what it tells
 * @room: for its attributes, in bytes
 *
 * Context: any.
 * Return: true if @event is to be filled; hvic_genl_event_send() must follow.
 */
bool hvic_genl_event_begin(struct hvic_genl_message *event, enum hvic_genl_group group, u8 command,
			   size_t room)
{
	if (!genl_has_listeners(&family, &init_net, group))
		return false;
	event->group = group;
	if (!hvic_genl_message_begin(event, command, room, GFP_ATOMIC))
		return true;
	hvic_genl_event_send(event, -ENOMEM);
	return false;
}

/**
 * hvic_genl_event_send() - number an event and send it to its group
 * @event: consumed
 * @err: 0, or why the event could not be filled: it has its number all the
 *	same, so that listeners see the loss
 *
 * Numbers and sends in one go, so that events arrive in the order of their
 * numbers.
 *
 * Context: any.
 */
void hvic_genl_event_send(struct hvic_genl_message *event, int err)
{
	struct sk_buff *skb = event->skb;
	u64 number;

	spin_lock_bh(&event_lock);
	if (!events_open) {
		nlmsg_free(skb);
		goto unlock;
	}
	number = ++event_numbers[event->group];
	if (err || nla_put_u64_64bit(skb, ATTR_EVENT, number, ATTR_EVENT_PAD)) {
		nlmsg_free(skb);
		goto unlock;
	}
	genlmsg_end(skb, event->header);
	genlmsg_multicast(&family, skb, 0, event->group, GFP_ATOMIC);
unlock:
	spin_unlock_bh(&event_lock);
}

/* --- Dumps. -------------------------------------------------------------- */

/**
 * hvic_genl_dump_check() - refuse a dump that asks for less than all
 * @dump: the dump
 *
 * Context: any.
 * Return: 0, or %-EINVAL with the complaint made.
 */
int hvic_genl_dump_check(struct netlink_callback *dump)
{
	if (!nlmsg_attrlen(dump->nlh, GENL_HDRLEN))
		return 0;
	NL_SET_ERR_MSG(dump->extack, "a dump tells all and takes no attributes");
	return -EINVAL;
}

/**
 * hvic_genl_dump_begin() - begin a message of a dump
 * @skb: the buffer that the dump fills
 * @dump: the dump
 * @command: that the dump answers
 *
 * Context: any.
 * Return: the header, or NULL if the buffer is full.
 */
void *hvic_genl_dump_begin(struct sk_buff *skb, struct netlink_callback *dump, u8 command)
{
	return genlmsg_put(skb, NETLINK_CB(dump->skb).portid, dump->nlh->nlmsg_seq, &family,
			   NLM_F_MULTI, command);
}

/**
 * hvic_genl_dump_end() - end a message of a dump
 * @skb: the buffer that the dump fills
 * @dump: the dump
 * @header: that hvic_genl_dump_begin() returned
 * @err: 0, or why the message could not be filled: it is taken out again
 *
 * Context: any.
 * Return: @err.
 */
int hvic_genl_dump_end(struct sk_buff *skb, struct netlink_callback *dump, void *header, int err)
{
	if (err) {
		genlmsg_cancel(skb, header);
		return err;
	}
	genl_dump_check_consistent(dump, header);
	genlmsg_end(skb, header);
	return 0;
}

/**
 * hvic_genl_dump_result() - what a dump returns
 * @skb: the buffer that it has filled
 * @ret: 0 if all has been told, or why it has stopped
 *
 * Context: any.
 * Return: @ret, or a positive number if the dump goes on with the next buffer.
 */
int hvic_genl_dump_result(struct sk_buff *skb, int ret)
{
	return ret == -EMSGSIZE && skb->len ? skb->len : ret;
}

/* --- The family. --------------------------------------------------------- */

/**
 * hvic_genl_register() - make the family known
 * @ops: its commands, which stay as long as the family
 * @n_ops: how many
 *
 * Context: may sleep.
 * Return: 0, or a negative errno.
 */
int hvic_genl_register(const struct genl_ops *ops, unsigned int n_ops)
{
	int ret;

	family.ops = ops;
	family.n_ops = n_ops;
	ret = genl_register_family(&family);
	if (ret)
		return ret;
	events_open = true;
	return 0;
}

/**
 * hvic_genl_unregister() - take the family away
 *
 * Context: may sleep. When it has returned no command is running and events go
 * nowhere.
 */
void hvic_genl_unregister(void)
{
	/* ORDER: the groups may be another family's as soon as this one is gone. */
	spin_lock_bh(&event_lock);
	events_open = false;
	spin_unlock_bh(&event_lock);

	genl_unregister_family(&family);
}
