// SPDX-License-Identifier: GPL-2.0
/* A service on the system bus, played. */
#include "bus.h"

#include <sys/socket.h>

#include "unit.h"

void unit_bus_serve(int fd, void (*prepare)(sd_bus *bus, void *data), void *data)
{
	sd_id128_t id = { 0 };
	int ret = 0;
	sd_bus *bus;

	assert_int_equal(sd_bus_new(&bus), 0);
	sd_bus_set_fd(bus, fd, fd);
	sd_bus_set_server(bus, 1, id);
	sd_bus_set_anonymous(bus, 1);
	prepare(bus, data);
	sd_bus_start(bus);
	while (ret >= 0) {
		ret = sd_bus_process(bus, NULL);
		if (!ret)
			ret = sd_bus_wait(bus, UINT64_MAX);
	}
	sd_bus_close_unref(bus);
}

static void add_objects(sd_bus *bus, void *data)
{
	struct unit_bus *played = data;

	for (const struct unit_object *object = played->objects; object->path; object++) {
		if (object->below)
			sd_bus_add_fallback_vtable(bus, NULL, object->path, object->interface,
						   object->table, NULL, played->data);
		else
			sd_bus_add_object_vtable(bus, NULL, object->path, object->interface,
						 object->table, played->data);
	}
}

static void *play(void *data)
{
	struct unit_bus *played = data;

	unit_bus_serve(played->fd, add_objects, played);
	return NULL;
}

int unit_bus_open(struct unit_bus *played, sd_bus **bus)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	played->fd = pair[0];
	assert_int_equal(sd_bus_new(bus), 0);
	sd_bus_set_fd(*bus, pair[1], pair[1]);
	assert_int_equal(pthread_create(&played->thread, NULL, play, played), 0);
	sd_bus_start(*bus);
	return 0;
}

void unit_bus_join(struct unit_bus *played)
{
	pthread_join(played->thread, NULL);
}
