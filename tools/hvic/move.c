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
	char line[256];

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	move->ops->tell(move, line);
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
	case HVIC_STOP:
		snprintf(text, size, "stop %s", step->daemon->name);
		break;
	case HVIC_START:
		snprintf(text, size, "start %s", step->daemon->name);
		break;
	}
}

static void complain(struct hvic_move *move, const struct hvic_step *step, int error)
{
	char text[128];

	describe(step, text, sizeof(text));
	tell(move, "cannot %s: %s", text, strerror(-error));
}

static int attempt(struct hvic_move *move, struct hvic_step step)
{
	int ret;

	if (move->n_done == HVIC_MAX_STEPS)
		return -E2BIG;
	ret = move->ops->perform(move, &step);
	if (!ret)
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

/* --- Daemons. ------------------------------------------------------------- */

static bool is_among(const struct hvu_device *devices, int n,
		     const struct hvu_service_info *service)
{
	for (int i = 0; i < n; i++) {
		if (devices[i].service == service)
			return true;
	}
	return false;
}

/*
 * Letting go of a device waits in the kernel, and not even a signal ends that, as
 * long as somebody has the service's node open.
 */
static int refuse_if_open(struct hvic_move *move, const struct hvu_device *devices, int n)
{
	for (int i = 0; i < n; i++) {
		pid_t holder = hvic_service_holder(move->root, devices[i].service);

		if (!holder)
			continue;
		tell(move, "process %d has /dev/vmbus/hv_%s open: end it first", holder,
		     devices[i].service->name);
		return -EBUSY;
	}
	return 0;
}

/* Ends the daemons of the services that move. */
static int stop_daemons(struct hvic_move *move, const struct hvu_device *devices, int n_devices,
			const struct foreign_daemon *daemons, int n_daemons)
{
	int ret, thawed;

	for (int i = 0; i < n_daemons; i++) {
		if (!strcmp(daemons[i].service->name, "fcopy") &&
		    foreign_daemon_writes_file(move->root, &daemons[i])) {
			tell(move, "%s receives a file from the host: wait until it is done",
			     daemons[i].name);
			return -EBUSY;
		}
	}
	for (int i = 0; i < n_daemons; i++) {
		if (!is_among(devices, n_devices, daemons[i].service))
			continue;
		ret = perform(move, (struct hvic_step) {
			.action = HVIC_STOP, .daemon = &daemons[i] });
		if (ret)
			return ret;
	}
	ret = refuse_if_open(move, devices, n_devices);
	if (ret || !is_among(devices, n_devices, hvu_service_find("vss")))
		return ret;

	/*
	 * hv_utils does not tell whether it is in the middle of a backup. If it was,
	 * nobody would be left to thaw what is frozen.
	 */
	thawed = move->ops->thaw(move);
	if (!thawed)
		return 0;
	if (thawed > 0)
		tell(move, "the host is making a backup: %d frozen file system%s thawed, repeat the backup",
		     thawed, thawed == 1 ? " was" : "s were");
	return thawed > 0 ? -EBUSY : thawed;
}

/* The service has a new driver; its daemon goes on if that has a device for it. */
static void start_daemons(struct hvic_move *move)
{
	unsigned int n = move->n_done;

	for (unsigned int i = 0; i < n; i++) {
		struct hvic_step step = move->done[i];

		if (step.action != HVIC_STOP ||
		    !hvu_exists(move->root, "dev/vmbus/hv_%s", step.daemon->service->name))
			continue;
		step.action = HVIC_START;
		perform(move, step);
	}
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

/* Leaves those that we serve and do not have. */
static int keep_takeable(struct hvic_move *move, struct hvu_device *devices, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++) {
		if (strcmp(devices[i].driver, OURS) &&
		    hvu_service_has_switch(move->root, devices[i].service))
			devices[kept++] = devices[i];
	}
	return kept;
}

static int take(struct hvic_move *move, const struct hvu_device *devices, int n,
		const struct foreign_daemon *daemons, int n_daemons)
{
	bool left[ARRAY_SIZE(others)] = { false };
	int ret = stop_daemons(move, devices, n, daemons, n_daemons);

	for (int i = 0; i < n && !ret; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(others); k++)
			left[k] |= !strcmp(devices[i].driver, others[k]);
		ret = unbind(move, &devices[i]);
		if (!ret)
			ret = bind(move, &devices[i], OURS);
		if (!ret)
			tell(move, "%s: from %s to " OURS, devices[i].service->name,
			     devices[i].driver[0] ? devices[i].driver : "no driver");
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
 * Return: 0; or a negative errno, with everything as it was before: %-EBUSY if a
 * backup or a file copy is under way, %-ENXIO if there is no VMBus.
 */
int hvic_move_take(struct hvic_move *move)
{
	struct hvu_device *devices = NULL;
	struct foreign_daemon *daemons = NULL;
	int ret = 0, n_devices, n_daemons = 0;

	if (!hvu_exists(move->root, "sys/bus/vmbus"))
		return -ENXIO;
	if (!has_driver(move, OURS))
		ret = load(move, OURS);
	if (ret)
		return ret;

	n_devices = hvu_devices(move->root, &devices);
	if (n_devices >= 0)
		n_devices = keep_takeable(move, devices, n_devices);
	n_daemons = foreign_daemons(move->root, &daemons);
	ret = n_devices < 0 ? n_devices : n_daemons < 0 ? n_daemons : 0;
	if (!ret && !n_devices)
		tell(move, "there is nothing that another driver holds");
	if (!ret)
		ret = take(move, devices, n_devices, daemons, n_daemons);
	if (ret)
		undo(move);
	else
		start_daemons(move);
	foreign_daemons_free(daemons, n_daemons);
	free(devices);
	return ret;
}

/* --- The way back. -------------------------------------------------------- */

static int keep_ours(struct hvu_device *devices, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++) {
		if (!strcmp(devices[i].driver, OURS))
			devices[kept++] = devices[i];
	}
	return kept;
}

/* To the first driver that takes it: file copy changed hands in 6.10. */
static int give(struct hvic_move *move, const struct hvu_device *device)
{
	for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
		struct hvic_step step = {
			.action = HVIC_BIND, .device = device, .driver = others[k],
		};
		int ret;

		if (!has_driver(move, others[k])) {
			step.action = HVIC_LOAD;
			if (attempt(move, step))
				continue;
			step.action = HVIC_BIND;
		}
		ret = attempt(move, step);
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

static int release(struct hvic_move *move, const struct hvu_device *devices, int n,
		   const struct foreign_daemon *daemons, int n_daemons)
{
	int ret = stop_daemons(move, devices, n, daemons, n_daemons);

	if (!ret && !has_driver(move, others[0]))
		ret = load(move, others[0]);
	for (int i = 0; i < n && !ret; i++) {
		ret = unbind(move, &devices[i]);
		if (!ret)
			ret = give(move, &devices[i]);
	}
	/* It would take what the host offers anew. */
	if (!ret)
		ret = unload(move, OURS);
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
	struct hvu_device *devices;
	struct foreign_daemon *daemons;
	int ret, n_devices, n_daemons;

	n_devices = hvu_devices(move->root, &devices);
	if (n_devices < 0)
		return n_devices;
	n_devices = keep_ours(devices, n_devices);
	n_daemons = foreign_daemons(move->root, &daemons);
	ret = n_daemons < 0 ? n_daemons : release(move, devices, n_devices, daemons, n_daemons);
	if (ret)
		undo(move);
	else
		start_daemons(move);
	foreign_daemons_free(daemons, n_daemons);
	free(devices);
	return ret;
}
