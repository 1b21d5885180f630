// SPDX-License-Identifier: GPL-2.0
/* The network as the host sees it, of tables that are made up here. */
#include "adapters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "array.h"
#include "unit.h"

#define GUID "{f8615163-df3e-46c5-913f-f2d2f965ed0e}"

/**
 * struct play - a network
 * @net: it
 * @leases: what files say
 * @links: of @net
 * @addresses: of @net
 * @routes: of @net
 */
struct play {
	struct hvic_net net;
	struct hvic_leases leases;
	struct hvic_link links[16];
	struct hvic_address addresses[256];
	struct hvic_route routes[16];
};

static struct play *begin(void **state)
{
	struct play *play = calloc(1, sizeof(*play));

	assert_non_null(play);
	play->net.links = play->links;
	play->net.addresses = play->addresses;
	play->net.routes = play->routes;
	play->leases.root = ((struct unit_root *)*state)->fd;
	return play;
}

static void end(struct play *play)
{
	hvic_leases_free(&play->leases);
	free(play);
}

/* Number, name, kind, and the last byte of its MAC address; 0 for none. */
static struct hvic_link *add_link(struct play *play, const char *name, const char *kind,
				  uint8_t mac)
{
	struct hvic_link *link = &play->links[play->net.n_links++];

	link->index = play->net.n_links;
	link->flags = IFF_UP;
	snprintf(link->name, sizeof(link->name), "%s", name);
	snprintf(link->kind, sizeof(link->kind), "%s", kind);
	link->has_mac = mac;
	memcpy(link->mac, (uint8_t []){ 0x00, 0x15, 0x5d, 0x01, 0x02, mac }, 6);
	return link;
}

static uint8_t read_address(const char *text, uint8_t bytes[static 16])
{
	if (inet_pton(AF_INET, text, bytes) == 1)
		return 4;
	assert_int_equal(inet_pton(AF_INET6, text, bytes), 1);
	return 6;
}

static struct hvic_address *add_address(struct play *play, const struct hvic_link *link,
					const char *text, uint32_t flags)
{
	struct hvic_address *address = &play->addresses[play->net.n_addresses++];

	address->index = link->index;
	address->flags = flags;
	address->ip.family = read_address(text, address->ip.bytes);
	address->ip.prefix = address->ip.family == 4 ? 24 : 64;
	address->ip.origin = flags & IFA_F_PERMANENT ? HV_IC_KVP_ORIGIN_STATIC :
		HV_IC_KVP_ORIGIN_DYNAMIC;
	address->scope = strncmp(text, "fe80", 4) && strncmp(text, "169.254.", 8) ?
		RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	return address;
}

static struct hvic_route *add_route(struct play *play, const struct hvic_link *link,
				    const char *gateway, uint32_t metric)
{
	struct hvic_route *route = &play->routes[play->net.n_routes++];

	route->index = link->index;
	route->table = RT_TABLE_MAIN;
	route->metric = metric;
	route->family = read_address(gateway, route->gateway.bytes);
	route->gateway.family = route->family;
	return route;
}

static void expect_list(struct play *play, uint8_t family, const char *expected)
{
	char *none[] = { NULL }, text[1024];

	assert_int_equal(hvic_adapters_list(&play->net, none, family, text, sizeof(text)),
			 strlen(expected));
	assert_string_equal(text, expected);
}

