// SPDX-License-Identifier: GPL-2.0
/* The envelope of a message, and how a request becomes an answer. */
#include "helpers.h"

#include "proto/heartbeat.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "vectors/heartbeat.h"
#include "vectors/negotiate.h"
#include "vectors/shutdown.h"
#include "vectors/timesync.h"

#define HEADERS	28			/* bytes of pipe header and IC header */

/* Where fields lie in a packet. */
#define POS_PIPE_TYPE	0
#define POS_PIPE_SIZE	4
#define POS_IC_SIZE	18
#define POS_STATUS	20
#define POS_TRANSACTION	24
#define POS_FLAGS	25

static const struct valid_row {
	const char *desc;
	struct hvic_span packet;
	u16 type;
	struct hvic_version framework;
	struct hvic_version message;
	size_t body;
} valid_rows[] = {
	{ "negotiate, heartbeat", SPAN(vec_nego_heartbeat), 0, { 0, 0 }, { 0, 0 }, 24 },
	{ "negotiate, shutdown", SPAN(vec_nego_shutdown), 0, { 0, 0 }, { 0, 0 }, 32 },
	{ "negotiate, timesync", SPAN(vec_nego_timesync), 0, { 0, 0 }, { 0, 0 }, 28 },
	{ "heartbeat", SPAN(vec_heartbeat), 1, { 3, 0 }, { 3, 0 }, 40 },
	{ "short heartbeat", SPAN(vec_heartbeat_short), 1, { 3, 0 }, { 3, 1 }, 16 },
	{ "shutdown", SPAN(vec_shutdown_poweroff), 3, { 3, 0 }, { 3, 2 }, 2060 },
	{ "timesync 4.0", SPAN(vec_timesync_v4), 4, { 3, 0 }, { 4, 0 }, 24 },
	{ "timesync 3.0", SPAN(vec_timesync_v3), 4, { 3, 0 }, { 3, 0 }, 28 },
};

ROWS(valid);

static void parse_valid(struct kunit *test)
{
	const struct valid_row *row = test->param_value;
	struct hvic_span packet = exact_span(test, row->packet.data, row->packet.len);
	struct hvic_msg msg;

	int ret = hvic_msg_parse(packet, &msg);

	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, msg.type, row->type);
	KUNIT_EXPECT_EQ(test, msg.framework.major, row->framework.major);
	KUNIT_EXPECT_EQ(test, msg.framework.minor, row->framework.minor);
	KUNIT_EXPECT_EQ(test, msg.message.major, row->message.major);
	KUNIT_EXPECT_EQ(test, msg.message.minor, row->message.minor);
	KUNIT_EXPECT_EQ(test, msg.transaction, 0);
	KUNIT_EXPECT_EQ(test, msg.flags, 3);
	KUNIT_EXPECT_EQ(test, msg.len, row->packet.len);
	KUNIT_EXPECT_PTR_EQ(test, msg.body.data, packet.data + HEADERS);
	KUNIT_EXPECT_EQ(test, msg.body.len, row->body);
}

/* A message shorter than the headers is not understood. If only the body is cut, it is answered. */
static void parse_truncated(struct kunit *test)
{
	const struct valid_row *row = test->param_value;
	size_t n;

	for (n = 0; n < row->packet.len; n = next_cut(n, row->packet.len)) {
		struct hvic_span packet = exact_span(test, row->packet.data, n);
		struct hvic_msg msg;

		int ret = hvic_msg_parse(packet, &msg);

		KUNIT_ASSERT_EQ_MSG(test, ret, n < HEADERS ? -EBADMSG : -EMSGSIZE, "at %zu", n);
		KUNIT_ASSERT_EQ_MSG(test, msg.len, n < HEADERS ? 0 : n, "at %zu", n);
		KUNIT_ASSERT_EQ_MSG(test, msg.flags, n < HEADERS ? 0 : 3, "at %zu", n);
		KUNIT_ASSERT_EQ_MSG(test, msg.type, n < HEADERS ? 0 : row->type, "at %zu", n);
		KUNIT_ASSERT_EQ_MSG(test, msg.body.len, 0, "at %zu", n);
		kunit_kfree(test, packet.data);
	}
}

/* A packet is a multiple of 8 bytes, a message is not. */
static void parse_padded(struct kunit *test)
{
	const struct valid_row *row = test->param_value;
	struct hvic_room room = exact_room(test, row->packet.len + 7, 0xff);
	struct hvic_msg msg;
	int ret;

	memcpy(room.data, row->packet.data, row->packet.len);

	ret = hvic_msg_parse(to_span(room), &msg);

	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, msg.len, row->packet.len);
	KUNIT_EXPECT_EQ(test, msg.body.len, row->body);
}

