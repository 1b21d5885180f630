// SPDX-License-Identifier: GPL-2.0
/* hvic vss test --freeze: the administrator tries a backup, and the host knows nothing of it. */
#include "vssd_play.h"

#define SAID "/tmp/try"
#define TRY "hvic vss test --freeze"

/* Leaves its status behind what it said. */
static void start_trial(struct test *t, const char *options)
{
	test_run(t, 0, "(" TRY " %s; echo status $?) >" SAID " 2>&1 &", options);
}

static void expect_end(struct test *t, const char *status, const char *text)
{
	test_until(t, "grep -qx 'status %s' " SAID, status);
	test_says(t, 0, "cat " SAID, text);
	test_run(t, 0, "touch /mnt/thawed");
}

static void until_held(struct test *t, struct ic *vss)
{
	test_until(t, "grep -qx 'holds 1' /sys/kernel/debug/hv_ic/*/status");
	vssd_expect_holds(t, vss, "1");
}

static void tried(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	test_run(t, 0, "stat -c %%a /run/hv_ic/vssd.sock | grep -qx 600");
	test_run(t, 0, "dd if=/dev/urandom of=/mnt/dirty bs=64k count=8 2>/dev/null");
	test_says(t, 0, TRY, ": complete");
	test_run(t, 0, "touch /mnt/thawed");
	test_says(t, 0, TRY " --json=short | grep '\"mount\":\"/mnt\"'", "\"freeze_us\"");
	/* It was no backup. */
	EXPECT(!test_has(t, VSSD_REPORT));
	test_says(t, 0, "hvic vss", "none since the last boot");

	/* Meanwhile nobody else freezes, and writers wait. */
	start_trial(t, "--hold 5s");
	until_held(t, vss);
	test_run(t, 0, "(touch /mnt/held; echo done > /tmp/writer) >/dev/null 2>&1 &");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), WIRE_E_BUSY);
	test_says(t, 75, TRY " 2>&1", "another trial runs");
	test_run(t, 0, "test ! -e /tmp/writer");
	vssd_expect_holds(t, vss, "1");
	expect_end(t, "0", ": complete");
	test_until(t, "test -e /tmp/writer");
	test_run(t, 0, "rm /tmp/writer");
	vssd_backup(t, vss);

	/* The host's THAW ends it, whatever it is about. */
	start_trial(t, "--hold 1h");
	until_held(t, vss);
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_end(t, "1", "broken off");
	test_says(t, 0, "cat " VSSD_LOG, "trial broken: it was broken off");
}

static void hooked(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	test_run(t, 0, "rm -f /tmp/hooks; hvic-hooks >/tmp/hooks.log 2>&1 &");
	test_until(t, "test -S /run/hv_ic/hooks.sock");
	vssd_add_hook(t, "10-a", "echo $1 >>/tmp/hooks");
	test_says(t, 0, TRY, "1 run, 0 failed");
	EXPECT_STR(test_run(t, 0, "cat /tmp/hooks"), "freeze\nthaw");
	vssd_add_hook(t, "20-b", "[ $1 != freeze ] || exit 3");
	test_says(t, 1, TRY, "20-b: exit status 3");
	EXPECT_STR(test_run(t, 0, "tail -n 2 /tmp/hooks"), "freeze\nfreeze-fail");
	/* The client is killed while a hook runs. */
	vssd_add_hook(t, "20-b", "[ $1 != freeze ] || sleep 1000");
	start_trial(t, "");
	test_until(t, "procs sleep");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), WIRE_E_BUSY);
	test_run(t, 0, "procs -KILL hvic");
	test_until(t, "! procs sleep");
	test_until(t, "tail -n 1 /tmp/hooks | grep -qx freeze-fail");
	test_run(t, 0, "rm " VSSD_HOOKS "/20-b; touch /mnt/thawed");
	test_until(t, "tail -n 1 " VSSD_LOG " | grep -q '^trial failed: it was broken off'");
	vssd_backup(t, vss);
}

