/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A service that does what a test tells it, and what the suites of the channel
 * begin with. It takes the heartbeat's messages for its own.
 */
#ifndef HVIC_KUNIT_FAKE_SERVICE_H
#define HVIC_KUNIT_FAKE_SERVICE_H

#include "fake_channel.h"

#define MARK		0x5a		/* what the service writes into an answer at once */
#define LATER_MARK	0xa5		/* and into a deferred one */

/**
 * struct fake_service - a service for one channel
 * @svc: what the channel sees
 * @enabled: its switch
 * @withheld: how many of its versions the service does not speak
 * @defer: the service defers what it handles
 * @slow: with the longer deadline
 * @take_back: and takes that back
 * @abort: the service aborts what it has deferred, when it handles the next
 * @id: of the last that it deferred
 * @ret: what handle() and encode() return, if it is an error
 * @handled: calls of handle()
 * @answered: calls of answered()
 * @answered_at: how many answers the host had at the last of them
 * @resets: calls of reset()
 * @readies: calls of ready()
 * @starts: calls of start()
 * @stops: calls of stop()
 * @start_ret: what start() returns
 */
struct fake_service {
	struct hvic_service svc;
	bool enabled;
	int withheld;
	bool defer;
	bool slow;
	bool take_back;
	bool abort;
	u64 id;
	int ret;
	unsigned int handled;
	unsigned int answered;
	unsigned int answered_at;
	unsigned int resets;
	unsigned int readies;
	unsigned int starts;
	unsigned int stops;
	int start_ret;
};

/**
 * struct error_row - how a service may fail
 * @desc: in words
 * @err: what it returns
 * @status: what the host gets
 * @bad_length: it counts as such
 */
struct error_row {
	const char *desc;
	int err;
	u32 status;
	bool bad_length;
};

#define FAKE_ERRORS	5

extern const struct error_row error_rows[FAKE_ERRORS];

/* A request, a NEGOTIATE, and one that has no version in common. */
extern const struct hvic_span heartbeat;
extern const struct hvic_span negotiate;
extern const struct hvic_span future;

/* For a suite: test->priv is the struct fake_channel. */
int fake_service_init(struct kunit *test);
void fake_service_exit(struct kunit *test);

struct fake_channel *opened(struct kunit *test);
struct fake_channel *ready(struct kunit *test);
struct fake_channel *deferring(struct kunit *test);
int reply_with(struct fake_channel *f, int err);
int fake_service_handle(struct hvic_channel *ch, const struct hvic_msg *msg,
			struct hvic_room body);

#endif
