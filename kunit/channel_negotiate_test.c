// SPDX-License-Identifier: GPL-2.0
/* A channel and a host that asks for versions. */
#include "fake_service.h"

#include <linux/errno.h>

#include "vectors/negotiate.h"

static void negotiates(struct kunit *test)
{
	struct fake_channel *f = opened(test);

	expect_state(f, HVIC_CHANNEL_NEGOTIATING);
	host_sends(f, negotiate, 77);

	expect_bytes(test, "answer", answer_at(f, 1),
		     (struct hvic_span)SPAN(vec_nego_heartbeat_reply));
	KUNIT_EXPECT_EQ(test, f->out[0].xid, 77);
	expect_state(f, HVIC_CHANNEL_READY);
	KUNIT_EXPECT_EQ(test, f->ch.versions.framework.major, 3);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.major, 3);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.minor, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.negotiations, 1);
	KUNIT_EXPECT_EQ(test, f->service->resets, 1);
	KUNIT_EXPECT_EQ(test, f->service->readies, 1);
	KUNIT_EXPECT_EQ(test, f->service->answered, 0);
	KUNIT_EXPECT_EQ(test, f->changes, 2);
	KUNIT_ASSERT_EQ(test, f->ch.n_offered, 2);
	KUNIT_EXPECT_EQ(test, f->ch.offered[0].major, 1);
	KUNIT_EXPECT_EQ(test, f->ch.offered[1].major, 3);
}

static void withholds_versions(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	f->service->withheld = 2;
	ready(test);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.major, 1);

	f->service->withheld = 3;
	host_sends(f, negotiate, 2);
	expect_state(f, HVIC_CHANNEL_REFUSED);
	KUNIT_EXPECT_EQ(test, f->service->readies, 1);
}

/* A host that starts over on a channel that is ready: who watches hears of other versions. */
static void tells_of_other_versions(struct kunit *test)
{
	struct fake_channel *f = ready(test);
	unsigned int changes = f->changes;

	host_sends(f, negotiate, 2);
	KUNIT_EXPECT_EQ(test, f->changes, changes);
	f->service->withheld = 2;
	host_sends(f, negotiate, 3);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.major, 1);
	KUNIT_EXPECT_EQ(test, f->changes, changes + 1);
}

/* The lists of a refusal are empty; the status is for people who watch. */
static void refuses(struct kunit *test)
{
	struct fake_channel *f = opened(test);

	host_sends(f, future, 1);

	expect_answer(f, 1, future, 1, 0x80070032, 0);
	expect_state(f, HVIC_CHANNEL_REFUSED);
	KUNIT_EXPECT_EQ(test, f->ch.versions.framework.major, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
	KUNIT_EXPECT_EQ(test, f->ch.last.err, -EOPNOTSUPP);
	KUNIT_EXPECT_STREQ(test, f->ch.last.operation, "negotiate");

	host_sends(f, heartbeat, 2);
	expect_answer(f, 2, heartbeat, 2, 0x800710df, 0);
	KUNIT_EXPECT_EQ(test, f->service->handled, 0);

	host_sends(f, negotiate, 3);
	expect_state(f, HVIC_CHANNEL_READY);
	host_sends(f, heartbeat, 4);
	KUNIT_EXPECT_EQ(test, f->service->handled, 1);
}

static void refusal_takes_versions_back(struct kunit *test)
{
	struct fake_channel *f = ready(test);

	host_sends(f, future, 2);

	expect_state(f, HVIC_CHANNEL_REFUSED);
	KUNIT_EXPECT_EQ(test, f->ch.versions.framework.major, 0);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.major, 0);
}

static const struct lists_row {
	const char *desc;
	u16 n_framework;
	u16 n_message;
	u32 status;
	bool bad_length;
} lists_rows[] = {
	{ "more than there are", 2, 3, 0x80070057, true },
	{ "101 of each", 101, 101, 0x80070057, true },
	{ "as many as can be said", 65535, 65535, 0x80070057, true },
	{ "no framework version", 0, 2, 0x80070032, false },
	{ "no message version", 2, 0, 0x80070032, false },
	{ "none at all", 0, 0, 0x80070032, false },
};

ROWS(lists);

static void refuses_bad_lists(struct kunit *test)
{
	const struct lists_row *row = test->param_value;
	struct fake_channel *f = opened(test);
	struct hvic_room bad = copy_of(f, negotiate);

	poke16(bad.data + HEADERS, row->n_framework);
	poke16(bad.data + HEADERS + 2, row->n_message);

	host_sends(f, to_span(bad), 1);

	expect_answer(f, 1, negotiate, 1, row->status, 0);
	expect_state(f, HVIC_CHANNEL_REFUSED);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_length, row->bad_length);
}

static void unnegotiated(struct kunit *test)
{
	struct fake_channel *f = opened(test);

	host_sends(f, heartbeat, 1);

	expect_answer(f, 1, heartbeat, 1, 0x800710df, 0);
	expect_state(f, HVIC_CHANNEL_NEGOTIATING);
	KUNIT_EXPECT_EQ(test, f->service->handled, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
}

static struct kunit_case channel_negotiate_cases[] = {
	KUNIT_CASE(negotiates),
	KUNIT_CASE(withholds_versions),
	KUNIT_CASE(tells_of_other_versions),
	KUNIT_CASE(refuses),
	KUNIT_CASE(refusal_takes_versions_back),
	KUNIT_CASE_PARAM(refuses_bad_lists, lists_gen_params),
	KUNIT_CASE(unnegotiated),
	{}
};

static struct kunit_suite channel_negotiate_suite = {
	.name = "hv_ic_channel_negotiate",
	.init = fake_service_init,
	.exit = fake_service_exit,
	.test_cases = channel_negotiate_cases,
};

kunit_test_suite(channel_negotiate_suite);
