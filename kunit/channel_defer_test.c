// SPDX-License-Identifier: GPL-2.0
/* Requests that are answered later: exactly one answer to each, whatever comes in between. */
#include "fake_service.h"

#include <linux/errno.h>
#include <linux/jiffies.h>

ROWS(error);

static void deferred(struct kunit *test)
{
	struct fake_channel *f = deferring(test);

	KUNIT_EXPECT_FALSE(test, f->ch.last.answered);
	KUNIT_EXPECT_EQ(test, f->service->answered, 0);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	expect_answer(f, 2, heartbeat, 2, 0, LATER_MARK);
	KUNIT_EXPECT_EQ(test, f->ch.stats.out, 2);
	KUNIT_EXPECT_EQ(test, f->service->answered, 1);
	KUNIT_EXPECT_EQ(test, f->service->answered_at, 2);
	KUNIT_EXPECT_NE(test, f->ch.last.when, 0);
	KUNIT_EXPECT_STREQ(test, f->ch.last.operation, "fake");
	KUNIT_EXPECT_TRUE(test, f->ch.last.answered);

	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_EQ(test, f->ch.stats.late_replies, 1);
	KUNIT_EXPECT_EQ(test, f->service->answered, 1);
}

static void knows_what_is_deferred(struct kunit *test)
{
	struct fake_channel *f = deferring(test);
	static const u8 reply = LATER_MARK;
	u64 id = f->service->id;

	spin_lock_bh(&f->ch.lock);
	KUNIT_EXPECT_TRUE(test, hvic_channel_is_deferred(&f->ch));
	KUNIT_EXPECT_TRUE(test, hvic_channel_is_waiting_for(&f->ch, id));
	KUNIT_EXPECT_FALSE(test, hvic_channel_is_waiting_for(&f->ch, id + 1));
	KUNIT_EXPECT_EQ(test, hvic_channel_complete_locked(&f->ch, id + 1, 0, &reply), -ESTALE);
	KUNIT_EXPECT_EQ(test, hvic_channel_complete_locked(&f->ch, id, 0, &reply), 0);
	KUNIT_EXPECT_FALSE(test, hvic_channel_is_deferred(&f->ch));
	KUNIT_EXPECT_FALSE(test, hvic_channel_is_waiting_for(&f->ch, id));
	spin_unlock_bh(&f->ch.lock);

	expect_answer(f, 2, heartbeat, 2, 0, LATER_MARK);
	KUNIT_EXPECT_EQ(test, f->ch.stats.late_replies, 1);
}

static void deferred_by_the_right_deadline(struct kunit *test)
{
	struct fake_channel *f = deferring(test);

	KUNIT_EXPECT_TRUE(test, time_before_eq(f->ch.request.expires, jiffies + FAR * HZ));
	host_sends(f, negotiate, 3);
	f->service->slow = true;
	host_sends(f, heartbeat, 4);
	KUNIT_EXPECT_TRUE(test, time_after(f->ch.request.expires, jiffies + FAR * HZ));
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	expect_answer(f, 3, heartbeat, 4, 0, LATER_MARK);
}

/* The service finds that it cannot defer after all. */
static void deferred_and_taken_back(struct kunit *test)
{
	struct fake_channel *f = ready(test);

	f->service->defer = true;
	f->service->take_back = true;
	host_sends(f, heartbeat, 2);

	expect_answer(f, 2, heartbeat, 2, 0x8007048f, 0);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.request.deadline));
}

/* A request that ends another: each has its own answer, whole. */
static void aborted_by_the_next(struct kunit *test)
{
	struct fake_channel *f = deferring(test);

	f->service->defer = false;
	f->service->abort = true;
	host_sends(f, heartbeat, 3);

	KUNIT_ASSERT_EQ(test, f->n_out, 3);
	expect_answer(f, 2, heartbeat, 2, 0x80004005, 0);
	expect_answer(f, 3, heartbeat, 3, 0, MARK);
	KUNIT_EXPECT_EQ(test, f->service->answered, 1);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
}

static void deferred_fails(struct kunit *test)
{
	const struct error_row *row = test->param_value;
	struct fake_channel *f = deferring(test);

	KUNIT_EXPECT_EQ(test, reply_with(f, row->err), 0);

	expect_answer(f, 2, heartbeat, 2, row->status, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.timeouts, 0);
}

static void deferred_cannot_be_encoded(struct kunit *test)
{
	const struct error_row *row = test->param_value;
	struct fake_channel *f = deferring(test);

	f->service->ret = row->err;
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);

	expect_answer(f, 2, heartbeat, 2, row->status, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
}

static void deferred_times_out(struct kunit *test)
{
	struct fake_channel *f = deferring(test);

	deadline_passes(f);

	expect_answer(f, 2, heartbeat, 2, 0x800705b4, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.timeouts, 1);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_EQ(test, f->ch.stats.late_replies, 1);

	/* And the next one is none of its business. */
	host_sends(f, heartbeat, 3);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	expect_answer(f, 3, heartbeat, 3, 0, LATER_MARK);
}

/* Meanwhile the host may ask other things; what it then gets is the right one. */
static void deferred_among_others(struct kunit *test)
{
	struct fake_channel *f = deferring(test);
	struct hvic_room other = copy_of(f, heartbeat);
	u64 first = f->service->id;

	other.data[POS_TRANSACTION] = 9;

	host_sends(f, to_span(other), 3);	/* to be deferred too */
	f->service->defer = false;
	host_sends(f, to_span(other), 4);	/* answered at once */
	KUNIT_EXPECT_EQ(test, f->service->id, first);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);

	expect_answer(f, 2, to_span(other), 3, 0x800700aa, 0);
	expect_answer(f, 3, to_span(other), 4, 0, MARK);
	expect_answer(f, 4, heartbeat, 2, 0, LATER_MARK);
}

