// SPDX-License-Identifier: GPL-2.0
/*
 * The envelope of a message: how the host's is parsed and the answer's is built.
 *
 * A packet carries one message. Three sizes describe it (the packet's, the pipe
 * header's, the IC header's) and a host may get any of them wrong; the smallest
 * consistent reading is the one that the services see.
 */
#include "msg.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/byteorder.h>

/**
 * hvic_msg_parse() - read the envelope of a message
 * @packet: payload of a VMBus packet; may end in padding
 * @msg: set in any case; on an error its body is empty, and unless the error is
 *	-EBADMSG the header is good enough to answer
 *
 * Return: 0, or
 * * %-EBADMSG - too short to hold the headers, so nothing is known of it
 * * %-EPROTO - the pipe header says that this is not data
 * * %-EMSGSIZE - longer than any legal message, or its sizes contradict each other
 */
int hvic_msg_parse(struct hvic_span packet, struct hvic_msg *msg)
{
	const struct hvic_wire_header *wire = hvic_span_at(packet, 0, sizeof(*wire));
	size_t ic_len, body_len;

	memset(msg, 0, sizeof(*msg));
	if (!wire)
		return -EBADMSG;

	msg->framework.major = le16_to_cpu(wire->ic.framework.major);
	msg->framework.minor = le16_to_cpu(wire->ic.framework.minor);
	msg->message.major = le16_to_cpu(wire->ic.message.major);
	msg->message.minor = le16_to_cpu(wire->ic.message.minor);
	msg->type = le16_to_cpu(wire->ic.type);
	msg->transaction = wire->ic.transaction;
	msg->flags = wire->ic.flags;

	if (packet.len > HVIC_MSG_MAX) {
		msg->len = sizeof(*wire);
		return -EMSGSIZE;
	}
	msg->len = packet.len;
	if (le32_to_cpu(wire->pipe.type) != HVIC_WIRE_PIPE_DATA)
		return -EPROTO;

	ic_len = le32_to_cpu(wire->pipe.size);
	body_len = le16_to_cpu(wire->ic.size);
	if (ic_len > packet.len - sizeof(wire->pipe) ||
	    ic_len < sizeof(wire->ic) || body_len > ic_len - sizeof(wire->ic))
		return -EMSGSIZE;

	msg->len = sizeof(wire->pipe) + ic_len;
	msg->body = hvic_span_cut(packet, sizeof(*wire), body_len);
	return 0;
}

/**
 * hvic_msg_wants_answer() - does the host wait for an answer to this message?
 * @msg: a parsed message
 *
 * Return: true for the request half of a transaction; any other message must be
 * neither answered nor acted on.
 */
bool hvic_msg_wants_answer(const struct hvic_msg *msg)
{
	const u8 mask = HVIC_WIRE_TRANSACTION | HVIC_WIRE_REQUEST | HVIC_WIRE_RESPONSE;

	return (msg->flags & mask) == (HVIC_WIRE_TRANSACTION | HVIC_WIRE_REQUEST);
}

/**
 * hvic_msg_begin_reply() - start the answer to a message
 * @packet: where to build it; at least @msg->len bytes
 * @msg: the message to answer
 *
 * The answer gets the length and layout of the request and starts as all
 * zeroes, so that no stale byte can reach the host.
 *
 * Return: room for the body, as long as the body of the request.
 */
struct hvic_room hvic_msg_begin_reply(struct hvic_room packet, const struct hvic_msg *msg)
{
	struct hvic_wire_header *wire = hvic_room_at(packet, 0, sizeof(*wire));
	struct hvic_room body = {};

	memset(packet.data, 0, msg->len);
	wire->pipe.type = cpu_to_le32(HVIC_WIRE_PIPE_DATA);
	wire->pipe.size = cpu_to_le32(msg->len - sizeof(wire->pipe));
	wire->ic.framework.major = cpu_to_le16(msg->framework.major);
	wire->ic.framework.minor = cpu_to_le16(msg->framework.minor);
	wire->ic.message.major = cpu_to_le16(msg->message.major);
	wire->ic.message.minor = cpu_to_le16(msg->message.minor);
	wire->ic.type = cpu_to_le16(msg->type);
	wire->ic.transaction = msg->transaction;
	wire->ic.flags = HVIC_WIRE_TRANSACTION | HVIC_WIRE_RESPONSE;