static void order(void **state)
{
	struct play *play = begin(state);
	struct hvic_link *lo, *docker, *veth, *eth0, *eth1, *tun, *down;

	expect_list(play, 4, "");
	lo = add_link(play, "lo", "", 0);
	docker = add_link(play, "docker0", "bridge", 9);
	veth = add_link(play, "veth12", "veth", 8);
	eth0 = add_link(play, "eth0", "", 1);
	eth1 = add_link(play, "eth1", "", 2);
	tun = add_link(play, "tun0", "tun", 0);
	down = add_link(play, "eth2", "", 3);
	lo->flags |= IFF_LOOPBACK;
	down->flags = 0;
	veth->master = docker->index;
	add_address(play, lo, "127.0.0.1", IFA_F_PERMANENT)->scope = RT_SCOPE_HOST;
	add_address(play, docker, "172.17.0.1", IFA_F_PERMANENT);
	add_address(play, veth, "172.18.0.1", IFA_F_PERMANENT);
	add_address(play, tun, "10.8.0.2", IFA_F_PERMANENT);
	add_address(play, eth0, "169.254.3.4", IFA_F_PERMANENT);
	add_address(play, eth0, "192.0.2.5", IFA_F_PERMANENT);
	add_address(play, eth1, "198.51.100.5", IFA_F_PERMANENT);
	add_address(play, eth1, "198.51.100.6", IFA_F_PERMANENT | IFA_F_SECONDARY);
	add_address(play, down, "203.0.113.1", IFA_F_PERMANENT);
	add_address(play, eth0, "fe80::1", IFA_F_PERMANENT);
	add_address(play, eth0, "2001:db8::dead", IFA_F_DEPRECATED);
	add_address(play, eth0, "2001:db8::7e", IFA_F_TEMPORARY);
	add_address(play, eth0, "2001:db8::5", 0);
	add_address(play, eth0, "2001:db8::6", IFA_F_TENTATIVE);
	add_address(play, eth0, "2001:db8::8", IFA_F_TENTATIVE | IFA_F_DADFAILED);
	expect_list(play, 4, "192.0.2.5;198.51.100.5;198.51.100.6;10.8.0.2;169.254.3.4");

	add_route(play, eth0, "192.0.2.1", 200);
	add_route(play, eth1, "198.51.100.1", 100);
	expect_list(play, 4, "198.51.100.5;198.51.100.6;192.0.2.5;10.8.0.2;169.254.3.4");
	expect_list(play, 6, "2001:db8::5;2001:db8::7e;2001:db8::dead;fe80::1");

	/* A table for some packets only does not count. */
	play->routes[1].table = 100;
	expect_list(play, 4, "192.0.2.5;198.51.100.5;198.51.100.6;10.8.0.2;169.254.3.4");
	/* A bridge with the default route, or with a port to the world, is shown. */
	add_route(play, docker, "172.17.0.254", 5);
	expect_list(play, 4,
		    "172.17.0.1;192.0.2.5;198.51.100.5;198.51.100.6;10.8.0.2;169.254.3.4");
	play->net.n_routes--;
	eth1->master = docker->index;
	expect_list(play, 4,
		    "192.0.2.5;198.51.100.5;198.51.100.6;172.17.0.1;10.8.0.2;169.254.3.4");
	end(play);
}

static void excluded(void **state)
{
	char *globs[] = { (char *)"tun*", (char *)"eth[1-9]", NULL };
	struct play *play = begin(state);
	char text[64];

	add_address(play, add_link(play, "tun0", "tun", 0), "10.8.0.2", IFA_F_PERMANENT);
	add_address(play, add_link(play, "eth1", "", 1), "192.0.2.5", IFA_F_PERMANENT);
	add_address(play, add_link(play, "eth0", "", 2), "192.0.2.6", IFA_F_PERMANENT);
	hvic_adapters_list(&play->net, globs, 4, text, sizeof(text));
	assert_string_equal(text, "192.0.2.6");
	end(play);
}

