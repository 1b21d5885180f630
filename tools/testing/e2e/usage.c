// SPDX-License-Identifier: GPL-2.0
/* See usage.h; guest/usage.c reads the numbers. */
#include "usage.h"

#include <stdio.h>

#define EVENT "/sys/kernel/tracing/events/raw_syscalls/sys_enter/"
#define TRIGGER EVENT "trigger"

/* Of the one count that can run. */
static struct {
	const char *program;
	struct usage start;
	double own_forks;		/* of one reading */
} counting;

static struct usage read_usage(struct test *t)
{
	const char *said = test_run(t, 0, "usage $(procs %s)", counting.program);
	struct usage u;

	if (sscanf(said, "%lf %lf %lf %lf", &u.cpu_us, &u.syscalls, &u.switches, &u.forks) != 4)
		FAIL("the usage of %s cannot be read", counting.program);
	return u;
}

static void stop_counting(struct test *t, void *context)
{
	test_run(t, 0, "echo '!hist:keys=common_pid' > " TRIGGER " || true");
}

void usage_begin(struct test *t, const char *program)
{
	struct usage before;

	counting.program = program;
	/* Not every kernel has histograms; the case may have begun one before. */
	if (test_has(t, EVENT "hist"))
		test_run(t, 0, "grep -q ^hist " TRIGGER " || echo hist:keys=common_pid > " TRIGGER);
	test_defer(t, stop_counting, NULL);
	before = read_usage(t);
	counting.start = read_usage(t);
	counting.own_forks = counting.start.forks - before.forks;
}

struct usage usage_end(struct test *t)
{
	struct usage u = read_usage(t);

	u.cpu_us -= counting.start.cpu_us;
	u.switches -= counting.start.switches;
	u.forks -= counting.start.forks + counting.own_forks;
	if (u.syscalls >= 0)
		u.syscalls -= counting.start.syscalls;
	return u;
}

char *usage_held(struct test *t, const char *program)
{
	return test_run(t, 0, "cd /proc/$(procs %s); ls fd | wc -l; grep VmData status", program);
}
