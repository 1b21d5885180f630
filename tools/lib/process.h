/* SPDX-License-Identifier: GPL-2.0 */
/* Other programs, by their arguments: never through a shell. */
#ifndef HVU_PROCESS_H
#define HVU_PROCESS_H

#include <sys/types.h>

int hvu_spawn(const char *const argv[], int out, pid_t *pid);
int hvu_wait_exit(pid_t pid, int timeout_ms);
int hvu_run_while(const char *const argv[], int (*end)(const void *data), const void *data);

#endif
