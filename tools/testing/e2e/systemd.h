/* SPDX-License-Identifier: GPL-2.0 */
/* A guest in which systemd takes over from init; it has udevd, logind and all daemons' units. */
#ifndef E2E_SYSTEMD_H
#define E2E_SYSTEMD_H

#include "e2e.h"

/** systemd_boot() - let systemd take over, and udevd see all devices; @masked units do not start */
void systemd_boot(struct test *t, const char *masked);

/** systemd_poweroff() - let systemd stop everything and power off */
void systemd_poweroff(struct test *t);

/* For the names of units: ours, and those of Debian's package. */
#define SYSTEMD_OURS	"hvic-kvpd hvic-vssd hvic-fcopyd"
#define SYSTEMD_DEBIANS	"hv-kvp-daemon hv-vss-daemon hv-fcopy-daemon"

#endif
