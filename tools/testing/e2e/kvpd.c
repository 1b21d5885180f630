// SPDX-License-Identifier: GPL-2.0
/* hvic-kvpd in the guest: items, facts and addresses, as the host sees them. */
#include "systemd.h"
#include "usage.h"

#include <stdio.h>
#include <time.h>

#define MAC "00:15:5d:01:02:03"

/* A promise of two seconds, with room for a slow machine. */
#define SEEN_S 20

#define FORGET "rm -rf /var/lib/hyperv && mkdir -p /var/lib/hyperv"

static void stop_daemon(struct test *t, void *context)
{
	test_run(t, 0, "procs -TERM -w hvic-kvpd");
	test_run(t, 0, FORGET);
}

static void run_daemon(struct test *t)
{
	test_run(t, 0, "hvic-kvpd >>/tmp/kvpd 2>&1 &");
	test_attached(t, &ic_kvp, 0);
}

/* The service, ready, and served by the daemon. */
static struct ic *start_daemon(struct test *t)
{
	struct ic *kvp;

	test_need(t, "/usr/sbin/hvic-kvpd");
	test_stop_daemons(t);
	kvp = test_ready(t, &ic_kvp);
	test_touch(t, kvp);
	test_defer(t, stop_daemon, NULL);
	test_run(t, 0, FORGET "; rm -f /tmp/kvpd");
	run_daemon(t);
	return kvp;
}

static void expect_item(struct test *t, struct ic *kvp, unsigned int pool, const char *key,
			const char *value)
{
	struct kvp_item item;

	EXPECT_RESULT(kvp_find(kvp, pool, key, &item), 0);
	EXPECT_STR(item.value, value);
}

/* --- Items. ------------------------------------------------------------------------------ */

static void items(struct test *t)
{
	struct ic *kvp = start_daemon(t);
	struct kvp_item item;

	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "colour", "gr\xc3\xbcn"), 0);
	expect_item(t, kvp, KVP_EXTERNAL, "colour", "gr\xc3\xbcn");
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "colour", "blue"), 0);
	EXPECT_RESULT(kvp_set_number(kvp, KVP_EXTERNAL, "dword", WIRE_KVP_DWORD, 4000000000u), 0);
	EXPECT_RESULT(kvp_get(kvp, KVP_EXTERNAL, "colour", &item), 0);
	EXPECT_STR(item.value, "blue");
	expect_item(t, kvp, KVP_EXTERNAL, "dword", "4000000000");
	test_says(t, 0, "tr -s '\\0' '\\n' </var/lib/hyperv/.kvp_pool_0", "blue");
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "colour"), 0);
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "colour"), WIRE_E_NOT_FOUND);
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_EXTERNAL, 1, &item), WIRE_E_NO_MORE_ITEMS);
	EXPECT_FAILURE(kvp_set(kvp, KVP_AUTO, "OSName", "other"));
}

static void many(struct test *t)
{
	struct ic *kvp = start_daemon(t);
	char key[32], value[32];
	struct kvp_item item;

	for (int i = 0; i < 250; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		snprintf(value, sizeof(value), "value-%d", i * i);
		EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, key, value), 0);
	}
	for (int i = 0; i < 250; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		snprintf(value, sizeof(value), "value-%d", i * i);
		EXPECT_RESULT(kvp_enumerate(kvp, KVP_EXTERNAL, i, &item), 0);
		EXPECT_STR(item.key, key);
		EXPECT_STR(item.value, value);
	}
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_EXTERNAL, 250, &item), WIRE_E_NO_MORE_ITEMS);
}

static void facts(struct test *t)
{
	static const char * const keys[] = {
		"FullyQualifiedDomainName", "IntegrationServicesVersion", "NetworkAddressIPv4",
		"NetworkAddressIPv6", "OSBuildNumber", "OSName", "OSMajorVersion",
		"OSMinorVersion", "OSVersion", "ProcessorArchitecture", "OSDistributionName",
		"OSDistributionData", "OSKernelVersion", "OSPlatformId",
	};
	struct ic *kvp = start_daemon(t);
	struct kvp_item item;

	for (uint32_t i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_RESULT(kvp_enumerate(kvp, KVP_AUTO, i, &item), 0);
		EXPECT_STR(item.key, keys[i]);
	}
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_AUTO, ARRAY_SIZE(keys), &item),
		      WIRE_E_NO_MORE_ITEMS);
	expect_item(t, kvp, KVP_AUTO, "OSBuildNumber", test_run(t, 0, "uname -r"));
	expect_item(t, kvp, KVP_AUTO, "ProcessorArchitecture", "x86_64");
	test_run(t, 0, "hostname renamed");
	expect_item(t, kvp, KVP_AUTO, "FullyQualifiedDomainName", "renamed");
	test_run(t, 0, "hostname '(none)'");
}

