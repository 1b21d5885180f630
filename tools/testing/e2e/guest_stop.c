// SPDX-License-Identifier: GPL-2.0
/*
 * The host stops a real Debian with our packages: who works there hears of it, who must not be
 * disturbed is respected, and the system ends in order. Then it hibernates, and wakes.
 */
#include "debian.h"
#include "sleep.h"

#define STOP_MS 400000

#define TERMINAL "/root/terminal"	/* what a user has seen there */
#define WITNESS "/root/witness"		/* a unit that has been stopped */

#define MANAGER "org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager"

/* --- It is switched off. ------------------------------------------------------------------ */

/*
 * A user at a terminal that is closed to everybody else, as login(1) leaves it. It outlives the
 * units that are stopped first.
 */
static void log_in(struct test *t)
{
	test_run(t, 0, "useradd -m ann");
	test_run(t, 0, "printf '%s' >/root/log-in",
		 "chown ann $(tty) && chmod 600 $(tty) && exec su -l ann");
	test_run(t, 0, "systemd-run -q --unit=terminal -p DefaultDependencies=no sh -c '%s'",
		 "sleep infinity | script -qfc \"sh /root/log-in\" " TERMINAL);
	test_until(t, "loginctl list-sessions --no-legend | grep -q 'ann.*pts/'");
	test_until(t, "stat -c '%%U %%a' /dev/pts/* | grep -qx 'ann 600'");
}

/* It writes down in which state the system is when it is stopped. */
static void start_witness(struct test *t)
{
	test_run(t, 0, "systemd-run -q --unit=witness --remain-after-exit -p ExecStop='%s' true",
		 "/bin/sh -c \"systemctl is-system-running >" WITNESS "; true\"");
	test_until(t, "systemctl -q is-active witness");
}

static void hold(struct test *t, const char *mode)
{
	test_run(t, 0, "systemd-run -q --collect --unit=upgrade %s --mode=%s sleep infinity",
		 "systemd-inhibit --what=shutdown --who=apt --why=upgrade", mode);
	test_until(t, "systemd-inhibit --list | grep -q upgrade");
}

static void let_go(struct test *t)
{
	test_run(t, 0, "systemctl stop upgrade");
}

/* The administrator wants delays to be as long as they have to be. */
static void allow_delays(struct test *t)
{
	test_run(t, 0, "mkdir -p /etc/systemd/logind.conf.d && printf '%s' >%s",
		 "[Login]\\nInhibitDelayMaxSec=1h\\n", "/etc/systemd/logind.conf.d/delay.conf");
	test_run(t, 0, "systemctl restart systemd-logind");
	test_says(t, 0, "busctl get-property " MANAGER " InhibitDelayMaxUSec", "t 3600000000");
}

static void expect_refused(struct test *t, struct ic *sd)
{
	test_note(t, "a lock that blocks");
	hold(t, "block");
	EXPECT_RESULT(shutdown_ask(sd, &debian_power_off), WIRE_E_MACHINE_LOCKED);
	test_until(t, "journalctl -b -q -u hvic-shutdownd | grep -q 'inhibited by apt: upgrade'");
	test_says(t, 0, "busctl get-property " MANAGER " PreparingForShutdown", "b false");
	test_run(t, 1, "grep -q 'powers off' " TERMINAL);
	let_go(t);
	test_until(t, "! systemd-inhibit --list | grep -q upgrade");
}

/* The host is told that it is done, and it is as soon as the lock is gone. */
static void expect_delayed(struct test *t, struct ic *sd)
{
	test_note(t, "a lock that delays");
	hold(t, "delay");
	EXPECT_RESULT(shutdown_ask(sd, &debian_power_off), 0);
	test_until(t, "busctl get-property " MANAGER " PreparingForShutdown | grep -q true");
	test_until(t, "grep -q 'The system powers off now' " TERMINAL);
	test_until(t, "grep -q '%s' " TERMINAL, debian_power_off.text);
	EXPECT_EQ(hv_state(t->host), HV_RUNNING);
	test_run(t, 0, "systemctl -q is-active multi-user.target");
	EXPECT(!test_has(t, WITNESS));
	hv_guest_start(t->host, "systemctl --no-block stop upgrade");
}

/* What was written is whole, without anything that had to be mended. */
static void expect_clean(struct test *t)
{
	EXPECT_STR(test_run(t, 0, "cat " WITNESS), "stopping");
	test_run(t, 0, "dmesg | grep -q 'EXT4-fs (pmem0): mounted'");
	EXPECT_STR(test_run(t, 0, "dmesg | grep -E 'pmem0.*(recover|orphan|error)' || true"), "");
}

/* It does without what the host does not offer, and nobody misses it. */
static void expect_less(struct test *t)
{
	test_note(t, "only some services are on offer");
	debian_settled(t);
	test_until(t, "systemctl -q is-active hvic-shutdownd");
	EXPECT_RESULT(ic_wait_ready(test_ic(t, &ic_heartbeat)), 0);
	EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), NULL), 0);
	EXPECT_STR(test_run(t, 0, "systemctl list-units --no-legend --plain %s | cut -d' ' -f1",
			    "'hvic-*' 'hv-*'"), "hvic-shutdownd.service");
	EXPECT_STR(test_run(t, 0, "journalctl -b -q -p warning -u 'hvic-*' -u 'hv-*'"), "");
	EXPECT_STR(test_run(t, 0, "journalctl -b -q | grep -i 'timed out waiting' || true"), "");
}

