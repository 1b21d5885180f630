// SPDX-License-Identifier: GPL-2.0
/* See vssd_play.h. */
#include "vssd_play.h"

static void stop_daemons(struct test *t, void *context)
{
	test_run(t, 0, "procs -KILL -w hvic-vssd hvic-hooks");
	test_run(t, 0, "rm -rf /etc/hv_ic/freeze.d /etc/hv_ic/hv_ic.conf /run/hv_ic");
}

void vssd_expect_attached(struct test *t, struct ic *vss)
{
	for (int i = 0; i < 100; i++) {
		if (!strcmp(test_status(t, vss, "daemon_attached"), "1"))
			return;
		test_run(t, 0, "sleep 0.1");
	}
	FAIL("hvic-vssd is not attached");
}

void vssd_start(struct test *t, struct ic *vss)
{
	test_run(t, 0, "hvic-vssd >" VSSD_LOG " 2>&1 &");
	vssd_expect_attached(t, vss);
}

void vssd_configure(struct test *t, const char *lines)
{
	test_run(t, 0, "mkdir -p /etc/hv_ic; printf '[vss]\\n%%s\\n' '%s' >/etc/hv_ic/hv_ic.conf",
		 lines);
}

/* The daemon serves, and there is a file system at /mnt. */
struct ic *vssd_serve(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	test_need(t, "/usr/sbin/hvic-vssd");
	play_disk(t);
	test_defer(t, stop_daemons, NULL);
	vssd_start(t, vss);
	EXPECT_STR(test_status(t, vss, "daemon_abi"), "native");
	return vss;
}

void vssd_remove_place(struct test *t, void *context)
{
	test_run(t, 0, "umount %s; rm -rf %s; true", (char *)context, (char *)context);
}

/* Another one, on a device of its own; also by a loop device on a file. */
void vssd_add_disk(struct test *t, const char *device, const char *place)
{
	test_run(t, 0, "mke2fs -q %s 2048 && mkdir -p %s && mount -t ext4 %s %s", device, place,
		 device, place);
	test_defer(t, vssd_remove_place, (void *)place);
}

static void detach_loop(struct test *t, void *context)
{
	test_run(t, 0, "losetup -d %s; true", (char *)context);
}

/* Of 2 MiB; a file that is there keeps its holes. */
void vssd_add_loop(struct test *t, const char *file, const char *device, const char *place)
{
	test_run(t, 0, "[ -e %s ] || dd if=/dev/zero of=%s bs=1k count=2048 2>/dev/null", file,
		 file);
	test_run(t, 0, "modprobe loop; losetup %s %s", device, file);
	test_defer(t, detach_loop, (void *)device);
	vssd_add_disk(t, device, place);
}

void vssd_expect_holds(struct test *t, struct ic *vss, const char *n)
{
	EXPECT_STR(test_status(t, vss, "holds"), n);
}

/* It is written when the daemon has done all that it does after a backup. */
void vssd_expect_report(struct test *t, const char *outcome)
{
	test_until(t, "grep -q '\"outcome\":\"%s\",$' " VSSD_REPORT, outcome);
	test_until(t, "tail -n 1 " VSSD_LOG " | grep -q '^backup %s'", outcome);
}

/* The line of the report that begins the object of a mount, and those behind it. */
void vssd_expect_mount(struct test *t, const char *place, const char *what)
{
	test_run(t, 0, "tr -d '\\n' <" VSSD_REPORT " | tr '{' '\\n' >/tmp/items");
	test_run(t, 0, "grep '\"mount\":\"%s\"' /tmp/items | grep -q '%s'", place, what);
}

void vssd_backup(struct test *t, struct ic *vss)
{
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	vssd_expect_report(t, "complete");
}

void vssd_backup_of(struct test *t, struct ic *vss, const char *n)
{
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	vssd_expect_holds(t, vss, n);
	EXPECT_RESULT(vss_thaw(vss), 0);
	vssd_expect_report(t, "complete");
}

void vssd_add_hook(struct test *t, const char *name, const char *body)
{
	test_run(t, 0, "mkdir -p " VSSD_HOOKS);
	test_run(t, 0, "printf '%%s\\n' '#!/bin/sh' '%s' >" VSSD_HOOKS "/%s", body, name);
	test_run(t, 0, "chmod 755 " VSSD_HOOKS "/%s", name);
}
