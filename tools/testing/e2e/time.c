// SPDX-License-Identifier: GPL-2.0
/* Time: steps, samples, the PTP clock, limits, layouts before 4.0. */
#include "e2e.h"

#include <time.h>

#define SECOND 10000000ll		/* in the host's units */
#define DAY 86400
#define NEAR 60				/* emulation is slow; offsets are days */
#define MOMENT_NS 50000000		/* how well the host can tell both clocks under emulation */

static long long guest_clock(struct test *t)
{
	return atoll(test_run(t, 0, "date +%%s"));
}

#define REFRESH "/proc/sys/vm/stat_refresh"

/*
 * The kernel updates its counters by a work item for each processor, and waits for them. What was
 * queued there before, as a step of the clock, has then been done. Older kernels then say EINVAL
 * where a counter is below zero for a moment.
 */
static void drain_work_items(struct test *t)
{
	test_run(t, 0, "cat " REFRESH " || test -e " REFRESH);
}

/* It stays as it is. Where a step is expected, expect_step_to() waits for it. */
static void expect_clock(struct test *t, long long offset)
{
	long long guest, expected;

	drain_work_items(t);
	guest = guest_clock(t);
	expected = time(NULL) + offset;

	if (llabs(guest - expected) > NEAR)
		FAIL("the guest's clock: expected %lld, got %lld (%+lld s)", expected, guest,
		     guest - expected);
}

static ic_result send(struct test *t, struct ic *ts, long long offset, uint8_t flags)
{
	struct timesync_stamp stamp;

	EXPECT_EQ(timesync_now(t->host, offset * SECOND, flags, &stamp), 0);
	return timesync_send(ts, &stamp);
}

static void right_again(struct test *t, void *context)
{
	test_run(t, 0, "date -s @%lld", (long long)time(NULL));
}

/* Makes a guest whose clock is right and may be stepped in both directions. */
static struct ic *start(struct test *t)
{
	struct ic *ts = test_ready(t, &ic_timesync);

	if (t->peer == HV_IC)
		test_parameter(t, "time_backward", "Y");
	right_again(t, NULL);
	test_defer(t, right_again, NULL);
	return ts;
}

/* A work item makes the step, which may come after the answer. */
static void expect_step_to(struct test *t, long long offset)
{
	test_until(t, "d=$(($(date +%%s) - %lld)); [ $d -gt -%d ] && [ $d -lt %d ]",
		   time(NULL) + offset, NEAR, NEAR);
}

static void sync_steps(struct test *t)
{
	struct ic *ts = start(t);

	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SYNC), 0);
	expect_step_to(t, DAY);
	EXPECT_RESULT(send(t, ts, -30 * DAY, WIRE_TIME_SYNC), 0);
	expect_step_to(t, -30 * DAY);
}

/* The reference counter tells how much time has passed since the host read its clock. */
static void sync_counts_age(struct test *t)
{
	struct ic *ts = start(t);
	struct timesync_stamp stamp;
	uint64_t age = 8 * SECOND;
	long long before;

	EXPECT_EQ(timesync_now(t->host, DAY * SECOND, WIRE_TIME_SYNC, &stamp), 0);
	before = time(NULL) + DAY;
	stamp.reference -= age;
	EXPECT_RESULT(timesync_send(ts, &stamp), 0);
	expect_step_to(t, DAY);
	EXPECT(guest_clock(t) >= before + 7);
}

static void sync_each_layout(struct test *t)
{
	struct ic *ts = start(t);

	test_touch(t, ts);
	for (unsigned int i = 0; i < ic_timesync.messages.n; i++) {
		ts->messages = (struct ic_versions) { { ic_timesync.messages.v[i] }, 1 };
		EXPECT_RESULT(ic_negotiate(ts), 0);
		test_note(t, "version %u.%u", ts->message.major, ts->message.minor);
		EXPECT_RESULT(send(t, ts, (i + 2) * DAY, WIRE_TIME_SYNC), 0);
		expect_step_to(t, (i + 2) * DAY);
	}
}

