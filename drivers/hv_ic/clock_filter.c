// SPDX-License-Identifier: GPL-2.0
/*
 * The host reads its clock and the reference counter one after the other, and
 * may be interrupted in between; the clocks of some hosts also tick coarsely. So
 * each sample is off by its jitter. But both clocks run evenly, so the samples of
 * some minutes lie along a straight line, which is off by much less than each of
 * them.
 *
 * The line is a least squares fit that prefers a small slope: a slope that the
 * noise of a few samples could explain is taken for noise. A sample that is far
 * off the line is left out. Several such samples in a row mean that the host's
 * clock was set, and the line starts anew.
 */
#include "clock_filter.h"

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>

#define REFERENCE_NS		100
#define REFERENCE_PER_MS	10000

/* How long a sample counts: later the host's clock may have been steered. */
#define SAMPLE_LIFE_MS		(1000 * MSEC_PER_SEC)

/* No jitter is as large as this, so the clock was set. */
#define STEP_NS			(100 * NSEC_PER_MSEC)

/*
 * A sample is an outlier if it is off by more than so many times the noise, and by
 * more than the floor. So many of them in a row mean that the clock was set.
 */
#define OUTLIER_NOISE		8
#define OUTLIER_FLOOR_NS	(20 * NSEC_PER_USEC)
#define OUTLIERS_MAX		4

/* How many samples are needed before the noise is known. */
#define NOISE_SAMPLES		8

/* How many samples are needed before there is a slope. */
#define RATE_SAMPLES		4

/* How fast the two clocks can plausibly drift apart, in ns per ms. */
#define PLAUSIBLE_RATE		25
#define RATE_MAX		500

/* The offset on the line, in ns. A distance is cut to an hour, more than is ever used. */
static s64 offset_at(const struct hvic_clock_line *line, u64 reference)
{
	const s64 hour = 3600LL * MSEC_PER_SEC * REFERENCE_PER_MS;
	s64 distance = clamp_t(s64, reference - line->reference, -hour, hour);

	return line->offset + div_s64(line->rate * distance,
				      REFERENCE_PER_MS << HVIC_CLOCK_RATE_SHIFT);
}

/**
 * hvic_clock_line_at() - the host's time at a value of the reference counter
 * @line: the line
 * @reference: the counter
 *
 * Return: ns since 1970.
 */
s64 hvic_clock_line_at(const struct hvic_clock_line *line, u64 reference)
{
	return offset_at(line, reference) + (s64)(reference * REFERENCE_NS);
}

/**
 * hvic_clock_filter_reset() - forget all samples
 * @filter: the filter
 */
void hvic_clock_filter_reset(struct hvic_clock_filter *filter)
{
	memset(filter, 0, sizeof(*filter));
}

/* The sample that is @age samples older than the newest. */
static const struct hvic_clock_sample *sample_at(const struct hvic_clock_filter *filter,
						 unsigned int age)
{
	return &filter->samples[(filter->newest - age) % HVIC_CLOCK_SAMPLES];
}

static s64 ms_between(u64 earlier, u64 later)
{
	return div_u64(later - earlier, REFERENCE_PER_MS);
}

static void push(struct hvic_clock_filter *filter, u64 reference, s64 offset)
{
	filter->newest = (filter->newest + 1) % HVIC_CLOCK_SAMPLES;
	filter->samples[filter->newest].reference = reference;
	filter->samples[filter->newest].offset = offset;
	if (filter->n_samples < HVIC_CLOCK_SAMPLES)
		filter->n_samples++;
	while (ms_between(sample_at(filter, filter->n_samples - 1)->reference, reference) >
	       SAMPLE_LIFE_MS)
		filter->n_samples--;
}

/*
 * Learns how noisy samples are, by how far the middle one of the last three lies
 * off the line through its neighbours: drift, however large, does not count.
 */
