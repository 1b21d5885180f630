// SPDX-License-Identifier: GPL-2.0
/* What platform.c is to the driver, without a hypervisor. */
#include "fake_platform.h"

struct fake_platform fake_platform;

bool hvic_platform_has_reference(void)
{
	return !fake_platform.has_no_reference;
}

u64 hvic_platform_reference(void)
{
	return fake_platform.reference;
}

bool hvic_platform_reference_at_tsc(u64 tsc, u64 *reference)
{
	*reference = fake_platform.at_tsc;
	return fake_platform.has_tsc;
}

bool hvic_platform_can_hibernate(void)
{
	return fake_platform.can_hibernate;
}

bool hvic_platform_trusts_host(void)
{
	return fake_platform.trusts_host;
}
