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
 *            a stretch of time, since not every host says so
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
#include "platform.h"
#include "proto/timesync.h"

/* How far a host's reading of the reference counter may lie ahead of ours. */
#define REFERENCE_SLACK		HVIC_REFERENCE_HZ

/* A clock that runs off its raw rate by more than 1 / this is being steered. */
#define STEERED_FRACTION	1000000

/* ... but faster than 1 / this it was not steered, it was set. */
#define SET_FRACTION		1000

enum { MODE_OFF, MODE_PTP, MODE_SYNC, MODE_IMPLICIT };

static const char * const mode_words[] = {
	[MODE_OFF]	= "off",
	[MODE_PTP]	= "ptp",
	[MODE_SYNC]	= "sync",
	[MODE_IMPLICIT]	= "implicit",
};

static bool enabled = true;

static int time_mode = MODE_SYNC;
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
MODULE_PARM_DESC(time_implicit_gap, "Time that the guest must have lost before mode implicit sets the clock, in milliseconds");

/**
 * struct hvic_timesync - a timesync channel's own
 * @ch: the channel
 * @clock: the host's clock; has a lock of its own
 * @step: sets the system clock
 *
 * Guarded by the channel's lock:
 *
 * @target: the sample to set the clock by
 * @has_last: the next three members hold
 * @last_real: the system's clock at the last sample
 * @last_raw: CLOCK_MONOTONIC_RAW at the last sample
 * @last_behind: how far the system's clock was behind the host's, in ns
 * @samples: time messages that were used
 * @steps: of the system clock
 * @refused_steps: steps beyond the administrator's limits
 * @last_step: size of the last step in ns
 * @leap: NTP leap indicator of the host
 * @stratum: NTP stratum of the host
 */
struct hvic_timesync {
	struct hvic_channel *ch;
	struct hvic_clock clock;
	struct work_struct step;

	struct hvic_clock_line target;
	bool has_last;
	ktime_t last_real;
	ktime_t last_raw;
	s64 last_behind;
	u64 samples;
	u64 steps;
	u64 refused_steps;
	s64 last_step;
	u8 leap;
	u8 stratum;
};

/* --- Setting the clock. ---------------------------------------------------------- */

static bool hvic_timesync_may_step(s64 step)
{
	u64 max_step = (u64)READ_ONCE(time_max_step) * NSEC_PER_SEC;

	if (step < 0 && !READ_ONCE(time_backward))
		return false;
	return !max_step || abs(step) <= max_step;
}

static void hvic_timesync_step(struct work_struct *work)
{
	struct hvic_timesync *ts = container_of(work, struct hvic_timesync, step);
	struct hvic_clock_line target;
	struct timespec64 time;
	s64 host_ns, step;
	bool refused;

	spin_lock_bh(&ts->ch->lock);
	target = ts->target;
	spin_unlock_bh(&ts->ch->lock);

	host_ns = hvic_clock_line_at(&target, hvic_platform_reference());
	step = host_ns - ktime_get_real_ns();
	time = ns_to_timespec64(host_ns);
	refused = !hvic_timesync_may_step(step) || do_settimeofday64(&time);

	spin_lock_bh(&ts->ch->lock);
	if (refused) {
		ts->refused_steps++;
	} else {
		ts->steps++;
		ts->last_step = step;
		ts->has_last = false;
	}
	spin_unlock_bh(&ts->ch->lock);

	if (refused)
		dev_warn_ratelimited(ts->ch->dev, "clock not set: a step of %lld ms is beyond the limits\n",
				     div_s64(step, NSEC_PER_MSEC));
	else
		dev_info_ratelimited(ts->ch->dev, "clock set to the host's, a step of %lld ms\n",
				     div_s64(step, NSEC_PER_MSEC));
}

/*
 * Has somebody steered the system's clock since the last sample? A clock that is
 * left alone runs as its hardware does.
 */
