/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's console. The log since hv_start() is kept as lines without CR, and watched for
 * reports of the kernel.
 */
#ifndef HVHOST_CONSOLE_H
#define HVHOST_CONSOLE_H

#include "host.h"

/**
 * hv_console_tail() - the last @lines lines of the console
 * Return: text to be freed by the caller, never NULL.
 */
char *hv_console_tail(struct hv_host *host, unsigned int lines);

/**
 * hv_console_find() - does the console show @text after line @from?
 * Return: 1 + the number of the first such line (usable as the next @from),
 * 0 if there is none.
 */
size_t hv_console_find(struct hv_host *host, size_t from, const char *text);

/** hv_console_lines() - number of lines so far: a mark for hv_console_find() */
size_t hv_console_lines(struct hv_host *host);

/**
 * hv_console_line() - one line of the console
 * Return: valid while the lock is held; NULL beyond the end.
 */
const char *hv_console_line(struct hv_host *host, size_t number);

/**
 * hv_report() - look for a kernel report (BUG, WARNING, Oops, KASAN, a stall, ...)
 * @from: line of the console to begin with
 * Return: 0, or one more than the number of the line: where to look for the next.
 */
size_t hv_report(struct hv_host *host, size_t from);

/* For the files of the library */

struct hv_console {
	FILE *file;
	char **lines;
	size_t count;
	char partial[1024];
	size_t partial_size;
	size_t *reports;		/* numbers of lines */
	size_t report_count;
};

/** hv_console_start() - forget the last machine's lines, and open the log */
void hv_console_start(struct hv_host *host);

/** hv_console_byte() - the guest wrote to its first serial line */
void hv_console_byte(struct hv_host *host, uint8_t byte);

void hv_console_free(struct hv_host *host);

#endif
