/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VMBus channels, as the device models and the tests use them.
 *
 *	ch = hv_channel_new(host, &class, &instance, "heartbeat", &ops, me);
 *	hv_channel_offer(ch);
 *	... ops.opened(ch): the guest's driver opened it: rings are there ...
 *	hv_channel_send(ch, &packet, bytes, size, 0);
 *	... ops.signalled(ch): hv_channel_receive() until -EAGAIN ...
 *	hv_channel_rescind(ch);
 *
 * Locking: see host.h. Callbacks run with the host's lock held.
 */
#ifndef HVHOST_CHANNEL_H
#define HVHOST_CHANNEL_H

#include "guid.h"
#include "host.h"
#include "ring.h"

/**
 * struct hv_channel_ops - what a device model hears; each may be NULL
 * @opened:	rings are ready and empty, the guest has its OPEN_RESULT queued
 * @closed:	rings are gone: the guest closed, unloaded, was reset or stopped, or the
 *		offer was taken back
 * @signalled:	the guest rang the bell: it wrote to an empty ring, or it made
 *		room in a ring that a send found full
 * @violation:	the guest broke the rules of the ring, or the device model
 *		called hv_channel_violation(); the channel is failed until
 *		it is opened again or hv_channel_restore() is called
 */
struct hv_channel_ops {
	void (*opened)(struct hv_channel *channel, void *context);
	void (*closed)(struct hv_channel *channel, void *context);
	void (*signalled)(struct hv_channel *channel, void *context);
	void (*violation)(struct hv_channel *channel, const char *text, void *context);
};

enum hv_channel_state {
	HV_CHANNEL_HIDDEN,	/* not on offer */
	HV_CHANNEL_OFFERED,	/* on offer; the guest knows as soon as it is connected */
	HV_CHANNEL_OPEN,
	HV_CHANNEL_RESCINDED,	/* taken back, the guest has not released it yet */
};

/** hv_channel_state_name() - "hidden" and so on */
const char *hv_channel_state_name(enum hv_channel_state state);

/**
 * hv_channel_new() - a channel that is not on offer yet
 * @name: for events and messages; copied
 * @ops:  must outlive the channel
 *
 * It is a named pipe in message mode, as every integration component is.
 * Lives until hv_destroy() and outlives reboots.
 */
struct hv_channel *hv_channel_new(struct hv_host *host, const struct hv_guid *class,
				  const struct hv_guid *instance, const char *name,
				  const struct hv_channel_ops *ops, void *context);

/**
 * hv_channel_offer() - put on offer, now or when the guest asks for offers
 *
 * Each offer has a relid of its own, which the guest must give back after a
 * rescind: until then (HV_CHANNEL_RESCINDED) the answer is -EBUSY. It is not used again
 * while there are others that this guest has not seen.
 *
 * Return: 0, -EBUSY, or -EALREADY if it is on offer.
 */
int hv_channel_offer(struct hv_channel *channel);

/**
 * hv_channel_rescind() - take the offer back, whether it is open or not
 *
 * An open channel is closed: what the guest still writes to its rings is not read.
 *
 * Return: 0, or -EALREADY if it is not on offer.
 */
int hv_channel_rescind(struct hv_channel *channel);

enum hv_channel_state hv_channel_state(struct hv_channel *channel);

/** hv_channel_wait_state() - returns as hv_wait() */
int hv_channel_wait_state(struct hv_channel *channel, enum hv_channel_state state,
			  unsigned int timeout_ms);

/** hv_channel_is_open() - the rings are there */
bool hv_channel_is_open(struct hv_channel *channel);

/** hv_channel_opens() - how often it has been opened since hv_channel_new() */
unsigned int hv_channel_opens(struct hv_channel *channel);

/** hv_channel_failed() - a violation happened since it was opened */
bool hv_channel_failed(struct hv_channel *channel);

/** hv_channel_target_vp() - the vCPU that the guest wants interrupted */
unsigned int hv_channel_target_vp(struct hv_channel *channel);

/** hv_channel_relid() - the guest's name for it, 0 when the guest does not know it */
uint32_t hv_channel_relid(struct hv_channel *channel);

const char *hv_channel_name(struct hv_channel *channel);
struct hv_host *hv_channel_host(struct hv_channel *channel);

#define HV_SEND_QUIET	1u	/* do not signal, whatever the ring says */

