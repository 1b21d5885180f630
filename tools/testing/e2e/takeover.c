// SPDX-License-Identifier: GPL-2.0
/*
 * hvic takeover and release: services change drivers on the running system, and what is in the
 * way of that. Daemons are moved as units of this machine's systemd.
 */
#include "play.h"
#include "systemd.h"

static void end_takeover(struct test *t, void *context)
{
	test_run(t, 0, "procs -TERM hv_kvp_daemon || true");
	test_run(t, 0, "rmmod hv_utils uio_hv_generic 2>/dev/null; modprobe hv_ic");
}

static void expect_all(struct test *t, const char *driver)
{
	static const char *const core[] = { "heartbeat", "shutdown", "timesync" };

	for (size_t i = 0; i < ARRAY_SIZE(core); i++) {
		const struct ic_service *service = ic_services[i];

		EXPECT_STR(test_run(t, 0, "basename $(readlink /sys/bus/vmbus/devices/%s/driver)",
				    service->instance), driver);
	}
}

static void load_old(struct test *t)
{
	test_unload(t);
	test_run(t, 0, "modprobe hv_utils");
	expect_all(t, "hv_utils");
	EXPECT_RESULT(ic_wait_ready(test_ic(t, &ic_heartbeat)), 0);
}

static void begin_old(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	test_defer(t, end_takeover, NULL);
	load_old(t);
}

/* Everything is as it was before the takeover, and goes on. */
static void expect_old(struct test *t)
{
	expect_all(t, "hv_utils");
	EXPECT(!test_has(t, "/sys/module/hv_ic"));
	EXPECT_RESULT(ic_wait_ready(test_ic(t, &ic_heartbeat)), 0);
	EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), NULL), 0);
}

static void takes_over(struct test *t)
{
	struct ic *hb = test_ic(t, &ic_heartbeat);

	begin_old(t);
	test_says(t, 1, "hvic doctor", "not loaded");
	for (int i = 0; i < 3; i++) {
		test_says(t, 0, "hvic takeover", "heartbeat: from hv_utils to hv_ic");
		expect_all(t, "hv_ic");
		EXPECT(!test_has(t, "/sys/module/hv_utils"));
		EXPECT_RESULT(ic_wait_ready(hb), 0);
		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
		test_says(t, 0, "hvic takeover", "nothing that another driver holds");
		test_says(t, 0, "hvic release", "heartbeat: from hv_ic to hv_utils");
		expect_old(t);
	}
	test_run(t, 0, "hvic takeover");
	test_says(t, 0, "hvic release", "this lasts until the next boot");
	/* The module is there, but beside the other. */
	test_run(t, 0, "modprobe hv_ic");
	test_says(t, 1, "hvic doctor", "heartbeat is held by another driver, hv_utils");
	test_says(t, 0, "hvic", "heartbeat  hv_utils ");
	test_says(t, 0, "hvic takeover", "heartbeat: from hv_utils to hv_ic");
}

/* A step fails in the middle: hv_utils gets everything back, and goes on. */
static void step_fails(struct test *t)
{
	const char *path = test_run(t, 0, "echo /sys/bus/vmbus/devices/%s/driver_override",
				    ic_timesync.instance);

	begin_old(t);
	test_run(t, 0, "echo hv_utils > %s", path);
	test_says(t, 1, "hvic takeover", "cannot give timesync to hv_ic");
	expect_old(t);
	test_run(t, 0, "echo > %s", path);
	test_says(t, 0, "hvic takeover", "timesync: from hv_utils to hv_ic");
}

/* --- What the host has begun. --------------------------------------------- */

static void expect_session(struct test *t, const char *service, bool expected)
{
	test_run(t, expected ? 0 : 1, "hvic status %s --json | grep '\"in_session\": true'",
		 service);
}

