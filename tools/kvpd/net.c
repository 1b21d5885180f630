// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's links, addresses and default routes, as rtnetlink tells them.
 *
 * An event says that something has changed, and of which sort; what there is now is asked for anew.
 * That costs three questions where one event could have been applied, but it cannot drift: the
 * kernel does not tell of every route that goes with an address or a link. It is not asked before
 * somebody wants to know: a machine that starts a thousand containers would have us ask ten
 * thousand times, each time for all of them. Other routes than the default ones are none of our
 * business, however many there are.
 */
#include "net.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "array.h"
#include "root.h"

#ifndef IFA_PROTO
#define IFA_PROTO 11
#endif

enum { LINKS = 1 << 0, ADDRESSES = 1 << 1, ROUTES = 1 << 2, ALL = LINKS | ADDRESSES | ROUTES };

/* The kernel answers at once; this is in case that it does not. */
#define TIMEOUT_S 5

static void *grow(void *array, size_t n, size_t size)
{
	/* By powers of two, from 8 on. */
	if (n && (n < 8 || n & (n - 1)))
		return array;
	return reallocarray(array, n ? n * 2 : 8, size);
}

/* --- Links. ------------------------------------------------------------------------------ */

static int take_kind(const struct nlattr *attr, void *data)
{
	struct hvic_link *link = data;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND &&
	    mnl_attr_validate(attr, MNL_TYPE_STRING) >= 0)
		snprintf(link->kind, sizeof(link->kind), "%.*s",
			 (int)mnl_attr_get_payload_len(attr), mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

static int take_link_attr(const struct nlattr *attr, void *data)
{
	struct hvic_link *link = data;
	size_t len = mnl_attr_get_payload_len(attr);

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		snprintf(link->name, sizeof(link->name), "%.*s", (int)len, mnl_attr_get_str(attr));
		break;
	case IFLA_ADDRESS:
		link->has_mac = len == sizeof(link->mac);
		if (link->has_mac)
			memcpy(link->mac, mnl_attr_get_payload(attr), len);
		break;
	case IFLA_MASTER:
		if (len == sizeof(uint32_t))
			link->master = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attr, take_kind, link);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

/**
 * hvic_net_take_link() - take a link of a dump
 * @message: RTM_NEWLINK
 * @data: struct hvic_net
 *
 * Return: %MNL_CB_OK or, without memory, %MNL_CB_ERROR.
 */
int hvic_net_take_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct hvic_net *net = data;
	struct hvic_link *link, *more;

	if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return MNL_CB_OK;
	more = grow(net->links, net->n_links, sizeof(*more));
	if (!more)
		return MNL_CB_ERROR;
	net->links = more;
	link = &more[net->n_links];
	*link = (struct hvic_link){ .index = info->ifi_index, .flags = info->ifi_flags };
	mnl_attr_parse(message, sizeof(*info), take_link_attr, link);
	if (!link->kind[0] && !(link->flags & IFF_LOOPBACK))
		hvu_read(net->root, link->guid, sizeof(link->guid),
			 "sys/class/net/%s/device/device_id", link->name);
	if (link->guid[0] != '{')
		link->guid[0] = '\0';
	net->n_links++;
	return MNL_CB_OK;
}

/** hvic_net_link() - the link of that index; NULL if there is none */
const struct hvic_link *hvic_net_link(const struct hvic_net *net, int index)
{
	for (size_t i = 0; i < net->n_links; i++)
		if (net->links[i].index == index)
			return &net->links[i];
	return NULL;
}

/* --- Addresses. -------------------------------------------------------------------------- */

static uint8_t family_of(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0;
}

static size_t address_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

static bool take_bytes(const struct nlattr *attr, uint8_t family, uint8_t bytes[static 16])
{
	if (!attr || mnl_attr_get_payload_len(attr) != address_size(family))
		return false;
	memcpy(bytes, mnl_attr_get_payload(attr), address_size(family));
	return true;
}

/**
 * struct found - attributes of a message, by their types
 * @attrs: those
 * @max: highest type
 */
struct found {
	const struct nlattr *attrs[32];
	unsigned int max;
};

static int take_attr(const struct nlattr *attr, void *data)
{
	struct found *found = data;
	unsigned int type = mnl_attr_get_type(attr);

	if (type <= found->max)
		found->attrs[type] = attr;
	return MNL_CB_OK;
}

static uint32_t get_u32(const struct nlattr *attr, uint32_t otherwise)
{
	return attr && mnl_attr_get_payload_len(attr) == sizeof(uint32_t) ?
		mnl_attr_get_u32(attr) : otherwise;
}

/* An address that ends by itself has been lent. */
static uint8_t origin_of(const struct hvic_address *address, const struct nlattr *protocol)
{
	bool is_kernels = protocol && mnl_attr_get_payload_len(protocol) == 1 &&
		mnl_attr_get_u8(protocol);

	if (!(address->flags & IFA_F_PERMANENT) || address->scope == RT_SCOPE_LINK || is_kernels)
		return HV_IC_KVP_ORIGIN_DYNAMIC;
	return HV_IC_KVP_ORIGIN_STATIC;
}

