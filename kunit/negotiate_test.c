// SPDX-License-Identifier: GPL-2.0
/* NEGOTIATE: the two lists, the choice, and the answer. */
#include "helpers.h"

#include "proto/negotiate.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "vectors/negotiate.h"

#define HEADERS		28		/* bytes of pipe header and IC header */
#define COUNTS		8		/* bytes of the body before the versions */

static const struct hvic_version framework[] = { { 3, 0 }, { 1, 0 } };
static const struct hvic_version heartbeat[] = { { 3, 1 }, { 3, 0 }, { 1, 0 } };
static const struct hvic_version shutdown[] = { { 3, 2 }, { 3, 1 }, { 3, 0 }, { 1, 0 } };
static const struct hvic_version timesync[] = { { 4, 0 }, { 3, 0 }, { 1, 0 } };

static const struct conversation_row {
	const char *desc;
	struct hvic_span request;
	struct hvic_span reply;		/* none: no version in common */
	const struct hvic_version *ours;
	size_t n_ours;
} conversation_rows[] = {
	{ "heartbeat", SPAN(vec_nego_heartbeat), SPAN(vec_nego_heartbeat_reply),
	  heartbeat, ARRAY_SIZE(heartbeat) },
	{ "shutdown", SPAN(vec_nego_shutdown), SPAN(vec_nego_shutdown_reply),
	  shutdown, ARRAY_SIZE(shutdown) },
	{ "timesync", SPAN(vec_nego_timesync), SPAN(vec_nego_timesync_reply),
	  timesync, ARRAY_SIZE(timesync) },
	{ "none in common", SPAN(vec_nego_future), {},
	  timesync, ARRAY_SIZE(timesync) },
};

ROWS(conversation);

/* From the request's bytes to the answer's. */
static void conversation(struct kunit *test)
{
	const struct conversation_row *row = test->param_value;
	struct hvic_room reply = exact_room(test, row->request.len, 0xee);
	struct hvic_nego_offer offer;
	struct hvic_versions chosen;
	struct hvic_room body;
	struct hvic_msg msg;
	bool common;
	size_t len;

	KUNIT_ASSERT_EQ(test, hvic_msg_parse(row->request, &msg), 0);
	KUNIT_ASSERT_EQ(test, hvic_nego_parse(msg.body, &offer), 0);
	common = hvic_nego_select(offer.framework, framework, ARRAY_SIZE(framework),
				  &chosen.framework) &&
		 hvic_nego_select(offer.message, row->ours, row->n_ours, &chosen.message);
	KUNIT_ASSERT_EQ(test, common, row->reply.len > 0);
	if (!common)
		return;
	body = hvic_msg_begin_reply(reply, &msg);
	len = hvic_nego_encode(body, &chosen);
	hvic_msg_end_reply(reply, len, 0);

	expect_bytes(test, "reply", to_span(reply), row->reply);
}

static void parse_truncated(struct kunit *test)
{
	const struct conversation_row *row = test->param_value;
	struct hvic_span whole = hvic_span_cut(row->request, HEADERS, SIZE_MAX);
	size_t n;

	for (n = 0; n < whole.len; n++) {
		struct hvic_span body = exact_span(test, whole.data, n);
		struct hvic_nego_offer offer;

		int ret = hvic_nego_parse(body, &offer);

		KUNIT_ASSERT_EQ_MSG(test, ret, -EBADMSG, "at %zu", n);
		KUNIT_ASSERT_EQ_MSG(test, offer.framework.len, 0, "at %zu", n);
		KUNIT_ASSERT_EQ_MSG(test, offer.message.len, 0, "at %zu", n);
		kunit_kfree(test, body.data);
	}
}

static const struct count_row {
	const char *desc;
	u16 n_framework;
	u16 n_message;
	size_t present;			/* versions in the body */
	int ret;
} count_rows[] = {
	{ "none at all", 0, 0, 0, 0 },
	{ "none, with bytes behind", 0, 0, 2, 0 },
	{ "no framework version", 0, 1, 1, 0 },
	{ "no message version", 1, 0, 1, 0 },
	{ "one of each", 1, 1, 2, 0 },
	{ "one of each, one missing", 1, 1, 1, -EBADMSG },
	{ "one of each, both missing", 1, 1, 0, -EBADMSG },
	{ "one of each, with bytes behind", 1, 1, 3, 0 },
	{ "99", 99, 99, 198, 0 },
	{ "99, one missing", 99, 99, 197, -EBADMSG },
	{ "100", 100, 100, 200, 0 },
	{ "100, one missing", 100, 100, 199, -EBADMSG },
	{ "101", 101, 101, 202, 0 },
	{ "101, one missing", 101, 101, 201, -EBADMSG },
	{ "as many as a message holds", 1660, 1661, 3321, 0 },
	{ "one more than a message holds", 1661, 1661, 3321, -EBADMSG },
	{ "largest counts, one version", U16_MAX, U16_MAX, 1, -EBADMSG },
	{ "largest framework count", U16_MAX, 0, U16_MAX, 0 },
	{ "largest message count", 0, U16_MAX, U16_MAX, 0 },
	{ "largest counts", U16_MAX, U16_MAX, 2 * U16_MAX, 0 },
	{ "largest counts, one missing", U16_MAX, U16_MAX, 2 * U16_MAX - 1, -EBADMSG },
	{ "counts whose sum wraps in 16 bits", 0x8000, 0x8000, 2, -EBADMSG },
};

