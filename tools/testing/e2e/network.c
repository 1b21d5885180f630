// SPDX-License-Identifier: GPL-2.0
/*
 * The network of a real Debian, which systemd-networkd or NetworkManager keeps: the host is told of
 * its addresses, and gives the guest others, as it does after a failover.
 */
#include "debian.h"
#include "network.h"

#include <time.h>

/* A promise of two seconds, with room for a slow machine. */
#define SEEN_S 20
#define SLOW_MS 120000

#define MAC "00:15:5d:01:02:03"
#define ADDRESS "192.0.2.17"

#define PROFILES "/etc/NetworkManager/system-connections"

/**
 * struct keeper - who keeps interfaces set up
 * @program: that is there if the system has it
 * @unit: of it
 * @make: have it make an interface
 * @forget: have it remove that, and what the host has said of it
 * @keep: have it set up another one, which comes from elsewhere
 */
static const struct keeper {
	const char *program;
	const char *unit;
	const char *make;
	const char *forget;
	const char *keep;
} keepers[] = {
	{
		.program = "/usr/sbin/NetworkManager",
		.unit = "NetworkManager",
		.make = "set -e; cd " PROFILES "; umask 077; "
			"printf '[connection]\\nid=own0\\ntype=dummy\\ninterface-name=own0\\n\\n"
			"[dummy]\\n\\n[ethernet]\\ncloned-mac-address=" MAC "\\n\\n"
			"[ipv4]\\nmethod=manual\\naddress1=" ADDRESS "/24,192.0.2.1\\n\\n"
			"[ipv6]\\nmethod=link-local\\n' >own0.nmconnection; "
			"nmcli connection reload",
		.forget = "nmcli connection delete own0",
		/* By itself it leaves a veth to others. */
		.keep = "set -e; cd " PROFILES "; umask 077; "
			"printf '[connection]\\nid=own1\\ntype=ethernet\\ninterface-name=own1\\n\\n"
			"[ipv4]\\nmethod=manual\\naddress1=203.0.113.20/24\\ndad-timeout=3000\\n\\n"
			"[ipv6]\\nmethod=disabled\\n' >own1.nmconnection; "
			"printf '[device-own]\\nmatch-device=interface-name:own1\\n"
			"managed=1\\n' >../conf.d/own1.conf; "
			"nmcli general reload; nmcli connection reload",
	}, {
		.program = "/lib/systemd/systemd-networkd",
		.unit = "systemd-networkd",
		.make = "set -e; cd /etc/systemd/network; "
			"printf '[NetDev]\\nName=own0\\nKind=dummy\\n"
			"MACAddress=" MAC "\\n' >own0.netdev; "
			"printf '[Match]\\nName=own0\\n\\n[Network]\\nAddress=" ADDRESS "/24\\n"
			"Gateway=192.0.2.1\\n' >own0.network; networkctl reload",
		.forget = "rm /etc/systemd/network/*own0*; ip link delete own0; networkctl reload",
		.keep = "set -e; cd /etc/systemd/network; "
			"printf '[Match]\\nName=own1\\n\\n[Network]\\n"
			"Address=203.0.113.20/24\\n' >own1.network; networkctl reload",
	},
};

static const struct keeper *keeper_of(struct test *t)
{
	const struct keeper *keeper = keepers;

	while (keeper < keepers + ARRAY_SIZE(keepers) - 1 && !test_has(t, keeper->program))
		keeper++;
	return keeper;
}

void network_make(struct test *t)
{
	test_run(t, 0, "%s", keeper_of(t)->make);
}

void network_expect(struct test *t)
{
	struct ic *kvp = test_ic(t, &ic_kvp);
	time_t end;
	struct kvp_item item;

	test_note(t, "the guest's address");
	test_until(t, "ip route show default | grep -q own0");
	end = time(NULL) + SEEN_S;
	do {
		EXPECT_RESULT(kvp_find(kvp, KVP_AUTO, "NetworkAddressIPv4", &item), 0);
	} while (strcmp(item.value, ADDRESS) && time(NULL) < end);
	EXPECT_STR(item.value, ADDRESS);
}

static void forget(struct test *t, void *context)
{
	test_run(t, 0, "%s", keeper_of(t)->forget);
}

/* --- Addresses of the host. ------------------------------------------------------------- */

/* It is set when the addresses have been set, at which the host is told of success. */
static void expect_routed(struct test *t, const char *gateway)
{
	test_until(t, "ip -4 route show default | grep -q '%s'", gateway);
	EXPECT_STR(test_run(t, 0, "ip -4 route show default | wc -l"), "1");
}

