// SPDX-License-Identifier: GPL-2.0
/* Text for people. */
#include "text.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "array.h"
#include "printable.h"

#define NSEC_PER_USEC	1000ULL
#define NSEC_PER_MSEC	1000000ULL
#define NSEC_PER_SEC	1000000000ULL

/* --- Paper. --------------------------------------------------------------- */

static bool wants_colour(enum hvu_colour colour, bool terminal)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (colour != HVU_COLOUR_AUTO)
		return colour == HVU_COLOUR_ALWAYS;
	if (no && *no)
		return false;
	return terminal && term && strcmp(term, "dumb");
}

/**
 * hvu_paper_init() - find out what a stream can show
 * @paper: to be filled in
 * @out: the stream
 * @colour: what the user wants; auto is: on a terminal, unless NO_COLOR is set
 */
void hvu_paper_init(struct hvu_paper *paper, FILE *out, enum hvu_colour colour)
{
	bool terminal = isatty(fileno(out));
	struct winsize size = { 0 };

	setlocale(LC_CTYPE, "");
	paper->out = out;
	paper->colour = wants_colour(colour, terminal);
	paper->utf8 = hvu_is_utf8();
	paper->width = 0;
	if (terminal) {
		ioctl(fileno(out), TIOCGWINSZ, &size);
		paper->width = size.ws_col ? size.ws_col : 80;
	}
}

/** hvu_tone_start() - what begins a text in a tone; "" where colours are not shown */
const char *hvu_tone_start(const struct hvu_paper *paper, enum hvu_tone tone)
{
	static const char *const codes[] = {
		[HVU_PLAIN]	= "",
		[HVU_GOOD]	= "\033[32m",
		[HVU_WARN]	= "\033[33m",
		[HVU_BAD]	= "\033[31m",
		[HVU_DIM]	= "\033[2m",
		[HVU_HEAD]	= "\033[1m",
	};

	return paper->colour ? codes[tone] : "";
}

static const char *tone_end(const struct hvu_paper *paper, enum hvu_tone tone)
{
	return paper->colour && tone != HVU_PLAIN ? "\033[0m" : "";
}

/** hvu_say() - printf in a tone */
void hvu_say(const struct hvu_paper *paper, enum hvu_tone tone, const char *format, ...)
{
	va_list arguments;

	fputs(hvu_tone_start(paper, tone), paper->out);
	va_start(arguments, format);
	vfprintf(paper->out, format, arguments);
	va_end(arguments);
	fputs(tone_end(paper, tone), paper->out);
}

/**
 * hvu_cut() - cut a line that is to be written over, so that it does not go on in the next one
 * @paper: where it goes; the last column stays free, as some terminals go on behind it
 * @line: printable text
 */
void hvu_cut(const struct hvu_paper *paper, char *line)
{
	unsigned int columns = 0;
	size_t len;

	if (!paper->width)
		return;
	for (char *at = line; *at; at += len ? len : 1) {
		uint32_t character;
		int width;

		len = hvu_character(at, &character);
		width = len ? wcwidth(character) : 1;
		columns += width < 0 ? 1 : width;
		if (columns >= paper->width) {
			*at = '\0';
			return;
		}
	}
}

/* --- Time. ---------------------------------------------------------------- */

