// SPDX-License-Identifier: GPL-2.0
/*
 * Moving services between drivers, on a system that is played by files: any step can
 * fail, a signal can come at any, and all must then be as it was. The cases are one
 * subject, the plan of move.c, and share the system that is played.
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

#define MAX_STEPS 128

/**
 * struct play - a system
 * @move: what acts on it; the first member
 * @root: its files
 * @fail_at: step that fails, counted from 0; -1 for none
 * @error: how it fails
 * @late: it takes effect all the same
 * @signal_at: step before which a signal comes; -1 for never
 * @steps: how many there were
 * @log: what they were, in words
 * @session: service that hv_ic is in the middle of; NULL for none
 * @frozen: where a file system is frozen; NULL for nowhere
 * @no_main: the units have no main process
 * @bus_error: why systemd cannot be asked; 0 if it can
 * @loses_vss: the new driver has no device for backup
 * @old_fcopy: hv_utils takes file copy
 * @told: all that the user was told
 */
struct play {
	struct hvic_move move;
	struct unit_root *root;
	int fail_at, error;
	bool late;
	int signal_at, steps;
	char log[MAX_STEPS][96];
	const char *session, *frozen;
	bool no_main, loses_vss, old_fcopy;
	int bus_error;
	char told[4096];
};

/**
 * struct player - a daemon
 * @pid: of its process
 * @name: of that
 * @unit: of systemd that it runs in
 * @device: that stands for its service's
 */
struct player {
	int pid;
	const char *name, *unit, *device;
};

static const struct player kvp_daemon = {
	10, "hv_kvp_daemon", "hv-kvp-daemon.service", "/dev/null"
};

static const struct player vss_daemon = {
	11, "hv_vss_daemon", "hv-vss-daemon.service", "/dev/zero"
};

static const struct player fcopy_daemon = {
	12, "hv_fcopy_daemon", "hv-fcopy-daemon.service", "/dev/full"
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

static void play_start(struct unit_root *root, const struct player *player)
{
	unit_process(root, player->pid, player->name, player->unit);
	unit_open(root, player->pid, 3, player->device, "02100002");
}

static void play_pause(struct play *play, int pid, bool pause)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "proc/%d/paused", pid);
	if (pause)
		unit_file(play->root, path, "");
	else if (hvu_exists(play->root->fd, "%s", path))
		unit_remove(play->root, path);
}

static void play_stop(struct play *play, int pid)
{
	char path[PATH_MAX];

	play_pause(play, pid, false);
	snprintf(path, sizeof(path), "proc/%d/comm", pid);
	unit_remove(play->root, path);
}

static bool takes(const struct play *play, const struct hvic_step *step)
{
	bool fcopy = !strcmp(step->device->service->name, "fcopy");

	if (!strcmp(step->driver, "uio_hv_generic"))
		return fcopy;
	return strcmp(step->driver, "hv_utils") || !fcopy || play->old_fcopy;
}

static void write_log(struct play *play, const struct hvic_step *step)
{
	static const char *const verbs[] = {
		[HVIC_UNBIND] = "unbind", [HVIC_BIND] = "bind", [HVIC_LOAD] = "load",
		[HVIC_UNLOAD] = "unload", [HVIC_PAUSE] = "pause", [HVIC_RESUME] = "resume",
		[HVIC_STOP] = "stop", [HVIC_START] = "start",
	};

	assert_true(play->steps < MAX_STEPS);
	snprintf(play->log[play->steps++], sizeof(play->log[0]), "%s %s %s", verbs[step->action],
		 step->daemon ? step->daemon->name : step->driver,
		 step->device ? step->device->service->name : "");
}

