// SPDX-License-Identifier: GPL-2.0
/* The link between a service and its daemon: its owner, its queue, and what it drops. */
#include "helpers.h"

#include "link.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/string.h>

#define SLOTS		(2 * HVIC_LINK_GATHER)
#define PAYLOAD		16		/* bytes, the longest */

#define EXPIRES		4711	/* when the answer comes too late */

#define REQUEST		1		/* operations */
#define HELLO		2
#define THAW		3

/**
 * struct fake - the service at one end of a link; the test is the daemon
 * @link: under test
 * @test: to fail
 * @queue: where the daemon waits
 * @waiter: counts its wake-ups
 * @wakes: of the daemon
 * @attached: calls of attached()
 * @gone: calls of gone()
 * @owned_when_gone: what owning the link during gone() returned
 * @reads: calls of read()
 * @read: the record that the last of them was about
 * @id: of the last reply
 * @status: of the last reply
 * @reply_ret: what reply() returns
 */
struct fake {
	struct hvic_link link;
	struct kunit *test;
	wait_queue_head_t queue;
	wait_queue_entry_t waiter;
	unsigned int wakes;
	unsigned int attached;
	unsigned int gone;
	int owned_when_gone;
	unsigned int reads;
	struct hv_ic_record read;
	u64 id;
	int status;
	int reply_ret;
};

static void fake_attached(void *service)
{
	struct fake *f = service;

	f->attached++;
	hvic_link_start(&f->link);
}

static void fake_gone(void *service)
{
	struct fake *f = service;

	f->gone++;
	f->owned_when_gone = hvic_link_own(&f->link, HVIC_LINK_NATIVE);
}

static int fake_reply(void *service, u64 id, int status, const void *payload, size_t len)
{
	struct fake *f = service;

	f->id = id;
	f->status = status;
	return f->reply_ret;
}

static void fake_read(void *service, const struct hv_ic_record *record)
{
	struct fake *f = service;

	f->reads++;
	f->read = *record;
}

static void fake_greet(void *service, struct hv_ic_hello *hello)
{
	hello->abi = 7;
}

static const struct hvic_link_ops fake_ops = {
	.greet = fake_greet,
	.attached = fake_attached,
	.gone = fake_gone,
	.reply = fake_reply,
	.read = fake_read,
};

static int count_wake(wait_queue_entry_t *waiter, unsigned int mode, int flags, void *key)
{
	struct fake *f = container_of(waiter, struct fake, waiter);

	f->wakes++;
	return 0;
}

static int link_init(struct kunit *test)
{
	struct fake *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->test = test;
	init_waitqueue_head(&f->queue);
	init_waitqueue_func_entry(&f->waiter, count_wake);
	add_wait_queue(&f->queue, &f->waiter);
	hvic_link_init(&f->link, &fake_ops, f, SLOTS, PAYLOAD);
	test->priv = f;
	return 0;
}

static void link_exit(struct kunit *test)
{
	struct fake *f = test->priv;

	hvic_link_destroy(&f->link);
}

/* A link that can be owned, one that is owned, and one whose owner gets records. */

static struct fake *alive(struct kunit *test)
{
	struct fake *f = test->priv;

	hvic_link_revive(&f->link, &f->queue);
	return f;
}

static struct fake *owned(struct kunit *test)
{
	struct fake *f = alive(test);

	KUNIT_ASSERT_EQ(test, hvic_link_own(&f->link, HVIC_LINK_LEGACY), 0);
	return f;
}

static struct fake *attached(struct kunit *test)
{
	struct fake *f = owned(test);

	hvic_link_attach(&f->link);
	KUNIT_ASSERT_TRUE(test, hvic_link_is_attached(&f->link));
	return f;
}

/* Sends a record whose payload repeats its id; returns what send() returned. */
static int send_with(struct fake *f, u64 id, u16 flags)
{
	u8 *payload = hvic_link_begin(&f->link);

	if (IS_ERR(payload))
		return PTR_ERR(payload);
	memset(payload, id, PAYLOAD);
	return hvic_link_send(&f->link, &(struct hv_ic_record) {
		.op = REQUEST, .flags = flags, .id = id,
	}, PAYLOAD, EXPIRES);
}

