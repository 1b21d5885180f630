// SPDX-License-Identifier: GPL-2.0
/*
 * Name servers of interfaces, as systemd-resolved has them.
 *
 * Its own files of interfaces are for itself alone. On the bus anybody may read all of it at once.
 * It is asked when it says that something has changed, and nobody waits for the answer: until it
 * comes, what it has said last counts, or what other files say.
 */
#include "resolved.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "array.h"

#define DESTINATION	"org.freedesktop.resolve1"
#define PATH		"/org/freedesktop/resolve1"
#define MANAGER		"org.freedesktop.resolve1.Manager"
#define PROPERTIES	"org.freedesktop.DBus.Properties"

#define ANOTHER_OWNER \
	"sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" DESTINATION "'"

#define TIMEOUT_US	10000000

static int on_change(sd_bus_message *signal, void *data, sd_bus_error *error)
{
	(void)signal;
	(void)error;
	hvic_resolved_ask(data);
	return 0;
}

/**
 * hvic_resolved_watch() - have the loop serve a connection, and hear of changes by it
 *
 * It does not say that its servers have changed when it has just been started, or has ended.
 */
void hvic_resolved_watch(struct hvic_resolved *resolved)
{
	/* The end of the bus is not ours. */
	sd_bus_set_exit_on_disconnect(resolved->bus, false);
	sd_bus_attach_event(resolved->bus, resolved->event, SD_EVENT_PRIORITY_NORMAL);
	sd_bus_match_signal_async(resolved->bus, NULL, DESTINATION, PATH, PROPERTIES,
				  "PropertiesChanged", on_change, NULL, resolved);
	sd_bus_add_match_async(resolved->bus, NULL, ANOTHER_OWNER, on_change, NULL, resolved);
}

/** hvic_resolved_is_deaf() - has the connection been lost by which it hears of changes? */
bool hvic_resolved_is_deaf(const struct hvic_resolved *resolved)
{
	return resolved->bus && sd_bus_is_open(resolved->bus) <= 0;
}

/* The machine may boot, and there is no bus yet. */
static int connect_bus(struct hvic_resolved *resolved)
{
	int ret;

	if (resolved->bus && !hvic_resolved_is_deaf(resolved))
		return 0;
	resolved->call = sd_bus_slot_unref(resolved->call);
	resolved->bus = sd_bus_close_unref(resolved->bus);
	ret = sd_bus_open_system(&resolved->bus);
	if (ret < 0)
		resolved->bus = NULL;
	else
		hvic_resolved_watch(resolved);
	return ret;
}

/* Those of the whole system, of index 0, are in resolv.conf as well. */
static void take_server(struct hvic_resolved *resolved, int index, int family, const void *bytes,
			size_t size)
{
	struct hvic_resolved_server *server = &resolved->servers[resolved->n];

	if (index <= 0 || resolved->n == ARRAY_SIZE(resolved->servers) ||
	    size != (family == AF_INET ? 4 : 16) || (family != AF_INET && family != AF_INET6))
		return;
	server->index = index;
	server->ip.family = family == AF_INET ? 4 : 6;
	memcpy(server->ip.bytes, bytes, size);
	resolved->n++;
}

static int take_servers(struct hvic_resolved *resolved, sd_bus_message *reply)
{
	int ret = sd_bus_message_enter_container(reply, 'v', "a(iiay)");

	if (ret >= 0)
		ret = sd_bus_message_enter_container(reply, 'a', "(iiay)");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(reply, 'r', "iiay")) > 0) {
		int32_t index, family;
		const void *bytes;
		size_t size;

		ret = sd_bus_message_read(reply, "ii", &index, &family);
		if (ret >= 0)
			ret = sd_bus_message_read_array(reply, 'y', &bytes, &size);
		if (ret >= 0) {
			take_server(resolved, index, family, bytes, size);
			ret = sd_bus_message_exit_container(reply);
		}
	}
	return ret;
}

static int on_answer(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct hvic_resolved *resolved = data;
	struct hvic_resolved_server before[HVIC_RESOLVED_SERVERS];

	(void)error;
	resolved->call = sd_bus_slot_unref(resolved->call);
	memcpy(before, resolved->servers, sizeof(before));
	memset(resolved->servers, 0, sizeof(resolved->servers));
	resolved->n = 0;
	/* It may not run, or not answer: then nothing is known. */
	if (!sd_bus_message_is_method_error(reply, NULL))
		take_servers(resolved, reply);
	resolved->version += !!memcmp(before, resolved->servers, sizeof(before));
	if (resolved->again) {
		resolved->again = false;
		hvic_resolved_ask(resolved);
	}
	return 0;
}

/**
 * hvic_resolved_ask() - ask systemd-resolved, if it runs, and do not wait
 * @resolved: zeroed but for @event at first; of a connection that is lost there is another try
 */
void hvic_resolved_ask(struct hvic_resolved *resolved)
{
	sd_bus_message *message = NULL;
	int ret = connect_bus(resolved);

	if (ret < 0)
		return;
	if (resolved->call) {
		resolved->again = true;
		return;
	}
	ret = sd_bus_message_new_method_call(resolved->bus, &message, DESTINATION, PATH, PROPERTIES,
					     "Get");
	if (ret >= 0)
		ret = sd_bus_message_append(message, "ss", MANAGER, "DNS");
	/* Nobody has to run for us. */
	if (ret >= 0)
		ret = sd_bus_message_set_auto_start(message, false);
	if (ret >= 0)
		sd_bus_call_async(resolved->bus, &resolved->call, message, on_answer, resolved,
				  TIMEOUT_US);
	sd_bus_message_unref(message);
}

/**
 * hvic_resolved_find() - the name servers of an interface
 * @resolved: what is known
 * @index: of the interface
 * @to: gets their addresses
 * @max: how many there is room for
 *
 * Return: how many it has got.
 */
size_t hvic_resolved_find(const struct hvic_resolved *resolved, int index,
			  struct hv_ic_kvp_address *to, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < resolved->n && n < max; i++)
		if (resolved->servers[i].index == index)
			to[n++] = resolved->servers[i].ip;
	return n;
}

/** hvic_resolved_close() - leave the bus; an answer that comes later is dropped */
void hvic_resolved_close(struct hvic_resolved *resolved)
{
	resolved->call = sd_bus_slot_unref(resolved->call);
	resolved->bus = sd_bus_close_unref(resolved->bus);
}
