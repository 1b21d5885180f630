/* SPDX-License-Identifier: GPL-2.0 */
/* What others may see and say of time synchronisation. */
#ifndef HVIC_SVC_TIMESYNC_H
#define HVIC_SVC_TIMESYNC_H

#include <linux/ktime.h>
#include <linux/types.h>

#include <linux/hv_ic.h>

struct hvic_channel;

#define HVIC_TIME_HISTORY	32

/**
 * struct hvic_time_policy - what the host's time is used for
 * @mode: how far the host may go
 * @max_step: largest step of the system's clock in seconds; 0 for no limit
 * @backward: may it be set back?
 * @implicit_gap: time that the guest must have lost, in milliseconds
 */
struct hvic_time_policy {
	enum hv_ic_time_mode mode;
	unsigned int max_step;
	bool backward;
	unsigned int implicit_gap;
};

/**
 * struct hvic_time_point - how far the clocks were apart at one moment
 * @when: ktime_get_boottime(); 0 for never
 * @offset: the host's clock minus the system's, in ns
 */
struct hvic_time_point {
	ktime_t when;
	s64 offset;
};

/**
 * struct hvic_time_status - how it has been
 * @state: what is known of the host's clock
 * @ptp: number of the PTP clock, -1 for none
 * @offset: the host's clock minus the system's now, in ns, if @state is valid
 * @noise: how far samples scatter, in ns
 * @samples: time messages that were used
 * @steps: of the system's clock
 * @refused_steps: steps beyond the administrator's limits
 * @last_step: the last one that was done
 * @leap: NTP leap indicator of the host
 * @stratum: NTP stratum of the host
 * @oldest: index of the oldest in @history
 * @history: the last samples, a ring
 */
struct hvic_time_status {
	enum hv_ic_clock_state state;
	int ptp;
	s64 offset;
	s64 noise;
	u64 samples;
	u64 steps;
	u64 refused_steps;
	struct hvic_time_point last_step;
	u8 leap;
	u8 stratum;
	unsigned int oldest;
	struct hvic_time_point history[HVIC_TIME_HISTORY];
};

void hvic_timesync_get_policy(struct hvic_time_policy *policy);
void hvic_timesync_set_policy(const struct hvic_time_policy *policy);
const struct hvic_time_status *hvic_timesync_status(struct hvic_channel *ch);

#endif
