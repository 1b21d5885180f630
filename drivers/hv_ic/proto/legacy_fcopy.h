/* SPDX-License-Identifier: GPL-2.0 */
/* What hv_fcopy_daemon reads and writes. */
#ifndef HVIC_PROTO_LEGACY_FCOPY_H
#define HVIC_PROTO_LEGACY_FCOPY_H

#include <linux/build_bug.h>
#include <linux/types.h>

#include "legacy.h"

/* A greeting is a version alone; the first one expects no consent. */
#define HVIC_LEGACY_FCOPY_VERSION_OLD	0
#define HVIC_LEGACY_FCOPY_VERSION	1

#define HVIC_LEGACY_FCOPY_NAME_SIZE	520

struct hvic_legacy_fcopy_header {	/* COMPLETE and CANCEL are no more */
	u32 op;
	u8 service[16];
	u8 session[16];
} __packed;
static_assert(sizeof(struct hvic_legacy_fcopy_header) == 36);

struct hvic_legacy_fcopy_start {
	struct hvic_legacy_fcopy_header header;
	u8 name[HVIC_LEGACY_FCOPY_NAME_SIZE];
	u8 path[HVIC_LEGACY_FCOPY_NAME_SIZE];
	u32 flags;
	u64 size;
} __packed;
static_assert(sizeof(struct hvic_legacy_fcopy_start) == 1088);

struct hvic_legacy_fcopy_write {
	struct hvic_legacy_fcopy_header header;
	u32 pad;
	u64 offset;
	u32 size;
	u8 data[HV_IC_FCOPY_BLOCK];
} __packed;
static_assert(sizeof(struct hvic_legacy_fcopy_write) == 6196);

extern const struct hvic_legacy hvic_legacy_fcopy;

#endif
