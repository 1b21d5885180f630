// SPDX-License-Identifier: GPL-2.0
/*
 * hvic-vssd: freezes the file systems when the host makes a backup.
 *
 * It hands them to the kernel, which freezes and thaws them (see the part about /dev/hv_ic/vss in
 * linux/hv_ic.h). One event loop, and threads that wait in the kernel for it. Reading path:
 * backup.c, freezer.c, and mounts.c of the library.
 */
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "backup.h"
#include "event.h"
#include "log.h"
#include "options.h"
#include "root.h"
#include "socket.h"
#include "tester.h"
#include "trial.h"

/*
 * Nothing may have to be read from a file system that is frozen. A core dump would be written to
 * one while the kernel waits for us to close the device, so there is none.
 */
static void settle(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	/* An arena for each thread would be locked for each of them. */
	mallopt(M_ARENA_MAX, 1);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		hvu_log(HVU_LOG_WARNING, "cannot lock memory: %s", strerror(errno));
}

static int serve(struct hvic_backup *backup, sd_event *event, int root)
{
	struct hvic_tester tester = { .backup = backup };
	int ret = hvic_backup_open(backup, event, root, &hvic_freezer_kernel_ops);

	if (ret >= 0)
		ret = hvu_event_on_reload(event, hvic_backup_reload, backup);
	if (ret < 0) {
		hvu_log(HVU_LOG_ERROR, "cannot start: %s", strerror(-ret));
		return 1;
	}
	ret = hvic_tester_open(&tester, backup);
	if (ret)
		hvu_log(HVU_LOG_WARNING, "/" HVU_SOCKET_FOLDER "/" HVU_TRIAL_SOCKET ": %s",
			strerror(-ret));
	/* The end of the process ends a backup: a thread may be waiting for a file system. */
	ret = hvu_event_serve(event, &backup->client, &hvic_backup_ops, root, "vss",
			      HV_IC_FEATURE_HOLD);
	if (backup->state == HVIC_IDLE && !backup->stuck) {
		hvic_tester_close(&tester);
		hvic_backup_close(backup);
	}
	return ret;
}

static int run(int root)
{
	static struct hvic_backup backup;
	sd_event *event = NULL;
	int ret;

	ret = hvu_settings_load(&backup.settings, root, "vss", hvu_settings_log, NULL);
	if (ret) {
		/* All else has been told. */
		if (ret == -ENOMEM)
			hvu_log(HVU_LOG_ERROR, "the configuration: %s", strerror(-ret));
		return HVU_EXIT_CONFIG;
	}
	settle();
	ret = hvu_event_new(&event);
	if (ret < 0) {
		hvu_log(HVU_LOG_ERROR, "cannot start: %s", strerror(-ret));
		ret = 1;
	} else {
		ret = serve(&backup, event, root);
	}
	sd_event_unref(event);
	hvu_settings_free(&backup.settings);
	return ret;
}

int main(int argc, char *argv[])
{
	int root, status;

	if (hvu_options_end(argc, argv, "hvic-vssd",
			    "Freezes the file systems when the host makes a backup.",
			    &status))
		return status;
	root = hvu_root_open("/");
	status = run(root);
	close(root);
	return status;
}
