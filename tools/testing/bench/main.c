// SPDX-License-Identifier: GPL-2.0
/*
 * bench: runs all rows for all subjects in turn, round by round, and prints what it found.
 *
 *	bench [-r ROUNDS] [ROW-GLOB]
 *
 * The rows whose names begin like ROW-GLOB are run, and the heartbeat, which shows what a round
 * trip costs at least. The guest's kernel and initramfs come from the environment, see machine.h.
 * The exit status is 1 if a row of hv_ic failed.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "fixture.h"
#include "runner.h"
#include "watchdog.h"

#define SLOW_S 20			/* a row whose rounds take longer ... */
#define SLOW_ROUNDS 3			/* ... gets only so many, as do guests of more processors */
#define RUN_S 2500			/* no round begins that would end later */
#define STEP_S 600			/* a row that takes longer hangs */
#define PATIENCE_MS 60000		/* for a command in the guest */

static const struct bench_row *const tables[] = {
	heartbeat_rows, load_rows, kvp_rows, address_rows, copy_rows, backup_rows, clock_rows,
	cost_rows, stop_rows,
};

/* The kinds of guests. They have the memory for the largest file that is copied to a tmpfs. */
#define GUEST(processors) { .name = "bench", .vcpus = processors, .memory_mib = 1024 }
static const struct test_case guests[] = { GUEST(8), GUEST(4), GUEST(2), GUEST(1) };

static void choose_rows(struct bench *b, const char *glob)
{
	char pattern[64];

	snprintf(pattern, sizeof(pattern), "%s*", glob);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct bench_row *row = tables[i]; row->name; row++)
			if (row == &heartbeat_rows[0] || !fnmatch(pattern, row->name, 0))
				b->results[b->n_results++].row = row;
}

static const struct test_case *guest_with(unsigned int vcpus)
{
	for (size_t i = 0; i < ARRAY_SIZE(guests); i++)
		if (guests[i].vcpus == vcpus)
			return &guests[i];
	abort();
}

static void boot(struct bench *b)
{
	/* It loads hv_ic when it boots; a row of the old driver does not want that. */
	b->t->peer = HV_IC;
	b->t->module = "hv_ic";
	if (fixture_take(b->t, guest_with(b->vcpus))) {
		if (!setjmp(b->t->end)) {
			test_unload(b->t);
			test_run(b->t, 0, "echo 0 > /proc/sys/vm/dirty_writeback_centisecs");
			return;
		}
		fixture_diagnose(b->t->message);
	}
	fflush(stdout);
	fprintf(stderr, "bench: no guest\n");
	exit(1);
}

/* Nothing but figures may come of a row: not a report of the kernel, not a broken rule. */
static void judge(struct test *t)
{
	char why[IC_WHY];

	for (int i = 0; i < IC_COUNT; i++)
		if (t->ics[i]->violations && !ic_settled(t->ics[i], why))
			FAIL("%s", why);
	if (hv_report(t->host, t->console))
		FAIL("the guest's kernel reported something");
}

/* Its state is not known, or it has ended; another one goes on. */
static void renew_guest(struct bench *b)
{
	fixture_drop(b->t);
	b->loaded = false;
	boot(b);
	b->t->console = 0;
}

/* Does something that may fail as a case fails. Return: it did not; otherwise @why is filled in. */
static bool attempt(struct bench *b, void (*step)(struct bench *b), const char *what, char *why)
{
	struct test *t = b->t;

	t->outcome = PASSED;
	*t->message = '\0';
	watchdog_expect(what, STEP_S);
	if (!setjmp(t->end))
		step(b);
	while (t->cleanups)
		if (!setjmp(t->end))
			test_undo(t);
	if (t->outcome == PASSED && !setjmp(t->end))
		judge(t);
	test_free(t);
	if (t->outcome == PASSED)
		return true;
	strcpy(why, t->message);
	fprintf(stderr, "bench: %s: %s: %s\n", subjects[b->subject].key, what, why);
	fixture_show_log(t);
	renew_guest(b);
	return false;
}

static void lack_all(struct bench *b, struct bench_result *r, const char *why)
{
	b->result = r;
	for (int line = 0; r->row->lines[line].name; line++)
		bench_lack(b, line, "%s", why);
}

static void do_row(struct bench *b)
{
	if (b->row->service && !subject_has(b, b->row->service))
		lack_all(b, b->result, ABSENT);
	else
		b->row->run(b);
}

static void run_row(struct bench *b, struct bench_result *r)
{
	char why[sizeof(b->t->message)];

	b->row = r->row;
	b->result = r;
	*why = '\0';
	if (!attempt(b, do_row, r->row->name, why))
		lack_all(b, r, why);
	else if (hv_state(b->t->host) != HV_RUNNING)
		renew_guest(b);
}

static bool failed_before(const struct bench *b, const struct bench_result *r)
{
	for (int line = 0; r->row->lines[line].name; line++)
		if (!*r->series[line][b->subject].note)
			return false;
	return true;
}

