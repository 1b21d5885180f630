/* SPDX-License-Identifier: GPL-2.0 */
/* A vCPU: what CPUID tells the guest, how it starts, and looking into it. */
#ifndef HVHOST_CPU_H
#define HVHOST_CPU_H

#include "host.h"

/**
 * struct hv_moment - two clocks at one moment
 * @reference: the partition reference counter, 100 ns units: what the guest reads at the
 *	       same moment from its reference TSC page or from MSR 0x40000020
 * @realtime:  this machine's clock, ns since 1970
 */
struct hv_moment {
	uint64_t reference;
	uint64_t realtime;
};

/** hv_now() - Return: 0, or -ESHUTDOWN when no guest runs. */
int hv_now(struct hv_host *host, struct hv_moment *now);

/* For the files of the library: the host's lock is held. */

struct hv_vcpu {
	struct hv_host *host;
	unsigned int index;		/* APIC id and VP index, too */
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;
	atomic_uint pauses;		/* hv_cpu_ioctl() is at it: stay out of KVM_RUN */
};

/** hv_cpu_make() - vCPU @index of the host's machine; 0, or a negative errno after a message */
int hv_cpu_make(struct hv_host *host, unsigned int index);

/** hv_cpu_free() - the reverse, when its thread has returned */
void hv_cpu_free(struct hv_vcpu *vcpu);

/** hv_cpu_boot() - ready to run at @entry, as a boot loader leaves it; returns as above */
int hv_cpu_boot(struct hv_vcpu *vcpu, uint64_t entry);

/** hv_cpu_kick() - out of KVM_RUN, or not into it: once */
void hv_cpu_kick(struct hv_vcpu *vcpu);

/**
 * hv_cpu_ioctl() - an ioctl on a vCPU, which runs
 *
 * A vCPU ioctl waits for the vCPU to leave KVM_RUN, so make it leave and stay
 * out until we are done. Fine on the vCPU's own thread, too.
 */
int hv_cpu_ioctl(struct hv_vcpu *vcpu, unsigned long request, void *argument);

/**
 * hv_cpu_share_pages() - let the guest share pages with its host
 *
 * KVM knows no hypercall for that, of which a confidential VM makes many, and hands none over. So
 * the page by which the guest calls answers it itself. To be called when the guest has one.
 */
void hv_cpu_share_pages(struct hv_vcpu *vcpu);

/** hv_cpu_describe() - its registers, for people */
void hv_cpu_describe(struct hv_vcpu *vcpu, FILE *out);

/** hv_cpu_idle() - does it sleep, and can be woken? */
bool hv_cpu_idle(struct hv_vcpu *vcpu);

#endif
