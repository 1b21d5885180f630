/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines of the log that can wait.
 *
 * While file systems are frozen the journal may be waiting for one of them, and who writes to it
 * waits with it.
 */
#ifndef HVIC_JOURNAL_H
#define HVIC_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "message.h"

#define HVIC_JOURNAL_LINES 64
#define HVIC_JOURNAL_LINE 256

/**
 * struct hvic_journal - lines that wait
 * @held: lines have to wait now
 * @n: how many have come since; the last ones are kept
 * @lines: by number, modulo how many there is room for
 */
struct hvic_journal {
	bool held;
	size_t n;
	struct {
		enum hvu_message message;
		enum hvu_log_level level;
		char text[HVIC_JOURNAL_LINE];
	} lines[HVIC_JOURNAL_LINES];
};

void hvic_journal(struct hvic_journal *journal, enum hvu_message message, enum hvu_log_level level,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));
void hvic_journal_hold(struct hvic_journal *journal);
void hvic_journal_flush(struct hvic_journal *journal);

#endif
