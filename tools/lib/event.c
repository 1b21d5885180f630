// SPDX-License-Identifier: GPL-2.0
/*
 * The event loop of a daemon, and its ties to a driver that may be loaded anew.
 *
 * A daemon starts before the driver or after it, and stays when the module is reloaded: the kernel
 * tells when the driver's family of netlink comes and goes.
 */
#include "event.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/hv_ic.h>
#include <systemd/sd-daemon.h>

#include "message.h"

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

	/* Who reads what we say may go. */
	signal(SIGPIPE, SIG_IGN);
	/* They come by the loop. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
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

struct reload {
	int (*run)(void *data);
	void *data;
};

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	const struct reload *reload = data;

	(void)source;
	(void)info;
	sd_notify(0, "RELOADING=1");
	reload->run(reload->data);
	sd_notify(0, "READY=1");
	return 0;
}

/**
 * hvu_event_on_reload() - what SIGHUP is for; without this it does nothing
 * @event: loop
 * @reload: reads the configuration anew, and keeps the old one if the new one cannot be used
 * @data: for @reload
 *
 * Return: 0 or a negative errno.
 */
int hvu_event_on_reload(sd_event *event, int (*reload)(void *data), void *data)
{
	sd_event_source *source;
	struct reload *context = malloc(sizeof(*context));
	int ret;

	if (!context)
		return -ENOMEM;
	*context = (struct reload){ .run = reload, .data = data };
	ret = sd_event_add_signal(event, &source, SIGHUP, on_hangup, context);
	if (ret < 0) {
		free(context);
		return ret;
	}
	sd_event_source_set_destroy_callback(source, free);
	sd_event_source_set_floating(source, true);
	sd_event_source_unref(source);
	return 0;
}

/* --- The client of a native device. -------------------------------------------------------- */

static void show_client(const struct hvu_client *client)
{
	if (client->attached)
		sd_notifyf(0, "STATUS=%s", client->ops->status ? client->ops->status(client) :
			   "Serving the host");
	else
		sd_notifyf(0, "STATUS=Waiting for /dev/hv_ic/%s", client->name);
}

static void complain(const char *name, int error)
{
	hvu_message(HVU_MESSAGE_DEVICE_TAKEN, HVU_LOG_ERROR, "/dev/hv_ic/%s: %s", name,
		    error == -EBUSY ? "another daemon has it open" : strerror(-error));
}

/* What is short now may be there for the next start; all else would be so again. */
static int exit_status(int error)
{
	switch (-error) {
	case ENOMEM:
	case ENFILE:
	case EMFILE:
	case ENOSPC:		/* watches of inotify */
		return 1;
	default:
		return HVU_EXIT_UNAVAILABLE;
	}
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct hvu_client *client = data;
	bool was_attached = client->attached;
	int ret = hvu_client_dispatch(client);

	(void)fd;
	(void)events;
	if (ret) {
		complain(client->name, ret);
		return sd_event_exit(sd_event_source_get_event(source), exit_status(ret));
	}
	if (client->attached != was_attached)
		show_client(client);
	return 0;
}

/**
 * hvu_event_serve() - own a service, serve the host until the loop ends, and give the service up
 * @event: loop
 * @client: to be filled in
 * @ops: what the daemon does
 * @root: below which /dev is
 * @name: of the device
 * @features: as of hvu_client_open()
 *
 * Return: the exit status, after a line in the log if it is not 0; %HVU_EXIT_UNAVAILABLE if the
 * client is of no use, at first or later, and would not be if it were started again.
 */
int hvu_event_serve(sd_event *event, struct hvu_client *client, const struct hvu_client_ops *ops,
		    int root, const char *name, uint64_t features)
{
	sd_event_source *source = NULL;
	int ret = hvu_client_open(client, ops, root, name, features);

	if (ret) {
		complain(name, ret);
		return exit_status(ret);
	}
	ret = sd_event_add_io(event, &source, hvu_client_fd(client), EPOLLIN, on_client, client);
	if (ret < 0) {
		hvu_log(HVU_LOG_ERROR, "cannot start: %s", strerror(-ret));
		ret = 1;
	} else {
		show_client(client);
		ret = hvu_event_run(event);
	}
	sd_event_source_disable_unref(source);
	hvu_client_close(client);
	return ret;
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
