// SPDX-License-Identifier: GPL-2.0
/* systemd-resolved, played, and what is known of its name servers. */
#include "resolved.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "array.h"
#include "bus.h"
#include "clock.h"
#include "lease.h"
#include "unit.h"

/**
 * struct play - a question and who answers it
 * @resolved: who asks
 * @bus: between the two
 * @leases: who wants to know
 * @asked: how often it was asked
 * @last: the last byte of the server of interface 3
 * @fails: nobody is there
 */
struct play {
	struct hvic_resolved resolved;
	struct unit_bus bus;
	struct hvic_leases leases;
	atomic_uint asked;
	atomic_uint last;
	atomic_bool fails;
};

static int add(sd_bus_message *reply, int index, int family, const uint8_t *bytes, size_t size)
{
	sd_bus_message_open_container(reply, 'r', "iiay");
	sd_bus_message_append(reply, "ii", index, family);
	sd_bus_message_append_array(reply, 'y', bytes, size);
	return sd_bus_message_close_container(reply);
}

static int get(sd_bus *bus, const char *path, const char *interface, const char *property,
	       sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct play *play = data;
	const uint8_t v4[] = { 192, 0, 2, atomic_load(&play->last) };
	static const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 9 };

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	atomic_fetch_add(&play->asked, 1);
	if (atomic_load(&play->fails))
		return sd_bus_error_set(error, SD_BUS_ERROR_SERVICE_UNKNOWN, "not here");
	sd_bus_message_open_container(reply, 'a', "(iiay)");
	add(reply, 0, AF_INET, v4, 4);
	add(reply, 3, AF_INET, v4, 4);
	add(reply, 3, AF_INET6, v6, 16);
	add(reply, 4, AF_INET6, v6, 16);
	/* What makes no sense. */
	add(reply, 3, AF_INET6, v6, 4);
	add(reply, 3, AF_INET, v6, 16);
	add(reply, 3, AF_UNIX, v6, 16);
	add(reply, -1, AF_INET, v4, 4);
	return sd_bus_message_close_container(reply);
}

/* The bus says that the service has another owner. */
static int come(sd_bus_message *call, void *data, sd_bus_error *error)
{
	sd_bus *bus = sd_bus_message_get_bus(call);
	struct play *play = data;
	sd_bus_message *signal;
	const char *name;

	(void)error;
	atomic_fetch_add(&play->last, 1);
	sd_bus_message_read(call, "s", &name);
	sd_bus_message_new_signal(bus, &signal, "/org/freedesktop/DBus", "org.freedesktop.DBus",
				  "NameOwnerChanged");
	sd_bus_message_append(signal, "sss", name, "", ":1.7");
	sd_bus_message_set_sender(signal, "org.freedesktop.DBus");
	sd_bus_send(bus, signal, NULL);
	sd_bus_message_unref(signal);
	return sd_bus_reply_method_return(call, NULL);
}

/* Says that it has changed. */
static int change(sd_bus_message *call, void *data, sd_bus_error *error)
{
	sd_bus *bus = sd_bus_message_get_bus(call);
	struct play *play = data;
	sd_bus_message *signal;

	(void)error;
	atomic_fetch_add(&play->last, 1);
	sd_bus_message_new_signal(bus, &signal, "/org/freedesktop/resolve1",
				  "org.freedesktop.DBus.Properties", "PropertiesChanged");
	sd_bus_message_append(signal, "sa{sv}as", "org.freedesktop.resolve1.Manager", 0, 1, "DNS");
	/* A bus would do that. */
	sd_bus_message_set_sender(signal, ":1.0");
	sd_bus_send(bus, signal, NULL);
	sd_bus_message_unref(signal);
	return sd_bus_reply_method_return(call, NULL);
}

