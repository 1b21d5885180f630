/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel between a fake bus and a fake host, for the suites of the channel
 * itself and of the services on it.
 *
 * The host queues packets and signals; the answers gather in the outgoing ring,
 * where a test counts and reads them. Rings can be full, or gone.
 */
#ifndef HVIC_KUNIT_FAKE_CHANNEL_H
#define HVIC_KUNIT_FAKE_CHANNEL_H

#include "channel.h"
#include "helpers.h"

#define HEADERS		28		/* bytes of pipe header and IC header */
#define RING		512		/* packets that the fake rings hold */
#define FAR		3600		/* seconds: a deadline that no test reaches */

/* Where fields lie in a packet. */
#define POS_PIPE_TYPE	0
#define POS_PIPE_SIZE	4
#define POS_FRAMEWORK	8
#define POS_TYPE	12
#define POS_MESSAGE	14
#define POS_IC_SIZE	18
#define POS_STATUS	20
#define POS_TRANSACTION	24
#define POS_FLAGS	25

struct fake_service;

/**
 * struct wire_packet - a packet in a fake ring
 * @type: of the packet
 * @xid: transaction id
 * @len: of @bytes
 * @bytes: memory of just this length
 */
struct wire_packet {
	u16 type;
	u64 xid;
	size_t len;
	u8 *bytes;
};

/**
 * struct fake_channel - a channel and all around it
 * @ch: the channel
 * @service: its service, if that is a fake as well; NULL otherwise
 * @test: to fail
 * @shown: fake_channel_close() has to hide the service from user space
 * @in: ring from the host
 * @head: next to read in it
 * @tail: next to write in it
 * @out: ring to the host, never read
 * @n_out: how many in it
 * @rings: there are rings
 * @strays: calls that found no rings
 * @open_ret: what open() returns
 * @during_open: what the host does before open() returns
 * @send_ret: what send() returns
 * @changes: calls of changed()
 */
struct fake_channel {
	struct hvic_channel ch;
	struct fake_service *service;
	struct kunit *test;
	bool shown;
	struct wire_packet in[RING];
	unsigned int head;
	unsigned int tail;
	struct wire_packet out[RING];
	unsigned int n_out;
	bool rings;
	unsigned int strays;
	int open_ret;
	void (*during_open)(struct fake_channel *f);
	int send_ret;
	unsigned int changes;
};

int fake_channel_init(struct fake_channel *f, struct kunit *test, const struct hvic_service *svc);
void fake_channel_destroy(struct fake_channel *f);
void fake_channel_open(struct fake_channel *f);
void fake_channel_close(struct fake_channel *f);

/* What the host does. */
void host_queues_packet(struct fake_channel *f, u16 type, struct hvic_span payload, u64 xid);
void host_queues(struct fake_channel *f, struct hvic_span payload, u64 xid);
void host_sends(struct fake_channel *f, struct hvic_span payload, u64 xid);
void host_negotiates(struct fake_channel *f, u16 major, u16 minor);
void host_asks(struct fake_channel *f, struct hvic_span body, u64 xid);

/* What it gets. */
struct hvic_span answer_at(struct fake_channel *f, unsigned int n);
struct hvic_span answer_body(struct fake_channel *f, unsigned int n);
void forget_answers(struct fake_channel *f, unsigned int keep);
void expect_answer(struct fake_channel *f, unsigned int n, struct hvic_span request, u64 xid,
		   u32 status, u8 mark);
void expect_status(struct fake_channel *f, unsigned int n, u64 xid, u32 status);

void expect_state(struct fake_channel *f, enum hvic_channel_state state);
struct hvic_room copy_of(struct fake_channel *f, struct hvic_span message);
void deadline_passes(struct fake_channel *f);

#endif
