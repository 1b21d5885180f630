// SPDX-License-Identifier: GPL-2.0
/*
 * Units of systemd, which a process plays on a bus of its own. What it does with a
 * unit depends on the unit's name.
 */
#include "units.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus.h"
#include "clock.h"
#include "root.h"
#include "unit.h"

#define SYSTEMD ":1.0"
#define JOB "/org/freedesktop/systemd1/job/"

/* --- Systemd. ---------------------------------------------------------------------- */

static void removed(sd_bus *bus, const char *sender, const char *job, const char *result)
{
	sd_bus_message *signal;

	sd_bus_message_new_signal(bus, &signal, "/org/freedesktop/systemd1",
				  "org.freedesktop.systemd1.Manager", "JobRemoved");
	sd_bus_message_append(signal, "uoss", 7, job, "a.service", result);
	sd_bus_message_set_sender(signal, sender);
	sd_bus_send(bus, signal, NULL);
	sd_bus_message_unref(signal);
}

static void answer(sd_bus_message *call, const char *text, const char *type)
{
	sd_bus_message *reply;

	sd_bus_message_new_method_return(call, &reply);
	sd_bus_message_set_sender(reply, SYSTEMD);
	if (text)
		sd_bus_message_append(reply, type, text);
	sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
}

/* The one property that is asked for */
static void answer_state(sd_bus_message *call)
{
	bool fallen = strstr(sd_bus_message_get_path(call), "/fallen_2eservice");
	sd_bus_message *reply;

	sd_bus_message_new_method_return(call, &reply);
	sd_bus_message_set_sender(reply, SYSTEMD);
	sd_bus_message_append(reply, "v", "s", fallen ? "failed" : "active");
	sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
}

static int move_unit(sd_bus_message *call, const char *unit, const struct unit_root *root)
{
	bool starts = !strcmp(sd_bus_message_get_member(call), "StartUnit");
	sd_bus *bus = sd_bus_message_get_bus(call);
	int told = openat(root->fd, "told", O_WRONLY | O_CREAT | O_APPEND, 0600);

	dprintf(told, "%s ", unit);
	close(told);
	if (!strcmp(unit, "none.service"))
		return sd_bus_reply_method_errorf(call, "org.freedesktop.systemd1.NoSuchUnit",
						  "There is none");
	if (!strcmp(unit, "masked.service"))
		return sd_bus_reply_method_errorf(call, "org.freedesktop.systemd1.UnitMasked",
						  "Unit masked.service is masked.");
	if (!strcmp(unit, "early.service"))
		removed(bus, SYSTEMD, JOB "7", "done");
	answer(call, JOB "7", "o");
	if (!strcmp(unit, "failed.service"))
		removed(bus, SYSTEMD, JOB "7", "failed");
	if (!strcmp(unit, "good.service")) {
		removed(bus, SYSTEMD, JOB "6", "failed");
		removed(bus, SYSTEMD, JOB "7", "done");
	}
	if (!strcmp(unit, "fallen.service"))
		removed(bus, SYSTEMD, JOB "7", starts ? "done" : "failed");
	/* Any user may send this. */
	if (!strcmp(unit, "forged.service"))
		removed(bus, ":1.66", JOB "7", "done");
	return 1;
}

/* What concerns a unit takes a job, and is to have it whole; all else is answered at once. */
static int handle(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const char *unit, *mode, *member = sd_bus_message_get_member(call);

	(void)error;
	if (!strcmp(member, "Hello")) {
		answer(call, ":1.1", "s");
		return 1;
	}
	if (!strcmp(member, "Get")) {
		answer_state(call);
		return 1;
	}
	if (!strstr(member, "Unit")) {
		answer(call, NULL, NULL);
		return 1;
	}
	if (sd_bus_message_read(call, "ss", &unit, &mode) < 0 || strcmp(mode, "replace"))
		return -EINVAL;
	return move_unit(call, unit, data);
}

static void add_systemd(sd_bus *bus, void *data)
{
	sd_bus_add_filter(bus, NULL, handle, data);
}

/**
 * struct played - systemd, played
 * @root: folder that holds the socket of the bus
 * @pid: its process
 */
struct played {
	struct unit_root *root;
	pid_t pid;
};

