/* SPDX-License-Identifier: GPL-2.0 */
/* Traffic on all channels of the guest while a case does something to them. */
#ifndef E2E_LOAD_H
#define E2E_LOAD_H

#include "e2e.h"

/**
 * load_start() - heartbeats and time samples, one after the other, from a thread
 *
 * A close or a NEGOTIATE may void requests. Any other request that is not
 * answered, or a broken rule, fails the case at its end. The load ends with the
 * case at the latest.
 */
void load_start(struct test *t);

/** load_stop() - returns how many transactions were completed */
unsigned long load_stop(struct test *t);

#endif
