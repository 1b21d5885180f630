// SPDX-License-Identifier: GPL-2.0
/* What hv_fcopy_daemon reads and writes. */
#include "helpers.h"

#include "proto/legacy_fcopy.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "vectors/legacy.h"

/* Bytes of messages, and of a name in them with its NUL. */
#define START_LEN	1088
#define BLOCK_LEN	6196
#define HEADER_LEN	36
#define NUMBER_LEN	4
#define NAME_SIZE	520

static const struct greet_row {
	const char *desc;
	u32 version;
	int ret;
} greet_rows[] = {
	{ "old", 0, 0 },
	{ "current", 1, 1 },
	{ "next", 2, -EINVAL },
	{ "largest", U32_MAX, -EINVAL },
};

ROWS(greet);

static void greet(struct kunit *test)
{
	const struct greet_row *row = test->param_value;
	u32 version = 99;
	u8 bytes[NUMBER_LEN];
	int ret;

	poke32(bytes, row->version);

	ret = hvic_legacy_fcopy.greet((struct hvic_span)SPAN(bytes), &version);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	KUNIT_EXPECT_EQ(test, version, row->ret < 0 ? 99 : row->version);
}

/* A greeting and an answer are neither shorter nor longer than one number. */
static void wrong_length(struct kunit *test)
{
	struct hvic_legacy_answer *answer = kunit_kzalloc(test, sizeof(*answer), GFP_KERNEL);
	u8 bytes[NUMBER_LEN + 1] = { 1 };
	size_t n;

	KUNIT_ASSERT_NOT_NULL(test, answer);
	for (n = 0; n <= sizeof(bytes); n++) {
		struct hvic_span msg = exact_span(test, bytes, n);
		u32 version = 99;

		if (n == NUMBER_LEN)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, hvic_legacy_fcopy.greet(msg, &version), -EINVAL,
				    "greeting of %zu", n);
		KUNIT_EXPECT_EQ_MSG(test, version, 99, "greeting of %zu", n);
		KUNIT_EXPECT_EQ_MSG(test, hvic_legacy_fcopy.decode(msg, answer), -EINVAL,
				    "answer of %zu", n);
	}
}

static void consent(struct kunit *test)
{
	struct hvic_room room = exact_room(test, NUMBER_LEN, 0xee);
	size_t n;

	KUNIT_EXPECT_EQ(test, hvic_legacy_fcopy.consent(room, 1), NUMBER_LEN);
	expect_bytes(test, "consent", to_span(room),
		     (struct hvic_span)SPAN(vec_legacy_fcopy_version));
	for (n = 0; n < NUMBER_LEN; n++)
		KUNIT_EXPECT_EQ_MSG(test, hvic_legacy_fcopy.consent(exact_room(test, n, 0xee), 1),
				    -EMSGSIZE, "into %zu", n);
}

static struct hv_ic_fcopy_start *new_start(struct kunit *test)
{
	struct hv_ic_fcopy_start *start = kunit_kzalloc(test, sizeof(*start), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, start);
	start->size = 0x0102030405;
	start->flags = 3;
	memcpy(start->name, "a.\xc3\xbc", 5);
	memcpy(start->path, "/tmp", 5);
	return start;
}

static struct hv_ic_fcopy_write *new_write(struct kunit *test)
{
	struct hv_ic_fcopy_write *write = kunit_kzalloc(test, sizeof(*write), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, write);
	write->offset = 0x100001800;
	write->size = 3;
	write->data[0] = 0xde;
	write->data[2] = 0xff;
	return write;
}

static int encode(struct hvic_room room, u16 op, const void *payload, size_t len)
{
	const struct hvic_legacy_record record = {
		.op = op,
		.payload = { .data = payload, .len = len },
	};

	return hvic_legacy_fcopy.encode(room, &record);
}

