// SPDX-License-Identifier: GPL-2.0
/*
 * One integration component: its channel, its versions, its open requests.
 *
 * Packets are handled where they arrive, on the thread that noticed the guest's
 * signal; transactions sleep on the caller's thread until their answer is in.
 */
#include "ic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 60000

static const struct ic_versions frameworks = IC_VERSIONS({ 1, 0 }, { 3, 0 });

const char *ic_state_name(enum ic_state state)
{
	static const char *const names[] = {
		[IC_CLOSED] = "closed",
		[IC_NEGOTIATING] = "negotiating",
		[IC_READY] = "ready",
		[IC_REFUSED] = "refused",
		[IC_FAILED] = "failed",
	};

	return names[state];
}

const char *ic_result_text(ic_result result)
{
	static const struct {
		uint32_t status;
		const char *text;
	} words[] = {
		{ WIRE_S_OK, "success" },
		{ WIRE_E_FAIL, "failed" },
		{ WIRE_E_NO_MORE_ITEMS, "no more items" },
		{ WIRE_E_NOT_SUPPORTED, "not supported" },
		{ WIRE_E_MACHINE_LOCKED, "machine locked" },
		{ WIRE_E_NOT_CONNECTED, "device not connected" },
		{ WIRE_E_INVALID_ARG, "invalid argument" },
		{ WIRE_E_NOT_FOUND, "not found" },
		{ WIRE_E_ALREADY_EXISTS, "already exists" },
		{ WIRE_E_DISK_FULL, "disk full" },
		{ WIRE_E_PATH_NOT_FOUND, "path not found" },
		{ WIRE_E_ACCESS_DENIED, "access denied" },
		{ WIRE_E_SHUTDOWN_IN_PROGRESS, "shutdown in progress" },
		{ WIRE_E_TIMEOUT, "timed out in the guest" },
	};
	static __thread char text[64];

	switch (result) {
	case -ETIMEDOUT:
		return "no answer in time";
	case -ECANCELED:
		return "voided by a close or a new negotiation";
	case -EPROTO:
		return "the guest broke a rule";
	case -ENOTCONN:
		return "not connected";
	case -EAGAIN:
		return "the guest's ring is full";
	case -ESHUTDOWN:
		return "the guest does not run";
	}
	if (result < 0)
		return strerror(-result);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i].status != (uint32_t)result)
			continue;
		snprintf(text, sizeof(text), "0x%08x %s", words[i].status, words[i].text);
		return text;
	}
	snprintf(text, sizeof(text), "0x%08x", (uint32_t)result);
	return text;
}

static void tell(struct ic *ic, const char *event, const char *format, ...)
	__printf(3, 4);

static void tell(struct ic *ic, const char *event, const char *format, ...)
{
	char text[IC_WHY];
	va_list args;

	if (!ic->event)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ic->event(ic, event, text);
}

static void put_request(struct ic_request *request)
{
	if (!--request->references)
		free(request);
}

/* ORDER: the request may be gone afterwards, if only the IC still held it. */
static void finish(struct ic_request *request, ic_result result)
{
	struct ic_request **link = &request->ic->open;

	while (*link != request)
		link = &(*link)->next;
	*link = request->next;
	request->done = true;
	request->result = result;
	hv_wake(request->ic->host);
	put_request(request);
}

static void finish_all(struct ic *ic, ic_result result)
{
	while (ic->open) {
		if (ic->open->due == IC_DUE)
			ic->voided++;
		finish(ic->open, result);
	}
}

static bool is_negotiate(const struct ic_request *request)
{
	return ((const struct wire_header *)request->bytes)->type == WIRE_NEGOTIATE;
}

/* Its answer has come, and broke a rule. */
static void refuse_answer(struct ic_request *request, const char *why)
{
	struct ic *ic = request->ic;

	ic->voided += request->due == IC_DUE;
	finish(request, -EPROTO);
	hv_channel_violation(ic->channel, "%s", why);
}

