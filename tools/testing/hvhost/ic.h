/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host side of an integration component (IC).
 *
 *	ic = ic_new(host, &ic_heartbeat);	not on offer yet
 *	ic_offer(ic);
 *	ic_wait_ready(ic);			guest opened it and agreed on versions
 *	status = heartbeat_beat(ic, &state);	a whole transaction
 *	ic_rescind(ic);
 *
 * The host negotiates as soon as the guest opens the channel, holds every
 * packet against the rules of ic_check.h, and fails the channel at the first
 * one that is broken, until the guest opens it again or the machine is restored.
 *
 * A transaction returns an ic_result: the guest's status (HRESULT, 0 is
 * success) or a negative errno:
 *	-ETIMEDOUT	no answer in ic->timeout_ms; the request stays open
 *	-ECANCELED	voided: the channel was closed or negotiated anew
 *	-EPROTO		the guest broke a rule: ic->violation says which
 *	-ENOTCONN	not open; of what waits for IC_READY: the guest refused
 *	-EAGAIN		the guest's ring is full
 *	-ESHUTDOWN	the guest does not run any more
 *
 * Locking is the host's, see host.h. All fields may be read with the lock
 * held; those marked "to set" may be written by the owner while the channel is
 * idle.
 */
#ifndef HVHOST_IC_H
#define HVHOST_IC_H

#include "channel.h"
#include "ic_check.h"

struct ic;
struct ic_request;

typedef int64_t ic_result;

/** ic_result_text() - "0x80070103 no more items" or an errno's text; static buffer */
const char *ic_result_text(ic_result result);

#define IC_MAX_VERSIONS 8

struct ic_versions {
	struct wire_version v[IC_MAX_VERSIONS];
	unsigned int n;
};

#define IC_VERSIONS(...)							\
	((struct ic_versions){							\
		.v = { __VA_ARGS__ },						\
		.n = sizeof((struct wire_version[]){ __VA_ARGS__ }) /		\
		     sizeof(struct wire_version),				\
	})

struct ic_service {
	const char *name;
	const char *class;
	const char *instance;
	uint16_t type;			/* of its messages */
	struct ic_versions messages;	/* known to the host, ascending */
	bool keeps_state;		/* over a restore, instead of negotiating anew */

	/*
	 * What only the service can tell of a success, whoever asked; NULL: nothing. The answer
	 * has passed ic_check_answer(), and the request's sizes are right.
	 */
	bool (*check)(const struct ic *ic, const struct ic_request *request, char *why);
};

enum ic_state {
	IC_CLOSED,		/* not open: see hv_channel_state() for why */
	IC_NEGOTIATING,
	IC_READY,
	IC_REFUSED,		/* the guest found no common version */
	IC_FAILED,		/* the guest broke a rule */
};

const char *ic_state_name(enum ic_state state);

/* When a guest must answer. */
enum ic_due {
	IC_DUE,
	IC_DUE_MAYBE,		/* the protocol does not say: silence is fine */
	IC_DUE_NEVER,		/* no transaction, or too short for a header */
};

struct ic_request {
	struct ic *ic;
	struct ic_request *next;	/* in ic->open */
	unsigned int references;
	uint64_t xid;
	uint8_t bytes[WIRE_PACKET_MAX] __aligned(8);
	size_t len;
	enum ic_due due;
	struct ic_span may_set[2];	/* see ic_check.h */
	size_t n_may_set;
	size_t need;
	void (*answered)(struct ic *ic);	/* called when a good answer has come */
	bool done;
	ic_result result;
	uint8_t answer[WIRE_PACKET_MAX] __aligned(8);
};

/** ic_header() - of the request; free to be spoilt before ic_post() */
static inline struct wire_header *ic_header(struct ic_request *request)
{
	return (struct wire_header *)request->bytes;
}

/** ic_body() - of the request */
static inline void *ic_body(struct ic_request *request)
{
	return request->bytes + sizeof(struct wire_header);
}

/** ic_asked() - the same, to look at */
static inline const void *ic_asked(const struct ic_request *request)
{
	return request->bytes + sizeof(struct wire_header);
}

/** ic_answer() - body of the answer, once ic_wait() returned a status */
static inline const void *ic_answer(const struct ic_request *request)
{
	return request->answer + sizeof(struct wire_header);
}

