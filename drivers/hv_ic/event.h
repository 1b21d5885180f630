/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens below, told to the layers above. Which of them listens,
 * main.c says; those who tell need not know.
 */
#ifndef HVIC_EVENT_H
#define HVIC_EVENT_H

#include <linux/ktime.h>
#include <linux/types.h>

#include <linux/hv_ic.h>

struct hvic_channel;
struct hvic_health_change;
struct hvic_shutdown_info;
struct hvic_time_status;

/**
 * struct hvic_event_ops - a listener
 * @service: the state of a service has changed; the channel's lock is held
 * @service_gone: a channel, closed, is not there any more
 * @time_sample: the host has told its time: @offset is its clock minus the
 *	system's, in ns
 * @time_step: the clock was set by @offset ns because of @cause, or was @refused
 *	to be, by the limits
 * @health: the health of applications has changed; may not call back
 * @vss: a backup has come to @phase; the freeze began @since, which is of
 *	ktime_get_boottime(); @holder, if not 0, is the daemon that holds the file
 *	systems frozen; @err is 0, or the negative errno that became the status
 * @vss_hold: of a backup, or of a trial: the file system on @device was to be frozen,
 *	@since then; @err is 0, or the negative errno why it is not held
 * @fcopy: of the @size bytes of a file @done have arrived; @err as in @vss. What the
 *	file is called is for its daemon alone, not for every user who listens.
 * @shutdown: a request to stop the guest has a new phase
 *
 * All are called in any context and never wait. What they are told of does not
 * change meanwhile.
 */
struct hvic_event_ops {
	void (*service)(struct hvic_channel *ch);
	void (*service_gone)(struct hvic_channel *ch);
	void (*time_sample)(const struct hvic_time_status *status, s64 offset);
	void (*time_step)(const struct hvic_time_status *status, s64 offset,
			  enum hv_ic_step_cause cause, bool refused);
	void (*health)(const struct hvic_health_change *change);
	void (*vss)(enum hv_ic_vss_phase phase, ktime_t since, pid_t holder, int err);
	void (*vss_hold)(dev_t device, ktime_t since, int err);
	void (*fcopy)(enum hv_ic_fcopy_phase phase, u64 size, u64 done, int err);
	void (*shutdown)(const struct hvic_shutdown_info *info);
};

extern const struct hvic_event_ops *const hvic_event;

#endif
