// SPDX-License-Identifier: GPL-2.0
/*
 * Generic netlink family "hv_ic": its commands and its events, put together of
 * what the subjects in genl_*.c have, the only files that know attributes. What
 * these mean is said in Documentation/netlink/specs/hv_ic.yaml.
 *
 * Whatever is set through the family is the same variable as a module parameter.
 * Commands run in parallel, each takes the locks of what it touches.
 */
#include "genl.h"

#include <linux/string.h>

#include "event.h"
#include "genl_message.h"
#include "genl_subject.h"
#include "svc_shutdown.h"

static const struct hvic_genl_subject * const subjects[] = {
	&hvic_genl_service,
	&hvic_genl_time,
	&hvic_genl_health,
	&hvic_genl_shutdown,
};

/* The commands of all subjects. */
static struct genl_ops ops[HV_IC_CMD_MAX];

const struct hvic_event_ops hvic_genl_events = {
	.service = hvic_genl_tell_service,
	.service_gone = hvic_genl_tell_service_gone,
	.time_sample = hvic_genl_tell_time_sample,
	.time_step = hvic_genl_tell_time_step,
	.health = hvic_genl_tell_health,
	.vss = hvic_genl_tell_vss,
	.vss_hold = hvic_genl_tell_vss_hold,
	.fcopy = hvic_genl_tell_fcopy,
	.shutdown = hvic_genl_tell_shutdown,
};

const struct hvic_shutdown_handler hvic_genl_handler = {
	.ask = hvic_genl_handler_ask,
	.act = hvic_genl_handler_act,
};

static int socket_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC &&
	    net_eq(notify->net, &init_net))
		hvic_genl_handler_closed(notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_event,
};

static unsigned int collect_ops(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(subjects); i++) {
		memcpy(ops + n, subjects[i]->ops, subjects[i]->n_ops * sizeof(ops[0]));
		n += subjects[i]->n_ops;
	}
	return n;
}

/**
 * hvic_genl_init() - make the family known
 *
 * Context: may sleep.
 * Return: 0, or a negative errno.
 */
int hvic_genl_init(void)
{
	int ret = netlink_register_notifier(&socket_notifier);

	if (ret)
		return ret;
	ret = hvic_genl_register(ops, collect_ops());
	if (ret)
		netlink_unregister_notifier(&socket_notifier);
	return ret;
}

/**
 * hvic_genl_exit() - take the family away
 *
 * Context: may sleep. When it has returned no command is running and events go
 * nowhere.
 */
void hvic_genl_exit(void)
{
	hvic_genl_unregister();
	netlink_unregister_notifier(&socket_notifier);
}
