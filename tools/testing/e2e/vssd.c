// SPDX-License-Identifier: GPL-2.0
/* hvic-vssd and hvic-hooks in the guest: what freezes, what does not, and that all thaws. */
#include "systemd.h"
#include "vssd_play.h"

#define UNIT_LOG "/run/vssd.log"

/* --- What freezes. ------------------------------------------------------------------------ */

static void frozen(struct test *t)
{
	struct ic *vss = vssd_serve(t);
	uint32_t flags;

	EXPECT_RESULT(vss_hot_backup(vss, &flags), 0);
	for (int i = 0; i < 3; i++) {
		test_run(t, 0, "dd if=/dev/urandom of=/mnt/dirty bs=64k count=8 2>/dev/null");
		EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
		vssd_expect_holds(t, vss, "1");
		test_run(t, 0, "(touch /mnt/held; echo done > /tmp/writer) >/dev/null 2>&1 &");
		test_run(t, 0, "sleep 1; test ! -e /tmp/writer");
		EXPECT_RESULT(vss_thaw(vss), 0);
		test_until(t, "test -e /tmp/writer");
		test_run(t, 0, "rm /tmp/writer /mnt/held");
		vssd_expect_report(t, "complete");
		vssd_expect_mount(t, "/mnt", "frozen");
	}
	test_says(t, 0, "hvic vss", ": complete");
	test_says(t, 0, "hvic vss --json=short", "\"mode\":\"freeze\"");
	test_says(t, 0, "hvic vss list", "freezes");
	test_says(t, 0, "hvic vss test", "written in");
	EXPECT_RESULT(vss_complete(vss), 0);
}

/* --- Ends. -------------------------------------------------------------------------------- */

static void end_frozen(struct test *t, const char *signal)
{
	struct ic *vss = vssd_serve(t);

	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	vssd_expect_holds(t, vss, "1");
	test_run(t, 0, "procs -%s hvic-vssd", signal);
	test_until(t, "touch /mnt/thawed");
	test_until_shown(t, &ic_vss, "frozen 0");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	test_run(t, 0, "procs -w hvic-vssd");
	vssd_start(t, vss);
	vssd_backup(t, vss);
}

static void killed(struct test *t)
{
	end_frozen(t, "KILL");
}

static void terminated(struct test *t)
{
	end_frozen(t, "TERM");
}

static void crashed(struct test *t)
{
	end_frozen(t, "SEGV");
	EXPECT(!test_has(t, "/core"));
}

static void stopped(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	test_parameter(t, "vss_frozen_max", "5");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "procs -STOP hvic-vssd");
	test_until(t, "touch /mnt/thawed");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	test_run(t, 0, "procs -CONT hvic-vssd");
	vssd_expect_report(t, "broken");
	test_says(t, 0, "cat " VSSD_LOG, "the host did not thaw in time");
	vssd_backup(t, vss);
}

/* It is stopped before it is asked, and then nobody waits for it any more. */
static void stopped_before(struct test *t)
{
	struct ic *vss = vssd_serve(t);
	struct ic_request *r;

	test_run(t, 0, "procs -STOP hvic-vssd");
	r = play_post(t, vss, WIRE_VSS_FREEZE);
	EXPECT_RESULT(vss_thaw(vss), 0);
	EXPECT_FAILURE(ic_wait(r));
	ic_request_free(r);
	test_run(t, 0, "procs -CONT hvic-vssd; touch /mnt/thawed");
	vssd_backup(t, vss);
}

static void no_thaw(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	test_parameter(t, "vss_frozen_max", "5");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_until(t, "touch /mnt/thawed");
	vssd_expect_report(t, "broken");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	vssd_backup(t, vss);
}

static void no_limit(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	test_parameter(t, "vss_frozen_max", "0");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	vssd_expect_report(t, "failed");
	test_says(t, 0, "cat " VSSD_LOG, "vss_frozen_max of hv_ic is 0");
	test_run(t, 0, "touch /mnt/thawed");
}

/* The service goes and comes back; the daemon stays. */
static void reopened(struct test *t)
{
	struct ic *vss = vssd_serve(t);

	test_touch(t, vss);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_rescind(t, vss);
	test_until(t, "touch /mnt/thawed");
	vssd_expect_report(t, "broken");
	test_reopen(t, vss);
	EXPECT_RESULT(ic_wait_ready(vss), 0);
	vssd_expect_attached(t, vss);
	vssd_backup(t, vss);
}

/* --- Modes. ------------------------------------------------------------------------------- */