static int act(struct play *play, const struct hvic_step *step)
{
	switch (step->action) {
	case HVIC_UNBIND:
		play_unbind(play, step->device->id, step->driver);
		return 0;
	case HVIC_BIND:
		if (!takes(play, step))
			return -ENODEV;
		play_bind(play, step->device->id, step->driver);
		if (play->loses_vss && !strcmp(step->device->service->name, "vss")) {
			unit_remove(play->root, "sys/class/misc/vmbus!hv_vss/dev");
			unit_remove(play->root, "sys/class/misc/vmbus!hv_vss");
		}
		return 0;
	case HVIC_LOAD:
		play_load(play, step->driver);
		return 0;
	case HVIC_UNLOAD:
		if (hvu_exists(play->root->fd, "sys/module/%s/initstate", step->driver))
			play_unload(play, step->driver);
		return 0;
	case HVIC_PAUSE:
	case HVIC_RESUME:
		play_pause(play, step->daemon->pid, step->action == HVIC_PAUSE);
		return 0;
	case HVIC_STOP:
		play_stop(play, step->daemon->pid);
		return 0;
	case HVIC_START:
		play_start(play->root, step->daemon->pid == 10 ? &kvp_daemon : &vss_daemon);
		return 0;
	}
	return -EINVAL;
}

static int perform(struct hvic_move *move, const struct hvic_step *step)
{
	struct play *play = (struct play *)move;
	int at = play->steps;

	write_log(play, step);
	if (at != play->fail_at)
		return act(play, step);
	if (play->late)
		act(play, step);
	return play->error;
}

/* Processes 10 to 12 are in a unit of their own; what is above 100 is a child of theirs. */
static int find_unit(struct hvic_move *move, struct foreign_daemon *daemon)
{
	struct play *play = (struct play *)move;

	if (play->bus_error)
		return play->bus_error;
	if (!daemon->unit[0])
		return -ENODATA;
	daemon->main = play->no_main ? 0 : daemon->pid % 100;
	return 0;
}

static int in_session(struct hvic_move *move, const struct hvu_service_info *service)
{
	struct play *play = (struct play *)move;

	return play->session && !strcmp(play->session, service->name);
}

/* Whether it is can only be said of a daemon that does nothing more. */
static int find_frozen(struct hvic_move *move, const struct foreign_daemon *daemon, char *where,
		       size_t size)
{
	struct play *play = (struct play *)move;

	assert_true(hvu_exists(play->root->fd, "proc/%d/paused", daemon->pid));
	assert_string_equal(daemon->service->name, "vss");
	snprintf(where, size, "%s", play->frozen ? play->frozen : "");
	return play->frozen ? 1 : 0;
}

static bool interrupted(struct hvic_move *move)
{
	struct play *play = (struct play *)move;

	return play->signal_at >= 0 && play->steps >= play->signal_at;
}

static void tell(struct hvic_move *move, const char *line)
{
	struct play *play = (struct play *)move;
	size_t len = strlen(play->told);

	/* It may be written to what a daemon has frozen. */
	assert_false(play->frozen && hvu_exists(play->root->fd, "proc/%d/paused", vss_daemon.pid));
	snprintf(play->told + len, sizeof(play->told) - len, "%s\n", line);
}

static const struct hvic_move_ops ops = {
	.perform = perform,
	.find_unit = find_unit,
	.in_session = in_session,
	.find_frozen = find_frozen,
	.interrupted = interrupted,
	.tell = tell,
};

static char state_of(const struct play *play, int pid)
{
	if (!hvu_exists(play->root->fd, "proc/%d/comm", pid))
		return '0';
	return hvu_exists(play->root->fd, "proc/%d/paused", pid) ? 'p' : '1';
}

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
	snprintf(text + len, size - len, "kvp:%c vss:%c", state_of(play, 10), state_of(play, 11));
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
	play->signal_at = -1;
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
	unit_file(root, "proc/self/comm", "hvic\n");
	unit_file(root, "sys/class/misc/vmbus!hv_kvp/dev", "1:3\n");
	unit_file(root, "sys/class/misc/vmbus!hv_vss/dev", "1:5\n");
	unit_file(root, "sys/class/misc/vmbus!hv_fcopy/dev", "1:7\n");
	play_start(root, &kvp_daemon);
	play_start(root, &vss_daemon);
	expect(play, BEFORE);
}

/* --- Tests. -------------------------------------------------------------------------- */

