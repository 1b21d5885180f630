// SPDX-License-Identifier: GPL-2.0
/*
 * Moving services between drivers, on a system that is played by files: it can
 * fail at any step, and must then be as it was.
 */
#include "move.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "root.h"
#include "unit.h"

#define KVP "b6650ff7-33bc-4840-8048-e0676786f393"
#define VSS "2450ee40-33bf-4fbd-892e-9fb06e9214cf"
#define FCOPY "eb765408-105f-49b6-b4aa-c123b64d17d4"
#define HEARTBEAT "fd149e91-82e0-4a7d-afa6-2a4166cbd7c0"

/* --- The system. ------------------------------------------------------------------- */

/**
 * struct play - a system
 * @move: what acts on it; the first member
 * @root: its files
 * @fail_at: step that fails, counted from 0; -1 for none
 * @error: how it fails
 * @steps: how many there were
 * @frozen: file systems
 * @old_fcopy: hv_utils takes file copy
 * @told: what the user was told last
 */
struct play {
	struct hvic_move move;
	struct unit_root *root;
	int fail_at, error, steps;
	int frozen;
	bool old_fcopy;
	char told[256];
};

static void play_bind(struct play *play, const char *id, const char *driver)
{
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), "sys/bus/vmbus/devices/%s/driver", id);
	snprintf(target, sizeof(target), "../../drivers/%s", driver);
	unit_symlink(play->root, path, target);
	snprintf(path, sizeof(path), "sys/bus/vmbus/drivers/%s/%s", driver, id);
	unit_symlink(play->root, path, "../../devices");
}

static void play_unbind(struct play *play, const char *id, const char *driver)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/bus/vmbus/devices/%s/driver", id);
	unit_remove(play->root, path);
	snprintf(path, sizeof(path), "sys/bus/vmbus/drivers/%s/%s", driver, id);
	unit_remove(play->root, path);
}

static void play_load(struct play *play, const char *driver)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/module/%s/initstate", driver);
	unit_file(play->root, path, "live\n");
	snprintf(path, sizeof(path), "sys/bus/vmbus/drivers/%s", driver);
	unit_folder(play->root, path);
	if (strcmp(driver, "hv_ic"))
		return;
	unit_file(play->root, "sys/module/hv_ic/parameters/heartbeat", "Y\n");
	unit_file(play->root, "sys/module/hv_ic/parameters/kvp", "Y\n");
	unit_file(play->root, "sys/module/hv_ic/parameters/vss", "Y\n");
	unit_file(play->root, "sys/module/hv_ic/parameters/fcopy", "Y\n");
}

static void play_unload(struct play *play, const char *driver)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/module/%s/initstate", driver);
	unit_remove(play->root, path);
	snprintf(path, sizeof(path), "sys/bus/vmbus/drivers/%s", driver);
	unit_remove(play->root, path);
}

static void play_start(struct play *play, const struct foreign_daemon *daemon)
{
	unit_process(play->root, daemon->pid, daemon->name, NULL);
}

static void play_stop(struct play *play, const struct foreign_daemon *daemon)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "proc/%d/comm", daemon->pid);
	unit_remove(play->root, path);
}

static bool takes(const struct play *play, const struct hvic_step *step)
{
	bool fcopy = !strcmp(step->device->service->name, "fcopy");

	if (!strcmp(step->driver, "uio_hv_generic"))
		return fcopy;
	return strcmp(step->driver, "hv_utils") || !fcopy || play->old_fcopy;
}

static int perform(struct hvic_move *move, const struct hvic_step *step)
{
	struct play *play = (struct play *)move;

	if (play->steps++ == play->fail_at)
		return play->error;
	switch (step->action) {
	case HVIC_UNBIND:
		play_unbind(play, step->device->id, step->driver);
		return 0;
	case HVIC_BIND:
		if (!takes(play, step))
			return -ENODEV;
		play_bind(play, step->device->id, step->driver);
		return 0;
	case HVIC_LOAD:
		play_load(play, step->driver);
		return 0;
	case HVIC_UNLOAD:
		play_unload(play, step->driver);
		return 0;
	case HVIC_STOP:
		play_stop(play, step->daemon);
		return 0;
	case HVIC_START:
		play_start(play, step->daemon);
		return 0;
	}
	return -EINVAL;
}

static int thaw(struct hvic_move *move)
{
	struct play *play = (struct play *)move;
	int thawed = play->frozen;

	play->frozen = 0;
	return thawed;
}

static void tell(struct hvic_move *move, const char *line)
{
	struct play *play = (struct play *)move;

	snprintf(play->told, sizeof(play->told), "%s", line);
}

static const struct hvic_move_ops ops = { .perform = perform, .thaw = thaw, .tell = tell };

