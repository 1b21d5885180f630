// SPDX-License-Identifier: GPL-2.0
/* Tables for people, by libsmartcols. */
#include "table.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"

/**
 * struct hvu_table - a table
 * @table: of libsmartcols
 * @row: that is being filled
 * @column: in it, where the next cell goes
 * @columns: how many there are
 * @broken: there was no memory: better no table than half of one
 */
struct hvu_table {
	struct libscols_table *table;
	struct libscols_line *row;
	size_t column;
	size_t columns;
	bool broken;
};

/**
 * hvu_table_new() - a table without rows
 * @heads: of the columns, in capital letters by habit
 * @columns: how many
 *
 * Return: the table, for hvu_table_print(); NULL without memory, which the other
 * functions take, too.
 */
struct hvu_table *hvu_table_new(const char *const *heads, size_t columns)
{
	struct hvu_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = columns;
	table->table = scols_new_table();
	table->broken = !table->table;
	for (size_t i = 0; i < columns && !table->broken; i++)
		table->broken = !scols_table_new_column(table->table, heads[i], 0,
							i + 1 == columns ? SCOLS_FL_TRUNC : 0);
	return table;
}

/** hvu_table_add() - the next cell; rows are full when their columns are */
void hvu_table_add(struct hvu_table *table, enum hvu_tone tone, const char *format, ...)
{
	struct libscols_cell *cell;
	va_list arguments;
	char *text;

	if (!table || table->broken)
		return;
	table->broken = true;
	if (!table->column)
		table->row = scols_table_new_line(table->table, NULL);
	cell = table->row ? scols_line_get_cell(table->row, table->column) : NULL;
	if (!cell)
		return;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (!text)
		return;
	scols_cell_refer_data(cell, text);
	scols_cell_set_userdata(cell, (void *)(uintptr_t)tone);
	table->column = (table->column + 1) % table->columns;
	table->broken = false;
}

/* Strings of others are in the cells as well. False without memory. */
static bool dress_cell(struct libscols_cell *cell, enum hvu_tone tone,
		       const struct hvu_paper *paper)
{
	const char *data = scols_cell_get_data(cell);
	char *text = hvu_printable(data ? data : "", paper->utf8);

	if (!text)
		return false;
	scols_cell_refer_data(cell, text);
	return !paper->colour || tone == HVU_PLAIN ||
		!scols_cell_set_color(cell, hvu_tone_start(paper, tone));
}

static bool dress(struct hvu_table *table, const struct hvu_paper *paper)
{
	struct libscols_cell *cell;
	struct libscols_line *row;
	bool good = !table->broken;

	for (size_t i = 0; i < table->columns && good; i++) {
		cell = scols_column_get_header(scols_table_get_column(table->table, i));
		good = dress_cell(cell, HVU_HEAD, paper);
	}
	for (size_t n = 0; good && (row = scols_table_get_line(table->table, n)); n++) {
		for (size_t i = 0; i < table->columns && good; i++) {
			cell = scols_line_get_cell(row, i);
			good = dress_cell(cell, (uintptr_t)scols_cell_get_userdata(cell), paper);
		}
	}
	return good;
}

/**
 * hvu_table_print() - print a table with its cells made printable, and free it
 * @table: the table
 * @paper: where to; on a terminal the last column is cut where the line ends
 */
void hvu_table_print(struct hvu_table *table, const struct hvu_paper *paper)
{
	if (!table)
		return;
	if (dress(table, paper)) {
		/* It is printable by our own rule, which is stricter. */
		scols_table_enable_noencoding(table->table, 1);
		scols_table_enable_colors(table->table, paper->colour);
		scols_table_set_column_separator(table->table, "  ");
		scols_table_set_stream(table->table, paper->out);
		scols_table_set_termforce(table->table, paper->width ? SCOLS_TERMFORCE_ALWAYS :
					  SCOLS_TERMFORCE_NEVER);
		if (paper->width)
			scols_table_set_termwidth(table->table, paper->width);
		scols_print_table(table->table);
	} else {
		fprintf(stderr, "hvic: %s\n", strerror(ENOMEM));
	}
	scols_unref_table(table->table);
	free(table);
}
