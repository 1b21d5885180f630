// SPDX-License-Identifier: GPL-2.0
/* Facts about the guest: what each distribution is called, and what this machine is. */
#include "items.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "hostname.h"
#include "root.h"
#include "unit.h"

/* --- Distributions. ---------------------------------------------------------------------- */

/* A file of unit/os-release, and the items that follow from it. */
static const struct {
	const char *file;
	const char *name;
	const char *version;
	const char *major;
	const char *minor;
} distributions[] = {
	{ "almalinux-9", "AlmaLinux", "9.4", "9", "4" },
	{ "alpine-3.20", "Alpine Linux", "3.20.3", "3", "20.3" },
	{ "amazon-2023", "Amazon Linux", "2023", "2023", "" },
	{ "arch", "Arch Linux", "rolling", "rolling", "" },
	{ "azurelinux-3", "Microsoft Azure Linux", "3.0", "3", "0" },
	{ "centos-7", "CentOS Linux", "7", "7", "" },
	{ "centos-stream-9", "CentOS Stream", "9", "9", "" },
	{ "clear", "Clear Linux OS", "42050", "42050", "" },
	{ "debian-12", "Debian GNU/Linux", "12", "12", "" },
	{ "debian-sid", "Debian GNU/Linux", "", "", "" },
	{ "elementary-7", "elementary OS", "7.1", "7", "1" },
	{ "endeavouros", "EndeavourOS", "2024.09.22", "2024", "09.22" },
	{ "fedora-40", "Fedora Linux", "40", "40", "" },
	{ "fedora-coreos", "Fedora Linux", "40", "40", "" },
	{ "flatcar", "Flatcar Container Linux by Kinvolk", "3975.2.1", "3975", "2.1" },
	{ "gentoo", "Gentoo", "2.15", "2", "15" },
	{ "haos", "Home Assistant OS", "13.1", "13", "1" },
	{ "kali", "Kali GNU/Linux", "2024.3", "2024", "3" },
	{ "mageia-9", "Mageia", "9", "9", "" },
	{ "manjaro", "Manjaro Linux", "rolling", "rolling", "" },
	{ "mint-21", "Linux Mint", "21.3", "21", "3" },
	{ "nixos-24.05", "NixOS", "24.05", "24", "05" },
	{ "opensuse-leap-15", "openSUSE Leap", "15.6", "15", "6" },
	{ "opensuse-tumbleweed", "openSUSE Tumbleweed", "20240910", "20240910", "" },
	{ "openwrt-23", "OpenWrt", "23.05.4", "23", "05.4" },
	{ "oracle-8", "Oracle Linux Server", "8.10", "8", "10" },
	{ "photon-5", "VMware Photon OS", "5.0", "5", "0" },
	{ "pop-22.04", "Pop!_OS", "22.04", "22", "04" },
	{ "rhel-8", "Red Hat Enterprise Linux", "8.10", "8", "10" },
	{ "rocky-9", "Rocky Linux", "9.4", "9", "4" },
	{ "slackware-15", "Slackware", "15.0", "15", "0" },
	{ "sles-15", "SLES", "15.6", "15", "6" },
	{ "talos", "Talos", "v1.7.6", "v1", "7.6" },
	{ "ubuntu-24.04", "Ubuntu", "24.04", "24", "04" },
	{ "ubuntu-core-22", "Ubuntu Core", "22", "22", "" },
	{ "void", "Void", "", "", "" },
};

static int no_uname(struct utsname *system)
{
	memset(system, 0, sizeof(*system));
	return 0;
}

static struct hvu_settings settings = { .kvp.version = (char *)"3.1" };

static void expect(const struct hvic_items *items, const char *key, const char *value)
{
	struct hv_ic_kvp_item item = { };

	assert_true(hvic_items_get(items, key, &item));
	assert_string_equal(item.key, key);
	assert_int_equal(item.type, HV_IC_KVP_STRING);
	assert_string_equal(item.value, value);
}