static void take(void **state)
{
	struct play play;

	begin_old(&play, *state);
	assert_int_equal(hvic_move_take(&play.move), 0);
	expect(&play, AFTER);
	/* Doing it again changes nothing. */
	play.move.n_done = 0;
	play.move.settled = false;
	play.told[0] = '\0';
	assert_int_equal(hvic_move_take(&play.move), 0);
	assert_int_equal(play.move.n_done, 0);
	assert_string_equal(play.told, "there is nothing that another driver holds\n");
}

typedef int move_fn(struct hvic_move *move);

/* A system that is as it is before @move. */
static void begin_move(struct play *play, struct unit_root *root, move_fn *move)
{
	begin_old(play, root);
	if (move == hvic_move_release)
		assert_int_equal(hvic_move_take(&play->move), 0);
	play->move.n_done = 0;
	play->move.settled = false;
	play->steps = 0;
	play->told[0] = '\0';
}

static void begin_anew(void **state)
{
	unit_root_teardown(state);
	unit_root_setup(state);
}

/* How many steps there are, but the last two: they start the daemons anew. */
static int count_steps(void **state, move_fn *move)
{
	struct play play;

	begin_move(&play, *state, move);
	assert_int_equal(move(&play.move), 0);
	begin_anew(state);
	assert_true(play.steps > 14);
	return play.steps - 2;
}

/* After the first @turn steps come their opposites, the last one first. */
static void expect_undone(const struct play *play, int turn)
{
	static const char *const opposites[][2] = {
		{ "unbind", "bind" }, { "load", "unload" }, { "pause", "resume" },
		{ "stop", "start" },
	};

	assert_int_equal(play->steps, 2 * turn);
	for (int i = 0; i < turn; i++) {
		const char *done = play->log[i], *undone = play->log[2 * turn - 1 - i];
		size_t a = strcspn(done, " "), b = strcspn(undone, " ");
		bool opposite = false;

		assert_string_equal(done + a, undone + b);
		for (size_t k = 0; k < 4; k++) {
			const char *const *pair = opposites[k];

			opposite |= (strlen(pair[0]) == a && strlen(pair[1]) == b &&
				     !strncmp(pair[0], done, a) && !strncmp(pair[1], undone, b)) ||
				    (strlen(pair[1]) == a && strlen(pair[0]) == b &&
				     !strncmp(pair[1], done, a) && !strncmp(pair[0], undone, b));
		}
		assert_true(opposite);
	}
}

/* Whichever step fails, everything is as it was before. */
static void each_step_fails(void **state, move_fn *move, int error, bool late)
{
	int steps = count_steps(state, move);

	for (int i = 0; i < steps; i++) {
		struct play play;
		bool may_happen;

		begin_move(&play, *state, move);
		play.fail_at = i;
		play.error = error;
		assert_int_equal(move(&play.move), error);
		may_happen = !strncmp(play.log[i], "stop", 4) || !strncmp(play.log[i], "load", 4);
		expect(&play, move == hvic_move_take ? BEFORE : AFTER);
		begin_anew(state);
		if (!late || !may_happen)
			continue;
		/* The same, but it happens after we have given up. */
		begin_move(&play, *state, move);
		play.fail_at = i;
		play.error = error;
		play.late = true;
		assert_int_equal(move(&play.move), error);
		expect_undone(&play, i + 1);
		expect(&play, move == hvic_move_take ? BEFORE : AFTER);
		begin_anew(state);
	}
}

static void take_fails(void **state)
{
	each_step_fails(state, hvic_move_take, -EIO, false);
}

static void release_fails(void **state)
{
	each_step_fails(state, hvic_move_release, -EIO, false);
}

/* Such as a daemon that does not end in time, but does later. */
static void take_too_late(void **state)
{
	each_step_fails(state, hvic_move_take, -ETIMEDOUT, true);
}

static void release_too_late(void **state)
{
	each_step_fails(state, hvic_move_release, -ETIMEDOUT, true);
}

