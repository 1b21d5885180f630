// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's kernel runs out of memory: each allocation on the way of a bind, of a
 * daemon and of a request fails once. The host gets an answer, nothing is lost for
 * longer than that, and nothing is left behind (lifecycle_leaks looks).
 */
#include "play.h"

#include <stdio.h>

#define FAILSLAB "/sys/kernel/debug/failslab/"

/* What a stock daemon can allocate in the course of one request, and more. */
#define STOCK_ALLOCATIONS 40

/* Every kind of allocation may fail, where fail-nth or a probability says so; silently. */
static void able_to_fail(struct test *t)
{
	if (!test_has(t, FAILSLAB "probability"))
		test_skip(t, "the kernel cannot inject failures");
	test_run(t, 0, "cd " FAILSLAB "; echo 0 > verbose; echo N > ignore-gfp-wait");
}

static void starve_bind(struct test *t, const struct ic_service *service)
{
	struct ic *ic = play_alone(t, service);
	const char *driver = "/sys/bus/vmbus/drivers/hv_ic";

	test_run(t, 0, "echo %s > %s/unbind", service->instance, driver);
	test_note(t, "%s: %s", service->name,
		  test_run(t, 0, "starve %s/bind %s/unbind %s", driver, driver,
			   service->instance));
	EXPECT_RESULT(ic_wait_ready(ic), 0);
}

static void bind(struct test *t)
{
	const struct ic_service *const *service;

	able_to_fail(t);
	for (service = test_services(t); *service; service++)
		starve_bind(t, *service);
}

/* An open that fails does not keep the service. */
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
	play_greeted(t, "kvp", "starve items:1 open serve:42");
	for (int i = 0; i < 10; i++) {
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
	play_greeted(t, "vss", "starve open serve:31");
	for (int i = 0; i < 10; i++) {
		EXPECT_RESULT(vss_hot_backup(ic, &flags), 0);
		EXPECT_RESULT(vss_freeze(ic, NULL, 0), 0);
		EXPECT_RESULT(vss_thaw(ic), 0);
	}
	play_ended(t);
	play_said(t, "^starved: ");
	EXPECT_STR(test_status(t, ic, "frozen"), "0");
}

static void fcopy(struct test *t)
{
	struct ic *ic = play_alone(t, &ic_fcopy);

	able_to_fail(t);
	play_greeted(t, "fcopy", "starve open serve:41");
	for (int i = 0; i < 10; i++) {
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
 * Debian's daemon, in its own calls: what it makes of that is its business, and may
 * be its end. The host must get an answer.
 */
static void stock_kvp(struct test *t)
{
	struct ic *ic = test_served(t, &ic_kvp);
	struct kvp_item item;

	able_to_fail(t);
	for (int n = 1; n <= STOCK_ALLOCATIONS; n++) {
		test_note(t, "allocation %d", n);
		test_served(t, &ic_kvp);
		test_run(t, 0, "echo %d > /proc/$(pidof hv_kvp_daemon)/fail-nth", n);
		if (n % 2)
			EXPECT_ANSWER(kvp_set_ip(ic, "00:15:5D:01:02:03", &(struct kvp_ip) {
				.family = WIRE_KVP_IPV4, .address = "192.0.2.5",
				.subnet = "255.255.255.0",
			}));
		else
			EXPECT_ANSWER(kvp_enumerate(ic, KVP_GUEST, 0, &item));
		test_run(t, 0, "for p in $(pidof hv_kvp_daemon); do echo 0 > /proc/$p/fail-nth;"
			       " done; true");
	}
	test_served(t, &ic_kvp);
	EXPECT_RESULT(kvp_set(ic, KVP_EXTERNAL, "after", "the hunger"), 0);
	EXPECT_RESULT(kvp_get(ic, KVP_EXTERNAL, "after", &item), 0);
}

static void feed(struct test *t, void *context)
{
	test_run(t, 0, "cd " FAILSLAB "; echo 0 > probability; echo 1 > times");
}

/* No daemon yet, and no memory to keep what it is to be told. */
static void held(struct test *t)
{
	struct ic *ic = play_alone(t, &ic_kvp);
	ic_result refused;

	able_to_fail(t);
	test_defer(t, feed, NULL);
	/* Only those that must not wait: of these it is one. */
	test_run(t, 0, "cd " FAILSLAB "; echo Y > ignore-gfp-wait; echo -1 > times;"
		       " echo 100 > probability");
	refused = kvp_set(ic, KVP_EXTERNAL, "lost", "and said so");
	feed(t, NULL);
	EXPECT_FAILURE(refused);
	EXPECT_RESULT(kvp_set(ic, KVP_EXTERNAL, "kept", "value"), 0);
	play_start(t, "kvp", "open serve");
	play_said(t, "event set pool=0 key=kept value=value");
	play_never_said(t, "key=lost");
}

const struct test_case starved_cases[] = {
	/* The driver core removes attributes that it failed to make. */
	{ .name = "starved_bind", .run = bind, .only = ONLY_HV_IC,
	  .provokes = "sysfs_remove_group" },
	{ .name = "starved_open", .run = open_legacy, .only = ONLY_HV_IC },
	{ .name = "starved_kvp", .run = kvp, .only = ONLY_HV_IC },
	{ .name = "starved_vss", .run = vss, .only = ONLY_HV_IC },
	{ .name = "starved_fcopy", .run = fcopy, .only = ONLY_HV_IC },
	{ .name = "starved_stock_kvp", .run = stock_kvp, .only = ONLY_HV_IC },
	{ .name = "starved_held", .run = held, .only = ONLY_HV_IC },
	{ 0 }
};
