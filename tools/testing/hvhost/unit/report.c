// SPDX-License-Identifier: GPL-2.0
/* JSON lines that every parser takes, and words that are split as written. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "unit.h"

static void quote(const char *text, const char *expected)
{
	char *got;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	report_quote(out, text);
	fclose(out);
	unit_check(!strcmp(got, expected), "%s", expected);
	if (strcmp(got, expected))
		printf("# got %s\n", got);
	free(got);
}

static void one_line(enum report_form form, const char *expected)
{
	struct report report = { .form = form };
	char *got;
	size_t size;

	report.out = open_memstream(&got, &size);
	report_begin(&report, "service");
	report_string(&report, "name", "kvp");
	report_number(&report, "sent", -5);
	report_bool(&report, "ok", true);
	report_end(&report);
	fclose(report.out);
	unit_check(!strcmp(got, expected), "a record is one line: %.*s",
		   (int)strcspn(expected, "\n"), expected);
	if (strcmp(got, expected))
		printf("# got %s", got);
	free(got);
}

static void split(const char *line, int n, const char *last)
{
	size_t size = strlen(line) + 2;
	char *copy = malloc(size), **words = calloc(size / 2, sizeof(*words));
	int got = command_split(line, copy, words);

	unit_check(got == n && (n < 1 || !strcmp(words[n - 1], last)),
		   "'%.*s' has %d words", (int)strcspn(line, "\n"), line, n);
	free(words);
	free(copy);
}

static void count(const char *word, void *context)
{
	++*(int *)context;
}

static void complete(const char *line, int expected)
{
	int n = 0;

	command_complete(line, count, &n);
	unit_check(n == expected, "'%s' can go on in %d ways", line, expected);
}

int main(void)
{
	quote("plain", "\"plain\"");
	quote("a \"b\" \\ c", "\"a \\\"b\\\" \\\\ c\"");
	quote("line\nbreak\x1b[2J", "\"line\\u000abreak\\u001b[2J\"");
	quote("gr\xc3\xbcn \xf0\x9f\x94\x8c", "\"gr\xc3\xbcn \xf0\x9f\x94\x8c\"");
	quote("bad \xff\xc3(\xed\xa0\x80", "\"bad \\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd\"");
	one_line(REPORT_JSON, "{\"record\":\"service\",\"name\":\"kvp\",\"sent\":-5,\"ok\":true}\n");
	one_line(REPORT_TEXT, "kvp              sent -5          ok\n");
	split("", 0, "");
	split("  status\n", 1, "status");
	split("stop force \"two words\"", 3, "two words");
	split("kvp set \"\" x", 4, "x");
	split("a b c d e f g h i j k l m n o p q", 17, "q");
	split("stop \"no end", -1, "");
	complete("sta", 2);
	complete("rescind ", IC_COUNT);
	complete("rescind h", 1);
	complete("nothing", 0);
	return unit_done();
}
