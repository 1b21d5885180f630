// SPDX-License-Identifier: GPL-2.0
/* UTF-16LE to UTF-8 and back. */
#include "helpers.h"

#include "proto/utf16.h"

#include <linux/errno.h>
#include <linux/string.h>

/* Strings as bytes of UTF-8 and of UTF-16LE, without the final NUL. */
#define BYTES(string)	{ .data = (const u8 *)(string), .len = sizeof(string) - 1 }

/* Legal strings, which are the same after a conversion there and back. */
static const struct legal_row {
	const char *desc;
	struct hvic_span utf16;
	struct hvic_span utf8;
} legal_rows[] = {
	{ "empty", BYTES(""), BYTES("") },
	{ "ASCII", BYTES("A\0z\0 \0\x7f\0"), BYTES("Az \x7f") },
	{ "first of two bytes, U+0080", BYTES("\x80\x00"), BYTES("\xc2\x80") },
	{ "last of two bytes, U+07FF", BYTES("\xff\x07"), BYTES("\xdf\xbf") },
	{ "first of three bytes, U+0800", BYTES("\x00\x08"), BYTES("\xe0\xa0\x80") },
	{ "euro, U+20AC", BYTES("\xac\x20"), BYTES("\xe2\x82\xac") },
	{ "last before surrogates, U+D7FF", BYTES("\xff\xd7"), BYTES("\xed\x9f\xbf") },
	{ "first after surrogates, U+E000", BYTES("\x00\xe0"), BYTES("\xee\x80\x80") },
	{ "byte order mark, U+FEFF", BYTES("\xff\xfe"), BYTES("\xef\xbb\xbf") },
	{ "last of three bytes, U+FFFF", BYTES("\xff\xff"), BYTES("\xef\xbf\xbf") },
	{ "first pair, U+10000", BYTES("\x00\xd8\x00\xdc"), BYTES("\xf0\x90\x80\x80") },
	{ "grinning face, U+1F600", BYTES("\x3d\xd8\x00\xde"), BYTES("\xf0\x9f\x98\x80") },
	{ "last pair, U+10FFFF", BYTES("\xff\xdb\xff\xdf"), BYTES("\xf4\x8f\xbf\xbf") },
	{ "mixed", BYTES("a\0\xe4\x00\xac\x20\x3d\xd8\x00\xdeZ\0"),
	  BYTES("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80Z") },
};

ROWS(legal);

static void utf16_to_utf8(struct kunit *test)
{
	const struct legal_row *row = test->param_value;
	struct hvic_span in = exact_span(test, row->utf16.data, row->utf16.len);
	struct hvic_room out = exact_room(test, row->utf8.len + 1, 0xee);

	int len = hvic_utf16_to_utf8(in, out);

	KUNIT_ASSERT_EQ(test, len, row->utf8.len);
	expect_bytes(test, "UTF-8", hvic_span_cut(to_span(out), 0, len), row->utf8);
	KUNIT_EXPECT_EQ(test, out.data[len], 0);
}

static void utf16_to_utf8_lossy(struct kunit *test)
{
	const struct legal_row *row = test->param_value;
	struct hvic_span in = exact_span(test, row->utf16.data, row->utf16.len);
	struct hvic_room out = exact_room(test, row->utf8.len + 1, 0xee);

	size_t len = hvic_utf16_to_utf8_lossy(in, out);

	KUNIT_ASSERT_EQ(test, len, row->utf8.len);
	expect_bytes(test, "UTF-8", hvic_span_cut(to_span(out), 0, len), row->utf8);
	KUNIT_EXPECT_EQ(test, out.data[len], 0);
}

static void utf8_to_utf16(struct kunit *test)
{
	const struct legal_row *row = test->param_value;
	struct hvic_span in = exact_span(test, row->utf8.data, row->utf8.len);
	struct hvic_room out = exact_room(test, row->utf16.len + 2, 0xee);
	bool changed = false;

	size_t units = hvic_utf8_to_utf16(in, out, &changed);

	KUNIT_ASSERT_EQ(test, units, row->utf16.len / 2);
	KUNIT_EXPECT_FALSE(test, changed);
	expect_bytes(test, "UTF-16", hvic_span_cut(to_span(out), 0, 2 * units), row->utf16);
	expect_fill(test, "NUL", hvic_span_cut(to_span(out), 2 * units, 2), 0);
}

