// SPDX-License-Identifier: GPL-2.0
/* What there is in memory, and what a host that asks for everything makes the guest do. */
#include <stdio.h>

#include "bench.h"
#include "usage.h"

#define PAGE 4096

static const struct ic_service *const with_daemon[] = { &ic_kvp, &ic_vss, &ic_fcopy };

enum { MODULE, TEXT, CONSTANTS, DATA, BSS, RINGS, RSS, PSS };

/* Both directions of all channels, with their control pages. */
static double rings_kib(struct test *t)
{
	double bytes = 0;

	hv_lock(t->host);
	for (int i = 0; i < IC_COUNT; i++)
		for (int way = HV_TO_GUEST; way <= HV_TO_HOST; way++) {
			const struct hv_ring *ring = hv_channel_ring(t->ics[i]->channel, way);

			bytes += ring ? ring->size + PAGE : 0;
		}
	hv_unlock(t->host);
	return bytes / 1024;
}

/* The module: as the kernel has allocated it, and what of that it fills. */
static void measure_module(struct bench *b)
{
	double text, constants, data, bss;
	struct test *t = b->t;
	const char *said;

	said = test_run(t, 0, "cat /sys/module/%s/coresize", t->module);
	bench_report(b, MODULE, atof(said) / 1024);
	said = test_run(t, 0, "bench sections $(find /lib/modules -name %s.ko)", t->module);
	if (sscanf(said, "%lf %lf %lf %lf", &text, &constants, &data, &bss) != 4)
		FAIL("no sections: %s", said);
	bench_report(b, TEXT, text / 1024);
	bench_report(b, CONSTANTS, constants / 1024);
	bench_report(b, DATA, data / 1024);
	bench_report(b, BSS, bss / 1024);
	bench_report(b, RINGS, rings_kib(t));
}

static void memory(struct bench *b)
{
	struct test *t = b->t;
	double rss = 0, pss = 0;

	measure_module(b);
	for (size_t i = 0; i < ARRAY_SIZE(with_daemon); i++) {
		const char *rollup;

		if (!subject_has(b, with_daemon[i])) {
			bench_lack(b, RSS, ABSENT);
			bench_lack(b, PSS, ABSENT);
			return;
		}
		rollup = test_run(t, 0, "cat /proc/$(procs %s)/smaps_rollup",
				  subject_program(b, with_daemon[i]));
		rss += atof(strstr(rollup, "\nRss:") + 5);
		pss += atof(strstr(rollup, "\nPss:") + 5);
	}
	bench_report(b, RSS, rss);
	bench_report(b, PSS, pss);
}

#define POLLS 20

enum { TIME, CPU, SYSCALLS, SWITCHES, FORKS, GUEST };

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

static void poll_all(struct bench *b)
{
	struct ic *kvp = subject_ready(b, &ic_kvp);
	struct test *t = b->t;

	for (int i = 0; i < POLLS; i++) {
		EXPECT_EQ(ask_all(t, kvp, KVP_GUEST), 11);
		EXPECT(ask_all(t, kvp, KVP_AUTO) > 9);
	}
}

static void poll(struct bench *b)
{
	double start, busy;
	struct test *t = b->t;
	struct usage used;

	test_run(t, 0, "bench pool " BENCH_POOLS "/.kvp_pool_1 10");
	usage_begin(t, subject_program(b, &ic_kvp));
	start = bench_us();
	poll_all(b);
	start = bench_us() - start;
	used = usage_end(t);
	bench_report(b, TIME, start / 1e3 / POLLS);
	bench_report(b, CPU, used.cpu_us / 1e3 / POLLS);
	bench_report(b, SYSCALLS, used.syscalls / POLLS);
	bench_report(b, SWITCHES, used.switches / POLLS);
	bench_report(b, FORKS, used.forks / POLLS);

	/* Once more, and nothing is traced meanwhile. */
	test_undo(t);
	busy = bench_busy_begin(b);
	poll_all(b);
	bench_report(b, GUEST, bench_busy_end(b, busy) / POLLS);
}

const struct bench_row cost_rows[] = {
	{ .name = "poll", .run = poll, .service = &ic_kvp,
	  .lines = { { "time", "ms" }, { "processor", "ms" }, { "system calls", "" },
		     { "switches", "" }, { "forks", "" }, { "whole guest", "ms" } } },
	{ .name = "memory", .run = memory,
	  .lines = { { "module", "KiB" }, { "text", "KiB" }, { "constants", "KiB" },
		     { "data", "KiB" }, { "bss", "KiB" }, { "rings", "KiB" },
		     { "daemons' RSS", "KiB" }, { "daemons' PSS", "KiB" } } },
	{ 0 }
};
