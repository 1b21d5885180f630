/* SPDX-License-Identifier: GPL-2.0 */
/* VMBus messages and hypercall input as they are on the wire. All little-endian. */
#ifndef HVHOST_VMBUS_WIRE_H
#define HVHOST_VMBUS_WIRE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "guid.h"
#include "synic.h"

#define HV_HYPERCALL_POST_MESSAGE	0x5c
#define HV_HYPERCALL_SIGNAL_EVENT	0x5d
#define HV_HYPERCALL_CODE		0xffffu
#define HV_HYPERCALL_FAST		0x10000u

/* Guests post to 1 up to protocol 4.1, and to 4 from 5.0 on. */
#define HV_CONNECTION_MESSAGE_OLD	1
#define HV_CONNECTION_MESSAGE		4
/* A channel's bell: this and its relid. */
#define HV_CONNECTION_CHANNEL		0x2000u

struct hv_post_input {
	uint32_t connection;
	uint32_t reserved;
	uint32_t type;			/* HV_MESSAGE_VMBUS */
	uint32_t size;
	uint8_t payload[HV_MESSAGE_PAYLOAD];
};

enum hv_bus_message_type {
	HV_MSG_OFFER = 1,
	HV_MSG_RESCIND_OFFER = 2,
	HV_MSG_REQUEST_OFFERS = 3,
	HV_MSG_ALL_OFFERS_DELIVERED = 4,
	HV_MSG_OPEN = 5,
	HV_MSG_OPEN_RESULT = 6,
	HV_MSG_CLOSE = 7,
	HV_MSG_GPADL_HEADER = 8,
	HV_MSG_GPADL_BODY = 9,
	HV_MSG_GPADL_CREATED = 10,
	HV_MSG_GPADL_TEARDOWN = 11,
	HV_MSG_GPADL_TORNDOWN = 12,
	HV_MSG_RELID_RELEASED = 13,
	HV_MSG_INITIATE_CONTACT = 14,
	HV_MSG_VERSION_RESPONSE = 15,
	HV_MSG_UNLOAD = 16,
	HV_MSG_UNLOAD_RESPONSE = 17,
	HV_MSG_TL_CONNECT_REQUEST = 21,
	HV_MSG_MODIFY_CHANNEL = 22,
	HV_MSG_TL_CONNECT_RESULT = 23,
	HV_MSG_MODIFY_CHANNEL_RESPONSE = 24,
};

/* NTSTATUS values, which VMBus answers with */
#define HV_NT_SUCCESS			0u
#define HV_NT_UNSUCCESSFUL		0xc0000001u
#define HV_NT_INVALID_PARAMETER		0xc000000du
#define HV_NT_UNEXPECTED		0x8000ffffu
#define HV_NT_CONNECTION_REFUSED	0xc0000236u

struct hv_msg {
	uint32_t type;
	uint32_t padding;
};

struct hv_msg_contact {
	struct hv_msg head;
	uint32_t version;
	uint32_t target_vp;
	union {
		uint64_t interrupt_page;	/* before 5.0 */
		struct {
			uint8_t sint;
			uint8_t vtl;		/* from 5.1 on */
			uint16_t reserved;
			uint32_t features;	/* from 6.0 on: what the guest would like */
		} target;
	};
	uint64_t monitor_page[2];
} __packed;

struct hv_msg_contact_client {		/* with HV_FEATURE_CLIENT_ID */
	struct hv_msg_contact contact;
	struct hv_guid client;
} __packed;

#define HV_FEATURE_CLIENT_ID	8u

struct hv_msg_version_response {
	struct hv_msg head;
	uint8_t supported;
	uint8_t connection_state;
	uint16_t padding;
	uint32_t connection;		/* where to post to, from 5.0 on; before, the version */
	uint32_t features;		/* from 6.0 on, if supported: what the guest gets */
} __packed;