/* All that a move may change, as text. */
static void snapshot(const struct play *play, char *text, size_t size)
{
	static const char *const ids[] = { HEARTBEAT, KVP, VSS, FCOPY };
	static const char *const modules[] = { "hv_ic", "hv_utils", "uio_hv_generic" };
	char driver[HVU_NAME_SIZE];
	size_t len = 0;

	for (size_t i = 0; i < 4; i++) {
		hvu_link_name(play->root->fd, driver, sizeof(driver),
			      "sys/bus/vmbus/devices/%s/driver", ids[i]);
		len += snprintf(text + len, size - len, "%s ", driver[0] ? driver : "-");
	}
	for (size_t i = 0; i < 3; i++)
		len += snprintf(text + len, size - len, "%s:%d ", modules[i],
				hvu_exists(play->root->fd, "sys/module/%s/initstate", modules[i]));
	snprintf(text + len, size - len, "kvp:%d vss:%d",
		 hvu_exists(play->root->fd, "proc/10/comm"),
		 hvu_exists(play->root->fd, "proc/11/comm"));
}

static void expect(const struct play *play, const char *text)
{
	char now[512];

	snapshot(play, now, sizeof(now));
	assert_string_equal(now, text);
}

static void begin(struct play *play, struct unit_root *root)
{
	memset(play, 0, sizeof(*play));
	play->move.ops = &ops;
	play->move.root = root->fd;
	play->root = root;
	play->fail_at = -1;
	play->error = -EIO;
	play->old_fcopy = true;
}

#define BEFORE "hv_utils hv_utils hv_utils hv_utils hv_ic:0 hv_utils:1 uio_hv_generic:0 kvp:1 vss:1"
#define AFTER "hv_ic hv_ic hv_ic hv_ic hv_ic:1 hv_utils:0 uio_hv_generic:0 kvp:1 vss:1"

/* hv_utils has everything, and two daemons run. */
static void begin_old(struct play *play, struct unit_root *root)
{
	begin(play, root);
	unit_device(root, HEARTBEAT, hvu_service_find("heartbeat")->class, "hv_utils");
	unit_device(root, KVP, hvu_service_find("kvp")->class, "hv_utils");
	unit_device(root, VSS, hvu_service_find("vss")->class, "hv_utils");
	unit_device(root, FCOPY, hvu_service_find("fcopy")->class, "hv_utils");
	play_load(play, "hv_utils");
	unit_process(root, 10, "hv_kvp_daemon", NULL);
	unit_process(root, 11, "hv_vss_daemon", NULL);
	unit_symlink(root, "proc/10/fd/4", "/var/lib/hyperv/.kvp_pool_0");
	unit_file(root, "proc/10/fdinfo/4", "pos:\t0\nflags:\t0100002\n");
	unit_file(root, "dev/vmbus/hv_kvp", "");
	unit_file(root, "dev/vmbus/hv_vss", "");
	expect(play, BEFORE);
}

/* --- Tests. -------------------------------------------------------------------------- */

static void take(void **state)
{
	struct play play;

	begin_old(&play, *state);
	assert_int_equal(hvic_move_take(&play.move), 0);
	expect(&play, AFTER);
	/* Once more is nothing more. */
	play.move.n_done = 0;
	assert_int_equal(hvic_move_take(&play.move), 0);
	assert_int_equal(play.move.n_done, 0);
	assert_string_equal(play.told, "there is nothing that another driver holds");
}

static int count_steps(void **state, int (*move)(struct hvic_move *), bool taken)
{
	struct play play;
	int steps;

	begin_old(&play, *state);
	if (taken)
		assert_int_equal(hvic_move_take(&play.move), 0);
	play.move.n_done = 0;
	play.steps = 0;
	assert_int_equal(move(&play.move), 0);
	steps = play.steps;
	unit_root_teardown(state);
	unit_root_setup(state);
	return steps;
}

/* Whichever step fails, everything is as it was before. */
static void each_step_fails(void **state, int (*move)(struct hvic_move *), bool taken)
{
	/* The last two start the daemons anew; that is not worth going back for. */
	int steps = count_steps(state, move, taken) - 2;

	assert_true(steps > 10);
	for (int i = 0; i < steps; i++) {
		struct play play;

		begin_old(&play, *state);
		if (taken)
			assert_int_equal(hvic_move_take(&play.move), 0);
		play.move.n_done = 0;
		play.steps = 0;
		play.fail_at = i;
		assert_int_equal(move(&play.move), -EIO);
		expect(&play, taken ? AFTER : BEFORE);
		unit_root_teardown(state);
		unit_root_setup(state);
	}
}

static void take_fails(void **state)
{
	each_step_fails(state, hvic_move_take, false);
}

static void release_fails(void **state)
{
	each_step_fails(state, hvic_move_release, true);
}

