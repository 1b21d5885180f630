/* SPDX-License-Identifier: GPL-2.0 */
/* Lines for the journal, or for the reader of standard error. */
#ifndef HVU_LOG_H
#define HVU_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* As in syslog(3). */
enum hvu_log_level { HVU_LOG_ERROR = 3, HVU_LOG_WARNING = 4, HVU_LOG_NOTICE = 5, HVU_LOG_INFO = 6 };

void hvu_log(enum hvu_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* So many lines in a minute about what a host does as often as it likes. */
#define HVU_LOG_LIMIT 20

/**
 * struct hvu_limit - what bounds the lines about one matter; zeroed at first
 * @since_ms: CLOCK_MONOTONIC, when they were counted from
 * @lines: since then
 * @unsaid: those that were left out
 */
struct hvu_limit {
	int64_t since_ms;
	unsigned int lines;
	unsigned int unsaid;
};

bool hvu_log_may(struct hvu_limit *limit, const char *matter);

#endif
