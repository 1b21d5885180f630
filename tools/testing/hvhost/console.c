// SPDX-License-Identifier: GPL-2.0
#include "console.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* What a healthy kernel never prints: extended regular expressions */
static const char * const report_patterns[] = {
	"BUG:|kernel BUG at|WARNING:|Oops|Kernel panic|general protection fault",
	"KASAN:|KFENCE:|UBSAN:|refcount_t:|unchecked MSR access",
	"kmemleak: [0-9]+ new suspected",
	"soft lockup|hard LOCKUP|rcu.*stall|INFO: task .* blocked|possible deadlock",
	"cannot create duplicate filename|trying to register non-static key|nobody cared",
	"Call Trace:",
};

static bool is_report(const char *line)
{
	static regex_t regexes[ARRAY_SIZE(report_patterns)];
	static bool compiled;

	/* Under the lock of one host; hosts of one process run one after another. */
	for (size_t i = 0; i < ARRAY_SIZE(regexes) && !compiled; i++) {
		if (regcomp(&regexes[i], report_patterns[i], REG_EXTENDED | REG_NOSUB))
			abort();
	}
	compiled = true;
	for (size_t i = 0; i < ARRAY_SIZE(regexes); i++) {
		if (!regexec(&regexes[i], line, 0, NULL, 0))
			return true;
	}
	return false;
}

static void *grow(void *array, size_t count, size_t size)
{
	/* Doubles at powers of two. */
	if (count & (count - 1))
		return array;
	array = realloc(array, (count ? 2 * count : 1) * size);
	if (!array)
		abort();
	return array;
}

static void end_line(struct hv_host *host)
{
	struct hv_console *console = host->console;
	char *line;

	console->partial[console->partial_size] = '\0';
	console->partial_size = 0;
	line = strdup(console->partial);
	if (!line)
		abort();
	if (console->file) {
		fprintf(console->file, "%s\n", line);
		fflush(console->file);
	}
	console->lines = grow(console->lines, console->count, sizeof(*console->lines));
	console->lines[console->count++] = line;
	if (is_report(line)) {
		console->reports = grow(console->reports, console->report_count,
					sizeof(*console->reports));
		console->reports[console->report_count++] = console->count - 1;
		hv_emit(host, HV_EVENT_REPORT, NULL, "%s", line);
	}
	hv_wake(host);
}

void hv_console_byte(struct hv_host *host, uint8_t byte)
{
	struct hv_console *console = host->console;

	if (byte == '\r')
		return;
	if (byte == '\n') {
		end_line(host);
		return;
	}
	console->partial[console->partial_size++] = byte ? byte : ' ';
	if (console->partial_size == sizeof(console->partial) - 1)
		end_line(host);
}

void hv_console_free(struct hv_host *host)
{
	struct hv_console *console = host->console;

	for (size_t i = 0; i < console->count; i++)
		free(console->lines[i]);
	free(console->lines);
	free(console->reports);
	if (console->file)
		fclose(console->file);
	*console = (struct hv_console) {};
}

void hv_console_start(struct hv_host *host)
{
	char path[4096];

	hv_console_free(host);
	if (!host->config.logs)
		return;
	snprintf(path, sizeof(path), "%s/%s.console", host->config.logs, host->config.name);
	host->console->file = fopen(path, "a");
	if (!host->console->file)
		hv_complain("%s: %m; the console is kept in memory only", path);
}

char *hv_console_tail(struct hv_host *host, unsigned int lines)
{
	struct hv_console *console = host->console;
	char *text;
	size_t size, first;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	hv_lock(host);
	first = console->count > lines ? console->count - lines : 0;
	for (size_t i = first; i < console->count; i++)
		fprintf(out, "%s\n", console->lines[i]);
	if (console->partial_size)
		fprintf(out, "%.*s\n", (int)console->partial_size, console->partial);
	hv_unlock(host);
	fclose(out);
	return text;
}

size_t hv_console_find(struct hv_host *host, size_t from, const char *text)
{
	struct hv_console *console = host->console;
	size_t found = 0;

	hv_lock(host);
	for (size_t i = from; i < console->count && !found; i++) {
		if (strstr(console->lines[i], text))
			found = i + 1;
	}
	hv_unlock(host);
	return found;
}

size_t hv_console_lines(struct hv_host *host)
{
	size_t count;

	hv_lock(host);
	count = host->console->count;
	hv_unlock(host);
	return count;
}

const char *hv_console_line(struct hv_host *host, size_t number)
{
	return number < host->console->count ? host->console->lines[number] : NULL;
}

size_t hv_report(struct hv_host *host, size_t from)
{
	struct hv_console *console = host->console;
	size_t found = 0;

	hv_lock(host);
	for (size_t i = 0; i < console->report_count && !found; i++) {
		if (console->reports[i] >= from)
			found = console->reports[i] + 1;
	}
	hv_unlock(host);
	return found;
}
