// SPDX-License-Identifier: GPL-2.0
/* A channel and its requests: one answer to each, whatever bytes the host sends. */
#include "fake_service.h"

#include <linux/errno.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "vectors/heartbeat.h"

static void serves(struct kunit *test)
{
	struct fake_channel *f = ready(test);

	KUNIT_EXPECT_EQ(test, f->ch.stats.in, 1);
	host_sends(f, heartbeat, 0x0123456789abcdef);

	expect_answer(f, 2, heartbeat, 0x0123456789abcdef, 0, MARK);
	KUNIT_EXPECT_EQ(test, f->service->handled, 1);
	KUNIT_EXPECT_EQ(test, f->service->answered, 1);
	KUNIT_EXPECT_EQ(test, f->service->answered_at, 2);
	KUNIT_EXPECT_EQ(test, f->ch.stats.in, 2);
	KUNIT_EXPECT_EQ(test, f->ch.stats.out, 2);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 0);
	KUNIT_EXPECT_NE(test, f->ch.last.when, 0);
	KUNIT_EXPECT_STREQ(test, f->ch.last.operation, "fake");
	KUNIT_EXPECT_TRUE(test, f->ch.last.answered);
	KUNIT_EXPECT_EQ(test, f->ch.last.err, 0);
	KUNIT_EXPECT_EQ(test, f->ch.last_error.when, 0);
}

/* The largest answer leaves nothing of itself to the next. */
static void nothing_stale(struct kunit *test)
{
	struct fake_channel *f = ready(test);

	f->service->ret = -EIO;
	host_sends(f, heartbeat, 1);
	f->service->ret = 0;
	host_sends(f, heartbeat, 2);

	expect_answer(f, 2, heartbeat, 1, 0x80004005, 0);
	expect_answer(f, 3, heartbeat, 2, 0, MARK);
}

ROWS(error);

static void service_fails(struct kunit *test)
{
	const struct error_row *row = test->param_value;
	struct fake_channel *f = ready(test);

	f->service->ret = row->err;
	host_sends(f, heartbeat, 2);

	expect_answer(f, 2, heartbeat, 2, row->status, 0);
	KUNIT_EXPECT_EQ(test, f->service->answered, 0);
	KUNIT_EXPECT_EQ(test, f->ch.last.err, row->err);
	KUNIT_EXPECT_EQ(test, f->ch.last_error.err, row->err);
	KUNIT_EXPECT_EQ(test, f->ch.last_error.when, f->ch.last.when);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_length, row->bad_length);
}

static void truncated(struct kunit *test)
{
	struct fake_channel *f = ready(test);
	size_t n;

	for (n = 0; n < heartbeat.len; n++) {
		struct hvic_span cut = { heartbeat.data, n };
		unsigned int answers = f->n_out;

		host_sends(f, cut, n);

		KUNIT_ASSERT_EQ_MSG(test, f->n_out - answers, n >= HEADERS, "at %zu", n);
		if (n >= HEADERS) {
			struct hvic_room want = copy_of(f, cut);

			poke16(want.data + POS_IC_SIZE, 0);
			expect_answer(f, f->n_out, to_span(want), n, 0x80070057, 0);
		}
	}
	KUNIT_EXPECT_EQ(test, f->service->handled, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_length, heartbeat.len);
	expect_state(f, HVIC_CHANNEL_READY);
}

static const struct long_row {
	const char *desc;
	size_t len;			/* of the packet */
	size_t answer;			/* length of the answer */
	bool served;
} long_rows[] = {
	{ "longest legal message", 13320, 13320, true },
	{ "a byte too long", 13321, HEADERS, false },
	{ "16 KiB", 16384, HEADERS, false },
	{ "64 KiB", 65536, HEADERS, false },
};

ROWS(long);

