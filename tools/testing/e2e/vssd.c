// SPDX-License-Identifier: GPL-2.0
/* hvic-vssd and hvic-hooks in the guest: what freezes, what does not, and that all thaws. */
#include "play.h"
#include "systemd.h"

#include <stdlib.h>

#define LOG "/tmp/vssd.log"
#define UNIT_LOG "/run/vssd.log"
#define REPORT "/run/hv_ic/vss-last.json"
#define HOOKS "/etc/hv_ic/freeze.d"

static void stop_daemons(struct test *t, void *context)
{
	test_run(t, 0, "killall -q -KILL hvic-vssd hvic-hooks; true");
	test_until(t, "! pidof hvic-vssd && ! pidof hvic-hooks");
	test_run(t, 0, "rm -rf /etc/hv_ic/freeze.d /etc/hv_ic/hv_ic.conf /run/hv_ic");
}

static void expect_attached(struct test *t, struct ic *vss)
{
	for (int i = 0; i < 100; i++) {
		if (!strcmp(test_status(t, vss, "daemon_attached"), "1"))
			return;
		test_run(t, 0, "sleep 0.1");
	}
	FAIL("hvic-vssd is not attached");
}

static void start_vssd(struct test *t, struct ic *vss)
{
	test_run(t, 0, "hvic-vssd >" LOG " 2>&1 &");
	expect_attached(t, vss);
}

static void configure(struct test *t, const char *lines)
{
	test_run(t, 0, "mkdir -p /etc/hv_ic; printf '[vss]\\n%%s\\n' '%s' >/etc/hv_ic/hv_ic.conf",
		 lines);
}

/* The daemon serves, and there is a file system at /mnt. */
static struct ic *serve(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	test_need(t, "/usr/sbin/hvic-vssd");
	play_disk(t);
	test_defer(t, stop_daemons, NULL);
	start_vssd(t, vss);
	EXPECT_STR(test_status(t, vss, "daemon_abi"), "native");
	return vss;
}

static void remove_place(struct test *t, void *context)
{
	test_run(t, 0, "umount %s; rm -rf %s; true", (char *)context, (char *)context);
}

/* Another one, on a device of its own; also by a loop device on a file. */
static void add_disk(struct test *t, const char *device, const char *place)
{
	test_run(t, 0, "mke2fs -q %s 2048 && mkdir -p %s && mount -t ext4 %s %s", device, place,
		 device, place);
	test_defer(t, remove_place, (void *)place);
}

static void detach_loop(struct test *t, void *context)
{
	test_run(t, 0, "losetup -d %s; true", (char *)context);
}

static void add_loop(struct test *t, const char *file, const char *device, const char *place)
{
	test_run(t, 0, "modprobe loop; dd if=/dev/zero of=%s bs=1k count=2048 2>/dev/null", file);
	test_run(t, 0, "losetup %s %s", device, file);
	test_defer(t, detach_loop, (void *)device);
	add_disk(t, device, place);
}

static void expect_holds(struct test *t, struct ic *vss, const char *n)
{
	EXPECT_STR(test_status(t, vss, "holds"), n);
}

/* It is written when the daemon has done all that it does after a backup. */
static void expect_report(struct test *t, const char *outcome)
{
	test_until(t, "grep -q '\"outcome\":\"%s\",$' " REPORT, outcome);
	test_until(t, "tail -n 1 " LOG " | grep -q '^backup %s'", outcome);
}

/* The line of the report that begins the object of a mount, and those behind it. */
static void expect_mount(struct test *t, const char *place, const char *what)
{
	test_run(t, 0, "tr -d '\\n' <" REPORT " | tr '{' '\\n' >/tmp/items");
	test_run(t, 0, "grep '\"mount\":\"%s\"' /tmp/items | grep -q '%s'", place, what);
}

static void backup(struct test *t, struct ic *vss)
{
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
}

/* --- What freezes. ------------------------------------------------------------------------ */

