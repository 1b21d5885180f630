// SPDX-License-Identifier: GPL-2.0
/* Channels and the module come and go: rescind, unbind, reload, suspend, under load. */
#include "e2e.h"
#include "load.h"

/*
 * The debug kernel is slow, and finds in few rounds what others find in many. hv_utils has only to
 * show that the host is true.
 */
static int rounds(struct test *t, int n)
{
	return t->peer == HV_UTILS || test_has(t, "/sys/kernel/debug/kmemleak") ? n / 4 : n;
}

/* Each round has the time of a case. */
static bool goes_on(struct test *t, int round, int rounds)
{
	test_goes_on(t, "%d rounds of %d", round, rounds);
	return round < rounds;
}

static void beat_well(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

static void rescind(struct test *t)
{
	const struct ic_service *const *service;

	for (int i = 0, n = rounds(t, 20); goes_on(t, i, n); i++) {
		for (service = test_services(t); *service; service++) {
			test_reopen(t, test_ic(t, *service));
			test_ready(t, *service);
		}
	}
}

static void rescind_under_load(struct test *t)
{
	load_start(t);
	for (int i = 0, n = rounds(t, 20); goes_on(t, i, n); i++) {
		test_reopen(t, test_ic(t, &ic_heartbeat));
		test_reopen(t, test_ic(t, &ic_timesync));
		test_ready(t, &ic_heartbeat);
		test_ready(t, &ic_timesync);
	}
	EXPECT(load_stop(t) > 0);
	beat_well(t);
}

/* The channel is rescinded while the ring holds an unread request. */
static void rescind_with_request(struct test *t)
{
	struct ic *hb = test_ic(t, &ic_heartbeat);

	for (int i = 0, n = rounds(t, 20); goes_on(t, i, n); i++) {
		struct ic_request *r;
		ic_result result;

		test_ready(t, &ic_heartbeat);
		r = heartbeat_request(hb);
		EXPECT_RESULT(ic_post(r, i % 2 ? HV_SEND_QUIET : 0), 0);
		test_reopen(t, hb);
		result = ic_wait(r);
		ic_request_free(r);
		if (result)
			EXPECT_RESULT(result, -ECANCELED);
	}
	beat_well(t);
}

/* The host takes the offer back again before the guest has done anything with it. */
static void rescind_at_once(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_touch(t, hb);
	test_rescind(t, hb);
	for (int i = 0, n = rounds(t, 20); goes_on(t, i, n); i++) {
		EXPECT_EQ(ic_offer(hb), 0);
		test_rescind(t, hb);
	}
}

static void unbind_and_bind(struct test *t)
{
	const struct ic_service *const *service;

	for (int i = 0, n = rounds(t, 10); goes_on(t, i, n); i++) {
		for (service = test_services(t); *service; service++) {
			struct ic *ic = test_ready(t, *service);

			test_run(t, 0, "echo %s > /sys/bus/vmbus/drivers/%s/unbind",
				 (*service)->instance, t->module);
			EXPECT(!hv_channel_is_open(ic->channel));
			test_run(t, 0, "echo %s > /sys/bus/vmbus/drivers/%s/bind",
				 (*service)->instance, t->module);
			test_ready(t, *service);
		}
	}
}

static void unbind_under_load(struct test *t)
{
	load_start(t);
	for (int i = 0, n = rounds(t, 20); goes_on(t, i, n); i++) {
		test_run(t, 0, "cd /sys/bus/vmbus/drivers/%s && echo %s > unbind && echo %s > bind",
			 t->module, ic_heartbeat.instance, ic_heartbeat.instance);
		test_ready(t, &ic_heartbeat);
	}
	EXPECT(load_stop(t) > 0);
	beat_well(t);
}

static void reload(struct test *t)
{
	for (int i = 0, n = rounds(t, 100); goes_on(t, i, n); i++) {
		test_unload(t);
		test_load(t, "");
		beat_well(t);
	}
}

static void reload_under_load_times(struct test *t, int times)
{
	load_start(t);
	for (int i = 0; goes_on(t, i, times); i++) {
		test_unload(t);
		test_load(t, "");
		beat_well(t);
	}
	EXPECT(load_stop(t) > 0);
}

static void reload_under_load(struct test *t)
{
	reload_under_load_times(t, rounds(t, 20));
}

/* The load has the only processor most of the time. */
static void one_cpu_reload(struct test *t)
{
	reload_under_load_times(t, 5);
}

/* The module is unloaded before the host has negotiated. */
static void reload_at_once(struct test *t)
{
	for (int i = 0, n = rounds(t, 20); goes_on(t, i, n); i++)
		test_run(t, 0, "rmmod %s && modprobe %s", t->module, t->module);
	beat_well(t);
}

/* All channels at once; shutdown keeps its state, the others negotiate anew. */
static void restored(struct test *t)
{
	const struct ic_service *const *service;

	for (int i = 0, n = rounds(t, 20); goes_on(t, i, n); i++) {
		for (service = test_services(t); *service; service++)
			EXPECT_RESULT(ic_restore(test_ready(t, *service)), 0);
	}
	for (service = test_services(t); *service; service++)
		test_ready(t, *service);
	beat_well(t);
}

/*
 * Suspend to disk without a disk: all channels are closed, the bus is unloaded and
 * the image is made; both come back so that it can be written, and then writing
 * fails.
 */
static void suspend_to_disk(struct test *t)
{
	const struct ic_service *const *service;

	if (!strstr(test_run(t, 0, "cat /sys/power/state"), "disk"))
		test_skip(t, "the kernel cannot suspend to disk");
	for (int i = 0; i < 3; i++) {
		unsigned int opens;

		for (service = test_services(t); *service; service++)
			test_ready(t, *service);
		opens = hv_channel_opens(test_ic(t, &ic_heartbeat)->channel);
		test_run(t, 1, "echo disk > /sys/power/state");
		EXPECT(hv_channel_opens(test_ic(t, &ic_heartbeat)->channel) > opens);
	}
	for (service = test_services(t); *service; service++)
		test_ready(t, *service);
	beat_well(t);
}

/* A service that is switched off keeps its device, and its channel is closed. */
static void disable(struct test *t)
{
	const struct ic_service *const *service;

	for (service = test_services(t); *service; service++) {
		struct ic *ic = test_ready(t, *service);

		test_parameter(t, (*service)->name, "N");
		if (hv_channel_wait_state(ic->channel, HV_CHANNEL_OFFERED, ic->timeout_ms))
			FAIL("%s is off, and its channel open", (*service)->name);
		EXPECT_STR(test_attribute(t, ic, "state"), "disabled");
		test_undo(t);
		test_ready(t, *service);
	}
}

static void grant_open(struct test *t, void *channel)
{
	hv_channel_answer_open(channel, HV_OPEN_GRANT);
}

/* A switch opens the channel, and waits for the host. */
static void switch_on_unanswered(struct test *t, struct ic *hb)
{
	test_parameter(t, "heartbeat", "N");
	EXPECT_EQ(hv_channel_wait_state(hb->channel, HV_CHANNEL_OFFERED, hb->timeout_ms), 0);
	hv_channel_answer_open(hb->channel, HV_OPEN_OWE);
	test_defer(t, grant_open, hb->channel);
	test_run(t, 0, "sh -c 'echo Y > /sys/module/hv_ic/parameters/heartbeat' >/dev/null 2>&1 &");
	EXPECT_EQ(hv_channel_wait_owed(hb->channel, hb->timeout_ms), 0);
}

/*
 * The host owes the answer to an open that a switch has made, rescinds another channel,
 * and only then the one that is being opened: neither device may wait for the other.
 */
static void switched_while_rescinded(struct test *t)
{
	struct ic *other = test_ready(t, &ic_timesync);
	struct ic *owed = test_ready(t, &ic_heartbeat);

	test_touch(t, other);
	test_touch(t, owed);
	switch_on_unanswered(t, owed);

	EXPECT_EQ(hv_channel_rescind(other->channel), 0);
	EXPECT_EQ(hv_channel_rescind(owed->channel), 0);
	EXPECT_EQ(hv_channel_wait_state(other->channel, HV_CHANNEL_HIDDEN, other->timeout_ms), 0);
	EXPECT_EQ(hv_channel_wait_state(owed->channel, HV_CHANNEL_HIDDEN, owed->timeout_ms), 0);
}

/* Other switches, and looks, go on while the host takes its time with an open. */
static void switched_while_opening(struct test *t)
{
	struct ic *owed = test_ready(t, &ic_heartbeat);

	test_touch(t, owed);
	switch_on_unanswered(t, owed);

	test_run(t, 0, "for i in 1 2 3; do cat /sys/bus/vmbus/devices/*/ic/state; done");
	test_reopen(t, test_ic(t, &ic_timesync));
	test_ready(t, &ic_timesync);
	test_rescind(t, owed);
}

/*
 * The same by netlink, where one who waits holds up all other families: the switch of another
 * service works, and who turns this one is told before long that the host owes the answer.
 */
static void switched_by_netlink(struct test *t)
{
	struct ic *other = test_ready(t, &ic_timesync);
	struct ic *owed = test_ready(t, &ic_heartbeat);

	test_touch(t, other);
	test_touch(t, owed);
	switch_on_unanswered(t, owed);

	test_run(t, 0, "genl switch 4 0");
	EXPECT_EQ(hv_channel_wait_state(other->channel, HV_CHANNEL_OFFERED, other->timeout_ms), 0);
	test_run(t, 0, "genl switch 4 1");
	EXPECT_EQ(ic_wait_ready(other), 0);
	test_run(t, 1, "genl switch 1 1 > /tmp/switch 2>&1");
	test_run(t, 0, "grep 'not answered' /tmp/switch");
	test_rescind(t, owed);
}

/* The host refuses a channel after a hibernation: a switch can bring it back. */
static void reopened_after_resume(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	if (!strstr(test_run(t, 0, "cat /sys/power/state"), "disk"))
		test_skip(t, "the kernel cannot suspend to disk");
	test_touch(t, hb);
	hv_channel_answer_open(hb->channel, HV_OPEN_REFUSE);
	test_defer(t, grant_open, hb->channel);
	test_run(t, 1, "echo disk > /sys/power/state");
	EXPECT_STR(test_attribute(t, hb, "state"), "closed");
	hv_channel_answer_open(hb->channel, HV_OPEN_GRANT);
	test_run(t, 0, "echo Y > /sys/module/hv_ic/parameters/heartbeat");
	EXPECT_RESULT(ic_wait_ready(hb), 0);
	beat_well(t);
}

/* The host refuses to open the channel, and signals all the same. */
static void signalled_unopened(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_touch(t, hb);
	test_run(t, 0, "echo %s > /sys/bus/vmbus/drivers/hv_ic/unbind", ic_heartbeat.instance);
	hv_channel_answer_open(hb->channel, HV_OPEN_REFUSE);
	test_defer(t, grant_open, hb->channel);
	test_run(t, 1, "echo %s > /sys/bus/vmbus/drivers/hv_ic/bind", ic_heartbeat.instance);
	for (int i = 0; i < 10; i++) {
		hv_channel_signal(hb->channel);
		test_run(t, 0, "true");
	}
	hv_channel_answer_open(hb->channel, HV_OPEN_GRANT);
	test_run(t, 0, "echo %s > /sys/bus/vmbus/drivers/hv_ic/bind", ic_heartbeat.instance);
	beat_well(t);
}

/* The host signals a channel that is being opened and has no rings yet. */
static void signalled_early(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_touch(t, hb);
	hv_channel_answer_open(hb->channel, HV_OPEN_EARLY);
	test_defer(t, grant_open, hb->channel);
	for (int i = 0; i < 5; i++) {
		test_run(t, 0, "echo %s > /sys/bus/vmbus/drivers/hv_ic/unbind",
			 ic_heartbeat.instance);
		test_run(t, 0, "echo %s > /sys/bus/vmbus/drivers/hv_ic/bind",
			 ic_heartbeat.instance);
		beat_well(t);
	}
}

#define TRACING "/sys/kernel/tracing/"

static void stop_probing(struct test *t, void *context)
{
	test_run(t, 0, "cd " TRACING "; echo 0 > events/kprobes/enable; echo > kprobe_events");
}

#define PARAMETERS "/sys/module/hv_ic/parameters/"
#define SWITCHES PARAMETERS "heartbeat " PARAMETERS "kvp " PARAMETERS "vss"

/* What programs and people may do at any time, each again and again until /tmp/busy is gone. */
static const char *const pastimes[] = {
	"for p in " SWITCHES "; do echo N > $p; echo Y > $p; done",
	"cat /sys/bus/vmbus/devices/*/ic/* /sys/kernel/debug/hv_ic/*/status",
	"for d in kvp vss fcopy; do daemon $d nonblock open read; daemon /dev/vmbus/hv_$d open; done",
	"hvic status; hvic time; hvic health set busy healthy --ttl 1s; hvic health list",
};

#define BUSY "(while test -e /tmp/busy; do %s; done; touch /tmp/idle.%zu)"

static void stop_bustle(struct test *t, void *context)
{
	test_run(t, 0, "rm -f /tmp/busy");
	for (size_t i = 0; i < ARRAY_SIZE(pastimes); i++)
		test_until(t, "test -e /tmp/idle.%zu", i);
	test_run(t, 0, "rm /tmp/idle.*; hvic health clear busy; true");
	/* Each has its Y, unless the module was gone just then. */
	test_run(t, 0, "for p in " SWITCHES "; do echo Y > $p; done");
}

static void start_bustle(struct test *t)
{
	test_stop_daemons(t);
	test_run(t, 0, "touch /tmp/busy; rm -f /tmp/idle.*");
	for (size_t i = 0; i < ARRAY_SIZE(pastimes); i++)
		test_run(t, 0, BUSY " >/dev/null 2>&1 &", pastimes[i], i);
	test_defer(t, stop_bustle, NULL);
}

static void expect_all(struct test *t)
{
	const struct ic_service *const *service;

	test_undo(t);
	for (service = test_services(t); *service; service++)
		test_ready(t, *service);
	beat_well(t);
}

/* The host takes offers back and makes them anew, whatever goes on with them in the guest. */
static void rescind_in_bustle(struct test *t)
{
	static const struct ic_service *const services[] = { &ic_heartbeat, &ic_kvp, &ic_vss };

	start_bustle(t);
	for (int i = 0, n = rounds(t, 12); goes_on(t, i, n); i++) {
		for (size_t s = 0; s < ARRAY_SIZE(services); s++) {
			struct ic *ic = test_ic(t, services[s]);

			test_touch(t, ic);
			test_rescind(t, ic);
			EXPECT_EQ(ic_offer(ic), 0);
		}
	}
	expect_all(t);
}

/* Who uses the module just then keeps it, or finds it gone. */
static void reload_in_bustle(struct test *t)
{
	start_bustle(t);
	for (int i = 0, n = rounds(t, 12); goes_on(t, i, n); i++) {
		test_until(t, "rmmod hv_ic");
		test_load(t, "");
	}
	expect_all(t);
}

/* Prints the parameters that take nonsense, or are others after it. */
#define TRY_EACH "for p in " PARAMETERS "*; do was=$(cat $p);"			\
	" for value in '' -1 4294967296 garbage; do"						\
	" ! echo \"$value\" > $p || echo \"$p takes $value\"; done 2>/dev/null;"		\
	" test \"$(cat $p)\" = \"$was\" || echo \"$p is another\"; done"

static void nonsense(struct test *t)
{
	EXPECT_STR(test_run(t, 0, TRY_EACH), "");
	test_run(t, 0, "dmesg | grep -q 'vss_version: not one of 7 6 5'");
	test_run(t, 0, "dmesg | grep -q 'vss: neither Y nor N'");
}

/* The next driver gets the bus' own idea of the longest packet, not ours. */
static void released(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	if (!test_has(t, TRACING "kprobe_events"))
		test_skip(t, "the kernel has no kprobes");
	test_touch(t, hb);
	test_run(t, 0, "echo 'p:ring hv_ringbuffer_init size=%%cx:u32' > " TRACING "kprobe_events");
	test_defer(t, stop_probing, NULL);
	test_run(t, 0, "cd " TRACING "; echo > trace; echo 1 > events/kprobes/enable");
	test_run(t, 0, "modprobe hv_utils; echo %s > /sys/bus/vmbus/drivers/hv_ic/unbind",
		 ic_heartbeat.instance);
	test_run(t, 0, "echo %s > /sys/bus/vmbus/drivers/hv_utils/bind", ic_heartbeat.instance);
	/* The ring to the host has none. */
	EXPECT_STR(test_run(t, 0, "sed -n 's/.* ring: .*size=//p' " TRACING
			    "trace | sort -n | tail -n 1"), "4096");
	test_run(t, 0, "rmmod hv_utils; echo %s > /sys/bus/vmbus/drivers/hv_ic/bind",
		 ic_heartbeat.instance);
	beat_well(t);
}

static void disabled_at_load(struct test *t)
{
	struct ic *hb = test_ic(t, &ic_heartbeat);

	test_unload(t);
	test_load(t, "heartbeat=N");
	test_ready(t, &ic_shutdown);
	EXPECT_STR(test_attribute(t, hb, "state"), "disabled");
	EXPECT(!hv_channel_is_open(hb->channel));
	test_unload(t);
	test_load(t, "");
	beat_well(t);
}

/* A service that has devices has them once: the second channel is not opened, without a fuss. */
static void second_of_a_daemon(struct test *t)
{
	static struct ic *second;
	struct ic *first = test_served(t, &ic_kvp);

	second = ic_new_instance(t->host, &ic_kvp, "242ff919-07db-4180-9c2e-b86cb68c0002");
	EXPECT_EQ(ic_offer(second), 0);
	test_until(t, "dmesg | grep -q 'kvp channel cannot be opened'");
	EXPECT_RESULT(kvp_set(first, KVP_EXTERNAL, "e2e", "first"), 0);
	test_rescind(t, second);
	EXPECT_RESULT(kvp_set(first, KVP_EXTERNAL, "e2e", "still"), 0);
}

static void second_instance(struct test *t)
{
	static struct ic *second;
	struct ic *first = test_ready(t, &ic_heartbeat);

	second = ic_new_instance(t->host, &ic_heartbeat, "fd149e91-82e0-4a7d-afa6-2a4166cb0002");
	EXPECT_EQ(ic_offer(second), 0);
	EXPECT_RESULT(ic_wait_ready(second), 0);
	for (int i = 0; i < 50; i++) {
		EXPECT_RESULT(heartbeat_beat(first, NULL), 0);
		EXPECT_RESULT(heartbeat_beat(second, NULL), 0);
	}
	test_rescind(t, second);
	EXPECT_RESULT(heartbeat_beat(first, NULL), 0);
}

/* Runs last, and looks for what the module has leaked. */
static void leaks(struct test *t)
{
	if (!test_has(t, "/sys/kernel/debug/kmemleak"))
		test_skip(t, "the kernel has no kmemleak");
	test_unload(t);
	/* What is freed by RCU or was just allocated shows as leaked in the first scan. */
	test_run(t, 0, "echo scan > /sys/kernel/debug/kmemleak && sleep 6");
	test_run(t, 0, "echo scan > /sys/kernel/debug/kmemleak");
	EXPECT_STR(test_run(t, 0, "cat /sys/kernel/debug/kmemleak"), "");
	test_load(t, "");
	beat_well(t);
}

const struct test_case lifecycle_cases[] = {
	{ .name = "lifecycle_rescind", .run = rescind },
	{ .name = "lifecycle_rescind_under_load", .run = rescind_under_load },
	{ .name = "lifecycle_rescind_with_request", .run = rescind_with_request },
	{ .name = "lifecycle_rescind_at_once", .run = rescind_at_once },
	{ .name = "lifecycle_unbind", .run = unbind_and_bind },
	{ .name = "lifecycle_unbind_under_load", .run = unbind_under_load },
	{ .name = "lifecycle_reload", .run = reload },
	{ .name = "lifecycle_reload_under_load", .run = reload_under_load },
	{ .name = "lifecycle_reload_at_once", .run = reload_at_once },
	{ .name = "lifecycle_restored", .run = restored },
	{ .name = "lifecycle_suspend", .run = suspend_to_disk },
	{ .name = "lifecycle_disable", .run = disable, .only = ONLY_HV_IC },
	{ .name = "lifecycle_switched_while_rescinded", .run = switched_while_rescinded,
	  .only = ONLY_HV_IC },
	{ .name = "lifecycle_switched_while_opening", .run = switched_while_opening,
	  .only = ONLY_HV_IC },
	{ .name = "lifecycle_switched_by_netlink", .run = switched_by_netlink,
	  .only = ONLY_HV_IC },
	{ .name = "lifecycle_reopened_after_resume", .run = reopened_after_resume,
	  .only = ONLY_HV_IC },
	{ .name = "lifecycle_signalled_unopened", .run = signalled_unopened, .only = ONLY_HV_IC },
	{ .name = "lifecycle_signalled_early", .run = signalled_early, .only = ONLY_HV_IC },
	{ .name = "lifecycle_released", .run = released, .only = ONLY_HV_IC },
	{ .name = "lifecycle_rescind_in_bustle", .run = rescind_in_bustle, .only = ONLY_HV_IC },
	{ .name = "lifecycle_reload_in_bustle", .run = reload_in_bustle, .only = ONLY_HV_IC },
	{ .name = "lifecycle_nonsense", .run = nonsense, .only = ONLY_HV_IC },
	{ .name = "lifecycle_disabled_at_load", .run = disabled_at_load, .only = ONLY_HV_IC },
	{ .name = "lifecycle_second_instance", .run = second_instance, .only = ONLY_HV_IC },
	{ .name = "lifecycle_second_of_a_daemon", .run = second_of_a_daemon, .only = ONLY_HV_IC },
	{ .name = "lifecycle_leaks", .run = leaks, .last = true },
	{ .name = "lifecycle_one_cpu_rescind", .run = rescind_under_load, .vcpus = 1 },
	{ .name = "lifecycle_one_cpu_reload", .run = one_cpu_reload, .vcpus = 1 },
	{ 0 }
};
