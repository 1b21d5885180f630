// SPDX-License-Identifier: GPL-2.0
/*
 * Heartbeat on a channel: the host counts, and is told the health of the
 * applications. The service is compiled in here.
 */
#include "fake_channel.h"
#include "fake_event.h"

#include "svc_heartbeat.c"

static int svc_heartbeat_init(struct kunit *test)
{
	struct fake_channel *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int ret;

	fake_listener_reset();
	ret = hvic_health_init();
	if (ret)
		return ret;
	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	ret = fake_channel_init(f, test, &hvic_svc_heartbeat);
	if (!ret)
		fake_channel_open(f);
	return ret;
}

static void svc_heartbeat_exit(struct kunit *test)
{
	fake_channel_destroy(test->priv);
	hvic_health_exit();
}

/* Sends a number, and gets the next number and the state of the applications. */
static void beat(struct fake_channel *f, u64 seq, u32 state)
{
	u8 body[40] = { }, want[40] = { };

	poke64(body, seq);
	poke64(want, seq + 1);
	poke32(want + 8, state);
	host_asks(f, (struct hvic_span)SPAN(body), seq);
	expect_status(f, f->n_out, seq, HVIC_STATUS_OK);
	expect_bytes(f->test, "beat", answer_body(f, f->n_out), (struct hvic_span)SPAN(want));
}

static void beats(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 seq;

	host_negotiates(f, 3, 0);
	for (seq = 1; seq <= 3; seq++)
		beat(f, seq, HVIC_WIRE_APP_UNKNOWN);
	KUNIT_EXPECT_EQ(test, f->n_out, 3);
}

static void tells_how_applications_are(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_negotiates(f, 3, 1);
	KUNIT_ASSERT_EQ(test, hvic_health_set("database", HV_IC_HEALTH_HEALTHY, 0), 0);
	beat(f, 1, HVIC_WIRE_APP_HEALTHY);
	KUNIT_ASSERT_EQ(test, hvic_health_set("web", HV_IC_HEALTH_CRITICAL, 0), 0);
	beat(f, 2, HVIC_WIRE_APP_CRITICAL);
	KUNIT_ASSERT_EQ(test, hvic_health_clear("web"), 0);
	beat(f, 3, HVIC_WIRE_APP_HEALTHY);
}

/* The oldest version has no room for a state. */
static void keeps_health_from_old_hosts(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_negotiates(f, 1, 0);
	KUNIT_ASSERT_EQ(test, hvic_health_set("web", HV_IC_HEALTH_CRITICAL, 0), 0);
	beat(f, 1, HVIC_WIRE_APP_UNKNOWN);
}

static void too_short(struct kunit *test)
{
	static const u8 body[7];
	struct fake_channel *f = test->priv;

	host_negotiates(f, 3, 0);
	host_asks(f, (struct hvic_span)SPAN(body), 1);
	expect_status(f, 1, 1, HVIC_STATUS_INVALID_ARGUMENT);
	beat(f, 2, HVIC_WIRE_APP_UNKNOWN);
}

static struct kunit_case svc_heartbeat_cases[] = {
	KUNIT_CASE(beats),
	KUNIT_CASE(tells_how_applications_are),
	KUNIT_CASE(keeps_health_from_old_hosts),
	KUNIT_CASE(too_short),
	{}
};

static struct kunit_suite svc_heartbeat_suite = {
	.name = "hv_ic_svc_heartbeat",
	.init = svc_heartbeat_init,
	.exit = svc_heartbeat_exit,
	.test_cases = svc_heartbeat_cases,
};

kunit_test_suite(svc_heartbeat_suite);
