/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VMBus server without a guest: a test posts the guest's messages and reads the answers from
 * its message slot, byte by byte where layout matters. It includes this once.
 */
#ifndef HVHOST_FAKE_BUS_H
#define HVHOST_FAKE_BUS_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bus.h"
#include "channel.h"
#include "gpadl.h"
#include "machine.h"
#include "synic.h"
#include "unit.h"
#include "vm.h"
#include "vmbus.h"
#include "vmbus_wire.h"

#define MEMORY		(64 * HV_PAGE_SIZE)
#define MESSAGE_PAGE	0x1000u
#define EVENT_PAGE	0x2000u
#define INPUT		0x3000u
#define RING		0x10000u	/* eight pages */
#define SLOT		(MESSAGE_PAGE + HV_SINT_VMBUS * 256)

static struct hv_host *host;
static struct hv_channel *channel;
static unsigned int opened, closed, signalled, violated;
static uint8_t answer[HV_MESSAGE_PAYLOAD];
static uint8_t answer_flags;

static void on_opened(struct hv_channel *ch, void *context)
{
	opened++;
}

static bool closed_in_silence;		/* no message had been sent by then */

static void on_closed(struct hv_channel *ch, void *context)
{
	uint32_t type;

	memcpy(&type, host->memory + SLOT, sizeof(type));
	closed_in_silence = !type;
	closed++;
}

static void on_signalled(struct hv_channel *ch, void *context)
{
	signalled++;
}

static void on_violation(struct hv_channel *ch, const char *text, void *context)
{
	violated++;
}

static const struct hv_channel_ops ops = { on_opened, on_closed, on_signalled, on_violation };

/* The next message's size, 0 if there is none; the message is in answer[]. */
static inline size_t next(void)
{
	uint8_t *slot = host->memory + SLOT;
	uint32_t type;
	size_t size;

	memcpy(&type, slot, sizeof(type));
	if (!type)
		return 0;
	size = slot[4];
	answer_flags = slot[5];
	memcpy(answer, slot + 16, sizeof(answer));
	memset(slot, 0, 4);
	hv_synic_deliver(host);
	return size;
}

static inline uint32_t word(size_t offset)
{
	uint32_t value;

	memcpy(&value, answer + offset, sizeof(value));
	return value;
}

static inline enum hv_status say(const void *message, size_t size)
{
	return hv_vmbus_post(host, HV_CONNECTION_MESSAGE, message, size);
}

#define SAY(type, ...)	say(&(type) { __VA_ARGS__ }, sizeof(type))

static inline enum hv_status contact(uint32_t version)
{
	return SAY(struct hv_msg_contact, .head.type = HV_MSG_INITIATE_CONTACT,
		   .version = version, .target.sint = HV_SINT_VMBUS);
}

static inline void open_with(uint32_t gpadl, uint32_t target_vp, uint32_t downstream_page)
{
	SAY(struct hv_msg_open, .head.type = HV_MSG_OPEN, .relid = 1, .id = 1, .gpadl = gpadl,
	    .target_vp = target_vp, .downstream_page = downstream_page);
}

static inline void start(uint32_t highest)
{
	static const struct hv_guid class = { { 1, 2, 3 } }, instance = { { 4, 5, 6 } };

	host = hv_create(&(struct hv_config) { .vcpus = 2, .vmbus = highest });
	host->memory_size = MEMORY;
	host->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
	channel = hv_channel_new(host, &class, &instance, "test", &ops, NULL);
	hv_synic_msrs(host, 0, 1, MESSAGE_PAGE | 1, EVENT_PAGE | 1);
	opened = 0;
	closed = 0;
	signalled = 0;
	violated = 0;
}

static inline void end(void)
{
	hv_destroy(host);
}

static inline void drain(void)
{
	while (next())
		;
}

static inline void connect(void)
{
	contact(HV_VERSION(5, 3));
	SAY(struct hv_msg, .type = HV_MSG_REQUEST_OFFERS);
	drain();
}

static inline void say_gpadl(uint32_t relid, uint32_t gpadl, unsigned int count)
{
	struct {
		struct hv_msg_gpadl_header header;
		uint64_t numbers[26];
	} __packed message = {
		.header = {
			.head.type = HV_MSG_GPADL_HEADER,
			.relid = relid,
			.gpadl = gpadl,
			.range_bytes = 8 + count * 8,
			.range_count = 1,
			.byte_count = count * HV_PAGE_SIZE,
		},
	};

	for (unsigned int i = 0; i < 26; i++)
		message.numbers[i] = RING / HV_PAGE_SIZE + i % 8;
	say(&message, sizeof(message.header) + (count < 26 ? count : 26) * 8);
}

static inline void open_channel(void)
{
	say_gpadl(1, 0xe1e10, 8);
	open_with(0xe1e10, 1, 4);
	drain();
}

#endif
