// SPDX-License-Identifier: GPL-2.0
/* Text for people. */
#include "text.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "sheet.h"

#define SECOND 1000000000ULL

static void spans(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "0 ns" }, { 999, "999 ns" }, { 1000, "1.0 us" }, { 12345, "12.3 us" },
		{ 123456, "123 us" }, { 1500000, "1.5 ms" }, { 2 * SECOND, "2.0 s" },
		{ 59 * SECOND, "59.0 s" }, { 61 * SECOND, "1 min 1 s" },
		{ 3600 * SECOND, "1 h 0 min" }, { 90000 * SECOND, "1 d 1 h" },
		{ UINT64_MAX, "213503 d 23 h" },
	};
	char buf[HVU_SPAN_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(hvu_span(buf, rows[i].ns), rows[i].text);
	assert_string_equal(hvu_offset(buf, -1500000), "-1.5 ms");
	assert_string_equal(hvu_offset(buf, 1500000), "+1.5 ms");
	assert_string_equal(hvu_offset(buf, INT64_MIN), "-106751 d 23 h");
	assert_string_equal(hvu_age(buf, 59999), "59 s");
	assert_string_equal(hvu_age(buf, 60000), "1 min");
	assert_string_equal(hvu_age(buf, 7200000), "2 h");
	assert_string_equal(hvu_age(buf, 200000000), "2 d");
}

static void plot(void **state)
{
	static const int64_t values[] = { -3000, 0, 3000 };
	struct sheet sheet;

	(void)state;
	open_sheet(&sheet);
	hvu_plot(&sheet.paper, values, 3);
	expect_sheet(&sheet, "       +3.0 us |  *\n"
		     "               |   \n"
		     "               |   \n"
		     "             0 |-*-\n"
		     "               |   \n"
		     "               |   \n"
		     "       -3.0 us |*  \n");
}

/* Only the newest have room; and values at the ends of the range do not overflow. */
static void plot_extremes(void **state)
{
	int64_t values[200] = { 0 };
	struct sheet sheet;
	unsigned int rows = 0;

	(void)state;
	values[0] = INT64_MIN;
	values[198] = INT64_MIN;
	values[199] = INT64_MAX;
	open_sheet(&sheet);
	sheet.paper.width = 40;
	sheet.paper.utf8 = true;
	hvu_plot(&sheet.paper, values, ARRAY_SIZE(values));
	fclose(sheet.paper.out);
	for (char *line = strtok(sheet.text, "\n"); line; line = strtok(NULL, "\n")) {
		assert_true(mbstowcs(NULL, line, 0) <= 40);
		rows++;
	}
	assert_int_equal(rows, 7);
	free(sheet.text);
}

static void plot_flat(void **state)
{
	static const int64_t values[] = { 0, 0 };
	struct sheet sheet;

	(void)state;
	open_sheet(&sheet);
	hvu_plot(&sheet.paper, values, 2);
	fclose(sheet.paper.out);
	assert_non_null(strstr(sheet.text, "             0 |**\n"));
	free(sheet.text);
}

static void cuts(void **state)
{
	static const struct {
		unsigned int width;
		const char *line;
		const char *cut;
	} rows[] = {
		{ 0, "any length", "any length" },
		{ 6, "fits", "fits" },
		{ 5, "fits", "fits" },
		{ 4, "fits", "fit" },
		{ 1, "fits", "" },
		/* Letters of two bytes, of two columns, and of none. */
		{ 4, "\u00fc\u00fc\u00fc\u00fc", "\u00fc\u00fc\u00fc" },
		{ 4, "\u6587\u6587\u6587", "\u6587" },
		{ 4, "u\u0308u\u0308u\u0308u", "u\u0308u\u0308u\u0308" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct hvu_paper paper = { .utf8 = true, .width = rows[i].width };
		char line[64];

		strcpy(line, rows[i].line);
		hvu_cut(&paper, line);
		assert_string_equal(line, rows[i].cut);
	}
}

static void colours(void **state)
{
	struct hvu_paper paper;
	FILE *file = tmpfile();

	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	hvu_paper_init(&paper, file, HVU_COLOUR_AUTO);
	assert_false(paper.colour);		/* no terminal */
	assert_int_equal(paper.width, 0);
	hvu_paper_init(&paper, file, HVU_COLOUR_ALWAYS);
	assert_true(paper.colour);
	fclose(file);

	file = fopen("/dev/ptmx", "r+");
	if (!file)
		skip();
	hvu_paper_init(&paper, file, HVU_COLOUR_AUTO);
	assert_true(paper.colour);
	assert_true(paper.width > 0);
	setenv("NO_COLOR", "1", 1);
	hvu_paper_init(&paper, file, HVU_COLOUR_AUTO);
	assert_false(paper.colour);
	hvu_paper_init(&paper, file, HVU_COLOUR_ALWAYS);
	assert_true(paper.colour);
	setenv("NO_COLOR", "", 1);		/* as if it were not set */
	hvu_paper_init(&paper, file, HVU_COLOUR_AUTO);
	assert_true(paper.colour);
	setenv("TERM", "dumb", 1);
	hvu_paper_init(&paper, file, HVU_COLOUR_AUTO);
	assert_false(paper.colour);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans),
		cmocka_unit_test(plot),
		cmocka_unit_test(plot_extremes),
		cmocka_unit_test(plot_flat),
		cmocka_unit_test(cuts),
		cmocka_unit_test(colours),
	};

	/* As is the paper that takes UTF-8. */
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
