// SPDX-License-Identifier: GPL-2.0
/* What was found, for people and for programs. */
#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>

#include "bench.h"

#define FEW 3				/* rounds to compare */
#define MANY 5				/* rounds that have a middle half */

/* Of the rounds of a line. */
struct spread {
	double least, quarter, median, three_quarters, most;
};

static struct spread spread_of(const struct bench_series *series)
{
	struct bench_series s = *series;

	return (struct spread) {
		.least = bench_quantile(s.values, s.n, 0),
		.quarter = bench_quantile(s.values, s.n, 0.25),
		.median = bench_quantile(s.values, s.n, 0.5),
		.three_quarters = bench_quantile(s.values, s.n, 0.75),
		.most = bench_quantile(s.values, s.n, 1),
	};
}

/* Three digits that count. */
static char *digits(char to[16], double value)
{
	snprintf(to, 16, "%.*f", value < 10 ? 2 : value < 100 ? 1 : 0, value);
	return to;
}

static void print_cell(const struct bench_series *series, FILE *out)
{
	char least[16], median[16], most[16], cell[64];
	struct spread s;

	if (series->n) {
		s = spread_of(series);
		snprintf(cell, sizeof(cell), "%s (%s..%s)%s", digits(median, s.median),
			 digits(least, s.least), digits(most, s.most), *series->note ? " !" : "");
	} else {
		snprintf(cell, sizeof(cell), "%.22s%s", *series->note ? series->note : "not run",
			 *series->note && strcmp(series->note, ABSENT) ? " !" : "");
	}
	fprintf(out, " %-25s", cell);
}

/* How many times better than the old system; 0: that cannot be said. */
static double gain(const struct bench_line *line, const struct bench_series *old,
		   const struct bench_series *new)
{
	double before, after;

	if (!old->n || !new->n)
		return 0;
	before = spread_of(old).median;
	after = spread_of(new).median;
	if (before <= 0 || after <= 0)
		return 0;
	return line->more ? after / before : before / after;
}

/* Do some rounds of one find what some of the other do? Of many rounds the middle half counts. */
static bool overlap(const struct spread *a, const struct spread *b, bool many)
{
	if (many)
		return a->three_quarters >= b->quarter && b->three_quarters >= a->quarter;
	return a->most >= b->least && b->most >= a->least;
}

/* Who is ahead. */
static const char *verdict(const struct bench_line *line, const struct bench_series *old,
			   const struct bench_series *new)
{
	struct spread before, after;

	if (old->n < FEW || new->n < FEW)
		return "";
	before = spread_of(old);
	after = spread_of(new);
	if (overlap(&before, &after, old->n >= MANY && new->n >= MANY))
		return "even";
	return (after.median < before.median) != line->more ? "hv_ic" : "PEER";
}

static void print_line(const struct bench_result *r, int number, double limit, FILE *out)
{
	const struct bench_line *line = &r->row->lines[number];
	const struct bench_series *s = r->series[number];
	const struct bench_series *newest = s[2].n ? &s[2] : &s[1];
	char name[64], text[16];

	snprintf(name, sizeof(name), "%s %s", r->row->name, line->name);
	fprintf(out, "%-26s %-6s", name, line->unit);
	for (int i = 0; i < SUBJECTS; i++)
		print_cell(&s[i], out);
	for (int i = 1; i < SUBJECTS; i++)
		fprintf(out, " %6s", gain(line, &s[0], &s[i]) ?
			digits(text, gain(line, &s[0], &s[i])) : "-");
	fprintf(out, " %6s", limit && line->messages && newest->n ?
		digits(text, spread_of(newest).median / (limit * line->messages)) : "-");
	fprintf(out, " %s\n", verdict(line, &s[0], newest));
}

/* What the "!" in the cells are about; once, if it is about all lines of the row. */
static void print_notes(const struct bench_result *r, int number, FILE *out)
{
	for (int i = 0; i < SUBJECTS; i++) {
		const struct bench_series *s = &r->series[number][i];
		bool said = number && !strcmp(s->note, r->series[number - 1][i].note);

		if (*s->note && strcmp(s->note, ABSENT) && !said)
			fprintf(out, "! %c: %s %s: %s\n", 'A' + i, r->row->name,
				r->row->lines[number].name, s->note);
	}
}

static void read_line(const char *path, const char *key, char to[80])
{
	FILE *file = fopen(path, "r");
	char line[256];

	strcpy(to, "unknown");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key))) {
			snprintf(to, 80, "%.79s", line + strlen(key));
			to[strcspn(to, "\n")] = '\0';
			break;
		}
	if (file)
		fclose(file);
}