/* Whoever of the two dies, all thaws. */
static void killed(struct test *t)
{
	struct ic *vss = vssd_serve(t);
	const char *overdue;

	start_trial(t, "--hold 1h");
	until_held(t, vss);
	test_run(t, 0, "procs -KILL hvic");
	test_until(t, "touch /mnt/thawed");
	test_until(t, "tail -n 1 " VSSD_LOG " | grep -q '^trial broken: it was broken off'");
	vssd_backup(t, vss);

	start_trial(t, "--hold 1h");
	until_held(t, vss);
	test_run(t, 0, "procs -KILL hvic-vssd");
	test_until(t, "touch /mnt/thawed");
	expect_end(t, "1", "hvic-vssd has ended; the kernel has thawed");
	/* The host had been promised nothing. */
	test_until(t, "! procs hvic-vssd");
	vssd_start(t, vss);
	EXPECT_RESULT(vss_thaw(vss), 0);
	vssd_backup(t, vss);

	/* The daemon hangs: the kernel's time ends it. */
	test_parameter(t, "vss_frozen_max", "5");
	overdue = test_status(t, vss, "overdue");
	start_trial(t, "--hold 1h");
	until_held(t, vss);
	test_run(t, 0, "procs -STOP hvic-vssd");
	test_until(t, "touch /mnt/thawed");
	test_run(t, 0, "procs -CONT hvic-vssd");
	expect_end(t, "1", "vss_frozen_max");
	EXPECT_STR(test_status(t, vss, "overdue"), overdue);
	vssd_backup(t, vss);
}

static void remove_user(struct test *t, void *context)
{
	test_run(t, 0, "sed -i /^user:/d /etc/passwd");
}

static void refused(struct test *t)
{
	static const char as_user[] = "start-stop-daemon -S -c user -x /usr/bin/hvic -- ";
	static const char not_running[] = "hvic-vssd does not run";
	struct ic *vss = vssd_serve(t);

	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_says(t, 75, TRY " 2>&1", "the host makes a backup");
	EXPECT_RESULT(vss_thaw(vss), 0);
	vssd_expect_report(t, "complete");
	test_says(t, 2, "hvic vss test --hold 3s 2>&1", "with --freeze only");
	test_says(t, 2, TRY " --hold soon 2>&1", "is not a time");
	test_says(t, 75, TRY " --hold 1h --timeout 1s 2>&1", "has not thawed in time");
	test_until(t, "touch /mnt/thawed");
	test_run(t, 0, "echo user:x:1000:1000::/:/bin/sh >>/etc/passwd");
	test_defer(t, remove_user, NULL);
	test_run(t, 5, "%svss test --freeze", as_user);
	/* Also by a socket that anyone may connect to. */
	test_run(t, 0, "chmod 666 /run/hv_ic/vssd.sock");
	test_run(t, 1, "%svss test --freeze", as_user);
	test_run(t, 0, "touch /mnt/thawed");

	test_touch(t, vss);
	test_rescind(t, vss);
	test_says(t, 1, TRY " 2>&1", "the host does not offer backups now");
	test_reopen(t, vss);
	EXPECT_RESULT(ic_wait_ready(vss), 0);
	vssd_expect_attached(t, vss);
	test_says(t, 0, TRY, ": complete");
	test_run(t, 0, "procs -KILL hvic-vssd");
	test_until(t, "! procs hvic-vssd");
	test_says(t, 1, TRY " 2>&1", not_running);
	test_run(t, 0, "rm /run/hv_ic/vssd.sock");
	test_says(t, 1, TRY " 2>&1", not_running);
	test_run(t, 0, "touch /mnt/thawed");
}

#define CASE(title, function) { .name = title, .run = function, .only = ONLY_HV_IC }

const struct test_case vssd_try_cases[] = {
	CASE("vssd_try", tried),
	CASE("vssd_try_hooks", hooked),
	CASE("vssd_try_killed", killed),
	CASE("vssd_try_refused", refused),
	{ 0 }
};
