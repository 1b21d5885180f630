// SPDX-License-Identifier: GPL-2.0
/*
 * hvic-shutdownd: hands the host's requests to stop the guest to logind.
 *
 * One thread and one event loop, which lib/event.c sets up together with the connection to the
 * driver. Reading path: handler.c decides, logind.c and wall.c do.
 */
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "genl.h"
#include "handler.h"
#include "log.h"
#include "logind.h"
#include "options.h"
#include "root.h"
#include "sysbus.h"

/* The driver waits five seconds for an answer, which takes three calls at most. */
#define CALL_TIMEOUT_US	1500000
#define GENL_TIMEOUT_MS	5000

/**
 * struct daemon - the daemon
 * @handler: what it does; the first member
 * @driver: connection to the driver
 */
struct daemon {
	struct hvic_handler handler;
	struct hvu_driver driver;
};

static struct daemon *daemon_of(struct hvu_driver *driver)
{
	return (struct daemon *)((char *)driver - offsetof(struct daemon, driver));
}

/* --- What the handler needs. -------------------------------------------------------- */

static int open_bus(struct hvic_handler *handler, sd_bus **bus)
{
	(void)handler;
	return hvu_bus_open(bus, CALL_TIMEOUT_US);
}

static void reply(struct hvic_handler *handler, uint64_t id, enum hv_ic_decision decision)
{
	struct daemon *daemon = (struct daemon *)handler;
	struct nlmsghdr *request = hvu_genl_request(&daemon->driver.genl,
						    HV_IC_CMD_HANDLER_REPLY);
	int ret;

	mnl_attr_put_u64(request, HV_IC_A_REQUEST_ID, id);
	mnl_attr_put_u32(request, HV_IC_A_REQUEST_DECISION, decision);
	ret = hvu_genl_post(&daemon->driver.genl, request);
	if (ret)
		hvu_log(HVU_LOG_WARNING, "cannot answer the driver: %s", strerror(-ret));
}

static const struct hvic_handler_ops handler_ops = { .open_bus = open_bus, .reply = reply };

/* --- What the driver needs. ----------------------------------------------------------- */

static int attach(struct hvu_driver *driver)
{
	int ret = hvu_genl_join(&driver->genl, HV_IC_MCGRP_REQUEST);

	if (ret)
		return ret;
	return hvu_genl_do(&driver->genl,
			   hvu_genl_request(&driver->genl, HV_IC_CMD_HANDLER_ATTACH), NULL, NULL);
}

static void take(struct hvu_driver *driver, const struct nlmsghdr *message)
{
	hvic_handler_take(&daemon_of(driver)->handler, message);
}

static const struct hvu_driver_ops driver_ops = {
	.attach = attach,
	.take = take,
	.status = "Handling the host's requests",
};

/* --- Init and exit. ------------------------------------------------------------------------ */

static int run(struct daemon *daemon)
{
	sd_event *event = NULL;
	int ret = hvu_event_new(&event);

	if (ret < 0) {
		hvu_log(HVU_LOG_ERROR, "cannot start: %s", strerror(-ret));
		sd_event_unref(event);
		return 1;
	}
	if (hvu_driver_open(&daemon->driver, &driver_ops, event, GENL_TIMEOUT_MS))
		ret = HVU_EXIT_UNAVAILABLE;
	else
		ret = hvu_event_run(event);
	hvu_driver_close(&daemon->driver);
	sd_event_unref(event);
	return ret;
}

int main(int argc, char *argv[])
{
	static struct daemon daemon = { .handler.ops = &handler_ops };
	int status;

	if (hvu_options_end(argc, argv, "hvic-shutdownd",
			    "Hands the host's requests to power off, reboot or hibernate to logind.",
			    &status))
		return status;

	daemon.handler.root = hvu_root_open("/");
	status = run(&daemon);
	close(daemon.handler.root);
	return status;
}
