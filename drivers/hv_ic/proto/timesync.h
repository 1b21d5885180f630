/* SPDX-License-Identifier: GPL-2.0 */
/* Time synchronisation: samples of the host's clock. */
#ifndef HVIC_PROTO_TIMESYNC_H
#define HVIC_PROTO_TIMESYNC_H

#include "msg.h"

/**
 * struct hvic_time_sample - what the host says about its clock
 * @host_ns: the host's UTC, in ns since 1970
 * @has_reference: @reference is given (since 4.0)
 * @reference: partition reference counter when @host_ns was read, in 100 ns
 * @sync: the guest should take over the time now
 * @sample: a periodic hint; neither flag set makes it a probe
 * @leap: NTP leap indicator
 * @stratum: NTP stratum of the host, 0 if it does not say
 */
struct hvic_time_sample {
	s64 host_ns;
	bool has_reference;
	u64 reference;
	bool sync;
	bool sample;
	u8 leap;
	u8 stratum;
};

int hvic_timesync_parse(struct hvic_span body, struct hvic_version version,
			struct hvic_time_sample *sample);

#endif
