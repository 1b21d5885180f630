// SPDX-License-Identifier: GPL-2.0
/*
 * A channel between a fake bus, a fake host and a fake service: exactly one
 * answer to each request, whatever the host sends and whoever comes in between.
 */
#include "helpers.h"

#include "channel.h"

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "vectors/heartbeat.h"
#include "vectors/negotiate.h"

#define HEADERS		28		/* bytes of pipe header and IC header */
#define RING		512		/* packets that the fake rings hold */
#define FAR		3600		/* seconds: a deadline that no test reaches */

#define INBAND		6		/* packet type */
#define HEARTBEAT	1		/* message type */

/* Where fields lie in a packet. */
#define POS_PIPE_TYPE	0
#define POS_PIPE_SIZE	4
#define POS_TYPE	12
#define POS_IC_SIZE	18
#define POS_STATUS	20
#define POS_TRANSACTION	24
#define POS_FLAGS	25

#define MARK		0x5a		/* what the service writes into an answer at once */
#define LATER_MARK	0xa5		/* and into a deferred one */

/**
 * struct wire_packet - a packet in a fake ring
 * @type: of the packet
 * @xid: transaction id
 * @len: of @bytes
 * @bytes: memory of just this length
 */
struct wire_packet {
	u16 type;
	u64 xid;
	size_t len;
	u8 *bytes;
};

/**
 * struct fake - all around one channel
 * @ch: under test
 * @svc: a service with the heartbeat's number
 * @enabled: its switch
 * @test: to fail
 *
 * @in: ring from the host
 * @head: next to read in it
 * @tail: next to write in it
 * @out: ring to the host, never read
 * @n_out: how many in it
 * @rings: there are rings
 * @strays: calls that found no rings
 * @open_ret: what open() returns
 * @during_open: what the host does before open() returns
 * @send_ret: what send() returns
 * @changes: calls of changed()
 *
 * @withheld: how many of its versions the service does not speak
 * @defer: the service defers what it handles
 * @slow: with the longer deadline
 * @take_back: and takes that back
 * @abort: the service aborts what it has deferred, when it handles the next
 * @id: of the last that it deferred
 * @ret: what handle() and encode() return, if it is an error
 * @handled: calls of handle()
 * @answered: calls of answered()
 * @answered_at: @n_out at the last of them
 * @resets: calls of reset()
 * @readies: calls of ready()
 * @starts: calls of start()
 * @stops: calls of stop()
 * @start_ret: what start() returns
 */
struct fake {
	struct hvic_channel ch;
	struct hvic_service svc;
	bool enabled;
	struct kunit *test;

	struct wire_packet in[RING];
	unsigned int head;
	unsigned int tail;
	struct wire_packet out[RING];
	unsigned int n_out;
	bool rings;
	unsigned int strays;
	int open_ret;
	void (*during_open)(struct fake *f);
	int send_ret;
	unsigned int changes;

	int withheld;
	bool defer;
	bool slow;
	bool take_back;
	bool abort;
	u64 id;
	int ret;
	unsigned int handled;
	unsigned int answered;
	unsigned int answered_at;
	unsigned int resets;
	unsigned int readies;
	unsigned int starts;
	unsigned int stops;
	int start_ret;
};

/* --- The bus. ------------------------------------------------------------- */

static int fake_open(void *bus)
{
	struct fake *f = bus;

	f->rings = true;
	if (f->during_open)
		f->during_open(f);
	if (f->open_ret)
		f->rings = false;
	return f->open_ret;
}

static void fake_close(void *bus)
{
	struct fake *f = bus;

	f->strays += !f->rings;
	f->rings = false;
}

static bool fake_peek(void *bus, struct hvic_packet *packet)
{
	struct fake *f = bus;
	const struct wire_packet *wire = &f->in[f->head % RING];

	f->strays += !f->rings;
	if (f->head == f->tail)
		return false;
	packet->type = wire->type;
	packet->xid = wire->xid;
	packet->payload = (struct hvic_span){ wire->bytes, wire->len };
	return true;
}

/* Whoever keeps a pointer into a packet is caught by KASAN. */
static void fake_consume(void *bus)
{
	struct fake *f = bus;

	f->strays += !f->rings;
	kfree(f->in[f->head++ % RING].bytes);
}

static int fake_send(void *bus, const void *data, size_t len, u64 xid)
{
	struct fake *f = bus;
	struct wire_packet *wire = &f->out[f->n_out];

	f->strays += !f->rings;
	if (f->send_ret)
		return f->send_ret;
	if (f->n_out == RING)
		return -EAGAIN;
	wire->bytes = kmemdup(data, len, GFP_ATOMIC);
	if (!wire->bytes)
		return -ENOMEM;
	wire->len = len;
	wire->xid = xid;
	f->n_out++;
	return 0;
}

static void fake_changed(void *bus)
{
	struct fake *f = bus;

	f->changes++;
}

static const struct hvic_bus_ops fake_bus = {
	.open = fake_open,
	.close = fake_close,
	.peek = fake_peek,
	.consume = fake_consume,
	.send = fake_send,
	.changed = fake_changed,
};

/* --- The service. --------------------------------------------------------- */

static int fake_start(struct hvic_channel *ch)
{
	struct fake *f = ch->bus_data;

	f->starts++;
	return f->start_ret;
}

static void fake_stop(struct hvic_channel *ch)
{
	struct fake *f = ch->bus_data;

	f->stops++;
}