static void corpus(void **state)
{
	struct unit_root *root = *state;
	int files = hvu_root_open(HVIC_CORPUS);
	char **names = hvu_list(files, ".");

	for (size_t i = 0; i < ARRAY_SIZE(distributions); i++) {
		struct hvic_items items = {
			.root = root->fd, .settings = &settings, .uname = no_uname,
		};
		char text[4096];

		print_message("# %s\n", distributions[i].file);
		/* Each file has its row. */
		assert_string_equal(names[i], distributions[i].file);
		assert_true(hvu_read(files, text, sizeof(text), "%s", distributions[i].file) > 0);
		unit_file(root, "etc/os-release", text);
		hvic_items_refresh(&items);
		expect(&items, "OSName", distributions[i].name);
		expect(&items, "OSDistributionName", distributions[i].name);
		expect(&items, "OSDistributionData", distributions[i].version);
		expect(&items, "OSMajorVersion", distributions[i].major);
		expect(&items, "OSMinorVersion", distributions[i].minor);
	}
	assert_null(names[ARRAY_SIZE(distributions)]);
	hvu_list_free(names);
	close(files);
}

static void odd_os_release(void **state)
{
	static const struct {
		const char *text;
		const char *name;
		const char *version;
	} odd[] = {
		{ "", "Linux", "" },
		{ "NAME=", "Linux", "" },
		{ "NAME", "Linux", "" },
		{ "=x\n==\n\n#NAME=y\n", "Linux", "" },
		{ "NAME=\"A \\\"b\\\" \\$c \\\\\"", "A \"b\" $c \\", "" },
		{ "NAME='a\\b'", "a\\b", "" },
		{ "NAME=\"open", "open", "" },
		{ "NAME=a\"b c\"d e", "ab cd", "" },
		{ "NAME=one\nNAME=two\n", "two", "" },
		{ "\tNAME=dos\r\nVERSION_ID=1\r\n", "dos", "1" },
		{ "XNAME=x\nNAMEX=y\nNAME =z\n", "Linux", "" },
		{ "NAME=\"a\tb\"", "a b", "" },
		{ "NAME=end\\", "end\\", "" },
		{ "NAME=M\xc3\xbcsli", "M\xc3\xbcsli", "" },
	};
	char long_one[2000] = "NAME=";
	struct hvic_os_release os;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		hvic_os_release_parse(&os, odd[i].text);
		assert_string_equal(os.name, odd[i].name);
		assert_string_equal(os.version_id, odd[i].version);
	}
	memset(long_one + 5, 'n', sizeof(long_one) - 6);
	hvic_os_release_parse(&os, long_one);
	assert_int_equal(strlen(os.name), HVIC_OS_FIELD_SIZE - 1);
}

/* /etc has the first word; a read-only system may have the file in /usr only. */
static void os_release_places(void **state)
{
	struct unit_root *root = *state;
	struct hvic_os_release os;

	hvic_os_release_read(&os, root->fd);
	assert_string_equal(os.name, "Linux");
	unit_file(root, "usr/lib/os-release", "NAME=vendor\n");
	hvic_os_release_read(&os, root->fd);
	assert_string_equal(os.name, "vendor");
	unit_file(root, "etc/os-release", "NAME=admin\n");
	hvic_os_release_read(&os, root->fd);
	assert_string_equal(os.name, "admin");
}

/* --- The name. --------------------------------------------------------------------------- */

static void expect_name(struct unit_root *root, const char *host, const char *expected)
{
	char name[512];

	hvic_hostname_qualify(root->fd, host, name, sizeof(name));
	assert_string_equal(name, expected);
}