/* What a release asks hv_ic. Files that a daemon has open say nothing about it. */
static void session(struct test *t)
{
	struct ic *vss = test_served(t, &ic_vss), *fc = test_served(t, &ic_fcopy);

	test_need(t, "/usr/bin/hvic");
	/* Ours has only begun something where there is a file system that can be frozen. */
	play_disk(t);
	expect_session(t, "vss", false);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_session(t, "vss", true);
	expect_session(t, "fcopy", false);
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_session(t, "vss", false);

	test_run(t, 0, "rm -rf /tmp/copy; mkdir /tmp/copy");
	EXPECT_RESULT(fcopy_start(fc, "/tmp/copy", "file", 0, 100), 0);
	expect_session(t, "fcopy", true);
	EXPECT_RESULT(fcopy_cancel(fc), 0);
	expect_session(t, "fcopy", false);

	/* The last request is FREEZE, but it has ended by itself. */
	test_parameter(t, "vss_frozen_max", "5");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_until(t, "! hvic status vss --json | grep '\"in_session\": true'");
	test_run(t, 0, "hvic status vss --json | grep '\"operation\": \"freeze\"'");
	EXPECT_FAILURE(vss_thaw(vss));
}

/* --- Processes in the way. ------------------------------------------------ */

static void hold(struct test *t, const char *node)
{
	test_run(t, 0, "sleep 3600 <>%s >/dev/null 2>&1 & echo $! >/tmp/holder", node);
	test_until(t, "grep -q sleep /proc/$(cat /tmp/holder)/comm");
}

static void let_go(struct test *t)
{
	test_run(t, 0, "kill $(cat /tmp/holder)");
	test_until(t, "! test -e /proc/$(cat /tmp/holder)");
}

/* A process has a node open, of whatever name: nothing is touched, or the kernel would wait. */
static void node_open(struct test *t)
{
	begin_old(t);
	test_until(t, "test -c /dev/vmbus/hv_kvp");
	hold(t, "/dev/vmbus/hv_kvp");
	test_says(t, 75, "hvic takeover", "has /dev/vmbus/hv_kvp open and cannot be restarted");
	expect_old(t);
	let_go(t);
	test_run(t, 0, "touch /tmp/other && mount -o bind /dev/vmbus/hv_kvp /tmp/other");
	hold(t, "/tmp/other");
	test_says(t, 75, "hvic takeover", "sleep (process ");
	expect_old(t);
	let_go(t);
	test_run(t, 0, "umount /tmp/other; rm /tmp/other");
	test_says(t, 0, "hvic takeover", "kvp: from hv_utils to hv_ic");
	hold(t, "/dev/hv_ic/kvp");
	test_says(t, 75, "hvic release", "has /dev/hv_ic/kvp open and cannot be restarted");
	expect_all(t, "hv_ic");
	let_go(t);
	test_run(t, 0, "hvic release");
}

/* A daemon that no unit runs is left alone, as it runs and where it runs. */
static void daemon_without_unit(struct test *t)
{
	const char *pid;

	begin_old(t);
	test_need(t, "/usr/sbin/hv_kvp_daemon");
	test_run(t, 0, "hv_kvp_daemon");
	test_until(t, "ls -l /proc/$(procs hv_kvp_daemon)/fd | grep -q hv_kvp");
	pid = test_run(t, 0, "procs hv_kvp_daemon");
	test_says(t, 75, "hvic takeover", "hv_kvp_daemon (process ");
	EXPECT_STR(test_run(t, 0, "procs hv_kvp_daemon"), pid);
	expect_old(t);
	test_run(t, 0, "procs -TERM -w hv_kvp_daemon");
	test_says(t, 0, "hvic takeover", "kvp: from hv_utils to hv_ic");
	test_run(t, 0, "hv_kvp_daemon");
	test_until(t, "hvic status kvp | grep -q legacy");
	test_says(t, 75, "hvic release", "hv_kvp_daemon (process ");
}

