// SPDX-License-Identifier: GPL-2.0
/* The line through the samples of the host's clock. */
#include "helpers.h"

#include "clock_filter.h"

#include <linux/limits.h>

#define TICK		100LL		/* ns */
#define SECOND		10000000ULL	/* of the reference counter, in ticks */
#define PERIOD		(5 * SECOND)	/* between two samples of a host */

#define START		(1000 * SECOND)
#define START_NS	1600000000000000000LL

#define US		1000LL		/* ns */
#define MS		1000000LL

static struct hvic_clock_filter *new_filter(struct kunit *test)
{
	struct hvic_clock_filter *filter = kunit_kzalloc(test, sizeof(*filter), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, filter);
	hvic_clock_filter_reset(filter);
	return filter;
}

/* The host's clock at a reference, when it is fast by @ppb parts in 10^9. */
static s64 host_at(u64 reference, s64 ppb)
{
	s64 ns = (s64)(reference - START) * TICK;

	return START_NS + ns + ns / 1000 * ppb / 1000000;
}

/* Adds @n samples from @reference on, off by @jitter to either side in turn. */
static u64 add(struct hvic_clock_filter *filter, unsigned int n, u64 reference, s64 ppb, s64 jitter)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		s64 off = i % 2 ? jitter : -jitter;

		hvic_clock_filter_add(filter, reference, host_at(reference, ppb) + off);
		reference += PERIOD;
	}
	return reference;
}

static s64 error_at(const struct hvic_clock_filter *filter, u64 reference, s64 ppb)
{
	s64 error = hvic_clock_line_at(&filter->line, reference) - host_at(reference, ppb);

	return error < 0 ? -error : error;
}

static void one_sample(struct kunit *test)
{
	struct hvic_clock_filter *filter = new_filter(test);

	KUNIT_EXPECT_EQ(test, filter->n_samples, 0);
	hvic_clock_filter_add(filter, START, START_NS);

	KUNIT_EXPECT_EQ(test, filter->n_samples, 1);
	KUNIT_EXPECT_EQ(test, hvic_clock_line_at(&filter->line, START), START_NS);
	KUNIT_EXPECT_EQ(test, hvic_clock_line_at(&filter->line, START + 1), START_NS + TICK);
	KUNIT_EXPECT_EQ(test, hvic_clock_line_at(&filter->line, START - 1), START_NS - TICK);
	KUNIT_EXPECT_EQ(test, hvic_clock_line_at(&filter->line, START + 3600 * SECOND),
			START_NS + 3600LL * 1000 * MS);
}

static const struct drift_row {
	const char *desc;
	s64 ppb;			/* how fast the host's clock is */
	s64 jitter;			/* of each sample, in ns */
	s64 error;			/* that the line may have, in ns */
} drift_rows[] = {
	{ "even clocks", 0, 0, 1 },
	{ "even clocks, jitter of 50 us", 0, 50 * US, 5 * US },
	{ "even clocks, jitter of 5 ms", 0, 5 * MS, 500 * US },
	{ "fast by 1 ppm", 1000, 0, 1 * US },
	{ "slow by 1 ppm", -1000, 0, 1 * US },
	{ "fast by 50 ppm", 50000, 0, 1 * US },
	{ "slow by 50 ppm", -50000, 0, 1 * US },
	{ "fast by 200 ppm", 200000, 0, 1 * US },
	{ "slow by 400 ppm", -400000, 0, 1 * US },
	{ "fast by 200 ppm, jitter of 1 ms", 200000, 1 * MS, 300 * US },
	{ "fast by 50 ppm, jitter of 50 us", 50000, 50 * US, 5 * US },
	{ "slow by 50 ppm, jitter of 50 us", -50000, 50 * US, 5 * US },
};

ROWS(drift);

/* Ten minutes of samples: the line is much better than each of them, and so is a forecast. */
static void follows(struct kunit *test)
{
	const struct drift_row *row = test->param_value;
	struct hvic_clock_filter *filter = new_filter(test);

	u64 next = add(filter, 120, START, row->ppb, row->jitter);

	KUNIT_EXPECT_EQ(test, filter->n_samples, 120);
	KUNIT_EXPECT_LE(test, error_at(filter, next - PERIOD, row->ppb), row->error);
	KUNIT_EXPECT_LE(test, error_at(filter, next, row->ppb), row->error);
}

