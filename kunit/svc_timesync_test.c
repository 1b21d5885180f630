// SPDX-License-Identifier: GPL-2.0
/*
 * Time synchronisation: what a sample of the host's clock is used for in each
 * mode, and when the system's clock is set. The service is compiled in here, on
 * clocks that stand still until a test moves them.
 */
#include "fake_channel.h"
#include "fake_event.h"
#include "fake_platform.h"

#include <linux/math64.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "compat.h"

/**
 * struct clocks - the guest's clocks, and what was done to them
 * @real: the system's, ns since 1970
 * @mono: CLOCK_MONOTONIC in ns
 * @raw: CLOCK_MONOTONIC_RAW in ns
 * @set_ret: what setting the system's clock returns
 * @n_set: how often it was set
 * @step: work that is to set it; NULL if there is none
 */
static struct clocks {
	s64 real;
	s64 mono;
	s64 raw;
	int set_ret;
	unsigned int n_set;
	struct work_struct *step;
} clocks;

static s64 fake_real_ns(void)
{
	return clocks.real;
}

/* The guest has not slept: CLOCK_BOOTTIME is CLOCK_MONOTONIC. */
static ktime_t fake_mono_to_any(ktime_t mono, enum tk_offsets offset)
{
	return offset == TK_OFFS_REAL ? mono + clocks.real - clocks.mono : mono;
}

static void fake_snapshot(struct hvic_snapshot *now)
{
	*now = (struct hvic_snapshot){
		.cycles = fake_platform.reference,
		.system = clocks.real,
		.raw = clocks.raw,
	};
}

static int fake_settimeofday(const struct timespec64 *time)
{
	if (clocks.set_ret)
		return clocks.set_ret;
	clocks.n_set++;
	clocks.real = timespec64_to_ns(time);
	return 0;
}

/* The work waits for run_step(). */
static void fake_schedule(struct work_struct *work)
{
	clocks.step = work;
}

#define ktime_get_real_ns		fake_real_ns
#define ktime_mono_to_any		fake_mono_to_any
#define hvic_snapshot_real		fake_snapshot
#define do_settimeofday64		fake_settimeofday
#define schedule_work			fake_schedule

#include "svc_timesync.c"

#define NOW		(1600000000LL * NSEC_PER_SEC)
#define SECOND		((s64)NSEC_PER_SEC)

static const struct hvic_time_policy defaults = {
	.mode = HV_IC_TIME_MODE_SYNC,
	.backward = true,
	.implicit_gap = 5000,
};

/* What the listener has heard. */
static unsigned int n_samples;
static s64 last_sample;
static unsigned int n_steps;
static s64 last_step;
static enum hv_ic_step_cause last_cause;
static bool last_refused;

static void hear_sample(const struct hvic_time_status *status, s64 offset)
{
	n_samples++;
	last_sample = offset;
}

static void hear_step(const struct hvic_time_status *status, s64 offset,
		      enum hv_ic_step_cause cause, bool refused)
{
	n_steps++;
	last_step = offset;
	last_cause = cause;
	last_refused = refused;
}

static int svc_timesync_init(struct kunit *test)
{
	struct fake_channel *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	memset(&clocks, 0, sizeof(clocks));
	clocks.real = NOW;
	fake_platform.reference = 1000 * HVIC_REFERENCE_HZ;
	fake_platform.trusts_host = true;
	n_samples = 0;
	n_steps = 0;
	fake_listener_reset();
	fake_listener.time_sample = hear_sample;
	fake_listener.time_step = hear_step;
	hvic_timesync_set_policy(&defaults);

	test->priv = f;
	KUNIT_ASSERT_EQ(test, fake_channel_init(f, test, &hvic_svc_timesync), 0);
	fake_channel_open(f);
	host_negotiates(f, 4, 0);
	return 0;
}

static void svc_timesync_exit(struct kunit *test)
{
	fake_channel_destroy(test->priv);
	hvic_timesync_set_policy(&defaults);
}

static void set_mode(enum hv_ic_time_mode mode)
{
	struct hvic_time_policy policy = defaults;

	policy.mode = mode;
	hvic_timesync_set_policy(&policy);
}

