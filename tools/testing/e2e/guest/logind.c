// SPDX-License-Identifier: GPL-2.0
/*
 * logind: plays systemd-logind, and the system bus, for hvic-shutdownd.
 *
 * It serves one connection after the other. Each line of /run/logind/locks is a lock,
 * "what|who|why|mode". One session has the terminal that /run/logind/tty names. It writes
 * the actions that it is asked for to /run/logind/acted.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#define SESSION "/org/freedesktop/login1/session/_31"

static int hello(sd_bus_message *call, void *data, sd_bus_error *error)
{
	return sd_bus_reply_method_return(call, "s", ":1.1");
}

static int list_inhibitors(sd_bus_message *call, void *data, sd_bus_error *error)
{
	FILE *locks = fopen("/run/logind/locks", "r");
	sd_bus_message *reply;
	char line[256];

	sd_bus_message_new_method_return(call, &reply);
	sd_bus_message_open_container(reply, 'a', "(ssssuu)");
	while (locks && fgets(line, sizeof(line), locks)) {
		char *parts[4] = { "", "", "", "" }, *at = line;

		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < 4 && at; i++)
			parts[i] = strsep(&at, "|");
		sd_bus_message_append(reply, "(ssssuu)", parts[0], parts[1], parts[2], parts[3],
				      0, 1);
	}
	if (locks)
		fclose(locks);
	sd_bus_message_close_container(reply);
	sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return 1;
}

static int list_sessions(sd_bus_message *call, void *data, sd_bus_error *error)
{
	sd_bus_message *reply;

	sd_bus_message_new_method_return(call, &reply);
	sd_bus_message_open_container(reply, 'a', "(susso)");
	sd_bus_message_append(reply, "(susso)", "1", 0, "root", "seat0", SESSION);
	sd_bus_message_close_container(reply);
	sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return 1;
}

static int terminal(sd_bus *bus, const char *path, const char *interface, const char *property,
		    sd_bus_message *reply, void *data, sd_bus_error *error)
{
	FILE *file = fopen("/run/logind/tty", "r");
	char name[64] = "";

	if (file) {
		if (!fgets(name, sizeof(name), file))
			name[0] = '\0';
		fclose(file);
	}
	name[strcspn(name, "\n")] = '\0';
	return sd_bus_message_append(reply, "s", name);
}

static int can(sd_bus_message *call, void *data, sd_bus_error *error)
{
	return sd_bus_reply_method_return(call, "s", "yes");
}

static int act(sd_bus_message *call, void *data, sd_bus_error *error)
{
	FILE *acted = fopen("/run/logind/acted", "a");

	if (acted) {
		fprintf(acted, "%s\n", sd_bus_message_get_member(call));
		fclose(acted);
	}
	return sd_bus_reply_method_return(call, NULL);
}

static int nothing(sd_bus_message *call, void *data, sd_bus_error *error)
{
	return sd_bus_reply_method_return(call, NULL);
}

#define METHOD(name, in, out, function) \
	SD_BUS_METHOD(name, in, out, function, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable bus_methods[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Hello", NULL, "s", hello),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable manager_methods[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("ListInhibitors", NULL, "a(ssssuu)", list_inhibitors),
	METHOD("ListSessions", NULL, "a(susso)", list_sessions),
	METHOD("CanHibernate", NULL, "s", can),
	METHOD("PowerOff", "b", NULL, act),
	METHOD("Reboot", "b", NULL, act),
	METHOD("Hibernate", "b", NULL, act),
	METHOD("SetWallMessage", "sb", NULL, nothing),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable session_properties[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("TTY", "s", terminal, 0, 0),
	SD_BUS_VTABLE_END
};

static void serve(int fd)
{
	sd_id128_t id = { 0 };
	sd_bus *bus;
	int ret = 0;

	if (sd_bus_new(&bus) < 0)
		return;
	sd_bus_set_fd(bus, fd, fd);
	sd_bus_set_server(bus, 1, id);
	sd_bus_set_anonymous(bus, 1);
	sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/DBus", "org.freedesktop.DBus",
				 bus_methods, NULL);
	sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/login1",
				 "org.freedesktop.login1.Manager", manager_methods, NULL);
	sd_bus_add_object_vtable(bus, NULL, SESSION, "org.freedesktop.login1.Session",
				 session_properties, NULL);
	sd_bus_start(bus);
	while (ret >= 0) {
		ret = sd_bus_process(bus, NULL);
		if (!ret)
			ret = sd_bus_wait(bus, UINT64_MAX);
	}
	sd_bus_close_unref(bus);
}

int main(void)
{
	struct sockaddr_un address = { AF_UNIX, "/run/dbus/system_bus_socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	mkdir("/run/dbus", 0755);
	mkdir("/run/logind", 0755);
	unlink(address.sun_path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 8)) {
		perror("logind");
		return 1;
	}
	for (;;) {
		int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (connection >= 0)
			serve(connection);
	}
}
