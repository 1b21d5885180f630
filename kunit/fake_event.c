// SPDX-License-Identifier: GPL-2.0
/* What main.c is to the driver: the listener, which hears nothing unless a suite wants it to. */
#include "fake_event.h"

static void deaf_service(struct hvic_channel *ch)
{
}

static void deaf_time_sample(const struct hvic_time_status *status, s64 offset)
{
}

static void deaf_time_step(const struct hvic_time_status *status, s64 offset,
			   enum hv_ic_step_cause cause, bool refused)
{
}

static void deaf_health(const struct hvic_health_change *change)
{
}

static void deaf_vss(enum hv_ic_vss_phase phase, ktime_t since, pid_t holder, int err)
{
}

static void deaf_vss_hold(dev_t device, ktime_t since, int err)
{
}

static void deaf_fcopy(enum hv_ic_fcopy_phase phase, u64 size, u64 done, int err)
{
}

static void deaf_shutdown(const struct hvic_shutdown_info *info)
{
}

static const struct hvic_event_ops deaf = {
	.service = deaf_service,
	.service_gone = deaf_service,
	.time_sample = deaf_time_sample,
	.time_step = deaf_time_step,
	.health = deaf_health,
	.vss = deaf_vss,
	.vss_hold = deaf_vss_hold,
	.fcopy = deaf_fcopy,
	.shutdown = deaf_shutdown,
};

struct hvic_event_ops fake_listener;

const struct hvic_event_ops *const hvic_event = &fake_listener;

/**
 * fake_listener_reset() - take back what a suite has put in
 *
 * Every suite whose code tells something does this first.
 */
void fake_listener_reset(void)
{
	fake_listener = deaf;
}
