// SPDX-License-Identifier: GPL-2.0
/*
 * The host's clock as a PTP clock. The code is compiled in here, below a PTP core
 * of a few lines.
 */
#include "fake_platform.h"
#include "helpers.h"

#include <linux/err.h>
#include <linux/ptp_clock_kernel.h>

#include "compat.h"

#define TSC		0x123456		/* a counter that is not the reference counter */
#define NOW		(1600000000LL * NSEC_PER_SEC)
#define SECOND		((s64)NSEC_PER_SEC)

/* The PTP core: what was registered, and what registering returns. */
static struct ptp_clock_info *registered;
static int register_ret;

/* The counter of the system's clocksource. */
static u64 cycles;

static struct ptp_clock *fake_register(struct ptp_clock_info *info, struct device *dev)
{
	if (register_ret)
		return ERR_PTR(register_ret);
	registered = info;
	return (struct ptp_clock *)info;
}

static int fake_unregister(struct ptp_clock *ptp)
{
	registered = NULL;
	return 0;
}

static int fake_index(struct ptp_clock *ptp)
{
	return 3;
}

static void fake_snapshot(struct hvic_snapshot *now)
{
	*now = (struct hvic_snapshot){ .cycles = cycles, .system = 2 * SECOND, .raw = SECOND };
}

#define ptp_clock_register		fake_register
#define ptp_clock_unregister		fake_unregister
#define ptp_clock_index			fake_index
#define hvic_snapshot_for(cross, now)	fake_snapshot(now)

#include "clock_ptp.c"

static int clock_ptp_init(struct kunit *test)
{
	struct hvic_clock *clock = kunit_kzalloc(test, sizeof(*clock), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, clock);
	fake_platform.reference = 1000 * HVIC_REFERENCE_HZ;
	fake_platform.has_tsc = false;
	test->priv = clock;
	hvic_clock_register(clock, NULL);
	return 0;
}

static void clock_ptp_exit(struct kunit *test)
{
	register_ret = 0;
	hvic_clock_unregister(test->priv);
	KUNIT_EXPECT_NULL(test, registered);
}

static void pass(s64 ns)
{
	fake_platform.reference += ns / HVIC_REFERENCE_NS;
}

static int read_clock(s64 *ns)
{
	struct timespec64 time = { };
	int ret = registered->gettimex64(registered, &time, NULL);

	*ns = timespec64_to_ns(&time);
	return ret;
}

static int read_crossed(s64 *ns)
{
	struct system_device_crosststamp cross = { };
	int ret = registered->getcrosststamp(registered, &cross);

	*ns = ktime_to_ns(cross.device);
	return ret;
}

static void has_a_name_and_a_number(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, registered->name, "hyperv");
	KUNIT_EXPECT_EQ(test, hvic_clock_index(test->priv), 3);
}

/* The clock gives no time that no sample supports. */
static void only_what_is_known(struct kunit *test)
{
	struct hvic_clock *clock = test->priv;
	s64 ns;

	KUNIT_EXPECT_EQ(test, read_clock(&ns), -EAGAIN);
	hvic_clock_add(clock, fake_platform.reference, NOW);
	KUNIT_EXPECT_EQ(test, read_clock(&ns), 0);
	KUNIT_EXPECT_EQ(test, ns, NOW);
	pass(600 * SECOND);
	KUNIT_EXPECT_EQ(test, read_clock(&ns), 0);
	KUNIT_EXPECT_EQ(test, ns, NOW + 600 * SECOND);
	pass(100);
	KUNIT_EXPECT_EQ(test, read_clock(&ns), -ESTALE);
	hvic_clock_add(clock, fake_platform.reference, NOW + 700 * SECOND);
	KUNIT_EXPECT_EQ(test, read_clock(&ns), 0);
	KUNIT_EXPECT_EQ(test, ns, NOW + 700 * SECOND);
	hvic_clock_restart(clock);
	KUNIT_EXPECT_EQ(test, read_clock(&ns), -EAGAIN);
}

static const struct cross_row {
	const char *desc;
	bool has_tsc;
	s64 off;			/* of the TSC from the reference counter */
	bool is_reference;		/* the clocksource is that counter itself */
	int ret;
} cross_rows[] = {
	{ "the reference counter", false, 0, true, 0 },
	{ "the TSC", true, 0, false, 0 },
	{ "the TSC, and no page for it", false, 0, false, -EOPNOTSUPP },
	{ "a counter that is ahead", true, 1, false, -EOPNOTSUPP },
	{ "a counter that is behind", true, -1, false, -EOPNOTSUPP },
};

ROWS(cross);

static void cross_timestamp(struct kunit *test)
{
	const struct cross_row *row = test->param_value;
	struct hvic_clock *clock = test->priv;
	s64 ns;

	hvic_clock_add(clock, fake_platform.reference, NOW);
	pass(SECOND);
	cycles = row->is_reference ? fake_platform.reference : TSC;
	fake_platform.has_tsc = row->has_tsc;
	fake_platform.at_tsc = fake_platform.reference + row->off;
	KUNIT_EXPECT_EQ(test, read_crossed(&ns), row->ret);
	if (!row->ret)
		KUNIT_EXPECT_EQ(test, ns, NOW + SECOND);
}

static void cross_timestamp_of_nothing(struct kunit *test)
{
	s64 ns;

	cycles = fake_platform.reference;
	KUNIT_EXPECT_EQ(test, read_crossed(&ns), -EAGAIN);
}

static void cannot_be_set(struct kunit *test)
{
	struct timespec64 time = { };

	KUNIT_EXPECT_EQ(test, registered->settime64(registered, &time), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, registered->adjtime(registered, 1), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, registered->adjfine(registered, 1), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, registered->enable(registered, NULL, 1), -EOPNOTSUPP);
}

/* All else works without it. */
static void cannot_be_registered(struct kunit *test)
{
	struct hvic_clock *clock = kunit_kzalloc(test, sizeof(*clock), GFP_KERNEL);
	s64 ns;

	KUNIT_ASSERT_NOT_NULL(test, clock);
	register_ret = -ENOMEM;
	hvic_clock_register(clock, NULL);
	KUNIT_EXPECT_EQ(test, hvic_clock_index(clock), -1);
	hvic_clock_add(clock, fake_platform.reference, NOW);
	KUNIT_EXPECT_EQ(test, hvic_clock_at(clock, fake_platform.reference, &ns), 0);
	KUNIT_EXPECT_EQ(test, ns, NOW);
	hvic_clock_unregister(clock);
}

static struct kunit_case clock_ptp_cases[] = {
	KUNIT_CASE(has_a_name_and_a_number),
	KUNIT_CASE(only_what_is_known),
	KUNIT_CASE_PARAM(cross_timestamp, cross_gen_params),
	KUNIT_CASE(cross_timestamp_of_nothing),
	KUNIT_CASE(cannot_be_set),
	KUNIT_CASE(cannot_be_registered),
	{}
};

static struct kunit_suite clock_ptp_suite = {
	.name = "hv_ic_clock_ptp",
	.init = clock_ptp_init,
	.exit = clock_ptp_exit,
	.test_cases = clock_ptp_cases,
};

kunit_test_suite(clock_ptp_suite);