/* A slope that the noise could explain is taken for noise. */
static void does_not_overshoot(struct kunit *test)
{
	struct hvic_clock_filter *filter = new_filter(test);
	unsigned int n;
	u64 next = START;

	for (n = 0; n < 64; n++) {
		s64 off = n % 3 ? 0 : 200 * US;

		hvic_clock_filter_add(filter, next, host_at(next, 0) + off);
		next += PERIOD;
		KUNIT_EXPECT_LE_MSG(test, error_at(filter, next + 60 * SECOND, 0), 400 * US,
				    "sample %u", n);
	}
}

static void leaves_outliers_out(struct kunit *test)
{
	struct hvic_clock_filter *filter = new_filter(test);
	u64 next = add(filter, 20, START, 0, 0);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		hvic_clock_filter_add(filter, next, host_at(next, 0) + 50 * MS);
		next += PERIOD;
	}
	KUNIT_EXPECT_EQ(test, filter->n_samples, 20);
	KUNIT_EXPECT_LE(test, error_at(filter, next, 0), 1);

	/* A sample that fits ends the row of those that do not. */
	next = add(filter, 1, next, 0, 0);
	for (i = 0; i < 3; i++) {
		hvic_clock_filter_add(filter, next, host_at(next, 0) + 50 * MS);
		next += PERIOD;
	}
	KUNIT_EXPECT_EQ(test, filter->n_samples, 21);
	KUNIT_EXPECT_LE(test, error_at(filter, next, 0), 1);
}

/* If there are many of them, the clock was set. */
static void believes_many_outliers(struct kunit *test)
{
	struct hvic_clock_filter *filter = new_filter(test);
	u64 next = add(filter, 20, START, 0, 0);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		hvic_clock_filter_add(filter, next, host_at(next, 0) + 50 * MS);
		next += PERIOD;
	}
	KUNIT_EXPECT_EQ(test, filter->n_samples, 1);
	KUNIT_EXPECT_EQ(test, hvic_clock_line_at(&filter->line, next), host_at(next, 0) + 50 * MS);
}

static const struct off_row {
	const char *desc;
	s64 off;			/* of the sample, in ns */
	unsigned int before;		/* samples that came before */
	unsigned int after;		/* samples in use then */
} off_rows[] = {
	{ "a step", 100 * MS, 20, 1 },
	{ "a step back", -100 * MS, 20, 1 },
	{ "a large step", 3600 * 1000 * MS, 20, 1 },
	{ "a large step back", -3600 * 1000 * MS, 20, 1 },
	{ "not yet a step", 100 * MS - 1, 20, 20 },
	{ "not yet a step back", -100 * MS + 1, 20, 20 },
	{ "within the floor of outliers", 20 * US, 20, 21 },
	{ "beyond it", 20 * US + 1, 20, 20 },
	{ "too few samples to know", 50 * MS, 7, 8 },
	{ "enough to know", 50 * MS, 8, 8 },
};

ROWS(off);

static void one_that_is_off(struct kunit *test)
{
	const struct off_row *row = test->param_value;
	struct hvic_clock_filter *filter = new_filter(test);
	u64 next = add(filter, row->before, START, 0, 0);

	hvic_clock_filter_add(filter, next, host_at(next, 0) + row->off);

	KUNIT_EXPECT_EQ(test, filter->n_samples, row->after);
	if (row->after == 1)
		KUNIT_EXPECT_EQ(test, hvic_clock_line_at(&filter->line, next),
				host_at(next, 0) + row->off);
	else if (row->after == row->before)
		KUNIT_EXPECT_LE(test, error_at(filter, next, 0), 1);
}

static void same_reference_twice(struct kunit *test)
{
	struct hvic_clock_filter *filter = new_filter(test);
	u64 newest = add(filter, 20, START, 0, 0) - PERIOD;

	hvic_clock_filter_add(filter, newest, host_at(newest, 0) + 10 * US);

	KUNIT_EXPECT_EQ(test, filter->n_samples, 1);
}

