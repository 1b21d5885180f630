// SPDX-License-Identifier: GPL-2.0
/* Samples of the host's clock. */
#include "helpers.h"

#include "proto/timesync.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "vectors/timesync.h"

#define HEADERS		28		/* bytes of pipe header and IC header */

#define EPOCH		116444736000000000ULL	/* 1970 in 100 ns since 1601 */
#define LATEST		92233720368547758ULL	/* 100 ns that fit 63 bits of ns */

static void expect_nothing(struct kunit *test, const struct hvic_time_sample *sample)
{
	KUNIT_EXPECT_EQ(test, sample->host_ns, 0);
	KUNIT_EXPECT_FALSE(test, sample->has_reference);
	KUNIT_EXPECT_EQ(test, sample->reference, 0);
	KUNIT_EXPECT_FALSE(test, sample->sync);
	KUNIT_EXPECT_FALSE(test, sample->sample);
	KUNIT_EXPECT_EQ(test, sample->leap, 0);
	KUNIT_EXPECT_EQ(test, sample->stratum, 0);
}

static void parse_v4(struct kunit *test)
{
	struct hvic_span body = exact_span(test, vec_timesync_v4 + HEADERS, 24);
	struct hvic_time_sample sample;

	int ret = hvic_timesync_parse(body, (struct hvic_version){ 4, 0 }, &sample);

	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, sample.host_ns, 1600000000000000000);
	KUNIT_EXPECT_TRUE(test, sample.has_reference);
	KUNIT_EXPECT_EQ(test, sample.reference, 0x123456789a);
	KUNIT_EXPECT_TRUE(test, sample.sync);
	KUNIT_EXPECT_FALSE(test, sample.sample);
	KUNIT_EXPECT_EQ(test, sample.leap, 2);
	KUNIT_EXPECT_EQ(test, sample.stratum, 3);
}

static void parse_v3(struct kunit *test)
{
	struct hvic_span body = exact_span(test, vec_timesync_v3 + HEADERS, 28);
	struct hvic_time_sample sample;

	int ret = hvic_timesync_parse(body, (struct hvic_version){ 3, 0 }, &sample);

	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, sample.host_ns, 1600000000000000000);
	KUNIT_EXPECT_FALSE(test, sample.has_reference);
	KUNIT_EXPECT_EQ(test, sample.reference, 0);
	KUNIT_EXPECT_FALSE(test, sample.sync);
	KUNIT_EXPECT_TRUE(test, sample.sample);
	KUNIT_EXPECT_EQ(test, sample.leap, 0);
	KUNIT_EXPECT_EQ(test, sample.stratum, 0);
}

static const struct layout_row {
	const char *desc;
	struct hvic_version version;
	size_t min;			/* bytes of body that are needed */
	size_t flags;			/* where they lie */
} layout_rows[] = {
	{ "1.0", { 1, 0 }, 25, 24 },
	{ "3.0", { 3, 0 }, 25, 24 },
	{ "3.9", { 3, 9 }, 25, 24 },
	{ "4.0", { 4, 0 }, 19, 16 },
	{ "4.1", { 4, 1 }, 19, 16 },
	{ "5.0", { 5, 0 }, 19, 16 },
};

ROWS(layout);

static void parse_truncated(struct kunit *test)
{
	const struct layout_row *row = test->param_value;
	u8 bytes[32] = {};
	size_t n;

	poke64(bytes, EPOCH + 1);
	memset(bytes + 8, 0xff, sizeof(bytes) - 8);
	for (n = 0; n <= sizeof(bytes); n++) {
		struct hvic_span body = exact_span(test, bytes, n);
		struct hvic_time_sample sample;

		int ret = hvic_timesync_parse(body, row->version, &sample);

		KUNIT_ASSERT_EQ_MSG(test, ret, n < row->min ? -EBADMSG : 0, "at %zu", n);
		if (ret)
			expect_nothing(test, &sample);
		else
			KUNIT_EXPECT_EQ_MSG(test, sample.host_ns, 100, "at %zu", n);
	}
}

/* Bit 0 is sync, bit 1 is sample, a message with neither is a probe; other bits are ignored. */
static void parse_flags(struct kunit *test)
{
	const struct layout_row *row = test->param_value;
	u8 bytes[28] = {};
	struct hvic_span body = SPAN(bytes);
	unsigned int flags;

	poke64(bytes, EPOCH);
	for (flags = 0; flags <= 0xff; flags++) {
		struct hvic_time_sample sample;

		bytes[row->flags] = flags;
		KUNIT_ASSERT_EQ(test, hvic_timesync_parse(body, row->version, &sample), 0);
		KUNIT_EXPECT_EQ_MSG(test, sample.sync, flags & 1, "flags %#x", flags);
		KUNIT_EXPECT_EQ_MSG(test, sample.sample, flags >> 1 & 1, "flags %#x", flags);
	}
}

static const struct time_row {
	const char *desc;
	u64 time;
	int ret;
	s64 host_ns;
} time_rows[] = {
	{ "1601", 0, -ERANGE, 0 },
	{ "1601 and a bit", 1, -ERANGE, 0 },
	{ "just before 1970", EPOCH - 1, -ERANGE, 0 },
	{ "1970", EPOCH, 0, 0 },
	{ "100 ns later", EPOCH + 1, 0, 100 },
	{ "2038", EPOCH + 21474836480000000ULL, 0, 2147483648000000000 },
	{ "last that fits", EPOCH + LATEST, 0, 9223372036854775800 },
	{ "first that does not fit", EPOCH + LATEST + 1, -ERANGE, 0 },
	{ "sign bit", 1ULL << 63, -ERANGE, 0 },
	{ "largest", U64_MAX, -ERANGE, 0 },
};

ROWS(time);

static void parse_time(struct kunit *test)
{
	const struct time_row *row = test->param_value;
	static const u16 majors[] = { 1, 3, 4 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(majors); i++) {
		struct hvic_version version = { majors[i], 0 };
		struct hvic_time_sample sample;
		u8 bytes[28];
		struct hvic_span body = SPAN(bytes);
		int ret;

		memset(bytes, 0xff, sizeof(bytes));
		poke64(bytes, row->time);
		ret = hvic_timesync_parse(body, version, &sample);

		KUNIT_EXPECT_EQ(test, ret, row->ret);
		KUNIT_EXPECT_EQ(test, sample.host_ns, row->host_ns);
		if (ret)
			expect_nothing(test, &sample);
	}
}

static struct kunit_case timesync_cases[] = {
	KUNIT_CASE(parse_v4),
	KUNIT_CASE(parse_v3),
	KUNIT_CASE_PARAM(parse_truncated, layout_gen_params),
	KUNIT_CASE_PARAM(parse_flags, layout_gen_params),
	KUNIT_CASE_PARAM(parse_time, time_gen_params),
	{}
};

static struct kunit_suite timesync_suite = {
	.name = "hv_ic_timesync",
	.test_cases = timesync_cases,
};

kunit_test_suite(timesync_suite);