static void powered_off(struct test *t)
{
	static const struct ic_service *const gone[] = { &ic_kvp, &ic_vss, &ic_fcopy };
	struct ic *sd = test_ic(t, &ic_shutdown);
	size_t from;

	debian_up(t, "hv_ic");
	test_until(t, "systemctl -q is-active hvic-shutdownd");
	allow_delays(t);
	log_in(t);
	start_witness(t);
	EXPECT_RESULT(ic_wait_ready(sd), 0);
	expect_refused(t, sd);
	from = hv_console_lines(t->host);
	expect_delayed(t, sd);
	EXPECT_EQ(hv_wait_state(t->host, HV_OFF, STOP_MS), 0);
	EXPECT(hv_console_find(t->host, from, debian_power_off.text));
	EXPECT(hv_console_find(t->host, from, "Reached target poweroff.target"));
	EXPECT(!hv_console_find(t->host, from, "[FAILED]"));

	hv_stop(t->host);
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		EXPECT_EQ(ic_rescind(test_ic(t, gone[i])), 0);
	test_restart(t);
	expect_less(t);
	expect_clean(t);
	debian_ask(t, &debian_power_off, HV_OFF, "Reached target poweroff.target");
}

/* --- It hibernates. ----------------------------------------------------------------------- */

#define SWAP "/dev/pmem1"

static const struct shutdown_order hibernate = {
	.flags = WIRE_SHUTDOWN_HIBERNATE,
	.reason = SHUTDOWN_REASON_PLANNED,
	.text = "the host saves energy",
};

static const struct hibernated_unit {
	const struct ic_service *service;
	const char *name;
} units[] = {
	{ &ic_kvp, "hvic-kvpd" }, { &ic_vss, "hvic-vssd" }, { &ic_fcopy, "hvic-fcopyd" },
};

static char *processes(struct test *t)
{
	return test_run(t, 0, "systemctl show -P MainPID -P NRestarts %s",
			"hvic-kvpd hvic-vssd hvic-fcopyd hvic-shutdownd");
}

/* Every service answers, by the daemon that has it. */
static void expect_all(struct test *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		debian_active(t, units[i].service, units[i].name);
	test_until(t, "hvic shutdown | grep -q 'handler    process '");
	EXPECT_RESULT(ic_wait_ready(test_ic(t, &ic_heartbeat)), 0);
	EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), NULL), 0);
	debian_items(t);
	debian_backup(t, "1");
	test_note(t, "file copy");
	/* It allows nothing yet, and nobody else would say so. */
	EXPECT_RESULT(fcopy_start(test_ic(t, &ic_fcopy), "/srv", "file", 0, 1),
		      WIRE_E_ACCESS_DENIED);
}

/* Its initramfs finds the image. */
static void wake(struct test *t)
{
	struct ic *ic = test_ic(t, &ic_heartbeat);
	unsigned int opens = hv_channel_opens(ic->channel);

	test_note(t, "it wakes");
	sleep_start_anew(t);
	sleep_woken(t, ic, opens);
}

static void hibernate_and_wake(struct test *t, struct ic *sd)
{
	EXPECT_RESULT(shutdown_ask(sd, &hibernate), 0);
	EXPECT_EQ(hv_wait_state(t->host, HV_HIBERNATED, STOP_MS), 0);
	wake(t);
	/* It is the same system. */
	EXPECT(test_has(t, "/run/before"));
	test_until(t, "! systemctl list-jobs --no-legend | grep -q hibernate");
}

static void hibernated(struct test *t)
{
	struct ic *sd = test_ic(t, &ic_shutdown);
	char *before;

	debian_up(t, "hv_ic");
	expect_all(t);
	EXPECT_RESULT(ic_wait_ready(sd), 0);

	test_note(t, "no room for an image");
	EXPECT_RESULT(shutdown_ask(sd, &hibernate), WIRE_E_DISK_FULL);
	test_run(t, 0, "mkswap " SWAP " >/dev/null && swapon " SWAP);
	test_run(t, 0, "touch /run/before");
	before = processes(t);
	test_note(t, "it hibernates");
	hibernate_and_wake(t, sd);
	expect_all(t);
	/* Nothing had to be started again. */
	EXPECT_STR(processes(t), before);
	test_until(t, "hvic shutdown | grep -q 'phase    done'");

	test_note(t, "it hibernates by the rule for udev");
	test_run(t, 0, "systemctl stop hvic-shutdownd");
	hibernate_and_wake(t, sd);
	test_run(t, 0, "systemctl start hvic-shutdownd");
	expect_all(t);
	debian_none_failed(t);
}

const struct test_case guest_stop_cases[] = {
	PACKAGES_CASE("guest_powered_off", powered_off, .ends_guest = true),
	PACKAGES_CASE("guest_hibernated", hibernated, .hibernation = true, .disk_mib = 768),
	{ 0 }
};
