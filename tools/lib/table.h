/* SPDX-License-Identifier: GPL-2.0 */
/* Tables for people. */
#ifndef HVU_TABLE_H
#define HVU_TABLE_H

#include "text.h"

struct hvu_table;
struct hvu_table *hvu_table_new(const char *const *heads, size_t columns);
void hvu_table_add(struct hvu_table *table, enum hvu_tone tone, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void hvu_table_print(struct hvu_table *table, const struct hvu_paper *paper);

#endif
