// SPDX-License-Identifier: GPL-2.0
/* Rings and framing: full rings, many packets in one signal, packets of any shape. */
#include "e2e.h"

/* Many packets, and one signal for all of them. */
static void beat_at_once(struct test *t, struct ic *hb)
{
	struct ic_request *beats[32];

	for (size_t i = 0; i < ARRAY_SIZE(beats); i++) {
		beats[i] = heartbeat_request(hb);
		EXPECT_RESULT(ic_post(beats[i], HV_SEND_QUIET), 0);
	}
	hv_channel_signal(hb->channel);
	for (size_t i = 0; i < ARRAY_SIZE(beats); i++) {
		EXPECT_RESULT(ic_wait(beats[i]), 0);
		ic_request_free(beats[i]);
	}
}

static void many_in_one_signal(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (int round = 0; round < 20; round++)
		beat_at_once(t, hb);
}

/* The same where a driver might read only one packet per interrupt. */
static void two_in_one_signal(struct test *t)
{
	struct shutdown_order nonsense = { .flags = 0x40000000 };
	struct ic *sd = test_ready(t, &ic_shutdown);
	struct ic_request *first = shutdown_request(sd, &nonsense);
	struct ic_request *second = shutdown_request(sd, &nonsense);

	EXPECT_RESULT(ic_post(first, HV_SEND_QUIET), 0);
	EXPECT_RESULT(ic_post(second, HV_SEND_QUIET), 0);
	hv_channel_signal(sd->channel);
	EXPECT_FAILURE(ic_wait(first));
	sd->timeout_ms = 20000;
	EXPECT_FAILURE(ic_wait(second));
	test_touch(t, sd);
	ic_request_free(first);
	ic_request_free(second);
}

static bool masked;		/* as the host sees it */

static void look_at_mask(struct ic *hb)
{
	struct hv_ring *ring = hv_channel_ring(hb->channel, HV_TO_GUEST);

	masked = ring && __atomic_load_n(&ring->control->interrupt_mask, __ATOMIC_ACQUIRE);
}

/* The host need not signal what it sends while the guest reads; otherwise it must. */
static void masked_while_read(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (int i = 0; i < 5; i++) {
		struct ic_request *r = heartbeat_request(hb);

		/* The guest has read all that came before. */
		test_run(t, 0, "true");
		look_at_mask(hb);
		EXPECT(!masked);
		r->answered = look_at_mask;
		EXPECT_RESULT(ic_ask(r), 0);
		EXPECT(masked);
		ic_request_free(r);
	}
}