/* Whole addresses are left out, and the first ones are there. */
static void overflow(void **state)
{
	struct play *play = begin(state);
	struct hvic_link *link = add_link(play, "eth0", "", 1);
	char *none[] = { NULL }, text[1024], exact[16];
	struct hv_ic_kvp_ip ip;

	for (unsigned int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "203.0.113.%u", 100 + i);
		add_address(play, link, text, IFA_F_PERMANENT);
		snprintf(text, sizeof(text), "2001:db8::%x", 1 + i);
		add_address(play, link, text, IFA_F_PERMANENT);
	}
	hvic_adapters_list(&play->net, none, 4, text, sizeof(text));
	assert_memory_equal(text, "203.0.113.100;203.0.113.101;", 28);
	assert_in_range(strlen(text), 1024 - 15, 1023);
	assert_int_equal((strlen(text) + 1) % 14, 0);
	hvic_adapters_list(&play->net, none, 4, exact, 14);
	assert_string_equal(exact, "203.0.113.100");
	hvic_adapters_list(&play->net, none, 4, exact, 13);
	assert_string_equal(exact, "");

	for (unsigned int i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "203.0.113.%u", 1 + i);
		add_route(play, link, text, 10 - i);
		snprintf(text, sizeof(text), "2001:db8::%x", 0xff00 + i);
		add_route(play, link, text, 10);
	}
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, "00:15:5d:01:02:01",
						&ip), 0);
	assert_int_equal(ip.n_addresses, HV_IC_KVP_ADDRESSES);
	assert_int_equal(ip.n_gateways, HV_IC_KVP_GATEWAYS);
	assert_int_equal(ip.gateways[0].bytes[3], 8);
	assert_int_equal(ip.gateways[4].bytes[3], 4);
	assert_int_equal(ip.gateways[5].bytes[15], 0);
	assert_int_equal(ip.gateways[9].bytes[15], 4);
	end(play);
}

static void expect_ip(struct play *play, const char *adapter, const char *first, uint32_t n)
{
	uint8_t bytes[16] = { };
	struct hv_ic_kvp_ip ip;

	read_address(first, bytes);
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, adapter, &ip), 0);
	assert_int_equal(ip.n_addresses, n);
	assert_memory_equal(ip.addresses[0].bytes, bytes, sizeof(bytes));
}

static void ids(void **state)
{
	struct play *play = begin(state);
	struct hvic_link *eth0 = add_link(play, "eth0", "", 1);
	struct hvic_link *eth1 = add_link(play, "eth1", "", 2);
	struct hv_ic_kvp_ip ip;

	snprintf(eth1->guid, sizeof(eth1->guid), "%s", GUID);
	add_address(play, eth0, "192.0.2.1", IFA_F_PERMANENT);
	add_address(play, eth1, "192.0.2.2", IFA_F_PERMANENT);
	add_address(play, eth1, "2001:db8::2", IFA_F_PERMANENT);
	add_route(play, eth0, "192.0.2.254", 1);
	expect_ip(play, "00:15:5d:01:02:01", "192.0.2.1", 1);
	expect_ip(play, "00:15:5D:01:02:02", "192.0.2.2", 2);
	expect_ip(play, GUID, "192.0.2.2", 2);
	/* Gateways are those of the adapter, not of the machine. */
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, GUID, &ip), 0);
	assert_int_equal(ip.n_gateways, 0);
	assert_int_equal(ip.dhcp, 0);
	assert_int_equal(ip.addresses[0].origin, HV_IC_KVP_ORIGIN_STATIC);
	assert_string_equal(ip.adapter, GUID);
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, "00:15:5d:01:02:09",
						&ip), -ENODEV);
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, "", &ip), -ENODEV);
	end(play);
}

/* The virtual function and the bridge have the MAC address, too. */
static void shared_mac(void **state)
{
	struct play *play = begin(state);
	struct hvic_link *vf = add_link(play, "enP1", "", 1);
	struct hvic_link *eth0 = add_link(play, "eth0", "", 1);
	struct hvic_link *br0, *vlan;
	struct hv_ic_kvp_ip ip;

	snprintf(eth0->guid, sizeof(eth0->guid), "%s", GUID);
	vf->master = eth0->index;
	/* An adapter without an address is there all the same. */
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, GUID, &ip), 0);
	assert_int_equal(ip.n_addresses, 0);
	assert_ptr_equal(hvic_adapters_find(&play->net, "00:15:5d:01:02:01"), eth0);

	vlan = add_link(play, "eth0.5", "vlan", 1);
	add_address(play, vlan, "192.0.2.5", IFA_F_PERMANENT);
	expect_ip(play, GUID, "192.0.2.5", 1);
	br0 = add_link(play, "br0", "bridge", 7);
	eth0->master = br0->index;
	add_address(play, br0, "192.0.2.7", IFA_F_PERMANENT);
	expect_ip(play, GUID, "192.0.2.7", 1);
	add_address(play, eth0, "192.0.2.1", IFA_F_PERMANENT);
	expect_ip(play, GUID, "192.0.2.1", 1);
	expect_ip(play, "00:15:5d:01:02:01", "192.0.2.1", 1);
	/* A bridge that is a port of itself would be the kernel's error, and is not ours. */
	play->net.n_addresses = 0;
	br0->master = eth0->index;
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, GUID, &ip), 0);
	end(play);
}