static const sd_bus_vtable manager[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("DNS", "a(iiay)", get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION),
	SD_BUS_METHOD("Change", NULL, NULL, change, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Come", "s", NULL, come, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

static const struct unit_object objects[] = {
	{ "/org/freedesktop/resolve1", "org.freedesktop.resolve1.Manager", manager, false },
	{ }
};

static void serve_until(struct play *play, unsigned int version)
{
	int64_t end = hvu_now_ms() + 10000;

	while ((play->resolved.version != version || play->resolved.call) && hvu_now_ms() < end)
		sd_event_run(play->resolved.event, 100000);
	assert_int_equal(play->resolved.version, version);
	assert_null(play->resolved.call);
}

static void expect(struct play *play, int index, size_t n, uint8_t last)
{
	const struct hvic_lease *lease = hvic_lease_find(&play->leases, index, "eth0");

	assert_non_null(lease);
	assert_int_equal(lease->servers.n, n);
	if (n)
		assert_int_equal(lease->servers.ip[0].bytes[3], last);
}

static void have_it(struct play *play, const char *method, const char *name)
{
	assert_true(sd_bus_call_method_async(play->resolved.bus, NULL, "org.freedesktop.resolve1",
					     "/org/freedesktop/resolve1",
					     "org.freedesktop.resolve1.Manager", method, NULL,
					     NULL, name ? "s" : NULL, name) >= 0);
}

static void asked(void **state)
{
	struct play *play = calloc(1, sizeof(*play));

	play->bus = (struct unit_bus){ .objects = objects, .data = play };
	atomic_store(&play->last, 53);
	play->leases.root = ((struct unit_root *)*state)->fd;
	play->leases.resolved = &play->resolved;
	assert_true(sd_event_new(&play->resolved.event) >= 0);
	assert_int_equal(unit_bus_open(&play->bus, &play->resolved.bus), 0);
	hvic_resolved_watch(&play->resolved);
	unit_file(*state, "etc/resolv.conf", "nameserver 192.0.2.99\n");

	/* The first who wants to know does not wait; until there is an answer, a file counts. */
	expect(play, 3, 1, 99);
	hvic_resolved_ask(&play->resolved);
	serve_until(play, 1);
	assert_int_equal(atomic_load(&play->asked), 2);
	expect(play, 3, 2, 53);
	expect(play, 4, 1, 0xb8);
	expect(play, 5, 1, 99);
	/* It is not asked without need. */
	assert_int_equal(atomic_load(&play->asked), 2);
	assert_null(play->resolved.call);

	/* It says that it has changed. */
	have_it(play, "Change", NULL);
	serve_until(play, 2);
	expect(play, 3, 2, 54);

	/* It has gone. */
	atomic_store(&play->fails, true);
	hvic_resolved_ask(&play->resolved);
	serve_until(play, 3);
	expect(play, 3, 1, 99);

	/* It has come, and had written its files before the bus knew it. */
	atomic_store(&play->fails, false);
	have_it(play, "Come", "org.freedesktop.resolve1");
	serve_until(play, 4);
	expect(play, 3, 2, 55);

	hvic_resolved_close(&play->resolved);
	unit_bus_join(&play->bus);
	hvic_leases_free(&play->leases);
	sd_event_unref(play->resolved.event);
	free(play);
}

/* The machine boots: the bus comes later than the first who wants to know. */
static void late_bus(void **state)
{
	struct unit_root *root = *state;
	struct hvic_resolved resolved = { };
	struct hvic_leases leases = { .root = root->fd, .resolved = &resolved };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char variable[160];
	int bus;

	unit_folder(root, "run/dbus");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/run/dbus/system_bus_socket",
		 root->path);
	snprintf(variable, sizeof(variable), "unix:path=%s", address.sun_path);
	assert_int_equal(setenv("DBUS_SYSTEM_BUS_ADDRESS", variable, 1), 0);
	assert_true(sd_event_new(&resolved.event) >= 0);
	assert_non_null(hvic_lease_find(&leases, 3, "eth0"));
	assert_null(resolved.bus);
	bus = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(bus, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(bus, 1), 0);
	assert_non_null(hvic_lease_find(&leases, 3, "eth0"));
	assert_non_null(resolved.call);
	hvic_resolved_close(&resolved);
	hvic_leases_free(&leases);
	sd_event_unref(resolved.event);
	close(bus);
	unlinkat(root->fd, "run/dbus/system_bus_socket", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(asked, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(late_bus, unit_root_setup, unit_root_teardown),
	};

	return cmocka_run_group_tests_name("resolved", tests, NULL, NULL);
}