/** ic_answer_size() - of that body, as the guest says */
static inline size_t ic_answer_size(const struct ic_request *request)
{
	return ((const struct wire_header *)request->answer)->size;
}

struct ic {
	const struct ic_service *service;
	struct hv_host *host;
	struct hv_channel *channel;

	/* to set */
	struct ic_versions frameworks;	/* offered at the next NEGOTIATE */
	struct ic_versions messages;
	unsigned int timeout_ms;
	bool plain_ids;			/* each packet has id 0, as hosts have it */
	bool hold;			/* leave the guest's packets in the ring */
	void (*opened)(struct ic *ic);	/* instead of a NEGOTIATE at open */
	void (*ready)(struct ic *ic);	/* called when versions have been agreed on */
	void (*spoil)(struct ic_request *request);	/* called before each is sent */
	void (*event)(struct ic *ic, const char *event, const char *text);
	void *context;

	enum ic_state state;
	struct wire_version framework;	/* agreed */
	struct wire_version message;
	struct ic_request *open;	/* requests without an answer, oldest first */
	unsigned int stale_allowed;
	uint64_t next_xid;
	uint64_t sequence;		/* heartbeat */
	struct hv_alarm alarm;		/* time synchronisation; a close or a NEGOTIATE stops it */
	char violation[IC_WHY];		/* the last one */

	unsigned long sent;		/* requests that are due an answer */
	unsigned long answered;
	unsigned long voided;
	unsigned long stale;		/* answers to voided requests while negotiating */
	unsigned long negotiations;
	unsigned long violations;
};

/** ic_new() - an IC with its well-known instance; lives until ic_free() */
struct ic *ic_new(struct hv_host *host, const struct ic_service *service);

/** ic_new_instance() - one more of the same service */
struct ic *ic_new_instance(struct hv_host *host, const struct ic_service *service,
			   const char *instance);

/** ic_free() - after hv_destroy() */
void ic_free(struct ic *ic);

/** ic_reset() - the settings of a new IC; agreed versions and counters stay */
void ic_reset(struct ic *ic);

int ic_offer(struct ic *ic);
int ic_rescind(struct ic *ic);

/** ic_wait_ready() - sleep until versions are agreed on; returns as a transaction */
ic_result ic_wait_ready(struct ic *ic);

/** ic_wait_state() - the same for any state */
ic_result ic_wait_state(struct ic *ic, enum ic_state state);

/** ic_negotiate() - NEGOTIATE on the open channel; 0 if agreed */
ic_result ic_negotiate(struct ic *ic);

/**
 * ic_restore() - what the host does when the machine has been restored
 *
 * A service starts with a new NEGOTIATE, after which an answer to what was asked before is
 * dropped; one that keeps its state goes on as if nothing had been. A failed channel works
 * again. Does not wait: see ic_wait_ready().
 *
 * Return: 0, or a negative errno as above.
 */
ic_result ic_restore(struct ic *ic);

/** ic_negotiate_request() - the NEGOTIATE that would be sent, to be spoilt and posted */
struct ic_request *ic_negotiate_request(struct ic *ic);

/**
 * ic_request() - a request of the agreed versions with a zeroed body
 * @type: usually ic->service->type
 */
struct ic_request *ic_request(struct ic *ic, uint16_t type, size_t body);

void ic_request_free(struct ic_request *request);

/**
 * ic_post() - send and do not wait
 * @how: as hv_channel_send()
 * Return: 0 or a negative errno as above.
 */
ic_result ic_post(struct ic_request *request, unsigned int how);

/** ic_wait() - for the answer to a posted request */
ic_result ic_wait(struct ic_request *request);

/** ic_ask() - ic_post() and ic_wait() */
ic_result ic_ask(struct ic_request *request);

/** ic_drain() - read what the guest sent while ic->hold was set */
void ic_drain(struct ic *ic);

/**
 * ic_settled() - has every request that was sent got its one answer?
 * @why: a sentence when not; IC_WHY bytes
 */
bool ic_settled(struct ic *ic, char *why);

/** ic_at_least() - was this message version or a later one agreed on? */
bool ic_at_least(const struct ic *ic, uint16_t major, uint16_t minor);

#endif
