/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What host and guest put on the wire, byte for byte, for every integration service.
 *
 * This file only describes layouts; the parsers beside it turn them into native
 * types and back. All integers are little endian, and no field is aligned. Offsets
 * in comments count from the start of the struct.
 */
#ifndef HVIC_PROTO_WIRE_H
#define HVIC_PROTO_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <linux/uuid.h>

/* --- Framing: VMBus descriptor, pipe header, IC header. -------------------- */

struct hvic_wire_desc {
	__le16 type;
	__le16 offset8;			/* of the payload, in units of 8 bytes */
	__le16 len8;			/* of descriptor and payload, in the same units */
	__le16 flags;
	__le64 xid;
} __packed;
static_assert(sizeof(struct hvic_wire_desc) == 16);

#define HVIC_WIRE_DESC_INBAND	6

struct hvic_wire_pipe {
	__le32 type;
	__le32 size;			/* bytes after this header */
} __packed;
static_assert(sizeof(struct hvic_wire_pipe) == 8);

#define HVIC_WIRE_PIPE_DATA	1

struct hvic_wire_version {
	__le16 major;
	__le16 minor;
} __packed;
static_assert(sizeof(struct hvic_wire_version) == 4);

struct hvic_wire_ic {
	struct hvic_wire_version framework;
	__le16 type;
	struct hvic_wire_version message;
	__le16 size;			/* bytes of the body */
	__le32 status;
	u8 transaction;
	u8 flags;
	u8 reserved[2];
} __packed;
static_assert(sizeof(struct hvic_wire_ic) == 20);

struct hvic_wire_header {
	struct hvic_wire_pipe pipe;
	struct hvic_wire_ic ic;
} __packed;
static_assert(sizeof(struct hvic_wire_header) == 28);

#define HVIC_WIRE_TRANSACTION	BIT(0)
#define HVIC_WIRE_REQUEST	BIT(1)
#define HVIC_WIRE_RESPONSE	BIT(2)

/* The longest message the host may send: IC header and body. */
#define HVIC_WIRE_MESSAGE_MAX	13312

enum hvic_wire_type {
	HVIC_WIRE_NEGOTIATE	= 0,
	HVIC_WIRE_HEARTBEAT	= 1,
	HVIC_WIRE_KVP		= 2,
	HVIC_WIRE_SHUTDOWN	= 3,
	HVIC_WIRE_TIMESYNC	= 4,
	HVIC_WIRE_VSS		= 5,
	HVIC_WIRE_RDV		= 6,
	HVIC_WIRE_FCOPY		= 7,
	HVIC_WIRE_SESSION	= 8,
};

/* --- Status codes (HRESULT), as the administrator on the host reads them. -- */

#define HVIC_STATUS_OK			0x00000000U
#define HVIC_STATUS_FAIL		0x80004005U
#define HVIC_STATUS_NOT_FOUND		0x80041002U
#define HVIC_STATUS_PATH_NOT_FOUND	0x80070003U
#define HVIC_STATUS_ACCESS_DENIED	0x80070005U
#define HVIC_STATUS_OUT_OF_MEMORY	0x8007000eU
#define HVIC_STATUS_NOT_SUPPORTED	0x80070032U
#define HVIC_STATUS_ALREADY_EXISTS	0x80070050U
#define HVIC_STATUS_INVALID_ARGUMENT	0x80070057U
#define HVIC_STATUS_DISK_FULL		0x80070070U
#define HVIC_STATUS_BUSY		0x800700aaU
#define HVIC_STATUS_NO_MORE_ITEMS	0x80070103U
#define HVIC_STATUS_SHUTDOWN_IN_PROGRESS 0x8007045bU
#define HVIC_STATUS_NOT_CONNECTED	0x8007048fU
#define HVIC_STATUS_MACHINE_LOCKED	0x800704f7U
#define HVIC_STATUS_TIMEOUT		0x800705b4U
#define HVIC_STATUS_NOT_READY		0x800710dfU

/* --- Classes of the VMBus devices. ----------------------------------------- */

