/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time synchronisation: the host's clock, tied to the guest's reference counter. Times are
 * 100 ns since 1601.
 */
#ifndef HVHOST_IC_TIMESYNC_H
#define HVHOST_IC_TIMESYNC_H

#include "ic.h"

extern const struct ic_service ic_timesync;

#define TIMESYNC_UNIX_EPOCH 116444736000000000ull

struct timesync_stamp {
	uint64_t time;			/* of the host */
	uint64_t reference;		/* the guest's counter at that time; from 4.0 */
	uint8_t flags;			/* WIRE_TIME_SYNC, WIRE_TIME_SAMPLE */
	uint8_t leap;
	uint8_t stratum;		/* 0, as hosts have it */
};

/**
 * timesync_now() - a true stamp, of a clock that is off by @offset
 * @offset: 100 ns that the host's clock is ahead of this machine's
 */
int timesync_now(struct hv_host *host, int64_t offset, uint8_t flags, struct timesync_stamp *stamp);

#define TIMESYNC_PERIOD_MS	5000

/**
 * timesync_keep() - let the host send of its own accord, until ic_reset()
 *
 * A SYNC as soon as versions are agreed on, which may be so now, and a SAMPLE five
 * seconds after each answer: a guest that does not answer gets no more.
 */
void timesync_keep(struct ic *ic);

/** timesync_request() - the request itself, for ic_post() */
struct ic_request *timesync_request(struct ic *ic, const struct timesync_stamp *stamp);

ic_result timesync_send(struct ic *ic, const struct timesync_stamp *stamp);

#endif
