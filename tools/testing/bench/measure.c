// SPDX-License-Identifier: GPL-2.0
/* What rows call to measure. */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "bench.h"

/* A disk of 12 MiB each, as the image in the guest has it; there are never more. */
#define DISKS 50

double bench_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_quantile(double *values, unsigned int n, double q)
{
	double at = q * (n - 1);
	unsigned int below = at;

	qsort(values, n, sizeof(*values), compare);
	if (below + 1 >= n)
		return values[n - 1];
	return values[below] + (at - below) * (values[below + 1] - values[below]);
}

static double busy_us(struct bench *b)
{
	return atof(test_run(b->t, 0, "bench busy"));
}

double bench_busy_begin(struct bench *b)
{
	double before = busy_us(b), now = busy_us(b);

	/* The end asks once more, at the same cost. */
	return now + (now - before);
}

double bench_busy_end(struct bench *b, double begun)
{
	return (busy_us(b) - begun) / 1e3;
}

static struct bench_series *series(struct bench *b, unsigned int line)
{
	return &b->result->series[line][b->subject];
}

void bench_report(struct bench *b, unsigned int line, double value)
{
	struct bench_series *s = series(b, line);

	if (s->n < BENCH_ROUNDS)
		s->values[s->n++] = value;
}

void bench_lack(struct bench *b, unsigned int line, const char *format, ...)
{
	struct bench_series *s = series(b, line);
	va_list args;

	va_start(args, format);
	vsnprintf(s->note, sizeof(s->note), format, args);
	va_end(args);
}

static void remove_disks(struct test *t, void *context)
{
	/* A daemon has answered, and may be about to close what it wrote. */
	test_until(t, "for dir in /bench/*; do umount $dir && rmdir $dir || exit 1; done");
	test_until(t, "rmmod brd");
}

void bench_disks(struct bench *b, unsigned int n)
{
	struct test *t = b->t;

	test_run(t, 0, "test -e /tmp/ext4 || zcat /share/ext4.gz > /tmp/ext4");
	test_run(t, 0, "modprobe -a ext4 && modprobe brd rd_nr=%u rd_size=12288", DISKS);
	test_run(t, 0, "for i in $(seq %u); do %s && %s && %s || exit 1; done", n,
		 "disk=/dev/ram$((i - 1)); bench disk /tmp/ext4 $disk", "mkdir -p /bench/$i",
		 "mount -t ext4 -o noinit_itable $disk /bench/$i");
	test_defer(t, remove_disks, NULL);
}

double bench_limit(const struct bench *b)
{
	double limit = 0;

	for (unsigned int i = 0; i < b->n_results; i++)
		for (int s = 0; b->results[i].row == &heartbeat_rows[0] && s < SUBJECTS; s++) {
			struct bench_series found = b->results[i].series[0][s];
			double median = found.n ? bench_quantile(found.values, found.n, 0.5) : 0;

			if (median && (!limit || median < limit))
				limit = median;
		}
	return limit;
}
