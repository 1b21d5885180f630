// SPDX-License-Identifier: GPL-2.0
/*
 * The event loop of a daemon, and its connection to a driver that may be loaded anew.
 *
 * A daemon starts before the driver or after it, and stays when the module is reloaded: the kernel
 * tells when the driver's family of netlink comes and goes.
 */
#include "event.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include <linux/hv_ic.h>
#include <systemd/sd-daemon.h>

#include "log.h"

/* --- The loop. ------------------------------------------------------------------------- */

/**
 * hvu_event_new() - a loop that SIGTERM and SIGINT end, and that keeps the watchdog content
 * @event: gets the loop, for sd_event_unref()
 *
 * Return: 0 or a negative errno.
 */
int hvu_event_new(sd_event **event)
{
	sigset_t signals;
	int ret;

	/* They come by the loop. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	ret = sd_event_default(event);
	if (ret >= 0)
		ret = sd_event_add_signal(*event, NULL, SIGTERM, NULL, NULL);
	if (ret >= 0)
		ret = sd_event_add_signal(*event, NULL, SIGINT, NULL, NULL);
	if (ret >= 0)
		ret = sd_event_set_watchdog(*event, true);
	return ret < 0 ? ret : 0;
}

/** hvu_event_run() - tell the service manager that all is ready, and run; the exit status */
int hvu_event_run(sd_event *event)
{
	int ret;

	sd_notify(0, "READY=1");
	ret = sd_event_loop(event);
	sd_notify(0, "STOPPING=1");
	return ret < 0 ? 1 : ret;
}

/* --- The driver. ------------------------------------------------------------------------ */

static int take_message(const struct nlmsghdr *message, void *data)
{
	struct hvu_driver *driver = data;

	driver->ops->take(driver, message);
	return 0;
}

static int on_driver(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct hvu_driver *driver = data;
	int ret = hvu_genl_events(&driver->genl, take_message, driver);

	(void)source;
	(void)fd;
	(void)events;
	/* The driver does not wait for ever, and goes on without the daemon. */
	if (ret == -ENOBUFS)
		hvu_log(HVU_LOG_WARNING, "messages of the driver were lost");
	else if (ret)
		hvu_log(HVU_LOG_WARNING, "the driver: %s",
			driver->genl.error[0] ? driver->genl.error : strerror(-ret));
	return 0;
}

static void detach(struct hvu_driver *driver)
{
	driver->source = sd_event_source_disable_unref(driver->source);
	hvu_genl_close(&driver->genl);
	sd_notify(0, "STATUS=Waiting for the module hv_ic");
}

static int attach(struct hvu_driver *driver)
{
	int ret = hvu_genl_open(&driver->genl, driver->family.name,
				driver->family.control.timeout_ms);

	if (ret == -ENOENT) {
		sd_notify(0, "STATUS=Waiting for the module hv_ic");
		return 0;
	}
	if (ret) {
		hvu_log(HVU_LOG_ERROR, "cannot reach the driver: %s", strerror(-ret));
		return ret;
	}
	ret = driver->ops->attach(driver);
	if (ret >= 0)
		ret = sd_event_add_io(driver->event, &driver->source, hvu_genl_fd(&driver->genl),
				      EPOLLIN, on_driver, driver);
	if (ret < 0) {
		hvu_log(HVU_LOG_ERROR, "the driver does not take us: %s",
			driver->genl.error[0] ? driver->genl.error : strerror(-ret));
		hvu_genl_close(&driver->genl);
		return ret;
	}
	sd_notifyf(0, "STATUS=%s", driver->ops->status);
	return 0;
}

static int take_news(enum hvu_family_news news, void *data)
{
	struct hvu_driver *driver = data;

	if (news == HVU_FAMILY_WENT && driver->source)
		detach(driver);
	else if (news == HVU_FAMILY_CAME && !driver->source)
		return attach(driver);
	return 0;
}

static int on_family(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct hvu_driver *driver = data;
	int ret = hvu_family_events(&driver->family, take_news, driver);

	(void)source;
	(void)fd;
	(void)events;
	/* What was lost may have been about the driver: start over. */
	if (ret == -ENOBUFS) {
		if (driver->source)
			detach(driver);
		ret = attach(driver);
	}
	return ret < 0 ? sd_event_exit(driver->event, HVU_EXIT_UNAVAILABLE) : 0;
}

/**
 * hvu_driver_open() - attach to the driver now or as soon as it is there
 * @driver: to be filled in
 * @ops: what the daemon does with it
 * @event: loop
 * @timeout_ms: how long to wait for an answer
 *
 * If the driver refuses the daemon later, the loop ends with %HVU_EXIT_UNAVAILABLE.
 *
 * Return: 0, or a negative errno after a line in the log. Close in both cases.
 */
int hvu_driver_open(struct hvu_driver *driver, const struct hvu_driver_ops *ops, sd_event *event,
		    int timeout_ms)
{
	int ret;

	driver->ops = ops;
	driver->event = event;
	ret = hvu_family_open(&driver->family, HV_IC_FAMILY_NAME, timeout_ms);
	if (!ret)
		ret = sd_event_add_io(event, &driver->family_source,
				      hvu_genl_fd(&driver->family.control), EPOLLIN, on_family,
				      driver);
	if (ret < 0) {
		hvu_log(HVU_LOG_ERROR, "cannot watch for the driver: %s", strerror(-ret));
		return ret;
	}
	return attach(driver);
}

/** hvu_driver_close() - leave the driver, if it is there, and do not wait for it any more */
void hvu_driver_close(struct hvu_driver *driver)
{
	detach(driver);
	driver->family_source = sd_event_source_disable_unref(driver->family_source);
	hvu_family_close(&driver->family);
}
