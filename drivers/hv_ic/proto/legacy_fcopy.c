// SPDX-License-Identifier: GPL-2.0
/* The dialect of hv_fcopy_daemon: see legacy.h. */
#include "legacy_fcopy.h"

#include <linux/errno.h>
#include <linux/stddef.h>

#include "msg.h"

/* Greeting, consent and answers are one number. */
static bool get_number(struct hvic_span msg, u32 *number)
{
	if (msg.len != sizeof(*number))
		return false;
	memcpy(number, msg.data, sizeof(*number));
	return true;
}

static int fcopy_greet(struct hvic_span msg, u32 *version)
{
	u32 greeting;

	if (!get_number(msg, &greeting) || greeting > HVIC_LEGACY_FCOPY_VERSION)
		return -EINVAL;
	*version = greeting;
	return *version != HVIC_LEGACY_FCOPY_VERSION_OLD;
}

static int fcopy_consent(struct hvic_room room, u32 version)
{
	u32 *consent = hvic_legacy_begin(room, sizeof(*consent));

	if (!consent)
		return -EMSGSIZE;
	*consent = version;
	return sizeof(*consent);
}

static int encode_start(struct hvic_room room, struct hvic_span payload)
{
	struct hvic_legacy_fcopy_start *msg = hvic_legacy_begin(room, sizeof(*msg));
	const struct hv_ic_fcopy_start *start = hvic_span_at(payload, 0, sizeof(*start));

	if (!msg)
		return -EMSGSIZE;
	if (!start || !hvic_legacy_put_text(msg->name, sizeof(msg->name), start->name) ||
	    !hvic_legacy_put_text(msg->path, sizeof(msg->path), start->path))
		return -EINVAL;
	msg->header.op = HV_IC_FCOPY_START;
	msg->flags = start->flags;
	msg->size = start->size;
	return sizeof(*msg);
}

static int encode_write(struct hvic_room room, struct hvic_span payload)
{
	struct hvic_legacy_fcopy_write *msg = hvic_legacy_begin(room, sizeof(*msg));
	const size_t head = offsetof(struct hv_ic_fcopy_write, data);
	const struct hv_ic_fcopy_write *write = hvic_span_at(payload, 0, head);

	if (!msg)
		return -EMSGSIZE;
	if (!write || write->size > sizeof(msg->data) || !hvic_span_at(payload, head, write->size))
		return -EINVAL;
	msg->header.op = HV_IC_FCOPY_WRITE;
	msg->offset = write->offset;
	msg->size = write->size;
	memcpy(msg->data, write->data, write->size);
	return sizeof(*msg);
}

static int encode_header(struct hvic_room room, u16 op)
{
	struct hvic_legacy_fcopy_header *msg = hvic_legacy_begin(room, sizeof(*msg));

	if (!msg)
		return -EMSGSIZE;
	msg->op = op;
	return sizeof(*msg);
}

static int fcopy_encode(struct hvic_room room, const struct hvic_legacy_record *record)
{
	switch (record->op) {
	case HV_IC_FCOPY_START:
		return encode_start(room, record->payload);
	case HV_IC_FCOPY_WRITE:
		return encode_write(room, record->payload);
	case HV_IC_FCOPY_COMPLETE:
	case HV_IC_FCOPY_CANCEL:
		return encode_header(room, record->op);
	default:
		return -EOPNOTSUPP;
	}
}

static int fcopy_decode(struct hvic_span msg, struct hvic_legacy_answer *answer)
{
	u32 status;

	if (!get_number(msg, &status))
		return -EINVAL;
	answer->status = hvic_errno_from_status(status);
	return 0;
}

const struct hvic_legacy hvic_legacy_fcopy = {
	.greet = fcopy_greet,
	.consent = fcopy_consent,
	.encode = fcopy_encode,
	.decode = fcopy_decode,
};
