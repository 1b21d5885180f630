/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A service's tie to the daemon that owns it.
 *
 * A service sends records; the daemon reads them in order and answers by id. The
 * link knows neither channels nor devices: the service hears through const ops
 * what happens at the daemon's end.
 *
 *   FREE --own--> OWNED --attached(), start--> ATTACHED --release, gone()--> FREE
 *
 * Only an attached daemon gets records. While gone() runs no other process can own the
 * link. A link is born dead: it can be owned between hvic_link_revive() and
 * hvic_link_kill(), after which its owner finds out at once.
 *
 * Records lie in slots that are made when the first daemon comes, so sending
 * works where the host's message arrives and cannot fail for want of memory.
 */
#ifndef HVIC_LINK_H
#define HVIC_LINK_H

#include <linux/hv_ic.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

/* Which device the daemon uses. */
enum hvic_link_abi {
	HVIC_LINK_NATIVE,
	HVIC_LINK_LEGACY,
};

/* The longest payload of an answer: an adapter's set-up. */
#define HVIC_LINK_ANSWER	sizeof(struct hv_ic_kvp_ip)

/* Slots that only events may use, so that they go through a full queue. */
#define HVIC_LINK_EVENT_SLOTS	4

/*
 * Quiet records wait until so many have gathered, or for so many milliseconds: nobody
 * waits for them, and each wake-up of the daemon costs more than a record. As many of
 * the longest fit in one read of our own daemons.
 */
#define HVIC_LINK_GATHER	16
#define HVIC_LINK_GATHER_MS	10

/**
 * struct hvic_link_ops - what a service does about its daemon
 * @greet: fill in the hello for a daemon that uses the native device
 * @attached: a daemon is ready for records; calls hvic_link_start()
 * @gone: it is not there any more; answer what it still held. All its records
 *	are forgotten.
 * @reply: the daemon's answer to record @id, which is 0 for an event. @payload is
 *	HVIC_LINK_ANSWER bytes, zero behind @len. Returns 0, %-ESTALE if the request
 *	is over, or %-EINVAL if the payload is malformed.
 * @read: a record has been read; the header of it
 * @try: the daemon wants to do something of which the host knows nothing, and gets the number of
 *	that; see HV_IC_VSS_TRY
 *
 * All are called in process context without a lock.
 */
struct hvic_link_ops {
	void (*greet)(void *service, struct hv_ic_hello *hello);
	void (*attached)(void *service);
	void (*gone)(void *service);
	int (*reply)(void *service, u64 id, int status, const void *payload, size_t len);
	void (*read)(void *service, const struct hv_ic_record *record);
	int (*try)(void *service, u32 *session);
};

/**
 * struct hvic_link_slot - a record on its way to the daemon
 * @expires: when its answer comes too late, in jiffies; 0 if it wants none
 * @record: its header
 * @payload: what follows it
 */
struct hvic_link_slot {
	unsigned long expires;
	struct hv_ic_record record __aligned(8);
	u8 payload[];
};

/* Both go to the daemon in one piece. */
static_assert(offsetof(struct hvic_link_slot, payload) ==
	      offsetof(struct hvic_link_slot, record) + sizeof(struct hv_ic_record));

/**
 * struct hvic_link - the tie
 * @ops: of the service
 * @service: handed to @ops
 * @n_slots: how many records may wait
 * @slot_size: bytes per slot
 * @lock: guards all below; nests inside the lock of a channel
 * @wait: where the owner waits for a record, or for the end; NULL while there
 *	are no devices
 * @alive: there are devices by which it can be owned
 * @owned: a process has a device open
 * @attached: ... and gets records
 * @served: ... or did, and gone() has to follow
 * @abi: which device
 * @pid: of the owner, in the initial namespace
 * @era: counts the daemons that have gone
 * @begun_era: @era when the service began to build a record
 * @slots: memory for the records; NULL until the first daemon comes
 * @first: index of the oldest record
 * @used: how many wait
 * @due: the owner is to read them, all of them
 * @gathered: quiet ones have waited long enough
 * @reading: the oldest is being read
 */
struct hvic_link {
	const struct hvic_link_ops *ops;
	void *service;
	unsigned int n_slots;
	size_t slot_size;

	spinlock_t lock;
	wait_queue_head_t *wait;
	bool alive;
	bool owned;
	bool attached;
	bool served;
	enum hvic_link_abi abi;
	pid_t pid;
	unsigned int era;
	unsigned int begun_era;
	u8 *slots;
	unsigned int first;
	unsigned int used;
	bool due;
	struct delayed_work gathered;
	bool reading;
};

void hvic_link_init(struct hvic_link *link, const struct hvic_link_ops *ops, void *service,
		    unsigned int n_slots, size_t payload_size);
void hvic_link_revive(struct hvic_link *link, wait_queue_head_t *wait);
void hvic_link_kill(struct hvic_link *link);
void hvic_link_destroy(struct hvic_link *link);

/* The service's end: one caller at a time, the lock of its channel sees to that. */
void hvic_link_start(struct hvic_link *link);
bool hvic_link_is_attached(struct hvic_link *link);
void *hvic_link_begin(struct hvic_link *link);
int hvic_link_send(struct hvic_link *link, const struct hv_ic_record *record, size_t len,
		   unsigned long expires);
void hvic_link_tell(struct hvic_link *link, const struct hv_ic_record *event,
		    const void *payload, size_t len);
bool hvic_link_withdraw(struct hvic_link *link, u64 id);
void hvic_link_drop(struct hvic_link *link);

/* The daemon's end. */
int hvic_link_own(struct hvic_link *link, enum hvic_link_abi abi);
void hvic_link_greet(struct hvic_link *link, struct hv_ic_hello *hello);
void hvic_link_attach(struct hvic_link *link);
void hvic_link_release(struct hvic_link *link);
bool hvic_link_is_owned(struct hvic_link *link);
bool hvic_link_is_due(struct hvic_link *link);
unsigned int hvic_link_used(struct hvic_link *link);
bool hvic_link_is_alive(struct hvic_link *link);
const struct hvic_link_slot *hvic_link_peek(struct hvic_link *link);
void hvic_link_put_back(struct hvic_link *link);
void hvic_link_consume(struct hvic_link *link);
int hvic_link_reply(struct hvic_link *link, u64 id, int status, const void *payload,
		    size_t len);
int hvic_link_try(struct hvic_link *link, u32 *session);

#endif
