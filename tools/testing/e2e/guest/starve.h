/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Starve single system calls: the kernel's fault injection lets the n-th allocation
 * that one of them makes fail, first the first, then the second and so on, until
 * a call gets through without one. Then it begins again.
 *
 * Wants the "failslab" of debugfs set up, see starved.c.
 */
#ifndef GUEST_STARVE_H
#define GUEST_STARVE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int starve_file = -1;
static unsigned long starve_nth = 1, starved;

static inline void starve_start(void)
{
	starve_file = open("/proc/self/fail-nth", O_RDWR);
	if (starve_file < 0) {
		perror("/proc/self/fail-nth");
		exit(2);
	}
}

/* Right before the call. */
static inline void starve_begin(void)
{
	char text[24];
	int size = snprintf(text, sizeof(text), "%lu", starve_nth);

	if (starve_file >= 0 && pwrite(starve_file, text, size, 0) != size)
		abort();
}

/* Right behind it: has an allocation failed? */
static inline bool starve_end(void)
{
	char text[24] = "";

	if (starve_file < 0)
		return false;
	if (pread(starve_file, text, sizeof(text) - 1, 0) < 0 ||
	    pwrite(starve_file, "0", 1, 0) != 1)
		abort();
	if (strtoul(text, NULL, 10)) {
		starve_nth = 1;
		return false;
	}
	starve_nth++;
	starved++;
	return true;
}

#endif
