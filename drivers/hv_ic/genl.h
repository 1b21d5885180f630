/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink family "hv_ic": anyone may see what is going on, an
 * administrator may steer. The functions below tell listeners; without any they
 * do nothing, and they never wait.
 */
#ifndef HVIC_GENL_H
#define HVIC_GENL_H

#include <linux/ktime.h>
#include <linux/types.h>

#include <linux/hv_ic.h>

struct hvic_channel;
struct hvic_health_change;
struct hvic_shutdown_info;
struct hvic_time_status;

int hvic_genl_init(void);
void hvic_genl_exit(void);

void hvic_genl_service(struct hvic_channel *ch);
void hvic_genl_service_gone(struct hvic_channel *ch);
void hvic_genl_time_sample(const struct hvic_time_status *status, s64 offset);
void hvic_genl_time_step(const struct hvic_time_status *status, s64 offset,
			 enum hv_ic_step_cause cause, bool refused);
void hvic_genl_health(const struct hvic_health_change *change);
void hvic_genl_shutdown(const struct hvic_shutdown_info *info);
void hvic_genl_vss(enum hv_ic_vss_phase phase, ktime_t since, pid_t holder, int err);
void hvic_genl_fcopy(enum hv_ic_fcopy_phase phase, const char *name, u64 size, u64 done,
		     int err);

int hvic_genl_ask(const struct hvic_shutdown_info *info);
int hvic_genl_act(const struct hvic_shutdown_info *info);

#endif
