/* SPDX-License-Identifier: GPL-2.0 */
/* What commands work on. */
#ifndef HVHOST_DESK_H
#define HVHOST_DESK_H

#include <stdatomic.h>

#include "report.h"
#include "services.h"

/* A part of a message that is to be another than the host's: bytes, or with @size 0 its length */
struct spoilt {
	size_t offset, size;
	uint64_t value;
};

struct spoil {
	struct spoilt spoilt[8];
	unsigned int n;
};

/**
 * struct desk - a host, its services, and who sits in front of it
 * @clock_offset: 100 ns that the host's clock is ahead of this machine's
 * @spoils:	  of the next request of each service
 * @quit:	  no more commands
 */
struct desk {
	struct hv_host *host;
	struct ic *ics[IC_COUNT];
	struct report report;
	atomic_llong clock_offset;
	struct spoil spoils[IC_COUNT];
	bool quit;
};

/** desk_number() - @text as a number from 0 to @max, in C's notation; false if it is none */
bool desk_number(const char *text, uint64_t max, uint64_t *number);

/** desk_ic() - the service of this name; NULL if there is none */
struct ic *desk_ic(struct desk *desk, const char *name);

#endif
