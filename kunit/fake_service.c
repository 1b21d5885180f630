// SPDX-License-Identifier: GPL-2.0
/* A service that counts what it is told, and answers with a mark, now or later. */
#include "fake_service.h"

#include <linux/errno.h>
#include <linux/string.h>

#include "vectors/heartbeat.h"
#include "vectors/negotiate.h"

const struct hvic_span heartbeat = SPAN(vec_heartbeat);
const struct hvic_span negotiate = SPAN(vec_nego_heartbeat);
const struct hvic_span future = SPAN(vec_nego_future);

const struct error_row error_rows[FAKE_ERRORS] = {
	{ "too short", -EBADMSG, 0x80070057, true },
	{ "denied", -EACCES, 0x80070005, false },
	{ "busy", -EBUSY, 0x800700aa, false },
	{ "no better word", -EIO, 0x80004005, false },
	{ "a daemon's, of its own work", -EINPROGRESS, 0x80004005, false },
};

static struct fake_service *service_of(struct hvic_channel *ch)
{
	struct fake_channel *f = ch->bus_data;

	return f->service;
}

static int fake_start(struct hvic_channel *ch)
{
	struct fake_service *s = service_of(ch);

	s->starts++;
	return s->start_ret;
}

static void fake_stop(struct hvic_channel *ch)
{
	service_of(ch)->stops++;
}

static void fake_reset(struct hvic_channel *ch)
{
	service_of(ch)->resets++;
}

static void fake_ready(struct hvic_channel *ch)
{
	service_of(ch)->readies++;
}

/* Writes what must not reach the host if it fails afterwards. */
static int fake_write(const struct fake_service *s, struct hvic_room body, u8 mark)
{
	if (s->ret) {
		memset(body.data, 0xcc, body.len);
		return s->ret;
	}
	if (body.len)
		body.data[0] = mark;
	return body.len;
}

/**
 * fake_service_handle() - serve a request as the test has said
 * @ch: the channel
 * @msg: the request
 * @body: room for the answer
 *
 * Return: as struct hvic_service_ops says of handle().
 */
int fake_service_handle(struct hvic_channel *ch, const struct hvic_msg *msg,
			struct hvic_room body)
{
	struct fake_service *s = service_of(ch);

	s->handled++;
	if (s->abort)
		hvic_channel_abort(ch, -EIO);
	if (s->defer) {
		u64 id = s->slow ? hvic_channel_defer_slow(ch, msg) :
				   hvic_channel_defer(ch, msg);

		if (!id)
			return -EBUSY;
		s->id = id;
		if (s->take_back) {
			hvic_channel_take_back(ch);
			return -ENOTCONN;
		}
		memset(body.data, 0xcc, body.len);
		return -EINPROGRESS;
	}
	return fake_write(s, body, MARK);
}

static void fake_answered(struct hvic_channel *ch)
{
	struct fake_channel *f = ch->bus_data;

	f->service->answered++;
	f->service->answered_at = f->n_out;
}

static int fake_encode(struct hvic_channel *ch, struct hvic_room body, const void *reply)
{
	return fake_write(service_of(ch), body, *(const u8 *)reply);
}

static const struct hvic_service_ops fake_ops = {
	.start = fake_start,
	.stop = fake_stop,
	.reset = fake_reset,
	.ready = fake_ready,
	.handle = fake_service_handle,
	.answered = fake_answered,
	.encode = fake_encode,
};

static const struct hvic_version fake_versions[] = { { 3, 1 }, { 3, 0 }, { 1, 0 } };

/* --- Before and after each test. --------------------------------------------- */

/**
 * fake_service_init() - make a channel of the fake service, not yet open
 * @test: its priv becomes the channel
 *
 * Return: 0 or a negative errno.
 */
int fake_service_init(struct kunit *test)
{
	struct fake_channel *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct fake_service *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_NOT_NULL(test, s);
	s->enabled = true;
	s->svc = (struct hvic_service){
		.name = "fake",
		.type = HVIC_WIRE_HEARTBEAT,
		.versions = fake_versions,
		.n_versions = ARRAY_SIZE(fake_versions),
		.withheld = &s->withheld,
		.deadline = FAR,
		.slow_deadline = 2 * FAR,
		.enabled = &s->enabled,
		.ops = &fake_ops,
	};
	f->service = s;
	test->priv = f;
	return fake_channel_init(f, test, &s->svc);
}

/**
 * fake_service_exit() - undo fake_service_init()
 * @test: its priv is the channel
 */
void fake_service_exit(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	fake_channel_destroy(f);
	KUNIT_EXPECT_EQ(test, f->service->starts, 1);
	KUNIT_EXPECT_EQ(test, f->service->stops, 1);
}

/**
 * opened() - open the channel
 * @test: its priv is the channel
 *
 * Return: the channel.
 */
struct fake_channel *opened(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);
	return f;
}

/**
 * ready() - open the channel and agree on versions; that is answer number 1
 * @test: its priv is the channel
 *
 * Return: the channel.
 */
struct fake_channel *ready(struct kunit *test)
{
	struct fake_channel *f = opened(test);

	host_sends(f, negotiate, 1);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	KUNIT_ASSERT_EQ(test, f->ch.state, HVIC_CHANNEL_READY);
	return f;
}

/**
 * deferring() - come as far as a deferred request, with xid 2
 * @test: its priv is the channel
 *
 * Return: the channel.
 */
struct fake_channel *deferring(struct kunit *test)
{
	struct fake_channel *f = ready(test);

	f->service->defer = true;
	host_sends(f, heartbeat, 2);
	KUNIT_ASSERT_NE(test, f->service->id, 0);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	return f;
}

/**
 * reply_with() - complete the request that was deferred last
 * @f: the channel
 * @err: 0, or why it has failed
 *
 * Return: what hvic_channel_complete() returned.
 */
int reply_with(struct fake_channel *f, int err)
{
	static const u8 reply = LATER_MARK;

	return hvic_channel_complete(&f->ch, f->service->id, err, &reply);
}
