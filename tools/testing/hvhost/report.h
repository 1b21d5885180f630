/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What commands have to say: as JSON, an object a line, or as text for people.
 *
 *	report_begin(r, "service");
 *	report_string(r, "name", "heartbeat");
 *	report_number(r, "beats", 12);
 *	report_end(r);
 *
 * gives {"record":"service","name":"heartbeat","beats":12}, or a row
 * of columns.
 */
#ifndef HVHOST_REPORT_H
#define HVHOST_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum report_form { REPORT_JSON, REPORT_TEXT };

struct report {
	FILE *out;
	enum report_form form;
	unsigned int fields;		/* of the record that is open */
	int pad;			/* blanks before the next column */
};

void report_begin(struct report *report, const char *record);
void report_string(struct report *report, const char *key, const char *value);
void report_number(struct report *report, const char *key, int64_t value);
void report_bool(struct report *report, const char *key, bool value);
void report_end(struct report *report);

/** report_quote() - @text as a JSON string; bytes that are no UTF-8 become U+FFFD */
void report_quote(FILE *out, const char *text);

#endif