/* After a migration or a resume the counter is another machine's. */
static void starts_anew(struct kunit *test)
{
	static const u64 references[] = { START + 19 * PERIOD, START, 1, 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(references); i++) {
		struct hvic_clock_filter *filter = new_filter(test);

		add(filter, 20, START, 0, 0);
		hvic_clock_filter_add(filter, references[i], START_NS);
		KUNIT_EXPECT_EQ(test, filter->n_samples, 1);
		KUNIT_EXPECT_EQ(test, hvic_clock_line_at(&filter->line, references[i]), START_NS);
	}
}

static void forgets(struct kunit *test)
{
	struct hvic_clock_filter *filter = new_filter(test);
	u64 next = add(filter, 100, START, 0, 0);

	/* A sample counts for 1000 s: with one every 5 s, the newest and 200 others count. */
	next += 900 * SECOND - PERIOD;
	next = add(filter, 1, next, 0, 0);
	KUNIT_EXPECT_EQ(test, filter->n_samples, 22);
	next += 1001 * SECOND;
	next = add(filter, 1, next, 0, 0);
	KUNIT_EXPECT_EQ(test, filter->n_samples, 1);

	next = add(filter, 1000, next, 0, 0);
	KUNIT_EXPECT_EQ(test, filter->n_samples, 128);
	KUNIT_EXPECT_LE(test, error_at(filter, next, 0), 1);

	hvic_clock_filter_reset(filter);
	KUNIT_EXPECT_EQ(test, filter->n_samples, 0);
}

/* A forecast much farther than is ever used stays within bounds. */
static void forecast_is_bounded(struct kunit *test)
{
	struct hvic_clock_filter *filter = new_filter(test);
	u64 newest = add(filter, 120, START, 50000, 0) - PERIOD;
	u64 hour = newest + 3600 * SECOND, day = newest + 86400 * SECOND;

	KUNIT_EXPECT_EQ(test,
			hvic_clock_line_at(&filter->line, day) -
			hvic_clock_line_at(&filter->line, hour),
			(s64)(day - hour) * TICK);
}

static const struct extreme_row {
	const char *desc;
	u64 reference;
	s64 host_ns;
} extreme_rows[] = {
	{ "both zero", 0, 0 },
	{ "first counter", 1, START_NS },
	{ "last time", START, S64_MAX },
	{ "1970", START, 0 },
	{ "a counter beyond 63 bits of ns", U64_MAX / 100 + 1, START_NS },
	{ "sign bit of the counter", 1ULL << 63, START_NS },
	{ "last counter", U64_MAX - 16 * PERIOD, START_NS },
	{ "all the largest", U64_MAX - 16 * PERIOD, S64_MAX - 100 * 1000 * MS },
};

ROWS(extreme);

/* A hostile host may send any numbers. As long as they go on evenly, so does the line. */
static void extremes(struct kunit *test)
{
	const struct extreme_row *row = test->param_value;
	struct hvic_clock_filter *filter = new_filter(test);
	unsigned int i;

	hvic_clock_filter_add(filter, row->reference, row->host_ns);
	KUNIT_EXPECT_EQ(test, hvic_clock_line_at(&filter->line, row->reference), row->host_ns);

	for (i = 1; i < 16; i++) {
		u64 step = i * PERIOD;

		hvic_clock_filter_add(filter, row->reference + step,
				      (u64)row->host_ns + step * TICK);
		KUNIT_EXPECT_EQ(test, filter->n_samples, i + 1);
	}
}

static struct kunit_case clock_cases[] = {
	KUNIT_CASE(one_sample),
	KUNIT_CASE_PARAM(follows, drift_gen_params),
	KUNIT_CASE(does_not_overshoot),
	KUNIT_CASE(leaves_outliers_out),
	KUNIT_CASE(believes_many_outliers),
	KUNIT_CASE_PARAM(one_that_is_off, off_gen_params),
	KUNIT_CASE(same_reference_twice),
	KUNIT_CASE(starts_anew),
	KUNIT_CASE(forgets),
	KUNIT_CASE(forecast_is_bounded),
	KUNIT_CASE_PARAM(extremes, extreme_gen_params),
	{}
};

static struct kunit_suite clock_suite = {
	.name = "hv_ic_clock",
	.test_cases = clock_cases,
};

kunit_test_suite(clock_suite);
