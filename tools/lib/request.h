/* SPDX-License-Identifier: GPL-2.0 */
/* A request of the host to stop the guest, for programs that decide about it. */
#ifndef HVU_REQUEST_H
#define HVU_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/hv_ic.h>

/**
 * struct hvu_request - what the driver tells of a request; what it does not tell is zero
 * @command: what the message is: HV_IC_CMD_HANDLER_ASK_NTF, HV_IC_CMD_HANDLER_ACT_NTF or
 *	HV_IC_CMD_SHUTDOWN_NTF
 * @id: its number
 * @action: what the host wants
 * @phase: what has become of it
 * @force: the host wants it at any price
 * @remaining_ms: until the driver acts
 * @text: the host's words; they may be anything, and lie in the message
 */
struct hvu_request {
	uint8_t command;
	uint64_t id;
	enum hv_ic_action action;
	enum hv_ic_phase phase;
	bool force;
	uint32_t remaining_ms;
	const char *text;
};

int hvu_request_read(struct hvu_request *request, const struct nlmsghdr *message);

#endif