static int send(struct fake *f, u64 id)
{
	return send_with(f, id, 0);
}

static void tell(struct fake *f, u16 op, u8 value)
{
	hvic_link_tell(&f->link, &(struct hv_ic_record) { .op = op }, &value, sizeof(value));
}

/* Reads a record: its operation, and the first byte of its payload. */
static void expect_record(struct fake *f, u16 op, u8 value)
{
	const struct hvic_link_slot *slot = hvic_link_peek(&f->link);

	KUNIT_ASSERT_NOT_NULL(f->test, slot);
	KUNIT_EXPECT_EQ(f->test, slot->record.op, op);
	KUNIT_EXPECT_EQ(f->test, slot->payload[0], value);
	hvic_link_consume(&f->link);
}

static void expect_no_record(struct fake *f)
{
	KUNIT_EXPECT_FALSE(f->test, hvic_link_is_due(&f->link));
	KUNIT_EXPECT_NULL(f->test, hvic_link_peek(&f->link));
}

/* --- Owners. ------------------------------------------------------------------- */

static void one_owner(struct kunit *test)
{
	struct fake *f = test->priv;

	KUNIT_EXPECT_EQ(test, hvic_link_own(&f->link, HVIC_LINK_NATIVE), -ENODEV);
	owned(test);
	KUNIT_EXPECT_TRUE(test, hvic_link_is_owned(&f->link));
	KUNIT_EXPECT_EQ(test, f->link.abi, HVIC_LINK_LEGACY);
	KUNIT_EXPECT_NE(test, f->link.pid, 0);
	KUNIT_EXPECT_EQ(test, hvic_link_own(&f->link, HVIC_LINK_NATIVE), -EBUSY);
	KUNIT_EXPECT_EQ(test, f->link.abi, HVIC_LINK_LEGACY);

	hvic_link_release(&f->link);
	KUNIT_EXPECT_FALSE(test, hvic_link_is_owned(&f->link));
	KUNIT_EXPECT_EQ(test, hvic_link_own(&f->link, HVIC_LINK_NATIVE), 0);
}

static void attach_and_release(struct kunit *test)
{
	struct fake *f = attached(test);

	KUNIT_EXPECT_EQ(test, f->attached, 1);
	hvic_link_release(&f->link);
	KUNIT_EXPECT_EQ(test, f->gone, 1);
	KUNIT_EXPECT_EQ(test, f->owned_when_gone, -EBUSY);
	KUNIT_EXPECT_FALSE(test, hvic_link_is_attached(&f->link));
	KUNIT_EXPECT_FALSE(test, hvic_link_is_owned(&f->link));
}

/* An owner that never got a record leaves no request to be answered. */
static void release_unattached(struct kunit *test)
{
	struct fake *f = owned(test);

	hvic_link_release(&f->link);
	KUNIT_EXPECT_EQ(test, f->gone, 0);
}

static void kill_attached(struct kunit *test)
{
	struct fake *f = attached(test);
	unsigned int wakes = f->wakes;

	hvic_link_kill(&f->link);

	KUNIT_EXPECT_EQ(test, f->wakes, wakes + 1);
	KUNIT_EXPECT_FALSE(test, hvic_link_is_alive(&f->link));
	KUNIT_EXPECT_FALSE(test, hvic_link_is_attached(&f->link));
	KUNIT_EXPECT_EQ(test, send(f, 1), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, f->gone, 0);

	/* An owner stays until it releases the link; only then can there be another. */
	hvic_link_revive(&f->link, &f->queue);
	KUNIT_EXPECT_EQ(test, hvic_link_own(&f->link, HVIC_LINK_NATIVE), -EBUSY);
	hvic_link_release(&f->link);
	KUNIT_EXPECT_EQ(test, f->gone, 1);
	KUNIT_EXPECT_EQ(test, hvic_link_own(&f->link, HVIC_LINK_NATIVE), 0);
}

