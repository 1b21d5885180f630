/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The event loop of a daemon, and its ties to a driver that may be loaded anew: a connection by
 * netlink, or the client of a native device.
 */
#ifndef HVU_EVENT_H
#define HVU_EVENT_H

#include <systemd/sd-event.h>

#include "family.h"
#include "genl.h"
#include "record.h"

/* The driver will not have the daemon; to try again would not help. See sysexits.h. */
#define HVU_EXIT_UNAVAILABLE 69
/* The configuration is not as it should be. */
#define HVU_EXIT_CONFIG 78

struct hvu_driver;

/**
 * struct hvu_driver_ops - what a daemon does with the driver
 * @attach: the connection has been opened: join groups, tell the driver; 0 or a negative errno
 * @take: a message of the driver
 * @status: what the daemon does while it is attached, for the service manager
 */
struct hvu_driver_ops {
	int (*attach)(struct hvu_driver *driver);
	void (*take)(struct hvu_driver *driver, const struct nlmsghdr *message);
	const char *status;
};

/**
 * struct hvu_driver - a daemon's connection to the driver
 * @ops: what the daemon does with it
 * @event: loop
 * @genl: connection, while the driver is there
 * @source: its place in the loop; NULL while the driver is not there
 * @family: tells when the driver comes and goes
 * @family_source: its place in the loop
 */
struct hvu_driver {
	const struct hvu_driver_ops *ops;
	sd_event *event;
	struct hvu_genl genl;
	sd_event_source *source;
	struct hvu_family family;
	sd_event_source *family_source;
};

int hvu_event_new(sd_event **event);
int hvu_event_run(sd_event *event);
int hvu_event_on_reload(sd_event *event, int (*reload)(void *data), void *data);
int hvu_event_serve(sd_event *event, struct hvu_client *client, const struct hvu_client_ops *ops,
		    int root, const char *name, uint64_t features);

int hvu_driver_open(struct hvu_driver *driver, const struct hvu_driver_ops *ops, sd_event *event,
		    int timeout_ms);
void hvu_driver_close(struct hvu_driver *driver);

#endif
