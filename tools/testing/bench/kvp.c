// SPDX-License-Identifier: GPL-2.0
/* Data exchange, with pools that hold as many items as the row says. */
#include <stdio.h>

#include "bench.h"

#define ITEMS 50

#define POOL(number) BENCH_POOLS "/.kvp_pool_" #number

enum { SET, REPLACE, GET, DELETE, LIST, WHOLE };

static ic_result set_to(struct ic *kvp, int i, const char *what)
{
	char key[32], value[32];

	snprintf(key, sizeof(key), "bench-%d", i);
	snprintf(value, sizeof(value), "%s-%d", what, i);
	return kvp_set(kvp, KVP_EXTERNAL, key, value);
}

static ic_result set_new(struct ic *kvp, int i, char *wrong)
{
	return set_to(kvp, i, "new");
}

static ic_result replace(struct ic *kvp, int i, char *wrong)
{
	return set_to(kvp, i, "other");
}

static ic_result get(struct ic *kvp, int i, char *wrong)
{
	static struct kvp_item item;
	char key[32], value[32];
	ic_result result;

	snprintf(key, sizeof(key), "bench-%d", i);
	snprintf(value, sizeof(value), "other-%d", i);
	result = kvp_get(kvp, KVP_EXTERNAL, key, &item);
	if (!result && strcmp(item.value, value))
		snprintf(wrong, 64, "wrong value");
	return result;
}

static ic_result delete(struct ic *kvp, int i, char *wrong)
{
	char key[32];

	snprintf(key, sizeof(key), "bench-%d", i);
	return kvp_delete(kvp, KVP_EXTERNAL, key);
}

static void do_step(struct bench *b, unsigned int line,
		    ic_result (*ask)(struct ic *kvp, int i, char *wrong))
{
	struct test *t = b->t;
	struct ic *kvp = subject_ready(b, &ic_kvp);
	double took[ITEMS];
	char wrong[64] = "";

	for (int i = 0; i < ITEMS; i++) {
		double start = bench_us();

		EXPECT_RESULT(ask(kvp, i, wrong), 0);
		took[i] = bench_us() - start;
	}
	if (*wrong)
		bench_lack(b, line, "%s", wrong);
	else
		bench_report(b, line, bench_quantile(took, ITEMS, 0.5));
}

/* As a host does it: by number, until the guest says that there are no more. */
static void list(struct bench *b)
{
	static struct kvp_item item;
	struct test *t = b->t;
	struct ic *kvp = subject_ready(b, &ic_kvp);
	double start = bench_us(), took;

	for (uint32_t i = 0; i < b->row->size; i++) {
		char key[32], value[32];

		snprintf(key, sizeof(key), "key-%u", i);
		snprintf(value, sizeof(value), "value-%u", i);
		EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, i, &item), 0);
		EXPECT_STR(item.key, key);
		EXPECT_STR(item.value, value);
	}
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, b->row->size, &item), WIRE_E_NO_MORE_ITEMS);
	took = bench_us() - start;
	bench_report(b, LIST, took / (b->row->size + 1));
	bench_report(b, WHOLE, took / 1e3);
}

static void check(struct bench *b, int items, const char *value)
{
	struct test *t = b->t;

	test_run(t, 0, "bench keys " POOL(0) " %d %s", items, value);
	EXPECT_EQ(atol(test_run(t, 0, "stat -c %%s " POOL(0))), 2560l * (b->row->size + items));
}

static void exchange(struct bench *b)
{
	struct test *t = b->t;

	for (int pool = 0; pool < 2; pool++)
		test_run(t, 0, "bench pool " BENCH_POOLS "/.kvp_pool_%d %lu", pool, b->row->size);
	do_step(b, SET, set_new);
	check(b, ITEMS, "new");
	do_step(b, REPLACE, replace);
	check(b, ITEMS, "other");
	do_step(b, GET, get);
	list(b);
	do_step(b, DELETE, delete);
	check(b, 0, "none");
}

/* The daemon has its files open: it gives them up first. */
static void move_back(struct test *t, void *context)
{
	struct bench *b = context;

	subject_restart(b, &ic_kvp, "umount " BENCH_POOLS);
}

static void exchange_on_disk(struct bench *b)
{
	bench_disks(b, 1);
	test_defer(b->t, move_back, b);
	subject_restart(b, &ic_kvp, "mount --bind /bench/1 " BENCH_POOLS);
	exchange(b);
}

#define LINES									\
	{									\
		{ "set", "us", 1 }, { "replace", "us", 1 }, { "get", "us", 1 },	\
		{ "delete", "us", 1 }, { "list, per key", "us", 1 },		\
		{ "list", "ms" },						\
	}

#define ROW(title, function, items, processors)					\
	{ .name = title, .run = function, .service = &ic_kvp, .size = items,	\
	  .vcpus = processors, .lines = LINES }

const struct bench_row kvp_rows[] = {
	ROW("kvp_10", exchange, 10, 1),
	ROW("kvp_250", exchange, 250, 1),
	ROW("kvp_1024", exchange, 1024, 1),
	ROW("kvp_ext4_10", exchange_on_disk, 10, 1),
	ROW("kvp_2cpu", exchange, 10, 2),
	ROW("kvp_4cpu", exchange, 10, 4),
	ROW("kvp_8cpu", exchange, 10, 8),
	{ 0 }
};
