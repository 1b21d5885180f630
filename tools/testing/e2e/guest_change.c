// SPDX-License-Identifier: GPL-2.0
/*
 * A real Debian with our packages that is changed while it runs: its services go to the other
 * driver and come back, and packages are upgraded, removed and installed again without a restart.
 */
#include "debian.h"

#define ACTIVE "systemctl list-units --no-legend --plain --type=service --state=active,activating "

static void expect_none_runs(struct test *t, const char *units)
{
	test_until(t, "test -z \"$(" ACTIVE "%s)\"", units);
	debian_none_failed(t);
}

static void give_back(struct test *t)
{
	test_note(t, "release");
	test_says(t, 0, "hvic release", "heartbeat: from hv_ic to hv_utils");
	EXPECT(!test_has(t, "/sys/module/hv_ic"));
	debian_up(t, "hv_utils");
	debian_daemons(t);
	/* What asks logind waits for the module to come back. */
	expect_none_runs(t, "hvic-kvpd.service hvic-vssd.service hvic-fcopyd.service");
	debian_item(t, KVP_EXTERNAL, "shape", "round");
	debian_backup(t, NULL);
}

/* Debian's daemons serve hv_utils meanwhile. */
static void take_over(struct test *t)
{
	test_note(t, "takeover");
	test_says(t, 0, "hvic takeover", "heartbeat: from hv_utils to hv_ic");
	EXPECT(!test_has(t, "/sys/module/hv_utils"));
	debian_ours(t);
	debian_item(t, KVP_EXTERNAL, "shape", "round");
	debian_backup(t, "1");
}

static void moved(struct test *t)
{
	debian_ours(t);
	EXPECT_RESULT(kvp_set(test_ic(t, &ic_kvp), KVP_EXTERNAL, "shape", "round"), 0);
	for (int i = 0; i < 2; i++) {
		give_back(t);
		take_over(t);
	}
}

/* Units of older daemons that are not there are names of ours. */
static void expect_aliases(struct test *t)
{
	test_note(t, "names of other daemons' units");
	EXPECT_STR(test_run(t, 0, "systemctl show -P Id hypervkvpd"), "hvic-kvpd.service");
	EXPECT_STR(test_run(t, 0, "systemctl show -P Id hv-kvp-daemon"), "hv-kvp-daemon.service");
}

#define FAILING "/run/systemd/system/hvic-shutdownd.service.d"

/* It fails once, and would not if it was tried again. */
static void let_fail(struct test *t)
{
	test_run(t, 0, "mkdir -p " FAILING " && printf '%s' >" FAILING "/fail.conf",
		 "[Service]\\nExecStartPre=/bin/false\\nRestart=no\\n");
	test_run(t, 0, "systemctl daemon-reload");
	test_run(t, 1, "systemctl restart hvic-shutdownd");
	test_run(t, 0, "systemctl -q is-failed hvic-shutdownd && rm -r " FAILING);
	test_run(t, 0, "systemctl daemon-reload");
}

/*
 * What the administrator has stopped, or will not have, an upgrade does not start. What has failed
 * is tried again.
 */
static void upgrade_stopped(struct test *t)
{
	char *before;

	let_fail(t);
	test_run(t, 0, "systemctl stop hvic-vssd hvic-fcopyd");
	test_run(t, 0, "systemctl mask -q hvic-fcopyd");
	before = test_run(t, 0, "systemctl show -P MainPID hvic-kvpd");
	debian_run(t, "dpkg -i /srv/newer/*.deb");
	debian_active(t, &ic_kvp, "hvic-kvpd");
	test_until(t, "systemctl -q is-active hvic-shutdownd");
	/* What the log says of that failure is no complaint. */
	test_run(t, 0, "journalctl -q --rotate; sleep 2; journalctl -q --vacuum-time=1s");
	EXPECT(strcmp(before, test_run(t, 0, "systemctl show -P MainPID hvic-kvpd")));
	test_until(t, "test -z \"$(systemctl list-jobs --no-legend)\"");
	expect_none_runs(t, "hvic-vssd.service hvic-fcopyd.service");
	EXPECT_RESULT(vss_freeze(test_ic(t, &ic_vss), NULL, 0), WIRE_E_NOT_CONNECTED);
	debian_none_failed(t);
	test_run(t, 0, "systemctl unmask -q hvic-fcopyd");
}

/* The module stays, and has nobody to ask until the packages are back. */
static void remove_and_install(struct test *t)
{
	debian_run(t, "dpkg -r hv-ic-fcopy hv-ic-tools");
	expect_none_runs(t, "'hvic-*'");
	EXPECT(!test_has(t, "/usr/bin/hvic"));
	EXPECT_RESULT(heartbeat_beat(test_ic(t, &ic_heartbeat), NULL), 0);
	debian_run(t, "dpkg -i /srv/newer/*.deb");
	debian_ours(t);
	debian_item(t, KVP_EXTERNAL, "shape", "round");
	debian_backup(t, "1");
}

static void installed_again(struct test *t)
{
	debian_ours(t);
	expect_aliases(t);
	EXPECT_RESULT(kvp_set(test_ic(t, &ic_kvp), KVP_EXTERNAL, "shape", "round"), 0);
	upgrade_stopped(t);
	remove_and_install(t);
}

const struct test_case guest_change_cases[] = {
	PACKAGES_CASE("guest_moved", moved),
	PACKAGES_CASE("guest_installed_again", installed_again),
	{ 0 }
};
