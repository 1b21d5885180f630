/* SPDX-License-Identifier: GPL-2.0 */
/* What a real Debian has to do whichever daemons serve it. */
#ifndef E2E_DEBIAN_H
#define E2E_DEBIAN_H

#include "e2e.h"

/** debian_run() - run a command that may take minutes, and that must not fail */
void debian_run(struct test *t, const char *command);

/** debian_settled() - the system has started all that it wants to, and nothing of it has failed */
void debian_settled(struct test *t);

/** debian_up() - the same, and @module drives the devices */
void debian_up(struct test *t, const char *module);

/** debian_none_failed() - no unit has failed */
void debian_none_failed(struct test *t);

/** debian_active() - a service runs, by the unit @unit, and its channel is in order */
void debian_active(struct test *t, const struct ic_service *service, const char *unit);

/** debian_daemons() - those of Debian's package run */
void debian_daemons(struct test *t);

/** debian_ours() - our packages' units run, those of Debian's daemons do not, and none complains */
void debian_ours(struct test *t);

/** debian_items() - the host reads an item of the system, and gives it one */
void debian_items(struct test *t);

/** debian_item() - the host reads @value */
void debian_item(struct test *t, unsigned int pool, const char *key, const char *value);

/**
 * debian_backup() - the disk with the whole system stands still under a writer, and goes on
 * @holds: how many file systems the kernel holds meanwhile, or NULL if the daemon freezes
 */
void debian_backup(struct test *t, const char *holds);

/** debian_ask() - the host ends the guest, which goes through @target, and says why */
void debian_ask(struct test *t, const struct shutdown_order *order, enum hv_state state,
		const char *target);

/* A case of the system that has our packages. */
#define PACKAGES_CASE(title, function, ...) \
	{ .name = title, .run = function, .system = SYSTEM_PACKAGES, .only = ONLY_HV_IC,	\
	  ##__VA_ARGS__ }

extern const struct shutdown_order debian_power_off, debian_restart;

#endif
