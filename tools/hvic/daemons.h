/* SPDX-License-Identifier: GPL-2.0 */
/* Processes that serve hv_utils, and hv_ic where it takes its place. */
#ifndef HVIC_DAEMONS_H
#define HVIC_DAEMONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "vmbus.h"

/**
 * struct hvic_daemon - a process that serves a service
 * @service: the service
 * @pid: its process id
 * @name: of the process
 * @unit: of systemd that it runs in; "" if none
 * @argv: what it was started with, ended by NULL; @argv[0] is its path
 */
struct hvic_daemon {
	const struct hvic_service_info *service;
	pid_t pid;
	char name[HVIC_NAME_SIZE];
	char unit[2 * HVIC_NAME_SIZE];
	char **argv;
};

int hvic_daemons(int root, struct hvic_daemon **daemons);
void hvic_daemons_free(struct hvic_daemon *daemons, int n);

int hvic_daemon_stop(const struct hvic_daemon *daemon, int timeout_ms);
int hvic_daemon_start(const struct hvic_daemon *daemon, int timeout_ms);
pid_t hvic_service_holder(int root, const struct hvic_service_info *service);
bool hvic_daemon_writes_file(int root, const struct hvic_daemon *daemon);

#endif
