// SPDX-License-Identifier: GPL-2.0
/* Backup of as many file systems as the row says, under programs that write to them. */
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

#define TIMES 3
#define HOLD_US 20000			/* the host's own part: the time between FREEZE and THAW */
#define DIRTY_KIB 1024			/* on each file system */

enum { FREEZE, STALL, THAW };

static void stop_writer(struct test *t, void *context)
{
	test_run(t, 0, "procs -TERM -w bench");
}

/* The first file system, the last, and one between. */
static void start_writer(struct bench *b)
{
	unsigned long last = b->row->size, middle = (last + 1) / 2;
	struct test *t = b->t;

	test_run(t, 0, "rm -f /bench/*/written");
	test_run(t, 0, "bench write $(printf %s 1 %lu %lu | uniq) > /tmp/writer 2>&1 &",
		 "'/bench/%s\\n'", middle, last);
	test_until(t, "test -s /bench/%lu/written", last);
}

/* Return: the longest time that a write took. All must have stood still for @hold at least. */
static double end_writer(struct test *t, double hold)
{
	double longest, shortest;
	const char *said;

	stop_writer(t, NULL);
	said = test_run(t, 0, "cat /tmp/writer");
	if (sscanf(said, "%lf %lf", &longest, &shortest) != 2 || shortest < hold)
		FAIL("not frozen for %.0f us: %s", hold, said);
	return longest;
}

static void checkpoint(struct bench *b, bool dirty, double found[3])
{
	struct test *t = b->t;
	struct ic *vss = subject_ready(b, &ic_vss);
	double asked, frozen, released, thawed;

	start_writer(b);
	test_run(t, 0, "sync");
	if (dirty)
		test_run(t, 0, "bench dirty %u /bench/*", DIRTY_KIB);
	asked = bench_us();
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	frozen = bench_us();
	usleep(HOLD_US);
	released = bench_us();
	EXPECT_RESULT(vss_thaw(vss), 0);
	thawed = bench_us();
	found[FREEZE] = (frozen - asked) / 1e3;
	found[STALL] = (end_writer(t, released - frozen) - (released - frozen)) / 1e3;
	found[THAW] = (thawed - released) / 1e3;
	EXPECT_RESULT(vss_complete(vss), 0);
}

static void backup(struct bench *b, bool dirty)
{
	double found[TIMES][3], values[TIMES];

	bench_disks(b, b->row->size);
	test_defer(b->t, stop_writer, NULL);
	for (int i = 0; i < TIMES; i++)
		checkpoint(b, dirty, found[i]);
	for (int line = 0; line < 3; line++) {
		for (int i = 0; i < TIMES; i++)
			values[i] = found[i][line];
		bench_report(b, line, bench_quantile(values, TIMES, 0.5));
	}
}

static void backup_clean(struct bench *b)
{
	backup(b, false);
}

static void backup_dirty(struct bench *b)
{
	backup(b, true);
}

#define ROW(title, function, disks)						\
	{ .name = title, .run = function, .service = &ic_vss, .size = disks,	\
	  .lines = { { "freeze", "ms" }, { "stall", "ms" }, { "thaw", "ms" } } }

const struct bench_row backup_rows[] = {
	ROW("backup_1", backup_clean, 1),
	ROW("backup_8", backup_clean, 8),
	ROW("backup_50", backup_clean, 50),
	ROW("backup_1_dirty", backup_dirty, 1),
	ROW("backup_8_dirty", backup_dirty, 8),
	ROW("backup_50_dirty", backup_dirty, 50),
	{ 0 }
};
