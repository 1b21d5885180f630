// SPDX-License-Identifier: GPL-2.0
/*
 * Heartbeat: the host counts, the guest counts on and says how its applications
 * are. Answered where the message arrives, so it beats as long as the kernel
 * does.
 */
#include <linux/reboot.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "channel.h"
#include "proto/heartbeat.h"

static bool enabled = true;

/**
 * struct hvic_heartbeat - a heartbeat channel's own
 * @reboot: tells us that the guest stops
 * @app_state: what the host is told; written by @reboot, read under the
 *	channel's lock: a single word, accessed with READ_ONCE/WRITE_ONCE
 */
struct hvic_heartbeat {
	struct notifier_block reboot;
	enum hvic_wire_app_state app_state;
};

static int hvic_heartbeat_reboot(struct notifier_block *nb, unsigned long event, void *data)
{
	struct hvic_heartbeat *hb = container_of(nb, struct hvic_heartbeat, reboot);

	WRITE_ONCE(hb->app_state, HVIC_WIRE_APP_STOPPED);
	return NOTIFY_DONE;
}

static int hvic_heartbeat_start(struct hvic_channel *ch)
{
	struct hvic_heartbeat *hb = kzalloc(sizeof(*hb), GFP_KERNEL);
	int ret;

	if (!hb)
		return -ENOMEM;
	hb->app_state = HVIC_WIRE_APP_UNKNOWN;
	hb->reboot.notifier_call = hvic_heartbeat_reboot;
	ret = register_reboot_notifier(&hb->reboot);
	if (ret) {
		kfree(hb);
		return ret;
	}
	ch->priv = hb;
	return 0;
}

static void hvic_heartbeat_stop(struct hvic_channel *ch)
{
	struct hvic_heartbeat *hb = ch->priv;

	unregister_reboot_notifier(&hb->reboot);
	kfree(hb);
}

static int hvic_heartbeat_handle(struct hvic_channel *ch, const struct hvic_msg *msg,
				 struct hvic_room body)
{
	struct hvic_heartbeat *hb = ch->priv;
	u64 seq;
	int ret = hvic_heartbeat_parse(msg->body, &seq);

	if (ret)
		return ret;
	return hvic_heartbeat_encode(body, ch->versions.message, seq + 1,
				     READ_ONCE(hb->app_state));
}

static void hvic_heartbeat_show(struct hvic_channel *ch, struct seq_file *out)
{
	static const char * const words[] = { "unknown", "healthy", "critical", "stopped" };
	struct hvic_heartbeat *hb = ch->priv;

	seq_printf(out, "app_state %s\n", words[READ_ONCE(hb->app_state)]);
}

static const struct hvic_version hvic_heartbeat_versions[] = {
	{ 3, 1 }, { 3, 0 }, { 1, 0 },
};

static const struct hvic_service_ops hvic_heartbeat_ops = {
	.start = hvic_heartbeat_start,
	.stop = hvic_heartbeat_stop,
	.handle = hvic_heartbeat_handle,
	.show = hvic_heartbeat_show,
};

const struct hvic_service hvic_svc_heartbeat = {
	.name = "heartbeat",
	.guid = HVIC_GUID_HEARTBEAT,
	.type = HVIC_WIRE_HEARTBEAT,
	.versions = hvic_heartbeat_versions,
	.n_versions = ARRAY_SIZE(hvic_heartbeat_versions),
	.enabled = &enabled,
	.ops = &hvic_heartbeat_ops,
};