/* Time goes by, and all clocks with it. */
static void pass(s64 ns)
{
	clocks.real += ns;
	clocks.mono += ns;
	clocks.raw += ns;
	fake_platform.reference += ns / HVIC_REFERENCE_NS;
}

/* Time goes by while the guest does not run: its clocks stand still. */
static void pass_without_guest(s64 ns)
{
	fake_platform.reference += ns / HVIC_REFERENCE_NS;
}

/* The host says that its clock was @ahead ns ahead of the system's at @reference. */
static void host_says_at(struct fake_channel *f, u64 reference, s64 ahead, u8 flags)
{
	s64 age = (s64)(fake_platform.reference - reference) * HVIC_REFERENCE_NS;
	u8 body[24] = { };

	poke64(body, HVIC_WIRE_TIME_UNIX_EPOCH +
	       div_s64(clocks.real + ahead - age, HVIC_REFERENCE_NS));
	poke64(body + 8, reference);
	body[16] = flags;
	body[17] = 1;
	body[18] = 3;
	host_asks(f, (struct hvic_span)SPAN(body), 1);
}

static void host_says(struct fake_channel *f, s64 ahead, u8 flags)
{
	host_says_at(f, fake_platform.reference, ahead, flags);
	expect_status(f, f->n_out, 1, HVIC_STATUS_OK);
}

/* Lets the work that sets the clock run, if it was scheduled. */
static void run_step(void)
{
	struct work_struct *step = clocks.step;

	clocks.step = NULL;
	if (step)
		step->func(step);
}

static struct hvic_time_status status_of(struct fake_channel *f)
{
	struct hvic_time_status status;

	spin_lock_bh(&f->ch.lock);
	status = *hvic_timesync_status(&f->ch);
	spin_unlock_bh(&f->ch.lock);
	return status;
}

/* What does the PTP clock read, or why does it not? */
static int read_ptp(struct fake_channel *f, s64 *ns)
{
	struct hvic_timesync *ts = f->ch.priv;

	return hvic_clock_at(&ts->clock, fake_platform.reference, ns);
}

/* --- Modes. ---------------------------------------------------------------------- */

static const struct mode_row {
	const char *desc;
	enum hv_ic_time_mode mode;
	u8 flags;
	bool used;
	bool step;
} mode_rows[] = {
	{ "off, sync", HV_IC_TIME_MODE_OFF, HVIC_WIRE_TIME_SYNC, false, false },
	{ "off, sample", HV_IC_TIME_MODE_OFF, HVIC_WIRE_TIME_SAMPLE, false, false },
	{ "ptp, sync", HV_IC_TIME_MODE_PTP, HVIC_WIRE_TIME_SYNC, true, false },
	{ "ptp, sample", HV_IC_TIME_MODE_PTP, HVIC_WIRE_TIME_SAMPLE, true, false },
	{ "sync, sync", HV_IC_TIME_MODE_SYNC, HVIC_WIRE_TIME_SYNC, true, true },
	{ "sync, sample", HV_IC_TIME_MODE_SYNC, HVIC_WIRE_TIME_SAMPLE, true, false },
	{ "sync, both", HV_IC_TIME_MODE_SYNC,
	  HVIC_WIRE_TIME_SYNC | HVIC_WIRE_TIME_SAMPLE, true, true },
	{ "sync, probe", HV_IC_TIME_MODE_SYNC, 0, false, false },
	{ "implicit, sync", HV_IC_TIME_MODE_IMPLICIT, HVIC_WIRE_TIME_SYNC, true, true },
	{ "implicit, sample", HV_IC_TIME_MODE_IMPLICIT, HVIC_WIRE_TIME_SAMPLE, true, false },
	{ "implicit, probe", HV_IC_TIME_MODE_IMPLICIT, 0, false, false },
};

ROWS(mode);

