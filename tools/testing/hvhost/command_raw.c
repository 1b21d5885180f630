// SPDX-License-Identifier: GPL-2.0
/* Commands below the services: messages of any kind, and what a host must not do. */
#include "command_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"

#define USAGE COMMAND_USAGE

/* "dead beef 00" in one word or several; the number of bytes, or -1 */
static int parse_hex(int words, char **word, uint8_t *bytes, size_t size)
{
	size_t n = 0;

	for (int i = 0; i < words; i++) {
		for (const char *at = word[i]; *at; at++) {
			char pair[3] = { at[0], at[1] };

			if (isspace((unsigned char)*at))
				continue;
			if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]) ||
			    n == size)
				return -1;
			bytes[n++] = strtoul(pair, NULL, 16);
			at++;
		}
	}
	return n;
}

static void report_answer(struct desk *desk, const struct ic_request *request, ic_result status)
{
	const struct wire_header *header = (const void *)request->answer;
	size_t size = header->size < WIRE_BODY_MAX ? header->size : WIRE_BODY_MAX;
	const uint8_t *body = ic_answer(request);
	char hex[2 * WIRE_BODY_MAX + 1] = "";

	for (size_t i = 0; i < size; i++)
		sprintf(hex + 2 * i, "%02x", body[i]);
	report_begin(&desk->report, "answer");
	report_string(&desk->report, "status", ic_result_text(status));
	report_number(&desk->report, "bytes", size);
	report_string(&desk->report, "body", hex);
	report_end(&desk->report);
}

/* A whole transaction, whose answer may have any body. */
int64_t command_send(struct desk *desk, int words, char **word)
{
	uint8_t body[WIRE_BODY_MAX];
	struct ic_request *request;
	struct ic *ic = words > 2 ? desk_ic(desk, word[1]) : NULL;
	uint64_t type;
	int size;
	ic_result result;

	if (!ic || !desk_number(word[2], UINT16_MAX, &type))
		return USAGE;
	size = parse_hex(words - 3, word + 3, body, sizeof(body));
	if (size < 0)
		return USAGE;
	request = ic_request(ic, type, size);
	memcpy(ic_body(request), body, size);
	request->may_set[0] = (struct ic_span) { 0, size };
	request->n_may_set = 1;
	result = ic_ask(request);
	if (result >= 0)
		report_answer(desk, request, result);
	ic_request_free(request);
	return result > 0 ? 0 : result;		/* any status is an answer */
}

/* A packet of any bytes from the pipe's header on; nobody waits for an answer. */
int64_t command_raw(struct desk *desk, int words, char **word)
{
	struct ic *ic = words > 2 ? desk_ic(desk, word[1]) : NULL;
	struct ic_request *request;
	ic_result result = USAGE;
	int size;

	if (!ic)
		return USAGE;
	request = ic_request(ic, ic->service->type, 0);
	size = parse_hex(words - 2, word + 2, request->bytes, sizeof(request->bytes));
	if (size >= 0) {
		request->len = size;
		request->due = IC_DUE_MAYBE;
		request->may_set[0] = (struct ic_span) { 0, size };
		request->n_may_set = 1;
		result = ic_post(request, 0);
	}
	ic_request_free(request);
	return result;
}

/* Bytes into the ring itself, the packet's own header and trailer included. */
int64_t command_ring(struct desk *desk, int words, char **word)
{
	struct ic *ic = words > 3 ? desk_ic(desk, word[1]) : NULL;
	uint8_t bytes[WIRE_PACKET_MAX];
	uint64_t advance;
	int size, error;

	if (!ic || !desk_number(word[2], UINT32_MAX, &advance))
		return USAGE;
	size = parse_hex(words - 3, word + 3, bytes, sizeof(bytes));
	if (size < 0)
		return USAGE;
	error = hv_channel_send_raw(ic->channel, bytes, size, advance);
	if (!error)
		hv_channel_signal(ic->channel);
	return error;
}

