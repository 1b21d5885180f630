// SPDX-License-Identifier: GPL-2.0
/*
 * The PTP clock, while the host sends samples of its time. Nobody steers the guest's own clock or
 * the host's, so their distance changes evenly; by what a reading is off that, it is wrong.
 */
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

#define READINGS 60
#define PAUSE_US 50000

enum { ERROR, BRACKET };

static void read_clock(struct bench *b)
{
	struct test *t = b->t;
	struct ic *ts = subject_ready(b, &ic_timesync);
	double error, bracket;
	char *said = NULL;
	int reader, status;

	reader = hv_guest_start(t->host, "bench clock %d %d", READINGS, PAUSE_US);
	EXPECT(reader > 0);
	for (int i = 0; i < READINGS; i++) {
		struct timesync_stamp stamp;

		EXPECT_EQ(timesync_now(t->host, 0, WIRE_TIME_SAMPLE, &stamp), 0);
		EXPECT_RESULT(timesync_send(ts, &stamp), 0);
		usleep(PAUSE_US);
	}
	status = hv_guest_finish(t->host, reader, ts->timeout_ms, &said);
	if (status || sscanf(said, "%lf %lf", &error, &bracket) != 2)
		FAIL("the clock cannot be read: %d: %.60s", status, said);
	free(said);
	bench_report(b, ERROR, error);
	bench_report(b, BRACKET, bracket);
}

const struct bench_row clock_rows[] = {
	{ .name = "ptp", .run = read_clock,
	  .lines = { { "error p95", "us" }, { "reading", "us" } } },
	{ 0 }
};
