// SPDX-License-Identifier: GPL-2.0
/* Negotiation: every version alone, none in common, malformed requests, many times. */
#include "e2e.h"

/* What each driver agrees to, by service. */
static const struct {
	const struct ic_service *service;
	struct ic_versions hv_ic, hv_utils;
} known[] = {
	{ &ic_heartbeat, IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 3, 1 }),
	  IC_VERSIONS({ 1, 0 }, { 3, 0 }) },
	{ &ic_shutdown, IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 3, 1 }, { 3, 2 }),
	  IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 3, 1 }, { 3, 2 }) },
	{ &ic_timesync, IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 4, 0 }),
	  IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 4, 0 }) },
	{ &ic_kvp, IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 4, 0 }, { 5, 0 }),
	  IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 4, 0 }) },
	{ &ic_vss, IC_VERSIONS({ 5, 0 }), IC_VERSIONS({ 5, 0 }) },
	{ &ic_fcopy, IC_VERSIONS({ 1, 1 }), IC_VERSIONS({ 1, 1 }) },
};

static const struct ic_versions *versions_of(struct test *t, const struct ic_service *service)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].service == service)
			return t->peer == HV_IC ? &known[i].hv_ic : &known[i].hv_utils;
	FAIL("no versions listed for %s", service->name);
}

static void expect_versions(struct test *t, struct ic *ic, struct wire_version framework,
			    struct wire_version message)
{
	EXPECT_EQ(ic->framework.major, framework.major);
	EXPECT_EQ(ic->framework.minor, framework.minor);
	EXPECT_EQ(ic->message.major, message.major);
	EXPECT_EQ(ic->message.minor, message.minor);
}

static void highest(struct test *t)
{
	const struct ic_service *const *service;

	for (service = test_services(t); *service; service++) {
		const struct ic_versions *versions = versions_of(t, *service);
		struct ic *ic = test_ready(t, *service);

		expect_versions(t, ic, (struct wire_version) { 3, 0 },
				versions->v[versions->n - 1]);
		test_use(t, ic);
	}
}

static void each_version(struct test *t)
{
	const struct ic_service *const *service;

	for (service = test_services(t); *service; service++) {
		const struct ic_versions *versions = versions_of(t, *service);
		struct ic *ic = test_ready(t, *service);

		test_touch(t, ic);
		for (unsigned int i = 0; i < versions->n; i++) {
			test_note(t, "%s %u.%u alone", (*service)->name, versions->v[i].major,
				  versions->v[i].minor);
			ic->messages = (struct ic_versions) { { versions->v[i] }, 1 };
			EXPECT_RESULT(ic_negotiate(ic), 0);
			expect_versions(t, ic, (struct wire_version) { 3, 0 }, versions->v[i]);
			test_use(t, ic);
		}
	}
}

/* The first negotiation of a channel with each single version, as an old host has it. */
static void each_version_at_open(struct test *t)
{
	const struct ic_versions *versions = versions_of(t, &ic_timesync);
	struct ic *ts = test_ready(t, &ic_timesync);

	test_touch(t, ts);
	for (unsigned int i = 0; i < versions->n; i++) {
		ts->messages = (struct ic_versions) { { versions->v[i] }, 1 };
		test_reopen(t, ts);
		EXPECT_RESULT(ic_wait_ready(ts), 0);
		expect_versions(t, ts, (struct wire_version) { 3, 0 }, versions->v[i]);
		test_use(t, ts);
	}
}

static void old_framework(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_touch(t, hb);
	hb->frameworks = IC_VERSIONS({ 1, 0 });
	EXPECT_RESULT(ic_negotiate(hb), 0);
	EXPECT_EQ(hb->framework.major, 1);
	test_use(t, hb);
}

/* Order and unknown versions do not matter: the newest that both know is chosen. */
static void any_order(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	test_touch(t, sd);
	sd->frameworks = IC_VERSIONS({ 9, 9 }, { 3, 0 }, { 0, 0 }, { 1, 0 });
	sd->messages = IC_VERSIONS({ 3, 1 }, { 99, 0 }, { 3, 2 }, { 1, 0 }, { 3, 3 }, { 3, 2 });
	EXPECT_RESULT(ic_negotiate(sd), 0);
	expect_versions(t, sd, (struct wire_version) { 3, 0 }, (struct wire_version) { 3, 2 });
	test_use(t, sd);
}

