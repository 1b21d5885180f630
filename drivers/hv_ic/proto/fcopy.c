// SPDX-License-Identifier: GPL-2.0
/* Guest file copy messages. The answer is a status alone. */
#include "fcopy.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include <asm/byteorder.h>

#include "utf16.h"

/**
 * hvic_fcopy_parse() - what does this message want?
 * @body: of the message
 * @op: set on success only
 *
 * Return: 0, or
 * * %-EBADMSG - too short
 * * %-EOPNOTSUPP - no such operation
 */
int hvic_fcopy_parse(struct hvic_span body, enum hvic_wire_fcopy_op *op)
{
	const struct hvic_wire_fcopy_header *wire = hvic_span_at(body, 0, sizeof(*wire));
	u32 value;

	if (!wire)
		return -EBADMSG;
	value = le32_to_cpu(wire->op);
	if (value > HVIC_WIRE_FCOPY_CANCEL)
		return -EOPNOTSUPP;
	*op = value;
	return 0;
}

static int decode_name(const void *field, size_t field_size, char *out, size_t out_size)
{
	const struct hvic_span units = { .data = field, .len = field_size };
	const struct hvic_room room = { .data = (u8 *)out, .len = out_size };
	int len = hvic_utf16_to_utf8(units, room);

	if (len < 0)
		return len;
	return len ? 0 : -EINVAL;
}

/**
 * hvic_fcopy_decode_start() - read the beginning of a copy
 * @body: of the message
 * @start: set in any case; all zero on an error
 *
 * Return: 0, or
 * * %-EBADMSG - too short
 * * %-EINVAL - no name or no path, or a size beyond any file
 * * %-EILSEQ - a lone surrogate
 */
int hvic_fcopy_decode_start(struct hvic_span body, struct hv_ic_fcopy_start *start)
{
	const u32 known = HVIC_WIRE_FCOPY_OVERWRITE | HVIC_WIRE_FCOPY_CREATE_PATH;
	const struct hvic_wire_fcopy_start *wire = hvic_span_at(body, 0, sizeof(*wire));
	int ret;

	memset(start, 0, sizeof(*start));
	if (!wire)
		return -EBADMSG;

	ret = decode_name(wire->name, sizeof(wire->name), start->name, sizeof(start->name));
	if (!ret)
		ret = decode_name(wire->path, sizeof(wire->path),
				  start->path, sizeof(start->path));
	start->flags = le32_to_cpu(wire->flags) & known;
	start->size = le64_to_cpu(wire->size);
	if (!ret && start->size > S64_MAX)
		ret = -EINVAL;
	if (ret)
		memset(start, 0, sizeof(*start));
	return ret;
}

/**
 * hvic_fcopy_decode_write() - read a block
 * @body: of the message; may be cut behind the last byte
 * @block: set in any case; all zero on an error
 *
 * Return: 0, or
 * * %-EBADMSG - fewer bytes than the message says
 * * %-EINVAL - more bytes than a block has, or beyond the end of any file
 */
int hvic_fcopy_decode_write(struct hvic_span body, struct hvic_fcopy_block *block)
{
	const struct hvic_wire_fcopy_write *wire =
		hvic_span_at(body, 0, HVIC_WIRE_FCOPY_WRITE_MIN);
	u64 offset;
	u32 size;

	memset(block, 0, sizeof(*block));
	if (!wire)
		return -EBADMSG;

	offset = le64_to_cpu(wire->offset);
	size = le32_to_cpu(wire->size);
	if (size > HVIC_WIRE_FCOPY_BLOCK || offset > (u64)S64_MAX - size)
		return -EINVAL;
	if (!hvic_span_at(body, HVIC_WIRE_FCOPY_WRITE_MIN, size))
		return -EBADMSG;

	block->offset = offset;
	block->data = hvic_span_cut(body, HVIC_WIRE_FCOPY_WRITE_MIN, size);
	return 0;
}
