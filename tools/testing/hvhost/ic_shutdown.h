/* SPDX-License-Identifier: GPL-2.0 */
/* Shutdown: power off, reboot or hibernate, as Stop-VM and its kin ask for it. */
#ifndef HVHOST_IC_SHUTDOWN_H
#define HVHOST_IC_SHUTDOWN_H

#include "ic.h"

extern const struct ic_service ic_shutdown;

#define SHUTDOWN_REASON_PLANNED 0x80000000u

/**
 * struct shutdown_order - what the administrator asks for
 * @flags: WIRE_SHUTDOWN_FORCE, _RESTART, _HIBERNATE
 * @text:  UTF-8, may be NULL
 */
struct shutdown_order {
	uint32_t flags;
	uint32_t reason;
	uint32_t timeout;
	const char *text;
};

ic_result shutdown_ask(struct ic *ic, const struct shutdown_order *order);

/** shutdown_request() - the request itself, for ic_post() */
struct ic_request *shutdown_request(struct ic *ic, const struct shutdown_order *order);

#endif
