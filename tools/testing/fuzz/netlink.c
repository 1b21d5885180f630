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

static void fuzz_network(struct nlmsghdr *message)
{
	struct hvic_net net = { .root = scratch() };
	struct hvic_leases leases = { .root = scratch() };
	struct hv_ic_kvp_ip ip = { 0 };
	char *const no_globs[] = { NULL };
	char list[1024] = "";

	message->nlmsg_type = RTM_NEWLINK;
	must(hvic_net_take_link(message, &net) == MNL_CB_OK);
	message->nlmsg_type = RTM_NEWADDR;
	must(hvic_net_take_address(message, &net) == MNL_CB_OK);
	message->nlmsg_type = RTM_NEWROUTE;
	must(hvic_net_take_route(message, &net) == MNL_CB_OK);
	for (size_t i = 0; i < net.n_links; i++) {
		must(memchr(net.links[i].name, 0, sizeof(net.links[i].name)));
		must(memchr(net.links[i].guid, 0, sizeof(net.links[i].guid)));
	}
	for (size_t i = 0; i < net.n_addresses; i++)
		must(net.addresses[i].ip.family == 4 || net.addresses[i].ip.family == 6);
	hvic_adapters_list(&net, (char **)no_globs, 4, list, sizeof(list));
	hvic_adapters_list(&net, (char **)no_globs, 6, list, sizeof(list));
	must(memchr(list, 0, sizeof(list)));
	if (net.n_links && net.links[0].guid[0])
		hvic_adapters_describe(&net, &leases, net.links[0].guid, &ip);
	must(ip.n_addresses <= HV_IC_KVP_ADDRESSES);
	hvic_leases_free(&leases);
	free(net.links);
	free(net.addresses);
	free(net.routes);
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
	free(message);
	return 0;
}
