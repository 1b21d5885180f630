/* SPDX-License-Identifier: GPL-2.0 */
/* What people write on a command line, or in a file. */
#ifndef HVU_PARSE_H
#define HVU_PARSE_H

#include <stdbool.h>
#include <stdint.h>

int hvu_parse_span(const char *text, uint64_t *ms);
int hvu_parse_word(const char *text, const char *const *words);
int hvu_parse_yes_no(const char *text, bool *yes);
int hvu_parse_size(const char *text, uint64_t *bytes);
unsigned int hvu_distance(const char *a, const char *b);
int hvu_parse_number(const char *text, uint64_t max, uint64_t *number);

#endif
