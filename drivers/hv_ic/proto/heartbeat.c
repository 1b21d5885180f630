// SPDX-License-Identifier: GPL-2.0
/* Heartbeat messages. */
#include "heartbeat.h"

#include <linux/errno.h>

#include <asm/byteorder.h>

/**
 * hvic_heartbeat_parse() - read a heartbeat
 * @body: of the message
 * @seq: the host's sequence number; 0 on an error
 *
 * Return: 0, or %-EBADMSG if the body is too short.
 */
int hvic_heartbeat_parse(struct hvic_span body, u64 *seq)
{
	const struct hvic_wire_heartbeat *wire =
		hvic_span_at(body, 0, HVIC_WIRE_HEARTBEAT_MIN);

	*seq = 0;
	if (!wire)
		return -EBADMSG;
	*seq = le64_to_cpu(wire->seq);
	return 0;
}

/**
 * hvic_heartbeat_encode() - write the answer to a heartbeat
 * @body: zeroed room of the request's length, at least HVIC_WIRE_HEARTBEAT_MIN
 * @version: the one agreed on; the application state came with 3.0
 * @seq: the guest's sequence number
 * @state: the health of the applications
 *
 * Return: the length of the body.
 */
size_t hvic_heartbeat_encode(struct hvic_room body, struct hvic_version version,
			     u64 seq, enum hvic_wire_app_state state)
{
	const size_t state_end = offsetofend(struct hvic_wire_heartbeat, app_state);
	struct hvic_wire_heartbeat *wire = hvic_room_at(body, 0, HVIC_WIRE_HEARTBEAT_MIN);

	wire->seq = cpu_to_le64(seq);
	if (version.major >= 3 && hvic_room_at(body, 0, state_end))
		wire->app_state = cpu_to_le32(state);
	return body.len;
}