static void sample_keeps_clock(struct test *t)
{
	struct ic *ts = start(t);

	for (int i = 0; i < 20; i++)
		EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SAMPLE), 0);
	EXPECT_RESULT(send(t, ts, DAY, 0), 0);
	expect_clock(t, 0);
}

static char *ptp(struct test *t, const char *how)
{
	return test_run(t, 0, "ptpread hyperv %s || true", how);
}

static void expect_ptp(struct test *t, long long offset)
{
	char *text = ptp(t, "time");

	if (llabs(atoll(text) - (time(NULL) + offset)) > NEAR)
		FAIL("the PTP clock: expected %lld, got %s", time(NULL) + offset, text);
}

static void sample_sets_ptp(struct test *t)
{
	struct ic *ts = start(t);

	for (int i = 1; i <= 5; i++) {
		EXPECT_RESULT(send(t, ts, i * 10 * DAY, WIRE_TIME_SAMPLE), 0);
		expect_ptp(t, i * 10 * DAY);
	}
	expect_clock(t, 0);
}

static long long host_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/*
 * The host's clock and the counter are of one moment: the PTP clock shows the host's time. What it
 * is off by shows as far as it exceeds the way of the command to the guest, or that of its output
 * back, so each try may be the one that shows it.
 */
static void one_moment(struct test *t)
{
	struct ic *ts = start(t);

	for (int i = 0; i < 5; i++) {
		long long before, shown, after;

		EXPECT_RESULT(send(t, ts, 0, WIRE_TIME_SAMPLE), 0);
		before = host_ns();
		shown = atoll(ptp(t, "ns"));
		after = host_ns();
		if (shown < before - MOMENT_NS || shown > after + MOMENT_NS)
			FAIL("the PTP clock: %lld, which is not between %lld and %lld", shown,
			     before, after);
	}
}

/* The clock goes on between the samples, and follows the host's counter. */
static void ptp_advances(struct test *t)
{
	struct ic *ts = start(t);
	struct timesync_stamp stamp;
	long long before;

	EXPECT_EQ(timesync_now(t->host, DAY * SECOND, WIRE_TIME_SAMPLE, &stamp), 0);
	before = time(NULL) + DAY;
	stamp.reference -= 8 * SECOND;
	EXPECT_RESULT(timesync_send(ts, &stamp), 0);
	EXPECT(atoll(ptp(t, "time")) >= before + 7);
	expect_ptp(t, DAY);
}

static void ptp_extended(struct test *t)
{
	struct ic *ts = start(t);
	char *text;

	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SAMPLE), 0);
	text = ptp(t, "extended");
	if (llabs(atoll(text) / 1000000000 - DAY) > NEAR)
		FAIL("clock - system: expected %d s, got %s ns", DAY, text);
}

static void ptp_precise(struct test *t)
{
	struct ic *ts = start(t);
	char *text;

	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SAMPLE), 0);
	text = ptp(t, "precise");
	if (!strcmp(text, "EOPNOTSUPP"))
		test_skip(t, "no cross timestamps with this clocksource");
	if (llabs(atoll(text) / 1000000000 - DAY) > NEAR)
		FAIL("clock - system: expected %d s, got %s ns", DAY, text);
}

/* There is no time before the first sample, and a restore makes the last sample void. */
static void ptp_before_sample(struct test *t)
{
	struct ic *ts = start(t);

	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SAMPLE), 0);
	expect_ptp(t, DAY);
	EXPECT_RESULT(ic_negotiate(ts), 0);
	EXPECT_STR(ptp(t, "time"), "EAGAIN");
	EXPECT_RESULT(send(t, ts, 2 * DAY, WIRE_TIME_SAMPLE), 0);
	expect_ptp(t, 2 * DAY);
	test_reopen(t, ts);
	EXPECT_RESULT(ic_wait_ready(ts), 0);
	EXPECT_STR(ptp(t, "time"), "EAGAIN");
}

