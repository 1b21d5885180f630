// SPDX-License-Identifier: GPL-2.0
/* What the driver tells of messages: tracepoints, the log, events; and that no value is in them. */
#include "e2e.h"

#define SECRET "correct-horse"

/* The life of a message, and of a service. */
static void messages(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	struct ic_request *r = ic_request(hb, 0x7777, 64);

	test_trace(t);
	EXPECT_RESULT(ic_negotiate(hb), 0);
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
	EXPECT_FAILURE(ic_ask(r));
	ic_request_free(r);
	test_reopen(t, hb);
	test_ready(t, &ic_heartbeat);
	test_traced(t, "negotiate: .* framework=3\\.0 message=3\\.1 err=0$");
	test_traced(t, "request: .* type=1 len=[0-9]* err=0$");
	test_traced(t, "response: .* type=1 len=[0-9]* status=0x00000000$");
	test_traced(t, "response: .* type=30583 len=[0-9]* status=0x8");
	test_traced(t, "state: .* -> ready$");
}

/* Each operation that carries a value, in all ways in which it can end. */
static void exchange(struct test *t, struct ic *kvp)
{
	struct kvp_item item;

	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "key-" SECRET, SECRET), 0);
	EXPECT_RESULT(kvp_get(kvp, KVP_EXTERNAL, "key-" SECRET, &item), 0);
	EXPECT_STR(item.value, SECRET);
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_EXTERNAL, 0, &item), 0);
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "key-" SECRET), 0);
	EXPECT_FAILURE(kvp_delete(kvp, KVP_EXTERNAL, "key-" SECRET));
	EXPECT_ANSWER(kvp_set(kvp, KVP_AUTO, SECRET, SECRET));
	EXPECT_ANSWER(kvp_delete(kvp, KVP_AUTO, SECRET));
	test_stop_daemons(t);
	/* These are kept for the next daemon. */
	EXPECT_ANSWER(kvp_set(kvp, KVP_EXTERNAL, "key-" SECRET, SECRET));
	EXPECT_ANSWER(kvp_get(kvp, KVP_EXTERNAL, "key-" SECRET, &item));
	EXPECT_ANSWER(kvp_delete(kvp, KVP_EXTERNAL, "key-" SECRET));
}

static void stop_listening(struct test *t, void *context)
{
	test_run(t, 0, "procs -TERM genl hvic || true");
}

static void no_values(struct test *t)
{
	struct ic *kvp;

	test_trace(t);
	test_run(t, 0, "rm -rf /var/lib/hyperv; mkdir -p /var/lib/hyperv");
	test_run(t, 0, "genl listen " SECRET " > /tmp/heard 2>&1 &");
	test_run(t, 0, "hvic monitor > /tmp/seen 2>&1 &");
	test_defer(t, stop_listening, NULL);
	test_until(t, "grep -qx listening /tmp/heard");
	for (int own = 0; own <= 1; own++) {
		test_choose_daemons(t, own);
		kvp = test_served(t, &ic_kvp);
		exchange(t, kvp);
	}
	test_served(t, &ic_kvp);
	test_run(t, 0, "grep -q ^service /tmp/heard && grep -q kvp /tmp/seen");
	test_run(t, 1, "grep ^told /tmp/heard");
	test_run(t, 0, "(dmesg; hvic status -j; cat /sys/kernel/debug/hv_ic/*/*) > /tmp/said 2>&1");
	test_run(t, 0, "cat /sys/kernel/tracing/trace >> /tmp/said");
	test_run(t, 1, "cat /tmp/said /tmp/seen /tmp/hvic-kvpd.log | grep " SECRET);
}

const struct test_case trace_cases[] = {
	{ .name = "trace_messages", .run = messages, .only = ONLY_HV_IC },
	{ .name = "trace_no_values", .run = no_values, .only = ONLY_HV_IC },
	{ 0 }
};
