// SPDX-License-Identifier: GPL-2.0
/*
 * The VMBus server.
 *
 * A channel's life as the guest sees it:
 *
 *	hidden --offer--> offered --GPADL, open--> open --close--> offered
 *	   ^                 |                       |
 *	   |              rescind                 rescind
 *	   |                 v                       v
 *	   +--released-- rescinded <-----close------ (rescinded, rings alive)
 *
 * An offer that is made while no guest is connected is told when one asks. All
 * the guest's doings end with the connection: unload, a new contact (kexec),
 * or the end of the machine.
 */
#include "vmbus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "synic.h"
#include "vmbus_wire.h"

/* More pages than any ring needs; keeps a mad guest from eating our memory. */
#define GPADL_MAX_PAGES		4096u

struct hv_gpadl {
	struct hv_gpadl *next;
	uint32_t id;
	uint32_t relid;
	uint32_t byte_offset;
	uint32_t total;			/* pages announced by the header */
	uint32_t count;			/* pages that have come */
	bool bad;			/* a page outside of the guest's memory */
	uint8_t **pages;
};

struct hv_channel {
	struct hv_channel *next;
	struct hv_host *host;
	struct hv_guid class;
	struct hv_guid instance;
	char *name;
	const struct hv_channel_ops *ops;
	void *context;
	enum hv_channel_state state;
	uint32_t relid;			/* 0: the guest has not heard of it */
	unsigned int target_vp;
	unsigned int opens;
	bool rings_alive;
	bool failed;
	bool withhold;
	struct hv_gpadl *gpadl;		/* what the rings are made of */
	struct hv_ring rings[2];	/* by enum hv_direction */
};

static const uint32_t known_versions[] = {
	HV_VERSION(4, 0), HV_VERSION(4, 1),
	HV_VERSION(5, 0), HV_VERSION(5, 1), HV_VERSION(5, 2), HV_VERSION(5, 3),
};

static void post(struct hv_host *host, const void *message, size_t size)
{
	hv_synic_post(host, host->bus->vp, message, size);
}

static void __printf(2, 3)
violation(struct hv_host *host, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	host->bus->violations++;
	hv_emit(host, HV_EVENT_VIOLATION, NULL, "VMBus: %s", text);
}

/*
 * GPADLs: lists of guest pages
 */

static struct hv_gpadl *find_gpadl(struct hv_host *host, uint32_t id)
{
	struct hv_gpadl *gpadl = host->bus->gpadls;

	while (gpadl && gpadl->id != id)
		gpadl = gpadl->next;
	return gpadl;
}

static void free_gpadl(struct hv_host *host, struct hv_gpadl *gpadl)
{
	struct hv_gpadl **link = &host->bus->gpadls;

	while (*link != gpadl)
		link = &(*link)->next;
	*link = gpadl->next;
	free(gpadl->pages);
	free(gpadl);
}

static void free_gpadls_of(struct hv_host *host, uint32_t relid)
{
	struct hv_gpadl *gpadl = host->bus->gpadls;

	while (gpadl) {
		struct hv_gpadl *next = gpadl->next;

		if (gpadl->relid == relid)
			free_gpadl(host, gpadl);
		gpadl = next;
	}
}

static void add_pages(struct hv_host *host, struct hv_gpadl *gpadl, const uint8_t *bytes,
		      size_t size)
{
	uint64_t page;

	for (; size >= sizeof(page) && gpadl->count < gpadl->total; size -= sizeof(page)) {
		memcpy(&page, bytes, sizeof(page));
		bytes += sizeof(page);
		gpadl->pages[gpadl->count] = page < UINT64_MAX / HV_PAGE_SIZE ?
			hv_memory(host, page * HV_PAGE_SIZE, HV_PAGE_SIZE) : NULL;
		gpadl->bad |= !gpadl->pages[gpadl->count++];
	}
	if (gpadl->count < gpadl->total)
		return;			/* bodies follow */
	if (gpadl->bad)
		violation(host, "GPADL %#x has a page outside of memory", gpadl->id);
	post(host, &(struct hv_msg_result) {
		.head.type = HV_MSG_GPADL_CREATED,
		.relid = gpadl->relid,
		.id = gpadl->id,
		.status = gpadl->bad ? HV_NT_INVALID_PARAMETER : HV_NT_SUCCESS,
	}, sizeof(struct hv_msg_result));
	if (gpadl->bad)
		free_gpadl(host, gpadl);
}

