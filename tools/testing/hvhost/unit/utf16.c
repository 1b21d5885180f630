// SPDX-License-Identifier: GPL-2.0
/* UTF-16 as on the wire, both ways, and what must be refused. */
#include <errno.h>
#include <string.h>

#include "ic.h"
#include "unit.h"
#include "utf16.h"

static void round_trip(const char *text, int units)
{
	uint16_t wire[64];
	char back[256];
	int bytes = utf16_from_utf8(wire, 64, text);
	int n = utf16_to_utf8(back, sizeof(back), wire, 64);

	unit_check(bytes == 2 * (units + 1) && n == units && !strcmp(back, text),
		   "\"%s\" is %d units and comes back", text, units);
}

static void not_utf8(const char *what, const char *text)
{
	uint16_t wire[64];

	unit_check(utf16_from_utf8(wire, 64, text) == -EINVAL, "refuses %s", what);
}

static void not_utf16(const char *what, uint16_t first, uint16_t second)
{
	uint16_t wire[3] = { first, second, 0 };
	char text[32];

	unit_check(utf16_to_utf8(text, sizeof(text), wire, 3) == -EILSEQ, "refuses %s", what);
}

int main(void)
{
	uint16_t wire[8] = { 'a', 'b', 'c', 'd' };
	char text[8];

	round_trip("", 0);
	round_trip("plain", 5);
	round_trip("gr\xc3\xbcn", 4);
	round_trip("\xe2\x82\xac", 1);
	round_trip("\xf0\x9f\x94\x8c!", 3);
	not_utf8("a lone continuation", "\x80");
	not_utf8("a sequence that ends early", "\xe2\x82");
	not_utf8("an overlong slash", "\xc0\xaf");
	not_utf8("an overlong euro", "\xf0\x82\x82\xac");
	not_utf8("a surrogate", "\xed\xa0\x80");
	not_utf8("a point beyond Unicode", "\xf4\x90\x80\x80");
	not_utf8("a byte that never occurs", "\xff");
	not_utf16("a low surrogate alone", 0xdc00, 'x');
	not_utf16("a high surrogate at the end", 0xd83d, 0);
	not_utf16("two high surrogates", 0xd83d, 0xd83d);
	unit_check(utf16_from_utf8(wire, 3, "abc") == -EMSGSIZE, "no room for the NUL");
	unit_check(utf16_from_utf8(wire, 4, "abc") == 8, "just enough room");
	unit_check(utf16_from_utf8(wire, 2, "\xf0\x9f\x94\x8c") == -EMSGSIZE,
		   "no room behind a pair");
	for (int i = 0; i < 4; i++)
		wire[i] = 'x';
	unit_check(utf16_to_utf8(text, 4, wire, 4) == -EMSGSIZE, "no room for text");
	unit_check(utf16_to_utf8(text, 5, wire, 4) == 4, "a field without NUL ends at its end");

	unit_check(!strcmp(ic_result_text(0x80070103), "0x80070103 no more items"),
		   "a status has its name");
	unit_check(!strcmp(ic_result_text(0x12345678), "0x12345678"), "or at least its number");
	unit_check(strstr(ic_result_text(-EPROTO), "rule"), "an errno has words");
	return unit_done();
}
