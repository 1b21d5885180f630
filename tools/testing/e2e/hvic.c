// SPDX-License-Identifier: GPL-2.0
/* hvic at its work in the guest, verb by verb. */
#include "play.h"
#include "poweroff.h"

#define SECOND 10000000ll		/* in the host's units */

static const struct shutdown_order power_off = { .reason = SHUTDOWN_REASON_PLANNED };

/* --- Status. -------------------------------------------------------------- */

static void shows_status(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_need(t, "/usr/bin/hvic");
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
	test_says(t, 0, "hvic | grep ^heartbeat", "ready");
	test_says(t, 0, "hvic --json=short", "{\"schema\":1,\"services\":[");
	test_says(t, 0, "hvic status heartbeat --json", "\"state\": \"ready\"");
	test_says(t, 0, "hvic status heartbeat", "negotiations   ");
	test_says(t, 0, "hvic status --prometheus",
		  "\nhv_ic_service_state{service=\"heartbeat\",state=\"ready\"} 1\n");
	test_says(t, 0, "hvic status --prometheus", "\nhv_ic_shutdown_pending 0");
	/* For a terminal of 80 columns, and without colours if it is none. */
	EXPECT_STR(test_run(t, 0, "hvic | awk 'length > 80'"), "");
	EXPECT(!strchr(test_run(t, 0, "hvic"), '\033'));
	EXPECT(strchr(test_run(t, 0, "hvic --color always"), '\033'));
}

static void status_absent(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	test_ready(t, &ic_heartbeat);
	test_rescind(t, test_ic(t, &ic_heartbeat));
	test_says(t, 4, "hvic status heartbeat", "not offered");
	test_says(t, 0, "hvic", "not offered");
	test_says(t, 1, "hvic doctor", "Enable-VMIntegrationService");
	test_reopen(t, test_ic(t, &ic_heartbeat));
	test_says(t, 0, "hvic status heartbeat", "ready");
}

/* Every command without the driver: says so, and does nothing else. */
static void without_driver(struct test *t)
{
	static const char *const commands[] = {
		"status", "monitor", "time", "time set --mode ptp", "health", "health list",
		"health set web healthy", "health clear web",
		"shutdown", "shutdown status", "shutdown policy reboot deny", "shutdown cancel",
		"shutdown proceed", "service enable kvp", "service disable kvp", "release",
	};

	test_need(t, "/usr/bin/hvic");
	test_unload(t);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *said = test_run(t, 3, "hvic %s", commands[i]);

		if (!strstr(said, "not loaded"))
			FAIL("hvic %s: got \"%s\"", commands[i], said);
	}
	test_says(t, 125, "hvic health run web -- touch /tmp/ran", "not loaded");
	EXPECT(!test_has(t, "/tmp/ran"));
	test_says(t, 3, "hvic status --prometheus", "\nhv_ic_loaded 0");
	test_says(t, 1, "hvic doctor", "modprobe hv_ic");
	test_says(t, 0, "hvic --version", "not loaded");
	test_load(t, "");
	test_says(t, 0, "hvic --version", "netlink family version 1");
}

/* --- Who may, and what is nonsense. --------------------------------------- */

static void unprivileged(struct test *t)
{
	static const char *const reads[] = {
		"status", "time", "health", "shutdown", "--json", "monitor --timeout 10ms",
	};
	static const char *const writes[] = {
		"time set --mode off", "health set web critical", "health clear web",
		"shutdown policy poweroff deny", "service disable kvp", "takeover", "release",
	};

	test_need(t, "/usr/bin/hvic");
	test_ready(t, &ic_heartbeat);
	test_run(t, 0, "hvic health set web healthy");
	test_run(t, 0, "echo user:x:1000:1000::/:/bin/sh > /etc/passwd");
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++)
		test_run(t, 0, "su user -c 'hvic %s'", reads[i]);
	for (size_t i = 0; i < ARRAY_SIZE(writes); i++)
		test_run(t, 5, "su user -c 'hvic %s'", writes[i]);
	test_run(t, 125, "su user -c 'hvic health run web -- true'");
	test_says(t, 0, "hvic health", "healthy");
	test_says(t, 0, "hvic time", "Mode      sync");
	test_run(t, 0, "hvic health clear web");
}

