// SPDX-License-Identifier: GPL-2.0
/*
 * Time synchronisation: the host tells its time, the administrator of the guest
 * says what it is used for.
 *
 *  off       nothing
 *  ptp       the samples feed the PTP clock
 *  sync      as ptp; where the host says "synchronise" (boot, resume, restore,
 *            migration) the system clock is set to its time
 *  implicit  as sync; also when a periodic sample shows that the guest has lost
 *            a stretch of time, since not every host says so; but not while
 *            another program steers or sets the clock
 *
 * A step is bounded by time_max_step and time_backward, and never happens for a
 * host that is not trusted.
 */
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "channel.h"
#include "choice.h"
#include "clock_ptp.h"
#include "compat.h"
#include "event.h"
#include "platform.h"
#include "proto/timesync.h"
#include "svc_timesync.h"

/* How far a host's reading of the reference counter may lie ahead of ours. */
#define REFERENCE_SLACK		HVIC_REFERENCE_HZ

/*
 * A clock that is left alone runs at its raw rate but for the rounding of its
 * multiplier, some parts in 10^9. One that runs off by more than 1 / this is being
 * steered, which shows after this time.
 */
#define STEERED_FRACTION	50000000
#define STEERED_TIME		NSEC_PER_SEC

static const char * const mode_words[] = {
	[HV_IC_TIME_MODE_OFF]		= "off",
	[HV_IC_TIME_MODE_PTP]		= "ptp",
	[HV_IC_TIME_MODE_SYNC]		= "sync",
	[HV_IC_TIME_MODE_IMPLICIT]	= "implicit",
};

static bool enabled = true;

static int time_mode = HV_IC_TIME_MODE_SYNC;
HVIC_CHOICE(time_mode, mode_words, &time_mode, 0644);
MODULE_PARM_DESC(time_mode, "What the host's time is used for: off, ptp, sync (default: also set the clock when the host says so), implicit (also when the guest has lost time)");

static unsigned int time_max_step;
module_param(time_max_step, uint, 0644);
MODULE_PARM_DESC(time_max_step, "Largest step of the clock, in seconds; 0 for no limit (default)");

static bool time_backward = true;
module_param(time_backward, bool, 0644);
MODULE_PARM_DESC(time_backward, "May the clock be set back? (default: Y)");

static unsigned int time_implicit_gap = 5000;
module_param(time_implicit_gap, uint, 0644);
MODULE_PARM_DESC(time_implicit_gap, "Time that the guest must have lost before mode implicit sets the clock, in milliseconds, at least 1 (default: 5000)");

/**
 * struct hvic_time_reading - all clocks at one sample
 * @host: the host's, in ns since 1970
 * @raw: CLOCK_MONOTONIC_RAW, which stands still with the guest
 * @mono: CLOCK_MONOTONIC: the same, but as fast as the system's clock is steered
 * @system: the system's clock
 * @set: how far the system's clock is from CLOCK_BOOTTIME: changes when it is set
 */
struct hvic_time_reading {
	s64 host;
	ktime_t raw;
	ktime_t mono;
	ktime_t system;
	ktime_t set;
};

/**
 * struct hvic_timesync - a timesync channel's own
 * @ch: the channel
 * @clock: the host's clock; has a lock of its own
 * @step: sets the system clock
 *
 * Guarded by the channel's lock:
 *
 * @has_target: the next two members hold, and @step has not taken them yet
 * @target: the sample to set the clock by
 * @cause: why it is to be set
 * @has_last: @last holds
 * @last: the clocks at the last sample
 * @steered: another program steers the system's clock
 * @status: what has happened, for people
 * @newest: index of the newest in its history
 */
struct hvic_timesync {
	struct hvic_channel *ch;
	struct hvic_clock clock;
	struct work_struct step;

	bool has_target;
	struct hvic_clock_line target;
	enum hv_ic_step_cause cause;
	bool has_last;
	struct hvic_time_reading last;
	bool steered;
	struct hvic_time_status status;
	unsigned int newest;
};

/* --- Policy: the module's parameters. ---------------------------------------------- */

