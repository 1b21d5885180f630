// SPDX-License-Identifier: GPL-2.0
/* A queue of records to one daemon, and its answers: see link.h. */
#include "link.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

static void hvic_link_wake(struct hvic_link *link)
{
	lockdep_assert_held(&link->lock);
	if (link->wait)
		wake_up_interruptible_all(link->wait);
}

static void hvic_link_gathered(struct work_struct *work)
{
	struct hvic_link *link = container_of(to_delayed_work(work), struct hvic_link, gathered);

	spin_lock_bh(&link->lock);
	if (link->used && !link->due) {
		link->due = true;
		hvic_link_wake(link);
	}
	spin_unlock_bh(&link->lock);
}

/**
 * hvic_link_init() - prepare a link that has no owner
 * @link: zeroed memory
 * @ops: of the service
 * @service: handed to @ops
 * @n_slots: how many records may wait, more than HVIC_LINK_EVENT_SLOTS
 * @payload_size: the longest payload
 */
void hvic_link_init(struct hvic_link *link, const struct hvic_link_ops *ops, void *service,
		    unsigned int n_slots, size_t payload_size)
{
	link->ops = ops;
	link->service = service;
	link->n_slots = n_slots;
	link->slot_size = ALIGN(sizeof(struct hvic_link_slot) + payload_size, 8);
	spin_lock_init(&link->lock);
	INIT_DELAYED_WORK(&link->gathered, hvic_link_gathered);
}

/**
 * hvic_link_revive() - let a process own the link from now on
 * @link: the link
 * @wait: where the owner will wait; must last until hvic_link_kill()
 */
void hvic_link_revive(struct hvic_link *link, wait_queue_head_t *wait)
{
	spin_lock_bh(&link->lock);
	link->alive = true;
	link->wait = wait;
	spin_unlock_bh(&link->lock);
}

/**
 * hvic_link_kill() - let no process own the link any more
 * @link: the link; its owner, if there is one, still has to be released
 *
 * Context: any. Does not wait for the owner.
 */
void hvic_link_kill(struct hvic_link *link)
{
	spin_lock_bh(&link->lock);
	link->alive = false;
	link->attached = false;
	link->era++;
	hvic_link_wake(link);
	link->wait = NULL;
	spin_unlock_bh(&link->lock);
}

/**
 * hvic_link_destroy() - free what the link holds
 * @link: a link that no other code can reach any more
 *
 * Context: may sleep.
 */
void hvic_link_destroy(struct hvic_link *link)
{
	cancel_delayed_work_sync(&link->gathered);
	kvfree(link->slots);
}

/* --- The service's end. ------------------------------------------------------------ */

static struct hvic_link_slot *slot_at(struct hvic_link *link, unsigned int age)
{
	return (void *)(link->slots + (link->first + age) % link->n_slots * link->slot_size);
}

/**
 * hvic_link_start() - let the daemon have records from now on
 * @link: an owned link
 *
 * Context: within ops->attached().
 */
void hvic_link_start(struct hvic_link *link)
{
	spin_lock_bh(&link->lock);
	link->attached = link->owned && link->alive;
	link->served |= link->attached;
	spin_unlock_bh(&link->lock);
}

/**
 * hvic_link_is_attached() - is there a daemon?
 * @link: the link
 *
 * Return: true if there was one when this was called.
 */
bool hvic_link_is_attached(struct hvic_link *link)
{
	return READ_ONCE(link->attached);
}

/**
 * hvic_link_begin() - begin to build a record
 * @link: the link
 *
 * The record goes to the daemon with hvic_link_send(), or nowhere. Its slot stays
 * ours until then: code that could take it needs the lock of the channel.
 *
 * Return: memory for the payload, or an error pointer:
 * * %-ENOTCONN - there is no daemon
 * * %-EBUSY - it does not keep up
 */
void *hvic_link_begin(struct hvic_link *link)
{
	void *payload;

	spin_lock_bh(&link->lock);
	link->begun_era = link->era;
	if (!link->attached)
		payload = ERR_PTR(-ENOTCONN);
	else if (link->used + HVIC_LINK_EVENT_SLOTS >= link->n_slots)
		payload = ERR_PTR(-EBUSY);
	else
		payload = slot_at(link, link->used)->payload;
	spin_unlock_bh(&link->lock);
	return payload;
}

static void hvic_link_push(struct hvic_link *link, const struct hv_ic_record *record, size_t len,
			   unsigned long expires)
{
	struct hvic_link_slot *slot = slot_at(link, link->used);

	lockdep_assert_held(&link->lock);
	slot->expires = expires;
	slot->record = *record;
	slot->record.len = sizeof(slot->record) + len;
	link->due = (link->due && link->used) || !(record->flags & HV_IC_RECORD_QUIET) ||
		    link->used + 1 >= HVIC_LINK_GATHER;
	link->used++;
	if (link->due)
		hvic_link_wake(link);
	else
		schedule_delayed_work(&link->gathered, msecs_to_jiffies(HVIC_LINK_GATHER_MS));
}

