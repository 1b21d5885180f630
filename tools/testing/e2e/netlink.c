// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink as the host sees it: health in the heartbeat, services that are switched off, a
 * handler that decides about shutdown. guest/genl.c talks to the family in the guest.
 */
#include "e2e.h"
#include "poweroff.h"

#include <time.h>

static const struct shutdown_order power_off = { .reason = SHUTDOWN_REASON_PLANNED };

static const struct shutdown_order restart = {
	.flags = WIRE_SHUTDOWN_RESTART, .reason = SHUTDOWN_REASON_PLANNED,
};

/* The family itself. */

static void refuses(struct test *t)
{
	test_run(t, 0, "genl check");
}

static void unprivileged_user(struct test *t)
{
	test_run(t, 0, "genl unprivileged");
}

static void flooded(struct test *t)
{
	test_run(t, 0, "genl flood 3000");
}

/* Unloading the module takes back whatever was set. */
static void fuzzed(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_run(t, 0, "genl fuzz 1 %d", test_has(t, "/sys/kernel/debug/kmemleak") ? 5000 : 20000);
	test_unload(t);
	test_load(t, "");
	EXPECT_RESULT(ic_wait_ready(hb), 0);
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

static void switches(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	for (int i = 0; i < 5; i++) {
		test_run(t, 0, "genl switch 1 0");
		EXPECT_STR(test_attribute(t, hb, "state"), "disabled");
		EXPECT_STR(test_run(t, 0, "cat /sys/module/hv_ic/parameters/heartbeat"), "N");
		test_run(t, 0, "genl switch 1 1");
		EXPECT_RESULT(ic_wait_ready(hb), 0);
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
	}
}

/* Health. */

static void expect_health(struct test *t, const char *expected)
{
	uint32_t state;

	EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), &state), 0);
	EXPECT_STR(heartbeat_state_name(state), expected);
}

static void worst_report(struct test *t)
{
	test_ready(t, &ic_heartbeat);
	expect_health(t, "unknown");
	test_run(t, 0, "genl health web 1");
	expect_health(t, "healthy");
	test_run(t, 0, "genl health database 2");
	expect_health(t, "critical");
	test_run(t, 0, "genl health web 1");
	expect_health(t, "critical");
	test_run(t, 0, "genl health database 1");
	expect_health(t, "healthy");
	test_run(t, 0, "genl health database 2");
	test_run(t, 0, "genl clear database");
	expect_health(t, "healthy");
	test_run(t, 0, "genl clear web");
	expect_health(t, "unknown");
}

/* A reporter that stops reporting is critical until it reports again. */
static void expired_report(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_run(t, 0, "genl health web 1 1");
	test_until_shown(t, hb->service, "app_state critical");
	expect_health(t, "critical");
	test_run(t, 0, "genl health web 1 86400000");
	expect_health(t, "healthy");
	test_run(t, 0, "genl clear web");
	expect_health(t, "unknown");
}

/* Events. */

static void stop_genl(struct test *t, void *context)
{
	test_run(t, 0, "procs -KILL -w genl");
}

/* "secret" must not be in an event; the listener would report it. */
static void start_listening(struct test *t)
{
	test_run(t, 0, "genl listen secret >/tmp/events 2>&1 &");
	test_until(t, "grep -qx listening /tmp/events");
	test_defer(t, stop_genl, NULL);
}

/* Expects the phases of all events of a kind; none was lost, and none told the secret. */
static void expect_heard(struct test *t, const char *kind, const char *expected)
{
	test_until(t, "echo $(sed -n 's/^%s //p' /tmp/events) | grep -qx '%s'", kind, expected);
	test_run(t, 1, "grep -e lost -e told /tmp/events");
}

static void state_heard(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	start_listening(t);
	test_reopen(t, hb);
	EXPECT_RESULT(ic_wait_ready(hb), 0);
	/* closed, absent; closed, negotiating, ready */
	expect_heard(t, "service 1", "2 0 2 3 4");
}