static void reconfigure(struct test *t, const char *lines)
{
	vssd_configure(t, lines);
	test_reload(t, "hvic-vssd", VSSD_LOG, "has been read anew");
}

static void modes(struct test *t)
{
	struct ic *vss = vssd_serve(t);
	uint32_t flags;

	reconfigure(t, "mode = refuse");
	EXPECT_FAILURE(vss_hot_backup(vss, &flags));
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	vssd_expect_report(t, "refused");
	test_run(t, 0, "hvic vss | grep -q '^mode *refuse$'");
	test_says(t, 1, "hvic vss test --freeze", "refused, vss.mode is refuse");
	reconfigure(t, "mode = hooks-only");
	EXPECT_RESULT(vss_hot_backup(vss, &flags), 0);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "touch /mnt/written");
	EXPECT_RESULT(vss_thaw(vss), 0);
	vssd_expect_report(t, "complete");
	test_run(t, 0, "hvic vss | grep -q '^mode *hooks-only$'");
	test_says(t, 0, "hvic vss test --freeze", "complete");
	reconfigure(t, "exclude = /mn*");
	vssd_backup(t, vss);
	vssd_expect_mount(t, "/mnt", "excludes it");
	reconfigure(t, "include = /home");
	vssd_backup(t, vss);
	vssd_expect_mount(t, "/mnt", "does not include it");
	reconfigure(t, "exclude = /mn*");
	/* What cannot be used changes nothing, but keeps it from starting. */
	vssd_configure(t, "mode = sometimes");
	test_reload(t, "hvic-vssd", VSSD_LOG, "stays as it was");
	vssd_backup(t, vss);
	vssd_expect_mount(t, "/mnt", "excludes it");
	test_run(t, 78, "hvic-vssd");
}

/* --- Hooks. ------------------------------------------------------------------------------- */

static struct ic *serve_with_hooks(struct test *t, const char *lines)
{
	struct ic *vss;

	test_run(t, 0, "rm -f /tmp/hooks");
	vssd_configure(t, lines);
	vss = vssd_serve(t);
	test_run(t, 0, "hvic-hooks >/tmp/hooks.log 2>&1 &");
	test_until(t, "test -S /run/hv_ic/hooks.sock");
	return vss;
}

static void hooked(struct test *t)
{
	struct ic *vss = serve_with_hooks(t, "");

	vssd_add_hook(t, "10-a", "echo a $1 >>/tmp/hooks; [ $1 = thaw ] || { sleep 1000 & }");
	vssd_add_hook(t, "20-b", "echo b $1 >>/tmp/hooks; touch /mnt/$1; yes | head -n 100000");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	vssd_expect_holds(t, vss, "1");
	test_run(t, 0, "test -e /mnt/freeze && procs sleep");
	EXPECT_RESULT(vss_thaw(vss), 0);
	vssd_expect_report(t, "complete");
	EXPECT_STR(test_run(t, 0, "cat /tmp/hooks"), "a freeze\nb freeze\nb thaw\na thaw");
	test_run(t, 1, "procs sleep");
}

static void hooks_fail(struct test *t)
{
	struct ic *vss = serve_with_hooks(t, "hook_timeout = 1s");

	vssd_add_hook(t, "10-a", "echo a $1 >>/tmp/hooks");
	vssd_add_hook(t, "20-b", "[ $1 != freeze ] || exit 3");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	vssd_expect_report(t, "failed");
	test_run(t, 0, "touch /mnt/thawed");
	EXPECT_STR(test_run(t, 0, "cat /tmp/hooks"), "a freeze\na freeze-fail");
	test_says(t, 0, "cat " VSSD_LOG, "20-b: exit status 3");
	vssd_add_hook(t, "20-b", "sleep 1000");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	test_until(t, "grep -q '20-b: ended, since it took longer' " VSSD_LOG);
	test_until(t, "! procs sleep");
	test_run(t, 0, "chmod 777 " VSSD_HOOKS "/20-b");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	test_until(t, "grep -q 'refused: others than root may write' " VSSD_LOG);
	test_run(t, 0, "rm " VSSD_HOOKS "/20-b");
	vssd_backup(t, vss);
}

/* Whoever dies, hooks thaw. */
static void hooks_abandoned(struct test *t)
{
	struct ic *vss = serve_with_hooks(t, "");

	vssd_add_hook(t, "10-a", "echo $1 >>/tmp/hooks");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "procs -KILL hvic-vssd");
	test_until(t, "grep -qx thaw /tmp/hooks && touch /mnt/thawed");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	vssd_start(t, vss);
	vssd_backup(t, vss);
	/* Without the program nothing is frozen. */
	test_run(t, 0, "procs -KILL -w hvic-hooks");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	vssd_expect_report(t, "failed");
	test_says(t, 0, "cat " VSSD_LOG, "hooks cannot be run");
}

