/* SPDX-License-Identifier: GPL-2.0 */
/* The arithmetic that makes a straight line of jittery samples of the host's clock. */
#ifndef HVIC_CLOCK_FILTER_H
#define HVIC_CLOCK_FILTER_H

#include <linux/types.h>

#define HVIC_CLOCK_SAMPLES	128

/* Rates are in ns of drift per ms, with this many binary digits behind the point. */
#define HVIC_CLOCK_RATE_SHIFT	12

/**
 * struct hvic_clock_line - the host's clock as a function of the reference counter
 * @reference: a point on the line, in units of 100 ns
 * @offset: host time minus reference time there, in ns
 * @rate: how fast @offset changes
 */
struct hvic_clock_line {
	u64 reference;
	s64 offset;
	s64 rate;
};

/**
 * struct hvic_clock_sample - one pair of readings
 * @reference: the reference counter
 * @offset: host time minus reference time, in ns
 */
struct hvic_clock_sample {
	u64 reference;
	s64 offset;
};

/**
 * struct hvic_clock_filter - the samples that count, and the line through them
 * @line: valid if @n_samples is not 0
 * @noise: how far a sample is off the line on average, in ns
 * @n_samples: how many of @samples are in use
 * @newest: index of the newest
 * @n_outliers: samples in a row that did not fit
 * @samples: a ring buffer
 */
struct hvic_clock_filter {
	struct hvic_clock_line line;
	s64 noise;
	unsigned int n_samples;
	unsigned int newest;
	unsigned int n_outliers;
	struct hvic_clock_sample samples[HVIC_CLOCK_SAMPLES];
};

void hvic_clock_filter_reset(struct hvic_clock_filter *filter);
void hvic_clock_filter_add(struct hvic_clock_filter *filter, u64 reference, s64 host_ns);
s64 hvic_clock_line_at(const struct hvic_clock_line *line, u64 reference);

#endif
