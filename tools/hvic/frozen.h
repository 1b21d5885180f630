/* SPDX-License-Identifier: GPL-2.0 */
/* File systems that are frozen. */
#ifndef HVIC_FROZEN_H
#define HVIC_FROZEN_H

#include <stddef.h>

int hvic_find_frozen(int proc, int timeout_ms, int wake, char *where, size_t size);

#endif