/* A user calls a program like a daemon: it is not ended, and above all not run as root. */
static void impostor(struct test *t)
{
	begin_old(t);
	test_run(t, 0, "echo user:x:1000:1000::/:/bin/sh > /etc/passwd");
	test_run(t, 0, "printf '#!/bin/sh\\nid -u >>/tmp/ran\\nsleep 3600\\n' >/tmp/hv_kvp_daemon");
	test_run(t, 0, "chmod 755 /tmp/hv_kvp_daemon");
	test_run(t, 0, "su user -c '/tmp/hv_kvp_daemon </dev/null >/dev/null 2>&1 &'");
	test_until(t, "grep -q 1000 /tmp/ran && grep -q hv_kvp_daemon /proc/[0-9]*/comm");
	test_run(t, 0, "hvic takeover");
	expect_all(t, "hv_ic");
	test_run(t, 0, "hvic release");
	EXPECT_STR(test_run(t, 0, "cat /tmp/ran"), "1000");
	test_run(t, 0, "grep -q hv_kvp_daemon /proc/[0-9]*/comm");
	test_run(t, 0, "procs -TERM hv_kvp_daemon sleep; rm /tmp/ran /tmp/hv_kvp_daemon");
}

/* --- Two at once, and signals. -------------------------------------------- */

/* A takeover that stays in the middle of loading hv_ic until /tmp/go is there. */
static void begin_slow(struct test *t)
{
	test_run(t, 0, "rm -f /tmp/go /tmp/began /tmp/status; mkdir -p /etc/modprobe.d");
	test_run(t, 0, "echo 'install hv_ic %s; insmod %s' >/etc/modprobe.d/slow.conf",
		 "touch /tmp/began; while ! test -e /tmp/go; do sleep 0.1; done",
		 test_run(t, 0, "find /lib/modules -name hv_ic.ko"));
	test_run(t, 0, "(sh -c 'echo $$ >/tmp/pid; exec hvic -t 10m takeover'; %s) %s",
		 "echo $? >/tmp/status", ">/tmp/said 2>&1 &");
	test_until(t, "test -e /tmp/began");
}

/* Of the takeover, and not of the process that loads the module for it. */
static void end_slow(struct test *t, const char *signal)
{
	if (signal)
		test_run(t, 0, "kill -%s $(cat /tmp/pid)", signal);
	test_run(t, 0, "rm /etc/modprobe.d/slow.conf; touch /tmp/go");
}

static void two_at_once(struct test *t)
{
	begin_old(t);
	begin_slow(t);
	test_says(t, 75, "hvic takeover", "another takeover or release is under way");
	end_slow(t, NULL);
	test_until(t, "grep -qx 0 /tmp/status");
	expect_all(t, "hv_ic");
	test_run(t, 0, "hvic release");
	expect_old(t);
}

static void signals(struct test *t)
{
	static const struct {
		const char *name;
		int status;
	} cases[] = { { "TERM", 143 }, { "HUP", 129 } };

	begin_old(t);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin_slow(t);
		end_slow(t, cases[i].name);
		test_until(t, "grep -qx %d /tmp/status", cases[i].status);
		test_says(t, 0, "cat /tmp/said", "interrupted\ngoing back to how it was");
		expect_old(t);
	}
	/* The reader goes away: that is no reason to stop. */
	test_run(t, 0, "hvic takeover | true");
	expect_all(t, "hv_ic");
	EXPECT(!test_has(t, "/sys/module/hv_utils"));
}

/* --- Units of systemd. ---------------------------------------------------- */

static void write_unit(struct test *t, const char *name, const char *service)
{
	test_run(t, 0, "mkdir -p /run/systemd/system");
	test_run(t, 0, "printf '[Service]\\n%s\\n' >/run/systemd/system/hv-%s-daemon.service",
		 service, name);
	test_run(t, 0, "systemctl daemon-reload && systemctl restart hv-%s-daemon", name);
}

static char *main_pid(struct test *t, const char *name)
{
	return test_run(t, 0, "systemctl show -P MainPID hv-%s-daemon", name);
}

/* It has its device, and it runs. */
static void expect_daemon(struct test *t, const char *name)
{
	test_until(t, "ls -l /proc/$(systemctl show -P MainPID hv-%s-daemon)/fd | grep -q hv_%s",
		   name, name);
	test_run(t, 0, "grep -q 'State:.S' /proc/$(systemctl show -P MainPID hv-%s-daemon)/status",
		 name);
}

static void expect_daemons(struct test *t)
{
	expect_daemon(t, "kvp");
	expect_daemon(t, "vss");
}