static void nonsense(struct test *t)
{
	static const char *const commands[] = {
		"frobnicate", "status network", "status kvp vss", "time set",
		"time set --mode fast", "time set --max-step -1", "time set --max-step 1.5s",
		"time set --max-step 99999999999999999999", "time set --max-step 4294967296",
		"time set --backward maybe", "time set --implicit-gap 1d9", "health set",
		"health set web", "health set web fine", "health set '' healthy",
		"health set 'two words' healthy", "health set web healthy --ttl 0",
		"health set web healthy --ttl 100d",
		"health set 12345678901234567890123456789012 healthy", "health clear",
		"shutdown policy poweroff", "shutdown policy poweroff perhaps",
		"shutdown policy --grace 1.5s", "shutdown policy", "service enable",
		"service enable network", "monitor weather", "monitor --count 0",
		"--timeout 0 status", "--timeout soon status", "--json=xml", "takeover --json",
		"status kvp --prometheus", "status --prometheus --json",
	};

	test_need(t, "/usr/bin/hvic");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		test_run(t, 2, "hvic %s", commands[i]);
	test_run(t, 125, "hvic health run web");
	test_run(t, 125, "hvic health run web --");
	test_run(t, 125, "hvic health run 'two words' -- true");
	/* Well formed, but nothing that the driver takes. */
	test_says(t, 1, "hvic health clear nobody", "hvic: health clear: ");
	test_says(t, 1, "hvic time set --implicit-gap 0", "hvic: time set: ");
	test_says(t, 1, "hvic shutdown policy --grace 2d", "hvic: shutdown policy: ");
	test_says(t, 1, "hvic shutdown cancel", "no request of the host is under way");
	/* What cannot be written is no success. */
	test_run(t, 1, "hvic > /dev/full");
}

/* --- Steering. ------------------------------------------------------------ */

static void switches_service(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_need(t, "/usr/bin/hvic");
	test_run(t, 0, "hvic service disable heartbeat");
	EXPECT_STR(test_attribute(t, hb, "state"), "disabled");
	test_says(t, 0, "hvic", "disabled");
	test_says(t, 1, "hvic doctor", "hvic service enable heartbeat");
	test_run(t, 0, "hvic service enable heartbeat");
	EXPECT_RESULT(ic_wait_ready(hb), 0);
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

static void send_time(struct test *t, long long offset)
{
	struct timesync_stamp stamp;

	EXPECT_EQ(timesync_now(t->host, offset, WIRE_TIME_SAMPLE, &stamp), 0);
	EXPECT_RESULT(timesync_send(test_ic(t, &ic_timesync), &stamp), 0);
}

static void time_verbs(struct test *t)
{
	static const char parameter[] = "cat /sys/module/hv_ic/parameters/time_";

	test_need(t, "/usr/bin/hvic");
	test_ready(t, &ic_timesync);
	for (int i = 0; i < 5; i++)
		send_time(t, i * SECOND / 10);
	test_says(t, 0, "hvic time", "/dev/ptp");
	test_says(t, 0, "hvic time", "the last 5 samples");
	test_says(t, 0, "hvic time --json", "\"offset_ns\": ");
	test_run(t, 0, "hvic time set --mode ptp --max-step 90s --backward no --implicit-gap 2s");
	EXPECT_STR(test_run(t, 0, "%smode", parameter), "ptp");
	EXPECT_STR(test_run(t, 0, "%smax_step", parameter), "90");
	EXPECT_STR(test_run(t, 0, "%sbackward", parameter), "N");
	EXPECT_STR(test_run(t, 0, "%simplicit_gap", parameter), "2000");
	test_says(t, 0, "hvic time", "steps up to 1 min 30 s, never backward");
	test_run(t, 0, "hvic time set --mode sync --max-step 0 --backward yes --implicit-gap 5s");
	test_says(t, 0, "hvic time", "steps of any size, also backward");
}

static void expect_health(struct test *t, const char *expected)
{
	uint32_t state;

	EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), &state), 0);
	EXPECT_STR(heartbeat_state_name(state), expected);
}