static const struct size_row {
	const char *desc;
	size_t packet;			/* bytes in the packet */
	u32 pipe;			/* bytes after the pipe header, as it says */
	u16 body;			/* bytes of the body, as the IC header says */
	int ret;
	size_t len;			/* of the answer */
	size_t body_len;		/* that the service sees */
} size_rows[] = {
	{ "headers alone", 28, 20, 0, 0, 28, 0 },
	{ "one byte of body", 29, 21, 1, 0, 29, 1 },
	{ "all agree", 68, 60, 40, 0, 68, 40 },
	{ "body shorter than the message", 68, 60, 39, 0, 68, 39 },
	{ "no body in a longer message", 68, 60, 0, 0, 68, 0 },
	{ "body longer than the message", 68, 60, 41, -EMSGSIZE, 68, 0 },
	{ "body longer than the message, in padding", 72, 60, 41, -EMSGSIZE, 72, 0 },
	{ "body of the largest size", 68, 60, U16_MAX, -EMSGSIZE, 68, 0 },
	{ "message shorter than the packet", 68, 59, 39, 0, 67, 39 },
	{ "message without a body in a longer packet", 68, 20, 0, 0, 28, 0 },
	{ "message without a body that has one", 68, 20, 1, -EMSGSIZE, 68, 0 },
	{ "message shorter than its header", 68, 19, 0, -EMSGSIZE, 68, 0 },
	{ "message shorter than its header, with a body", 68, 19, U16_MAX, -EMSGSIZE, 68, 0 },
	{ "message of no size", 68, 0, 0, -EMSGSIZE, 68, 0 },
	{ "message longer than the packet", 68, 61, 40, -EMSGSIZE, 68, 0 },
	{ "message of the largest size", 68, U32_MAX, 40, -EMSGSIZE, 68, 0 },
	{ "message that wraps with its header", 68, U32_MAX - 7, 40, -EMSGSIZE, 68, 0 },
	{ "message that wraps as a signed number", 68, 0x80000000, 40, -EMSGSIZE, 68, 0 },
	{ "longest legal message", 13320, 13312, 13292, 0, 13320, 13292 },
	{ "one byte too long", 13321, 13313, 13293, -EMSGSIZE, 28, 0 },
	{ "legal message in a packet that is too long", 13321, 60, 40, -EMSGSIZE, 28, 0 },
	{ "all of 16 bits of body", 65563, 65555, U16_MAX, -EMSGSIZE, 28, 0 },
};

ROWS(size);

static void parse_sizes(struct kunit *test)
{
	const struct size_row *row = test->param_value;
	struct hvic_room room = exact_room(test, row->packet, 0);
	struct hvic_msg msg;
	int ret;

	memcpy(room.data, vec_heartbeat, HEADERS);
	poke32(room.data + POS_PIPE_SIZE, row->pipe);
	poke16(room.data + POS_IC_SIZE, row->body);

	ret = hvic_msg_parse(to_span(room), &msg);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	KUNIT_EXPECT_EQ(test, msg.len, row->len);
	KUNIT_EXPECT_EQ(test, msg.body.len, row->body_len);
	KUNIT_EXPECT_EQ(test, msg.type, 1);
	KUNIT_EXPECT_EQ(test, msg.flags, 3);
	KUNIT_EXPECT_EQ(test, msg.framework.major, 3);
}

static const struct pipe_row {
	const char *desc;
	u32 type;
	int ret;
} pipe_rows[] = {
	{ "none", 0, -EPROTO },
	{ "data", 1, 0 },
	{ "partial", 2, -EPROTO },
	{ "set up direct", 3, -EPROTO },
	{ "tear down direct", 4, -EPROTO },
	{ "data in the low half", 0x00010001, -EPROTO },
	{ "largest", U32_MAX, -EPROTO },
};

ROWS(pipe);

static void parse_pipe_type(struct kunit *test)
{
	const struct pipe_row *row = test->param_value;
	u8 bytes[sizeof(vec_heartbeat)];
	struct hvic_msg msg;
	int ret;

	memcpy(bytes, vec_heartbeat, sizeof(bytes));
	poke32(bytes + POS_PIPE_TYPE, row->type);

	ret = hvic_msg_parse((struct hvic_span)SPAN(bytes), &msg);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	KUNIT_EXPECT_EQ(test, msg.len, sizeof(bytes));
	KUNIT_EXPECT_EQ(test, msg.body.len, ret ? 0 : 40);
	KUNIT_EXPECT_EQ(test, msg.type, 1);
}

