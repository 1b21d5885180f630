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

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 }, { "512", 512 }, { "512B", 512 }, { "4k", 4096 }, { "64M", 64ULL << 20 },
		{ "64MB", 64ULL << 20 }, { "1GiB", 1ULL << 30 }, { "16777215T", 16777215ULL << 40 },
	};
	static const char *const bad[] = { "", "-1", "M", "1.5G", "1 M", "1MM", "1iB", "1Mi", "1X" };
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(hvu_parse_size(good[i].text, &bytes), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(hvu_parse_size(bad[i], &bytes), -EINVAL);
	assert_int_equal(hvu_parse_size("16777216T", &bytes), -ERANGE);
	assert_int_equal(hvu_parse_size("99999999999999999999", &bytes), -ERANGE);
}

static void yes_no(void **state)
{
	bool yes = false;

	(void)state;
	assert_int_equal(hvu_parse_yes_no("yes", &yes), 0);
	assert_true(yes);
	assert_int_equal(hvu_parse_yes_no("off", &yes), 0);
	assert_false(yes);
	assert_int_equal(hvu_parse_yes_no("", &yes), -EINVAL);
	assert_int_equal(hvu_parse_yes_no("2", &yes), -EINVAL);
}

static void distances(void **state)
{
	(void)state;
	assert_int_equal(hvu_distance("", ""), 0);
	assert_int_equal(hvu_distance("pool", "pools"), 1);
	assert_int_equal(hvu_distance("pools", "pool"), 1);
	assert_int_equal(hvu_distance("kitten", "sitting"), 3);
	assert_int_equal(hvu_distance("abc", ""), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans),
		cmocka_unit_test(words),
		cmocka_unit_test(numbers),
		cmocka_unit_test(sizes),
		cmocka_unit_test(yes_no),
		cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
