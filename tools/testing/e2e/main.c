// SPDX-License-Identifier: GPL-2.0
/*
 * e2e: runs cases and prints their results in TAP.
 *
 *	e2e [-lox] [-p hv_ic|hv_utils] [-g small|debian|packages] [-r ROUNDS]
 *	    [-t SECONDS [-s SEED]] [[!]NAME-GLOB...]
 *	e2e -b NAME=CASE...
 *
 * With -g the guest is a real Debian, perhaps with our packages, and the cases are those for it.
 * With -o, the daemons are hv_ic's own and not Debian's.
 * With ROUNDS, each case is run that many times, to find what fails only at times.
 * With -x, nothing is run after the first case that fails.
 * With SECONDS, a case that tries one thing after the other goes on for that long, with
 * what SEED picks.
 * With -b, each CASE is run on the module /broken/NAME.ko of the guest, which is
 * wrong, and must fail. Without NAME the module is the right one, and the case must pass in
 * the same time.
 * The guest's kernel and initramfs come from the environment, see machine.h.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "runner.h"
#include "watchdog.h"

#define SETTLE_MS 30000
#define FAILURE_MS 4000
#define PATIENCE_MS 120000
#define BROKEN_PATIENCE_MS 20000
#define LOAD_MS 60000

#define EXCHANGE "rmmod %s; cp /broken/%s.ko /lib/modules/$(uname -r)/updates/%s.ko; modprobe %s"

static const struct test_case *const tables[] = {
	bus_cases, negotiate_cases, heartbeat_cases, shutdown_cases, time_cases, ring_cases,
	kvp_cases, vss_cases, hold_cases, orders_cases, fcopy_cases, daemon_cases,
	starved_cases, counts_cases, netlink_cases, hvic_cases, takeover_cases, shutdownd_cases,
	kvpd_cases, vssd_cases, vssd_zoo_cases, vssd_try_cases, fcopyd_cases, units_cases,
	lifecycle_cases, trace_cases,
	sleep_cases, busy_cases, machines_cases, mutated_cases, trust_cases, disk_cases,
	debian_cases, packages_cases, network_cases, chrony_cases, database_cases,
	guest_address_cases, guest_boot_cases, guest_change_cases, guest_stop_cases,
};

static const struct test_case *plan[512];
static size_t planned;
static unsigned int passed, failed, skipped;

static bool wanted(const struct test_case *c, enum peer peer, enum system system, char **globs)
{
	bool named = !*globs || **globs == '!';

	if (c->system != system || c->only == (peer == HV_IC ? ONLY_HV_UTILS : ONLY_HV_IC))
		return false;
	/* The last pattern that matches counts, as in a list of files to ignore. */
	for (; *globs; globs++) {
		bool without = **globs == '!';

		if (!fnmatch(*globs + without, c->name, 0))
			named = !without;
	}
	return named;
}

/* Within a kind of guest: those that need it fresh, the others, those that end it. */
static int turn(const struct test_case *c)
{
	if (c->ends_guest)
		return 3;
	return c->last ? 2 : c->fresh ? 0 : 1;
}

static void insert(const struct test_case *c)
{
	size_t at = planned;

	/* It goes behind the last case of its kind that does not have to run later. */
	while (at && !fixture_same_guest(plan[at - 1], c))
		at--;
	if (!at)
		at = planned;
	while (at && fixture_same_guest(plan[at - 1], c) && turn(plan[at - 1]) > turn(c))
		at--;
	if (planned == ARRAY_SIZE(plan))
		abort();
	memmove(plan + at + 1, plan + at, (planned - at) * sizeof(*plan));
	plan[at] = c;
	planned++;
}

static void make_plan(enum peer peer, enum system system, char **globs)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct test_case *c = tables[i]; c->name; c++)
			if (wanted(c, peer, system, globs))
				insert(c);
}

static bool settled(const struct test *t, const struct ic *ic, char *why)
{
	/* hv_utils leaves KVP's NEGOTIATE in the ring until a daemon comes. */
	if (t->peer == HV_UTILS && ic->service == &ic_kvp && ic->state == IC_NEGOTIATING)
		return true;
	return ic_settled((struct ic *)ic, why);
}

static bool all_settled(void *context)
{
	const struct test *t = context;
	char why[IC_WHY];

	for (int i = 0; i < IC_COUNT; i++)
		if (!settled(t, t->ics[i], why))
			return false;
	return true;
}

/* The report, or the trace that follows it. */
static bool is_provoked(const struct test_case *c, const char *line)
{
	return c->provokes && (strstr(line, c->provokes) || strstr(line, "Call Trace:"));
}

static size_t unexpected_report(struct test *t, const struct test_case *c)
{
	size_t at = t->console;
	bool provoked;

	do {
		at = hv_report(t->host, at);
		hv_lock(t->host);
		provoked = at && is_provoked(c, hv_console_line(t->host, at - 1));
		hv_unlock(t->host);
	} while (provoked);
	return at;
}

