/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The integration components' messages as the host sees them.
 *
 * An independent second reading of the protocol: nothing here comes from the
 * driver's headers, so that a layout misread on one side is not misread on the
 * other. hvhost runs on x86 only: the structs are little-endian as they lie.
 */
#ifndef HVHOST_IC_WIRE_H
#define HVHOST_IC_WIRE_H

#include <stdint.h>

#include "compiler.h"

enum {
	WIRE_PIPE_DATA = 1,
	WIRE_RING_DATA_INBAND = 6,
	WIRE_MESSAGE_MAX = 13312,	/* IC header and body */
};

enum wire_type {
	WIRE_NEGOTIATE = 0,
	WIRE_HEARTBEAT = 1,
	WIRE_KVP = 2,
	WIRE_SHUTDOWN = 3,
	WIRE_TIMESYNC = 4,
	WIRE_VSS = 5,
	WIRE_FCOPY = 7,
};

enum {
	WIRE_TRANSACTION = 1,
	WIRE_REQUEST = 2,
	WIRE_RESPONSE = 4,
};

#define WIRE_S_OK			0x00000000u
#define WIRE_E_FAIL			0x80004005u
#define WIRE_E_NO_MORE_ITEMS		0x80070103u
#define WIRE_E_NOT_SUPPORTED		0x80070032u
#define WIRE_E_BUSY			0x800700aau
#define WIRE_E_MACHINE_LOCKED		0x800704f7u
#define WIRE_E_NOT_CONNECTED		0x8007048fu
#define WIRE_E_INVALID_ARG		0x80070057u
#define WIRE_E_NOT_FOUND		0x80041002u
#define WIRE_E_ALREADY_EXISTS		0x80070050u
#define WIRE_E_DISK_FULL		0x80070070u
#define WIRE_E_PATH_NOT_FOUND		0x80070003u
#define WIRE_E_ACCESS_DENIED		0x80070005u
#define WIRE_E_SHUTDOWN_IN_PROGRESS	0x8007045bu
#define WIRE_E_TIMEOUT			0x800705b4u

struct wire_version {
	uint16_t major;
	uint16_t minor;
};

struct wire_header {
	uint32_t pipe_type;
	uint32_t pipe_size;		/* bytes after this field */
	struct wire_version framework;
	uint16_t type;
	struct wire_version message;
	uint16_t size;			/* bytes after this header */
	uint32_t status;
	uint8_t transaction;
	uint8_t flags;
	uint8_t reserved[2];
} __packed;
static_assert(sizeof(struct wire_header) == 28, "pipe and IC header");

#define WIRE_PIPE_HEADER 8		/* pipe_type and pipe_size */
#define WIRE_PACKET_MAX (WIRE_PIPE_HEADER + WIRE_MESSAGE_MAX)
#define WIRE_BODY_MAX (WIRE_PACKET_MAX - sizeof(struct wire_header))

struct wire_negotiate {
	uint16_t frameworks;
	uint16_t messages;
	uint32_t reserved;
	struct wire_version versions[];	/* frameworks first, then messages */
};

static_assert(sizeof(struct wire_negotiate) == 8, "negotiate");

/* Linux guests know 40 bytes, Windows ones 16: the host sends the larger. */
struct wire_heartbeat {
	uint64_t sequence;
	uint32_t application_state;
	uint8_t reserved[28];
} __packed;
static_assert(sizeof(struct wire_heartbeat) == 40, "heartbeat");

enum {
	WIRE_SHUTDOWN_FORCE = 1,
	WIRE_SHUTDOWN_RESTART = 2,
	WIRE_SHUTDOWN_HIBERNATE = 4,
	WIRE_SHUTDOWN_TEXT = 1024,
};

struct wire_shutdown {
	uint32_t reason;
	uint32_t timeout;
	uint32_t flags;
	uint16_t text[WIRE_SHUTDOWN_TEXT];
} __packed;
static_assert(sizeof(struct wire_shutdown) == 2060, "shutdown");

enum {
	WIRE_TIME_SYNC = 1,
	WIRE_TIME_SAMPLE = 2,
};

