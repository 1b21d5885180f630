/* SPDX-License-Identifier: GPL-2.0 */
/* The programs that a shutdown request starts, caught so that the guest goes on. */
#ifndef E2E_POWEROFF_H
#define E2E_POWEROFF_H

#include "e2e.h"

/** poweroff_catch() - until the end of the case they leave a mark and do nothing */
void poweroff_catch(struct test *t);

/** poweroff_acted() - wait for the mark of @program, "poweroff" or "reboot", and take it away */
void poweroff_acted(struct test *t, const char *program);

/**
 * poweroff_idle() - expect that no program has left a mark
 *
 * Nor may one do so later, until poweroff_acted() or the end of the case.
 */
void poweroff_idle(struct test *t);

#endif