static void take_negotiate_answer(struct ic *ic, struct ic_request *request,
				  const struct ic_question *question,
				  const struct ic_packet *packet)
{
	char why[IC_WHY];
	bool last = true;

	switch (ic_check_negotiate(question, packet, &ic->framework, &ic->message, why)) {
	case IC_BROKEN:
		refuse_answer(request, why);
		return;
	case IC_REFUSED_BY_GUEST:
		ic->state = IC_REFUSED;
		tell(ic, "refused", "no common version");
		break;
	case IC_AGREED:
		ic->state = IC_READY;
		tell(ic, "ready", "framework %u.%u, message %u.%u", ic->framework.major,
		     ic->framework.minor, ic->message.major, ic->message.minor);
		break;
	}
	for (const struct ic_request *r = request->next; r; r = r->next)
		last = last && !is_negotiate(r);
	if (last)
		ic->stale_allowed = 0;
	else
		ic->state = IC_NEGOTIATING;
	ic->answered += request->due == IC_DUE;
	finish(request, ((const struct wire_header *)packet->data)->status);
	if (ic->state == IC_READY && ic->ready)
		ic->ready(ic);
}

static bool check_service(const struct ic_request *request, const struct ic_question *question,
			  char *why)
{
	const struct ic_service *service = request->ic->service;
	const struct wire_header *answer = (const void *)request->answer;

	if (!service->check || answer->type != service->type || answer->status != WIRE_S_OK ||
	    ic_is_malformed(question))
		return true;
	return service->check(request->ic, request, why);
}

static void take_packet(struct ic *ic, const struct ic_packet *packet)
{
	struct ic_request *request = ic->open;
	const struct wire_header *header = packet->data;
	void (*answered)(struct ic *ic);
	struct ic_question question;
	char why[IC_WHY];

	/* What need not be answered was not, if an answer to a later one comes. */
	while (request && request->due == IC_DUE_MAYBE && packet->xid != request->xid) {
		finish(request, -ETIMEDOUT);
		request = ic->open;
	}
	if (!request) {
		hv_channel_violation(ic->channel,
				     "unsolicited packet: %zu bytes, type %u, transaction %#llx",
				     packet->len, packet->len >= sizeof(*header) ? header->type : 0,
				     (unsigned long long)packet->xid);
		return;
	}
	if (is_negotiate(request) && ic->stale_allowed && packet->len >= sizeof(*header) &&
	    header->type != WIRE_NEGOTIATE) {
		ic->stale_allowed--;
		ic->stale++;
		tell(ic, "stale", "answer to transaction %#llx, which a NEGOTIATE voided",
		     (unsigned long long)packet->xid);
		return;
	}

	question = (struct ic_question) {
		.data = request->bytes,
		.len = request->len,
		.xid = request->xid,
		.may_set = request->may_set,
		.n_may_set = request->n_may_set,
		.need = request->need,
	};
	memcpy(request->answer, packet->data, packet->len);
	if (is_negotiate(request)) {
		take_negotiate_answer(ic, request, &question, packet);
		return;
	}
	if (!ic_check_answer(&question, packet, why) ||
	    !check_service(request, &question, why)) {
		refuse_answer(request, why);
		return;
	}
	ic->answered += request->due == IC_DUE;
	answered = request->answered;
	finish(request, header->status);
	if (answered)
		answered(ic);
}

void ic_drain(struct ic *ic)
{
	/* Larger than any legal packet: what does not fit is told by its length. */
	uint8_t data[WIRE_PACKET_MAX] __aligned(8);
	struct hv_packet packet;

	hv_lock(ic->host);
	while (!hv_channel_receive(ic->channel, &packet, data, sizeof(data))) {
		if (packet.length > sizeof(data)) {
			hv_channel_violation(ic->channel,
					     "packet of %zu bytes, the largest is %zu",
					     packet.length, sizeof(data));
			break;
		}
		take_packet(ic, &(struct ic_packet) {
			.type = packet.type,
			.flags = packet.flags,
			.xid = packet.xid,
			.data = data,
			.len = packet.length,
		});
	}
	hv_unlock(ic->host);
}

static void on_signalled(struct hv_channel *channel, void *context)
{
	struct ic *ic = context;

	if (!ic->hold)
		ic_drain(ic);
}

static void negotiate_at_open(struct ic *ic)
{
	struct ic_request *request = ic_negotiate_request(ic);

	ic_post(request, 0);
	ic_request_free(request);
}

static void on_opened(struct hv_channel *channel, void *context)
{
	struct ic *ic = context;

	ic->state = IC_NEGOTIATING;
	tell(ic, "opened", "relid %u", hv_channel_relid(ic->channel));
	if (ic->opened)
		ic->opened(ic);
	else
		negotiate_at_open(ic);
}

