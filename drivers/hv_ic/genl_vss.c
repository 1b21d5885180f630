// SPDX-License-Identifier: GPL-2.0
/* Backup: how far it has come. */
#include <linux/types.h>
#include <linux/kdev_t.h>

#include "genl_message.h"
#include "genl_subject.h"
#include "proto/msg.h"

/* How long it has taken; and the status, of an error. */
static int put_outcome(struct sk_buff *skb, ktime_t since, int err)
{
	int ret = nla_put_u64_64bit(skb, HV_IC_A_VSS_DURATION, hvic_genl_age_ms(since),
				    HV_IC_A_VSS_PAD);

	if (!ret && err)
		ret = nla_put_u32(skb, HV_IC_A_VSS_STATUS, hvic_status_from_errno(err));
	return ret;
}

/**
 * hvic_genl_tell_vss() - tell how far a backup has come
 * @phase: that it has come to
 * @since: the freeze began then, of ktime_get_boottime()
 * @holder: the daemon that holds the file systems frozen, or 0
 * @err: 0, or the negative errno that became the status
 *
 * Context: any.
 */
void hvic_genl_tell_vss(enum hv_ic_vss_phase phase, ktime_t since, pid_t holder, int err)
{
	struct hvic_genl_message event;
	int ret;

	if (!hvic_genl_event_begin(&event, HVIC_GENL_VSS, HV_IC_CMD_VSS_NTF, 128))
		return;
	ret = nla_put_u32(event.skb, HV_IC_A_VSS_PHASE, phase) ?:
	      put_outcome(event.skb, since, err);
	if (!ret && holder)
		ret = nla_put_u32(event.skb, HV_IC_A_VSS_HOLDER, holder);
	hvic_genl_event_send(&event, ret);
}

/**
 * hvic_genl_tell_vss_hold() - tell what became of a file system that was to be frozen
 * @device: that it lies on
 * @since: its freeze began then, of ktime_get_boottime()
 * @err: 0, or the negative errno why it is not held
 *
 * Context: any.
 */
void hvic_genl_tell_vss_hold(dev_t device, ktime_t since, int err)
{
	struct hvic_genl_message event;
	char text[24];
	int ret;

	if (!hvic_genl_event_begin(&event, HVIC_GENL_VSS, HV_IC_CMD_VSS_HOLD_NTF, 128))
		return;
	snprintf(text, sizeof(text), "%u:%u", MAJOR(device), MINOR(device));
	ret = nla_put_string(event.skb, HV_IC_A_VSS_DEVICE, text) ?:
	      put_outcome(event.skb, since, err);
	hvic_genl_event_send(&event, ret);
}
