// SPDX-License-Identifier: GPL-2.0
/* The kernel's own tables, in a network namespace of the test's own. */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

#define LO 1

/* Not every machine that builds lets us have one. */
static void need_namespace(void)
{
	static int own = -1;

	if (own < 0)
		own = !unshare(CLONE_NEWNET) || !unshare(CLONE_NEWUSER | CLONE_NEWNET);
	if (!own)
		skip();
}

static void send_request(struct nlmsghdr *request)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_ROUTE);
	char buffer[8192];
	ssize_t len;

	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	assert_int_equal(mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID), 0);
	assert_true(mnl_socket_sendto(socket, request, request->nlmsg_len) > 0);
	len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
	assert_int_equal(mnl_cb_run(buffer, len, 0, 0, NULL, NULL), MNL_CB_STOP);
	mnl_socket_close(socket);
}

static void set_up(bool up)
{
	char buffer[1024];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	request->nlmsg_type = RTM_NEWLINK;
	info->ifi_index = LO;
	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	send_request(request);
}

static void change_address(int type, const char *text, uint8_t scope, uint32_t valid)
{
	char buffer[1024];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	struct ifa_cacheinfo life = { .ifa_valid = valid, .ifa_prefered = valid };
	uint32_t address = inet_addr(text);

	request->nlmsg_type = type;
	request->nlmsg_flags = type == RTM_NEWADDR ? NLM_F_CREATE : 0;
	info->ifa_family = AF_INET;
	info->ifa_prefixlen = 24;
	info->ifa_scope = scope;
	info->ifa_index = LO;
	mnl_attr_put(request, IFA_LOCAL, sizeof(address), &address);
	mnl_attr_put(request, IFA_ADDRESS, sizeof(address), &address);
	if (type == RTM_NEWADDR)
		mnl_attr_put(request, IFA_CACHEINFO, sizeof(life), &life);
	send_request(request);
}

/* A loopback has no gateways: adapters.c has tests of those. */
static void add_route(const char *to, uint8_t prefix, uint32_t metric)
{
	char buffer[1024];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	uint32_t address = inet_addr(to);

	request->nlmsg_type = RTM_NEWROUTE;
	request->nlmsg_flags = NLM_F_CREATE;
	info->rtm_family = AF_INET;
	info->rtm_dst_len = prefix;
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_protocol = RTPROT_STATIC;
	info->rtm_type = RTN_UNICAST;
	info->rtm_scope = RT_SCOPE_LINK;
	if (prefix)
		mnl_attr_put(request, RTA_DST, sizeof(address), &address);
	mnl_attr_put_u32(request, RTA_OIF, LO);
	mnl_attr_put_u32(request, RTA_PRIORITY, metric);
	send_request(request);
}

static const struct hvic_address *find(const struct hvic_net *net, const char *text)
{
	uint32_t address = inet_addr(text);

	for (size_t i = 0; i < net->n_addresses; i++)
		if (net->addresses[i].ip.family == 4 &&
		    !memcmp(net->addresses[i].ip.bytes, &address, sizeof(address)))
			return &net->addresses[i];
	return NULL;
}

