// SPDX-License-Identifier: GPL-2.0
/*
 * A channel's life as the guest sees it:
 *
 *	hidden --offer--> offered --GPADL, open--> open --close--> offered
 *	   ^                 |                       |
 *	   |              rescind                 rescind
 *	   |                 v                       |
 *	   +--released-- rescinded <-----------------+
 *
 * An offer that is made while no guest is connected is told when one asks. All
 * the guest's doings end with the connection: unload, a new contact (kexec),
 * or the end of the machine.
 */
#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "gpadl.h"
#include "synic.h"
#include "vmbus_wire.h"

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
	enum hv_open_answer answer;
	bool owed;			/* an open is not answered */
	struct hv_gpadl *gpadl;		/* what the rings are made of */
	struct hv_ring rings[2];	/* by enum hv_direction */
};

struct hv_channel *hv_channel_find(struct hv_host *host, uint32_t relid)
{
	struct hv_channel *channel = relid ? host->bus->channels : NULL;

	while (channel && channel->relid != relid)
		channel = channel->next;
	return channel;
}

static void close_channel(struct hv_channel *channel)
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
static void forget(struct hv_channel *channel)
{
	close_channel(channel);
	channel->owed = false;
	if (channel->state == HV_CHANNEL_RESCINDED)
		channel->state = HV_CHANNEL_HIDDEN;
	channel->relid = 0;
}

/* The one after the newest, so that none comes back soon. */
static uint32_t new_relid(struct hv_host *host)
{
	uint32_t relid = host->bus->last_relid;

	do
		relid = relid % (HV_EVENT_FLAGS - 1) + 1;
	while (hv_channel_find(host, relid));
	host->bus->last_relid = relid;
	return relid;
}