static void frozen(struct test *t)
{
	struct ic *vss = serve(t);
	uint32_t flags;

	EXPECT_RESULT(vss_hot_backup(vss, &flags), 0);
	for (int i = 0; i < 3; i++) {
		test_run(t, 0, "dd if=/dev/urandom of=/mnt/dirty bs=64k count=8 2>/dev/null");
		EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
		expect_holds(t, vss, "1");
		test_run(t, 0, "(touch /mnt/held; echo done > /tmp/writer) >/dev/null 2>&1 &");
		test_run(t, 0, "sleep 1; test ! -e /tmp/writer");
		EXPECT_RESULT(vss_thaw(vss), 0);
		test_until(t, "test -e /tmp/writer");
		test_run(t, 0, "rm /tmp/writer /mnt/held");
		expect_report(t, "complete");
		expect_mount(t, "/mnt", "frozen");
	}
	test_says(t, 0, "hvic vss", ": complete");
	test_says(t, 0, "hvic vss --json=short", "\"mode\":\"freeze\"");
	test_says(t, 0, "hvic vss list", "freezes");
	test_says(t, 0, "hvic vss test", "written in");
	EXPECT_RESULT(vss_complete(vss), 0);
}

static void several(struct test *t)
{
	struct ic *vss = serve(t);

	add_disk(t, "/dev/ram1", "/tmp/one");
	add_disk(t, "/dev/ram2", "/tmp/two");
	for (int i = 0; i < 20; i++) {
		test_run(t, 0, "dd if=/dev/zero of=/tmp/one/f bs=64k count=4 2>/dev/null");
		EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
		expect_holds(t, vss, "3");
		EXPECT_RESULT(vss_thaw(vss), 0);
		expect_report(t, "complete");
	}
	test_note(t, "what it took: %s", test_run(t, 0, "grep frozen " LOG " | tail -n 1"));
}

/* /mnt under /tmp/in under /tmp/inner, by files that have to be written first. */
static void nested(struct test *t)
{
	struct ic *vss = serve(t);

	add_loop(t, "/mnt/img", "/dev/loop0", "/tmp/in");
	test_run(t, 0, "dd if=/dev/urandom of=/tmp/in/dirty bs=64k count=8 2>/dev/null");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "2");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
	expect_mount(t, "/tmp/in", "\"level\":0");
	expect_mount(t, "/mnt", "\"level\":1");
	test_run(t, 0, "touch /tmp/in/thawed");
}

static void remove_binds(struct test *t, void *context)
{
	test_run(t, 0, "umount /tmp/bind/*; rm -rf /tmp/bind");
}

static void bound(struct test *t)
{
	struct ic *vss = serve(t);

	test_run(t, 0, "mkdir -p /mnt/folder /tmp/bind/folder && mkfifo /mnt/fifo");
	test_run(t, 0, "touch /mnt/file /tmp/bind/file /tmp/bind/fifo");
	test_defer(t, remove_binds, NULL);
	test_run(t, 0, "for i in folder file fifo; do mount -o bind /mnt/$i /tmp/bind/$i; done");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "1");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
	/* Only a FIFO of it is mounted, which nobody opens, and then a file. */
	test_run(t, 0, "umount /mnt /tmp/bind/folder /tmp/bind/file");
	backup(t, vss);
	expect_mount(t, "/tmp/bind/fifo", "skipped");
	test_run(t, 0, "mount -t ext4 /dev/ram0 /mnt");
	test_run(t, 0, "mount -o bind /mnt/file /tmp/bind/file && umount /mnt");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "1");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
	test_run(t, 0, "mount -t ext4 /dev/ram0 /mnt");
}

/* What is read-only as a mount is written to by another one; what is covered is not reached. */
static void covered(struct test *t)
{
	struct ic *vss = serve(t);

	add_disk(t, "/dev/ram1", "/tmp/one");
	test_run(t, 0, "mount -o remount,ro /tmp/one; mount -o remount,bind,ro /mnt");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "1");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
	expect_mount(t, "/tmp/one", "read-only");
	test_run(t, 0, "mount -t tmpfs none /mnt");
	backup(t, vss);
	test_run(t, 0, "umount /mnt");
	expect_mount(t, "/mnt", "covered");
	test_run(t, 0, "mount -o remount,bind,rw /mnt");
}

