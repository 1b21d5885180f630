// SPDX-License-Identifier: GPL-2.0
/* How figures grow with the size of the work, and with the processors of the guest. */
#include "bench.h"

typedef unsigned long (*bench_scale)(const struct bench_row *row);

static unsigned long by_size(const struct bench_row *row)
{
	return row->size;
}

static unsigned long by_vcpus(const struct bench_row *row)
{
	return bench_vcpus(row);
}

/* Do two rows do the same work, but for what @scale says? */
static bool alike(const struct bench_row *a, const struct bench_row *b, bench_scale scale)
{
	return a->run == b->run && scale(a) != scale(b) &&
	       (scale == by_size ? bench_vcpus(a) == bench_vcpus(b) : a->size == b->size);
}

/* Return: the largest of the kind of @small, if that is its smallest; else NULL. */
static const struct bench_result *largest(const struct bench *b, const struct bench_row *small,
					  bench_scale scale)
{
	const struct bench_result *found = NULL;

	for (unsigned int i = 0; i < b->n_results; i++) {
		const struct bench_result *r = &b->results[i];

		if (!alike(r->row, small, scale))
			continue;
		if (scale(r->row) < scale(small))
			return NULL;
		if (!found || scale(r->row) > scale(found->row))
			found = r;
	}
	return found;
}

static double median(const struct bench_series *series)
{
	struct bench_series s = *series;

	return s.n ? bench_quantile(s.values, s.n, 0.5) : 0;
}

/* What a figure for each key or block may vary by chance. */
#define CHANCE 2

/* Does hv_ic's figure grow by more than the work does? One of a piece should not grow at all. */
static bool is_steep(const struct bench_line *line, double grown, double work, bench_scale scale)
{
	double limit = scale == by_size && (line->messages || line->more) ? CHANCE : work;

	return grown > 0 && (line->more ? 1 / grown : grown) > limit;
}

static void print_pair(const struct bench_result *small, const struct bench_result *large,
		       bench_scale scale, FILE *out)
{
	double work = (double)scale(large->row) / scale(small->row);

	for (int line = 0; small->row->lines[line].name; line++) {
		double grown = 0;
		char name[100];

		snprintf(name, sizeof(name), "%s to %s, %s", small->row->name, large->row->name,
			 small->row->lines[line].name);
		fprintf(out, "%-48s %7.1f", name, work);
		for (int s = 0; s < SUBJECTS; s++) {
			double before = median(&small->series[line][s]);
			double after = median(&large->series[line][s]);

			grown = before > 0 && after > 0 ? after / before : 0;
			if (grown > 0)
				fprintf(out, " %8.2f", grown);
			else
				fprintf(out, " %8s", "-");
		}
		/* The last one is hv_ic with its own daemons. */
		fputs(is_steep(&small->row->lines[line], grown, work, scale) ?
		      " worse than linear\n" : "\n", out);
	}
}

void growth_print(const struct bench *b, FILE *out)
{
	static const bench_scale scales[] = { by_size, by_vcpus };
	bool begun = false;

	for (size_t i = 0; i < ARRAY_SIZE(scales); i++)
		for (unsigned int j = 0; j < b->n_results; j++) {
			const struct bench_result *small = &b->results[j];
			const struct bench_result *large = largest(b, small->row, scales[i]);

			if (!large)
				continue;
			if (!begun)
				fprintf(out, "\n%-48s %7s %8s %8s %8s\n", "growth of the figures",
					"of work", "A", "B", "C");
			begun = true;
			print_pair(small, large, scales[i], out);
		}
}
