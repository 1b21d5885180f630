/* SPDX-License-Identifier: GPL-2.0 */
/* The I/O ports of a PC with next to nothing in it. */
#ifndef HVHOST_PORTS_H
#define HVHOST_PORTS_H

#include "host.h"

struct hv_ports {
	uint8_t rtc_index;
	uint16_t pm1_enable;		/* kept, though no event ever comes */
	uint32_t pci_address;		/* of the word that the guest will look at */
};

struct kvm_run;

/** hv_ports_access() - the guest's exit for a port */
void hv_ports_access(struct hv_host *host, struct kvm_run *run);

#endif
