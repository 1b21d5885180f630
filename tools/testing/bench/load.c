// SPDX-License-Identifier: GPL-2.0
/* From nothing to the first answer of every service. */
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

#define SERVED_MS 60000

enum { MODULE, SERVED };

/* A request that only a daemon answers well. */
static ic_result ask(struct ic *ic)
{
	static struct kvp_item item;
	ic_result result;
	uint32_t flags;

	if (ic->service == &ic_kvp)
		return kvp_enumerate(ic, KVP_AUTO, 0, &item);
	if (ic->service == &ic_vss)
		return vss_hot_backup(ic, &flags);
	if (ic->service != &ic_fcopy)
		return 0;
	result = fcopy_start(ic, "/tmp", "first", 0, 8);
	if (!result)
		fcopy_cancel(ic);
	return result;
}

static void wait_served(struct bench *b, const struct ic_service *service)
{
	double deadline = bench_us() + SERVED_MS * 1e3;
	struct ic *ic = subject_ready(b, service);
	struct test *t = b->t;
	ic_result result;

	while ((result = ask(ic)) && bench_us() < deadline)
		usleep(500);
	EXPECT_RESULT(result, 0);
}

static void load(struct bench *b)
{
	struct test *t = b->t;
	const char *commands = subject_commands(b);
	double start, loaded;

	subject_end(b);
	subject_prepare(b);
	start = bench_us();
	test_run(t, 0, "modprobe %s", t->module);
	loaded = bench_us();
	bench_report(b, MODULE, (loaded - start) / 1e3);
	if (commands) {
		test_run(t, 0, "%s", commands);
		for (const struct ic_service *const *s = test_services(t); *s; s++)
			wait_served(b, *s);
		if (t->peer == HV_UTILS)
			wait_served(b, &ic_fcopy);
		bench_report(b, SERVED, (bench_us() - start) / 1e3);
	} else {
		bench_lack(b, SERVED, ABSENT);
	}
	/* The next rows want it as it was. */
	subject_end(b);
	subject_begin(b);
}

const struct bench_row load_rows[] = {
	{ .name = "load", .run = load, .lines = { { "modprobe", "ms" }, { "all served", "ms" } } },
	{ 0 }
};