#define HVIC_GUID_HEARTBEAT \
	GUID_INIT(0x57164f39, 0x9115, 0x4e78, 0xab, 0x55, 0x38, 0x2f, 0x3b, 0xd5, 0x42, 0x2d)
#define HVIC_GUID_SHUTDOWN \
	GUID_INIT(0x0e0b6031, 0x5213, 0x4934, 0x81, 0x8b, 0x38, 0xd9, 0x0c, 0xed, 0x39, 0xdb)
#define HVIC_GUID_TIMESYNC \
	GUID_INIT(0x9527e630, 0xd0ae, 0x497b, 0xad, 0xce, 0xe8, 0x0a, 0xb0, 0x17, 0x5c, 0xaf)
#define HVIC_GUID_KVP \
	GUID_INIT(0xa9a0f4e7, 0x5a45, 0x4d96, 0xb8, 0x27, 0x8a, 0x84, 0x1e, 0x8c, 0x03, 0xe6)
#define HVIC_GUID_VSS \
	GUID_INIT(0x35fa2e29, 0xea23, 0x4236, 0x96, 0xae, 0x3a, 0x6e, 0xba, 0xcb, 0xa4, 0x40)
#define HVIC_GUID_FCOPY \
	GUID_INIT(0x34d14be3, 0xdee4, 0x41c8, 0x9a, 0xe7, 0x6b, 0x17, 0x49, 0x77, 0xc1, 0x92)

/* --- Negotiation. ----------------------------------------------------------- */

struct hvic_wire_negotiate {
	__le16 n_framework;
	__le16 n_message;
	__le32 reserved;
	struct hvic_wire_version versions[];	/* framework first, then message */
} __packed;
static_assert(sizeof(struct hvic_wire_negotiate) == 8);

/* --- Heartbeat. -------------------------------------------------------------- */

enum hvic_wire_app_state {
	HVIC_WIRE_APP_UNKNOWN	= 0,
	HVIC_WIRE_APP_HEALTHY	= 1,
	HVIC_WIRE_APP_CRITICAL	= 2,
	HVIC_WIRE_APP_STOPPED	= 3,
};

struct hvic_wire_heartbeat {
	__le64 seq;
	__le32 app_state;		/* since 3.0 */
	__le32 reserved[7];
} __packed;
static_assert(sizeof(struct hvic_wire_heartbeat) == 40);
#define HVIC_WIRE_HEARTBEAT_MIN offsetofend(struct hvic_wire_heartbeat, seq)

/* --- Shutdown. --------------------------------------------------------------- */

#define HVIC_WIRE_SHUTDOWN_FORCE	BIT(0)
#define HVIC_WIRE_SHUTDOWN_RESTART	BIT(1)
#define HVIC_WIRE_SHUTDOWN_HIBERNATE	BIT(2)

#define HVIC_WIRE_SHUTDOWN_TEXT_UNITS	1024

struct hvic_wire_shutdown {
	__le32 reason;
	__le32 timeout;			/* seconds */
	__le32 flags;
	__le16 text[HVIC_WIRE_SHUTDOWN_TEXT_UNITS];
} __packed;
static_assert(sizeof(struct hvic_wire_shutdown) == 2060);
#define HVIC_WIRE_SHUTDOWN_MIN offsetofend(struct hvic_wire_shutdown, flags)

/* --- Time synchronisation. ---------------------------------------------------- */

#define HVIC_WIRE_TIME_SYNC	BIT(0)	/* step now; neither bit set: a probe */
#define HVIC_WIRE_TIME_SAMPLE	BIT(1)	/* the periodic hint */

/* 1970-01-01 in the host's count of 100 ns since 1601-01-01. */
#define HVIC_WIRE_TIME_UNIX_EPOCH	116444736000000000ULL

struct hvic_wire_timesync_v1 {		/* 1.0 and 3.0 */
	__le64 parent_time;
	__le64 child_time;
	__le64 round_trip;
	u8 flags;
	u8 reserved[3];
} __packed;
static_assert(sizeof(struct hvic_wire_timesync_v1) == 28);
#define HVIC_WIRE_TIMESYNC_V1_MIN offsetofend(struct hvic_wire_timesync_v1, flags)

