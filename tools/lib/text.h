/* SPDX-License-Identifier: GPL-2.0 */
/* Text for people: colours, durations, plots. */
#ifndef HVU_TEXT_H
#define HVU_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a piece of text means; how that looks is up to the terminal. */
enum hvu_tone { HVU_PLAIN, HVU_GOOD, HVU_WARN, HVU_BAD, HVU_DIM, HVU_HEAD };

/**
 * struct hvu_paper - where text goes
 * @out: the stream
 * @colour: it shows colours
 * @utf8: it shows more than ASCII
 * @width: columns of the terminal; 0 if it is none, lines may then be of any length
 */
struct hvu_paper {
	FILE *out;
	bool colour;
	bool utf8;
	unsigned int width;
};

enum hvu_colour { HVU_COLOUR_AUTO, HVU_COLOUR_ALWAYS, HVU_COLOUR_NEVER };

void hvu_paper_init(struct hvu_paper *paper, FILE *out, enum hvu_colour colour);
const char *hvu_tone_start(const struct hvu_paper *paper, enum hvu_tone tone);
void hvu_say(const struct hvu_paper *paper, enum hvu_tone tone, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void hvu_cut(const struct hvu_paper *paper, char *line);

#define HVU_SPAN_SIZE 24
char *hvu_span(char buf[static HVU_SPAN_SIZE], uint64_t ns);
char *hvu_age(char buf[static HVU_SPAN_SIZE], uint64_t ms);
char *hvu_offset(char buf[static HVU_SPAN_SIZE], int64_t ns);

void hvu_plot(const struct hvu_paper *paper, const int64_t *values, size_t n);

#endif
