// SPDX-License-Identifier: GPL-2.0
/* The guest's disk: the kernel finds it, and what is on it outlives the guest. */
#include "e2e.h"

#define DISK "/dev/pmem0"

static void mount(struct test *t)
{
	test_run(t, 0, "modprobe -a nd_e820 nd_pmem ext4 || true");
	test_need(t, DISK);
}

static void survives(struct test *t)
{
	const char *written;

	mount(t);
	EXPECT_STR(test_run(t, 0, "cat /sys/block/pmem0/size"), "131072");
	test_run(t, 0, "mke2fs -q " DISK " && mount -t ext4 " DISK " /mnt");
	test_run(t, 0, "dd if=/dev/urandom of=/mnt/written bs=64k count=64 2>/dev/null && sync");
	written = test_run(t, 0, "sha1sum /mnt/written");
	test_run(t, 0, "umount /mnt");
	hv_guest_start(t->host, "reboot -f");
	EXPECT_EQ(hv_wait_state(t->host, HV_RESET, 60000), 0);
	test_restart(t);
	mount(t);
	test_run(t, 0, "mount -t ext4 " DISK " /mnt");
	EXPECT_STR(test_run(t, 0, "sha1sum /mnt/written"), written);
	hv_guest_start(t->host, "poweroff -f");
	EXPECT_EQ(hv_wait_state(t->host, HV_OFF, 60000), 0);
}

const struct test_case disk_cases[] = {
	{ .name = "disk_survives", .run = survives, .disk_mib = 64, .ends_guest = true },
	{ 0 }
};