static void gpadl_header(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_gpadl_header *header = message;
	uint32_t total = (header->range_bytes - 8) / sizeof(uint64_t);
	uint64_t bytes = (uint64_t)header->byte_offset + header->byte_count;
	struct hv_gpadl *gpadl;

	if (header->range_count != 1 || header->range_bytes < 16 || header->range_bytes % 8 ||
	    header->byte_offset >= HV_PAGE_SIZE || total > GPADL_MAX_PAGES ||
	    total != (bytes + HV_PAGE_SIZE - 1) / HV_PAGE_SIZE) {
		violation(host, "GPADL %#x with a malformed range", header->gpadl);
		return;
	}
	if (find_gpadl(host, header->gpadl)) {
		violation(host, "GPADL %#x is established already", header->gpadl);
		return;
	}
	gpadl = calloc(1, sizeof(*gpadl));
	if (!gpadl)
		abort();
	*gpadl = (struct hv_gpadl) {
		.next = host->bus->gpadls,
		.id = header->gpadl,
		.relid = header->relid,
		.byte_offset = header->byte_offset,
		.total = total,
		.pages = calloc(total, sizeof(*gpadl->pages)),
	};
	if (!gpadl->pages)
		abort();
	host->bus->gpadls = gpadl;
	add_pages(host, gpadl, (const uint8_t *)message + sizeof(*header), size - sizeof(*header));
}

static void gpadl_body(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_gpadl_body *body = message;
	struct hv_gpadl *gpadl = find_gpadl(host, body->gpadl);

	if (gpadl && gpadl->count < gpadl->total)
		add_pages(host, gpadl, (const uint8_t *)message + sizeof(*body),
			  size - sizeof(*body));
	else
		violation(host, "GPADL body for %#x, which waits for none", body->gpadl);
}

/*
 * Channels
 */

static struct hv_channel *find_channel(struct hv_host *host, uint32_t relid)
{
	struct hv_channel *channel = relid ? host->bus->channels : NULL;

	while (channel && channel->relid != relid)
		channel = channel->next;
	return channel;
}

static void channel_close(struct hv_channel *channel)
{
	if (!channel->rings_alive)
		return;
	channel->rings_alive = false;
	channel->gpadl = NULL;
	if (channel->state == HV_CHANNEL_OPEN)
		channel->state = HV_CHANNEL_OFFERED;
	hv_emit(channel->host, HV_EVENT_CLOSED, channel, "%s", channel->name);
	if (channel->ops->closed)
		channel->ops->closed(channel, channel->context);
}

/* The guest has forgotten the channel: relid and all that hung on it are free. */
static void channel_forget(struct hv_channel *channel)
{
	channel_close(channel);
	if (channel->state == HV_CHANNEL_RESCINDED)
		channel->state = HV_CHANNEL_HIDDEN;
	channel->relid = 0;
}

static void tell_offer(struct hv_channel *channel)
{
	struct hv_host *host = channel->host;
	uint32_t relid = 1;

	while (find_channel(host, relid))
		relid++;
	channel->relid = relid;
	post(host, &(struct hv_msg_offer) {
		.head.type = HV_MSG_OFFER,
		.class = channel->class,
		.instance = channel->instance,
		.flags = HV_OFFER_NAMED_PIPE,
		.pipe_type = HV_PIPE_MESSAGES,
		.relid = relid,
		.monitor_id = HV_NO_MONITOR,
		.dedicated_interrupt = 1,
		.connection = HV_CONNECTION_CHANNEL | relid,
	}, sizeof(struct hv_msg_offer));
}

