// SPDX-License-Identifier: GPL-2.0
/* What we want of systemd-logind, by D-Bus. */
#include "logind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESTINATION	"org.freedesktop.login1"
#define PATH		"/org/freedesktop/login1"
#define MANAGER		"org.freedesktop.login1.Manager"
#define SESSION		"org.freedesktop.login1.Session"

/* logind's flag for "whoever inhibits it was asked already"; since version 257. */
#define SKIP_INHIBITORS (UINT64_C(1) << 4)

static const struct {
	const char *method;
	const char *can;
	const char *what;	/* that a lock is about */
} actions[] = {
	[HV_IC_ACTION_POWEROFF]		= { "PowerOff", "CanPowerOff", "shutdown" },
	[HV_IC_ACTION_REBOOT]		= { "Reboot", "CanReboot", "shutdown" },
	[HV_IC_ACTION_HIBERNATE]	= { "Hibernate", "CanHibernate", "sleep" },
};

/* Is @word among @list, whose words are separated by colons? */
static int has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n = strcspn(list, ":");

		if (n == len && !memcmp(list, word, len))
			return 1;
		list += n + (list[n] == ':');
	}
	return 0;
}

/**
 * hvic_logind_inhibited() - does a program hold a lock against it?
 * @bus: connection
 * @action: what is to be done
 * @who: gets who does, and why, if so
 * @size: of @who
 *
 * Locks that only delay are logind's business.
 *
 * Return: 1 or 0, or a negative errno.
 */
int hvic_logind_inhibited(sd_bus *bus, enum hv_ic_action action, char *who, size_t size)
{
	const char *lock_what, *lock_who, *why, *mode;
	sd_bus_message *reply = NULL;
	int ret;

	ret = sd_bus_call_method(bus, DESTINATION, PATH, MANAGER, "ListInhibitors", NULL, &reply,
				 NULL);
	if (ret < 0)
		return ret;
	ret = sd_bus_message_enter_container(reply, 'a', "(ssssuu)");
	while (ret >= 0) {
		ret = sd_bus_message_read(reply, "(ssssuu)", &lock_what, &lock_who, &why, &mode,
					  NULL, NULL);
		if (ret <= 0)
			break;
		if (strcmp(mode, "block") || !has_word(lock_what, actions[action].what))
			continue;
		snprintf(who, size, "%s: %s", lock_who, why);
		ret = 1;
		break;
	}
	sd_bus_message_unref(reply);
	return ret;
}

/** hvic_logind_can() - is there a way to do it? 1 or 0, or a negative errno */
int hvic_logind_can(sd_bus *bus, enum hv_ic_action action)
{
	sd_bus_message *reply = NULL;
	const char *answer;
	int ret;

	ret = sd_bus_call_method(bus, DESTINATION, PATH, MANAGER, actions[action].can, NULL,
				 &reply, NULL);
	if (ret >= 0)
		ret = sd_bus_message_read(reply, "s", &answer);
	/* "na" or "no"; else "yes" or, not for root, "challenge". */
	if (ret >= 0)
		ret = answer[0] != 'n';
	sd_bus_message_unref(reply);
	return ret;
}

static int act_with_flags(sd_bus *bus, const char *method, uint64_t flags)
{
	char name[64];

	snprintf(name, sizeof(name), "%sWithFlags", method);
	return sd_bus_call_method(bus, DESTINATION, PATH, MANAGER, name, NULL, NULL, "t", flags);
}

/**
 * hvic_logind_act() - power off, reboot or hibernate, whatever locks there are
 * @bus: connection
 * @action: what to do
 * @text: reason for the log of logind
 *
 * Return: 0 if it has begun, or a negative errno.
 */
int hvic_logind_act(sd_bus *bus, enum hv_ic_action action, const char *text)
{
	const char *method = actions[action].method;
	int ret;

	/* It is for the log, and nobody waits for an answer. */
	sd_bus_call_method_async(bus, NULL, DESTINATION, PATH, MANAGER, "SetWallMessage", NULL,
				 NULL, "sb", text, 0);
	ret = act_with_flags(bus, method, SKIP_INHIBITORS);
	/* An older one does not know the flag, or flags; root skips locks there anyway. */
	if (ret < 0)
		ret = sd_bus_call_method(bus, DESTINATION, PATH, MANAGER, method, NULL, NULL, "b",
					 0);
	return ret < 0 ? ret : 0;
}

static int add_tty(sd_bus *bus, const char *session, char ***ttys, size_t *n)
{
	char *tty, **more;
	int ret = sd_bus_get_property_string(bus, DESTINATION, session, SESSION, "TTY", NULL,
					     &tty);

	/* The session may be over, or have none. */
	if (ret < 0)
		return ret == -ETIMEDOUT ? ret : 0;
	if (!*tty) {
		free(tty);
		return 0;
	}
	more = reallocarray(*ttys, *n + 2, sizeof(**ttys));
	if (!more) {
		free(tty);
		return -ENOMEM;
	}
	*ttys = more;
	more[(*n)++] = tty;
	more[*n] = NULL;
	return 0;
}

/**
 * hvic_logind_ttys() - the terminals of those who are logged in
 * @bus: connection
 * @ttys: gets an array of names below /dev, ended by NULL; all to be freed
 *
 * Return: 0; or a negative errno, with what is known: if logind is too slow to tell of one, the
 * rest is not asked for, since a request of the host may follow any moment.
 */
int hvic_logind_ttys(sd_bus *bus, char ***ttys)
{
	sd_bus_message *reply = NULL;
	const char *session;
	size_t n = 0;
	int ret;

	*ttys = calloc(1, sizeof(**ttys));
	if (!*ttys)
		return -ENOMEM;
	ret = sd_bus_call_method(bus, DESTINATION, PATH, MANAGER, "ListSessions", NULL, &reply,
				 NULL);
	if (ret >= 0)
		ret = sd_bus_message_enter_container(reply, 'a', "(susso)");
	while (ret >= 0) {
		ret = sd_bus_message_read(reply, "(susso)", NULL, NULL, NULL, NULL, &session);
		if (ret <= 0)
			break;
		ret = add_tty(bus, session, ttys, &n);
	}
	sd_bus_message_unref(reply);
	return ret < 0 ? ret : 0;
}
