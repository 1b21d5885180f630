// SPDX-License-Identifier: GPL-2.0
/*
 * Debian's package hyperv-daemons as it is: its units and its udev rules, under systemd with a
 * real udevd. udev starts a daemon for its device, and systemd stops it when the device goes.
 */
#include "play.h"
#include "systemd.h"

static const struct unit {
	const struct ic_service *service;
	const char *name;
	const char *ours;
} units[] = {
	{ &ic_kvp, "hv-kvp-daemon", "hvic-kvpd" },
	{ &ic_vss, "hv-vss-daemon", "hvic-vssd" },
	{ &ic_fcopy, "hv-fcopy-daemon", "hvic-fcopyd" },
};

/*
 * From 6.10 on file copy has another daemon, which is bound to no device of ours. Where there is no
 * unit of the name it is one of ours.
 */
static bool has_unit(struct test *t, const struct unit *unit)
{
	const char *id = test_run(t, 0, "systemctl show -P Id %s.service", unit->name);

	return !strncmp(id, unit->name, strlen(unit->name)) &&
	       !strcmp(test_run(t, 0, "systemctl show -P LoadState %s", unit->name), "loaded");
}

/* Other units start, too. */
static void expect_no_jobs(struct test *t)
{
	test_until(t, "test -z \"$(systemctl list-jobs --no-legend)\"");
}

/*
 * The unit runs, and so do the units that it is bound to. The order matters: a daemon also runs
 * while systemd still waits for a device that never comes. @from is a line of the console.
 */
static void expect_active(struct test *t, const struct unit *unit, size_t from)
{
	test_note(t, "%s.service", unit->name);
	test_until(t, "systemctl is-active $(systemctl cat %s.service | sed -n s/^BindsTo=//p)",
		   unit->name);
	test_until(t, "systemctl -q is-active %s.service", unit->name);
	expect_no_jobs(t);
	test_attached(t, unit->service, from);
	EXPECT_RESULT(ic_wait_ready(test_ic(t, unit->service)), 0);
}

static void expect_stopped(struct test *t, const struct unit *unit)
{
	test_note(t, "%s.service", unit->name);
	test_until(t, "! systemctl -q is-active %s.service", unit->name);
	test_until(t, "! procs hv_%s_daemon", unit->service->name);
}

static void exchange(struct test *t)
{
	struct ic *kvp = test_ic(t, &ic_kvp);
	struct kvp_item item;

	EXPECT_RESULT(ic_wait_ready(kvp), 0);
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "colour", "blue"), 0);
	EXPECT(test_has(t, "/var/lib/hyperv/.kvp_pool_0"));
	EXPECT_RESULT(kvp_find(kvp, KVP_AUTO, "OSName", &item), 0);
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "colour"), 0);
}

static void backup(struct test *t)
{
	struct ic *vss = test_ic(t, &ic_vss);
	int writer;

	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	writer = hv_guest_start(t->host, "touch /mnt/written");
	EXPECT_RESULT(vss_thaw(vss), 0);
	EXPECT_EQ(hv_guest_finish(t->host, writer, vss->timeout_ms, NULL), 0);
	EXPECT_RESULT(vss_complete(vss), 0);
}

static void copy(struct test *t)
{
	struct fcopy_source source = fcopy_memory("content", 7);

	EXPECT_RESULT(fcopy_copy(test_ic(t, &ic_fcopy), &source, "/tmp", "copied",
				 WIRE_FCOPY_OVERWRITE), 0);
	EXPECT_STR(test_run(t, 0, "cat /tmp/copied"), "content");
}

static void start_and_serve(struct test *t)
{
	/* Our daemons would take the place of these. */
	systemd_boot(t, SYSTEMD_OURS);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (has_unit(t, &units[i]))
			expect_active(t, &units[i], 0);
	play_mount(t);
	exchange(t);
	backup(t);
	if (has_unit(t, &units[2]))
		copy(t);
	test_run(t, 0, "umount /mnt");
	systemd_poweroff(t);
}

/* The service goes and comes back, and with it the device, and with that the unit. */
static void follow_device(struct test *t)
{
	systemd_boot(t, SYSTEMD_OURS);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		struct ic *ic = test_ic(t, units[i].service);
		size_t from;

		if (!has_unit(t, &units[i]))
			continue;
		expect_active(t, &units[i], 0);
		test_rescind(t, ic);
		expect_stopped(t, &units[i]);
		from = hv_console_lines(t->host);
		EXPECT_EQ(ic_offer(ic), 0);
		expect_active(t, &units[i], from);
	}
	exchange(t);
	systemd_poweroff(t);
}

/* --- Beside our daemons. ------------------------------------------------------------------ */

