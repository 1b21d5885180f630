/* SPDX-License-Identifier: GPL-2.0 */
/* What a boot loader does: kernel, initramfs and boot parameters into the guest's memory. */
#ifndef HVHOST_BOOT_H
#define HVHOST_BOOT_H

#include "host.h"

#define HV_BOOT_PARAMS	0x10000		/* where the BSP's RSI points */
#define HV_BOOT_GDT	0x11000
#define HV_BOOT_TABLES	0x12000		/* page tables: 3 pages */
#define HV_BOOT_STACK	0x20000

struct boot_params;

/**
 * hv_boot_load() - all that the guest needs in order to start at @entry
 * Return: 0, or a negative errno after a message on stderr.
 */
int hv_boot_load(struct hv_host *host, uint64_t *entry);

/** hv_boot_memory() - the map of the guest's memory and disk, as firmware tells it */
void hv_boot_memory(struct hv_host *host, struct boot_params *boot);

#endif