struct wire_time_v1 {			/* before 4.0 */
	uint64_t parent;
	uint64_t child;
	uint64_t round_trip;
	uint8_t flags;
	uint8_t reserved[3];
} __packed;
static_assert(sizeof(struct wire_time_v1) == 28, "time sync before 4.0");

struct wire_time_v4 {
	uint64_t parent;
	uint64_t reference;
	uint8_t flags;
	uint8_t leap;
	uint8_t stratum;
	uint8_t reserved[5];
} __packed;
static_assert(sizeof(struct wire_time_v4) == 24, "time sync 4.0");

enum wire_kvp_op {
	WIRE_KVP_GET = 0,
	WIRE_KVP_SET = 1,
	WIRE_KVP_DELETE = 2,
	WIRE_KVP_ENUMERATE = 3,
	WIRE_KVP_GET_IP = 4,
	WIRE_KVP_SET_IP = 5,
};

enum {
	WIRE_KVP_STRING = 1,
	WIRE_KVP_EXPAND_STRING = 2,
	WIRE_KVP_DWORD = 4,
	WIRE_KVP_QWORD = 11,
	WIRE_KVP_KEY = 256,		/* UTF-16 units with the NUL */
	WIRE_KVP_VALUE = 1024,
};

struct wire_kvp_header {
	uint8_t op;
	uint8_t pool;
} __packed;

struct wire_kvp_value {
	uint32_t type;
	uint32_t key_bytes;
	uint32_t value_bytes;
	uint16_t key[WIRE_KVP_KEY];
	union {
		uint16_t string[WIRE_KVP_VALUE];
		uint32_t dword;
		uint64_t qword;
	} __packed value;
} __packed;
static_assert(sizeof(struct wire_kvp_value) == 2572, "KVP value");

/* GET, SET, DELETE and ENUMERATE are all as long as the longest of them. */
struct wire_kvp_exchange {
	struct wire_kvp_header header;
	uint16_t pad;
	union {
		struct wire_kvp_value value;	/* GET and SET */
		struct {
			uint32_t key_bytes;
			uint16_t key[WIRE_KVP_KEY];
		} __packed remove;
		struct {
			uint32_t index;
			struct wire_kvp_value value;
		} __packed item;		/* ENUMERATE */
	} __packed u;
} __packed;
static_assert(sizeof(struct wire_kvp_exchange) == 2580, "KVP message");

enum {
	WIRE_KVP_IPV4 = 1,
	WIRE_KVP_IPV6 = 2,
	WIRE_KVP_ADAPTER = 128,
	WIRE_KVP_ADDRESSES = 64,
	WIRE_KVP_GATEWAYS = 5,
};

/* Up to 4.0: lists as text, and the body at an odd multiple of two. */
struct wire_kvp_ip_text {
	struct wire_kvp_header header;
	uint16_t adapter[WIRE_KVP_ADAPTER];
	uint8_t family;
	uint8_t dhcp;
	uint16_t address[1024];
	uint16_t subnet[1024];
	uint16_t gateway[512];
	uint16_t dns[1024];
} __packed;
static_assert(sizeof(struct wire_kvp_ip_text) == 7428, "KVP IP text");

/* From 5.0: binary, at the natural offset, in a message of the same size. */
struct wire_kvp_ip_binary {
	struct wire_kvp_header header;
	uint16_t pad;
	uint32_t v4_addresses;
	uint32_t v6_addresses;
	uint32_t v4_gateways;
	uint32_t v6_gateways;
	uint32_t v4_dns_servers;
	uint32_t v6_dns_servers;
	uint16_t adapter[WIRE_KVP_ADAPTER];
	uint8_t family;
	uint8_t dhcp;
	uint16_t pad2;
	uint8_t v4_address[WIRE_KVP_ADDRESSES][4];
	uint8_t v6_address[WIRE_KVP_ADDRESSES][16];
	uint8_t v4_subnet[WIRE_KVP_ADDRESSES][4];
	uint32_t v6_prefix[WIRE_KVP_ADDRESSES];
	uint8_t v4_gateway[WIRE_KVP_GATEWAYS][4];
	uint8_t v6_gateway[WIRE_KVP_GATEWAYS][16];
	uint8_t v4_dns[WIRE_KVP_ADDRESSES][4];
	uint8_t v6_dns[WIRE_KVP_ADDRESSES][16];
	uint16_t origin[2 * WIRE_KVP_ADDRESSES];
	uint8_t tail[3712];		/* up to the size of the text form */
} __packed;
static_assert(sizeof(struct wire_kvp_ip_binary) == 7428, "KVP IP binary");