static void health_verbs(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	test_ready(t, &ic_heartbeat);
	test_run(t, 0, "hvic health set web healthy --ttl 1d");
	expect_health(t, "healthy");
	test_run(t, 0, "hvic health run db -- test -d /");
	expect_health(t, "healthy");
	test_run(t, 7, "hvic health run db -- sh -c 'exit 7'");
	expect_health(t, "critical");
	test_says(t, 0, "hvic health", "db    critical");
	test_says(t, 0, "hvic health list --json=short", "\"combined\":\"critical\"");
	test_run(t, 0, "hvic health clear db");
	expect_health(t, "healthy");
	test_run(t, 124, "hvic health run db --timeout 10ms -- sleep 3600");
	expect_health(t, "critical");
	test_run(t, 127, "hvic health run db -- /no/such/program");
	test_run(t, 126, "hvic health run db -- /");
	expect_health(t, "critical");
	/* What is interrupted says nothing; what it leaves is ended. */
	test_run(t, 143, "hvic health run other -- sh -c 'kill -TERM $PPID; sleep 3600'");
	test_run(t, 0, "hvic health run db -- sh -c 'setsid sleep 4321 &'");
	EXPECT(!strstr(test_run(t, 0, "ps; hvic health"), "sleep 4321"));
	EXPECT(!strstr(test_run(t, 0, "hvic health"), "other"));
	test_run(t, 0, "hvic health set db healthy --ttl 1ms");
	test_until(t, "hvic health | grep -q expired");
	expect_health(t, "critical");
	test_run(t, 0, "hvic health clear db; hvic health clear web");
	expect_health(t, "unknown");
}

static void shutdown_verbs(struct test *t)
{
	const struct shutdown_order order = { .reason = SHUTDOWN_REASON_PLANNED,
					      .text = "one\n\x1b[2J two" };
	struct ic *sd = test_ready(t, &ic_shutdown);

	test_need(t, "/usr/bin/hvic");
	poweroff_catch(t);
	test_says(t, 0, "hvic shutdown", "handler    none");
	test_run(t, 0, "hvic shutdown policy reboot deny");
	EXPECT_STR(test_run(t, 0, "cat /sys/module/hv_ic/parameters/shutdown_reboot"), "deny");
	test_run(t, 0, "hvic shutdown policy reboot allow");
	test_run(t, 0, "hvic shutdown policy poweroff notify --grace 1h");
	EXPECT_RESULT(shutdown_ask(sd, &order), 0);
	test_says(t, 0, "hvic shutdown", "Under way: poweroff");
	test_says(t, 0, "hvic shutdown", "text     one\\x0a\\x1b[2J two");
	test_says(t, 0, "hvic shutdown --json=short", "\"pending\":{\"id\":");
	test_run(t, 0, "hvic shutdown cancel");
	test_says(t, 0, "hvic shutdown", "phase    cancelled");
	poweroff_idle(t);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	test_run(t, 0, "hvic shutdown proceed");
	poweroff_acted(t, "poweroff");
	test_run(t, 75, "hvic shutdown cancel");		/* it is too late */
	test_run(t, 0, "hvic shutdown policy poweroff allow --grace 60s");
}

/* --- Monitor. ------------------------------------------------------------- */

static void start_monitor(struct test *t, const char *arguments)
{
	test_run(t, 0, "hvic monitor %s >/tmp/monitor 2>&1 & echo $! >/tmp/monitor.pid",
		 arguments);
	/* It has joined its group when it waits for what comes. */
	test_until(t, "grep -q poll /proc/$(cat /tmp/monitor.pid)/wchan");
}

