// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of netlink: those of the driver, as hvic and hvic-shutdownd read them, and those of the
 * kernel's network, as hvic-kvpd does.
 */
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "adapters.h"
#include "family.h"
#include "net.h"
#include "request.h"
#include "schema.h"
#include "scratch.h"
#include "target.h"

static void fuzz_driver(const struct nlmsghdr *message)
{
	const struct hvu_event *event;
	struct hvu_request request;

	for (const struct hvu_set *const *set = hvu_sets; *set; set++) {
		json_object *object = hvu_decode(message, *set);

		must(!object || json_object_to_json_string(object));
		json_object_put(object);
	}
	event = hvu_event_find(message);
	must(!event || event->type);
	if (!hvu_request_read(&request, message))
		must(request.text && request.action <= HV_IC_ACTION_HIBERNATE);
	hvu_family_news(message, HV_IC_FAMILY_NAME);
}

/* What the host is told of a network; it is forgotten then. */
static void show_network(struct hvic_net *net)
{
	struct hvic_leases leases = { .root = scratch() };
	char *const no_globs[] = { NULL };
	char list[1024] = "";

	for (size_t i = 0; i < net->n_links; i++) {
		struct hv_ic_kvp_ip ip = { 0 };
		char id[HV_IC_KVP_ADAPTER_SIZE];

		must(memchr(net->links[i].name, 0, sizeof(net->links[i].name)));
		must(memchr(net->links[i].guid, 0, sizeof(net->links[i].guid)));
		snprintf(id, sizeof(id), "%02x:%02x:%02x:%02x:%02x:%02x", net->links[i].mac[0],
			 net->links[i].mac[1], net->links[i].mac[2], net->links[i].mac[3],
			 net->links[i].mac[4], net->links[i].mac[5]);
		hvic_adapters_describe(net, &leases, id, &ip);
		must(ip.n_addresses <= HV_IC_KVP_ADDRESSES && ip.n_dns <= HV_IC_KVP_ADDRESSES);
		must(ip.n_gateways <= HV_IC_KVP_GATEWAYS);
	}
	for (size_t i = 0; i < net->n_addresses; i++)
		must(net->addresses[i].ip.family == 4 || net->addresses[i].ip.family == 6);
	hvic_adapters_list(net, (char **)no_globs, 4, list, sizeof(list));
	hvic_adapters_list(net, (char **)no_globs, 6, list, sizeof(list));
	must(memchr(list, 0, sizeof(list)));
	hvic_leases_free(&leases);
	free(net->links);
	free(net->addresses);
	free(net->routes);
}

static void fuzz_network(struct nlmsghdr *message)
{
	struct hvic_net net = { .root = scratch() };

	message->nlmsg_type = RTM_NEWLINK;
	must(hvic_net_take_link(message, &net) == MNL_CB_OK);
	message->nlmsg_type = RTM_NEWADDR;
	must(hvic_net_take_address(message, &net) == MNL_CB_OK);
	message->nlmsg_type = RTM_NEWROUTE;
	must(hvic_net_take_route(message, &net) == MNL_CB_OK);
	show_network(&net);
}

static int take_any(const struct nlmsghdr *message, void *data)
{
	must(hvic_net_take_event(message, data) == MNL_CB_OK);
	must(hvic_net_take_link(message, data) == MNL_CB_OK);
	must(hvic_net_take_address(message, data) == MNL_CB_OK);
	return hvic_net_take_route(message, data);
}

/* How much of it are whole messages: libmnl takes the kernel's word for a length beyond INT_MAX. */
static size_t whole_messages(const char *buffer, size_t size)
{
	struct nlmsghdr head;
	size_t at = 0;

	while (size - at >= sizeof(head)) {
		memcpy(&head, buffer + at, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > size - at)
			break;
		at += NLMSG_ALIGN(head.nlmsg_len);
		if (at > size)
			return size;
	}
	return at;
}

/* What one reading of a socket brings: many messages, of any types and lengths. */
static void fuzz_dump(const uint8_t *data, size_t size)
{
	struct hvic_net net = { .root = scratch() };
	/* As below. */
	char *buffer = calloc(1, size ? NLMSG_ALIGN(size) : 1);

	must(buffer);
	if (size)
		memcpy(buffer, data, size);
	mnl_cb_run(buffer, whole_messages(buffer, size), 0, 0, take_any, &net);
	free(buffer);
	show_network(&net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* It ends where the memory ends, or within the last word: libmnl counts that in. */
	struct nlmsghdr *message = calloc(1, NLMSG_ALIGN(sizeof(*message) + size));

	must(message);
	*message = (struct nlmsghdr){ .nlmsg_len = sizeof(*message) + size };
	if (size)
		memcpy(message + 1, data, size);
	fuzz_driver(message);
	fuzz_network(message);
	fuzz_dump(data, size);
	free(message);
	return 0;
}
