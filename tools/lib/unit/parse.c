// SPDX-License-Identifier: GPL-2.0
/* What people write on a command line. */
#include "parse.h"

#include <errno.h>

#include "array.h"
#include "unit.h"

static void spans(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t ms;
	} rows[] = {
		{ "30", 0, 30000 }, { "0", 0, 0 }, { "30s", 0, 30000 }, { "1.5s", 0, 1500 },
		{ "0.001", 0, 1 }, { "200ms", 0, 200 }, { "5min", 0, 300000 }, { "5m", 0, 300000 },
		{ "2h", 0, 7200000 }, { "1d", 0, 86400000 }, { "0.5d", 0, 43200000 },
		{ "", -EINVAL, 0 }, { "s", -EINVAL, 0 }, { "-1s", -EINVAL, 0 },
		{ "+1s", -EINVAL, 0 }, { " 1s", -EINVAL, 0 }, { "1 s", -EINVAL, 0 },
		{ "1s ", -EINVAL, 0 }, { "1.s", -EINVAL, 0 }, { ".5s", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 }, { "1e3", -EINVAL, 0 }, { "0x10", -EINVAL, 0 },
		{ "nan", -EINVAL, 0 }, { "inf", -EINVAL, 0 },
		{ "0.5ms", -ERANGE, 0 }, { "0.0001s", -ERANGE, 0 },
		{ "0.00000001d", -ERANGE, 0 },
		{ "99999999999999999999", -ERANGE, 0 }, { "18446744073709551615d", -ERANGE, 0 },
		{ "37000d", -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t ms = 0;

		assert_int_equal(hvu_parse_span(rows[i].text, &ms), rows[i].ret);
		if (!rows[i].ret)
			assert_int_equal(ms, rows[i].ms);
	}
}

static void words(void **state)
{
	static const char *const list[] = { "off", "on", NULL };

	(void)state;
	assert_int_equal(hvu_parse_word("off", list), 0);
	assert_int_equal(hvu_parse_word("on", list), 1);
	assert_int_equal(hvu_parse_word("o", list), -EINVAL);
	assert_int_equal(hvu_parse_word("", list), -EINVAL);
}

static void numbers(void **state)
{
	uint64_t number;

	(void)state;
	assert_int_equal(hvu_parse_number("10", 10, &number), 0);
	assert_int_equal(number, 10);
	assert_int_equal(hvu_parse_number("11", 10, &number), -ERANGE);
	assert_int_equal(hvu_parse_number("99999999999999999999", UINT64_MAX, &number), -ERANGE);
	assert_int_equal(hvu_parse_number("-1", 10, &number), -EINVAL);
	assert_int_equal(hvu_parse_number("", 10, &number), -EINVAL);
	assert_int_equal(hvu_parse_number("1a", 10, &number), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans),
		cmocka_unit_test(words),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
