// SPDX-License-Identifier: GPL-2.0
/* The guest goes to sleep while the host backs up or copies: nothing stays frozen, or a part. */
#include "play.h"
#include "sleep.h"

#define BOOT_MS 400000

/* As lifecycle_suspend: there is no disk, so all is prepared, and then the guest goes on. */
static void go_to_sleep(struct test *t)
{
	struct hv_channel *channel = test_ic(t, &ic_heartbeat)->channel;
	unsigned int opens = hv_channel_opens(channel);

	test_run(t, 1, "echo disk > /sys/power/state");
	/* It got so far that all devices slept. */
	EXPECT(hv_channel_opens(channel) > opens);
}

/* To idle, as far as to the tasks. */
static void suspend(struct test *t)
{
	test_run(t, 0, "echo freezer > /sys/power/pm_test; echo freeze > /sys/power/state");
	test_run(t, 0, "echo none > /sys/power/pm_test");
}

static void need_sleep(struct test *t)
{
	if (!strstr(test_run(t, 0, "cat /sys/power/state"), "disk"))
		test_skip(t, "the kernel cannot suspend to disk");
}

static void expect_thawed(struct test *t)
{
	test_until(t, "touch /mnt/thawed");
}

/* The kernel thaws before tasks are stopped, since one that waits for a thaw cannot be. */
static void frozen_through(struct test *t, void (*sleep)(struct test *t))
{
	struct ic *vss = play_alone(t, &ic_vss);

	play_disk_without_timer(t);
	play_greeted(t, "vss", "disks:/mnt open serve");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "(touch /mnt/held; echo done > /tmp/writer) >/dev/null 2>&1 &");
	sleep(t);
	expect_thawed(t);
	test_until(t, "test -e /tmp/writer && rm /tmp/writer");
	test_until_shown(t, &ic_vss, "holds 0");
	/* The backup is not good, and the next one is. */
	EXPECT_RESULT(ic_wait_ready(vss), 0);
	EXPECT_FAILURE(vss_thaw(vss));
	play_greeted(t, "vss", "disks:/mnt open serve");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_thawed(t);
}

static void frozen(struct test *t)
{
	need_sleep(t);
	frozen_through(t, go_to_sleep);
}

static void suspended(struct test *t)
{
	if (!test_has(t, "/sys/power/pm_test"))
		test_skip(t, "the kernel cannot try a suspend");
	frozen_through(t, suspend);
}

/* Today's daemon is told to thaw. It, or the machine, gives up the one or the other in time. */
static void frozen_legacy(struct test *t)
{
	struct ic *vss = test_served(t, &ic_vss);

	need_sleep(t);
	play_disk(t);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "(touch /mnt/held; echo done > /tmp/writer) >/dev/null 2>&1 &");
	go_to_sleep(t);
	test_served(t, &ic_vss);
	expect_thawed(t);
	test_until(t, "test -e /tmp/writer && rm /tmp/writer");
	EXPECT_RESULT(ic_wait_ready(vss), 0);
	EXPECT_ANSWER(vss_thaw(vss));
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_thawed(t);
}

/* A file that was begun is gone, and the next one arrives. */
static void copying(struct test *t)
{
	struct fcopy_source source = fcopy_memory("whole\n", 6);
	struct ic *fc;

	need_sleep(t);
	test_run(t, 0, "rm -rf /tmp/asleep; mkdir /tmp/asleep");
	test_choose_daemons(t, true);
	fc = test_served(t, &ic_fcopy);
	EXPECT_RESULT(fcopy_start(fc, "/tmp/asleep", "part", 0, 12), 0);
	EXPECT_RESULT(fcopy_write(fc, 0, "123456", 6), 0);
	go_to_sleep(t);
	test_until(t, "test -z \"$(ls -A /tmp/asleep)\"");
	EXPECT_RESULT(ic_wait_ready(fc), 0);
	test_attached(t, &ic_fcopy, 0);
	EXPECT_FAILURE(fcopy_write(fc, 6, "789012", 6));
	EXPECT_RESULT(fcopy_copy(fc, &source, "/tmp/asleep", "next", 0), 0);
	EXPECT_STR(test_run(t, 0, "cat /tmp/asleep/*; rm -r /tmp/asleep"), "whole");
}

#define DISK "/dev/pmem0"

static void find_disk(struct test *t)
{
	test_run(t, 0, "modprobe -a nd_e820 nd_pmem");
	test_until(t, "test -e " DISK);
}

struct opened {
	struct ic *ic;
	unsigned int before;
};

static bool opened_again(void *context)
{
	struct opened *opened = context;

	return hv_channel_opens(opened->ic->channel) > opened->before;
}

