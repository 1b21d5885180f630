/* SPDX-License-Identifier: GPL-2.0 */
/* What hv_kvp_daemon reads and writes. */
#ifndef HVIC_PROTO_LEGACY_KVP_H
#define HVIC_PROTO_LEGACY_KVP_H

#include <linux/build_bug.h>
#include <linux/types.h>

#include "legacy.h"

/* A greeting, by the operation in it; the old daemon's answers have no status. */
#define HVIC_LEGACY_KVP_REGISTER_OLD	4
#define HVIC_LEGACY_KVP_REGISTER	100

#define HVIC_LEGACY_KVP_KEY_SIZE	512
#define HVIC_LEGACY_KVP_VALUE_SIZE	2048

struct hvic_legacy_kvp_value {
	u32 type;
	u32 key_size;
	u32 value_size;
	u8 key[HVIC_LEGACY_KVP_KEY_SIZE];
	u8 value[HVIC_LEGACY_KVP_VALUE_SIZE];
} __packed;
static_assert(sizeof(struct hvic_legacy_kvp_value) == 2572);

struct hvic_legacy_kvp_delete {
	u32 key_size;
	u8 key[HVIC_LEGACY_KVP_KEY_SIZE];
} __packed;
static_assert(sizeof(struct hvic_legacy_kvp_delete) == 516);

struct hvic_legacy_kvp_enumerate {
	u32 index;
	struct hvic_legacy_kvp_value item;
} __packed;
static_assert(sizeof(struct hvic_legacy_kvp_enumerate) == 2576);

struct hvic_legacy_kvp_ip {
	u8 adapter[256];
	u8 families;
	u8 dhcp;
	u8 address[2048];
	u8 subnet[2048];
	u8 gateway[1024];
	u8 dns[2048];
} __packed;
static_assert(sizeof(struct hvic_legacy_kvp_ip) == 7426);

struct hvic_legacy_kvp_msg {
	union {
		struct {
			u8 op;
			u8 pool;
			u16 pad;
		} __packed;
		u32 status;		/* of an answer */
	};
	union {
		struct hvic_legacy_kvp_value item;	/* GET, SET */
		struct hvic_legacy_kvp_delete delete;
		struct hvic_legacy_kvp_enumerate enumerate;
		struct hvic_legacy_kvp_ip ip;		/* GET_IP, SET_IP */
		u8 driver[HVIC_LEGACY_KVP_KEY_SIZE];	/* its version, in the consent */
		u8 body[7428];		/* two more than the longest of them */
	};
} __packed;
static_assert(sizeof(struct hvic_legacy_kvp_msg) == HVIC_LEGACY_MESSAGE_MAX);

extern const struct hvic_legacy hvic_legacy_kvp;

#endif
