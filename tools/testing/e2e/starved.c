// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's kernel runs out of memory: each allocation of a bind, of a daemon's call
 * and of a request fails once. The host gets an answer, the next attempt succeeds, and
 * nothing leaks (lifecycle_leaks checks that).
 */
#include "play.h"

#include <stdio.h>

#define FAILSLAB "/sys/kernel/debug/failslab/"

/* In each of them all allocations fail in turn; what one leaves behind shows in the next. */
#define ROUNDS 3

/* A daemon is greeted, and then serves requests of the rounds and @more. */
static void play_rounds(struct test *t, const char *device, const char *steps,
			unsigned int requests, unsigned int more)
{
	char text[100];

	snprintf(text, sizeof(text), "starve %s serve:%u", steps, 1 + ROUNDS * requests + more);
	play_greeted(t, device, text);
}

/* A daemon that needs more allocations for one request does not end. */
#define ALLOCATIONS_MAX 100

/* Every kind of allocation may fail, silently, if fail-nth or a probability says so. */
static void able_to_fail(struct test *t)
{
	if (!test_has(t, FAILSLAB "probability"))
		test_skip(t, "the kernel cannot inject failures");
	test_run(t, 0, "cd " FAILSLAB "; echo 0 > verbose; echo N > ignore-gfp-wait");
}

static void patient_as_before(struct test *t, void *context)
{
	t->patience_ms /= 3;
}

/* Dozens of its failures are warned of with a trace, which crawl through the serial line. */
static void starve_bind(struct test *t, const struct ic_service *service)
{
	struct ic *ic = play_alone(t, service);
	const char *driver = "/sys/bus/vmbus/drivers/hv_ic";

	t->patience_ms *= 3;
	test_defer(t, patient_as_before, NULL);
	test_run(t, 0, "echo %s > %s/unbind", service->instance, driver);
	test_note(t, "%s: %s", service->name,
		  test_run(t, 0, "starve %s/bind %s/unbind %s", driver, driver,
			   service->instance));
	EXPECT_RESULT(ic_wait_ready(ic), 0);
}

/* Without a PTP clock the time of the host is served all the same. */
static void bind(struct test *t)
{
	size_t line = hv_console_lines(t->host);

	able_to_fail(t);
	starve_bind(t, &ic_timesync);
	EXPECT(hv_console_find(t->host, line, "cannot be shown as a PTP clock"));
	starve_bind(t, &ic_vss);
}

/* They have less of their own. */
static void bind_others(struct test *t)
{
	able_to_fail(t);
	starve_bind(t, &ic_heartbeat);
	starve_bind(t, &ic_shutdown);
	starve_bind(t, &ic_kvp);
	starve_bind(t, &ic_fcopy);
}

/* After an open that failed the service can be opened again. */
static void open_legacy(struct test *t)
{
	static const struct ic_service *const services[] = { &ic_kvp, &ic_vss, &ic_fcopy };

	able_to_fail(t);
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		char path[32];

		play_alone(t, services[i]);
		snprintf(path, sizeof(path), "/dev/vmbus/hv_%s", services[i]->name);
		play_start(t, path, "starve open close");
		play_ended(t);
		play_said(t, "^open: ok");
		play_said(t, "^starved: ");
		test_served(t, services[i]);
	}
}

static void kvp(struct test *t)
{
	struct ic *ic = play_alone(t, &ic_kvp);
	struct kvp_item item;
	struct kvp_ip ip;

	able_to_fail(t);
	play_rounds(t, "kvp", "items:1 open", 4, 1);
	for (int i = 0; i < ROUNDS; i++) {
		EXPECT_RESULT(kvp_enumerate(ic, KVP_GUEST, 0, &item), 0);
		EXPECT_RESULT(kvp_get(ic, KVP_EXTERNAL, "key", &item), 0);
		EXPECT_RESULT(kvp_set(ic, KVP_EXTERNAL, "key", "value"), 0);
		EXPECT_RESULT(kvp_get_ip(ic, "00:15:5D:01:02:03", &ip), 0);
	}
	EXPECT_RESULT(kvp_enumerate(ic, KVP_GUEST, 0, &item), 0);
	play_ended(t);
	play_said(t, "^starved: ");
}

