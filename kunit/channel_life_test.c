// SPDX-License-Identifier: GPL-2.0
/* A channel that opens and closes while the host talks. */
#include "fake_service.h"

#include <linux/errno.h>

static void closed_in_flight(struct kunit *test)
{
	struct fake_channel *f = deferring(test);

	hvic_channel_close(&f->ch);

	expect_answer(f, 2, heartbeat, 2, 0x800710df, 0);
	expect_state(f, HVIC_CHANNEL_CLOSED);
	KUNIT_EXPECT_EQ(test, f->service->resets, 2);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.request.deadline));
}

/* Rescinded: the host is gone before the channel is closed. */
static void rescinded_in_flight(struct kunit *test)
{
	struct fake_channel *f = deferring(test);

	f->send_ret = -ENODEV;
	hvic_channel_close(&f->ch);

	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.out, 1);
}

static void closed_with_full_ring(struct kunit *test)
{
	struct fake_channel *f = deferring(test);

	f->send_ret = -EAGAIN;
	hvic_channel_close(&f->ch);
	f->send_ret = 0;

	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.again));
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
}

/* A signal that comes with the close finds nothing to do. */
static void closed_with_packets(struct kunit *test)
{
	struct fake_channel *f = ready(test);

	host_queues(f, heartbeat, 2);
	hvic_channel_close(&f->ch);
	hvic_channel_drain(&f->ch);

	KUNIT_EXPECT_EQ(test, f->service->handled, 0);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
}

static void reopened(struct kunit *test)
{
	struct fake_channel *f = deferring(test);
	u64 before = f->service->id;

	hvic_channel_close(&f->ch);
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);
	expect_state(f, HVIC_CHANNEL_NEGOTIATING);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.major, 0);
	host_queues(f, negotiate, 3);
	host_sends(f, heartbeat, 4);

	KUNIT_EXPECT_EQ(test, hvic_channel_complete(&f->ch, before, 0, NULL), -ESTALE);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	expect_answer(f, 4, heartbeat, 4, 0, LATER_MARK);
}

static void talk_at_once(struct fake_channel *f)
{
	host_queues(f, negotiate, 1);
	host_sends(f, heartbeat, 2);
}

static void host_talks_before_open_returns(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	f->during_open = talk_at_once;
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);

	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	expect_state(f, HVIC_CHANNEL_READY);
}

static void talk_without_signal(struct fake_channel *f)
{
	host_queues(f, negotiate, 1);
}

static void signal_lost_in_open(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	f->during_open = talk_without_signal;
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);

	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	expect_state(f, HVIC_CHANNEL_READY);
}

static void open_fails(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	f->open_ret = -EIO;
	KUNIT_EXPECT_EQ(test, hvic_channel_open(&f->ch), -EIO);
	expect_state(f, HVIC_CHANNEL_CLOSED);
	KUNIT_EXPECT_FALSE(test, hvic_channel_is_open(&f->ch));

	f->open_ret = 0;
	ready(test);
}

/* A host that talks and then fails the open is not heard. */
static void open_fails_in_flight(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	f->service->defer = true;
	f->during_open = talk_at_once;
	f->open_ret = -EIO;
	KUNIT_EXPECT_EQ(test, hvic_channel_open(&f->ch), -EIO);

	KUNIT_EXPECT_EQ(test, f->service->id, 0);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	expect_state(f, HVIC_CHANNEL_CLOSED);
}

static void start_fails(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	struct fake_channel *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, other);
	other->service = f->service;
	f->service->start_ret = -ENOMEM;
	KUNIT_EXPECT_EQ(test, fake_channel_init(other, test, &f->service->svc), -ENOMEM);
	KUNIT_EXPECT_EQ(test, f->service->stops, 0);
	f->service->starts = 1;
}

/* A service needs no more than handle(). */
static void handle_is_enough(struct kunit *test)
{
	static const struct hvic_service_ops least = { .handle = fake_service_handle };
	struct fake_channel *f = test->priv;
	const struct hvic_service_ops *whole = f->service->svc.ops;

	f->service->svc.ops = &least;
	ready(test);
	host_sends(f, heartbeat, 2);
	expect_answer(f, 2, heartbeat, 2, 0, MARK);
	hvic_channel_close(&f->ch);
	KUNIT_EXPECT_EQ(test, f->service->answered, 0);
	f->service->svc.ops = whole;
}

static void names_its_state(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	KUNIT_EXPECT_STREQ(test, hvic_channel_state_name(&f->ch), "closed");
	f->service->enabled = false;
	KUNIT_EXPECT_STREQ(test, hvic_channel_state_name(&f->ch), "disabled");
	f->service->enabled = true;
	opened(test);
	KUNIT_EXPECT_STREQ(test, hvic_channel_state_name(&f->ch), "negotiating");
	host_sends(f, future, 1);
	KUNIT_EXPECT_STREQ(test, hvic_channel_state_name(&f->ch), "refused");
	host_sends(f, negotiate, 2);
	KUNIT_EXPECT_STREQ(test, hvic_channel_state_name(&f->ch), "ready");
}

static struct kunit_case channel_life_cases[] = {
	KUNIT_CASE(closed_in_flight),
	KUNIT_CASE(rescinded_in_flight),
	KUNIT_CASE(closed_with_full_ring),
	KUNIT_CASE(closed_with_packets),
	KUNIT_CASE(reopened),
	KUNIT_CASE(host_talks_before_open_returns),
	KUNIT_CASE(signal_lost_in_open),
	KUNIT_CASE(open_fails),
	KUNIT_CASE(open_fails_in_flight),
	KUNIT_CASE(start_fails),
	KUNIT_CASE(handle_is_enough),
	KUNIT_CASE(names_its_state),
	{}
};

static struct kunit_suite channel_life_suite = {
	.name = "hv_ic_channel_life",
	.init = fake_service_init,
	.exit = fake_service_exit,
	.test_cases = channel_life_cases,
};

kunit_test_suite(channel_life_suite);
