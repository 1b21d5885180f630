/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ground that all files of the library stand on: one lock, waiting, events, the guest's
 * memory, and complaints.
 *
 * One lock protects a host and all that belongs to it. Every function takes it
 * itself; it may be taken again by its owner. Callbacks (events, channel
 * callbacks) run with it held, on whatever thread noticed, so they must not
 * sleep and must not call hv_wait(), hv_start(), hv_stop() or hv_destroy().
 * Use hv_lock() where several calls must be seen as one.
 */
#ifndef HVHOST_HOST_H
#define HVHOST_HOST_H

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "compiler.h"

struct hv_host;

#define HV_MAX_VCPUS	8
#define HV_MAX_MODULES	8

/* VMBus protocol version, as it is on the wire */
#define HV_VERSION(major, minor)	((uint32_t)(major) << 16 | (minor))
#define HV_VERSION_MAJOR(version)	((version) >> 16)
#define HV_VERSION_MINOR(version)	((version) & 0xffff)

enum hv_event_kind {
	/* the bus: text tells the version or the channel */
	HV_EVENT_CONNECTED,	/* guest and host agreed on a VMBus version */
	HV_EVENT_OFFERS,	/* the guest has been sent all offers */
	HV_EVENT_UNLOADED,	/* guest let go of VMBus */
	HV_EVENT_OPENED,
	HV_EVENT_CLOSED,
	HV_EVENT_RELEASED,	/* a rescinded channel may be offered again */
	HV_EVENT_VIOLATION,	/* the guest broke the protocol; text says how */
	/* the machine */
	HV_EVENT_READY,		/* the guest's command agent answers, see guest.h */
	HV_EVENT_REPORT,	/* a kernel report on the console: BUG, WARNING, ... */
	HV_EVENT_OFF,		/* the guest powered itself off (S5) */
	HV_EVENT_HIBERNATED,	/* the guest entered S4 */
	HV_EVENT_RESET,		/* the guest rebooted */
	HV_EVENT_CRASHED,	/* triple fault or an exit that KVM could not handle */
	HV_EVENT_HUNG,		/* no sign of life for config.hang_seconds */
};

/** hv_event_name() - "opened" for HV_EVENT_OPENED and so on; for logs and JSON */
const char *hv_event_name(enum hv_event_kind kind);

struct hv_channel;

struct hv_event {
	enum hv_event_kind kind;
	struct hv_channel *channel;	/* NULL for events of the machine */
	uint64_t ms;			/* since hv_start() */
	const char *text;
};

/**
 * struct hv_config - what hv_create() makes; zero means the default
 * @name:	 names the log files (default "guest")
 * @kernel:	 bzImage, or vmlinux, which saves the unpacking; default $HV_KERNEL
 * @initrd:	 initramfs; default $HV_INITRD
 * @modules:	 files that are put into its folder /hvhost for its first program to load, in
 *		 this order; not copied
 * @cmdline:	 added to the kernel command line; default $HV_CMDLINE. The guest boots
 *		 with loglevel=5; say loglevel=7 here to watch it boot
 * @logs:	 folder for console and event logs; default $HV_LOGS, none: memory only
 * @vcpus:	 1..HV_MAX_VCPUS (default 1)
 * @memory_mib:	 guest memory (default 512)
 * @vmbus:	 highest VMBus version that is accepted, HV_VERSION(4, 0) to
 *		 HV_VERSION(6, 0) (default 6.0)
 * @hang_seconds: HV_EVENT_HUNG after so long without sleep and without any
 *		input or output, be it one character (default 120); counts from
 *		the first sign of life
 * @hibernation: firmware offers S4, which makes the guest's hibernation possible
 * @isolated:	 it is told to be a confidential VM, its memory out of the host's reach (which is
 *		 not true)
 * @disk:	 a file or block device that the guest has as /dev/pmem0; its size is a multiple
 *		 of 2 MiB. What the guest writes lasts until hv_destroy(), and @disk is
 *		 unchanged; default $HV_DISK
 * @keep_disk:	 what the guest writes goes to @disk
 * @disk_mib:	 the size of a blank one, which lasts as long; with @disk it is /dev/pmem1
 * @event:	 called for every event with the lock held; may be NULL
 * @context:	 handed to @event
 *
 * Strings are copied.
 */
struct hv_config {
	const char *name;
	const char *kernel;
	const char *initrd;
	const char *modules[HV_MAX_MODULES];
	const char *cmdline;
	const char *logs;
	unsigned int vcpus;
	unsigned int memory_mib;
	uint32_t vmbus;
	unsigned int hang_seconds;
	bool hibernation;
	bool isolated;
	const char *disk;
	bool keep_disk;
	unsigned int disk_mib;
	void (*event)(struct hv_host *host, const struct hv_event *event, void *context);
	void *context;
};

enum hv_state {
	HV_STOPPED,		/* not started, or stopped by hv_stop() */
	HV_RUNNING,
	HV_OFF,			/* the following end by themselves: see the events */
	HV_HIBERNATED,
	HV_RESET,
	HV_CRASHED,
	HV_HUNG,		/* still runs, until hv_stop() */
};

/** hv_state_name() - "running" and so on */
const char *hv_state_name(enum hv_state state);

void hv_lock(struct hv_host *host);
void hv_unlock(struct hv_host *host);

/**
 * hv_wait() - sleep until @predicate is true
 * @predicate: called with the lock held after everything that happens
 * @context:   handed to @predicate
 *
 * Return: 0; -ETIMEDOUT after @timeout_ms; -ESHUTDOWN if the predicate is
 * false and the machine does not run any more (off, crashed, hung ...), so
 * no thread waits for a dead guest.
 */
int hv_wait(struct hv_host *host, bool (*predicate)(void *context), void *context,
	    unsigned int timeout_ms);

