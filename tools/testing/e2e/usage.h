/* SPDX-License-Identifier: GPL-2.0 */
/* What a program in the guest does meanwhile. */
#ifndef E2E_USAGE_H
#define E2E_USAGE_H

#include "e2e.h"

/**
 * struct usage - of one program, all its threads; the forks are those of the whole guest
 * @syscalls:	-1 if the guest's kernel cannot count them
 * @switches:	how often it waited for something
 */
struct usage {
	double cpu_us;
	double syscalls;
	double switches;
	double forks;
};

/** usage_begin() - count from now on; the program is one that runs */
void usage_begin(struct test *t, const char *program);

/** usage_end() - what there was since usage_begin(), without what counting has cost */
struct usage usage_end(struct test *t);

/** usage_held() - the descriptors and the memory that a program holds, to be compared as a text */
char *usage_held(struct test *t, const char *program);

#endif
