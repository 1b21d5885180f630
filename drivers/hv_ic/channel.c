// SPDX-License-Identifier: GPL-2.0
/*
 * A channel reads what the host sends and answers each request once.
 *
 * The host signals only when the ring turns from empty to non-empty, so reading
 * goes on until the ring is empty. An answer for which the outgoing ring has no
 * room is kept, and nothing more is read until it has left: a host that does
 * not read its answers stalls no channel but this one.
 *
 * A message is read, served and answered under the lock. A deferred request is
 * completed under the same lock, so a NEGOTIATE, a deadline, a reply and the
 * close of the channel happen one after the other, in some order.
 */
#include "channel.h"

#include <linux/device.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "trace.h"

/* How many packets are read in one go, before other tasks may run. */
#define DRAIN_BUDGET	64

/* How long to wait for room in the outgoing ring. */
#define FULL_RING_DELAY	msecs_to_jiffies(10)

static const struct hvic_version framework_versions[] = {
	{ 3, 0 },
	{ 1, 0 },
};

static const char * const state_names[] = {
	[HVIC_CHANNEL_CLOSED]		= "closed",
	[HVIC_CHANNEL_NEGOTIATING]	= "negotiating",
	[HVIC_CHANNEL_READY]		= "ready",
	[HVIC_CHANNEL_REFUSED]		= "refused",
};

/**
 * hvic_channel_state_name() - the state of a channel in a word
 * @ch: the channel
 *
 * Context: any; the state may have changed when the function returns.
 * Return: a static string.
 */
const char *hvic_channel_state_name(const struct hvic_channel *ch)
{
	if (!*ch->svc->enabled && ch->state == HVIC_CHANNEL_CLOSED)
		return "disabled";
	return state_names[READ_ONCE(ch->state)];
}

static void hvic_channel_tell_changed(struct hvic_channel *ch)
{
	if (ch->bus->changed)
		ch->bus->changed(ch->bus_data);
}

static void hvic_channel_set_state(struct hvic_channel *ch, enum hvic_channel_state state)
{
	lockdep_assert_held(&ch->lock);
	if (ch->state == state)
		return;
	trace_state(dev_name(ch->dev), state_names[ch->state], state_names[state]);
	/* Pairs with hvic_channel_is_open(): who sees the channel open sees its rings. */
	smp_store_release(&ch->state, state);
	hvic_channel_tell_changed(ch);
}

/* --- Answers. ---------------------------------------------------------------- */

static bool hvic_channel_flush_one(struct hvic_channel *ch, struct hvic_answer *answer)
{
	int ret;

	if (!answer->len)
		return true;

	ret = ch->bus->send(ch->bus_data, answer->packet.data, answer->len, answer->xid);
	if (ret == -EAGAIN) {
		mod_delayed_work(system_percpu_wq, &ch->again, FULL_RING_DELAY);
		return false;
	}

	answer->len = 0;
	if (!ret)
		ch->stats.out++;
	else
		ch->notify = false;	/* the answer cannot leave, so the service must not act */
	return true;
}

/* Returns false if the outgoing ring is full; the answer is then sent later. */
static bool hvic_channel_flush(struct hvic_channel *ch)
{
	lockdep_assert_held(&ch->lock);
	if (!hvic_channel_flush_one(ch, &ch->before) || !hvic_channel_flush_one(ch, &ch->later) ||
	    !hvic_channel_flush_one(ch, &ch->now))
		return false;

	if (ch->notify) {
		ch->notify = false;
		ch->svc->ops->answered(ch);
	}
	return true;
}

/* @ret is the length of the body that the service wrote, or an errno. */
static void hvic_channel_end_answer(struct hvic_channel *ch, struct hvic_answer *answer,
				    const struct hvic_msg *msg, int ret)
{
	u32 status = hvic_status_from_errno(min(ret, 0));

	ch->last.answered = true;
	ch->last.err = min(ret, 0);
	if (ret < 0) {
		/* The host must not see what the service had begun to write. */
		hvic_msg_begin_reply(answer->packet, msg);
		ch->stats.refused++;
		ch->last_error = ch->last;
	}
	hvic_msg_end_reply(answer->packet, ret < 0 ? msg->body.len : ret, status);
	answer->len = msg->len;
	trace_response(dev_name(ch->dev), msg->type, answer->len, status);
	if (!hvic_channel_flush(ch))
		ch->stats.ring_full++;
}

