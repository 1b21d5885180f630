/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The subjects of the family: each has the commands about it, with their policies,
 * and tells of what happens to it. See struct hvic_event_ops and struct
 * hvic_shutdown_handler for what the functions are told.
 */
#ifndef HVIC_GENL_SUBJECT_H
#define HVIC_GENL_SUBJECT_H

#include <linux/ktime.h>
#include <linux/types.h>

#include <linux/hv_ic.h>

struct genl_ops;
struct hvic_channel;
struct hvic_health_change;
struct hvic_shutdown_info;
struct hvic_time_status;

/**
 * struct hvic_genl_subject - the commands about a subject
 * @ops: the commands; those without a policy take no attributes
 * @n_ops: how many
 */
struct hvic_genl_subject {
	const struct genl_ops *ops;
	unsigned int n_ops;
};

extern const struct hvic_genl_subject hvic_genl_service;
extern const struct hvic_genl_subject hvic_genl_time;
extern const struct hvic_genl_subject hvic_genl_health;
extern const struct hvic_genl_subject hvic_genl_shutdown;

void hvic_genl_tell_service(struct hvic_channel *ch);
void hvic_genl_tell_service_gone(struct hvic_channel *ch);
void hvic_genl_tell_time_sample(const struct hvic_time_status *status, s64 offset);
void hvic_genl_tell_time_step(const struct hvic_time_status *status, s64 offset,
			      enum hv_ic_step_cause cause, bool refused);
void hvic_genl_tell_health(const struct hvic_health_change *change);
void hvic_genl_tell_shutdown(const struct hvic_shutdown_info *info);
void hvic_genl_tell_vss(enum hv_ic_vss_phase phase, ktime_t since, pid_t holder, int err);
void hvic_genl_tell_vss_hold(dev_t device, ktime_t since, int err);
void hvic_genl_tell_fcopy(enum hv_ic_fcopy_phase phase, u64 size, u64 done, int err);

int hvic_genl_handler_ask(const struct hvic_shutdown_info *info);
int hvic_genl_handler_act(const struct hvic_shutdown_info *info);
void hvic_genl_handler_closed(u32 portid);

#endif
