// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of a request of the host to stop the guest.
 *
 *  ask    may it be done? Not if a program holds a lock against it, unless the host
 *         forces it.
 *  act    the host has its answer, and the grace period is over: do it, whatever
 *         locks have been taken since. A yes is a yes.
 *
 * Whatever goes wrong here, the driver is told that it must do it alone: a guest
 * whose logind is ill can be shut down all the same. The bus is opened anew for
 * each request, so it may come, go and be restarted in between.
 */
#include "handler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "logind.h"
#include "request.h"
#include "schema.h"
#include "printable.h"
#include "text.h"
#include "wall.h"

/* --- Ask. ------------------------------------------------------------------------ */

static enum hv_ic_decision judge(sd_bus *bus, const struct hvu_request *request)
{
	const char *name = hvu_action_words[request->action];
	char who[256];
	char *printable;
	int ret;

	if (request->action == HV_IC_ACTION_HIBERNATE && !hvic_logind_can(bus, request->action)) {
		hvu_message(HVU_MESSAGE_STOP_REFUSED, HVU_LOG_NOTICE,
			    "%s refused: logind says that this system cannot", name);
		return HV_IC_DECISION_UNSUPPORTED;
	}
	if (request->force)
		return HV_IC_DECISION_ACCEPTED;
	ret = hvic_logind_inhibited(bus, request->action, who, sizeof(who));
	if (ret < 0)
		hvu_log(HVU_LOG_WARNING, "logind does not tell about locks: %s", strerror(-ret));
	if (ret <= 0)
		return HV_IC_DECISION_ACCEPTED;
	printable = hvu_printable(who, true);
	hvu_message(HVU_MESSAGE_STOP_REFUSED, HVU_LOG_NOTICE,
		    "%s refused, it is inhibited by %s", name, printable ? printable : "somebody");
	free(printable);
	return HV_IC_DECISION_LOCKED;
}

static void ask(struct hvic_handler *handler, const struct hvu_request *request)
{
	enum hv_ic_decision decision = HV_IC_DECISION_ACCEPTED;
	sd_bus *bus = NULL;
	int ret = handler->ops->open_bus(handler, &bus);

	if (ret < 0)
		hvu_log(HVU_LOG_WARNING, "logind is out of reach: %s", strerror(-ret));
	else
		decision = judge(bus, request);
	sd_bus_flush_close_unref(bus);
	handler->ops->reply(handler, request->id, decision);
}

/* --- Act. ------------------------------------------------------------------------- */

static void act(struct hvic_handler *handler, const struct hvu_request *request)
{
	const char *name = hvu_action_words[request->action];
	char *text = hvu_printable(request->text, true);
	sd_bus *bus = NULL;
	int ret = handler->ops->open_bus(handler, &bus);

	if (ret >= 0)
		ret = hvic_logind_act(bus, request->action, text ? text : "");
	if (ret < 0)
		hvu_message(HVU_MESSAGE_STOP_NOT_HANDED_OVER, HVU_LOG_WARNING,
			    "%s: logind does not do it (%s), the kernel has to", name,
			    strerror(-ret));
	else
		hvu_log(HVU_LOG_NOTICE, "%s handed to logind", name);
	sd_bus_flush_close_unref(bus);
	free(text);
	handler->ops->reply(handler, request->id,
			    ret < 0 ? HV_IC_DECISION_FAILED : HV_IC_DECISION_DONE);
}

/* --- Tell. ------------------------------------------------------------------------- */

static void announce(struct hvic_handler *handler, const struct hvu_request *request,
		     const char *headline)
{
	char **ttys = NULL;
	sd_bus *bus = NULL;

	/* Some know better than none. */
	if (handler->ops->open_bus(handler, &bus) >= 0)
		hvic_logind_ttys(bus, &ttys);
	if (ttys)
		hvic_wall(handler->root, ttys, headline, request->text);
	for (char **tty = ttys; tty && *tty; tty++)
		free(*tty);
	free(ttys);
	sd_bus_flush_close_unref(bus);
}

/* The users hear of what will happen, and of what will not. */
static void tell(struct hvic_handler *handler, const struct hvu_request *request)
{
	static const char *const verbs[] = {
		[HV_IC_ACTION_POWEROFF]		= "powers off",
		[HV_IC_ACTION_REBOOT]		= "reboots",
		[HV_IC_ACTION_HIBERNATE]	= "hibernates",
	};
	char headline[128], span[HVU_SPAN_SIZE];

	if (request->phase == HV_IC_PHASE_GRANTED && request->remaining_ms)
		snprintf(headline, sizeof(headline),
			 "The system %s in %s, the virtual machine's host asks for it.",
			 verbs[request->action],
			 hvu_span(span, request->remaining_ms * 1000000ULL));
	else if (request->phase == HV_IC_PHASE_GRANTED)
		snprintf(headline, sizeof(headline),
			 "The system %s now, the virtual machine's host asks for it.",
			 verbs[request->action]);
	else if (request->phase == HV_IC_PHASE_CANCELLED)
		snprintf(headline, sizeof(headline),
			 "The system goes on: what the host asked for has been cancelled.");
	else
		return;
	announce(handler, request, headline);
}

/* --- Messages. ----------------------------------------------------------------------- */

/**
 * hvic_handler_take() - take a message of the driver
 * @handler: the handler
 * @message: notification
 */
void hvic_handler_take(struct hvic_handler *handler, const struct nlmsghdr *message)
{
	struct hvu_request request;
	int ret = hvu_request_read(&request, message);

	/* A newer driver does without an answer. */
	if (ret == -EOPNOTSUPP)
		hvu_log(HVU_LOG_WARNING, "the driver asks for something unknown");
	if (ret)
		return;
	switch (request.command) {
	case HV_IC_CMD_HANDLER_ASK_NTF:
		ask(handler, &request);
		break;
	case HV_IC_CMD_HANDLER_ACT_NTF:
		act(handler, &request);
		break;
	default:
		tell(handler, &request);
		break;
	}
}
