// SPDX-License-Identifier: GPL-2.0
/* Units of the system's systemd, by its own interface on the system bus. */
#include "units.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-login.h>

#include "clock.h"
#include "sysbus.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"
#define MANAGER SYSTEMD ".Manager"

static int open_bus(sd_bus **bus, int timeout_ms)
{
	return hvu_bus_open(bus, timeout_ms * 1000ull);
}

/**
 * hvic_unit_of() - the system's unit that a process belongs to
 * @pid: of the process
 * @unit: gets its name
 * @size: of @unit
 * @main: gets the process that the unit stands and falls with; 0 if it has none, as
 *	a session of a user has not
 * @timeout_ms: how long systemd may take to answer
 *
 * Return: 0; %-ENODATA if the process belongs to none, or another negative errno.
 */
int hvic_unit_of(pid_t pid, char *unit, size_t size, pid_t *main, int timeout_ms)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *name = NULL, *path = NULL;
	uint32_t value = 0;
	sd_bus *bus;
	int ret;

	ret = sd_pid_get_unit(pid, &name);
	if (ret < 0)
		return ret;
	if (strlen(name) >= size) {
		ret = -ENAMETOOLONG;
		goto out_free_name;
	}
	strcpy(unit, name);
	*main = 0;
	ret = sd_bus_path_encode(OBJECT "/unit", name, &path);
	if (ret < 0)
		goto out_free_name;
	ret = open_bus(&bus, timeout_ms);
	if (ret < 0)
		goto out_free_path;
	/* Units other than services have no such property. */
	ret = sd_bus_get_property_trivial(bus, SYSTEMD, path, SYSTEMD ".Service", "MainPID",
					  &error, 'u', &value);
	if (sd_bus_error_has_name(&error, SD_BUS_ERROR_UNKNOWN_INTERFACE) ||
	    sd_bus_error_has_name(&error, SD_BUS_ERROR_UNKNOWN_PROPERTY))
		ret = 0;
	*main = value;
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
out_free_path:
	free(path);
out_free_name:
	free(name);
	return ret < 0 ? ret : 0;
}

/* --- Jobs. ---------------------------------------------------------------- */

/**
 * struct job - something that systemd was told to do
 * @path: its object; "" before systemd has named it
 * @sender: the connection that systemd has on the bus: any user may send signals
 * @result: how it ended; "" while it is under way
 */
struct job {
	char path[128];
	char sender[64];
	char result[32];
};

static int job_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *path, *unit, *result, *sender = sd_bus_message_get_sender(message);
	struct job *job = data;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) >= 0 &&
	    sender && !strcmp(sender, job->sender) && !strcmp(path, job->path))
		snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

static int order(sd_bus *bus, struct job *job, const char *method, const char *unit)
{
	sd_bus_message *reply = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *path, *sender;
	int ret;

	ret = sd_bus_match_signal(bus, NULL, SYSTEMD, OBJECT, MANAGER, "JobRemoved",
				  job_removed, job);
	if (ret < 0)
		return ret;
	ret = sd_bus_call_method(bus, SYSTEMD, OBJECT, MANAGER, "Subscribe", NULL, NULL, NULL);
	if (ret < 0)
		return ret;
	ret = sd_bus_call_method(bus, SYSTEMD, OBJECT, MANAGER, method, &error, &reply, "ss",
				 unit, "replace");
	if (sd_bus_error_has_name(&error, SYSTEMD ".NoSuchUnit"))
		ret = -ENOENT;
	else if (sd_bus_error_has_name(&error, SYSTEMD ".UnitMasked"))
		ret = -ERFKILL;
	if (ret >= 0)
		ret = sd_bus_message_read(reply, "o", &path);
	if (ret >= 0) {
		sender = sd_bus_message_get_sender(reply);
		snprintf(job->path, sizeof(job->path), "%s", path);
		snprintf(job->sender, sizeof(job->sender), "%s", sender ? sender : "");
	}
	sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	return ret < 0 ? ret : 0;
}

