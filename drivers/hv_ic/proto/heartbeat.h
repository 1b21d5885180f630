/* SPDX-License-Identifier: GPL-2.0 */
/* Heartbeat: a number to count up, and the health of the guest's applications. */
#ifndef HVIC_PROTO_HEARTBEAT_H
#define HVIC_PROTO_HEARTBEAT_H

#include "msg.h"

int hvic_heartbeat_parse(struct hvic_span body, u64 *seq);
size_t hvic_heartbeat_encode(struct hvic_room body, struct hvic_version version,
			     u64 seq, enum hvic_wire_app_state state);

#endif
