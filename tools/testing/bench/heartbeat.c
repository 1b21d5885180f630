// SPDX-License-Identifier: GPL-2.0
/* Heartbeats, one after the other: what a request costs that needs no daemon. */
#include "bench.h"

#define BEATS 1000

enum { MEDIAN, TAIL };

static void beat(struct bench *b)
{
	struct test *t = b->t;
	struct ic *hb = subject_ready(b, &ic_heartbeat);
	double took[BEATS];

	for (int i = 0; i < BEATS; i++) {
		double start = bench_us();

		EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
		took[i] = bench_us() - start;
	}
	bench_report(b, MEDIAN, bench_quantile(took, BEATS, 0.5));
	bench_report(b, TAIL, bench_quantile(took, BEATS, 0.95));
}

static void relax(struct test *t, void *context)
{
	test_run(t, 0, "procs -TERM yes || true");
}

/* A program that wants the processor for itself. */
static void beat_busy(struct bench *b)
{
	test_defer(b->t, relax, NULL);
	test_run(b->t, 0, "yes >/dev/null 2>&1 &");
	beat(b);
}

#define LINES { { "median", "us", 1 }, { "p95", "us", 1 } }

#define ROW(title, function, processors)					\
	{ .name = title, .run = function, .vcpus = processors, .lines = LINES }

const struct bench_row heartbeat_rows[] = {
	ROW("heartbeat", beat, 1),
	ROW("heartbeat_busy", beat_busy, 1),
	ROW("heartbeat_2cpu", beat, 2),
	ROW("heartbeat_4cpu", beat, 4),
	ROW("heartbeat_8cpu", beat, 8),
	{ 0 }
};
