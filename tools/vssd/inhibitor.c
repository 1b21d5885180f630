// SPDX-License-Identifier: GPL-2.0
/*
 * Has logind delay shutdown and sleep for the time of a backup.
 *
 * Nobody waits for logind: the lock is there as soon as it has taken the call, whether its answer
 * has been read or not. While file systems are frozen the bus is left alone.
 */
#include "inhibitor.h"

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

static void connect_bus(struct hvic_inhibitor *inhibitor)
{
	if (inhibitor->bus && sd_bus_is_open(inhibitor->bus) > 0)
		return;
	inhibitor->call = sd_bus_slot_unref(inhibitor->call);
	inhibitor->bus = sd_bus_close_unref(inhibitor->bus);
	if (sd_bus_open_system(&inhibitor->bus) < 0) {
		inhibitor->bus = NULL;
		return;
	}
	/* The end of the bus is not ours. */
	sd_bus_set_exit_on_disconnect(inhibitor->bus, false);
	sd_bus_attach_event(inhibitor->bus, inhibitor->event, SD_EVENT_PRIORITY_NORMAL);
}

/** hvic_inhibitor_open() - connect to the bus, if there is one */
void hvic_inhibitor_open(struct hvic_inhibitor *inhibitor, sd_event *event)
{
	*inhibitor = (struct hvic_inhibitor){ .event = event, .lock = -1 };
	connect_bus(inhibitor);
}

/** hvic_inhibitor_close() - release what is locked, and leave the bus */
void hvic_inhibitor_close(struct hvic_inhibitor *inhibitor)
{
	hvic_inhibitor_release(inhibitor);
	inhibitor->bus = sd_bus_close_unref(inhibitor->bus);
}

static int on_lock(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct hvic_inhibitor *inhibitor = data;
	int fd;

	(void)error;
	inhibitor->call = sd_bus_slot_unref(inhibitor->call);
	/* The descriptor in the message is the message's. */
	if (!sd_bus_message_is_method_error(reply, NULL) &&
	    sd_bus_message_read(reply, "h", &fd) >= 0)
		inhibitor->lock = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return 0;
}

/** hvic_inhibitor_take() - ask for the lock */
void hvic_inhibitor_take(struct hvic_inhibitor *inhibitor)
{
	connect_bus(inhibitor);
	if (!inhibitor->bus || inhibitor->call || inhibitor->lock >= 0)
		return;
	sd_bus_call_method_async(inhibitor->bus, &inhibitor->call, "org.freedesktop.login1",
				 "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
				 "Inhibit", on_lock, inhibitor, "ssss", "shutdown:sleep",
				 "hvic-vssd", "The host makes a backup", "delay");
}

/** hvic_inhibitor_release() - give the lock back; an answer that comes later is dropped with it */
void hvic_inhibitor_release(struct hvic_inhibitor *inhibitor)
{
	inhibitor->call = sd_bus_slot_unref(inhibitor->call);
	if (inhibitor->lock >= 0)
		close(inhibitor->lock);
	inhibitor->lock = -1;
}

/** hvic_inhibitor_pause() - leave the bus alone */
void hvic_inhibitor_pause(struct hvic_inhibitor *inhibitor)
{
	if (inhibitor->bus && sd_bus_get_event(inhibitor->bus))
		sd_bus_detach_event(inhibitor->bus);
}

/** hvic_inhibitor_resume() - go on with it */
void hvic_inhibitor_resume(struct hvic_inhibitor *inhibitor)
{
	if (inhibitor->bus && !sd_bus_get_event(inhibitor->bus))
		sd_bus_attach_event(inhibitor->bus, inhibitor->event, SD_EVENT_PRIORITY_NORMAL);
}
