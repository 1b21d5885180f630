// SPDX-License-Identifier: GPL-2.0
#include "report.h"

#include <string.h>

#define COLUMN 16

static int max(int a, int b)
{
	return a > b ? a : b;
}

/* Bytes of the UTF-8 sequence at @p, 0 if there is none. */
static unsigned int utf8_length(const unsigned char *p)
{
	unsigned int n = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 :
			 *p < 0xf5 ? 4 : 0;

	for (unsigned int i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if (n == 3 && ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f)))
		return 0;
	if (n == 4 && ((*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f)))
		return 0;
	return n;
}

void report_quote(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	fputc('"', out);
	while (*p) {
		unsigned int n = utf8_length(p);

		if (!n) {
			fputs("\\ufffd", out);
			n = 1;
		} else if (*p == '"' || *p == '\\') {
			fprintf(out, "\\%c", *p);
		} else if (*p < 0x20 || *p == 0x7f) {
			fprintf(out, "\\u%04x", *p);
		} else {
			fwrite(p, 1, n, out);
		}
		p += n;
	}
	fputc('"', out);
}

static void key(struct report *report, const char *name)
{
	if (report->form == REPORT_JSON)
		fprintf(report->out, "%s\"%s\":", report->fields ? "," : "{", name);
	else if (report->fields)
		fprintf(report->out, "%*s", report->pad, "");
	report->fields++;
}

void report_begin(struct report *report, const char *record)
{
	report->fields = 0;
	if (report->form == REPORT_JSON)
		report_string(report, "record", record);
}

void report_string(struct report *report, const char *name, const char *value)
{
	key(report, name);
	if (report->form == REPORT_JSON)
		report_quote(report->out, value);
	else
		report->pad = 1 + max(COLUMN - fprintf(report->out, "%s", value), 0);
}

void report_number(struct report *report, const char *name, int64_t value)
{
	char text[96];

	if (report->form == REPORT_JSON) {
		key(report, name);
		fprintf(report->out, "%lld", (long long)value);
		return;
	}
	snprintf(text, sizeof(text), "%s %lld", name, (long long)value);
	report_string(report, name, text);
}

void report_bool(struct report *report, const char *name, bool value)
{
	if (report->form == REPORT_JSON) {
		key(report, name);
		fputs(value ? "true" : "false", report->out);
	} else if (value) {
		report_string(report, name, name);
	}
}

void report_end(struct report *report)
{
	fputs(report->form == REPORT_JSON ? "}\n" : "\n", report->out);
	fflush(report->out);
}
