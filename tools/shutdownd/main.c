// SPDX-License-Identifier: GPL-2.0
/*
 * hvic-shutdownd: hands the host's requests to stop the guest to logind.
 *
 * One thread and one event loop: the driver's socket, the socket on which the
 * kernel tells of families that come and go (so the module may be reloaded), and
 * signals. Reading path: handler.c decides, logind.c and wall.c do.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "genl.h"
#include "handler.h"
#include "log.h"
#include "logind.h"
#include "root.h"

/* The driver waits a few seconds for an answer, which may take some calls. */
#define CALL_TIMEOUT_US	1000000
#define GENL_TIMEOUT_MS	5000

/* The driver will not have us; trying again would not help. See sysexits.h. */
#define EXIT_UNAVAILABLE 69

/**
 * struct daemon - the daemon
 * @handler: what it does; the first member
 * @event: loop
 * @driver: connection to the driver, while it is there
 * @driver_source: its place in the loop; NULL while it is not there
 * @control: connection on which families come and go
 */
struct daemon {
	struct hvic_handler handler;
	sd_event *event;
	struct hvu_genl driver;
	sd_event_source *driver_source;
	struct hvu_genl control;
};

/* --- What the handler needs. -------------------------------------------------------- */

static int open_bus(struct hvic_handler *handler, sd_bus **bus)
{
	(void)handler;
	return hvic_logind_open(bus, CALL_TIMEOUT_US);
}

static void reply(struct hvic_handler *handler, uint64_t id, enum hv_ic_decision decision)
{
	struct daemon *daemon = (struct daemon *)handler;
	struct nlmsghdr *request = hvu_genl_request(&daemon->driver, HV_IC_CMD_HANDLER_REPLY);
	int ret;

	mnl_attr_put_u64(request, HV_IC_A_REQUEST_ID, id);
	mnl_attr_put_u32(request, HV_IC_A_REQUEST_DECISION, decision);
	ret = hvu_genl_post(&daemon->driver, request);
	if (ret)
		hvu_log(HVU_LOG_WARNING, "cannot answer the driver: %s", strerror(-ret));
}

static const struct hvic_handler_ops handler_ops = { .open_bus = open_bus, .reply = reply };

/* --- The driver. --------------------------------------------------------------------- */

static int take_request(const struct nlmsghdr *message, void *data)
{
	struct daemon *daemon = data;

	hvic_handler_take(&daemon->handler, message);
	return 0;
}

static int on_driver(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct daemon *daemon = data;
	int ret = hvu_genl_events(&daemon->driver, take_request, daemon);

	(void)source;
	(void)fd;
	(void)events;
	/* The driver does not wait for ever, and goes on without us. */
	if (ret == -ENOBUFS)
		hvu_log(HVU_LOG_WARNING, "messages of the driver were lost");
	else if (ret)
		hvu_log(HVU_LOG_WARNING, "the driver: %s",
			daemon->driver.error[0] ? daemon->driver.error : strerror(-ret));
	return 0;
}

static void detach(struct daemon *daemon)
{
	daemon->driver_source = sd_event_source_disable_unref(daemon->driver_source);
	hvu_genl_close(&daemon->driver);
	sd_notify(0, "STATUS=Waiting for the module hv_ic");
}

static int attach(struct daemon *daemon)
{
	int ret = hvu_genl_open(&daemon->driver, HV_IC_FAMILY_NAME, GENL_TIMEOUT_MS);

	if (ret == -ENOENT) {
		sd_notify(0, "STATUS=Waiting for the module hv_ic");
		return 0;
	}
	if (ret) {
		hvu_log(HVU_LOG_ERROR, "cannot reach the driver: %s", strerror(-ret));
		return ret;
	}
	ret = hvu_genl_join(&daemon->driver, HV_IC_MCGRP_REQUEST);
	if (!ret)
		ret = hvu_genl_do(&daemon->driver,
				  hvu_genl_request(&daemon->driver, HV_IC_CMD_HANDLER_ATTACH),
				  NULL, NULL);
	if (!ret)
		ret = sd_event_add_io(daemon->event, &daemon->driver_source,
				      hvu_genl_fd(&daemon->driver), EPOLLIN, on_driver, daemon);
	if (ret < 0) {
		hvu_log(HVU_LOG_ERROR, "the driver does not take us as the handler: %s",
			daemon->driver.error[0] ? daemon->driver.error : strerror(-ret));
		hvu_genl_close(&daemon->driver);
		return ret;
	}
	sd_notify(0, "STATUS=Handling the host's requests");
	return 0;
}