/* An owner that attaches after the service has gone gets no record. */
static void attach_dead(struct kunit *test)
{
	struct fake *f = owned(test);

	hvic_link_kill(&f->link);
	hvic_link_attach(&f->link);
	KUNIT_EXPECT_FALSE(test, hvic_link_is_attached(&f->link));
	hvic_link_release(&f->link);
	KUNIT_EXPECT_EQ(test, f->gone, 0);
}

/* --- Records. -------------------------------------------------------------------- */

static void nobody_there(struct kunit *test)
{
	struct fake *f = alive(test);

	KUNIT_EXPECT_EQ(test, send(f, 1), -ENOTCONN);
	tell(f, HELLO, 1);
	KUNIT_ASSERT_EQ(test, hvic_link_own(&f->link, HVIC_LINK_NATIVE), 0);
	KUNIT_EXPECT_EQ(test, send(f, 1), -ENOTCONN);
	tell(f, HELLO, 1);
	expect_no_record(f);
}

static void record_as_sent(struct kunit *test)
{
	struct fake *f = attached(test);
	unsigned int wakes = f->wakes;
	const struct hvic_link_slot *slot;

	KUNIT_ASSERT_EQ(test, send(f, 0x42), 0);

	KUNIT_EXPECT_EQ(test, f->wakes, wakes + 1);
	KUNIT_EXPECT_TRUE(test, hvic_link_is_due(&f->link));
	KUNIT_EXPECT_EQ(test, hvic_link_used(&f->link), 1);
	slot = hvic_link_peek(&f->link);
	KUNIT_ASSERT_NOT_NULL(test, slot);
	KUNIT_EXPECT_EQ(test, slot->record.len, sizeof(slot->record) + PAYLOAD);
	KUNIT_EXPECT_EQ(test, slot->record.id, 0x42);
	KUNIT_EXPECT_EQ(test, slot->record.op, REQUEST);
	KUNIT_EXPECT_EQ(test, slot->record.flags, 0);
	KUNIT_EXPECT_EQ(test, slot->record.status, 0);
	KUNIT_EXPECT_EQ(test, slot->expires, EXPIRES);
	expect_fill(test, "payload", (struct hvic_span){ slot->payload, PAYLOAD }, 0x42);

	/* It stays until it is consumed. */
	hvic_link_put_back(&f->link);
	KUNIT_EXPECT_PTR_EQ(test, hvic_link_peek(&f->link), slot);
	KUNIT_EXPECT_EQ(test, f->reads, 0);
	hvic_link_consume(&f->link);
	KUNIT_EXPECT_EQ(test, f->reads, 1);
	KUNIT_EXPECT_EQ(test, f->read.id, 0x42);
	KUNIT_EXPECT_EQ(test, f->read.op, REQUEST);
	expect_no_record(f);
}

static void send_quiet(struct fake *f, unsigned int n)
{
	while (n--)
		KUNIT_ASSERT_EQ(f->test, send_with(f, n, HV_IC_RECORD_QUIET), 0);
}

static void expect_due(struct fake *f, unsigned int wakes)
{
	KUNIT_EXPECT_EQ(f->test, f->wakes, wakes);
	KUNIT_EXPECT_TRUE(f->test, hvic_link_is_due(&f->link));
}

/* What waits is not due, unless the test itself has taken so long. */
static void expect_waits(struct fake *f, unsigned int wakes)
{
	bool in_time = cancel_delayed_work_sync(&f->link.gathered);

	if (!in_time)
		kunit_skip(f->test, "this machine has taken a break");
	KUNIT_EXPECT_EQ(f->test, f->wakes, wakes);
	KUNIT_EXPECT_FALSE(f->test, hvic_link_is_due(&f->link));
}