static void fake_reset(struct hvic_channel *ch)
{
	struct fake *f = ch->bus_data;

	f->resets++;
}

static void fake_ready(struct hvic_channel *ch)
{
	struct fake *f = ch->bus_data;

	f->readies++;
}

/* Writes what must not reach the host if it fails afterwards. */
static int fake_write(struct fake *f, struct hvic_room body, u8 mark)
{
	if (f->ret) {
		memset(body.data, 0xcc, body.len);
		return f->ret;
	}
	if (body.len)
		body.data[0] = mark;
	return body.len;
}

static int fake_handle(struct hvic_channel *ch, const struct hvic_msg *msg, struct hvic_room body)
{
	struct fake *f = ch->bus_data;

	f->handled++;
	if (f->abort)
		hvic_channel_abort(ch, -EIO);
	if (f->defer) {
		u64 id = f->slow ? hvic_channel_defer_slow(ch, msg) :
				   hvic_channel_defer(ch, msg);

		if (!id)
			return -EBUSY;
		f->id = id;
		if (f->take_back) {
			hvic_channel_take_back(ch);
			return -ENOTCONN;
		}
		memset(body.data, 0xcc, body.len);
		return -EINPROGRESS;
	}
	return fake_write(f, body, MARK);
}

static void fake_answered(struct hvic_channel *ch)
{
	struct fake *f = ch->bus_data;

	f->answered++;
	f->answered_at = f->n_out;
}

static int fake_encode(struct hvic_channel *ch, struct hvic_room body, const void *reply)
{
	return fake_write(ch->bus_data, body, *(const u8 *)reply);
}

static const struct hvic_service_ops fake_ops = {
	.start = fake_start,
	.stop = fake_stop,
	.reset = fake_reset,
	.ready = fake_ready,
	.handle = fake_handle,
	.answered = fake_answered,
	.encode = fake_encode,
};

static const struct hvic_version fake_versions[] = { { 3, 1 }, { 3, 0 }, { 1, 0 } };

static struct device fake_dev = { .init_name = "fake" };

/* --- The host. ------------------------------------------------------------ */

static void host_queues_packet(struct fake *f, u16 type, struct hvic_span payload, u64 xid)
{
	struct wire_packet *wire = &f->in[f->tail % RING];

	wire->bytes = kmemdup(payload.data, payload.len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(f->test, wire->bytes);
	wire->type = type;
	wire->len = payload.len;
	wire->xid = xid;
	spin_lock_bh(&f->ch.lock);
	f->tail++;
	spin_unlock_bh(&f->ch.lock);
}

static void host_queues(struct fake *f, struct hvic_span payload, u64 xid)
{
	host_queues_packet(f, INBAND, payload, xid);
}

/* Queues a packet and signals. */
static void host_sends(struct fake *f, struct hvic_span payload, u64 xid)
{
	host_queues(f, payload, xid);
	hvic_channel_drain(&f->ch);
}

static const struct hvic_span heartbeat = SPAN(vec_heartbeat);
static const struct hvic_span negotiate = SPAN(vec_nego_heartbeat);
static const struct hvic_span future = SPAN(vec_nego_future);

/* What is the n-th answer, counted from 1? */
static struct hvic_span answer_at(struct fake *f, unsigned int n)
{
	KUNIT_ASSERT_TRUE(f->test, n && n <= f->n_out);
	return (struct hvic_span){ f->out[n - 1].bytes, f->out[n - 1].len };
}

/*
 * The n-th answer is the one to @request: as long, its marks echoed, the status,
 * and a body of zeroes but for the service's mark.
 */
static void expect_answer(struct fake *f, unsigned int n, struct hvic_span request, u64 xid,
			  u32 status, u8 mark)
{
	struct hvic_room want = exact_room(f->test, request.len, 0);

	memcpy(want.data, request.data, HEADERS);
	poke32(want.data + POS_PIPE_TYPE, 1);
	poke32(want.data + POS_PIPE_SIZE, request.len - 8);
	poke32(want.data + POS_STATUS, status);
	want.data[POS_FLAGS] = 5;
	if (request.len > HEADERS)
		want.data[HEADERS] = mark;
	expect_bytes(f->test, "answer", answer_at(f, n), to_span(want));
	KUNIT_EXPECT_EQ(f->test, f->out[n - 1].xid, xid);
}

static void expect_state(struct fake *f, enum hvic_channel_state state)
{
	KUNIT_EXPECT_EQ(f->test, f->ch.state, state);
}

/* A copy of a message, to be spoilt. */
static struct hvic_room copy_of(struct fake *f, struct hvic_span message)
{
	struct hvic_room room = exact_room(f->test, message.len, 0);

	memcpy(room.data, message.data, message.len);
	return room;
}

/* --- Before and after each test. --------------------------------------------- */

static int channel_init(struct kunit *test)
{
	struct fake *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->test = test;
	f->enabled = true;
	f->svc = (struct hvic_service){
		.name = "fake",
		.type = HEARTBEAT,
		.versions = fake_versions,
		.n_versions = ARRAY_SIZE(fake_versions),
		.withheld = &f->withheld,
		.deadline = FAR,
		.slow_deadline = 2 * FAR,
		.enabled = &f->enabled,
		.ops = &fake_ops,
	};
	test->priv = f;
	return hvic_channel_init(&f->ch, &f->svc, &fake_bus, f, &fake_dev);
}

static void channel_exit(struct kunit *test)
{
	struct fake *f = test->priv;

	if (hvic_channel_is_open(&f->ch))
		hvic_channel_close(&f->ch);
	hvic_channel_destroy(&f->ch);
	KUNIT_EXPECT_EQ(test, f->strays, 0);
	KUNIT_EXPECT_EQ(test, f->starts, 1);
	KUNIT_EXPECT_EQ(test, f->stops, 1);

	while (f->head != f->tail)
		kfree(f->in[f->head++ % RING].bytes);
	while (f->n_out)
		kfree(f->out[--f->n_out].bytes);
}

/* The fake of a test whose channel is open. */
static struct fake *opened(struct kunit *test)
{
	struct fake *f = test->priv;

	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);
	return f;
}

