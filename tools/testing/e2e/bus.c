// SPDX-License-Identifier: GPL-2.0
/* The bus: connect in every version, on one and two vCPUs; offers; reconnect. */
#include "e2e.h"
#include "load.h"
#include "gpadl.h"

static void expect_services_ready(struct test *t)
{
	const struct ic_service *const *service;

	for (service = test_services(t); *service; service++)
		test_ready(t, *service);
}

/* The highest that the host and this kernel know. */
static void connect(struct test *t)
{
	int kernel = atoi(test_run(t, 0, "uname -r"));

	EXPECT_EQ(hv_bus_version(t->host), kernel < 6 ? HV_VERSION(5, 2) :
		  kernel < 7 ? HV_VERSION(5, 3) : HV_VERSION(6, 0));
	EXPECT(hv_bus_ready(t->host));
	EXPECT_EQ(atol(test_run(t, 0, "ls /sys/bus/vmbus/devices | wc -l")), IC_COUNT);
	expect_services_ready(t);
	EXPECT_RESULT(heartbeat_beat(test_ready(t, &ic_heartbeat), NULL), 0);
}

/* The module has bound every device of a service that it serves. */
static void bound(struct test *t)
{
	const struct ic_service *const *service;

	for (service = test_services(t); *service; service++)
		EXPECT_STR(test_run(t, 0, "basename $(readlink /sys/bus/vmbus/devices/%s/driver)",
				    (*service)->instance), t->module);
}

static void one_cpu(struct test *t)
{
	EXPECT_STR(test_run(t, 0, "nproc"), "1");
	expect_services_ready(t);
	for (int i = 0; i < 200; i++)
		EXPECT_RESULT(heartbeat_beat(test_ready(t, &ic_heartbeat), NULL), 0);
}

/* The channel's interrupt is moved while beats go on, which MODIFYCHANNEL allows since 4.1. */
static void move_channel(struct test *t)
{
	struct ic *hb = test_ready(t, &ic_heartbeat);

	load_start(t);
	for (unsigned int i = 0; i < 10; i++) {
		test_move_channel(t, &ic_heartbeat, i % 2);
		EXPECT_EQ(hv_channel_target_vp(hb->channel), i % 2);
	}
	EXPECT(load_stop(t) > 0);
	EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
}

static void old_version(struct test *t)
{
	EXPECT_EQ(hv_bus_version(t->host), HV_VERSION(4, 0));
	expect_services_ready(t);
	EXPECT_RESULT(heartbeat_beat(test_ready(t, &ic_heartbeat), NULL), 0);
	test_reopen(t, test_ic(t, &ic_heartbeat));
	EXPECT_RESULT(heartbeat_beat(test_ready(t, &ic_heartbeat), NULL), 0);
}

/* The bus driver is unloaded and loaded, in some versions without UNLOAD: all starts anew. */
static void reconnect(struct test *t)
{
	if (!test_has(t, "/lib/modules/$(uname -r)/hv_vmbus.ko"))
		test_skip(t, "hv_vmbus is not a module of this kernel");
	for (int i = 0; i < 5; i++) {
		expect_services_ready(t);
		test_unload(t);
		test_run(t, 0, "rmmod hv_vmbus");
		EXPECT_EQ(hv_gpadl_count(t->host), 0);
		test_run(t, 0, "modprobe hv_vmbus");
		test_load(t, "");
	}
	expect_services_ready(t);
}

/* The module is loaded before the host offers a device. */
static void module_first(struct test *t)
{
	test_unload(t);
	for (int i = 0; i < IC_COUNT; i++)
		test_rescind(t, t->ics[i]);
	test_load(t, "");
	for (int i = 0; i < IC_COUNT; i++)
		EXPECT_EQ(ic_offer(t->ics[i]), 0);
	expect_services_ready(t);
}

const struct test_case bus_cases[] = {
	{ .name = "bus_connect", .run = connect },
	{ .name = "bus_bound", .run = bound },
	{ .name = "bus_reconnect", .run = reconnect },
	{ .name = "bus_module_first", .run = module_first },
	{ .name = "bus_old_version", .run = old_version, .vmbus = HV_VERSION(4, 0) },
	{ .name = "bus_move_channel", .run = move_channel },
	{ .name = "bus_one_cpu", .run = one_cpu, .vcpus = 1 },
	{ 0 }
};
