/* SPDX-License-Identifier: GPL-2.0 */
/* Lines for the journal, or for whoever reads standard error. */
#ifndef HVIC_LOG_H
#define HVIC_LOG_H

/* As in syslog(3). */
enum hvic_level { HVIC_ERROR = 3, HVIC_WARNING = 4, HVIC_NOTICE = 5, HVIC_INFO = 6 };

void hvic_log(enum hvic_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