static void events(void **state)
{
	struct unit_root *root = *state;
	struct hvic_net net;
	struct pollfd wait;
	unsigned int before;

	need_namespace();
	set_up(true);
	unit_file(root, "sys/class/net/lo/device/device_id",
		  "{F8615163-df3e-46c5-913f-f2d2f965ed0e}\n");
	assert_int_equal(hvic_net_open(&net, root->fd), 0);
	assert_string_equal(hvic_net_link(&net, LO)->name, "lo");
	assert_null(hvic_net_link(&net, 999));
	assert_true(hvic_net_link(&net, LO)->flags & IFF_LOOPBACK);
	assert_int_equal(hvic_net_link(&net, LO)->guid[0], '\0');
	assert_null(find(&net, "192.0.2.1"));

	/* Nothing has changed: nothing is asked. */
	before = net.n_dumps;
	assert_int_equal(hvic_net_refresh(&net), 0);
	assert_int_equal(net.n_dumps, before);

	change_address(RTM_NEWADDR, "192.0.2.1", RT_SCOPE_UNIVERSE, UINT32_MAX);
	wait = (struct pollfd){ .fd = hvic_net_fd(&net), .events = POLLIN };
	assert_int_equal(poll(&wait, 1, 1000), 1);
	assert_int_equal(hvic_net_refresh(&net), 0);
	assert_non_null(find(&net, "192.0.2.1"));
	assert_int_equal(find(&net, "192.0.2.1")->ip.prefix, 24);
	assert_int_equal(find(&net, "192.0.2.1")->index, LO);
	assert_int_equal(find(&net, "192.0.2.1")->ip.origin, HV_IC_KVP_ORIGIN_STATIC);

	change_address(RTM_NEWADDR, "198.51.100.1", RT_SCOPE_UNIVERSE, 600);
	change_address(RTM_NEWADDR, "169.254.0.1", RT_SCOPE_LINK, UINT32_MAX);
	change_address(RTM_DELADDR, "192.0.2.1", RT_SCOPE_UNIVERSE, 0);
	assert_int_equal(hvic_net_refresh(&net), 0);
	assert_null(find(&net, "192.0.2.1"));
	assert_int_equal(find(&net, "198.51.100.1")->ip.origin, HV_IC_KVP_ORIGIN_DYNAMIC);
	assert_int_equal(find(&net, "169.254.0.1")->scope, RT_SCOPE_LINK);
	hvic_net_close(&net);
}

static void routes(void **state)
{
	struct hvic_net net;
	unsigned int before;

	need_namespace();
	set_up(true);
	change_address(RTM_NEWADDR, "192.0.2.1", RT_SCOPE_UNIVERSE, UINT32_MAX);
	assert_int_equal(hvic_net_open(&net, ((struct unit_root *)*state)->fd), 0);
	assert_int_equal(net.n_routes, 0);

	/* Only default routes are our business. */
	before = net.n_dumps;
	add_route("203.0.113.0", 24, 0);
	assert_int_equal(hvic_net_refresh(&net), 0);
	assert_int_equal(net.n_dumps, before);
	add_route("0.0.0.0", 0, 100);
	add_route("0.0.0.0", 0, 50);
	assert_int_equal(hvic_net_refresh(&net), 0);
	assert_int_equal(net.n_routes, 2);
	assert_int_equal(net.routes[0].metric + net.routes[1].metric, 150);
	assert_int_equal(net.routes[0].table, RT_TABLE_MAIN);
	assert_int_equal(net.routes[0].gateway.family, 0);
	assert_int_equal(net.routes[0].index, LO);

	/* They go with the link, of which the kernel tells no more than that. */
	set_up(false);
	assert_int_equal(hvic_net_refresh(&net), 0);
	assert_int_equal(net.n_routes, 0);
	hvic_net_close(&net);
}