/* Before any step; while one is under way it is that step which fails, with %-EINTR. */
static void signal_at_each_step(void **state, move_fn *move)
{
	int steps = count_steps(state, move);

	for (int i = 0; i < steps; i++) {
		struct play play;

		begin_move(&play, *state, move);
		play.signal_at = i;
		assert_int_equal(move(&play.move), -EINTR);
		assert_non_null(strstr(play.told, "interrupted\n"));
		expect_undone(&play, i);
		expect(&play, move == hvic_move_take ? BEFORE : AFTER);
		begin_anew(state);
	}
	each_step_fails(state, move, -EINTR, true);
}

static void take_signal(void **state)
{
	signal_at_each_step(state, hvic_move_take);
}

static void release_signal(void **state)
{
	signal_at_each_step(state, hvic_move_release);
}

/* All has moved already: the daemons are started all the same. */
static void signal_at_the_end(void **state)
{
	struct play play;
	int steps = count_steps(state, hvic_move_take);

	begin_move(&play, *state, hvic_move_take);
	play.signal_at = steps;
	assert_int_equal(hvic_move_take(&play.move), 0);
	expect(&play, AFTER);
}

/* It has moved, but a daemon is missing: that is said, and is no success. */
static void start_fails(void **state)
{
	struct play play;
	int steps = count_steps(state, hvic_move_take);

	begin_move(&play, *state, hvic_move_take);
	play.fail_at = steps;
	play.error = -ETIMEDOUT;
	assert_int_equal(hvic_move_take(&play.move), -ETIMEDOUT);
	assert_non_null(strstr(play.told, "cannot start hv-kvp-daemon.service: "));
	expect(&play, "hv_ic hv_ic hv_ic hv_ic hv_ic:1 hv_utils:0 uio_hv_generic:0 kvp:0 vss:1");
}

static void release(void **state)
{
	struct play play;

	begin_move(&play, *state, hvic_move_release);
	assert_int_equal(hvic_move_release(&play.move), 0);
	assert_non_null(strstr(play.told, "hv_ic(4)"));
	expect(&play, BEFORE);
}

