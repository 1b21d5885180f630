// SPDX-License-Identifier: GPL-2.0
/* File systems that the kernel holds frozen for a daemon, and each way in which that ends. */
#include "play.h"

#include <stdlib.h>

static void dead_man(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);
	long before = atol(test_status(t, vss, "overdue"));

	test_parameter(t, "vss_frozen_max", "5");
	play_disk(t);
	play_greeted(t, "vss", "disks:/mnt open serve");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	play_said(t, "event thaw why=ETIMEDOUT");
	test_until(t, "touch /mnt/thawed");
	test_until_shown(t, &ic_vss, "frozen 0");
	EXPECT_EQ(atol(test_status(t, vss, "overdue")), before + 1);
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
}

/* Nothing is held without a limit. */
static void no_dead_man(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	test_parameter(t, "vss_frozen_max", "0");
	play_disk(t);
	play_greeted(t, "vss", "disks:/mnt open serve");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	play_said(t, "hold /mnt: EPERM");
	test_run(t, 0, "touch /mnt/thawed");
}

static void held(struct test *t)
{
	static const char steps[] =
		"disks:/mnt,/mnt,/proc,/tmp/no hold:/mnt open hold:/mnt read:1 hold:/mnt serve";
	struct ic *vss = play_alone(t, &ic_vss);

	play_disk_without_timer(t);
	play_greeted(t, "vss", steps);
	/* Of what cannot be held the daemon tells the host. */
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	test_until(t, "touch /mnt/thawed");
	EXPECT_STR(test_run(t, 0, "grep '^hold' " PLAY_LOG),
		   "hold /mnt: EBADF\n"		/* no device */
		   "hold /mnt: ENOTTY\n"	/* no hello yet */
		   "hold /mnt: ECANCELED\n"	/* no FREEZE */
		   "hold /mnt: ok\n"
		   "hold /mnt: EALREADY\n"
		   "hold /proc: EOPNOTSUPP\n"
		   "hold /tmp/no: EBADF");
	EXPECT_RESULT(vss_thaw(vss), 0);
}

static void held_until_thaw(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	play_disk_without_timer(t);
	play_greeted(t, "vss", "disks:/mnt open serve");
	for (int i = 0; i < 3; i++) {
		EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
		EXPECT_STR(test_status(t, vss, "holds"), "1");
		test_run(t, 0, "(touch /mnt/held; echo done > /tmp/writer) >/dev/null 2>&1 &");
		test_run(t, 0, "sleep 1; test ! -e /tmp/writer");
		EXPECT_RESULT(vss_thaw(vss), 0);
		test_until(t, "test -e /tmp/writer");
		test_run(t, 0, "rm /tmp/writer");
		EXPECT_STR(test_status(t, vss, "holds"), "0");
	}
	play_said(t, "event thaw why=host");
}

/* Another program's freeze is left alone. */
static void held_by_another(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	play_disk(t);
	play_greeted(t, "vss", "disks:/mnt open serve");
	test_run(t, 0, "fsfreeze --freeze /mnt");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	play_said(t, "hold /mnt: EBUSY");
	test_run(t, 0, "fsfreeze --unfreeze /mnt");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	/* The administrator's way out, after which the snapshot is not a good one. */
	test_run(t, 0, "fsfreeze --unfreeze /mnt && touch /mnt/thawed");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	play_said(t, "event thaw why=EIO");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(vss_thaw(vss), 0);
	test_run(t, 0, "touch /mnt/thawed");
}

static void held_and_released(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	play_disk_without_timer(t);
	play_greeted(t, "vss", "open read:2 unnamed hold:/mnt release hold:/mnt answer serve");
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	test_until(t, "touch /mnt/thawed");
	EXPECT_STR(test_run(t, 0, "grep '^hold\\|^release' " PLAY_LOG),
		   "hold /mnt: ok\nrelease: ok\nhold /mnt: ECANCELED");
	EXPECT_RESULT(vss_thaw(vss), 0);
}

/* What comes late is about a FREEZE that is over, and does nothing to the one that is not. */
static void released_late(struct test *t)
{
	static const char steps[] =
		"open read:2 hold:/mnt answer:EIO read:2 hold:/mnt end:former answer serve";
	struct ic *vss = play_alone(t, &ic_vss);

	play_disk_without_timer(t);
	play_greeted(t, "vss", steps);
	EXPECT_FAILURE(vss_freeze(vss, NULL, 0));
	play_said(t, "event thaw why=ECANCELED");
	test_run(t, 0, "touch /mnt/thawed");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	play_said(t, "end: ok");
	EXPECT_STR(test_status(t, vss, "holds"), "1");
	EXPECT_RESULT(vss_thaw(vss), 0);
	test_run(t, 0, "touch /mnt/thawed");
}

/* THAW takes an open FREEZE back, at once. */
static void held_and_taken_back(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);
	struct ic_request *r;
	ic_result result;

	play_disk_without_timer(t);
	play_greeted(t, "vss", "open read:2 hold:/mnt read:2 answer serve");
	r = play_post(t, vss, WIRE_VSS_FREEZE);
	play_said(t, "hold /mnt: ok");
	EXPECT_RESULT(vss_thaw(vss), 0);
	result = ic_wait(r);
	ic_request_free(r);
	EXPECT_FAILURE(result);
	test_run(t, 0, "touch /mnt/thawed");
	play_said(t, "event over last why=ECANCELED");
	play_said(t, "event thaw why=ECANCELED");
	play_said(t, "answer: ESTALE");
}

/* The guest is frozen, and the daemon hangs in another question: THAW does not wait for it. */
static void held_while_asked(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);
	struct ic_request *r;
	ic_result result;

	play_disk_without_timer(t);
	play_greeted(t, "vss", "disks:/mnt open serve:2 hang");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	r = play_post(t, vss, WIRE_VSS_HOT_BACKUP);
	EXPECT_RESULT(vss_thaw(vss), 0);
	result = ic_wait(r);
	ic_request_free(r);
	EXPECT_FAILURE(result);
	test_run(t, 0, "touch /mnt/thawed");
}

/* Unmounted while it is held, and the hold is the last that has it. */
static void held_and_unmounted(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	test_parameter(t, "vss_frozen_max", "3600");
	play_mount(t);
	play_greeted(t, "vss", "disks:/mnt open serve");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	test_run(t, 0, "umount -l /mnt");
	EXPECT_STR(test_status(t, vss, "holds"), "1");
	test_run(t, 0, "test -e /sys/fs/ext4/ram0");
	play_kill(t);
	test_until(t, "test ! -e /sys/fs/ext4/ram0");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
}

const struct test_case hold_cases[] = {
	{ .name = "hold_errors", .run = held, .only = ONLY_HV_IC },
	{ .name = "hold_until_thaw", .run = held_until_thaw, .only = ONLY_HV_IC },
	{ .name = "hold_by_another", .run = held_by_another, .only = ONLY_HV_IC },
	{ .name = "hold_released", .run = held_and_released, .only = ONLY_HV_IC },
	{ .name = "hold_released_late", .run = released_late, .only = ONLY_HV_IC },
	{ .name = "hold_taken_back", .run = held_and_taken_back, .only = ONLY_HV_IC },
	{ .name = "hold_while_asked", .run = held_while_asked, .only = ONLY_HV_IC },
	{ .name = "hold_unmounted", .run = held_and_unmounted, .only = ONLY_HV_IC },
	{ .name = "hold_without_limit", .run = no_dead_man, .only = ONLY_HV_IC },
	{ .name = "hold_too_long", .run = dead_man, .only = ONLY_HV_IC },
	{ 0 }
};