static void unsupported(struct test *t)
{
	struct ic *vss = serve(t);

	test_run(t, 0, "modprobe vfat; mkdosfs /dev/ram1 >/dev/null && mkdir -p /tmp/fat");
	if (atoi(test_run(t, 0, "mount -t vfat /dev/ram1 /tmp/fat 2>/dev/null; echo $?")))
		test_skip(t, "no vfat here");
	test_defer(t, remove_place, "/tmp/fat");
	test_run(t, 0, "modprobe overlay; mkdir -p /mnt/u /mnt/w /tmp/over /tmp/low");
	test_defer(t, remove_place, "/tmp/over");
	test_run(t, 0, "mount -t overlay -o lowerdir=/tmp/low,upperdir=%s,workdir=%s o /tmp/over",
		 "/mnt/u", "/mnt/w");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "1");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
	expect_mount(t, "/tmp/fat", "it cannot be frozen");
	test_run(t, 1, "grep over " REPORT);
}

/* Another program's freeze is left alone, and is still there afterwards. */
static void by_another(struct test *t)
{
	struct ic *vss = serve(t);

	add_disk(t, "/dev/ram1", "/tmp/one");
	test_run(t, 0, "fsfreeze --freeze /mnt");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "1");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
	expect_mount(t, "/mnt", "another program has frozen it");
	test_run(t, 0, "fsfreeze --unfreeze /mnt && touch /mnt/thawed");
	backup(t, vss);
}

static void mounts_change(struct test *t)
{
	struct ic *vss = serve(t);

	add_disk(t, "/dev/ram1", "/tmp/one");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "2");
	add_disk(t, "/dev/ram2", "/tmp/new");
	test_run(t, 0, "umount -l /tmp/one");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "2");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
	/* What was unmounted while it was frozen is whole. */
	test_run(t, 0, "mount -t ext4 /dev/ram1 /tmp/one && touch /tmp/one/thawed");
}

static void remove_many(struct test *t, void *context)
{
	test_run(t, 0, "for i in $(seq 200); do umount /tmp/200/$i; done; rm -rf /tmp/200");
}

static void many(struct test *t)
{
	struct ic *vss = serve(t);

	test_defer(t, remove_many, NULL);
	test_run(t, 0, "for i in $(seq 200); do mkdir -p /tmp/200/$i; done");
	test_run(t, 0, "for i in $(seq 200); do mount -o bind /mnt /tmp/200/$i || exit 1; done");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "1");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
}

/* --- Ends. -------------------------------------------------------------------------------- */

static void end_frozen(struct test *t, const char *signal)
{
	struct ic *vss = serve(t);

	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "1");
	test_run(t, 0, "killall -%s hvic-vssd", signal);
	test_until(t, "touch /mnt/thawed");
	EXPECT_STR(test_status(t, vss, "frozen"), "0");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	test_until(t, "! pidof hvic-vssd");
	start_vssd(t, vss);
	backup(t, vss);
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
	struct ic *vss = serve(t);

	test_parameter(t, "vss_frozen_max", "2");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "killall -STOP hvic-vssd");
	test_until(t, "touch /mnt/thawed");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	test_run(t, 0, "killall -CONT hvic-vssd");
	expect_report(t, "broken");
	test_says(t, 0, "cat " LOG, "the host did not thaw in time");
	backup(t, vss);
}

/* It is stopped before it is asked, and then nobody waits for it any more. */
static void stopped_before(struct test *t)
{
	struct ic *vss = serve(t);
	struct ic_request *r;

	test_run(t, 0, "killall -STOP hvic-vssd");
	r = play_post(t, vss, WIRE_VSS_FREEZE);
	EXPECT_RESULT(vss_thaw(vss), 0);
	EXPECT_FAILURE(ic_wait(r));
	ic_request_free(r);
	test_run(t, 0, "killall -CONT hvic-vssd; touch /mnt/thawed");
	backup(t, vss);
}