/* Quiet records wake the daemon when there are several, and then until it has read all. */
static void quiet_gather(struct kunit *test)
{
	struct fake *f = attached(test);
	unsigned int wakes = f->wakes, i;

	send_quiet(f, HVIC_LINK_GATHER - 1);
	expect_waits(f, wakes);
	send_quiet(f, 1);
	expect_due(f, wakes + 1);

	for (i = 0; i < HVIC_LINK_GATHER - 1; i++) {
		KUNIT_ASSERT_NOT_NULL(test, hvic_link_peek(&f->link));
		hvic_link_consume(&f->link);
	}
	expect_due(f, wakes + 1);
	send_quiet(f, 1);
	expect_due(f, wakes + 2);

	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_NOT_NULL(test, hvic_link_peek(&f->link));
		hvic_link_consume(&f->link);
	}
	expect_no_record(f);
	send_quiet(f, 1);
	expect_waits(f, wakes + 2);
}

/* ... or after a moment. */
static void quiet_for_a_moment(struct kunit *test)
{
	struct fake *f = attached(test);
	unsigned int wakes = f->wakes;

	send_quiet(f, 1);
	flush_delayed_work(&f->link.gathered);
	expect_due(f, wakes + 1);
	expect_record(f, REQUEST, 0);
	expect_no_record(f);
}

/* Any other record comes at once, and those before it with it. */
static void quiet_with_others(struct kunit *test)
{
	struct fake *f = attached(test);
	unsigned int wakes = f->wakes;

	send_quiet(f, 1);
	KUNIT_ASSERT_EQ(test, send(f, 1), 0);
	expect_due(f, wakes + 1);
	hvic_link_drop(&f->link);
	send_quiet(f, 1);
	expect_waits(f, wakes + 1);
	tell(f, HELLO, 2);
	expect_due(f, wakes + 2);
	expect_record(f, REQUEST, 0);
	expect_record(f, HELLO, 2);
}

static void event_as_told(struct kunit *test)
{
	struct fake *f = attached(test);
	const struct hvic_link_slot *slot;

	hvic_link_tell(&f->link, &(struct hv_ic_record) {
		.op = THAW, .id = 5, .status = -EINTR,
	}, NULL, 0);

	slot = hvic_link_peek(&f->link);
	KUNIT_ASSERT_NOT_NULL(test, slot);
	KUNIT_EXPECT_EQ(test, slot->record.len, sizeof(slot->record));
	KUNIT_EXPECT_EQ(test, slot->record.id, 5);
	KUNIT_EXPECT_EQ(test, slot->record.status, -EINTR);
	KUNIT_EXPECT_EQ(test, slot->expires, 0);
	KUNIT_EXPECT_EQ(test, slot->record.op, THAW);
	KUNIT_EXPECT_EQ(test, slot->record.flags, HV_IC_RECORD_EVENT);
}

/* Records come out in the order in which they went in, many times round the ring. */
static void in_order(struct kunit *test)
{
	struct fake *f = attached(test);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, send(f, 0), 0);
	KUNIT_ASSERT_EQ(test, send(f, 1), 0);
	for (i = 2; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, send(f, i), 0);
		expect_record(f, REQUEST, i - 2);
	}
	expect_record(f, REQUEST, 98);
	expect_record(f, REQUEST, 99);
	expect_no_record(f);
}

/* Requests leave room for events; of each event there is one, the newest. */
static void full(struct kunit *test)
{
	struct fake *f = attached(test);
	unsigned int i;

	for (i = 0; i < SLOTS - HVIC_LINK_EVENT_SLOTS; i++)
		KUNIT_EXPECT_EQ(test, send(f, i), 0);
	KUNIT_EXPECT_EQ(test, send(f, i), -EBUSY);
	for (; i < SLOTS + 3; i++)
		tell(f, i % 2 ? HELLO : THAW, i);
	KUNIT_EXPECT_EQ(test, hvic_link_used(&f->link), SLOTS - HVIC_LINK_EVENT_SLOTS + 2);
	KUNIT_EXPECT_EQ(test, send(f, i), -EBUSY);

	for (i = 0; i < SLOTS - HVIC_LINK_EVENT_SLOTS; i++)
		expect_record(f, REQUEST, i);
	expect_record(f, HELLO, SLOTS + 1);
	expect_record(f, THAW, SLOTS + 2);
	expect_no_record(f);
}