static void health_heard(struct test *t)
{
	start_listening(t);
	test_run(t, 0, "genl health web 1");
	test_run(t, 0, "genl health web 1 86400000");
	test_run(t, 0, "genl health db 1 1");
	/* set twice and expired; a renewal is no event */
	expect_heard(t, "health [02]", "1 1 2");
	test_run(t, 0, "genl clear db");
	test_run(t, 0, "genl clear web");
	expect_heard(t, "health 1", "1 0");
}

static void right_again(struct test *t, void *context)
{
	test_run(t, 0, "date -s @%lld", (long long)time(NULL));
}

static void time_heard(struct test *t)
{
	struct ic *ts = test_ready(t, &ic_timesync);
	struct timesync_stamp stamp;

	start_listening(t);
	test_defer(t, right_again, NULL);
	EXPECT_EQ(timesync_now(t->host, 864000000000, WIRE_TIME_SYNC, &stamp), 0);
	stamp.stratum = 7;
	EXPECT_RESULT(timesync_send(ts, &stamp), 0);
	expect_heard(t, "sample", "7");
	expect_heard(t, "step", "0");
}

static void backup_heard(struct test *t)
{
	struct ic *vss = test_served(t, &ic_vss);

	start_listening(t);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	EXPECT_RESULT(vss_complete(vss), 0);
	/* freezing, frozen, thawing, thawed, complete */
	expect_heard(t, "vss", "0 1 2 3 6");
}

static void copy_heard(struct test *t)
{
	struct fcopy_source source = fcopy_memory("some bytes", 10);
	struct ic *fc = test_served(t, &ic_fcopy);

	test_run(t, 0, "rm -rf /tmp/copy; mkdir /tmp/copy");
	start_listening(t);
	EXPECT_RESULT(fcopy_copy(fc, &source, "/tmp/copy", "secret", 0), 0);
	/* started, complete */
	expect_heard(t, "fcopy", "0 2");
	EXPECT_FAILURE(fcopy_copy(fc, &source, "/tmp/copy", "secret", 0));
	/* failed: it exists */
	expect_heard(t, "fcopy", "0 2 3");
	EXPECT_RESULT(fcopy_start(fc, "/tmp/copy", "other", 0, 100), 0);
	EXPECT_RESULT(fcopy_cancel(fc), 0);
	/* started, cancelled */
	expect_heard(t, "fcopy", "0 2 3 0 4");
}

/* A handler of shutdown requests. */

static void start_handler(struct test *t, const char *answers)
{
	test_run(t, 0, "genl handler %s >/tmp/handler 2>&1 &", answers);
	test_until(t, "grep -qx attached /tmp/handler");
	test_defer(t, stop_genl, NULL);
}

static void expect_told(struct test *t, const char *what)
{
	test_until(t, "grep -q '^%s ' /tmp/handler", what);
}

static void handled(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	start_handler(t, "accepted done");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	expect_told(t, "act action=0 phase=2 force=0 reason=0x80000000");
	test_run(t, 0, "procs -w genl");
	poweroff_idle(t);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), WIRE_E_SHUTDOWN_IN_PROGRESS);
}

static void held_back(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	start_handler(t, "locked unsupported accepted done");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), WIRE_E_MACHINE_LOCKED);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), WIRE_E_NOT_SUPPORTED);
	poweroff_idle(t);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	expect_told(t, "act");
	test_run(t, 0, "procs -w genl");
	poweroff_idle(t);
}

static void told_all(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);
	const struct shutdown_order order = {
		.flags = WIRE_SHUTDOWN_RESTART | WIRE_SHUTDOWN_FORCE,
		.reason = 0x80020003,
		.timeout = 77,
		.text = "Wartung um drei",
	};

	poweroff_catch(t);
	start_handler(t, "accepted done");
	EXPECT_RESULT(shutdown_ask(sd, &order), 0);
	expect_told(t, "ask action=1 phase=0 force=1 reason=0x80020003 timeout=77 text=Wartung um");
}

