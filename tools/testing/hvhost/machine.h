/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The roof: a virtual machine that believes to run on Hyper-V.
 *
 * Life of a machine:
 *
 *	host = hv_create(&config);	nothing runs yet: offer channels now or later
 *	hv_start(host);			builds the VM, starts one thread per vCPU
 *	hv_wait(host, predicate, ...);	sleep until something happened
 *	hv_stop(host);			ends the vCPUs, frees the VM; hv_start() boots anew
 *	hv_destroy(host);
 *
 * See host.h for the lock, waiting and events.
 */
#ifndef HVHOST_MACHINE_H
#define HVHOST_MACHINE_H

#include "host.h"

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

/** hv_pause() - until hv_resume() no processor of the guest runs; its clocks go on */
void hv_pause(struct hv_host *host);
void hv_resume(struct hv_host *host);

/**
 * hv_checkpoint() - keep a copy of the guest's disk as it is now
 *
 * So does a host in a checkpoint that is consistent for applications: nothing of the memory. The
 * guest may run; whoever wants more than a loss of power leaves freezes it before.
 *
 * Return: 0 or a negative errno, see hv_disk_keep().
 */
int hv_checkpoint(struct hv_host *host);

/**
 * hv_apply_checkpoint() - hv_stop(), and the disk is what it was then
 * Return: 0 or a negative errno, see hv_disk_return().
 */
int hv_apply_checkpoint(struct hv_host *host);

/** hv_destroy() - hv_stop() and free all, channels included; NULL is fine */
void hv_destroy(struct hv_host *host);

/** hv_dump() - why does it not move? registers of all vCPUs and the console's tail */
char *hv_dump(struct hv_host *host);

#endif