static uint32_t try_open(struct hv_host *host, const struct hv_msg_open *open)
{
	struct hv_channel *channel = find_channel(host, open->relid);
	struct hv_gpadl *gpadl = find_gpadl(host, open->gpadl);
	uint32_t split = open->downstream_page;

	if (!channel) {
		violation(host, "open of relid %u, which is not on offer", open->relid);
		return HV_NT_INVALID_PARAMETER;
	}
	if (channel->state == HV_CHANNEL_RESCINDED)
		return HV_NT_UNSUCCESSFUL;	/* the guest may not have heard yet */
	if (channel->rings_alive) {
		violation(host, "%s opened twice", channel->name);
		return HV_NT_INVALID_PARAMETER;
	}
	if (!gpadl || gpadl->relid != open->relid || gpadl->count < gpadl->total) {
		violation(host, "%s opened with GPADL %#x, which is not its own",
			  channel->name, open->gpadl);
		return HV_NT_INVALID_PARAMETER;
	}
	/* Each ring is a control page and at least one page of data. */
	if (gpadl->byte_offset || split < 2 || split > gpadl->count || gpadl->count - split < 2) {
		violation(host, "%s opened with rings of %u and %u pages", channel->name,
			  split, gpadl->count - split);
		return HV_NT_INVALID_PARAMETER;
	}
	if (open->target_vp >= host->config.vcpus) {
		violation(host, "%s opened for vCPU %u of %u", channel->name,
			  open->target_vp, host->config.vcpus);
		return HV_NT_INVALID_PARAMETER;
	}
	channel->gpadl = gpadl;
	channel->target_vp = open->target_vp;
	hv_ring_init(&channel->rings[HV_TO_HOST], gpadl->pages, split);
	hv_ring_init(&channel->rings[HV_TO_GUEST], gpadl->pages + split, gpadl->count - split);
	channel->rings_alive = true;
	channel->failed = false;
	channel->opens++;
	channel->state = HV_CHANNEL_OPEN;
	return HV_NT_SUCCESS;
}

static void channel_open(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_open *open = message;
	struct hv_channel *channel;
	uint32_t status = try_open(host, open);

	post(host, &(struct hv_msg_result) {
		.head.type = HV_MSG_OPEN_RESULT,
		.relid = open->relid,
		.id = open->id,
		.status = status,
	}, sizeof(struct hv_msg_result));
	if (status)
		return;
	channel = find_channel(host, open->relid);
	hv_emit(host, HV_EVENT_OPENED, channel, "%s: rings of %u and %u bytes, vCPU %u",
		channel->name, channel->rings[HV_TO_HOST].size,
		channel->rings[HV_TO_GUEST].size, channel->target_vp);
	if (channel->ops->opened)
		channel->ops->opened(channel, channel->context);
}

static void channel_closed(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_relid *close = message;
	struct hv_channel *channel = find_channel(host, close->relid);

	if (channel && channel->rings_alive)
		channel_close(channel);
	else
		violation(host, "close of relid %u, which is not open", close->relid);
}

static void relid_released(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_relid *released = message;
	struct hv_channel *channel = find_channel(host, released->relid);
	bool rescinded;

	if (!host->bus->version)
		return;			/* after an unload: forgotten long ago */
	if (!channel || channel->state == HV_CHANNEL_OPEN) {
		violation(host, "release of relid %u, which is %s", released->relid,
			  channel ? "open" : "not on offer");
		return;
	}
	/* From 6.12 on Linux gives back all relids just before it unloads. */
	rescinded = channel->state == HV_CHANNEL_RESCINDED;
	channel_forget(channel);
	free_gpadls_of(host, released->relid);
	if (rescinded)
		hv_emit(host, HV_EVENT_RELEASED, channel, "%s", channel->name);
}

static void gpadl_teardown(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_gpadl *teardown = message;
	struct hv_gpadl *gpadl = find_gpadl(host, teardown->gpadl);
	struct hv_channel *channel = find_channel(host, teardown->relid);

	if (!gpadl) {
		violation(host, "teardown of GPADL %#x, which does not exist", teardown->gpadl);
	} else {
		if (channel && channel->gpadl == gpadl) {
			violation(host, "%s: GPADL %#x torn down while open",
				  channel->name, gpadl->id);
			channel_close(channel);
		}
		free_gpadl(host, gpadl);
	}
	post(host, &(struct hv_msg_torndown) {
		.head.type = HV_MSG_GPADL_TORNDOWN,
		.gpadl = teardown->gpadl,
	}, sizeof(struct hv_msg_torndown));
}

