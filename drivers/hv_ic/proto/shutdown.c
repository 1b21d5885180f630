// SPDX-License-Identifier: GPL-2.0
/* Shutdown messages. The answer is a status alone. */
#include "shutdown.h"

#include <linux/errno.h>
#include <linux/string.h>

#include <asm/byteorder.h>

/**
 * hvic_shutdown_parse() - read a request to stop the guest
 * @body: of the message; its text may be cut short or missing
 * @req: set in any case; all zero on an error
 *
 * Return: 0, or
 * * %-EBADMSG - too short
 * * %-EINVAL - unknown flags, or both restart and hibernate
 */
int hvic_shutdown_parse(struct hvic_span body, struct hvic_shutdown_request *req)
{
	const struct hvic_wire_shutdown *wire = hvic_span_at(body, 0, HVIC_WIRE_SHUTDOWN_MIN);
	enum hvic_shutdown_action action;
	u32 flags;

	memset(req, 0, sizeof(*req));
	if (!wire)
		return -EBADMSG;

	flags = le32_to_cpu(wire->flags);
	switch (flags & ~HVIC_WIRE_SHUTDOWN_FORCE) {
	case 0:
		action = HVIC_SHUTDOWN_POWEROFF;
		break;
	case HVIC_WIRE_SHUTDOWN_RESTART:
		action = HVIC_SHUTDOWN_REBOOT;
		break;
	case HVIC_WIRE_SHUTDOWN_HIBERNATE:
		action = HVIC_SHUTDOWN_HIBERNATE;
		break;
	default:
		return -EINVAL;
	}

	req->action = action;
	req->force = flags & HVIC_WIRE_SHUTDOWN_FORCE;
	req->reason = le32_to_cpu(wire->reason);
	req->timeout = le32_to_cpu(wire->timeout);
	req->text = hvic_span_cut(body, offsetof(struct hvic_wire_shutdown, text),
				  sizeof(wire->text));
	return 0;
}