ROWS(count);

static void parse_counts(struct kunit *test)
{
	const struct count_row *row = test->param_value;
	struct hvic_room room = exact_room(test, COUNTS + 4 * row->present, 0);
	struct hvic_nego_offer offer;
	int ret;

	poke16(room.data, row->n_framework);
	poke16(room.data + 2, row->n_message);

	ret = hvic_nego_parse(to_span(room), &offer);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	KUNIT_EXPECT_EQ(test, offer.framework.len, ret ? 0 : 4 * row->n_framework);
	KUNIT_EXPECT_EQ(test, offer.message.len, ret ? 0 : 4 * row->n_message);
	if (!ret && row->n_framework)
		KUNIT_EXPECT_PTR_EQ(test, offer.framework.data,
				    (const u8 *)room.data + COUNTS);
	if (!ret && row->n_message)
		KUNIT_EXPECT_PTR_EQ(test, offer.message.data,
				    (const u8 *)room.data + COUNTS + 4 * row->n_framework);
}

/* Later hosts may set reserved bits. */
static void parse_ignores_reserved(struct kunit *test)
{
	static const u8 body[] = {
		0x01, 0x00, 0x01, 0x00, 0xff, 0xff, 0xff, 0xff,
		0x03, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00,
	};
	struct hvic_nego_offer offer;

	KUNIT_EXPECT_EQ(test, hvic_nego_parse((struct hvic_span)SPAN(body), &offer), 0);
}

static const u8 offer_ascending[] = {
	0x01, 0x00, 0x00, 0x00,	0x03, 0x00, 0x00, 0x00,
	0x03, 0x00, 0x01, 0x00,	0x03, 0x00, 0x02, 0x00,
};

static const u8 offer_descending[] = {
	0x03, 0x00, 0x02, 0x00,	0x03, 0x00, 0x01, 0x00,
	0x03, 0x00, 0x00, 0x00,	0x01, 0x00, 0x00, 0x00,
};

static const u8 offer_scattered[] = {
	0x09, 0x00, 0x09, 0x00,	0x03, 0x00, 0x01, 0x00,	0x00, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x00, 0x00,	0x03, 0x00, 0x01, 0x00,
};

static const u8 offer_oldest[] = { 0x01, 0x00, 0x00, 0x00 };
static const u8 offer_swapped[] = { 0x00, 0x00, 0x01, 0x00, 0x02, 0x00, 0x03, 0x00 };
static const u8 offer_shifted[] = { 0x09, 0x00, 0x03, 0x00, 0x02, 0x00, 0x09, 0x00 };
static const u8 offer_high_bytes[] = { 0x03, 0x01, 0x00, 0x00, 0x03, 0x00, 0x02, 0x01 };
static const u8 offer_minor_only[] = { 0x02, 0x00, 0x02, 0x00 };
static const u8 offer_none[] = { 0x00, 0x00, 0x00, 0x00 };
static const u8 offer_cut[] = { 0x09, 0x00, 0x00, 0x00, 0x03, 0x00, 0x02 };

static const struct select_row {
	const char *desc;
	struct hvic_span offered;
	bool found;
	struct hvic_version want;
} select_rows[] = {
	{ "ascending", SPAN(offer_ascending), true, { 3, 2 } },
	{ "descending", SPAN(offer_descending), true, { 3, 2 } },
	{ "scattered, with strange and double ones", SPAN(offer_scattered), true, { 3, 1 } },
	{ "only the oldest", SPAN(offer_oldest), true, { 1, 0 } },
	{ "major and minor swapped", SPAN(offer_swapped), false, {} },
	{ "halves of two", SPAN(offer_shifted), false, {} },
	{ "equal but for the high bytes", SPAN(offer_high_bytes), false, {} },
	{ "equal but for the major number", SPAN(offer_minor_only), false, {} },
	{ "0.0", SPAN(offer_none), false, {} },
	{ "half a version at the end", SPAN(offer_cut), false, {} },
	{ "empty", { offer_oldest, 0 }, false, {} },
};

ROWS(select);

static void select_version(struct kunit *test)
{
	const struct select_row *row = test->param_value;
	struct hvic_span offered = exact_span(test, row->offered.data, row->offered.len);
	struct hvic_version chosen = { 77, 88 };

	bool found = hvic_nego_select(offered, shutdown, ARRAY_SIZE(shutdown), &chosen);

	KUNIT_EXPECT_EQ(test, found, row->found);
	KUNIT_EXPECT_EQ(test, chosen.major, row->found ? row->want.major : 77);
	KUNIT_EXPECT_EQ(test, chosen.minor, row->found ? row->want.minor : 88);
}

