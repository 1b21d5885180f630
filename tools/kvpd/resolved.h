/* SPDX-License-Identifier: GPL-2.0 */
/* Name servers of interfaces, as systemd-resolved has them. */
#ifndef HVIC_RESOLVED_H
#define HVIC_RESOLVED_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/hv_ic.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define HVIC_RESOLVED_SERVERS 64

/**
 * struct hvic_resolved - what systemd-resolved has said last
 * @event: loop
 * @bus: connection; NULL before there is one
 * @call: the question that is under way; NULL for none
 * @again: it is to be asked once more after that
 * @version: another number whenever something has changed
 * @n: how many servers there are
 * @servers: of which interface, and their addresses
 */
struct hvic_resolved {
	sd_event *event;
	sd_bus *bus;
	sd_bus_slot *call;
	bool again;
	unsigned int version;
	size_t n;
	struct hvic_resolved_server {
		int index;
		struct hv_ic_kvp_address ip;
	} servers[HVIC_RESOLVED_SERVERS];
};

void hvic_resolved_watch(struct hvic_resolved *resolved);
bool hvic_resolved_is_deaf(const struct hvic_resolved *resolved);
void hvic_resolved_ask(struct hvic_resolved *resolved);
size_t hvic_resolved_find(const struct hvic_resolved *resolved, int index,
			  struct hv_ic_kvp_address *to, size_t max);
void hvic_resolved_close(struct hvic_resolved *resolved);

#endif