/* Without any gap each sample would set the clock, by its jitter. */
static unsigned int hvic_timesync_gap(void)
{
	return max(READ_ONCE(time_implicit_gap), 1U);
}

/**
 * hvic_timesync_get_policy() - what the host's time is used for
 * @policy: set
 */
void hvic_timesync_get_policy(struct hvic_time_policy *policy)
{
	policy->mode = READ_ONCE(time_mode);
	policy->max_step = READ_ONCE(time_max_step);
	policy->backward = READ_ONCE(time_backward);
	policy->implicit_gap = hvic_timesync_gap();
}

/**
 * hvic_timesync_set_policy() - say what the host's time is used for
 * @policy: holds from the next message on
 */
void hvic_timesync_set_policy(const struct hvic_time_policy *policy)
{
	WRITE_ONCE(time_mode, policy->mode);
	WRITE_ONCE(time_max_step, policy->max_step);
	WRITE_ONCE(time_backward, policy->backward);
	WRITE_ONCE(time_implicit_gap, policy->implicit_gap);
}

/* --- Setting the clock. ---------------------------------------------------------- */

static bool hvic_timesync_may_step(s64 step)
{
	u64 max_step = (u64)READ_ONCE(time_max_step) * NSEC_PER_SEC;

	if (step < 0 && !READ_ONCE(time_backward))
		return false;
	return !max_step || abs(step) <= max_step;
}

/* Kernels do not tell modules when the clock was set, but this changes then. */
static ktime_t hvic_timesync_set(void)
{
	return ktime_sub(ktime_mono_to_any(0, TK_OFFS_REAL), ktime_mono_to_any(0, TK_OFFS_BOOT));
}

static void hvic_timesync_step(struct work_struct *work)
{
	struct hvic_timesync *ts = container_of(work, struct hvic_timesync, step);
	struct hvic_time_status *status = &ts->status;
	enum hv_ic_step_cause cause;
	struct hvic_clock_line target;
	struct timespec64 time;
	s64 host_ns, step;
	bool wanted, refused;

	spin_lock_bh(&ts->ch->lock);
	wanted = ts->has_target;
	ts->has_target = false;
	target = ts->target;
	cause = ts->cause;
	spin_unlock_bh(&ts->ch->lock);
	if (!wanted)
		return;		/* the host has started over since */

	host_ns = hvic_clock_line_at(&target, hvic_platform_reference());
	step = host_ns - ktime_get_real_ns();
	time = ns_to_timespec64(host_ns);
	refused = !hvic_timesync_may_step(step) || do_settimeofday64(&time);

	spin_lock_bh(&ts->ch->lock);
	if (refused) {
		status->refused_steps++;
	} else {
		status->steps++;
		status->last_step.when = ktime_get_boottime();
		status->last_step.offset = step;
		ts->last.set = hvic_timesync_set();
	}
	hvic_event->time_step(status, step, cause, refused);
	spin_unlock_bh(&ts->ch->lock);

	if (refused)
		dev_warn_ratelimited(ts->ch->dev, "clock not set: a step of %lld ms is beyond the limits\n",
				     div_s64(step, NSEC_PER_MSEC));
	else
		dev_info_ratelimited(ts->ch->dev, "clock set to the host's, a step of %lld ms\n",
				     div_s64(step, NSEC_PER_MSEC));
}

static void hvic_timesync_read(struct hvic_time_reading *now, const struct hvic_clock_line *line)
{
	struct hvic_snapshot snapshot;
	ktime_t offset;

	do {
		offset = ktime_mono_to_any(0, TK_OFFS_REAL);
		now->set = hvic_timesync_set();
		hvic_snapshot_real(&snapshot);
	} while (ktime_mono_to_any(0, TK_OFFS_REAL) != offset);

	now->host = hvic_clock_line_at(line, hvic_platform_reference());
	now->system = snapshot.system;
	now->mono = ktime_sub(snapshot.system, offset);
	now->raw = snapshot.raw;
}

/*
 * Does another program steer the system's clock? No kernel tells modules of the
 * state of NTP, but the rate of the clock tells.
 */
