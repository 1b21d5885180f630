/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VMBus server: what the guest says in messages, what it is told. See
 * channel.h for the public half.
 */
#ifndef HVHOST_VMBUS_H
#define HVHOST_VMBUS_H

#include "host.h"

struct hv_gpadl;

struct hv_bus {
	struct hv_channel *channels;
	struct hv_gpadl *gpadls;
	uint32_t version;		/* 0: no guest is connected */
	unsigned int vp;		/* where the guest wants its messages */
	bool offers_requested;
	unsigned int violations;	/* since hv_start() */
};

/* Results of hypercalls */
enum hv_status {
	HV_STATUS_SUCCESS = 0,
	HV_STATUS_INVALID_HYPERCALL_CODE = 2,
	HV_STATUS_INVALID_HYPERCALL_INPUT = 3,
	HV_STATUS_INVALID_ALIGNMENT = 4,
	HV_STATUS_INVALID_PARAMETER = 5,
	HV_STATUS_INVALID_CONNECTION_ID = 18,
};

/** hv_bus_hypercall() - post message and signal event; the others are KVM's */
enum hv_status hv_bus_hypercall(struct hv_host *host, uint64_t input, uint64_t parameter);

/** hv_bus_post() - one VMBus message from the guest, on a connection */
enum hv_status hv_bus_post(struct hv_host *host, uint32_t connection, const void *message,
			   size_t size);

/** hv_bus_reset() - the guest is gone: everything is as before its first message */
void hv_bus_reset(struct hv_host *host);

/** hv_bus_free() - frees the channels, too */
void hv_bus_free(struct hv_host *host);

#endif
