/* SPDX-License-Identifier: GPL-2.0 */
/* Data exchange: items of pools, and how network adapters are set up. */
#ifndef HVIC_PROTO_KVP_H
#define HVIC_PROTO_KVP_H

#include <linux/hv_ic.h>

#include "ip.h"
#include "msg.h"

int hvic_kvp_parse(struct hvic_span body, enum hvic_wire_kvp_op *op, u8 *pool);
int hvic_kvp_decode_item(struct hvic_span body, struct hv_ic_kvp_item *item);
int hvic_kvp_encode_header(struct hvic_room body, enum hvic_wire_kvp_op op, u8 pool);
int hvic_kvp_encode_item(struct hvic_room body, enum hvic_wire_kvp_op op, u8 pool, u32 index,
			 const struct hv_ic_kvp_item *item, bool *changed);
int hvic_kvp_decode_ip(struct hvic_span body, struct hvic_version version,
		       struct hv_ic_kvp_ip *ip, struct hvic_ip_lists *scratch);
int hvic_kvp_encode_ip(struct hvic_room body, struct hvic_version version, u8 pool,
		       const char *adapter, const struct hv_ic_kvp_ip *ip,
		       struct hvic_ip_lists *scratch);

#endif