/* ... and has agreed on versions; that was answer number 1. */
static struct fake *ready(struct kunit *test)
{
	struct fake *f = opened(test);

	host_sends(f, negotiate, 1);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	KUNIT_ASSERT_EQ(test, f->ch.state, HVIC_CHANNEL_READY);
	return f;
}

/* ... and has a deferred request open, with xid 2. */
static struct fake *deferring(struct kunit *test)
{
	struct fake *f = ready(test);

	f->defer = true;
	host_sends(f, heartbeat, 2);
	KUNIT_ASSERT_NE(test, f->id, 0);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	return f;
}

static int reply_with(struct fake *f, int err)
{
	static const u8 reply = LATER_MARK;

	return hvic_channel_complete(&f->ch, f->id, err, &reply);
}

/* --- Negotiation. ----------------------------------------------------------- */

static void negotiates(struct kunit *test)
{
	struct fake *f = opened(test);

	expect_state(f, HVIC_CHANNEL_NEGOTIATING);
	host_sends(f, negotiate, 77);

	expect_bytes(test, "answer", answer_at(f, 1),
		     (struct hvic_span)SPAN(vec_nego_heartbeat_reply));
	KUNIT_EXPECT_EQ(test, f->out[0].xid, 77);
	expect_state(f, HVIC_CHANNEL_READY);
	KUNIT_EXPECT_EQ(test, f->ch.versions.framework.major, 3);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.major, 3);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.minor, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.negotiations, 1);
	KUNIT_EXPECT_EQ(test, f->resets, 1);
	KUNIT_EXPECT_EQ(test, f->readies, 1);
	KUNIT_EXPECT_EQ(test, f->answered, 0);
	KUNIT_EXPECT_EQ(test, f->changes, 2);
	KUNIT_ASSERT_EQ(test, f->ch.n_offered, 2);
	KUNIT_EXPECT_EQ(test, f->ch.offered[0].major, 1);
	KUNIT_EXPECT_EQ(test, f->ch.offered[1].major, 3);
}

static void withholds_versions(struct kunit *test)
{
	struct fake *f = test->priv;

	f->withheld = 2;
	ready(test);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.major, 1);

	f->withheld = 3;
	host_sends(f, negotiate, 2);
	expect_state(f, HVIC_CHANNEL_REFUSED);
	KUNIT_EXPECT_EQ(test, f->readies, 1);
}

/* The lists of a refusal are empty; the status is for people who watch. */
static void refuses(struct kunit *test)
{
	struct fake *f = opened(test);

	host_sends(f, future, 1);

	expect_answer(f, 1, future, 1, 0x80070032, 0);
	expect_state(f, HVIC_CHANNEL_REFUSED);
	KUNIT_EXPECT_EQ(test, f->ch.versions.framework.major, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
	KUNIT_EXPECT_EQ(test, f->ch.last.err, -EOPNOTSUPP);
	KUNIT_EXPECT_STREQ(test, f->ch.last.operation, "negotiate");

	host_sends(f, heartbeat, 2);
	expect_answer(f, 2, heartbeat, 2, 0x800710df, 0);
	KUNIT_EXPECT_EQ(test, f->handled, 0);

	host_sends(f, negotiate, 3);
	expect_state(f, HVIC_CHANNEL_READY);
	host_sends(f, heartbeat, 4);
	KUNIT_EXPECT_EQ(test, f->handled, 1);
}

static void refusal_takes_versions_back(struct kunit *test)
{
	struct fake *f = ready(test);

	host_sends(f, future, 2);

	expect_state(f, HVIC_CHANNEL_REFUSED);
	KUNIT_EXPECT_EQ(test, f->ch.versions.framework.major, 0);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.major, 0);
}

static const struct lists_row {
	const char *desc;
	u16 n_framework;
	u16 n_message;
	u32 status;
	bool bad_length;
} lists_rows[] = {
	{ "more than there are", 2, 3, 0x80070057, true },
	{ "101 of each", 101, 101, 0x80070057, true },
	{ "as many as can be said", 65535, 65535, 0x80070057, true },
	{ "no framework version", 0, 2, 0x80070032, false },
	{ "no message version", 2, 0, 0x80070032, false },
	{ "none at all", 0, 0, 0x80070032, false },
};

ROWS(lists);

static void refuses_bad_lists(struct kunit *test)
{
	const struct lists_row *row = test->param_value;
	struct fake *f = opened(test);
	struct hvic_room bad = copy_of(f, negotiate);

	poke16(bad.data + HEADERS, row->n_framework);
	poke16(bad.data + HEADERS + 2, row->n_message);

	host_sends(f, to_span(bad), 1);

	expect_answer(f, 1, negotiate, 1, row->status, 0);
	expect_state(f, HVIC_CHANNEL_REFUSED);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_length, row->bad_length);
}