static bool hvic_timesync_is_steered(const struct hvic_timesync *ts,
				     const struct hvic_snapshot *now)
{
	s64 raw = ktime_to_ns(ktime_sub(now->raw, ts->last_raw));
	s64 off = abs(ktime_to_ns(ktime_sub(now->system, ts->last_real)) - raw);

	return off > div_s64(raw, STEERED_FRACTION) && off < div_s64(raw, SET_FRACTION);
}

/* Has the guest lost a stretch of time of which nobody has told it? */
static bool hvic_timesync_lost_time(const struct hvic_timesync *ts,
				    const struct hvic_snapshot *now, s64 behind)
{
	s64 gap = (s64)READ_ONCE(time_implicit_gap) * NSEC_PER_MSEC;

	if (behind < gap)
		return false;
	if (!ts->has_last)
		return true;
	return behind - ts->last_behind >= gap && !hvic_timesync_is_steered(ts, now);
}

static bool hvic_timesync_wants_step(struct hvic_timesync *ts,
				     const struct hvic_time_sample *sample, int mode,
				     s64 behind, const struct hvic_snapshot *now)
{
	if (mode < MODE_SYNC || !hvic_platform_trusts_host())
		return false;
	if (sample->sync)
		return true;
	return mode == MODE_IMPLICIT && hvic_timesync_lost_time(ts, now, behind);
}

/* --- Samples. ------------------------------------------------------------------------ */

static void hvic_timesync_use(struct hvic_timesync *ts, const struct hvic_time_sample *sample,
			      u64 reference, int mode)
{
	const struct hvic_clock_line line = {
		.reference = reference,
		.offset = sample->host_ns - (s64)(reference * HVIC_REFERENCE_NS),
	};
	struct hvic_snapshot now;
	s64 behind;

	if (sample->sync)
		hvic_clock_restart(&ts->clock);
	hvic_clock_add(&ts->clock, reference, sample->host_ns);

	hvic_snapshot_real(&now);
	behind = hvic_clock_line_at(&line, hvic_platform_reference()) - ktime_to_ns(now.system);
	if (hvic_timesync_wants_step(ts, sample, mode, behind, &now)) {
		ts->target = line;
		schedule_work(&ts->step);
	}

	ts->samples++;
	ts->leap = sample->leap;
	ts->stratum = sample->stratum;
	ts->last_behind = behind;
	ts->last_real = now.system;
	ts->last_raw = now.raw;
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

	if (mode == MODE_OFF)
		hvic_clock_restart(&ts->clock);
	else if (sample.sync || sample.sample)
		hvic_timesync_use(ts, &sample, reference, mode);
	return body.len;
}

static void hvic_timesync_reset(struct hvic_channel *ch)
{
	struct hvic_timesync *ts = ch->priv;

	hvic_clock_restart(&ts->clock);
	ts->has_last = false;
}

static void hvic_timesync_show(struct hvic_channel *ch, struct seq_file *out)
{
	struct hvic_timesync *ts = ch->priv;
	s64 host_ns;

	seq_printf(out, "mode %s\n", mode_words[READ_ONCE(time_mode)]);
	seq_printf(out, "samples %llu\n", ts->samples);
	seq_printf(out, "steps %llu\n", ts->steps);
	seq_printf(out, "refused_steps %llu\n", ts->refused_steps);
	seq_printf(out, "last_step_ns %lld\n", ts->last_step);
	seq_printf(out, "leap %u\n", ts->leap);
	seq_printf(out, "stratum %u\n", ts->stratum);
	if (!hvic_clock_at(&ts->clock, hvic_platform_reference(), &host_ns))
		seq_printf(out, "behind_ns %lld\n", host_ns - ktime_get_real_ns());
}

/* --- Lifetime. --------------------------------------------------------------------------- */

static int hvic_timesync_start(struct hvic_channel *ch)
{
	struct hvic_timesync *ts = kzalloc(sizeof(*ts), GFP_KERNEL);
	int ret;

	if (!ts)
		return -ENOMEM;
	ts->ch = ch;
	INIT_WORK(&ts->step, hvic_timesync_step);
	ret = hvic_clock_register(&ts->clock, ch->dev);
	if (ret) {
		kfree(ts);
		return ret;
	}
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
