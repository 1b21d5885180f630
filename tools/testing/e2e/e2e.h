/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whole-system tests: a real guest kernel against the hvhost library.
 *
 * A case is a function and a row of its file's table:
 *
 *	static void sequence(struct test *t)
 *	{
 *		struct ic *hb = test_ready(t, &ic_heartbeat);
 *
 *		for (int i = 0; i < 100; i++)
 *			EXPECT_RESULT(heartbeat_beat(hb, NULL), 0);
 *	}
 *
 *	{ .name = "heartbeat_sequence", .run = sequence },
 *
 * A failed expectation ends the case. Whatever the case did, it fails if the
 * guest's kernel reported something, if the guest broke a rule of the bus or of
 * an integration component, or if a request did not get its one answer.
 */
#ifndef E2E_H
#define E2E_H

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "console.h"
#include "guest.h"
#include "machine.h"
#include "services.h"

struct test;

enum peer { HV_IC, HV_UTILS };

/* The driver that a case is about. */
enum only { ANY_PEER, ONLY_HV_IC, ONLY_HV_UTILS };

/* busybox; a real Debian; that with our packages. The run is with one of them. */
enum system { SYSTEM_SMALL, SYSTEM_DEBIAN, SYSTEM_PACKAGES };

/**
 * struct test_case - one row
 * @name:	its name on the command line
 * @run:	the case
 * @only:	the peers that the case is run with; the others lack what it is about
 * @peer_fails:	why hv_utils fails the case, which Hyper-V expects to pass: it is
 *		run with it all the same, and must fail
 * @provokes:	part of a line of a kernel report that the case causes and that is no
 *		error of the module
 * @fresh:	the case needs a guest that has just been booted
 * @ends_guest:	the case ends with a guest that does not run
 * @last:	run after all others of the same kind of guest
 * @vcpus:	of the guest; 0 is 2, for what goes wrong between processors
 * @memory_mib:	of the guest; 0 is what that kind of guest needs
 * @vmbus:	highest VMBus version to agree on; 0 is the highest there is
 * @hibernation: the firmware offers S4
 * @system:	in which guest
 * @disk_mib:	of a blank disk, which the small guest has none of otherwise; the second one of
 *		a real Debian
 * @isolated:	the guest is told that it is a confidential VM
 * @bare:	the guest sees no Hyper-V, and the module is not loaded
 */
struct test_case {
	const char *name;
	void (*run)(struct test *t);
	enum only only;
	const char *peer_fails;
	const char *peer_says;
	const char *provokes;
	bool fresh;
	bool ends_guest;
	bool last;
	unsigned int vcpus;
	unsigned int memory_mib;
	uint32_t vmbus;
	bool hibernation;
	enum system system;
	unsigned int disk_mib;
	bool isolated;
	bool bare;
};

extern const struct test_case bus_cases[], negotiate_cases[], heartbeat_cases[],
	shutdown_cases[], time_cases[], ring_cases[], kvp_cases[], vss_cases[], hold_cases[],
	orders_cases[], fcopy_cases[], daemon_cases[], starved_cases[], counts_cases[],
	netlink_cases[], hvic_cases[], takeover_cases[], shutdownd_cases[], kvpd_cases[],
	vssd_cases[], vssd_zoo_cases[], vssd_try_cases[], fcopyd_cases[], units_cases[],
	lifecycle_cases[], trace_cases[],
	sleep_cases[], busy_cases[], machines_cases[], mutated_cases[], trust_cases[],
	disk_cases[], debian_cases[], packages_cases[], network_cases[],
	chrony_cases[], database_cases[], guest_address_cases[], guest_boot_cases[],
	guest_change_cases[], guest_stop_cases[];

/**
 * struct test - the case that runs
 * @host: its guest
 * @peer: the module under test
 * @own_daemons: test_served() starts hv_ic's own daemons in place of Debian's
 * @patience_ms: how long to wait for a command in the guest, or until one succeeds
 * @seconds: how long a case goes on that tries one thing after the other, 0: its own number of them
 * @seed: of what such a case picks at random
 * @ics:  the host side of each service, in the order of ic_services
 *
 * The rest belongs to the runner.
 */
struct test {
	struct hv_host *host;
	enum peer peer;
	bool own_daemons;
	unsigned int patience_ms;
	unsigned int seconds, seed;
	const char *module;
	struct ic *ics[IC_COUNT];
	bool touched[IC_COUNT];
	size_t console;			/* line of the console after which reports count */
	struct cleanup *cleanups;
	struct scrap *scraps;
	enum { PASSED, FAILED, SKIPPED } outcome;
	const char *name;		/* of the case */
	double began, told;		/* test_goes_on(), in seconds */
	char message[2048];		/* why it failed or was skipped */
	char note[256];
	jmp_buf end;			/* of the case, or of its cleanup */
};

/** test_ic() - the host side of a service, in any state */
struct ic *test_ic(struct test *t, const struct ic_service *service);

/**
 * test_ready() - the host side of a service, open and negotiated
 *
 * With hv_utils this also starts the daemon that the service needs.
 */
struct ic *test_ready(struct test *t, const struct ic_service *service);

/** test_served() - as test_ready(), with the daemon of the service attached */
struct ic *test_served(struct test *t, const struct ic_service *service);

/** test_talkative() - make the old driver log when a daemon registers */
void test_talkative(struct test *t);

/**
 * test_attached() - wait until Debian's daemon of a service is attached, which something started
 * @from: line of the console behind which the old driver says so, if it is talkative
 */
void test_attached(struct test *t, const struct ic_service *service, size_t from);

/** test_services() - the services of the module under test, ended by NULL */
const struct ic_service *const *test_services(struct test *t);