/* Of each line once, whichever case it is that comes to see it. */
static void expect_no_report(struct test *t, const struct test_case *c)
{
	size_t lines = hv_console_lines(t->host), report = unexpected_report(t, c);

	t->console = lines;
	if (!report)
		return;
	hv_lock(t->host);
	test_note(t, "%s", hv_console_line(t->host, report - 1));
	hv_unlock(t->host);
	FAIL("the guest's kernel reported something");
}

/* What must be true after every case. */
static void judge(struct test *t, const struct test_case *c)
{
	char why[IC_WHY];

	if (c->ends_guest && hv_state(t->host) == HV_RUNNING)
		FAIL("the guest still runs");
	if (!c->ends_guest && hv_state(t->host) != HV_RUNNING)
		FAIL("the guest is gone: %s", hv_state_name(hv_state(t->host)));
	/* A second answer would follow the first at once, so give the guest time for it. */
	if (!c->ends_guest)
		test_run(t, 0, "true");
	hv_wait(t->host, all_settled, t, SETTLE_MS);
	for (int i = 0; i < IC_COUNT; i++)
		if (!settled(t, t->ics[i], why))
			FAIL("%s", why);
	if (hv_bus_violations(t->host))
		FAIL("the guest broke a rule of VMBus: see the events");
	expect_no_report(t, c);
}

static void run_phases(struct test *t, const struct test_case *c)
{
	if (!setjmp(t->end))
		c->run(t);
	while (t->cleanups)
		if (!setjmp(t->end))
			test_undo(t);
	if (t->outcome == PASSED && !setjmp(t->end))
		judge(t, c);
	if (t->outcome != FAILED && !c->ends_guest && !setjmp(t->end))
		test_restore(t);
	if (t->outcome != FAILED && !setjmp(t->end))
		expect_no_report(t, c);
}

/*
 * After an expected failure the guest may still be in order. Then all channels are
 * opened anew, which voids requests without an answer.
 */
static bool recover(struct test *t)
{
	if (hv_state(t->host) != HV_RUNNING || hv_bus_violations(t->host) ||
	    hv_report(t->host, t->console))
		return false;
	t->console = hv_console_lines(t->host);
	t->outcome = PASSED;
	/* hv_utils of newer kernels does not serve file copy. */
	for (int i = 0; i < IC_COUNT; i++)
		t->touched[i] = hv_channel_opens(t->ics[i]->channel) > 0;
	if (!setjmp(t->end))
		test_restore(t);
	return t->outcome == PASSED;
}

static const char *known_failure(const struct test *t, const struct test_case *c)
{
	return t->peer == HV_UTILS ? c->peer_fails : NULL;
}

static void report(struct test *t, const struct test_case *c, unsigned int number)
{
	const char *known = known_failure(t, c);

	if (t->outcome == SKIPPED) {
		printf("ok %u - %s # SKIP %s\n", number, c->name, t->message);
		skipped++;
	} else if (known && t->outcome == FAILED && strstr(t->message, c->peer_says)) {
		printf("ok %u - %s # known peer failure: %s\n", number, c->name, known);
		fixture_diagnose(t->message);
		passed++;
	} else if (known && t->outcome != FAILED) {
		printf("not ok %u - %s\n", number, c->name);
		printf("# passes, but is listed as a failure of hv_utils: %s\n", known);
		failed++;
	} else if (t->outcome == FAILED) {
		printf("not ok %u - %s\n", number, c->name);
		fixture_diagnose(t->message);
		fixture_diagnose(t->note);
		fixture_show_log(t);
		failed++;
	} else {
		printf("ok %u - %s\n", number, c->name);
		passed++;
	}
}

static void begin(struct test *t, const char *name)
{
	t->outcome = PASSED;
	t->message[0] = '\0';
	t->note[0] = '\0';
	t->name = name;
	t->began = test_seconds();
	t->told = t->began;
	memset(t->touched, 0, sizeof(t->touched));
	watchdog_expect(name, CASE_SECONDS);
}

static void run_case(struct test *t, const struct test_case *c, unsigned int number)
{
	double start = test_seconds();

	begin(t, c->name);
	if (fixture_take(t, c)) {
		/* Do not wait long for an answer that is known not to come. */
		for (int i = 0; known_failure(t, c) && i < IC_COUNT; i++)
			t->ics[i]->timeout_ms = FAILURE_MS;
		run_phases(t, c);
	} else {
		t->outcome = FAILED;
		snprintf(t->message, sizeof(t->message), "no guest to run in");
	}
	report(t, c, number);
	printf("# %s: %.1f s\n", c->name, test_seconds() - start);
	if (c->ends_guest ||
	    (t->outcome == FAILED && !(known_failure(t, c) && recover(t))))
		fixture_drop(t);
	test_free(t);
}

