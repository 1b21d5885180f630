/* SPDX-License-Identifier: GPL-2.0 */
/* A service on the system bus, played by a thread at the other end of a socket. */
#ifndef HVU_UNIT_BUS_H
#define HVU_UNIT_BUS_H

#include <pthread.h>
#include <stdbool.h>

#include <systemd/sd-bus.h>

/**
 * struct unit_object - objects that the service has
 * @path: of the object
 * @interface: of it
 * @table: what it can
 * @below: it is about all objects below @path
 */
struct unit_object {
	const char *path;
	const char *interface;
	const sd_bus_vtable *table;
	bool below;
};

/**
 * struct unit_bus - a connection, and who plays at its other end
 * @objects: ended by an empty one
 * @data: for their functions
 * @fd: the other end
 * @thread: that plays
 */
struct unit_bus {
	const struct unit_object *objects;
	void *data;
	int fd;
	pthread_t thread;
};

/** unit_bus_open() - a connection to the service; 0 */
int unit_bus_open(struct unit_bus *played, sd_bus **bus);

/** unit_bus_join() - wait for the end of the service, which comes when the connection is closed */
void unit_bus_join(struct unit_bus *played);

/** unit_bus_serve() - serve a connection, until its other end closes */
void unit_bus_serve(int fd, void (*prepare)(sd_bus *bus, void *data), void *data);

#endif
