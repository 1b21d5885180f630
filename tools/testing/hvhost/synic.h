/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The synthetic interrupt controller as far as the host sees it: per vCPU one
 * page of messages (guest -> host's answer: one slot per interrupt source) and
 * one page of event flags. VMBus uses source 2 only. KVM does the MSRs and the
 * interrupts.
 */
#ifndef HVHOST_SYNIC_H
#define HVHOST_SYNIC_H

#include "host.h"

#define HV_MESSAGE_PAYLOAD	240u
#define HV_EVENT_FLAGS		2048u
#define HV_MESSAGE_VMBUS	1u	/* the type of all messages, of both sides */

struct hv_queued_message;

struct hv_synic_vp {
	uint64_t control, messages, events;	/* the guest's MSRs */
	struct hv_queued_message *head, **tail;	/* waiting for the slot */
};

struct hv_synic {
	struct hv_synic_vp vps[HV_MAX_VCPUS];
};

/** hv_synic_reset() - as after power on; queued messages are forgotten */
void hv_synic_reset(struct hv_host *host);

/** hv_synic_msrs() - the guest wrote one of SCONTROL, SIMP, SIEFP */
void hv_synic_msrs(struct hv_host *host, unsigned int vp, uint64_t control, uint64_t messages,
		   uint64_t events);

/** hv_synic_post() - queue a VMBus message, in order; aborts if @size is too large */
void hv_synic_post(struct hv_host *host, unsigned int vp, const void *payload, size_t size);

/** hv_synic_deliver() - hand over what the slots can take; true if messages are left */
bool hv_synic_deliver(struct hv_host *host);

/** hv_synic_drop() - forget messages that the guest has not been handed */
void hv_synic_drop(struct hv_host *host);

/** hv_synic_pending() - are there messages that the guest has not been handed? */
bool hv_synic_pending(struct hv_host *host);

/** hv_synic_signal() - set an event flag and interrupt the vCPU */
void hv_synic_signal(struct hv_host *host, unsigned int vp, unsigned int flag);

#endif