static void skip_case(const struct test_case *c, unsigned int number)
{
	printf("ok %u - %s # SKIP after a failure\n", number, c->name);
	skipped++;
}

/* --- The test of the tests. ------------------------------------------------------- */

static const struct test_case *find_case(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct test_case *c = tables[i]; c->name; c++)
			if (!strcmp(c->name, name))
				return c;
	return NULL;
}

/* The guest of the case, in which the module is exchanged for a broken one. */
static bool take_broken(struct test *t, const struct test_case *c, const char *name)
{
	int status;

	fixture_drop(t);
	if (!fixture_take(t, c))
		return false;
	/* In place of the right one, for cases that load it again. */
	status = *name ? hv_guest_run(t->host, LOAD_MS, NULL, EXCHANGE, t->module, name, t->module,
				      t->module) : 0;
	for (int i = 0; i < IC_COUNT; i++)
		t->ics[i]->timeout_ms = FAILURE_MS;
	return !status;
}

/* The right module passes; a broken one fails, and by what it is said to. */
static bool as_said(const struct test *t, const char *name, const char *says)
{
	if (!*name)
		return t->outcome == PASSED;
	return t->outcome == FAILED && says && strstr(t->message, says);
}

/* NAME=CASE: WHAT THE FAILURE SAYS, or without a name the right module. */
static void run_broken(struct test *t, char *pair, unsigned int number)
{
	const char *name = strsep(&pair, "="), *title = strsep(&pair, ":");
	const struct test_case *c = title ? find_case(title) : NULL;
	const char *says = pair ? pair + strspn(pair, " ") : NULL;

	begin(t, title ? title : name);
	t->patience_ms = PATIENCE_MS;
	if (c && take_broken(t, c, name)) {
		t->patience_ms = BROKEN_PATIENCE_MS;
		run_phases(t, c);
		printf("%sok %u - %s: %s\n", as_said(t, name, says) ? "" : "not ", number,
		       *name ? name : "the right module", c->name);
		fixture_diagnose(t->message);
	} else {
		printf("not ok %u - %s: %s\n", number, name, c ? "it does not load" : "no case");
	}
	fixture_drop(t);
	test_free(t);
}

static int show_usage(void)
{
	fprintf(stderr, "usage: e2e [-lox] [-p hv_ic|hv_utils] [-g small|debian|packages]\n"
			"           [-r ROUNDS] [-t SECONDS [-s SEED]] [[!]NAME-GLOB...]\n"
			"       e2e -b 'NAME=CASE: TEXT'...\n");
	return 2;
}

static bool find_system(const char *name, enum system *system)
{
	static const char *const names[] = { "small", "debian", "packages" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i])) {
			*system = i;
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	static struct test t = { .peer = HV_IC, .module = "hv_ic", .patience_ms = PATIENCE_MS };
	enum system system = SYSTEM_SMALL;
	unsigned long rounds = 1;
	bool list = false, broken = false, stop = false;
	int option;

	while ((option = getopt(argc, argv, "bg:lop:r:s:t:x")) != -1) {
		if (option == 'b') {
			broken = true;
		} else if (option == 'g' && find_system(optarg, &system)) {
			;
		} else if (option == 'l') {
			list = true;
		} else if (option == 'o') {
			t.own_daemons = true;
		} else if (option == 'p' && !strcmp(optarg, "hv_ic")) {
			t.peer = HV_IC;
		} else if (option == 'p' && !strcmp(optarg, "hv_utils")) {
			t.peer = HV_UTILS;
			t.module = "hv_utils";
		} else if (option == 'r') {
			rounds = strtoul(optarg, NULL, 10);
		} else if (option == 's') {
			t.seed = strtoul(optarg, NULL, 10);
		} else if (option == 't') {
			t.seconds = strtoul(optarg, NULL, 10);
		} else if (option == 'x') {
			stop = true;
		} else {
			return show_usage();
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (broken) {
		watchdog_start();
		printf("TAP version 13\n1..%d\n", argc - optind);
		for (int i = optind; i < argc; i++)
			run_broken(&t, argv[i], i - optind + 1);
		return 0;
	}
	make_plan(t.peer, system, argv + optind);
	if (!planned) {
		fprintf(stderr, "e2e: no case has such a name; e2e -l lists them\n");
		return 2;
	}
	if (list) {
		for (size_t i = 0; i < planned; i++)
			printf("%s\n", plan[i]->name);
		return 0;
	}
	watchdog_start();
	printf("TAP version 13\n1..%zu\n", planned * rounds);
	for (size_t i = 0; i < planned * rounds; i++) {
		if (stop && failed)
			skip_case(plan[i % planned], i + 1);
		else
			run_case(&t, plan[i % planned], i + 1);
	}
	watchdog_expect("the end", CASE_SECONDS);
	fixture_drop(&t);
	printf("# %u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed ? 1 : 0;
}
