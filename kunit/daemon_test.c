// SPDX-License-Identifier: GPL-2.0
/*
 * The joint between a channel and a daemon, with a service that lets its daemon
 * answer everything: one answer to each request, whatever becomes of the daemon.
 */
#include "fake_daemon.h"
#include "fake_event.h"

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#define ASK		7		/* operations of the service */
#define TOLD		8

#define LEN		8		/* bytes of a body, and of a payload */
#define SLOTS		8		/* records that the queue holds */
#define FEATURES	0x5a

/**
 * struct asker - the service; each channel has one
 * @daemon: under test
 * @slow: ask with the longer deadline
 * @vanish: the devices go while a request is on its way
 * @hold: defer without asking
 * @attached: calls of attached()
 * @gone: calls of gone()
 * @answers_at_gone: how many answers the host had by then
 * @reads: calls of read()
 */
struct asker {
	struct hvic_daemon daemon;
	bool slow;
	bool vanish;
	bool hold;
	unsigned int attached;
	unsigned int gone;
	unsigned int answers_at_gone;
	unsigned int reads;
};

static struct asker *asker_of(struct hvic_daemon *daemon)
{
	return container_of(daemon, struct asker, daemon);
}

static void asker_attached(struct hvic_daemon *daemon)
{
	lockdep_assert_held(&daemon->ch->lock);
	asker_of(daemon)->attached++;
}

static void asker_gone(struct hvic_daemon *daemon)
{
	struct fake_channel *f = daemon->ch->bus_data;

	lockdep_assert_held(&daemon->ch->lock);
	asker_of(daemon)->gone++;
	asker_of(daemon)->answers_at_gone = f->n_out;
}

static int asker_reply(struct hvic_daemon *daemon, u64 id, int status, const void *payload,
		       size_t len)
{
	lockdep_assert_held(&daemon->ch->lock);
	if (!status && len != LEN)
		return -EINVAL;
	return hvic_channel_complete_locked(daemon->ch, id, status, payload);
}

static void asker_read(struct hvic_daemon *daemon, const struct hv_ic_record *record)
{
	lockdep_assert_held(&daemon->ch->lock);
	asker_of(daemon)->reads++;
}

static const struct hvic_daemon_ops asker_daemon_ops = {
	.attached = asker_attached,
	.gone = asker_gone,
	.reply = asker_reply,
	.read = asker_read,
};

static int asker_start(struct hvic_channel *ch)
{
	struct asker *asker = kzalloc(sizeof(*asker), GFP_KERNEL);

	if (!asker)
		return -ENOMEM;
	asker->daemon.features = FEATURES;
	hvic_daemon_init(&asker->daemon, ch, &asker_daemon_ops, SLOTS, LEN);
	ch->priv = &asker->daemon;
	return 0;
}

static void asker_stop(struct hvic_channel *ch)
{
	struct asker *asker = asker_of(ch->priv);

	hvic_daemon_destroy(&asker->daemon);
	kfree(asker);
}

static void asker_reset(struct hvic_channel *ch)
{
	hvic_daemon_withdraw_all(ch->priv, -ECANCELED);
}

static int asker_handle(struct hvic_channel *ch, const struct hvic_msg *msg, struct hvic_room body)
{
	struct asker *asker = asker_of(ch->priv);
	void *payload;

	if (asker->hold)
		return hvic_channel_defer(ch, msg) ? -EINPROGRESS : -EBUSY;
	payload = hvic_daemon_begin(&asker->daemon);
	if (IS_ERR(payload))
		return PTR_ERR(payload);
	memcpy(payload, msg->body.data, LEN);
	if (asker->vanish)
		hvic_link_kill(&asker->daemon.link);
	return hvic_daemon_ask(&asker->daemon, msg, ASK, LEN, asker->slow);
}

static int asker_encode(struct hvic_channel *ch, struct hvic_room body, const void *reply)
{
	memcpy(body.data, reply, LEN);
	return LEN;
}

static const struct hvic_service_ops asker_ops = {
	.start = asker_start,
	.stop = asker_stop,
	.opened = hvic_daemon_opened,
	.closing = hvic_daemon_closing,
	.reset = asker_reset,
	.ready = hvic_daemon_ready,
	.handle = asker_handle,
	.encode = asker_encode,
	.failed = hvic_daemon_failed,
};

static bool enabled = true;