/* If there was no sample for ten minutes of the reference counter, there is no time. */
static void ptp_stale(struct test *t)
{
	struct ic *ts = start(t);
	struct timesync_stamp stamp;

	EXPECT_EQ(timesync_now(t->host, DAY * SECOND, WIRE_TIME_SAMPLE, &stamp), 0);
	if (stamp.reference < 660 * SECOND)
		test_skip(t, "the guest is younger than ten minutes");
	stamp.reference -= 650 * SECOND;
	stamp.time -= 650 * SECOND;
	EXPECT_RESULT(timesync_send(ts, &stamp), 0);
	EXPECT_STR(ptp(t, "time"), "ESTALE");
	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SAMPLE), 0);
	expect_ptp(t, DAY);
}

/*
 * A stamp from the future of the counter must not wrap. hv_ic does not believe it, hv_utils counts
 * back from it.
 */
static void reference_ahead(struct test *t)
{
	static const uint8_t flags[] = { WIRE_TIME_SYNC, WIRE_TIME_SAMPLE };
	struct ic *ts = start(t);
	struct timesync_stamp stamp;

	EXPECT_RESULT(send(t, ts, 0, WIRE_TIME_SAMPLE), 0);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		test_note(t, "flags %#x", flags[i]);
		EXPECT_EQ(timesync_now(t->host, DAY * SECOND, flags[i], &stamp), 0);
		stamp.reference += 30 * SECOND;
		EXPECT_RESULT(timesync_send(ts, &stamp),
			      t->peer == HV_IC ? WIRE_E_INVALID_ARG : 0);
	}
	if (t->peer == HV_IC) {
		expect_clock(t, 0);
		expect_ptp(t, 0);
	} else {
		expect_step_to(t, DAY);
		expect_ptp(t, DAY);
	}
}

static void mode_off(struct test *t)
{
	struct ic *ts = start(t);

	test_parameter(t, "time_mode", "off");
	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SYNC), 0);
	expect_clock(t, 0);
}

static void mode_ptp(struct test *t)
{
	struct ic *ts = start(t);

	test_parameter(t, "time_mode", "ptp");
	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SYNC), 0);
	expect_ptp(t, DAY);
	expect_clock(t, 0);
}

static void start_implicit(struct test *t, struct ic *ts)
{
	test_parameter(t, "time_mode", "implicit");
	test_parameter(t, "time_implicit_gap", "5000");
	EXPECT_RESULT(send(t, ts, 0, WIRE_TIME_SAMPLE), 0);
}

static void mode_implicit(struct test *t)
{
	struct ic *ts = start(t);

	start_implicit(t, ts);
	expect_clock(t, 0);
	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SAMPLE), 0);
	expect_step_to(t, DAY);
}

/* Time is lost and the host starts over, as after a pause, but does not say "synchronise". */
static void implicit_after_negotiate(struct test *t)
{
	struct ic *ts = start(t);

	start_implicit(t, ts);
	EXPECT_RESULT(ic_negotiate(ts), 0);
	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SAMPLE), 0);
	expect_step_to(t, DAY);
}

/* The clock is behind the host's because it was set so; no time was lost. */
static void implicit_clock_set(struct test *t)
{
	struct ic *ts = start(t);

	start_implicit(t, ts);
	test_run(t, 0, "date -s @%lld", (long long)time(NULL) - DAY);
	EXPECT_RESULT(send(t, ts, 0, WIRE_TIME_SAMPLE), 0);
	expect_clock(t, -DAY);
	EXPECT_RESULT(ic_negotiate(ts), 0);
	EXPECT_RESULT(send(t, ts, 0, WIRE_TIME_SAMPLE), 0);
	expect_clock(t, -DAY);
}

static void stop_steering(struct test *t, void *context)
{
	test_run(t, 0, "adjtimex -q -f 0 >/dev/null");
}