int64_t command_hold(struct desk *desk, int words, char **word)
{
	struct ic *ic = words == 3 ? desk_ic(desk, word[1]) : NULL;

	if (!ic || (strcmp(word[2], "on") && strcmp(word[2], "off")))
		return USAGE;
	hv_lock(desk->host);
	ic->hold = !strcmp(word[2], "on");
	if (!ic->hold)
		ic_drain(ic);
	hv_unlock(desk->host);
	return 0;
}

static const struct field {
	const char *name;
	size_t offset, size;
} fields[] = {
	{ "pipe_type", offsetof(struct wire_header, pipe_type), 4 },
	{ "pipe_size", offsetof(struct wire_header, pipe_size), 4 },
	{ "framework", offsetof(struct wire_header, framework), 4 },
	{ "type", offsetof(struct wire_header, type), 2 },
	{ "message", offsetof(struct wire_header, message), 4 },
	{ "size", offsetof(struct wire_header, size), 2 },
	{ "status", offsetof(struct wire_header, status), 4 },
	{ "transaction", offsetof(struct wire_header, transaction), 1 },
	{ "flags", offsetof(struct wire_header, flags), 1 },
	{ "reserved", offsetof(struct wire_header, reserved), 2 },
};

/* "3.1", as two fields of 16 bits */
static bool parse_version(const char *text, uint64_t *value)
{
	unsigned int major, minor;
	char rest;

	if (!isdigit((unsigned char)*text) || sscanf(text, "%u.%u%c", &major, &minor, &rest) != 2 ||
	    major > UINT16_MAX || minor > UINT16_MAX)
		return false;
	*value = major | (uint64_t)minor << 16;
	return true;
}

/* FIELD=VALUE, BYTE=VALUE or length=BYTES */
static bool parse_spoilt(const char *text, struct spoilt *spoilt)
{
	const char *value = strchr(text, '=');
	uint64_t offset;
	char name[16];

	if (!value || value - text >= (ptrdiff_t)sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(value - text), text);
	value++;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].name, name))
			continue;
		*spoilt = (struct spoilt) { fields[i].offset, fields[i].size, 0 };
		if (strchr(value, '.'))
			return spoilt->size == 4 && parse_version(value, &spoilt->value);
		return desk_number(value, UINT64_MAX >> (64 - 8 * fields[i].size),
				   &spoilt->value);
	}
	if (!strcmp(name, "length")) {
		*spoilt = (struct spoilt) { 0 };
		return desk_number(value, WIRE_PACKET_MAX, &spoilt->value);
	}
	if (!desk_number(name, WIRE_PACKET_MAX - 1, &offset))
		return false;
	*spoilt = (struct spoilt) { offset, 1, 0 };
	return desk_number(value, UINT8_MAX, &spoilt->value);
}

/* Called once: the next request is the only one that is spoilt. */
static void spoil(struct ic_request *request)
{
	struct spoil *plan = request->ic->context;

	for (unsigned int i = 0; i < plan->n; i++) {
		const struct spoilt *s = &plan->spoilt[i];

		if (s->size)
			memcpy(request->bytes + s->offset, &s->value, s->size);
		else
			request->len = s->value;
	}
	request->ic->spoil = NULL;
}

int64_t command_spoil(struct desk *desk, int words, char **word)
{
	struct ic *ic = words > 2 ? desk_ic(desk, word[1]) : NULL;
	struct spoil plan = { 0 };

	if (!ic || words - 2 > (int)ARRAY_SIZE(plan.spoilt))
		return USAGE;
	for (int i = 2; i < words; i++) {
		if (!parse_spoilt(word[i], &plan.spoilt[plan.n++]))
			return USAGE;
	}
	hv_lock(desk->host);
	for (int i = 0; i < IC_COUNT; i++) {
		if (desk->ics[i] != ic)
			continue;
		desk->spoils[i] = plan;
		ic->context = &desk->spoils[i];
	}
	ic->spoil = spoil;
	hv_unlock(desk->host);
	return 0;
}
