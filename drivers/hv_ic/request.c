// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a host request: see request.h for the contract.
 *
 * The owner's lock makes every transition atomic with what the owner does about
 * it, so that "the daemon answered", "the deadline passed" and "the host
 * started over" can meet in any order and exactly one of them acts.
 */
#include "request.h"

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/jiffies.h>

#include "compat.h"
#include "trace.h"

/*
 * The last id. All channels share it, so an id of a device that is gone never
 * matches a request of another device.
 */
static atomic64_t last_id = ATOMIC64_INIT(0);

static void hvic_request_finish(struct hvic_request *req, int err, const void *reply)
{
	lockdep_assert_held(req->lock);
	req->open = false;
	cancel_delayed_work(&req->deadline);
	req->ops->answer(req, err, reply);
}

/* It may run for a request that is over, since cancel_delayed_work() does not wait. */
static void hvic_request_deadline(struct work_struct *work)
{
	struct hvic_request *req = container_of(to_delayed_work(work),
						struct hvic_request, deadline);

	spin_lock_bh(req->lock);
	if (req->open && time_after_eq(jiffies, req->expires)) {
		trace_timeout(req->id);
		hvic_request_finish(req, -ETIMEDOUT, NULL);
	}
	spin_unlock_bh(req->lock);
}

/**
 * hvic_request_init() - prepare a request for its first use
 * @req: the request
 * @ops: what its owner does; must outlive it
 * @lock: the owner's lock, a softirq-safe spinlock; must outlive it
 */
void hvic_request_init(struct hvic_request *req, const struct hvic_request_ops *ops,
		       spinlock_t *lock)
{
	req->ops = ops;
	req->lock = lock;
	req->id = 0;
	req->open = false;
	INIT_DELAYED_WORK(&req->deadline, hvic_request_deadline);
}

/**
 * hvic_request_begin() - take a request that will be answered later
 * @req: the request
 * @seconds: how long the answer may take
 *
 * Context: the owner's lock is held.
 * Return: the id to answer with, or 0 if the last request is still open.
 */
u64 hvic_request_begin(struct hvic_request *req, unsigned int seconds)
{
	lockdep_assert_held(req->lock);
	if (req->open)
		return 0;

	req->open = true;
	req->expires = jiffies + seconds * HZ;
	mod_delayed_work(system_percpu_wq, &req->deadline, seconds * HZ);
	req->id = atomic64_inc_return(&last_id);
	return req->id;
}

/**
 * hvic_request_complete() - answer a request
 * @req: the request
 * @id: which one is meant
 * @err: how it went
 * @reply: handed to ops->answer() if @err is 0; not kept
 *
 * Context: the owner's lock is held.
 * Return: 0 if this was the answer, or %-ESTALE if that request is over.
 */
int hvic_request_complete(struct hvic_request *req, u64 id, int err, const void *reply)
{
	lockdep_assert_held(req->lock);
	if (!req->open || id != req->id)
		return -ESTALE;
	hvic_request_finish(req, err, err ? NULL : reply);
	return 0;
}

/**
 * hvic_request_abort() - answer the open request, whichever it is, with an error
 * @req: the request
 * @err: the reason
 *
 * Context: the owner's lock is held.
 * Return: true if a request was open.
 */
bool hvic_request_abort(struct hvic_request *req, int err)
{
	return !hvic_request_complete(req, req->id, err, NULL);
}

/**
 * hvic_request_void() - forget the open request without an answer
 * @req: the request
 *
 * Context: the owner's lock is held.
 * Return: true if a request was open.
 */
bool hvic_request_void(struct hvic_request *req)
{
	bool was_open = req->open;

	lockdep_assert_held(req->lock);
	req->open = false;
	cancel_delayed_work(&req->deadline);
	return was_open;
}

/**
 * hvic_request_stop() - wait until the deadline is not running any more
 * @req: the request; none may be open
 *
 * Context: may sleep; the owner's lock is not held.
 */
void hvic_request_stop(struct hvic_request *req)
{
	cancel_delayed_work_sync(&req->deadline);
}