/* The host's clock is a minute ahead. */
static void uses_the_time(struct kunit *test)
{
	const struct mode_row *row = test->param_value;
	struct fake_channel *f = test->priv;
	s64 ns;

	set_mode(row->mode);
	host_says(f, 60 * SECOND, row->flags);
	KUNIT_EXPECT_EQ(test, n_samples, row->used);
	KUNIT_EXPECT_EQ(test, read_ptp(f, &ns), row->used ? 0 : -EAGAIN);
	if (row->used) {
		KUNIT_EXPECT_EQ(test, ns, NOW + 60 * SECOND);
		KUNIT_EXPECT_EQ(test, last_sample, 60 * SECOND);
	}

	run_step();
	KUNIT_EXPECT_EQ(test, n_steps, row->step);
	KUNIT_EXPECT_EQ(test, clocks.n_set, row->step);
	KUNIT_EXPECT_EQ(test, clocks.real, NOW + row->step * 60 * SECOND);
}

static void no_step_for_an_untrusted_host(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	s64 ns;

	fake_platform.trusts_host = false;
	host_says(f, 60 * SECOND, HVIC_WIRE_TIME_SYNC);
	run_step();
	KUNIT_EXPECT_EQ(test, clocks.n_set, 0);
	KUNIT_EXPECT_EQ(test, n_steps, 0);
	KUNIT_EXPECT_EQ(test, read_ptp(f, &ns), 0);
}

static void mode_off_forgets(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	s64 ns;

	host_says(f, 0, HVIC_WIRE_TIME_SAMPLE);
	KUNIT_EXPECT_EQ(test, read_ptp(f, &ns), 0);
	set_mode(HV_IC_TIME_MODE_OFF);
	host_says(f, 0, HVIC_WIRE_TIME_SAMPLE);
	KUNIT_EXPECT_EQ(test, read_ptp(f, &ns), -EAGAIN);
}

/* --- Steps. ----------------------------------------------------------------------- */

/* Time that goes by between the host's word and the step is not lost. */
static void step_is_on_time(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_says(f, 60 * SECOND, HVIC_WIRE_TIME_SYNC);
	pass(2 * SECOND);
	run_step();
	KUNIT_EXPECT_EQ(test, clocks.real, NOW + 62 * SECOND);
	KUNIT_EXPECT_EQ(test, last_step, 60 * SECOND);
	KUNIT_EXPECT_EQ(test, last_cause, HV_IC_STEP_CAUSE_SYNC);
	KUNIT_EXPECT_FALSE(test, last_refused);
	KUNIT_EXPECT_EQ(test, status_of(f).steps, 1);
	KUNIT_EXPECT_EQ(test, status_of(f).last_step.offset, 60 * SECOND);
}

/* So is the time that the message took. */
static void message_was_under_way(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_says_at(f, fake_platform.reference - 3 * HVIC_REFERENCE_HZ, 60 * SECOND,
		     HVIC_WIRE_TIME_SYNC);
	run_step();
	KUNIT_EXPECT_EQ(test, clocks.real, NOW + 60 * SECOND);
}

static const struct limit_row {
	const char *desc;
	unsigned int max_step;
	bool backward;
	s64 ahead;
	bool refused;
} limit_rows[] = {
	{ "no limit, far ahead", 0, true, 86400 * SECOND, false },
	{ "no limit, far behind", 0, true, -86400 * SECOND, false },
	{ "at the limit", 60, true, 60 * SECOND, false },
	{ "beyond the limit", 60, true, 60 * SECOND + 100, true },
	{ "back to the limit", 60, true, -60 * SECOND, false },
	{ "back beyond the limit", 60, true, -60 * SECOND - 100, true },
	{ "not back", 0, false, -100, true },
	{ "not back, but ahead", 0, false, 100, false },
	{ "not back, within the limit", 60, false, -30 * SECOND, true },
	{ "largest limit", UINT_MAX, true, 86400 * SECOND, false },
};

ROWS(limit);

static void limits(struct kunit *test)
{
	const struct limit_row *row = test->param_value;
	struct hvic_time_policy policy = defaults;
	struct fake_channel *f = test->priv;

	policy.max_step = row->max_step;
	policy.backward = row->backward;
	hvic_timesync_set_policy(&policy);
	host_says(f, row->ahead, HVIC_WIRE_TIME_SYNC);
	run_step();

	KUNIT_EXPECT_EQ(test, clocks.real, NOW + (row->refused ? 0 : row->ahead));
	KUNIT_EXPECT_EQ(test, n_steps, 1);
	KUNIT_EXPECT_EQ(test, last_step, row->ahead);
	KUNIT_EXPECT_EQ(test, last_refused, row->refused);
	KUNIT_EXPECT_EQ(test, status_of(f).refused_steps, row->refused);
	KUNIT_EXPECT_EQ(test, status_of(f).steps, !row->refused);
}