/* From 6.10 on file copy is with another driver, which is loaded for it. */
static void release_new_kernel(void **state)
{
	struct play play;

	begin_move(&play, *state, hvic_move_release);
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

static void expect_refused(struct play *play, move_fn *move, const char *why)
{
	assert_int_equal(move(&play->move), -EBUSY);
	assert_non_null(strstr(play->told, why));
	expect(play, move == hvic_move_take ? BEFORE : AFTER);
}

/* In the middle of a backup, or while a user has frozen a file system: nothing is thawed. */
static void take_frozen(void **state)
{
	struct play play;

	begin_old(&play, *state);
	play.frozen = "/mnt/data";
	expect_refused(&play, hvic_move_take, "the file system on /mnt/data is frozen");
	/* Without a daemon for backup it cannot be a backup. */
	play_stop(&play, 11);
	play.move.n_done = 0;
	play.move.settled = false;
	assert_int_equal(hvic_move_take(&play.move), 0);
}

/* Of its own services hv_ic knows; what a user has frozen does not matter then. */
static void release_in_session(void **state)
{
	struct play play;

	begin_move(&play, *state, hvic_move_release);
	play.frozen = "/mnt/data";
	play.session = "vss";
	expect_refused(&play, hvic_move_release, "in the middle of a backup");
	play.session = "fcopy";
	play.move.settled = false;
	expect_refused(&play, hvic_move_release, "in the middle of a file copy");
	play.session = NULL;
	play.move.settled = false;
	assert_int_equal(hvic_move_release(&play.move), 0);
	expect(&play, BEFORE);
}

static void begin_copying(struct play *play, struct unit_root *root)
{
	char whole[PATH_MAX];

	begin_old(play, root);
	snprintf(whole, sizeof(whole), "%s/file", root->path);
	unit_file(root, "file", "");
	play_start(root, &fcopy_daemon);
	unit_open(root, 12, 5, whole, "02100002");
}

static void take_copying(void **state)
{
	struct play play;

	begin_copying(&play, *state);
	expect_refused(&play, hvic_move_take, "hv_fcopy_daemon receives a file");
}

/* --- Processes that are not ours to move. -------------------------------------------- */

static void take_open(void **state)
{
	struct unit_root *root = *state;
	struct play play;

	begin_old(&play, root);
	unit_process(root, 13, "ignition", NULL);
	unit_open(root, 13, 5, "/dev/zero", "0100002");
	expect_refused(&play, hvic_move_take,
		       "ignition (process 13) has /dev/vmbus/hv_vss open and cannot be restarted");
	assert_int_equal(play.steps, 2);	/* hv_ic comes and goes, no daemon is touched */
}

/* A daemon of no unit is left to the administrator. */
static void take_without_unit(void **state)
{
	struct play play;

	begin_old(&play, *state);
	unit_process(*state, 10, "hv_kvp_daemon", NULL);
	expect_refused(&play, hvic_move_take, "hv_kvp_daemon (process 10) has /dev/vmbus/hv_kvp");
	assert_int_equal(play.steps, 2);
}

/* A session of a user, say, which would end whole. */
static void take_without_main(void **state)
{
	struct play play;

	begin_old(&play, *state);
	play.no_main = true;
	expect_refused(&play, hvic_move_take, "(process 10, in hv-kvp-daemon.service) has");
	assert_int_equal(play.steps, 2);
}

static void take_without_systemd(void **state)
{
	struct play play;

	begin_old(&play, *state);
	play.bus_error = -ENOENT;
	expect_refused(&play, hvic_move_take, "systemd does not tell the unit of hv_kvp_daemon");
	assert_int_equal(play.steps, 2);
}

static void take_of_user(void **state)
{
	struct play play;

	begin_old(&play, *state);
	unit_file(*state, "proc/10/status", "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n");
	expect_refused(&play, hvic_move_take, "hv_kvp_daemon (process 10");
	assert_int_equal(play.steps, 2);
}

/* In a chroot without /proc nobody seems to have anything open, and to let go of it would hang. */
static void no_proc(void **state)
{
	struct play play;

	begin_old(&play, *state);
	unit_remove(*state, "proc/self/comm");
	unit_remove(*state, "proc/self");
	assert_int_equal(hvic_move_take(&play.move), -ENOENT);
	assert_int_equal(hvic_move_release(&play.move), -ENOENT);
	assert_int_equal(play.steps, 0);
	assert_non_null(strstr(play.told, "/proc is not mounted"));
}

/* A container in a unit: its first process is not the unit's. */
static void take_in_container(void **state)
{
	struct play play;

	begin_old(&play, *state);
	unit_process(*state, 250, "hv_kvp_daemon", "systemd-nspawn@web.service");
	unit_open(*state, 250, 3, "/dev/null", "0100002");
	expect_refused(&play, hvic_move_take, "(process 250, in systemd-nspawn@web.service)");
	assert_int_equal(play.steps, 2);
}

/* One that the daemon has just started goes with its unit. */
static void take_with_child(void **state)
{
	struct play play;

	begin_old(&play, *state);
	unit_process(*state, 110, "sh", "hv-kvp-daemon.service");
	unit_open(*state, 110, 3, "/dev/null", "0100002");
	assert_int_equal(hvic_move_take(&play.move), -EBUSY);
	assert_non_null(strstr(play.told, "sh (process 110) has /dev/vmbus/hv_kvp open: end it"));
	expect(&play, BEFORE);
	assert_true(play.steps > 2);
}

/* A daemon without a device is not started to fail. */
static void daemon_without_device(void **state)
{
	struct play play;

	begin_old(&play, *state);
	play.loses_vss = true;
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
		TEST(take_signal),
		TEST(take_too_late),
		TEST(signal_at_the_end),
		TEST(start_fails),
		TEST(take_frozen),
		TEST(take_copying),
		TEST(take_open),
		TEST(take_without_unit),
		TEST(take_without_main),
		TEST(take_without_systemd),
		TEST(take_of_user),
		TEST(take_in_container),
		TEST(take_with_child),
		TEST(daemon_without_device),
		TEST(release),
		TEST(release_fails),
		TEST(release_signal),
		TEST(release_too_late),
		TEST(release_in_session),
		TEST(release_new_kernel),
		TEST(no_bus),
		TEST(no_proc),
	};

	return cmocka_run_group_tests_name("move", tests, NULL, NULL);
}