static void shows_events(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	test_ready(t, &ic_timesync);
	test_ready(t, &ic_heartbeat);
	start_monitor(t, "time --count 2");
	test_run(t, 0, "hvic health set web healthy");		/* of another group */
	send_time(t, 0);
	send_time(t, 0);
	test_until(t, "! procs hvic");
	EXPECT_STR(test_run(t, 0, "grep -c '  time     host [+-]' /tmp/monitor"), "2");
	EXPECT_STR(test_run(t, 0, "grep -c health /tmp/monitor || true"), "0");

	start_monitor(t, "--count 4 --json health state");
	test_run(t, 0, "hvic health set web critical");
	test_run(t, 0, "hvic health clear web");
	test_run(t, 0, "hvic service disable heartbeat");
	test_run(t, 0, "hvic service enable heartbeat");
	test_until(t, "! procs hvic");
	test_says(t, 0, "head -n 1 /tmp/monitor", "\"group\":\"health\",\"type\":\"health\"");
	EXPECT_STR(test_run(t, 0, "grep -c '^{.schema.:1,.time.:.20' /tmp/monitor"), "4");
	EXPECT_STR(test_run(t, 0, "grep -c lost /tmp/monitor || true"), "0");
	/* Nothing happens: in vain with a count, else as asked. */
	test_run(t, 75, "hvic monitor vss --count 1 --timeout 10ms");
	test_run(t, 0, "hvic monitor vss --timeout 10ms");
	EXPECT_RESULT(ic_wait_ready(test_ic(t, &ic_heartbeat)), 0);
}

/* Of each file system that was to be frozen: once it could not be, once it was. */
static void monitor_holds(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);
	const char *device;

	test_need(t, "/usr/bin/hvic");
	play_disk(t);
	device = test_run(t, 0, "grep ' /mnt ' /proc/self/mountinfo | cut -d ' ' -f 3");
	play_greeted(t, "vss", "disks:/mnt open serve");
	start_monitor(t, "vss --count 9");
	test_run(t, 0, "fsfreeze --freeze /mnt");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	test_run(t, 0, "fsfreeze --unfreeze /mnt");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	test_until(t, "! procs hvic");
	test_run(t, 0, "sed 's/, [^,]*s\\(,.*\\)*$//; s/.*  vss *//' /tmp/monitor > /tmp/seen");
	test_run(t, 0, "printf 'backup freezing\\nfile system %s not frozen\\nbackup failed\\n"
		 "backup thawed\\nbackup freezing\\nfile system %s frozen\\nbackup frozen\\n"
		 "backup thawing\\nbackup thawed\\n' > /tmp/wanted", device, device);
	EXPECT_STR(test_run(t, 0, "diff /tmp/wanted /tmp/seen; true"), "");
	EXPECT_STR(test_run(t, 0, "grep -c 'not frozen.*status 0x8' /tmp/monitor"), "1");
}

/*
 * A monitor that does not read loses events, and no other does; then it says so and
 * shows what became of them. How many they were shows with the next.
 */
static void monitor_stuck(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	test_ready(t, &ic_heartbeat);
	start_monitor(t, "health");
	test_run(t, 0, "kill -STOP $(cat /tmp/monitor.pid)");
	test_run(t, 0, "genl flood 3000");
	test_run(t, 0, "hvic health set web healthy");
	EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), NULL), 0);
	test_run(t, 0, "kill -CONT $(cat /tmp/monitor.pid)");
	test_until(t, "grep -q ' -        notifications lost' /tmp/monitor");
	test_until(t, "tail -n 1 /tmp/monitor | grep -q 'the host is told healthy'");
	test_run(t, 0, "hvic health set web critical");
	test_until(t, "grep -q ' health   [0-9]* notifications lost' /tmp/monitor");
	test_until(t, "tail -n 1 /tmp/monitor | grep -q 'the host is told critical'");
	test_run(t, 0, "kill $(cat /tmp/monitor.pid)");
	test_run(t, 0, "hvic health clear web");
}

