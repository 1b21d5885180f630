// SPDX-License-Identifier: GPL-2.0
/* Heartbeat: sequence, application state, odd sizes of the body. */
#include "e2e.h"

static void sequence(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (int i = 0; i < 1000; i++)
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

static void wrap(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	hb->sequence = UINT64_MAX - 4;
	for (int i = 0; i < 4; i++)
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

/* There is no report on applications; monitoring tools then expect exactly "unknown". */
static void state_unknown(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	uint32_t state;

	EXPECT_RESULT(heartbeat_beat(hb, &state), 0);
	EXPECT_STR(heartbeat_state_name(state), "unknown");
}

/* The state in the answer is the guest's, whatever the host has left in its field. */
static void state_not_echoed(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	struct ic_request *r = heartbeat_request(hb);
	const struct wire_heartbeat *answer = ic_answer(r);

	((struct wire_heartbeat *)ic_body(r))->application_state = HEARTBEAT_CRITICAL;
	EXPECT_RESULT(ic_ask(r), 0);
	EXPECT_STR(heartbeat_state_name(answer->application_state), "unknown");
	ic_request_free(r);
}

/* A beat with a body of any size that holds the sequence number. */
static ic_result beat_of_size(struct ic *hb, size_t body)
{
	struct ic_request *r = ic_request(hb, WIRE_HEARTBEAT, body);
	ic_result result;

	r->may_set[0] = (struct ic_span) { 0, body < 12 ? 8 : 12 };
	r->n_may_set = 1;
	result = ic_ask(r);
	ic_request_free(r);
	return result;
}

static void body_sizes(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (size_t body = 8; body <= 64; body++)
		EXPECT_RESULT(beat_of_size(hb, body), 0);
}

static void body_too_short(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	/* 28 and 36 bytes of header and body lie in 32 and 40 bytes of ring. */
	for (size_t body = 0; body <= 4; body += 4)
		EXPECT_FAILURE(beat_of_size(hb, body));
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

static void counters(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	long in = atol(test_status(t, hb, "in")), out = atol(test_status(t, hb, "out"));

	EXPECT(in > 0);
	for (int i = 0; i < 10; i++)
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
	EXPECT_EQ(atol(test_status(t, hb, "in")), in + 10);
	EXPECT_EQ(atol(test_status(t, hb, "out")), out + 10);
	EXPECT_STR(test_status(t, hb, "state"), "ready");
}

const struct test_case heartbeat_cases[] = {
	{ .name = "heartbeat_sequence", .run = sequence },
	{ .name = "heartbeat_wrap", .run = wrap },
	{ .name = "heartbeat_state_unknown", .run = state_unknown },
	{ .name = "heartbeat_state_not_echoed", .run = state_not_echoed,
	  .peer_fails = "it never writes the application state",
	  .peer_says = "expected \"unknown\", got \"critical\"" },
	{ .name = "heartbeat_body_sizes", .run = body_sizes },
	{ .name = "heartbeat_body_too_short", .run = body_too_short,
	  .peer_fails = "it drops short requests without an answer",
	  .peer_says = "got no answer in time" },
	{ .name = "heartbeat_counters", .run = counters, .only = ONLY_HV_IC },
	{ 0 }
};
