// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of the host, with NetworkManager and systemd-networkd played at the other end of a
 * socket, and with real programs.
 */
#include "inject.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "bus.h"
#include "root.h"
#include "unit.h"

/**
 * struct play - the world around an injection
 * @inject: it; the first member
 * @root: below which /etc is
 * @settings: of the administrator
 * @event: loop
 * @nm_manages: NetworkManager runs, and keeps the interface
 * @nm_idle: no profile is active on it
 * @networkd_runs: so does systemd-networkd
 * @failing: method that fails
 * @confirmed: what waiting for the addresses ends with
 * @slow: it ends only when nobody waits any more
 * @done: methods that change something, in order
 * @profile: that NetworkManager was given, in words
 * @answers: how many there have been
 * @status: of the last one
 * @bus: on which they are
 * @connected: it has been opened
 */
struct play {
	struct hvic_inject inject;
	struct unit_root *root;
	struct hvu_settings settings;
	sd_event *event;
	bool nm_manages;
	bool nm_idle;
	bool networkd_runs;
	const char *failing;
	int confirmed;
	bool slow;
	char done[512];
	char profile[4096];
	unsigned int answers;
	int status;
	struct unit_bus bus;
	bool connected;
};

/* --- The daemons. ------------------------------------------------------------------------ */

static void note(struct play *play, const char *method)
{
	strcat(strcat(play->done, method), " ");
}

/* The content of a message, without types: flat, and in order. */
static void flatten(struct play *play, sd_bus_message *message)
{
	size_t len = strlen(play->profile);
	const char *contents;
	char type;

	while (sd_bus_message_peek_type(message, &type, &contents) > 0) {
		union { const char *text; uint32_t number; uint8_t byte; int truth; } value;

		len = strlen(play->profile);
		if (strchr("aevr", type)) {
			sd_bus_message_enter_container(message, type, contents);
			strcat(play->profile, type == 'a' ? "[" : "");
			flatten(play, message);
			strcat(play->profile, type == 'a' ? "]" : "");
			sd_bus_message_exit_container(message);
			continue;
		}
		sd_bus_message_read_basic(message, type, &value);
		if (type == 's' || type == 'o')
			sprintf(play->profile + len, "%s ", value.text);
		else
			sprintf(play->profile + len, "%x ",
				type == 'y' ? value.byte : value.number);
	}
}

static int method(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const char *member = sd_bus_message_get_member(call);
	struct play *play = data;

	if (strcmp(member, "GetDeviceByIpIface") && strcmp(member, "GetSettings"))
		note(play, member);
	if (play->failing && !strcmp(member, play->failing))
		return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "no");
	if (!strcmp(member, "GetDeviceByIpIface"))
		return play->nm_manages ?
			sd_bus_reply_method_return(call, "o", "/nm/device") :
			sd_bus_error_set(error, SD_BUS_ERROR_SERVICE_UNKNOWN, "not here");
	if (!strcmp(member, "CheckpointCreate"))
		return sd_bus_reply_method_return(call, "o", "/nm/checkpoint");
	if (!strcmp(member, "CheckpointRollback"))
		return sd_bus_reply_method_return(call, "a{su}", 0);
	if (!strcmp(member, "ActivateConnection"))
		return sd_bus_reply_method_return(call, "o", "/nm/active");
	if (!strcmp(member, "AddAndActivateConnection") || !strcmp(member, "Update2"))
		flatten(play, call);
	if (!strcmp(member, "AddAndActivateConnection"))
		return sd_bus_reply_method_return(call, "oo", "/nm/profile", "/nm/active");
	if (!strcmp(member, "Update2"))
		return sd_bus_reply_method_return(call, "a{sv}", 0);
	if (!strcmp(member, "GetSettings"))
		return sd_bus_reply_method_return(call, "a{sa{sv}}", 3,
			"connection", 1, "id", "s", "Wired",
			"ipv4", 3, "method", "s", "auto", "dns-search", "as", 1, "lan",
				"gateway", "s", "192.0.2.254",
			"ipv6", 1, "method", "s", "disabled");
	return sd_bus_reply_method_return(call, NULL);
}

