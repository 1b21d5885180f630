// SPDX-License-Identifier: GPL-2.0
/* Bounded views: the only pointer arithmetic on what the host sent. */
#include "helpers.h"

#include "proto/span.h"

#include <linux/limits.h>

#define WHOLE	16			/* length of the view that the rows cut */

static const struct at_row {
	const char *desc;
	size_t offset;
	size_t len;
	bool inside;
} at_rows[] = {
	{ "all of it", 0, WHOLE, true },
	{ "first byte", 0, 1, true },
	{ "last byte", WHOLE - 1, 1, true },
	{ "nothing, at the start", 0, 0, true },
	{ "nothing, at the end", WHOLE, 0, true },
	{ "nothing, beyond the end", WHOLE + 1, 0, false },
	{ "one byte too long", 0, WHOLE + 1, false },
	{ "one byte too late", WHOLE, 1, false },
	{ "half out", WHOLE / 2, WHOLE / 2 + 1, false },
	{ "offset and length wrap to nothing", SIZE_MAX, 1, false },
	{ "offset and length wrap to the start", SIZE_MAX - 3, 8, false },
	{ "largest length at an offset", 8, SIZE_MAX, false },
	{ "length wraps to inside", 8, SIZE_MAX - 4, false },
	{ "both the largest", SIZE_MAX, SIZE_MAX, false },
};

ROWS(at);

static void span_at(struct kunit *test)
{
	const struct at_row *row = test->param_value;
	u8 bytes[WHOLE] = {};
	struct hvic_span span = SPAN(bytes);

	const void *part = hvic_span_at(span, row->offset, row->len);

	KUNIT_EXPECT_PTR_EQ(test, part, (const void *)(row->inside ? bytes + row->offset : NULL));
}

static void room_at(struct kunit *test)
{
	const struct at_row *row = test->param_value;
	u8 bytes[WHOLE] = {};
	struct hvic_room room = { bytes, sizeof(bytes) };

	void *part = hvic_room_at(room, row->offset, row->len);

	KUNIT_EXPECT_PTR_EQ(test, part, (void *)(row->inside ? bytes + row->offset : NULL));
}

static void empty_holds_nothing(struct kunit *test)
{
	struct hvic_span span = {};
	struct hvic_room room = {};

	KUNIT_EXPECT_NULL(test, hvic_span_at(span, 0, 1));
	KUNIT_EXPECT_NULL(test, hvic_span_at(span, 1, 0));
	KUNIT_EXPECT_NULL(test, hvic_room_at(room, 0, 1));
	KUNIT_EXPECT_NULL(test, hvic_room_at(room, 1, 0));
	KUNIT_EXPECT_EQ(test, hvic_span_cut(span, 0, 1).len, 0);
}

static const struct cut_row {
	const char *desc;
	size_t offset;
	size_t max;
	size_t len;
} cut_rows[] = {
	{ "all of it", 0, WHOLE, WHOLE },
	{ "all of it, without a bound", 0, SIZE_MAX, WHOLE },
	{ "the rest", 5, WHOLE, WHOLE - 5 },
	{ "less than the rest", 5, 3, 3 },
	{ "just the rest", 5, WHOLE - 5, WHOLE - 5 },
	{ "at most nothing", 5, 0, 0 },
	{ "last byte", WHOLE - 1, WHOLE, 1 },
	{ "at the end", WHOLE, WHOLE, 0 },
	{ "beyond the end", WHOLE + 1, WHOLE, 0 },
	{ "far beyond the end", SIZE_MAX, SIZE_MAX, 0 },
};

ROWS(cut);

static void span_cut(struct kunit *test)
{
	const struct cut_row *row = test->param_value;
	u8 bytes[WHOLE] = {};
	struct hvic_span span = SPAN(bytes);

	struct hvic_span part = hvic_span_cut(span, row->offset, row->max);

	KUNIT_EXPECT_EQ(test, part.len, row->len);
	if (row->len)
		KUNIT_EXPECT_PTR_EQ(test, part.data, (const u8 *)bytes + row->offset);
}

static struct kunit_case span_cases[] = {
	KUNIT_CASE_PARAM(span_at, at_gen_params),
	KUNIT_CASE_PARAM(room_at, at_gen_params),
	KUNIT_CASE(empty_holds_nothing),
	KUNIT_CASE_PARAM(span_cut, cut_gen_params),
	{}
};

static struct kunit_suite span_suite = {
	.name = "hv_ic_span",
	.test_cases = span_cases,
};

kunit_test_suite(span_suite);