/* Both conversions stop at the first NUL and do not look behind it. */
static void stop_at_nul(struct kunit *test)
{
	const struct legal_row *row = test->param_value;
	struct hvic_room utf16 = exact_room(test, row->utf16.len + 4, 0);
	struct hvic_room utf8 = exact_room(test, row->utf8.len + 2, 0);
	struct hvic_room out = exact_room(test, 64, 0xee);
	bool changed = false;

	memcpy(utf16.data, row->utf16.data, row->utf16.len);
	poke16(utf16.data + row->utf16.len + 2, 0xdc00);
	memcpy(utf8.data, row->utf8.data, row->utf8.len);
	utf8.data[row->utf8.len + 1] = 0xff;

	KUNIT_EXPECT_EQ(test, hvic_utf16_to_utf8(to_span(utf16), out), row->utf8.len);
	KUNIT_EXPECT_EQ(test, hvic_utf16_to_utf8_lossy(to_span(utf16), out), row->utf8.len);
	KUNIT_EXPECT_EQ(test, hvic_utf8_to_utf16(to_span(utf8), out, &changed),
			row->utf16.len / 2);
	KUNIT_EXPECT_FALSE(test, changed);
}

/* With too little room there is an error, an empty string, and no write past the end. */
static void too_little_room(struct kunit *test)
{
	const struct legal_row *row = test->param_value;
	size_t n;

	for (n = 0; n < row->utf8.len + 1; n++) {
		struct hvic_room out = exact_room(test, n, 0xee);

		KUNIT_EXPECT_EQ_MSG(test, hvic_utf16_to_utf8(row->utf16, out), -E2BIG, "at %zu", n);
		if (n)
			KUNIT_EXPECT_EQ_MSG(test, out.data[0], 0, "at %zu", n);
	}
}

/* A text for the host is cut to what fits, with a NUL, and never within a pair. */
static void utf8_to_utf16_truncates(struct kunit *test)
{
	static const u8 in[] = "a\xe2\x82\xac\xf0\x9f\x98\x80\x62";
	static const u8 whole[] = { 'a', 0, 0xac, 0x20, 0x3d, 0xd8, 0x00, 0xde, 'b', 0 };
	static const size_t fits[] = { 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 4, 4, 5, 5 };
	size_t n;

	for (n = 0; n < ARRAY_SIZE(fits); n++) {
		struct hvic_room out = exact_room(test, n, 0xee);
		bool changed = false;

		size_t units = hvic_utf8_to_utf16((struct hvic_span)SPAN(in), out, &changed);

		KUNIT_EXPECT_EQ_MSG(test, units, fits[n], "at %zu", n);
		KUNIT_EXPECT_EQ_MSG(test, changed, fits[n] < 5, "at %zu", n);
		if (n < 2)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, memcmp(out.data, whole, 2 * units), 0, "at %zu", n);
		KUNIT_EXPECT_EQ_MSG(test, out.data[2 * units] | out.data[2 * units + 1], 0,
				    "at %zu", n);
	}
}

/* A text that is shown is cut to what fits, with a NUL, and never within a character. */
static void lossy_truncates(struct kunit *test)
{
	static const u8 in[] = { 'a', 0, 0xac, 0x20, 0x3d, 0xd8, 0x00, 0xde, 'b', 0 };
	static const size_t fits[] = { 0, 0, 1, 1, 1, 4, 4, 4, 4, 8, 9 };
	static const char whole[] = "a\xe2\x82\xac\xf0\x9f\x98\x80\x62";
	size_t n;

	for (n = 0; n < ARRAY_SIZE(fits); n++) {
		struct hvic_room out = exact_room(test, n, 0xee);

		size_t len = hvic_utf16_to_utf8_lossy((struct hvic_span)SPAN(in), out);

		KUNIT_EXPECT_EQ_MSG(test, len, fits[n], "at %zu", n);
		if (!n)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, memcmp(out.data, whole, fits[n]), 0, "at %zu", n);
		KUNIT_EXPECT_EQ_MSG(test, out.data[fits[n]], 0, "at %zu", n);
	}
}