/* --- Deferred requests. --------------------------------------------------------- */

static void hvic_channel_answer_later(struct hvic_request *req, int err, const void *reply)
{
	struct hvic_channel *ch = container_of(req, struct hvic_channel, request);
	struct hvic_room body = hvic_msg_begin_reply(ch->later.packet, &ch->deferred);
	int ret = err;

	if (!err)
		ret = ch->svc->ops->encode(ch, body, reply);
	if (err == -ETIMEDOUT)
		ch->stats.timeouts++;
	if (ret < 0 && ch->svc->ops->failed)
		ch->svc->ops->failed(ch, ret);
	if (ret >= 0 && ch->svc->ops->answered)
		ch->notify = true;
	ch->last = ch->last_deferred;
	hvic_channel_end_answer(ch, &ch->later, &ch->deferred, ret);
}

static const struct hvic_request_ops hvic_channel_request_ops = {
	.answer = hvic_channel_answer_later,
};

static u64 hvic_channel_take(struct hvic_channel *ch, const struct hvic_msg *msg,
			     unsigned int seconds)
{
	u64 id;

	lockdep_assert_held(&ch->lock);
	id = hvic_request_begin(&ch->request, seconds);
	if (id) {
		ch->deferred = *msg;
		ch->deferred.body.data = NULL;	/* its length still counts */
		ch->later.xid = ch->now.xid;
	}
	return id;
}

/**
 * hvic_channel_defer() - take a request that will be answered later
 * @ch: the channel
 * @msg: the message that is being handled
 *
 * A service calls this if a daemon has to provide the answer. After success its
 * handle() returns -EINPROGRESS, and exactly one answer goes to the host: that
 * of hvic_channel_complete(), or an error at the service's deadline, or an error
 * when the channel closes. If the host negotiates before that, it has forgotten
 * the request: reset() is called, and no answer is sent.
 *
 * Context: within handle().
 * Return: the id to complete it with; 0 if another request is open, for which
 * handle() returns -EBUSY.
 */
u64 hvic_channel_defer(struct hvic_channel *ch, const struct hvic_msg *msg)
{
	return hvic_channel_take(ch, msg, ch->svc->deadline);
}

/**
 * hvic_channel_defer_slow() - take a request whose answer has to wait for disks
 * @ch: the channel
 * @msg: the message that is being handled
 *
 * It is hvic_channel_defer() with the service's longer deadline.
 *
 * Context: within handle().
 * Return: as hvic_channel_defer().
 */
u64 hvic_channel_defer_slow(struct hvic_channel *ch, const struct hvic_msg *msg)
{
	return hvic_channel_take(ch, msg, ch->svc->slow_deadline);
}

/**
 * hvic_channel_take_back() - undo hvic_channel_defer() before handle() returns
 * @ch: the channel
 *
 * Context: within handle().
 */
void hvic_channel_take_back(struct hvic_channel *ch)
{
	hvic_request_void(&ch->request);
}

/**
 * hvic_channel_abort() - answer the deferred request, if there is one, with an error
 * @ch: the channel
 * @err: a negative errno for the host
 *
 * Context: the channel's lock is held.
 */
void hvic_channel_abort(struct hvic_channel *ch, int err)
{
	hvic_request_abort(&ch->request, err);
}

/**
 * hvic_channel_supersede() - answer the deferred request, so that another can be deferred
 * @ch: the channel
 * @err: a negative errno for the host
 *
 * Context: within handle().
 */
void hvic_channel_supersede(struct hvic_channel *ch, int err)
{
	const struct hvic_outcome current_request = ch->last;

	hvic_channel_abort(ch, err);
	ch->last = current_request;
	/* No message is read while an answer waits for room, so an earlier one has left. */
	if (ch->later.len)
		swap(ch->before, ch->later);
}

