// SPDX-License-Identifier: GPL-2.0
/*
 * The rules for a guest's answers, one after the other, in the order in which
 * a broken one makes the next meaningless.
 */
#include "ic_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool ic_refuse(char *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, IC_WHY, fmt, args);
	va_end(args);
	return false;
}

static size_t round_up_8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static bool same_version(struct wire_version a, struct wire_version b)
{
	return a.major == b.major && a.minor == b.minor;
}

bool ic_is_malformed(const struct ic_question *q)
{
	const struct wire_header *r = q->data;

	return r->pipe_size != q->len - WIRE_PIPE_HEADER || r->size > q->len - sizeof(*r);
}

/* A guest may believe the pipe header, and answer that much. */
static bool is_right_length(const struct ic_question *q, size_t len)
{
	const struct wire_header *r = q->data;

	if (len == round_up_8(q->len))
		return true;
	return q->len >= sizeof(*r) && ic_is_malformed(q) && len >= sizeof(*r) &&
	       len == round_up_8((size_t)r->pipe_size + WIRE_PIPE_HEADER);
}

static bool check_ring(const struct ic_question *q, const struct ic_packet *p,
		       char *why)
{
	if (p->type != WIRE_RING_DATA_INBAND)
		return ic_refuse(why, "ring packet type %u, expected %u",
				 p->type, WIRE_RING_DATA_INBAND);
	if (p->flags)
		return ic_refuse(why, "ring packet flags %#x, expected 0",
				 p->flags);
	if (p->xid != q->xid)
		return ic_refuse(why, "ring transaction id %#llx, expected %#llx",
				 (unsigned long long)p->xid,
				 (unsigned long long)q->xid);
	if (!is_right_length(q, p->len))
		return ic_refuse(why, "packet of %zu bytes, expected %zu for a request of %zu",
				 p->len, round_up_8(q->len), q->len);
	return true;
}

static bool check_header(const struct ic_question *q,
			 const struct ic_packet *p, char *why)
{
	const struct wire_header *a = p->data, *r = q->data;
	size_t present;

	/* What the host itself got wrong may be echoed, here and below. */
	if (a->pipe_type != WIRE_PIPE_DATA && a->pipe_type != r->pipe_type)
		return ic_refuse(why, "pipe packet type %u, expected %u",
				 a->pipe_type, WIRE_PIPE_DATA);
	/*
	 * A guest knows a request's length from the ring, where it is padded,
	 * or from the pipe header, which a test may have spoilt.
	 */
	if (a->pipe_size != q->len - WIRE_PIPE_HEADER &&
	    a->pipe_size != p->len - WIRE_PIPE_HEADER &&
	    a->pipe_size != r->pipe_size)
		return ic_refuse(why, "pipe size %u, expected %zu",
				 a->pipe_size, q->len - WIRE_PIPE_HEADER);
	if (!same_version(a->framework, r->framework))
		return ic_refuse(why, "framework version %u.%u, expected %u.%u echoed",
				 a->framework.major, a->framework.minor,
				 r->framework.major, r->framework.minor);
	if (a->type != r->type)
		return ic_refuse(why, "message type %u, expected %u",
				 a->type, r->type);
	if (!same_version(a->message, r->message))
		return ic_refuse(why, "message version %u.%u, expected %u.%u echoed",
				 a->message.major, a->message.minor,
				 r->message.major, r->message.minor);
	present = p->len - sizeof(*a);
	if (a->pipe_size + WIRE_PIPE_HEADER < p->len)
		present = (size_t)a->pipe_size + WIRE_PIPE_HEADER < sizeof(*a) ? 0 :
			  a->pipe_size + WIRE_PIPE_HEADER - sizeof(*a);
	if (a->size > present && a->size != r->size)
		return ic_refuse(why, "message size %u, but only %zu bytes are there",
				 a->size, present);
	if (a->transaction != r->transaction)
		return ic_refuse(why, "transaction id %u, expected %u echoed",
				 a->transaction, r->transaction);
	if (a->flags != (WIRE_TRANSACTION | WIRE_RESPONSE))
		return ic_refuse(why, "flags %#x, expected %#x (transaction, response)",
				 a->flags, WIRE_TRANSACTION | WIRE_RESPONSE);
	if (memcmp(a->reserved, r->reserved, sizeof(a->reserved)) &&
	    (a->reserved[0] || a->reserved[1]))
		return ic_refuse(why, "reserved header bytes are %02x %02x",
				 a->reserved[0], a->reserved[1]);
	return true;
}

static bool may_set(const struct ic_question *q, size_t offset)
{
	for (size_t i = 0; i < q->n_may_set; i++) {
		const struct ic_span *s = &q->may_set[i];

		if (offset >= s->offset && offset - s->offset < s->len)
			return true;
	}
	return false;
}

/* From where on the answer is not, word by word, zero or the request's: mostly at its end. */
static size_t first_other_word(const struct ic_question *q, const struct ic_packet *p)
{
	const uint8_t *a = p->data, *r = q->data;
	size_t at = sizeof(struct wire_header), end = p->len < q->len ? p->len : q->len;
	uint64_t answer, request;

	for (; at + sizeof(answer) <= end; at += sizeof(answer)) {
		memcpy(&answer, a + at, sizeof(answer));
		memcpy(&request, r + at, sizeof(request));
		if (answer && answer != request)
			break;
	}
	return at;
}