static const struct bad_utf16_row {
	const char *desc;
	struct hvic_span in;
	struct hvic_span shown;		/* by the lossy conversion */
} bad_utf16_rows[] = {
	{ "high surrogate alone", BYTES("\x00\xd8"), BYTES("\xef\xbf\xbd") },
	{ "last high surrogate alone", BYTES("\xff\xdb"), BYTES("\xef\xbf\xbd") },
	{ "low surrogate alone", BYTES("\x00\xdc"), BYTES("\xef\xbf\xbd") },
	{ "last low surrogate alone", BYTES("\xff\xdf"), BYTES("\xef\xbf\xbd") },
	{ "high surrogate, then a letter", BYTES("\x3d\xd8\x61\0"), BYTES("\xef\xbf\xbd\x61") },
	{ "high surrogate, then U+E000", BYTES("\x3d\xd8\x00\xe0"),
	  BYTES("\xef\xbf\xbd\xee\x80\x80") },
	{ "high surrogate, then a NUL", BYTES("\x3d\xd8\0\0"), BYTES("\xef\xbf\xbd") },
	{ "two high surrogates", BYTES("\x3d\xd8\x3d\xd8"), BYTES("\xef\xbf\xbd\xef\xbf\xbd") },
	{ "pair in the wrong order", BYTES("\x00\xde\x3d\xd8"),
	  BYTES("\xef\xbf\xbd\xef\xbf\xbd") },
	{ "pair, then half of one", BYTES("\x3d\xd8\x00\xde\x3d\xd8"),
	  BYTES("\xf0\x9f\x98\x80\xef\xbf\xbd") },
	{ "low surrogate after text", BYTES("a\0\x00\xdc"), BYTES("a\xef\xbf\xbd") },
	{ "half a unit", BYTES("a"), BYTES("") },
	{ "half a unit after text", BYTES("a\0b"), BYTES("a") },
	{ "high surrogate, then half a unit", BYTES("\x3d\xd8\x00"), BYTES("\xef\xbf\xbd") },
};

ROWS(bad_utf16);

static void refuse_utf16(struct kunit *test)
{
	const struct bad_utf16_row *row = test->param_value;
	struct hvic_span in = exact_span(test, row->in.data, row->in.len);
	struct hvic_room out = exact_room(test, 32, 0xee);

	int ret = hvic_utf16_to_utf8(in, out);

	KUNIT_EXPECT_EQ(test, ret, -EILSEQ);
	KUNIT_EXPECT_EQ(test, out.data[0], 0);
}

static void replace_utf16(struct kunit *test)
{
	const struct bad_utf16_row *row = test->param_value;
	struct hvic_span in = exact_span(test, row->in.data, row->in.len);
	struct hvic_room out = exact_room(test, row->shown.len + 1, 0xee);

	size_t len = hvic_utf16_to_utf8_lossy(in, out);

	KUNIT_ASSERT_EQ(test, len, row->shown.len);
	expect_bytes(test, "UTF-8", hvic_span_cut(to_span(out), 0, len), row->shown);
	KUNIT_EXPECT_EQ(test, out.data[len], 0);
}

static const struct bad_utf8_row {
	const char *desc;
	struct hvic_span in;
	const char *shown;		/* R is U+FFFD */
} bad_utf8_rows[] = {
	{ "continuation alone", BYTES("\x80"), "R" },
	{ "last continuation alone", BYTES("\xbf"), "R" },
	{ "continuation for a lead", BYTES("\x9f\x80"), "RR" },
	{ "last continuation for a lead", BYTES("\xbf\xbf"), "RR" },
	{ "two bytes, cut", BYTES("\xc3"), "R" },
	{ "three bytes, cut", BYTES("\xe2\x82"), "RR" },
	{ "four bytes, cut", BYTES("\xf0\x9f\x98"), "RRR" },
	{ "two bytes, then a letter", BYTES("\xc3\x61"), "Ra" },
	{ "three bytes, then a letter", BYTES("\xe2\x82\x61"), "RRa" },
	{ "four bytes, then a letter", BYTES("\xf0\x9f\x98\x61"), "RRRa" },
	{ "four bytes, then a lead", BYTES("\xf0\x9f\x98\xc3"), "RRRR" },
	{ "two bytes with a NUL within", BYTES("\xc3\x00"), "R" },
	{ "longer than needed, U+0000", BYTES("\xc0\x80"), "RR" },
	{ "longer than needed, U+007F", BYTES("\xc1\xbf"), "RR" },
	{ "longer than needed, U+07FF", BYTES("\xe0\x9f\xbf"), "RRR" },
	{ "longer than needed, U+FFFF", BYTES("\xf0\x8f\xbf\xbf"), "RRRR" },
	{ "first surrogate", BYTES("\xed\xa0\x80"), "RRR" },
	{ "last high surrogate", BYTES("\xed\xaf\xbf"), "RRR" },
	{ "first low surrogate", BYTES("\xed\xb0\x80"), "RRR" },
	{ "last surrogate", BYTES("\xed\xbf\xbf"), "RRR" },
	{ "pair of surrogates", BYTES("\xed\xa0\xbd\xed\xb8\x80"), "RRRRRR" },
	{ "beyond the last, U+110000", BYTES("\xf4\x90\x80\x80"), "RRRR" },
	{ "far beyond the last", BYTES("\xf7\xbf\xbf\xbf"), "RRRR" },
	{ "five bytes", BYTES("\xf8\x88\x80\x80\x80"), "RRRRR" },
	{ "first lead of five for four", BYTES("\xf8\x90\x80\x80"), "RRRR" },
	{ "six bytes", BYTES("\xfc\x84\x80\x80\x80\x80"), "RRRRRR" },
	{ "byte that never is", BYTES("\xfe"), "R" },
	{ "last byte that never is", BYTES("\xff"), "R" },
	{ "continuation after text", BYTES("a\x80"), "aR" },
};

