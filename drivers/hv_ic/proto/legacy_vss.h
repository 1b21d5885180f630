/* SPDX-License-Identifier: GPL-2.0 */
/* What hv_vss_daemon reads and writes. */
#ifndef HVIC_PROTO_LEGACY_VSS_H
#define HVIC_PROTO_LEGACY_VSS_H

#include <linux/build_bug.h>
#include <linux/types.h>

#include "legacy.h"

/* A greeting, by the operation in it; the old one expects no consent. */
#define HVIC_LEGACY_VSS_REGISTER_OLD	128
#define HVIC_LEGACY_VSS_REGISTER	129

struct hvic_legacy_vss_msg {
	union {
		struct {
			u8 op;
			u8 reserved[7];
		} __packed;
		u32 status;		/* of an answer */
	};
	u32 flags;
} __packed;
static_assert(sizeof(struct hvic_legacy_vss_msg) == 12);

extern const struct hvic_legacy hvic_legacy_vss;

#endif
