/* SPDX-License-Identifier: GPL-2.0 */
/* Lines for the journal, or for the reader of standard error. */
#ifndef HVU_LOG_H
#define HVU_LOG_H

/* As in syslog(3). */
enum hvu_log_level { HVU_LOG_ERROR = 3, HVU_LOG_WARNING = 4, HVU_LOG_NOTICE = 5, HVU_LOG_INFO = 6 };

void hvu_log(enum hvu_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
