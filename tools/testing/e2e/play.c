// SPDX-License-Identifier: GPL-2.0
/* See play.h. */
#include "play.h"

struct ic *play_alone(struct test *t, const struct ic_service *service)
{
	struct ic *ic = test_ic(t, service);

	test_stop_daemons(t);
	EXPECT_RESULT(ic_wait_ready(ic), 0);
	return ic;
}

struct ic *play_alone_patiently(struct test *t, const struct ic_service *service)
{
	struct ic *ic = play_alone(t, service);

	test_touch(t, ic);
	ic->timeout_ms = PLAY_DEADLINE_MS;
	return ic;
}

void play_kill(struct test *t)
{
	test_run(t, 0, "procs -KILL -w daemon");
}

static void kill_at_end(struct test *t, void *context)
{
	play_kill(t);
}

void play_said(struct test *t, const char *pattern)
{
	test_until(t, "grep -q '%s' " PLAY_LOG, pattern);
}

void play_never_said(struct test *t, const char *pattern)
{
	test_run(t, 1, "grep '%s' " PLAY_LOG, pattern);
}

void play_start(struct test *t, const char *device, const char *steps)
{
	play_kill(t);
	test_run(t, 0, "daemon %s %s > " PLAY_LOG " 2>&1 &", device, steps);
	test_defer(t, kill_at_end, NULL);
}

void play_greeted(struct test *t, const char *device, const char *steps)
{
	play_start(t, device, steps);
	play_said(t, "^hello");
}

void play_ended(struct test *t)
{
	test_run(t, 0, "procs -w daemon");
}

char *play_heard(struct test *t)
{
	return test_run(t, 0, "grep -v '^open\\|^hello' " PLAY_LOG "; true");
}

static void remove_disk(struct test *t, void *context)
{
	if (hv_state(t->host) != HV_RUNNING)
		return;
	test_run(t, 0, "umount /mnt");
	/* Nothing keeps it: a hold that forgets its reference would. */
	test_until(t, "test ! -e /sys/fs/ext4/ram0");
}

void play_mount(struct test *t)
{
	test_run(t, 0, "modprobe ext4; modprobe brd rd_size=16384 || true");
	test_run(t, 0, "mke2fs -q /dev/ram0 4096 && mount -t ext4 /dev/ram0 /mnt");
}

void play_disk(struct test *t)
{
	play_mount(t);
	test_defer(t, remove_disk, NULL);
}

void play_disk_without_timer(struct test *t)
{
	test_parameter(t, "vss_frozen_max", "3600");
	play_disk(t);
}

struct ic_request *play_post(struct test *t, struct ic *vss, enum wire_vss_op op)
{
	struct ic_request *r = vss_request(vss, op);

	EXPECT_RESULT(ic_post(r, 0), 0);
	return r;
}