static void on_closed(struct hv_channel *channel, void *context)
{
	struct ic *ic = context;

	ic->state = IC_CLOSED;
	ic->stale_allowed = 0;
	hv_alarm_stop(ic->host, &ic->alarm);
	finish_all(ic, -ECANCELED);
	tell(ic, "closed", "%s", "");
}

static void on_violation(struct hv_channel *channel, const char *text, void *context)
{
	struct ic *ic = context;

	ic->state = IC_FAILED;
	hv_alarm_stop(ic->host, &ic->alarm);
	ic->violations++;
	snprintf(ic->violation, sizeof(ic->violation), "%s", text);
	/* What is still open may be answered: a restore finds those answers in the ring. */
	for (const struct ic_request *r = ic->open; r; r = r->next)
		ic->stale_allowed += !is_negotiate(r);
	finish_all(ic, -EPROTO);
	tell(ic, "violation", "%s", text);
}

static const struct hv_channel_ops channel_ops = {
	.opened = on_opened,
	.closed = on_closed,
	.signalled = on_signalled,
	.violation = on_violation,
};

void ic_reset(struct ic *ic)
{
	hv_lock(ic->host);
	ic->frameworks = frameworks;
	ic->messages = ic->service->messages;
	ic->timeout_ms = TIMEOUT_MS;
	ic->hold = false;
	ic->plain_ids = false;
	ic->opened = NULL;
	ic->ready = NULL;
	ic->spoil = NULL;
	hv_alarm_stop(ic->host, &ic->alarm);
	hv_unlock(ic->host);
}

struct ic *ic_new_instance(struct hv_host *host, const struct ic_service *service,
			   const char *instance)
{
	struct hv_guid class_guid = hv_guid_parse(service->class);
	struct hv_guid instance_guid = hv_guid_parse(instance);
	struct ic *ic = calloc(1, sizeof(*ic));

	if (!ic)
		abort();
	ic->service = service;
	ic->host = host;
	ic->next_xid = 1;
	ic->channel = hv_channel_new(host, &class_guid, &instance_guid, service->name,
				     &channel_ops, ic);
	ic_reset(ic);
	return ic;
}

struct ic *ic_new(struct hv_host *host, const struct ic_service *service)
{
	return ic_new_instance(host, service, service->instance);
}

void ic_free(struct ic *ic)
{
	free(ic);
}

int ic_offer(struct ic *ic)
{
	return hv_channel_offer(ic->channel);
}

int ic_rescind(struct ic *ic)
{
	return hv_channel_rescind(ic->channel);
}

struct state_wish {
	struct ic *ic;
	enum ic_state state;
};

static bool state_reached(void *context)
{
	struct state_wish *wish = context;

	return wish->ic->state == wish->state || wish->ic->state == IC_FAILED ||
	       (wish->state == IC_READY && wish->ic->state == IC_REFUSED);
}

ic_result ic_wait_state(struct ic *ic, enum ic_state state)
{
	struct state_wish wish = { ic, state };
	int error = hv_wait(ic->host, state_reached, &wish, ic->timeout_ms);

	if (error)
		return error;
	if (ic->state == state)
		return 0;
	return ic->state == IC_FAILED ? -EPROTO : -ENOTCONN;
}

ic_result ic_wait_ready(struct ic *ic)
{
	return ic_wait_state(ic, IC_READY);
}

struct ic_request *ic_request(struct ic *ic, uint16_t type, size_t body)
{
	struct ic_request *request = calloc(1, sizeof(*request));
	struct wire_header *header;

	if (!request || body > WIRE_BODY_MAX)
		abort();
	request->ic = ic;
	request->references = 1;
	request->len = sizeof(*header) + body;
	header = ic_header(request);
	header->pipe_type = WIRE_PIPE_DATA;
	header->pipe_size = request->len - WIRE_PIPE_HEADER;
	header->type = type;
	header->framework = ic->framework;
	header->message = ic->message;
	header->size = body;
	header->flags = WIRE_TRANSACTION | WIRE_REQUEST;
	return request;
}

struct ic_request *ic_negotiate_request(struct ic *ic)
{
	unsigned int n = ic->frameworks.n + ic->messages.n;
	struct ic_request *request = ic_request(ic, WIRE_NEGOTIATE,
						sizeof(struct wire_negotiate) +
						n * sizeof(struct wire_version));
	struct wire_negotiate *body = ic_body(request);

