/* SPDX-License-Identifier: GPL-2.0 */
/* What can be asked of a running host: one table for scripts and for people. */
#ifndef HVHOST_COMMAND_H
#define HVHOST_COMMAND_H

#include "desk.h"

/**
 * command_run() - carry out a line
 * @line: words are separated by blanks; "double quotes" hold blanks together
 *
 * Reports what came of it; the last record is {"record":"result","command":...,
 * "ok":...}, with "error" if it is not.
 *
 * Return: whether all went well.
 */
bool command_run(struct desk *desk, const char *line);

/**
 * command_complete() - what a line could go on with
 * @line: its beginning
 * @next: called for each possible last word
 */
void command_complete(const char *line, void (*next)(const char *word, void *context),
		      void *context);

/**
 * command_split() - words of a line
 * @copy: room for them: two bytes more than the line is long
 * @words: room for one for every two bytes of that
 *
 * Return: how many, or -1 if a quote has no end.
 */
int command_split(const char *line, char *copy, char **words);

/** line_run() - commands from stdin, JSON to stdout, until the end of the input */
int line_run(struct desk *desk);

/** shell_run() - the same with a prompt, for people */
int shell_run(struct desk *desk);

/** shell_event() - tell of something while a line may be under the cursor */
void shell_event(const char *what, const char *who, const char *text);

#endif