static void begin_systemd(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	test_need(t, "/lib/systemd/systemd");
	test_need(t, "/usr/sbin/hv_vss_daemon");
	systemd_mask(t, SYSTEMD_OURS);
	test_run(t, 0, "kill -USR1 1");
	test_until(t, "systemctl -q is-active dbus.socket");
	load_old(t);
	test_until(t, "test -c /dev/vmbus/hv_kvp && test -c /dev/vmbus/hv_vss");
	write_unit(t, "kvp", "ExecStart=/usr/sbin/hv_kvp_daemon -n");
	write_unit(t, "vss", "ExecStart=/usr/sbin/hv_vss_daemon -n");
	expect_daemons(t);
	play_mount(t);
}

static void end_systemd(struct test *t)
{
	hv_guest_start(t->host, "poweroff -f");
	EXPECT_EQ(hv_wait_state(t->host, HV_OFF, test_ic(t, &ic_heartbeat)->timeout_ms), 0);
}

/* What a user has frozen stays so, and all goes on that would have been stopped. */
static void frozen(struct test *t)
{
	const char *kvp, *vss;

	begin_systemd(t);
	kvp = main_pid(t, "kvp");
	vss = main_pid(t, "vss");
	test_run(t, 0, "busybox fsfreeze --freeze /mnt");
	test_says(t, 75, "hvic takeover", "the file system on /mnt is frozen");
	expect_old(t);
	expect_daemons(t);
	EXPECT_STR(main_pid(t, "kvp"), kvp);
	EXPECT_STR(main_pid(t, "vss"), vss);
	test_run(t, 0, "busybox fsfreeze --unfreeze /mnt");
	test_says(t, 0, "hvic takeover", "vss: from hv_utils to hv_ic");
	end_systemd(t);
}

static void units(struct test *t)
{
	struct ic *vss = test_ic(t, &ic_vss);
	const char *kvp;

	begin_systemd(t);
	kvp = main_pid(t, "kvp");
	test_says(t, 0, "hvic takeover", "kvp: from hv_utils to hv_ic");
	expect_all(t, "hv_ic");
	expect_daemons(t);
	EXPECT(strcmp(main_pid(t, "kvp"), kvp));
	test_until(t, "hvic status vss | grep -q legacy");

	/* In the middle of a backup, which goes on. */
	EXPECT_RESULT(ic_wait_ready(vss), 0);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_says(t, 75, "hvic release", "the host is in the middle of a backup");
	expect_all(t, "hv_ic");
	EXPECT_RESULT(vss_thaw(vss), 0);
	test_says(t, 0, "hvic release", "vss: from hv_ic to hv_utils");
	expect_old(t);
	expect_daemons(t);
	end_systemd(t);
}

/* It does not end in time, so that all stays; but it ends then, and must run again. */
static void stubborn_unit(struct test *t)
{
	const char *kvp;

	begin_systemd(t);
	write_unit(t, "kvp", "KillSignal=SIGWINCH\\nTimeoutStopSec=8\\n"
		   "ExecStart=/usr/sbin/hv_kvp_daemon -n");
	expect_daemons(t);
	kvp = main_pid(t, "kvp");
	test_says(t, 75, "hvic -t 2s takeover", "cannot stop hv-kvp-daemon.service");
	expect_old(t);
	test_until(t, "test \"$(systemctl show -P MainPID hv-kvp-daemon)\" != %s", kvp);
	test_until(t, "systemctl -q is-active hv-kvp-daemon");
	expect_daemons(t);
	end_systemd(t);
}

#define CASE(title, function) { .name = title, .run = function, .only = ONLY_HV_IC }
#define LAST(title, function) \
	{ .name = title, .run = function, .only = ONLY_HV_IC, .ends_guest = true }

const struct test_case takeover_cases[] = {
	CASE("takeover", takes_over),
	CASE("takeover_step_fails", step_fails),
	CASE("takeover_session", session),
	CASE("takeover_node_open", node_open),
	CASE("takeover_daemon_without_unit", daemon_without_unit),
	CASE("takeover_impostor", impostor),
	CASE("takeover_two_at_once", two_at_once),
	CASE("takeover_signals", signals),
	LAST("takeover_units", units),
	LAST("takeover_frozen", frozen),
	LAST("takeover_stubborn_unit", stubborn_unit),
	{ 0 }
};