static void hvic_timesync_watch_rate(struct hvic_timesync *ts, const struct hvic_time_reading *now)
{
	s64 raw = ktime_to_ns(ktime_sub(now->raw, ts->last.raw));
	s64 mono = ktime_to_ns(ktime_sub(now->mono, ts->last.mono));

	if (ts->has_last && raw >= STEERED_TIME)
		ts->steered = abs(mono - raw) > div_s64(raw, STEERED_FRACTION);
}

/*
 * Has the guest lost a stretch of time of which it was not told? Then the host's
 * clock has gone on while the guest's hardware stood still, and the system's clock
 * is behind. A program that disciplines the clock finds out without us.
 */
static bool hvic_timesync_lost_time(const struct hvic_timesync *ts,
				    const struct hvic_time_reading *now)
{
	s64 gap = (s64)hvic_timesync_gap() * NSEC_PER_MSEC;
	s64 lost = now->host - ts->last.host - ktime_to_ns(ktime_sub(now->raw, ts->last.raw));

	if (!ts->has_last || ts->steered || now->set != ts->last.set)
		return false;
	return lost >= gap && now->host - ktime_to_ns(now->system) >= gap;
}

static bool hvic_timesync_wants_step(struct hvic_timesync *ts,
				     const struct hvic_time_sample *sample, int mode,
				     const struct hvic_time_reading *now)
{
	if (mode < HV_IC_TIME_MODE_SYNC || !hvic_platform_trusts_host())
		return false;
	if (sample->sync)
		return true;
	return mode == HV_IC_TIME_MODE_IMPLICIT && hvic_timesync_lost_time(ts, now);
}

/* --- Samples. ------------------------------------------------------------------------ */

static void hvic_timesync_remember(struct hvic_timesync *ts,
				   const struct hvic_time_sample *sample, s64 behind)
{
	struct hvic_time_status *status = &ts->status;

	status->samples++;
	status->leap = sample->leap;
	status->stratum = sample->stratum;
	status->noise = hvic_clock_noise(&ts->clock);
	ts->newest = (ts->newest + 1) % HVIC_TIME_HISTORY;
	status->history[ts->newest].when = ktime_get_boottime();
	status->history[ts->newest].offset = behind;
	hvic_event->time_sample(status, behind);
}

static void hvic_timesync_use(struct hvic_timesync *ts, const struct hvic_time_sample *sample,
			      u64 reference, int mode)
{
	const struct hvic_clock_line line = {
		.reference = reference,
		.offset = sample->host_ns - (s64)(reference * HVIC_REFERENCE_NS),
	};
	struct hvic_time_reading now;

	if (sample->sync)
		hvic_clock_restart(&ts->clock);
	hvic_clock_add(&ts->clock, reference, sample->host_ns);

	hvic_timesync_read(&now, &line);
	hvic_timesync_watch_rate(ts, &now);
	if (hvic_timesync_wants_step(ts, sample, mode, &now)) {
		ts->has_target = true;
		ts->target = line;
		ts->cause = sample->sync ? HV_IC_STEP_CAUSE_SYNC : HV_IC_STEP_CAUSE_IMPLICIT;
		schedule_work(&ts->step);
	}

	hvic_timesync_remember(ts, sample, now.host - ktime_to_ns(now.system));
	ts->last = now;
	ts->has_last = true;
}

static int hvic_timesync_handle(struct hvic_channel *ch, const struct hvic_msg *msg,
				struct hvic_room body)
{
	struct hvic_timesync *ts = ch->priv;
	int mode = READ_ONCE(time_mode);
	struct hvic_time_sample sample;
	u64 now, reference;
	int ret = hvic_timesync_parse(msg->body, ch->versions.message, &sample);

	if (ret)
		return ret;

	now = hvic_platform_reference();
	reference = sample.has_reference ? sample.reference : now;
	if (reference > now + REFERENCE_SLACK)
		return -ERANGE;		/* from the future */

