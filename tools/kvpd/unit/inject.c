// SPDX-License-Identifier: GPL-2.0
/* Addresses of the host, set by systemd-networkd or a real program, or refused. */
#include "inject_play.h"

#include <sys/stat.h>

#include "array.h"
#include "clock.h"

static int no_bus(struct hvic_job *job, sd_bus **bus)
{
	(void)job;
	(void)bus;
	return -ENOENT;
}

static const struct hvic_inject_ops ops_without_bus = {
	.open_bus = no_bus, .look = look, .confirm = confirm, .done = done,
};

static void expect_file(struct play *play, const char *expected)
{
	char text[4096];
	struct stat info;
	int fd;

	assert_true(hvu_read(play->root->fd, text, sizeof(text), NETWORK_FILE) > 0);
	assert_string_equal(text, expected);
	fd = hvu_open(play->root->fd, O_RDONLY, NETWORK_FILE);
	assert_int_equal(fstat(fd, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0644);
	close(fd);
}

#define HEAD "# Written by hvic-kvpd(8), as the virtual machine's host wants it.\n" \
	"[Match]\nName=eth0\n\n[Network]\n"

static void expect_only_that(struct play *play)
{
	char **files = hvu_list(play->root->fd, "etc/systemd/network");

	assert_true(!files[0] || !files[1]);
	hvu_list_free(files);
	files = hvu_list(play->root->fd, "run/systemd/network");
	assert_null(files[0]);
	hvu_list_free(files);
}

static void networkd(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip v6 = { .n_addresses = 1 };

	play->networkd_runs = true;
	/* It may not be installed. */
	expect(play, v4(), -ENOENT, "");
	unit_folder(play->root, "etc/systemd/network");
	unit_folder(play->root, "run/systemd");
	expect(play, both(), 0, "Reload ReconfigureLink ");
	expect_file(play, HEAD "DHCP=no\nAddress=192.0.2.7/24\nAddress=192.0.2.8/32\n"
		    "Gateway=192.0.2.1\nAddress=2001:db8::7/64\nGateway=2001:db8::1\n"
		    "DNS=192.0.2.53\nDNS=2001:db8::53");
	add(&v6.addresses[0], "2001:db8::9", 64);
	expect(play, v6, 0, "Reload ReconfigureLink ");
	expect_file(play, HEAD "Address=192.0.2.7/24\nAddress=192.0.2.8/32\n"
		    "Gateway=192.0.2.1\nDNS=192.0.2.53\n"
		    "\n[Network]\nDHCP=no\nAddress=2001:db8::9/64");
	/* Without a word of the host, what the adapter has stays. */
	assert_int_equal(unlinkat(play->root->fd, NETWORK_FILE, 0), 0);
	expect(play, v6, 0, "Reload ReconfigureLink ");
	expect_file(play, HEAD "DHCP=ipv4\nAddress=2001:db8::9/64");
	expect_only_that(play);
	end(play);
}

static void networkd_fails(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip dhcp = { .dhcp = 1 };

	play->networkd_runs = true;
	unit_folder(play->root, "etc/systemd/network");
	unit_folder(play->root, "run/systemd");
	play->failing = "ReconfigureLink";
	expect(play, v4(), -EINVAL, "Reload ReconfigureLink Reload ReconfigureLink ");
	assert_false(hvu_exists(play->root->fd, NETWORK_FILE));
	play->failing = NULL;
	expect(play, dhcp, 0, "Reload ReconfigureLink ");
	play->confirmed = -ETIMEDOUT;
	expect(play, v4(), -ETIMEDOUT, "Reload ReconfigureLink Reload ReconfigureLink ");
	/* With what the adapter had by hand of IPv6, and not with what DHCP says again. */
	expect_file(play, HEAD "DHCP=ipv4\nAddress=2001:db8::5/64\nDNS=2001:db8::99");
	expect_only_that(play);
	/* What cannot be kept for the next boot is not done. */
	play->confirmed = 0;
	play->in_the_way = "etc/systemd/network/.05-hv_ic-eth0.network.new";
	expect(play, v4(), -EISDIR, "Reload ReconfigureLink Reload ReconfigureLink ");
	expect_file(play, HEAD "DHCP=ipv4\nAddress=2001:db8::5/64\nDNS=2001:db8::99");
	end(play);
}

/* A machine that loses its power before the addresses are there boots with those of before. */
static void networkd_unconfirmed(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip dhcp = { .dhcp = 1 };

	play->networkd_runs = true;
	unit_folder(play->root, "etc/systemd/network");
	unit_folder(play->root, "run/systemd");
	strcpy(play->held, "something");
	expect(play, dhcp, 0, "Reload ReconfigureLink ");
	assert_string_equal(play->held, "");
	unit_file(play->root, NETWORK_FILE, "# before\n");
	expect(play, v4(), 0, "Reload ReconfigureLink ");
	assert_string_equal(play->held, "# before");
	end(play);
}

#define STATE "# This is private data. Do not parse.\nADMIN_STATE=configured\n" \
	"NETWORK_FILE=/run/systemd/network/10-any.network\nDNS=\n"

/* The administrator's file is hidden by ours, so that ours says what it has said. */
static void networkd_has_file(void **state)
{
	struct play *play = begin(state, &ops);

	play->networkd_runs = true;
	unit_folder(play->root, "etc/systemd/network");
	unit_file(play->root, LINK_STATE, STATE);
	unit_file(play->root, "run/systemd/network/10-any.network",
		  "[Match]\nName=eth*\n[Network]\nDHCP=yes\nVLAN=lan\n");
	unit_file(play->root, "etc/systemd/network/10-any.network.d/mtu.conf",
		  "[Link]\nMTUBytes=9000\n");
	expect(play, v4(), 0, "Reload ReconfigureLink ");
	expect_file(play, HEAD "VLAN=lan\n\n[Link]\nMTUBytes=9000\n\n[Network]\nDHCP=ipv6\n"
		    "Address=192.0.2.7/24\nGateway=192.0.2.1\nDNS=192.0.2.53");
	/* From then on ours is the one to go by. */
	unit_file(play->root, "run/systemd/network/10-any.network", "[Network]\nVLAN=dmz\n");
	expect(play, v4(), 0, "Reload ReconfigureLink ");
	expect_file(play, HEAD "VLAN=lan\n\n[Link]\nMTUBytes=9000\n\n[Network]\nDHCP=ipv6\n"
		    "Address=192.0.2.7/24\nGateway=192.0.2.1\nDNS=192.0.2.53");
	end(play);
}

/* It has just been started, and has not come to the adapter yet. */
static void networkd_starts(void **state)
{
	static const char *const early[] = { "", "#\nADMIN_STATE=pending\n",
					     "#\nADMIN_STATE=initialized\nOPER_STATE=off\n" };
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip ip = v4();

	play->networkd_runs = true;
	unit_folder(play->root, "etc/systemd/network");
	unit_file(play->root, "run/systemd/network/10-any.network", "[Network]\nVLAN=lan\n");
	for (size_t i = 0; i < ARRAY_SIZE(early); i++) {
		unit_file(play->root, LINK_STATE, early[i]);
		assert_int_equal(start(play, &ip), 0);
		usleep(200000);
		unit_file(play->root, LINK_STATE, STATE);
		finish(play);
		assert_int_equal(play->status, 0);
		expect_file(play, HEAD "VLAN=lan\n\n[Network]\nDHCP=no\n"
			    "Address=192.0.2.7/24\nGateway=192.0.2.1\nDNS=192.0.2.53");
		unit_remove(play->root, NETWORK_FILE);
	}
	end(play);
}

/* It runs, and leaves the adapter to others; as long as the machine boots, that may change. */
static void networkd_leaves(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip ip = v4();
	char path[128];

	play->networkd_runs = true;
	unit_folder(play->root, "etc/systemd/network");
	unit_folder(play->root, "run/systemd");
	unit_file(play->root, LINK_STATE, "#\nADMIN_STATE=unmanaged\nOPER_STATE=routable\n");
	expect(play, v4(), -EOPNOTSUPP, "");
	snprintf(path, sizeof(path), "%s/set-ip", play->root->path);
	unit_file(play->root, "set-ip", "#!/bin/sh\n");
	assert_int_equal(chmod(path, 0755), 0);
	play->settings.kvp.ip_program = path;
	expect(play, v4(), 0, "");
	assert_false(hvu_exists(play->root->fd, NETWORK_FILE));
	play->boots = 1000;
	assert_int_equal(start(play, &ip), 0);
	usleep(200000);
	unit_file(play->root, LINK_STATE, "#\nADMIN_STATE=configured\n");
	finish(play);
	assert_int_equal(play->status, 0);
	assert_string_equal(play->done, "Reload ReconfigureLink ");
	/* Who is asked for explicitly takes it. */
	unit_file(play->root, LINK_STATE, "#\nADMIN_STATE=unmanaged\n");
	play->settings.kvp.ip_injection = HVU_INJECTION_NETWORKD;
	expect(play, v4(), 0, "Reload ReconfigureLink ");
	end(play);
}

/* The interface gets another name before networkd comes to it. */
static void networkd_renamed(void **state)
{
	struct play *play = begin(state, &ops);

	play->networkd_runs = true;
	unit_folder(play->root, "etc/systemd/network");
	unit_folder(play->root, "run/systemd");
	for (unsigned int looks = 1; looks <= 2; looks++) {
		play->lan = looks;
		expect(play, v4(), 0, "Reload ReconfigureLink ");
		assert_false(hvu_exists(play->root->fd, NETWORK_FILE));
		unit_remove(play->root, "etc/systemd/network/05-hv_ic-lan0.network");
	}
	end(play);
}

/* It may still go by what was on trial, and then its own file is yet to be known. */
static void networkd_goes_back(void **state)
{
	struct play *play = begin(state, &ops);

	play->networkd_runs = true;
	play->host_waits_ms = 1000;
	unit_folder(play->root, "etc/systemd/network");
	unit_file(play->root, "run/systemd/network/10-any.network", "[Network]\nVLAN=lan\n");
	unit_file(play->root, LINK_STATE,
		  "#\nADMIN_STATE=configured\nNETWORK_FILE=/" TRIAL_FILE "\n");
	expect(play, v4(), -ETIMEDOUT, "Reload ReconfigureLink ");
	play->host_waits_ms = 0;
	play->state = STATE;
	expect(play, v4(), 0, "Reload ReconfigureLink Reload ReconfigureLink ");
	expect_file(play, HEAD "VLAN=lan\n\n[Network]\nDHCP=no\n"
		    "Address=192.0.2.7/24\nGateway=192.0.2.1\nDNS=192.0.2.53");
	end(play);
}

/* What an administrator puts beside our file stays there, and is not put into it each time. */
static void networkd_has_drop_in(void **state)
{
	struct play *play = begin(state, &ops);

	play->networkd_runs = true;
	unit_folder(play->root, "run/systemd");
	unit_file(play->root, NETWORK_FILE, "[Network]\nVLAN=lan\n");
	unit_file(play->root, NETWORK_FILE ".d/mtu.conf", "[Link]\nMTUBytes=9000\n");
	for (int times = 0; times < 2; times++) {
		expect(play, v4(), 0, "Reload ReconfigureLink ");
		assert_non_null(strstr(play->tried, "MTUBytes=9000"));
		expect_file(play, HEAD "VLAN=lan\n\n[Network]\nDHCP=no\n"
			    "Address=192.0.2.7/24\nGateway=192.0.2.1\nDNS=192.0.2.53");
	}
	end(play);
}

/* A daemon that was killed has left something on trial, which nobody has told the host of. */
static void networkd_left(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip ip = v4();

	play->networkd_runs = true;
	hvic_inject_recover(&play->inject);
	assert_false(play->connected);
	unit_file(play->root, TRIAL_FILE, "[Match]\n");
	unit_file(play->root, "run/systemd/network/04-hv_ic-eth1.network", "[Match]\n");
	unit_file(play->root, "run/systemd/network/10-any.network", "[Match]\n");
	hvic_inject_recover(&play->inject);
	finish(play);
	assert_string_equal(play->done, "Reload ");
	assert_false(hvu_exists(play->root->fd, TRIAL_FILE));
	assert_false(hvu_exists(play->root->fd, "run/systemd/network/04-hv_ic-eth1.network"));
	assert_true(hvu_exists(play->root->fd, "run/systemd/network/10-any.network"));

	/* What is on trial now has a daemon. */
	unit_folder(play->root, "etc/systemd/network");
	play->slow = true;
	assert_int_equal(start(play, &ip), 0);
	while (!hvu_exists(play->root->fd, TRIAL_FILE))
		usleep(1000);
	hvic_inject_recover(&play->inject);
	assert_true(hvu_exists(play->root->fd, TRIAL_FILE));
	hvic_inject_over(&play->inject, 0);
	finish(play);
	assert_false(hvu_exists(play->root->fd, TRIAL_FILE));
	end(play);
}

/* It does not answer any more when what it was asked for is to be taken back. */
static void networkd_hangs(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip ip = v4();
	int64_t start_us = hvu_now_us();

	play->networkd_runs = true;
	play->slow = true;
	play->host_waits_ms = 30000;
	unit_folder(play->root, "etc/systemd/network");
	unit_folder(play->root, "run/systemd");
	strcpy(play->tried, "nothing yet");
	assert_int_equal(start(play, &ip), 0);
	while (!strcmp(play->tried, "nothing yet"))
		usleep(1000);
	play->silent = "Reload";
	hvic_inject_over(&play->inject, 7);
	finish(play);
	assert_true(hvu_now_us() - start_us < 15000000);
	assert_string_equal(play->done, "Reload ReconfigureLink Reload ");
	assert_false(hvu_exists(play->root->fd, TRIAL_FILE));
	end(play);
}

static void program(void **state)
{
	struct play *play = begin(state, &ops_without_bus);
	char path[128], text[1024], script[256];

	snprintf(path, sizeof(path), "%s/set-ip", play->root->path);
	snprintf(script, sizeof(script), "#!/bin/sh\nprintf '%%s\\n' \"$@\" >%s/words\n",
		 play->root->path);
	expect(play, v4(), -EOPNOTSUPP, "");
	play->settings.kvp.ip_program = path;
	expect(play, v4(), -ENOENT, "");
	unit_file(play->root, "set-ip", script);
	assert_int_equal(chmod(path, 0755), 0);
	expect(play, both(), 0, "");
	hvu_read(play->root->fd, text, sizeof(text), "words");
	assert_string_equal(text, "eth0\ndhcp=no\naddress=192.0.2.7/24\naddress=2001:db8::7/64\n"
			    "address=192.0.2.8/32\ngateway=192.0.2.1\ngateway=2001:db8::1\n"
			    "dns=192.0.2.53\ndns=2001:db8::53");
	unit_file(play->root, "set-ip", "#!/bin/sh\nexit 3\n");
	play->settings.kvp.ip_injection = HVU_INJECTION_PROGRAM;
	expect(play, v4(), -EIO, "");
	play->settings.kvp.ip_program = NULL;
	expect(play, v4(), -EOPNOTSUPP, "");
	/* What was asked for explicitly is not replaced by something else. */
	play->settings.kvp.ip_program = path;
	play->settings.kvp.ip_injection = HVU_INJECTION_NETWORKD;
	expect(play, v4(), -ENOENT, "");
	end(play);
}

/* Starts a program that hangs, and waits until it does. */
static void start_hanging(struct play *play, const char *path)
{
	struct hv_ic_kvp_ip ip = v4();
	char script[256];

	snprintf(script, sizeof(script), "#!/bin/sh\necho $$ >%s/runs\nsleep 3600\n",
		 play->root->path);
	unit_file(play->root, "set-ip", script);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(start(play, &ip), 0);
	while (hvu_read(play->root->fd, script, sizeof(script), "runs") <= 0)
		usleep(1000);
	unit_remove(play->root, "runs");
}

/* It is killed when nobody waits for it any more, and is in nobody's way then. */
static void program_hangs(void **state)
{
	struct play *play = begin(state, &ops_without_bus);
	struct hv_ic_kvp_ip ip = v4();
	int64_t start_us = hvu_now_us();
	char path[128];

	snprintf(path, sizeof(path), "%s/set-ip", play->root->path);
	play->settings.kvp.ip_program = path;
	play->host_waits_ms = 30000;
	start_hanging(play, path);
	hvic_inject_over(&play->inject, 7);
	assert_int_equal(start(play, &ip), -EBUSY);
	finish(play);
	assert_int_equal(play->answers, 0);
	/* The daemon ends meanwhile. */
	start_hanging(play, path);
	end(play);
	assert_true(hvu_now_us() - start_us < 20000000);
}

static void program_takes_too_long(void **state)
{
	struct play *play = begin(state, &ops_without_bus);
	char path[128];

	snprintf(path, sizeof(path), "%s/set-ip", play->root->path);
	play->settings.kvp.ip_program = path;
	play->host_waits_ms = 1000;
	start_hanging(play, path);
	finish(play);
	assert_int_equal(play->answers, 1);
	assert_int_equal(play->status, -ETIMEDOUT);
	end(play);
}

/* The machine boots for longer than the host waits, and nobody else has come. */
static void program_boots(void **state)
{
	struct play *play = begin(state, &ops);
	char path[128], text[128], script[256];

	snprintf(path, sizeof(path), "%s/set-ip", play->root->path);
	snprintf(script, sizeof(script), "#!/bin/sh\nprintf '%%s ' \"$@\" >%s/words\n",
		 play->root->path);
	unit_file(play->root, "set-ip", script);
	assert_int_equal(chmod(path, 0755), 0);
	play->settings.kvp.ip_program = path;
	play->boots = 1000000;
	play->host_waits_ms = 2000;
	play->lan = 1;
	expect(play, v4(), 0, "");
	hvu_read(play->root->fd, text, sizeof(text), "words");
	assert_string_equal(text, "lan0 dhcp=no address=192.0.2.7/24 gateway=192.0.2.1 "
			    "dns=192.0.2.53");
	/* So it is if it is asked for explicitly. */
	play->settings.kvp.ip_injection = HVU_INJECTION_PROGRAM;
	play->lan = 1;
	unit_remove(play->root, "words");
	expect(play, v4(), 0, "");
	hvu_read(play->root->fd, text, sizeof(text), "words");
	assert_int_equal(strncmp(text, "lan0 ", 5), 0);
	end(play);
}

static void refused(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip nothing = { }, ip = v4();

	assert_int_equal(start(play, &nothing), -EINVAL);
	play->settings.kvp.ip_injection = HVU_INJECTION_OFF;
	assert_int_equal(start(play, &ip), -EACCES);
	play->settings.kvp.ip_injection = HVU_INJECTION_AUTO;
	expect(play, v4(), -EOPNOTSUPP, "");
	end(play);
}

/* One at a time; what nobody waits for is taken back and not answered. */
static void over(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip ip = v4();

	play->nm_manages = true;
	play->slow = true;
	assert_int_equal(start(play, &ip), 0);
	assert_int_equal(start(play, &ip), -EBUSY);
	hvic_inject_over(&play->inject, 8);
	usleep(10000);
	assert_non_null(play->inject.job);
	assert_false(atomic_load(&play->inject.job->over));
	hvic_inject_over(&play->inject, 7);
	finish(play);
	assert_int_equal(play->answers, 0);
	assert_non_null(strstr(play->done, "CheckpointRollback"));

	/* The daemon ends meanwhile. */
	assert_int_equal(start(play, &ip), 0);
	hvic_inject_close(&play->inject);
	unit_bus_join(&play->bus);
	assert_int_equal(play->answers, 0);
	sd_event_unref(play->event);
	free(play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(networkd), TEST(networkd_fails), TEST(networkd_unconfirmed),
		TEST(networkd_has_file), TEST(networkd_starts), TEST(networkd_goes_back),
		TEST(networkd_leaves), TEST(networkd_renamed), TEST(networkd_has_drop_in),
		TEST(networkd_left), TEST(networkd_hangs), TEST(program), TEST(program_hangs),
		TEST(program_takes_too_long), TEST(program_boots), TEST(refused), TEST(over),
	};

	return cmocka_run_group_tests_name("inject", tests, NULL, NULL);
}
