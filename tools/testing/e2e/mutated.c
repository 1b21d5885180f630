// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that are nearly right: bytes of what a host may send are exchanged at random, on every
 * channel, with our daemons behind them. After each, the service answers a valid message.
 */
#include "poweroff.h"

#include <time.h>

#define FRAMES 400
#define ANSWER_MS 30			/* most answers that are sent at all come in this time */
#define BODY_MAX 6400

static uint32_t pick(unsigned int *state, uint32_t n)
{
	return ((uint32_t)rand_r(state) << 16 ^ rand_r(state)) % n;
}

/* The message before it is spoilt: an operation of the service, or a NEGOTIATE. */
static struct ic_request *make(struct ic *ic, unsigned int *state)
{
	static const size_t sizes[] = {
		sizeof(struct wire_heartbeat), sizeof(struct wire_shutdown),
		sizeof(struct wire_vss_basic), sizeof(struct wire_vss_freeze),
		sizeof(struct wire_fcopy_start), sizeof(struct wire_fcopy_write), BODY_MAX,
	};
	struct ic_request *r;
	uint8_t *body;
	size_t size;

	if (!pick(state, 8))
		return ic_negotiate_request(ic);
	size = sizes[pick(state, ARRAY_SIZE(sizes))];
	r = ic_request(ic, ic->service->type, size);
	body = ic_body(r);
	/* Operations, pools and lengths are small numbers. */
	for (int i = 0; i < 16; i++)
		body[pick(state, pick(state, 2) ? 16 : size)] = pick(state, 16);
	return r;
}

/* Of a NEGOTIATE only what it offers: the host cannot say which answer to another one is right. */
static void spoil(struct ic_request *r, unsigned int *state)
{
	const struct wire_header whole = *ic_header(r);
	const size_t len = r->len;

	for (unsigned int n = pick(state, 6); n; n--) {
		uint8_t *byte = r->bytes + pick(state, pick(state, 2) ? 64 : r->len);
		uint8_t values[] = { 0, 0xff, 0x80, *byte ^ 1 << pick(state, 8), pick(state, 256) };

		*byte = values[pick(state, ARRAY_SIZE(values))];
	}
	if (!pick(state, 8))
		r->len = pick(state, r->len + 64);
	if (ic_header(r)->type == WIRE_NEGOTIATE) {
		*ic_header(r) = whole;
		ic_header(r)->type = WIRE_NEGOTIATE;
		r->len = len;
	}
	r->due = IC_DUE_MAYBE;
	r->may_set[0] = (struct ic_span) { 0, WIRE_PACKET_MAX };
	r->n_may_set = 1;
}

/*
 * Silence is fine, and so is any status; but an answer is held against the rules only until the
 * next NEGOTIATE, which makes it void.
 */
static void await_answer(struct test *t, struct ic *ic, struct ic_request *r)
{
	unsigned int timeout_ms = ic->timeout_ms;
	ic_result result;

	ic->timeout_ms = ANSWER_MS;
	result = ic_wait(r);
	ic->timeout_ms = timeout_ms;
	if (result == -EPROTO)
		FAIL("a wrong answer: %s", ic->violation);
}

static void play_frame(struct test *t, unsigned int seed)
{
	unsigned int state = seed;
	struct ic *ic = t->ics[pick(&state, IC_COUNT)];
	struct ic_request *r = make(ic, &state);

	spoil(r, &state);
	test_note(t, "SEED=%u: %s, %zu bytes, type %u, flags %#x", seed, ic->service->name, r->len,
		  ic_header(r)->type, ic_header(r)->flags);
	EXPECT_RESULT(ic_post(r, 0), 0);
	await_answer(t, ic, r);
	ic_request_free(r);
	EXPECT_RESULT(ic_negotiate(ic), 0);
}

static void set_clock(struct test *t, void *context)
{
	test_run(t, 0, "date -s @%lld", (long long)time(NULL));
}

static void mutated(struct test *t)
{
	unsigned int frames = 0;

	for (int i = 0; i < IC_COUNT; i++) {
		test_ready(t, t->ics[i]->service);
		test_touch(t, t->ics[i]);
	}
	poweroff_catch(t);
	test_defer(t, set_clock, NULL);
	test_choose_daemons(t, true);
	test_served(t, &ic_kvp);
	test_served(t, &ic_vss);
	test_served(t, &ic_fcopy);
	for (unsigned int seed = t->seed; test_goes_on(t, "%u frames", frames) ||
	     (!t->seconds && frames < FRAMES); seed++, frames++)
		play_frame(t, seed);
}

const struct test_case mutated_cases[] = {
	{ .name = "mutated_frames", .run = mutated, .only = ONLY_HV_IC },
	{ 0 }
};