/* An event for which there is no slot is dropped. */
static void overfull(struct kunit *test)
{
	struct fake *f = attached(test);
	unsigned int i;

	for (i = 0; i < SLOTS - HVIC_LINK_EVENT_SLOTS; i++)
		KUNIT_EXPECT_EQ(test, send(f, i), 0);
	for (i = 0; i < HVIC_LINK_EVENT_SLOTS + 2; i++)
		tell(f, HELLO + i, i);
	KUNIT_EXPECT_EQ(test, hvic_link_used(&f->link), SLOTS);

	for (i = 0; i < SLOTS - HVIC_LINK_EVENT_SLOTS; i++)
		expect_record(f, REQUEST, i);
	for (i = 0; i < HVIC_LINK_EVENT_SLOTS; i++)
		expect_record(f, HELLO + i, i);
	expect_no_record(f);
}

/* An event that is repeated is read after the requests that were sent in between. */
static void same_event_later(struct kunit *test)
{
	struct fake *f = attached(test);

	tell(f, THAW, 1);
	KUNIT_EXPECT_EQ(test, send(f, 2), 0);
	tell(f, THAW, 3);

	expect_record(f, REQUEST, 2);
	expect_record(f, THAW, 3);
	expect_no_record(f);
}

static void same_event_while_read(struct kunit *test)
{
	struct fake *f = attached(test);

	tell(f, THAW, 1);
	KUNIT_ASSERT_NOT_NULL(test, hvic_link_peek(&f->link));
	tell(f, THAW, 2);

	expect_record(f, THAW, 1);
	expect_record(f, THAW, 2);
	expect_no_record(f);
}

static void withdraw(struct kunit *test)
{
	struct fake *f = attached(test);

	KUNIT_EXPECT_EQ(test, send(f, 1), 0);
	KUNIT_EXPECT_EQ(test, send(f, 2), 0);
	tell(f, HELLO, 3);
	KUNIT_EXPECT_FALSE(test, hvic_link_withdraw(&f->link, 4));
	KUNIT_EXPECT_TRUE(test, hvic_link_withdraw(&f->link, 2));
	KUNIT_EXPECT_FALSE(test, hvic_link_withdraw(&f->link, 2));

	/* A record that is being read is not replaced. */
	KUNIT_ASSERT_NOT_NULL(test, hvic_link_peek(&f->link));
	KUNIT_EXPECT_FALSE(test, hvic_link_withdraw(&f->link, 1));
	expect_record(f, REQUEST, 1);
	expect_record(f, HELLO, 3);
	expect_no_record(f);
}

static void greeting_goes_through(struct kunit *test)
{
	struct fake *f = owned(test);
	struct hv_ic_hello hello = {};

	hvic_link_greet(&f->link, &hello);
	KUNIT_EXPECT_EQ(test, hello.abi, 7);
}

static void drop_requests(struct kunit *test)
{
	struct fake *f = attached(test);

	tell(f, HELLO, 1);
	KUNIT_EXPECT_EQ(test, send(f, 2), 0);
	tell(f, THAW, 3);
	KUNIT_EXPECT_EQ(test, send(f, 4), 0);
	hvic_link_drop(&f->link);
	KUNIT_EXPECT_EQ(test, send(f, 5), 0);

	expect_record(f, HELLO, 1);
	expect_record(f, THAW, 3);
	expect_record(f, REQUEST, 5);
	expect_no_record(f);

	hvic_link_drop(&f->link);
	expect_no_record(f);
}