/* Another program writes while the daemon has the pool. */
static void others(struct test *t)
{
	struct ic *kvp = start_daemon(t);
	struct kvp_item item;

	test_run(t, 0, "{ printf report; head -c 506 /dev/zero; } >/tmp/record");
	test_run(t, 0, "{ printf ready; head -c 2043 /dev/zero; } >>/tmp/record");
	test_run(t, 0, "cat /tmp/record >>/var/lib/hyperv/.kvp_pool_1");
	expect_item(t, kvp, KVP_GUEST, "report", "ready");
	test_run(t, 0, ": >/var/lib/hyperv/.kvp_pool_1");
	EXPECT_RESULT(kvp_find(kvp, KVP_GUEST, "report", &item), WIRE_E_NOT_FOUND);

	/* The host is in the middle of a list, and a tenth of a second older. */
	EXPECT_RESULT(kvp_set(kvp, KVP_GUEST, "first", "1"), 0);
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, 0, &item), 0);
	test_run(t, 0, "cat /tmp/record >>/var/lib/hyperv/.kvp_pool_1; sleep 0.2");
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, 1, &item), 0);
	EXPECT_STR(item.key, "report");
	/* It has closed what it wrote. */
	test_until(t, "! ls -l /proc/$(procs hvic-kvpd)/fd | grep kvp_pool");
}

/* --- The daemon comes and goes. ---------------------------------------------------------- */

static void killed(struct test *t)
{
	struct ic *kvp = start_daemon(t);

	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "before", "1"), 0);
	test_run(t, 0, "procs -KILL -w hvic-kvpd");
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "between", "2"), 0);
	run_daemon(t);
	test_until_shown(t, &ic_kvp, "held 0");
	expect_item(t, kvp, KVP_EXTERNAL, "before", "1");
	expect_item(t, kvp, KVP_EXTERNAL, "between", "2");
}

static void before_module(struct test *t)
{
	struct kvp_item item;

	start_daemon(t);
	/* There is one owner. */
	test_run(t, 69, "hvic-kvpd");
	test_unload(t);
	/* It waits for the device. */
	test_run(t, 0, "hvic-kvpd >>/tmp/kvpd 2>&1 &");
	test_until(t, "procs hvic-kvpd");
	test_load(t, "");
	test_attached(t, &ic_kvp, 0);
	EXPECT_RESULT(kvp_enumerate(test_ready(t, &ic_kvp), KVP_AUTO, 0, &item), 0);
}

/* --- Addresses. -------------------------------------------------------------------------- */

static void remove_dummy(struct test *t, void *context)
{
	test_run(t, 0, "ip link del dummy0");
}

static void make_dummy(struct test *t)
{
	test_run(t, 0, "modprobe dummy numdummies=0; ip link add dummy0 type dummy");
	test_defer(t, remove_dummy, NULL);
	test_run(t, 0, "ip link set dummy0 address " MAC " up");
	test_run(t, 0, "ip addr add 192.0.2.17/24 dev dummy0");
	test_run(t, 0, "ip -6 addr add 2001:db8::17/64 dev dummy0");
}

/* What the host reads on the wire becomes @text before long. */
static void seen(struct test *t, struct ic *kvp, const char *key, const char *text)
{
	time_t end = time(NULL) + SEEN_S;
	struct kvp_item item;

	do {
		EXPECT_RESULT(kvp_find(kvp, KVP_AUTO, key, &item), 0);
	} while (strcmp(item.value, text) && time(NULL) < end);
	EXPECT_STR(item.value, text);
}

static void address_changes(struct test *t)
{
	struct ic *kvp = start_daemon(t);

	make_dummy(t);
	/* Without a default route over it, a dummy is nobody's way to the machine. */
	seen(t, kvp, "NetworkAddressIPv4", "");
	test_run(t, 0, "ip route add default via 192.0.2.1 dev dummy0");
	seen(t, kvp, "NetworkAddressIPv4", "192.0.2.17");
	test_run(t, 0, "ip addr add 192.0.2.18/24 dev dummy0");
	seen(t, kvp, "NetworkAddressIPv4", "192.0.2.17;192.0.2.18");
	test_run(t, 0, "ip addr del 192.0.2.18/24 dev dummy0");
	seen(t, kvp, "NetworkAddressIPv4", "192.0.2.17");
	test_run(t, 0, "ip link set dummy0 down");
	seen(t, kvp, "NetworkAddressIPv4", "");
}

static void ip_info(struct test *t)
{
	struct ic *kvp = start_daemon(t);
	struct kvp_ip ip;

	make_dummy(t);
	test_run(t, 0, "ip route add default via 192.0.2.1 dev dummy0");
	test_run(t, 0, "echo nameserver 192.0.2.53 >/etc/resolv.conf");
	EXPECT_RESULT(kvp_get_ip(kvp, "00:15:5D:01:02:03", &ip), 0);
	EXPECT_EQ(ip.family, WIRE_KVP_IPV4 | WIRE_KVP_IPV6);
	EXPECT(strstr(ip.address, "192.0.2.17"));
	EXPECT(strstr(ip.address, "2001:db8::17"));
	EXPECT(strstr(ip.subnet, "255.255.255.0"));
	EXPECT(strstr(ip.gateway, "192.0.2.1"));
	EXPECT(strstr(ip.dns, "192.0.2.53"));
	EXPECT(strstr(ip.origin, "static"));
	EXPECT(!ip.dhcp);
	EXPECT_RESULT(kvp_get_ip(kvp, "00:15:5D:FF:FF:FF", &ip), WIRE_E_NOT_FOUND);
	EXPECT_RESULT(kvp_get_ip(kvp, "{f8615163-df3e-46c5-913f-f2d2f965ed0e}", &ip),
		      WIRE_E_NOT_FOUND);
	test_run(t, 0, "rm /etc/resolv.conf");
}

