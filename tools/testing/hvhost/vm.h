/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtual machine as KVM makes it: memory, interrupt controllers, clock. Its processors are
 * in cpu.h. Private, as all of its functions expect the host's lock to be held.
 */
#ifndef HVHOST_VM_H
#define HVHOST_VM_H

#include "host.h"

/* Lines of the interrupt controllers, from 0 on the IOAPIC's, and behind them one per vCPU. */
#define HV_SINT_GSI		24	/* + VP index: the synthetic interrupt of VMBus */
#define HV_SINT_VMBUS		2	/* its source in the SynIC */

/**
 * struct hv_vm - what KVM gave
 * @kvm:      KVM itself; -1 without a machine
 * @fd:	      the virtual machine
 * @run_size: of struct kvm_run
 */
struct hv_vm {
	int kvm;
	int fd;
	size_t run_size;
};

/**
 * hv_vm_make() - a PC with memory and disk and without processors
 * Return: 0, or a negative errno after a message on stderr.
 */
int hv_vm_make(struct hv_host *host);

/** hv_vm_connect() - what needs the vCPUs: their interrupt lines, and then the clock; as above */
int hv_vm_connect(struct hv_host *host);

/** hv_vm_free() - the reverse of hv_vm_make(), however far it came */
void hv_vm_free(struct hv_host *host);

/** hv_irq() - raise or lower a line */
void hv_irq(struct hv_host *host, unsigned int gsi, bool level);

#endif