/**
 * hvic_net_take_address() - take an address of a dump
 * @message: RTM_NEWADDR
 * @data: struct hvic_net
 *
 * Return: %MNL_CB_OK or, without memory, %MNL_CB_ERROR.
 */
int hvic_net_take_address(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	struct hvic_address address, *more;
	struct hvic_net *net = data;
	struct found found = { .max = IFA_PROTO };

	if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(*info), take_attr, &found);
	address = (struct hvic_address){
		.index = info->ifa_index, .scope = info->ifa_scope,
		.flags = get_u32(found.attrs[IFA_FLAGS], info->ifa_flags),
		.ip = { .family = family_of(info->ifa_family), .prefix = info->ifa_prefixlen },
	};
	/* At a point-to-point link ADDRESS is the peer's. */
	if (!address.ip.family ||
	    (!take_bytes(found.attrs[IFA_LOCAL], address.ip.family, address.ip.bytes) &&
	     !take_bytes(found.attrs[IFA_ADDRESS], address.ip.family, address.ip.bytes)))
		return MNL_CB_OK;
	address.ip.origin = origin_of(&address, found.attrs[IFA_PROTO]);
	more = grow(net->addresses, net->n_addresses, sizeof(*more));
	if (!more)
		return MNL_CB_ERROR;
	net->addresses = more;
	more[net->n_addresses++] = address;
	return MNL_CB_OK;
}

/* --- Routes. ----------------------------------------------------------------------------- */

static int add_route(struct hvic_net *net, struct hvic_route *route, const struct nlattr *gateway,
		     const struct nlattr *via)
{
	struct hvic_route *more;

	if (take_bytes(gateway, route->family, route->gateway.bytes)) {
		route->gateway.family = route->family;
	} else if (via && mnl_attr_get_payload_len(via) == sizeof(struct rtvia) + 16) {
		/* IPv4 by way of an IPv6 router. */
		route->gateway.family = 6;
		memcpy(route->gateway.bytes, (char *)mnl_attr_get_payload(via) +
		       sizeof(struct rtvia), 16);
	}
	more = grow(net->routes, net->n_routes, sizeof(*more));
	if (!more)
		return MNL_CB_ERROR;
	net->routes = more;
	more[net->n_routes++] = *route;
	return MNL_CB_OK;
}

static int add_hops(struct hvic_net *net, const struct hvic_route *route, const struct nlattr *hops)
{
	int left = mnl_attr_get_payload_len(hops);
	struct rtnexthop *hop = mnl_attr_get_payload(hops);
	int ret = MNL_CB_OK;

	/* RTNH_OK() alone looks at the length of a hop that is not there. */
	for (; ret == MNL_CB_OK && left >= (int)sizeof(*hop) && RTNH_OK(hop, left);
	     left -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		struct found found = { .max = RTA_VIA };
		struct hvic_route one = *route;

		mnl_attr_parse_payload(RTNH_DATA(hop), hop->rtnh_len - sizeof(*hop), take_attr,
				       &found);
		one.index = hop->rtnh_ifindex;
		ret = add_route(net, &one, found.attrs[RTA_GATEWAY], found.attrs[RTA_VIA]);
	}
	return ret;
}

static bool is_default_route(const struct nlmsghdr *message)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);

	return message->nlmsg_len >= NLMSG_LENGTH(sizeof(*info)) && !info->rtm_dst_len &&
	       info->rtm_type == RTN_UNICAST && family_of(info->rtm_family) &&
	       !(info->rtm_flags & RTM_F_CLONED);
}

/**
 * hvic_net_take_route() - take a route of a dump, if it is a default one
 * @message: RTM_NEWROUTE
 * @data: struct hvic_net
 *
 * Return: %MNL_CB_OK or, without memory, %MNL_CB_ERROR.
 */
int hvic_net_take_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);
	struct found found = { .max = RTA_VIA };
	struct hvic_net *net = data;
	struct hvic_route route;

	if (message->nlmsg_type != RTM_NEWROUTE || !is_default_route(message))
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(*info), take_attr, &found);
	route = (struct hvic_route){
		.family = family_of(info->rtm_family),
		.index = get_u32(found.attrs[RTA_OIF], 0),
		.table = get_u32(found.attrs[RTA_TABLE], info->rtm_table),
		.metric = get_u32(found.attrs[RTA_PRIORITY], 0),
	};
	if (found.attrs[RTA_MULTIPATH])
		return add_hops(net, &route, found.attrs[RTA_MULTIPATH]);
	return add_route(net, &route, found.attrs[RTA_GATEWAY], found.attrs[RTA_VIA]);
}

/* --- Questions. --------------------------------------------------------------------------- */

static struct mnl_socket *open_socket(unsigned int groups)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (socket && mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(socket);
		return NULL;
	}
	return socket;
}