/* The host starts over: it has forgotten the request, and an answer would kill the channel. */
static void renegotiated_in_flight(struct kunit *test)
{
	struct fake_channel *f = deferring(test);

	host_sends(f, negotiate, 3);

	KUNIT_EXPECT_EQ(test, f->service->resets, 2);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_ASSERT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_EQ(test, f->out[1].xid, 3);
	KUNIT_EXPECT_EQ(test, f->ch.stats.late_replies, 1);

	deadline_passes(f);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
}

static void renegotiated_then_next(struct kunit *test)
{
	struct fake_channel *f = deferring(test);
	u64 forgotten = f->service->id, next;

	host_queues(f, negotiate, 3);
	host_sends(f, heartbeat, 4);
	next = f->service->id;
	KUNIT_ASSERT_NE(test, next, forgotten);

	f->service->id = forgotten;
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	f->service->id = next;
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	expect_answer(f, 3, heartbeat, 4, 0, LATER_MARK);
}

static void deferred_ring_full(struct kunit *test)
{
	struct fake_channel *f = deferring(test);

	f->service->defer = false;
	f->send_ret = -EAGAIN;
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	host_sends(f, heartbeat, 3);
	KUNIT_EXPECT_EQ(test, f->service->handled, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.ring_full, 1);

	f->send_ret = 0;
	flush_delayed_work(&f->ch.again);
	KUNIT_ASSERT_EQ(test, f->n_out, 3);
	expect_answer(f, 2, heartbeat, 2, 0, LATER_MARK);
	expect_answer(f, 3, heartbeat, 3, 0, MARK);
}

/* Both answers wait for room at once. */
static void deferred_behind_another(struct kunit *test)
{
	struct fake_channel *f = deferring(test);

	f->service->defer = false;
	f->send_ret = -EAGAIN;
	host_sends(f, heartbeat, 3);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	KUNIT_EXPECT_EQ(test, f->service->answered, 0);

	f->send_ret = 0;
	hvic_channel_drain(&f->ch);
	KUNIT_ASSERT_EQ(test, f->n_out, 3);
	expect_answer(f, 2, heartbeat, 2, 0, LATER_MARK);
	expect_answer(f, 3, heartbeat, 3, 0, MARK);
	KUNIT_EXPECT_NE(test, f->service->answered, 0);
}

/* The reply races with what else may end a request; each iteration is one race. */
struct racer {
	struct work_struct work;
	struct fake_channel *f;
	int ret;
};

static void race_complete(struct work_struct *work)
{
	struct racer *racer = container_of(work, struct racer, work);

	racer->ret = reply_with(racer->f, 0);
}

static void race_negotiate(struct fake_channel *f)
{
	host_sends(f, negotiate, 3);
}

static void race_reopen(struct fake_channel *f)
{
	hvic_channel_close(&f->ch);
	KUNIT_ASSERT_EQ(f->test, hvic_channel_open(&f->ch), 0);
	host_sends(f, negotiate, 3);
}

static const struct against_row {
	const char *desc;
	void (*other)(struct fake_channel *f);
	unsigned int answers;		/* that the other causes by itself */
	bool voids;			/* the other ends a request without an answer */
} against_rows[] = {
	{ "negotiate", race_negotiate, 1, true },
	{ "deadline", deadline_passes, 0, false },
	{ "close", race_reopen, 1, false },
};

ROWS(against);

static void reply_races(struct kunit *test)
{
	const struct against_row *row = test->param_value;
	struct fake_channel *f = ready(test);
	struct racer racer = { .f = f };
	unsigned int i;

	INIT_WORK_ONSTACK(&racer.work, race_complete);
	f->service->defer = true;
	for (i = 0; i < 200; i++) {
		unsigned int answers = f->n_out;
		unsigned int want;

		host_sends(f, heartbeat, 2);
		queue_work(system_unbound_wq, &racer.work);
		row->other(f);
		flush_work(&racer.work);

		want = row->answers + (!row->voids || !racer.ret);
		KUNIT_ASSERT_EQ_MSG(test, f->n_out - answers, want, "reply: %d", racer.ret);
		forget_answers(f, 1);
	}
	destroy_work_on_stack(&racer.work);
}

static struct kunit_case channel_defer_cases[] = {
	KUNIT_CASE(deferred),
	KUNIT_CASE(knows_what_is_deferred),
	KUNIT_CASE(deferred_by_the_right_deadline),
	KUNIT_CASE(deferred_and_taken_back),
	KUNIT_CASE(aborted_by_the_next),
	KUNIT_CASE_PARAM(deferred_fails, error_gen_params),
	KUNIT_CASE_PARAM(deferred_cannot_be_encoded, error_gen_params),
	KUNIT_CASE(deferred_times_out),
	KUNIT_CASE(deferred_among_others),
	KUNIT_CASE(renegotiated_in_flight),
	KUNIT_CASE(renegotiated_then_next),
	KUNIT_CASE(deferred_ring_full),
	KUNIT_CASE(deferred_behind_another),
	KUNIT_CASE_PARAM(reply_races, against_gen_params),
	{}
};

static struct kunit_suite channel_defer_suite = {
	.name = "hv_ic_channel_defer",
	.init = fake_service_init,
	.exit = fake_service_exit,
	.test_cases = channel_defer_cases,
};

kunit_test_suite(channel_defer_suite);
