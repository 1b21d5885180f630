/* SPDX-License-Identifier: GPL-2.0 */
/* A hypervisor that says what a test wants. */
#ifndef HVIC_KUNIT_FAKE_PLATFORM_H
#define HVIC_KUNIT_FAKE_PLATFORM_H

#include "platform.h"

/**
 * struct fake_platform - what the hypervisor says
 * @has_no_reference: it has no reference counter
 * @reference: that counter
 * @has_tsc: it says how the TSC goes together with that
 * @at_tsc: what the counter was at any value of the TSC
 * @can_hibernate: the machine has a state S4
 * @trusts_host: the host may change the state of the guest
 */
struct fake_platform {
	bool has_no_reference;
	u64 reference;
	bool has_tsc;
	u64 at_tsc;
	bool can_hibernate;
	bool trusts_host;
};

extern struct fake_platform fake_platform;

#endif