void sleep_woken(struct test *t, struct ic *ic, unsigned int opens)
{
	struct opened opened = { .ic = ic, .before = opens };

	EXPECT_EQ(hv_wait(t->host, opened_again, &opened, BOOT_MS), 0);
	EXPECT_RESULT(ic_wait_ready(ic), 0);
}

void sleep_start_anew(struct test *t)
{
	test_end_life(t);
	hv_stop(t->host);
	EXPECT_EQ(hv_start(t->host), 0);
}

/*
 * While the image is written, channels are open and no program runs: the guest cannot stop in good
 * order, and must not stop at all.
 */
static void stop_is_refused(struct test *t, struct ic *sd, unsigned int opens)
{
	static const struct shutdown_order order = { .reason = SHUTDOWN_REASON_PLANNED };

	sleep_woken(t, sd, opens);
	EXPECT_RESULT(shutdown_ask(sd, &order), WIRE_E_SHUTDOWN_IN_PROGRESS);
}

/* Into S4, the image on the disk, and back out of it in a machine that is started anew. */
static void hibernate_and_wake(struct test *t, struct ic *ic)
{
	struct ic *sd = test_ic(t, &ic_shutdown);
	unsigned int opens = hv_channel_opens(sd->channel);

	hv_guest_start(t->host, "echo disk > /sys/power/state; echo $? > /tmp/slept");
	stop_is_refused(t, sd, opens);
	EXPECT_EQ(hv_wait_state(t->host, HV_HIBERNATED, BOOT_MS), 0);
	sleep_start_anew(t);
	EXPECT_EQ(hv_guest_ready(t->host, BOOT_MS), 0);
	EXPECT_RESULT(ic_wait_ready(ic), 0);
	EXPECT(!test_has(t, "/tmp/asleep"));
	find_disk(t);
	opens = hv_channel_opens(ic->channel);
	hv_guest_start(t->host, "cat /sys/class/block/pmem0/dev > /sys/power/resume");
	sleep_woken(t, ic, opens);
	test_until(t, "test -e /tmp/slept");
	EXPECT_STR(test_run(t, 0, "cat /tmp/slept; rm /tmp/slept"), "0");
}

/*
 * All services come back, with the daemons that were there. What was frozen is thawed before
 * the image is made, or it would be on the disk frozen; a copy that had begun is gone.
 */
static void hibernated(struct test *t)
{
	const struct ic_service *const *service;
	struct fcopy_source source = fcopy_memory("whole\n", 6);
	struct ic *vss, *fc, *kvp;
	struct kvp_item item;

	need_sleep(t);
	find_disk(t);
	test_run(t, 0, "mkswap " DISK " && swapon " DISK);
	test_run(t, 0, "cat /sys/class/block/pmem0/dev > /sys/power/resume; true");
	test_run(t, 0, "rm -rf /tmp/asleep; mkdir /tmp/asleep");
	play_disk_without_timer(t);
	test_choose_daemons(t, true);
	fc = test_served(t, &ic_fcopy);
	kvp = test_served(t, &ic_kvp);
	vss = test_served(t, &ic_vss);
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "colour", "blue"), 0);
	EXPECT_RESULT(fcopy_start(fc, "/tmp/asleep", "part", 0, 12), 0);
	EXPECT_RESULT(fcopy_write(fc, 0, "123456", 6), 0);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	hibernate_and_wake(t, test_ic(t, &ic_heartbeat));
	for (service = test_services(t); *service; service++)
		test_ready(t, *service);
	EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), NULL), 0);
	expect_thawed(t);
	test_attached(t, &ic_kvp, 0);
	test_attached(t, &ic_vss, 0);
	test_attached(t, &ic_fcopy, 0);
	EXPECT_RESULT(kvp_find(kvp, KVP_EXTERNAL, "colour", &item), 0);
	EXPECT_STR(item.value, "blue");
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "colour"), 0);
	EXPECT_FAILURE(vss_thaw(vss));
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	EXPECT_STR(test_run(t, 0, "ls -A /tmp/asleep"), "");
	EXPECT_RESULT(fcopy_copy(fc, &source, "/tmp/asleep", "next", 0), 0);
	EXPECT_STR(test_run(t, 0, "cat /tmp/asleep/*; rm -r /tmp/asleep"), "whole");
	test_run(t, 0, "swapoff " DISK);
}

const struct test_case sleep_cases[] = {
	{ .name = "sleep_frozen", .run = frozen, .only = ONLY_HV_IC },
	{ .name = "sleep_suspended", .run = suspended, .only = ONLY_HV_IC },
	{ .name = "sleep_frozen_legacy", .run = frozen_legacy, .only = ONLY_HV_IC },
	{ .name = "sleep_copying", .run = copying, .only = ONLY_HV_IC },
	{ .name = "sleep_hibernated", .run = hibernated, .only = ONLY_HV_IC, .hibernation = true,
	  .disk_mib = 512, .memory_mib = 768 },
	{ 0 }
};