/* It answers neither question. */
static void silent(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	start_handler(t, "silent");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	poweroff_acted(t, "poweroff");
}

static void dead_while_asked(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);
	struct ic_request *r = shutdown_request(sd, &power_off);
	ic_result result;

	poweroff_catch(t);
	start_handler(t, "silent");
	EXPECT_RESULT(ic_wait_ready(sd), 0);
	EXPECT_RESULT(ic_post(r, 0), 0);
	expect_told(t, "ask");
	stop_genl(t, NULL);
	result = ic_wait(r);
	ic_request_free(r);
	EXPECT_RESULT(result, 0);
	poweroff_acted(t, "poweroff");
}

/* It accepts the request, and then does not carry it out. */
static void unreliable(struct test *t)
{
	static const char *const answers[] = { "accepted", "accepted failed", "accepted silent" };

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		test_note(t, "%s", answers[i]);
		poweroff_catch(t);
		start_handler(t, answers[i]);
		EXPECT_RESULT(shutdown_ask(test_ready(t, &ic_shutdown), &power_off), 0);
		poweroff_acted(t, "poweroff");
		test_undo(t);
	}
}

/* It has been told to act when the device goes: nobody would hear that it did not. */
static void unbound_while_acting(struct test *t)
{
	poweroff_catch(t);
	start_handler(t, "accepted silent");
	EXPECT_RESULT(shutdown_ask(test_ready(t, &ic_shutdown), &power_off), 0);
	expect_told(t, "act");
	test_run(t, 0, "echo %s > /sys/bus/vmbus/drivers/hv_ic/unbind", ic_shutdown.instance);
	poweroff_acted(t, "poweroff");
}

/* The handler is not asked about what policy denies. */
static void denied_unasked(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	start_handler(t, "accepted done");
	test_parameter(t, "shutdown_poweroff", "deny");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), WIRE_E_ACCESS_DENIED);
	test_run(t, 1, "grep -q ask /tmp/handler");
	poweroff_idle(t);
}

/* The host negotiates before the handler answers: the answer must go nowhere. */
static void negotiated_while_asked(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);
	struct ic_request *r = shutdown_request(sd, &power_off);

	poweroff_catch(t);
	EXPECT_RESULT(ic_wait_ready(sd), 0);
	start_handler(t, "silent");
	EXPECT_RESULT(ic_post(r, 0), 0);
	expect_told(t, "ask");
	EXPECT_RESULT(ic_negotiate(sd), 0);
	ic_request_free(r);
	stop_genl(t, NULL);
	poweroff_idle(t);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	poweroff_acted(t, "poweroff");
}

/* A host that takes its request back again and again does not fill the log. */
static void log_limited(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);
	int lines;

	poweroff_catch(t);
	EXPECT_RESULT(ic_wait_ready(sd), 0);
	start_handler(t, "silent");
	test_run(t, 0, "dmesg -c >/dev/null");
	for (int i = 0; i < 100; i++) {
		struct ic_request *r = shutdown_request(sd, &power_off);

		EXPECT_RESULT(ic_post(r, 0), 0);
		EXPECT_RESULT(ic_negotiate(sd), 0);
		ic_request_free(r);
	}
	lines = atoi(test_run(t, 0, "dmesg | grep -c 'request received'"));
	if (lines < 1 || lines > 50)
		FAIL("100 requests made %d lines", lines);
	stop_genl(t, NULL);
}

static void rescinded_while_asked(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);
	struct ic_request *r = shutdown_request(sd, &power_off);

	poweroff_catch(t);
	EXPECT_RESULT(ic_wait_ready(sd), 0);
	start_handler(t, "silent");
	EXPECT_RESULT(ic_post(r, 0), 0);
	expect_told(t, "ask");
	test_reopen(t, sd);
	ic_request_free(r);
	stop_genl(t, NULL);
	poweroff_idle(t);
	EXPECT_RESULT(shutdown_ask(test_ready(t, &ic_shutdown), &power_off), 0);
	poweroff_acted(t, "poweroff");
}

