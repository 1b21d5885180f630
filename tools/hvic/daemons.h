/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes that serve hv_utils, and hv_ic where it takes its place.
 *
 * A process can call itself what it likes, so that its name proves nothing. What
 * counts is the device that it has open, as the kernel numbers it, and that it
 * belongs to root.
 */
#ifndef HVIC_DAEMONS_H
#define HVIC_DAEMONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "vmbus.h"

/**
 * struct foreign_daemon - a process that serves a service, or is called as if it did
 * @service: the service
 * @pid: its process id
 * @proc: its folder in /proc, which never leads to another process with the same id
 * @root: it runs as root
 * @name: of the process, made printable
 * @node: the device that it has open, as a path in sysfs; "" if it has none open
 * @unit: of the system's systemd that it runs in; "" if none
 * @main: main process of @unit, once that was asked; 0 if there is none
 */
struct foreign_daemon {
	const struct hvu_service_info *service;
	pid_t pid;
	int proc;
	bool root;
	char name[HVU_NAME_SIZE];
	char node[128];
	char unit[256];
	pid_t main;
};

int foreign_daemons(int root, struct foreign_daemon **daemons);
void foreign_daemons_free(struct foreign_daemon *daemons, int n);

bool foreign_daemon_receives_file(const struct foreign_daemon *daemon);

bool foreign_daemon_runs(const struct foreign_daemon *daemon);
int foreign_daemon_pause(const struct foreign_daemon *daemon, int timeout_ms);
int foreign_daemon_resume(const struct foreign_daemon *daemon);
int foreign_daemon_wait_end(const struct foreign_daemon *daemon, int timeout_ms, int wake);

#endif
