// SPDX-License-Identifier: GPL-2.0
/* File copy messages. */
#include "helpers.h"

#include "proto/fcopy.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "vectors/fcopy.h"

/* Where fields lie in the bodies. */
#define POS_NAME	36
#define POS_PATH	556
#define POS_FLAGS	1076
#define POS_SIZE	1080
#define START		1088
#define POS_OFFSET	40
#define POS_LEN		48
#define POS_DATA	52

#define NAME		520		/* bytes of a name and of a path */
#define LAST		0x7fffffffffffffffULL	/* last byte that a file can have */

static const struct op_row {
	const char *desc;
	u32 value;
	int ret;
} op_rows[] = {
	{ "start", 0, 0 },
	{ "write", 1, 0 },
	{ "complete", 2, 0 },
	{ "cancel", 3, 0 },
	{ "next", 4, -EOPNOTSUPP },
	{ "write in the high half", 0x00010001, -EOPNOTSUPP },
	{ "largest", U32_MAX, -EOPNOTSUPP },
};

ROWS(op);

static void parse_op(struct kunit *test)
{
	const struct op_row *row = test->param_value;
	enum hvic_wire_fcopy_op op = 99;
	u8 bytes[36] = {};
	int ret;

	poke32(bytes, row->value);

	ret = hvic_fcopy_parse((struct hvic_span)SPAN(bytes), &op);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	KUNIT_EXPECT_EQ(test, op, ret ? 99 : row->value);
}

static void parse_truncated(struct kunit *test)
{
	size_t n;

	for (n = 0; n <= sizeof(vec_fcopy_cancel); n++) {
		struct hvic_span body = exact_span(test, vec_fcopy_cancel, n);
		enum hvic_wire_fcopy_op op;

		KUNIT_EXPECT_EQ_MSG(test, hvic_fcopy_parse(body, &op), n < 36 ? -EBADMSG : 0,
				    "at %zu", n);
	}
}

static struct hv_ic_fcopy_start *new_start(struct kunit *test)
{
	struct hv_ic_fcopy_start *start = kunit_kzalloc(test, sizeof(*start), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, start);
	memset(start, 0xee, sizeof(*start));
	return start;
}

static void expect_no_start(struct kunit *test, const struct hv_ic_fcopy_start *start)
{
	expect_fill(test, "start", (struct hvic_span){ (const u8 *)start, sizeof(*start) }, 0);
}

static void decode_start(struct kunit *test)
{
	struct hvic_span body = exact_span(test, vec_fcopy_start, START);
	struct hv_ic_fcopy_start *start = new_start(test);

	KUNIT_ASSERT_EQ(test, hvic_fcopy_decode_start(body, start), 0);
	KUNIT_EXPECT_STREQ(test, start->name, "a.\xc3\xbc");
	KUNIT_EXPECT_STREQ(test, start->path, "/tmp");
	KUNIT_EXPECT_EQ(test, start->flags, 3);
	KUNIT_EXPECT_EQ(test, start->size, 0x0102030405);
	KUNIT_EXPECT_EQ(test, start->reserved, 0);
}

static void decode_start_truncated(struct kunit *test)
{
	struct hv_ic_fcopy_start *start = new_start(test);
	size_t n;

	for (n = 0; n < START; n = next_cut(n, START)) {
		struct hvic_span body = exact_span(test, vec_fcopy_start, n);

		KUNIT_ASSERT_EQ_MSG(test, hvic_fcopy_decode_start(body, start), -EBADMSG,
				    "at %zu", n);
		expect_no_start(test, start);
		kunit_kfree(test, body.data);
	}
}

static const struct start_row {
	const char *desc;
	u32 flags;
	u64 size;
	int ret;
	u32 known_flags;
} start_rows[] = {
	{ "no flags, no bytes", 0, 0, 0, 0 },
	{ "overwrite", 1, 1, 0, 1 },
	{ "create the path", 2, 1, 0, 2 },
	{ "next flag", 4, 1, 0, 0 },
	{ "all flags", U32_MAX, 1, 0, 3 },
	{ "more than 32 bits say", 0, U32_MAX + 1ULL, 0, 0 },
	{ "longest file", 0, LAST, 0, 0 },
	{ "longer than any file", 0, LAST + 1, -EINVAL, 0 },
	{ "largest", 0, U64_MAX, -EINVAL, 0 },
};

ROWS(start);

static void decode_start_numbers(struct kunit *test)
{
	const struct start_row *row = test->param_value;
	struct hv_ic_fcopy_start *start = new_start(test);
	struct hvic_room room = exact_room(test, START, 0);
	int ret;

	memcpy(room.data, vec_fcopy_start, START);
	poke32(room.data + POS_FLAGS, row->flags);
	poke64(room.data + POS_SIZE, row->size);

	ret = hvic_fcopy_decode_start(to_span(room), start);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	if (ret) {
		expect_no_start(test, start);
		return;
	}
	KUNIT_EXPECT_EQ(test, start->flags, row->known_flags);
	KUNIT_EXPECT_EQ(test, start->size, row->size);
}

