/* SPDX-License-Identifier: GPL-2.0 */
/* Ends a run that hangs, and tells where. */
#ifndef E2E_WATCHDOG_H
#define E2E_WATCHDOG_H

/** watchdog_start() - once, before the first watchdog_expect() */
void watchdog_start(void);

/**
 * watchdog_expect() - the next call comes within @seconds, or the run is over
 * @what: what is going on until then
 *
 * If none comes: "Bail out!", where each thread is, and the end of the process.
 */
void watchdog_expect(const char *what, unsigned int seconds);

#endif
