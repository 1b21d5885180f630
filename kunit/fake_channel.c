// SPDX-License-Identifier: GPL-2.0
/* A bus of two arrays, and a host at its other end. */
#include "fake_channel.h"

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>

/* --- The bus. ------------------------------------------------------------- */

static int fake_open(void *bus)
{
	struct fake_channel *f = bus;

	/* The host may signal before there are rings. */
	if (f->during_open)
		f->during_open(f);
	f->rings = !f->open_ret;
	return f->open_ret;
}

static void fake_close(void *bus)
{
	struct fake_channel *f = bus;

	f->strays += !f->rings;
	f->rings = false;
}

static bool fake_peek(void *bus, struct hvic_packet *packet)
{
	struct fake_channel *f = bus;
	const struct wire_packet *wire = &f->in[f->head % RING];

	f->strays += !f->rings;
	if (f->head == f->tail)
		return false;
	packet->type = wire->type;
	packet->xid = wire->xid;
	packet->payload = (struct hvic_span){ wire->bytes, wire->len };
	return true;
}

/* KASAN catches a reader that keeps a pointer into a packet. */
static void fake_consume(void *bus)
{
	struct fake_channel *f = bus;

	f->strays += !f->rings;
	kfree(f->in[f->head++ % RING].bytes);
}