static const struct name_row {
	const char *desc;
	u16 unit;			/* the name is made of */
	size_t units;
	int ret;
	size_t len;			/* in UTF-8 */
} name_rows[] = {
	{ "empty", 'a', 0, -EINVAL, 0 },
	{ "one letter", 'a', 1, 0, 1 },
	{ "longest with a NUL", 'a', 259, 0, 259 },
	{ "without a NUL", 'a', 260, 0, 260 },
	{ "longest in UTF-8", 0xffff, 260, 0, 780 },
	{ "lone surrogates", 0xd800, 2, -EILSEQ, 0 },
};

ROWS(name);

static void decode_start_names(struct kunit *test)
{
	static const size_t fields[] = { POS_NAME, POS_PATH };
	const struct name_row *row = test->param_value;
	struct hv_ic_fcopy_start *start = new_start(test);
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		struct hvic_room room = exact_room(test, START, 0);
		int ret;

		memcpy(room.data, vec_fcopy_start, START);
		memset(room.data + fields[i], 0, NAME);
		for (n = 0; n < row->units; n++)
			poke16(room.data + fields[i] + 2 * n, row->unit);

		ret = hvic_fcopy_decode_start(to_span(room), start);

		KUNIT_EXPECT_EQ(test, ret, row->ret);
		if (ret)
			expect_no_start(test, start);
		else
			KUNIT_EXPECT_EQ(test, strlen(i ? start->path : start->name), row->len);
	}
}

static void decode_write(struct kunit *test)
{
	struct hvic_span body = exact_span(test, vec_fcopy_write, sizeof(vec_fcopy_write));
	struct hvic_fcopy_block block;

	KUNIT_ASSERT_EQ(test, hvic_fcopy_decode_write(body, &block), 0);
	KUNIT_EXPECT_EQ(test, block.offset, 0x100001800);
	KUNIT_EXPECT_PTR_EQ(test, block.data.data, body.data + POS_DATA);
	KUNIT_EXPECT_EQ(test, block.data.len, 3);
}

static void expect_no_block(struct kunit *test, const struct hvic_fcopy_block *block)
{
	KUNIT_EXPECT_EQ(test, block->offset, 0);
	KUNIT_EXPECT_EQ(test, block->data.len, 0);
}

static void decode_write_truncated(struct kunit *test)
{
	size_t n;

	for (n = 0; n <= POS_DATA + 4; n++) {
		struct hvic_span body = exact_span(test, vec_fcopy_write, n);
		struct hvic_fcopy_block block;

		int ret = hvic_fcopy_decode_write(body, &block);

		KUNIT_EXPECT_EQ_MSG(test, ret, n < POS_DATA + 3 ? -EBADMSG : 0, "at %zu", n);
		if (ret)
			expect_no_block(test, &block);
		else
			KUNIT_EXPECT_EQ_MSG(test, block.data.len, 3, "at %zu", n);
	}
}

static const struct write_row {
	const char *desc;
	u64 offset;
	u32 len;
	size_t present;			/* bytes of data in the body */
	int ret;
} write_rows[] = {
	{ "nothing", 0, 0, 0, 0 },
	{ "one byte", 0, 1, 1, 0 },
	{ "whole block", 0, 6144, 6144, 0 },
	{ "a byte missing", 0, 6144, 6143, -EBADMSG },
	{ "a byte too long", 0, 6145, 6145, -EINVAL },
	{ "65535", 0, 65535, 6144, -EINVAL },
	{ "largest length", 0, U32_MAX, 6144, -EINVAL },
	{ "last byte of the longest file", LAST - 1, 1, 1, 0 },
	{ "behind the longest file", LAST, 1, 1, -EINVAL },
	{ "nothing, at its end", LAST, 0, 0, 0 },
	{ "negative offset", LAST + 1, 0, 0, -EINVAL },
	{ "offset and length wrap", U64_MAX, 1, 1, -EINVAL },
};

ROWS(write);

static void decode_write_numbers(struct kunit *test)
{
	const struct write_row *row = test->param_value;
	struct hvic_room room = exact_room(test, POS_DATA + row->present, 0);
	struct hvic_fcopy_block block;
	int ret;

	poke32(room.data, 1);
	poke64(room.data + POS_OFFSET, row->offset);
	poke32(room.data + POS_LEN, row->len);

	ret = hvic_fcopy_decode_write(to_span(room), &block);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	if (ret) {
		expect_no_block(test, &block);
		return;
	}
	KUNIT_EXPECT_EQ(test, block.offset, row->offset);
	KUNIT_EXPECT_EQ(test, block.data.len, row->len);
}

static struct kunit_case fcopy_cases[] = {
	KUNIT_CASE_PARAM(parse_op, op_gen_params),
	KUNIT_CASE(parse_truncated),
	KUNIT_CASE(decode_start),
	KUNIT_CASE(decode_start_truncated),
	KUNIT_CASE_PARAM(decode_start_numbers, start_gen_params),
	KUNIT_CASE_PARAM(decode_start_names, name_gen_params),
	KUNIT_CASE(decode_write),
	KUNIT_CASE(decode_write_truncated),
	KUNIT_CASE_PARAM(decode_write_numbers, write_gen_params),
	{}
};

static struct kunit_suite fcopy_suite = {
	.name = "hv_ic_fcopy",
	.test_cases = fcopy_cases,
};

kunit_test_suite(fcopy_suite);
