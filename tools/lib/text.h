/* SPDX-License-Identifier: GPL-2.0 */
/* Text for people: tables, colours, durations, and other people's strings made harmless. */
#ifndef HVIC_TEXT_H
#define HVIC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a piece of text means; how that looks is up to the terminal. */
enum hvic_tone { HVIC_PLAIN, HVIC_GOOD, HVIC_WARN, HVIC_BAD, HVIC_DIM, HVIC_HEAD };

/**
 * struct hvic_paper - where text goes
 * @out: the stream
 * @colour: it shows colours
 * @utf8: it shows more than ASCII
 * @width: columns of the terminal; 0 if it is none, lines may then be of any length
 */
struct hvic_paper {
	FILE *out;
	bool colour;
	bool utf8;
	unsigned int width;
};

enum hvic_colour { HVIC_COLOUR_AUTO, HVIC_COLOUR_ALWAYS, HVIC_COLOUR_NEVER };

void hvic_paper_init(struct hvic_paper *paper, FILE *out, enum hvic_colour colour);
void hvic_say(const struct hvic_paper *paper, enum hvic_tone tone, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

char *hvic_printable(const char *text);
unsigned int hvic_columns(const char *text);

#define HVIC_SPAN_SIZE 24
char *hvic_span(char buf[static HVIC_SPAN_SIZE], uint64_t ns);
char *hvic_age(char buf[static HVIC_SPAN_SIZE], uint64_t ms);
char *hvic_offset(char buf[static HVIC_SPAN_SIZE], int64_t ns);

struct hvic_table;
struct hvic_table *hvic_table_new(const char *const *heads, size_t columns);
void hvic_table_add(struct hvic_table *table, enum hvic_tone tone, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void hvic_table_print(struct hvic_table *table, const struct hvic_paper *paper);

void hvic_plot(const struct hvic_paper *paper, const int64_t *values, size_t n);

#endif