/* Bytes that the guest did not set are the request's or 0: all else is a leak. */
static bool check_no_leak(const struct ic_question *q,
			  const struct ic_packet *p, char *why)
{
	const uint8_t *a = p->data, *r = q->data;

	for (size_t i = first_other_word(q, p); i < p->len; i++) {
		uint8_t echo = i < q->len ? r[i] : 0;
		size_t offset = i - sizeof(struct wire_header);

		if (!a[i] || a[i] == echo)
			continue;
		if (i >= q->len)
			return ic_refuse(why, "padding byte %zu is %#x, expected 0",
					 i - q->len, a[i]);
		if (!may_set(q, offset))
			return ic_refuse(why,
					 "body byte %zu is %#x, expected 0 or the request's %#x",
					 offset, a[i], echo);
	}
	return true;
}

static bool check_common(const struct ic_question *q,
			 const struct ic_packet *p, char *why)
{
	if (!check_ring(q, p, why))
		return false;
	/* A request without a whole header can be echoed, and no more. */
	if (q->len < sizeof(struct wire_header))
		return ic_refuse(why, "an answer to a request without a header");
	return check_header(q, p, why);
}

bool ic_check_answer(const struct ic_question *q, const struct ic_packet *p,
		     char *why)
{
	const struct wire_header *a = p->data;
	struct ic_question strict = *q;

	/* A failure has nothing to say but its status. */
	if (p->len >= sizeof(*a) && a->status != WIRE_S_OK)
		strict.n_may_set = 0;
	if (!check_common(q, p, why) || !check_no_leak(&strict, p, why))
		return false;
	if (a->status == WIRE_S_OK && a->size < q->need)
		return ic_refuse(why, "message size %u, but this answer has %zu bytes",
				 a->size, q->need);
	return true;
}

static bool offered(const struct wire_version *list, size_t n,
		    struct wire_version v)
{
	for (size_t i = 0; i < n; i++)
		if (same_version(list[i], v))
			return true;
	return false;
}

enum ic_verdict ic_check_negotiate(const struct ic_question *q,
				   const struct ic_packet *p,
				   struct wire_version *framework,
				   struct wire_version *message, char *why)
{
	static const struct ic_span counts_and_versions[] = {
		{ 0, 4 }, { sizeof(struct wire_negotiate), 8 },
	};
	struct ic_question strict = *q;
	const struct wire_header *a = p->data;
	const struct wire_negotiate *ours, *theirs;
	size_t room;

	strict.may_set = counts_and_versions;
	strict.n_may_set = 2;
	if (!check_common(&strict, p, why) ||
	    !check_no_leak(&strict, p, why))
		return IC_BROKEN;

	/* A request without room for counts can be refused by the status only. */
	if (a->status != WIRE_S_OK &&
	    (q->len < sizeof(*a) + sizeof(*ours) || ic_is_malformed(q)))
		return IC_REFUSED_BY_GUEST;
	if (q->len < sizeof(*a) + sizeof(*ours)) {
		ic_refuse(why, "NEGOTIATE without counts was answered with success");
		return IC_BROKEN;
	}
	if (a->size < sizeof(*theirs)) {
		ic_refuse(why, "NEGOTIATE answer has %u body bytes, no counts",
			  a->size);
		return IC_BROKEN;
	}
	ours = (const void *)((const struct wire_header *)q->data + 1);
	theirs = (const void *)(a + 1);
	if (!theirs->frameworks && !theirs->messages)
		return IC_REFUSED_BY_GUEST;
	if (theirs->frameworks != 1 || theirs->messages != 1) {
		ic_refuse(why, "NEGOTIATE answer counts %u/%u, expected 1/1 or 0/0",
			  theirs->frameworks, theirs->messages);
		return IC_BROKEN;
	}
	if (a->size < sizeof(*theirs) + 2 * sizeof(struct wire_version)) {
		ic_refuse(why, "NEGOTIATE answer has %u body bytes, no room for two versions",
			  a->size);
		return IC_BROKEN;
	}
	/* Only versions that lay in the request were offered. */
	room = (q->len - sizeof(*a) - sizeof(*ours)) /
	       sizeof(struct wire_version);
	if ((size_t)ours->frameworks + ours->messages > room) {
		ic_refuse(why, "NEGOTIATE with %u/%u versions in room for %zu was accepted",
			  ours->frameworks, ours->messages, room);
		return IC_BROKEN;
	}
	*framework = theirs->versions[0];
	*message = theirs->versions[1];
	if (!offered(ours->versions, ours->frameworks, *framework)) {
		ic_refuse(why, "framework version %u.%u was not offered",
			  framework->major, framework->minor);
		return IC_BROKEN;
	}
	if (!offered(ours->versions + ours->frameworks, ours->messages,
		     *message)) {
		ic_refuse(why, "message version %u.%u was not offered",
			  message->major, message->minor);
		return IC_BROKEN;
	}
	return IC_AGREED;
}
