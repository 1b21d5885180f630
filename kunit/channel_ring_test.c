// SPDX-License-Identifier: GPL-2.0
/* A channel whose ring is full, or whose host is gone: no answer is lost, and none is left over. */
#include "fake_service.h"

#include <linux/errno.h>

static void ring_full(struct kunit *test)
{
	struct fake_channel *f = ready(test);

	f->send_ret = -EAGAIN;
	host_queues(f, heartbeat, 2);
	host_queues(f, heartbeat, 3);
	hvic_channel_drain(&f->ch);
	hvic_channel_drain(&f->ch);

	/* The answer waits, and so does the next request. */
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->service->handled, 1);
	KUNIT_EXPECT_EQ(test, f->service->answered, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.ring_full, 1);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&f->ch.again) ||
			  work_busy(&f->ch.again.work));

	/* No signal tells that there is room again. */
	f->send_ret = 0;
	flush_delayed_work(&f->ch.again);

	KUNIT_ASSERT_EQ(test, f->n_out, 3);
	expect_answer(f, 2, heartbeat, 2, 0, MARK);
	expect_answer(f, 3, heartbeat, 3, 0, MARK);
	KUNIT_EXPECT_EQ(test, f->service->answered, 2);
	KUNIT_EXPECT_EQ(test, f->ch.stats.ring_full, 1);
}

static void ring_full_then_signal(struct kunit *test)
{
	struct fake_channel *f = ready(test);

	f->send_ret = -EAGAIN;
	host_sends(f, heartbeat, 2);
	f->send_ret = 0;
	host_sends(f, heartbeat, 3);

	KUNIT_ASSERT_EQ(test, f->n_out, 3);
	KUNIT_EXPECT_EQ(test, f->out[1].xid, 2);
	KUNIT_EXPECT_EQ(test, f->out[2].xid, 3);
}

static void ring_full_then_close(struct kunit *test)
{
	struct fake_channel *f = ready(test);

	f->send_ret = -EAGAIN;
	host_sends(f, heartbeat, 2);
	hvic_channel_close(&f->ch);
	f->send_ret = 0;

	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.again));
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->service->answered, 0);

	/* Nothing of it is left for the next host. */
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);
	expect_state(f, HVIC_CHANNEL_NEGOTIATING);
	host_sends(f, negotiate, 3);
	KUNIT_ASSERT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_EQ(test, f->out[1].xid, 3);
	KUNIT_EXPECT_EQ(test, f->service->answered, 0);
}

static void host_gone(struct kunit *test)
{
	struct fake_channel *f = ready(test);

	f->send_ret = -ENODEV;
	host_sends(f, heartbeat, 2);
	host_sends(f, heartbeat, 3);
	f->send_ret = 0;
	hvic_channel_drain(&f->ch);

	KUNIT_EXPECT_EQ(test, f->service->handled, 2);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.out, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.ring_full, 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.again));
}

static struct kunit_case channel_ring_cases[] = {
	KUNIT_CASE(ring_full),
	KUNIT_CASE(ring_full_then_signal),
	KUNIT_CASE(ring_full_then_close),
	KUNIT_CASE(host_gone),
	{}
};

static struct kunit_suite channel_ring_suite = {
	.name = "hv_ic_channel_ring",
	.init = fake_service_init,
	.exit = fake_service_exit,
	.test_cases = channel_ring_cases,
};

kunit_test_suite(channel_ring_suite);
