// SPDX-License-Identifier: GPL-2.0
#include "ic_timesync.h"

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
	struct hv_moment now;
	int error = hv_now(host, &now);

	*stamp = (struct timesync_stamp) {
		.time = TIMESYNC_UNIX_EPOCH + now.realtime / 100 + offset,
		.reference = now.reference,
		.flags = flags,
	};
	return error;
}

struct ic_request *timesync_request(struct ic *ic, const struct timesync_stamp *stamp)
{
	struct ic_request *request;

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
	return request;
}

ic_result timesync_send(struct ic *ic, const struct timesync_stamp *stamp)
{
	struct ic_request *request = timesync_request(ic, stamp);
	ic_result result = ic_ask(request);

	ic_request_free(request);
	return result;
}

static void send_sample(void *context);

static void sample_later(struct ic *ic)
{
	ic->alarm.ring = send_sample;
	ic->alarm.context = ic;
	hv_alarm_set(ic->host, &ic->alarm, TIMESYNC_PERIOD_MS);
}

static void send_one(struct ic *ic, uint8_t flags)
{
	struct timesync_stamp stamp;
	struct ic_request *request;

	timesync_now(ic->host, 0, flags, &stamp);
	request = timesync_request(ic, &stamp);
	request->answered = sample_later;
	ic_post(request, 0);
	ic_request_free(request);
}

static void send_sample(void *context)
{
	send_one(context, WIRE_TIME_SAMPLE);
}

static void send_sync(struct ic *ic)
{
	send_one(ic, WIRE_TIME_SYNC);
}

void timesync_keep(struct ic *ic)
{
	hv_lock(ic->host);
	ic->ready = send_sync;
	if (ic->state == IC_READY)
		send_sync(ic);
	hv_unlock(ic->host);
}