/** hvu_span() - a stretch of time in its two largest units at most: "3 d 4 h", "12.3 ms" */
char *hvu_span(char buf[static HVU_SPAN_SIZE], uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *unit;
	} small[] = {
		{ NSEC_PER_SEC, "s" }, { NSEC_PER_MSEC, "ms" }, { NSEC_PER_USEC, "us" },
	};
	uint64_t s = ns / NSEC_PER_SEC;

	if (s >= 86400) {
		snprintf(buf, HVU_SPAN_SIZE, "%u d %u h", (unsigned int)(s / 86400),
			 (unsigned int)(s / 3600 % 24));
		return buf;
	}
	if (s >= 3600) {
		snprintf(buf, HVU_SPAN_SIZE, "%u h %u min", (unsigned int)(s / 3600),
			 (unsigned int)(s / 60 % 60));
		return buf;
	}
	if (s >= 60) {
		snprintf(buf, HVU_SPAN_SIZE, "%u min %u s", (unsigned int)(s / 60),
			 (unsigned int)(s % 60));
		return buf;
	}
	for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
		if (ns < small[i].ns)
			continue;
		snprintf(buf, HVU_SPAN_SIZE, ns < 100 * small[i].ns ? "%.1f %s" : "%.0f %s",
			 (double)ns / small[i].ns, small[i].unit);
		return buf;
	}
	snprintf(buf, HVU_SPAN_SIZE, "%u ns", (unsigned int)ns);
	return buf;
}

/** hvu_age() - a stretch of time, roughly and short: "2 min" */
char *hvu_age(char buf[static HVU_SPAN_SIZE], uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (s >= 86400)
		snprintf(buf, HVU_SPAN_SIZE, "%u d", (unsigned int)(s / 86400));
	else if (s >= 3600)
		snprintf(buf, HVU_SPAN_SIZE, "%u h", (unsigned int)(s / 3600));
	else if (s >= 60)
		snprintf(buf, HVU_SPAN_SIZE, "%u min", (unsigned int)(s / 60));
	else
		snprintf(buf, HVU_SPAN_SIZE, "%u s", (unsigned int)s);
	return buf;
}

/** hvu_offset() - as hvu_span(), with a sign */
char *hvu_offset(char buf[static HVU_SPAN_SIZE], int64_t ns)
{
	char span[HVU_SPAN_SIZE];

	hvu_span(span, ns < 0 ? -(uint64_t)ns : (uint64_t)ns);
	snprintf(buf, HVU_SPAN_SIZE, "%c%.*s", ns < 0 ? '-' : '+', HVU_SPAN_SIZE - 2, span);
	return buf;
}

/* --- Plots. --------------------------------------------------------------- */

#define PLOT_ROWS	7
#define PLOT_LABEL	14	/* columns that the scale takes */

/**
 * hvu_plot() - a small picture of a series: newest at the right, zero line drawn
 * @paper: where to
 * @values: the series, in ns
 * @n: how many; those that have no room at the left are left out
 */
void hvu_plot(const struct hvu_paper *paper, const int64_t *values, size_t n)
{
	size_t room = (paper->width ? paper->width : 80) - PLOT_LABEL - 2;
	const char *dot = paper->utf8 ? "\u2022" : "*";
	const char *line = paper->utf8 ? "\u2500" : "-";
	const char *edge = paper->utf8 ? "\u2502" : "|";
	int64_t low = 0, high = 0;
	double step;

	if (n > room) {
		values += n - room;
		n = room;
	}
	for (size_t i = 0; i < n; i++) {
		low = values[i] < low ? values[i] : low;
		high = values[i] > high ? values[i] : high;
	}
	if (low == high)
		high = 1;
	step = ((double)high - low) / (PLOT_ROWS - 1);

	for (int row = PLOT_ROWS - 1; row >= 0; row--) {
		bool zero = row == (int)(-(double)low / step + 0.5);
		char label[HVU_SPAN_SIZE] = "";

		if (zero)
			snprintf(label, sizeof(label), "0");
		else if (!row || row == PLOT_ROWS - 1)
			hvu_offset(label, row ? high : low);
		fprintf(paper->out, "%*s %s", PLOT_LABEL, label, edge);
		for (size_t i = 0; i < n; i++) {
			if (row == (int)(((double)values[i] - low) / step + 0.5))
				hvu_say(paper, HVU_GOOD, "%s", dot);
			else
				fputs(zero ? line : " ", paper->out);
		}
		fputc('\n', paper->out);
	}
}
