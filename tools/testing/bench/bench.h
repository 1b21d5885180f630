/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same work by the old driver and by the new one, with the old daemons and with the new
 * ones, in one guest.
 *
 * A row is a function that does some work as a host and a table of lines, the figures that
 * it finds. It is written like a case of e2e: a failed expectation ends it, and the table
 * says so in place of its figures.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>

#include "e2e.h"

#define BENCH_LINES 8
#define BENCH_ROUNDS 31

/* The note of a line of a daemon that does not exist. */
#define ABSENT "absent"

/* Where data exchange keeps its pools: on a tmpfs that is new for each subject. */
#define BENCH_POOLS "/var/lib/hyperv"

/**
 * struct subject - one of the systems that are compared
 * @key:	its name in JSON
 * @driver:	of the module
 * @daemons:	of whom
 * @peer:	the module, as e2e calls it
 * @native:	the daemons are those of this tree
 */
struct subject {
	const char *key;
	const char *driver;
	const char *daemons;
	enum peer peer;
	bool native;
};

#define SUBJECTS 3

extern const struct subject subjects[SUBJECTS];

/**
 * struct bench_line - a figure
 * @name:	NULL ends the lines of a row
 * @unit:	of the figure
 * @messages:	round trips on the bus that the figure holds at least; 0: not a time
 * @more:	the higher the better
 */
struct bench_line {
	const char *name;
	const char *unit;
	unsigned int messages;
	bool more;
};

struct bench;

/**
 * struct bench_row - some work
 * @name:	what ROW= selects, and the first half of the names of its lines
 * @run:	does the work once for one subject, and reports each line once
 * @service:	whose daemon does the work; NULL: nobody's
 * @size:	of the work, for @run
 * @vcpus:	of the guest that does it; 0 is 1
 * @lines:	in the order in which @run counts them
 */
struct bench_row {
	const char *name;
	void (*run)(struct bench *b);
	const struct ic_service *service;
	unsigned long size;
	unsigned int vcpus;
	struct bench_line lines[BENCH_LINES + 1];
};

extern const struct bench_row heartbeat_rows[], load_rows[], kvp_rows[], address_rows[],
	copy_rows[], backup_rows[], clock_rows[], cost_rows[], stop_rows[];

/**
 * struct bench_series - what all rounds have found for a line and a subject
 * @note:	why it is not complete
 */
struct bench_series {
	double values[BENCH_ROUNDS];
	unsigned int n;
	char note[120];
};

/** struct bench_result - a row and what it has found */
struct bench_result {
	const struct bench_row *row;
	struct bench_series series[BENCH_LINES][SUBJECTS];
	double seconds;			/* of its longest round, all subjects together */
};

/**
 * struct bench - the run
 * @t:		the guest, and what e2e's functions need
 * @subject:	whose turn it is; index of subjects
 * @vcpus:	of the guest that runs
 * @row:	that runs now
 * @loaded:	the module is loaded, and the daemons run
 */
struct bench {
	struct test *t;
	unsigned int subject;
	unsigned int vcpus;
	const struct bench_row *row;
	bool loaded;
	struct bench_result *result;	/* of @row */
	struct bench_result results[64];
	unsigned int n_results;
	unsigned int rounds;		/* wanted */
	unsigned int done;		/* in the guest that did most */
	double began;
};

/** bench_vcpus() - of the guest that does the work of a row */
static inline unsigned int bench_vcpus(const struct bench_row *row)
{
	return row->vcpus ? row->vcpus : 1;
}

/* subject.c */

/** subject_begin() - load the module and start the daemons of b->subject */
void subject_begin(struct bench *b);

/** subject_prepare() - all of that but load and start */
void subject_prepare(struct bench *b);

/** subject_commands() - a command that starts all its daemons; NULL: it lacks one */
const char *subject_commands(struct bench *b);

/** subject_end() - stop and unload, if it is loaded */
void subject_end(struct bench *b);

/** subject_has() - does the daemon of that service exist for the guest's kernel? */
bool subject_has(struct bench *b, const struct ic_service *service);

/** subject_program() - the name of that daemon */
const char *subject_program(struct bench *b, const struct ic_service *service);

/** subject_ready() - the host side of a service, ready, with its daemon attached */
struct ic *subject_ready(struct bench *b, const struct ic_service *service);

/** subject_restart() - do @command while the daemon of that service does not run */
void subject_restart(struct bench *b, const struct ic_service *service, const char *command);

/* measure.c */

/** bench_us() - now, in microseconds of a clock that only goes on */
double bench_us(void);

/** bench_quantile() - of @n values, which get sorted; 0.5 is the median */
double bench_quantile(double *values, unsigned int n, double q);

/** bench_report() - the figure of a line of the row that runs, in this round */
void bench_report(struct bench *b, unsigned int line, double value);

/** bench_lack() - the line has no figure, since the subject does its work wrong */
void bench_lack(struct bench *b, unsigned int line, const char *format, ...)
	__printf(3, 4);

/**
 * bench_busy_begin() - begin to count how long the guest's processors are not idle
 *
 * That is the kernel's part and the daemon's, interrupts included, to a hundredth of a second.
 *
 * Return: for bench_busy_end().
 */
double bench_busy_begin(struct bench *b);

/** bench_busy_end() - how long they were not, in milliseconds, without what asking costs */
double bench_busy_end(struct bench *b, double begun);

/** bench_disks() - mount @n file systems at /bench/1 ... until the end of the row */
void bench_disks(struct bench *b, unsigned int n);

/** bench_limit() - the heartbeat's round trip in this run, the shortest of all subjects; or 0 */
double bench_limit(const struct bench *b);

/* growth.c */

/** growth_print() - how much more the larger work takes, of rows that differ only in that */
void growth_print(const struct bench *b, FILE *out);

/* table.c */

/** table_print() - everything that was found, for people */
void table_print(const struct bench *b, FILE *out);

/** table_json() - the same for programs, with each round's figure */
void table_json(const struct bench *b, FILE *out);

#endif
