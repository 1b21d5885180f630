// SPDX-License-Identifier: GPL-2.0
/*
 * The handler against a logind of our own, at the other end of a socket: what it
 * answers the driver, what it asks of logind, and what users get to read.
 */
#include "handler.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus.h"
#include "logind.h"
#include "root.h"
#include "unit.h"

/* --- logind. ----------------------------------------------------------------------- */

/**
 * struct play - the world around the handler
 * @handler: the handler; the first member
 * @unreachable: there is no bus
 * @locks: "what|who|why|mode" for each lock, ended by NULL
 * @can_hibernate: logind's word
 * @flags_known: logind has the methods with flags, and all flags
 * @refuses: logind does nothing
 * @ttys: of the sessions, ended by NULL
 * @slow_us: how long logind thinks about each but the first
 * @told: how many it has been asked for
 * @done: methods that act, in order, separated by spaces
 * @wall: reason for the log of logind
 * @decision: what the driver was answered; -1 for nothing
 * @id: to which request
 * @bus: the connection to logind that is open
 */
struct play {
	struct hvic_handler handler;
	bool unreachable;
	const char *locks[4];
	const char *can_hibernate;
	bool flags_known;
	bool refuses;
	const char *ttys[4];
	unsigned int slow_us;
	int told;
	char done[256];
	char wall[256];
	int decision;
	uint64_t id;
	struct unit_bus bus;
};

static int list_inhibitors(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct play *play = data;
	sd_bus_message *reply;

	(void)error;
	assert_true(sd_bus_message_new_method_return(call, &reply) >= 0);
	sd_bus_message_open_container(reply, 'a', "(ssssuu)");
	for (const char **lock = play->locks; *lock; lock++) {
		char text[128], *parts[4], *at = text;

		snprintf(text, sizeof(text), "%s", *lock);
		for (size_t i = 0; i < 4; i++)
			parts[i] = strsep(&at, "|");
		sd_bus_message_append(reply, "(ssssuu)", parts[0], parts[1], parts[2], parts[3],
				      1000, 1);
	}
	sd_bus_message_close_container(reply);
	sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return 1;
}

static int can(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct play *play = data;

	(void)error;
	return sd_bus_reply_method_return(call, "s", play->can_hibernate);
}

static int act(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const char *member = sd_bus_message_get_member(call);
	struct play *play = data;
	size_t len = strlen(play->done);

	if (strstr(member, "WithFlags") && !play->flags_known)
		return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "unknown flags");
	if (play->refuses)
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "no");
	snprintf(play->done + len, sizeof(play->done) - len, "%s ", member);
	return sd_bus_reply_method_return(call, NULL);
}

static int set_wall(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct play *play = data;
	const char *text;

	(void)error;
	assert_true(sd_bus_message_read(call, "sb", &text, NULL) >= 0);
	snprintf(play->wall, sizeof(play->wall), "%s", text);
	return sd_bus_reply_method_return(call, NULL);
}

static int list_sessions(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct play *play = data;
	sd_bus_message *reply;

	(void)error;
	assert_true(sd_bus_message_new_method_return(call, &reply) >= 0);
	sd_bus_message_open_container(reply, 'a', "(susso)");
	for (size_t i = 0; play->ttys[i]; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/org/freedesktop/login1/session/_%zu", i);
		sd_bus_message_append(reply, "(susso)", "1", 1000, "user", "seat0", path);
	}
	sd_bus_message_close_container(reply);
	sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return 1;
}

static int get_tty(sd_bus *bus, const char *path, const char *interface, const char *property,
		   sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct play *play = data;

	(void)bus;
	(void)interface;
	(void)property;
	(void)error;
	if (play->told++)
		usleep(play->slow_us);
	return sd_bus_message_append(reply, "s", play->ttys[atoi(strrchr(path, '_') + 1)]);
}