static int fake_send(void *bus, const void *data, size_t len, u64 xid)
{
	struct fake_channel *f = bus;
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
	struct fake_channel *f = bus;

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

static struct device fake_dev = { .init_name = "fake" };

/* --- Before and after each test. ---------------------------------------------- */

/**
 * fake_channel_init() - make a channel, not yet open
 * @f: zeroed memory
 * @test: to fail
 * @svc: its service
 *
 * Return: what hvic_channel_init() returned.
 */
int fake_channel_init(struct fake_channel *f, struct kunit *test, const struct hvic_service *svc)
{
	f->test = test;
	return hvic_channel_init(&f->ch, svc, &fake_bus, f, &fake_dev);
}

/**
 * fake_channel_destroy() - close the channel if it is open, and undo fake_channel_init()
 * @f: the channel
 *
 * Fails the test if the channel has used rings that were not there.
 */
void fake_channel_destroy(struct fake_channel *f)
{
	fake_channel_close(f);
	hvic_channel_destroy(&f->ch);
	KUNIT_EXPECT_EQ(f->test, f->strays, 0);

	while (f->head != f->tail)
		kfree(f->in[f->head++ % RING].bytes);
	forget_answers(f, 0);
}

/**
 * fake_channel_open() - open the channel and show the service to user space
 * @f: the channel, closed
 */
void fake_channel_open(struct fake_channel *f)
{
	const struct hvic_service_ops *ops = f->ch.svc->ops;

	KUNIT_ASSERT_EQ(f->test, hvic_channel_open(&f->ch), 0);
	if (ops->opened)
		KUNIT_ASSERT_EQ(f->test, ops->opened(&f->ch), 0);
	f->shown = true;
}

/**
 * fake_channel_close() - undo fake_channel_open() as far as it is not undone
 * @f: the channel
 */
void fake_channel_close(struct fake_channel *f)
{
	const struct hvic_service_ops *ops = f->ch.svc->ops;

	if (f->shown && ops->closing)
		ops->closing(&f->ch);
	f->shown = false;
	if (hvic_channel_is_open(&f->ch))
		hvic_channel_close(&f->ch);
}

/* --- The host. ------------------------------------------------------------ */

/**
 * host_queues_packet() - put a packet into the ring without a signal
 * @f: the channel
 * @type: of the packet
 * @payload: of the packet
 * @xid: transaction id
 */
void host_queues_packet(struct fake_channel *f, u16 type, struct hvic_span payload, u64 xid)
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

/**
 * host_queues() - put a message into the ring without a signal
 * @f: the channel
 * @payload: the message
 * @xid: transaction id
 */
void host_queues(struct fake_channel *f, struct hvic_span payload, u64 xid)
{
	host_queues_packet(f, HVIC_WIRE_DESC_INBAND, payload, xid);
}

/**
 * host_sends() - put a message into the ring and signal
 * @f: the channel
 * @payload: the message
 * @xid: transaction id
 */
void host_sends(struct fake_channel *f, struct hvic_span payload, u64 xid)
{
	host_queues(f, payload, xid);
	hvic_channel_drain(&f->ch);
}

static void poke_version(u8 *at, struct hvic_version version)
{
	poke16(at, version.major);
	poke16(at + 2, version.minor);
}

/* A request of @type with zeroed room for its body. */
static struct hvic_room new_request(struct fake_channel *f, u16 type, size_t body_len)
{
	struct hvic_room room = exact_room(f->test, HEADERS + body_len, 0);

	poke32(room.data + POS_PIPE_TYPE, 1);
	poke32(room.data + POS_PIPE_SIZE, room.len - 8);
	poke16(room.data + POS_TYPE, type);
	poke16(room.data + POS_IC_SIZE, body_len);
	room.data[POS_FLAGS] = HVIC_WIRE_TRANSACTION | HVIC_WIRE_REQUEST;
	return room;
}

/**
 * host_negotiates() - offer framework 3.0 and one version of the messages
 * @f: the channel
 * @major: of that version
 * @minor: of that version
 *
 * The channel agrees on it, and forgets the answer.
 */
void host_negotiates(struct fake_channel *f, u16 major, u16 minor)
{
	struct hvic_room room = new_request(f, HVIC_WIRE_NEGOTIATE, 16);
	unsigned int answers = f->n_out;

	poke16(room.data + HEADERS, 1);
	poke16(room.data + HEADERS + 2, 1);
	poke_version(room.data + HEADERS + 8, (struct hvic_version){ 3, 0 });
	poke_version(room.data + HEADERS + 12, (struct hvic_version){ major, minor });
	host_sends(f, to_span(room), 0);
	expect_state(f, HVIC_CHANNEL_READY);
	KUNIT_EXPECT_EQ(f->test, f->n_out, answers + 1);
	forget_answers(f, answers);
}

/**
 * host_asks() - send a request of the service's type
 * @f: the channel, ready
 * @body: of the request
 * @xid: transaction id
 */
void host_asks(struct fake_channel *f, struct hvic_span body, u64 xid)
{
	struct hvic_room room = new_request(f, f->ch.svc->type, body.len);

	poke_version(room.data + POS_FRAMEWORK, f->ch.versions.framework);
	poke_version(room.data + POS_MESSAGE, f->ch.versions.message);
	memcpy(room.data + HEADERS, body.data, body.len);
	host_sends(f, to_span(room), xid);
}

/**
 * answer_at() - look at an answer
 * @f: the channel
 * @n: which, counted from 1
 *
 * Return: the whole packet.
 */
struct hvic_span answer_at(struct fake_channel *f, unsigned int n)
{
	KUNIT_ASSERT_TRUE(f->test, n && n <= f->n_out);
	return (struct hvic_span){ f->out[n - 1].bytes, f->out[n - 1].len };
}

/**
 * answer_body() - look into an answer
 * @f: the channel
 * @n: which, counted from 1
 *
 * Return: what follows its headers.
 */
struct hvic_span answer_body(struct fake_channel *f, unsigned int n)
{
	struct hvic_span answer = answer_at(f, n);

	KUNIT_ASSERT_GE(f->test, answer.len, HEADERS);
	return (struct hvic_span){ answer.data + HEADERS, answer.len - HEADERS };
}

/**
 * forget_answers() - make room in the ring to the host
 * @f: the channel
 * @keep: how many of the first to keep
 */
void forget_answers(struct fake_channel *f, unsigned int keep)
{
	while (f->n_out > keep)
		kfree(f->out[--f->n_out].bytes);
}

/**
 * expect_answer() - expect an answer that says no more than a mark
 * @f: the channel
 * @n: which answer, counted from 1
 * @request: what was asked: the answer is as long, and its marks are echoed
 * @xid: transaction id
 * @status: HRESULT
 * @mark: the first byte of the body; all others are zero
 */
void expect_answer(struct fake_channel *f, unsigned int n, struct hvic_span request, u64 xid,
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

/**
 * expect_status() - expect how an answer begins, whatever its body is
 * @f: the channel
 * @n: which answer, counted from 1
 * @xid: transaction id
 * @status: HRESULT
 */
void expect_status(struct fake_channel *f, unsigned int n, u64 xid, u32 status)
{
	struct hvic_span answer = answer_at(f, n);

	KUNIT_ASSERT_GE(f->test, answer.len, HEADERS);
	KUNIT_EXPECT_EQ(f->test, peek32(answer.data + POS_STATUS), status);
	KUNIT_EXPECT_EQ(f->test, answer.data[POS_FLAGS], 5);
	KUNIT_EXPECT_EQ(f->test, f->out[n - 1].xid, xid);
}

/**
 * expect_state() - expect that the channel has come this far
 * @f: the channel
 * @state: how far
 */
void expect_state(struct fake_channel *f, enum hvic_channel_state state)
{
	KUNIT_EXPECT_EQ(f->test, f->ch.state, state);
}

/**
 * copy_of() - copy a message, to spoil it
 * @f: the channel
 * @message: to copy
 *
 * Return: the copy.
 */
struct hvic_room copy_of(struct fake_channel *f, struct hvic_span message)
{
	struct hvic_room room = exact_room(f->test, message.len, 0);

	memcpy(room.data, message.data, message.len);
	return room;
}

/**
 * deadline_passes() - let the time for the deferred request be over
 * @f: the channel
 *
 * When it has returned, what the deadline brings about is done.
 */
void deadline_passes(struct fake_channel *f)
{
	spin_lock_bh(&f->ch.lock);
	f->ch.request.expires = jiffies;
	spin_unlock_bh(&f->ch.lock);
	mod_delayed_work(system_wq, &f->ch.request.deadline, 0);
	flush_delayed_work(&f->ch.request.deadline);
}
