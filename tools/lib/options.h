/* SPDX-License-Identifier: GPL-2.0 */
/* The options of a daemon, which are the same for all of them. */
#ifndef HVU_OPTIONS_H
#define HVU_OPTIONS_H

#include <stdbool.h>

bool hvu_options_end(int argc, char *argv[], const char *name, const char *purpose, int *status);

#endif