/* Has something changed while the kernel answered? libmnl would stop there, in the middle. */
static bool take_torn(struct nlmsghdr *message, int len)
{
	bool torn = false;

	for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len)) {
		torn |= message->nlmsg_flags & NLM_F_DUMP_INTR;
		message->nlmsg_flags &= ~NLM_F_DUMP_INTR;
	}
	return torn;
}

static int ask_by(struct mnl_socket *socket, struct hvic_net *net, int type, mnl_cb_t take)
{
	char buffer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	unsigned int port = mnl_socket_get_portid(socket);
	struct rtgenmsg *any;
	bool torn = false;
	int ret;

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	any = mnl_nlmsg_put_extra_header(request, sizeof(*any));
	any->rtgen_family = AF_UNSPEC;
	net->n_dumps++;
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

		if (len < 0)
			return -errno;
		torn |= take_torn((struct nlmsghdr *)buffer, len);
		ret = mnl_cb_run(buffer, len, 0, port, take, net);
	} while (ret > 0);
	return ret < 0 ? -errno : torn;
}

/*
 * 1 if something changed while the kernel answered, or a negative errno. A question has a socket of
 * its own: what is left of an answer that was not read to its end goes with it.
 */
static int ask(struct hvic_net *net, int type, mnl_cb_t take)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	struct mnl_socket *socket = open_socket(0);
	int ret;

	if (!socket)
		return -errno;
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	ret = ask_by(socket, net, type, take);
	mnl_socket_close(socket);
	return ret;
}

/* Where changes do not end, what the last answer has is better than nothing. */
static int ask_again(struct hvic_net *net, int type, mnl_cb_t take, size_t *n)
{
	int ret = 1;

	for (int tries = 0; tries < 5 && ret == 1; tries++) {
		*n = 0;
		ret = ask(net, type, take);
	}
	return ret;
}

static int ask_for_stale(struct hvic_net *net)
{
	const struct {
		unsigned int part;
		int type;
		mnl_cb_t take;
		size_t *n;
	} questions[] = {
		{ LINKS, RTM_GETLINK, hvic_net_take_link, &net->n_links },
		{ ADDRESSES, RTM_GETADDR, hvic_net_take_address, &net->n_addresses },
		{ ROUTES, RTM_GETROUTE, hvic_net_take_route, &net->n_routes },
	};

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		int ret;

		if (!(net->stale & questions[i].part))
			continue;
		ret = ask_again(net, questions[i].type, questions[i].take, questions[i].n);
		if (ret < 0)
			return ret;
		/* What may be wrong is asked for anew next time. */
		if (!ret)
			net->stale &= ~questions[i].part;
	}
	return 0;
}

/* --- Events. ------------------------------------------------------------------------------ */

/**
 * hvic_net_take_event() - take note of what has changed
 * @message: any
 * @data: struct hvic_net
 *
 * Return: %MNL_CB_OK.
 */
int hvic_net_take_event(const struct nlmsghdr *message, void *data)
{
	struct hvic_net *net = data;

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		/* What goes with a link that goes down is not always told. */
		net->stale |= ALL;
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		net->stale |= ADDRESSES | ROUTES;
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (is_default_route(message))
			net->stale |= ROUTES;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

/**
 * hvic_net_note() - take note of what has changed, and ask for nothing yet
 * @net: the network; call it when its descriptor can be read
 */
void hvic_net_note(struct hvic_net *net)
{
	char buffer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	int fd = mnl_socket_get_fd(net->events);
	ssize_t len;

	do {
		len = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (len < 0 && errno == ENOBUFS)
			net->stale = ALL;
		if (len > 0)
			mnl_cb_run(buffer, len, 0, 0, hvic_net_take_event, net);
	} while (len > 0 || (len < 0 && (errno == EINTR || errno == ENOBUFS)));
}

/**
 * hvic_net_refresh() - learn what has changed
 * @net: the network; call it before an answer
 *
 * Where nothing has changed that is one system call.
 *
 * Return: 0 or a negative errno; what was known before may be lost then.
 */
int hvic_net_refresh(struct hvic_net *net)
{
	hvic_net_note(net);
	return net->stale ? ask_for_stale(net) : 0;
}

/** hvic_net_fd() - what to wait on: it can be read when something has changed */
int hvic_net_fd(const struct hvic_net *net)
{
	return mnl_socket_get_fd(net->events);
}

/**
 * hvic_net_open() - learn what there is
 * @net: to be filled in
 * @root: below which /sys is
 *
 * Return: 0 or a negative errno. Close only after success.
 */
int hvic_net_open(struct hvic_net *net, int root)
{
	int ret;

	*net = (struct hvic_net){ .root = root, .stale = ALL };
	/* ORDER: changes first, so that none is between. */
	net->events = open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
				  RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE);
	if (!net->events)
		return -errno;
	ret = hvic_net_refresh(net);
	if (ret)
		hvic_net_close(net);
	return ret;
}

/** hvic_net_close() - end of hvic_net_open() */
void hvic_net_close(struct hvic_net *net)
{
	mnl_socket_close(net->events);
	free(net->links);
	free(net->addresses);
	free(net->routes);
}
