// SPDX-License-Identifier: GPL-2.0
/* Moving services from one driver to another, and back if a step fails. */
#include "move.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "root.h"

#define OURS "hv_ic"

/* Drivers that may hold a service instead of us. */
static const char *const others[] = { "hv_utils", "uio_hv_generic" };

__attribute__((format(printf, 2, 3)))
static void tell(struct hvic_move *move, const char *format, ...)
{
	va_list arguments;
	char line[1024];

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (move->unsaid)
		fprintf(move->unsaid, "%s\n", line);
	else
		move->ops->tell(move, line);
}

/* Says what had to wait until no daemon is paused. */
static void speak(struct hvic_move *move)
{
	char *rest = move->unsaid && !fclose(move->unsaid) ? move->text : NULL, *line;

	move->unsaid = NULL;
	while (rest && (line = strsep(&rest, "\n")) && rest)
		move->ops->tell(move, line);
	free(move->text);
	move->text = NULL;
}

/* --- Steps. --------------------------------------------------------------- */

static void describe(const struct hvic_step *step, char *text, size_t size)
{
	switch (step->action) {
	case HVIC_UNBIND:
		snprintf(text, size, "take %s from %s", step->device->service->name, step->driver);
		break;
	case HVIC_BIND:
		snprintf(text, size, "give %s to %s", step->device->service->name, step->driver);
		break;
	case HVIC_LOAD:
		snprintf(text, size, "load %s", step->driver);
		break;
	case HVIC_UNLOAD:
		snprintf(text, size, "remove %s", step->driver);
		break;
	case HVIC_PAUSE:
		snprintf(text, size, "pause %s", step->daemon->name);
		break;
	case HVIC_RESUME:
		snprintf(text, size, "resume %s", step->daemon->name);
		break;
	case HVIC_STOP:
		snprintf(text, size, "stop %s", step->daemon->unit);
		break;
	case HVIC_START:
		snprintf(text, size, "start %s", step->daemon->unit);
		break;
	}
}

static void complain(struct hvic_move *move, const struct hvic_step *step, int error)
{
	char text[512];

	describe(step, text, sizeof(text));
	if (error == -EINTR)
		tell(move, "interrupted");
	else
		tell(move, "cannot %s: %s", text, strerror(-error));
}

/* The system may go on with these after we have given up, so they have to be undone as well. */
static bool may_still_happen(const struct hvic_step *step)
{
	return step->action == HVIC_LOAD || step->action == HVIC_STOP;
}

static int attempt(struct hvic_move *move, struct hvic_step step)
{
	int ret;

	if (move->n_done == HVIC_MAX_STEPS)
		return -E2BIG;
	if (!move->settled && move->ops->interrupted(move))
		return -EINTR;
	ret = move->ops->perform(move, &step);
	if (!ret || may_still_happen(&step))
		move->done[move->n_done++] = step;
	return ret;
}

static int perform(struct hvic_move *move, struct hvic_step step)
{
	int ret = attempt(move, step);

	if (ret)
		complain(move, &step, ret);
	return ret;
}

static void undo(struct hvic_move *move)
{
	move->settled = true;
	if (move->n_done)
		tell(move, "going back to how it was");
	while (move->n_done) {
		struct hvic_step step = move->done[--move->n_done];
		int ret;

		step.action ^= 1;
		ret = move->ops->perform(move, &step);
		/* All the more reason to go on with what can be brought back. */
		if (ret)
			complain(move, &step, ret);
	}
	speak(move);
}

static int bind(struct hvic_move *move, const struct hvu_device *device, const char *driver)
{
	return perform(move, (struct hvic_step) {
		.action = HVIC_BIND, .device = device, .driver = driver });
}

static int unbind(struct hvic_move *move, const struct hvu_device *device)
{
	if (!device->driver[0])
		return 0;
	return perform(move, (struct hvic_step) {
		.action = HVIC_UNBIND, .device = device, .driver = device->driver });
}

static int load(struct hvic_move *move, const char *module)
{
	return perform(move, (struct hvic_step) { .action = HVIC_LOAD, .driver = module });
}

static int unload(struct hvic_move *move, const char *module)
{
	return perform(move, (struct hvic_step) { .action = HVIC_UNLOAD, .driver = module });
}

static bool has_driver(struct hvic_move *move, const char *driver)
{
	return hvu_exists(move->root, "sys/bus/vmbus/drivers/%s", driver);
}

/* --- Whom and what it is about. ------------------------------------------- */

/**
 * struct cast - the devices that move, and who is involved
 * @devices: in the order of the services
 * @n_devices: how many
 * @daemons: of all services
 * @n_daemons: how many
 */
struct cast {
	struct hvu_device *devices;
	int n_devices;
	struct foreign_daemon *daemons;
	int n_daemons;
};

