// SPDX-License-Identifier: GPL-2.0
/* The dialect of hv_vss_daemon: see legacy.h. */
#include "legacy_vss.h"

#include <linux/errno.h>

#include "msg.h"

static const struct hvic_legacy_vss_msg *vss_msg_of(struct hvic_span msg)
{
	return msg.len == sizeof(struct hvic_legacy_vss_msg) ? (const void *)msg.data : NULL;
}

static int vss_greet(struct hvic_span msg, u32 *version)
{
	const struct hvic_legacy_vss_msg *greeting = vss_msg_of(msg);

	if (!greeting || (greeting->op != HVIC_LEGACY_VSS_REGISTER &&
			  greeting->op != HVIC_LEGACY_VSS_REGISTER_OLD))
		return -EINVAL;
	*version = greeting->op;
	return *version == HVIC_LEGACY_VSS_REGISTER;
}

static int vss_consent(struct hvic_room room, u32 version)
{
	u32 *consent = hvic_legacy_begin(room, sizeof(*consent));

	if (!consent)
		return -EMSGSIZE;
	*consent = version;
	return sizeof(*consent);
}

/* The disks that FREEZE is about have no place here: the daemon freezes all. */
static int vss_encode(struct hvic_room room, const struct hvic_legacy_record *record)
{
	struct hvic_legacy_vss_msg *msg = hvic_legacy_begin(room, sizeof(*msg));
	u16 op = record->op;

	if (!msg)
		return -EMSGSIZE;
	if (op != HV_IC_VSS_HOT_BACKUP && op != HV_IC_VSS_FREEZE && op != HV_IC_VSS_THAW)
		return -EOPNOTSUPP;
	msg->op = op;
	return sizeof(*msg);
}

static int vss_decode(struct hvic_span msg, struct hvic_legacy_answer *answer)
{
	const struct hvic_legacy_vss_msg *in = vss_msg_of(msg);

	if (!in)
		return -EINVAL;
	answer->status = hvic_errno_from_status(in->status);
	return 0;
}

const struct hvic_legacy hvic_legacy_vss = {
	.greet = vss_greet,
	.consent = vss_consent,
	.encode = vss_encode,
	.decode = vss_decode,
};