static void step_fails(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	clocks.set_ret = -EINVAL;
	host_says(f, 60 * SECOND, HVIC_WIRE_TIME_SYNC);
	run_step();
	KUNIT_EXPECT_TRUE(test, last_refused);
	KUNIT_EXPECT_EQ(test, status_of(f).refused_steps, 1);
	KUNIT_EXPECT_EQ(test, status_of(f).steps, 0);
}

/* --- Mode implicit. ---------------------------------------------------------------- */

/* A guest whose first sample has been taken; its clock is four seconds late. */
static struct fake_channel *implicit(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	set_mode(HV_IC_TIME_MODE_IMPLICIT);
	host_says(f, 4 * SECOND, HVIC_WIRE_TIME_SAMPLE);
	run_step();
	KUNIT_EXPECT_EQ(test, n_steps, 0);
	pass(5 * SECOND);
	return f;
}

/* A guest that is as late as ever has lost nothing. */
static void implicit_only_what_was_lost(struct kunit *test)
{
	struct fake_channel *f = implicit(test);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		host_says(f, 4 * SECOND, HVIC_WIRE_TIME_SAMPLE);
		run_step();
		pass(5 * SECOND);
	}
	KUNIT_EXPECT_EQ(test, n_steps, 0);

	pass_without_guest(10 * SECOND);
	host_says(f, 14 * SECOND, HVIC_WIRE_TIME_SAMPLE);
	run_step();
	KUNIT_EXPECT_EQ(test, n_steps, 1);
	KUNIT_EXPECT_EQ(test, last_step, 14 * SECOND);
	KUNIT_EXPECT_EQ(test, last_cause, HV_IC_STEP_CAUSE_IMPLICIT);

	/* It may happen again. */
	pass(5 * SECOND);
	pass_without_guest(7 * SECOND);
	host_says(f, 7 * SECOND, HVIC_WIRE_TIME_SAMPLE);
	run_step();
	KUNIT_EXPECT_EQ(test, n_steps, 2);
	KUNIT_EXPECT_EQ(test, last_step, 7 * SECOND);
}

static const struct gap_row {
	const char *desc;
	unsigned int gap;		/* ms */
	s64 lost;
	bool step;
} gap_rows[] = {
	{ "less than the gap", 5000, 5 * NSEC_PER_SEC - 1000, false },
	{ "just the gap", 5000, 5 * NSEC_PER_SEC, true },
	{ "a shorter gap", 500, NSEC_PER_SEC, true },
	{ "the guest is ahead", 5000, -60 * SECOND, false },
	{ "no gap, and jitter", 0, NSEC_PER_MSEC - 1, false },
	{ "no gap counts as the least", 0, NSEC_PER_MSEC, true },
};

ROWS(gap);

static void implicit_gap(struct kunit *test)
{
	const struct gap_row *row = test->param_value;
	struct hvic_time_policy policy = defaults;
	struct fake_channel *f = test->priv;

	policy.mode = HV_IC_TIME_MODE_IMPLICIT;
	policy.implicit_gap = row->gap;
	hvic_timesync_set_policy(&policy);
	host_says(f, 0, HVIC_WIRE_TIME_SAMPLE);
	pass(5 * SECOND);
	host_says(f, row->lost, HVIC_WIRE_TIME_SAMPLE);
	run_step();
	KUNIT_EXPECT_EQ(test, n_steps, row->step);
}

static const struct steer_row {
	const char *desc;
	s64 ns;				/* of five seconds */
	bool step;
} steer_rows[] = {
	{ "left alone", 0, true },
	{ "rounded", 50, true },
	{ "0.1 ppm faster", 500, false },
	{ "0.1 ppm slower", -500, false },
	{ "20 ppm", 100 * NSEC_PER_USEC, false },
	{ "500 ppm", 2500 * NSEC_PER_USEC, false },
};

ROWS(steer);

