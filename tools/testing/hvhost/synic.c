// SPDX-License-Identifier: GPL-2.0
#include "synic.h"

#include <stdlib.h>
#include <string.h>

#include "vm.h"

#define MESSAGE_SLOT	256u	/* bytes per interrupt source, in both pages */
#define MESSAGE_PENDING	1u	/* flag: more to come, tell by EOM */
#define ENABLED		1u	/* bit 0 of all three MSRs */

struct message_slot {
	uint32_t type;		/* 0: free */
	uint8_t size;
	uint8_t flags;
	uint16_t reserved;
	uint64_t sender;
	uint8_t payload[HV_MESSAGE_PAYLOAD];
};

struct hv_queued_message {
	struct hv_queued_message *next;
	size_t size;
	uint8_t payload[HV_MESSAGE_PAYLOAD];
};

static void drop_messages(struct hv_synic_vp *vp)
{
	while (vp->head) {
		struct hv_queued_message *message = vp->head;

		vp->head = message->next;
		free(message);
	}
	vp->tail = &vp->head;
}

void hv_synic_drop(struct hv_host *host)
{
	for (unsigned int i = 0; i < HV_MAX_VCPUS; i++)
		drop_messages(&host->synic->vps[i]);
}

void hv_synic_reset(struct hv_host *host)
{
	hv_synic_drop(host);
	for (unsigned int i = 0; i < HV_MAX_VCPUS; i++) {
		struct hv_synic_vp *vp = &host->synic->vps[i];

		*vp = (struct hv_synic_vp) { .tail = &vp->head };
	}
}

/* This source's 256 bytes in one of the two pages; NULL while it is off. */
static void *source_slot(struct hv_host *host, const struct hv_synic_vp *vp, uint64_t msr)
{
	uint8_t *page;

	if (!(vp->control & ENABLED) || !(msr & ENABLED))
		return NULL;
	page = hv_memory(host, msr & ~(uint64_t)(HV_PAGE_SIZE - 1), HV_PAGE_SIZE);
	return page ? page + HV_SINT_VMBUS * MESSAGE_SLOT : NULL;
}

/* A real hypervisor hands out zeroed pages; KVM's SYNIC2 leaves that to us. */
static void clear_new_page(struct hv_host *host, uint64_t old, uint64_t new)
{
	void *page;

	if (!(new & ENABLED) || new == old)
		return;
	page = hv_memory(host, new & ~(uint64_t)(HV_PAGE_SIZE - 1), HV_PAGE_SIZE);
	if (page)
		memset(page, 0, HV_PAGE_SIZE);
}

void hv_synic_msrs(struct hv_host *host, unsigned int index, uint64_t control,
		   uint64_t messages, uint64_t events)
{
	struct hv_synic_vp *vp = &host->synic->vps[index];

	clear_new_page(host, vp->messages, messages);
	clear_new_page(host, vp->events, events);
	vp->control = control;
	vp->messages = messages;
	vp->events = events;
	if (!(control & ENABLED))
		drop_messages(vp);
	hv_synic_deliver(host);
}

/* True if the message is in the slot; otherwise the guest knows that one waits. */
static bool fill_slot(struct message_slot *slot, const struct hv_queued_message *message)
{
	if (__atomic_load_n(&slot->type, __ATOMIC_ACQUIRE)) {
		__atomic_or_fetch(&slot->flags, MESSAGE_PENDING, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&slot->type, __ATOMIC_SEQ_CST))
			return false;
	}
	memcpy(slot->payload, message->payload, message->size);
	slot->size = message->size;
	slot->flags = message->next ? MESSAGE_PENDING : 0;
	slot->sender = 0;
	__atomic_store_n(&slot->type, HV_MESSAGE_VMBUS, __ATOMIC_RELEASE);
	return true;
}

bool hv_synic_deliver(struct hv_host *host)
{
	bool left = false;

	for (unsigned int i = 0; i < host->config.vcpus; i++) {
		struct hv_synic_vp *vp = &host->synic->vps[i];
		struct message_slot *slot = source_slot(host, vp, vp->messages);
		struct hv_queued_message *message = vp->head;

		if (message && slot && fill_slot(slot, message)) {
			vp->head = message->next;
			if (!vp->head)
				vp->tail = &vp->head;
			free(message);
			hv_irq(host, HV_SINT_GSI + i, true);
			hv_wake(host);
		}
		left |= vp->head && slot;
	}
	return left;
}

bool hv_synic_pending(struct hv_host *host)
{
	for (unsigned int i = 0; i < HV_MAX_VCPUS; i++) {
		if (host->synic->vps[i].head)
			return true;
	}
	return false;
}

void hv_synic_post(struct hv_host *host, unsigned int index, const void *payload, size_t size)
{
	struct hv_synic_vp *vp = &host->synic->vps[index];
	struct hv_queued_message *message = calloc(1, sizeof(*message));

	if (!message || size > sizeof(message->payload))
		abort();
	memcpy(message->payload, payload, size);
	message->size = size;
	*vp->tail = message;
	vp->tail = &message->next;
	if (hv_synic_deliver(host))
		hv_tick(host);
}

void hv_synic_signal(struct hv_host *host, unsigned int index, unsigned int flag)
{
	uint32_t *flags = source_slot(host, &host->synic->vps[index],
				      host->synic->vps[index].events);

	if (!flags || flag >= HV_EVENT_FLAGS)
		return;
	__atomic_or_fetch(&flags[flag / 32], 1u << flag % 32, __ATOMIC_SEQ_CST);
	hv_irq(host, HV_SINT_GSI + index, true);
}