static void no_thaw(struct test *t)
{
	struct ic *vss = serve(t);

	test_parameter(t, "vss_frozen_max", "2");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_until(t, "touch /mnt/thawed");
	expect_report(t, "broken");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	backup(t, vss);
}

static void no_limit(struct test *t)
{
	struct ic *vss = serve(t);

	test_parameter(t, "vss_frozen_max", "0");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	expect_report(t, "failed");
	test_says(t, 0, "cat " LOG, "vss_frozen_max of hv_ic is 0");
	test_run(t, 0, "touch /mnt/thawed");
}

/* The service goes and comes back; the daemon stays. */
static void reopened(struct test *t)
{
	struct ic *vss = serve(t);

	test_touch(t, vss);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_rescind(t, vss);
	test_until(t, "touch /mnt/thawed");
	expect_report(t, "broken");
	test_reopen(t, vss);
	EXPECT_RESULT(ic_wait_ready(vss), 0);
	expect_attached(t, vss);
	backup(t, vss);
}

/* --- Modes. ------------------------------------------------------------------------------- */

static void modes(struct test *t)
{
	struct ic *vss = serve(t);
	uint32_t flags;

	configure(t, "mode = refuse");
	test_run(t, 0, "killall -HUP hvic-vssd");
	test_run(t, 0, "sleep 1");
	EXPECT_FAILURE(vss_hot_backup(vss, &flags));
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	expect_report(t, "refused");
	configure(t, "mode = hooks-only");
	test_run(t, 0, "killall -HUP hvic-vssd");
	test_run(t, 0, "sleep 1");
	EXPECT_RESULT(vss_hot_backup(vss, &flags), 0);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "touch /mnt/written");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
	configure(t, "exclude = /mn*");
	test_run(t, 0, "killall -HUP hvic-vssd");
	test_run(t, 0, "sleep 1");
	backup(t, vss);
	expect_mount(t, "/mnt", "excludes it");
	/* What cannot be used changes nothing, but keeps it from starting. */
	configure(t, "mode = sometimes");
	test_run(t, 0, "killall -HUP hvic-vssd");
	backup(t, vss);
	expect_mount(t, "/mnt", "excludes it");
	test_run(t, 78, "hvic-vssd");
}

/* --- Hooks. ------------------------------------------------------------------------------- */

static void add_hook(struct test *t, const char *name, const char *body)
{
	test_run(t, 0, "mkdir -p " HOOKS "; printf '%%s\\n' '#!/bin/sh' '%s' >" HOOKS "/%s", body,
		 name);
	test_run(t, 0, "chmod 755 " HOOKS "/%s", name);
}

static struct ic *serve_with_hooks(struct test *t, const char *lines)
{
	struct ic *vss;

	test_run(t, 0, "rm -f /tmp/hooks");
	configure(t, lines);
	vss = serve(t);
	test_run(t, 0, "hvic-hooks >/tmp/hooks.log 2>&1 &");
	test_until(t, "test -S /run/hv_ic/hooks.sock");
	return vss;
}

static void hooked(struct test *t)
{
	struct ic *vss = serve_with_hooks(t, "");

	add_hook(t, "10-a", "echo a $1 >>/tmp/hooks; [ $1 = thaw ] || { sleep 1000 & }");
	add_hook(t, "20-b", "echo b $1 >>/tmp/hooks; touch /mnt/$1; yes | head -n 100000");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	expect_holds(t, vss, "1");
	test_run(t, 0, "test -e /mnt/freeze && pidof sleep");
	EXPECT_RESULT(vss_thaw(vss), 0);
	expect_report(t, "complete");
	EXPECT_STR(test_run(t, 0, "cat /tmp/hooks"), "a freeze\nb freeze\nb thaw\na thaw");
	test_run(t, 1, "pidof sleep");
}

