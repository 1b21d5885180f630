// SPDX-License-Identifier: GPL-2.0
/* File copy: how far it has come. */
#include "genl_message.h"
#include "genl_subject.h"
#include "proto/msg.h"

/**
 * hvic_genl_tell_fcopy() - tell how far a file copy has come
 * @phase: that it has come to
 * @size: of the file, in bytes
 * @done: so many have arrived
 * @err: 0, or the negative errno that became the status
 *
 * Context: any.
 */
void hvic_genl_tell_fcopy(enum hv_ic_fcopy_phase phase, u64 size, u64 done, int err)
{
	struct hvic_genl_message event;
	int ret;

	if (!hvic_genl_event_begin(&event, HVIC_GENL_FCOPY, HV_IC_CMD_FCOPY_NTF, 128))
		return;
	ret = nla_put_u32(event.skb, HV_IC_A_FCOPY_PHASE, phase) ?:
	      nla_put_u64_64bit(event.skb, HV_IC_A_FCOPY_SIZE, size, HV_IC_A_FCOPY_PAD) ?:
	      nla_put_u64_64bit(event.skb, HV_IC_A_FCOPY_DONE, done, HV_IC_A_FCOPY_PAD);
	if (!ret && err)
		ret = nla_put_u32(event.skb, HV_IC_A_FCOPY_STATUS, hvic_status_from_errno(err));
	hvic_genl_event_send(&event, ret);
}
