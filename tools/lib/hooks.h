/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks of backups, and how hvic-vssd asks hvic-hooks to run them.
 *
 * A connection to the socket (SOCK_SEQPACKET) is one backup. Each question is answered once; one
 * that comes while hooks of the one before it run, ends those. The end of the connection thaws.
 * When hvic-hooks has gone, another connection goes on where it was: its first question is not
 * HVU_HOOKS_FREEZE, and is for all hooks.
 *
 * During an upgrade a program may meet another version of the other: a question may be shorter than
 * this one, and what is missing is 0; or longer, and what is behind this one is ignored.
 */
#ifndef HVU_HOOKS_H
#define HVU_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HVU_HOOKS_FOLDER "etc/hv_ic/freeze.d"
/* A name as of socket.h. */
#define HVU_HOOKS_SOCKET "hooks.sock"

/**
 * enum hvu_hooks_phase - what hooks are run for
 * @HVU_HOOKS_FREEZE: file systems are about to freeze; all hooks, in ascending order
 * @HVU_HOOKS_THAW: they have thawed; those that were run, in descending order
 * @HVU_HOOKS_FREEZE_FAIL: likewise, but they never froze
 */
enum hvu_hooks_phase { HVU_HOOKS_FREEZE, HVU_HOOKS_THAW, HVU_HOOKS_FREEZE_FAIL };

#define HVU_HOOKS_TEXT 232

/**
 * struct hvu_hooks_question - run hooks
 * @phase: what for
 * @timeout_ms: how long each of them may take
 * @limit_ms: of HVU_HOOKS_FREEZE: after that time the backup is over, whether its end has been told
 *	or not; 0 for the longest that hvic-hooks allows
 */
struct hvu_hooks_question {
	uint32_t phase;
	uint32_t timeout_ms;
	uint32_t limit_ms;
};

/* The shortest question. */
#define HVU_HOOKS_QUESTION_MIN offsetof(struct hvu_hooks_question, limit_ms)

/**
 * struct hvu_hooks_answer - they have run
 * @phase: of the question
 * @status: 0, or the negative errno of the first one that failed
 * @run: how many
 * @failed: how many of them failed
 * @text: which one failed first, and how
 */
struct hvu_hooks_answer {
	uint32_t phase;
	int32_t status;
	uint32_t run;
	uint32_t failed;
	char text[HVU_HOOKS_TEXT];
};

bool hvu_hooks_is_name(const char *name);
bool hvu_hooks_any(int root);

#endif