/**
 * hvic_channel_is_deferred() - is a request open?
 * @ch: the channel
 *
 * Context: the channel's lock is held.
 * Return: true if hvic_channel_defer() would return 0.
 */
bool hvic_channel_is_deferred(const struct hvic_channel *ch)
{
	lockdep_assert_held(&ch->lock);
	return ch->request.open;
}

/**
 * hvic_channel_is_waiting_for() - is this request open?
 * @ch: the channel
 * @id: of the request
 *
 * Context: the channel's lock is held.
 * Return: true if hvic_channel_complete_locked() would succeed.
 */
bool hvic_channel_is_waiting_for(const struct hvic_channel *ch, u64 id)
{
	return hvic_channel_is_deferred(ch) && ch->request.id == id;
}

/**
 * hvic_channel_complete_locked() - answer a deferred request under the channel's lock
 * @ch: the channel
 * @id: which request
 * @err: 0, or a negative errno for the host
 * @reply: as for hvic_channel_complete()
 *
 * Context: the channel's lock is held, but not within handle().
 * Return: as hvic_channel_complete().
 */
int hvic_channel_complete_locked(struct hvic_channel *ch, u64 id, int err, const void *reply)
{
	int ret = hvic_request_complete(&ch->request, id, err, reply);

	if (ret)
		ch->stats.late_replies++;
	return ret;
}

/**
 * hvic_channel_complete() - answer a deferred request
 * @ch: the channel
 * @id: which request, from hvic_channel_defer()
 * @err: 0, or a negative errno for the host
 * @reply: what the service's encode() writes the answer from; not used on an error
 *
 * Context: process or softirq; the channel's lock is not held.
 * Return: 0 if this became the answer, or %-ESTALE if the request is over.
 */
int hvic_channel_complete(struct hvic_channel *ch, u64 id, int err, const void *reply)
{
	int ret;

	spin_lock_bh(&ch->lock);
	ret = hvic_channel_complete_locked(ch, id, err, reply);
	spin_unlock_bh(&ch->lock);
	return ret;
}

/* --- Messages. --------------------------------------------------------------------- */

/* The host starts over, and must not get an answer to an earlier request. */
static void hvic_channel_reset(struct hvic_channel *ch)
{
	hvic_request_void(&ch->request);
	ch->later.len = 0;
	ch->before.len = 0;
	ch->versions = (struct hvic_versions){};
	if (ch->svc->ops->reset)
		ch->svc->ops->reset(ch);
}

static int hvic_channel_negotiate(struct hvic_channel *ch, const struct hvic_msg *msg,
				  struct hvic_room body)
{
	struct hvic_versions chosen = {}, before = ch->versions;
	size_t withheld = ch->svc->withheld ? READ_ONCE(*ch->svc->withheld) : 0;
	struct hvic_nego_offer offer;
	int ret;

	ch->stats.negotiations++;
	hvic_channel_reset(ch);

	ret = hvic_nego_parse(msg->body, &offer);
	ch->n_offered = hvic_nego_list(offer.message, ch->offered, ARRAY_SIZE(ch->offered));
	if (ret)
		ch->stats.bad_length++;
	else if (!hvic_nego_select(offer.framework, framework_versions,
				   ARRAY_SIZE(framework_versions), &chosen.framework) ||
		 !hvic_nego_select(offer.message, ch->svc->versions + withheld,
				   ch->svc->n_versions - withheld, &chosen.message))
		ret = -EOPNOTSUPP;

	trace_negotiate(dev_name(ch->dev), &chosen, ret);
	if (ret) {
		hvic_channel_set_state(ch, HVIC_CHANNEL_REFUSED);
		return ret;	/* the zeroed body is the empty lists of a refusal */
	}
	ch->versions = chosen;
	/* A host that was upgraded starts over on the channel that is ready. */
	if (ch->state == HVIC_CHANNEL_READY && memcmp(&before, &chosen, sizeof(before)))
		hvic_channel_tell_changed(ch);
	hvic_channel_set_state(ch, HVIC_CHANNEL_READY);
	if (ch->svc->ops->ready)
		ch->svc->ops->ready(ch);
	return hvic_nego_encode(body, &chosen);
}