struct hvic_wire_timesync_v4 {
	__le64 parent_time;
	__le64 reference_time;		/* partition reference counter, 100 ns */
	u8 flags;
	u8 leap;
	u8 stratum;
	u8 reserved[5];
} __packed;
static_assert(sizeof(struct hvic_wire_timesync_v4) == 24);
#define HVIC_WIRE_TIMESYNC_V4_MIN offsetofend(struct hvic_wire_timesync_v4, stratum)

/* --- Data exchange (KVP). ------------------------------------------------------ */

enum hvic_wire_kvp_op {
	HVIC_WIRE_KVP_GET		= 0,
	HVIC_WIRE_KVP_SET		= 1,
	HVIC_WIRE_KVP_DELETE		= 2,
	HVIC_WIRE_KVP_ENUMERATE		= 3,
	HVIC_WIRE_KVP_GET_IP_INFO	= 4,
	HVIC_WIRE_KVP_SET_IP_INFO	= 5,
};

enum hvic_wire_kvp_pool {
	HVIC_WIRE_KVP_EXTERNAL		= 0,	/* the host administrator's items */
	HVIC_WIRE_KVP_GUEST		= 1,	/* the guest's items */
	HVIC_WIRE_KVP_AUTO		= 2,	/* facts about the guest */
	HVIC_WIRE_KVP_AUTO_EXTERNAL	= 3,	/* facts about the host */
};

enum hvic_wire_kvp_type {
	HVIC_WIRE_KVP_STRING		= 1,
	HVIC_WIRE_KVP_EXPAND_STRING	= 2,
	HVIC_WIRE_KVP_U32		= 4,
	HVIC_WIRE_KVP_U64_LINUX		= 8,	/* the number for 64 bits in Linux' headers */
	HVIC_WIRE_KVP_U64		= 11,
};

#define HVIC_WIRE_KVP_KEY_UNITS		256
#define HVIC_WIRE_KVP_VALUE_BYTES	2048

struct hvic_wire_kvp_header {
	u8 op;
	u8 pool;
} __packed;
static_assert(sizeof(struct hvic_wire_kvp_header) == 2);

/* Sizes are in bytes and count the final NUL. */
struct hvic_wire_kvp_value {
	__le32 type;
	__le32 key_size;
	__le32 value_size;
	__le16 key[HVIC_WIRE_KVP_KEY_UNITS];
	u8 value[HVIC_WIRE_KVP_VALUE_BYTES];
} __packed;
static_assert(sizeof(struct hvic_wire_kvp_value) == 2572);

struct hvic_wire_kvp_item {		/* GET, SET */
	struct hvic_wire_kvp_header header;
	u8 pad[2];
	struct hvic_wire_kvp_value item;
} __packed;
static_assert(sizeof(struct hvic_wire_kvp_item) == 2576);

struct hvic_wire_kvp_delete {
	struct hvic_wire_kvp_header header;
	u8 pad[2];
	__le32 key_size;
	__le16 key[HVIC_WIRE_KVP_KEY_UNITS];
} __packed;
static_assert(sizeof(struct hvic_wire_kvp_delete) == 520);

struct hvic_wire_kvp_enumerate {
	struct hvic_wire_kvp_header header;
	u8 pad[2];
	__le32 index;
	struct hvic_wire_kvp_value item;
} __packed;
static_assert(sizeof(struct hvic_wire_kvp_enumerate) == 2580);

#define HVIC_WIRE_KVP_ADAPTER_UNITS	128
#define HVIC_WIRE_KVP_ADDRESS_UNITS	1024
#define HVIC_WIRE_KVP_GATEWAY_UNITS	512

struct hvic_wire_kvp_ip_string {	/* up to 4.0; not aligned: starts at 2 */
	struct hvic_wire_kvp_header header;
	__le16 adapter[HVIC_WIRE_KVP_ADAPTER_UNITS];
	u8 family;
	u8 dhcp;
	__le16 address[HVIC_WIRE_KVP_ADDRESS_UNITS];
	__le16 subnet[HVIC_WIRE_KVP_ADDRESS_UNITS];
	__le16 gateway[HVIC_WIRE_KVP_GATEWAY_UNITS];
	__le16 dns[HVIC_WIRE_KVP_ADDRESS_UNITS];
} __packed;
static_assert(sizeof(struct hvic_wire_kvp_ip_string) == 7428);

