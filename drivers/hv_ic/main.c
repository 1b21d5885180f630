// SPDX-License-Identifier: GPL-2.0
/*
 * hv_ic: the integration components of a Linux guest on Hyper-V.
 *
 * Reading path for a newcomer: this file, service.h, svc_heartbeat.c (a whole
 * service), channel.c, proto/msg.c, proto/negotiate.c, request.h (the contract).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "debugfs.h"
#include "event.h"
#include "genl.h"
#include "health.h"
#include "hold.h"
#include "service.h"
#include "svc_shutdown.h"
#include "vmbus.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* --- Switches: one per service, at load and at run time. -------------------------- */

static int hvic_switch_set(const char *text, const struct kernel_param *param)
{
	const struct hvic_service *svc = param->arg;
	bool on;

	if (kstrtobool(text, &on)) {
		pr_err("%s: neither Y nor N\n", param->name);
		return -EINVAL;
	}
	WRITE_ONCE(*svc->enabled, on);
	return hvic_vmbus_apply_switch_of(svc);
}

static int hvic_switch_get(char *buffer, const struct kernel_param *param)
{
	const struct hvic_service *svc = param->arg;

	return sysfs_emit(buffer, "%c\n", READ_ONCE(*svc->enabled) ? 'Y' : 'N');
}

static const struct kernel_param_ops hvic_switch_ops = {
	.set = hvic_switch_set,
	.get = hvic_switch_get,
};

module_param_cb(heartbeat, &hvic_switch_ops, (void *)&hvic_svc_heartbeat, 0644);
__MODULE_PARM_TYPE(heartbeat, "bool");
MODULE_PARM_DESC(heartbeat, "Serve heartbeats (default: Y)");
module_param_cb(shutdown, &hvic_switch_ops, (void *)&hvic_svc_shutdown, 0644);
__MODULE_PARM_TYPE(shutdown, "bool");
MODULE_PARM_DESC(shutdown, "Serve shutdown, reboot and hibernation requests (default: Y)");
module_param_cb(timesync, &hvic_switch_ops, (void *)&hvic_svc_timesync, 0644);
__MODULE_PARM_TYPE(timesync, "bool");
MODULE_PARM_DESC(timesync, "Serve time synchronisation (default: Y)");
module_param_cb(kvp, &hvic_switch_ops, (void *)&hvic_svc_kvp, 0644);
__MODULE_PARM_TYPE(kvp, "bool");
MODULE_PARM_DESC(kvp, "Serve data exchange (default: Y)");
module_param_cb(vss, &hvic_switch_ops, (void *)&hvic_svc_vss, 0644);
__MODULE_PARM_TYPE(vss, "bool");
MODULE_PARM_DESC(vss, "Serve backups (default: Y)");
module_param_cb(fcopy, &hvic_switch_ops, (void *)&hvic_svc_fcopy, 0644);
__MODULE_PARM_TYPE(fcopy, "bool");
MODULE_PARM_DESC(fcopy, "Serve file copies (default: Y)");

const struct hvic_event_ops *const hvic_event = &hvic_genl_events;
const struct hvic_shutdown_handler *const hvic_shutdown_handler = &hvic_genl_handler;

/* --- Init and exit. ------------------------------------------------------------------ */

static int __init hvic_init(void)
{
	int ret;

	hvic_debugfs_init();
	ret = hvic_health_init();
	if (ret)
		goto err_exit_debugfs;
	ret = hvic_hold_init(&hvic_hold_kernel_ops);
	if (ret)
		goto err_exit_health;
	ret = hvic_genl_init();
	if (ret)
		goto err_exit_hold;
	ret = hvic_vmbus_register();
	if (ret)
		goto err_exit_genl;
	return 0;

err_exit_genl:
	hvic_genl_exit();
err_exit_hold:
	hvic_hold_exit();
err_exit_health:
	hvic_health_exit();
err_exit_debugfs:
	hvic_debugfs_exit();
	if (ret == -ENODEV)
		pr_info("no VMBus here: not a guest of Hyper-V\n");
	return ret;
}

static void __exit hvic_exit(void)
{
	hvic_vmbus_unregister();
	hvic_genl_exit();
	hvic_hold_exit();
	hvic_health_exit();
	hvic_debugfs_exit();
}

module_init(hvic_init);
module_exit(hvic_exit);

MODULE_DESCRIPTION("Hyper-V integration components");
MODULE_AUTHOR("The hv_ic authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.2.0");
