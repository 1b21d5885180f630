// SPDX-License-Identifier: GPL-2.0
/*
 * The PTP clock "hyperv", to which udev links /dev/ptp_hyperv. Programs such as
 * chrony and phc2sys use it to follow the host's clock.
 *
 * The clock is a line over the partition reference counter, which the guest
 * reads without an exit to the hypervisor (on x86). It gives no time that no sample
 * supports: reading fails with -EAGAIN before the first sample, and with -ESTALE
 * when samples have stopped coming.
 */
#include "clock_ptp.h"

#include <linux/device.h>
#include <linux/err.h>

#include "compat.h"
#include "platform.h"

/* The host sends a sample every few seconds. After this time without one it has stopped. */
#define STALE_REFERENCE	(600 * HVIC_REFERENCE_HZ)

/**
 * hvic_clock_at() - the host's time at a value of the reference counter
 * @clock: the clock
 * @reference: the counter, now or not long ago
 * @host_ns: ns since 1970; set on success only
 *
 * Context: any.
 * Return: 0, or
 * * %-EAGAIN - there was no sample yet
 * * %-ESTALE - the last sample is too old
 */
int hvic_clock_at(struct hvic_clock *clock, u64 reference, s64 *host_ns)
{
	struct hvic_clock_line line;
	unsigned int sequence;
	bool any;
	u64 newest;

	do {
		sequence = read_seqbegin(&clock->lock);
		any = clock->filter.n_samples;
		newest = clock->newest;
		line = clock->filter.line;
	} while (read_seqretry(&clock->lock, sequence));

	if (!any)
		return -EAGAIN;
	if (reference > newest && reference - newest > STALE_REFERENCE)
		return -ESTALE;
	*host_ns = hvic_clock_line_at(&line, reference);
	return 0;
}

/**
 * hvic_clock_add() - take in a sample
 * @clock: the clock
 * @reference: reference counter when the host read its clock
 * @host_ns: the host's clock
 *
 * Context: softirq or process.
 */
void hvic_clock_add(struct hvic_clock *clock, u64 reference, s64 host_ns)
{
	write_seqlock_bh(&clock->lock);
	hvic_clock_filter_add(&clock->filter, reference, host_ns);
	clock->newest = reference;
	write_sequnlock_bh(&clock->lock);
}

/**
 * hvic_clock_restart() - forget all earlier samples
 * @clock: the clock
 *
 * Context: softirq or process.
 */
void hvic_clock_restart(struct hvic_clock *clock)
{
	write_seqlock_bh(&clock->lock);
	hvic_clock_filter_reset(&clock->filter);
	write_sequnlock_bh(&clock->lock);
}

/**
 * hvic_clock_noise() - how far samples scatter around the clock
 * @clock: the clock
 *
 * Context: any.
 * Return: ns; 0 as long as there are too few samples to tell.
 */
s64 hvic_clock_noise(struct hvic_clock *clock)
{
	unsigned int sequence;
	s64 noise;

	do {
		sequence = read_seqbegin(&clock->lock);
		noise = clock->filter.noise;
	} while (read_seqretry(&clock->lock, sequence));
	return noise;
}

/**
 * hvic_clock_index() - the clock's number
 * @clock: the clock
 *
 * Context: any.
 * Return: N of /dev/ptpN, or -1 if there is none.
 */
int hvic_clock_index(const struct hvic_clock *clock)
{
	return clock->ptp ? ptp_clock_index(clock->ptp) : -1;
}

static int hvic_clock_gettimex(struct ptp_clock_info *info, struct timespec64 *ts,
			       struct ptp_system_timestamp *sts)
{
	struct hvic_clock *clock = container_of(info, struct hvic_clock, info);
	u64 reference;
	s64 host_ns;
	int ret;

	ptp_read_system_prets(sts);
	reference = hvic_platform_reference();
	ptp_read_system_postts(sts);

	ret = hvic_clock_at(clock, reference, &host_ns);
	if (!ret)
		*ts = ns_to_timespec64(host_ns);
	return ret;
}

/*
 * A snapshot of the system's clocks comes with the counter of the clocksource at
 * that very moment. This counter is the reference counter itself, or the TSC from
 * which it follows, or another one. Two readings of the reference counter around
 * the snapshot tell which: the right one lies between them.
 */
static int hvic_clock_getcrosststamp(struct ptp_clock_info *info,
				     struct system_device_crosststamp *cross)
{
	struct hvic_clock *clock = container_of(info, struct hvic_clock, info);
	struct hvic_snapshot snapshot;
	u64 before, after, reference;
	s64 host_ns;
	int ret;

	before = hvic_platform_reference();
	hvic_snapshot_for(cross, &snapshot);
	after = hvic_platform_reference();

	reference = snapshot.cycles;
	if (reference < before || reference > after) {
		if (!hvic_platform_reference_at_tsc(snapshot.cycles, &reference) ||
		    reference < before || reference > after)
			return -EOPNOTSUPP;
	}

	ret = hvic_clock_at(clock, reference, &host_ns);
	if (ret)
		return ret;
	cross->device = ns_to_ktime(host_ns);
	hvic_snapshot_to(cross, &snapshot);
	return 0;
}

/* The clock is the host's, so it can be read and cannot be set. */

static int hvic_clock_settime(struct ptp_clock_info *info, const struct timespec64 *ts)
{
	return -EOPNOTSUPP;
}

static int hvic_clock_adjfine(struct ptp_clock_info *info, long scaled_ppm)
{
	return -EOPNOTSUPP;
}

static int hvic_clock_adjtime(struct ptp_clock_info *info, s64 delta)
{
	return -EOPNOTSUPP;
}

static int hvic_clock_enable(struct ptp_clock_info *info,
			     struct ptp_clock_request *request, int on)
{
	return -EOPNOTSUPP;
}

static const struct ptp_clock_info hvic_clock_info = {
	.owner = THIS_MODULE,
	.name = "hyperv",
	.gettimex64 = hvic_clock_gettimex,
	.getcrosststamp = hvic_clock_getcrosststamp,
	.settime64 = hvic_clock_settime,
	.adjfine = hvic_clock_adjfine,
	.adjtime = hvic_clock_adjtime,
	.enable = hvic_clock_enable,
};

/**
 * hvic_clock_register() - register the PTP clock
 * @clock: zeroed memory
 * @dev: the device it belongs to
 *
 * If there can be no PTP clock, everything else works without it.
 *
 * Context: may sleep.
 */
void hvic_clock_register(struct hvic_clock *clock, struct device *dev)
{
	seqlock_init(&clock->lock);
	clock->info = hvic_clock_info;
	clock->ptp = ptp_clock_register(&clock->info, dev);
	if (IS_ERR(clock->ptp)) {
		dev_warn_ratelimited(dev, "the host's clock cannot be shown as a PTP clock (error %ld)\n",
				     PTR_ERR(clock->ptp));
		clock->ptp = NULL;
	}
}

/**
 * hvic_clock_unregister() - take the clock away
 * @clock: the clock
 *
 * Context: may sleep. When it has returned, no process reads the clock any more.
 */
void hvic_clock_unregister(struct hvic_clock *clock)
{
	if (clock->ptp)
		ptp_clock_unregister(clock->ptp);
}
