// SPDX-License-Identifier: GPL-2.0
/* What hv_vss_daemon reads and writes. */
#include "helpers.h"

#include "proto/legacy_vss.h"

#include <linux/errno.h>
#include <linux/limits.h>

#include "vectors/legacy.h"

#define MESSAGE	12

static void greet(struct kunit *test)
{
	unsigned int op;

	for (op = 0; op <= 0xff; op++) {
		u8 bytes[MESSAGE] = { op };
		int want = op == 129 ? 1 : op == 128 ? 0 : -EINVAL;
		u32 version = 99;
		int ret;

		ret = hvic_legacy_vss.greet((struct hvic_span)SPAN(bytes), &version);

		KUNIT_EXPECT_EQ_MSG(test, ret, want, "op %u", op);
		KUNIT_EXPECT_EQ_MSG(test, version, want < 0 ? 99 : op, "op %u", op);
	}
}

/* A greeting and an answer are neither shorter nor longer than one message. */
static void wrong_length(struct kunit *test)
{
	struct hvic_legacy_answer *answer = kunit_kzalloc(test, sizeof(*answer), GFP_KERNEL);
	u8 bytes[MESSAGE + 1] = { 129 };
	size_t n;

	KUNIT_ASSERT_NOT_NULL(test, answer);
	for (n = 0; n <= sizeof(bytes); n++) {
		struct hvic_span msg = exact_span(test, bytes, n);
		u32 version = 99;

		if (n == MESSAGE)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, hvic_legacy_vss.greet(msg, &version), -EINVAL,
				    "greeting of %zu", n);
		KUNIT_EXPECT_EQ_MSG(test, version, 99, "greeting of %zu", n);
		KUNIT_EXPECT_EQ_MSG(test, hvic_legacy_vss.decode(msg, answer), -EINVAL,
				    "answer of %zu", n);
	}
}

static void consent(struct kunit *test)
{
	static const u8 want[] = { 129, 0, 0, 0 };
	struct hvic_room room = exact_room(test, sizeof(want), 0xee);
	size_t n;

	KUNIT_EXPECT_EQ(test, hvic_legacy_vss.consent(room, 129), sizeof(want));
	expect_bytes(test, "consent", to_span(room), (struct hvic_span)SPAN(want));
	for (n = 0; n < sizeof(want); n++)
		KUNIT_EXPECT_EQ_MSG(test, hvic_legacy_vss.consent(exact_room(test, n, 0xee), 129),
				    -EMSGSIZE, "into %zu", n);
}

static void encode(struct kunit *test)
{
	struct hvic_legacy_record record = { .op = HV_IC_VSS_FREEZE };
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);
	size_t n;

	KUNIT_EXPECT_EQ(test, hvic_legacy_vss.encode(room, &record), MESSAGE);
	expect_bytes(test, "freeze", to_span(room), (struct hvic_span)SPAN(vec_legacy_vss_freeze));
	for (n = 0; n < MESSAGE; n++) {
		room = exact_room(test, n, 0xee);
		KUNIT_EXPECT_EQ_MSG(test, hvic_legacy_vss.encode(room, &record), -EMSGSIZE,
				    "into %zu", n);
	}
}

/* The daemon is never asked what it does not know. */
static void encode_op(struct kunit *test)
{
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);
	struct hvic_legacy_record record = {};
	u32 op;

	for (op = 0; op <= U16_MAX; op++) {
		bool known = op == HV_IC_VSS_HOT_BACKUP || op == HV_IC_VSS_FREEZE ||
			     op == HV_IC_VSS_THAW;

		record.op = op;
		KUNIT_ASSERT_EQ_MSG(test, hvic_legacy_vss.encode(room, &record),
				    known ? MESSAGE : -EOPNOTSUPP, "op %u", op);
		if (known)
			KUNIT_EXPECT_EQ(test, room.data[0], op);
	}
}

static void decode(struct kunit *test)
{
	struct hvic_legacy_answer *answer = kunit_kzalloc(test, sizeof(*answer), GFP_KERNEL);
	const struct hvic_span failed = SPAN(vec_legacy_vss_failed);
	u8 ok[MESSAGE] = {};

	KUNIT_ASSERT_NOT_NULL(test, answer);
	answer->status = 99;
	KUNIT_EXPECT_EQ(test, hvic_legacy_vss.decode((struct hvic_span)SPAN(ok), answer), 0);
	KUNIT_EXPECT_EQ(test, answer->status, 0);
	KUNIT_EXPECT_EQ(test, hvic_legacy_vss.decode(failed, answer), 0);
	KUNIT_EXPECT_EQ(test, answer->status, -EIO);
}

static struct kunit_case legacy_vss_cases[] = {
	KUNIT_CASE(greet),
	KUNIT_CASE(wrong_length),
	KUNIT_CASE(consent),
	KUNIT_CASE(encode),
	KUNIT_CASE(encode_op),
	KUNIT_CASE(decode),
	{}
};

static struct kunit_suite legacy_vss_suite = {
	.name = "hv_ic_legacy_vss",
	.test_cases = legacy_vss_cases,
};

kunit_test_suite(legacy_vss_suite);