/**
 * hvic_link_send() - send the record that was begun
 * @link: the link
 * @record: its op, flags and id
 * @len: of its payload
 * @expires: when the answer comes too late, in jiffies; 0 if the record wants none
 *
 * Return: 0, or %-ENOTCONN if the daemon has gone in between.
 */
int hvic_link_send(struct hvic_link *link, const struct hv_ic_record *record, size_t len,
		   unsigned long expires)
{
	int ret = -ENOTCONN;

	spin_lock_bh(&link->lock);
	if (link->attached && link->era == link->begun_era) {
		hvic_link_push(link, record, len, expires);
		ret = 0;
	}
	spin_unlock_bh(&link->lock);
	return ret;
}

/* Removes the records that @goes says, but for one that is being read; returns how many. */
static unsigned int hvic_link_sweep(struct hvic_link *link,
				    bool (*goes)(const struct hv_ic_record *record, u64 arg),
				    u64 arg)
{
	unsigned int before = link->used, keep = link->reading ? 1 : 0, i;

	lockdep_assert_held(&link->lock);
	for (i = keep; i < before; i++) {
		struct hvic_link_slot *slot = slot_at(link, i);

		if (goes(&slot->record, arg))
			continue;
		if (keep != i)
			memcpy(slot_at(link, keep), slot, link->slot_size);
		keep++;
	}
	link->used = min(before, keep);
	return before - link->used;
}

static bool is_event_of(const struct hv_ic_record *record, u64 op)
{
	return record->flags & HV_IC_RECORD_EVENT && record->op == op;
}

static bool is_request(const struct hv_ic_record *record, u64 unused)
{
	return !(record->flags & HV_IC_RECORD_EVENT);
}

static bool is_request_with(const struct hv_ic_record *record, u64 id)
{
	return is_request(record, 0) && record->id == id;
}

/**
 * hvic_link_tell() - send an event, if there is a daemon
 * @link: the link
 * @event: its op, id and status
 * @payload: or NULL
 * @len: of @payload
 *
 * The event takes the place of one of the same op that has not been read, so a
 * daemon that does not read finds each of them once, and the queue has room.
 */
void hvic_link_tell(struct hvic_link *link, const struct hv_ic_record *event,
		    const void *payload, size_t len)
{
	struct hv_ic_record record = *event;

	record.flags = HV_IC_RECORD_EVENT;
	spin_lock_bh(&link->lock);
	if (!link->attached)
		goto unlock;
	hvic_link_sweep(link, is_event_of, record.op);
	if (link->used < link->n_slots) {
		if (len)
			memcpy(slot_at(link, link->used)->payload, payload, len);
		hvic_link_push(link, &record, len, 0);
	}
unlock:
	spin_unlock_bh(&link->lock);
}

/**
 * hvic_link_withdraw() - take a request back
 * @link: the link
 * @id: of the request
 *
 * Return: true if the daemon will never read it; false if it has, or is reading it.
 */
bool hvic_link_withdraw(struct hvic_link *link, u64 id)
{
	bool withdrawn;

	spin_lock_bh(&link->lock);
	withdrawn = hvic_link_sweep(link, is_request_with, id);
	spin_unlock_bh(&link->lock);
	return withdrawn;
}

/**
 * hvic_link_drop() - take all requests back that the daemon has not read
 * @link: the link
 *
 * Events stay. A record that is just being read stays, too; its answer comes too
 * late.
 */
void hvic_link_drop(struct hvic_link *link)
{
	spin_lock_bh(&link->lock);
	hvic_link_sweep(link, is_request, 0);
	spin_unlock_bh(&link->lock);
}

/* --- The daemon's end. ------------------------------------------------------------------ */

/**
 * hvic_link_own() - become the owner
 * @link: the link
 * @abi: which device
 *
 * Context: may sleep.
 * Return: 0, or
 * * %-ENODEV - the service is gone
 * * %-EBUSY - another process is the owner
 * * %-ENOMEM
 */