#define HV_VERSION_RESPONSE_OLD	offsetof(struct hv_msg_version_response, features)
#define HV_CONNECTION_FAILED	2	/* connection state: unknown failure */

struct hv_msg_offer {
	struct hv_msg head;
	struct hv_guid class;
	struct hv_guid instance;
	uint64_t reserved[2];
	uint16_t flags;
	uint16_t mmio_megabytes;
	uint32_t pipe_type;		/* first of 120 bytes for the device */
	uint8_t user_defined[116];
	uint16_t sub_channel;
	uint16_t reserved2;
	uint32_t relid;
	uint8_t monitor_id;
	uint8_t monitor_allocated;
	uint16_t dedicated_interrupt;
	uint32_t connection;
} __packed;

#define HV_OFFER_NAMED_PIPE	0x10	/* flag */
#define HV_PIPE_MESSAGES	4	/* pipe type */
#define HV_NO_MONITOR		0xff

struct hv_msg_relid {			/* rescind, close, released */
	struct hv_msg head;
	uint32_t relid;
} __packed;

struct hv_msg_gpadl_header {
	struct hv_msg head;
	uint32_t relid;
	uint32_t gpadl;
	uint16_t range_bytes;		/* of all ranges, bodies included */
	uint16_t range_count;
	uint32_t byte_count;		/* the range: bytes, first byte, pages */
	uint32_t byte_offset;		/* u64 page numbers follow */
} __packed;

struct hv_msg_gpadl_body {
	struct hv_msg head;
	uint32_t number;
	uint32_t gpadl;			/* u64 page numbers follow */
} __packed;

struct hv_msg_gpadl {			/* teardown */
	struct hv_msg head;
	uint32_t relid;
	uint32_t gpadl;
} __packed;

struct hv_msg_torndown {
	struct hv_msg head;
	uint32_t gpadl;
} __packed;

struct hv_msg_open {
	struct hv_msg head;
	uint32_t relid;
	uint32_t id;
	uint32_t gpadl;
	uint32_t target_vp;
	uint32_t downstream_page;	/* first page of the ring to the guest */
	uint8_t user_data[120];
} __packed;

struct hv_msg_result {			/* of open (by open id) and of a GPADL (by its handle) */
	struct hv_msg head;
	uint32_t relid;
	uint32_t id;
	uint32_t status;
} __packed;

struct hv_msg_modify {
	struct hv_msg head;
	uint32_t relid;
	uint32_t target_vp;
} __packed;

struct hv_msg_modify_response {
	struct hv_msg head;
	uint32_t relid;
	uint32_t status;
} __packed;

struct hv_msg_tl_connect {
	struct hv_msg head;
	struct hv_guid endpoint;
	struct hv_guid service;
} __packed;

struct hv_msg_tl_result {
	struct hv_msg head;
	struct hv_guid endpoint;
	struct hv_guid service;
	uint32_t status;
} __packed;

static_assert(sizeof(struct hv_post_input) == 256, "post message input");
static_assert(sizeof(struct hv_msg_contact) == 40, "initiate contact");
static_assert(sizeof(struct hv_msg_contact_client) == 56, "initiate contact of a client");
static_assert(sizeof(struct hv_msg_version_response) == 20, "version response");
static_assert(sizeof(struct hv_msg_offer) == 196, "offer");
static_assert(sizeof(struct hv_msg_relid) == 12, "relid");
static_assert(sizeof(struct hv_msg_gpadl_header) == 28, "GPADL header");
static_assert(sizeof(struct hv_msg_gpadl_body) == 16, "GPADL body");
static_assert(sizeof(struct hv_msg_open) == 148, "open");
static_assert(sizeof(struct hv_msg_result) == 20, "result");
static_assert(sizeof(struct hv_msg_tl_connect) == 40, "TL connect");
static_assert(sizeof(struct hv_msg_tl_result) == 44, "TL result");

#endif