/* What was lost is asked for. */
static void lost_events(void **state)
{
	struct hvic_net net;
	int size = 1;

	need_namespace();
	set_up(true);
	assert_int_equal(hvic_net_open(&net, ((struct unit_root *)*state)->fd), 0);
	setsockopt(hvic_net_fd(&net), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (int i = 0; i < 50; i++) {
		char text[32];

		snprintf(text, sizeof(text), "198.18.0.%d", 1 + i);
		change_address(RTM_NEWADDR, text, RT_SCOPE_UNIVERSE, UINT32_MAX);
	}
	assert_int_equal(hvic_net_refresh(&net), 0);
	assert_non_null(find(&net, "198.18.0.1"));
	assert_non_null(find(&net, "198.18.0.50"));
	hvic_net_close(&net);
}

/* --- Changes while the kernel answers. ---------------------------------------------------- */

/* The kernel prepares a part before the one before it is read, so that it takes three. */
#define MANY 1500

/* How many more parts of an answer are followed by a change. */
static int changes;

/* In the place of libmnl's: something changes as soon as a part of an answer is read. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *socket, void *buffer, size_t size)
{
	static unsigned int n;
	ssize_t len = recv(mnl_socket_get_fd(socket), buffer, size, 0);

	if (changes && ((struct nlmsghdr *)buffer)->nlmsg_type == RTM_NEWADDR) {
		changes--;
		change_address(n++ % 2 ? RTM_DELADDR : RTM_NEWADDR, "203.0.113.7",
			       RT_SCOPE_UNIVERSE, UINT32_MAX);
	}
	return len;
}

static void expect_many(const struct hvic_net *net)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < MANY; i++) {
		char text[32];

		snprintf(text, sizeof(text), "198.19.%u.%u", i / 250, i % 250 + 1);
		found += !!find(net, text);
	}
	assert_int_equal(found, MANY);
}

/* An answer of more than one part, between which something changes. */
static void torn(void **state)
{
	struct hvic_net net;

	need_namespace();
	set_up(true);
	for (unsigned int i = 0; i < MANY; i++) {
		char text[32];

		snprintf(text, sizeof(text), "198.19.%u.%u", i / 250, i % 250 + 1);
		change_address(RTM_NEWADDR, text, RT_SCOPE_UNIVERSE, UINT32_MAX);
	}
	assert_int_equal(hvic_net_open(&net, ((struct unit_root *)*state)->fd), 0);
	expect_many(&net);

	/* Once: it is asked again. */
	change_address(RTM_NEWADDR, "203.0.113.1", RT_SCOPE_UNIVERSE, UINT32_MAX);
	changes = 1;
	assert_int_equal(hvic_net_refresh(&net), 0);
	assert_int_equal(changes, 0);
	expect_many(&net);
	assert_non_null(find(&net, "203.0.113.1"));

	/* Without an end: that is no reason to tell the host of no address at all. */
	change_address(RTM_NEWADDR, "203.0.113.2", RT_SCOPE_UNIVERSE, UINT32_MAX);
	changes = -1;
	assert_int_equal(hvic_net_refresh(&net), 0);
	changes = 0;
	expect_many(&net);

	/* And at last, all is as it is. */
	change_address(RTM_NEWADDR, "203.0.113.3", RT_SCOPE_UNIVERSE, UINT32_MAX);
	assert_int_equal(hvic_net_refresh(&net), 0);
	expect_many(&net);
	assert_non_null(find(&net, "203.0.113.2"));
	assert_non_null(find(&net, "203.0.113.3"));
	hvic_net_close(&net);
}

/* However much happens, nothing is asked for before somebody wants to know. */
static void many_events(void **state)
{
	struct hvic_net net;
	unsigned int before;

	need_namespace();
	set_up(true);
	assert_int_equal(hvic_net_open(&net, ((struct unit_root *)*state)->fd), 0);
	before = net.n_dumps;
	for (int i = 0; i < 50; i++) {
		change_address(i % 2 ? RTM_DELADDR : RTM_NEWADDR, "203.0.113.9",
			       RT_SCOPE_UNIVERSE, UINT32_MAX);
		hvic_net_note(&net);
	}
	change_address(RTM_NEWADDR, "203.0.113.9", RT_SCOPE_UNIVERSE, UINT32_MAX);
	hvic_net_note(&net);
	assert_int_equal(net.n_dumps, before);
	assert_int_equal(hvic_net_refresh(&net), 0);
	assert_true(net.n_dumps <= before + 3);
	assert_non_null(find(&net, "203.0.113.9"));
	hvic_net_close(&net);
}

/* Messages that the kernel would not send. */
static void malformed(void **state)
{
	struct hvic_net net = { .root = ((struct unit_root *)*state)->fd };
	char buffer[256] __attribute__((aligned(4)));
	static const uint16_t types[] = { RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE };
	static const mnl_cb_t takes[] = {
		hvic_net_take_link, hvic_net_take_address, hvic_net_take_route,
	};

	for (unsigned int len = NLMSG_LENGTH(0); len <= sizeof(buffer); len++) {
		for (size_t i = 0; i < 3; i++) {
			struct nlmsghdr *message = (struct nlmsghdr *)buffer;

			memset(buffer, 0xa5, sizeof(buffer));
			for (size_t at = NLMSG_LENGTH(0); at < sizeof(buffer); at += 7)
				buffer[at] = (char)(len + at);
			message->nlmsg_len = len;
			message->nlmsg_type = types[i];
			takes[i](message, &net);
		}
	}
	free(net.links);
	free(net.addresses);
	free(net.routes);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events), TEST(routes), TEST(lost_events), TEST(torn),
		TEST(many_events), TEST(malformed),
	};

	return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