/* The machine that the guest's host runs on. */
static void describe(char machine[400], char date[32])
{
	char vendor[80], product[80], cpu[80];
	time_t now = time(NULL);
	struct utsname kernel;

	read_line("/sys/class/dmi/id/sys_vendor", "", vendor);
	read_line("/sys/class/dmi/id/product_name", "", product);
	read_line("/proc/cpuinfo", "model name\t: ", cpu);
	uname(&kernel);
	snprintf(machine, 400, "%s, %s, %s, Linux %s", vendor, product, cpu, kernel.release);
	strftime(date, 32, "%F %H:%M UTC", gmtime(&now));
}

static const char *guest_kernel(void)
{
	return getenv("HV_RELEASE") ?: "unknown";
}

void table_print(const struct bench *b, FILE *out)
{
	double limit = bench_limit(b);
	char machine[400], date[32], title[64];

	describe(machine, date);
	fprintf(out, "guest: Linux %s, 1 CPU but for rows of more\nhost: %s\n%s, %u rounds\n\n",
		guest_kernel(), machine, date, b->done);
	fprintf(out, "Each figure is the median of the rounds (least..most). B and C are how many\n"
		"times better hv_ic is than A, the old system. \"beats\" is C's figure (else B's)\n"
		"in heartbeats, a round trip without any daemon: %.1f us. The last word is who is\n"
		"ahead, A or C (else B), if the rounds (their middle halves, of five or more) do\n"
		"not overlap.\n\n",
		limit);
	fprintf(out, "%-26s %-6s", "", "");
	for (int i = 0; i < SUBJECTS; i++) {
		snprintf(title, sizeof(title), "%c: %s +", 'A' + i, subjects[i].driver);
		fprintf(out, " %-25s", title);
	}
	fprintf(out, "\n%-26s %-6s", "row", "unit");
	for (int i = 0; i < SUBJECTS; i++) {
		snprintf(title, sizeof(title), "   %s", subjects[i].daemons);
		fprintf(out, " %-25s", title);
	}
	fprintf(out, " %6s %6s %6s ahead\n", "B", "C", "beats");
	for (unsigned int i = 0; i < b->n_results; i++)
		for (int line = 0; b->results[i].row->lines[line].name; line++)
			print_line(&b->results[i], line, limit, out);
	for (unsigned int i = 0; i < b->n_results; i++)
		for (int line = 0; b->results[i].row->lines[line].name; line++)
			print_notes(&b->results[i], line, out);
	growth_print(b, out);
}

/* A string of JSON. */
static void put_text(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if ((unsigned char)*text >= ' ')
			fputc(*text, out);
	}
	fputc('"', out);
}

static void put_series(const struct bench_series *s, const char *key, FILE *out)
{
	fprintf(out, ", \"%s\": {\"values\": [", key);
	for (unsigned int i = 0; i < s->n; i++)
		fprintf(out, "%s%.4f", i ? ", " : "", s->values[i]);
	fputc(']', out);
	if (s->n)
		fprintf(out, ", \"median\": %.4f", spread_of(s).median);
	if (*s->note) {
		fprintf(out, ", \"note\": ");
		put_text(s->note, out);
	}
	fputc('}', out);
}

static void put_line(const struct bench_result *r, int number, FILE *out)
{
	const struct bench_line *line = &r->row->lines[number];

	fprintf(out, "{\"row\": \"%s\", \"line\": \"%s\", \"unit\": \"%s\"", r->row->name,
		line->name, line->unit);
	fprintf(out, ", \"vcpus\": %u, \"size\": %lu", bench_vcpus(r->row), r->row->size);
	fprintf(out, ", \"messages\": %u, \"more_is_better\": %s", line->messages,
		line->more ? "true" : "false");
	for (int s = 0; s < SUBJECTS; s++)
		put_series(&r->series[number][s], subjects[s].key, out);
	fputc('}', out);
}

void table_json(const struct bench *b, FILE *out)
{
	char machine[400], date[32];
	const char *comma = "";

	describe(machine, date);
	fprintf(out, "{\"date\": \"%s\", \"kernel\": ", date);
	put_text(guest_kernel(), out);
	fprintf(out, ", \"machine\": ");
	put_text(machine, out);
	fprintf(out, ", \"rounds\": %u, \"heartbeat_us\": %.4f, \"lines\": [", b->done,
		bench_limit(b));
	for (unsigned int i = 0; i < b->n_results; i++)
		for (int line = 0; b->results[i].row->lines[line].name; line++) {
			fprintf(out, "%s\n", comma);
			put_line(&b->results[i], line, out);
			comma = ",";
		}
	fprintf(out, "\n]}\n");
}