/**
 * test_touch() - the IC will be left with other versions or settings
 *
 * At the end of the case it is reset, and offered anew.
 */
void test_touch(struct test *t, struct ic *ic);

/** test_reopen() - rescind, offer again, and wait until the guest has opened it */
void test_reopen(struct test *t, struct ic *ic);

/** test_rescind() - rescind and wait until the guest has released the device */
void test_rescind(struct test *t, struct ic *ic);

/**
 * test_end_life() - the guest has ended, and the case starts it anew by itself
 *
 * Judges its console and its bus, both of which the next guest begins anew.
 */
void test_end_life(struct test *t);

/** test_restart() - start the guest anew, which has ended; its disk is as it left it */
void test_restart(struct test *t);

/** test_stop_daemons() - end the daemons, which hold devices open */
void test_stop_daemons(struct test *t);

/** test_choose_daemons() - let test_served() start hv_ic's @own ones, or Debian's, in this case */
void test_choose_daemons(struct test *t, bool own);

/** test_move_channel() - move the interrupt of a service's channel to a @processor */
void test_move_channel(struct test *t, const struct ic_service *service, unsigned int processor);

/** test_load() - load the module under test, with @parameters */
void test_load(struct test *t, const char *parameters);

/** test_unload() - unload it, and wait until all channels are closed */
void test_unload(struct test *t);

/**
 * test_run() - run a command in the guest
 * Return: its output without the last line break; freed at the end of the case.
 */
char *test_run(struct test *t, int expected_status, const char *format, ...)
	__printf(3, 4);

/** test_says() - run a command in the guest, and expect @text in its output */
void test_says(struct test *t, int expected_status, const char *command, const char *text);

/**
 * test_use() - a service works in the version that was agreed on
 *
 * Of backup and file copy, which need a daemon, nothing is asked; a shutdown is asked for in a way
 * that the guest has to refuse.
 */
void test_use(struct test *t, struct ic *ic);

/** test_trace() - the driver's tracepoints, from now until the end of the case */
void test_trace(struct test *t);

/** test_traced() - one of them must have left such a line, a regular expression */
void test_traced(struct test *t, const char *line);

/** test_reload() - have a daemon read its configuration anew, until @log has one more of @words */
void test_reload(struct test *t, const char *program, const char *log, const char *words);

/** test_until() - repeat a command in the guest until it succeeds */
void test_until(struct test *t, const char *format, ...)
	__printf(2, 3);

/** test_parameter() - set a parameter of the module under test until the end of the case */
void test_parameter(struct test *t, const char *name, const char *value);

/** test_until_shown() - wait until the service's status in debugfs has that line */
void test_until_shown(struct test *t, const struct ic_service *service, const char *format, ...)
	__printf(3, 4);

/** test_status() - a line of the service's status in debugfs; "" if there is none */
char *test_status(struct test *t, struct ic *ic, const char *key);

/** test_attribute() - an attribute of the device in sysfs, without its line break */
char *test_attribute(struct test *t, struct ic *ic, const char *name);

/** test_has() - does the guest have this file? */
bool test_has(struct test *t, const char *path);

/** test_need() - skip the case if the guest lacks this file */
void test_need(struct test *t, const char *path);

/** test_defer() - call @undo at the end of the case, however it ends; last one first */
void test_defer(struct test *t, void (*undo)(struct test *t, void *context), void *context);

/** test_undo() - call now what was given to test_defer() */
void test_undo(struct test *t);

/** test_skip() - end the case, since the guest lacks what it needs */
void test_skip(struct test *t, const char *format, ...)
	__printf(2, 3) __noreturn;

/** test_note() - say what the case does now; shown if it fails before the next note */
void test_note(struct test *t, const char *format, ...)
	__printf(2, 3);

/**
 * test_goes_on() - is there time for one more round? With a line of progress now and then
 * @format: how far the case has come
 */
bool test_goes_on(struct test *t, const char *format, ...)
	__printf(2, 3);

void test_fail(struct test *t, const char *file, int line, const char *format, ...)
	__printf(4, 5) __noreturn;

#define FAIL(...) test_fail(t, __FILE__, __LINE__, __VA_ARGS__)

/* Each shows the expression, what was expected, and what came. */
#define EXPECT(condition)							\
	do {									\
		if (!(condition))						\
			FAIL("expected %s", #condition);			\
	} while (0)

#define EXPECT_EQ(got, expected)						\
	do {									\
		long long got_ = (got), expected_ = (expected);			\
										\
		if (got_ != expected_)						\
			FAIL("%s: expected %lld, got %lld", #got, expected_, got_); \
	} while (0)

#define EXPECT_STR(got, expected)						\
	do {									\
		const char *got_ = (got), *expected_ = (expected);		\
										\
		if (strcmp(got_, expected_))					\
			FAIL("%s: expected \"%s\", got \"%s\"", #got, expected_, got_); \
	} while (0)

void test_expect_result(struct test *t, const char *file, int line, const char *what,
			ic_result got, ic_result expected);

#define EXPECT_RESULT(got, expected)						\
	test_expect_result(t, __FILE__, __LINE__, #got, got, expected)

/* Any status but success; any status. */

void test_expect_answer(struct test *t, const char *file, int line, const char *what,
			ic_result got, bool failing);

#define EXPECT_FAILURE(got) test_expect_answer(t, __FILE__, __LINE__, #got, got, true)
#define EXPECT_ANSWER(got) test_expect_answer(t, __FILE__, __LINE__, #got, got, false)

/* "Not supported", which hv_utils says in words of its own. */
void test_expect_unsupported(struct test *t, const char *file, int line, const char *what,
			     ic_result got);

#define EXPECT_UNSUPPORTED(got) test_expect_unsupported(t, __FILE__, __LINE__, #got, got)

#endif
