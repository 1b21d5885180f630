/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtual machine that believes to run on Hyper-V.
 *
 * Life of a machine:
 *
 *	host = hv_create(&config);	nothing runs yet: offer channels now or later
 *	hv_start(host);			builds the VM, starts one thread per vCPU
 *	hv_wait(host, predicate, ...);	sleep until something happened
 *	hv_stop(host);			ends the vCPUs, frees the VM; hv_start() boots anew
 *	hv_destroy(host);
 *
 * One lock protects a host and all that belongs to it. Every function takes it
 * itself; it may be taken again by its owner. Callbacks (events, channel
 * callbacks) run with it held, on whatever thread noticed, so they must not
 * sleep and must not call hv_wait(), hv_start(), hv_stop() or hv_destroy().
 * Use hv_lock() where several calls must be seen as one.
 */
#ifndef HVHOST_MACHINE_H
#define HVHOST_MACHINE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

struct hv_host;

#define HV_MAX_VCPUS	4

/* VMBus protocol version, as it is on the wire */
#define HV_VERSION(major, minor)	((uint32_t)(major) << 16 | (minor))
#define HV_VERSION_MAJOR(version)	((version) >> 16)
#define HV_VERSION_MINOR(version)	((version) & 0xffff)

enum hv_event_kind {
	/* the bus: text tells the version, respectively the channel */
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
 * @cmdline:	 added to the kernel command line; default $HV_CMDLINE. The guest boots
 *		 with loglevel=5; say loglevel=7 here to watch it boot
 * @logs:	 folder for console and event logs; default $HV_LOGS, none: memory only
 * @vcpus:	 1..HV_MAX_VCPUS (default 1)
 * @memory_mib:	 guest memory (default 512)
 * @vmbus:	 highest VMBus version that is accepted, HV_VERSION(4, 0) to
 *		 HV_VERSION(5, 3) (default 5.3)
 * @hang_seconds: HV_EVENT_HUNG after so long without sleep and without any
 *		input or output, be it one character (default 120); counts from
 *		the first sign of life
 * @hibernation: firmware offers S4, which makes the guest's hibernation possible
 * @event:	 called for every event with the lock held; may be NULL
 * @context:	 handed to @event
 *
 * Strings are copied.
 */
struct hv_config {
	const char *name;
	const char *kernel;
	const char *initrd;
	const char *cmdline;
	const char *logs;
	unsigned int vcpus;
	unsigned int memory_mib;
	uint32_t vmbus;
	unsigned int hang_seconds;
	bool hibernation;
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

/**
 * hv_create() - a host for one guest; starts nothing
 * Return: NULL after a message on stderr that says what is wrong with @config.
 */
struct hv_host *hv_create(const struct hv_config *config);

/**
 * hv_start() - power on
 *
 * Channels that are on offer stay so; the guest sees them when it asks.
 *
 * Return: 0, or a negative errno after a message on stderr.
 */
int hv_start(struct hv_host *host);

/**
 * hv_stop() - pull the plug: channels are closed, the VM is gone, logs stay
 *
 * Not with the lock held: the threads need it to end.
 */
void hv_stop(struct hv_host *host);

/** hv_destroy() - hv_stop() and free all, channels included; NULL is fine */
void hv_destroy(struct hv_host *host);

void hv_lock(struct hv_host *host);
void hv_unlock(struct hv_host *host);

/**
 * hv_wait() - sleep until @predicate is true
 * @predicate: called with the lock held after everything that happens
 * @context:   handed to @predicate
 *
 * Return: 0; -ETIMEDOUT after @timeout_ms; -ESHUTDOWN if the predicate is
 * false and the machine does not run any more (off, crashed, hung ...), so
 * nobody waits for a dead guest.
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

/**
 * hv_reference_time() - the partition reference counter, 100 ns units
 *
 * What the guest reads at the same moment from its reference TSC page or from
 * MSR 0x40000020.
 *
 * Return: 0, or -ESHUTDOWN when no guest runs.
 */
int hv_reference_time(struct hv_host *host, uint64_t *time);

/*
 * The console. The log since hv_start() is kept as lines without CR.
 */

/**
 * hv_console_tail() - the last @lines lines of the console
 * Return: text to be freed by the caller, never NULL.
 */
char *hv_console_tail(struct hv_host *host, unsigned int lines);

/**
 * hv_console_find() - does the console show @text after line @from?
 * Return: 1 + the number of the first such line (usable as the next @from),
 * 0 if there is none.
 */
size_t hv_console_find(struct hv_host *host, size_t from, const char *text);

/** hv_console_lines() - number of lines so far: a mark for hv_console_find() */
size_t hv_console_lines(struct hv_host *host);

/**
 * hv_console_line() - one line of the console
 * Return: valid while the lock is held; NULL beyond the end.
 */
const char *hv_console_line(struct hv_host *host, size_t number);

/**
 * hv_report() - look for a kernel report (BUG, WARNING, Oops, KASAN, a stall, ...)
 * @from: line of the console to begin with
 * Return: 0, or one more than the number of the line: where to look for the next.
 */
size_t hv_report(struct hv_host *host, size_t from);

/** hv_dump() - why does it not move? registers of all vCPUs and the console's tail */
char *hv_dump(struct hv_host *host);

/** hv_emit() - raise an event: event callback, event log, and hv_wait() looks again */
void hv_emit(struct hv_host *host, enum hv_event_kind kind, struct hv_channel *channel,
	     const char *format, ...) __printf(4, 5);

/** hv_config() - the configuration with its defaults filled in */
const struct hv_config *hv_config(struct hv_host *host);

#endif
