// SPDX-License-Identifier: GPL-2.0
/*
 * A real Debian in which apt has installed our packages while it did not run, beside Debian's own
 * hyperv-daemons: what they do there at once, after a restart, and after their removal.
 */
#include "debian.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SLOW_MS 400000

/* A promise of two seconds, with room for a slow machine. */
#define SEEN_S 20

#define PLACE "/srv/incoming"
#define MAC "00:15:5d:01:02:03"
#define ADDRESS "192.0.2.17"

/* Our units run, those of Debian's daemons do not, and nobody has anything to complain about. */
static void expect_ours(struct test *t)
{
	debian_up(t, "hv_ic");
	test_says(t, 0, "modinfo -F filename hv_ic", "/updates/dkms/hv_ic.ko");
	debian_active(t, &ic_kvp, "hvic-kvpd");
	debian_active(t, &ic_vss, "hvic-vssd");
	debian_active(t, &ic_fcopy, "hvic-fcopyd");
	test_until(t, "systemctl -q is-active hvic-shutdownd");
	test_says(t, 0, "hvic shutdown", "handler    process ");
	test_run(t, 3, "systemctl -q is-active hv-kvp-daemon hv-vss-daemon hv-fcopy-daemon");
	EXPECT_STR(test_run(t, 0, "journalctl -b -q -p warning -u 'hvic-*' -u 'hv-*'"), "");
	debian_none_failed(t);
}

/* networkd gives an address to an interface that it makes itself, and the host is told. */
static void make_interface(struct test *t)
{
	test_run(t, 0, "cd /etc/systemd/network && %s && %s && networkctl reload",
		 "printf '[NetDev]\\nName=own0\\nKind=dummy\\nMACAddress=" MAC "\\n' >own0.netdev",
		 "printf '[Match]\\nName=own0\\n\\n[Network]\\nAddress=" ADDRESS "/24\\n"
		 "Gateway=192.0.2.1\\n' >own0.network");
}

static void expect_address(struct test *t)
{
	struct ic *kvp = test_ic(t, &ic_kvp);
	time_t end = time(NULL) + SEEN_S;
	struct kvp_item item;

	test_note(t, "the guest's address");
	test_until(t, "ip route show default | grep -q own0");
	do {
		EXPECT_RESULT(kvp_find(kvp, KVP_AUTO, "NetworkAddressIPv4", &item), 0);
	} while (strcmp(item.value, ADDRESS) && time(NULL) < end);
	EXPECT_STR(item.value, ADDRESS);
}

static ic_result copy(struct test *t, const char *place)
{
	struct fcopy_source source = fcopy_memory("content", 7);

	return fcopy_copy(test_ic(t, &ic_fcopy), &source, place, "copied", WIRE_FCOPY_OVERWRITE);
}

static void allow_copies(struct test *t)
{
	test_run(t, 0, "mkdir -p " PLACE " /etc/hv_ic && %s >/etc/hv_ic/hv_ic.conf",
		 "printf '[fcopy in]\\ndirectory = " PLACE "\\noverwrite = yes\\n'");
	test_run(t, 0, "hvic config apply");
	/* It does not wait for the unit that it has restarted. */
	test_until(t, "systemctl -q is-active hvic-fcopyd && hvic fcopy --json=short | grep -q %s",
		   PLACE);
}

static void expect_copy(struct test *t)
{
	test_note(t, "file copy");
	EXPECT_RESULT(copy(t, PLACE), 0);
	EXPECT_STR(test_run(t, 0, "cat " PLACE "/copied; rm " PLACE "/copied"), "content");
	EXPECT_FAILURE(copy(t, "/root"));
	EXPECT(!test_has(t, "/root/copied"));
}

