// SPDX-License-Identifier: GPL-2.0
/*
 * hvic-shutdownd in the guest, with a logind that guest/logind.c plays, and with that of
 * systemd.
 */
#include "e2e.h"
#include "poweroff.h"

static const struct shutdown_order power_off = { .reason = SHUTDOWN_REASON_PLANNED };

static void stop_daemon(struct test *t, void *context)
{
	test_run(t, 0, "procs -TERM -w hvic-shutdownd logind");
	test_run(t, 0, "rm -rf /run/dbus /run/logind");
}

static void expect_attached(struct test *t)
{
	test_until(t, "hvic shutdown | grep -q 'handler    process '");
}

static void start_daemon(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	poweroff_catch(t);
	test_defer(t, stop_daemon, NULL);
	test_run(t, 0, "hvic-shutdownd >/tmp/shutdownd 2>&1 &");
	expect_attached(t);
}

static void start_logind(struct test *t, const char *lock)
{
	test_run(t, 0, "logind >/dev/null 2>&1 &");
	test_until(t, "test -S /run/dbus/system_bus_socket");
	test_run(t, 0, "echo '%s' >/run/logind/locks", lock);
}

static void shutdownd(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	start_daemon(t);
	start_logind(t, "idle|player|film|block");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	test_until(t, "grep -qx PowerOff /run/logind/acted");
	poweroff_idle(t);
	test_says(t, 0, "hvic shutdown", "phase    handed");
}

/* Who is logged in reads what happens, and the words of the host with nothing in them that acts. */
static void shutdownd_wall(struct test *t)
{
	struct shutdown_order order = power_off;
	struct ic *sd = test_ready(t, &ic_shutdown);
	size_t from = hv_console_lines(t->host);

	start_daemon(t);
	start_logind(t, "");
	test_run(t, 0, "echo ttyS0 >/run/logind/tty");
	order.text = "new \033[31mkernel\nat noon";
	EXPECT_RESULT(shutdown_ask(sd, &order), 0);
	test_until(t, "grep -qx PowerOff /run/logind/acted");
	poweroff_idle(t);
	EXPECT(hv_console_find(t->host, from, "The system powers off now, the virtual machine's"));
	EXPECT(hv_console_find(t->host, from, "at noon"));
	EXPECT(!hv_console_find(t->host, from, "\033[31m"));
}

static void shutdownd_locked(struct test *t)
{
	struct shutdown_order forced = power_off;
	struct ic *sd = test_ready(t, &ic_shutdown);

	start_daemon(t);
	start_logind(t, "shutdown|apt|upgrade|block");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), WIRE_E_MACHINE_LOCKED);
	EXPECT(!test_has(t, "/run/logind/acted"));
	forced.flags = WIRE_SHUTDOWN_FORCE;
	EXPECT_RESULT(shutdown_ask(sd, &forced), 0);
	test_until(t, "grep -qx PowerOff /run/logind/acted");
	poweroff_idle(t);
	test_says(t, 0, "cat /tmp/shutdownd", "inhibited by apt: upgrade");
}

/* Without logind the kernel acts. */
static void shutdownd_without_logind(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	start_daemon(t);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	poweroff_acted(t, "poweroff");
	test_says(t, 0, "cat /tmp/shutdownd", "the kernel has to");
}

static void shutdownd_killed(struct test *t)
{
	struct ic *sd = test_ready(t, &ic_shutdown);

	start_daemon(t);
	test_run(t, 0, "procs -KILL hvic-shutdownd");
	test_until(t, "hvic shutdown | grep -q 'handler    none'");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	poweroff_acted(t, "poweroff");
}

/* The handler attaches again when the module is loaded again. A second handler is refused. */
static void shutdownd_reload(struct test *t)
{
	start_daemon(t);
	test_run(t, 69, "hvic-shutdownd");
	test_unload(t);
	test_load(t, "");
	expect_attached(t);
	start_logind(t, "");
	EXPECT_RESULT(shutdown_ask(test_ready(t, &ic_shutdown), &power_off), 0);
	test_until(t, "grep -qx PowerOff /run/logind/acted");
	poweroff_idle(t);
}

/* The real systemd, logind and system bus, and hvic-shutdownd run by its unit. */
static struct ic *with_systemd(struct test *t)
{
	test_need(t, "/usr/bin/hvic");
	test_need(t, "/lib/systemd/systemd");
	test_run(t, 0, "kill -USR1 1");
	test_until(t, "systemctl -q is-active hvic-shutdownd");
	expect_attached(t);
	return test_ready(t, &ic_shutdown);
}

static void hold_lock(struct test *t)
{
	test_run(t, 0, "systemd-inhibit --what=shutdown --who=apt --why=%s sleep 9999 %s &",
		 "upgrade", ">/dev/null 2>&1");
	test_until(t, "systemd-inhibit --list | grep -q upgrade");
}

static void systemd_poweroff(struct test *t)
{
	struct ic *sd = with_systemd(t);

	hold_lock(t);
	EXPECT_RESULT(shutdown_ask(sd, &power_off), WIRE_E_MACHINE_LOCKED);
	test_run(t, 0, "procs -TERM sleep");
	test_until(t, "! systemd-inhibit --list | grep -q upgrade");
	EXPECT_RESULT(shutdown_ask(sd, &power_off), 0);
	EXPECT_EQ(hv_wait_state(t->host, HV_OFF, sd->timeout_ms), 0);
	EXPECT(hv_console_find(t->host, 0, "Reached target poweroff.target"));
}

static void systemd_reboot(struct test *t)
{
	struct shutdown_order forced = {
		.flags = WIRE_SHUTDOWN_FORCE | WIRE_SHUTDOWN_RESTART,
		.reason = SHUTDOWN_REASON_PLANNED,
	};
	struct ic *sd = with_systemd(t);

	hold_lock(t);
	EXPECT_RESULT(shutdown_ask(sd, &forced), 0);
	EXPECT_EQ(hv_wait_state(t->host, HV_RESET, sd->timeout_ms), 0);
	EXPECT(hv_console_find(t->host, 0, "Reached target reboot.target"));
}

#define CASE(title, function) { .name = title, .run = function, .only = ONLY_HV_IC }

const struct test_case shutdownd_cases[] = {
	CASE("shutdownd", shutdownd),
	CASE("shutdownd_wall", shutdownd_wall),
	CASE("shutdownd_locked", shutdownd_locked),
	CASE("shutdownd_without_logind", shutdownd_without_logind),
	CASE("shutdownd_killed", shutdownd_killed),
	CASE("shutdownd_reload", shutdownd_reload),
	{ .name = "shutdownd_systemd_poweroff", .run = systemd_poweroff, .only = ONLY_HV_IC,
	  .ends_guest = true },
	{ .name = "shutdownd_systemd_reboot", .run = systemd_reboot, .only = ONLY_HV_IC,
	  .ends_guest = true },
	{ 0 }
};
