/* SPDX-License-Identifier: GPL-2.0 */
/*
 * GPADLs: lists of guest pages, which the guest establishes for a channel's rings and tears down
 * when it has closed the channel.
 */
#ifndef HVHOST_GPADL_H
#define HVHOST_GPADL_H

#include "host.h"

/** hv_gpadl_count() - those that the guest has established and not torn down */
unsigned int hv_gpadl_count(struct hv_host *host);

/* For the files of the library: the host's lock is held. */

struct hv_gpadl {
	struct hv_gpadl *next;
	uint32_t id;
	uint32_t relid;
	uint32_t byte_offset;
	uint32_t total;			/* pages announced by the header */
	uint32_t count;			/* pages that have come */
	uint32_t status;		/* what its creation will be answered with */
	uint8_t **pages;
};

/** hv_gpadl_find() - the guest's @id; NULL if there is none */
struct hv_gpadl *hv_gpadl_find(struct hv_host *host, uint32_t id);

void hv_gpadl_free(struct hv_host *host, struct hv_gpadl *gpadl);

/** hv_gpadl_free_of() - those of a channel */
void hv_gpadl_free_of(struct hv_host *host, uint32_t relid);

void hv_gpadl_free_all(struct hv_host *host);

/** hv_gpadl_refuse_of() - those of a channel that are not complete yet will be refused */
void hv_gpadl_refuse_of(struct hv_host *host, uint32_t relid);

/**
 * hv_gpadl_header() - the guest's message, which bodies follow for the pages that do not fit
 * @status: what the guest gets when all is there and in order; anything but success refuses it
 */
void hv_gpadl_header(struct hv_host *host, const void *message, size_t size, uint32_t status);
void hv_gpadl_body(struct hv_host *host, const void *message, size_t size);

#endif