	ch->last.operation = sample.sync ? "sync" : sample.sample ? "sample" : "probe";
	if (mode == HV_IC_TIME_MODE_OFF)
		hvic_clock_restart(&ts->clock);
	else if (sample.sync || sample.sample)
		hvic_timesync_use(ts, &sample, reference, mode);
	return body.len;
}

static void hvic_timesync_reset(struct hvic_channel *ch)
{
	struct hvic_timesync *ts = ch->priv;

	hvic_clock_restart(&ts->clock);
	ts->has_target = false;
}

/**
 * hvic_timesync_status() - tell how it has been
 * @ch: a timesync channel
 *
 * Context: the channel's lock is held.
 * Return: as it is now.
 */
const struct hvic_time_status *hvic_timesync_status(struct hvic_channel *ch)
{
	struct hvic_timesync *ts = ch->priv;
	s64 host_ns;

	lockdep_assert_held(&ch->lock);
	switch (hvic_clock_at(&ts->clock, hvic_platform_reference(), &host_ns)) {
	case 0:
		ts->status.state = HV_IC_CLOCK_STATE_VALID;
		ts->status.offset = host_ns - ktime_get_real_ns();
		break;
	case -ESTALE:
		ts->status.state = HV_IC_CLOCK_STATE_STALE;
		break;
	default:
		ts->status.state = HV_IC_CLOCK_STATE_UNKNOWN;
	}
	ts->status.ptp = hvic_clock_index(&ts->clock);
	ts->status.oldest = (ts->newest + 1) % HVIC_TIME_HISTORY;
	return &ts->status;
}

static void hvic_timesync_show(struct hvic_channel *ch, struct seq_file *out)
{
	const struct hvic_time_status *status = hvic_timesync_status(ch);
	const struct hvic_timesync *ts = ch->priv;

	seq_printf(out, "mode %s\n", mode_words[READ_ONCE(time_mode)]);
	seq_printf(out, "samples %llu\n", status->samples);
	seq_printf(out, "steps %llu\n", status->steps);
	seq_printf(out, "refused_steps %llu\n", status->refused_steps);
	seq_printf(out, "last_step_ns %lld\n", status->last_step.offset);
	seq_printf(out, "leap %u\n", status->leap);
	seq_printf(out, "stratum %u\n", status->stratum);
	seq_printf(out, "steered %d\n", ts->steered);
	seq_printf(out, "ptp %d\n", status->ptp);
	if (status->state == HV_IC_CLOCK_STATE_VALID)
		seq_printf(out, "behind_ns %lld\n", status->offset);
}

/* --- Lifetime. --------------------------------------------------------------------------- */

static int hvic_timesync_start(struct hvic_channel *ch)
{
	struct hvic_timesync *ts;

	if (!hvic_platform_has_reference())
		return -ENODEV;
	ts = kzalloc(sizeof(*ts), GFP_KERNEL);
	if (!ts)
		return -ENOMEM;
	ts->ch = ch;
	INIT_WORK(&ts->step, hvic_timesync_step);
	hvic_clock_register(&ts->clock, ch->dev);
	ch->priv = ts;
	return 0;
}

static void hvic_timesync_stop(struct hvic_channel *ch)
{
	struct hvic_timesync *ts = ch->priv;

	hvic_clock_unregister(&ts->clock);
	cancel_work_sync(&ts->step);
	kfree(ts);
}

static const struct hvic_version hvic_timesync_versions[] = {
	{ 4, 0 }, { 3, 0 }, { 1, 0 },
};

static const struct hvic_service_ops hvic_timesync_ops = {
	.start = hvic_timesync_start,
	.stop = hvic_timesync_stop,
	.reset = hvic_timesync_reset,
	.handle = hvic_timesync_handle,
	.show = hvic_timesync_show,
};

const struct hvic_service hvic_svc_timesync = {
	.name = "timesync",
	.guid = HVIC_GUID_TIMESYNC,
	.type = HVIC_WIRE_TIMESYNC,
	.versions = hvic_timesync_versions,
	.n_versions = ARRAY_SIZE(hvic_timesync_versions),
	.enabled = &enabled,
	.ops = &hvic_timesync_ops,
};