static void encode_start(struct kunit *test)
{
	struct hv_ic_fcopy_start *start = new_start(test);
	struct hvic_room room = exact_room(test, START_LEN, 0xee);

	KUNIT_EXPECT_EQ(test, encode(room, HV_IC_FCOPY_START, start, sizeof(*start)), START_LEN);
	expect_bytes(test, "start", to_span(room), (struct hvic_span)SPAN(vec_legacy_fcopy_start));
}

static void encode_start_truncated(struct kunit *test)
{
	struct hv_ic_fcopy_start *start = new_start(test);
	struct hvic_room room = exact_room(test, START_LEN, 0xee);
	struct hvic_span payload;
	size_t n;

	for (n = 0; n < sizeof(*start); n = next_cut(n, sizeof(*start))) {
		payload = exact_span(test, start, n);
		KUNIT_ASSERT_EQ_MSG(test, encode(room, HV_IC_FCOPY_START, payload.data, n),
				    -EINVAL, "at %zu", n);
		kunit_kfree(test, payload.data);
	}
	for (n = 0; n < START_LEN; n = next_cut(n, START_LEN)) {
		room = exact_room(test, n, 0xee);
		KUNIT_ASSERT_EQ_MSG(test, encode(room, HV_IC_FCOPY_START, start, sizeof(*start)),
				    -EMSGSIZE, "into %zu", n);
		kunit_kfree(test, room.data);
	}
}

/* A name that does not fit with its NUL would name another file. */
static const struct name_row {
	const char *desc;
	size_t name;			/* characters */
	size_t path;
	int ret;
} name_rows[] = {
	{ "longest", NAME_SIZE - 1, NAME_SIZE - 1, START_LEN },
	{ "name too long", NAME_SIZE, 1, -EINVAL },
	{ "path too long", 1, NAME_SIZE, -EINVAL },
	{ "no NUL", HV_IC_FCOPY_NAME_SIZE, HV_IC_FCOPY_NAME_SIZE, -EINVAL },
};

ROWS(name);

static void encode_start_names(struct kunit *test)
{
	const struct name_row *row = test->param_value;
	struct hv_ic_fcopy_start *start = new_start(test);
	struct hvic_room room = exact_room(test, START_LEN, 0xee);

	memset(start->name, 0, sizeof(start->name));
	memset(start->name, 'n', row->name);
	memset(start->path, 0, sizeof(start->path));
	memset(start->path, 'p', row->path);

	KUNIT_EXPECT_EQ(test, encode(room, HV_IC_FCOPY_START, start, sizeof(*start)), row->ret);
	if (row->ret == START_LEN) {
		KUNIT_EXPECT_STREQ(test, (char *)room.data + 36, start->name);
		KUNIT_EXPECT_STREQ(test, (char *)room.data + 556, start->path);
	}
}

static void encode_write(struct kunit *test)
{
	struct hv_ic_fcopy_write *write = new_write(test);
	struct hvic_room room = exact_room(test, BLOCK_LEN, 0xee);

	KUNIT_EXPECT_EQ(test, encode(room, HV_IC_FCOPY_WRITE, write, 16 + 3), BLOCK_LEN);
	expect_bytes(test, "write", to_span(room), (struct hvic_span)SPAN(vec_legacy_fcopy_write));
}

static void encode_write_truncated(struct kunit *test)
{
	struct hv_ic_fcopy_write *write = new_write(test);
	struct hvic_room room = exact_room(test, BLOCK_LEN, 0xee);
	struct hvic_span payload;
	size_t n;

	for (n = 0; n < 16 + 3; n++) {
		payload = exact_span(test, write, n);
		KUNIT_ASSERT_EQ_MSG(test, encode(room, HV_IC_FCOPY_WRITE, payload.data, n),
				    -EINVAL, "at %zu", n);
	}
	for (n = 0; n < BLOCK_LEN; n = next_cut(n, BLOCK_LEN)) {
		room = exact_room(test, n, 0xee);
		KUNIT_ASSERT_EQ_MSG(test, encode(room, HV_IC_FCOPY_WRITE, write, 16 + 3),
				    -EMSGSIZE, "into %zu", n);
		kunit_kfree(test, room.data);
	}
}

