/* SPDX-License-Identifier: GPL-2.0 */
/* NetworkManager and systemd-networkd, played at the other end of a socket for an injection. */
#ifndef HVIC_UNIT_INJECT_PLAY_H
#define HVIC_UNIT_INJECT_PLAY_H

#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "lease.h"
#include "root.h"
#include "unit.h"
#include "wanted.h"

/**
 * struct play - the world around an injection
 * @inject: it; the first member
 * @root: below which /etc is
 * @settings: of the administrator
 * @event: loop
 * @without_bus: how often there is no bus to connect to
 * @boots: how often the machine boots still, and nobody is there
 * @lan: the interface is called lan0 as soon as this many have looked; 0 for never
 * @nm_manages: NetworkManager runs, and keeps the interface
 * @nm_idle: no profile is active on it
 * @nm_shared: the profile that is active is for any adapter
 * @nm_by_mac: and then only for one by its address
 * @nm_external: what is active on it is not its own
 * @nm_six: its profile has IPv6
 * @nm_behind: what it knows by the interface's name is another one still
 * @nm_starts: how often it says that it is not ready yet, and has not come to its own
 * @nm_activates: how often it says that a profile is not active yet
 * @nm_gives_up: and then that it will not be
 * @nm_stuck: it does not go back to what was before
 * @networkd_runs: so does systemd-networkd
 * @failing: method that fails
 * @silent: method that is not answered
 * @in_the_way: folder that is there as soon as networkd reads its files; NULL for none
 * @state: what networkd says of the interface from then on; NULL for no news
 * @host_waits_ms: how long the host does; 0 for long
 * @confirmed: what waiting for the addresses ends with
 * @held: the file of the next boot as it was then; "" if there was none
 * @tried: what was on trial then
 * @slow: it ends only when nobody waits any more
 * @done: methods that change something, in order
 * @device: that it was asked for
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
	unsigned int without_bus, boots;
	unsigned int lan;
	bool nm_manages;
	bool nm_idle, nm_external, nm_shared, nm_by_mac, nm_six, nm_behind;
	unsigned int nm_starts, nm_activates;
	bool nm_gives_up, nm_stuck;
	bool networkd_runs;
	const char *failing, *silent, *in_the_way, *state;
	unsigned int host_waits_ms;
	int confirmed;
	char held[64];
	char tried[1024];
	bool slow;
	char done[512];
	char device[16];
	char profile[4096];
	unsigned int answers;
	int status;
	struct unit_bus bus;
	bool connected;
};

/* The file that holds at the next boot. */
#define NETWORK_FILE "etc/systemd/network/05-hv_ic-eth0.network"
/* The one before it that holds until then. */
#define TRIAL_FILE "run/systemd/network/04-hv_ic-eth0.network"

/* What networkd says of the interface. */
#define LINK_STATE "run/systemd/netif/links/3"

/* --- The daemons. ------------------------------------------------------------------------ */

static void note(struct play *play, const char *method)
{
	strcat(strcat(play->done, method), " ");
}

