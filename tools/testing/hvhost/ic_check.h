/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a strict host accepts from a guest's integration component.
 *
 * Pure: bytes in, verdict and a sentence for people out.
 */
#ifndef HVHOST_IC_CHECK_H
#define HVHOST_IC_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ic_wire.h"

/* One packet as it lay in the ring, header and trailer stripped. */
struct ic_packet {
	uint16_t type;
	uint16_t flags;
	uint64_t xid;
	const void *data;
	size_t len;			/* padded to 8 by the ring */
};

/* A run of body bytes that the guest may set in a successful answer. */
struct ic_span {
	size_t offset;
	size_t len;
};

/* The request as the guest got it, and what its answer may look like. */
struct ic_question {
	const void *data;		/* struct wire_header and body */
	size_t len;
	uint64_t xid;
	const struct ic_span *may_set;	/* by a success; all other body bytes: echoed or 0 */
	size_t n_may_set;
	size_t need;			/* body bytes of a successful answer */
};

#define IC_WHY 160			/* enough for every sentence below */

/** ic_refuse() - writes which rule was broken; returns false, for the checks to do so */
bool ic_refuse(char *why, const char *fmt, ...)
	__printf(2, 3);

/** ic_is_malformed() - did a test write sizes into the request that are not the packet's? */
bool ic_is_malformed(const struct ic_question *q);

/**
 * ic_check_answer() - hold an answer against its request
 * @q: the request
 * @p: the packet that the guest sent
 * @why: receives the first rule that was broken; IC_WHY bytes
 *
 * Return: true if a strict host accepts the packet.
 */
bool ic_check_answer(const struct ic_question *q, const struct ic_packet *p,
		     char *why);

enum ic_verdict {
	IC_AGREED,
	IC_REFUSED_BY_GUEST,		/* counts 0/0: no common version */
	IC_BROKEN,
};

/**
 * ic_check_negotiate() - hold a NEGOTIATE answer against the offer
 * @q: the NEGOTIATE request, whose body lists the offered versions
 * @p: the packet that the guest sent
 * @framework: receives the framework version when agreed
 * @message: receives the message version when agreed
 * @why: receives the first rule that was broken; IC_WHY bytes
 */
enum ic_verdict ic_check_negotiate(const struct ic_question *q,
				   const struct ic_packet *p,
				   struct wire_version *framework,
				   struct wire_version *message, char *why);

#endif
