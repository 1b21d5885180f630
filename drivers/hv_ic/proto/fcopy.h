/* SPDX-License-Identifier: GPL-2.0 */
/* Guest file copy: the host writes a file into the guest, block by block. */
#ifndef HVIC_PROTO_FCOPY_H
#define HVIC_PROTO_FCOPY_H

#include <linux/hv_ic.h>

#include "msg.h"

/**
 * struct hvic_fcopy_block - a part of the file
 * @offset: where in the file
 * @data: the bytes, as they lie in the message
 */
struct hvic_fcopy_block {
	u64 offset;
	struct hvic_span data;
};

int hvic_fcopy_parse(struct hvic_span body, enum hvic_wire_fcopy_op *op);
int hvic_fcopy_decode_start(struct hvic_span body, struct hv_ic_fcopy_start *start);
int hvic_fcopy_decode_write(struct hvic_span body, struct hvic_fcopy_block *block);

#endif