/* Grace. */

static void begin_grace(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	poweroff_catch(t);
	test_parameter(t, "shutdown_poweroff", "notify");
	test_parameter(t, "shutdown_grace", "3600");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
}

static void cancelled(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	begin_grace(t);
	test_run(t, 0, "genl cancel");
	test_run(t, 1, "genl cancel");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	test_run(t, 0, "genl cancel");
	poweroff_idle(t);
}

static void grace_heard(struct test *t)
{
	start_listening(t);
	begin_grace(t);
	test_run(t, 0, "genl cancel");
	/* granted, cancelled */
	expect_heard(t, "shutdown 0", "1 6");
	test_parameter(t, "shutdown_reboot", "deny");
	EXPECT_RESULT(shutdown_ask(test_ic(t, &ic_shutdown), &restart), WIRE_E_ACCESS_DENIED);
	/* refused */
	expect_heard(t, "shutdown 1", "5");
}

static void hurried(struct test *t)
{
	begin_grace(t);
	test_run(t, 0, "genl now");
	poweroff_acted(t, "poweroff");
	test_run(t, 1, "genl cancel");
}

const struct test_case netlink_cases[] = {
	{ .name = "netlink_refuses", .run = refuses, .only = ONLY_HV_IC },
	{ .name = "netlink_unprivileged", .run = unprivileged_user, .only = ONLY_HV_IC },
	{ .name = "netlink_flood", .run = flooded, .only = ONLY_HV_IC },
	{ .name = "netlink_fuzzed", .run = fuzzed, .only = ONLY_HV_IC },
	{ .name = "netlink_switches", .run = switches, .only = ONLY_HV_IC },
	{ .name = "health_worst_report", .run = worst_report, .only = ONLY_HV_IC },
	{ .name = "health_expired_report", .run = expired_report, .only = ONLY_HV_IC },
	{ .name = "events_state", .run = state_heard, .only = ONLY_HV_IC },
	{ .name = "events_health", .run = health_heard, .only = ONLY_HV_IC },
	{ .name = "events_time", .run = time_heard, .only = ONLY_HV_IC },
	{ .name = "events_backup", .run = backup_heard, .only = ONLY_HV_IC },
	{ .name = "events_copy", .run = copy_heard, .only = ONLY_HV_IC },
	{ .name = "events_grace", .run = grace_heard, .only = ONLY_HV_IC },
	{ .name = "handler_accepted", .run = handled, .only = ONLY_HV_IC },
	{ .name = "handler_locked", .run = held_back, .only = ONLY_HV_IC },
	{ .name = "handler_told_all", .run = told_all, .only = ONLY_HV_IC },
	{ .name = "handler_silent", .run = silent, .only = ONLY_HV_IC },
	{ .name = "handler_dead_while_asked", .run = dead_while_asked, .only = ONLY_HV_IC },
	{ .name = "handler_unreliable", .run = unreliable, .only = ONLY_HV_IC },
	{ .name = "handler_unbound_while_acting", .run = unbound_while_acting, .only = ONLY_HV_IC },
	{ .name = "handler_denied_unasked", .run = denied_unasked, .only = ONLY_HV_IC },
	{ .name = "handler_negotiated_while_asked", .run = negotiated_while_asked,
	  .only = ONLY_HV_IC },
	{ .name = "handler_log_limited", .run = log_limited, .only = ONLY_HV_IC },
	{ .name = "handler_rescinded_while_asked", .run = rescinded_while_asked,
	  .only = ONLY_HV_IC },
	{ .name = "grace_cancelled", .run = cancelled, .only = ONLY_HV_IC },
	{ .name = "grace_hurried", .run = hurried, .only = ONLY_HV_IC },
	{ 0 }
};
