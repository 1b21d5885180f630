/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Daemons that do what a case says, on the driver's own devices.
 *
 * guest/daemon.c plays them; its head lists the steps. Its output goes to PLAY_LOG.
 */
#ifndef E2E_PLAY_H
#define E2E_PLAY_H

#include "e2e.h"

#define PLAY_LOG "/tmp/daemon.log"

/* Longer than any deadline of the driver for a daemon, but not for a case. */
#define PLAY_DEADLINE_MS 240000

/** play_alone() - the service, ready, without a daemon */
struct ic *play_alone(struct test *t, const struct ic_service *service);

/** play_alone_patiently() - as play_alone(), for a case that waits for a deadline */
struct ic *play_alone_patiently(struct test *t, const struct ic_service *service);

/** play_start() - start a daemon, which ends with the case; the one before it ends now */
void play_start(struct test *t, const char *device, const char *steps);

/** play_greeted() - start a daemon, and wait until it has been greeted */
void play_greeted(struct test *t, const char *device, const char *steps);

/** play_kill() - end it */
void play_kill(struct test *t);

/** play_ended() - wait until it has ended by itself */
void play_ended(struct test *t);

/** play_said() - wait until it has said a line with @pattern, for grep */
void play_said(struct test *t, const char *pattern);

/** play_never_said() - it has not said such a line */
void play_never_said(struct test *t, const char *pattern);

/** play_post() - a request of backup whose answer is for the case to wait for */
struct ic_request *play_post(struct test *t, struct ic *vss, enum wire_vss_op op);

/** play_mount() - mount a file system in memory at /mnt that can be frozen */
void play_mount(struct test *t);

/** play_disk() - the same, for the time of the case; nothing may hold it afterwards */
void play_disk(struct test *t);

/** play_disk_without_timer() - the same, where it is not the time that thaws it */
void play_disk_without_timer(struct test *t);

/** play_heard() - all its output except for how it began */
char *play_heard(struct test *t);

#endif
