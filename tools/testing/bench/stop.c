// SPDX-License-Identifier: GPL-2.0
/* Power off: from the host's request to a machine that is off. Another guest goes on. */
#include "bench.h"

enum { ANSWER, OFF };

static void stop(struct bench *b)
{
	const struct shutdown_order order = { .reason = SHUTDOWN_REASON_PLANNED };
	struct ic *sd = subject_ready(b, &ic_shutdown);
	double start, answered;
	struct test *t = b->t;

	/* The lines of the two drivers differ in length, and a serial console takes its time. */
	test_run(t, 0, "dmesg -n 1");
	start = bench_us();
	EXPECT_RESULT(shutdown_ask(sd, &order), 0);
	answered = bench_us();
	EXPECT_EQ(hv_wait_state(t->host, HV_OFF, sd->timeout_ms), 0);
	bench_report(b, ANSWER, answered - start);
	bench_report(b, OFF, (bench_us() - start) / 1e3);
}

const struct bench_row stop_rows[] = {
	{ .name = "stop", .run = stop, .lines = { { "answer", "us", 1 }, { "off", "ms" } } },
	{ 0 }
};