static void parse_every_field(struct kunit *test)
{
	static const u8 bytes[HEADERS] = {
		0x01, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00,
		0x34, 0x12,		/* framework, major */
		0x78, 0x56,		/* framework, minor */
		0xbc, 0x9a,		/* type */
		0xf0, 0xde,		/* message, major */
		0x0d, 0xf0,		/* message, minor */
		0x00, 0x00,
		0xff, 0xff, 0xff, 0xff,	/* status, of no meaning here */
		0xa7,			/* transaction */
		0xfb,			/* flags */
		0xff, 0xff,
	};
	struct hvic_msg msg;

	int ret = hvic_msg_parse((struct hvic_span)SPAN(bytes), &msg);

	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, msg.framework.major, 0x1234);
	KUNIT_EXPECT_EQ(test, msg.framework.minor, 0x5678);
	KUNIT_EXPECT_EQ(test, msg.type, 0x9abc);
	KUNIT_EXPECT_EQ(test, msg.message.major, 0xdef0);
	KUNIT_EXPECT_EQ(test, msg.message.minor, 0xf00d);
	KUNIT_EXPECT_EQ(test, msg.transaction, 0xa7);
	KUNIT_EXPECT_EQ(test, msg.flags, 0xfb);
}

static void wants_answer(struct kunit *test)
{
	unsigned int flags;

	for (flags = 0; flags <= 0xff; flags++) {
		struct hvic_msg msg = { .flags = flags };

		/* Bit 0 transaction, bit 1 request, bit 2 response; the rest is unknown. */
		KUNIT_EXPECT_EQ_MSG(test, hvic_msg_wants_answer(&msg), (flags & 7) == 3,
				    "flags %#x", flags);
	}
}

static void reply_echoes(struct kunit *test)
{
	static const u8 want[] = {
		0x01, 0x00, 0x00, 0x00,		/* pipe: data */
		0x18, 0x00, 0x00, 0x00,		/* 24 bytes follow */
		0x34, 0x12, 0x78, 0x56,		/* framework */
		0xbc, 0x9a,			/* type */
		0xf0, 0xde, 0x0d, 0xf0,		/* message */
		0x03, 0x00,			/* 3 of the 4 bytes count */
		0x57, 0x00, 0x07, 0x80,		/* status */
		0xa7,				/* transaction */
		0x05,				/* transaction, response */
		0x00, 0x00,
		0x00, 0x00, 0x00, 0x00,		/* no stale byte */
		0xee, 0xee,			/* not part of the answer */
	};
	const struct hvic_msg msg = {
		.framework = { 0x1234, 0x5678 },
		.message = { 0xdef0, 0xf00d },
		.type = 0x9abc,
		.transaction = 0xa7,
		.flags = 0xff,
		.len = HEADERS + 4,
		.body = { .len = 4 },
	};
	struct hvic_room packet = exact_room(test, HEADERS + 4 + 2, 0xee);
	struct hvic_room body;

	body = hvic_msg_begin_reply(packet, &msg);
	hvic_msg_end_reply(packet, 3, 0x80070057);

	KUNIT_EXPECT_PTR_EQ(test, body.data, packet.data + HEADERS);
	KUNIT_EXPECT_EQ(test, body.len, 4);
	expect_bytes(test, "reply", to_span(packet), (struct hvic_span)SPAN(want));
}

/* Whatever is wrong with a request, its answer has the same length and stays in the buffer. */
static void reply_to_malformed(struct kunit *test)
{
	const struct size_row *row = test->param_value;
	struct hvic_room room = exact_room(test, row->packet, 0xee);
	struct hvic_room reply = exact_room(test, row->len, 0xee);
	struct hvic_room body;
	struct hvic_msg msg;

	memcpy(room.data, vec_heartbeat, HEADERS);
	poke32(room.data + POS_PIPE_SIZE, row->pipe);
	poke16(room.data + POS_IC_SIZE, row->body);

	hvic_msg_parse(to_span(room), &msg);
	body = hvic_msg_begin_reply(reply, &msg);
	hvic_msg_end_reply(reply, 0, hvic_status_from_errno(-EMSGSIZE));

	KUNIT_EXPECT_EQ(test, body.len, row->body_len);
	expect_fill(test, "body", hvic_span_cut(to_span(reply), HEADERS, row->len), 0);
	KUNIT_EXPECT_EQ(test, reply.data[POS_PIPE_SIZE], (row->len - 8) & 0xff);
	KUNIT_EXPECT_EQ(test, reply.data[POS_PIPE_SIZE + 1], (row->len - 8) >> 8);
	KUNIT_EXPECT_EQ(test, reply.data[POS_IC_SIZE], 0);
	KUNIT_EXPECT_EQ(test, reply.data[POS_STATUS], 0x57);
	KUNIT_EXPECT_EQ(test, reply.data[POS_FLAGS], 5);
}

