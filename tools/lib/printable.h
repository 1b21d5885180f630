/* SPDX-License-Identifier: GPL-2.0 */
/* Strings of others, made harmless for terminals. */
#ifndef HVU_PRINTABLE_H
#define HVU_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t hvu_character(const char *bytes, uint32_t *character);
bool hvu_is_utf8(void);
char *hvu_printable(const char *text, bool utf8);
char *hvu_printable_json(const char *json, bool utf8);

#endif
