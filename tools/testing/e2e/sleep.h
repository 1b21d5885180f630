/* SPDX-License-Identifier: GPL-2.0 */
/* A guest that hibernates. */
#ifndef E2E_SLEEP_H
#define E2E_SLEEP_H

#include "e2e.h"

/** sleep_start_anew() - switch the machine on again, which has hibernated */
void sleep_start_anew(struct test *t);

/**
 * sleep_woken() - wait until the guest has found its image, and takes commands again
 * @ic: a service
 * @opens: how often its channel had been opened before
 */
void sleep_woken(struct test *t, struct ic *ic, unsigned int opens);

#endif