static const struct hvic_version asker_versions[] = { { 2, 0 }, { 1, 0 } };

static const struct hvic_service asker_service = {
	.name = "asker",
	.type = HVIC_WIRE_KVP,
	.versions = asker_versions,
	.n_versions = ARRAY_SIZE(asker_versions),
	.needs_daemon = true,
	.deadline = FAR,
	.slow_deadline = 2 * FAR,
	.enabled = &enabled,
	.ops = &asker_ops,
};

/* --- Before and after each test. -------------------------------------------------- */

static unsigned int n_heard;

static void hear(struct hvic_channel *ch)
{
	lockdep_assert_held(&ch->lock);
	n_heard++;
}

static int daemon_init(struct kunit *test)
{
	struct fake_channel *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	n_heard = 0;
	fake_listener_reset();
	fake_listener.service = hear;
	test->priv = f;
	KUNIT_ASSERT_EQ(test, fake_channel_init(f, test, &asker_service), 0);
	fake_channel_open(f);
	return 0;
}

static void daemon_exit(struct kunit *test)
{
	fake_channel_destroy(test->priv);
}

static const u8 question[LEN] = "question";
static const u8 answer[LEN] = "answer!!";

/* The channel of a test that has negotiated and has a daemon. */
static struct fake_channel *served(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_negotiates(f, 2, 0);
	daemon_comes(f);
	expect_nothing_to_read(f);
	return f;
}

/* The same with a daemon of the older kind. */
static struct fake_channel *served_by_legacy(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_negotiates(f, 2, 0);
	legacy_daemon_comes(f);
	return f;
}

static void ask(struct fake_channel *f, u64 xid)
{
	host_asks(f, (struct hvic_span)SPAN(question), xid);
}

static int answer_to(struct fake_channel *f, u64 id)
{
	return daemon_answers(f, id, 0, answer, LEN);
}

static void expect_answered(struct fake_channel *f, unsigned int n, u64 xid)
{
	expect_status(f, n, xid, HVIC_STATUS_OK);
	expect_bytes(f->test, "answer", answer_body(f, n), (struct hvic_span)SPAN(answer));
}

/* The daemon is told that request @id is over, and why. */
static void expect_over(struct fake_channel *f, u64 id, int status)
{
	const struct hv_ic_record *record = &daemon_reads(f, HV_IC_OVER)->record;

	KUNIT_EXPECT_EQ(f->test, record->id, id);
	KUNIT_EXPECT_EQ(f->test, record->status, status);
	KUNIT_EXPECT_EQ(f->test, record->flags, HV_IC_RECORD_EVENT);
}

static void expect_hello(struct fake_channel *f, u16 major)
{
	const struct hv_ic_hello *hello = (const void *)daemon_reads(f, HV_IC_HELLO)->payload;

	KUNIT_EXPECT_EQ(f->test, hello->abi, HV_IC_ABI_VERSION);
	KUNIT_EXPECT_EQ(f->test, hello->features, FEATURES);
	KUNIT_EXPECT_EQ(f->test, hello->framework_major, 3);
	KUNIT_EXPECT_EQ(f->test, hello->message_major, major);
}

/* --- Coming and going. ------------------------------------------------------------- */

static void nobody_there(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_negotiates(f, 2, 0);
	ask(f, 1);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_CONNECTED);
	KUNIT_EXPECT_FALSE(test, hvic_daemon_is_attached(daemon_of(f)));
	KUNIT_EXPECT_EQ(test, hvic_daemon_pid(daemon_of(f)), 0);
}

/* Opening the device is not enough: only a daemon that has answered the hello is asked. */
static void owned_but_not_attached(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	struct hvic_link *link = &daemon_of(f)->link;
	struct hv_ic_hello hello = { };

	host_negotiates(f, 2, 0);
	KUNIT_ASSERT_EQ(test, hvic_link_own(link, HVIC_LINK_NATIVE), 0);
	hvic_link_greet(link, &hello);
	KUNIT_EXPECT_EQ(test, hello.abi, HV_IC_ABI_VERSION);
	KUNIT_EXPECT_EQ(test, hello.features, FEATURES);
	KUNIT_EXPECT_EQ(test, hello.framework_major, 3);
	KUNIT_EXPECT_EQ(test, hello.message_major, 2);
	ask(f, 1);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_CONNECTED);
	KUNIT_EXPECT_EQ(test, n_heard, 0);

	daemon_goes(f);
	KUNIT_EXPECT_EQ(test, asker_of(daemon_of(f))->gone, 0);
}

