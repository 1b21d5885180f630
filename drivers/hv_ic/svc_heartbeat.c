// SPDX-License-Identifier: GPL-2.0
/*
 * Heartbeat: the host counts, the guest counts on and says how its applications
 * are. Answered where the message arrives, so it beats as long as the kernel
 * does.
 */
#include <linux/seq_file.h>

#include "channel.h"
#include "health.h"
#include "proto/heartbeat.h"

static bool enabled = true;

/* What the applications say is what goes to the host. */
static_assert(HVIC_WIRE_APP_UNKNOWN == (int)HV_IC_HEALTH_UNKNOWN);
static_assert(HVIC_WIRE_APP_HEALTHY == (int)HV_IC_HEALTH_HEALTHY);
static_assert(HVIC_WIRE_APP_CRITICAL == (int)HV_IC_HEALTH_CRITICAL);
static_assert(HVIC_WIRE_APP_STOPPED == (int)HV_IC_HEALTH_STOPPED);

static int hvic_heartbeat_handle(struct hvic_channel *ch, const struct hvic_msg *msg,
				 struct hvic_room body)
{
	u64 seq;
	int ret = hvic_heartbeat_parse(msg->body, &seq);

	if (ret)
		return ret;
	return hvic_heartbeat_encode(body, ch->versions.message, seq + 1,
				     (enum hvic_wire_app_state)hvic_health_combined());
}

static void hvic_heartbeat_show(struct hvic_channel *ch, struct seq_file *out)
{
	static const char * const words[] = { "unknown", "healthy", "critical", "stopped" };

	seq_printf(out, "app_state %s\n", words[hvic_health_combined()]);
}

static const struct hvic_version hvic_heartbeat_versions[] = {
	{ 3, 1 }, { 3, 0 }, { 1, 0 },
};

static const struct hvic_service_ops hvic_heartbeat_ops = {
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
