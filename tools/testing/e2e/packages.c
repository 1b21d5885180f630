// SPDX-License-Identifier: GPL-2.0
/*
 * A real Debian in which apt has installed our packages while it did not run, beside Debian's own
 * hyperv-daemons: what they do there at once, after a restart, and after their removal.
 */
#include "debian.h"
#include "network.h"

#include <stdio.h>
#include <stdlib.h>

#define SLOW_MS 400000

#define PLACE "/srv/incoming"

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
		"journalctl -u hvic-vssd -u hvic-hooks", "uname -r",
		"journalctl -b -u 'hvic-*' -u systemd-logind", "udevadm control --reload",
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
	debian_ours(t);
	debian_items(t);
	network_make(t);
	network_expect(t);
	debian_backup(t, "1");
	test_note(t, "nothing is allowed yet");
	EXPECT_FAILURE(copy(t, PLACE));
	allow_copies(t);
	expect_copy(t);
	as_documented(t);
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

	debian_ours(t);
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
	debian_ours(t);
	EXPECT(strcmp(before, test_run(t, 0, "%s", pids)));
	debian_item(t, KVP_EXTERNAL, "count", value);
	debian_backup(t, "1");
	debian_none_failed(t);
}

static void remove_packages(struct test *t)
{
	debian_run(t, "dpkg -r hv-ic-fcopy hv-ic-tools hv-ic-dkms");
	test_run(t, 1, "modinfo hv_ic");
	debian_none_failed(t);
}

/* What is set and stored outlives a restart, and what belongs to others the removal. */
static void restarted_and_removed(struct test *t)
{
	debian_ours(t);
	EXPECT_RESULT(kvp_set(test_ic(t, &ic_kvp), KVP_EXTERNAL, "shape", "round"), 0);
	network_make(t);
	allow_copies(t);
	debian_ask(t, &debian_restart, HV_RESET, "Reached target reboot.target");

	test_restart(t);
	debian_ours(t);
	debian_item(t, KVP_EXTERNAL, "shape", "round");
	network_expect(t);
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

static void power_off(struct test *t)
{
	hv_guest_start(t->host, "systemctl poweroff");
	EXPECT_EQ(hv_wait_state(t->host, HV_OFF, SLOW_MS), 0);
}

/* --- An initramfs that has a driver. ------------------------------------------------------ */

#define HOOK "/etc/initramfs-tools/hooks/hv_ic"
#define BEFORE "/usr/lib/modprobe.d/hv_ic.conf"
#define CONTENT "lsinitramfs /boot/initrd.img-$(uname -r)"

static void image_made(struct test *t)
{
	test_need(t, "/usr/sbin/update-initramfs");
	debian_ours(t);
	test_run(t, 0, "hvic doctor");
	/* What storage and file systems would need takes long, and is of no use here. */
	test_run(t, 0, "echo MODULES=list >/etc/initramfs-tools/conf.d/few");
	test_run(t, 0, "echo hv_utils >>/etc/initramfs-tools/modules");
	/* As it was made before the packages came. */
	test_run(t, 0, "mv " BEFORE " /root/before");
	/* By this it knows a kernel of the system. */
	test_run(t, 0, "touch /boot/vmlinuz-$(uname -r)");
	debian_run(t, "update-initramfs -c -k $(uname -r)");
	test_run(t, 0, "mv /root/before " BEFORE);
	test_run(t, 0, CONTENT " | grep /hv_utils.ko");
	test_says(t, 1, "hvic doctor", "holds hv_utils and not hv_ic");

	test_run(t, 0, "sed -i /hv_utils/d /etc/initramfs-tools/modules");
	test_run(t, 0, "ln -s /usr/share/hv_ic/initramfs/hook " HOOK);
	debian_run(t, "update-initramfs -u -k all");
	EXPECT_STR(test_run(t, 0, CONTENT " | grep -oE '%s' | sort",
			    "hv_(ic|utils).ko|.*modprobe.d/hv_ic.*"),
		   "hv_ic.ko\nusr/lib/modprobe.d/hv_ic.conf");
	test_run(t, 0, "hvic doctor");
	test_says(t, 0, "hvic service disable fcopy --persist 2>&1", "update-initramfs -u");

	/* Neither the module nor what lets it go first is left in there. */
	remove_packages(t);
	EXPECT_STR(test_run(t, 0, CONTENT " | grep hv_ic || true"), "");
	debian_run(t, "dpkg -P hv-ic-fcopy hv-ic-tools hv-ic-dkms");
	test_run(t, 1, "test -L " HOOK);
	debian_none_failed(t);
	power_off(t);
}

/* Where there is no Hyper-V, nothing starts, nothing fails, and nobody says a word about it. */
static void elsewhere(struct test *t)
{
	debian_settled(t);
	EXPECT_STR(test_run(t, 0, "systemctl list-units --no-legend --plain 'hvic*' 'hv-*'"), "");
	test_run(t, 1, "grep -E '^(hv_ic|hv_utils) ' /proc/modules");
	EXPECT_STR(test_run(t, 0, "journalctl -b -q | grep -iE 'hv_ic|hvic|hv-' || true"), "");
	power_off(t);
}

const struct test_case packages_cases[] = {
	PACKAGES_CASE("guest_packages", installed),
	PACKAGES_CASE("guest_upgrade", upgraded),
	PACKAGES_CASE("guest_packages_removed", restarted_and_removed, .ends_guest = true),
	PACKAGES_CASE("guest_initramfs", image_made, .ends_guest = true),
	PACKAGES_CASE("guest_packages_elsewhere", elsewhere, .ends_guest = true, .bare = true),
	{ 0 }
};
