// SPDX-License-Identifier: GPL-2.0
/* Time synchronisation messages. The answer is a status alone. */
#include "timesync.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include <asm/byteorder.h>

#define NS_PER_TICK	100		/* the host counts 100 ns */

static int parse_v1(struct hvic_span body, u64 *time, u8 *flags)
{
	const struct hvic_wire_timesync_v1 *wire =
		hvic_span_at(body, 0, HVIC_WIRE_TIMESYNC_V1_MIN);

	if (!wire)
		return -EBADMSG;
	*time = le64_to_cpu(wire->parent_time);
	*flags = wire->flags;
	return 0;
}

static int parse_v4(struct hvic_span body, u64 *time, u8 *flags,
		    struct hvic_time_sample *sample)
{
	const struct hvic_wire_timesync_v4 *wire =
		hvic_span_at(body, 0, HVIC_WIRE_TIMESYNC_V4_MIN);

	if (!wire)
		return -EBADMSG;
	*time = le64_to_cpu(wire->parent_time);
	*flags = wire->flags;
	sample->has_reference = true;
	sample->reference = le64_to_cpu(wire->reference_time);
	sample->leap = wire->leap;
	sample->stratum = wire->stratum;
	return 0;
}

/**
 * hvic_timesync_parse() - read a time message
 * @body: of the message
 * @version: the one agreed on; the layout changed with 4.0
 * @sample: set in any case; all zero on an error
 *
 * Return: 0, or
 * * %-EBADMSG - too short
 * * %-ERANGE - before 1970 or beyond what 64 bits of ns can express
 */
int hvic_timesync_parse(struct hvic_span body, struct hvic_version version,
			struct hvic_time_sample *sample)
{
	u64 time;
	u8 flags;
	int ret;

	memset(sample, 0, sizeof(*sample));
	ret = version.major >= 4 ? parse_v4(body, &time, &flags, sample) :
				   parse_v1(body, &time, &flags);
	if (ret)
		return ret;

	if (time < HVIC_WIRE_TIME_UNIX_EPOCH ||
	    time - HVIC_WIRE_TIME_UNIX_EPOCH > S64_MAX / NS_PER_TICK) {
		memset(sample, 0, sizeof(*sample));
		return -ERANGE;
	}
	sample->host_ns = (time - HVIC_WIRE_TIME_UNIX_EPOCH) * NS_PER_TICK;
	sample->sync = flags & HVIC_WIRE_TIME_SYNC;
	sample->sample = flags & HVIC_WIRE_TIME_SAMPLE;
	return 0;
}
