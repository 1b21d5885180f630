/* SPDX-License-Identifier: GPL-2.0 */
/* The least that a TAP test needs: numbered checks, and a plan at the end. */
#ifndef HVHOST_UNIT_H
#define HVHOST_UNIT_H

#include <stdbool.h>
#include <stdio.h>

static unsigned int unit_checks, unit_failures;

/** unit_check() - one line of TAP; @what says what should be */
#define unit_check(condition, ...)					\
	do {								\
		bool unit_good = (condition);				\
									\
		unit_failures += !unit_good;				\
		printf("%sok %u - ", unit_good ? "" : "not ", ++unit_checks); \
		printf(__VA_ARGS__);					\
		printf("\n");						\
		if (!unit_good)						\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
	} while (0)

/** unit_done() - the plan, and the exit status for main() */
static inline int unit_done(void)
{
	printf("1..%u\n", unit_checks);
	return unit_failures != 0;
}

#endif
