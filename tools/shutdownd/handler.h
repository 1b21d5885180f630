/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of a request of the host to stop the guest. */
#ifndef HVIC_HANDLER_H
#define HVIC_HANDLER_H

#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/hv_ic.h>
#include <systemd/sd-bus.h>

struct hvic_handler;

/**
 * struct hvic_handler_ops - how to reach others
 * @open_bus: connect to where logind is; 0 or a negative errno
 * @reply: answer the driver
 */
struct hvic_handler_ops {
	int (*open_bus)(struct hvic_handler *handler, sd_bus **bus);
	void (*reply)(struct hvic_handler *handler, uint64_t id, enum hv_ic_decision decision);
};

/**
 * struct hvic_handler - the handler
 * @ops: how to reach others
 * @root: where /dev is below
 */
struct hvic_handler {
	const struct hvic_handler_ops *ops;
	int root;
};

void hvic_handler_take(struct hvic_handler *handler, const struct nlmsghdr *message);

#endif