static void release(void **state)
{
	struct play play;

	begin_old(&play, *state);
	assert_int_equal(hvic_move_take(&play.move), 0);
	play.move.n_done = 0;
	assert_int_equal(hvic_move_release(&play.move), 0);
	expect(&play, BEFORE);
}

/* From 6.10 on file copy is with another driver, which is loaded for it. */
static void release_new_kernel(void **state)
{
	struct play play;

	begin_old(&play, *state);
	assert_int_equal(hvic_move_take(&play.move), 0);
	play.move.n_done = 0;
	play.old_fcopy = false;
	assert_int_equal(hvic_move_release(&play.move), 0);
	expect(&play, "hv_utils hv_utils hv_utils uio_hv_generic hv_ic:0 hv_utils:1 uio_hv_generic:1 kvp:1 vss:1");
}

/* A driver that has other devices stays. */
static void take_shared_driver(void **state)
{
	struct unit_root *root = *state;
	struct play play;

	begin_old(&play, root);
	play_unbind(&play, FCOPY, "hv_utils");
	play_load(&play, "uio_hv_generic");
	play_bind(&play, FCOPY, "uio_hv_generic");
	unit_symlink(root, "sys/bus/vmbus/drivers/uio_hv_generic/00000000-0000-0000-0000-000000000000",
		     "../../devices");
	assert_int_equal(hvic_move_take(&play.move), 0);
	expect(&play, "hv_ic hv_ic hv_ic hv_ic hv_ic:1 hv_utils:0 uio_hv_generic:1 kvp:1 vss:1");
}

static void take_from_built_in(void **state)
{
	struct play play;

	begin_old(&play, *state);
	unit_remove(*state, "sys/module/hv_utils/initstate");
	assert_int_equal(hvic_move_take(&play.move), 0);
	assert_non_null(strstr(play.told, "built into the kernel"));
	expect(&play, AFTER);
	assert_true(hvu_exists(play.root->fd, "sys/bus/vmbus/drivers/hv_utils"));
}

/* A service that this hv_ic does not serve stays where it is, and so does its driver. */
static void take_some(void **state)
{
	struct play play;

	begin_old(&play, *state);
	play_load(&play, "hv_ic");
	unit_remove(*state, "sys/module/hv_ic/parameters/kvp");
	assert_int_equal(hvic_move_take(&play.move), 0);
	expect(&play, "hv_ic hv_utils hv_ic hv_ic hv_ic:1 hv_utils:1 uio_hv_generic:0 kvp:1 vss:1");
}

/* In the middle of a backup: thawed, so that nothing stays frozen, and left as it was. */
static void take_frozen(void **state)
{
	struct play play;

	begin_old(&play, *state);
	play.frozen = 2;
	assert_int_equal(hvic_move_take(&play.move), -EBUSY);
	assert_int_equal(play.frozen, 0);
	expect(&play, BEFORE);
}

static void take_copying(void **state)
{
	struct unit_root *root = *state;
	struct play play;

	begin_old(&play, root);
	unit_process(root, 12, "hv_fcopy_daemon", NULL);
	unit_symlink(root, "proc/12/fd/5", "/root/file");
	unit_file(root, "proc/12/fdinfo/5", "pos:\t0\nflags:\t0100001\n");
	assert_int_equal(hvic_move_take(&play.move), -EBUSY);
	expect(&play, BEFORE);
}

/* Somebody else than a daemon that we know. */
static void take_open(void **state)
{
	struct unit_root *root = *state;
	struct play play;

	begin_old(&play, root);
	unit_process(root, 13, "ignition", NULL);
	unit_symlink(root, "proc/13/fd/5", "/dev/vmbus/hv_vss");
	assert_int_equal(hvic_move_take(&play.move), -EBUSY);
	expect(&play, BEFORE);
}

/* A daemon without a device is not started to fail. */
static void daemon_without_device(void **state)
{
	struct play play;

	begin_old(&play, *state);
	unit_remove(*state, "dev/vmbus/hv_vss");
	assert_int_equal(hvic_move_take(&play.move), 0);
	expect(&play, "hv_ic hv_ic hv_ic hv_ic hv_ic:1 hv_utils:0 uio_hv_generic:0 kvp:1 vss:0");
}

static void no_bus(void **state)
{
	struct play play;

	begin(&play, *state);
	assert_int_equal(hvic_move_take(&play.move), -ENXIO);
	assert_int_equal(hvic_move_release(&play.move), -ENXIO);
	assert_int_equal(play.steps, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(take),
		TEST(take_fails),
		TEST(take_shared_driver),
		TEST(take_from_built_in),
		TEST(take_some),
		TEST(take_frozen),
		TEST(take_copying),
		TEST(take_open),
		TEST(daemon_without_device),
		TEST(release),
		TEST(release_fails),
		TEST(release_new_kernel),
		TEST(no_bus),
	};

	return cmocka_run_group_tests_name("move", tests, NULL, NULL);
}
