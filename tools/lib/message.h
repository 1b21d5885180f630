/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines that an administrator may want to act on.
 *
 * In the journal they have a number, by which "journalctl -x" finds an explanation in
 * data/catalog/hv_ic.catalog.
 */
#ifndef HVU_MESSAGE_H
#define HVU_MESSAGE_H

#include "log.h"

/* What a line is about. */
enum hvu_message {
	HVU_MESSAGE_NONE,	/* nothing that is to be explained */
	HVU_MESSAGE_COPIED,
	HVU_MESSAGE_NOT_COPIED,
	HVU_MESSAGE_COPY_REFUSED,
	HVU_MESSAGE_ADDRESSES_SET,
	HVU_MESSAGE_ADDRESSES_NOT_SET,
	HVU_MESSAGE_POOL_UNUSABLE,
	HVU_MESSAGE_BACKUP_FAILED,
	HVU_MESSAGE_NOT_FROZEN,
	HVU_MESSAGE_HOOKS_FAILED,
	HVU_MESSAGE_STOP_REFUSED,
	HVU_MESSAGE_STOP_NOT_HANDED_OVER,
	HVU_MESSAGE_DEVICE_TAKEN,
	HVU_MESSAGE_CONFIGURATION_KEPT,
	HVU_MESSAGES,
};

/* Their numbers, as MESSAGE_ID= has them; NULL for HVU_MESSAGE_NONE. */
extern const char *const hvu_message_ids[HVU_MESSAGES];

void hvu_message(enum hvu_message message, enum hvu_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void hvu_message_reloaded(int error);

#endif