static void unnegotiated(struct kunit *test)
{
	struct fake *f = opened(test);

	host_sends(f, heartbeat, 1);

	expect_answer(f, 1, heartbeat, 1, 0x800710df, 0);
	expect_state(f, HVIC_CHANNEL_NEGOTIATING);
	KUNIT_EXPECT_EQ(test, f->handled, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
}

/* --- Requests. ------------------------------------------------------------------ */

static void serves(struct kunit *test)
{
	struct fake *f = ready(test);

	KUNIT_EXPECT_EQ(test, f->ch.stats.in, 1);
	host_sends(f, heartbeat, 0x0123456789abcdef);

	expect_answer(f, 2, heartbeat, 0x0123456789abcdef, 0, MARK);
	KUNIT_EXPECT_EQ(test, f->handled, 1);
	KUNIT_EXPECT_EQ(test, f->answered, 1);
	KUNIT_EXPECT_EQ(test, f->answered_at, 2);
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
	struct fake *f = ready(test);

	f->ret = -EIO;
	host_sends(f, heartbeat, 1);
	f->ret = 0;
	host_sends(f, heartbeat, 2);

	expect_answer(f, 2, heartbeat, 1, 0x80004005, 0);
	expect_answer(f, 3, heartbeat, 2, 0, MARK);
}

static const struct error_row {
	const char *desc;
	int err;
	u32 status;
	bool bad_length;
} error_rows[] = {
	{ "too short", -EBADMSG, 0x80070057, true },
	{ "denied", -EACCES, 0x80070005, false },
	{ "busy", -EBUSY, 0x800700aa, false },
	{ "no better word", -EIO, 0x80004005, false },
};

ROWS(error);

static void service_fails(struct kunit *test)
{
	const struct error_row *row = test->param_value;
	struct fake *f = ready(test);

	f->ret = row->err;
	host_sends(f, heartbeat, 2);

	expect_answer(f, 2, heartbeat, 2, row->status, 0);
	KUNIT_EXPECT_EQ(test, f->answered, 0);
	KUNIT_EXPECT_EQ(test, f->ch.last.err, row->err);
	KUNIT_EXPECT_EQ(test, f->ch.last_error.err, row->err);
	KUNIT_EXPECT_EQ(test, f->ch.last_error.when, f->ch.last.when);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_length, row->bad_length);
}

static void truncated(struct kunit *test)
{
	struct fake *f = ready(test);
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
	KUNIT_EXPECT_EQ(test, f->handled, 0);
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
	struct fake *f = ready(test);
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
	KUNIT_EXPECT_EQ(test, f->handled, row->served);
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
	struct fake *f = ready(test);
	struct hvic_room bad = copy_of(f, heartbeat);
	struct hvic_room want;

	poke16(bad.data + row->at, row->value);
	host_sends(f, to_span(bad), 2);

	want = copy_of(f, to_span(bad));
	if (row->at != POS_TYPE)
		poke16(want.data + POS_IC_SIZE, 0);
	expect_answer(f, 2, to_span(want), 2, row->status, 0);
	KUNIT_EXPECT_EQ(test, f->handled, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_type, row->bad_type);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_length, !row->bad_type);

	host_sends(f, heartbeat, 3);
	expect_answer(f, 3, heartbeat, 3, 0, MARK);
}

/* Only the request half of a transaction is answered, and only it is acted on. */
static void every_flag(struct kunit *test)
{
	struct fake *f = ready(test);
	struct hvic_room bad = copy_of(f, heartbeat);
	unsigned int i, wanted = 0;

	for (i = 0; i <= 0xff; i++) {
		bad.data[POS_FLAGS] = i;
		wanted += (i & 7) == 3;
		host_sends(f, to_span(bad), i);
		KUNIT_EXPECT_EQ_MSG(test, f->handled, wanted, "flags %#x", i);
		KUNIT_EXPECT_EQ_MSG(test, f->n_out, 1 + wanted, "flags %#x", i);
	}
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_type, 256 - wanted);
}

/* A NEGOTIATE that is no request must not reset anything. */
static void negotiate_without_request(struct kunit *test)
{
	struct fake *f = deferring(test);
	struct hvic_room bad = copy_of(f, negotiate);

	bad.data[POS_FLAGS] = 5;
	host_sends(f, to_span(bad), 3);

	expect_state(f, HVIC_CHANNEL_READY);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->resets, 1);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
}

static void packet_types(struct kunit *test)
{
	static const u16 others[] = { 0, 1, 5, 7, 8, 9, 0xb, 0xc, 0x106, 0xffff };
	struct fake *f = ready(test);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		host_queues_packet(f, others[i], heartbeat, i);
		hvic_channel_drain(&f->ch);
		KUNIT_EXPECT_EQ_MSG(test, f->n_out, 1, "type %#x", others[i]);
	}
	KUNIT_EXPECT_EQ(test, f->handled, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.bad_type, ARRAY_SIZE(others));
	host_sends(f, heartbeat, 2);
	expect_answer(f, 2, heartbeat, 2, 0, MARK);
}

/* One signal, many packets, answers in order. */
static void back_to_back(struct kunit *test)
{
	struct fake *f = ready(test);
	unsigned int i;

	for (i = 2; i <= 11; i++)
		host_queues(f, i == 6 ? negotiate : heartbeat, i);
	hvic_channel_drain(&f->ch);

	KUNIT_ASSERT_EQ(test, f->n_out, 11);
	for (i = 1; i <= 11; i++)
		KUNIT_EXPECT_EQ(test, f->out[i - 1].xid, i);
	KUNIT_EXPECT_EQ(test, f->handled, 9);
	KUNIT_EXPECT_EQ(test, f->answered, 9);
}

