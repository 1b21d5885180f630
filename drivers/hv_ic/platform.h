/* SPDX-License-Identifier: GPL-2.0 */
/* What the hypervisor offers beside the bus, and how far its host is trusted. */
#ifndef HVIC_PLATFORM_H
#define HVIC_PLATFORM_H

#include <linux/types.h>

/* The partition reference counter ticks every 100 ns. */
#define HVIC_REFERENCE_NS	100
#define HVIC_REFERENCE_HZ	10000000ULL

bool hvic_platform_has_reference(void);
u64 hvic_platform_reference(void);
bool hvic_platform_reference_at_tsc(u64 tsc, u64 *reference);
bool hvic_platform_can_hibernate(void);
bool hvic_platform_trusts_host(void);

#endif
