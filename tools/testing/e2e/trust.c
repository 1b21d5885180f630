// SPDX-License-Identifier: GPL-2.0
/* How far the guest trusts the host: what a host may not do that is not trusted, and who is. */
#include "e2e.h"

#include <time.h>

#define DAY 86400
#define UNITS 10000000ll		/* of the host's time in a second */

static void right_again(struct test *t, void *context)
{
	test_run(t, 0, "date -s @%lld", (long long)time(NULL));
	test_unload(t);
	test_load(t, "");
}

static void load(struct test *t, const char *parameters)
{
	test_unload(t);
	test_load(t, parameters);
	test_ready(t, &ic_heartbeat);
}

/* The host's clock is a day ahead: does the guest follow? */
static bool follows(struct test *t)
{
	struct ic *ts = test_ready(t, &ic_timesync);
	struct timesync_stamp stamp;
	long long before = time(NULL);

	test_run(t, 0, "date -s @%lld", before);
	EXPECT_EQ(timesync_now(t->host, DAY * UNITS, WIRE_TIME_SYNC, &stamp), 0);
	EXPECT_RESULT(timesync_send(ts, &stamp), 0);
	/* A work item makes the step. */
	for (int i = 0; i < 10; i++) {
		if (atoll(test_run(t, 0, "date +%%s")) > before + DAY / 2)
			return true;
		test_run(t, 0, "sleep 0.1");
	}
	return false;
}

/* Beats, shutdown and samples of the time are no danger. */
static void expect_minimal(struct test *t)
{
	test_use(t, test_ready(t, &ic_heartbeat));
	test_use(t, test_ready(t, &ic_shutdown));
	EXPECT(!follows(t));
	EXPECT(!hv_channel_is_open(test_ic(t, &ic_kvp)->channel));
	EXPECT(!hv_channel_is_open(test_ic(t, &ic_vss)->channel));
	EXPECT(!hv_channel_is_open(test_ic(t, &ic_fcopy)->channel));
}

static void untrusted(struct test *t)
{
	test_defer(t, right_again, NULL);
	load(t, "trust=minimal");
	expect_minimal(t);
	EXPECT_STR(test_attribute(t, test_ic(t, &ic_kvp), "state"), "closed");
	/* A switch does not make up for it. */
	test_run(t, 0, "echo Y > /sys/module/hv_ic/parameters/kvp");
	EXPECT(!hv_channel_is_open(test_ic(t, &ic_kvp)->channel));
	test_run(t, 0, "hvic service enable kvp || true");
	EXPECT(!hv_channel_is_open(test_ic(t, &ic_kvp)->channel));

	load(t, "trust=full");
	test_ready(t, &ic_kvp);
	test_ready(t, &ic_vss);
	test_ready(t, &ic_fcopy);
	EXPECT(follows(t));
}

/* In a confidential VM, nobody has to say so; an administrator may say otherwise. */
static void isolated(struct test *t)
{
	test_defer(t, right_again, NULL);
	load(t, "");
	expect_minimal(t);
	test_says(t, 0, "hvic time", "the host is not trusted");
	load(t, "trust=full");
	EXPECT(follows(t));
}

const struct test_case trust_cases[] = {
	{ .name = "trust_minimal", .run = untrusted, .only = ONLY_HV_IC },
	{ .name = "trust_isolated", .run = isolated, .only = ONLY_HV_IC, .isolated = true },
	{ 0 }
};