static int has_owner(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct play *play = data;

	(void)error;
	return sd_bus_reply_method_return(call, "b", play->networkd_runs);
}

static int get(sd_bus *bus, const char *path, const char *interface, const char *property,
	       sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct play *play = data;

	(void)bus;
	(void)path;
	(void)interface;
	(void)error;
	if (!strcmp(property, "Managed"))
		return sd_bus_message_append(reply, "b", play->nm_manages);
	if (!strcmp(property, "ActiveConnection"))
		return sd_bus_message_append(reply, "o", play->nm_idle ? "/" : "/nm/active");
	return sd_bus_message_append(reply, "o", "/nm/profile");
}

#define METHOD(name, in, out) \
	SD_BUS_METHOD(name, in, out, method, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable manager[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("GetDeviceByIpIface", "s", "o"),
	METHOD("CheckpointCreate", "aouu", "o"),
	METHOD("CheckpointRollback", "o", "a{su}"),
	METHOD("CheckpointDestroy", "o", NULL),
	METHOD("ActivateConnection", "ooo", "o"),
	METHOD("AddAndActivateConnection", "a{sa{sv}}oo", "oo"),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable device[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Managed", "b", get, 0, 0),
	SD_BUS_PROPERTY("ActiveConnection", "o", get, 0, 0),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable active[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Connection", "o", get, 0, 0),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable profile[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("GetSettings", NULL, "a{sa{sv}}"),
	METHOD("Update2", "a{sa{sv}}ua{sv}", "a{sv}"),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable network[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Reload", NULL, NULL),
	METHOD("ReconfigureLink", "i", NULL),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable names[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("NameHasOwner", "s", "b", has_owner, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

static const struct unit_object objects[] = {
	{ "/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager", manager, false },
	{ "/nm/device", "org.freedesktop.NetworkManager.Device", device, false },
	{ "/nm/active", "org.freedesktop.NetworkManager.Connection.Active", active, false },
	{ "/nm/profile", "org.freedesktop.NetworkManager.Settings.Connection", profile, false },
	{ "/org/freedesktop/network1", "org.freedesktop.network1.Manager", network, false },
	{ "/org/freedesktop/DBus", "org.freedesktop.DBus", names, false },
	{ }
};

static int open_bus(struct hvic_job *job, sd_bus **bus)
{
	struct play *play = (struct play *)job->inject;

	play->connected = true;
	return unit_bus_open(&play->bus, bus);
}

static int no_bus(struct hvic_job *job, sd_bus **bus)
{
	(void)job;
	(void)bus;
	return -ENOENT;
}

static int confirm(struct hvic_job *job)
{
	struct play *play = (struct play *)job->inject;

	while (play->slow && !atomic_load(&job->over))
		usleep(1000);
	return play->slow ? -ECANCELED : play->confirmed;
}

static void done(struct hvic_inject *inject, uint64_t id, int status)
{
	struct play *play = (struct play *)inject;

	assert_int_equal(id, 7);
	play->answers++;
	play->status = status;
}

static const struct hvic_inject_ops ops = {
	.open_bus = open_bus, .confirm = confirm, .done = done,
};

static const struct hvic_inject_ops ops_without_bus = {
	.open_bus = no_bus, .confirm = confirm, .done = done,
};

/* --- The play. --------------------------------------------------------------------------- */

static struct play *begin(void **state, const struct hvic_inject_ops *with)
{
	struct play *play = calloc(1, sizeof(*play));

	assert_non_null(play);
	play->root = *state;
	play->bus = (struct unit_bus){ .objects = objects, .data = play };
	assert_true(sd_event_new(&play->event) >= 0);
	assert_int_equal(hvic_inject_open(&play->inject, with, play->root->fd, &play->settings,
					  play->event), 0);
	return play;
}

static void end(struct play *play)
{
	hvic_inject_close(&play->inject);
	sd_event_unref(play->event);
	free(play);
}

static void add(struct hv_ic_kvp_address *to, const char *text, uint8_t prefix)
{
	*to = (struct hv_ic_kvp_address){ .family = 4, .prefix = prefix };
	if (inet_pton(AF_INET, text, to->bytes) == 1)
		return;
	to->family = 6;
	assert_int_equal(inet_pton(AF_INET6, text, to->bytes), 1);
}

static struct hv_ic_kvp_ip v4(void)
{
	struct hv_ic_kvp_ip ip = { .n_addresses = 1, .n_gateways = 1, .n_dns = 1 };

	add(&ip.addresses[0], "192.0.2.7", 24);
	add(&ip.gateways[0], "192.0.2.1", 0);
	add(&ip.dns[0], "192.0.2.53", 0);
	return ip;
}

static struct hv_ic_kvp_ip both(void)
{
	struct hv_ic_kvp_ip ip = v4();

	add(&ip.addresses[ip.n_addresses++], "2001:db8::7", 64);
	add(&ip.addresses[ip.n_addresses++], "192.0.2.8", 32);
	add(&ip.gateways[ip.n_gateways++], "2001:db8::1", 0);
	add(&ip.dns[ip.n_dns++], "2001:db8::53", 0);
	return ip;
}

static int start(struct play *play, const struct hv_ic_kvp_ip *ip)
{
	const struct hvic_link link = { .index = 3, .name = "eth0" };
	struct hv_ic_kvp_ip now = { .dhcp = 1 };

	play->done[0] = '\0';
	play->profile[0] = '\0';
	play->answers = 0;
	return hvic_inject_begin(&play->inject, 7, 5000, &link, &now, ip);
}

static void finish(struct play *play)
{
	while (play->inject.job)
		sd_event_run(play->event, 1000000);
	if (play->connected)
		unit_bus_join(&play->bus);
	play->connected = false;
}

static void expect(struct play *play, struct hv_ic_kvp_ip ip, int status, const char *methods)
{
	assert_int_equal(start(play, &ip), 0);
	finish(play);
	assert_int_equal(play->answers, 1);
	assert_int_equal(play->status, status);
	assert_string_equal(play->done, methods);
}

/* --- Tests. ------------------------------------------------------------------------------ */

static void bounds(void **state)
{
	static const struct {
		const char *address;
		uint8_t prefix;
		int expected;
	} rows[] = {
		{ "192.0.2.1", 24, 0 }, { "192.0.2.1", 32, 0 }, { "192.0.2.1", 33, -EINVAL },
		{ "192.0.2.1", 0, -EINVAL }, { "192.0.2.1", 255, -EINVAL },
		{ "0.0.0.0", 24, -EINVAL }, { "127.0.0.1", 8, -EINVAL },
		{ "224.0.0.1", 24, -EINVAL }, { "255.255.255.255", 32, -EINVAL },
		{ "2001:db8::1", 128, 0 }, { "2001:db8::1", 129, -EINVAL },
		{ "2001:db8::1", 0, -EINVAL }, { "::", 64, -EINVAL }, { "::1", 128, -EINVAL },
		{ "ff02::1", 64, -EINVAL }, { "fe80::5", 64, 0 },
	};
	struct hv_ic_kvp_ip ip;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ip = (struct hv_ic_kvp_ip){ .n_addresses = 1 };
		add(&ip.addresses[0], rows[i].address, rows[i].prefix);
		assert_int_equal(hvic_inject_check(&ip), rows[i].expected);
	}
	ip = (struct hv_ic_kvp_ip){ };
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip.dhcp = 1;
	assert_int_equal(hvic_inject_check(&ip), 0);
	ip.n_gateways = 1;
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip = v4();
	add(&ip.dns[0], "127.0.0.1", 0);
	assert_int_equal(hvic_inject_check(&ip), 0);
	add(&ip.gateways[0], "127.0.0.1", 0);
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip = v4();
	ip.addresses[0].family = 5;
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip = v4();
	ip.n_addresses = HV_IC_KVP_ADDRESSES + 1;
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip = v4();
	ip.n_gateways = UINT32_MAX;
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip = v4();
	ip.n_dns = HV_IC_KVP_ADDRESSES + 1;
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
}

#define NM_OK "CheckpointCreate Update2 ActivateConnection CheckpointDestroy "

static void nm(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip dhcp = { .dhcp = 1 };

	play->nm_manages = true;
	play->networkd_runs = true;
	/* What the host does not speak of stays. */
	expect(play, v4(), 0, NM_OK);
	assert_string_equal(play->profile,
			    "[connection [id Wired ]"
			    "ipv4 [dns-search [lan ]method manual "
			    "address-data [[address 192.0.2.7 prefix 18 ]]gateway 192.0.2.1 "
			    "dns [350200c0 ]]ipv6 [method disabled ]]1 []");
	expect(play, both(), 0, NM_OK);
	assert_non_null(strstr(play->profile, "prefix 18 ][address 192.0.2.8 prefix 20 ]]"));
	assert_non_null(strstr(play->profile, "ipv6 [method manual address-data [[address "
			       "2001:db8::7 prefix 40 ]]gateway 2001:db8::1 dns [[20 1 d b8 "));
	expect(play, dhcp, 0, NM_OK);
	assert_non_null(strstr(play->profile, "ipv4 [dns-search [lan ]method auto dns []]"));

	play->nm_idle = true;
	expect(play, v4(), 0, "CheckpointCreate AddAndActivateConnection CheckpointDestroy ");
	assert_non_null(strstr(play->profile,
			       "id hv_ic eth0 type 802-3-ethernet interface-name eth0 "));
	end(play);
}

static void nm_fails(void **state)
{
	struct play *play = begin(state, &ops);

	play->nm_manages = true;
	play->failing = "CheckpointCreate";
	expect(play, v4(), -EINVAL, "CheckpointCreate ");
	play->failing = "Update2";
	expect(play, v4(), -EINVAL, "CheckpointCreate Update2 CheckpointRollback ");
	play->failing = "ActivateConnection";
	expect(play, v4(), -EINVAL,
	       "CheckpointCreate Update2 ActivateConnection CheckpointRollback ");
	play->failing = NULL;
	play->confirmed = -EADDRINUSE;
	expect(play, v4(), -EADDRINUSE,
	       "CheckpointCreate Update2 ActivateConnection CheckpointRollback ");
	end(play);
}

#define NETWORK_FILE "etc/systemd/network/05-hv_ic-eth0.network"

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
}

static void networkd(void **state)
{
	struct play *play = begin(state, &ops);
	struct hv_ic_kvp_ip v6 = { .n_addresses = 1 };

	play->networkd_runs = true;
	/* It may not be installed. */
	expect(play, v4(), -ENOENT, "");
	unit_folder(play->root, "etc/systemd/network");
	expect(play, both(), 0, "Reload ReconfigureLink ");
	expect_file(play, HEAD "DHCP=no\nAddress=192.0.2.7/24\nAddress=192.0.2.8/32\n"
		    "Gateway=192.0.2.1\nAddress=2001:db8::7/64\nGateway=2001:db8::1\n"
		    "DNS=192.0.2.53\nDNS=2001:db8::53");
	add(&v6.addresses[0], "2001:db8::9", 64);
	expect(play, v6, 0, "Reload ReconfigureLink ");
	expect_file(play, HEAD "DHCP=no\nAddress=192.0.2.7/24\nAddress=192.0.2.8/32\n"
		    "Gateway=192.0.2.1\nDNS=192.0.2.53\nAddress=2001:db8::9/64");
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
	play->failing = "ReconfigureLink";
	expect(play, v4(), -EINVAL, "Reload ReconfigureLink Reload ReconfigureLink ");
	assert_false(hvu_exists(play->root->fd, NETWORK_FILE));
	play->failing = NULL;
	expect(play, dhcp, 0, "Reload ReconfigureLink ");
	play->confirmed = -ETIMEDOUT;
	expect(play, v4(), -ETIMEDOUT, "Reload ReconfigureLink Reload ReconfigureLink ");
	expect_file(play, HEAD "DHCP=ipv4");
	expect_only_that(play);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds), TEST(nm), TEST(nm_fails), TEST(networkd),
		TEST(networkd_fails), TEST(program), TEST(refused), TEST(over),
	};

	return cmocka_run_group_tests_name("inject", tests, NULL, NULL);
}