ROWS(bad_utf8);

/* Each byte that is not part of legal UTF-8 is replaced, and no other. */
static void replace_utf8(struct kunit *test)
{
	const struct bad_utf8_row *row = test->param_value;
	struct hvic_span in = exact_span(test, row->in.data, row->in.len);
	struct hvic_room out = exact_room(test, 2 * strlen(row->shown) + 2, 0xee);
	bool changed = false;
	size_t i;

	KUNIT_ASSERT_EQ(test, hvic_utf8_to_utf16(in, out, &changed), strlen(row->shown));
	KUNIT_EXPECT_TRUE(test, changed);
	for (i = 0; i <= strlen(row->shown); i++) {
		u16 unit = out.data[2 * i] | out.data[2 * i + 1] << 8;

		KUNIT_EXPECT_EQ(test, unit, row->shown[i] == 'R' ? 0xfffd : row->shown[i]);
	}
}

/* Every legal code point, there and back; beyond the first plane only some, to save time. */
static void every_code_point(struct kunit *test)
{
	u32 cp;

	for (cp = 1; cp <= 0x10ffff; cp += cp < 0x10000 ? 1 : 0x101) {
		bool surrogate = cp >= 0xd800 && cp <= 0xdfff;
		u8 wire[4], text[5], back[6];
		struct hvic_span in = { wire, 2 };
		bool changed = false;
		int bytes, units;

		if (cp < 0x10000) {
			poke16(wire, cp);
		} else {
			poke16(wire, 0xd7c0 + (cp >> 10));
			poke16(wire + 2, 0xdc00 | (cp & 0x3ff));
			in.len = 4;
		}

		bytes = hvic_utf16_to_utf8(in, (struct hvic_room){ text, sizeof(text) });
		KUNIT_ASSERT_EQ_MSG(test, bytes,
				    surrogate ? -EILSEQ :
				    1 + (cp > 0x7f) + (cp > 0x7ff) + (cp > 0xffff), "U+%X", cp);
		if (surrogate)
			continue;

		units = hvic_utf8_to_utf16((struct hvic_span){ text, bytes },
					   (struct hvic_room){ back, sizeof(back) }, &changed);
		KUNIT_ASSERT_EQ_MSG(test, units, in.len / 2, "U+%X", cp);
		KUNIT_ASSERT_EQ_MSG(test, changed, false, "U+%X", cp);
		KUNIT_ASSERT_EQ_MSG(test, memcmp(back, wire, in.len), 0, "U+%X", cp);
	}
}

/* HVIC_UTF8_SIZE() is enough room for any units. */
static void size_is_enough(struct kunit *test)
{
	static const struct hvic_span longest[] = {
		BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"),
		BYTES("\xff\xdb\xff\xdf\xff\xdb\xff\xdf"),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(longest); i++) {
		struct hvic_room out = exact_room(test, HVIC_UTF8_SIZE(4), 0xee);

		KUNIT_EXPECT_EQ(test, hvic_utf16_to_utf8(longest[i], out), i ? 8 : 12);
	}
}

static struct kunit_case utf16_cases[] = {
	KUNIT_CASE_PARAM(utf16_to_utf8, legal_gen_params),
	KUNIT_CASE_PARAM(utf16_to_utf8_lossy, legal_gen_params),
	KUNIT_CASE_PARAM(utf8_to_utf16, legal_gen_params),
	KUNIT_CASE_PARAM(stop_at_nul, legal_gen_params),
	KUNIT_CASE_PARAM(too_little_room, legal_gen_params),
	KUNIT_CASE(utf8_to_utf16_truncates),
	KUNIT_CASE(lossy_truncates),
	KUNIT_CASE_PARAM(refuse_utf16, bad_utf16_gen_params),
	KUNIT_CASE_PARAM(replace_utf16, bad_utf16_gen_params),
	KUNIT_CASE_PARAM(replace_utf8, bad_utf8_gen_params),
	KUNIT_CASE(every_code_point),
	KUNIT_CASE(size_is_enough),
	{}
};

static struct kunit_suite utf16_suite = {
	.name = "hv_ic_utf16",
	.test_cases = utf16_cases,
};

kunit_test_suite(utf16_suite);
