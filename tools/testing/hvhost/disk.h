/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's disk: persistent memory above 4 GiB, which every Debian kernel shows as /dev/pmem0
 * (modules nd_e820, nd_pmem). It is memory of ours, so the guest uses it without an exit. It is
 * there from the first hv_start() until hv_destroy(): a guest that is started again finds what it
 * wrote. A blank one behind it, and behind a gap that keeps them apart, is /dev/pmem1. Private, as
 * all of its functions expect the host's lock to be held.
 */
#ifndef HVHOST_DISK_H
#define HVHOST_DISK_H

#include "host.h"

#define HV_DISK_BASE	0x100000000ull
#define HV_DISK_ALIGN	(2u << 20)	/* what Linux wants of its size */
#define HV_DISK_GAP	(128u << 20)	/* a section of memory, as Linux counts it */

/**
 * struct hv_disk - the disk as we see it
 * @bytes: NULL if there is none
 * @size:  of all of it, with the gap and the second one
 * @second: size of the second one, at the end; 0 if there is none
 * @kept:  numbers of the pages that had been written at the checkpoint
 * @pages: what was in them, one after the other
 * @n:	   how many; no checkpoint, if @pages is NULL
 */
struct hv_disk {
	uint8_t *bytes;
	size_t size;
	size_t second;
	size_t *kept;
	uint8_t *pages;
	size_t n;
};

/**
 * hv_disk_open() - map what the configuration says, unless that has been done
 * Return: 0, also without a disk, or a negative errno after a message on stderr.
 */
int hv_disk_open(struct hv_host *host);

/**
 * hv_disk_keep() - a checkpoint: keep a copy of the disk as it is now, in place of the one before
 * Return: 0; -ENODEV without a disk; -EOPNOTSUPP if the configuration says keep_disk; another
 * negative errno.
 */
int hv_disk_keep(struct hv_host *host);

/**
 * hv_disk_return() - make the disk what it was at the checkpoint, which stays
 *
 * No machine may use it.
 *
 * Return: 0, -ENOENT without a checkpoint, or another negative errno.
 */
int hv_disk_return(struct hv_host *host);

/** hv_disk_close() - the reverse of hv_disk_open(); without a disk it does nothing */
void hv_disk_close(struct hv_host *host);

#endif
