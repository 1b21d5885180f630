/* SPDX-License-Identifier: GPL-2.0 */
/* Other programs, by their arguments: never through a shell. */
#ifndef HVIC_PROCESS_H
#define HVIC_PROCESS_H

#include <sys/types.h>

int hvic_spawn(const char *const argv[], pid_t *pid);
int hvic_wait_exit(pid_t pid, int timeout_ms);
int hvic_run(const char *const argv[], int timeout_ms);

#endif
