// SPDX-License-Identifier: GPL-2.0
/* Machines that are not like the others: without a host, with many processors, and in distress. */
#include "load.h"
#include "play.h"

#include <time.h>
#include <unistd.h>

#define EXPECTED "hv_ic: no VMBus\\|hv_ic: loading\\|hv_ic: module verification"
#define CPU1 "/sys/devices/system/cpu/cpu1/online"

static void expect_all_ready(struct test *t)
{
	const struct ic_service *const *service;

	for (service = test_services(t); *service; service++)
		test_ready(t, *service);
	EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), NULL), 0);
}

/*
 * Not a guest of Hyper-V: the module says so in a line, or the bus that it needs does not load.
 * Nothing is left behind, so that it says the same the next time.
 */
static void without_host(struct test *t)
{
	bool built_in = !test_has(t, "/lib/modules/$(uname -r)/hv_vmbus.ko");
	long said = 0;

	for (int i = 0; i < 2; i++) {
		long before = said;

		/* busybox tries it in the one way, and then in the other. */
		test_says(t, 1, "modprobe hv_ic", built_in ? "No such device" : "hv_vmbus");
		said = atol(test_run(t, 0, "dmesg | grep -c 'hv_ic: no VMBus here' || true"));
		EXPECT(built_in ? said > before && said <= before + 2 : !said);
		EXPECT_STR(test_run(t, 0, "dmesg | grep hv_ic | grep -v '" EXPECTED "' || true"),
			   "");
		EXPECT(!test_has(t, "/sys/module/hv_ic"));
		EXPECT(!test_has(t, "/sys/kernel/debug/hv_ic"));
	}
}

/* Channels lie on several processors, and each is moved to every one while beats go on. */
static void eight_cpus(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_ready(t, &ic_timesync);
	EXPECT_STR(test_run(t, 0, "nproc"), "8");
	load_start(t);
	for (unsigned int cpu = 0; cpu < 8; cpu++) {
		test_move_channel(t, &ic_heartbeat, cpu);
		test_move_channel(t, &ic_timesync, 7 - cpu);
		EXPECT_EQ(hv_channel_target_vp(hb->channel), cpu);
	}
	for (int i = 0; i < 3; i++) {
		test_reopen(t, hb);
		test_ready(t, &ic_heartbeat);
	}
	EXPECT(load_stop(t) > 0);
	test_unload(t);
	test_load(t, "");
	expect_all_ready(t);
}

static void processor_back(struct test *t, void *context)
{
	test_run(t, 0, "echo 1 > " CPU1);
}

/* A processor goes and comes. It stays while it has a channel, which then is moved away from it. */
static void processor_goes(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	test_need(t, CPU1);
	load_start(t);
	for (int i = 0; i < 5; i++) {
		for (int ic = 0; ic < IC_COUNT; ic++)
			if (hv_channel_is_open(t->ics[ic]->channel))
				test_move_channel(t, t->ics[ic]->service, 0);
		test_run(t, 0, "echo 0 > " CPU1);
		test_defer(t, processor_back, NULL);
		EXPECT_STR(test_run(t, 0, "nproc"), "1");
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
		test_reopen(t, test_ic(t, &ic_timesync));
		test_ready(t, &ic_timesync);
		test_run(t, 0, "echo 1 > " CPU1);
		test_move_channel(t, &ic_heartbeat, 1);
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
		/* Now it has one. */
		test_run(t, 1, "echo 0 > " CPU1);
	}
	EXPECT(load_stop(t) > 0);
	expect_all_ready(t);
}

/*
 * The administrator pauses the machine for longer than anything may take, in the middle of a
 * backup, and goes on with a clock that has been set. The guest finds that its time is over.
 */
static void paused(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss), *ts = test_ready(t, &ic_timesync);
	struct timesync_stamp stamp;
	long long day = 86400, now;

	test_parameter(t, "vss_frozen_max", "5");
	play_disk(t);
	play_greeted(t, "vss", "disks:/mnt open serve");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	hv_pause(t->host);
	sleep(6);
	hv_resume(t->host);
	test_until(t, "touch /mnt/thawed");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	EXPECT_EQ(timesync_now(t->host, day * 10000000, WIRE_TIME_SYNC, &stamp), 0);
	EXPECT_RESULT(timesync_send(ts, &stamp), 0);
	now = time(NULL);
	test_until(t, "test $(date +%%s) -ge %lld", now + day - 60);
	test_run(t, 0, "date -s @%lld", now);
	expect_all_ready(t);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
}

/* The kernel dies with open channels and an unread request, and restarts. */
static void crash(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);
	struct ic_request *r;

	expect_all_ready(t);
	r = heartbeat_request(hb);
	r->due = IC_DUE_MAYBE;
	EXPECT_RESULT(ic_post(r, HV_SEND_QUIET), 0);
	hv_guest_start(t->host, "echo c > /proc/sysrq-trigger");
	EXPECT_EQ(hv_wait_state(t->host, HV_RESET, hb->timeout_ms), 0);
	ic_request_free(r);
}

const struct test_case machines_cases[] = {
	{ .name = "machine_without_host", .run = without_host, .only = ONLY_HV_IC, .bare = true },
	{ .name = "machine_eight_cpus", .run = eight_cpus, .vcpus = 8 },
	{ .name = "machine_processor_goes", .run = processor_goes },
	{ .name = "machine_paused", .run = paused, .only = ONLY_HV_IC },
	{ .name = "machine_crash", .run = crash, .ends_guest = true,
	  .provokes = "sysrq triggered crash" },
	{ 0 }
};
