// SPDX-License-Identifier: GPL-2.0
/* Addresses of the host, set by NetworkManager. */
#include "inject_play.h"

#define NM_OK "CheckpointCreate Update2 ActivateConnection Save CheckpointDestroy "
#define NM_ADDED "CheckpointCreate AddAndActivateConnection2 Save CheckpointDestroy "

/* As expect(), and the log has @said. */
static void expect_said(struct play *play, struct hv_ic_kvp_ip ip, int status,
			const char *methods, const char *said)
{
	int saved = dup(STDERR_FILENO), log;
	char text[1024];

	unit_file(play->root, "log", "");
	log = hvu_open(play->root->fd, O_WRONLY, "log");
	assert_int_equal(dup2(log, STDERR_FILENO), STDERR_FILENO);
	close(log);
	expect(play, ip, status, methods);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(hvu_read(play->root->fd, text, sizeof(text), "log") > 0);
	assert_non_null(strstr(text, said));
}

static void nm(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip dhcp = { .dhcp = 1 }, v6 = { .n_addresses = 1 };

	play->nm_manages = true;
	play->networkd_runs = true;
	/* What the host does not speak of stays. */
	expect(play, v4(), 0, NM_OK);
	assert_string_equal(play->profile,
			    "[connection [id Wired interface-name eth0 ]"
			    "ipv4 [dns-search [lan ]method manual "
			    "address-data [[address 192.0.2.7 prefix 18 ]]gateway 192.0.2.1 "
			    "dns [350200c0 ]]ipv6 [method disabled ]]2 []");
	expect(play, both(), 0, NM_OK);
	assert_non_null(strstr(play->profile, "prefix 18 ][address 192.0.2.8 prefix 20 ]]"));
	assert_non_null(strstr(play->profile, "ipv6 [method manual address-data [[address "
			       "2001:db8::7 prefix 40 ]]gateway 2001:db8::1 dns [[20 1 d b8 "));
	expect(play, dhcp, 0, NM_OK);
	assert_non_null(strstr(play->profile, "ipv4 [dns-search [lan ]method auto dns []]"));

	play->nm_external = true;
	expect(play, v4(), 0, NM_ADDED);
	play->nm_external = false;
	play->nm_idle = true;
	expect(play, v4(), 0, NM_ADDED);
	assert_non_null(strstr(play->profile,
			       "connection [id hv_ic eth0 interface-name eth0 "
			       "autoconnect-priority 3e7 ]ipv4 [method manual "));
	/* What has been there by hand stays. */
	assert_non_null(strstr(play->profile, "ipv6 [method manual address-data [[address "
			       "2001:db8::5 prefix 40 ]]dns [[20 1 d b8 "));
	add(&v6.addresses[0], "2001:db8::9", 64);
	expect(play, v6, 0, NM_ADDED);
	assert_non_null(strstr(play->profile, "ipv4 [method auto dns []]ipv6 [method manual "));
	end(play);
}

/* Name servers of a family of which the host gives no address. */
static void nm_servers(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip ip = v4();

	play->nm_manages = true;
	add(&ip.dns[ip.n_dns++], "2001:db8::53", 0);
	expect_said(play, ip, -EINVAL, "CheckpointCreate CheckpointRollback ",
		    "name servers of ipv6, which its profile switches off");
	play->nm_six = true;
	expect(play, ip, 0, NM_OK);
	assert_non_null(strstr(play->profile, "dns [350200c0 ]]"
			       "ipv6 [method auto dns [[20 1 d b8 "));
	/* This one has no such section. */
	play->nm_shared = true;
	expect(play, ip, 0, NM_ADDED);
	assert_non_null(strstr(play->profile, "dns [350200c0 ]]"
			       "ipv6 [method auto dns [[20 1 d b8 "));
	/* And here is none: the addresses stay, with the new server. */
	play->nm_idle = true;
	expect(play, ip, 0, NM_ADDED);
	assert_non_null(strstr(play->profile, "ipv6 [method manual address-data [[address "
			       "2001:db8::5 prefix 40 ]]"
			       "dns [[20 1 d b8 0 0 0 0 0 0 0 0 0 0 0 53 ]]"));
	end(play);
}

/* The profile of any adapter is left to the others: this one gets a copy. */
static void nm_shared(void **state)
{
	struct play *play = begin(state, &ops);

	play->nm_manages = true;
	play->nm_shared = true;
	expect(play, v4(), 0, NM_ADDED);
	assert_string_equal(play->profile,
			    "[connection [zone home id hv_ic eth0 interface-name eth0 "
			    "autoconnect-priority 3e7 ]802-3-ethernet [mtu 2328 ]"
			    "ipv4 [method manual address-data [[address 192.0.2.7 prefix 18 ]]"
			    "gateway 192.0.2.1 dns [350200c0 ]]]/nm/device / [persist memory ]");
	play->failing = "AddAndActivateConnection2";
	expect(play, v4(), -EINVAL,
	       "CheckpointCreate AddAndActivateConnection2 CheckpointRollback ");
	play->failing = NULL;
	play->nm_by_mac = true;
	expect(play, v4(), 0, NM_OK);
	end(play);
}

