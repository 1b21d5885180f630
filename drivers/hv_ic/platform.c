// SPDX-License-Identifier: GPL-2.0
/*
 * The hypervisor beside the bus: its reference counter, what the virtual
 * machine can do, and whether the host is to be trusted. The only file that
 * knows <asm/mshyperv.h>.
 *
 * On arm64 this has been built and has never met a host. By the kernel's source
 * the reference counter is read by a hypercall there, since the kernel has no
 * page of the hypervisor's to compute it from; so there are no cross timestamps.
 */
#include "platform.h"

#include <linux/math64.h>
#include <linux/module.h>

#include <asm/mshyperv.h>
#include <clocksource/hyperv_timer.h>

#include "choice.h"
#include "compat.h"

enum { TRUST_AUTO, TRUST_FULL, TRUST_MINIMAL };

static int trust = TRUST_AUTO;
static const char * const trust_words[] = {
	[TRUST_AUTO]	= "auto",
	[TRUST_FULL]	= "full",
	[TRUST_MINIMAL]	= "minimal",
};

HVIC_CHOICE(trust, trust_words, &trust, 0444);
MODULE_PARM_DESC(trust, "How far to trust the host: full, minimal (it may not set the clock, and gets no data exchange, backup or file copy), auto (minimal in a confidential VM)");

/**
 * hvic_platform_has_reference() - is there a partition reference counter?
 *
 * Context: any.
 * Return: false if the hypervisor has none, which Hyper-V has.
 */
bool hvic_platform_has_reference(void)
{
	return hv_read_reference_counter;
}

/**
 * hvic_platform_reference() - read the partition reference counter
 *
 * Context: any.
 * Return: the counter, in units of HVIC_REFERENCE_NS.
 */
u64 hvic_platform_reference(void)
{
	return hv_read_reference_counter();
}

/**
 * hvic_platform_reference_at_tsc() - what the reference counter was at a TSC value
 * @tsc: value of the time stamp counter, not long ago
 * @reference: the counter at that moment
 *
 * Context: any.
 * Return: false if the hypervisor does not say how the two are related, as on arm64.
 */
bool hvic_platform_reference_at_tsc(u64 tsc, u64 *reference)
{
	const struct ms_hyperv_tsc_page *page = hv_get_tsc_page();
	u32 sequence;

	if (!page)
		return false;
	do {
		sequence = READ_ONCE(page->tsc_sequence);
		if (!sequence)
			return false;	/* the page is not valid now */
		/* Pairs with the hypervisor: sequence, values, sequence. */
		smp_rmb();
		*reference = mul_u64_u64_shr(tsc, READ_ONCE(page->tsc_scale), 64) +
			     READ_ONCE(page->tsc_offset);
		/* As above: the values belong to this sequence only if it has not changed. */
		smp_rmb();
	} while (READ_ONCE(page->tsc_sequence) != sequence);
	return true;
}

/**
 * hvic_platform_can_hibernate() - does the virtual machine have the sleep state S4?
 *
 * Context: may sleep: ACPI allocates memory to find out.
 * Return: true if the host has hibernation enabled for this machine.
 */
bool hvic_platform_can_hibernate(void)
{
	return hv_is_hibernation_supported();
}

/**
 * hvic_platform_trusts_host() - may the host change the state of the guest?
 *
 * Context: any.
 * Return: what the parameter trust says; with auto, false in a confidential VM.
 */
bool hvic_platform_trusts_host(void)
{
	if (trust == TRUST_AUTO)
		return !hv_is_isolation_supported();
	return trust == TRUST_FULL;
}
