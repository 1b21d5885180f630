// SPDX-License-Identifier: GPL-2.0
/* File copy: how fast, what each block waits for its answer, and what it costs the guest. */
#include "bench.h"
#include "pattern.h"

#define MIB 0x100000ul
#define MIB_MAX 512
#define BLOCKS_MAX (MIB_MAX * MIB / WIRE_FCOPY_FRAGMENT + 1)

enum { SPEED, BLOCK, BLOCK_95, BLOCK_99, END, PROCESSOR };

/*
 * A daemon may go on with the file when it has answered, to hash it. That is part of what a
 * copy costs, and the next row is not to meet it.
 */
static void let_end(struct bench *b, const char *directory)
{
	/* It may be open under no name, but not in another folder; its log is in one of them. */
	test_until(b->t, "for i in $(seq 50); do %s/$(procs %s)/fd | %s | grep -q ' %s/' || %s",
		   "ls -l /proc", subject_program(b, &ic_fcopy), "grep -v '[.]log$'", directory,
		   "exit 0; sleep 1; done; exit 1");
}

static void copy(struct bench *b, const char *directory)
{
	static double took[BLOCKS_MAX];
	static uint64_t block[WIRE_FCOPY_FRAGMENT / 8];
	struct test *t = b->t;
	struct ic *fc = subject_ready(b, &ic_fcopy);
	uint64_t size = b->row->size * MIB;
	unsigned int blocks = 0;
	double start, last, now, busy;

	test_run(t, 0, "rm -f %s/file", directory);
	busy = bench_busy_begin(b);
	start = bench_us();
	EXPECT_RESULT(fcopy_start(fc, directory, "file", 0, size), 0);
	for (uint64_t offset = 0; offset < size; offset += sizeof(block)) {
		uint32_t n = size - offset < sizeof(block) ? size - offset : sizeof(block);

		pattern_fill(block, offset, n);
		last = bench_us();
		EXPECT_RESULT(fcopy_write(fc, offset, block, n), 0);
		took[blocks++] = bench_us() - last;
	}
	last = bench_us();
	EXPECT_RESULT(fcopy_complete(fc), 0);
	now = bench_us();
	let_end(b, directory);
	busy = bench_busy_end(b, busy);
	test_run(t, 0, "bench verify %s/file %lu && rm %s/file", directory, size, directory);

	bench_report(b, SPEED, b->row->size / ((now - start) / 1e6));
	bench_report(b, BLOCK, bench_quantile(took, blocks, 0.5));
	bench_report(b, BLOCK_95, bench_quantile(took, blocks, 0.95));
	bench_report(b, BLOCK_99, bench_quantile(took, blocks, 0.99));
	bench_report(b, END, (now - last) / 1e3);
	if (b->row->lines[PROCESSOR].name)
		bench_report(b, PROCESSOR, busy / b->row->size);
}

/* Half of the guest's memory, as a tmpfs has it, is not enough for the largest. */
static void copy_to_memory(struct bench *b)
{
	test_run(b->t, 0, "mount -o remount,size=%uM /tmp", MIB_MAX + 64);
	copy(b, "/tmp");
}

static void copy_to_disk(struct bench *b)
{
	bench_disks(b, 1);
	copy(b, "/bench/1");
}

/* Of a small file the guest's processor time is too short to be told: no name, no line. */
#define ROW(title, function, mib, processor)					\
	{									\
		.name = title, .run = function, .service = &ic_fcopy, .size = mib,	\
		.lines = {							\
			{ "speed", "MiB/s", .more = true }, { "block", "us", 1 }, \
			{ "block p95", "us", 1 }, { "block p99", "us", 1 },	\
			{ "end", "ms" }, { processor, "ms" },			\
		},								\
	}

const struct bench_row copy_rows[] = {
	ROW("fcopy_1", copy_to_memory, 1, NULL),
	ROW("fcopy_64", copy_to_memory, 64, "CPU per MiB"),
	ROW("fcopy_512", copy_to_memory, MIB_MAX, "CPU per MiB"),
	ROW("fcopy_ext4_4", copy_to_disk, 4, NULL),
	{ 0 }
};
