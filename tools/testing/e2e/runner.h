/* SPDX-License-Identifier: GPL-2.0 */
/* Between main.c, which runs cases, and test.c, which cases call. */
#ifndef E2E_RUNNER_H
#define E2E_RUNNER_H

#include "e2e.h"

#define CASE_SECONDS 600		/* a case that takes longer, or a round of one, hangs */

/** test_seconds() - on a clock that only goes forward */
double test_seconds(void);

/** test_restore() - restore what test_touch() noted; may end the case by a failure */
void test_restore(struct test *t);

/** test_free() - free the memory of the case */
void test_free(struct test *t);

#endif
