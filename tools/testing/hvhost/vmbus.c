// SPDX-License-Identifier: GPL-2.0
#include "vmbus.h"

#include <string.h>

#include "bus.h"
#include "channel.h"
#include "gpadl.h"
#include "synic.h"
#include "vm.h"
#include "vmbus_wire.h"

static const uint32_t known_versions[] = {
	HV_VERSION(4, 0), HV_VERSION(4, 1),
	HV_VERSION(5, 0), HV_VERSION(5, 1), HV_VERSION(5, 2), HV_VERSION(5, 3),
	HV_VERSION(6, 0),
};

/* Of what a guest may ask for since 6.0: nothing else is of use to the services here. */
#define FEATURES	HV_FEATURE_CLIENT_ID

/* Channels that are on offer stay so, to be told at the next connection. */
static void disconnect(struct hv_host *host)
{
	hv_channel_forget_all(host);
	hv_gpadl_free_all(host);
	host->bus->version = 0;
	host->bus->offers_requested = false;
	host->bus->last_relid = 0;	/* after a hibernation each channel has the one it had */
}

static bool acceptable(const struct hv_host *host, uint32_t version)
{
	if (version > host->config.vmbus)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(known_versions); i++) {
		if (known_versions[i] == version)
			return true;
	}
	return false;
}

/* What is wrong with a contact that asks for a version which there is; NULL if nothing is. */
static const char *flaw(const struct hv_host *host, const struct hv_msg_contact *contact,
			size_t size)
{
	if (contact->target_vp >= host->config.vcpus)
		return "is for messages to a vCPU that is not there";
	if (contact->version >= HV_VERSION(5, 0) && contact->target.sint != HV_SINT_VMBUS)
		return "wants its messages from another interrupt source";
	if (contact->version >= HV_VERSION(5, 1) && contact->target.vtl)
		return "is for another trust level";
	if (contact->version >= HV_VERSION(6, 0) &&
	    contact->target.features & HV_FEATURE_CLIENT_ID &&
	    size < sizeof(struct hv_msg_contact_client))
		return "has a client and does not say which";
	return NULL;
}

static void contact(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_contact *contact = message;
	uint32_t version = contact->version;
	struct hv_msg_version_response response = { .head.type = HV_MSG_VERSION_RESPONSE };
	size_t response_size = HV_VERSION_RESPONSE_OLD;
	const char *why = NULL;

	hv_synic_drop(host);
	disconnect(host);
	host->bus->vp = contact->target_vp < host->config.vcpus ? contact->target_vp : 0;
	if (acceptable(host, version)) {
		why = flaw(host, contact, size);
		response.supported = !why;
	}
	if (response.supported) {
		response.connection = version >= HV_VERSION(5, 0) ? HV_CONNECTION_MESSAGE :
								    version;
		if (version >= HV_VERSION(6, 0)) {
			response.features = contact->target.features & FEATURES;
			response_size = sizeof(response);
		}
		if (!contact->monitor_page[0] != !contact->monitor_page[1]) {
			why = "has one monitor page";
			response.connection_state = HV_CONNECTION_FAILED;
		}
	}
	if (why)
		hv_bus_violation(host, "the guest's wish to connect %s", why);
	else if (response.supported)
		host->bus->version = version;
	hv_bus_say(host, &response, response_size);
	if (host->bus->version)
		hv_emit(host, HV_EVENT_CONNECTED, NULL, "VMBus %u.%u",
			HV_VERSION_MAJOR(version), HV_VERSION_MINOR(version));
}

static void request_offers(struct hv_host *host, const void *message, size_t size)
{
	if (host->bus->offers_requested) {
		hv_bus_violation(host, "offers requested twice");
		return;
	}
	host->bus->offers_requested = true;
	hv_channel_tell_offers(host);
	hv_bus_say(host, &(struct hv_msg) { .type = HV_MSG_ALL_OFFERS_DELIVERED },
		   sizeof(struct hv_msg));
	hv_emit(host, HV_EVENT_OFFERS, NULL, "all offers are on their way");
}

/* Answered when the channels that the guest has left open are closed. */
static void unload(struct hv_host *host, const void *message, size_t size)
{
	disconnect(host);
	hv_bus_say(host, &(struct hv_msg) { .type = HV_MSG_UNLOAD_RESPONSE },
		   sizeof(struct hv_msg));
	hv_emit(host, HV_EVENT_UNLOADED, NULL, "VMBus unloaded");
}

/* There are no sockets behind this bus: say so, the guest waits for an answer. */
static void tl_connect(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_tl_connect *request = message;

	hv_bus_say(host, &(struct hv_msg_tl_result) {
		.head.type = HV_MSG_TL_CONNECT_RESULT,
		.endpoint = request->endpoint,
		.service = request->service,
		.status = HV_NT_CONNECTION_REFUSED,
	}, sizeof(struct hv_msg_tl_result));
}