/* A clock that runs off its raw rate is disciplined: it is not ours to set. */
static void implicit_leaves_a_steered_clock(struct kunit *test)
{
	const struct steer_row *row = test->param_value;
	struct fake_channel *f = implicit(test);

	clocks.mono += row->ns;
	clocks.real += row->ns;
	pass_without_guest(10 * SECOND);
	host_says(f, 14 * SECOND - row->ns, HVIC_WIRE_TIME_SAMPLE);
	run_step();
	KUNIT_EXPECT_EQ(test, n_steps, row->step);
}

/* A clock that was just set by a program knows better. */
static void implicit_leaves_a_clock_that_was_set(struct kunit *test)
{
	struct fake_channel *f = implicit(test);

	pass_without_guest(20 * SECOND);
	clocks.real += 10 * SECOND;
	host_says(f, 14 * SECOND, HVIC_WIRE_TIME_SAMPLE);
	run_step();
	KUNIT_EXPECT_EQ(test, n_steps, 0);
}

/* A host that restores a guest may negotiate first. */
static void implicit_across_negotiate(struct kunit *test)
{
	struct fake_channel *f = implicit(test);

	pass_without_guest(10 * SECOND);
	host_negotiates(f, 4, 0);
	host_says(f, 14 * SECOND, HVIC_WIRE_TIME_SAMPLE);
	run_step();
	KUNIT_EXPECT_EQ(test, n_steps, 1);
	KUNIT_EXPECT_EQ(test, last_step, 14 * SECOND);
}

/* --- Samples. ------------------------------------------------------------------------ */

static void negotiate_voids_samples(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	s64 ns;

	host_says(f, 0, HVIC_WIRE_TIME_SAMPLE);
	KUNIT_EXPECT_EQ(test, read_ptp(f, &ns), 0);
	KUNIT_EXPECT_EQ(test, status_of(f).state, HV_IC_CLOCK_STATE_VALID);
	host_negotiates(f, 4, 0);
	KUNIT_EXPECT_EQ(test, read_ptp(f, &ns), -EAGAIN);
	KUNIT_EXPECT_EQ(test, status_of(f).state, HV_IC_CLOCK_STATE_UNKNOWN);
}

/* ... and a step that was about to be made. */
static void negotiate_voids_a_step(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_says(f, 60 * SECOND, HVIC_WIRE_TIME_SYNC);
	KUNIT_ASSERT_NOT_NULL(test, clocks.step);
	host_negotiates(f, 4, 0);
	run_step();
	KUNIT_EXPECT_EQ(test, clocks.n_set, 0);
	KUNIT_EXPECT_EQ(test, n_steps, 0);
}

static void close_voids_samples(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	s64 ns;

	host_says(f, 60 * SECOND, HVIC_WIRE_TIME_SYNC);
	fake_channel_close(f);
	run_step();
	KUNIT_EXPECT_EQ(test, clocks.n_set, 0);
	KUNIT_EXPECT_EQ(test, read_ptp(f, &ns), -EAGAIN);
}

static void samples_become_stale(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	s64 ns;

	host_says(f, SECOND, HVIC_WIRE_TIME_SAMPLE);
	pass(600 * SECOND);
	KUNIT_EXPECT_EQ(test, read_ptp(f, &ns), 0);
	KUNIT_EXPECT_EQ(test, ns, NOW + 601 * SECOND);
	KUNIT_EXPECT_EQ(test, status_of(f).offset, SECOND);
	pass(SECOND);
	KUNIT_EXPECT_EQ(test, read_ptp(f, &ns), -ESTALE);
	KUNIT_EXPECT_EQ(test, status_of(f).state, HV_IC_CLOCK_STATE_STALE);
	host_says(f, SECOND, HVIC_WIRE_TIME_SAMPLE);
	KUNIT_EXPECT_EQ(test, read_ptp(f, &ns), 0);
}

static void sample_from_the_future(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 now = fake_platform.reference;

	host_says_at(f, now + HVIC_REFERENCE_HZ + 1, 60 * SECOND, HVIC_WIRE_TIME_SYNC);
	expect_status(f, 1, 1, HVIC_STATUS_INVALID_ARGUMENT);
	run_step();
	KUNIT_EXPECT_EQ(test, n_samples + n_steps, 0);

	/* The two counters need not agree to the tick. */
	host_says_at(f, now + HVIC_REFERENCE_HZ, 60 * SECOND, HVIC_WIRE_TIME_SYNC);
	expect_status(f, 2, 1, HVIC_STATUS_OK);
	run_step();
	KUNIT_EXPECT_EQ(test, n_steps, 1);
}

