/* SPDX-License-Identifier: GPL-2.0 */
/* The host's clock as a PTP clock of the guest. */
#ifndef HVIC_CLOCK_PTP_H
#define HVIC_CLOCK_PTP_H

#include <linux/ptp_clock_kernel.h>
#include <linux/seqlock.h>

#include "clock_filter.h"

struct device;

/**
 * struct hvic_clock - the host's clock, as far as it is known
 * @lock: guards all below but @info and @ptp; written from softirq
 * @filter: what the samples say
 * @newest: reference counter of the newest sample
 * @info: the functions that the PTP core calls
 * @ptp: the PTP core's object; NULL if there is no PTP clock
 */
struct hvic_clock {
	seqlock_t lock;
	struct hvic_clock_filter filter;
	u64 newest;
	struct ptp_clock_info info;
	struct ptp_clock *ptp;
};

void hvic_clock_register(struct hvic_clock *clock, struct device *dev);
void hvic_clock_unregister(struct hvic_clock *clock);
void hvic_clock_add(struct hvic_clock *clock, u64 reference, s64 host_ns);
void hvic_clock_restart(struct hvic_clock *clock);
s64 hvic_clock_noise(struct hvic_clock *clock);
int hvic_clock_index(const struct hvic_clock *clock);
int hvic_clock_at(struct hvic_clock *clock, u64 reference, s64 *host_ns);

#endif
