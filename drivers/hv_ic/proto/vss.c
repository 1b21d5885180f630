// SPDX-License-Identifier: GPL-2.0
/* Backup messages. */
#include "vss.h"

#include <linux/errno.h>
#include <linux/string.h>

#include <asm/byteorder.h>

/**
 * hvic_vss_parse() - what does this message want?
 * @body: of the message
 * @op: set on success only
 *
 * Return: 0, or
 * * %-EBADMSG - too short
 * * %-EOPNOTSUPP - no such operation
 */
int hvic_vss_parse(struct hvic_span body, enum hvic_wire_vss_op *op)
{
	const struct hvic_wire_vss_header *wire = hvic_span_at(body, 0, sizeof(*wire));

	if (!wire)
		return -EBADMSG;
	if (wire->op > HVIC_WIRE_VSS_CLUSTER_INFO)
		return -EOPNOTSUPP;
	*op = wire->op;
	return 0;
}

/**
 * hvic_vss_decode_freeze() - read which disks a FREEZE is for
 * @body: of the message; may be cut behind the last LUN, or before the LUN list
 * @freeze: set in any case; all zero on an error
 *
 * Return: 0, or
 * * %-EBADMSG - fewer LUNs than the message says
 * * %-EINVAL - more LUNs than there can be
 */
int hvic_vss_decode_freeze(struct hvic_span body, struct hv_ic_vss_freeze *freeze)
{
	const struct hvic_wire_vss_freeze *wire = hvic_span_at(body, 0, HVIC_WIRE_VSS_FREEZE_MIN);
	const struct hvic_wire_vss_lun *luns;
	u32 n_luns, i;

	memset(freeze, 0, sizeof(*freeze));
	if (!wire)
		return 0;		/* some hosts name no disks */

	n_luns = le32_to_cpu(wire->n_luns);
	if (n_luns > HVIC_WIRE_VSS_LUNS)
		return -EINVAL;
	luns = hvic_span_at(body, HVIC_WIRE_VSS_FREEZE_MIN, n_luns * sizeof(*luns));
	if (!luns)
		return -EBADMSG;

	freeze->backup_type = le32_to_cpu(wire->backup_type);
	freeze->flags = le32_to_cpu(wire->flags);
	freeze->n_luns = n_luns;
	for (i = 0; i < n_luns; i++) {
		freeze->luns[i].bus = luns[i].bus;
		freeze->luns[i].port = luns[i].port;
		freeze->luns[i].target = luns[i].target;
		freeze->luns[i].lun = luns[i].lun;
		memcpy(freeze->luns[i].controller, luns[i].controller,
		       sizeof(luns[i].controller));
	}
	return 0;
}

/**
 * hvic_vss_encode() - write the answer to any operation
 * @body: zeroed room of the request's length
 * @op: the operation
 * @flags: for the operations that answer with flags; 0 otherwise
 *
 * Return: the length of the body, or %-EBADMSG if the request was too short to
 * hold the answer.
 */
int hvic_vss_encode(struct hvic_room body, enum hvic_wire_vss_op op, u32 flags)
{
	struct hvic_wire_vss_header *header = hvic_room_at(body, 0, sizeof(*header));
	struct hvic_wire_vss_flags *wire = hvic_room_at(body, 0, sizeof(*wire));

	if (!header || (flags && !wire))
		return -EBADMSG;
	header->op = op;
	if (wire)
		wire->flags = cpu_to_le32(flags);
	return body.len;
}
