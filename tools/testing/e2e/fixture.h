/* SPDX-License-Identifier: GPL-2.0 */
/* The guest in which cases run. Cases share it as long as it is in order. */
#ifndef E2E_FIXTURE_H
#define E2E_FIXTURE_H

#include "e2e.h"

/**
 * fixture_take() - a running guest as @test_case wants it
 *
 * Reuses the one that runs if it is of the same kind.
 *
 * If the module under test does not load, the whole run ends with the reason.
 *
 * Return: true, with @t->host and @t->ics filled in; false after a message on
 * stdout, as a TAP diagnosis, if it does not come up.
 */
bool fixture_take(struct test *t, const struct test_case *test_case);

/** fixture_boot() - start the guest and wait until it takes commands; 0 or a negative errno */
int fixture_boot(struct test *t);

/** fixture_drop() - end the guest, which is no longer needed */
void fixture_drop(struct test *t);

/** fixture_same_guest() - can both cases share one? */
bool fixture_same_guest(const struct test_case *a, const struct test_case *b);

/** fixture_show_log() - the tail of the guest's console as a TAP diagnosis */
void fixture_show_log(struct test *t);

/** fixture_diagnose() - print text as TAP diagnosis, each line with "#" */
void fixture_diagnose(const char *text);

#endif