static void channel_modify(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_modify *modify = message;
	struct hv_channel *channel = find_channel(host, modify->relid);
	uint32_t status = HV_NT_SUCCESS;

	if (channel && modify->target_vp < host->config.vcpus) {
		channel->target_vp = modify->target_vp;
	} else {
		violation(host, "relid %u moved to vCPU %u", modify->relid, modify->target_vp);
		status = HV_NT_INVALID_PARAMETER;
	}
	if (host->bus->version >= HV_VERSION(5, 3)) {
		post(host, &(struct hv_msg_modify_response) {
			.head.type = HV_MSG_MODIFY_CHANNEL_RESPONSE,
			.relid = modify->relid,
			.status = status,
		}, sizeof(struct hv_msg_modify_response));
	}
}

/*
 * The connection
 */

/* Channels that are on offer stay so, to be told to whoever connects next. */
static void disconnect(struct hv_host *host)
{
	struct hv_bus *bus = host->bus;

	for (struct hv_channel *channel = bus->channels; channel; channel = channel->next)
		channel_forget(channel);
	while (bus->gpadls)
		free_gpadl(host, bus->gpadls);
	bus->version = 0;
	bus->offers_requested = false;
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

static void contact(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_contact *contact = message;
	uint32_t version = contact->version;
	bool supported = acceptable(host, version);

	hv_synic_drop(host);
	disconnect(host);
	host->bus->vp = contact->target_vp < host->config.vcpus ? contact->target_vp : 0;
	if (supported)
		host->bus->version = version;
	post(host, &(struct hv_msg_version_response) {
		.head.type = HV_MSG_VERSION_RESPONSE,
		.supported = supported,
		.connection = version >= HV_VERSION(5, 0) ? HV_CONNECTION_MESSAGE : 0,
	}, sizeof(struct hv_msg_version_response));
	if (supported)
		hv_emit(host, HV_EVENT_CONNECTED, NULL, "VMBus %u.%u",
			HV_VERSION_MAJOR(version), HV_VERSION_MINOR(version));
}

static void request_offers(struct hv_host *host, const void *message, size_t size)
{
	host->bus->offers_requested = true;
	for (struct hv_channel *channel = host->bus->channels; channel; channel = channel->next) {
		if (channel->state == HV_CHANNEL_OFFERED && !channel->relid)
			tell_offer(channel);
	}
	post(host, &(struct hv_msg) { .type = HV_MSG_ALL_OFFERS_DELIVERED },
	     sizeof(struct hv_msg));
	hv_emit(host, HV_EVENT_OFFERS, NULL, "all offers are on their way");
}

static void unload(struct hv_host *host, const void *message, size_t size)
{
	disconnect(host);
	post(host, &(struct hv_msg) { .type = HV_MSG_UNLOAD_RESPONSE }, sizeof(struct hv_msg));
	hv_emit(host, HV_EVENT_UNLOADED, NULL, "VMBus unloaded");
}

/* There are no sockets behind this bus: say so, the guest waits for an answer. */
static void tl_connect(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_tl_connect *request = message;

	post(host, &(struct hv_msg_tl_result) {
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
	[HV_MSG_OPEN] = { "open", sizeof(struct hv_msg_open), channel_open },
	[HV_MSG_CLOSE] = { "close", sizeof(struct hv_msg_relid), channel_closed },
	[HV_MSG_GPADL_HEADER] = { "GPADL header", sizeof(struct hv_msg_gpadl_header),
				  gpadl_header },
	[HV_MSG_GPADL_BODY] = { "GPADL body", sizeof(struct hv_msg_gpadl_body), gpadl_body },
	[HV_MSG_GPADL_TEARDOWN] = { "GPADL teardown", sizeof(struct hv_msg_gpadl),
				    gpadl_teardown },
	[HV_MSG_RELID_RELEASED] = { "relid released", sizeof(struct hv_msg_relid),
				    relid_released },
	[HV_MSG_INITIATE_CONTACT] = { "initiate contact", sizeof(struct hv_msg_contact),
				      contact },
	[HV_MSG_UNLOAD] = { "unload", sizeof(struct hv_msg), unload },
	[HV_MSG_TL_CONNECT_REQUEST] = { "TL connect", sizeof(struct hv_msg_tl_connect),
					tl_connect },
	[HV_MSG_MODIFY_CHANNEL] = { "modify channel", sizeof(struct hv_msg_modify),
				    channel_modify },
};

enum hv_status hv_bus_post(struct hv_host *host, uint32_t connection, const void *message,
			   size_t size)
{
	uint32_t type;

	/* A host of before 5.0 does not have the new connection. */
	if (connection != HV_CONNECTION_MESSAGE_OLD &&
	    (connection != HV_CONNECTION_MESSAGE || host->config.vmbus < HV_VERSION(5, 0)))
		return HV_STATUS_INVALID_CONNECTION_ID;
	if (size < sizeof(struct hv_msg)) {
		violation(host, "message of %zu bytes", size);
		return HV_STATUS_SUCCESS;
	}
	memcpy(&type, message, sizeof(type));
	if (type >= ARRAY_SIZE(messages) || !messages[type].handle) {
		violation(host, "message of unknown type %u", type);
		return HV_STATUS_SUCCESS;
	}
	if (size < messages[type].size) {
		violation(host, "%s message of %zu bytes, needs %zu", messages[type].name, size,
			  messages[type].size);
		return HV_STATUS_SUCCESS;
	}
	/* Releases may trail an unload; all else needs a connection. */
	if (!host->bus->version && type != HV_MSG_INITIATE_CONTACT && type != HV_MSG_UNLOAD &&
	    type != HV_MSG_RELID_RELEASED) {
		violation(host, "%s message without a connection", messages[type].name);
		return HV_STATUS_SUCCESS;
	}
	messages[type].handle(host, message, size);
	hv_wake(host);
	return HV_STATUS_SUCCESS;
}

static enum hv_status signal_event(struct hv_host *host, uint64_t parameter)
{
	uint32_t connection = (uint32_t)parameter;
	struct hv_channel *channel = NULL;

	if (connection & HV_CONNECTION_CHANNEL)
		channel = find_channel(host, connection & ~HV_CONNECTION_CHANNEL);
	if (!channel)
		return HV_STATUS_INVALID_CONNECTION_ID;
	if (channel->rings_alive && channel->ops->signalled)
		channel->ops->signalled(channel, channel->context);
	hv_wake(host);
	return HV_STATUS_SUCCESS;
}

enum hv_status hv_bus_hypercall(struct hv_host *host, uint64_t input, uint64_t parameter)
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
		if (in.size > sizeof(in.payload))
			return HV_STATUS_INVALID_PARAMETER;
		return hv_bus_post(host, in.connection, in.payload, in.size);
	default:
		return HV_STATUS_INVALID_HYPERCALL_CODE;
	}
}

void hv_bus_reset(struct hv_host *host)
{
	disconnect(host);
	hv_synic_reset(host);
}

void hv_bus_free(struct hv_host *host)
{
	disconnect(host);
	while (host->bus->channels) {
		struct hv_channel *channel = host->bus->channels;

		host->bus->channels = channel->next;
		free(channel->name);
		free(channel);
	}
}

/*
 * What channel.h promises
 */

struct hv_channel *hv_channel_new(struct hv_host *host, const struct hv_guid *class,
				  const struct hv_guid *instance, const char *name,
				  const struct hv_channel_ops *ops, void *context)
{
	struct hv_channel *channel = calloc(1, sizeof(*channel));
	struct hv_channel **link = &host->bus->channels;

	if (!channel)
		abort();
	*channel = (struct hv_channel) {
		.host = host,
		.class = *class,
		.instance = *instance,
		.name = strdup(name),
		.ops = ops,
		.context = context,
	};
	if (!channel->name)
		abort();
	hv_lock(host);
	while (*link)
		link = &(*link)->next;
	*link = channel;		/* offered in the order of creation */
	hv_unlock(host);
	return channel;
}

int hv_channel_offer(struct hv_channel *channel)
{
	struct hv_host *host = channel->host;
	int ret = 0;

	hv_lock(host);
	if (channel->state == HV_CHANNEL_RESCINDED) {
		ret = -EBUSY;
	} else if (channel->state != HV_CHANNEL_HIDDEN) {
		ret = -EALREADY;
	} else {
		channel->state = HV_CHANNEL_OFFERED;
		if (host->bus->offers_requested)
			tell_offer(channel);
		hv_wake(host);
	}
	hv_unlock(host);
	return ret;
}

int hv_channel_rescind(struct hv_channel *channel)
{
	struct hv_host *host = channel->host;
	int ret = 0;

	hv_lock(host);
	if (channel->state != HV_CHANNEL_OFFERED && channel->state != HV_CHANNEL_OPEN) {
		ret = -EALREADY;
	} else if (!channel->relid) {
		channel->state = HV_CHANNEL_HIDDEN;	/* nobody knew */
	} else {
		channel->state = HV_CHANNEL_RESCINDED;
		post(host, &(struct hv_msg_relid) {
			.head.type = HV_MSG_RESCIND_OFFER,
			.relid = channel->relid,
		}, sizeof(struct hv_msg_relid));
	}
	hv_wake(host);
	hv_unlock(host);
	return ret;
}

struct state_wait {
	struct hv_channel *channel;
	enum hv_channel_state state;
};

static bool has_state(void *context)
{
	struct state_wait *wait = context;

	return wait->channel->state == wait->state;
}

int hv_channel_wait_state(struct hv_channel *channel, enum hv_channel_state state,
			  unsigned int timeout_ms)
{
	struct state_wait wait = { channel, state };

	return hv_wait(channel->host, has_state, &wait, timeout_ms);
}

int hv_channel_send(struct hv_channel *channel, const struct hv_packet *packet,
		    const void *payload, size_t size, unsigned int how)
{
	const char *why;
	bool signal;
	int ret;

	hv_lock(channel->host);
	if (!channel->rings_alive) {
		ret = -ENOTCONN;
	} else if (channel->failed) {
		ret = -EPROTO;
	} else {
		ret = hv_ring_write(&channel->rings[HV_TO_GUEST], packet, payload, size, &signal,
				    &why);
		if (ret == -EPROTO)
			hv_channel_violation(channel, "ring to the guest: %s", why);
		else if (!ret && signal && !(how & HV_SEND_QUIET) && !channel->withhold)
			hv_channel_signal(channel);
	}
	hv_unlock(channel->host);
	return ret;
}

int hv_channel_receive(struct hv_channel *channel, struct hv_packet *packet,
		       void *payload, size_t size)
{
	const char *why;
	bool signal;
	int ret;

	hv_lock(channel->host);
	if (!channel->rings_alive) {
		ret = -ENOTCONN;
	} else if (channel->failed) {
		ret = -EPROTO;
	} else {
		ret = hv_ring_read(&channel->rings[HV_TO_HOST], packet, payload, size, &signal,
				   &why);
		if (ret == -EPROTO)
			hv_channel_violation(channel, "ring to the host: %s", why);
		else if (!ret && signal && !channel->withhold)
			hv_channel_signal(channel);
	}
	hv_unlock(channel->host);
	return ret;
}

void hv_channel_signal(struct hv_channel *channel)
{
	hv_lock(channel->host);
	if (channel->rings_alive)
		hv_synic_signal(channel->host, channel->target_vp, channel->relid);
	hv_unlock(channel->host);
}

void hv_channel_violation(struct hv_channel *channel, const char *format, ...)
{
	struct hv_host *host = channel->host;
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	hv_lock(host);
	channel->failed = true;
	host->bus->violations++;
	hv_emit(host, HV_EVENT_VIOLATION, channel, "%s: %s", channel->name, text);
	if (channel->ops->violation)
		channel->ops->violation(channel, text, channel->context);
	hv_unlock(host);
}

struct hv_ring *hv_channel_ring(struct hv_channel *channel, enum hv_direction direction)
{
	return channel->rings_alive ? &channel->rings[direction] : NULL;
}

int hv_channel_send_raw(struct hv_channel *channel, const void *bytes, size_t size,
			uint32_t advance)
{
	struct hv_ring *ring = &channel->rings[HV_TO_GUEST];
	int ret = -ENOTCONN;

	hv_lock(channel->host);
	if (channel->rings_alive) {
		uint32_t at = ring->control->write_index % ring->size;

		hv_ring_copy_in(ring, at, bytes, size);
		__atomic_store_n(&ring->control->write_index, (at + advance) % ring->size,
				 __ATOMIC_RELEASE);
		ret = 0;
	}
	hv_unlock(channel->host);
	return ret;
}

int hv_bus_message(struct hv_host *host, const void *bytes, size_t size)
{
	int ret = 0;

	if (size > HV_MESSAGE_PAYLOAD)
		return -EMSGSIZE;
	hv_lock(host);
	if (host->bus->version)
		post(host, bytes, size);
	else
		ret = -ENOTCONN;
	hv_unlock(host);
	return ret;
}

void hv_bus_signal(struct hv_host *host, unsigned int vp, unsigned int flag)
{
	hv_lock(host);
	if (vp < host->config.vcpus)
		hv_synic_signal(host, vp, flag);
	hv_unlock(host);
}

bool hv_bus_ready(struct hv_host *host)
{
	bool ready;

	hv_lock(host);
	ready = host->bus->version && host->bus->offers_requested && !hv_synic_pending(host);
	hv_unlock(host);
	return ready;
}

unsigned int hv_bus_gpadls(struct hv_host *host)
{
	unsigned int count = 0;

	hv_lock(host);
	for (struct hv_gpadl *gpadl = host->bus->gpadls; gpadl; gpadl = gpadl->next)
		count++;
	hv_unlock(host);
	return count;
}

/* Under the lock, so that what is read is never older than the event that told of it. */
static unsigned int locked(struct hv_host *host, const unsigned int *value)
{
	unsigned int result;

	hv_lock(host);
	result = *value;
	hv_unlock(host);
	return result;
}

static bool locked_bool(struct hv_host *host, const bool *value)
{
	bool result;

	hv_lock(host);
	result = *value;
	hv_unlock(host);
	return result;
}

uint32_t hv_bus_version(struct hv_host *host)
{
	return locked(host, &host->bus->version);
}

unsigned int hv_bus_violations(struct hv_host *host)
{
	return locked(host, &host->bus->violations);
}

enum hv_channel_state hv_channel_state(struct hv_channel *channel)
{
	return locked(channel->host, &channel->state);
}

bool hv_channel_is_open(struct hv_channel *channel)
{
	return locked_bool(channel->host, &channel->rings_alive);
}

unsigned int hv_channel_opens(struct hv_channel *channel)
{
	return locked(channel->host, &channel->opens);
}

bool hv_channel_failed(struct hv_channel *channel)
{
	return locked_bool(channel->host, &channel->failed);
}

unsigned int hv_channel_target_vp(struct hv_channel *channel)
{
	return locked(channel->host, &channel->target_vp);
}

uint32_t hv_channel_relid(struct hv_channel *channel)
{
	return locked(channel->host, &channel->relid);
}

void hv_channel_withhold(struct hv_channel *channel, bool on)
{
	hv_lock(channel->host);
	channel->withhold = on;
	hv_unlock(channel->host);
}

const char *hv_channel_name(struct hv_channel *channel)
{
	return channel->name;
}

struct hv_host *hv_channel_host(struct hv_channel *channel)
{
	return channel->host;
}

const char *hv_channel_state_name(enum hv_channel_state state)
{
	static const char * const names[] = {
		[HV_CHANNEL_HIDDEN] = "hidden",
		[HV_CHANNEL_OFFERED] = "offered",
		[HV_CHANNEL_OPEN] = "open",
		[HV_CHANNEL_RESCINDED] = "rescinded",
	};

	return names[state];
}

/* On the wire the first three groups are little-endian, so they are turned round. */
static const uint8_t guid_order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

struct hv_guid hv_guid_parse(const char *text)
{
	struct hv_guid guid;
	const char *at = text;

	for (int i = 0; i < 16; i++) {
		unsigned int byte;

		if (*at == '-')
			at++;
		if (sscanf(at, "%2x", &byte) != 1) {
			hv_complain("\"%s\" is no GUID", text);
			abort();
		}
		guid.bytes[guid_order[i]] = byte;
		at += 2;
	}
	return guid;
}

const char *hv_guid_format(const struct hv_guid *guid, char *text)
{
	char *at = text;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at += sprintf(at, "%02x", guid->bytes[guid_order[i]]);
	}
	return text;
}
