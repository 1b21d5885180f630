/* SPDX-License-Identifier: GPL-2.0 */
/* Backup: what the host is about to do, and with which disks. */
#ifndef HVIC_PROTO_VSS_H
#define HVIC_PROTO_VSS_H

#include <linux/hv_ic.h>

#include "msg.h"

int hvic_vss_parse(struct hvic_span body, enum hvic_wire_vss_op *op);
int hvic_vss_decode_freeze(struct hvic_span body, struct hv_ic_vss_freeze *freeze);
int hvic_vss_encode(struct hvic_room body, enum hvic_wire_vss_op op, u32 flags);

#endif
