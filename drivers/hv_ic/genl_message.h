/* SPDX-License-Identifier: GPL-2.0 */
/* The family's messages: replies, the parts of a dump, and numbered events. */
#ifndef HVIC_GENL_MESSAGE_H
#define HVIC_GENL_MESSAGE_H

#include <linux/ktime.h>
#include <linux/types.h>

#include <net/genetlink.h>
#include <net/netlink.h>

#include <linux/hv_ic.h>

#include "compat.h"

/**
 * enum hvic_genl_group - who listens to an event
 * @HVIC_GENL_STATE: those who watch services
 * @HVIC_GENL_REQUEST: those who watch requests to stop the guest
 * @HVIC_GENL_TIME: those who watch the clock
 * @HVIC_GENL_HEALTH: those who watch the health of applications
 * @HVIC_GENL_VSS: those who watch backups
 * @HVIC_GENL_FCOPY: those who watch file copies
 * @HVIC_GENL_GROUPS: how many groups there are
 */
enum hvic_genl_group {
	HVIC_GENL_STATE,
	HVIC_GENL_REQUEST,
	HVIC_GENL_TIME,
	HVIC_GENL_HEALTH,
	HVIC_GENL_VSS,
	HVIC_GENL_FCOPY,
	HVIC_GENL_GROUPS
};

/**
 * struct hvic_genl_message - a message that is being built
 * @skb: takes the attributes
 * @header: of the message
 * @group: of an event
 */
struct hvic_genl_message {
	struct sk_buff *skb;
	void *header;
	enum hvic_genl_group group;
};

int hvic_genl_message_begin(struct hvic_genl_message *message, u8 command, size_t room, gfp_t gfp);
int hvic_genl_message_reply(struct hvic_genl_message *message, struct genl_info *info, int err);
int hvic_genl_message_send(struct hvic_genl_message *message, u32 portid, int err);

bool hvic_genl_event_begin(struct hvic_genl_message *event, enum hvic_genl_group group, u8 command,
			   size_t room);
void hvic_genl_event_send(struct hvic_genl_message *event, int err);

int hvic_genl_dump_check(struct netlink_callback *dump);
void *hvic_genl_dump_begin(struct sk_buff *skb, struct netlink_callback *dump, u8 command);
int hvic_genl_dump_end(struct sk_buff *skb, struct netlink_callback *dump, void *header, int err);
int hvic_genl_dump_result(struct sk_buff *skb, int ret);

u64 hvic_genl_age_ms(ktime_t when);

int hvic_genl_register(const struct genl_ops *ops, unsigned int n_ops);
void hvic_genl_unregister(void);

#endif
