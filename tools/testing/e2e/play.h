/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Daemons that do what a case says, on the driver's own devices.
 *
 * guest/daemon.c plays them; its head lists the steps. What it says lies in PLAY_LOG.
 */
#ifndef E2E_PLAY_H
#define E2E_PLAY_H

#include "e2e.h"

#define PLAY_LOG "/tmp/daemon.log"

/* Longer than any deadline of the driver for a daemon, but not for a case. */
#define PLAY_DEADLINE_MS 240000

/** play_alone() - the service, ready, without anybody who answers for it */
struct ic *play_alone(struct test *t, const struct ic_service *service);

/** play_alone_patiently() - the same for a case that waits for a deadline */
struct ic *play_alone_patiently(struct test *t, const struct ic_service *service);

/** play_start() - a daemon in the background; the former one ends, this one with the case */
void play_start(struct test *t, const char *device, const char *steps);

/** play_greeted() - the same, and wait until it has been greeted */
void play_greeted(struct test *t, const char *device, const char *steps);

/** play_kill() - end it */
void play_kill(struct test *t);

/** play_ended() - wait until it has ended by itself */
void play_ended(struct test *t);

/** play_said() - wait until it has said a line with @pattern, for grep */
void play_said(struct test *t, const char *pattern);

/** play_never_said() - it has not said such a line */
void play_never_said(struct test *t, const char *pattern);

/** play_disk() - a file system at /mnt that can be frozen: in memory, but a real one */
void play_disk(struct test *t);

/** play_heard() - all that it said, but for how it began */
char *play_heard(struct test *t);

#endif
