// SPDX-License-Identifier: GPL-2.0
/*
 * The systems that are compared. They take turns in one guest, by exchange of the module: the same
 * kernel at the same addresses, the same processor, and no other guest that runs beside it.
 */
#include <stdio.h>

#include "bench.h"

const struct subject subjects[SUBJECTS] = {
	{ "old", "hv_utils", "Debian's daemons", HV_UTILS, false },
	{ "mixed", "hv_ic", "Debian's daemons", HV_IC, false },
	{ "ours", "hv_ic", "its own daemons", HV_IC, true },
};

static const struct daemon {
	const struct ic_service *service;
	const char *old, *native;
} daemons[] = {
	{ &ic_kvp, "hv_kvp_daemon", "hvic-kvpd" },
	{ &ic_vss, "hv_vss_daemon", "hvic-vssd" },
	{ &ic_fcopy, "hv_fcopy_daemon", "hvic-fcopyd" },
};

/* A daemon of this tree stays in the foreground. */
#define LOG_BOTH "%s >/tmp/%s.log 2>&1"

const char *subject_program(struct bench *b, const struct ic_service *service)
{
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++)
		if (daemons[i].service == service)
			return subjects[b->subject].native ? daemons[i].native : daemons[i].old;
	abort();			/* it has no daemon */
}

bool subject_has(struct bench *b, const struct ic_service *service)
{
	const char *found = test_run(b->t, 0, "command -v %s || echo none",
				     subject_program(b, service));

	return strcmp(found, "none");
}

static void start(struct bench *b, const struct ic_service *service)
{
	struct test *t = b->t;
	const char *program = subject_program(b, service);

	if (!subjects[b->subject].native) {
		test_served(t, service);
		return;
	}
	test_run(t, 0, LOG_BOTH " &", program, program);
	test_attached(t, service, 0);
	test_ready(t, service);
}

static void stop(struct bench *b, const struct ic_service *service)
{
	const char *program = subject_program(b, service);

	test_run(b->t, 0, "procs -TERM -w %s", program);
}

const char *subject_commands(struct bench *b)
{
	static char commands[256];

	/* The old ones go into the background by themselves. */
	*commands = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
		if (!subject_has(b, daemons[i].service))
			return NULL;
		strcat(commands, subject_program(b, daemons[i].service));
		strcat(commands, subjects[b->subject].native ? " >/dev/null 2>&1 & " : "; ");
	}
	strcat(commands, "true");
	return commands;
}

void subject_prepare(struct bench *b)
{
	struct test *t = b->t;

	t->peer = subjects[b->subject].peer;
	t->module = subjects[b->subject].driver;
	test_run(t, 0, "mkdir -p " BENCH_POOLS " && mount -t tmpfs none " BENCH_POOLS);
	b->loaded = true;
}

void subject_begin(struct bench *b)
{
	subject_prepare(b);
	test_load(b->t, "");
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++)
		if (subject_has(b, daemons[i].service))
			start(b, daemons[i].service);
}

void subject_end(struct bench *b)
{
	struct test *t = b->t;

	if (!b->loaded)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++)
		stop(b, daemons[i].service);
	test_unload(t);
	test_run(t, 0, "umount " BENCH_POOLS);
	b->loaded = false;
}

struct ic *subject_ready(struct bench *b, const struct ic_service *service)
{
	struct test *t = b->t;
	struct ic *ic = test_ic(t, service);

	EXPECT_RESULT(ic_wait_ready(ic), 0);
	return ic;
}

void subject_restart(struct bench *b, const struct ic_service *service, const char *command)
{
	stop(b, service);
	test_run(b->t, 0, "%s", command);
	start(b, service);
}