/* After a refusal, a NEGOTIATE with a version in common is still agreed to. */
static void expect_refused_but_alive(struct test *t, struct ic *ic)
{
	EXPECT_RESULT(ic_negotiate(ic), -ENOTCONN);
	EXPECT_STR(ic_state_name(ic->state), "refused");
	ic_reset(ic);
	EXPECT_RESULT(ic_negotiate(ic), 0);
	test_use(t, ic);
}

static void none_in_common(struct test *t)
{
	const struct ic_service *const *service;

	for (service = test_services(t); *service; service++) {
		struct ic *ic = test_ready(t, *service);

		test_touch(t, ic);
		test_note(t, "%s", (*service)->name);
		ic->messages = IC_VERSIONS({ 0, 9 }, { 77, 0 });
		expect_refused_but_alive(t, ic);
		ic->frameworks = IC_VERSIONS({ 2, 0 }, { 65535, 65535 });
		expect_refused_but_alive(t, ic);
	}
}

/* A refusal at the very first negotiation: no service, and no version remembered. */
static void none_in_common_at_open(struct test *t)
{
	struct ic *ts = test_ready(t, &ic_timesync);

	test_touch(t, ts);
	ts->messages = IC_VERSIONS({ 7, 0 }, { 7, 1 }, { 7, 2 }, { 7, 3 }, { 7, 4 });
	test_reopen(t, ts);
	EXPECT_RESULT(ic_wait_state(ts, IC_REFUSED), 0);
	ic_reset(ts);
	EXPECT_RESULT(ic_negotiate(ts), 0);
	test_use(t, ts);
}

static void refused_attributes(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	EXPECT_STR(test_attribute(t, hb, "service"), "heartbeat");
	EXPECT_STR(test_attribute(t, hb, "state"), "ready");
	EXPECT_STR(test_attribute(t, hb, "framework_version"), "3.0");
	EXPECT_STR(test_attribute(t, hb, "message_version"), "3.1");
	test_touch(t, hb);
	hb->messages = IC_VERSIONS({ 8, 0 });
	EXPECT_RESULT(ic_negotiate(hb), -ENOTCONN);
	EXPECT_STR(test_attribute(t, hb, "state"), "refused");
	EXPECT_STR(test_attribute(t, hb, "message_version"), "none");
}

/* Without a version there is no service: a beat on a refused channel gets an error. */
static void refused_serves_nothing(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_touch(t, hb);
	hb->messages = IC_VERSIONS({ 8, 0 });
	EXPECT_RESULT(ic_negotiate(hb), -ENOTCONN);
	EXPECT_FAILURE(heartbeat_beat(hb, NULL));
}

/* Counts that contradict the length of the packet. */
static void lying_counts(struct test *t)
{
	static const uint16_t pairs[][2] = {
		{ 0, 0 }, { 0, 1 }, { 1, 0 }, { 65535, 65535 }, { 1, 65535 }, { 65535, 1 },
		{ 32768, 32768 }, { 3, 3 }, { 101, 0 }, { 0, 101 },
	};
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_touch(t, hb);
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct ic_request *r = ic_negotiate_request(hb);
		struct wire_negotiate *body = ic_body(r);

		test_note(t, "counts %u/%u", pairs[i][0], pairs[i][1]);
		body->frameworks = pairs[i][0];
		body->messages = pairs[i][1];
		EXPECT_ANSWER(ic_ask(r));
		ic_request_free(r);
		EXPECT_STR(ic_state_name(hb->state), "refused");
		EXPECT_RESULT(ic_negotiate(hb), 0);
		test_use(t, hb);
	}
}

/* A long list of versions is legal, so the only one in common is found at its end. */
static void many_versions(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	size_t n = 90;
	struct ic_request *r = ic_request(hb, WIRE_NEGOTIATE,
					  sizeof(struct wire_negotiate) + 4 * (n + 1));
	struct wire_negotiate *body = ic_body(r);

	ic_header(r)->framework = (struct wire_version) { 0, 0 };
	ic_header(r)->message = (struct wire_version) { 0, 0 };
	body->frameworks = 1;
	body->messages = n;
	body->versions[0] = (struct wire_version) { 3, 0 };
	for (size_t i = 1; i < n; i++)
		body->versions[i] = (struct wire_version) { 1000 + i, i };
	body->versions[n] = (struct wire_version) { 3, 0 };
	test_touch(t, hb);
	EXPECT_RESULT(ic_ask(r), 0);
	ic_request_free(r);
	EXPECT_STR(ic_state_name(hb->state), "ready");
	expect_versions(t, hb, (struct wire_version) { 3, 0 }, (struct wire_version) { 3, 0 });
	test_use(t, hb);
}