static int setup(void **state)
{
	struct played *played = calloc(1, sizeof(*played));
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char variable[160];

	unit_root_setup((void **)&played->root);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus", played->root->path);
	snprintf(variable, sizeof(variable), "unix:path=%s", address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	played->pid = fork();
	while (!played->pid)
		unit_bus_serve(accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), add_systemd,
			       played->root);
	close(fd);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", variable, 1);
	*state = played;
	return 0;
}

static int teardown(void **state)
{
	struct played *played = *state;

	kill(played->pid, SIGKILL);
	waitpid(played->pid, NULL, 0);
	unit_root_teardown((void **)&played->root);
	free(played);
	return 0;
}

/* --- Tests. -------------------------------------------------------------------------- */

static void moved(void **state)
{
	(void)state;
	assert_int_equal(hvic_unit_stop("good.service", 60000, -1), 0);
	assert_int_equal(hvic_unit_start("good.service", 60000, -1), 0);
	assert_int_equal(hvic_unit_stop("early.service", 60000, -1), 0);
}

static void not_moved(void **state)
{
	(void)state;
	assert_int_equal(hvic_unit_stop("failed.service", 60000, -1), -EIO);
	assert_int_equal(hvic_unit_start("none.service", 60000, -1), -ENOENT);
	assert_int_equal(hvic_unit_stop("slow.service", 50, -1), -ETIMEDOUT);
}

static int reload(const char *unit)
{
	const char *const units[] = { unit, NULL };

	return hvic_units_refresh(NULL, units, 50);
}

/* It is done when it returns, or it says that it is not. */
static void refreshed(void **state)
{
	const char *const units[] = { "none.service", "good.service", NULL };

	(void)state;
	assert_int_equal(hvic_units_refresh("good.service", units, 60000), 0);
	assert_int_equal(hvic_units_refresh("none.service", units, 60000), 0);
	assert_int_equal(hvic_units_refresh("failed.service", units, 60000), -EIO);
	assert_int_equal(reload("failed.service"), -EIO);
	assert_int_equal(reload("slow.service"), -ETIMEDOUT);
	/* One that has failed is started: nothing else would try again. */
	assert_int_equal(reload("fallen.service"), 0);
}

/* Which units systemd was told of since last time, separated by blanks. */
static void expect_told(struct played *played, const char *expected)
{
	char text[256];

	hvu_read(played->root->fd, text, sizeof(text), "told");
	assert_string_equal(text, expected);
	unit_file(played->root, "told", "");
}

/* Who has masked a daemon does not want it; the others are to be told all the same. */
static void masked(void **state)
{
	const char *const units[] = {
		"masked.service", "failed.service", "good.service", NULL
	};

	assert_int_equal(reload("masked.service"), 0);
	assert_int_equal(hvic_units_refresh("masked.service", units + 2, 60000), 0);
	unit_file(((struct played *)*state)->root, "told", "");
	assert_int_equal(hvic_units_refresh(NULL, units, 60000), -EIO);
	expect_told(*state, "masked.service failed.service good.service");
	/* To start it is another matter. */
	assert_true(hvic_unit_start("masked.service", 60000, -1) < 0);
}

static void forged(void **state)
{
	(void)state;
	assert_int_equal(hvic_unit_stop("forged.service", 50, -1), -ETIMEDOUT);
}

static void woken(void **state)
{
	int wake[2];

	(void)state;
	assert_int_equal(pipe(wake), 0);
	assert_int_equal(hvic_unit_stop("good.service", 60000, wake[0]), 0);
	assert_int_equal(write(wake[1], "", 1), 1);
	assert_int_equal(hvic_unit_stop("slow.service", 60000, wake[0]), -EINTR);
	close(wake[0]);
	close(wake[1]);
}

static void no_bus(void **state)
{
	(void)state;
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/no/such/bus", 1);
	assert_true(hvic_unit_stop("good.service", 60000, -1) < 0);
}

/* A bus that takes connections and says nothing: whoever asked is told so in time. */
static void hung_bus(void **state)
{
	struct played *played = *state;
	int64_t begin = hvu_now_ms();

	kill(played->pid, SIGSTOP);
	assert_int_equal(hvic_unit_stop("good.service", 50, -1), -ETIMEDOUT);
	assert_int_equal(hvic_units_refresh(NULL, (const char *[]){ NULL }, 50), -ETIMEDOUT);
	assert_true(hvu_now_ms() - begin < 10000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(moved),
		TEST(not_moved),
		TEST(refreshed),
		TEST(masked),
		TEST(forged),
		TEST(woken),
		TEST(no_bus),
		TEST(hung_bus),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
