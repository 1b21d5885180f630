// SPDX-License-Identifier: GPL-2.0
/* What there is in memory, and what a host that asks for everything makes the guest do. */
#include "bench.h"
#include "usage.h"

static const struct ic_service *const with_daemon[] = { &ic_kvp, &ic_vss, &ic_fcopy };

enum { MODULE, RSS, PSS };

static void memory(struct bench *b)
{
	struct test *t = b->t;
	double rss = 0, pss = 0;
	const char *size;

	size = test_run(t, 0, "cat /sys/module/%s/coresize", t->module);
	bench_report(b, MODULE, atof(size) / 1024);
	for (size_t i = 0; i < ARRAY_SIZE(with_daemon); i++) {
		const char *rollup;

		if (!subject_has(b, with_daemon[i])) {
			bench_lack(b, RSS, ABSENT);
			bench_lack(b, PSS, ABSENT);
			return;
		}
		rollup = test_run(t, 0, "cat /proc/$(pidof %s)/smaps_rollup",
				  subject_program(b, with_daemon[i]));
		rss += atof(strstr(rollup, "\nRss:") + 5);
		pss += atof(strstr(rollup, "\nPss:") + 5);
	}
	bench_report(b, RSS, rss);
	bench_report(b, PSS, pss);
}

#define POLLS 20

enum { TIME, CPU, SYSCALLS, SWITCHES, FORKS };

/* All items of a pool, by number. */
static int ask_all(struct test *t, struct ic *kvp, unsigned int pool)
{
	static struct kvp_item item;
	ic_result result = 0;
	int n = 0;

	while (!result && n < 1000)
		result = kvp_enumerate(kvp, pool, n++, &item);
	EXPECT_RESULT(result, WIRE_E_NO_MORE_ITEMS);
	return n;
}

static void poll(struct bench *b)
{
	struct test *t = b->t;
	struct ic *kvp = subject_ready(b, &ic_kvp);
	struct usage used;
	double start;

	test_run(t, 0, "bench pool " BENCH_POOLS "/.kvp_pool_1 10");
	usage_begin(t, subject_program(b, &ic_kvp));
	start = bench_us();
	for (int i = 0; i < POLLS; i++) {
		EXPECT_EQ(ask_all(t, kvp, KVP_GUEST), 11);
		EXPECT(ask_all(t, kvp, KVP_AUTO) > 9);
	}
	start = bench_us() - start;
	used = usage_end(t);
	bench_report(b, TIME, start / 1e3 / POLLS);
	bench_report(b, CPU, used.cpu_us / 1e3 / POLLS);
	bench_report(b, SYSCALLS, used.syscalls / POLLS);
	bench_report(b, SWITCHES, used.switches / POLLS);
	bench_report(b, FORKS, used.forks / POLLS);
}

const struct bench_row cost_rows[] = {
	{ .name = "poll", .run = poll, .service = &ic_kvp,
	  .lines = { { "time", "ms" }, { "processor", "ms" }, { "system calls", "" },
		     { "switches", "" }, { "forks", "" } } },
	{ .name = "memory", .run = memory,
	  .lines = { { "module", "KiB" }, { "daemons' RSS", "KiB" }, { "daemons' PSS", "KiB" } } },
	{ 0 }
};
