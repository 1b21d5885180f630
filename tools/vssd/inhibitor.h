/* SPDX-License-Identifier: GPL-2.0 */
/* Has logind delay shutdown and sleep for the time of a backup. */
#ifndef HVIC_INHIBITOR_H
#define HVIC_INHIBITOR_H

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/**
 * struct hvic_inhibitor - a lock of logind's; without logind there is none
 * @event: loop
 * @bus: connection to the bus; NULL if there is none
 * @call: what logind has been asked and has not answered
 * @lock: logind's descriptor; -1 for none
 */
struct hvic_inhibitor {
	sd_event *event;
	sd_bus *bus;
	sd_bus_slot *call;
	int lock;
};

void hvic_inhibitor_open(struct hvic_inhibitor *inhibitor, sd_event *event);
void hvic_inhibitor_close(struct hvic_inhibitor *inhibitor);
void hvic_inhibitor_take(struct hvic_inhibitor *inhibitor);
void hvic_inhibitor_release(struct hvic_inhibitor *inhibitor);
void hvic_inhibitor_pause(struct hvic_inhibitor *inhibitor);
void hvic_inhibitor_resume(struct hvic_inhibitor *inhibitor);

#endif