static void list_versions(struct kunit *test)
{
	struct hvic_span offered = exact_span(test, offer_ascending, sizeof(offer_ascending));
	size_t room;

	for (room = 0; room <= 5; room++) {
		struct hvic_version list[5] = {};
		size_t n = hvic_nego_list(offered, list, room);

		KUNIT_EXPECT_EQ(test, n, room < 4 ? room : 4);
		KUNIT_EXPECT_EQ(test, list[0].major, room > 0 ? 1 : 0);
		KUNIT_EXPECT_EQ(test, list[3].major, room > 3 ? 3 : 0);
		KUNIT_EXPECT_EQ(test, list[3].minor, room > 3 ? 2 : 0);
		KUNIT_EXPECT_EQ(test, list[4].major, 0);
	}
}

static void list_truncated(struct kunit *test)
{
	size_t n;

	for (n = 0; n <= sizeof(offer_ascending); n++) {
		struct hvic_span offered = exact_span(test, offer_ascending, n);
		struct hvic_version list[4];

		KUNIT_EXPECT_EQ_MSG(test, hvic_nego_list(offered, list, 4), n / 4, "at %zu", n);
	}
}

/* Each version of the guest is chosen if it is the only one offered. */
static void select_single(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shutdown); i++) {
		u8 wire[4];
		struct hvic_span offered = SPAN(wire);
		struct hvic_version chosen = {};

		poke16(wire, shutdown[i].major);
		poke16(wire + 2, shutdown[i].minor);
		KUNIT_EXPECT_TRUE(test, hvic_nego_select(offered, shutdown, ARRAY_SIZE(shutdown),
							 &chosen));
		KUNIT_EXPECT_EQ(test, chosen.major, shutdown[i].major);
		KUNIT_EXPECT_EQ(test, chosen.minor, shutdown[i].minor);
	}
}

/* The order of the guest's list decides, not the numbers. */
static void select_prefers_first(struct kunit *test)
{
	static const struct hvic_version ours[] = { { 3, 0 }, { 3, 2 } };
	struct hvic_version chosen = {};

	KUNIT_EXPECT_TRUE(test, hvic_nego_select((struct hvic_span)SPAN(offer_ascending),
						 ours, 2, &chosen));
	KUNIT_EXPECT_EQ(test, chosen.major, 3);
	KUNIT_EXPECT_EQ(test, chosen.minor, 0);
	KUNIT_EXPECT_FALSE(test, hvic_nego_select((struct hvic_span)SPAN(offer_ascending),
						  ours, 0, &chosen));
}

static void encode_chosen(struct kunit *test)
{
	static const u8 want[] = {
		0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x02, 0x01, 0x04, 0x03, 0x06, 0x05, 0x08, 0x07,
		0x00, 0x00, 0x00, 0x00,
	};
	const struct hvic_versions chosen = { { 0x0102, 0x0304 }, { 0x0506, 0x0708 } };
	struct hvic_room body = exact_room(test, sizeof(want), 0);

	size_t len = hvic_nego_encode(body, &chosen);

	KUNIT_EXPECT_EQ(test, len, 16);
	expect_bytes(test, "body", to_span(body), (struct hvic_span)SPAN(want));
}

/* A body that is too short for an answer stays zero, which is a refusal. */
static void encode_short(struct kunit *test)
{
	const struct hvic_versions chosen = { { 3, 0 }, { 3, 2 } };
	size_t n;

	for (n = 0; n <= 16; n++) {
		struct hvic_room body = exact_room(test, n, 0);
		size_t len = hvic_nego_encode(body, &chosen);

		KUNIT_EXPECT_EQ_MSG(test, len, n < 16 ? 0 : 16, "at %zu", n);
		if (!len)
			expect_fill(test, "body", to_span(body), 0);
	}
}

static struct kunit_case negotiate_cases[] = {
	KUNIT_CASE_PARAM(conversation, conversation_gen_params),
	KUNIT_CASE_PARAM(parse_truncated, conversation_gen_params),
	KUNIT_CASE_PARAM(parse_counts, count_gen_params),
	KUNIT_CASE(parse_ignores_reserved),
	KUNIT_CASE_PARAM(select_version, select_gen_params),
	KUNIT_CASE(list_versions),
	KUNIT_CASE(list_truncated),
	KUNIT_CASE(select_single),
	KUNIT_CASE(select_prefers_first),
	KUNIT_CASE(encode_chosen),
	KUNIT_CASE(encode_short),
	{}
};

static struct kunit_suite negotiate_suite = {
	.name = "hv_ic_negotiate",
	.test_cases = negotiate_cases,
};

kunit_test_suite(negotiate_suite);