#define HVIC_WIRE_KVP_ADDRESSES		64
#define HVIC_WIRE_KVP_GATEWAYS		5

struct hvic_wire_kvp_ip_binary {	/* since 5.0, in a message of 7,428 bytes */
	struct hvic_wire_kvp_header header;
	u8 pad[2];
	__le32 n_v4_address;
	__le32 n_v6_address;
	__le32 n_v4_gateway;
	__le32 n_v6_gateway;
	__le32 n_v4_dns;
	__le32 n_v6_dns;
	__le16 adapter[HVIC_WIRE_KVP_ADAPTER_UNITS];
	u8 family;
	u8 dhcp;
	u8 reserved[2];
	u8 v4_address[HVIC_WIRE_KVP_ADDRESSES][4];
	u8 v6_address[HVIC_WIRE_KVP_ADDRESSES][16];
	u8 v4_subnet[HVIC_WIRE_KVP_ADDRESSES][4];
	__le32 v6_prefix[HVIC_WIRE_KVP_ADDRESSES];
	u8 v4_gateway[HVIC_WIRE_KVP_GATEWAYS][4];
	u8 v6_gateway[HVIC_WIRE_KVP_GATEWAYS][16];
	u8 v4_dns[HVIC_WIRE_KVP_ADDRESSES][4];
	u8 v6_dns[HVIC_WIRE_KVP_ADDRESSES][16];
	__le16 origin[2 * HVIC_WIRE_KVP_ADDRESSES];	/* v4 first, then v6, no gap */
} __packed;
static_assert(offsetof(struct hvic_wire_kvp_ip_binary, adapter) == 28);
static_assert(offsetof(struct hvic_wire_kvp_ip_binary, origin) == 3460);
static_assert(sizeof(struct hvic_wire_kvp_ip_binary) == 3716);

enum hvic_wire_kvp_family {
	HVIC_WIRE_KVP_FAMILY_NONE	= 0,
	HVIC_WIRE_KVP_FAMILY_V4		= 1,
	HVIC_WIRE_KVP_FAMILY_V6		= 2,
	HVIC_WIRE_KVP_FAMILY_BOTH	= 3,
};

enum hvic_wire_kvp_origin {
	HVIC_WIRE_KVP_ORIGIN_UNKNOWN	= 0,
	HVIC_WIRE_KVP_ORIGIN_OTHER	= 1,	/* DHCP, router advertisement */
	HVIC_WIRE_KVP_ORIGIN_STATIC	= 2,
};

/* --- Backup (VSS). -------------------------------------------------------------- */

enum hvic_wire_vss_op {
	HVIC_WIRE_VSS_CREATE		= 0,
	HVIC_WIRE_VSS_DELETE		= 1,
	HVIC_WIRE_VSS_HOT_BACKUP	= 2,
	HVIC_WIRE_VSS_GET_DM_INFO	= 3,
	HVIC_WIRE_VSS_BACKUP_COMPLETE	= 4,	/* since 4.0 */
	HVIC_WIRE_VSS_FREEZE		= 5,	/* since 5.0 */
	HVIC_WIRE_VSS_THAW		= 6,
	HVIC_WIRE_VSS_AUTO_RECOVER	= 7,
	HVIC_WIRE_VSS_CLUSTER_INFO	= 8,	/* since 6.0 */
};

/* The answer to HOT_BACKUP: the guest needs no recovery pass on the snapshot. */
#define HVIC_WIRE_VSS_NO_AUTO_RECOVERY	5

#define HVIC_WIRE_VSS_AUTO_RECOVERY	BIT(0)	/* flags of FREEZE */
#define HVIC_WIRE_VSS_SHARED_LUNS	BIT(1)

#define HVIC_WIRE_VSS_LUNS		260

