// SPDX-License-Identifier: GPL-2.0
/* Heartbeats. */
#include "helpers.h"

#include "proto/heartbeat.h"

#include <linux/errno.h>
#include <linux/limits.h>

static void parse_seq(struct kunit *test)
{
	static const u8 body[] = {
		0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	};
	u64 seq;

	KUNIT_EXPECT_EQ(test, hvic_heartbeat_parse((struct hvic_span)SPAN(body), &seq), 0);
	KUNIT_EXPECT_EQ(test, seq, 0x0102030405060708);
}

static void parse_extremes(struct kunit *test)
{
	static const u64 numbers[] = { 0, 1, U32_MAX, U32_MAX + 1ULL, U64_MAX - 1, U64_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct hvic_room room = exact_room(test, 8, 0);
		u64 seq;

		poke64(room.data, numbers[i]);
		KUNIT_EXPECT_EQ(test, hvic_heartbeat_parse(to_span(room), &seq), 0);
		KUNIT_EXPECT_EQ(test, seq, numbers[i]);
	}
}

/* Only the number is needed; hosts send 16 or 40 bytes. */
static void parse_truncated(struct kunit *test)
{
	static const u8 bytes[40] = { 0x2a };
	size_t n;

	for (n = 0; n <= sizeof(bytes); n++) {
		struct hvic_span body = exact_span(test, bytes, n);
		u64 seq = 99;

		int ret = hvic_heartbeat_parse(body, &seq);

		KUNIT_EXPECT_EQ_MSG(test, ret, n < 8 ? -EBADMSG : 0, "at %zu", n);
		KUNIT_EXPECT_EQ_MSG(test, seq, n < 8 ? 0 : 42, "at %zu", n);
	}
}

static const struct encode_row {
	const char *desc;
	size_t len;
	struct hvic_version version;
	enum hvic_wire_app_state state;
	u8 want;			/* state on the wire */
} encode_rows[] = {
	{ "1.0 knows no state", 40, { 1, 0 }, HVIC_WIRE_APP_CRITICAL, 0 },
	{ "1.1 knows no state", 40, { 1, 1 }, HVIC_WIRE_APP_CRITICAL, 0 },
	{ "2.9 knows no state", 40, { 2, 9 }, HVIC_WIRE_APP_CRITICAL, 0 },
	{ "3.0, unknown", 40, { 3, 0 }, HVIC_WIRE_APP_UNKNOWN, 0 },
	{ "3.0, healthy", 40, { 3, 0 }, HVIC_WIRE_APP_HEALTHY, 1 },
	{ "3.0, critical", 40, { 3, 0 }, HVIC_WIRE_APP_CRITICAL, 2 },
	{ "3.0, stopped", 40, { 3, 0 }, HVIC_WIRE_APP_STOPPED, 3 },
	{ "3.1, healthy", 40, { 3, 1 }, HVIC_WIRE_APP_HEALTHY, 1 },
	{ "4.0, healthy", 40, { 4, 0 }, HVIC_WIRE_APP_HEALTHY, 1 },
	{ "16 bytes", 16, { 3, 0 }, HVIC_WIRE_APP_HEALTHY, 1 },
	{ "just enough", 12, { 3, 0 }, HVIC_WIRE_APP_HEALTHY, 1 },
	{ "a byte too short for a state", 11, { 3, 0 }, HVIC_WIRE_APP_HEALTHY, 0 },
	{ "number only", 8, { 3, 0 }, HVIC_WIRE_APP_HEALTHY, 0 },
};

ROWS(encode);

static void encode(struct kunit *test)
{
	const struct encode_row *row = test->param_value;
	u8 want[40] = { 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01, row->want };
	struct hvic_room body = exact_room(test, row->len, 0);

	size_t len = hvic_heartbeat_encode(body, row->version, 0x0123456789abcdef, row->state);

	KUNIT_EXPECT_EQ(test, len, row->len);
	expect_bytes(test, "body", to_span(body), (struct hvic_span){ want, row->len });
}

static struct kunit_case heartbeat_cases[] = {
	KUNIT_CASE(parse_seq),
	KUNIT_CASE(parse_extremes),
	KUNIT_CASE(parse_truncated),
	KUNIT_CASE_PARAM(encode, encode_gen_params),
	{}
};

static struct kunit_suite heartbeat_suite = {
	.name = "hv_ic_heartbeat",
	.test_cases = heartbeat_cases,
};

kunit_test_suite(heartbeat_suite);
