// SPDX-License-Identifier: GPL-2.0
/* Lines for the journal, or for the reader of standard error. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** hvu_log() - a line; the journal wants its level before it */
void hvu_log(enum hvu_log_level level, const char *format, ...)
{
	va_list arguments;

	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>", level);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}