static void hooks_fail(struct test *t)
{
	struct ic *vss = serve_with_hooks(t, "hook_timeout = 1s");

	add_hook(t, "10-a", "echo a $1 >>/tmp/hooks");
	add_hook(t, "20-b", "[ $1 != freeze ] || exit 3");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	expect_report(t, "failed");
	test_run(t, 0, "touch /mnt/thawed");
	EXPECT_STR(test_run(t, 0, "cat /tmp/hooks"), "a freeze\na freeze-fail");
	test_says(t, 0, "cat " LOG, "20-b: exit status 3");
	add_hook(t, "20-b", "sleep 1000");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	test_until(t, "grep -q '20-b: ended, since it took longer' " LOG);
	test_until(t, "! pidof sleep");
	test_run(t, 0, "chmod 777 " HOOKS "/20-b");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	test_until(t, "grep -q 'refused: others than root may write' " LOG);
	test_run(t, 0, "rm " HOOKS "/20-b");
	backup(t, vss);
}

/* Whoever dies, hooks thaw. */
static void hooks_abandoned(struct test *t)
{
	struct ic *vss = serve_with_hooks(t, "");

	add_hook(t, "10-a", "echo $1 >>/tmp/hooks");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "killall -KILL hvic-vssd");
	test_until(t, "grep -qx thaw /tmp/hooks && touch /mnt/thawed");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	start_vssd(t, vss);
	backup(t, vss);
	/* Without the program nothing is frozen. */
	test_run(t, 0, "killall -KILL hvic-hooks");
	test_until(t, "! pidof hvic-hooks");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	expect_report(t, "failed");
	test_says(t, 0, "cat " LOG, "hooks cannot be run");
}

/* --- The unit, with its sandbox. ---------------------------------------------------------- */

/* udev starts it, its socket starts the hooks, and logind delays a shutdown meanwhile. */
static void unit(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	play_disk(t);
	test_run(t, 0, "rm -f /tmp/hooks; mkdir -p /home && chmod 700 /mnt && chown 33 /mnt");
	add_hook(t, "10-a", "echo $1 >>/mnt/hooks; [ $1 = thaw ] || { setsid sleep 1000 & }");
	test_run(t, 0, "mkdir -p /etc/systemd/system/hvic-vssd.service.d");
	test_run(t, 0, "printf '[Service]\\nStandardError=file:" UNIT_LOG "\\n' >%s/test.conf",
		 "/etc/systemd/system/hvic-vssd.service.d");
	systemd_boot(t, "");
	test_until(t, "systemctl -q is-active hvic-hooks.socket");
	test_until(t, "systemctl -q is-active hvic-vssd || systemctl -q is-failed hvic-vssd");
	EXPECT_STR(test_run(t, 0, "cat " UNIT_LOG), "");
	expect_attached(t, vss);
	test_says(t, 0, "systemctl show -P StatusText hvic-vssd", "freezes the file systems");
	for (int i = 0; i < 2; i++) {
		EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
		expect_holds(t, vss, "1");
		test_until(t, "systemd-inhibit --list | grep -q hvic-vssd");
		EXPECT_RESULT(vss_thaw(vss), 0);
		test_until(t, "grep -q '\"outcome\":\"complete\",$' " REPORT);
		test_until(t, "! systemd-inhibit --list | grep -q hvic-vssd");
		test_until(t, "! systemctl -q is-active hvic-hooks && ! pidof sleep");
	}
	EXPECT_STR(test_run(t, 0, "cat /mnt/hooks"), "freeze\nthaw\nfreeze\nthaw");
	/* Killed while frozen: it is back in service by itself. */
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "systemctl kill -s SEGV hvic-vssd");
	test_until(t, "touch /mnt/thawed");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	expect_attached(t, vss);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	systemd_poweroff(t);
}

#define CASE(title, function) { .name = title, .run = function, .only = ONLY_HV_IC }

const struct test_case vssd_cases[] = {
	CASE("vssd_freeze", frozen),
	CASE("vssd_several", several),
	CASE("vssd_nested", nested),
	CASE("vssd_bound", bound),
	CASE("vssd_covered", covered),
	CASE("vssd_unsupported", unsupported),
	CASE("vssd_by_another", by_another),
	CASE("vssd_mounts_change", mounts_change),
	CASE("vssd_many_mounts", many),
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