/* What documents tell people to run, and no other case does. */
static void as_documented(struct test *t)
{
	static const char *const commands[] = {
		"systemctl status hvic-kvpd hvic-vssd hvic-fcopyd", "systemctl list-jobs",
		"systemd-inhibit --list", "ip -brief address", "dkms status hv_ic",
		"journalctl -x -b -u hvic-kvpd -u hvic-vssd -u hvic-fcopyd -u hvic-shutdownd",
		"journalctl -k -g hv_ic", "journalctl -b -k -g 'hv_ic|hv_vmbus|hv_utils'",
		"journalctl -u hvic-vssd -u hvic-hooks", "udevadm control --reload",
		"journalctl --update-catalog",
	};

	test_note(t, "commands of the documents");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		test_run(t, 0, "SYSTEMD_PAGER=cat %s", commands[i]);
	/* The number of the line about the copy, from tools/data/catalog. */
	test_says(t, 0, "journalctl -x -b MESSAGE_ID=5a5e0d5b0f3c4d7f8f0a6c1f7b9d2e43",
		  "The host has copied a file into this guest");
}

static void installed(struct test *t)
{
	expect_ours(t);
	debian_items(t);
	make_interface(t);
	expect_address(t);
	debian_backup(t, "1");
	test_note(t, "nothing is allowed yet");
	EXPECT_FAILURE(copy(t, PLACE));
	allow_copies(t);
	expect_copy(t);
	as_documented(t);
	debian_none_failed(t);
}

/* networkd sets it when it has set the addresses, at which the host is told of success. */
static void expect_routed(struct test *t, const char *gateway)
{
	test_until(t, "ip -4 route show default | grep -q '%s'", gateway);
	EXPECT_STR(test_run(t, 0, "ip -4 route show default | wc -l"), "1");
}

/*
 * The host gives the guest other addresses, as it does after a failover, and systemd-networkd sets
 * them; also after it has been started anew. What the host says nothing of stays.
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

	expect_ours(t);
	make_interface(t);
	expect_address(t);
	test_note(t, "another network");
	EXPECT_RESULT(kvp_set_ip(kvp, MAC, &elsewhere), 0);
	expect_routed(t, "via 198.51.100.1 dev own0");
	EXPECT_RESULT(kvp_get_ip(kvp, MAC, &now), 0);
	EXPECT(strstr(now.address, "198.51.100.7") && strstr(now.address, "198.51.100.8"));
	EXPECT(!strstr(now.address, ADDRESS));
	EXPECT_STR(now.gateway, "198.51.100.1");
	EXPECT(strstr(now.dns, "198.51.100.53"));

	test_note(t, "IPv6 beside it, after a restart of networkd");
	test_run(t, 0, "systemctl restart systemd-networkd");
	EXPECT_RESULT(kvp_set_ip(kvp, MAC, &six), 0);
	test_says(t, 0, "ip -6 address show dev own0", "2001:db8::7/64");
	test_until(t, "ip -4 address show dev own0 | grep -q 198.51.100.8/24");
	expect_routed(t, "via 198.51.100.1 dev own0");

	test_note(t, "a network mask that is none");
	EXPECT_FAILURE(kvp_set_ip(kvp, MAC, &nonsense));
	test_until(t, "ip -4 address show dev own0 | grep -q 198.51.100.7/24");
	expect_routed(t, "via 198.51.100.1 dev own0");
	debian_none_failed(t);
}

/* It reads what it has set, or is told that there is no daemon. */
static bool read_count(struct test *t, const char *value)
{
	struct kvp_item item;
	ic_result result = kvp_get(test_ic(t, &ic_kvp), KVP_EXTERNAL, "count", &item);

	if (result == WIRE_E_NOT_CONNECTED)
		return false;
	EXPECT_RESULT(result, 0);
	EXPECT_STR(item.value, value);
	return true;
}

/* The host goes on asking during an upgrade. Return: the last count. */
static unsigned int ask_until_done(struct test *t, int id)
{
	unsigned int n = 0, without = 0;
	char value[16];

	do {
		snprintf(value, sizeof(value), "%u", ++n);
		/* What the daemon has not answered when it ends is kept for the next one. */
		EXPECT_RESULT(kvp_set(test_ic(t, &ic_kvp), KVP_EXTERNAL, "count", value), 0);
		without += !read_count(t, value);
		EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), NULL), 0);
	} while (!hv_guest_done(t->host, id));
	printf("# %u rounds during the upgrade: %u times no daemon to read from\n", n, without);
	/* The restart of a daemon is no outage. */
	EXPECT(without < n);
	return n;
}