static int hvic_channel_serve(struct hvic_channel *ch, const struct hvic_msg *msg,
			      struct hvic_room body)
{
	int ret;

	if (msg->type == HVIC_WIRE_NEGOTIATE)
		return hvic_channel_negotiate(ch, msg, body);
	if (msg->type != ch->svc->type) {
		ch->stats.bad_type++;
		return -EOPNOTSUPP;
	}
	if (ch->state != HVIC_CHANNEL_READY)
		return -ENODEV;

	ret = ch->svc->ops->handle(ch, msg, body);
	if (ret == -EBADMSG)
		ch->stats.bad_length++;
	ch->notify = ret >= 0 && ch->svc->ops->answered;
	return ret;
}

static void hvic_channel_receive(struct hvic_channel *ch, const struct hvic_packet *packet)
{
	struct hvic_msg msg;
	int ret;

	ch->stats.in++;
	if (packet->type != HVIC_WIRE_DESC_INBAND) {
		ch->stats.bad_type++;
		return;
	}

	ret = hvic_msg_parse(packet->payload, &msg);
	if (ret == -EPROTO || (ret != -EBADMSG && !hvic_msg_wants_answer(&msg)))
		ch->stats.bad_type++;
	else if (ret)
		ch->stats.bad_length++;
	if (!hvic_msg_wants_answer(&msg))
		return;

	trace_request(dev_name(ch->dev), msg.type, packet->payload.len, ret);
	ch->last = (struct hvic_outcome){
		.when = ktime_get_boottime(),
		.operation = msg.type == HVIC_WIRE_NEGOTIATE ? "negotiate" : ch->svc->name,
	};
	ch->now.xid = packet->xid;
	if (!ret)
		ret = hvic_channel_serve(ch, &msg, hvic_msg_begin_reply(ch->now.packet, &msg));
	/* A daemon's errno may be the same, and then nothing is deferred. */
	if (ret == -EINPROGRESS && hvic_channel_is_deferred(ch))
		ch->last_deferred = ch->last;
	else
		hvic_channel_end_answer(ch, &ch->now, &msg, ret);
}

/* Returns true if there may be more to read. */
static bool hvic_channel_step(struct hvic_channel *ch)
{
	struct hvic_packet packet;

	if (ch->state == HVIC_CHANNEL_CLOSED || !hvic_channel_flush(ch) ||
	    !ch->bus->peek(ch->bus_data, &packet))
		return false;
	hvic_channel_receive(ch, &packet);
	ch->bus->consume(ch->bus_data);
	return true;
}

/**
 * hvic_channel_drain() - serve what the host has sent
 * @ch: the channel
 *
 * Context: any but hard interrupt. Calls may overlap.
 */
void hvic_channel_drain(struct hvic_channel *ch)
{
	unsigned int budget = DRAIN_BUDGET;
	bool more;

	do {
		spin_lock_bh(&ch->lock);
		more = hvic_channel_step(ch);
		if (more && !--budget)
			mod_delayed_work(system_percpu_wq, &ch->again, 0);
		spin_unlock_bh(&ch->lock);
	} while (more && budget);
}

static void hvic_channel_drain_again(struct work_struct *work)
{
	hvic_channel_drain(container_of(to_delayed_work(work), struct hvic_channel, again));
}

/* --- Lifetime. ------------------------------------------------------------------------ */

/*
 * From here on no message is read or sent, and the completion of a request comes
 * too late.
 */
static void hvic_channel_shut(struct hvic_channel *ch)
{
	lockdep_assert_held(&ch->lock);
	ch->now.len = 0;
	ch->notify = false;
	hvic_channel_reset(ch);
	hvic_channel_set_state(ch, HVIC_CHANNEL_CLOSED);
}

/* Waits for the work items of a shut channel, which the bus does not call any more. */
static void hvic_channel_quiesce(struct hvic_channel *ch)
{
	cancel_delayed_work_sync(&ch->again);
	hvic_request_stop(&ch->request);
}