static void encode_write_sizes(struct kunit *test)
{
	struct hv_ic_fcopy_write *write = new_write(test);
	struct hvic_room room = exact_room(test, BLOCK_LEN, 0xee);

	write->size = HV_IC_FCOPY_BLOCK;
	KUNIT_EXPECT_EQ(test, encode(room, HV_IC_FCOPY_WRITE, write, sizeof(*write)), BLOCK_LEN);
	write->size = HV_IC_FCOPY_BLOCK + 1;
	KUNIT_EXPECT_EQ(test, encode(room, HV_IC_FCOPY_WRITE, write, sizeof(*write)), -EINVAL);
	write->size = U32_MAX;
	KUNIT_EXPECT_EQ(test, encode(room, HV_IC_FCOPY_WRITE, write, sizeof(*write)), -EINVAL);
}

static void encode_header(struct kunit *test)
{
	struct hvic_room room = exact_room(test, HEADER_LEN, 0xee);
	size_t n;
	u32 op;

	KUNIT_EXPECT_EQ(test, encode(room, HV_IC_FCOPY_COMPLETE, NULL, 0), HEADER_LEN);
	expect_bytes(test, "complete", to_span(room),
		     (struct hvic_span)SPAN(vec_legacy_fcopy_complete));
	KUNIT_EXPECT_EQ(test, encode(room, HV_IC_FCOPY_CANCEL, NULL, 0), HEADER_LEN);
	KUNIT_EXPECT_EQ(test, room.data[0], 3);
	for (op = HV_IC_FCOPY_CANCEL + 1; op <= U16_MAX; op++)
		KUNIT_ASSERT_EQ_MSG(test, encode(room, op, NULL, 0), -EOPNOTSUPP, "op %u", op);
	for (n = 0; n < HEADER_LEN; n++)
		KUNIT_EXPECT_EQ_MSG(test, encode(exact_room(test, n, 0xee), HV_IC_FCOPY_COMPLETE,
						 NULL, 0), -EMSGSIZE, "into %zu", n);
}

static void decode(struct kunit *test)
{
	struct hvic_legacy_answer *answer = kunit_kzalloc(test, sizeof(*answer), GFP_KERNEL);
	const struct hvic_span full = SPAN(vec_legacy_fcopy_full);
	u8 ok[NUMBER_LEN] = {};

	KUNIT_ASSERT_NOT_NULL(test, answer);
	answer->status = 99;
	KUNIT_EXPECT_EQ(test, hvic_legacy_fcopy.decode((struct hvic_span)SPAN(ok), answer), 0);
	KUNIT_EXPECT_EQ(test, answer->status, 0);
	KUNIT_EXPECT_EQ(test, hvic_legacy_fcopy.decode(full, answer), 0);
	KUNIT_EXPECT_EQ(test, answer->status, -ENOSPC);
}

static struct kunit_case legacy_fcopy_cases[] = {
	KUNIT_CASE_PARAM(greet, greet_gen_params),
	KUNIT_CASE(wrong_length),
	KUNIT_CASE(consent),
	KUNIT_CASE(encode_start),
	KUNIT_CASE(encode_start_truncated),
	KUNIT_CASE_PARAM(encode_start_names, name_gen_params),
	KUNIT_CASE(encode_write),
	KUNIT_CASE(encode_write_truncated),
	KUNIT_CASE(encode_write_sizes),
	KUNIT_CASE(encode_header),
	KUNIT_CASE(decode),
	{}
};

static struct kunit_suite legacy_fcopy_suite = {
	.name = "hv_ic_legacy_fcopy",
	.test_cases = legacy_fcopy_cases,
};

kunit_test_suite(legacy_fcopy_suite);
