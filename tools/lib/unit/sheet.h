/* SPDX-License-Identifier: GPL-2.0 */
/* Paper of which a test reads what was printed on it. */
#ifndef UNIT_SHEET_H
#define UNIT_SHEET_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "unit.h"

struct sheet {
	struct hvu_paper paper;
	char *text;
	size_t len;
};

static inline void open_sheet(struct sheet *sheet)
{
	memset(sheet, 0, sizeof(*sheet));
	sheet->paper.out = open_memstream(&sheet->text, &sheet->len);
	assert_non_null(sheet->paper.out);
}

static inline void expect_sheet(struct sheet *sheet, const char *text)
{
	fclose(sheet->paper.out);
	assert_string_equal(sheet->text, text);
	free(sheet->text);
}

#endif