static void only_one(struct kunit *test)
{
	struct fake_channel *f = served(test);
	struct hvic_link *link = &daemon_of(f)->link;
	enum hvic_link_abi abi;
	pid_t pid;

	KUNIT_EXPECT_EQ(test, hvic_link_own(link, HVIC_LINK_NATIVE), -EBUSY);
	KUNIT_EXPECT_EQ(test, hvic_link_own(link, HVIC_LINK_LEGACY), -EBUSY);
	spin_lock_bh(&f->ch.lock);
	KUNIT_EXPECT_TRUE(test, hvic_daemon_owner(&f->ch, &pid, &abi));
	spin_unlock_bh(&f->ch.lock);
	KUNIT_EXPECT_EQ(test, pid, task_tgid_nr(current));
	KUNIT_EXPECT_EQ(test, abi, HVIC_LINK_NATIVE);

	daemon_goes(f);
	spin_lock_bh(&f->ch.lock);
	KUNIT_EXPECT_FALSE(test, hvic_daemon_owner(&f->ch, &pid, &abi));
	spin_unlock_bh(&f->ch.lock);
	legacy_daemon_comes(f);
	KUNIT_EXPECT_FALSE(test, hvic_daemon_is_native(daemon_of(f)));
}

static void comes_and_goes(struct kunit *test)
{
	struct fake_channel *f = served(test);
	struct asker *asker = asker_of(daemon_of(f));

	KUNIT_EXPECT_EQ(test, asker->attached, 1);
	KUNIT_EXPECT_EQ(test, n_heard, 1);
	KUNIT_EXPECT_TRUE(test, hvic_daemon_is_native(daemon_of(f)));
	daemon_goes(f);
	KUNIT_EXPECT_EQ(test, asker->gone, 1);
	KUNIT_EXPECT_EQ(test, n_heard, 2);
	ask(f, 1);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_CONNECTED);
}

/* The host may negotiate between the hello and its answer. */
static void negotiated_before_attached(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	struct hvic_link *link = &daemon_of(f)->link;
	struct hv_ic_hello hello = { };

	KUNIT_ASSERT_EQ(test, hvic_link_own(link, HVIC_LINK_NATIVE), 0);
	hvic_link_greet(link, &hello);
	KUNIT_EXPECT_EQ(test, hello.message_major, 0);
	host_negotiates(f, 1, 0);
	expect_nothing_to_read(f);
	hvic_link_attach(link);
	expect_hello(f, 1);
	expect_nothing_to_read(f);
}

static void negotiated_again(struct kunit *test)
{
	struct fake_channel *f = served(test);

	host_negotiates(f, 1, 0);
	expect_hello(f, 1);
	expect_nothing_to_read(f);
}

/* One that does not read finds the newest hello alone. */
static void negotiated_twice(struct kunit *test)
{
	struct fake_channel *f = served(test);

	host_negotiates(f, 1, 0);
	host_negotiates(f, 2, 0);
	expect_hello(f, 2);
	expect_nothing_to_read(f);
}

static void legacy_gets_no_hello(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	legacy_daemon_comes(f);
	host_negotiates(f, 1, 0);
	expect_nothing_to_read(f);
}

/* --- Requests. ----------------------------------------------------------------------- */

static void asks_and_answers(struct kunit *test)
{
	struct fake_channel *f = served(test);
	const struct hvic_link_slot *slot;

	ask(f, 3);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	slot = daemon_reads(f, ASK);
	KUNIT_EXPECT_NE(test, slot->record.id, 0);
	KUNIT_EXPECT_EQ(test, slot->record.flags, 0);
	KUNIT_EXPECT_EQ(test, slot->record.len, sizeof(slot->record) + LEN);
	KUNIT_EXPECT_NE(test, slot->expires, 0);
	expect_bytes(test, "payload", (struct hvic_span){ slot->payload, LEN },
		     (struct hvic_span)SPAN(question));
	KUNIT_EXPECT_EQ(test, asker_of(daemon_of(f))->reads, 1);

	KUNIT_EXPECT_EQ(test, answer_to(f, slot->record.id), 0);
	expect_answered(f, 1, 3);
	KUNIT_EXPECT_EQ(test, answer_to(f, slot->record.id), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	expect_nothing_to_read(f);
}

static void answers_with_an_error(struct kunit *test)
{
	struct fake_channel *f = served(test);
	u64 id;

	ask(f, 3);
	id = daemon_reads(f, ASK)->record.id;
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, -ENOSPC, NULL, 0), 0);
	expect_status(f, 1, 3, HVIC_STATUS_DISK_FULL);
	expect_nothing_to_read(f);
}

