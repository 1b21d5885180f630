/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bounded view of bytes. Parsers and encoders reach host memory only through
 * these calls, so this file holds all pointer arithmetic on it.
 */
#ifndef HVIC_PROTO_SPAN_H
#define HVIC_PROTO_SPAN_H

#include <linux/types.h>

/**
 * struct hvic_span - bytes to read, which belong to the caller
 * @data: first byte; may be NULL when @len is 0
 * @len: number of bytes
 */
struct hvic_span {
	const u8 *data;
	size_t len;
};

/**
 * struct hvic_room - bytes to write, which belong to the caller
 * @data: first byte; may be NULL when @len is 0
 * @len: number of bytes
 */
struct hvic_room {
	u8 *data;
	size_t len;
};

/**
 * hvic_span_at() - look at a part of a span
 * @span: where to look
 * @offset: first byte of the part
 * @len: its length
 *
 * Return: the part, or NULL if it does not lie within @span.
 */
static inline const void *hvic_span_at(struct hvic_span span, size_t offset, size_t len)
{
	if (offset > span.len || len > span.len - offset)
		return NULL;
	return span.data + offset;
}

/**
 * hvic_span_cut() - the part of a span from an offset on, up to a length
 * @span: what to cut
 * @offset: first byte to keep; beyond the end gives an empty span
 * @max: how many bytes to keep at most
 *
 * Return: the bytes kept.
 */
static inline struct hvic_span hvic_span_cut(struct hvic_span span, size_t offset, size_t max)
{
	struct hvic_span cut = {};

	if (offset < span.len) {
		cut.data = span.data + offset;
		cut.len = span.len - offset < max ? span.len - offset : max;
	}
	return cut;
}

/**
 * hvic_room_at() - a part of a buffer to write to
 * @room: the buffer
 * @offset: first byte of the part
 * @len: its length
 *
 * Return: the part, or NULL if it does not lie within @room.
 */
static inline void *hvic_room_at(struct hvic_room room, size_t offset, size_t len)
{
	if (offset > room.len || len > room.len - offset)
		return NULL;
	return room.data + offset;
}

#endif
