/* SPDX-License-Identifier: GPL-2.0 */
/* Shutdown: what the host wants the guest to do, and why. */
#ifndef HVIC_PROTO_SHUTDOWN_H
#define HVIC_PROTO_SHUTDOWN_H

#include "msg.h"

enum hvic_shutdown_action {
	HVIC_SHUTDOWN_POWEROFF,
	HVIC_SHUTDOWN_REBOOT,
	HVIC_SHUTDOWN_HIBERNATE,
	HVIC_SHUTDOWN_ACTIONS
};

/**
 * struct hvic_shutdown_request - a request to stop the guest
 * @action: power off, reboot or hibernate
 * @force: applications that refuse may be ended
 * @reason: Windows' reason code (SHTDN_REASON_*)
 * @timeout: seconds of grace that the host gives; 0 if it does not say
 * @text: UTF-16 for the users; often empty
 */
struct hvic_shutdown_request {
	enum hvic_shutdown_action action;
	bool force;
	u32 reason;
	u32 timeout;
	struct hvic_span text;
};

int hvic_shutdown_parse(struct hvic_span body, struct hvic_shutdown_request *req);

#endif