static void tell_offer(struct hv_channel *channel)
{
	struct hv_host *host = channel->host;
	uint32_t relid = new_relid(host);

	channel->relid = relid;
	hv_bus_say(host, &(struct hv_msg_offer) {
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

void hv_channel_tell_offers(struct hv_host *host)
{
	struct hv_channel *channel;

	for (channel = host->bus->channels; channel; channel = channel->next) {
		if (channel->state == HV_CHANNEL_OFFERED && !channel->relid)
			tell_offer(channel);
	}
}

void hv_channel_forget_all(struct hv_host *host)
{
	struct hv_channel *channel;

	for (channel = host->bus->channels; channel; channel = channel->next)
		forget(channel);
}

void hv_channel_free_all(struct hv_host *host)
{
	while (host->bus->channels) {
		struct hv_channel *channel = host->bus->channels;

		host->bus->channels = channel->next;
		free(channel->name);
		free(channel);
	}
}

void hv_channel_bell(struct hv_channel *channel)
{
	if (channel->rings_alive && channel->ops->signalled)
		channel->ops->signalled(channel, channel->context);
}

/*
 * The guest's messages
 */

void hv_channel_handle_gpadl(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_gpadl_header *header = message;
	struct hv_channel *channel = hv_channel_find(host, header->relid);
	uint32_t status = HV_NT_SUCCESS;

	if (!channel) {
		hv_bus_violation(host, "GPADL %#x of relid %u, which is not on offer",
				 header->gpadl, header->relid);
		status = HV_NT_UNEXPECTED;
	} else if (channel->state == HV_CHANNEL_RESCINDED) {
		status = HV_NT_UNSUCCESSFUL;
	} else if (channel->answer == HV_OPEN_EARLY) {
		hv_channel_signal(channel);
	}
	hv_gpadl_header(host, message, size, status);
}

static uint32_t try_open(struct hv_host *host, const struct hv_msg_open *open)
{
	struct hv_channel *channel = hv_channel_find(host, open->relid);
	struct hv_gpadl *gpadl = hv_gpadl_find(host, open->gpadl);
	uint32_t split = open->downstream_page;
	const char *why;

	if (!channel) {
		hv_bus_violation(host, "open of relid %u, which is not on offer", open->relid);
		return HV_NT_INVALID_PARAMETER;
	}
	if (channel->answer == HV_OPEN_REFUSE)
		return HV_NT_UNSUCCESSFUL;
	if (channel->rings_alive) {
		hv_bus_violation(host, "%s opened twice", channel->name);
		return HV_NT_INVALID_PARAMETER;
	}
	if (!gpadl || gpadl->relid != open->relid || gpadl->count < gpadl->total) {
		hv_bus_violation(host, "%s opened with GPADL %#x, which is not its own",
				 channel->name, open->gpadl);
		return HV_NT_INVALID_PARAMETER;
	}
	/* Each ring is a control page and at least one page of data. */
	if (gpadl->byte_offset || split < 2 || split > gpadl->count || gpadl->count - split < 2) {
		hv_bus_violation(host, "%s opened with rings of %u and %u pages", channel->name,
				 split, gpadl->count - split);
		return HV_NT_INVALID_PARAMETER;
	}
	if (open->target_vp >= host->config.vcpus) {
		hv_bus_violation(host, "%s opened for vCPU %u of %u", channel->name,
				 open->target_vp, host->config.vcpus);
		return HV_NT_INVALID_PARAMETER;
	}
	hv_ring_init(&channel->rings[HV_TO_HOST], gpadl->pages, split);
	hv_ring_init(&channel->rings[HV_TO_GUEST], gpadl->pages + split, gpadl->count - split);
	if (hv_ring_check(&channel->rings[HV_TO_HOST], &why) ||
	    hv_ring_check(&channel->rings[HV_TO_GUEST], &why)) {
		hv_bus_violation(host, "%s opened with a broken ring: %s", channel->name, why);
		return HV_NT_UNSUCCESSFUL;
	}
	channel->gpadl = gpadl;
	channel->target_vp = open->target_vp;
	channel->rings_alive = true;
	channel->failed = false;
	channel->opens++;
	channel->state = HV_CHANNEL_OPEN;
	return HV_NT_SUCCESS;
}

void hv_channel_handle_open(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_open *open = message;
	struct hv_channel *channel = hv_channel_find(host, open->relid);
	uint32_t status;

	if (channel && channel->state == HV_CHANNEL_RESCINDED)
		return;			/* the guest will hear of the rescind instead */
	if (channel && channel->answer == HV_OPEN_OWE) {
		channel->owed = true;
		return;
	}
	status = try_open(host, open);
	hv_bus_say(host, &(struct hv_msg_result) {
		.head.type = HV_MSG_OPEN_RESULT,
		.relid = open->relid,
		.id = open->id,
		.status = status,
	}, sizeof(struct hv_msg_result));
	if (status)
		return;
	hv_emit(host, HV_EVENT_OPENED, channel, "%s: rings of %u and %u bytes, vCPU %u",
		channel->name, channel->rings[HV_TO_HOST].size,
		channel->rings[HV_TO_GUEST].size, channel->target_vp);
	if (channel->ops->opened)
		channel->ops->opened(channel, channel->context);
}

void hv_channel_handle_close(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_relid *close = message;
	struct hv_channel *channel = hv_channel_find(host, close->relid);

	if (channel && channel->rings_alive)
		close_channel(channel);
	else if (!channel || channel->state != HV_CHANNEL_RESCINDED)
		hv_bus_violation(host, "close of relid %u, which is not open", close->relid);
}

void hv_channel_handle_release(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_relid *released = message;
	struct hv_channel *channel = hv_channel_find(host, released->relid);
	bool rescinded;

	if (!host->bus->version)
		return;			/* after an unload: forgotten long ago */
	if (!channel || channel->state == HV_CHANNEL_OPEN) {
		hv_bus_violation(host, "release of relid %u, which is %s", released->relid,
				 channel ? "open" : "not on offer");
		return;
	}
	/* From 6.12 on Linux gives back all relids just before it unloads. */
	rescinded = channel->state == HV_CHANNEL_RESCINDED;
	forget(channel);
	hv_gpadl_free_of(host, released->relid);
	if (rescinded)
		hv_emit(host, HV_EVENT_RELEASED, channel, "%s", channel->name);
}

void hv_channel_handle_teardown(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_gpadl *teardown = message;
	struct hv_gpadl *gpadl = hv_gpadl_find(host, teardown->gpadl);
	struct hv_channel *channel = hv_channel_find(host, teardown->relid);

	if (!gpadl || gpadl->relid != teardown->relid) {
		hv_bus_violation(host, "teardown of GPADL %#x, which relid %u does not have",
				 teardown->gpadl, teardown->relid);
	} else {
		if (channel && channel->gpadl == gpadl) {
			hv_bus_violation(host, "%s: GPADL %#x torn down while open",
					 channel->name, gpadl->id);
			close_channel(channel);
		}
		hv_gpadl_free(host, gpadl);
	}
	hv_bus_say(host, &(struct hv_msg_torndown) {
		.head.type = HV_MSG_GPADL_TORNDOWN,
		.gpadl = teardown->gpadl,
	}, sizeof(struct hv_msg_torndown));
}

void hv_channel_handle_modify(struct hv_host *host, const void *message, size_t size)
{
	const struct hv_msg_modify *modify = message;
	struct hv_channel *channel = hv_channel_find(host, modify->relid);
	uint32_t status = HV_NT_UNSUCCESSFUL;

	if (channel && channel->rings_alive && modify->target_vp < host->config.vcpus) {
		channel->target_vp = modify->target_vp;
		status = HV_NT_SUCCESS;
	} else if (!channel || channel->state != HV_CHANNEL_RESCINDED) {
		hv_bus_violation(host, "relid %u, which is %s, moved to vCPU %u", modify->relid,
				 channel && channel->rings_alive ? "open" : "not open",
				 modify->target_vp);
	}
	if (host->bus->version >= HV_VERSION(5, 3)) {
		hv_bus_say(host, &(struct hv_msg_modify_response) {
			.head.type = HV_MSG_MODIFY_CHANNEL_RESPONSE,
			.relid = modify->relid,
			.status = status,
		}, sizeof(struct hv_msg_modify_response));
	}
}

/*
 * What device models do
 */

static bool before(const struct hv_channel *a, const struct hv_channel *b)
{
	int order = hv_guid_compare(&a->class, &b->class);

	return (order ? order : hv_guid_compare(&a->instance, &b->instance)) <= 0;
}

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
	/* Offered in this order, so that each has the same relid whenever a guest connects. */
	while (*link && before(*link, channel))
		link = &(*link)->next;
	channel->next = *link;
	*link = channel;
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
		channel->state = HV_CHANNEL_HIDDEN;	/* the guest never knew */
	} else {
		channel->state = HV_CHANNEL_RESCINDED;
		hv_bus_say(host, &(struct hv_msg_relid) {
			.head.type = HV_MSG_RESCIND_OFFER,
			.relid = channel->relid,
		}, sizeof(struct hv_msg_relid));
		hv_gpadl_refuse_of(host, channel->relid);
		close_channel(channel);
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
	if (channel->relid)
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

void hv_channel_restore(struct hv_channel *channel)
{
	hv_lock(channel->host);
	channel->failed = false;
	hv_unlock(channel->host);
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

enum hv_channel_state hv_channel_state(struct hv_channel *channel)
{
	return hv_read(channel->host, &channel->state);
}

bool hv_channel_is_open(struct hv_channel *channel)
{
	return hv_read_bool(channel->host, &channel->rings_alive);
}

unsigned int hv_channel_opens(struct hv_channel *channel)
{
	return hv_read(channel->host, &channel->opens);
}

bool hv_channel_failed(struct hv_channel *channel)
{
	return hv_read_bool(channel->host, &channel->failed);
}

unsigned int hv_channel_target_vp(struct hv_channel *channel)
{
	return hv_read(channel->host, &channel->target_vp);
}

uint32_t hv_channel_relid(struct hv_channel *channel)
{
	return hv_read(channel->host, &channel->relid);
}

static bool is_owed(void *context)
{
	struct hv_channel *channel = context;

	return channel->owed;
}

int hv_channel_wait_owed(struct hv_channel *channel, unsigned int timeout_ms)
{
	return hv_wait(channel->host, is_owed, channel, timeout_ms);
}

void hv_channel_answer_open(struct hv_channel *channel, enum hv_open_answer answer)
{
	hv_lock(channel->host);
	channel->answer = answer;
	hv_unlock(channel->host);
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