/** hv_wait_state() - wait until the machine is in @state; returns as hv_wait() */
int hv_wait_state(struct hv_host *host, enum hv_state state, unsigned int timeout_ms);

/** hv_wake() - let hv_wait() look again; for those who change what it looks at */
void hv_wake(struct hv_host *host);

enum hv_state hv_state(struct hv_host *host);

/** hv_uptime_ms() - since hv_start() */
uint64_t hv_uptime_ms(struct hv_host *host);

/** hv_emit() - raise an event: event callback, event log, and hv_wait() looks again */
void hv_emit(struct hv_host *host, enum hv_event_kind kind, struct hv_channel *channel,
	     const char *format, ...) __printf(4, 5);

/** hv_config() - the configuration with its defaults filled in */
const struct hv_config *hv_config(struct hv_host *host);

/*
 * For the files of the library. Every function from here on expects the lock to be held.
 */

/* What stands on the ground; each file knows what is in its own. */
struct hv_agent;
struct hv_bus;
struct hv_console;
struct hv_disk;
struct hv_ports;
struct hv_synic;
struct hv_uart;
struct hv_vcpu;
struct hv_vm;

/**
 * struct hv_ending - how the guest ended, from hv_finish() until the ticker has seen to it
 * @text: NULL if it has not ended
 */
struct hv_ending {
	enum hv_state state;
	enum hv_event_kind kind;
	char *text;
};

/**
 * struct hv_host - the ground of one host
 * @config:	with its defaults filled in
 * @mutex:	the lock, recursive: guards all of this and all that stands on it
 * @depth:	how often its owner has it
 * @changed:	hv_wake(): wait predicates look again
 * @tick:	hv_tick(): the ticker has work before its time
 * @state:	of the machine
 * @ending:	what @state will be next
 * @halt:	vCPUs and ticker shall return
 * @started:	by hv_start(), on the monotonic clock
 * @events:	the log of events, or NULL
 * @alarms:	that are set
 * @memory:	the guest's, or NULL while there is none
 * @memory_size: in bytes
 */
struct hv_host {
	struct hv_config config;
	pthread_mutex_t mutex;
	unsigned int depth;
	pthread_cond_t changed;
	pthread_cond_t tick;
	enum hv_state state;
	struct hv_ending ending;
	atomic_bool halt;
	struct timespec started;
	FILE *events;
	struct hv_alarm *alarms;
	uint8_t *memory;
	size_t memory_size;

	struct hv_disk *disk;
	struct hv_vm *vm;
	struct hv_vcpu *vcpus;		/* config.vcpus of them */
	struct hv_uart *uarts;		/* the console's, the command agent's bell */
	struct hv_console *console;
	struct hv_agent *agent;
	struct hv_ports *ports;
	struct hv_synic *synic;
	struct hv_bus *bus;
};

/**
 * hv_host_init() - lay the ground: lock, conditions, configuration
 * Return: 0, or -EINVAL after a message on stderr that says what is wrong with @config.
 */
int hv_host_init(struct hv_host *host, const struct hv_config *config);

/** hv_host_exit() - the reverse */
void hv_host_exit(struct hv_host *host);

/** hv_host_begin() - a machine starts: its time and its log begin */
void hv_host_begin(struct hv_host *host);

/** hv_read() - a number, under the lock: never older than the event that told of it */
unsigned int hv_read(struct hv_host *host, const unsigned int *value);
bool hv_read_bool(struct hv_host *host, const bool *value);

/** hv_complain() - a line on stderr; needs no lock */
void hv_complain(const char *format, ...) __printf(1, 2);

/** hv_on_host_thread() - the caller's thread is one of the host's: it must not hv_wait() */
void hv_on_host_thread(void);

/**
 * struct hv_alarm - something to be done later, by the ticker
 * @next:    in host->alarms
 * @due:     in the host's milliseconds
 * @ring:    called once, with the lock held
 * @context: handed to @ring
 *
 * All zero is an alarm that is not set.
 */
struct hv_alarm {
	struct hv_alarm *next;
	uint64_t due;
	void (*ring)(void *context);
	void *context;
};

/** hv_alarm_set() - have it ring in @ms; if it is set already, then instead of before */
void hv_alarm_set(struct hv_host *host, struct hv_alarm *alarm, unsigned int ms);

/** hv_alarm_stop() - it will not ring; fine if it is not set */
void hv_alarm_stop(struct hv_host *host, struct hv_alarm *alarm);

/** hv_alarms_ring() - those that are due at @now, by the ticker */
void hv_alarms_ring(struct hv_host *host, uint64_t now);

/** hv_tick() - let the ticker look at once */
void hv_tick(struct hv_host *host);

/** hv_tick_wait() - the ticker's sleep, without the lock: until hv_tick(), or for @ns */
void hv_tick_wait(struct hv_host *host, uint64_t ns);

/**
 * hv_finish() - the guest has ended: no vCPU's exit is handled any more
 * @state: what the machine's state will be
 * @kind:  the event that will tell of it
 *
 * The ticker does the rest: it stops the vCPUs, resets the bus, and sets the state. The
 * first end of a machine counts.
 */
void hv_finish(struct hv_host *host, enum hv_state state, enum hv_event_kind kind,
	       const char *format, ...) __printf(4, 5);

/** hv_memory_map() - get the guest's memory, as much as the configuration says; 0 or -ENOMEM */
int hv_memory_map(struct hv_host *host);

/** hv_memory_unmap() - the reverse; without any it does nothing */
void hv_memory_unmap(struct hv_host *host);

/** hv_memory() - guest memory as we see it; NULL if any of it is not memory */
void *hv_memory(struct hv_host *host, uint64_t gpa, size_t size);

#endif