static void oversized(struct kunit *test)
{
	const struct long_row *row = test->param_value;
	struct fake_channel *f = ready(test);
	struct hvic_room room = exact_room(test, row->len, 0xcc);
	struct hvic_room want;

	memcpy(room.data, vec_heartbeat, HEADERS);
	poke32(room.data + POS_PIPE_SIZE, row->len - 8);
	poke16(room.data + POS_IC_SIZE, row->len - HEADERS);
	host_sends(f, to_span(room), 2);

	want = exact_room(test, row->answer, 0);
	memcpy(want.data, room.data, HEADERS);
	if (!row->served)
		poke16(want.data + POS_IC_SIZE, 0);
	expect_answer(f, 2, to_span(want), 2, row->served ? 0 : 0x80070057, MARK);
	KUNIT_EXPECT_EQ(test, f->service->handled, row->served);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_length, !row->served);
}

static const struct poke_row {
	const char *desc;
	size_t at;
	u16 value;
	u32 status;
	bool bad_type;
} poke_rows[] = {
	{ "pipe type, none", POS_PIPE_TYPE, 0, 0x80070032, true },
	{ "pipe type, partial", POS_PIPE_TYPE, 2, 0x80070032, true },
	{ "pipe size, none", POS_PIPE_SIZE, 0, 0x80070057, false },
	{ "pipe size, a byte less than a header", POS_PIPE_SIZE, 19, 0x80070057, false },
	{ "pipe size, a byte too many", POS_PIPE_SIZE, 61, 0x80070057, false },
	{ "pipe size, high half", POS_PIPE_SIZE + 2, 1, 0x80070057, false },
	{ "body size, a byte too many", POS_IC_SIZE, 41, 0x80070057, false },
	{ "body size, largest", POS_IC_SIZE, 65535, 0x80070057, false },
	{ "type, KVP", POS_TYPE, 2, 0x80070032, true },
	{ "type, shutdown", POS_TYPE, 3, 0x80070032, true },
	{ "type, unknown", POS_TYPE, 9, 0x80070032, true },
	{ "type, ours in the low half", POS_TYPE, 0x0101, 0x80070032, true },
	{ "type, largest", POS_TYPE, 65535, 0x80070032, true },
};

ROWS(poke);

/* A transaction gets its answer, however malformed. */
static void malformed(struct kunit *test)
{
	const struct poke_row *row = test->param_value;
	struct fake_channel *f = ready(test);
	struct hvic_room bad = copy_of(f, heartbeat);
	struct hvic_room want;

	poke16(bad.data + row->at, row->value);
	host_sends(f, to_span(bad), 2);

	want = copy_of(f, to_span(bad));
	if (row->at != POS_TYPE)
		poke16(want.data + POS_IC_SIZE, 0);
	expect_answer(f, 2, to_span(want), 2, row->status, 0);
	KUNIT_EXPECT_EQ(test, f->service->handled, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_type, row->bad_type);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_length, !row->bad_type);

	host_sends(f, heartbeat, 3);
	expect_answer(f, 3, heartbeat, 3, 0, MARK);
}

/* Only the request half of a transaction is answered, and only it is acted on. */
static void every_flag(struct kunit *test)
{
	struct fake_channel *f = ready(test);
	struct hvic_room bad = copy_of(f, heartbeat);
	unsigned int i, wanted = 0;

	for (i = 0; i <= 0xff; i++) {
		bad.data[POS_FLAGS] = i;
		wanted += (i & 7) == 3;
		host_sends(f, to_span(bad), i);
		KUNIT_EXPECT_EQ_MSG(test, f->service->handled, wanted, "flags %#x", i);
		KUNIT_EXPECT_EQ_MSG(test, f->n_out, 1 + wanted, "flags %#x", i);
	}
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_type, 256 - wanted);
}

/* A NEGOTIATE that is no request must not reset anything. */
static void negotiate_without_request(struct kunit *test)
{
	struct fake_channel *f = deferring(test);
	struct hvic_room bad = copy_of(f, negotiate);

	bad.data[POS_FLAGS] = 5;
	host_sends(f, to_span(bad), 3);

	expect_state(f, HVIC_CHANNEL_READY);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->service->resets, 1);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
}

