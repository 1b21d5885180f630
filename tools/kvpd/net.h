/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's links, addresses and default routes, as rtnetlink tells them. */
#ifndef HVIC_NET_H
#define HVIC_NET_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/hv_ic.h>

/* "{f8615163-df3e-46c5-913f-f2d2f965ed0e}" */
#define HVIC_ADAPTER_GUID_SIZE 39
#define HVIC_KIND_SIZE 16

/**
 * struct hvic_link - a network interface
 * @index: the kernel's number
 * @master: index of the bridge or bond that it belongs to; 0 for none
 * @flags: IFF_*
 * @name: of the interface
 * @kind: of a virtual one, as in "veth"; empty for hardware
 * @has_mac: it has a MAC address
 * @mac: that
 * @guid: of its VMBus device, as sysfs writes it; empty if it has none
 */
struct hvic_link {
	int index;
	int master;
	unsigned int flags;
	char name[IF_NAMESIZE];
	char kind[HVIC_KIND_SIZE];
	bool has_mac;
	uint8_t mac[6];
	char guid[HVIC_ADAPTER_GUID_SIZE];
};

/**
 * struct hvic_address - an address of an interface
 * @index: of the interface
 * @scope: RT_SCOPE_*
 * @flags: IFA_F_*
 * @ip: the address; its origin is what the kernel knows of it
 */
struct hvic_address {
	int index;
	uint8_t scope;
	uint32_t flags;
	struct hv_ic_kvp_address ip;
};

/**
 * struct hvic_route - a default route
 * @index: of the interface that it leads to
 * @family: 4 or 6, of what it is for
 * @table: of the kernel
 * @metric: the least one is used
 * @gateway: whereto; of family 0 if there is nobody between
 */
struct hvic_route {
	int index;
	uint8_t family;
	uint32_t table;
	uint32_t metric;
	struct hv_ic_kvp_address gateway;
};

/**
 * struct hvic_net - what there is
 * @root: below which /sys is
 * @events: tells of changes
 * @stale: parts that have changed since they were asked for
 * @n_dumps: how many questions there have been
 * @links: all of them
 * @n_links: how many
 * @addresses: all of them
 * @n_addresses: how many
 * @routes: default routes
 * @n_routes: how many
 */
struct hvic_net {
	int root;
	struct mnl_socket *events;
	unsigned int stale;
	unsigned int n_dumps;
	struct hvic_link *links;
	size_t n_links;
	struct hvic_address *addresses;
	size_t n_addresses;
	struct hvic_route *routes;
	size_t n_routes;
};

int hvic_net_open(struct hvic_net *net, int root);
void hvic_net_close(struct hvic_net *net);
int hvic_net_fd(const struct hvic_net *net);
void hvic_net_note(struct hvic_net *net);
int hvic_net_refresh(struct hvic_net *net);

const struct hvic_link *hvic_net_link(const struct hvic_net *net, int index);

int hvic_net_take_link(const struct nlmsghdr *message, void *data);
int hvic_net_take_address(const struct nlmsghdr *message, void *data);
int hvic_net_take_route(const struct nlmsghdr *message, void *data);
int hvic_net_take_event(const struct nlmsghdr *message, void *data);

#endif