/* It has just been started, and takes its time. */
static void nm_starts(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip dhcp = { .dhcp = 1 };

	play->nm_manages = true;
	play->nm_starts = 3;
	play->nm_activates = 2;
	expect(play, v4(), 0, NM_OK);
	/* Nobody waits for DHCP. */
	play->nm_activates = 1;
	expect(play, dhcp, 0, NM_OK);
	assert_int_equal(play->nm_activates, 1);
	end(play);
}

/* The interface gets another name, and NetworkManager hears of that later. */
static void nm_renamed(void **state)
{
	struct play *play = begin(state, &ops);

	play->nm_manages = true;
	for (unsigned int looks = 1; looks <= 3; looks++) {
		play->lan = looks;
		play->nm_starts = 3;
		expect(play, v4(), 0, NM_OK);
		assert_string_equal(play->device, "lan0");
	}
	play->nm_starts = 0;
	play->nm_behind = true;
	expect(play, v4(), -EOPNOTSUPP, "");
	play->settings.kvp.ip_injection = HVU_INJECTION_NETWORKMANAGER;
	expect(play, v4(), -EOPNOTSUPP, "");
	end(play);
}

static void nm_fails(void **state)
{
	struct play *play = begin(state, &ops);

	play->nm_manages = true;
	play->failing = "CheckpointCreate";
	expect(play, v4(), -EINVAL, "CheckpointCreate ");
	play->failing = "Update2";
	expect_said(play, v4(), -EINVAL, "CheckpointCreate Update2 CheckpointRollback ",
		    "by NetworkManager: Invalid argument: no");
	play->failing = "ActivateConnection";
	expect(play, v4(), -EINVAL,
	       "CheckpointCreate Update2 ActivateConnection CheckpointRollback ");
	play->failing = "Save";
	expect_said(play, v4(), -EINVAL,
		    "CheckpointCreate Update2 ActivateConnection Save CheckpointRollback ",
		    "by NetworkManager: Invalid argument: no");
	play->failing = "CheckpointDestroy";
	expect(play, v4(), -EINVAL, NM_OK "CheckpointRollback ");
	play->failing = NULL;
	play->confirmed = -EADDRINUSE;
	expect(play, v4(), -EADDRINUSE,
	       "CheckpointCreate Update2 ActivateConnection CheckpointRollback ");
	play->confirmed = 0;
	play->nm_activates = 1;
	play->nm_gives_up = true;
	expect_said(play, v4(), -EADDRNOTAVAIL,
		    "CheckpointCreate Update2 ActivateConnection CheckpointRollback ",
		    "could not activate");
	play->nm_stuck = true;
	expect_said(play, v4(), -EADDRNOTAVAIL,
		    "CheckpointCreate Update2 ActivateConnection CheckpointRollback ",
		    "is not restored");
	end(play);
}

/* The machine boots, and so far there is nobody, or not even a bus. */
static void boots(void **state)
{
	struct play *play = begin(state, &ops);

	play->nm_manages = true;
	play->boots = 2;
	expect(play, v4(), 0, NM_OK);
	assert_int_equal(play->boots, 0);
	unit_folder(play->root, "run/systemd/system");
	play->without_bus = 2;
	expect(play, v4(), 0, NM_OK);
	/* Nobody has come. */
	play->nm_manages = false;
	play->settings.kvp.ip_injection = HVU_INJECTION_NETWORKMANAGER;
	expect(play, v4(), -EOPNOTSUPP, "");
	play->settings.kvp.ip_injection = HVU_INJECTION_AUTO;
	play->boots = 1;
	expect(play, v4(), -EOPNOTSUPP, "");
	end(play);
}

/* It runs, and does not answer; or it does so only to what comes first. */
static void nm_hangs(void **state)
{
	struct play *play = begin(state, &ops);

	play->nm_manages = true;
	play->host_waits_ms = 2000;
	play->silent = "GetDeviceByIpIface";
	expect(play, v4(), -ETIMEDOUT, "");
	play->silent = "CheckpointCreate";
	expect(play, v4(), -ETIMEDOUT, "CheckpointCreate ");
	play->silent = "Update2";
	expect(play, v4(), -ETIMEDOUT, "CheckpointCreate Update2 CheckpointRollback ");
	play->silent = NULL;
	play->host_waits_ms = 0;
	expect(play, v4(), 0, NM_OK);
	end(play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nm), TEST(nm_servers), TEST(nm_shared), TEST(nm_starts), TEST(nm_renamed),
		TEST(nm_fails), TEST(nm_hangs), TEST(boots),
	};

	return cmocka_run_group_tests_name("inject_nm", tests, NULL, NULL);
}