static const struct hvu_device *device_of(const struct cast *cast,
					  const struct hvu_service_info *service)
{
	for (int i = 0; i < cast->n_devices; i++) {
		if (cast->devices[i].service == service)
			return &cast->devices[i];
	}
	return NULL;
}

/* Has it a device open that moves? */
static bool is_concerned(const struct cast *cast, const struct foreign_daemon *daemon)
{
	return daemon->node[0] && device_of(cast, daemon->service);
}

/* Only the main process of a unit goes and comes with it, for certain. */
static bool is_movable(const struct cast *cast, const struct foreign_daemon *daemon)
{
	return is_concerned(cast, daemon) && daemon->root && daemon->main == daemon->pid;
}

/* Without it, or blind for others, nobody seems to have a device open. */
static int need_proc(struct hvic_move *move)
{
	char init[16];

	if (!hvu_exists(move->root, "proc/self")) {
		tell(move, "/proc is not mounted here, so it cannot be told who has a device open: mount it first");
		return -ENOENT;
	}
	/* The kernel asks for the same to show that as to show what others have open. */
	if (hvu_link(move->root, init, sizeof(init), "proc/1/exe") == -EACCES) {
		tell(move, "it cannot be told who has a device open: to see that takes CAP_SYS_PTRACE");
		return -EACCES;
	}
	return 0;
}

static int find_cast(struct hvic_move *move, struct cast *cast,
		     bool (*moves)(struct hvic_move *move, const struct hvu_device *device))
{
	int kept = 0, n = hvu_devices(move->root, &cast->devices);

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		if (moves(move, &cast->devices[i]))
			cast->devices[kept++] = cast->devices[i];
	}
	cast->n_devices = kept;

	n = foreign_daemons(move->root, &cast->daemons);
	if (n < 0)
		return n;
	cast->n_daemons = n;
	return 0;
}

static void free_cast(struct cast *cast)
{
	foreign_daemons_free(cast->daemons, cast->n_daemons);
	free(cast->devices);
}

/* "sys/class/misc/vmbus!hv_kvp" is "/dev/vmbus/hv_kvp" by default. */
static void name_node(const struct foreign_daemon *daemon, char *text, size_t size)
{
	char *mark;

	snprintf(text, size, "/dev/%s", strrchr(daemon->node, '/') + 1);
	mark = strchr(text, '!');
	if (mark)
		*mark = '/';
}

/* --- Daemons. ------------------------------------------------------------- */

static void find_units(struct hvic_move *move, struct cast *cast)
{
	for (int i = 0; i < cast->n_daemons; i++) {
		struct foreign_daemon *daemon = &cast->daemons[i];
		int ret;

		if (!is_concerned(cast, daemon))
			continue;
		ret = move->ops->find_unit(move, daemon);
		if (ret)
			daemon->main = 0;
		if (ret && ret != -ENODATA)
			tell(move, "systemd does not tell the unit of %s (process %d): %s",
			     daemon->name, daemon->pid, strerror(-ret));
	}
}

/* A child that a daemon has just started has the device open for a moment, too. */
static bool goes_with_unit(const struct cast *cast, const struct foreign_daemon *daemon)
{
	for (int i = 0; i < cast->n_daemons; i++) {
		if (cast->daemons[i].pid == daemon->main)
			return is_movable(cast, &cast->daemons[i]);
	}
	return false;
}

/* What we could not start again as it was is not ours to stop. */
static int refuse_if_unmovable(struct hvic_move *move, const struct cast *cast)
{
	int ret = 0;

	for (int i = 0; i < cast->n_daemons; i++) {
		const struct foreign_daemon *daemon = &cast->daemons[i];
		char node[128];

		if (!is_concerned(cast, daemon) || goes_with_unit(cast, daemon))
			continue;
		name_node(daemon, node, sizeof(node));
		tell(move, "%s (process %d%s%s) has %s open and cannot be restarted for you: stop it, repeat this, and start it again",
		     daemon->name, daemon->pid, daemon->unit[0] ? ", in " : "", daemon->unit,
		     node);
		ret = -EBUSY;
	}
	return ret;
}

/*
 * Letting go of a device waits in the kernel, and not even a signal ends that, as
 * long as a process has it open.
 */
static int refuse_if_open(struct hvic_move *move, const struct cast *cast)
{
	struct foreign_daemon *daemons;
	int n = foreign_daemons(move->root, &daemons), ret = n < 0 ? n : 0;
	char node[128];

	for (int i = 0; i < n; i++) {
		if (!is_concerned(cast, &daemons[i]))
			continue;
		name_node(&daemons[i], node, sizeof(node));
		tell(move, "%s (process %d) has %s open: end it first", daemons[i].name,
		     daemons[i].pid, node);
		ret = -EBUSY;
	}
	if (n >= 0)
		foreign_daemons_free(daemons, n);
	return ret;
}

