// SPDX-License-Identifier: GPL-2.0
/* Tables for people. */
#include "table.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "sheet.h"

static const char *const heads[] = { "NAME", "WHAT" };

static void table_aligned(void **state)
{
	struct hvu_table *table = hvu_table_new(heads, 2);
	struct sheet sheet;

	(void)state;
	open_sheet(&sheet);
	sheet.paper.utf8 = true;
	hvu_table_add(table, HVU_PLAIN, "%s", "longer than head");
	hvu_table_add(table, HVU_PLAIN, "%d", 1);
	hvu_table_add(table, HVU_PLAIN, "T\xc3\xbcr");
	hvu_table_add(table, HVU_PLAIN, "\033");
	hvu_table_print(table, &sheet.paper);
	expect_sheet(&sheet, "NAME              WHAT\n"
		     "longer than head  1\n"
		     "T\xc3\xbcr               \\x1b\n");
}

static void table_coloured(void **state)
{
	struct hvu_table *table = hvu_table_new(heads, 2);
	struct sheet sheet;

	(void)state;
	open_sheet(&sheet);
	sheet.paper.colour = true;
	hvu_table_add(table, HVU_GOOD, "a");
	hvu_table_add(table, HVU_PLAIN, "b");
	hvu_table_print(table, &sheet.paper);
	expect_sheet(&sheet, "\033[1mNAME\033[0m  \033[1mWHAT\033[0m\n\033[32ma   \033[0m  b\n");
}

static void table_cut(void **state)
{
	struct hvu_table *table = hvu_table_new(heads, 2);
	struct sheet sheet;

	(void)state;
	open_sheet(&sheet);
	sheet.paper.utf8 = true;
	sheet.paper.width = 10;
	hvu_table_add(table, HVU_PLAIN, "a");
	hvu_table_add(table, HVU_PLAIN, "\xc3\xbc" "23456789");
	hvu_table_print(table, &sheet.paper);
	expect_sheet(&sheet, "NAME  WHAT\na     \xc3\xbc" "234\n");
}

/* Characters that take two columns, and none. */
static void table_wide(void **state)
{
	struct hvu_table *table = hvu_table_new(heads, 2);
	struct sheet sheet;

	(void)state;
	open_sheet(&sheet);
	sheet.paper.utf8 = true;
	sheet.paper.width = 13;
	hvu_table_add(table, HVU_PLAIN, "\u65e5\u672c\u8a9e");
	hvu_table_add(table, HVU_PLAIN, "\u65e5\u672c\u65e5");
	hvu_table_add(table, HVU_PLAIN, "e\u0301");
	hvu_table_add(table, HVU_PLAIN, "\\");
	hvu_table_print(table, &sheet.paper);
	expect_sheet(&sheet, "NAME    WHAT\n"
		     "\u65e5\u672c\u8a9e  \u65e5\u672c\n"
		     "e\u0301       \\\\\n");
}

/* What is no terminal gets it all, however long that is. */
static void table_uncut(void **state)
{
	struct hvu_table *table = hvu_table_new(heads, 2);
	char longer[1001], text[1100];
	struct sheet sheet;

	(void)state;
	memset(longer, 'x', 1000);
	longer[1000] = '\0';
	open_sheet(&sheet);
	hvu_table_add(table, HVU_PLAIN, "a");
	hvu_table_add(table, HVU_PLAIN, "%s", longer);
	hvu_table_print(table, &sheet.paper);
	snprintf(text, sizeof(text), "NAME  WHAT\na     %s\n", longer);
	expect_sheet(&sheet, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_aligned),
		cmocka_unit_test(table_coloured),
		cmocka_unit_test(table_cut),
		cmocka_unit_test(table_wide),
		cmocka_unit_test(table_uncut),
	};

	/* As is the paper that takes UTF-8. */
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