static void names(void **state)
{
	struct unit_root *root = *state;

	expect_name(root, "web", "web");
	expect_name(root, "", "");
	unit_file(root, "etc/resolv.conf", "nameserver 192.0.2.1\nsearch lan.example other\n");
	expect_name(root, "web", "web.lan.example");
	unit_file(root, "etc/resolv.conf", "search lan.example\ndomain own.example\n");
	expect_name(root, "web", "web.own.example");
	unit_file(root, "etc/resolv.conf", "search .\nsearch\ndomain\n");
	expect_name(root, "web", "web");
	unit_file(root, "etc/resolv.conf", "domain own.example\n");
	unit_file(root, "etc/hosts", "# 127.0.1.1 web.comment.example web\n"
		  "127.0.0.1 localhost\n192.0.2.7\n"
		  "127.0.1.1\tweb.hosts.example web # that is us\n");
	expect_name(root, "web", "web.hosts.example");
	expect_name(root, "web.static.example", "web.static.example");
	/* Another machine's line is not ours. */
	expect_name(root, "we", "we.own.example");
	unit_file(root, "etc/hosts", "127.0.1.1 web localhost.localdomain\n");
	expect_name(root, "web", "web.own.example");
	expect_name(root, "localhost", "localhost");
}

/* --- Items. ------------------------------------------------------------------------------ */

static const char *node = "one";

static int one_uname(struct utsname *system)
{
	memset(system, 0, sizeof(*system));
	strcpy(system->nodename, node);
	strcpy(system->release, "6.1.0-37-amd64");
	strcpy(system->machine, "x86_64");
	return 0;
}

static void all(void **state)
{
	static const char *const keys[] = {
		"FullyQualifiedDomainName", "IntegrationServicesVersion", "NetworkAddressIPv4",
		"NetworkAddressIPv6", "OSBuildNumber", "OSName", "OSMajorVersion",
		"OSMinorVersion", "OSVersion", "ProcessorArchitecture",
	};
	struct unit_root *root = *state;
	struct hvic_items items = {
		.root = root->fd, .settings = &settings, .uname = one_uname,
	};
	struct hv_ic_kvp_item item;
	size_t n = 0;

	unit_file(root, "etc/os-release", "NAME=Test\nVERSION_ID=1.2\n");
	hvic_items_refresh(&items);
	/* The places that they have with the kernel's own daemon. */
	for (; n < ARRAY_SIZE(keys); n++) {
		memset(&item, 0, sizeof(item));
		assert_true(hvic_items_at(&items, n, &item));
		assert_string_equal(item.key, keys[n]);
	}
	while (memset(&item, 0, sizeof(item)) && hvic_items_at(&items, n, &item))
		n++;
	assert_in_range(n, 14, 20);
	assert_false(hvic_items_at(&items, SIZE_MAX, &item));
	assert_false(hvic_items_get(&items, "NoSuchItem", &item));
	assert_false(hvic_items_get(&items, "", &item));
	expect(&items, "FullyQualifiedDomainName", "one");
	expect(&items, "IntegrationServicesVersion", "3.1");
	expect(&items, "OSBuildNumber", "6.1.0-37-amd64");
	expect(&items, "OSKernelVersion", "6.1.0-37-amd64");
	expect(&items, "OSVersion", "6.1.0");
	expect(&items, "ProcessorArchitecture", "x86_64");
	expect(&items, "NetworkAddressIPv4", "");
	expect(&items, "OSPlatformId", "1");
}

/* cloud-init gives the machine its name when the daemon runs already. */
static void changes(void **state)
{
	struct unit_root *root = *state;
	struct hvic_items items = {
		.root = root->fd, .settings = &settings, .uname = one_uname,
	};

	hvic_items_refresh(&items);
	expect(&items, "FullyQualifiedDomainName", "one");
	node = "two";
	hvic_items_refresh(&items);
	expect(&items, "FullyQualifiedDomainName", "two");
	unit_file(root, "etc/hosts", "127.0.1.1 two.example two\n");
	hvic_items_refresh(&items);
	expect(&items, "FullyQualifiedDomainName", "two.example");
	unit_file(root, "etc/os-release", "NAME=Upgraded\n");
	hvic_items_refresh(&items);
	expect(&items, "OSName", "Upgraded");
	node = "one";
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(corpus), TEST(odd_os_release), TEST(os_release_places), TEST(names),
		TEST(all), TEST(changes),
	};

	return cmocka_run_group_tests_name("items", tests, NULL, NULL);
}
