/* SPDX-License-Identifier: GPL-2.0 */
/* hvic-vssd in the guest, and file systems for it to freeze. */
#ifndef E2E_VSSD_PLAY_H
#define E2E_VSSD_PLAY_H

#include "play.h"

#define VSSD_LOG "/tmp/vssd.log"
#define VSSD_REPORT "/run/hv_ic/vss-last.json"
#define VSSD_HOOKS "/etc/hv_ic/freeze.d"

/** vssd_serve() - the daemon serves, and there is a file system at /mnt */
struct ic *vssd_serve(struct test *t);

/** vssd_start() - start the daemon, and wait until it is attached */
void vssd_start(struct test *t, struct ic *vss);
void vssd_expect_attached(struct test *t, struct ic *vss);

/** vssd_configure() - what the section [vss] says until the end of the case */
void vssd_configure(struct test *t, const char *lines);
void vssd_add_hook(struct test *t, const char *name, const char *body);

/** vssd_add_disk() - a file system on a device of its own, at @place until the end of the case */
void vssd_add_disk(struct test *t, const char *device, const char *place);

/** vssd_add_loop() - the same by a loop device on a @file */
void vssd_add_loop(struct test *t, const char *file, const char *device, const char *place);
void vssd_remove_place(struct test *t, void *context);

/** vssd_expect_holds() - so many file systems are frozen */
void vssd_expect_holds(struct test *t, struct ic *vss, const char *n);

/** vssd_expect_report() - the daemon has done all that follows a backup, and this came of it */
void vssd_expect_report(struct test *t, const char *outcome);

/** vssd_expect_mount() - the report has @what in the object of a mount */
void vssd_expect_mount(struct test *t, const char *place, const char *what);

/** vssd_backup() - a backup that succeeds */
void vssd_backup(struct test *t, struct ic *vss);

/** vssd_backup_of() - the same, of so many file systems */
void vssd_backup_of(struct test *t, struct ic *vss, const char *n);

#endif
