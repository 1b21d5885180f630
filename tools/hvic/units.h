/* SPDX-License-Identifier: GPL-2.0 */
/* Units of the system's systemd, by its own interface on the system bus. */
#ifndef HVIC_UNITS_H
#define HVIC_UNITS_H

#include <errno.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef HVIC_SYSTEMD
int hvic_unit_of(pid_t pid, char *unit, size_t size, pid_t *main, int timeout_ms);
int hvic_unit_stop(const char *unit, int timeout_ms, int wake);
int hvic_unit_start(const char *unit, int timeout_ms, int wake);
int hvic_units_refresh(const char *restart, const char *const *reload, int timeout_ms);
#else
static inline int hvic_unit_of(pid_t pid, char *unit, size_t size, pid_t *main, int timeout_ms)
{
	(void)pid;
	(void)unit;
	(void)size;
	(void)main;
	(void)timeout_ms;
	return -ENODATA;
}

static inline int hvic_unit_stop(const char *unit, int timeout_ms, int wake)
{
	(void)unit;
	(void)timeout_ms;
	(void)wake;
	return -EOPNOTSUPP;
}

static inline int hvic_unit_start(const char *unit, int timeout_ms, int wake)
{
	return hvic_unit_stop(unit, timeout_ms, wake);
}

static inline int hvic_units_refresh(const char *restart, const char *const *reload,
				     int timeout_ms)
{
	(void)restart;
	(void)reload;
	(void)timeout_ms;
	return -EOPNOTSUPP;
}
#endif

#endif
