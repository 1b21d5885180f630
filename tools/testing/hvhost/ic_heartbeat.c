// SPDX-License-Identifier: GPL-2.0
#include "ic_heartbeat.h"

#include <stddef.h>

static bool check(const struct ic *ic, const struct ic_request *request, char *why)
{
	const struct wire_heartbeat *answer = ic_answer(request);
	uint64_t sequence = ((const struct wire_heartbeat *)ic_asked(request))->sequence;

	if (ic_answer_size(request) < sizeof(sequence))
		return ic_refuse(why, "a beat of %zu bytes has no sequence number",
				 ic_answer_size(request));
	if (answer->sequence != sequence + 1)
		return ic_refuse(why, "sequence number %#llx answered with %#llx",
				 (unsigned long long)sequence,
				 (unsigned long long)answer->sequence);
	if (ic_at_least(ic, 3, 0) && answer->application_state > HEARTBEAT_STOPPED)
		return ic_refuse(why, "application state %u does not exist",
				 answer->application_state);
	return true;
}

const struct ic_service ic_heartbeat = {
	.name = "heartbeat",
	.class = "57164f39-9115-4e78-ab55-382f3bd5422d",
	.instance = "fd149e91-82e0-4a7d-afa6-2a4166cbd7c0",
	.type = WIRE_HEARTBEAT,
	.messages = IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 3, 1 }),
	.check = check,
};

const char *heartbeat_state_name(uint32_t state)
{
	static const char *const names[] = {
		[HEARTBEAT_UNKNOWN] = "unknown",
		[HEARTBEAT_HEALTHY] = "healthy",
		[HEARTBEAT_CRITICAL] = "critical",
		[HEARTBEAT_STOPPED] = "stopped",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "invalid";
}

struct ic_request *heartbeat_request(struct ic *ic)
{
	struct ic_request *request = ic_request(ic, WIRE_HEARTBEAT,
						sizeof(struct wire_heartbeat));
	struct wire_heartbeat *ask = ic_body(request);

	ask->sequence = ic->sequence;
	/* The application state came with 3.0. */
	request->may_set[0] = (struct ic_span) { 0, ic_at_least(ic, 3, 0) ? 12 : 8 };
	request->n_may_set = 1;
	request->need = offsetof(struct wire_heartbeat, reserved);
	return request;
}

ic_result heartbeat_beat(struct ic *ic, uint32_t *state)
{
	struct ic_request *request = heartbeat_request(ic);
	const struct wire_heartbeat *answer = ic_answer(request);
	ic_result result = ic_ask(request);

	if (result == WIRE_S_OK) {
		if (state)
			*state = answer->application_state;
		ic->sequence += 2;
	}
	ic_request_free(request);
	return result;
}
