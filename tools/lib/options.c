// SPDX-License-Identifier: GPL-2.0
/* The options of a daemon. */
#include "options.h"

#include <stdio.h>
#include <string.h>

static void print_usage(FILE *out, const char *name, const char *purpose)
{
	fprintf(out, "Usage: %s [--help | --version]\n"
		"%s\n"
		"It stays in the foreground; see %s(8).\n", name, purpose, name);
}

/**
 * hvu_options_end() - do what the arguments of a daemon say, if they say anything
 * @argc: how many arguments there are
 * @argv: the arguments
 * @name: of the daemon
 * @purpose: what it does, a sentence
 * @status: gets the exit status
 *
 * Return: true if that was all there is to do.
 */
bool hvu_options_end(int argc, char *argv[], const char *name, const char *purpose, int *status)
{
	*status = 0;
	if (argc <= 1)
		return false;
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		print_usage(stdout, name, purpose);
	} else if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("%s " HVIC_VERSION "\n", name);
	} else {
		print_usage(stderr, name, purpose);
		*status = 2;
	}
	return true;
}
