// SPDX-License-Identifier: GPL-2.0
/* What the file of an interface says, and what becomes of it when the host has spoken. */
#include "network_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "wanted.h"

#define HEAD "# Written by hvic-kvpd(8), as the virtual machine's host wants it.\n" \
	"[Match]\nName=eth0\n"

static struct hv_ic_kvp_ip v6(void)
{
	struct hv_ic_kvp_ip ip = { .n_addresses = 1 };

	add(&ip.addresses[0], "2001:db8::7", 64);
	return ip;
}

static void expect(const char *base, struct hv_ic_kvp_ip ip, const char *expected)
{
	static const struct hv_ic_kvp_ip now = { };
	char *copy = strdup(base);
	char *text = hvic_network_file_print("eth0", copy, &ip, &now);

	assert_string_equal(text, expected);
	free(text);
	free(copy);
}

#define OLD "# by hand\n[Match]\nName=eth*\nDriver=hv_netvsc\n\n[Link]\nMTUBytes = 9000\n" \
	"[Network]\n; old\nDHCP=yes\nVLAN=lan\nVLAN=dmz\nAddress = 198.51.100.9/24\n" \
	"Address=2001:db8::5/64\nGateway=198.51.100.1\nGateway=_ipv6ra\n" \
	"DNS=198.51.100.53 2001:db8::99\\\n [2001:db8::98]:53\nDomains=~.\n" \
	"[Address]\nLabel=one\nAddress=198.51.100.10/24\n[Address]\nAddress=2001:db8::6/64\n" \
	"[Route]\n  Destination = 10.0.0.0/8\nGateway=198.51.100.2\n" \
	"[Route]\nDestination=2001:db8:1::/48\nGateway=2001:db8::1\nMetric=5\n[DHCPv4]\nUseMTU=no"

/* What is none of the host's business stays: it is the file that counts from now on. */
static void rest_stays(void **state)
{
	(void)state;
	expect(OLD, v4(), HEAD
	       "\n[Link]\nMTUBytes=9000\n"
	       "\n[Network]\nVLAN=lan\nVLAN=dmz\nAddress=2001:db8::5/64\nGateway=_ipv6ra\n"
	       "DNS=2001:db8::99\nDNS=[2001:db8::98]:53\nDomains=~.\n"
	       "\n[Address]\nAddress=2001:db8::6/64\n"
	       "\n[Route]\nDestination=2001:db8:1::/48\nGateway=2001:db8::1\nMetric=5\n"
	       "\n[DHCPv4]\nUseMTU=no\n"
	       "\n[Network]\nDHCP=ipv6\nAddress=192.0.2.7/24\nGateway=192.0.2.1\nDNS=192.0.2.53\n");
	expect(OLD, v6(), HEAD
	       "\n[Link]\nMTUBytes=9000\n"
	       "\n[Network]\nVLAN=lan\nVLAN=dmz\nAddress=198.51.100.9/24\nGateway=198.51.100.1\n"
	       "DNS=198.51.100.53\nDomains=~.\n"
	       "\n[Address]\nLabel=one\nAddress=198.51.100.10/24\n"
	       "\n[Route]\nDestination=10.0.0.0/8\nGateway=198.51.100.2\n"
	       "\n[DHCPv4]\nUseMTU=no\n"
	       "\n[Network]\nDHCP=ipv4\nAddress=2001:db8::7/64\n");
}

