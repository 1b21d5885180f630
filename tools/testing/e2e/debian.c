// SPDX-License-Identifier: GPL-2.0
/*
 * A real Debian under its own init, and its package hyperv-daemons as apt has installed it: with
 * hv_utils, and with hv_ic in its place. Modules are loaded and daemons started by its udev alone.
 */
#include "debian.h"

#include <stdlib.h>
#include <unistd.h>

#define SLOW_MS 400000

const struct shutdown_order debian_power_off = {
	.reason = SHUTDOWN_REASON_PLANNED,
	.text = "the host goes down for good",
};

const struct shutdown_order debian_restart = {
	.flags = WIRE_SHUTDOWN_RESTART,
	.reason = SHUTDOWN_REASON_PLANNED,
	.text = "the host wants it anew",
};

void debian_none_failed(struct test *t)
{
	EXPECT_STR(test_run(t, 0, "systemctl --failed --no-legend --plain"), "");
}

void debian_run(struct test *t, const char *command)
{
	int id = hv_guest_start(t->host, "%s", command);
	char *said = NULL;

	test_note(t, "%s", command);
	/* One that computes for minutes gives no sign of life by itself. */
	while (!hv_guest_done(t->host, id)) {
		EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), NULL), 0);
		sleep(1);
	}
	if (hv_guest_finish(t->host, id, SLOW_MS, &said))
		FAIL("%s fails: %s", command, said);
	free(said);
}

void debian_settled(struct test *t)
{
	int id = hv_guest_start(t->host, "systemctl is-system-running --wait");

	test_note(t, "the system starts");
	EXPECT(hv_guest_finish(t->host, id, SLOW_MS, NULL) >= 0);
	/* What udev finds late is started after that. */
	test_until(t, "test -z \"$(systemctl list-jobs --no-legend)\"");
	debian_none_failed(t);
}

void debian_up(struct test *t, const char *module)
{
	const struct ic_service *const services[] = { &ic_shutdown, &ic_kvp, &ic_vss };

	debian_settled(t);
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		const char *instance = services[i]->instance;

		/* udev may load it while the rest of the system is up already. */
		test_until(t, "[ -e /sys/bus/vmbus/devices/%s/driver ]", instance);
		EXPECT_STR(test_run(t, 0, "basename $(readlink /sys/bus/vmbus/devices/%s/driver)",
				    instance), module);
	}
}

/* Newer kernels' hv_utils has no file copy, and Debian 13's package no daemon for it. */
static bool has_copy(struct test *t)
{
	return test_has(t, "/dev/vmbus/hv_fcopy") && test_has(t, "/usr/sbin/hv_fcopy_daemon");
}

void debian_active(struct test *t, const struct ic_service *service, const char *unit)
{
	test_note(t, "%s.service", unit);
	test_until(t, "systemctl -q is-active %s", unit);
	if (test_has(t, "/sys/module/hv_ic"))
		test_attached(t, service, 0);
	EXPECT_RESULT(ic_wait_ready(test_ic(t, service)), 0);
}

void debian_daemons(struct test *t)
{
	debian_active(t, &ic_kvp, "hv-kvp-daemon");
	debian_active(t, &ic_vss, "hv-vss-daemon");
	if (has_copy(t))
		debian_active(t, &ic_fcopy, "hv-fcopy-daemon");
}

void debian_ours(struct test *t)
{
	debian_up(t, "hv_ic");
	test_says(t, 0, "modinfo -F filename hv_ic", "/updates/dkms/hv_ic.ko");
	debian_active(t, &ic_kvp, "hvic-kvpd");
	debian_active(t, &ic_vss, "hvic-vssd");
	debian_active(t, &ic_fcopy, "hvic-fcopyd");
	test_until(t, "systemctl -q is-active hvic-shutdownd");
	test_says(t, 0, "hvic shutdown", "handler    process ");
	EXPECT_STR(test_run(t, 0, "systemctl list-units --no-legend --plain --state=active %s",
			    "'hv-*'"), "");
	EXPECT_STR(test_run(t, 0, "journalctl -b -q -p warning -u 'hvic-*' -u 'hv-*'"), "");
	debian_none_failed(t);
}

void debian_item(struct test *t, unsigned int pool, const char *key, const char *value)
{
	struct kvp_item item;

	EXPECT_RESULT(kvp_find(test_ic(t, &ic_kvp), pool, key, &item), 0);
	EXPECT_STR(item.value, value);
}