/* Without any daemon of its own it is not there at all. */
static void look_for_daemons(struct bench *b)
{
	if (subject_has(b, &ic_kvp) || subject_has(b, &ic_vss) || subject_has(b, &ic_fcopy))
		return;
	for (unsigned int i = 0; i < b->n_results; i++)
		lack_all(b, &b->results[i], ABSENT);
}

static void run_subject(struct bench *b, unsigned int round, double *seconds)
{
	char why[sizeof(b->t->message)];
	bool runs = attempt(b, look_for_daemons, "to look for daemons", why);

	for (unsigned int i = 0; runs && i < b->n_results; i++) {
		struct bench_result *r = &b->results[i];
		double start = bench_us(), took;

		if (bench_vcpus(r->row) != b->vcpus || failed_before(b, r) ||
		    (r->seconds > SLOW_S && round >= SLOW_ROUNDS))
			continue;
		if (!b->loaded && !attempt(b, subject_begin, "to begin", why)) {
			runs = false;
			lack_all(b, r, why);
			continue;
		}
		run_row(b, r);
		took = (bench_us() - start) / 1e6;
		seconds[i] += took;
		fprintf(stderr, "bench: round %u of %u: %s: %s: %.1f s\n", round + 1, b->rounds,
			subjects[b->subject].key, r->row->name, took);
	}
	attempt(b, subject_end, "to end", why);
}

static void save(const struct bench *b, const char *name,
		 void (*print)(const struct bench *b, FILE *out))
{
	const char *logs = getenv("HV_LOGS");
	char path[256];
	FILE *file;

	if (!logs)
		return;
	snprintf(path, sizeof(path), "%s/%s", logs, name);
	file = fopen(path, "w");
	if (!file) {
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
		return;
	}
	print(b, file);
	fclose(file);
}

static void run_rounds(struct bench *b)
{
	unsigned int rounds = b->rounds;
	double last = 0;

	if (b->vcpus > 1 && rounds > SLOW_ROUNDS)
		rounds = SLOW_ROUNDS;
	for (unsigned int round = 0; round < rounds; round++) {
		double seconds[ARRAY_SIZE(b->results)] = { 0 }, start = bench_us();

		if (start + last - b->began > RUN_S * 1e6)
			break;
		for (b->subject = 0; b->subject < SUBJECTS; b->subject++)
			run_subject(b, round, seconds);
		for (unsigned int i = 0; i < b->n_results; i++)
			if (seconds[i] > b->results[i].seconds)
				b->results[i].seconds = seconds[i];
		last = bench_us() - start;
		if (round + 1 > b->done)
			b->done = round + 1;
		/* A run that is ended early leaves what it has. */
		save(b, "bench.txt", table_print);
		save(b, "bench.json", table_json);
	}
}

static bool needs_guest(const struct bench *b, unsigned int vcpus)
{
	for (unsigned int i = 0; i < b->n_results; i++)
		if (bench_vcpus(b->results[i].row) == vcpus)
			return true;
	return false;
}

/* Those with few rows first: the last one may use up the time that is left. */
static void run_guests(struct bench *b)
{
	b->began = bench_us();
	for (size_t i = 0; i < ARRAY_SIZE(guests); i++) {
		if (!needs_guest(b, guests[i].vcpus))
			continue;
		b->vcpus = guests[i].vcpus;
		watchdog_expect("to boot", STEP_S);
		boot(b);
		run_rounds(b);
		fixture_drop(b->t);
	}
}

/* Has each row its figures of hv_ic, where there is a daemon? What the peer lacks is its own. */
static bool is_complete(const struct bench *b)
{
	for (unsigned int i = 0; i < b->n_results; i++)
		for (int line = 0; b->results[i].row->lines[line].name; line++)
			for (int s = 0; s < SUBJECTS; s++) {
				const char *note = b->results[i].series[line][s].note;

				if (subjects[s].peer == HV_IC && *note && strcmp(note, ABSENT))
					return false;
			}
	return true;
}

int main(int argc, char **argv)
{
	static struct test t = { .patience_ms = PATIENCE_MS };
	static struct bench b = { .t = &t, .rounds = 7 };
	int option;

	while ((option = getopt(argc, argv, "r:")) != -1) {
		b.rounds = option == 'r' ? strtoul(optarg, NULL, 10) : 0;
		if (!b.rounds || b.rounds > BENCH_ROUNDS) {
			fprintf(stderr, "usage: bench [-r 1..%d] [ROW-GLOB]\n", BENCH_ROUNDS);
			return 2;
		}
	}
	choose_rows(&b, optind < argc ? argv[optind] : "");
	if (optind < argc && b.n_results == 1 && fnmatch(argv[optind], heartbeat_rows->name, 0)) {
		fprintf(stderr, "bench: no row has such a name; these are there:\n");
		for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
			for (const struct bench_row *row = tables[i]; row->name; row++)
				fprintf(stderr, "%s\n", row->name);
		return 2;
	}
	watchdog_start();
	run_guests(&b);
	table_print(&b, stdout);
	return is_complete(&b) ? 0 : 1;
}