static void note_device(struct play *play, sd_bus_message *call)
{
	const char *name = "";

	sd_bus_message_read(call, "s", &name);
	snprintf(play->device, sizeof(play->device), "%s", name);
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
	if (play->in_the_way && !strcmp(member, "Reload"))
		unit_folder(play->root, play->in_the_way);
	if (play->state && !strcmp(member, "ReconfigureLink"))
		unit_file(play->root, LINK_STATE, play->state);
	if (play->failing && !strcmp(member, play->failing))
		return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "no");
	if (play->silent && !strcmp(member, play->silent))
		return 1;
	if (!strcmp(member, "GetDeviceByIpIface"))
		note_device(play, call);
	if (!strcmp(member, "GetDeviceByIpIface"))
		return play->nm_manages && !play->boots ?
			sd_bus_reply_method_return(call, "o", "/nm/device") :
			sd_bus_error_set(error, SD_BUS_ERROR_SERVICE_UNKNOWN, "not here");
	if (!strcmp(member, "CheckpointCreate"))
		return sd_bus_reply_method_return(call, "o", "/nm/checkpoint");
	if (!strcmp(member, "CheckpointRollback"))
		return sd_bus_reply_method_return(call, "a{su}", 1, "/nm/device", play->nm_stuck);
	if (!strcmp(member, "ActivateConnection"))
		return sd_bus_reply_method_return(call, "o", "/nm/active");
	if (!strcmp(member, "AddAndActivateConnection2") || !strcmp(member, "Update2"))
		flatten(play, call);
	if (!strcmp(member, "AddAndActivateConnection2"))
		return sd_bus_reply_method_return(call, "ooa{sv}", "/nm/profile", "/nm/active",
						  0);
	if (!strcmp(member, "Update2"))
		return sd_bus_reply_method_return(call, "a{sv}", 0);
	if (!strcmp(member, "GetSettings") && play->nm_shared)
		return sd_bus_reply_method_return(call, "a{sa{sv}}", 3,
			"connection", 3, "id", "s", "Any", "uuid", "s", "0-0", "zone", "s", "home",
			"802-3-ethernet", 1, play->nm_by_mac ? "mac-address" : "mtu", "u", 0x2328,
			"ipv4", 1, "method", "s", "auto");
	if (!strcmp(member, "GetSettings"))
		return sd_bus_reply_method_return(call, "a{sa{sv}}", 3,
			"connection", 2, "id", "s", "Wired", "interface-name", "s", "eth0",
			"ipv4", 3, "method", "s", "auto", "dns-search", "as", 1, "lan",
				"gateway", "s", "192.0.2.254",
			"ipv6", 1, "method", "s", play->nm_six ? "auto" : "disabled");
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
	if (!strcmp(property, "HwAddress"))
		return sd_bus_message_append(reply, "s", play->nm_behind ? "00:15:5D:01:02:04" :
					     "00:15:5D:01:02:0A");
	if (!strcmp(property, "SystemState")) {
		bool booting = play->boots;

		play->boots -= booting;
		return sd_bus_message_append(reply, "s", booting ? "starting" : "running");
	}
	if (!strcmp(property, "Startup")) {
		play->nm_starts -= !!play->nm_starts;
		return sd_bus_message_append(reply, "b", !!play->nm_starts);
	}
	if (!strcmp(property, "State")) {
		bool activates = play->nm_activates;

		play->nm_activates -= activates;
		return sd_bus_message_append(reply, "u", activates ? 1 : play->nm_gives_up ? 4 : 2);
	}
	if (!strcmp(property, "ActiveConnection"))
		return sd_bus_message_append(reply, "o", play->nm_idle ? "/" : "/nm/active");
	if (!strcmp(property, "StateFlags"))
		return sd_bus_message_append(reply, "u", play->nm_external || play->nm_starts ?
					     0x84 : 0xc);
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
	METHOD("AddAndActivateConnection2", "a{sa{sv}}ooa{sv}", "ooa{sv}"),
	SD_BUS_PROPERTY("Startup", "b", get, 0, 0),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable device[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Managed", "b", get, 0, 0),
	SD_BUS_PROPERTY("HwAddress", "s", get, 0, 0),
	SD_BUS_PROPERTY("ActiveConnection", "o", get, 0, 0),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable active[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Connection", "o", get, 0, 0),
	SD_BUS_PROPERTY("State", "u", get, 0, 0),
	SD_BUS_PROPERTY("StateFlags", "u", get, 0, 0),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable profile[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("GetSettings", NULL, "a{sa{sv}}"),
	METHOD("Update2", "a{sa{sv}}ua{sv}", "a{sv}"),
	METHOD("Save", NULL, NULL),
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

static const sd_bus_vtable systemd[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("SystemState", "s", get, 0, 0),
	SD_BUS_VTABLE_END
};

static const struct unit_object objects[] = {
	{ "/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager", manager, false },
	{ "/nm/device", "org.freedesktop.NetworkManager.Device", device, false },
	{ "/nm/active", "org.freedesktop.NetworkManager.Connection.Active", active, false },
	{ "/nm/profile", "org.freedesktop.NetworkManager.Settings.Connection", profile, false },
	{ "/org/freedesktop/network1", "org.freedesktop.network1.Manager", network, false },
	{ "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", systemd, false },
	{ "/org/freedesktop/DBus", "org.freedesktop.DBus", names, false },
	{ }
};

static int open_bus(struct hvic_job *job, sd_bus **bus)
{
	struct play *play = (struct play *)job->inject;

	if (play->without_bus) {
		play->without_bus--;
		return -ENOENT;
	}
	play->connected = true;
	return unit_bus_open(&play->bus, bus);
}

static int look(struct hvic_job *job)
{
	struct play *play = (struct play *)job->inject;

	if (!play->lan || --play->lan)
		return 0;
	strcpy(job->link.name, "lan0");
	return 1;
}

static int confirm(struct hvic_job *job)
{
	struct play *play = (struct play *)job->inject;

	hvu_read(play->root->fd, play->held, sizeof(play->held), NETWORK_FILE);
	hvu_read(play->root->fd, play->tried, sizeof(play->tried), TRIAL_FILE);
	if (play->nm_activates && !job->ip.dhcp)
		return -EINPROGRESS;
	/* Nothing is on the disk yet. */
	if (strstr(play->done, "Save"))
		return -EINPROGRESS;
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
	.open_bus = open_bus, .look = look, .confirm = confirm, .done = done,
};

/* --- The play. --------------------------------------------------------------------------- */

static struct play *begin(void **state, const struct hvic_inject_ops *with)
{
	struct play *play = calloc(1, sizeof(*play));

	assert_non_null(play);
	play->root = *state;
	play->bus = (struct unit_bus){ .objects = objects, .data = play };
	unit_file(play->root, LINK_STATE, "#\nADMIN_STATE=configured\n");
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
	const struct hvic_link link = {
		.index = 3, .name = "eth0",
		.has_mac = true, .mac = { 0x00, 0x15, 0x5d, 0x01, 0x02, 0x0a },
	};
	struct hv_ic_kvp_ip now = { .dhcp = 1, .n_addresses = 3, .n_gateways = 1, .n_dns = 3 };

	add(&now.addresses[0], "2001:db8::5", 64);
	add(&now.addresses[1], "2001:db8::6", 64);
	now.addresses[1].origin = HV_IC_KVP_ORIGIN_DYNAMIC;
	add(&now.addresses[2], "fe80::5", 64);
	add(&now.gateways[0], "fe80::1", 0);
	add(&now.dns[0], "192.0.2.99", 0);
	add(&now.dns[1], "2001:db8::99", 0);
	add(&now.dns[2], "::1", 0);
	play->done[0] = '\0';
	play->profile[0] = '\0';
	play->answers = 0;
	return hvic_inject_begin(&play->inject, 7,
				 play->host_waits_ms ? play->host_waits_ms : 5000, &link, &now, ip);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, unit_root_setup, unit_root_teardown)

#endif
