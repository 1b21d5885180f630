/* SPDX-License-Identifier: GPL-2.0 */
/* Processes that serve hv_utils, and hv_ic where it takes its place. */
#ifndef HVIC_DAEMONS_H
#define HVIC_DAEMONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "vmbus.h"

/**
 * struct foreign_daemon - a process that serves a service
 * @service: the service
 * @pid: its process id
 * @name: of the process
 * @unit: of systemd that it runs in; "" if none
 * @argv: what it was started with, ended by NULL; @argv[0] is its path
 */
struct foreign_daemon {
	const struct hvu_service_info *service;
	pid_t pid;
	char name[HVU_NAME_SIZE];
	char unit[2 * HVU_NAME_SIZE];
	char **argv;
};

int foreign_daemons(int root, struct foreign_daemon **daemons);
void foreign_daemons_free(struct foreign_daemon *daemons, int n);

int foreign_daemon_stop(const struct foreign_daemon *daemon, int timeout_ms);
int foreign_daemon_start(const struct foreign_daemon *daemon, int timeout_ms);
pid_t hvic_service_holder(int root, const struct hvu_service_info *service);
bool foreign_daemon_writes_file(int root, const struct foreign_daemon *daemon);

#endif
