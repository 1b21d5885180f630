/* SPDX-License-Identifier: GPL-2.0 */
/* Heartbeat: is the guest alive, and are its applications well? */
#ifndef HVHOST_IC_HEARTBEAT_H
#define HVHOST_IC_HEARTBEAT_H

#include "ic.h"

extern const struct ic_service ic_heartbeat;

enum heartbeat_state { HEARTBEAT_UNKNOWN, HEARTBEAT_HEALTHY, HEARTBEAT_CRITICAL,
		       HEARTBEAT_STOPPED };

const char *heartbeat_state_name(uint32_t state);

/** heartbeat_request() - one beat, to be posted, and freed with ic_request_free() */
struct ic_request *heartbeat_request(struct ic *ic);

/** heartbeat_beat() - one beat; @state (may be NULL) gets the application state */
ic_result heartbeat_beat(struct ic *ic, uint32_t *state);

#endif