/* The transaction is a mark of the host; today's hosts use 0, but any value must come back. */
static void reply_marks(struct kunit *test)
{
	unsigned int mark;

	for (mark = 0; mark <= 0xff; mark++) {
		u8 bytes[sizeof(vec_heartbeat)], answer[sizeof(vec_heartbeat)];
		struct hvic_room reply = { answer, sizeof(answer) };
		struct hvic_msg msg;

		memcpy(bytes, vec_heartbeat, sizeof(bytes));
		bytes[POS_TRANSACTION] = mark;
		KUNIT_ASSERT_EQ(test, hvic_msg_parse((struct hvic_span)SPAN(bytes), &msg), 0);
		hvic_msg_begin_reply(reply, &msg);
		KUNIT_EXPECT_EQ(test, answer[POS_TRANSACTION], mark);
	}
}

static void answer_heartbeat(struct kunit *test)
{
	struct hvic_room reply = exact_room(test, sizeof(vec_heartbeat), 0xee);
	struct hvic_room body;
	struct hvic_msg msg;
	size_t len;
	u64 seq;

	KUNIT_ASSERT_EQ(test, hvic_msg_parse((struct hvic_span)SPAN(vec_heartbeat), &msg), 0);
	KUNIT_ASSERT_EQ(test, hvic_heartbeat_parse(msg.body, &seq), 0);
	body = hvic_msg_begin_reply(reply, &msg);
	len = hvic_heartbeat_encode(body, msg.message, seq + 1, HVIC_WIRE_APP_HEALTHY);
	hvic_msg_end_reply(reply, len, 0);

	expect_bytes(test, "reply", to_span(reply), (struct hvic_span)SPAN(vec_heartbeat_reply));
}

static const struct status_answer_row {
	const char *desc;
	struct hvic_span request;
	struct hvic_span reply;
} status_answer_rows[] = {
	{ "shutdown", SPAN(vec_shutdown_poweroff), SPAN(vec_shutdown_reply) },
	{ "reboot, with a text that must not come back", SPAN(vec_shutdown_reboot),
	  SPAN(vec_shutdown_reply) },
	{ "timesync", SPAN(vec_timesync_v4), SPAN(vec_timesync_v4_reply) },
};

ROWS(status_answer);

/* Services whose answer is a status alone. */
static void answer_status_alone(struct kunit *test)
{
	const struct status_answer_row *row = test->param_value;
	struct hvic_room reply = exact_room(test, row->reply.len, 0xee);
	struct hvic_room body;
	struct hvic_msg msg;

	KUNIT_ASSERT_EQ(test, hvic_msg_parse(row->request, &msg), 0);
	body = hvic_msg_begin_reply(reply, &msg);
	hvic_msg_end_reply(reply, body.len, 0);

	expect_bytes(test, "reply", to_span(reply), row->reply);
}

static struct kunit_case msg_cases[] = {
	KUNIT_CASE_PARAM(parse_valid, valid_gen_params),
	KUNIT_CASE_PARAM(parse_truncated, valid_gen_params),
	KUNIT_CASE_PARAM(parse_padded, valid_gen_params),
	KUNIT_CASE_PARAM(parse_sizes, size_gen_params),
	KUNIT_CASE_PARAM(parse_pipe_type, pipe_gen_params),
	KUNIT_CASE(parse_every_field),
	KUNIT_CASE(wants_answer),
	KUNIT_CASE(reply_echoes),
	KUNIT_CASE_PARAM(reply_to_malformed, size_gen_params),
	KUNIT_CASE(reply_marks),
	KUNIT_CASE(answer_heartbeat),
	KUNIT_CASE_PARAM(answer_status_alone, status_answer_gen_params),
	{}
};

static struct kunit_suite msg_suite = {
	.name = "hv_ic_msg",
	.test_cases = msg_cases,
};

kunit_test_suite(msg_suite);
