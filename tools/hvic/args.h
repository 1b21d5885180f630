/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line as data: one table is what is parsed, what --help prints and
 * what the shells complete.
 */
#ifndef HVIC_ARGS_H
#define HVIC_ARGS_H

#include <stdbool.h>
#include <stdio.h>

#define HVIC_MAX_PARAMS		4
#define HVIC_MAX_OPTIONS	8
#define HVIC_MAX_ARGS		16

struct hvic;

/* How many words a parameter takes. */
enum hvic_times { HVIC_ONCE, HVIC_MAYBE, HVIC_ANY };

/**
 * struct hvic_param - a word, or some, that a command takes
 * @name: what to call it
 * @words: all that may be said, ended by NULL; NULL if that is open
 * @times: how often it is said
 */
struct hvic_param {
	const char *name;
	const char *const *words;
	enum hvic_times times;
};

/**
 * struct hvic_option - something that may be said to a command
 * @name: without its dashes
 * @letter: short form, 0 for none
 * @arg: what to call its value; NULL if it has none. "[WORD]" is a value that may
 *	be left out; it is given as --name=value.
 * @words: all values, ended by NULL; NULL if that is open
 * @help: what it does
 */
struct hvic_option {
	const char *name;
	char letter;
	const char *arg;
	const char *const *words;
	const char *help;
};

/**
 * struct hvic_command - a row of the table
 * @noun: first word
 * @verb: second word; NULL for what the noun does alone
 * @alias: an older second word, which scripts may still use; NULL if there is none
 * @help: what it does
 * @run: does it; returns an exit status
 * @reads: it shows something, and takes --json
 * @program: everything behind "--" is another program and its arguments
 * @params: words that follow; ended by an empty one
 * @options: in any place; ended by an empty one
 */
struct hvic_command {
	const char *noun;
	const char *verb;
	const char *alias;
	const char *help;
	int (*run)(struct hvic *hvic);
	bool reads;
	bool program;
	struct hvic_param params[HVIC_MAX_PARAMS];
	struct hvic_option options[HVIC_MAX_OPTIONS];
};

extern const struct hvic_command hvic_commands[];	/* ends with an empty row */
extern const struct hvic_option hvic_global_options[];	/* ends with an empty row */

/* Indices into hvic_global_options. */
enum {
	HVIC_OPTION_JSON,
	HVIC_OPTION_TIMEOUT,
	HVIC_OPTION_COLOR,
	HVIC_OPTION_HELP,
	HVIC_OPTION_VERSION,
	HVIC_GLOBAL_OPTIONS,
};

/**
 * struct hvic_call - what was said
 * @noun: first word; NULL if there was none
 * @command: what that comes to; NULL if help is wanted on a noun that does nothing alone
 * @args: words, parameter by parameter
 * @n_args: how many
 * @program: what came behind "--", ended by NULL
 * @global: value per global option; NULL if it was not given, "" without a value
 * @values: the same per option of the command
 */
struct hvic_call {
	const char *noun;
	const struct hvic_command *command;
	const char *args[HVIC_MAX_ARGS];
	unsigned int n_args;
	const char *const *program;
	const char *global[HVIC_GLOBAL_OPTIONS];
	const char *values[HVIC_MAX_OPTIONS];
};

int hvic_args_parse(struct hvic_call *call, int argc, char *const argv[], char *complaint,
		    size_t size);
const char *hvic_args_value(const struct hvic_call *call, const char *option);
void hvic_args_synopsis(const struct hvic_command *command, FILE *out);
void hvic_args_help(const char *noun, FILE *out);

#endif
