/* SPDX-License-Identifier: GPL-2.0 */
/* The hooks of one backup: run for its freeze, and once more for what became of it. */
#ifndef HVIC_SESSION_H
#define HVIC_SESSION_H

#include <stdbool.h>

#include "hook.h"
#include "hooks.h"

/**
 * struct hvic_run - one run of a hook
 * @started: there is something to undo
 * @output: what processes that it has left may still write to; -1 if there are none
 */
struct hvic_run {
	bool started;
	int output;
};

/**
 * struct hvic_session - a backup
 * @folder: where its hooks are
 * @interrupt: a descriptor that ends a hook which runs, when it is readable; -1 for none
 * @say: says a line
 * @data: for @say
 * @asked: hooks have been run for it
 * @names: of the hooks, ascending; NULL before the freeze and when all is done
 * @runs: of each of them, for the freeze
 * @begun: how many of them that has come to
 */
struct hvic_session {
	struct hvic_hook_folder folder;
	int interrupt;
	void (*say)(void *data, const char *name, const char *phase, const char *text);
	void *data;
	bool asked;
	char **names;
	struct hvic_run *runs;
	size_t begun;
};

void hvic_session_run(struct hvic_session *session, const struct hvu_hooks_question *question,
		      struct hvu_hooks_answer *answer);
void hvic_session_end(struct hvic_session *session, uint32_t timeout_ms);

#endif