static void drop_while_read(struct kunit *test)
{
	struct fake *f = attached(test);
	const struct hvic_link_slot *slot;

	KUNIT_EXPECT_EQ(test, send(f, 1), 0);
	KUNIT_EXPECT_EQ(test, send(f, 2), 0);
	tell(f, HELLO, 3);
	slot = hvic_link_peek(&f->link);
	hvic_link_drop(&f->link);

	KUNIT_EXPECT_EQ(test, slot->record.id, 1);
	KUNIT_EXPECT_EQ(test, slot->payload[0], 1);
	hvic_link_consume(&f->link);
	expect_record(f, HELLO, 3);
	expect_no_record(f);
}

static void release_forgets(struct kunit *test)
{
	struct fake *f = attached(test);

	KUNIT_EXPECT_EQ(test, send(f, 1), 0);
	KUNIT_EXPECT_EQ(test, send(f, 2), 0);
	KUNIT_EXPECT_NOT_NULL(test, hvic_link_peek(&f->link));
	hvic_link_release(&f->link);
	expect_no_record(f);

	attached(test);
	KUNIT_EXPECT_EQ(test, send(f, 3), 0);
	expect_record(f, REQUEST, 3);
	expect_no_record(f);
}

/* A record that was begun for one daemon does not go to the next. */
static void gone_while_building(struct kunit *test)
{
	static const struct hv_ic_record begun = { .op = REQUEST, .id = 1 };
	struct fake *f = attached(test);

	KUNIT_EXPECT_FALSE(test, IS_ERR(hvic_link_begin(&f->link)));
	hvic_link_release(&f->link);
	KUNIT_EXPECT_EQ(test, hvic_link_send(&f->link, &begun, 0, 0), -ENOTCONN);

	attached(test);
	KUNIT_EXPECT_FALSE(test, IS_ERR(hvic_link_begin(&f->link)));
	hvic_link_release(&f->link);
	attached(test);
	KUNIT_EXPECT_EQ(test, hvic_link_send(&f->link, &begun, 0, 0), -ENOTCONN);

	KUNIT_EXPECT_FALSE(test, IS_ERR(hvic_link_begin(&f->link)));
	hvic_link_kill(&f->link);
	KUNIT_EXPECT_EQ(test, hvic_link_send(&f->link, &begun, 0, 0), -ENOTCONN);
	expect_no_record(f);
}

static void reply_goes_through(struct kunit *test)
{
	struct fake *f = attached(test);

	KUNIT_EXPECT_EQ(test, hvic_link_reply(&f->link, 7, -ENOENT, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, f->id, 7);
	KUNIT_EXPECT_EQ(test, f->status, -ENOENT);
	f->reply_ret = -ESTALE;
	KUNIT_EXPECT_EQ(test, hvic_link_reply(&f->link, 7, 0, NULL, 0), -ESTALE);
}

static struct kunit_case link_cases[] = {
	KUNIT_CASE(one_owner),
	KUNIT_CASE(attach_and_release),
	KUNIT_CASE(release_unattached),
	KUNIT_CASE(kill_attached),
	KUNIT_CASE(attach_dead),
	KUNIT_CASE(nobody_there),
	KUNIT_CASE(record_as_sent),
	KUNIT_CASE(quiet_gather),
	KUNIT_CASE(quiet_for_a_moment),
	KUNIT_CASE(quiet_with_others),
	KUNIT_CASE(event_as_told),
	KUNIT_CASE(in_order),
	KUNIT_CASE(full),
	KUNIT_CASE(overfull),
	KUNIT_CASE(same_event_later),
	KUNIT_CASE(same_event_while_read),
	KUNIT_CASE(withdraw),
	KUNIT_CASE(greeting_goes_through),
	KUNIT_CASE(drop_requests),
	KUNIT_CASE(drop_while_read),
	KUNIT_CASE(release_forgets),
	KUNIT_CASE(gone_while_building),
	KUNIT_CASE(reply_goes_through),
	{}
};

static struct kunit_suite link_suite = {
	.name = "hv_ic_link",
	.init = link_init,
	.exit = link_exit,
	.test_cases = link_cases,
};

kunit_test_suite(link_suite);