/* The module goes and comes back: the watch goes on, and shows what is now. */
static void monitor_reload(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	test_ready(t, &ic_heartbeat);
	start_monitor(t, "--json");
	test_unload(t);
	test_until(t, "grep -q '\"type\":\"unloaded\"' /tmp/monitor");
	test_load(t, "");
	test_until(t, "grep -q '\"type\":\"loaded\"' /tmp/monitor");
	test_until(t, "grep -q '\"group\":\"time\".*\"resync\":true' /tmp/monitor");
	test_until(t, "grep -q '\"group\":\"vss\".*\"resync\":true' /tmp/monitor");
	test_run(t, 0, "hvic health set web healthy");
	test_until(t, "grep -q '\"group\":\"health\".*\"name\":\"web\"' /tmp/monitor");
	test_run(t, 0, "kill $(cat /tmp/monitor.pid)");
	test_run(t, 0, "hvic health clear web");
}

/* A watch over what is gone ends, and says why. */
static void watch_unload(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	test_ready(t, &ic_heartbeat);
	test_run(t, 0, "{ hvic fcopy watch; echo status $?; } >/tmp/watch 2>&1 & sleep 1");
	test_unload(t);
	test_until(t, "grep -q 'status 3' /tmp/watch");
	test_says(t, 0, "cat /tmp/watch", "the module hv_ic has been unloaded");
	test_load(t, "");
}

/* What is stored holds when the module is loaded anew; what is not, does not. */
static void persists(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	test_ready(t, &ic_heartbeat);
	test_says(t, 0, "hvic service disable vss", "until the module is unloaded");
	test_run(t, 0, "hvic service disable kvp --persist");
	test_run(t, 0, "hvic time set --mode ptp --max-step 30 --persist");
	test_run(t, 0, "hvic shutdown policy reboot notify --grace 90s --persist");
	test_unload(t);
	test_run(t, 0, "modprobe hv_ic");
	test_says(t, 0, "hvic status kvp", "disabled");
	EXPECT_STR(test_run(t, 0, "hvic status vss | grep -c disabled || true"), "0");
	test_says(t, 0, "hvic time", "Mode      ptp");
	test_says(t, 0, "hvic shutdown", "reboot     notify");
	test_says(t, 0, "hvic shutdown", "grace      90 s");
	test_run(t, 0, "hvic config | grep -q '^time_max_step  *30  *30$'");
	test_run(t, 0, "hvic time set --max-step 40");
	test_run(t, 0, "hvic config | grep -q '^time_max_step  *40  *30 (differs)$'");
	test_run(t, 0, "rm /etc/modprobe.d/hvic.conf; rmmod hv_ic; modprobe hv_ic");
	EXPECT_RESULT(ic_wait_ready(test_ic(t, &ic_heartbeat)), 0);
}

#define CASE(title, function) { .name = title, .run = function, .only = ONLY_HV_IC }

const struct test_case hvic_cases[] = {
	CASE("hvic_status", shows_status),
	CASE("hvic_status_absent", status_absent),
	CASE("hvic_without_driver", without_driver),
	CASE("hvic_unprivileged", unprivileged),
	CASE("hvic_nonsense", nonsense),
	CASE("hvic_service", switches_service),
	CASE("hvic_time", time_verbs),
	CASE("hvic_health", health_verbs),
	CASE("hvic_shutdown", shutdown_verbs),
	CASE("hvic_monitor", shows_events),
	CASE("hvic_monitor_holds", monitor_holds),
	CASE("hvic_monitor_stuck", monitor_stuck),
	CASE("hvic_monitor_reload", monitor_reload),
	CASE("hvic_watch_unload", watch_unload),
	CASE("hvic_persist", persists),
	{ 0 }
};