/* --- Families that come and go. --------------------------------------------------------- */

static int take_name(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_NAME)
		*(const char **)data = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

static int take_family(const struct nlmsghdr *message, void *data)
{
	const struct genlmsghdr *header = mnl_nlmsg_get_payload(message);
	struct daemon *daemon = data;
	const char *name = "";

	mnl_attr_parse(message, sizeof(*header), take_name, &name);
	if (strcmp(name, HV_IC_FAMILY_NAME))
		return 0;
	if (header->cmd == CTRL_CMD_DELFAMILY && daemon->driver_source)
		detach(daemon);
	else if (header->cmd == CTRL_CMD_NEWFAMILY && !daemon->driver_source)
		return attach(daemon);
	return 0;
}

static int on_control(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct daemon *daemon = data;
	int ret = hvu_genl_events(&daemon->control, take_family, daemon);

	(void)source;
	(void)fd;
	(void)events;
	/* What was lost may have been about us: start over. */
	if (ret == -ENOBUFS) {
		if (daemon->driver_source)
			detach(daemon);
		ret = attach(daemon);
	}
	return ret < 0 ? sd_event_exit(daemon->event, EXIT_UNAVAILABLE) : 0;
}

/* --- Init and exit. ------------------------------------------------------------------------ */

static int setup(struct daemon *daemon)
{
	sigset_t signals;
	int ret;

	/* They come by the loop. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	ret = sd_event_default(&daemon->event);
	if (ret < 0)
		return ret;
	ret = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL);
	if (ret >= 0)
		ret = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
	if (ret >= 0)
		ret = sd_event_set_watchdog(daemon->event, true);
	/* ORDER: listen before the first look, so that nothing comes in between. */
	if (ret >= 0)
		ret = hvu_genl_open(&daemon->control, "nlctrl", GENL_TIMEOUT_MS);
	if (ret >= 0)
		ret = hvu_genl_join(&daemon->control, "notify");
	if (ret >= 0)
		ret = sd_event_add_io(daemon->event, NULL, hvu_genl_fd(&daemon->control),
				      EPOLLIN, on_control, daemon);
	return ret;
}

static int run(struct daemon *daemon)
{
	int ret = setup(daemon);

	if (ret < 0) {
		hvu_log(HVU_LOG_ERROR, "cannot start: %s", strerror(-ret));
		return 1;
	}
	if (attach(daemon))
		return EXIT_UNAVAILABLE;
	sd_notify(0, "READY=1");
	ret = sd_event_loop(daemon->event);
	sd_notify(0, "STOPPING=1");
	return ret < 0 ? 1 : ret;
}

static int usage(FILE *out)
{
	fputs("Usage: hvic-shutdownd [--help | --version]\n"
	      "Hands the host's requests to power off, reboot or hibernate to logind.\n"
	      "It stays in the foreground; see hvic-shutdownd(8).\n", out);
	return out == stdout ? 0 : 2;
}

int main(int argc, char *argv[])
{
	static struct daemon daemon = { .handler.ops = &handler_ops };
	int status;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("hvic-shutdownd " HVIC_VERSION);
		return 0;
	}
	if (argc > 1)
		return usage(stderr);

	daemon.handler.root = hvu_root_open("/");
	status = run(&daemon);
	detach(&daemon);
	hvu_genl_close(&daemon.control);
	sd_event_unref(daemon.event);
	close(daemon.handler.root);
	return status;
}