	ic_header(request)->framework = (struct wire_version) { 0, 0 };
	ic_header(request)->message = (struct wire_version) { 0, 0 };
	body->frameworks = ic->frameworks.n;
	body->messages = ic->messages.n;
	memcpy(body->versions, ic->frameworks.v,
	       ic->frameworks.n * sizeof(struct wire_version));
	memcpy(body->versions + ic->frameworks.n, ic->messages.v,
	       ic->messages.n * sizeof(struct wire_version));
	return request;
}

void ic_request_free(struct ic_request *request)
{
	struct hv_host *host = request->ic->host;

	hv_lock(host);
	put_request(request);
	hv_unlock(host);
}

/* A NEGOTIATE voids what is open; answers already on their way may yet come. */
static void void_open_requests(struct ic *ic)
{
	struct ic_request *request, *next;

	for (request = ic->open; request; request = next) {
		next = request->next;
		if (is_negotiate(request))
			continue;
		ic->stale_allowed++;
		ic->voided += request->due == IC_DUE;
		finish(request, -ECANCELED);
	}
}

static bool expects_answer(const struct ic_request *request)
{
	const struct wire_header *header = (const void *)request->bytes;

	return request->len >= sizeof(*header) && header->flags & WIRE_TRANSACTION;
}

static ic_result post_locked(struct ic_request *request, unsigned int how)
{
	struct ic *ic = request->ic;
	struct ic_request **end = &ic->open;
	struct hv_packet packet = { .type = WIRE_RING_DATA_INBAND };
	int error;

	if (!request->xid && !ic->plain_ids)
		request->xid = ic->next_xid++;
	packet.xid = request->xid;
	if (ic->spoil)
		ic->spoil(request);
	if (!expects_answer(request))
		request->due = IC_DUE_NEVER;
	error = hv_channel_send(ic->channel, &packet, request->bytes, request->len, how);
	if (error)
		return error;
	if (request->due == IC_DUE_NEVER) {
		request->done = true;
		return 0;
	}
	if (is_negotiate(request)) {
		hv_alarm_stop(ic->host, &ic->alarm);
		void_open_requests(ic);
		ic->state = IC_NEGOTIATING;
		ic->negotiations++;
	}
	request->references++;
	while (*end)
		end = &(*end)->next;
	*end = request;
	ic->sent += request->due == IC_DUE;
	return 0;
}

ic_result ic_post(struct ic_request *request, unsigned int how)
{
	ic_result result;

	hv_lock(request->ic->host);
	result = post_locked(request, how);
	hv_unlock(request->ic->host);
	return result;
}

static bool request_done(void *context)
{
	return ((struct ic_request *)context)->done;
}

ic_result ic_wait(struct ic_request *request)
{
	int error = hv_wait(request->ic->host, request_done, request, request->ic->timeout_ms);

	return error ? error : request->result;
}

ic_result ic_ask(struct ic_request *request)
{
	ic_result result = ic_post(request, 0);

	return result ? result : ic_wait(request);
}

ic_result ic_negotiate(struct ic *ic)
{
	struct ic_request *request = ic_negotiate_request(ic);
	ic_result result = ic_ask(request);

	ic_request_free(request);
	return result < 0 ? result : ic_wait_ready(ic);
}

ic_result ic_restore(struct ic *ic)
{
	struct ic_request *request;
	ic_result result = 0;

	hv_lock(ic->host);
	if (ic->state == IC_FAILED || !ic->service->keeps_state) {
		hv_channel_restore(ic->channel);
		request = ic_negotiate_request(ic);
		result = ic_post(request, 0);
		ic_request_free(request);
		/* A failed channel was left masked, and the guest does not ring its bell. */
		if (!result && !ic->hold)
			ic_drain(ic);
	}
	hv_unlock(ic->host);
	return result;
}

bool ic_settled(struct ic *ic, char *why)
{
	bool settled = true;

	hv_lock(ic->host);
	if (ic->violations) {
		snprintf(why, IC_WHY, "%s: %.130s", ic->service->name, ic->violation);
		settled = false;
	} else if (ic->sent != ic->answered + ic->voided) {
		snprintf(why, IC_WHY, "%s: %lu requests sent, %lu answered, %lu voided",
			 ic->service->name, ic->sent, ic->answered, ic->voided);
		settled = false;
	}
	hv_unlock(ic->host);
	return settled;
}

bool ic_at_least(const struct ic *ic, uint16_t major, uint16_t minor)
{
	return ic->message.major > major ||
	       (ic->message.major == major && ic->message.minor >= minor);
}