static void ip_info_text(struct test *t)
{
	struct ic *kvp = start_daemon(t);
	struct kvp_ip ip;

	make_dummy(t);
	kvp->messages = IC_VERSIONS({ 4, 0 });
	EXPECT_RESULT(ic_negotiate(kvp), 0);
	EXPECT_RESULT(kvp_get_ip(kvp, MAC, &ip), 0);
	EXPECT(strstr(ip.address, "192.0.2.17"));
}

/* Nobody keeps the network of this guest, until the administrator names a program. */
static void set_ip(struct test *t)
{
	struct kvp_ip ip = {
		.family = WIRE_KVP_IPV4, .address = "192.0.2.99", .subnet = "255.255.255.0",
		.gateway = "192.0.2.1", .dns = "192.0.2.53",
	};
	struct ic *kvp = start_daemon(t);

	EXPECT_RESULT(kvp_set_ip(kvp, MAC, &ip), WIRE_E_NOT_FOUND);
	make_dummy(t);
	EXPECT_FAILURE(kvp_set_ip(kvp, MAC, &ip));
	test_says(t, 0, "cat /tmp/kvpd", "there is no kvp.ip_program");
	test_run(t, 0, "mkdir -p /etc/hv_ic");
	test_run(t, 0, "printf '[kvp]\\nip_program = /tmp/set-ip\\n' >/etc/hv_ic/hv_ic.conf");
	test_run(t, 0, "printf '#!/bin/sh\\necho \"$*\" >/tmp/words\\n' >/tmp/set-ip");
	test_run(t, 0, "chmod 755 /tmp/set-ip; procs -TERM -w hvic-kvpd");
	run_daemon(t);
	EXPECT_RESULT(kvp_set_ip(kvp, MAC, &ip), 0);
	EXPECT_STR(test_run(t, 0, "cat /tmp/words"),
		   "dummy0 dhcp=no address=192.0.2.99/24 gateway=192.0.2.1 dns=192.0.2.53");
	test_run(t, 0, "rm -rf /etc/hv_ic /tmp/words /tmp/set-ip");
}

/* Descriptors and memory do not grow with requests. */
static void steady(struct test *t)
{
	struct ic *kvp = start_daemon(t);
	struct kvp_item item;
	char *before = NULL;
	struct kvp_ip ip;

	make_dummy(t);
	for (int i = 0; i < 500; i++) {
		if (i == 100)
			before = usage_held(t, "hvic-kvpd");
		EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "key", i % 2 ? "one" : "two"), 0);
		EXPECT_RESULT(kvp_enumerate(kvp, KVP_AUTO, i % 14, &item), 0);
		EXPECT_RESULT(kvp_get_ip(kvp, MAC, &ip), 0);
	}
	EXPECT_STR(usage_held(t, "hvic-kvpd"), before);
}

/* udev starts it, and its sandbox lets it do all that it is for. */
static void unit(struct test *t)
{
	struct ic *kvp = test_ready(t, &ic_kvp);

	test_run(t, 0, "mkdir -p /var/lib /home");
	systemd_boot(t, "");
	test_until(t, "systemctl -q is-active hvic-kvpd");
	test_attached(t, &ic_kvp, 0);
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "colour", "blue"), 0);
	expect_item(t, kvp, KVP_EXTERNAL, "colour", "blue");
	test_says(t, 0, "hvic kvp get colour", "blue");
	test_run(t, 0, "hvic kvp set from-guest here");
	expect_item(t, kvp, KVP_GUEST, "from-guest", "here");
	expect_item(t, kvp, KVP_AUTO, "ProcessorArchitecture", "x86_64");
	systemd_poweroff(t);
}

#define CASE(title, function) { .name = title, .run = function, .only = ONLY_HV_IC }

const struct test_case kvpd_cases[] = {
	CASE("kvpd_items", items),
	CASE("kvpd_many", many),
	CASE("kvpd_facts", facts),
	CASE("kvpd_others", others),
	CASE("kvpd_killed", killed),
	CASE("kvpd_before_module", before_module),
	CASE("kvpd_address_changes", address_changes),
	CASE("kvpd_ip_info", ip_info),
	CASE("kvpd_ip_info_text", ip_info_text),
	CASE("kvpd_set_ip", set_ip),
	CASE("kvpd_steady", steady),
	{ .name = "kvpd_unit", .run = unit, .only = ONLY_HV_IC, .ends_guest = true },
	{ 0 }
};
