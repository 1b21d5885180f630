// SPDX-License-Identifier: GPL-2.0
/* Lines of the log that can wait: see journal.h. */
#include "journal.h"

#include <stdarg.h>
#include <stdio.h>

/** hvic_journal() - a line, now or when the journal is flushed; allocates nothing */
void hvic_journal(struct hvic_journal *journal, enum hvu_message message, enum hvu_log_level level,
		  const char *format, ...)
{
	size_t at = journal->n++ % HVIC_JOURNAL_LINES;
	va_list arguments;

	journal->lines[at].message = message;
	journal->lines[at].level = level;
	va_start(arguments, format);
	vsnprintf(journal->lines[at].text, HVIC_JOURNAL_LINE, format, arguments);
	va_end(arguments);
	if (!journal->held)
		hvic_journal_flush(journal);
}

/** hvic_journal_hold() - lines have to wait from now on */
void hvic_journal_hold(struct hvic_journal *journal)
{
	journal->held = true;
}

/** hvic_journal_flush() - nothing has to wait any more */
void hvic_journal_flush(struct hvic_journal *journal)
{
	size_t lost = journal->n > HVIC_JOURNAL_LINES ? journal->n - HVIC_JOURNAL_LINES : 0;

	if (lost)
		hvu_log(HVU_LOG_WARNING, "(%zu lines before these are lost)", lost);
	for (size_t i = lost; i < journal->n; i++) {
		size_t at = i % HVIC_JOURNAL_LINES;

		hvu_message(journal->lines[at].message, journal->lines[at].level, "%s",
			    journal->lines[at].text);
	}
	journal->n = 0;
	journal->held = false;
}