/* What the host wants is there, of both families. */
static void expect_both(struct test *t)
{
	struct kvp_ip now;
	time_t end;

	test_until(t, "ip -4 address show dev own0 | grep -q 198.51.100.7/24");
	test_until(t, "ip -4 address show dev own0 | grep -q 198.51.100.8/24");
	test_until(t, "ip -6 address show dev own0 | grep -q 2001:db8::7/64");
	test_until(t, "ip -6 route show default | grep -q 'via 2001:db8::1 dev own0'");
	expect_routed(t, "via 198.51.100.1 dev own0");
	end = time(NULL) + SEEN_S;
	do {
		EXPECT_RESULT(kvp_get_ip(test_ic(t, &ic_kvp), MAC, &now), 0);
	} while (!strstr(now.dns, "198.51.100.53") && time(NULL) < end);
	EXPECT(strstr(now.address, "198.51.100.7") && strstr(now.address, "198.51.100.8"));
	EXPECT(strstr(now.address, "2001:db8::7"));
	EXPECT(!strstr(now.address, ADDRESS));
	EXPECT(strstr(now.gateway, "198.51.100.1") && strstr(now.gateway, "2001:db8::1"));
	EXPECT(strstr(now.dns, "198.51.100.53"));
	EXPECT(!now.dhcp);
}

/*
 * The host gives the guest other addresses, also when who keeps the interface has just been started
 * anew. What the host says nothing of stays; all of it is there after a restart of the guest.
 */
static void addressed(struct test *t)
{
	struct ic *kvp = test_ic(t, &ic_kvp);
	struct kvp_ip now, elsewhere = {
		.family = WIRE_KVP_IPV4, .address = "198.51.100.7;198.51.100.8",
		.subnet = "255.255.255.0;255.255.255.0", .gateway = "198.51.100.1",
		.dns = "198.51.100.53",
	}, six = {
		.family = WIRE_KVP_IPV6, .address = "2001:db8::7", .subnet = "64",
		.gateway = "2001:db8::1",
	}, nonsense = {
		.family = WIRE_KVP_IPV4, .address = "198.51.100.9", .subnet = "255.0.255.0",
		.gateway = "198.51.100.1",
	};

	debian_ours(t);
	network_make(t);
	test_defer(t, forget, NULL);
	network_expect(t);
	test_note(t, "another network");
	EXPECT_RESULT(kvp_set_ip(kvp, MAC, &elsewhere), 0);
	expect_routed(t, "via 198.51.100.1 dev own0");
	EXPECT_RESULT(kvp_get_ip(kvp, MAC, &now), 0);
	EXPECT(strstr(now.address, "198.51.100.7") && strstr(now.address, "198.51.100.8"));
	EXPECT(!strstr(now.address, ADDRESS));
	EXPECT_STR(now.gateway, "198.51.100.1");
	EXPECT(strstr(now.dns, "198.51.100.53"));

	test_note(t, "IPv6 beside it, after a restart of who keeps it");
	test_run(t, 0, "systemctl restart %s", keeper_of(t)->unit);
	EXPECT_RESULT(kvp_set_ip(kvp, MAC, &six), 0);
	expect_both(t);

	test_note(t, "a network mask that is none");
	EXPECT_FAILURE(kvp_set_ip(kvp, MAC, &nonsense));
	expect_both(t);

	debian_ask(t, &debian_restart, HV_RESET, "Reached target reboot.target");
	test_restart(t);
	debian_ours(t);
	test_note(t, "after a restart");
	expect_both(t);
}

/* --- A network with others on it. ------------------------------------------------------- */

#define LAN_MAC "00:15:5d:01:02:04"

#define IN_LAN "ip netns exec lan "
#define SERVER "dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root " \
	"--interface=lan1 --dhcp-range=203.0.113.100,203.0.113.199,1h " \
	"--dhcp-option=option:dns-server,203.0.113.53 --dhcp-leasefile=/run/lan.leases"

static void leave_lan(struct test *t, void *context)
{
	test_run(t, 0, "systemctl stop lan; ip link delete own1; ip netns delete lan");
	test_run(t, 0, "nmcli connection delete own1; rm /etc/NetworkManager/conf.d/own1.conf");
	/* The warnings were wanted, and are not for the next case to find. */
	test_run(t, 0, "journalctl -q --rotate --vacuum-size=1");
}

/* At its other end there are a DHCP server, and who has the first addresses. */
static void join_lan(struct test *t)
{
	test_run(t, 0, "ip netns add lan");
	test_defer(t, leave_lan, NULL);
	test_run(t, 0, "%s", keeper_of(t)->keep);
	test_run(t, 0, "ip link add own1 address " LAN_MAC " type veth peer name lan1 netns lan");
	test_run(t, 0, "ip -n lan address add 203.0.113.1/24 dev lan1 && ip -n lan address add %s",
		 "2001:db8:1::1/64 dev lan1 nodad && ip -n lan link set lan1 up");
	test_run(t, 0, "systemd-run -q --unit=lan " IN_LAN SERVER);
	test_until(t, "nmcli connection up own1");
}

/* The host is told that it has @address, by DHCP or not, and NetworkManager stores it. */
static void expect_lan(struct test *t, bool dhcp, const char *address)
{
	time_t end = time(NULL) + SEEN_S;
	struct kvp_ip now;

	test_until(t, "ip -4 address show dev own1 | grep -q '%s'", address);
	do {
		EXPECT_RESULT(kvp_get_ip(test_ic(t, &ic_kvp), LAN_MAC, &now), 0);
	} while ((now.dhcp != dhcp || !strstr(now.address, address)) && time(NULL) < end);
	EXPECT_EQ(now.dhcp, dhcp);
	EXPECT(strstr(now.address, address));
	EXPECT_STR(test_run(t, 0, "nmcli -g ipv4.method connection show own1"),
		   dhcp ? "auto" : "manual");
}

