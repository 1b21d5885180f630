// SPDX-License-Identifier: GPL-2.0
/*
 * What a request costs the guest, counted and not timed: system calls and context switches of the
 * daemon, and forks. Times are for bench, beside this folder.
 */
#include "play.h"
#include "usage.h"

#include <stdio.h>

#define REQUESTS 100

/* What the guest does besides, by a timer or for the test. */
#define SLACK 20

/* Worker threads that the kernel may start, which count as forks. */
#define WORKERS 5

struct bound {
	unsigned int syscalls, switches;	/* per request */
};

static struct usage end_of_requests(struct test *t)
{
	struct usage used = usage_end(t);

	test_note(t, "%.0f system calls, %.0f switches, %.0f forks for %u requests", used.syscalls,
		  used.switches, used.forks, REQUESTS);
	return used;
}

static void expect_within(struct test *t, const struct bound *bound)
{
	struct usage used = end_of_requests(t);

	if (used.syscalls < 0)
		test_skip(t, "the kernel has no histograms to count system calls with");
	EXPECT(used.syscalls <= bound->syscalls * REQUESTS + SLACK);
	EXPECT(used.switches <= bound->switches * REQUESTS + SLACK);
	EXPECT(used.forks <= WORKERS);
}

static void list_items(struct test *t, struct ic *kvp)
{
	struct kvp_item item;

	for (int i = 0; i < REQUESTS; i++)
		EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, i % 10, &item), 0);
}

static void get_items(struct test *t, struct ic *kvp)
{
	struct kvp_item item;
	char key[16];

	for (int i = 0; i < REQUESTS; i++) {
		snprintf(key, sizeof(key), "count-%d", i % 10);
		EXPECT_RESULT(kvp_get(kvp, KVP_GUEST, key, &item), 0);
	}
}

static void copy_blocks(struct test *t, struct ic *fc)
{
	static const uint8_t block[WIRE_FCOPY_FRAGMENT];

	for (int i = 0; i < REQUESTS; i++)
		EXPECT_RESULT(fcopy_write(fc, i * sizeof(block), block, sizeof(block)), 0);
}

/* Of the driver alone: one reading, one answer, and the line that this daemon prints. */
static void items(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);

	play_greeted(t, "kvp", "items:10 open serve");
	usage_begin(t, "daemon");
	list_items(t, kvp);
	expect_within(t, &(struct bound) { .syscalls = 3, .switches = 2 });
}

static void blocks(struct test *t)
{
	struct ic *fc = play_alone(t, &ic_fcopy);

	play_greeted(t, "fcopy", "open serve");
	EXPECT_RESULT(fcopy_start(fc, "/tmp", "counted", 0, REQUESTS * WIRE_FCOPY_FRAGMENT), 0);
	usage_begin(t, "daemon");
	copy_blocks(t, fc);
	EXPECT_RESULT(fcopy_complete(fc), 0);
	expect_within(t, &(struct bound) { .syscalls = 2, .switches = 1 });
}

/* The daemons of this tree */

#define CONFIGURATION "/etc/hv_ic/hv_ic.conf"

static void stop_daemon(struct test *t, void *program)
{
	test_run(t, 0, "rm -f " CONFIGURATION);
	test_run(t, 0, "procs -TERM -w %s", (char *)program);
}

static struct ic *start_daemon(struct test *t, const struct ic_service *service, char *program)
{
	struct ic *ic;

	if (!strcmp(test_run(t, 0, "command -v %s || echo none", program), "none"))
		test_skip(t, "the tools have no %s", program);
	ic = play_alone(t, service);
	test_defer(t, stop_daemon, program);
	/* Where the host may copy files. */
	test_run(t, 0, "mkdir -p /etc/hv_ic; echo '[fcopy counts]' > " CONFIGURATION);
	test_run(t, 0, "printf 'directory = /tmp\\nmin_free = 0\\n' >> " CONFIGURATION);
	test_run(t, 0, "rm -f /tmp/counted");
	test_run(t, 0, "%s >/tmp/%s.log 2>&1 &", program, program);
	test_attached(t, service, 0);
	return ic;
}

/* Ten items, so that each is asked for; no value is one that was there before. */
static void set_items(struct test *t, struct ic *kvp, int n)
{
	char key[16], value[16];

	for (int i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "count-%d", i % 10);
		snprintf(value, sizeof(value), "%d-%d", n, i);
		EXPECT_RESULT(kvp_set(kvp, KVP_GUEST, key, value), 0);
	}
}

static void items_of_ours(struct test *t)
{
	struct ic *kvp = start_daemon(t, &ic_kvp, "hvic-kvpd");
	char key[16];

	set_items(t, kvp, 10);
	/* The pool and its journal stay open. */
	usage_begin(t, "hvic-kvpd");
	set_items(t, kvp, REQUESTS);
	expect_within(t, &(struct bound) { .syscalls = 22, .switches = 2 });
	/* With one item it hands over those that follow. */
	usage_begin(t, "hvic-kvpd");
	list_items(t, kvp);
	expect_within(t, &(struct bound) { .syscalls = 1, .switches = 1 });
	usage_begin(t, "hvic-kvpd");
	get_items(t, kvp);
	expect_within(t, &(struct bound) { .syscalls = 5, .switches = 2 });
	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof(key), "count-%d", i);
		EXPECT_RESULT(kvp_delete(kvp, KVP_GUEST, key), 0);
	}
}

static void blocks_of_ours(struct test *t)
{
	struct ic *fc = start_daemon(t, &ic_fcopy, "hvic-fcopyd");
	struct usage used;

	EXPECT_RESULT(fcopy_start(fc, "/tmp", "counted", WIRE_FCOPY_OVERWRITE,
				  REQUESTS * WIRE_FCOPY_FRAGMENT), 0);
	usage_begin(t, "hvic-fcopyd");
	copy_blocks(t, fc);
	/* How many blocks gather until it wakes is a question of time; what that costs is not. */
	used = end_of_requests(t);
	EXPECT(used.switches <= REQUESTS + SLACK);
	EXPECT(used.syscalls <= 6 * used.switches + SLACK);
	EXPECT(used.forks <= WORKERS);
	EXPECT_RESULT(fcopy_complete(fc), 0);
}

static void back_up(struct test *t, struct ic *vss, int n)
{
	for (int i = 0; i < n; i++) {
		EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
		EXPECT_RESULT(vss_thaw(vss), 0);
	}
}

/* Each freezes one file system, and ends with the report. */
static void backups_of_ours(struct test *t)
{
	const char *held;
	struct ic *vss;

	play_disk(t);
	vss = start_daemon(t, &ic_vss, "hvic-vssd");
	back_up(t, vss, 20);
	held = usage_held(t, "hvic-vssd");
	usage_begin(t, "hvic-vssd");
	back_up(t, vss, REQUESTS);
	expect_within(t, &(struct bound) { .syscalls = 90, .switches = 20 });
	EXPECT_STR(usage_held(t, "hvic-vssd"), held);
}

const struct test_case counts_cases[] = {
	{ .name = "counts_items", .run = items, .only = ONLY_HV_IC },
	{ .name = "counts_blocks", .run = blocks, .only = ONLY_HV_IC },
	{ .name = "counts_kvpd", .run = items_of_ours, .only = ONLY_HV_IC },
	{ .name = "counts_fcopyd", .run = blocks_of_ours, .only = ONLY_HV_IC },
	{ .name = "counts_vssd", .run = backups_of_ours, .only = ONLY_HV_IC },
	{ 0 }
};