static int wait_for_job(sd_bus *bus, const struct job *job, int64_t end, int wake)
{
	while (!job->result[0]) {
		struct pollfd wait[] = {
			{ .fd = sd_bus_get_fd(bus), .events = POLLIN },
			{ .fd = wake, .events = POLLIN },
		};
		int64_t left = end - hvu_now_ms();
		int ret = sd_bus_process(bus, NULL);

		if (ret < 0)
			return ret;
		if (ret)
			continue;
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(wait, 2, left) < 0)
			return -errno;
		if (wait[1].revents)
			return -EINTR;
	}
	return strcmp(job->result, "done") ? -EIO : 0;
}

static int run_job(const char *method, const char *unit, int timeout_ms, int wake)
{
	int64_t end = hvu_now_ms() + timeout_ms;
	struct job job = { 0 };
	sd_bus *bus;
	int ret;

	ret = open_bus(&bus, timeout_ms);
	if (ret < 0)
		return ret;
	ret = order(bus, &job, method, unit);
	if (!ret)
		ret = wait_for_job(bus, &job, end, wake);
	sd_bus_flush_close_unref(bus);
	return ret;
}

/**
 * hvic_unit_stop() - stop a unit, and wait until that is done
 * @unit: name
 * @timeout_ms: how long to wait, for that and for each answer of systemd
 * @wake: file descriptor that ends the wait when it is readable; -1 for none
 *
 * Systemd goes on stopping it also if the wait has ended early.
 *
 * Return: 0, %-ETIMEDOUT, %-EINTR if @wake is readable, %-EIO if it could not be
 * stopped, or another negative errno.
 */
int hvic_unit_stop(const char *unit, int timeout_ms, int wake)
{
	return run_job("StopUnit", unit, timeout_ms, wake);
}

/** hvic_unit_start() - the same for starting it; what stops is started after that */
int hvic_unit_start(const char *unit, int timeout_ms, int wake)
{
	return run_job("StartUnit", unit, timeout_ms, wake);
}

/* Has it ended in failure, as it does with a configuration that it cannot use? */
static bool has_failed(const char *unit, int timeout_ms)
{
	char *path = NULL, *state = NULL;
	bool failed = false;
	sd_bus *bus;

	if (sd_bus_path_encode(OBJECT "/unit", unit, &path) < 0)
		return false;
	if (!open_bus(&bus, timeout_ms)) {
		failed = sd_bus_get_property_string(bus, SYSTEMD, path, SYSTEMD ".Unit",
						    "ActiveState", NULL, &state) >= 0 &&
			 !strcmp(state, "failed");
		sd_bus_flush_close_unref(bus);
	}
	free(state);
	free(path);
	return failed;
}

/* A unit that is not there, masked, or not wanted, is left alone. */
static int refresh(const char *method, const char *unit, int timeout_ms)
{
	int ret = run_job(has_failed(unit, timeout_ms) ? "StartUnit" : method, unit, timeout_ms,
			  -1);

	return ret == -ENOENT || ret == -ERFKILL ? 0 : ret;
}

static int read_files(int timeout_ms)
{
	sd_bus *bus;
	int ret = open_bus(&bus, timeout_ms);

	if (ret < 0)
		return ret;
	ret = sd_bus_call_method(bus, SYSTEMD, OBJECT, MANAGER, "Reload", NULL, NULL, NULL);
	sd_bus_flush_close_unref(bus);
	return ret < 0 ? ret : 0;
}

/**
 * hvic_units_refresh() - let systemd read its files again, and daemons that run or failed theirs
 * @restart: unit whose own file has changed; NULL for none
 * @reload: other units, ended by NULL
 * @timeout_ms: how long to wait until each is done
 *
 * A unit that could not be refreshed does not keep the news from the others.
 *
 * Return: 0, or a negative errno as of hvic_unit_stop(), of the first one that failed.
 */
int hvic_units_refresh(const char *restart, const char *const *reload, int timeout_ms)
{
	int ret = read_files(timeout_ms), error;

	if (ret)
		return ret;
	if (restart)
		ret = refresh("TryRestartUnit", restart, timeout_ms);
	for (; *reload; reload++) {
		error = refresh("ReloadOrTryRestartUnit", *reload, timeout_ms);
		ret = ret ? ret : error;
	}
	return ret;
}
