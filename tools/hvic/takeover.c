// SPDX-License-Identifier: GPL-2.0
/* hvic takeover and release: services change drivers on the running system. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "hvic.h"
#include "move.h"
#include "process.h"

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

static int load_module(const char *module, int timeout_ms)
{
	const char *const argv[] = { "modprobe", module, NULL };
	int ret = hvu_run(argv, timeout_ms);

	return ret > 0 ? -ENOEXEC : ret;
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
		return load_module(step->driver, move->timeout_ms);
	case HVIC_UNLOAD:
		return syscall(SYS_delete_module, step->driver, O_NONBLOCK) ? -errno : 0;
	case HVIC_STOP:
		return foreign_daemon_stop(step->daemon, move->timeout_ms);
	case HVIC_START:
		return foreign_daemon_start(step->daemon, move->timeout_ms);
	}
	return -EINVAL;
}

/* Only what is on a block device: network file systems cannot be frozen, but can hang. */
static int thaw_all(struct hvic_move *move)
{
	FILE *mounts = hvu_fopen(move->root, "proc/mounts");
	struct mntent *mount;
	int thawed = 0;

	if (!mounts)
		return -errno;
	while ((mount = getmntent(mounts))) {
		int fd;

		if (strncmp(mount->mnt_fsname, "/dev/", 5))
			continue;
		fd = open(mount->mnt_dir, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			continue;
		if (!ioctl(fd, FITHAW, 0))
			thawed++;
		close(fd);
	}
	fclose(mounts);
	return thawed;
}

static void tell(struct hvic_move *move, const char *line)
{
	(void)move;
	puts(line);
	fflush(stdout);
}

const struct hvic_move_ops hvic_move_system = {
	.perform = perform,
	.thaw = thaw_all,
	.tell = tell,
};

/* --- Commands. ------------------------------------------------------------ */

static int start(struct hvic *hvic, struct hvic_move *move, const char *what)
{
	if (geteuid())
		return hvic_failed(hvic, -EPERM, what);
	move->ops = &hvic_move_system;
	move->root = hvic->root;
	move->timeout_ms = hvic->timeout_ms;
	return 0;
}

static int finish(struct hvic *hvic, int ret, const char *what)
{
	if (ret == -ENXIO) {
		hvic_error("%s: there is no VMBus here; 'hvic doctor' tells why", what);
		return HVIC_NO_DRIVER;
	}
	return ret ? hvic_failed(hvic, ret, what) : HVIC_OK;
}

int cmd_takeover(struct hvic *hvic)
{
	static struct hvic_move move;
	int ret = start(hvic, &move, "takeover");

	return ret ? ret : finish(hvic, hvic_move_take(&move), "takeover");
}

/* What the driver says of a service: does it wait for the end of something? */
static bool is_in_the_middle(json_object *service)
{
	static const struct {
		const char *service;
		const char *operation;
	} beginnings[] = {
		{ "vss", "freeze" }, { "fcopy", "start" }, { "fcopy", "write" },
	};
	json_object *last;

	if (!json_object_object_get_ex(service, "last_request", &last) ||
	    hvu_json_number(last, "errno"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
		if (!strcmp(hvu_json_string(service, "name"), beginnings[i].service) &&
		    !strcmp(hvu_json_string(last, "operation"), beginnings[i].operation))
			return true;
	}
	return false;
}

static int refuse_if_busy(struct hvic *hvic)
{
	json_object *services;
	int ret = hvic_get_list(hvic, HV_IC_CMD_SERVICE_GET, &hvu_set_service, &services);

	if (ret)
		return ret;
	for (size_t i = 0; i < json_object_array_length(services) && !ret; i++) {
		json_object *service = json_object_array_get_idx(services, i);

		if (!is_in_the_middle(service))
			continue;
		hvic_error("release: the host is in the middle of a %s: wait until it is done",
			   strcmp(hvu_json_string(service, "name"), "vss") ? "file copy" :
			   "backup");
		ret = HVIC_AGAIN;
	}
	json_object_put(services);
	/* The connection is to the module that is about to go. */
	hvu_genl_close(&hvic->genl);
	hvic->connected = false;
	return ret;
}

int cmd_release(struct hvic *hvic)
{
	static struct hvic_move move;
	int ret = start(hvic, &move, "release");

	if (!ret)
		ret = refuse_if_busy(hvic);
	return ret ? ret : finish(hvic, hvic_move_release(&move), "release");
}
