// SPDX-License-Identifier: GPL-2.0
/* Lines for the journal, or for the reader of standard error. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

#define MINUTE_MS 60000

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

/**
 * hvu_log_may() - may there be a line more?
 * @limit: of the matter
 * @matter: what the lines are about, for the one that says how many were left out
 */
bool hvu_log_may(struct hvu_limit *limit, const char *matter)
{
	int64_t now_ms = hvu_now_ms();

	if (!limit->lines || now_ms - limit->since_ms >= MINUTE_MS) {
		if (limit->unsaid)
			hvu_log(HVU_LOG_NOTICE, "%u more lines about %s were left out",
				limit->unsaid, matter);
		*limit = (struct hvu_limit){ .since_ms = now_ms };
	}
	if (limit->lines++ < HVU_LOG_LIMIT)
		return true;
	limit->unsaid++;
	return false;
}