/* A time daemon holds the clock half a millionth off its hardware's rate. */
static void implicit_steered(struct test *t)
{
	struct ic *ts = start(t);

	if (!strstr(test_run(t, 0, "busybox --list"), "adjtimex"))
		test_skip(t, "this busybox has no adjtimex");
	start_implicit(t, ts);
	test_run(t, 0, "adjtimex -q -f 32768");
	test_defer(t, stop_steering, NULL);
	test_run(t, 0, "sleep 2");
	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SAMPLE), 0);
	EXPECT_STR(test_status(t, ts, "steered"), "1");
	expect_clock(t, 0);

	/* The daemon has let go: what is lost from now on is made up for. */
	stop_steering(t, NULL);
	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SAMPLE), 0);
	test_run(t, 0, "sleep 2");
	EXPECT_RESULT(send(t, ts, 2 * DAY, WIRE_TIME_SAMPLE), 0);
	EXPECT_STR(test_status(t, ts, "steered"), "0");
	expect_step_to(t, 2 * DAY);
}

static void max_step(struct test *t)
{
	struct ic *ts = start(t);
	long refused;

	test_parameter(t, "time_max_step", "3600");
	refused = atol(test_status(t, ts, "refused_steps"));
	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SYNC), 0);
	test_until_shown(t, &ic_timesync, "refused_steps %ld", refused + 1);
	EXPECT_RESULT(send(t, ts, -DAY, WIRE_TIME_SYNC), 0);
	test_until_shown(t, &ic_timesync, "refused_steps %ld", refused + 2);
	expect_clock(t, 0);
	EXPECT_RESULT(send(t, ts, 600, WIRE_TIME_SYNC), 0);
	expect_step_to(t, 600);
}

static void not_backward(struct test *t)
{
	struct ic *ts = start(t);
	long refused;

	test_parameter(t, "time_backward", "N");
	refused = atol(test_status(t, ts, "refused_steps"));
	EXPECT_RESULT(send(t, ts, -DAY, WIRE_TIME_SYNC), 0);
	test_until_shown(t, &ic_timesync, "refused_steps %ld", refused + 1);
	expect_clock(t, 0);
	EXPECT_RESULT(send(t, ts, DAY, WIRE_TIME_SYNC), 0);
	expect_step_to(t, DAY);
}

struct answers {
	struct ic *ic;
	unsigned long wanted;
};

static bool answers_came(void *context)
{
	struct answers *answers = context;

	return answers->ic->answered >= answers->wanted;
}

/* Of the host's own accord: a step when versions are agreed on, and samples behind it. */
static void cadence(struct test *t)
{
	struct ic *ts = start(t);
	struct answers answers = { ts, ts->answered + 3 };

	test_touch(t, ts);
	test_run(t, 0, "date -s @%lld", (long long)time(NULL) - DAY);
	timesync_keep(ts);
	expect_step_to(t, 0);
	EXPECT_EQ(hv_wait(t->host, answers_came, &answers, ts->timeout_ms), 0);
	test_run(t, 0, "date -s @%lld", (long long)time(NULL) - DAY);
	EXPECT_RESULT(ic_restore(ts), 0);
	expect_step_to(t, 0);
}

static void leap_and_stratum(struct test *t)
{
	struct ic *ts = start(t);
	struct timesync_stamp stamp;

	EXPECT_EQ(timesync_now(t->host, 0, WIRE_TIME_SAMPLE, &stamp), 0);
	stamp.leap = 1;
	stamp.stratum = 4;
	EXPECT_RESULT(timesync_send(ts, &stamp), 0);
	EXPECT_EQ(atol(test_status(t, ts, "leap")), 1);
	EXPECT_EQ(atol(test_status(t, ts, "stratum")), 4);
}

/* A saved machine is restored days later: NEGOTIATE on all channels, then SYNC. */
static void restored_later(struct test *t)
{
	struct ic *ts = start(t);

	for (int i = 0; i < 3; i++) {
		EXPECT_RESULT(ic_negotiate(ts), 0);
		EXPECT_RESULT(send(t, ts, (i + 1) * 7 * DAY, WIRE_TIME_SYNC), 0);
		expect_step_to(t, (i + 1) * 7 * DAY);
		expect_ptp(t, (i + 1) * 7 * DAY);
	}
}