/* Sizes of pipe and message that contradict the packet. */
static void sizes(struct test *t)
{
	static const struct {
		int pipe, message;
	} off[] = {
		{ 0, 4 }, { 0, -4 }, { 0, 30000 }, { 4, 0 }, { -4, 0 }, { 1 << 30, 0 },
		{ -64, -16 },
	};
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_touch(t, hb);
	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		struct ic_request *r = ic_negotiate_request(hb);

		test_note(t, "pipe size %+d, message size %+d", off[i].pipe, off[i].message);
		ic_header(r)->pipe_size += off[i].pipe;
		ic_header(r)->size += off[i].message;
		EXPECT_ANSWER(ic_ask(r));
		ic_request_free(r);
		EXPECT_RESULT(ic_negotiate(hb), 0);
		test_use(t, hb);
	}
}

/* Save and restore, live migration: NEGOTIATE on a channel that is in use. */
static void again(struct test *t)
{
	for (int i = 0; i < 20; i++) {
		const struct ic_service *const *service;

		for (service = test_services(t); *service; service++) {
			struct ic *ic = test_ready(t, *service);

			EXPECT_RESULT(ic_negotiate(ic), 0);
			test_use(t, ic);
		}
	}
}

/* A NEGOTIATE while a request is on its way: it is answered or voided, and all goes on. */
static void in_flight(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (int i = 0; i < 50; i++) {
		struct ic_request *beat = ic_request(hb, WIRE_HEARTBEAT,
						     sizeof(struct wire_heartbeat));

		beat->may_set[0] = (struct ic_span) { 0, 12 };
		beat->n_may_set = 1;
		EXPECT_RESULT(ic_post(beat, 0), 0);
		EXPECT_RESULT(ic_negotiate(hb), 0);
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
		ic_request_free(beat);
	}
}

static void beat_before_negotiate(struct ic *hb)
{
	struct ic_request *beat = heartbeat_request(hb);

	hb->context = beat;
	ic_post(beat, 0);
}

static void too_early(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	ic_result result;

	test_touch(t, hb);
	hb->opened = beat_before_negotiate;
	test_reopen(t, hb);
	result = ic_wait(hb->context);
	ic_request_free(hb->context);
	EXPECT_FAILURE(result);
	EXPECT_RESULT(ic_negotiate(hb), 0);
	test_use(t, hb);
}

const struct test_case negotiate_cases[] = {
	{ .name = "negotiate_highest", .run = highest },
	{ .name = "negotiate_each_version", .run = each_version },
	{ .name = "negotiate_each_version_at_open", .run = each_version_at_open },
	{ .name = "negotiate_old_framework", .run = old_framework },
	{ .name = "negotiate_any_order", .run = any_order },
	{ .name = "negotiate_none_in_common", .run = none_in_common },
	{ .name = "negotiate_none_in_common_at_open", .run = none_in_common_at_open },
	{ .name = "negotiate_refused_attributes", .run = refused_attributes, .only = ONLY_HV_IC },
	{ .name = "negotiate_refused_serves_nothing", .run = refused_serves_nothing,
	  .peer_fails = "it answers beats without an agreed version",
	  .peer_says = "expected a failing status, got 0x00000000 success" },
	{ .name = "negotiate_counts", .run = lying_counts },
	{ .name = "negotiate_many_versions", .run = many_versions },
	{ .name = "negotiate_sizes", .run = sizes },
	{ .name = "negotiate_again", .run = again },
	{ .name = "negotiate_in_flight", .run = in_flight },
	{ .name = "negotiate_too_early", .run = too_early,
	  .peer_fails = "it answers beats before a version is agreed on",
	  .peer_says = "expected a failing status, got 0x00000000 success" },
	{ 0 }
};