/* A host that never stops does not hold the processor, nor is it left unheard. */
static void more_than_one_go(struct kunit *test)
{
	struct fake *f = ready(test);
	unsigned int i;

	for (i = 0; i < 300; i++)
		host_queues(f, heartbeat, 2 + i);
	hvic_channel_drain(&f->ch);
	for (i = 0; i < 10; i++)
		flush_delayed_work(&f->ch.again);

	KUNIT_EXPECT_EQ(test, f->n_out, 301);
	KUNIT_EXPECT_EQ(test, f->out[300].xid, 301);
}

/* --- A full ring, a host that is gone. ------------------------------------------- */

static void ring_full(struct kunit *test)
{
	struct fake *f = ready(test);

	f->send_ret = -EAGAIN;
	host_queues(f, heartbeat, 2);
	host_queues(f, heartbeat, 3);
	hvic_channel_drain(&f->ch);
	hvic_channel_drain(&f->ch);

	/* The answer waits, and so does the next request. */
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->handled, 1);
	KUNIT_EXPECT_EQ(test, f->answered, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.ring_full, 1);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&f->ch.again) ||
			  work_busy(&f->ch.again.work));

	/* Nobody signals that there is room again. */
	f->send_ret = 0;
	flush_delayed_work(&f->ch.again);

	KUNIT_ASSERT_EQ(test, f->n_out, 3);
	expect_answer(f, 2, heartbeat, 2, 0, MARK);
	expect_answer(f, 3, heartbeat, 3, 0, MARK);
	KUNIT_EXPECT_EQ(test, f->answered, 2);
	KUNIT_EXPECT_EQ(test, f->ch.stats.ring_full, 1);
}

static void ring_full_then_signal(struct kunit *test)
{
	struct fake *f = ready(test);

	f->send_ret = -EAGAIN;
	host_sends(f, heartbeat, 2);
	f->send_ret = 0;
	host_sends(f, heartbeat, 3);

	KUNIT_ASSERT_EQ(test, f->n_out, 3);
	KUNIT_EXPECT_EQ(test, f->out[1].xid, 2);
	KUNIT_EXPECT_EQ(test, f->out[2].xid, 3);
}

static void ring_full_then_close(struct kunit *test)
{
	struct fake *f = ready(test);

	f->send_ret = -EAGAIN;
	host_sends(f, heartbeat, 2);
	hvic_channel_close(&f->ch);
	f->send_ret = 0;

	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.again));
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->answered, 0);

	/* Nothing of it is left for the next host. */
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);
	expect_state(f, HVIC_CHANNEL_NEGOTIATING);
	host_sends(f, negotiate, 3);
	KUNIT_ASSERT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_EQ(test, f->out[1].xid, 3);
	KUNIT_EXPECT_EQ(test, f->answered, 0);
}

static void host_gone(struct kunit *test)
{
	struct fake *f = ready(test);

	f->send_ret = -ENODEV;
	host_sends(f, heartbeat, 2);
	host_sends(f, heartbeat, 3);
	f->send_ret = 0;
	hvic_channel_drain(&f->ch);

	KUNIT_EXPECT_EQ(test, f->handled, 2);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.out, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.ring_full, 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.again));
}

/* --- Deferred requests. ------------------------------------------------------------- */

static void deferred(struct kunit *test)
{
	struct fake *f = deferring(test);

	KUNIT_EXPECT_FALSE(test, f->ch.last.answered);
	KUNIT_EXPECT_EQ(test, f->answered, 0);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	expect_answer(f, 2, heartbeat, 2, 0, LATER_MARK);
	KUNIT_EXPECT_EQ(test, f->ch.stats.out, 2);
	KUNIT_EXPECT_EQ(test, f->answered, 1);
	KUNIT_EXPECT_EQ(test, f->answered_at, 2);
	KUNIT_EXPECT_NE(test, f->ch.last.when, 0);
	KUNIT_EXPECT_STREQ(test, f->ch.last.operation, "fake");
	KUNIT_EXPECT_TRUE(test, f->ch.last.answered);

	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_EQ(test, f->ch.stats.late_replies, 1);
	KUNIT_EXPECT_EQ(test, f->answered, 1);
}

static void knows_what_is_deferred(struct kunit *test)
{
	struct fake *f = deferring(test);
	static const u8 reply = LATER_MARK;

	spin_lock_bh(&f->ch.lock);
	KUNIT_EXPECT_TRUE(test, hvic_channel_is_deferred(&f->ch));
	KUNIT_EXPECT_TRUE(test, hvic_channel_is_waiting_for(&f->ch, f->id));
	KUNIT_EXPECT_FALSE(test, hvic_channel_is_waiting_for(&f->ch, f->id + 1));
	KUNIT_EXPECT_EQ(test, hvic_channel_complete_locked(&f->ch, f->id + 1, 0, &reply), -ESTALE);
	KUNIT_EXPECT_EQ(test, hvic_channel_complete_locked(&f->ch, f->id, 0, &reply), 0);
	KUNIT_EXPECT_FALSE(test, hvic_channel_is_deferred(&f->ch));
	KUNIT_EXPECT_FALSE(test, hvic_channel_is_waiting_for(&f->ch, f->id));
	spin_unlock_bh(&f->ch.lock);

	expect_answer(f, 2, heartbeat, 2, 0, LATER_MARK);
	KUNIT_EXPECT_EQ(test, f->ch.stats.late_replies, 1);
}