	body.data = hvic_room_at(packet, sizeof(*wire), msg->body.len);
	body.len = msg->body.len;
	return body;
}

/**
 * hvic_msg_end_reply() - finish the answer with a status
 * @packet: where hvic_msg_begin_reply() began the answer
 * @body_len: bytes of the body that count
 * @status: HRESULT for the host
 */
void hvic_msg_end_reply(struct hvic_room packet, size_t body_len, u32 status)
{
	struct hvic_wire_header *wire = hvic_room_at(packet, 0, sizeof(*wire));

	wire->ic.size = cpu_to_le16(body_len);
	wire->ic.status = cpu_to_le32(status);
}

/* If several errors have one status, hvic_errno_from_status() gives the first of them. */
static const struct {
	int err;
	u32 status;
} status_table[] = {
	{ 0,		HVIC_STATUS_OK },
	{ -EACCES,	HVIC_STATUS_ACCESS_DENIED },		/* policy says no */
	{ -EALREADY,	HVIC_STATUS_SHUTDOWN_IN_PROGRESS },
	{ -EBUSY,	HVIC_STATUS_BUSY },			/* one at a time */
	{ -EEXIST,	HVIC_STATUS_ALREADY_EXISTS },
	{ -EINVAL,	HVIC_STATUS_INVALID_ARGUMENT },
	{ -EBADMSG,	HVIC_STATUS_INVALID_ARGUMENT },		/* too short */
	{ -EILSEQ,	HVIC_STATUS_INVALID_ARGUMENT },		/* not UTF-16 */
	{ -EMSGSIZE,	HVIC_STATUS_INVALID_ARGUMENT },		/* wrong sizes */
	{ -ENODATA,	HVIC_STATUS_NO_MORE_ITEMS },		/* end of a list */
	{ -ENODEV,	HVIC_STATUS_NOT_READY },		/* not negotiated, going away */
	{ -ENOENT,	HVIC_STATUS_NOT_FOUND },		/* key, adapter */
	{ -ENOLCK,	HVIC_STATUS_MACHINE_LOCKED },		/* an inhibitor lock */
	{ -ENOMEM,	HVIC_STATUS_OUT_OF_MEMORY },
	{ -ENOSPC,	HVIC_STATUS_DISK_FULL },
	{ -ENOTCONN,	HVIC_STATUS_NOT_CONNECTED },		/* no daemon */
	{ -ENOTDIR,	HVIC_STATUS_PATH_NOT_FOUND },
	{ -EOPNOTSUPP,	HVIC_STATUS_NOT_SUPPORTED },
	{ -EPERM,	HVIC_STATUS_ACCESS_DENIED },
	{ -EPROTO,	HVIC_STATUS_NOT_SUPPORTED },		/* not data */
	{ -ERANGE,	HVIC_STATUS_INVALID_ARGUMENT },
	{ -ETIMEDOUT,	HVIC_STATUS_TIMEOUT },
};

/**
 * hvic_status_from_errno() - turn an error into a status of the host
 * @err: 0 or a negative errno
 *
 * Return: the HRESULT that the administrator on the host will read.
 */
u32 hvic_status_from_errno(int err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(status_table); i++) {
		if (status_table[i].err == err)
			return status_table[i].status;
	}
	return HVIC_STATUS_FAIL;
}

/**
 * hvic_errno_from_status() - turn a status of the host into an error
 * @status: HRESULT
 *
 * Older daemons answer with such a status.
 *
 * Return: 0 or a negative errno that stands for @status; %-EIO if it is unknown.
 */
int hvic_errno_from_status(u32 status)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(status_table); i++) {
		if (status_table[i].status == status)
			return status_table[i].err;
	}
	return -EIO;
}