static void upgraded(struct test *t)
{
	const char *pids = "systemctl show -P MainPID 'hvic-*.service'";
	char *before, *said = NULL, value[16];
	int id, status;

	expect_ours(t);
	before = test_run(t, 0, "%s", pids);
	test_note(t, "upgrade");
	id = hv_guest_start(t->host, "dpkg -i /srv/newer/*.deb");
	snprintf(value, sizeof(value), "%u", ask_until_done(t, id));
	status = hv_guest_finish(t->host, id, SLOW_MS, &said);
	if (status)
		FAIL("dpkg -i: status %d: %s", status, said);
	free(said);
	test_says(t, 0, "dpkg-query -W hv-ic-tools hv-ic-fcopy", "+newer");
	test_note(t, "after the upgrade");
	expect_ours(t);
	EXPECT(strcmp(before, test_run(t, 0, "%s", pids)));
	debian_item(t, KVP_EXTERNAL, "count", value);
	debian_backup(t, "1");
	debian_none_failed(t);
}

static void remove_packages(struct test *t)
{
	int id = hv_guest_start(t->host, "dpkg -r hv-ic-fcopy hv-ic-tools hv-ic-dkms");
	char *said = NULL;

	test_note(t, "removal");
	if (hv_guest_finish(t->host, id, SLOW_MS, &said))
		FAIL("dpkg -r fails: %s", said);
	free(said);
	test_run(t, 1, "modinfo hv_ic");
	debian_none_failed(t);
}

/* What is set and stored outlives a restart, and what belongs to others the removal. */
static void restarted_and_removed(struct test *t)
{
	expect_ours(t);
	EXPECT_RESULT(kvp_set(test_ic(t, &ic_kvp), KVP_EXTERNAL, "shape", "round"), 0);
	make_interface(t);
	allow_copies(t);
	debian_ask(t, &debian_restart, HV_RESET, "Reached target reboot.target");

	test_restart(t);
	expect_ours(t);
	debian_item(t, KVP_EXTERNAL, "shape", "round");
	expect_address(t);
	expect_copy(t);
	remove_packages(t);
	debian_ask(t, &debian_restart, HV_RESET, "Reached target reboot.target");

	test_restart(t);
	debian_up(t, "hv_utils");
	debian_daemons(t);
	debian_item(t, KVP_EXTERNAL, "shape", "round");
	debian_backup(t, NULL);
	debian_ask(t, &debian_power_off, HV_OFF, "Reached target poweroff.target");
}

/* Where there is no Hyper-V, nothing starts, nothing fails, and nobody says a word about it. */
static void elsewhere(struct test *t)
{
	debian_settled(t);
	EXPECT_STR(test_run(t, 0, "systemctl list-units --no-legend --plain 'hvic*' 'hv-*'"), "");
	test_run(t, 1, "grep -E '^(hv_ic|hv_utils) ' /proc/modules");
	EXPECT_STR(test_run(t, 0, "journalctl -b -q | grep -iE 'hv_ic|hvic|hv-' || true"), "");
	hv_guest_start(t->host, "systemctl poweroff");
	EXPECT_EQ(hv_wait_state(t->host, HV_OFF, SLOW_MS), 0);
}

#define CASE(title, function, ...) \
	{ .name = title, .run = function, .system = SYSTEM_PACKAGES, .only = ONLY_HV_IC,	\
	  ##__VA_ARGS__ }

const struct test_case packages_cases[] = {
	CASE("guest_packages", installed),
	CASE("guest_upgrade", upgraded),
	CASE("guest_addresses", addressed),
	CASE("guest_packages_removed", restarted_and_removed, .ends_guest = true),
	CASE("guest_packages_elsewhere", elsewhere, .ends_guest = true, .bare = true),
	{ 0 }
};
