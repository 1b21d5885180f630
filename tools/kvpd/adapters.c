// SPDX-License-Identifier: GPL-2.0
/*
 * The network as the host sees it.
 *
 * People and their tools take the first address of a list, so the order matters: what the default
 * route uses comes first, then hardware, then what is virtual, and addresses that hold on one link
 * only come last. Interfaces that lead to the machine's own containers are not in the list at all.
 */
#include "adapters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "settings.h"

/* As many as the host's record can hold of a family. */
#define ADDRESSES_MAX	(HV_IC_KVP_ADDRESSES / 2)
#define GATEWAYS_MAX	(HV_IC_KVP_GATEWAYS / 2)

/* --- Interfaces. -------------------------------------------------------------------------- */

/* The route that packets take, or of all tables; NULL if there is none. */
static const struct hvic_route *best_route(const struct hvic_net *net, uint8_t family)
{
	const struct hvic_route *best = NULL;

	for (size_t i = 0; i < net->n_routes; i++) {
		const struct hvic_route *route = &net->routes[i];

		if (route->family == family && route->table == RT_TABLE_MAIN &&
		    (!best || route->metric < best->metric))
			best = route;
	}
	return best;
}

static bool has_default_route(const struct hvic_net *net, int index)
{
	for (size_t i = 0; i < net->n_routes; i++)
		if (net->routes[i].index == index && net->routes[i].table == RT_TABLE_MAIN)
			return true;
	return false;
}

static bool has_hardware_port(const struct hvic_net *net, int index)
{
	for (size_t i = 0; i < net->n_links; i++)
		if (net->links[i].master == index && !net->links[i].kind[0])
			return true;
	return false;
}

/* Is its kind that of an interface which leads to something on this machine? */
static bool is_inward(const struct hvic_link *link)
{
	static const char *const kinds[] = {
		"veth", "bridge", "dummy", "openvswitch", "vxlan", "geneve", "ifb", "nlmon",
		"macvtap", "vrf", "sit", "ipip", "ip6tnl", "gre", "gretap", "erspan", "vti",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(link->kind, kinds[i]))
			return true;
	return false;
}

static bool is_shown(const struct hvic_net *net, const struct hvic_link *link,
		     char *const *exclude)
{
	if (!link || link->flags & IFF_LOOPBACK || !(link->flags & IFF_UP) ||
	    hvu_glob_any(exclude, link->name))
		return false;
	return !is_inward(link) || has_default_route(net, link->index) ||
	       has_hardware_port(net, link->index);
}

/* --- The order of addresses. ------------------------------------------------------------- */

/**
 * struct ranked - an address and its place
 * @rank: the least comes first
 * @address: that
 */
struct ranked {
	unsigned int rank;
	const struct hvic_address *address;
};

static unsigned int rank_of(const struct hvic_net *net, const struct hvic_address *address)
{
	const struct hvic_route *route = best_route(net, address->ip.family);
	const struct hvic_link *link = hvic_net_link(net, address->index);
	unsigned int rank = 0;

	if (address->scope == RT_SCOPE_LINK)
		rank += 32;
	if (address->flags & IFA_F_DEPRECATED)
		rank += 16;
	if (!route || route->index != address->index)
		rank += link && !link->kind[0] ? 4 : 8;
	/* Who wants to reach the machine wants an address that stays. */
	if (address->ip.family == 6 && address->flags & IFA_F_TEMPORARY)
		rank += 2;
	return rank;
}

/* What is of the same rank stays in the kernel's order: that is by address of the array. */
static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

static bool is_usable(const struct hvic_address *address)
{
	return address->scope != RT_SCOPE_HOST && address->scope != RT_SCOPE_NOWHERE &&
	       !(address->flags & IFA_F_DADFAILED) &&
	       (!(address->flags & IFA_F_TENTATIVE) || address->flags & IFA_F_OPTIMISTIC);
}

