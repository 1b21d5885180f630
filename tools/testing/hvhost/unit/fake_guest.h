/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest of a few lines for one service: a thread that echoes each message as an answer,
 * after a test has had its way with it. A test includes this once.
 */
#ifndef HVHOST_FAKE_GUEST_H
#define HVHOST_FAKE_GUEST_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <linux/kvm.h>

#include "cpu.h"
#include "machine.h"
#include "services.h"
#include "synic.h"
#include "unit.h"
#include "vm.h"
#include "vmbus.h"
#include "vmbus_wire.h"

#define MEMORY		(32 * HV_PAGE_SIZE)
#define MESSAGE_PAGE	0x1000u
#define EVENT_PAGE	0x2000u
#define RING		0x3000u
#define RING_PAGES	8u		/* of each direction */
#define GPADL		0xe1e10u

#define SIGNAL_EVENT	(HV_HYPERCALL_FAST | HV_HYPERCALL_SIGNAL_EVENT)

/* What the guest has heard, and how it answers. */
static struct guest {
	pthread_t thread;
	bool stop;
	bool silent;
	struct hv_ring in, out;
	struct hv_packet packet;
	uint8_t asked[WIRE_PACKET_MAX];
	size_t asked_size;
	unsigned int heard;
	uint16_t types[1024];		/* of all that it has heard */
	void (*spoil)(struct wire_header *answer);
	void (*disagree)(struct wire_header *answer);
	const uint8_t *vector;		/* what answers, instead of an echo */
	size_t vector_size;
} guest;

static struct hv_host *host;
static struct ic *ic;
static struct kvm_run run;

static void agree(struct wire_header *answer)
{
	struct wire_negotiate *body = (void *)(answer + 1);
	unsigned int all = body->frameworks + body->messages;

	body->versions[0] = body->versions[body->frameworks - 1];
	body->versions[1] = body->versions[all - 1];
	memset(body->versions + 2, 0, (all - 2) * sizeof(*body->versions));
	body->frameworks = 1;
	body->messages = 1;
	answer->size = 16;
}

/* An answer to what the guest heard last, with a bell if the host wants one; the lock is held. */
static void answer(void)
{
	static uint8_t bytes[WIRE_PACKET_MAX] __aligned(8);
	struct wire_header *header = (void *)bytes;
	const char *why;
	bool signal;

	memcpy(bytes, guest.asked, guest.asked_size);
	header->flags = WIRE_TRANSACTION | WIRE_RESPONSE;
	if (header->type == WIRE_NEGOTIATE) {
		agree(header);
		if (guest.disagree)
			guest.disagree(header);
	} else {
		if (guest.vector)
			memcpy(bytes + WIRE_PIPE_HEADER, guest.vector, guest.vector_size);
		if (guest.spoil)
			guest.spoil(header);
	}
	if (!hv_ring_write(&guest.out, &guest.packet, bytes, guest.asked_size, &signal, &why) &&
	    signal)
		hv_vmbus_hypercall(host, SIGNAL_EVENT, HV_CONNECTION_CHANNEL | 1);
}

static void listen(void)
{
	struct hv_packet packet;
	const char *why;
	bool signal;

	while (hv_channel_is_open(ic->channel) &&
	       !hv_ring_read(&guest.in, &packet, guest.asked, sizeof(guest.asked), &signal, &why)) {
		const struct wire_header *header = (const void *)guest.asked;

		guest.packet = packet;
		guest.asked_size = header->pipe_size + WIRE_PIPE_HEADER;
		guest.types[guest.heard++ % ARRAY_SIZE(guest.types)] = header->type;
		hv_wake(host);
		if (!guest.silent)
			answer();
	}
}

static void *run_guest(void *context)
{
	hv_on_host_thread();
	for (bool stop = false; !stop;) {
		hv_lock(host);
		listen();
		stop = guest.stop;
		hv_unlock(host);
		nanosleep(&(struct timespec) { .tv_nsec = 200000 }, NULL);
	}
	return NULL;
}

