// SPDX-License-Identifier: GPL-2.0
/* The hooks of one backup: see session.h. */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "root.h"

static const char *const words[] = {
	[HVU_HOOKS_FREEZE] = "freeze",
	[HVU_HOOKS_THAW] = "thaw",
	[HVU_HOOKS_FREEZE_FAIL] = "freeze-fail",
};

/* What a hook has said, line by line. */
static void say_all(const struct hvic_session *session, const struct hvic_hook *hook,
		    const char *name, const char *phase)
{
	char text[HVIC_HOOK_SAID + 1];
	char *rest = text, *line;

	memcpy(text, hook->said, hook->len);
	text[hook->len] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (*line)
			session->say(session->data, name, phase, line);
	}
	if (hook->len == sizeof(hook->said))
		session->say(session->data, name, phase, "(what it said after that is left out)");
}

/* Returns 0, or a negative errno with the reason in @why. */
static int run_one(const struct hvic_session *session, const char *name, const char *phase,
		   const struct hvu_hooks_question *question, struct hvic_run *run, char *why,
		   size_t size)
{
	const char *refusal = hvic_hook_refusal(&session->folder, name);
	struct hvic_hook hook;
	int ret;

	*run = (struct hvic_run){ .output = -1 };
	if (refusal) {
		snprintf(why, size, "refused: %s", refusal);
		return -EPERM;
	}
	ret = hvic_hook_start(&hook, &session->folder, name, phase, question->timeout_ms);
	if (ret) {
		snprintf(why, size, "cannot be started: %s", strerror(-ret));
		return ret;
	}
	ret = hvic_hook_wait(&hook, question->timeout_ms,
			     question->phase == HVU_HOOKS_FREEZE ? session->interrupt : -1);
	*run = (struct hvic_run){ .started = true, .output = hook.output };
	say_all(session, &hook, name, phase);
	if (ret == -ETIMEDOUT)
		snprintf(why, size, "ended, since it took longer than %u ms",
			 question->timeout_ms);
	else if (ret == -EINTR)
		snprintf(why, size, "ended, since the backup has been broken off");
	else if (ret > 128)
		snprintf(why, size, "ended by signal %d", ret - 128);
	else if (ret > 0)
		snprintf(why, size, "exit status %d", ret);
	else if (ret)
		snprintf(why, size, "%s", strerror(-ret));
	return ret > 0 ? -EIO : ret;
}

static void close_output(const struct hvic_run *run)
{
	if (run->output >= 0)
		close(run->output);
}

static void note(const struct hvic_session *session, struct hvu_hooks_answer *answer,
		 const char *name, const char *phase, int ret, const char *why)
{
	answer->run++;
	if (!ret)
		return;
	session->say(session->data, name, phase, why);
	if (!answer->failed++) {
		answer->status = ret;
		snprintf(answer->text, sizeof(answer->text), "%.100s: %.120s", name, why);
	}
}

/* What is in the folder, and room for a run of each; how many, 0 without memory. */
static size_t list_hooks(struct hvic_session *session)
{
	size_t n = 0;

	session->names = hvu_list(session->folder.fd, ".");
	while (session->names && session->names[n])
		n++;
	session->runs = session->names ? calloc(n + 1, sizeof(*session->runs)) : NULL;
	if (!session->runs)
		return 0;
	for (size_t i = 0; i < n; i++)
		session->runs[i].output = -1;
	return n;
}

/* The first that fails is the last that is run. */
static void run_freeze(struct hvic_session *session, const struct hvu_hooks_question *question,
		       struct hvu_hooks_answer *answer)
{
	const char *phase = words[HVU_HOOKS_FREEZE];
	char why[200];
	size_t n;

	/* Without one there are no hooks, but not all that cannot be read is not there. */
	if (session->folder.fd < 0 && session->folder.fd != -ENOENT) {
		answer->status = session->folder.fd;
		answer->failed = 1;
		snprintf(answer->text, sizeof(answer->text), "%.100s: %s", session->folder.path,
			 strerror(-answer->status));
		return;
	}
	n = list_hooks(session);
	if (!session->runs)
		answer->status = -ENOMEM;
	while (!answer->status && session->begun < n) {
		const char *name = session->names[session->begun];
		struct hvic_run *run = &session->runs[session->begun++];

		if (hvu_hooks_is_name(name))
			note(session, answer, name, phase,
			     run_one(session, name, phase, question, run, why, sizeof(why)), why);
	}
}

/* What another helper has frozen, of which nothing is known: it has been killed. */
static void adopt(struct hvic_session *session)
{
	session->begun = list_hooks(session);
	for (size_t i = 0; i < session->begun; i++)
		session->runs[i].started = hvu_hooks_is_name(session->names[i]);
}

/* All of them that have been started, whatever fails, and whatever they have become since. */
static void run_undo(struct hvic_session *session, const struct hvu_hooks_question *question,
		     struct hvu_hooks_answer *answer)
{
	const char *phase = words[question->phase];
	char why[200];

	for (size_t i = session->begun; i--;) {
		struct hvic_run run = session->runs[i];

		if (run.started) {
			note(session, answer, session->names[i], phase,
			     run_one(session, session->names[i], phase, question, &run, why,
				     sizeof(why)), why);
			close_output(&run);
		}
		close_output(&session->runs[i]);
	}
	session->begun = 0;
	free(session->runs);
	session->runs = NULL;
	hvu_list_free(session->names);
	session->names = NULL;
	hvic_hook_end_all();
}

/**
 * hvic_session_run() - run the hooks
 * @session: which they are of
 * @question: what for
 * @answer: gets how that went
 */
void hvic_session_run(struct hvic_session *session, const struct hvu_hooks_question *question,
		      struct hvu_hooks_answer *answer)
{
	*answer = (struct hvu_hooks_answer){ .phase = question->phase };
	if (question->phase != HVU_HOOKS_FREEZE && !session->asked)
		adopt(session);
	session->asked = true;
	if (question->phase != HVU_HOOKS_FREEZE)
		run_undo(session, question, answer);
	else if (!session->names)
		run_freeze(session, question, answer);
	else
		answer->status = -EALREADY;
}

/**
 * hvic_session_end() - nothing more will be asked: thaw, if that has not been done
 * @session: the backup
 * @timeout_ms: how long each hook may take
 */
void hvic_session_end(struct hvic_session *session, uint32_t timeout_ms)
{
	struct hvu_hooks_question question = {
		.phase = HVU_HOOKS_THAW, .timeout_ms = timeout_ms,
	};
	struct hvu_hooks_answer answer;

	if (session->names)
		hvic_session_run(session, &question, &answer);
}