/* hv_utils and its like do not tell; what their daemon has done so far does. */
static int refuse_if_daemon_busy(struct hvic_move *move, const struct foreign_daemon *daemon)
{
	char where[512];
	int ret = 0;

	if (!strcmp(daemon->service->name, "fcopy") && foreign_daemon_receives_file(daemon)) {
		tell(move, "%s receives a file from the host: wait until it is done",
		     daemon->name);
		return -EBUSY;
	}
	if (!strcmp(daemon->service->name, "vss"))
		ret = move->ops->find_frozen(move, daemon, where, sizeof(where));
	if (ret <= 0)
		return ret;
	tell(move, "the file system on %s is frozen, by a backup of the host it may be: wait until it is done, or thaw it if you froze it",
	     where);
	return -EBUSY;
}

static int refuse_if_session(struct hvic_move *move, const struct hvu_service_info *service)
{
	int ret = move->ops->in_session(move, service);

	if (ret <= 0)
		return ret;
	tell(move, "the host is in the middle of a %s: wait until it is done",
	     strcmp(service->name, "vss") ? "file copy" : "backup");
	return -EBUSY;
}

/* Of a service that hv_ic has, hv_ic knows; of another, its daemon has to be looked at. */
static int refuse_if_busy(struct hvic_move *move, const struct cast *cast)
{
	int ret = 0;

	for (int i = 0; i < cast->n_devices && !ret; i++) {
		if (!strcmp(cast->devices[i].driver, OURS))
			ret = refuse_if_session(move, cast->devices[i].service);
	}
	for (int i = 0; i < cast->n_daemons && !ret; i++) {
		const struct foreign_daemon *daemon = &cast->daemons[i];

		if (is_movable(cast, daemon) &&
		    strcmp(device_of(cast, daemon->service)->driver, OURS))
			ret = refuse_if_daemon_busy(move, daemon);
	}
	return ret;
}

static int for_daemons(struct hvic_move *move, const struct cast *cast, enum hvic_action action)
{
	int ret = 0;

	for (int i = 0; i < cast->n_daemons && !ret; i++) {
		if (is_movable(cast, &cast->daemons[i]))
			ret = perform(move, (struct hvic_step) {
				.action = action, .daemon = &cast->daemons[i] });
	}
	return ret;
}

/*
 * Ends the daemons of the services that move. They are paused before it is asked whether they are
 * busy, so that nothing begins between the question and the end. Nothing is said meanwhile: the
 * output may be a file on what one of them has frozen, and does not thaw while it is paused.
 */
static int stop_daemons(struct hvic_move *move, struct cast *cast)
{
	int ret;

	find_units(move, cast);
	move->unsaid = open_memstream(&move->text, &move->len);
	ret = refuse_if_unmovable(move, cast);
	if (!ret)
		ret = for_daemons(move, cast, HVIC_PAUSE);
	if (!ret)
		ret = refuse_if_busy(move, cast);
	if (!ret)
		ret = for_daemons(move, cast, HVIC_STOP);
	if (ret)
		return ret;
	speak(move);
	return refuse_if_open(move, cast);
}

/* The service has a new driver; its daemon goes on if that has the same device for it. */
static int start_daemons(struct hvic_move *move)
{
	unsigned int n = move->n_done;
	int ret = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct hvic_step step = move->done[i];
		int error;

		if (step.action != HVIC_STOP || !hvu_exists(move->root, "%s", step.daemon->node))
			continue;
		step.action = HVIC_START;
		error = perform(move, step);
		ret = ret ? ret : error;
	}
	return ret;
}

/* Everything has moved, or nothing has. */
static int settle(struct hvic_move *move, int ret)
{
	if (ret) {
		undo(move);
		return ret;
	}
	move->settled = true;
	return start_daemons(move);
}

/* --- Taking over. --------------------------------------------------------- */

/* Of a module that is built in there is no such file, and it cannot be removed. */
static bool is_module(struct hvic_move *move, const char *module)
{
	return hvu_exists(move->root, "sys/module/%s/initstate", module);
}

static bool drives_devices(struct hvic_move *move, const char *driver)
{
	char **names = hvu_list(move->root, "sys/bus/vmbus/drivers/%s", driver);
	bool found = false;

	for (char **name = names; name && *name && !found; name++)
		found = strlen(*name) == HVU_GUID_SIZE - 1;
	hvu_list_free(names);
	return found;
}

/* Removes a driver that has nothing left: it would take what the host offers anew. */
static int retire(struct hvic_move *move, const char *driver)
{
	if (!has_driver(move, driver) || drives_devices(move, driver))
		return 0;
	if (!is_module(move, driver)) {
		tell(move, "%s is built into the kernel: a service that the host offers anew goes to it, then take over again",
		     driver);
		return 0;
	}
	return unload(move, driver);
}

