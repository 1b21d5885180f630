/* SPDX-License-Identifier: GPL-2.0 */
/* The health of the guest's applications, as they report it themselves. */
#ifndef HVIC_HEALTH_H
#define HVIC_HEALTH_H

#include <linux/types.h>

#include <linux/hv_ic.h>

/**
 * struct hvic_health_report - what a reporter says
 * @name: of the reporter
 * @state: healthy or critical; critical also if its time has expired
 * @ttl: milliseconds in which it has to report again; 0 if it has not
 * @remaining: how many of these milliseconds are left
 */
struct hvic_health_report {
	char name[HV_IC_NAME_MAX + 1];
	enum hv_ic_health state;
	u32 ttl;
	u32 remaining;
};

/**
 * struct hvic_health_change - a change that listeners are told of
 * @name: of the reporter; NULL if no reporter is concerned
 * @state: what the reporter says now, or said last
 * @cause: what has happened
 * @combined: what the host is told from now on
 * @n_reporters: how many there are
 */
struct hvic_health_change {
	const char *name;
	enum hv_ic_health state;
	enum hv_ic_health_cause cause;
	enum hv_ic_health combined;
	unsigned int n_reporters;
};

int hvic_health_init(void);
void hvic_health_exit(void);
int hvic_health_set(const char *name, enum hv_ic_health state, u32 ttl);
int hvic_health_clear(const char *name);
enum hv_ic_health hvic_health_combined(void);
unsigned int hvic_health_count(void);
unsigned int hvic_health_generation(void);
int hvic_health_at(unsigned int index, struct hvic_health_report *report);

#endif