static void vss(struct test *t)
{
	struct ic *ic = play_alone(t, &ic_vss);
	uint32_t flags;

	able_to_fail(t);
	play_rounds(t, "vss", "open", 3, 0);
	for (int i = 0; i < ROUNDS; i++) {
		EXPECT_RESULT(vss_hot_backup(ic, &flags), 0);
		EXPECT_RESULT(vss_freeze(ic, NULL, 0), 0);
		EXPECT_RESULT(vss_thaw(ic), 0);
	}
	play_ended(t);
	play_said(t, "^starved: ");
	EXPECT_STR(test_status(t, ic, "frozen"), "0");
}

/* A file system that could not be frozen is not held, and the next attempt holds it. */
static void hold(struct test *t)
{
	struct ic *ic = play_alone(t, &ic_vss);

	able_to_fail(t);
	play_disk_without_timer(t);
	play_rounds(t, "vss", "disks:/mnt open", 2, 0);
	for (int i = 0; i < ROUNDS; i++) {
		EXPECT_RESULT(vss_freeze(ic, NULL, 0), 0);
		EXPECT_STR(test_status(t, ic, "holds"), "1");
		EXPECT_RESULT(vss_thaw(ic), 0);
		test_run(t, 0, "touch /mnt/thawed");
	}
	play_ended(t);
	play_said(t, "^starved: ");
}

static void fcopy(struct test *t)
{
	struct ic *ic = play_alone(t, &ic_fcopy);

	able_to_fail(t);
	play_rounds(t, "fcopy", "open", 4, 0);
	for (int i = 0; i < ROUNDS; i++) {
		EXPECT_RESULT(fcopy_start(ic, "/tmp", "file", 0, 2), 0);
		EXPECT_RESULT(fcopy_write(ic, 0, "1", 1), 0);
		EXPECT_RESULT(fcopy_write(ic, 1, "2", 1), 0);
		EXPECT_RESULT(fcopy_complete(ic), 0);
	}
	play_ended(t);
	play_said(t, "complete blocks=2 bytes=2");
	play_said(t, "^starved: ");
}

/*
 * Let the n-th allocation from now on fail in the calls of Debian's daemon. Returns
 * what was left to count of the one before, and nothing if there is no daemon.
 */
static const char *starve_daemon(struct test *t, const struct ic_service *service, int n)
{
	return test_run(t, 0, "cd /proc/$(procs hv_%s_daemon);"
			" ! cat fail-nth 2>&- || echo %d > fail-nth", service->name, n);
}

/*
 * Each allocation of Debian's daemon for a request fails once. The daemon may end because
 * of it; the host must get its answers.
 */
static void starve_stock(struct test *t, const struct ic_service *service,
			 void (*ask)(struct test *t, struct ic *ic))
{
	const char *left;
	struct ic *ic;
	int n = 1;

	able_to_fail(t);
	ic = test_served(t, service);
	starve_daemon(t, service, n);
	do {
		test_note(t, "%s: allocation %d", service->name, n);
		ask(t, ic);
		EXPECT(++n < ALLOCATIONS_MAX);
		left = starve_daemon(t, service, n);
		if (!*left) {
			test_served(t, service);
			starve_daemon(t, service, n);
		}
	} while (!atoi(left));
	starve_daemon(t, service, 0);
}

static void ask_address(struct test *t, struct ic *ic)
{
	EXPECT_ANSWER(kvp_set_ip(ic, "00:15:5D:01:02:03", &(struct kvp_ip) {
		.family = WIRE_KVP_IPV4, .address = "192.0.2.5", .subnet = "255.255.255.0",
	}));
}

static void ask_item(struct test *t, struct ic *ic)
{
	struct kvp_item item;

	EXPECT_ANSWER(kvp_enumerate(ic, KVP_GUEST, 0, &item));
}