/* --- The unit, with its sandbox. ---------------------------------------------------------- */

/* udev starts it, its socket starts the hooks, and logind delays a shutdown meanwhile. */
static void unit(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	play_disk(t);
	test_run(t, 0, "rm -f /tmp/hooks; mkdir -p /home && chmod 700 /mnt && chown 33 /mnt");
	vssd_add_hook(t, "10-a", "echo $1 >>/mnt/hooks; [ $1 = thaw ] || { setsid sleep 1000 & }");
	test_run(t, 0, "mkdir -p /etc/systemd/system/hvic-vssd.service.d");
	test_run(t, 0, "printf '[Service]\\nStandardError=file:" UNIT_LOG "\\n' >%s/test.conf",
		 "/etc/systemd/system/hvic-vssd.service.d");
	systemd_boot(t, "");
	test_until(t, "systemctl -q is-active hvic-hooks.socket");
	test_until(t, "systemctl -q is-active hvic-vssd || systemctl -q is-failed hvic-vssd");
	EXPECT_STR(test_run(t, 0, "cat " UNIT_LOG), "");
	vssd_expect_attached(t, vss);
	test_says(t, 0, "systemctl show -P StatusText hvic-vssd", "freezes the file systems");
	/* A host may freeze and thaw more often than systemd likes. */
	test_says(t, 0, "systemctl show -P TriggerLimitBurst hvic-hooks.socket", "200");
	/* Each file system is opened. */
	test_says(t, 0, "systemctl show -P LimitNOFILESoft hvic-vssd", "524288");
	/* No place is private to the unit, so that nothing is mounted out of its sight. */
	test_run(t, 0, "mkdir -p /tmp/one /var/tmp/two");
	test_run(t, 0, "mke2fs -q /dev/ram1 2048 && mount -t ext4 /dev/ram1 /tmp/one");
	test_run(t, 0, "mke2fs -q /dev/ram2 2048 && mount -t ext4 /dev/ram2 /var/tmp/two");
	for (int i = 0; i < 2; i++) {
		EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
		vssd_expect_holds(t, vss, "3");
		test_until(t, "systemd-inhibit --list | grep -q hvic-vssd");
		EXPECT_RESULT(vss_thaw(vss), 0);
		test_until(t, "grep -q '\"outcome\":\"complete\",$' " VSSD_REPORT);
		test_until(t, "! systemd-inhibit --list | grep -q hvic-vssd");
		test_until(t, "! systemctl -q is-active hvic-hooks && ! procs sleep");
	}
	EXPECT_STR(test_run(t, 0, "cat /mnt/hooks"), "freeze\nthaw\nfreeze\nthaw");
	test_says(t, 0, "hvic vss test --freeze", ": complete");
	test_run(t, 0, "tail -n 1 /mnt/hooks | grep -qx thaw");
	test_run(t, 0, "stat -c %%a /run/hv_ic/vssd.sock | grep -qx 600");
	/* Who runs the hooks is killed: another one thaws. */
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "systemctl kill -s KILL hvic-hooks");
	test_until(t, "! systemctl -q is-active hvic-hooks");
	EXPECT_RESULT(vss_thaw(vss), 0);
	test_until(t, "tail -n 2 /mnt/hooks | tr -d '\\n' | grep -qx freezethaw");
	/* Killed while frozen: it is back in service by itself. */
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "systemctl kill -s SEGV hvic-vssd");
	test_until(t, "touch /mnt/thawed");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	vssd_expect_attached(t, vss);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	systemd_poweroff(t);
}

#define CASE(title, function) { .name = title, .run = function, .only = ONLY_HV_IC }

const struct test_case vssd_cases[] = {
	CASE("vssd_freeze", frozen),
	CASE("vssd_killed", killed),
	CASE("vssd_terminated", terminated),
	CASE("vssd_crashed", crashed),
	CASE("vssd_stopped", stopped),
	CASE("vssd_stopped_before", stopped_before),
	CASE("vssd_no_thaw", no_thaw),
	CASE("vssd_no_limit", no_limit),
	CASE("vssd_reopened", reopened),
	CASE("vssd_modes", modes),
	CASE("vssd_hooks", hooked),
	CASE("vssd_hooks_fail", hooks_fail),
	CASE("vssd_hooks_abandoned", hooks_abandoned),
	{ .name = "vssd_unit", .run = unit, .only = ONLY_HV_IC, .ends_guest = true },
	{ 0 }
};