/*
 * The host gives the guest back to DHCP, takes it away again, and gives it addresses that others
 * have: it is told of that, and all is as it was.
 */
static void among_others(struct test *t)
{
	struct ic *kvp = test_ic(t, &ic_kvp);
	struct kvp_ip dhcp = { .family = WIRE_KVP_IPV4, .dhcp = true }, fixed = {
		.family = WIRE_KVP_IPV4, .address = "203.0.113.30", .subnet = "255.255.255.0",
		.gateway = "203.0.113.1",
	}, taken = {
		.family = WIRE_KVP_IPV4, .address = "203.0.113.1", .subnet = "255.255.255.0",
		.gateway = "203.0.113.2",
	}, taken_six = {
		.family = WIRE_KVP_IPV6, .address = "2001:db8:1::1", .subnet = "64",
	};

	test_need(t, "/usr/sbin/dnsmasq");
	debian_ours(t);
	join_lan(t);
	/* It may take all the time that the driver gives it to find that nothing comes of it. */
	kvp->timeout_ms = SLOW_MS;
	expect_lan(t, false, "203.0.113.20");
	test_note(t, "back to DHCP");
	EXPECT_RESULT(kvp_set_ip(kvp, LAN_MAC, &dhcp), 0);
	expect_lan(t, true, "203.0.113.1");
	test_note(t, "and away from it");
	EXPECT_RESULT(kvp_set_ip(kvp, LAN_MAC, &fixed), 0);
	expect_lan(t, false, "203.0.113.30");

	test_note(t, "an address that another machine has");
	EXPECT_FAILURE(kvp_set_ip(kvp, LAN_MAC, &taken));
	expect_lan(t, false, "203.0.113.30");
	EXPECT_STR(test_run(t, 0, "nmcli -g ipv4.addresses connection show own1"),
		   "203.0.113.30/24");
	test_says(t, 0, "journalctl -b -q -u hvic-kvpd", "addresses are not set by NetworkManager");
	EXPECT_FAILURE(kvp_set_ip(kvp, LAN_MAC, &taken_six));
	expect_lan(t, false, "203.0.113.30");
	EXPECT_STR(test_run(t, 0, "nmcli -g ipv6.method connection show own1"), "disabled");
	debian_none_failed(t);
}

/* --- After a failover. ------------------------------------------------------------------ */

/* The adapter is there early, as a real one is, and who keeps it comes late. */
#define ADAPTER "[Unit]\\nDefaultDependencies=no\\n\\n[Service]\\nType=oneshot\\n" \
	"ExecStart=ip link add own1 address " LAN_MAC " type veth peer name lan1\\n" \
	"ExecStart=ip link set lan1 up\\n\\n[Install]\\nWantedBy=sysinit.target\\n"
#define LATE "[Service]\\nExecStartPre=/bin/sleep 20\\n"

/* The host says what addresses the guest has as soon as it listens. */
static void early(struct test *t)
{
	struct ic *kvp = test_ic(t, &ic_kvp);
	struct kvp_ip there = {
		.family = WIRE_KVP_IPV4, .address = "203.0.113.50", .subnet = "255.255.255.0",
		.gateway = "203.0.113.1",
	};
	ic_result result;

	debian_ours(t);
	test_run(t, 0, "%s", keeper_of(t)->keep);
	test_run(t, 0, "printf '%s' >/etc/systemd/system/own1.service", ADAPTER);
	test_run(t, 0, "mkdir -p /etc/systemd/system/%s.service.d", keeper_of(t)->unit);
	test_run(t, 0, "printf '%s' >/etc/systemd/system/%s.service.d/late.conf", LATE,
		 keeper_of(t)->unit);
	test_run(t, 0, "systemctl daemon-reload && systemctl -q enable own1");
	debian_ask(t, &debian_restart, HV_RESET, "Reached target reboot.target");

	test_restart(t);
	kvp->timeout_ms = SLOW_MS;
	EXPECT_RESULT(ic_wait_ready(kvp), 0);
	test_note(t, "addresses for a guest that starts");
	do {
		result = kvp_set_ip(kvp, LAN_MAC, &there);
	} while (result == WIRE_E_NOT_FOUND);
	EXPECT_RESULT(result, 0);
	test_until(t, "ip -4 address show dev own1 | grep -q 203.0.113.50/24");
	debian_ours(t);
	debian_ask(t, &debian_power_off, HV_OFF, "Reached target poweroff.target");
}

const struct test_case network_cases[] = {
	PACKAGES_CASE("guest_addresses", addressed),
	PACKAGES_CASE("guest_among_others", among_others),
	PACKAGES_CASE("guest_addresses_early", early, .ends_guest = true),
	{ 0 }
};