/* Older hosts do not say when they read their clock: it is taken for now. */
static void old_layout(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u8 body[28] = { };

	host_negotiates(f, 3, 0);
	poke64(body, HVIC_WIRE_TIME_UNIX_EPOCH + (NOW + 60 * SECOND) / HVIC_REFERENCE_NS);
	body[24] = HVIC_WIRE_TIME_SYNC;
	host_asks(f, (struct hvic_span)SPAN(body), 1);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
	pass(2 * SECOND);
	run_step();
	KUNIT_EXPECT_EQ(test, clocks.real, NOW + 62 * SECOND);
}

static void too_short(struct kunit *test)
{
	static const u8 body[18];
	struct fake_channel *f = test->priv;

	host_asks(f, (struct hvic_span)SPAN(body), 1);
	expect_status(f, 1, 1, HVIC_STATUS_INVALID_ARGUMENT);
	KUNIT_EXPECT_EQ(test, n_samples, 0);
}

static void tells_how_it_has_been(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	struct hvic_time_status status = status_of(f);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, status.state, HV_IC_CLOCK_STATE_UNKNOWN);
	KUNIT_EXPECT_EQ(test, status.history[status.oldest].when, 0);

	for (i = 1; i <= HVIC_TIME_HISTORY + 3; i++) {
		host_says(f, i * 100, HVIC_WIRE_TIME_SAMPLE);
		pass(5 * SECOND);
	}
	status = status_of(f);
	KUNIT_EXPECT_EQ(test, status.samples, HVIC_TIME_HISTORY + 3);
	KUNIT_EXPECT_EQ(test, status.leap, 1);
	KUNIT_EXPECT_EQ(test, status.stratum, 3);
	for (i = 0; i < HVIC_TIME_HISTORY; i++)
		KUNIT_EXPECT_EQ(test, status.history[(status.oldest + i) %
						     HVIC_TIME_HISTORY].offset, (i + 4) * 100);
}

/* Not Hyper-V's host, whatever it offers. */
static void no_reference(struct kunit *test)
{
	struct fake_channel *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	fake_platform.has_no_reference = true;
	KUNIT_EXPECT_EQ(test, fake_channel_init(f, test, &hvic_svc_timesync), -ENODEV);
	fake_platform.has_no_reference = false;
}

static struct kunit_case svc_timesync_cases[] = {
	KUNIT_CASE_PARAM(uses_the_time, mode_gen_params),
	KUNIT_CASE(no_step_for_an_untrusted_host),
	KUNIT_CASE(mode_off_forgets),
	KUNIT_CASE(step_is_on_time),
	KUNIT_CASE(message_was_under_way),
	KUNIT_CASE_PARAM(limits, limit_gen_params),
	KUNIT_CASE(step_fails),
	KUNIT_CASE(implicit_only_what_was_lost),
	KUNIT_CASE_PARAM(implicit_gap, gap_gen_params),
	KUNIT_CASE_PARAM(implicit_leaves_a_steered_clock, steer_gen_params),
	KUNIT_CASE(implicit_leaves_a_clock_that_was_set),
	KUNIT_CASE(implicit_across_negotiate),
	KUNIT_CASE(negotiate_voids_samples),
	KUNIT_CASE(negotiate_voids_a_step),
	KUNIT_CASE(close_voids_samples),
	KUNIT_CASE(samples_become_stale),
	KUNIT_CASE(sample_from_the_future),
	KUNIT_CASE(old_layout),
	KUNIT_CASE(too_short),
	KUNIT_CASE(tells_how_it_has_been),
	KUNIT_CASE(no_reference),
	{}
};

static struct kunit_suite svc_timesync_suite = {
	.name = "hv_ic_svc_timesync",
	.init = svc_timesync_init,
	.exit = svc_timesync_exit,
	.test_cases = svc_timesync_cases,
};

kunit_test_suite(svc_timesync_suite);
