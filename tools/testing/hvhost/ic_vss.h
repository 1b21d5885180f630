/* SPDX-License-Identifier: GPL-2.0 */
/* Backup: what a checkpoint asks of the guest. */
#ifndef HVHOST_IC_VSS_H
#define HVHOST_IC_VSS_H

#include "ic.h"

extern const struct ic_service ic_vss;

ic_result vss_hot_backup(struct ic *ic, uint32_t *flags);
ic_result vss_mapped_devices(struct ic *ic, uint32_t *flags);
ic_result vss_freeze(struct ic *ic, const struct wire_vss_lun *luns, uint32_t n_luns);
ic_result vss_thaw(struct ic *ic);
ic_result vss_complete(struct ic *ic);
ic_result vss_cluster(struct ic *ic, uint32_t *nodes);

/** vss_request() - any operation with its own size of message, for ic_post() */
struct ic_request *vss_request(struct ic *ic, enum wire_vss_op op);

#endif
