/* SPDX-License-Identifier: GPL-2.0 */
/* How a daemon reaches the system bus. */
#ifndef HVU_SYSBUS_H
#define HVU_SYSBUS_H

#include <stdint.h>

struct sd_bus;

int hvu_bus_open(struct sd_bus **bus, uint64_t timeout_us);

#endif