static void learn_noise(struct hvic_clock_filter *filter)
{
	const struct hvic_clock_sample *oldest, *middle, *newest;
	s64 whole, part, off;

	if (filter->n_samples < 3)
		return;
	oldest = sample_at(filter, 2);
	middle = sample_at(filter, 1);
	newest = sample_at(filter, 0);
	whole = ms_between(oldest->reference, newest->reference);
	part = ms_between(oldest->reference, middle->reference);
	if (!whole)
		return;

	/* A good quarter of what is measured is the noise of the two neighbours. */
	off = middle->offset - oldest->offset -
	      div64_s64((newest->offset - oldest->offset) * part, whole);
	filter->noise += div_s64(abs(off) * 3 / 4 - filter->noise,
				 min(filter->n_samples - 2, 16U));
}

/*
 * Fits the line: x is the time before the newest sample in ms, y the distance from
 * its offset in ns. Both are counted from their means, so that every sum stays
 * within 64 bits.
 */
static void fit(struct hvic_clock_filter *filter)
{
	const struct hvic_clock_sample *newest = sample_at(filter, 0);
	s64 noise = filter->noise * (filter->n_samples < NOISE_SAMPLES ? 2 : 1);
	s64 doubt = div_s64(min_t(s64, noise, 10 * NSEC_PER_MSEC), PLAUSIBLE_RATE);
	s64 mean_x = 0, mean_y = 0, spread = doubt * doubt, common = 0, rate = 0;
	unsigned int i;

	for (i = 0; i < filter->n_samples; i++) {
		mean_x -= ms_between(sample_at(filter, i)->reference, newest->reference);
		mean_y += sample_at(filter, i)->offset - newest->offset;
	}
	mean_x = div_s64(mean_x, filter->n_samples);
	mean_y = div_s64(mean_y, filter->n_samples);

	for (i = 0; i < filter->n_samples; i++) {
		const struct hvic_clock_sample *sample = sample_at(filter, i);
		s64 x = -ms_between(sample->reference, newest->reference) - mean_x;
		s64 y = sample->offset - newest->offset - mean_y;

		spread += x * x;
		common += x * y;
	}

	if (spread && filter->n_samples >= RATE_SAMPLES) {
		s64 whole = clamp_t(s64, div64_s64(common, spread), -RATE_MAX, RATE_MAX);
		s64 rest = clamp_t(s64, common - whole * spread, -spread, spread);

		rate = whole * (1 << HVIC_CLOCK_RATE_SHIFT) +
		       div64_s64(rest * (1 << HVIC_CLOCK_RATE_SHIFT), spread);
	}

	filter->line.reference = newest->reference;
	filter->line.rate = rate;
	filter->line.offset = newest->offset + mean_y -
			      div_s64(rate * mean_x, 1 << HVIC_CLOCK_RATE_SHIFT);
}

static void start(struct hvic_clock_filter *filter, u64 reference, s64 offset)
{
	hvic_clock_filter_reset(filter);
	push(filter, reference, offset);
	fit(filter);
}

/**
 * hvic_clock_filter_add() - take in a sample
 * @filter: the filter
 * @reference: the reference counter, in units of 100 ns
 * @host_ns: the host's clock at that moment, in ns since 1970
 */
void hvic_clock_filter_add(struct hvic_clock_filter *filter, u64 reference, s64 host_ns)
{
	s64 offset = host_ns - (s64)(reference * REFERENCE_NS);
	s64 error;

	if (!filter->n_samples || reference <= sample_at(filter, 0)->reference) {
		start(filter, reference, offset);
		return;
	}

	error = abs(offset - offset_at(&filter->line, reference));
	if (error >= STEP_NS) {
		start(filter, reference, offset);
		return;
	}
	if (filter->n_samples >= NOISE_SAMPLES &&
	    error > max_t(s64, OUTLIER_NOISE * filter->noise, OUTLIER_FLOOR_NS)) {
		if (++filter->n_outliers >= OUTLIERS_MAX)
			start(filter, reference, offset);
		return;
	}

	filter->n_outliers = 0;
	push(filter, reference, offset);
	learn_noise(filter);
	fit(filter);
}
