/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VMBus server: it understands what the guest says, by hypercalls and messages, and lets
 * channels and GPADLs act on it. Private: every function expects the host's lock to be held.
 */
#ifndef HVHOST_VMBUS_H
#define HVHOST_VMBUS_H

#include "host.h"

/* Results of hypercalls */
enum hv_status {
	HV_STATUS_SUCCESS = 0,
	HV_STATUS_INVALID_HYPERCALL_CODE = 2,
	HV_STATUS_INVALID_HYPERCALL_INPUT = 3,
	HV_STATUS_INVALID_ALIGNMENT = 4,
	HV_STATUS_INVALID_PARAMETER = 5,
	HV_STATUS_INVALID_CONNECTION_ID = 18,
};

/** hv_vmbus_hypercall() - post message and signal event; the others are KVM's */
enum hv_status hv_vmbus_hypercall(struct hv_host *host, uint64_t input, uint64_t parameter);

/** hv_vmbus_post() - one VMBus message from the guest, on a connection */
enum hv_status hv_vmbus_post(struct hv_host *host, uint32_t connection, const void *message,
			     size_t size);

/** hv_vmbus_reset() - the guest is gone: everything is as before its first message */
void hv_vmbus_reset(struct hv_host *host);

/** hv_vmbus_free() - frees the channels, too */
void hv_vmbus_free(struct hv_host *host);

#endif