/* Those of one interface and family, or (0) of any; NULL without memory. */
static struct ranked *rank_all(const struct hvic_net *net, int index, uint8_t family, size_t *n)
{
	struct ranked *all = calloc(net->n_addresses + 1, sizeof(*all));

	*n = 0;
	if (!all)
		return NULL;
	for (size_t i = 0; i < net->n_addresses; i++) {
		const struct hvic_address *address = &net->addresses[i];

		if ((index && address->index != index) ||
		    (family && address->ip.family != family) || !is_usable(address))
			continue;
		all[(*n)++] = (struct ranked){ rank_of(net, address), address };
	}
	qsort(all, *n, sizeof(*all), compare);
	return all;
}

/**
 * hvic_adapters_list() - all addresses of a family, for people
 * @net: the network
 * @exclude: globs of interfaces that are not shown
 * @family: 4 or 6
 * @text: gets the addresses, separated by semicolons, the most useful one first; empty if there is
 *	none. Those that do not fit are left out.
 * @size: of @text
 *
 * Return: length of @text.
 */
size_t hvic_adapters_list(const struct hvic_net *net, char *const *exclude, uint8_t family,
			  char *text, size_t size)
{
	struct ranked *all;
	size_t n, len = 0;

	text[0] = '\0';
	all = rank_all(net, 0, family, &n);
	for (size_t i = 0; all && i < n; i++) {
		const struct hvic_address *address = all[i].address;
		char one[INET6_ADDRSTRLEN];
		size_t more;

		if (!is_shown(net, hvic_net_link(net, address->index), exclude))
			continue;
		inet_ntop(family == 4 ? AF_INET : AF_INET6, address->ip.bytes, one, sizeof(one));
		more = strlen(one) + !!len;
		if (len + more >= size)
			break;
		len += snprintf(text + len, size - len, "%s%s", len ? ";" : "", one);
	}
	free(all);
	return len;
}

/* --- One adapter. ------------------------------------------------------------------------ */

static void print_mac(const uint8_t mac[static 6], char text[static 18])
{
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}

static bool has_id(const struct hvic_link *link, const char *adapter)
{
	char mac[18];

	if (link->guid[0] && !strcasecmp(link->guid, adapter))
		return true;
	if (!link->has_mac || link->flags & IFF_LOOPBACK)
		return false;
	print_mac(link->mac, mac);
	return !strcasecmp(mac, adapter);
}

/* Who of those with the same id speaks for it: a device of the bus, then hardware. */
static unsigned int claim_of(const struct hvic_link *link)
{
	if (link->guid[0])
		return 3;
	return !link->kind[0] ? 2 : 1;
}

static const struct hvic_link *find_link(const struct hvic_net *net, const char *adapter)
{
	const struct hvic_link *best = NULL;

	for (size_t i = 0; i < net->n_links; i++) {
		const struct hvic_link *link = &net->links[i];

		if (has_id(link, adapter) && (!best || claim_of(link) > claim_of(best)))
			best = link;
	}
	return best;
}

/** hvic_adapters_bears() - has an interface addresses that lead further than its own link? */
bool hvic_adapters_bears(const struct hvic_net *net, int index)
{
	for (size_t i = 0; i < net->n_addresses; i++)
		if (net->addresses[i].index == index && is_usable(&net->addresses[i]) &&
		    net->addresses[i].scope != RT_SCOPE_LINK)
			return true;
	return false;
}

/* Where the addresses of an adapter are: at the bridge or bond that it belongs to, perhaps. */
static const struct hvic_link *bearer_of(const struct hvic_net *net, const struct hvic_link *link)
{
	const struct hvic_link *above = link;

	for (int depth = 0; depth < 4 && above && !hvic_adapters_bears(net, above->index); depth++)
		above = above->master ? hvic_net_link(net, above->master) : NULL;
	if (above && hvic_adapters_bears(net, above->index))
		return above;
	for (size_t i = 0; link->has_mac && i < net->n_links; i++) {
		const struct hvic_link *other = &net->links[i];

		if (other->has_mac && !memcmp(other->mac, link->mac, sizeof(link->mac)) &&
		    hvic_adapters_bears(net, other->index))
			return other;
	}
	return link;
}

