/* SPDX-License-Identifier: GPL-2.0 */
/* A command, with all that it starts. */
#ifndef HVIC_RUN_H
#define HVIC_RUN_H

int hvic_run(int root, const char *const argv[], int timeout_ms, int *interrupted);

#endif