enum wire_vss_op {
	WIRE_VSS_CREATE = 0,
	WIRE_VSS_DELETE = 1,
	WIRE_VSS_HOT_BACKUP = 2,
	WIRE_VSS_MAPPED_DEVICES = 3,
	WIRE_VSS_COMPLETE = 4,
	WIRE_VSS_FREEZE = 5,
	WIRE_VSS_THAW = 6,
	WIRE_VSS_AUTO_RECOVER = 7,
	WIRE_VSS_CLUSTER = 8,
};

enum {
	WIRE_VSS_LUNS = 260,
	WIRE_VSS_NO_AUTO_RECOVERY = 5,	/* flags of the hot-backup answer */
	WIRE_VSS_LUN_SCSI = 1,
	WIRE_VSS_LUN_IDE = 2,
};

struct wire_vss_header {
	uint8_t op;
	uint8_t reserved[7];
} __packed;

struct wire_vss_basic {
	struct wire_vss_header header;
	union {
		uint32_t flags;
		uint8_t snapshot_set[16];
		uint8_t bytes[24];
	} u;
} __packed;
static_assert(sizeof(struct wire_vss_basic) == 32, "VSS basic message");

struct wire_vss_lun {
	uint8_t bus;
	uint8_t reserved[3];
	uint8_t controller[16];
	uint8_t port;
	uint8_t target;
	uint8_t lun;
	uint8_t reserved2;
} __packed;
static_assert(sizeof(struct wire_vss_lun) == 24, "VSS LUN");

struct wire_vss_freeze {
	struct wire_vss_header header;
	uint32_t backup_type;
	uint32_t flags;
	uint32_t luns;
	struct wire_vss_lun lun[WIRE_VSS_LUNS];
} __packed;
static_assert(sizeof(struct wire_vss_freeze) == 6260, "VSS freeze");

struct wire_vss_recover {
	struct wire_vss_freeze freeze;
	struct wire_vss_lun shadow[WIRE_VSS_LUNS];
} __packed;
static_assert(sizeof(struct wire_vss_recover) == 12500, "VSS auto recover");

struct wire_vss_cluster {
	struct wire_vss_header header;
	uint8_t cluster[16];
	uint32_t nodes;
	uint32_t luns;
	struct wire_vss_lun lun[WIRE_VSS_LUNS];
	uint32_t status[WIRE_VSS_LUNS];
	uint64_t last_move;		/* from 7.0 */
} __packed;
static_assert(sizeof(struct wire_vss_cluster) == 7320, "VSS cluster query");

enum wire_fcopy_op {
	WIRE_FCOPY_START = 0,
	WIRE_FCOPY_WRITE = 1,
	WIRE_FCOPY_COMPLETE = 2,
	WIRE_FCOPY_CANCEL = 3,
};

enum {
	WIRE_FCOPY_OVERWRITE = 1,
	WIRE_FCOPY_CREATE_PATH = 2,
	WIRE_FCOPY_NAME = 260,
	WIRE_FCOPY_FRAGMENT = 6144,
};

struct wire_fcopy_header {
	uint32_t op;
	uint8_t service[16];
	uint8_t session[16];
} __packed;
static_assert(sizeof(struct wire_fcopy_header) == 36, "file copy header");

struct wire_fcopy_start {
	struct wire_fcopy_header header;
	uint16_t name[WIRE_FCOPY_NAME];
	uint16_t path[WIRE_FCOPY_NAME];
	uint32_t flags;
	uint64_t size;
} __packed;
static_assert(sizeof(struct wire_fcopy_start) == 1088, "file copy start");

struct wire_fcopy_write {
	struct wire_fcopy_header header;
	uint32_t pad;
	uint64_t offset;
	uint32_t size;
	uint8_t data[WIRE_FCOPY_FRAGMENT];
	uint32_t pad2;
} __packed;
static_assert(sizeof(struct wire_fcopy_write) == 6200, "file copy write");

#endif
