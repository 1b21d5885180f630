// SPDX-License-Identifier: GPL-2.0
#include "ic_shutdown.h"

#include "utf16.h"

const struct ic_service ic_shutdown = {
	.name = "shutdown",
	.class = "0e0b6031-5213-4934-818b-38d90ced39db",
	.instance = "b6650ff7-33bc-4840-8048-e0676786f393",
	.type = WIRE_SHUTDOWN,
	.messages = IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 3, 1 }, { 3, 2 }),
	.keeps_state = true,
};

struct ic_request *shutdown_request(struct ic *ic, const struct shutdown_order *order)
{
	struct ic_request *request = ic_request(ic, WIRE_SHUTDOWN, sizeof(struct wire_shutdown));
	struct wire_shutdown *body = ic_body(request);

	body->reason = order->reason;
	body->timeout = order->timeout;
	body->flags = order->flags;
	/* A text that is too long is sent as far as it goes, as hosts do. */
	if (order->text)
		utf16_from_utf8(body->text, WIRE_SHUTDOWN_TEXT, order->text);
	return request;
}

ic_result shutdown_ask(struct ic *ic, const struct shutdown_order *order)
{
	struct ic_request *request = shutdown_request(ic, order);
	ic_result result = ic_ask(request);

	ic_request_free(request);
	return result;
}