/* Those that we serve and do not have. */
static bool is_takeable(struct hvic_move *move, const struct hvu_device *device)
{
	return strcmp(device->driver, OURS) &&
	       hvu_service_has_switch(move->root, device->service);
}

static int take(struct hvic_move *move, struct cast *cast)
{
	bool left[ARRAY_SIZE(others)] = { false };
	int ret;

	if (!cast->n_devices)
		tell(move, "there is nothing that another driver holds");
	ret = stop_daemons(move, cast);
	for (int i = 0; i < cast->n_devices && !ret; i++) {
		const struct hvu_device *device = &cast->devices[i];

		for (size_t k = 0; k < ARRAY_SIZE(others); k++)
			left[k] |= !strcmp(device->driver, others[k]);
		ret = unbind(move, device);
		if (!ret)
			ret = bind(move, device, OURS);
		if (!ret)
			tell(move, "%s: from %s to " OURS, device->service->name,
			     device->driver[0] ? device->driver : "no driver");
	}
	for (size_t k = 0; k < ARRAY_SIZE(others) && !ret; k++) {
		if (left[k])
			ret = retire(move, others[k]);
	}
	return ret;
}

/**
 * hvic_move_take() - bind the services that others hold to hv_ic
 * @move: nothing done yet
 *
 * Return: 0; or a negative errno, with everything as it was before unless only a
 * daemon could not be started: %-EBUSY if a backup or a file copy is under way or a
 * process has a device open that cannot be restarted, %-EINTR if a signal came,
 * %-ENXIO if there is no VMBus, %-ENOENT if there is no /proc, %-EACCES if
 * others cannot be seen in it.
 */
int hvic_move_take(struct hvic_move *move)
{
	struct cast cast = { 0 };
	int ret;

	if (!hvu_exists(move->root, "sys/bus/vmbus"))
		return -ENXIO;
	ret = need_proc(move);
	if (!ret && !has_driver(move, OURS))
		ret = load(move, OURS);
	if (!ret)
		ret = find_cast(move, &cast, is_takeable);
	if (!ret)
		ret = take(move, &cast);
	ret = settle(move, ret);
	free_cast(&cast);
	return ret;
}

/* --- The way back. -------------------------------------------------------- */

static bool is_ours(struct hvic_move *move, const struct hvu_device *device)
{
	(void)move;
	return !strcmp(device->driver, OURS);
}

/* %-ENODEV if that driver does not take it, or there is no such driver. */
static int try_driver(struct hvic_move *move, const struct hvu_device *device,
		      const char *driver)
{
	int ret = 0;

	if (!has_driver(move, driver))
		ret = attempt(move, (struct hvic_step) {
			.action = HVIC_LOAD, .driver = driver });
	if (ret)
		return ret == -EINTR ? ret : -ENODEV;
	return attempt(move, (struct hvic_step) {
		.action = HVIC_BIND, .device = device, .driver = driver });
}

/* To the first driver that takes it: file copy changed hands in 6.10. */
static int give(struct hvic_move *move, const struct hvu_device *device)
{
	for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
		const struct hvic_step step = {
			.action = HVIC_BIND, .device = device, .driver = others[k],
		};
		int ret = try_driver(move, device, others[k]);

		if (ret == -ENODEV)
			continue;
		if (ret)
			complain(move, &step, ret);
		else
			tell(move, "%s: from " OURS " to %s", device->service->name, others[k]);
		return ret;
	}
	tell(move, "%s: left without a driver, none takes it", device->service->name);
	return 0;
}

static int release(struct hvic_move *move, struct cast *cast)
{
	int ret = stop_daemons(move, cast);

	if (!ret && !has_driver(move, others[0]))
		ret = load(move, others[0]);
	for (int i = 0; i < cast->n_devices && !ret; i++) {
		ret = unbind(move, &cast->devices[i]);
		if (!ret)
			ret = give(move, &cast->devices[i]);
	}
	/* It would take what the host offers anew. */
	if (!ret)
		ret = unload(move, OURS);
	if (!ret)
		tell(move, "this lasts until the next boot; hv_ic(4) says how to keep " OURS " out for good");
	return ret;
}

/**
 * hvic_move_release() - bind the services that hv_ic holds to hv_utils, and remove hv_ic
 * @move: nothing done yet
 *
 * Return: as hvic_move_take().
 */
int hvic_move_release(struct hvic_move *move)
{
	struct cast cast = { 0 };
	int ret;

	if (!hvu_exists(move->root, "sys/bus/vmbus"))
		return -ENXIO;
	ret = need_proc(move);
	if (!ret)
		ret = find_cast(move, &cast, is_ours);
	if (!ret)
		ret = release(move, &cast);
	ret = settle(move, ret);
	free_cast(&cast);
	return ret;
}