/**
 * hvic_channel_open() - open a closed channel
 * @ch: the channel
 *
 * Context: may sleep; not at the same time as hvic_channel_close().
 * Return: 0, or the errno of the bus.
 */
int hvic_channel_open(struct hvic_channel *ch)
{
	int ret;

	/* ORDER: the host may signal before there are rings; the channel is closed until then. */
	ret = ch->bus->open(ch->bus_data);
	if (ret)
		return ret;
	spin_lock_bh(&ch->lock);
	hvic_channel_set_state(ch, HVIC_CHANNEL_NEGOTIATING);
	spin_unlock_bh(&ch->lock);

	/* The channel has missed the signal for a packet that came in between. */
	hvic_channel_drain(ch);
	return 0;
}

/**
 * hvic_channel_close() - answer what is open, then close the channel
 * @ch: an open channel
 *
 * When it has returned no service callback but stop() runs for this channel.
 * What may still be running when it is called: the bus' callback, until the bus
 * has closed; @again and the deadline, until they are cancelled; a daemon's
 * completion, which finds the request over.
 *
 * Context: may sleep; not at the same time as hvic_channel_open().
 */
void hvic_channel_close(struct hvic_channel *ch)
{
	spin_lock_bh(&ch->lock);
	hvic_request_abort(&ch->request, -ENODEV);
	hvic_channel_shut(ch);
	spin_unlock_bh(&ch->lock);

	ch->bus->close(ch->bus_data);
	hvic_channel_quiesce(ch);
}

/**
 * hvic_channel_is_open() - are there rings?
 * @ch: the channel
 *
 * Context: any; reliable only where hvic_channel_open() and _close() are called.
 * Return: true unless the channel is closed.
 */
bool hvic_channel_is_open(struct hvic_channel *ch)
{
	/* Pairs with hvic_channel_set_state(). */
	return smp_load_acquire(&ch->state) != HVIC_CHANNEL_CLOSED;
}

static bool hvic_channel_make_room(struct hvic_answer *answer)
{
	answer->packet.data = kvmalloc(HVIC_MSG_MAX, GFP_KERNEL);
	answer->packet.len = HVIC_MSG_MAX;
	return answer->packet.data;
}

static void hvic_channel_free_room(struct hvic_channel *ch)
{
	kvfree(ch->before.packet.data);
	kvfree(ch->later.packet.data);
	kvfree(ch->now.packet.data);
}

/**
 * hvic_channel_init() - prepare a channel, closed
 * @ch: zeroed memory
 * @svc: the service it belongs to
 * @bus: how to reach the bus
 * @bus_data: handed to @bus
 * @dev: for the log; must outlive the channel
 *
 * Context: may sleep.
 * Return: 0, %-ENOMEM, or what the service's start() returned.
 */
int hvic_channel_init(struct hvic_channel *ch, const struct hvic_service *svc,
		      const struct hvic_bus_ops *bus, void *bus_data, struct device *dev)
{
	int ret = -ENOMEM;

	ch->svc = svc;
	ch->bus = bus;
	ch->bus_data = bus_data;
	ch->dev = dev;
	spin_lock_init(&ch->lock);
	hvic_request_init(&ch->request, &hvic_channel_request_ops, &ch->lock);
	INIT_DELAYED_WORK(&ch->again, hvic_channel_drain_again);

	if (!hvic_channel_make_room(&ch->now) ||
	    (svc->deadline && (!hvic_channel_make_room(&ch->later) ||
			       !hvic_channel_make_room(&ch->before))))
		goto err_free;
	if (svc->ops->start) {
		ret = svc->ops->start(ch);
		if (ret)
			goto err_free;
	}
	return 0;

err_free:
	hvic_channel_free_room(ch);
	return ret;
}

/**
 * hvic_channel_destroy() - undo hvic_channel_init()
 * @ch: a closed channel
 *
 * Context: may sleep.
 */
void hvic_channel_destroy(struct hvic_channel *ch)
{
	if (ch->svc->ops->stop)
		ch->svc->ops->stop(ch);
	hvic_channel_free_room(ch);
}
