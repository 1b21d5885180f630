/* SPDX-License-Identifier: GPL-2.0 */
/* Ends a run that hangs, and prints where. */
#ifndef E2E_WATCHDOG_H
#define E2E_WATCHDOG_H

/** watchdog_start() - start the watchdog, once, before the first watchdog_expect() */
void watchdog_start(void);

/**
 * watchdog_expect() - end the run unless the next call comes within @seconds
 * @what: what the run does until then
 *
 * If no call comes, it prints "Bail out!" and where each thread is, and ends the
 * process.
 */
void watchdog_expect(const char *what, unsigned int seconds);

#endif