static void odd_files(void **state)
{
	struct hv_ic_kvp_ip dhcp = { .dhcp = 1 };

	(void)state;
	expect("", dhcp, HEAD "\n[Network]\nDHCP=ipv4\n");
	expect("[Network", dhcp, HEAD "\n[Network]\nDHCP=ipv4\n");
	expect("[A section with a name that is longer than any that networkd knows of it]\nMTU=1", dhcp,
	       HEAD "\n[Network]\nDHCP=ipv4\n");
	expect("Address=192.0.2.9/24\n=\n[]\n=x\n[Match]\\", dhcp,
	       HEAD "\n[]\n=x\n\n[Network]\nDHCP=ipv4\n");
	/* An empty value takes back what was said before it, and nothing after it. */
	expect("[Network]\nAddress=2001:db8::5/64\nAddress=\nDNS=", dhcp,
	       HEAD "\n[Network]\nAddress=2001:db8::5/64\nAddress=\nDNS=\n"
	       "\n[Network]\nDHCP=ipv4\n");
	/* What would go on in the next line does not go on in ours. */
	expect("[Network]\r\nDomains=lan\\\r\nVLAN=a \\", dhcp,
	       HEAD "\n[Network]\nDomains=lan\nVLAN=a\n\n[Network]\nDHCP=ipv4\n");
	/* A comment ends where its line does, and what it stands between goes on behind it. */
	expect("[Network]\n# on D:\\\nVLAN=lan\nDomains=a \\\n  ; and\n\\\n b\n"
	       "VLAN=c\\\\\nVLAN=d\n", dhcp,
	       HEAD "\n[Network]\nVLAN=lan\nDomains=a    b\nVLAN=c\nVLAN=d\n"
	       "\n[Network]\nDHCP=ipv4\n");
	expect("[Network]\nDHCP=ipv4\nDHCP=ipv6\n[Route]\nType=blackhole", dhcp,
	       HEAD "\n[Route]\nType=blackhole\n\n[Network]\nDHCP=yes\n");
}

/* A server of DNS over TLS has a name behind its address, and that may be as long as any. */
static void long_name(void **state)
{
	struct hv_ic_kvp_ip dhcp = { .dhcp = 1 };
	char base[300], expected[500];

	(void)state;
	snprintf(base, sizeof(base), "[Network]\nDNS=2001:db8::99#%0250d\n", 1);
	snprintf(expected, sizeof(expected), HEAD "\n%s\n[Network]\nDHCP=ipv4\n", base);
	expect(base, dhcp, expected);
}

static void expect_read(struct unit_root *root, const char *path, const char *expected)
{
	char *text = hvic_network_file_read(root->fd, path, true);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

/* As systemd-networkd reads them. */
static void drop_ins(void **state)
{
	static char large[70000];
	struct unit_root *root = *state;

	assert_null(hvic_network_file_read(root->fd, "usr/lib/systemd/network/a.network", true));
	assert_int_equal(errno, ENOENT);
	unit_file(root, "usr/lib/systemd/network/a.network", "main\n");
	expect_read(root, "usr/lib/systemd/network/a.network", "main\n");
	unit_file(root, "usr/lib/systemd/network/a.network.d/10-x.conf", "hidden");
	unit_file(root, "usr/lib/systemd/network/a.network.d/30-x.conf", "third");
	unit_file(root, "run/systemd/network/a.network.d/10-x.conf", "first");
	unit_file(root, "etc/systemd/network/a.network.d/20-x.conf", "second");
	unit_file(root, "etc/systemd/network/a.network.d/20-x.conf.old", "no");
	unit_file(root, "etc/systemd/network/b.network.d/20-x.conf", "no");
	expect_read(root, "usr/lib/systemd/network/a.network", "main\nfirst\nsecond\nthird\n");
	/* What is no file is none. */
	unit_folder(root, "etc/systemd/network/a.network.d/05-x.conf");
	unit_symlink(root, "etc/systemd/network/a.network.d/06-x.conf", "nowhere");
	expect_read(root, "usr/lib/systemd/network/a.network", "main\nfirst\nsecond\nthird\n");
	/* Half of a file would be worse than none, wherever it is cut. */
	for (const char *c = "# \n"; *c; c++) {
		memset(large, *c, sizeof(large) - 1);
		unit_file(root, "etc/systemd/network/a.network.d/40-x.conf", large);
		assert_null(hvic_network_file_read(root->fd, "usr/lib/systemd/network/a.network", true));
		assert_int_equal(errno, EFBIG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rest_stays),
		cmocka_unit_test(odd_files),
		cmocka_unit_test(long_name),
		cmocka_unit_test_setup_teardown(drop_ins, unit_root_setup, unit_root_teardown),
	};

	return cmocka_run_group_tests_name("network_file", tests, NULL, NULL);
}