#define SAY(type, ...) \
	hv_vmbus_post(host, HV_CONNECTION_MESSAGE, &(type) { __VA_ARGS__ }, sizeof(type))

static void open_channel(void)
{
	struct {
		struct hv_msg_gpadl_header header;
		uint64_t numbers[2 * RING_PAGES];
	} __packed message = {
		.header = {
			.head.type = HV_MSG_GPADL_HEADER,
			.relid = 1,
			.gpadl = GPADL,
			.range_bytes = 8 + 2 * RING_PAGES * sizeof(uint64_t),
			.range_count = 1,
			.byte_count = 2 * RING_PAGES * HV_PAGE_SIZE,
		},
	};
	static uint8_t *pages[2 * RING_PAGES];

	for (unsigned int i = 0; i < 2 * RING_PAGES; i++) {
		message.numbers[i] = RING / HV_PAGE_SIZE + i;
		pages[i] = host->memory + RING + i * HV_PAGE_SIZE;
		memset(pages[i], 0, HV_PAGE_SIZE);
	}
	hv_ring_init(&guest.out, pages, RING_PAGES);
	hv_ring_init(&guest.in, pages + RING_PAGES, RING_PAGES);
	hv_vmbus_post(host, HV_CONNECTION_MESSAGE, &message, sizeof(message));
	SAY(struct hv_msg_open, .head.type = HV_MSG_OPEN, .relid = 1, .id = 1, .gpadl = GPADL,
	    .downstream_page = RING_PAGES);
}

static inline void close_channel(void)
{
	SAY(struct hv_msg_relid, { .type = HV_MSG_CLOSE }, 1);
	SAY(struct hv_msg_gpadl, { .type = HV_MSG_GPADL_TEARDOWN }, 1, GPADL);
}

/* A guest that has agreed on the highest version that is not above @highest. */
static void start(const struct ic_service *service, struct wire_version highest)
{
	guest = (struct guest) { 0 };
	host = hv_create(&(struct hv_config) { .vcpus = 1 });
	host->memory_size = MEMORY;
	host->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
	host->vcpus[0] = (struct hv_vcpu) { .host = host, .fd = -1, .run = &run };
	host->state = HV_RUNNING;
	ic = ic_new(host, service);
	ic->timeout_ms = 5000;
	while (ic->messages.v[ic->messages.n - 1].major > highest.major)
		ic->messages.n--;
	hv_lock(host);
	hv_synic_msrs(host, 0, 1, MESSAGE_PAGE | 1, EVENT_PAGE | 1);
	ic_offer(ic);
	SAY(struct hv_msg_contact, .head.type = HV_MSG_INITIATE_CONTACT,
	    .version = HV_VERSION(5, 3), .target.sint = HV_SINT_VMBUS);
	SAY(struct hv_msg, .type = HV_MSG_REQUEST_OFFERS);
	open_channel();
	hv_unlock(host);
	pthread_create(&guest.thread, NULL, run_guest, NULL);
	if (ic_wait_ready(ic))
		unit_check(false, "%s becomes ready", service->name);
}

static void end(void)
{
	hv_lock(host);
	guest.stop = true;
	hv_unlock(host);
	pthread_join(guest.thread, NULL);
	host->state = HV_STOPPED;
	host->vcpus[0].run = NULL;
	hv_destroy(host);
	ic_free(ic);
}

static bool heard_more(void *context)
{
	return guest.heard > *(unsigned int *)context;
}

/* Waits for the message after the first @heard, and returns its type; -1 if there is none. */
static inline int next_heard(unsigned int *heard)
{
	if (hv_wait(host, heard_more, heard, 2000))
		return -1;
	return guest.types[(*heard)++ % ARRAY_SIZE(guest.types)];
}

static bool nothing_open(void *context)
{
	return !ic->open;
}

/* Has every request its answer, soon? */
static inline bool is_settled(void)
{
	return !hv_wait(host, nothing_open, NULL, 2000);
}

#endif