static void deferred_by_the_right_deadline(struct kunit *test)
{
	struct fake *f = deferring(test);

	KUNIT_EXPECT_TRUE(test, time_before_eq(f->ch.request.expires, jiffies + FAR * HZ));
	host_sends(f, negotiate, 3);
	f->slow = true;
	host_sends(f, heartbeat, 4);
	KUNIT_EXPECT_TRUE(test, time_after(f->ch.request.expires, jiffies + FAR * HZ));
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	expect_answer(f, 3, heartbeat, 4, 0, LATER_MARK);
}

/* The service finds that it cannot defer after all. */
static void deferred_and_taken_back(struct kunit *test)
{
	struct fake *f = ready(test);

	f->defer = true;
	f->take_back = true;
	host_sends(f, heartbeat, 2);

	expect_answer(f, 2, heartbeat, 2, 0x8007048f, 0);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.request.deadline));
}

/* A request that ends another: each has its own answer, whole. */
static void aborted_by_the_next(struct kunit *test)
{
	struct fake *f = deferring(test);

	f->defer = false;
	f->abort = true;
	host_sends(f, heartbeat, 3);

	KUNIT_ASSERT_EQ(test, f->n_out, 3);
	expect_answer(f, 2, heartbeat, 2, 0x80004005, 0);
	expect_answer(f, 3, heartbeat, 3, 0, MARK);
	KUNIT_EXPECT_EQ(test, f->answered, 1);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
}

static void deferred_fails(struct kunit *test)
{
	const struct error_row *row = test->param_value;
	struct fake *f = deferring(test);

	KUNIT_EXPECT_EQ(test, reply_with(f, row->err), 0);

	expect_answer(f, 2, heartbeat, 2, row->status, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.timeouts, 0);
}

static void deferred_cannot_be_encoded(struct kunit *test)
{
	const struct error_row *row = test->param_value;
	struct fake *f = deferring(test);

	f->ret = row->err;
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);

	expect_answer(f, 2, heartbeat, 2, row->status, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.refused, 1);
}

static void deadline_passes(struct fake *f)
{
	spin_lock_bh(&f->ch.lock);
	f->ch.request.expires = jiffies;
	spin_unlock_bh(&f->ch.lock);
	mod_delayed_work(system_wq, &f->ch.request.deadline, 0);
	flush_delayed_work(&f->ch.request.deadline);
}

static void deferred_times_out(struct kunit *test)
{
	struct fake *f = deferring(test);

	deadline_passes(f);

	expect_answer(f, 2, heartbeat, 2, 0x800705b4, 0);
	KUNIT_EXPECT_EQ(test, f->ch.stats.timeouts, 1);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_EQ(test, f->ch.stats.late_replies, 1);

	/* And the next one is none of its business. */
	host_sends(f, heartbeat, 3);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	expect_answer(f, 3, heartbeat, 3, 0, LATER_MARK);
}

/* Meanwhile the host may ask other things; what it then gets is the right one. */
static void deferred_among_others(struct kunit *test)
{
	struct fake *f = deferring(test);
	struct hvic_room other = copy_of(f, heartbeat);
	u64 first = f->id;

	other.data[POS_TRANSACTION] = 9;

	host_sends(f, to_span(other), 3);	/* to be deferred too */
	f->defer = false;
	host_sends(f, to_span(other), 4);	/* answered at once */
	KUNIT_EXPECT_EQ(test, f->id, first);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);

	expect_answer(f, 2, to_span(other), 3, 0x800700aa, 0);
	expect_answer(f, 3, to_span(other), 4, 0, MARK);
	expect_answer(f, 4, heartbeat, 2, 0, LATER_MARK);
}

/* The host starts over: it has forgotten the request, and an answer would kill the channel. */
static void renegotiated_in_flight(struct kunit *test)
{
	struct fake *f = deferring(test);

	host_sends(f, negotiate, 3);

	KUNIT_EXPECT_EQ(test, f->resets, 2);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_ASSERT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_EQ(test, f->out[1].xid, 3);
	KUNIT_EXPECT_EQ(test, f->ch.stats.late_replies, 1);

	deadline_passes(f);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
}

static void renegotiated_then_next(struct kunit *test)
{
	struct fake *f = deferring(test);
	u64 forgotten = f->id, next;

	host_queues(f, negotiate, 3);
	host_sends(f, heartbeat, 4);
	next = f->id;
	KUNIT_ASSERT_NE(test, next, forgotten);

	f->id = forgotten;
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	f->id = next;
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	expect_answer(f, 3, heartbeat, 4, 0, LATER_MARK);
}

static void deferred_ring_full(struct kunit *test)
{
	struct fake *f = deferring(test);

	f->defer = false;
	f->send_ret = -EAGAIN;
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	host_sends(f, heartbeat, 3);
	KUNIT_EXPECT_EQ(test, f->handled, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.ring_full, 1);

	f->send_ret = 0;
	flush_delayed_work(&f->ch.again);
	KUNIT_ASSERT_EQ(test, f->n_out, 3);
	expect_answer(f, 2, heartbeat, 2, 0, LATER_MARK);
	expect_answer(f, 3, heartbeat, 3, 0, MARK);
}