static void expect_none_failed(struct test *t)
{
	expect_no_jobs(t);
	EXPECT_STR(test_run(t, 0, "systemctl list-units --failed --no-legend --plain"), "");
}

/* Ours serves; the other was about to start with its device, and left it at that. */
static void expect_ours(struct test *t, const struct unit *unit, size_t from)
{
	test_note(t, "%s", unit->ours);
	test_until(t, "systemctl -q is-active %s", unit->ours);
	test_attached(t, unit->service, from);
	if (has_unit(t, unit)) {
		test_until(t, "test \"$(systemctl show -P ConditionResult %s)\" = no", unit->name);
		EXPECT_STR(test_run(t, 0, "systemctl show -P ActiveState %s", unit->name),
			   "inactive");
	}
	expect_none_failed(t);
}

static void expect_all_ours(struct test *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		expect_ours(t, &units[i], 0);
}

/* Both packages are installed: ours serve hv_ic, theirs hv_utils, and no unit fails. */
static void beside_ours(struct test *t)
{
	test_need(t, "/usr/sbin/hvic-kvpd");
	systemd_boot(t, "");
	expect_all_ours(t);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		struct ic *ic = test_ic(t, units[i].service);
		size_t from;

		test_rescind(t, ic);
		test_until(t, "! systemctl -q is-active %s", units[i].ours);
		from = hv_console_lines(t->host);
		EXPECT_EQ(ic_offer(ic), 0);
		expect_ours(t, &units[i], from);
	}
	exchange(t);

	test_run(t, 0, "hvic release");
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (has_unit(t, &units[i]))
			test_until(t, "systemctl -q is-active %s", units[i].name);
		test_until(t, "! systemctl -q is-active %s", units[i].ours);
	}
	expect_none_failed(t);
	exchange(t);
	test_run(t, 0, "hvic takeover");
	expect_all_ours(t);
	exchange(t);

	/* The administrator wants the other one. */
	test_run(t, 0, "systemctl mask --now hvic-kvpd && systemctl start hv-kvp-daemon");
	expect_active(t, &units[0], 0);
	exchange(t);
	systemd_poweroff(t);
}

/* --- Names of older daemons. -------------------------------------------------------------- */

/* Without their packages they are names of ours; with them, they are theirs. */
static void aliases(struct test *t)
{
	test_need(t, "/usr/sbin/hvic-kvpd");
	/* Debian's has a script as well, of which systemd would make a unit. */
	test_run(t, 0, "mkdir /tmp/away; mv /lib/systemd/system/hv-vss-daemon.service /tmp/away");
	test_run(t, 0, "rm -f /etc/init.d/hv-vss-daemon");
	/* For this guest's systemd /lib and /usr/lib are two, and it looks in the first. */
	test_run(t, 0, "cp -r /usr/lib/systemd/system-generators /etc/systemd");
	/* What an administrator has changed about the old daemon is not meant for ours. */
	test_run(t, 0, "mkdir -p /etc/systemd/system/hypervvssd.service.d");
	test_run(t, 0, "echo [Service] > /etc/systemd/system/hypervvssd.service.d/own.conf");
	systemd_boot(t, "");
	EXPECT_STR(test_run(t, 0, "systemctl show -P Id hypervvssd"), "hypervvssd.service");
	EXPECT_STR(test_run(t, 0, "systemctl show -P Id hv-kvp-daemon"), "hv-kvp-daemon.service");
	EXPECT_STR(test_run(t, 0, "systemctl show -P Id hypervkvpd"), "hvic-kvpd.service");
	EXPECT_STR(test_run(t, 0, "systemctl show -P Id hv-vss-daemon"), "hvic-vssd.service");
	for (int i = 0; i < 2; i++) {
		test_until(t, "systemctl -q is-active hvic-kvpd hvic-vssd");
		expect_none_failed(t);
		test_run(t, 0, "systemctl restart hv-vss-daemon hypervkvpd");
		test_run(t, 0, "systemctl daemon-reload");
	}
	/* The package comes. */
	test_run(t, 0, "mv /tmp/away/* /lib/systemd/system; systemctl daemon-reload");
	EXPECT_STR(test_run(t, 0, "systemctl show -P Id hv-vss-daemon"), "hv-vss-daemon.service");
	EXPECT_STR(test_run(t, 0, "systemctl is-active hvic-vssd"), "active");
	exchange(t);
	systemd_poweroff(t);
}

const struct test_case units_cases[] = {
	{ .name = "units_start", .run = start_and_serve, .ends_guest = true },
	{ .name = "units_follow_device", .run = follow_device, .ends_guest = true },
	{ .name = "units_beside_ours", .run = beside_ours, .only = ONLY_HV_IC, .ends_guest = true },
	{ .name = "units_aliases", .run = aliases, .only = ONLY_HV_IC, .ends_guest = true },
	{ 0 }
};