static void packet_types(struct kunit *test)
{
	static const u16 others[] = { 0, 1, 5, 7, 8, 9, 0xb, 0xc, 0x106, 0xffff };
	struct fake_channel *f = ready(test);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		host_queues_packet(f, others[i], heartbeat, i);
		hvic_channel_drain(&f->ch);
		KUNIT_EXPECT_EQ_MSG(test, f->n_out, 1, "type %#x", others[i]);
	}
	KUNIT_EXPECT_EQ(test, f->service->handled, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_type, ARRAY_SIZE(others));
	host_sends(f, heartbeat, 2);
	expect_answer(f, 2, heartbeat, 2, 0, MARK);
}

/* One signal, many packets, answers in order. */
static void back_to_back(struct kunit *test)
{
	struct fake_channel *f = ready(test);
	unsigned int i;

	for (i = 2; i <= 11; i++)
		host_queues(f, i == 6 ? negotiate : heartbeat, i);
	hvic_channel_drain(&f->ch);

	KUNIT_ASSERT_EQ(test, f->n_out, 11);
	for (i = 1; i <= 11; i++)
		KUNIT_EXPECT_EQ(test, f->out[i - 1].xid, i);
	KUNIT_EXPECT_EQ(test, f->service->handled, 9);
	KUNIT_EXPECT_EQ(test, f->service->answered, 9);
}

/* A host that never stops does not hold the processor, nor is it left unheard. */
static void more_than_one_go(struct kunit *test)
{
	struct fake_channel *f = ready(test);
	unsigned int i;

	for (i = 0; i < 300; i++)
		host_queues(f, heartbeat, 2 + i);
	hvic_channel_drain(&f->ch);
	for (i = 0; i < 10; i++)
		flush_delayed_work(&f->ch.again);

	KUNIT_EXPECT_EQ(test, f->n_out, 301);
	KUNIT_EXPECT_EQ(test, f->out[300].xid, 301);
}

/* Whatever bytes come: an answer exactly to what can be answered, and nothing leaks. */
static void any_bytes(struct kunit *test)
{
	struct fake_channel *f = ready(test);
	u32 random = 1;
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		struct hvic_room room = copy_of(f, i % 3 ? heartbeat : negotiate);
		unsigned int answers = f->n_out;
		unsigned int spoils;
		bool wanted;

		for (spoils = i % 4; spoils; spoils--) {
			random = next_pseudo_random32(random);
			room.data[(random >> 8) % room.len] = random >> 24;
		}
		if (i % 7 == 0)
			room.len = (random >> 16) % room.len;
		wanted = room.len >= HEADERS && (room.data[POS_FLAGS] & 7) == 3;

		host_sends(f, to_span(room), i);

		KUNIT_ASSERT_EQ_MSG(test, f->n_out - answers, wanted, "message %u", i);
		if (wanted) {
			struct hvic_span got = answer_at(f, f->n_out);

			KUNIT_ASSERT_TRUE(test, got.len >= HEADERS && got.len <= room.len);
			KUNIT_EXPECT_EQ(test, got.data[POS_FLAGS], 5);
			KUNIT_EXPECT_EQ(test, got.data[POS_TRANSACTION],
					room.data[POS_TRANSACTION]);
			KUNIT_EXPECT_EQ(test, f->out[f->n_out - 1].xid, i);
		}
		kunit_kfree(test, room.data);
		forget_answers(f, 1);
	}
	KUNIT_EXPECT_EQ(test, f->ch.stats.in, 2001);
}

static struct kunit_case channel_request_cases[] = {
	KUNIT_CASE(serves),
	KUNIT_CASE(nothing_stale),
	KUNIT_CASE_PARAM(service_fails, error_gen_params),
	KUNIT_CASE(truncated),
	KUNIT_CASE_PARAM(oversized, long_gen_params),
	KUNIT_CASE_PARAM(malformed, poke_gen_params),
	KUNIT_CASE(every_flag),
	KUNIT_CASE(negotiate_without_request),
	KUNIT_CASE(packet_types),
	KUNIT_CASE(back_to_back),
	KUNIT_CASE(more_than_one_go),
	KUNIT_CASE(any_bytes),
	{}
};

static struct kunit_suite channel_request_suite = {
	.name = "hv_ic_channel_request",
	.init = fake_service_init,
	.exit = fake_service_exit,
	.test_cases = channel_request_cases,
};

kunit_test_suite(channel_request_suite);
