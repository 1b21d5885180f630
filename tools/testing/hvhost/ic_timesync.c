// SPDX-License-Identifier: GPL-2.0
#include "ic_timesync.h"

#include <time.h>

#include "cpu.h"

const struct ic_service ic_timesync = {
	.name = "timesync",
	.class = "9527e630-d0ae-497b-adce-e80ab0175caf",
	.instance = "2dd1ce17-079e-403c-b352-a1921ee207ee",
	.type = WIRE_TIMESYNC,
	.messages = IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 4, 0 }),
};

int timesync_now(struct hv_host *host, int64_t offset, uint8_t flags,
		 struct timesync_stamp *stamp)
{
	struct timespec now;
	int error;

	*stamp = (struct timesync_stamp) { .flags = flags, .stratum = 2 };
	error = hv_reference_time(host, &stamp->reference);
	clock_gettime(CLOCK_REALTIME, &now);
	stamp->time = TIMESYNC_UNIX_EPOCH + now.tv_sec * 10000000ull + now.tv_nsec / 100 + offset;
	return error;
}

ic_result timesync_send(struct ic *ic, const struct timesync_stamp *stamp)
{
	struct ic_request *request;
	ic_result result;

	if (ic_at_least(ic, 4, 0)) {
		struct wire_time_v4 *body;

		request = ic_request(ic, WIRE_TIMESYNC, sizeof(*body));
		body = ic_body(request);
		body->parent = stamp->time;
		body->reference = stamp->reference;
		body->flags = stamp->flags;
		body->leap = stamp->leap;
		body->stratum = stamp->stratum;
	} else {
		struct wire_time_v1 *body;

		request = ic_request(ic, WIRE_TIMESYNC, sizeof(*body));
		body = ic_body(request);
		body->parent = stamp->time;
		body->flags = stamp->flags;
	}
	result = ic_ask(request);
	ic_request_free(request);
	return result;
}
