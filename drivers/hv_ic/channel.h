/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One channel of one service: messages in, exactly one answer to each out.
 *
 * A channel knows framing, negotiation and back-pressure. It reaches the service
 * and the bus through const tables, so that a test can play the bus.
 */
#ifndef HVIC_CHANNEL_H
#define HVIC_CHANNEL_H

#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "proto/negotiate.h"
#include "request.h"
#include "service.h"

/**
 * struct hvic_packet - a packet as the bus delivers it
 * @type: HVIC_WIRE_DESC_INBAND, or a type that the driver does not accept
 * @xid: the host's transaction id, to be echoed
 * @payload: private copy that stays as it is until the packet is consumed
 */
struct hvic_packet {
	u16 type;
	u64 xid;
	struct hvic_span payload;
};

/**
 * struct hvic_bus_ops - what a channel needs of the bus
 * @open: open the rings; the bus calls hvic_channel_drain() whenever the host has
 *	signalled, even before it returns, and before there are rings; may sleep
 * @close: close the rings; when it has returned no such call is running and
 *	none will come; may sleep
 * @peek: look at the next packet; false if there is none
 * @consume: free the packet that @peek has shown
 * @send: put a packet into the outgoing ring; %-EAGAIN if it is full now, any
 *	other error if it will never go
 * @changed: the state of the channel has changed and programs that watch it want
 *	to know; called with the channel's lock held; may be NULL
 */
struct hvic_bus_ops {
	int (*open)(void *bus);
	void (*close)(void *bus);
	bool (*peek)(void *bus, struct hvic_packet *packet);
	void (*consume)(void *bus);
	int (*send)(void *bus, const void *data, size_t len, u64 xid);
	void (*changed)(void *bus);
};

/**
 * enum hvic_channel_state - how far a channel has come
 * @HVIC_CHANNEL_CLOSED: no rings
 * @HVIC_CHANNEL_NEGOTIATING: open, the host has not yet asked for versions
 * @HVIC_CHANNEL_READY: versions are agreed on, requests are served
 * @HVIC_CHANNEL_REFUSED: the host asked, and there is no version in common
 */
enum hvic_channel_state {
	HVIC_CHANNEL_CLOSED,
	HVIC_CHANNEL_NEGOTIATING,
	HVIC_CHANNEL_READY,
	HVIC_CHANNEL_REFUSED,
};

/**
 * struct hvic_channel_stats - what has happened on a channel
 * @in: packets taken from the host
 * @out: answers sent
 * @negotiations: NEGOTIATE messages
 * @bad_length: too short, too long, or the sizes contradict
 * @bad_type: not a packet, pipe or message type that the service takes, or not
 *	the request half of a transaction
 * @refused: answered with a failing status
 * @timeouts: answered by the deadline
 * @late_replies: replies to a request that was over
 * @ring_full: answers that had to wait for room
 */
struct hvic_channel_stats {
	u64 in;
	u64 out;
	u64 negotiations;
	u64 bad_length;
	u64 bad_type;
	u64 refused;
	u64 timeouts;
	u64 late_replies;
	u64 ring_full;
};

/**
 * struct hvic_outcome - what the host asked for, and how it was answered
 * @when: the request came, ktime_get_boottime(); 0 if there was none
 * @operation: in a word
 * @answered: the host has its answer, and @err is valid
 * @err: 0, or the negative errno that became the status
 */
struct hvic_outcome {
	ktime_t when;
	const char *operation;
	bool answered;
	int err;
};

/* How many of the versions that a host offers are kept, to be shown to people. */
#define HVIC_CHANNEL_OFFERED	8

/**
 * struct hvic_answer - an answer that is built, or waits for room in the ring
 * @packet: HVIC_MSG_MAX bytes
 * @len: how many of them are the answer; 0 if there is none
 * @xid: transaction id to send it with
 */
struct hvic_answer {
	struct hvic_room packet;
	size_t len;
	u64 xid;
};

/**
 * struct hvic_channel - one channel
 * @svc: the service it belongs to
 * @bus: the functions of the bus
 * @bus_data: the argument of these functions
 * @dev: the device that log messages name
 * @priv: the service's own; set by its start, NULL otherwise
 * @lock: guards everything below; taken from softirq. Nests outside the locks
 *	of a service.
 * @state: how far the channel has come
 * @versions: those agreed on; all zero unless @state is HVIC_CHANNEL_READY
 * @now: the answer to the message that was read last
 * @notify: tell the service when @now has left
 * @later: the answer to a deferred request
 * @before: the answer to a deferred request that was superseded
 * @deferred: envelope of the deferred request, without its body
 * @request: the deferred request
 * @again: reads on when the ring was full, or when there was too much to read at once
 * @stats: what has happened
 * @n_offered: how many of @offered there are
 * @offered: message versions that the host offered last
 * @last: the last request that came or was answered; a service that handles it
 *	may replace the word for its operation by a better one
 * @last_deferred: the deferred request
 * @last_error: the last one that was answered with a failing status
 */
struct hvic_channel {
	const struct hvic_service *svc;
	const struct hvic_bus_ops *bus;
	void *bus_data;
	struct device *dev;
	void *priv;

	spinlock_t lock;
	enum hvic_channel_state state;
	struct hvic_versions versions;
	struct hvic_answer now;
	bool notify;
	struct hvic_answer later;
	struct hvic_answer before;
	struct hvic_msg deferred;
	struct hvic_request request;
	struct delayed_work again;
	struct hvic_channel_stats stats;
	size_t n_offered;
	struct hvic_version offered[HVIC_CHANNEL_OFFERED];
	struct hvic_outcome last;
	struct hvic_outcome last_deferred;
	struct hvic_outcome last_error;
};

int hvic_channel_init(struct hvic_channel *ch, const struct hvic_service *svc,
		      const struct hvic_bus_ops *bus, void *bus_data, struct device *dev);
void hvic_channel_destroy(struct hvic_channel *ch);
int hvic_channel_open(struct hvic_channel *ch);
void hvic_channel_close(struct hvic_channel *ch);
bool hvic_channel_is_open(struct hvic_channel *ch);
void hvic_channel_drain(struct hvic_channel *ch);
u64 hvic_channel_defer(struct hvic_channel *ch, const struct hvic_msg *msg);
u64 hvic_channel_defer_slow(struct hvic_channel *ch, const struct hvic_msg *msg);
void hvic_channel_take_back(struct hvic_channel *ch);
void hvic_channel_abort(struct hvic_channel *ch, int err);
void hvic_channel_supersede(struct hvic_channel *ch, int err);
int hvic_channel_complete(struct hvic_channel *ch, u64 id, int err, const void *reply);
int hvic_channel_complete_locked(struct hvic_channel *ch, u64 id, int err, const void *reply);
bool hvic_channel_is_deferred(const struct hvic_channel *ch);
bool hvic_channel_is_waiting_for(const struct hvic_channel *ch, u64 id);
const char *hvic_channel_state_name(const struct hvic_channel *ch);

#endif
