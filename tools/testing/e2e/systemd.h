/* SPDX-License-Identifier: GPL-2.0 */
/* A guest in which systemd takes over from init; it has udevd, logind and all daemons' units. */
#ifndef E2E_SYSTEMD_H
#define E2E_SYSTEMD_H

#include "e2e.h"

/** systemd_mask() - keep the @units from starting */
void systemd_mask(struct test *t, const char *units);

/** systemd_boot() - let systemd take over, and udevd see all devices; @masked units do not start */
void systemd_boot(struct test *t, const char *masked);

/** systemd_poweroff() - let systemd stop everything and power off */
void systemd_poweroff(struct test *t);

/* Units of ours in whose place Debian's start, once they are masked. */
#define SYSTEMD_OURS	"hvic-kvpd hvic-vssd hvic-fcopyd"

#endif