static void signals_without_packets(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (int i = 0; i < 200; i++)
		hv_channel_signal(hb->channel);
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

/*
 * The host does not read. The guest's ring fills until an answer does not fit, and
 * then the host's until a request does not fit. Once the host reads again, no
 * message may be lost.
 */
static void full(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	struct ic_request *beats[4096];
	size_t n = 0, answered = 0;
	unsigned int patience = 100;

	test_touch(t, hb);
	hb->hold = true;
	while (n < ARRAY_SIZE(beats)) {
		ic_result result;

		beats[n] = heartbeat_request(hb);
		result = ic_post(beats[n], 0);
		if (!result) {
			n++;
			continue;
		}
		ic_request_free(beats[n]);
		EXPECT_RESULT(result, -EAGAIN);
		/* Is the ring full for good, or only until the guest has read? */
		if (!patience--)
			break;
		test_run(t, 0, "true");
	}
	test_note(t, "%zu requests were sent", n);
	EXPECT(n < ARRAY_SIZE(beats));
	hb->hold = false;
	ic_drain(hb);
	for (size_t i = 0; i < n; i++) {
		answered += ic_wait(beats[i]) == 0;
		if (answered <= i)
			FAIL("%zu requests, %zu answered, then none: %s", n, answered,
			     ic_result_text(-ETIMEDOUT));
		ic_request_free(beats[i]);
	}
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

/* The largest message that the protocol allows, on every service. */
static void largest(struct test *t)
{
	const struct ic_service *const *service;

	for (service = test_services(t); *service; service++) {
		struct ic *ic = test_ready(t, *service);
		struct ic_request *r = ic_request(ic, 0x7777, WIRE_BODY_MAX);

		memset(ic_body(r), 0x5a, WIRE_BODY_MAX);
		test_note(t, "%s", (*service)->name);
		EXPECT_FAILURE(ic_ask(r));
		ic_request_free(r);
		EXPECT_RESULT(ic_negotiate(ic), 0);
	}
}

static void largest_beat(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	struct ic_request *r = ic_request(hb, WIRE_HEARTBEAT, WIRE_BODY_MAX);

	r->may_set[0] = (struct ic_span) { 0, 12 };
	r->n_may_set = 1;
	EXPECT_ANSWER(ic_ask(r));
	ic_request_free(r);
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

/* Packets that end within their header cannot be answered, and do no harm. */
static void without_header(struct test *t)
{
	const struct ic_service *const *service;

	for (service = test_services(t); *service; service++) {
		struct ic *ic = test_ready(t, *service);

		for (size_t len = 0; len <= 24; len += 8) {
			struct ic_request *r = ic_request(ic, (*service)->type, 0);

			r->len = len;
			EXPECT_RESULT(ic_post(r, 0), 0);
			ic_request_free(r);
		}
		EXPECT_RESULT(ic_negotiate(ic), 0);
	}
}

/* Every service answers unknown messages with "not supported". */
static void unknown_type(struct test *t)
{
	static const uint16_t types[] = { 6, 8, 9, 0x100, 0xffff };
	const struct ic_service *const *service;

	for (service = test_services(t); *service; service++) {
		struct ic *ic = test_ready(t, *service);

		for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
			struct ic_request *r = ic_request(ic, types[i], 64);

			test_note(t, "%s, type %u", (*service)->name, types[i]);
			EXPECT_UNSUPPORTED(ic_ask(r));
			ic_request_free(r);
		}
	}
}

/* The message of one service on the channel of another. */
static void foreign_type(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	struct ic_request *r = ic_request(hb, WIRE_SHUTDOWN, sizeof(struct wire_shutdown));

	EXPECT_UNSUPPORTED(ic_ask(r));
	ic_request_free(r);
	EXPECT_EQ(hv_state(t->host), HV_RUNNING);
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

/* A message that is no transaction gets no answer. */
static void no_transaction(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (int i = 0; i < 10; i++) {
		struct ic_request *r = heartbeat_request(hb);

		ic_header(r)->flags = WIRE_REQUEST;
		EXPECT_RESULT(ic_post(r, 0), 0);
		ic_request_free(r);
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
	}
}

/* Every packet of a real host has the id 0: there is nothing to tell one from the other by. */
static void ids_of_hosts(struct test *t)
{
	const struct ic_service *const *service;
	struct ic *vss;

	for (service = test_services(t); *service; service++) {
		struct ic *ic = test_ready(t, *service);

		test_touch(t, ic);
		test_note(t, "%s", (*service)->name);
		ic->plain_ids = true;
		EXPECT_RESULT(ic_negotiate(ic), 0);
	}
	beat_at_once(t, test_ready(t, &ic_heartbeat));
	test_served(t, &ic_kvp);
	for (service = test_services(t); *service; service++)
		test_use(t, test_ready(t, *service));
	vss = test_served(t, &ic_vss);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
}

/* All ids come back, whatever their value. */
static void ids(struct test *t)
{
	static const uint64_t xids[] = { UINT64_MAX, 1ull << 63, 0xdeadbeefcafe };
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (size_t i = 0; i < ARRAY_SIZE(xids); i++) {
		struct ic_request *r = heartbeat_request(hb);

		r->xid = xids[i];
		ic_header(r)->transaction = 0x5a + i;
		EXPECT_RESULT(ic_ask(r), 0);
		ic_request_free(r);
	}
}

/* Versions in a header that were never agreed on are echoed, whatever the status. */
static void foreign_versions(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	struct ic_request *r = heartbeat_request(hb);

	ic_header(r)->framework = (struct wire_version) { 0xaaaa, 0xbbbb };
	ic_header(r)->message = (struct wire_version) { 0xcccc, 0xdddd };
	EXPECT_ANSWER(ic_ask(r));
	ic_request_free(r);
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

/* A pipe type other than data: the protocol does not say whether it is answered. */
static void pipe_type(struct test *t)
{
	static const uint32_t types[] = { 0, 2, 3, 4, 0xffffffff };
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct ic_request *r = heartbeat_request(hb);

		ic_header(r)->pipe_type = types[i];
		r->due = IC_DUE_MAYBE;
		EXPECT_RESULT(ic_post(r, 0), 0);
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
		ic_request_free(r);
	}
}

/* The sizes in the message contradict the packet. */
static void size_fields(struct test *t)
{
	static const struct {
		int pipe, message;
	} off[] = {
		{ 0, 1 }, { 0, -40 }, { 0, 30000 }, { 8, 0 }, { -60, 0 }, { -8, -8 },
		{ 1 << 30, 30000 }, { 1000, 1000 },
	};
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		struct ic_request *r = heartbeat_request(hb);

		test_note(t, "pipe size %+d, message size %+d", off[i].pipe, off[i].message);
		ic_header(r)->pipe_size += off[i].pipe;
		ic_header(r)->size += off[i].message;
		EXPECT_ANSWER(ic_ask(r));
		ic_request_free(r);
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
	}
}

/* The ring wraps at every alignment. */
static void wrap(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	unsigned int size = 7;

	for (int i = 0; i < 500; i++) {
		struct ic_request *r;

		size = (size * 1103515245u + 12345u) & 0x7fffffff;
		r = ic_request(hb, 0x7777, 8 + size % 2000);
		memset(ic_body(r), i, 8 + size % 2000);
		EXPECT_FAILURE(ic_ask(r));
		ic_request_free(r);
	}
}

/*
 * A write index far beyond the end, and packets that are longer than the ring: the guest reads
 * nonsense for as long as the channel is open, and never leaves the ring.
 */
static void index_beyond(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	struct hv_ring *ring;

	test_touch(t, hb);
	hv_lock(t->host);
	ring = hv_channel_ring(hb->channel, HV_TO_GUEST);
	for (uint32_t at = 0; ring && at < ring->size; at += HV_PAGE_SIZE)
		memset(ring->pages[at / HV_PAGE_SIZE], 0xff, HV_PAGE_SIZE);
	if (ring)
		__atomic_store_n(&ring->control->write_index, UINT32_MAX - 7, __ATOMIC_RELEASE);
	hv_unlock(t->host);
	EXPECT(ring);
	hv_channel_signal(hb->channel);
	/* So many that a place that moves on by a few bytes each time is out of the ring. */
	test_until(t, "test $(sed -n 's/^in //p' /sys/kernel/debug/hv_ic/%s/status) -gt 4500",
		   ic_heartbeat.instance);
	test_reopen(t, hb);
	EXPECT_RESULT(heartbeat_beat(test_ready(t, &ic_heartbeat), NULL), 0);
}

const struct test_case ring_cases[] = {
	{ .name = "ring_many_in_one_signal", .run = many_in_one_signal },
	{ .name = "ring_masked_while_read", .run = masked_while_read, .only = ONLY_HV_IC },
	{ .name = "ring_two_in_one_signal", .run = two_in_one_signal,
	  .peer_fails = "it reads one packet per interrupt, and none comes for the second",
	  .peer_says = "got no answer in time" },
	{ .name = "ring_signals_without_packets", .run = signals_without_packets },
	{ .name = "ring_full", .run = full,
	  .peer_fails = "it drops answers that do not fit the ring",
	  .peer_says = "n < ARRAY_SIZE(beats)" },
	{ .name = "ring_largest", .run = largest,
	  .peer_fails = "its rings do not hold the largest message",
	  .peer_says = "got Message too long" },
	{ .name = "ring_largest_beat", .run = largest_beat,
	  .peer_fails = "its rings do not hold the largest message",
	  .peer_says = "got Message too long" },
	{ .name = "ring_without_header", .run = without_header,
	  .peer_fails = "it takes an empty packet for an empty ring",
	  .peer_says = "got no answer in time" },
	{ .name = "ring_unknown_type", .run = unknown_type,
	  .peer_fails = "KVP and VSS drop unknown messages",
	  .peer_says = "got no answer in time" },
	{ .name = "ring_foreign_type", .run = foreign_type },
	{ .name = "ring_no_transaction", .run = no_transaction,
	  .peer_fails = "it answers what is no transaction",
	  .peer_says = "a broken rule of heartbeat: ring transaction id" },
	{ .name = "ring_ids_of_hosts", .run = ids_of_hosts },
	{ .name = "ring_ids", .run = ids },
	{ .name = "ring_foreign_versions", .run = foreign_versions },
	{ .name = "ring_pipe_type", .run = pipe_type },
	{ .name = "ring_size_fields", .run = size_fields,
	  .peer_fails = "it echoes a size that does not cover its answer",
	  .peer_says = "a broken rule of heartbeat: message size 0" },
	{ .name = "ring_wrap", .run = wrap },
	{ .name = "ring_index_beyond", .run = index_beyond, .only = ONLY_HV_IC },
	{ 0 }
};