void debian_items(struct test *t)
{
	test_note(t, "data exchange");
	debian_item(t, KVP_AUTO, "OSName", "Debian GNU/Linux");
	debian_item(t, KVP_AUTO, "FullyQualifiedDomainName", "debian");
	EXPECT_RESULT(kvp_set(test_ic(t, &ic_kvp), KVP_EXTERNAL, "colour", "blue"), 0);
	EXPECT(test_has(t, "/var/lib/hyperv/.kvp_pool_0"));
}

static void stop_writer(struct test *t, void *context)
{
	test_run(t, 0, "systemctl stop writer");
}

void debian_backup(struct test *t, const char *holds)
{
	struct ic *vss = test_ic(t, &ic_vss);

	test_note(t, "backup");
	test_run(t, 0, "systemd-run -q --unit=writer sh -c '%s'",
		 "while :; do echo >>/root/writes; sync /root/writes; done");
	test_defer(t, stop_writer, NULL);
	test_until(t, "test -s /root/writes");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	if (holds)
		EXPECT_STR(test_status(t, vss, "holds"), holds);
	test_run(t, 0, "a=$(stat -c %%s /root/writes); sleep 2; %s",
		 "[ $(stat -c %s /root/writes) -le $((a + 1)) ]");
	EXPECT_RESULT(vss_thaw(vss), 0);
	test_run(t, 0, "stat -c %%s /root/writes >/run/thawed");
	test_until(t, "[ $(stat -c %%s /root/writes) -gt $(($(cat /run/thawed) + 1)) ]");
	EXPECT_RESULT(vss_complete(vss), 0);
	test_undo(t);
}

static void expect_copy(struct test *t)
{
	struct fcopy_source source = fcopy_memory("content", 7);

	test_note(t, "file copy");
	EXPECT_RESULT(fcopy_copy(test_ic(t, &ic_fcopy), &source, "/root/copies", "copied",
				 WIRE_FCOPY_OVERWRITE | WIRE_FCOPY_CREATE_PATH), 0);
	EXPECT_STR(test_run(t, 0, "cat /root/copies/copied"), "content");
}

static void daemons(struct test *t)
{
	debian_up(t, t->module);
	debian_daemons(t);
	debian_items(t);
	debian_backup(t, NULL);
	if (has_copy(t))
		expect_copy(t);
	debian_none_failed(t);
}

void debian_ask(struct test *t, const struct shutdown_order *order, enum hv_state state,
		const char *target)
{
	bool has_hv_ic = test_has(t, "/sys/module/hv_ic");
	struct ic *sd = test_ic(t, &ic_shutdown);

	EXPECT_RESULT(ic_wait_ready(sd), 0);
	test_note(t, "%s from the host", target);
	EXPECT_RESULT(shutdown_ask(sd, order), 0);
	EXPECT_EQ(hv_wait_state(t->host, state, SLOW_MS), 0);
	EXPECT(hv_console_find(t->host, 0, target));
	if (has_hv_ic)
		EXPECT(hv_console_find(t->host, 0, order->text));
}

static void host_restarts(struct test *t)
{
	debian_up(t, t->module);
	debian_daemons(t);
	EXPECT_RESULT(kvp_set(test_ic(t, &ic_kvp), KVP_EXTERNAL, "shape", "round"), 0);
	test_run(t, 0, "cp /proc/sys/kernel/random/boot_id /root/boot");
	debian_ask(t, &debian_restart, HV_RESET, "Reached target reboot.target");

	test_restart(t);
	debian_up(t, t->module);
	debian_daemons(t);
	debian_item(t, KVP_EXTERNAL, "shape", "round");
	test_run(t, 0, "test -s /root/boot && ! cmp -s /root/boot /proc/sys/kernel/random/boot_id");
	debian_ask(t, &debian_power_off, HV_OFF, "Reached target poweroff.target");
}

#define CASE(title, function, ...) \
	{ .name = title, .run = function, .system = SYSTEM_DEBIAN, ##__VA_ARGS__ }

const struct test_case debian_cases[] = {
	CASE("guest_daemons", daemons),
	CASE("guest_restart", host_restarts, .ends_guest = true),
	{ 0 }
};