/**
 * hv_channel_send() - put a packet into the guest's ring and signal if due
 * @size: payload bytes; padded with zeros to a multiple of 8
 * @how:  0 or HV_SEND_QUIET
 *
 * Return: 0; -EAGAIN: the ring is full, ops.signalled() comes when the guest
 * made room; -ENOTCONN: not open; -EMSGSIZE: larger than the ring;
 * -EPROTO: the channel is failed.
 */
int hv_channel_send(struct hv_channel *channel, const struct hv_packet *packet,
		    const void *payload, size_t size, unsigned int how);

/**
 * hv_channel_receive() - take the next packet out of the guest's ring
 * @payload: gets the first @size bytes; compare @packet->length with @size
 *
 * Return: 0; -EAGAIN: nothing there; -ENOTCONN: not open; -EPROTO: the guest
 * broke the ring's rules (then ops.violation() has been called) or the channel
 * was failed before.
 */
int hv_channel_receive(struct hv_channel *channel, struct hv_packet *packet,
		       void *payload, size_t size);

/** hv_channel_signal() - interrupt the guest for this channel, now, be it open or not */
void hv_channel_signal(struct hv_channel *channel);

/** hv_channel_violation() - the guest broke a rule: raises the event, fails the channel */
void hv_channel_violation(struct hv_channel *channel, const char *format, ...)
	__printf(2, 3);

/** hv_channel_restore() - the machine has been restored: a failed channel works again */
void hv_channel_restore(struct hv_channel *channel);

/*
 * Misuse. A hostile host does not keep to the rules; these let a test do what
 * it likes. Nothing is checked but that the channel is open.
 */

enum hv_direction { HV_TO_GUEST, HV_TO_HOST };

/**
 * hv_channel_ring() - a ring itself
 *
 * Everything in ring->control may be set: indices, interrupt mask, pending
 * size, feature bits; the bytes with hv_ring_copy_in(). The guest sees it at
 * once.
 *
 * Return: NULL when not open; valid while it is, so hold the lock.
 */
struct hv_ring *hv_channel_ring(struct hv_channel *channel, enum hv_direction direction);

/**
 * hv_channel_send_raw() - @bytes, descriptor and trailer included, as they are
 * @advance: how far the write index moves; give @size for a well-behaved packet
 * Return: 0 or -ENOTCONN. Does not signal.
 */
int hv_channel_send_raw(struct hv_channel *channel, const void *bytes, size_t size,
			uint32_t advance);

enum hv_open_answer {
	HV_OPEN_GRANT,		/* as it deserves */
	HV_OPEN_REFUSE,
	HV_OPEN_OWE,		/* none, ever */
	HV_OPEN_EARLY,		/* as it deserves, and a signal before there are rings */
};

/** hv_channel_answer_open() - what the guest gets from now on when it opens the channel */
void hv_channel_answer_open(struct hv_channel *channel, enum hv_open_answer answer);

/**
 * hv_channel_wait_owed() - until the guest waits for an answer that is owed
 *
 * Returns as hv_wait().
 */
int hv_channel_wait_owed(struct hv_channel *channel, unsigned int timeout_ms);

/** hv_channel_withhold() - while on, sends and receives never signal the guest */
void hv_channel_withhold(struct hv_channel *channel, bool on);

/*
 * For the files of the library: the host's lock is held.
 */

/** hv_channel_find() - the guest's @relid; NULL if no channel has it */
struct hv_channel *hv_channel_find(struct hv_host *host, uint32_t relid);

/** hv_channel_tell_offers() - all that the guest has not been told of */
void hv_channel_tell_offers(struct hv_host *host);

/** hv_channel_bell() - the guest rang it */
void hv_channel_bell(struct hv_channel *channel);

/** hv_channel_forget_all() - the guest has let go of the bus; what is on offer stays so */
void hv_channel_forget_all(struct hv_host *host);

void hv_channel_free_all(struct hv_host *host);

/* The guest's messages */
void hv_channel_handle_gpadl(struct hv_host *host, const void *message, size_t size);
void hv_channel_handle_open(struct hv_host *host, const void *message, size_t size);
void hv_channel_handle_close(struct hv_host *host, const void *message, size_t size);
void hv_channel_handle_modify(struct hv_host *host, const void *message, size_t size);
void hv_channel_handle_release(struct hv_host *host, const void *message, size_t size);
void hv_channel_handle_teardown(struct hv_host *host, const void *message, size_t size);

#endif
