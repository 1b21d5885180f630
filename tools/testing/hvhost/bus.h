/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bus as a whole: the guest's connection to it, and what there is to say to the guest on it.
 * Channels are in channel.h; vmbus.h understands what the guest says.
 */
#ifndef HVHOST_BUS_H
#define HVHOST_BUS_H

#include "host.h"

/** hv_bus_version() - agreed VMBus version, 0 when the guest is not connected */
uint32_t hv_bus_version(struct hv_host *host);

/** hv_bus_ready() - connected, and all offers have been delivered */
bool hv_bus_ready(struct hv_host *host);

/** hv_bus_violations() - rules that the guest broke since hv_start(), channels included */
unsigned int hv_bus_violations(struct hv_host *host);

/* Misuse, for hostile tests: nothing is checked but that a guest is there. */

/**
 * hv_bus_message() - queue a VMBus message of any bytes to the guest
 * @size: at most 240
 * Return: 0, -EMSGSIZE, or -ENOTCONN when no guest is connected.
 */
int hv_bus_message(struct hv_host *host, const void *bytes, size_t size);

/** hv_bus_signal() - set any event flag (1..2047) on a vCPU and interrupt it */
void hv_bus_signal(struct hv_host *host, unsigned int vp, unsigned int flag);

/* For the files of the library: the host's lock is held. */

struct hv_gpadl;

struct hv_bus {
	struct hv_channel *channels;
	struct hv_gpadl *gpadls;
	uint32_t version;		/* 0: no guest is connected */
	unsigned int vp;		/* where the guest wants its messages */
	bool offers_requested;
	uint32_t last_relid;		/* the newest that this guest was told */
	unsigned int violations;	/* since hv_start() */
};

/** hv_bus_say() - queue a message where the guest wants its messages */
void hv_bus_say(struct hv_host *host, const void *message, size_t size);

/** hv_bus_violation() - the guest broke a rule that is not about one channel: raises the event */
void hv_bus_violation(struct hv_host *host, const char *format, ...) __printf(2, 3);

#endif
