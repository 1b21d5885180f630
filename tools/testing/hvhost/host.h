/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the library share: struct hv_host and who does what to it.
 *
 * Private. Device models and tests use machine.h, channel.h and guest.h.
 * Every function here expects the host's lock to be held.
 */
#ifndef HVHOST_HOST_H
#define HVHOST_HOST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include <linux/kvm.h>

#include "channel.h"
#include "guest.h"
#include "machine.h"
#include "synic.h"
#include "uart.h"
#include "vmbus.h"

struct hv_vcpu {
	struct hv_host *host;
	unsigned int index;		/* APIC id and VP index, too */
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;
	atomic_uint pauses;		/* somebody wants a vCPU ioctl: stay out of KVM_RUN */
};

/* The console: lines since hv_start(), and which of them are kernel reports */
struct hv_console {
	FILE *file;
	char **lines;
	size_t count;
	char partial[1024];
	size_t partial_size;
	size_t *reports;		/* numbers of lines */
	size_t report_count;
};

/* Commands in the guest, see guest.h */
struct hv_agent {
	struct hv_command *commands;
	int last_id;
	int greeting;			/* our first command */
	bool ready;			/* which has been answered */
	char line[8192];
	size_t line_size;
};

struct hv_host {
	struct hv_config config;
	pthread_mutex_t mutex;		/* recursive */
	unsigned int depth;		/* how often its owner has it */
	pthread_cond_t changed;		/* hv_wake(): wait predicates look again */
	pthread_cond_t tick;		/* the ticker has work before its time */
	enum hv_state state;
	struct timespec started;
	FILE *events;

	int kvm;
	int vm;
	size_t run_size;		/* of struct kvm_run */
	uint8_t *memory;
	size_t memory_size;
	struct hv_vcpu vcpus[HV_MAX_VCPUS];
	atomic_bool halt;		/* vCPUs and ticker shall return */
	pthread_t ticker;
	bool ticking;
	atomic_ulong progress;		/* exits so far: the sign of life */
	uint8_t rtc_index;
	uint16_t pm1_enable;		/* kept, though no event ever comes */

	struct hv_uart uart[2];		/* console, command agent */
	struct hv_console console;
	struct hv_agent agent;
	struct hv_synic synic;
	struct hv_bus bus;
};

/* machine.c */
void hv_complain(const char *format, ...) __printf(1, 2);
void hv_finish(struct hv_host *host, enum hv_state state, enum hv_event_kind kind,
	       const char *format, ...) __printf(4, 5);
void *hv_memory(struct hv_host *host, uint64_t gpa, size_t size);
void hv_irq(struct hv_host *host, unsigned int gsi, bool level);

/* cpu.c */
int hv_cpu_setup(struct hv_vcpu *vcpu);
int hv_cpu_boot(struct hv_vcpu *vcpu, uint64_t entry);
int hv_cpu_ioctl(struct hv_vcpu *vcpu, unsigned long request, void *argument);
void hv_cpu_describe(struct hv_vcpu *vcpu, FILE *out);
bool hv_cpu_idle(struct hv_vcpu *vcpu);

/* boot.c */
int hv_boot_load(struct hv_host *host, uint64_t *entry);

#define HV_BOOT_PARAMS	0x10000		/* where the BSP's RSI points */
#define HV_BOOT_GDT	0x11000
#define HV_BOOT_TABLES	0x12000		/* page tables: 3 pages */
#define HV_BOOT_STACK	0x20000

/* acpi.c */
void hv_acpi_build(struct hv_host *host);

#define HV_ACPI_BASE		0xe0000	/* RSDP */
#define HV_ACPI_PM1_EVENT	0x600	/* ports */
#define HV_ACPI_PM1_CONTROL	0x604
#define HV_ACPI_RESET		0xcf9
#define HV_ACPI_RESET_VALUE	0x06
#define HV_ACPI_S4		4	/* SLP_TYP values */
#define HV_ACPI_S5		5

/* ports.c */
void hv_ports_access(struct hv_host *host, struct kvm_run *run);

/* console.c */
void hv_console_start(struct hv_host *host);
void hv_console_byte(struct hv_host *host, uint8_t byte);
void hv_console_free(struct hv_host *host);

/* guest.c */
void hv_agent_start(struct hv_host *host);
void hv_agent_byte(struct hv_host *host, uint8_t byte);
void hv_agent_free(struct hv_host *host);

#endif