int hvic_link_own(struct hvic_link *link, enum hvic_link_abi abi)
{
	u8 *slots = NULL;
	int ret = 0;

	if (!READ_ONCE(link->slots)) {
		slots = kvcalloc(link->n_slots, link->slot_size, GFP_KERNEL_ACCOUNT);
		if (!slots)
			return -ENOMEM;
	}

	spin_lock_bh(&link->lock);
	if (!link->alive) {
		ret = -ENODEV;
	} else if (link->owned) {
		ret = -EBUSY;
	} else {
		link->owned = true;
		link->abi = abi;
		link->pid = task_tgid_nr(current);
		if (!link->slots)
			swap(link->slots, slots);
	}
	spin_unlock_bh(&link->lock);
	kvfree(slots);
	return ret;
}

/**
 * hvic_link_greet() - fill in the hello for the owner
 * @link: the link
 * @hello: zeroed memory
 */
void hvic_link_greet(struct hvic_link *link, struct hv_ic_hello *hello)
{
	link->ops->greet(link->service, hello);
}

/**
 * hvic_link_attach() - the owner is ready for records
 * @link: the link
 */
void hvic_link_attach(struct hvic_link *link)
{
	link->ops->attached(link->service);
}

/**
 * hvic_link_release() - the owner has gone
 * @link: an owned link
 */
void hvic_link_release(struct hvic_link *link)
{
	bool served;

	spin_lock_bh(&link->lock);
	link->attached = false;
	link->era++;
	link->first = (link->first + link->used) % link->n_slots;
	link->used = 0;
	link->reading = false;
	served = link->served;
	link->served = false;
	spin_unlock_bh(&link->lock);

	if (served)
		link->ops->gone(link->service);

	spin_lock_bh(&link->lock);
	link->owned = false;
	link->pid = 0;
	spin_unlock_bh(&link->lock);
}

/**
 * hvic_link_is_owned() - is there an owner, attached or not?
 * @link: the link
 *
 * Return: true if there was when this was called.
 */
bool hvic_link_is_owned(struct hvic_link *link)
{
	return READ_ONCE(link->owned);
}

/**
 * hvic_link_used() - how many records wait?
 * @link: the link
 *
 * Return: how many there were when this was called.
 */
unsigned int hvic_link_used(struct hvic_link *link)
{
	return READ_ONCE(link->used);
}

/**
 * hvic_link_is_due() - is it time to read?
 * @link: the link
 *
 * Quiet records may still wait for others.
 *
 * Return: true if it was when this was called.
 */
bool hvic_link_is_due(struct hvic_link *link)
{
	return hvic_link_used(link) && READ_ONCE(link->due);
}

/**
 * hvic_link_is_alive() - is the service still there?
 * @link: the link
 *
 * Return: true if it was when this was called.
 */
bool hvic_link_is_alive(struct hvic_link *link)
{
	return READ_ONCE(link->alive);
}

/**
 * hvic_link_peek() - look at the oldest record
 * @link: an owned link; one reader at a time
 *
 * Return: the record, which stays as it is until hvic_link_consume() or
 * hvic_link_put_back(); NULL if there is none.
 */
const struct hvic_link_slot *hvic_link_peek(struct hvic_link *link)
{
	const struct hvic_link_slot *slot = NULL;

	spin_lock_bh(&link->lock);
	if (link->used) {
		link->reading = true;
		slot = slot_at(link, 0);
	}
	spin_unlock_bh(&link->lock);
	return slot;
}

/**
 * hvic_link_put_back() - leave the record for the next read
 * @link: the link
 */
void hvic_link_put_back(struct hvic_link *link)
{
	spin_lock_bh(&link->lock);
	link->reading = false;
	spin_unlock_bh(&link->lock);
}

/**
 * hvic_link_consume() - the record has been read
 * @link: the link
 */
void hvic_link_consume(struct hvic_link *link)
{
	struct hv_ic_record record;

	spin_lock_bh(&link->lock);
	record = slot_at(link, 0)->record;
	link->reading = false;
	link->first = (link->first + 1) % link->n_slots;
	link->used--;
	spin_unlock_bh(&link->lock);
	link->ops->read(link->service, &record);
}

/**
 * hvic_link_reply() - the daemon answers a record
 * @link: an owned link
 * @id: of the record; 0 for an event
 * @status: 0 or a negative errno
 * @payload: of the answer: HVIC_LINK_ANSWER bytes, zero behind @len
 * @len: of @payload
 *
 * Return: 0, or
 * * %-ESTALE - the request is over
 * * %-EINVAL - the payload is malformed
 */
int hvic_link_reply(struct hvic_link *link, u64 id, int status, const void *payload, size_t len)
{
	return link->ops->reply(link->service, id, status, payload, len);
}

/**
 * hvic_link_try() - the daemon wants a trial
 * @link: an owned link
 * @session: gets its number
 *
 * Return: 0, %-ENOTTY if the service has none, or what the service says.
 */
int hvic_link_try(struct hvic_link *link, u32 *session)
{
	return link->ops->try(link->service, session);
}
