/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host request that is answered later.
 *
 * The contract: once hvic_request_begin() has returned an id, exactly one call
 * of ops->answer() follows, caused by the first of
 *
 *  - hvic_request_complete() with that id, which brings the answer;
 *  - the deadline, which answers with -ETIMEDOUT;
 *  - hvic_request_abort(), since the daemon or the channel is gone;
 *
 * unless hvic_request_void() comes before all of them. Then the host has
 * forgotten the request, and it gets no answer. A caller that comes too late is
 * told so. No id is ever used twice, so a late answer cannot be taken for the
 * answer to the next request.
 *
 *            begin                 complete, deadline, abort: answer
 *   IDLE ------------> OPEN ------------------------------------------> IDLE
 *                        '------------------ void: no answer ---------> IDLE
 */
#ifndef HVIC_REQUEST_H
#define HVIC_REQUEST_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct hvic_request;

/**
 * struct hvic_request_ops - what the owner of a request does
 * @answer: send the answer. @err is 0 or a negative errno, @reply is what
 *	hvic_request_complete() was given, NULL for an error. Called with the
 *	owner's lock held.
 */
struct hvic_request_ops {
	void (*answer)(struct hvic_request *req, int err, const void *reply);
};

/**
 * struct hvic_request - the one request that a channel may have open
 * @ops: of the owner
 * @lock: the owner's lock; guards @id, @open and @expires
 * @deadline: answers the request when its time is over
 * @expires: when that is, in jiffies
 * @id: identifies the open request, or the last one
 * @open: a request waits for its answer
 */
struct hvic_request {
	const struct hvic_request_ops *ops;
	spinlock_t *lock;
	struct delayed_work deadline;
	unsigned long expires;
	u64 id;
	bool open;
};

void hvic_request_init(struct hvic_request *req, const struct hvic_request_ops *ops,
		       spinlock_t *lock);
u64 hvic_request_begin(struct hvic_request *req, unsigned int seconds);
int hvic_request_complete(struct hvic_request *req, u64 id, int err, const void *reply);
bool hvic_request_abort(struct hvic_request *req, int err);
bool hvic_request_void(struct hvic_request *req);
void hvic_request_stop(struct hvic_request *req);

#endif