static void dhcp(void **state)
{
	static const struct timespec long_ago[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	struct unit_root *root = *state;
	struct play *play = begin(state);
	struct hvic_link *eth0 = add_link(play, "eth0", "", 1);
	struct hv_ic_kvp_ip ip;

	/* What ends by itself is lent. */
	add_address(play, eth0, "192.0.2.1", 0);
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, "00:15:5d:01:02:01",
						&ip), 0);
	assert_int_equal(ip.dhcp, 1);
	assert_int_equal(ip.addresses[0].origin, HV_IC_KVP_ORIGIN_DYNAMIC);

	/* A lease that never ends is known by the file only. */
	play->addresses[0].flags = IFA_F_PERMANENT;
	play->addresses[0].ip.origin = HV_IC_KVP_ORIGIN_STATIC;
	unit_file(root, "run/systemd/netif/leases/1", "# private\nADDRESS=192.0.2.1\nMTU=1500\n");
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, "00:15:5d:01:02:01",
						&ip), 0);
	assert_int_equal(ip.dhcp, 1);
	assert_int_equal(ip.addresses[0].origin, HV_IC_KVP_ORIGIN_DYNAMIC);

	/* An old lease of another address says nothing; nor does a router's IPv6 address. */
	unit_file(root, "run/systemd/netif/leases/2", "ADDRESS=192.0.2.9\n");
	unit_remove(root, "run/systemd/netif/leases/1");
	unit_file(root, "var/lib/NetworkManager/internal-0-1-eth0.lease", "ADDRESS=192.0.2.9\n");
	add_address(play, eth0, "2001:db8::1", 0);
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, "00:15:5d:01:02:01",
						&ip), 0);
	assert_int_equal(ip.dhcp, 0);
	/* That of a connection that was used earlier stays. */
	assert_int_equal(utimensat(root->fd, "var/lib/NetworkManager/internal-0-1-eth0.lease",
				   long_ago, 0), 0);
	unit_file(root, "var/lib/NetworkManager/internal-0-2-eth0.lease", "ADDRESS=192.0.2.1\n");
	assert_int_equal(hvic_adapters_describe(&play->net, &play->leases, "00:15:5d:01:02:01",
						&ip), 0);
	assert_int_equal(ip.dhcp, 1);
	end(play);
}

/* --- Files. ------------------------------------------------------------------------------ */

static void expect_servers(struct play *play, int index, const char *expected)
{
	const struct hvic_lease *lease = hvic_lease_find(&play->leases, index, "eth0");
	char text[1024] = "";

	for (size_t i = 0; i < lease->servers.n; i++) {
		char one[INET6_ADDRSTRLEN];

		inet_ntop(lease->servers.ip[i].family == 4 ? AF_INET : AF_INET6,
			  lease->servers.ip[i].bytes, one, sizeof(one));
		strcat(strcat(text, one), " ");
	}
	assert_string_equal(text, expected);
}