/**
 * hvic_adapters_find() - the interface that speaks for an adapter
 * @net: the network
 * @adapter: its MAC address or the GUID of its VMBus device
 *
 * A virtual function, a bond, a bridge and a VLAN may have the MAC address of the adapter, too.
 * Where one of them has its addresses, it is that one.
 *
 * Return: the interface; NULL if there is no such adapter.
 */
const struct hvic_link *hvic_adapters_find(const struct hvic_net *net, const char *adapter)
{
	const struct hvic_link *link = find_link(net, adapter);

	return link ? bearer_of(net, link) : NULL;
}

static void add_address(struct hv_ic_kvp_ip *ip, const struct hvic_address *address,
			const struct hv_ic_kvp_address *leased, unsigned int used[static 2])
{
	unsigned int *n = &used[address->ip.family == 6];
	struct hv_ic_kvp_address *to = &ip->addresses[ip->n_addresses];
	bool is_leased;

	if (*n == ADDRESSES_MAX)
		return;
	*to = address->ip;
	is_leased = leased->family == to->family &&
		!memcmp(leased->bytes, to->bytes, sizeof(to->bytes));
	if (is_leased)
		to->origin = HV_IC_KVP_ORIGIN_DYNAMIC;
	if (to->family == 4 && to->origin == HV_IC_KVP_ORIGIN_DYNAMIC &&
	    address->scope != RT_SCOPE_LINK)
		ip->dhcp = 1;
	ip->n_addresses++;
	++*n;
}

static void add_gateways(const struct hvic_net *net, int index, uint8_t family,
			 struct hv_ic_kvp_ip *ip)
{
	const struct hvic_route *last = NULL;

	/* By metric; few enough to look for the next one each time. */
	for (unsigned int n = 0; n < GATEWAYS_MAX;) {
		const struct hvic_route *next = NULL;
		bool is_known = false;

		for (size_t i = 0; i < net->n_routes; i++) {
			const struct hvic_route *route = &net->routes[i];

			if (route->index != index || route->gateway.family != family ||
			    (last && (route->metric < last->metric ||
				      (route->metric == last->metric && route <= last))))
				continue;
			if (!next || route->metric < next->metric)
				next = route;
		}
		if (!next)
			return;
		last = next;
		for (unsigned int i = 0; i < ip->n_gateways; i++)
			if (!memcmp(&ip->gateways[i], &next->gateway, sizeof(next->gateway)))
				is_known = true;
		if (is_known)
			continue;
		ip->gateways[ip->n_gateways++] = next->gateway;
		n++;
	}
}

/**
 * hvic_adapters_describe() - how an adapter is set up
 * @net: the network
 * @leases: what files say
 * @adapter: its MAC address or the GUID of its VMBus device
 * @ip: to be filled in; what does not fit is left out
 *
 * Return: 0, %-ENODEV if there is no such adapter, or %-ENOMEM.
 */
int hvic_adapters_describe(const struct hvic_net *net, struct hvic_leases *leases,
			   const char *adapter, struct hv_ic_kvp_ip *ip)
{
	const struct hvic_link *link = hvic_adapters_find(net, adapter);
	unsigned int used[2] = { };
	const struct hvic_lease *lease;
	struct ranked *all;
	size_t n;

	memset(ip, 0, sizeof(*ip));
	if (!link)
		return -ENODEV;
	snprintf(ip->adapter, sizeof(ip->adapter), "%s", adapter);
	lease = hvic_lease_find(leases, link->index, link->name);
	if (!lease)
		return -ENOMEM;
	all = rank_all(net, link->index, 0, &n);
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		add_address(ip, all[i].address, &lease->leased, used);
	free(all);
	add_gateways(net, link->index, 4, ip);
	add_gateways(net, link->index, 6, ip);
	for (size_t i = 0; i < lease->servers.n; i++)
		ip->dns[ip->n_dns++] = lease->servers.ip[i];
	return 0;
}
