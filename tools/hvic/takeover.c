// SPDX-License-Identifier: GPL-2.0
/* hvic takeover and release: services change drivers on the running system. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "frozen.h"
#include "guard.h"
#include "hvic.h"
#include "modules.h"
#include "move.h"
#include "units.h"

/* After that a file system that does not answer counts as frozen. */
#define FROZEN_MS 2000

/**
 * struct action - a move on the system that runs
 * @move: the first member
 * @hvic: run of the program
 * @guard: keeps it whole
 */
struct action {
	struct hvic_move move;
	struct hvic *hvic;
	struct hvic_guard guard;
};

/* --- Acting on the system. ------------------------------------------------ */

static int bind_device(struct hvic_move *move, const struct hvic_step *step)
{
	char driver[HVU_NAME_SIZE];
	int ret = hvu_write(move->root, step->device->id, "sys/bus/vmbus/drivers/%s/bind",
			    step->driver);

	/* A driver that was just loaded may have been quicker. */
	if (ret == -EBUSY) {
		hvu_link_name(move->root, driver, sizeof(driver),
			      "sys/bus/vmbus/devices/%s/driver", step->device->id);
		ret = strcmp(driver, step->driver) ? ret : 0;
	}
	return ret;
}

/* What was not even loaded is removed. */
static int unload_module(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) && errno != ENOENT ? -errno : 0;
}

/* What ends a wait, once a signal still counts. */
static int wake_fd(const struct hvic_move *move)
{
	return move->settled ? -1 : ((const struct action *)move)->guard.signals;
}

static int stop_daemon(struct hvic_move *move, const struct foreign_daemon *daemon)
{
	int ret = hvic_unit_stop(daemon->unit, move->timeout_ms, wake_fd(move));

	return ret ? ret : foreign_daemon_wait_end(daemon, move->timeout_ms, wake_fd(move));
}

static int perform(struct hvic_move *move, const struct hvic_step *step)
{
	switch (step->action) {
	case HVIC_UNBIND:
		return hvu_write(move->root, step->device->id,
				 "sys/bus/vmbus/drivers/%s/unbind", step->driver);
	case HVIC_BIND:
		return bind_device(move, step);
	case HVIC_LOAD:
		return hvic_modules_load(step->driver, move->timeout_ms);
	case HVIC_UNLOAD:
		return unload_module(step->driver);
	case HVIC_PAUSE:
		return foreign_daemon_pause(step->daemon, move->timeout_ms);
	case HVIC_RESUME:
		return foreign_daemon_resume(step->daemon);
	case HVIC_STOP:
		return stop_daemon(move, step->daemon);
	case HVIC_START:
		return hvic_unit_start(step->daemon->unit, move->timeout_ms, wake_fd(move));
	}
	return -EINVAL;
}

/* --- Looking at the system. ----------------------------------------------- */

/* The unit that was read from /proc is good enough to name, but not to act on. */
static int find_unit(struct hvic_move *move, struct foreign_daemon *daemon)
{
	int ret = hvic_unit_of(daemon->pid, daemon->unit, sizeof(daemon->unit), &daemon->main,
			       move->timeout_ms);

	/* As long as it is there, its number is not another's. */
	return ret || foreign_daemon_runs(daemon) ? ret : -ESRCH;
}

static int find_frozen(struct hvic_move *move, const struct foreign_daemon *daemon, char *where,
		       size_t size)
{
	return hvic_find_frozen(daemon->proc, FROZEN_MS, wake_fd(move), where, size);
}

static int in_session(struct hvic_move *move, const struct hvu_service_info *info)
{
	struct hvic *hvic = ((struct action *)move)->hvic;
	json_object *services;
	int ret = 0;

	if (hvic_get_list(hvic, HV_IC_CMD_SERVICE_GET, &hvu_set_service, &services))
		return -EIO;
	for (size_t i = 0; i < json_object_array_length(services); i++) {
		json_object *service = json_object_array_get_idx(services, i);

		if (!strcmp(hvu_json_string(service, "name"), info->name))
			ret = hvu_json_true(service, "in_session");
	}
	json_object_put(services);
	/* The connection is to the module that is about to go. */
	hvu_genl_close(&hvic->genl);
	hvic->connected = false;
	return ret;
}

static bool interrupted(struct hvic_move *move)
{
	return hvic_guard_interrupted(&((struct action *)move)->guard);
}

static void tell(struct hvic_move *move, const char *line)
{
	(void)move;
	puts(line);
	fflush(stdout);
}

static const struct hvic_move_ops on_the_system = {
	.perform = perform,
	.find_unit = find_unit,
	.in_session = in_session,
	.find_frozen = find_frozen,
	.interrupted = interrupted,
	.tell = tell,
};

/* --- Commands. ------------------------------------------------------------ */

static int complain(struct hvic *hvic, int error, const char *what)
{
	/* The signal that interrupted it will have its say. */
	if (error == -EINTR)
		return HVIC_AGAIN;
	if (error == -ENXIO) {
		hvic_error("%s: there is no VMBus here; 'hvic doctor' tells why", what);
		return HVIC_NO_DRIVER;
	}
	if (error == -EPERM) {
		hvic_error("%s: root may not do this here: it takes CAP_SYS_MODULE, which a container does not have, and a module that the kernel trusts; 'hvic doctor' tells more",
			   what);
		return HVIC_DENIED;
	}
	return hvic_failed(hvic, error, what);
}

static int run(struct hvic *hvic, int (*run_move)(struct hvic_move *move), const char *what)
{
	static struct action action;
	int ret;

	if (geteuid()) {
		hvic_error("%s: only root can do this: sudo hvic %s", what, what);
		return HVIC_DENIED;
	}
	action.move.ops = &on_the_system;
	action.move.root = hvic->root;
	action.move.timeout_ms = hvic->timeout_ms;
	action.hvic = hvic;
	ret = hvic_guard_begin(&action.guard, hvic->root);
	if (ret == -EBUSY) {
		hvic_error("%s: another takeover or release is under way", what);
		return HVIC_AGAIN;
	}
	if (ret)
		return hvic_failed(hvic, ret, what);
	ret = run_move(&action.move);
	ret = ret ? complain(hvic, ret, what) : HVIC_OK;
	hvic_guard_end(&action.guard);
	return ret;
}

int cmd_takeover(struct hvic *hvic)
{
	return run(hvic, hvic_move_take, "takeover");
}

int cmd_release(struct hvic *hvic)
{
	/* Without it there is nothing to give. */
	int ret = hvic_connect(hvic);

	return ret ? ret : run(hvic, hvic_move_release, "release");
}