static void one_at_a_time(struct kunit *test)
{
	struct fake_channel *f = served(test);
	u64 id;

	ask(f, 1);
	ask(f, 2);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 2, HVIC_STATUS_BUSY);
	id = daemon_reads(f, ASK)->record.id;
	expect_nothing_to_read(f);
	KUNIT_EXPECT_EQ(test, answer_to(f, id), 0);
	expect_answered(f, 2, 1);
}

/* What is no answer leaves the request open. */
static void malformed_answer(struct kunit *test)
{
	struct fake_channel *f = served(test);
	u64 id;

	ask(f, 1);
	id = daemon_reads(f, ASK)->record.id;
	KUNIT_EXPECT_EQ(test, daemon_answers(f, id, 0, answer, LEN - 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, answer_to(f, id + 1), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	KUNIT_EXPECT_EQ(test, daemon_of(f)->asked, id);
	KUNIT_EXPECT_EQ(test, answer_to(f, id), 0);
	expect_answered(f, 1, 1);
}

static void right_deadline(struct kunit *test)
{
	struct fake_channel *f = served(test);
	const struct hvic_link_slot *slot;

	ask(f, 1);
	slot = daemon_reads(f, ASK);
	KUNIT_EXPECT_TRUE(test, time_before_eq(slot->expires, jiffies + FAR * HZ));
	KUNIT_EXPECT_EQ(test, answer_to(f, slot->record.id), 0);
	asker_of(daemon_of(f))->slow = true;
	ask(f, 2);
	slot = daemon_reads(f, ASK);
	KUNIT_EXPECT_TRUE(test, time_after(slot->expires, jiffies + FAR * HZ));
	KUNIT_EXPECT_EQ(test, answer_to(f, slot->record.id), 0);
}

/* A request may wait for its daemon first. */
static void asked_when_it_comes(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	struct hvic_daemon *daemon = daemon_of(f);
	const struct hvic_link_slot *slot;

	host_negotiates(f, 2, 0);
	asker_of(daemon)->hold = true;
	ask(f, 5);
	daemon_comes(f);
	spin_lock_bh(&f->ch.lock);
	KUNIT_EXPECT_FALSE(test, IS_ERR(hvic_daemon_begin(daemon)));
	KUNIT_EXPECT_EQ(test, hvic_daemon_ask_deferred(daemon, ASK, LEN), 0);
	spin_unlock_bh(&f->ch.lock);
	slot = daemon_reads(f, ASK);
	KUNIT_EXPECT_NE(test, slot->expires, 0);
	KUNIT_EXPECT_EQ(test, answer_to(f, slot->record.id), 0);
	expect_answered(f, 1, 5);
}

static void vanishes_while_asked(struct kunit *test)
{
	struct fake_channel *f = served(test);

	asker_of(daemon_of(f))->vanish = true;
	ask(f, 1);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_CONNECTED);
	spin_lock_bh(&f->ch.lock);
	KUNIT_EXPECT_FALSE(test, hvic_channel_is_deferred(&f->ch));
	spin_unlock_bh(&f->ch.lock);
	KUNIT_EXPECT_EQ(test, daemon_of(f)->asked, 0);
}

/* --- Requests that end otherwise. ------------------------------------------------------ */

static void late_unread(struct kunit *test)
{
	struct fake_channel *f = served(test);
	u64 id;

	ask(f, 1);
	id = daemon_of(f)->asked;
	deadline_passes(f);
	expect_status(f, 1, 1, HVIC_STATUS_TIMEOUT);
	expect_nothing_to_read(f);
	KUNIT_EXPECT_EQ(test, answer_to(f, id), -ESTALE);
}

static void late(struct kunit *test)
{
	struct fake_channel *f = served(test);
	u64 first, second;

	ask(f, 1);
	first = daemon_reads(f, ASK)->record.id;
	deadline_passes(f);
	expect_status(f, 1, 1, HVIC_STATUS_TIMEOUT);
	expect_over(f, first, -ETIMEDOUT);
	expect_nothing_to_read(f);

	/* The late answer is none to the next request. */
	ask(f, 2);
	second = daemon_reads(f, ASK)->record.id;
	KUNIT_EXPECT_NE(test, second, first);
	KUNIT_EXPECT_EQ(test, answer_to(f, first), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, answer_to(f, second), 0);
	expect_answered(f, 2, 2);
	KUNIT_EXPECT_EQ(test, f->ch.stats.late_replies, 1);
}

static void late_legacy(struct kunit *test)
{
	struct fake_channel *f = served_by_legacy(test);

	ask(f, 1);
	daemon_reads(f, ASK);
	deadline_passes(f);
	expect_status(f, 1, 1, HVIC_STATUS_TIMEOUT);
	expect_nothing_to_read(f);
}

static void voided_unread(struct kunit *test)
{
	struct fake_channel *f = served(test);
	u64 id;

	ask(f, 1);
	id = daemon_of(f)->asked;
	host_negotiates(f, 2, 0);
	expect_hello(f, 2);
	expect_nothing_to_read(f);
	KUNIT_EXPECT_EQ(test, answer_to(f, id), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
}

static void voided(struct kunit *test)
{
	struct fake_channel *f = served(test);
	u64 id;

	ask(f, 1);
	id = daemon_reads(f, ASK)->record.id;
	host_negotiates(f, 2, 0);
	expect_over(f, id, -ECANCELED);
	expect_hello(f, 2);
	expect_nothing_to_read(f);
	KUNIT_EXPECT_EQ(test, answer_to(f, id), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	ask(f, 2);
	KUNIT_EXPECT_EQ(test, answer_to(f, daemon_reads(f, ASK)->record.id), 0);
	expect_answered(f, 1, 2);
}

/* The record that is being read stays where it is. */
static void voided_while_read(struct kunit *test)
{
	struct fake_channel *f = served(test);
	u64 id;

	ask(f, 1);
	KUNIT_ASSERT_NOT_NULL(test, hvic_link_peek(&daemon_of(f)->link));
	id = daemon_of(f)->asked;
	host_negotiates(f, 2, 0);
	KUNIT_EXPECT_EQ(test, daemon_reads(f, ASK)->record.id, id);
	expect_over(f, id, -ECANCELED);
	expect_hello(f, 2);
	KUNIT_EXPECT_EQ(test, answer_to(f, id), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
}

static const struct death_row {
	const char *desc;
	bool read;
} death_rows[] = {
	{ "before it has read", false },
	{ "after it has read", true },
};

ROWS(death);

static void dies(struct kunit *test)
{
	const struct death_row *row = test->param_value;
	struct fake_channel *f = served(test);
	struct asker *asker = asker_of(daemon_of(f));
	u64 id;

	ask(f, 1);
	id = daemon_of(f)->asked;
	if (row->read)
		daemon_reads(f, ASK);
	daemon_goes(f);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_CONNECTED);
	KUNIT_EXPECT_EQ(test, asker->gone, 1);
	KUNIT_EXPECT_EQ(test, asker->answers_at_gone, 1);

	/* The next one hears nothing of it, and cannot answer for it. */
	daemon_comes(f);
	expect_nothing_to_read(f);
	KUNIT_EXPECT_EQ(test, answer_to(f, id), -ESTALE);
	ask(f, 2);
	KUNIT_EXPECT_EQ(test, answer_to(f, daemon_reads(f, ASK)->record.id), 0);
	expect_answered(f, 2, 2);
}

static void closed(struct kunit *test)
{
	struct fake_channel *f = served(test);
	struct asker *asker = asker_of(daemon_of(f));

	ask(f, 1);
	daemon_reads(f, ASK);
	fake_channel_close(f);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_CONNECTED);
	KUNIT_EXPECT_EQ(test, asker->gone, 1);
	KUNIT_EXPECT_EQ(test, hvic_link_own(&asker->daemon.link, HVIC_LINK_NATIVE), -ENODEV);

	fake_channel_open(f);
	host_negotiates(f, 2, 0);
	daemon_comes(f);
	ask(f, 2);
	KUNIT_EXPECT_EQ(test, answer_to(f, daemon_reads(f, ASK)->record.id), 0);
	expect_answered(f, 2, 2);
}

/* A machine that sleeps keeps its daemons: only the channel closes. */
static void suspended(struct kunit *test)
{
	struct fake_channel *f = served(test);
	u64 id;

	ask(f, 1);
	id = daemon_reads(f, ASK)->record.id;
	hvic_channel_close(&f->ch);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_READY);
	expect_over(f, id, -ENODEV);
	KUNIT_EXPECT_EQ(test, answer_to(f, id), -ESTALE);

	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);
	host_negotiates(f, 2, 0);
	expect_hello(f, 2);
	ask(f, 2);
	KUNIT_EXPECT_EQ(test, answer_to(f, daemon_reads(f, ASK)->record.id), 0);
	expect_answered(f, 2, 2);
}