/* Both answers wait for room at once. */
static void deferred_behind_another(struct kunit *test)
{
	struct fake *f = deferring(test);

	f->defer = false;
	f->send_ret = -EAGAIN;
	host_sends(f, heartbeat, 3);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	KUNIT_EXPECT_EQ(test, f->answered, 0);

	f->send_ret = 0;
	hvic_channel_drain(&f->ch);
	KUNIT_ASSERT_EQ(test, f->n_out, 3);
	expect_answer(f, 2, heartbeat, 2, 0, LATER_MARK);
	expect_answer(f, 3, heartbeat, 3, 0, MARK);
	KUNIT_EXPECT_NE(test, f->answered, 0);
}

/* --- The life of a channel. ------------------------------------------------------------ */

static void closed_in_flight(struct kunit *test)
{
	struct fake *f = deferring(test);

	hvic_channel_close(&f->ch);

	expect_answer(f, 2, heartbeat, 2, 0x800710df, 0);
	expect_state(f, HVIC_CHANNEL_CLOSED);
	KUNIT_EXPECT_EQ(test, f->resets, 2);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.request.deadline));
}

/* Rescinded: the host is gone before the channel is closed. */
static void rescinded_in_flight(struct kunit *test)
{
	struct fake *f = deferring(test);

	f->send_ret = -ENODEV;
	hvic_channel_close(&f->ch);

	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->ch.stats.out, 1);
}

static void closed_with_full_ring(struct kunit *test)
{
	struct fake *f = deferring(test);

	f->send_ret = -EAGAIN;
	hvic_channel_close(&f->ch);
	f->send_ret = 0;

	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.again));
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
}

/* A signal that comes with the close finds nothing to do. */
static void closed_with_packets(struct kunit *test)
{
	struct fake *f = ready(test);

	host_queues(f, heartbeat, 2);
	hvic_channel_close(&f->ch);
	hvic_channel_drain(&f->ch);

	KUNIT_EXPECT_EQ(test, f->handled, 0);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
}

static void reopened(struct kunit *test)
{
	struct fake *f = deferring(test);
	u64 before = f->id;

	hvic_channel_close(&f->ch);
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);
	expect_state(f, HVIC_CHANNEL_NEGOTIATING);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.major, 0);
	host_queues(f, negotiate, 3);
	host_sends(f, heartbeat, 4);

	KUNIT_EXPECT_EQ(test, hvic_channel_complete(&f->ch, before, 0, NULL), -ESTALE);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), 0);
	expect_answer(f, 4, heartbeat, 4, 0, LATER_MARK);
}

static void talk_at_once(struct fake *f)
{
	host_queues(f, negotiate, 1);
	host_sends(f, heartbeat, 2);
}

static void host_talks_before_open_returns(struct kunit *test)
{
	struct fake *f = test->priv;

	f->during_open = talk_at_once;
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);

	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	expect_state(f, HVIC_CHANNEL_READY);
}

static void talk_without_signal(struct fake *f)
{
	host_queues(f, negotiate, 1);
}

static void signal_lost_in_open(struct kunit *test)
{
	struct fake *f = test->priv;

	f->during_open = talk_without_signal;
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);

	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	expect_state(f, HVIC_CHANNEL_READY);
}

static void open_fails(struct kunit *test)
{
	struct fake *f = test->priv;

	f->open_ret = -EIO;
	KUNIT_EXPECT_EQ(test, hvic_channel_open(&f->ch), -EIO);
	expect_state(f, HVIC_CHANNEL_CLOSED);
	KUNIT_EXPECT_FALSE(test, hvic_channel_is_open(&f->ch));

	f->open_ret = 0;
	ready(test);
}

/* A host that talks and then fails the open leaves nothing open, pending or agreed on. */
static void open_fails_in_flight(struct kunit *test)
{
	struct fake *f = test->priv;

	f->defer = true;
	f->during_open = talk_at_once;
	f->open_ret = -EIO;
	KUNIT_EXPECT_EQ(test, hvic_channel_open(&f->ch), -EIO);

	KUNIT_ASSERT_NE(test, f->id, 0);
	KUNIT_EXPECT_EQ(test, reply_with(f, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	KUNIT_EXPECT_EQ(test, f->ch.versions.message.major, 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.request.deadline));
}

static void fill_ring_at_once(struct fake *f)
{
	f->send_ret = -EAGAIN;
	talk_at_once(f);
}

static void open_fails_with_full_ring(struct kunit *test)
{
	struct fake *f = test->priv;

	f->during_open = fill_ring_at_once;
	f->open_ret = -EIO;
	KUNIT_EXPECT_EQ(test, hvic_channel_open(&f->ch), -EIO);

	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&f->ch.again));
	KUNIT_EXPECT_EQ(test, f->ch.now.len, 0);
}

static void start_fails(struct kunit *test)
{
	struct fake *f = test->priv;
	struct hvic_channel *ch = kunit_kzalloc(test, sizeof(*ch), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ch);
	f->start_ret = -ENOMEM;
	KUNIT_EXPECT_EQ(test, hvic_channel_init(ch, &f->svc, &fake_bus, f, &fake_dev), -ENOMEM);
	KUNIT_EXPECT_EQ(test, f->stops, 0);
	f->starts = 1;
}

/* A service needs no more than handle(). */
static void handle_is_enough(struct kunit *test)
{
	static const struct hvic_service_ops least = { .handle = fake_handle };
	struct fake *f = test->priv;

	f->svc.ops = &least;
	ready(test);
	host_sends(f, heartbeat, 2);
	expect_answer(f, 2, heartbeat, 2, 0, MARK);
	hvic_channel_close(&f->ch);
	KUNIT_EXPECT_EQ(test, f->answered, 0);
	f->svc.ops = &fake_ops;
}

