/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites share. All of them are built in the kernel, and those of proto/ in
 * user space as well (tools/testing/kunit), so this uses little but KUnit and proto/.
 */
#ifndef HVIC_KUNIT_HELPERS_H
#define HVIC_KUNIT_HELPERS_H

#include <kunit/test.h>

#include "proto/msg.h"

/* A whole array as a span, also in the initialiser of a row. */
#define SPAN(array)	{ .data = (const u8 *)(array), .len = sizeof(array) }

/* Parameters of a case: struct name_row name_rows[], whose rows have a .desc. */
#define ROWS(name)								\
	static void name##_desc(const struct name##_row *row, char *desc)	\
	{									\
		snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", row->desc);		\
	}									\
	KUNIT_ARRAY_PARAM(name, name##_rows, name##_desc)

/**
 * next_cut() - where to cut a message next, to test a message that is not complete
 * @n: where it was cut last
 * @whole: length of the message
 *
 * In user space it cuts at every byte. An emulated kernel with KASAN is too slow for
 * that, so there it cuts at each of the first and last bytes and at some between.
 *
 * Return: the next length.
 */
static inline size_t next_cut(size_t n, size_t whole)
{
#ifdef __KERNEL__
	if (n >= 64 && n + 64 < whole)
		return min_t(size_t, n + 61, whole - 64);
#else
	(void)whole;
#endif
	return n + 1;
}

struct hvic_span exact_span(struct kunit *test, const void *bytes, size_t len);
struct hvic_room exact_room(struct kunit *test, size_t len, u8 fill);
void expect_bytes(struct kunit *test, const char *what, struct hvic_span got,
		  struct hvic_span want);
void expect_fill(struct kunit *test, const char *what, struct hvic_span got, u8 fill);

static inline struct hvic_span to_span(struct hvic_room room)
{
	return (struct hvic_span){ .data = room.data, .len = room.len };
}

/* Vectors are bytes, so a value in one is written and read as bytes. */
static inline void poke16(u8 *at, u16 value)
{
	at[0] = value & 0xff;
	at[1] = value >> 8;
}

static inline void poke32(u8 *at, u32 value)
{
	poke16(at, value & 0xffff);
	poke16(at + 2, value >> 16);
}

static inline void poke64(u8 *at, u64 value)
{
	poke32(at, value & 0xffffffff);
	poke32(at + 4, value >> 32);
}

static inline u32 peek32(const u8 *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (u32)at[3] << 24;
}

#endif
