/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the daemons of the kernel's own driver speak, one dialect per service.
 *
 * A daemon first says which version of its dialect it speaks. Most then read our
 * consent. From there on a daemon reads one message and writes one answer, in the
 * byte order of the machine.
 */
#ifndef HVIC_PROTO_LEGACY_H
#define HVIC_PROTO_LEGACY_H

#include <linux/hv_ic.h>
#include <linux/string.h>

#include "ip.h"
#include "span.h"

/* The longest message of any dialect, in either direction. */
#define HVIC_LEGACY_MESSAGE_MAX	7432

/**
 * struct hvic_legacy_record - what the daemon is asked or told
 * @op: as on the native device
 * @payload: as on the native device
 * @scratch: used in between
 */
struct hvic_legacy_record {
	u16 op;
	struct hvic_span payload;
	struct hvic_ip_lists *scratch;
};

/**
 * struct hvic_legacy_answer - what the daemon says to a record
 * @version: of the dialect that it speaks; set by the caller
 * @op: of the record; set by the caller
 * @status: 0 or a negative errno
 * @item: of GET and ENUMERATE in data exchange
 * @ip: of GET_IP in data exchange
 */
struct hvic_legacy_answer {
	u32 version;
	u16 op;
	int status;
	union {
		struct hv_ic_kvp_item item;
		struct hv_ic_kvp_ip ip;
	};
};

/**
 * struct hvic_legacy - the dialect of one service
 * @greet: reads the daemon's first message and sets the version. Returns 1 if the
 *	daemon will read our consent, 0 if it will not, and %-EINVAL if the message
 *	is no greeting.
 * @consent: writes our consent to that version; returns its length, or %-EMSGSIZE
 * @encode: writes a record as a message; returns its length, %-EMSGSIZE if there
 *	is no room for it, %-EOPNOTSUPP if the daemon knows no such operation, or
 *	%-EINVAL if the payload is too short or longer than the daemon's fields
 * @decode: reads an answer: the status, and the payload where there is one.
 *	Returns the length of the payload, or %-EINVAL if the message is malformed.
 */
struct hvic_legacy {
	int (*greet)(struct hvic_span msg, u32 *version);
	int (*consent)(struct hvic_room room, u32 version);
	int (*encode)(struct hvic_room room, const struct hvic_legacy_record *record);
	int (*decode)(struct hvic_span msg, struct hvic_legacy_answer *answer);
};

/**
 * hvic_legacy_begin() - zeroed memory for a message
 * @room: where the message goes
 * @len: of the message
 *
 * Return: the memory, or NULL if the message does not fit.
 */
static inline void *hvic_legacy_begin(struct hvic_room room, size_t len)
{
	void *msg = hvic_room_at(room, 0, len);

	if (msg)
		memset(msg, 0, len);
	return msg;
}

/**
 * hvic_legacy_put_text() - write a string
 * @field: zeroed
 * @size: of @field
 * @text: the string
 *
 * Return: true, or false if the string does not fit with its NUL, and then nothing
 * is written.
 */
static inline bool hvic_legacy_put_text(u8 *field, size_t size, const char *text)
{
	size_t len = strnlen(text, size);

	if (len == size)
		return false;
	memcpy(field, text, len);
	return true;
}

#endif
