/* SPDX-License-Identifier: GPL-2.0 */
/* The programs that a shutdown request starts, caught so that the guest goes on. */
#ifndef E2E_POWEROFF_H
#define E2E_POWEROFF_H

#include "e2e.h"

/** helpers_catch() - until the end of the case they leave a mark and do nothing */
void helpers_catch(struct test *t);

/** helpers_acted() - wait for the mark of one, "poweroff" or "reboot", and take it away */
void helpers_acted(struct test *t, const char *helper);

/** helpers_idle() - none has left a mark */
void helpers_idle(struct test *t);

#endif