static void names_its_state(struct kunit *test)
{
	struct fake *f = test->priv;

	KUNIT_EXPECT_STREQ(test, hvic_channel_state_name(&f->ch), "closed");
	f->enabled = false;
	KUNIT_EXPECT_STREQ(test, hvic_channel_state_name(&f->ch), "disabled");
	f->enabled = true;
	opened(test);
	KUNIT_EXPECT_STREQ(test, hvic_channel_state_name(&f->ch), "negotiating");
	host_sends(f, future, 1);
	KUNIT_EXPECT_STREQ(test, hvic_channel_state_name(&f->ch), "refused");
	host_sends(f, negotiate, 2);
	KUNIT_EXPECT_STREQ(test, hvic_channel_state_name(&f->ch), "ready");
}

/* --- Many. ----------------------------------------------------------------------------- */

/* The reply races with what else may end a request; each iteration is one race. */
struct racer {
	struct work_struct work;
	struct fake *f;
	int ret;
};

static void race_complete(struct work_struct *work)
{
	struct racer *racer = container_of(work, struct racer, work);

	racer->ret = reply_with(racer->f, 0);
}

static void race_negotiate(struct fake *f)
{
	host_sends(f, negotiate, 3);
}

static void race_reopen(struct fake *f)
{
	hvic_channel_close(&f->ch);
	KUNIT_ASSERT_EQ(f->test, hvic_channel_open(&f->ch), 0);
	host_sends(f, negotiate, 3);
}

static const struct against_row {
	const char *desc;
	void (*other)(struct fake *f);
	unsigned int answers;		/* that the other causes by itself */
	bool voids;			/* the other ends a request without an answer */
} against_rows[] = {
	{ "negotiate", race_negotiate, 1, true },
	{ "deadline", deadline_passes, 0, false },
	{ "close", race_reopen, 1, false },
};

ROWS(against);

static void reply_races(struct kunit *test)
{
	const struct against_row *row = test->param_value;
	struct fake *f = ready(test);
	struct racer racer = { .f = f };
	unsigned int i;

	INIT_WORK_ONSTACK(&racer.work, race_complete);
	f->defer = true;
	for (i = 0; i < 200; i++) {
		unsigned int answers = f->n_out;
		unsigned int want;

		host_sends(f, heartbeat, 2);
		queue_work(system_unbound_wq, &racer.work);
		row->other(f);
		flush_work(&racer.work);

		want = row->answers + (!row->voids || !racer.ret);
		KUNIT_ASSERT_EQ_MSG(test, f->n_out - answers, want, "reply: %d", racer.ret);
		while (f->n_out > 1)
			kfree(f->out[--f->n_out].bytes);
	}
	destroy_work_on_stack(&racer.work);
}

/* Whatever bytes come: an answer exactly to what can be answered, and nothing leaks. */
static void any_bytes(struct kunit *test)
{
	struct fake *f = ready(test);
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
		while (f->n_out > 1)
			kfree(f->out[--f->n_out].bytes);
	}
	KUNIT_EXPECT_EQ(test, f->ch.stats.in, 2001);
}

static struct kunit_case channel_cases[] = {
	KUNIT_CASE(negotiates),
	KUNIT_CASE(withholds_versions),
	KUNIT_CASE(refuses),
	KUNIT_CASE(refusal_takes_versions_back),
	KUNIT_CASE_PARAM(refuses_bad_lists, lists_gen_params),
	KUNIT_CASE(unnegotiated),
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
	KUNIT_CASE(ring_full),
	KUNIT_CASE(ring_full_then_signal),
	KUNIT_CASE(ring_full_then_close),
	KUNIT_CASE(host_gone),
	KUNIT_CASE(deferred),
	KUNIT_CASE(knows_what_is_deferred),
	KUNIT_CASE(deferred_by_the_right_deadline),
	KUNIT_CASE(deferred_and_taken_back),
	KUNIT_CASE(aborted_by_the_next),
	KUNIT_CASE_PARAM(deferred_fails, error_gen_params),
	KUNIT_CASE_PARAM(deferred_cannot_be_encoded, error_gen_params),
	KUNIT_CASE(deferred_times_out),
	KUNIT_CASE(deferred_among_others),
	KUNIT_CASE(renegotiated_in_flight),
	KUNIT_CASE(renegotiated_then_next),
	KUNIT_CASE(deferred_ring_full),
	KUNIT_CASE(deferred_behind_another),
	KUNIT_CASE(closed_in_flight),
	KUNIT_CASE(rescinded_in_flight),
	KUNIT_CASE(closed_with_full_ring),
	KUNIT_CASE(closed_with_packets),
	KUNIT_CASE(reopened),
	KUNIT_CASE(host_talks_before_open_returns),
	KUNIT_CASE(signal_lost_in_open),
	KUNIT_CASE(open_fails),
	KUNIT_CASE(open_fails_in_flight),
	KUNIT_CASE(open_fails_with_full_ring),
	KUNIT_CASE(start_fails),
	KUNIT_CASE(handle_is_enough),
	KUNIT_CASE(names_its_state),
	KUNIT_CASE_PARAM(reply_races, against_gen_params),
	KUNIT_CASE(any_bytes),
	{}
};

static struct kunit_suite channel_suite = {
	.name = "hv_ic_channel",
	.init = channel_init,
	.exit = channel_exit,
	.test_cases = channel_cases,
};

kunit_test_suite(channel_suite);
