// SPDX-License-Identifier: GPL-2.0
/* Strings of others, made harmless. */
#include "printable.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "array.h"
#include "unit.h"

static void printable(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "T\xc3\xbcr \xf0\x9f\x94\x8c", "T\xc3\xbcr \xf0\x9f\x94\x8c" },
		{ "a\nb\tc", "a\\x0ab\\x09c" },
		{ "\033[2J", "\\x1b[2J" },
		{ "back\\slash", "back\\\\slash" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b" "2J", "\\xc2\\x9b2J" },			/* C1 */
		{ "\xe2\x80\xae" "evil", "\\xe2\\x80\\xaeevil" },	/* right to left */
		{ "\xe2\x81\xa6" "x", "\\xe2\\x81\\xa6x" },		/* isolate */
		{ "\xe2\x80\x8f" "x", "\\xe2\\x80\\x8fx" },		/* mark */
		{ "\xd8\x9c", "\\xd8\\x9c" },				/* Arabic mark */
		{ "\xe2\x80\xa8" "\xe2\x80\xa9", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9" },	/* line ends */
		{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf" },			/* byte order mark */
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xc3", "\\xc3" },					/* cut short */
		{ "\xf0\x9f\x94", "\\xf0\\x9f\\x94" },
		{ "\xc0\x80", "\\xc0\\x80" },				/* overlong */
		{ "\xe0\x80\x8a", "\\xe0\\x80\\x8a" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },			/* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },		/* beyond */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *out = hvu_printable(rows[i].in, true);

		assert_string_equal(out, rows[i].out);
		free(out);
	}
}

/* To a terminal of 8 bits the second byte of U+04DB is the beginning of a sequence. */
static void not_utf8(void **state)
{
	char *out = hvu_printable("\xd3\x9b" "2J T\xc3\xbcr", false);

	(void)state;
	assert_string_equal(out, "\\xd3\\x9b2J T\\xc3\\xbcr");
	free(out);
}

static void json(void **state)
{
	static const struct {
		const char *in;
		bool utf8;
		const char *out;
		const char *again;	/* what a reader of it gets; NULL for @in */
	} rows[] = {
		{ "T\xc3\xbcr", true, "{\"t\":\"T\xc3\xbcr\"}", NULL },
		{ "T\xc3\xbcr", false, "{\"t\":\"T\\u00fcr\"}", NULL },
		{ "\x7f\xc2\x9b", true, "{\"t\":\"\\u007f\\u009b\"}", NULL },
		{ "\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf", true,
		  "{\"t\":\"\\u202e\\u2028\\ufeff\"}", NULL },
		{ "\xf3\xa0\x80\x81", true, "{\"t\":\"\\udb40\\udc01\"}", NULL },
		{ "\xf0\x9f\x94\x8c", false, "{\"t\":\"\\ud83d\\udd0c\"}", NULL },
		{ "a\n\"\\", true, "{\"t\":\"a\\n\\\"\\\\\"}", NULL },
		{ "\xff" "x", true, "{\"t\":\"\\ufffdx\"}", "\xef\xbf\xbdx" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_object *object = json_object_new_object(), *member;
		char *out;

		json_object_object_add(object, "t", json_object_new_string(rows[i].in));
		out = hvu_printable_json(json_object_to_json_string_ext(object,
									JSON_C_TO_STRING_PLAIN),
					 rows[i].utf8);
		json_object_put(object);
		assert_string_equal(out, rows[i].out);
		object = json_tokener_parse(out);
		assert_true(json_object_object_get_ex(object, "t", &member));
		assert_string_equal(json_object_get_string(member),
				    rows[i].again ? rows[i].again : rows[i].in);
		json_object_put(object);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable),
		cmocka_unit_test(not_utf8),
		cmocka_unit_test(json),
	};

	return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