static void stock_kvp(struct test *t)
{
	struct ic *ic = test_ic(t, &ic_kvp);
	struct kvp_item item;

	starve_stock(t, &ic_kvp, ask_address);
	starve_stock(t, &ic_kvp, ask_item);
	EXPECT_RESULT(kvp_set(ic, KVP_EXTERNAL, "after", "the hunger"), 0);
	EXPECT_RESULT(kvp_get(ic, KVP_EXTERNAL, "after", &item), 0);
}

static void ask_vss(struct test *t, struct ic *ic)
{
	uint32_t flags;

	EXPECT_ANSWER(vss_hot_backup(ic, &flags));
	EXPECT_ANSWER(vss_freeze(ic, NULL, 0));
	EXPECT_ANSWER(vss_thaw(ic));
}

static void stock_vss(struct test *t)
{
	struct ic *ic = test_ic(t, &ic_vss);

	starve_stock(t, &ic_vss, ask_vss);
	EXPECT_RESULT(vss_freeze(ic, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(ic), 0);
	EXPECT_STR(test_status(t, ic, "frozen"), "0");
}

static void ask_fcopy(struct test *t, struct ic *ic)
{
	ic_result started = fcopy_start(ic, "/tmp", "hungry", WIRE_FCOPY_OVERWRITE, 2);

	EXPECT_ANSWER(started);
	if (started)
		return;
	EXPECT_ANSWER(fcopy_write(ic, 0, "12", 2));
	EXPECT_ANSWER(fcopy_complete(ic));
}

static void stock_fcopy(struct test *t)
{
	struct fcopy_source source = fcopy_memory("fed\n", 4);
	struct ic *ic = test_ic(t, &ic_fcopy);

	starve_stock(t, &ic_fcopy, ask_fcopy);
	EXPECT_RESULT(fcopy_copy(ic, &source, "/tmp", "hungry", WIRE_FCOPY_OVERWRITE), 0);
	EXPECT_STR(test_run(t, 0, "cat /tmp/hungry; rm /tmp/hungry"), "fed");
}

static void feed(struct test *t, void *context)
{
	test_run(t, 0, "cd " FAILSLAB "; echo 0 > probability; echo 1 > times");
}

/* There is no daemon yet, and no memory to keep an item for it. */
static void held(struct test *t)
{
	struct ic *ic = play_alone(t, &ic_kvp);
	ic_result refused;

	able_to_fail(t);
	test_defer(t, feed, NULL);
	/* Only allocations that must not wait fail; this is one. */
	test_run(t, 0, "cd " FAILSLAB "; echo Y > ignore-gfp-wait; echo -1 > times;"
		       " echo 100 > probability");
	refused = kvp_set(ic, KVP_EXTERNAL, "lost", "and said so");
	feed(t, NULL);
	EXPECT_FAILURE(refused);
	EXPECT_RESULT(kvp_set(ic, KVP_EXTERNAL, "kept", "value"), 0);
	play_start(t, "kvp", "open serve");
	play_said(t, "^set pool=0 key=kept value=value");
	play_never_said(t, "key=lost");
}

const struct test_case starved_cases[] = {
	/* The driver core removes attributes that it failed to make. */
	{ .name = "starved_bind", .run = bind, .only = ONLY_HV_IC,
	  .provokes = "sysfs_remove_group" },
	{ .name = "starved_bind_others", .run = bind_others, .only = ONLY_HV_IC,
	  .provokes = "sysfs_remove_group" },
	{ .name = "starved_open", .run = open_legacy, .only = ONLY_HV_IC },
	{ .name = "starved_kvp", .run = kvp, .only = ONLY_HV_IC },
	{ .name = "starved_vss", .run = vss, .only = ONLY_HV_IC },
	{ .name = "starved_hold", .run = hold, .only = ONLY_HV_IC },
	{ .name = "starved_fcopy", .run = fcopy, .only = ONLY_HV_IC },
	{ .name = "starved_stock_kvp", .run = stock_kvp, .only = ONLY_HV_IC },
	{ .name = "starved_stock_vss", .run = stock_vss, .only = ONLY_HV_IC },
	{ .name = "starved_stock_fcopy", .run = stock_fcopy, .only = ONLY_HV_IC },
	{ .name = "starved_held", .run = held, .only = ONLY_HV_IC },
	{ 0 }
};