static const struct {
	const char *name;
	size_t size;			/* at least */
	void (*handle)(struct hv_host *host, const void *message, size_t size);
} messages[] = {
	[HV_MSG_REQUEST_OFFERS] = { "request offers", sizeof(struct hv_msg), request_offers },
	[HV_MSG_OPEN] = { "open", sizeof(struct hv_msg_open), hv_channel_handle_open },
	[HV_MSG_CLOSE] = { "close", sizeof(struct hv_msg_relid), hv_channel_handle_close },
	[HV_MSG_GPADL_HEADER] = { "GPADL header", sizeof(struct hv_msg_gpadl_header),
				  hv_channel_handle_gpadl },
	[HV_MSG_GPADL_BODY] = { "GPADL body", sizeof(struct hv_msg_gpadl_body),
				hv_gpadl_body },
	[HV_MSG_GPADL_TEARDOWN] = { "GPADL teardown", sizeof(struct hv_msg_gpadl),
				    hv_channel_handle_teardown },
	[HV_MSG_RELID_RELEASED] = { "relid released", sizeof(struct hv_msg_relid),
				    hv_channel_handle_release },
	[HV_MSG_INITIATE_CONTACT] = { "initiate contact", sizeof(struct hv_msg_contact),
				      contact },
	[HV_MSG_UNLOAD] = { "unload", sizeof(struct hv_msg), unload },
	[HV_MSG_TL_CONNECT_REQUEST] = { "TL connect", sizeof(struct hv_msg_tl_connect),
					tl_connect },
	[HV_MSG_MODIFY_CHANNEL] = { "modify channel", sizeof(struct hv_msg_modify),
				    hv_channel_handle_modify },
};

enum hv_status hv_vmbus_post(struct hv_host *host, uint32_t connection, const void *message,
			     size_t size)
{
	uint32_t type;

	/* A host of before 5.0 does not have the new connection. */
	if (connection != HV_CONNECTION_MESSAGE_OLD &&
	    (connection != HV_CONNECTION_MESSAGE || host->config.vmbus < HV_VERSION(5, 0)))
		return HV_STATUS_INVALID_CONNECTION_ID;
	if (size < sizeof(struct hv_msg)) {
		hv_bus_violation(host, "message of %zu bytes", size);
		return HV_STATUS_SUCCESS;
	}
	memcpy(&type, message, sizeof(type));
	if (type >= ARRAY_SIZE(messages) || !messages[type].handle) {
		hv_bus_violation(host, "message of unknown type %u", type);
		return HV_STATUS_SUCCESS;
	}
	if (size < messages[type].size) {
		hv_bus_violation(host, "%s message of %zu bytes, needs %zu", messages[type].name,
				 size, messages[type].size);
		return HV_STATUS_SUCCESS;
	}
	/* Releases may trail an unload; all else needs a connection. */
	if (!host->bus->version && type != HV_MSG_INITIATE_CONTACT && type != HV_MSG_UNLOAD &&
	    type != HV_MSG_RELID_RELEASED) {
		hv_bus_violation(host, "%s message without a connection", messages[type].name);
		return HV_STATUS_SUCCESS;
	}
	/* After a kexec a guest may begin with an older version. */
	if (host->bus->version >= HV_VERSION(5, 0) && connection != HV_CONNECTION_MESSAGE &&
	    type != HV_MSG_INITIATE_CONTACT)
		hv_bus_violation(host, "%s message on connection %u, not on %u",
				 messages[type].name, connection, HV_CONNECTION_MESSAGE);
	messages[type].handle(host, message, size);
	hv_wake(host);
	return HV_STATUS_SUCCESS;
}

static enum hv_status signal_event(struct hv_host *host, uint64_t parameter)
{
	uint32_t connection = (uint32_t)parameter;
	struct hv_channel *channel = NULL;

	if (parameter >> 32)
		return HV_STATUS_INVALID_PARAMETER;	/* a bell has one flag, number 0 */
	if (connection & HV_CONNECTION_CHANNEL)
		channel = hv_channel_find(host, connection & ~HV_CONNECTION_CHANNEL);
	if (!channel)
		return HV_STATUS_INVALID_CONNECTION_ID;
	hv_channel_bell(channel);
	hv_wake(host);
	return HV_STATUS_SUCCESS;
}

enum hv_status hv_vmbus_hypercall(struct hv_host *host, uint64_t input, uint64_t parameter)
{
	const struct hv_post_input *in_guest;
	struct hv_post_input in;

	switch (input & HV_HYPERCALL_CODE) {
	case HV_HYPERCALL_SIGNAL_EVENT:
		return signal_event(host, parameter);
	case HV_HYPERCALL_POST_MESSAGE:
		if (input & HV_HYPERCALL_FAST)
			return HV_STATUS_INVALID_HYPERCALL_INPUT;
		if (parameter % 8)
			return HV_STATUS_INVALID_ALIGNMENT;
		in_guest = hv_memory(host, parameter, sizeof(in));
		if (!in_guest)
			return HV_STATUS_INVALID_PARAMETER;
		in = *in_guest;		/* other vCPUs may write there */
		if (in.type != HV_MESSAGE_VMBUS || in.size > sizeof(in.payload))
			return HV_STATUS_INVALID_PARAMETER;
		return hv_vmbus_post(host, in.connection, in.payload, in.size);
	default:
		return HV_STATUS_INVALID_HYPERCALL_CODE;
	}
}

void hv_vmbus_reset(struct hv_host *host)
{
	disconnect(host);
	hv_synic_reset(host);
}

void hv_vmbus_free(struct hv_host *host)
{
	disconnect(host);
	hv_channel_free_all(host);
}