struct hvic_wire_vss_header {
	u8 op;
	u8 reserved[7];
} __packed;
static_assert(sizeof(struct hvic_wire_vss_header) == 8);

struct hvic_wire_vss_flags {		/* HOT_BACKUP, GET_DM_INFO, THAW, ... */
	struct hvic_wire_vss_header header;
	__le32 flags;
} __packed;
static_assert(sizeof(struct hvic_wire_vss_flags) == 12);

enum hvic_wire_vss_bus {
	HVIC_WIRE_VSS_SCSI	= 1,
	HVIC_WIRE_VSS_IDE	= 2,
};

struct hvic_wire_vss_lun {
	u8 bus;
	u8 pad[3];
	u8 controller[16];		/* GUID of the VMBus device */
	u8 port;
	u8 target;
	u8 lun;
	u8 reserved;
} __packed;
static_assert(sizeof(struct hvic_wire_vss_lun) == 24);

struct hvic_wire_vss_freeze {
	struct hvic_wire_vss_header header;
	__le32 backup_type;
	__le32 flags;
	__le32 n_luns;
	struct hvic_wire_vss_lun luns[HVIC_WIRE_VSS_LUNS];
} __packed;
static_assert(sizeof(struct hvic_wire_vss_freeze) == 6260);
#define HVIC_WIRE_VSS_FREEZE_MIN offsetof(struct hvic_wire_vss_freeze, luns)

struct hvic_wire_vss_auto_recover {
	struct hvic_wire_vss_freeze freeze;
	struct hvic_wire_vss_lun shadow_luns[HVIC_WIRE_VSS_LUNS];
} __packed;
static_assert(sizeof(struct hvic_wire_vss_auto_recover) == 12500);

struct hvic_wire_vss_cluster {
	struct hvic_wire_vss_header header;
	u8 cluster[16];
	__le32 size;
	__le32 n_luns;
	struct hvic_wire_vss_lun luns[HVIC_WIRE_VSS_LUNS];
	__le32 status[HVIC_WIRE_VSS_LUNS];
	__le64 last_move;		/* since 7.0 */
} __packed;
static_assert(offsetof(struct hvic_wire_vss_cluster, last_move) == 7312);
static_assert(sizeof(struct hvic_wire_vss_cluster) == 7320);

/* --- Guest file copy. -------------------------------------------------------------- */

enum hvic_wire_fcopy_op {
	HVIC_WIRE_FCOPY_START		= 0,
	HVIC_WIRE_FCOPY_WRITE		= 1,
	HVIC_WIRE_FCOPY_COMPLETE	= 2,
	HVIC_WIRE_FCOPY_CANCEL		= 3,
};

#define HVIC_WIRE_FCOPY_OVERWRITE	BIT(0)
#define HVIC_WIRE_FCOPY_CREATE_PATH	BIT(1)

#define HVIC_WIRE_FCOPY_NAME_UNITS	260
#define HVIC_WIRE_FCOPY_BLOCK		6144

struct hvic_wire_fcopy_header {		/* COMPLETE and CANCEL are this alone */
	__le32 op;
	u8 service[16];
	u8 session[16];
} __packed;
static_assert(sizeof(struct hvic_wire_fcopy_header) == 36);

struct hvic_wire_fcopy_start {
	struct hvic_wire_fcopy_header header;
	__le16 name[HVIC_WIRE_FCOPY_NAME_UNITS];
	__le16 path[HVIC_WIRE_FCOPY_NAME_UNITS];
	__le32 flags;
	__le64 size;
} __packed;
static_assert(sizeof(struct hvic_wire_fcopy_start) == 1088);

struct hvic_wire_fcopy_write {
	struct hvic_wire_fcopy_header header;
	__le32 pad;
	__le64 offset;
	__le32 size;
	u8 data[HVIC_WIRE_FCOPY_BLOCK];
} __packed;
static_assert(sizeof(struct hvic_wire_fcopy_write) == 6196);
#define HVIC_WIRE_FCOPY_WRITE_MIN offsetof(struct hvic_wire_fcopy_write, data)

#endif
