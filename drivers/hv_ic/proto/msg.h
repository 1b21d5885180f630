/* SPDX-License-Identifier: GPL-2.0 */
/* The envelope: pipe header and IC header around every message. */
#ifndef HVIC_PROTO_MSG_H
#define HVIC_PROTO_MSG_H

#include "span.h"
#include "wire.h"

/* The longest message with its pipe header, as it lies in a packet. */
#define HVIC_MSG_MAX	(sizeof(struct hvic_wire_pipe) + HVIC_WIRE_MESSAGE_MAX)

/**
 * struct hvic_version - of the framework or of a service's messages
 * @major: 0 in the header of a NEGOTIATE
 * @minor: counts within @major
 */
struct hvic_version {
	u16 major;
	u16 minor;
};

/**
 * struct hvic_msg - a message from the host
 * @framework: framework version in its header
 * @message: service version in its header
 * @type: one of enum hvic_wire_type, or an unknown number
 * @transaction: the host's mark, to be echoed
 * @flags: HVIC_WIRE_TRANSACTION, _REQUEST, _RESPONSE
 * @len: how long the answer has to be, headers included
 * @body: what follows the headers, bounded by all three sizes on the wire
 */
struct hvic_msg {
	struct hvic_version framework;
	struct hvic_version message;
	u16 type;
	u8 transaction;
	u8 flags;
	size_t len;
	struct hvic_span body;
};

int hvic_msg_parse(struct hvic_span packet, struct hvic_msg *msg);
bool hvic_msg_wants_answer(const struct hvic_msg *msg);
struct hvic_room hvic_msg_begin_reply(struct hvic_room packet, const struct hvic_msg *msg);
void hvic_msg_end_reply(struct hvic_room packet, size_t body_len, u32 status);
u32 hvic_status_from_errno(int err);
int hvic_errno_from_status(u32 status);

#endif