/* --- Events. ------------------------------------------------------------------------------ */

static void tells(struct kunit *test)
{
	struct fake_channel *f = served(test);
	const struct hvic_link_slot *slot;

	spin_lock_bh(&f->ch.lock);
	hvic_daemon_tell(daemon_of(f), TOLD, -EIO, question, LEN);
	spin_unlock_bh(&f->ch.lock);
	slot = daemon_reads(f, TOLD);
	KUNIT_EXPECT_EQ(test, slot->record.flags, HV_IC_RECORD_EVENT);
	KUNIT_EXPECT_EQ(test, slot->record.id, 0);
	KUNIT_EXPECT_EQ(test, slot->record.status, -EIO);
	KUNIT_EXPECT_EQ(test, slot->expires, 0);
	expect_bytes(test, "payload", (struct hvic_span){ slot->payload, LEN },
		     (struct hvic_span)SPAN(question));
}

/* A daemon that does not read makes the host wait no longer than one that is not there. */
static void does_not_keep_up(struct kunit *test)
{
	struct fake_channel *f = served(test);
	unsigned int i;

	/* Events of one kind take each other's place. */
	for (i = 0; i < SLOTS; i++) {
		spin_lock_bh(&f->ch.lock);
		hvic_daemon_tell(daemon_of(f), TOLD + i, 0, NULL, 0);
		hvic_daemon_tell(daemon_of(f), TOLD + i, 0, NULL, 0);
		spin_unlock_bh(&f->ch.lock);
		KUNIT_EXPECT_EQ(test, hvic_daemon_queued(daemon_of(f)), i + 1);
		if (i + 1 + HVIC_LINK_EVENT_SLOTS == SLOTS)
			break;
	}
	ask(f, 1);
	expect_status(f, 1, 1, HVIC_STATUS_BUSY);

	/* The hello gets through. */
	host_negotiates(f, 1, 0);
	for (i = 0; i < SLOTS - HVIC_LINK_EVENT_SLOTS; i++)
		daemon_reads(f, TOLD + i);
	expect_hello(f, 1);
}