static void too_short(struct test *t)
{
	struct ic *ts = start(t);

	for (size_t body = 4; body <= 16; body += 4) {
		struct ic_request *r = ic_request(ts, WIRE_TIMESYNC, body);

		EXPECT_FAILURE(ic_ask(r));
		ic_request_free(r);
	}
	expect_clock(t, 0);
	EXPECT_RESULT(send(t, ts, 0, WIRE_TIME_SAMPLE), 0);
}

/* Times that no host can have. */
static void absurd(struct test *t)
{
	static const uint64_t times[] = { 0, 1, TIMESYNC_UNIX_EPOCH - 1, UINT64_MAX, 1ull << 63 };
	struct ic *ts = start(t);

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct timesync_stamp stamp;

		EXPECT_EQ(timesync_now(t->host, 0, WIRE_TIME_SYNC, &stamp), 0);
		stamp.time = times[i];
		EXPECT_ANSWER(timesync_send(ts, &stamp));
	}
	expect_clock(t, 0);
}

const struct test_case time_cases[] = {
	{ .name = "time_sync_steps", .run = sync_steps },
	{ .name = "time_sync_counts_age", .run = sync_counts_age },
	{ .name = "time_sync_each_layout", .run = sync_each_layout },
	{ .name = "time_sample_keeps_clock", .run = sample_keeps_clock },
	{ .name = "time_sample_sets_ptp", .run = sample_sets_ptp },
	{ .name = "time_one_moment", .run = one_moment },
	{ .name = "time_ptp_advances", .run = ptp_advances },
	{ .name = "time_ptp_extended", .run = ptp_extended,
	  .peer_fails = "its clock has no PTP_SYS_OFFSET_EXTENDED",
	  .peer_says = "got EOPNOTSUPP" },
	{ .name = "time_ptp_precise", .run = ptp_precise, .only = ONLY_HV_IC },
	{ .name = "time_ptp_before_sample", .run = ptp_before_sample,
	  .peer_fails = "it shows the time of a sample that a NEGOTIATE made void",
	  .peer_says = "expected \"EAGAIN\", got" },
	{ .name = "time_ptp_stale", .run = ptp_stale,
	  .peer_fails = "a sample's age counts from when it came, not from when it was taken",
	  .peer_says = "expected \"ESTALE\", got" },
	{ .name = "time_reference_ahead", .run = reference_ahead },
	{ .name = "time_mode_off", .run = mode_off, .only = ONLY_HV_IC },
	{ .name = "time_mode_ptp", .run = mode_ptp, .only = ONLY_HV_IC },
	{ .name = "time_mode_implicit", .run = mode_implicit, .only = ONLY_HV_IC },
	{ .name = "time_implicit_after_negotiate", .run = implicit_after_negotiate,
	  .only = ONLY_HV_IC },
	{ .name = "time_implicit_clock_set", .run = implicit_clock_set, .only = ONLY_HV_IC },
	{ .name = "time_implicit_steered", .run = implicit_steered, .only = ONLY_HV_IC },
	{ .name = "time_max_step", .run = max_step, .only = ONLY_HV_IC },
	{ .name = "time_not_backward", .run = not_backward, .only = ONLY_HV_IC },
	{ .name = "time_cadence", .run = cadence },
	{ .name = "time_leap_and_stratum", .run = leap_and_stratum, .only = ONLY_HV_IC },
	{ .name = "time_restored_later", .run = restored_later },
	{ .name = "time_too_short", .run = too_short,
	  .peer_fails = "it drops short requests without an answer",
	  .peer_says = "got no answer in time" },
	{ .name = "time_absurd", .run = absurd, .peer_fails = "it believes any time",
	  .peer_says = "the guest's clock: expected" },
	{ 0 }
};