static void servers(void **state)
{
	struct unit_root *root = *state;
	struct play *play = begin(state);

	expect_servers(play, 3, "");
	unit_file(root, "etc/resolv.conf",
		  "# nameserver 192.0.2.9\nnameserver 127.0.0.53\noptions edns0\n");
	expect_servers(play, 3, "127.0.0.53 ");
	unit_file(root, "run/NetworkManager/no-stub-resolv.conf", "nameserver 192.0.2.4\n");
	expect_servers(play, 3, "192.0.2.4 ");
	unit_file(root, "run/systemd/resolve/resolv.conf",
		  "nameserver 192.0.2.53\nnameserver  fe80::1%eth0\r\nnameserver 192.0.2.53\n");
	expect_servers(play, 3, "192.0.2.53 fe80::1 ");
	unit_file(root, "etc/resolv.conf", "nameserver 192.0.2.1\nnameserver ::1\n");
	expect_servers(play, 3, "192.0.2.1 ::1 ");
	unit_file(root, "run/systemd/netif/links/3",
		  "ADMIN_STATE=configured\nDNS=192.0.2.6 2001:db8::53\n");
	expect_servers(play, 3, "192.0.2.6 2001:db8::53 ");
	unit_file(root, "run/systemd/resolve/netif/3",
		  "LLMNR=yes\nSERVERS=192.0.2.7:5353 [2001:db8::7]:53#dns.example\n");
	expect_servers(play, 3, "192.0.2.7 2001:db8::7 ");
	expect_servers(play, 4, "192.0.2.1 ::1 ");
	end(play);
}

/* Files are read when they have changed, and then only. */
static void reads(void **state)
{
	struct unit_root *root = *state;
	struct play *play = begin(state);

	unit_file(root, "etc/resolv.conf", "nameserver 192.0.2.1\n");
	for (int i = 0; i < 10; i++)
		expect_servers(play, 3, "192.0.2.1 ");
	assert_int_equal(play->leases.n_reads, 1);
	unit_file(root, "etc/resolv.conf", "nameserver 192.0.2.22\n");
	expect_servers(play, 3, "192.0.2.22 ");
	assert_int_equal(play->leases.n_reads, 2);
	end(play);
}

/* The name of an interface may be another one by the next request, and then the lease is, too. */
static void renamed(void **state)
{
	struct unit_root *root = *state;
	struct play *play = begin(state);
	const struct hvic_lease *lease;

	unit_file(root, "var/lib/NetworkManager/internal-0-1-eth0.lease", "ADDRESS=192.0.2.1\n");
	unit_file(root, "var/lib/NetworkManager/internal-0-1-lan0.lease", "ADDRESS=192.0.2.2\n");
	lease = hvic_lease_find(&play->leases, 3, "eth0");
	assert_int_equal(lease->leased.bytes[3], 1);
	for (int times = 0; times < 2; times++) {
		lease = hvic_lease_find(&play->leases, 3, "lan0");
		assert_int_equal(lease->leased.bytes[3], 2);
	}
	assert_int_equal(play->leases.n_leases, 1);
	assert_int_equal(play->leases.n_reads, 2);
	end(play);
}

static void odd_addresses(void **state)
{
	static const char *const odd[] = {
		"", "x", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", ":", "[", "[]", "[]:53", "%eth0",
		"#name", "1.2.3.4/24", "2001:db8::1::2", "[1.2.3", ":53",
		"2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001",
	};
	struct hv_ic_kvp_address address;
	char many[4000] = "SERVERS=";
	struct hvic_servers servers = { };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		if (hvic_lease_parse_address(odd[i], &address))
			fail_msg("%s was taken", odd[i]);
	for (int i = 0; i < 200; i++)
		sprintf(many + strlen(many), "192.0.2.%d ", i);
	hvic_lease_parse_servers(many, "SERVERS", &servers);
	assert_int_equal(servers.n, HVIC_NAME_SERVERS);
	hvic_lease_parse_leased("ADDRESS=nonsense\n", &address);
	assert_int_equal(address.family, 0);
	hvic_lease_parse_leased("XADDRESS=1.2.3.4\nADDRESSX=1.2.3.4\n", &address);
	assert_int_equal(address.family, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(order), TEST(excluded), TEST(overflow), TEST(ids), TEST(shared_mac),
		TEST(dhcp), TEST(servers), TEST(reads), TEST(renamed), TEST(odd_addresses),
	};

	return cmocka_run_group_tests_name("adapters", tests, NULL, NULL);
}