static struct kunit_case daemon_cases[] = {
	KUNIT_CASE(nobody_there),
	KUNIT_CASE(owned_but_not_attached),
	KUNIT_CASE(only_one),
	KUNIT_CASE(comes_and_goes),
	KUNIT_CASE(negotiated_before_attached),
	KUNIT_CASE(negotiated_again),
	KUNIT_CASE(negotiated_twice),
	KUNIT_CASE(legacy_gets_no_hello),
	KUNIT_CASE(asks_and_answers),
	KUNIT_CASE(answers_with_an_error),
	KUNIT_CASE(one_at_a_time),
	KUNIT_CASE(malformed_answer),
	KUNIT_CASE(right_deadline),
	KUNIT_CASE(asked_when_it_comes),
	KUNIT_CASE(vanishes_while_asked),
	KUNIT_CASE(late_unread),
	KUNIT_CASE(late),
	KUNIT_CASE(late_legacy),
	KUNIT_CASE(voided_unread),
	KUNIT_CASE(voided),
	KUNIT_CASE(voided_while_read),
	KUNIT_CASE_PARAM(dies, death_gen_params),
	KUNIT_CASE(closed),
	KUNIT_CASE(suspended),
	KUNIT_CASE(tells),
	KUNIT_CASE(does_not_keep_up),
	{}
};

static struct kunit_suite daemon_suite = {
	.name = "hv_ic_daemon",
	.init = daemon_init,
	.exit = daemon_exit,
	.test_cases = daemon_cases,
};

kunit_test_suite(daemon_suite);