#define METHOD(name, in, out, function) \
	SD_BUS_METHOD(name, in, out, function, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable manager[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("ListInhibitors", NULL, "a(ssssuu)", list_inhibitors),
	METHOD("CanHibernate", NULL, "s", can),
	METHOD("PowerOff", "b", NULL, act),
	METHOD("Reboot", "b", NULL, act),
	METHOD("Hibernate", "b", NULL, act),
	METHOD("PowerOffWithFlags", "t", NULL, act),
	METHOD("RebootWithFlags", "t", NULL, act),
	METHOD("HibernateWithFlags", "t", NULL, act),
	METHOD("SetWallMessage", "sb", NULL, set_wall),
	METHOD("ListSessions", NULL, "a(susso)", list_sessions),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable session[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("TTY", "s", get_tty, 0, 0),
	SD_BUS_VTABLE_END
};

static const struct unit_object objects[] = {
	{ "/org/freedesktop/login1", "org.freedesktop.login1.Manager", manager, false },
	{ "/org/freedesktop/login1/session", "org.freedesktop.login1.Session", session, true },
	{ }
};

static int open_bus(struct hvic_handler *handler, sd_bus **bus)
{
	struct play *play = (struct play *)handler;

	if (play->unreachable)
		return -ECONNREFUSED;
	unit_bus_open(&play->bus, bus);
	sd_bus_set_method_call_timeout(*bus, play->slow_us ? play->slow_us / 3 * 2 : 60000000);
	return 0;
}

static void reply(struct hvic_handler *handler, uint64_t id, enum hv_ic_decision decision)
{
	struct play *play = (struct play *)handler;

	assert_int_equal(play->decision, -1);		/* one answer */
	play->decision = decision;
	play->id = id;
}

/* --- The driver. ------------------------------------------------------------------------ */

static const struct hvic_handler_ops ops = { .open_bus = open_bus, .reply = reply };

static void begin(struct play *play)
{
	memset(play, 0, sizeof(*play));
	play->bus = (struct unit_bus){ .objects = objects, .data = play };
	play->handler.ops = &ops;
	play->handler.root = hvu_root_open("/");
	play->can_hibernate = "yes";
	play->flags_known = true;
	play->decision = -1;
}

struct order {
	enum hv_ic_action action;
	enum hv_ic_phase phase;
	bool force;
	uint32_t remaining;
	const char *text;
};

static void tell(struct play *play, uint8_t command, struct order order)
{
	char buf[1024];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->cmd = command;
	mnl_attr_put_u64(message, HV_IC_A_REQUEST_ID, 42);
	mnl_attr_put_u32(message, HV_IC_A_REQUEST_ACTION, order.action);
	mnl_attr_put_u32(message, HV_IC_A_REQUEST_PHASE, order.phase);
	if (order.force)
		mnl_attr_put(message, HV_IC_A_REQUEST_FORCE, 0, NULL);
	if (order.remaining)
		mnl_attr_put_u32(message, HV_IC_A_REQUEST_REMAINING, order.remaining);
	mnl_attr_put_strz(message, HV_IC_A_REQUEST_TEXT, order.text ? order.text : "");
	play->decision = -1;
	hvic_handler_take(&play->handler, message);
	/* The bus is closed: logind comes to its end. */
	if (!play->unreachable)
		unit_bus_join(&play->bus);
}

static void ask(struct play *play, struct order order, enum hv_ic_decision decision)
{
	tell(play, HV_IC_CMD_HANDLER_ASK_NTF, order);
	assert_int_equal(play->decision, decision);
	assert_int_equal(play->id, 42);
	assert_string_equal(play->done, "");
}

static void end(struct play *play)
{
	close(play->handler.root);
}

/* --- Tests. ------------------------------------------------------------------------------- */

static const struct order power_off = { .action = HV_IC_ACTION_POWEROFF };
static const struct order reboot = { .action = HV_IC_ACTION_REBOOT };
static const struct order hibernate = { .action = HV_IC_ACTION_HIBERNATE };

static void nobody_minds(void **state)
{
	struct play play;

	(void)state;
	begin(&play);
	ask(&play, power_off, HV_IC_DECISION_ACCEPTED);
	ask(&play, reboot, HV_IC_DECISION_ACCEPTED);
	ask(&play, hibernate, HV_IC_DECISION_ACCEPTED);
	end(&play);
}

static void locks(void **state)
{
	struct order forced = power_off;
	struct play play;

	(void)state;
	begin(&play);
	play.locks[0] = "handle-lid-switch|gdm|laptop|block";
	play.locks[1] = "idle:shutdown:handle-power-key|apt|upgrade\033[2J|block";
	ask(&play, power_off, HV_IC_DECISION_LOCKED);
	ask(&play, reboot, HV_IC_DECISION_LOCKED);
	ask(&play, hibernate, HV_IC_DECISION_ACCEPTED);
	forced.force = true;
	ask(&play, forced, HV_IC_DECISION_ACCEPTED);
	play.locks[1] = "sleep|backup|running|block";
	ask(&play, power_off, HV_IC_DECISION_ACCEPTED);
	ask(&play, hibernate, HV_IC_DECISION_LOCKED);
	end(&play);
}

/* What only delays is no reason to refuse, nor is a lock whose name begins alike. */
static void other_locks(void **state)
{
	struct play play;

	(void)state;
	begin(&play);
	play.locks[0] = "shutdown:sleep|NetworkManager|turns off networks|delay";
	play.locks[1] = "shutdown-later:unshutdown|x|y|block";
	ask(&play, power_off, HV_IC_DECISION_ACCEPTED);
	ask(&play, hibernate, HV_IC_DECISION_ACCEPTED);
	end(&play);
}

static void cannot_hibernate(void **state)
{
	struct play play;

	(void)state;
	begin(&play);
	play.can_hibernate = "na";
	ask(&play, hibernate, HV_IC_DECISION_UNSUPPORTED);
	play.can_hibernate = "no";
	ask(&play, hibernate, HV_IC_DECISION_UNSUPPORTED);
	ask(&play, power_off, HV_IC_DECISION_ACCEPTED);
	end(&play);
}

static void unreachable(void **state)
{
	struct play play;

	(void)state;
	begin(&play);
	play.unreachable = true;
	ask(&play, power_off, HV_IC_DECISION_ACCEPTED);
	ask(&play, hibernate, HV_IC_DECISION_ACCEPTED);
	tell(&play, HV_IC_CMD_HANDLER_ACT_NTF, power_off);
	assert_int_equal(play.decision, HV_IC_DECISION_FAILED);
	end(&play);
}

static void acts(void **state)
{
	struct order order = power_off;
	struct play play;

	(void)state;
	begin(&play);
	order.text = "Wartung\n\033[2J";
	tell(&play, HV_IC_CMD_HANDLER_ACT_NTF, order);
	assert_int_equal(play.decision, HV_IC_DECISION_DONE);
	assert_string_equal(play.wall, "Wartung\\x0a\\x1b[2J");
	tell(&play, HV_IC_CMD_HANDLER_ACT_NTF, reboot);
	tell(&play, HV_IC_CMD_HANDLER_ACT_NTF, hibernate);
	assert_string_equal(play.done, "PowerOffWithFlags RebootWithFlags HibernateWithFlags ");
	end(&play);
}

static void acts_with_older_logind(void **state)
{
	struct play play;

	(void)state;
	begin(&play);
	play.flags_known = false;
	play.locks[0] = "shutdown|apt|upgrade|block";	/* taken after the yes */
	tell(&play, HV_IC_CMD_HANDLER_ACT_NTF, power_off);
	assert_int_equal(play.decision, HV_IC_DECISION_DONE);
	assert_string_equal(play.done, "PowerOff ");
	end(&play);
}

static void logind_refuses(void **state)
{
	struct play play;

	(void)state;
	begin(&play);
	play.refuses = true;
	tell(&play, HV_IC_CMD_HANDLER_ACT_NTF, power_off);
	assert_int_equal(play.decision, HV_IC_DECISION_FAILED);
	end(&play);
}

/* A terminal of our own, and its name. */
static int open_tty(char name[static 64])
{
	int tty = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (tty < 0 || grantpt(tty) || unlockpt(tty) || ptsname_r(tty, name, 64))
		skip();
	return tty;
}

/* Reads what came to a terminal. */
static void read_tty(int fd, char *text, size_t size)
{
	ssize_t len = read(fd, text, size - 1);

	assert_true(len > 0);
	text[len] = '\0';
}

static void wall(void **state)
{
	struct order order = reboot;
	char name[64], text[512];
	int tty = open_tty(name);
	struct play play;

	(void)state;
	begin(&play);
	play.ttys[0] = "";			/* a session without a terminal */
	play.ttys[1] = "no/such/terminal";
	play.ttys[2] = name + strlen("/dev/");
	order.phase = HV_IC_PHASE_GRANTED;
	order.remaining = 60000;
	order.text = "Wartung: T\xc3\xbcr 3\r\n\033[2Jbis 17 Uhr";
	tell(&play, HV_IC_CMD_SHUTDOWN_NTF, order);
	read_tty(tty, text, sizeof(text));
	assert_non_null(strstr(text, "The system reboots in 1 min 0 s, the virtual"));
	assert_non_null(strstr(text, "Wartung: T\xc3\xbcr 3\r"));
	assert_non_null(strstr(text, "\\x1b[2Jbis 17 Uhr"));
	assert_null(strchr(text, '\033'));

	order.phase = HV_IC_PHASE_CANCELLED;
	tell(&play, HV_IC_CMD_SHUTDOWN_NTF, order);
	read_tty(tty, text, sizeof(text));
	assert_non_null(strstr(text, "has been cancelled"));
	assert_int_equal(play.decision, -1);
	assert_string_equal(play.done, "");

	/* Nothing to tell: the bus is not even opened. */
	play.unreachable = true;
	order.phase = HV_IC_PHASE_ASKING;
	tell(&play, HV_IC_CMD_SHUTDOWN_NTF, order);
	assert_int_equal(read(tty, text, sizeof(text)), -1);
	close(tty);
	end(&play);
}

/* logind is too slow: the driver is not kept waiting for each of its sessions. */
static void slow(void **state)
{
	struct order order = reboot;
	char name[64], text[512];
	int tty = open_tty(name);
	struct play play;

	(void)state;
	begin(&play);
	play.ttys[0] = name + strlen("/dev/");
	play.ttys[1] = "tty1";
	play.ttys[2] = "tty2";
	play.slow_us = 3000000;
	order.phase = HV_IC_PHASE_CANCELLED;
	tell(&play, HV_IC_CMD_SHUTDOWN_NTF, order);
	assert_int_equal(play.told, 2);
	read_tty(tty, text, sizeof(text));
	assert_non_null(strstr(text, "has been cancelled"));
	close(tty);
	end(&play);
}

/* Of a newer driver, or about something else. */
static void unknown(void **state)
{
	struct order order = { .action = 77 };
	struct play play;

	(void)state;
	begin(&play);
	play.unreachable = true;
	tell(&play, HV_IC_CMD_HANDLER_ASK_NTF, order);
	assert_int_equal(play.decision, -1);
	tell(&play, HV_IC_CMD_TIME_STEP_NTF, power_off);
	tell(&play, 250, power_off);
	assert_int_equal(play.decision, -1);
	end(&play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_minds),
		cmocka_unit_test(locks),
		cmocka_unit_test(other_locks),
		cmocka_unit_test(cannot_hibernate),
		cmocka_unit_test(unreachable),
		cmocka_unit_test(acts),
		cmocka_unit_test(acts_with_older_logind),
		cmocka_unit_test(logind_refuses),
		cmocka_unit_test(wall),
		cmocka_unit_test(slow),
		cmocka_unit_test(unknown),
	};

	return cmocka_run_group_tests_name("handler", tests, NULL, NULL);
}
