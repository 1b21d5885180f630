// SPDX-License-Identifier: GPL-2.0
/*
 * What our packages cost a real Debian when it starts: nothing waits for them, even if they never
 * become ready.
 */
#include "debian.h"

#include <stdio.h>

#define BOOT_MS 400000

/* For people: how long it has taken, and our share or that of others of our kind. */
static void tell_figures(struct test *t, const char *whose)
{
	printf("# boot with %s: %s\n", whose,
	       test_run(t, 0, "systemd-analyze time --no-pager | tr '\\n' ' '"));
	printf("# boot with %s: %s\n", whose,
	       test_run(t, 0, "systemd-analyze blame --no-pager | grep -E 'hvic-|hv-' | %s",
			"tr -s ' \\n' ' '"));
}

/*
 * What is ordered after a unit of ours would wait for it: that is only cloud-init, which wants the
 * host's items, what stops the system, and sockets.target, for a socket.
 */
static void expect_none_waits(struct test *t)
{
	EXPECT_STR(test_run(t, 0, "systemctl show -P Before 'hvic-*' | tr ' ' '\\n' | %s || true",
			    "grep -vxE '|hvic-.*|(shutdown|sockets).target|cloud-init-local.*'"),
		   "");
	/* udev starts them, and no target does. Names with a backslash are shown in quotes. */
	EXPECT_STR(test_run(t, 0, "systemctl show -P WantedBy -P RequiredBy 'hvic-*' | %s || true",
			    "tr ' ' '\\n' | grep -vxE '|hvic-.*|.*\\.device\"?'"), "");
	/* It also shows a socket that came after sockets.target, for which nobody waited. */
	EXPECT_STR(test_run(t, 0, "systemd-analyze critical-chain --no-pager | %s || true",
			    "grep hvic | grep -v 'hvic-hooks.socket @[0-9.]*s$'"), "");
}

/* Units whose start never ends. */
static void let_hang(struct test *t)
{
	static const char *const names[] = { "kvpd", "vssd", "fcopyd", "shutdownd" };

	test_run(t, 0, "printf '%s' >/root/hang.conf",
		 "[Service]\\nExecStartPre=/bin/sleep infinity\\nTimeoutStartSec=infinity\\n");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		test_run(t, 0, "install -D -m 644 /root/hang.conf %s/hvic-%s.service.d/hang.conf",
			 "/etc/systemd/system", names[i]);
}

/* The system is there all the same, and so is what the kernel does for the host. */
static void expect_not_held_up(struct test *t)
{
	int id = hv_guest_start(t->host, "until systemctl -q is-active default.target; do %s; done",
				"sleep 1");

	test_note(t, "units of ours hang");
	EXPECT_EQ(hv_guest_finish(t->host, id, BOOT_MS, NULL), 0);
	test_until(t, "[ $(systemctl list-jobs --no-legend | grep -c 'hvic-.*start') = 4 ]");
	test_until(t, "! systemctl list-jobs --no-legend | grep -v hvic-");
	EXPECT_RESULT(ic_wait_ready(test_ic(t, &ic_heartbeat)), 0);
	EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), NULL), 0);
}

/* The administrator keeps hv_utils, as hv_ic(4) says how. */
static void keep_hv_utils(struct test *t)
{
	test_run(t, 0, "rm /etc/systemd/system/hvic-*.service.d/hang.conf");
	test_run(t, 0, "echo blacklist hv_ic >/etc/modprobe.d/hv_ic.conf");
}

static void started(struct test *t)
{
	debian_up(t, "hv_ic");
	debian_active(t, &ic_kvp, "hvic-kvpd");
	debian_active(t, &ic_vss, "hvic-vssd");
	debian_active(t, &ic_fcopy, "hvic-fcopyd");
	test_until(t, "systemctl -q is-active hvic-shutdownd");
	/* dkms has built it in the disk, while no kernel ran from that. */
	EXPECT_STR(test_run(t, 0, "dkms status 2>/dev/null | grep -c '^hv_ic/'"), "1");
	test_says(t, 0, "dkms status -k $(uname -r)", ": installed");
	expect_none_waits(t);
	tell_figures(t, "hv_ic");

	let_hang(t);
	debian_ask(t, &debian_restart, HV_RESET, "Reached target reboot.target");
	test_restart(t);
	expect_not_held_up(t);
	keep_hv_utils(t);
	debian_ask(t, &debian_restart, HV_RESET, "Reached target reboot.target");

	test_restart(t);
	debian_up(t, "hv_utils");
	debian_daemons(t);
	EXPECT_STR(test_run(t, 0, "systemctl list-units --no-legend --plain 'hvic-*'"), "");
	tell_figures(t, "hv_utils");
	debian_ask(t, &debian_power_off, HV_OFF, "Reached target poweroff.target");
}

const struct test_case guest_boot_cases[] = {
	{ .name = "guest_started", .run = started, .system = SYSTEM_PACKAGES, .only = ONLY_HV_IC,
	  .ends_guest = true },
	{ 0 }
};
