// SPDX-License-Identifier: GPL-2.0
/* Messages of somebody else's making: what they say is read, and answered byte for byte. */
#include "helpers.h"

#include "proto/heartbeat.h"
#include "proto/kvp.h"
#include "proto/negotiate.h"
#include "proto/shutdown.h"
#include "proto/timesync.h"
#include "proto/utf16.h"
#include "proto/vss.h"

#include <linux/errno.h>
#include <linux/string.h>

#include "vectors/golden.h"

#define PIPE	8			/* bytes of pipe header, which vectors lack */
#define HEADER	20			/* bytes of IC header */

#define NOW_NS	1795750200123456700LL	/* 2026-11-27 03:30:00.1234567 UTC */

/* The vector as it comes out of the ring, and read as far as every message is alike. */
static struct hvic_msg message_of(struct kunit *test, struct hvic_span vector)
{
	struct hvic_room packet = exact_room(test, PIPE + vector.len, 0);
	struct hvic_msg msg;

	poke32(packet.data, 1);
	poke32(packet.data + 4, vector.len);
	memcpy(packet.data + PIPE, vector.data, vector.len);
	KUNIT_ASSERT_EQ(test, hvic_msg_parse(to_span(packet), &msg), 0);
	return msg;
}

/* The answer to a message, as long as @vector says, with a body that is yet to be written. */
struct reply {
	struct hvic_room packet;
	struct hvic_room body;
};

static struct reply begin_reply(struct kunit *test, const struct hvic_msg *msg)
{
	struct reply reply = { .packet = exact_room(test, msg->len, 0xee) };

	reply.body = hvic_msg_begin_reply(reply.packet, msg);
	return reply;
}

static void expect_reply(struct kunit *test, struct reply reply, size_t body_len, u32 status,
			 struct hvic_span vector)
{
	hvic_msg_end_reply(reply.packet, body_len, status);
	KUNIT_EXPECT_EQ(test, peek32(reply.packet.data), 1);
	expect_bytes(test, "reply",
		     hvic_span_cut(to_span(reply.packet), PIPE, vector.len), vector);
}

/* --- Negotiation. --------------------------------------------------------------- */

static const struct hvic_version framework[] = { { 3, 0 }, { 1, 0 } };
static const struct hvic_version kvp[] = { { 5, 0 }, { 4, 0 }, { 3, 0 }, { 1, 0 } };
static const struct hvic_version shutdown[] = { { 3, 2 }, { 3, 1 }, { 3, 0 }, { 1, 0 } };
static const struct hvic_version timesync[] = { { 4, 0 }, { 3, 0 }, { 1, 0 } };

static const struct negotiate_row {
	const char *desc;
	struct hvic_span request;
	const struct hvic_version *ours;
	size_t n_ours;
	struct hvic_span reply;			/* none if the origin has none */
} negotiate_rows[] = {
	{ "data exchange", SPAN(golden_negotiate_kvp_request), kvp, ARRAY_SIZE(kvp),
	  SPAN(golden_negotiate_kvp_response) },
	{ "shutdown", SPAN(golden_negotiate_shutdown_request), shutdown,
	  ARRAY_SIZE(shutdown), {} },
	{ "time", SPAN(golden_negotiate_timesync_request), timesync,
	  ARRAY_SIZE(timesync), {} },
};

ROWS(negotiate);

static void negotiates(struct kunit *test)
{
	const struct negotiate_row *row = test->param_value;
	struct hvic_msg msg = message_of(test, row->request);
	struct reply reply = begin_reply(test, &msg);
	struct hvic_nego_offer offer;
	struct hvic_versions chosen;

	KUNIT_EXPECT_EQ(test, msg.type, HVIC_WIRE_NEGOTIATE);
	KUNIT_ASSERT_EQ(test, hvic_nego_parse(msg.body, &offer), 0);
	KUNIT_ASSERT_TRUE(test, hvic_nego_select(offer.framework, framework,
						 ARRAY_SIZE(framework), &chosen.framework));
	KUNIT_ASSERT_TRUE(test, hvic_nego_select(offer.message, row->ours, row->n_ours,
						 &chosen.message));
	KUNIT_EXPECT_EQ(test, chosen.framework.major, 3);
	KUNIT_EXPECT_EQ(test, chosen.message.major, row->ours[0].major);
	KUNIT_EXPECT_EQ(test, chosen.message.minor, row->ours[0].minor);
	expect_reply(test, reply, hvic_nego_encode(reply.body, &chosen), 0, row->reply);
}

/* --- Heartbeat. ------------------------------------------------------------------- */

static const struct beat_row {
	const char *desc;
	enum hvic_wire_app_state state;
	struct hvic_span reply;
} beat_rows[] = {
	{ "healthy", HVIC_WIRE_APP_HEALTHY, SPAN(golden_heartbeat_response_healthy) },
	{ "critical", HVIC_WIRE_APP_CRITICAL, SPAN(golden_heartbeat_response_critical) },
	{ "stopped", HVIC_WIRE_APP_STOPPED, SPAN(golden_heartbeat_response_stopped) },
};

ROWS(beat);

static void beats(struct kunit *test)
{
	const struct beat_row *row = test->param_value;
	struct hvic_msg msg = message_of(test, (struct hvic_span)SPAN(golden_heartbeat_request));
	struct reply reply = begin_reply(test, &msg);
	size_t len;
	u64 seq;

	KUNIT_EXPECT_EQ(test, msg.type, HVIC_WIRE_HEARTBEAT);
	KUNIT_ASSERT_EQ(test, hvic_heartbeat_parse(msg.body, &seq), 0);
	KUNIT_EXPECT_EQ(test, seq, 0x0102030405060708);
	len = hvic_heartbeat_encode(reply.body, msg.message, seq + 1, row->state);
	expect_reply(test, reply, len, 0, row->reply);
}

/* --- Shutdown. --------------------------------------------------------------------- */

static const struct stop_row {
	const char *desc;
	struct hvic_span request;
	enum hvic_shutdown_action action;
	bool force;
	u32 reason;
	u32 timeout;
	const char *text;
} stop_rows[] = {
	{ "power off", SPAN(golden_shutdown_off), HVIC_SHUTDOWN_POWEROFF, false, 0x80000000, 0,
	  "" },
	{ "power off, forced", SPAN(golden_shutdown_off_force), HVIC_SHUTDOWN_POWEROFF, true,
	  0x80000000, 0, "" },
	{ "restart", SPAN(golden_shutdown_restart), HVIC_SHUTDOWN_REBOOT, false, 0x80000000, 0,
	  "" },
	{ "hibernate, forced", SPAN(golden_shutdown_hibernate_force), HVIC_SHUTDOWN_HIBERNATE,
	  true, 0x80000000, 0, "" },
	{ "with a text", SPAN(golden_shutdown_text), HVIC_SHUTDOWN_POWEROFF, false, 0x80040001,
	  300, "Wartung um 17:00, K\xc3\xa4the \xf0\x9f\x9b\xa0" },
};

ROWS(stop);

static void stops(struct kunit *test)
{
	const struct stop_row *row = test->param_value;
	struct hvic_msg msg = message_of(test, row->request);
	struct hvic_shutdown_request req;
	char text[64] = "";

	KUNIT_EXPECT_EQ(test, msg.type, HVIC_WIRE_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, msg.message.minor, 2);
	KUNIT_ASSERT_EQ(test, hvic_shutdown_parse(msg.body, &req), 0);
	KUNIT_EXPECT_EQ(test, req.action, row->action);
	KUNIT_EXPECT_EQ(test, req.force, row->force);
	KUNIT_EXPECT_EQ(test, req.reason, row->reason);
	KUNIT_EXPECT_EQ(test, req.timeout, row->timeout);
	hvic_utf16_to_utf8(req.text, (struct hvic_room){ (u8 *)text, sizeof(text) - 1 });
	KUNIT_EXPECT_STREQ(test, text, row->text);
}

/* --- Time. ------------------------------------------------------------------------- */

static const struct time_row {
	const char *desc;
	struct hvic_span request;
	struct hvic_time_sample want;
} time_rows[] = {
	{ "sync", SPAN(golden_timesync_4_0_sync),
	  { NOW_NS, true, 0x123456789, .sync = true } },
	{ "sample", SPAN(golden_timesync_4_0_sample),
	  { NOW_NS, true, 0x123456789, .sample = true } },
	{ "not synchronised", SPAN(golden_timesync_4_0_unsynchronised),
	  { NOW_NS, true, 0x123456789, .sample = true, .leap = 3, .stratum = 16 } },
	{ "before 4.0", SPAN(golden_timesync_3_0_sync), { NOW_NS, .sync = true } },
};

ROWS(time);

static void tells_time(struct kunit *test)
{
	const struct time_row *row = test->param_value;
	struct hvic_msg msg = message_of(test, row->request);
	struct hvic_time_sample got;

	KUNIT_EXPECT_EQ(test, msg.type, HVIC_WIRE_TIMESYNC);
	KUNIT_ASSERT_EQ(test, hvic_timesync_parse(msg.body, msg.message, &got), 0);
	KUNIT_EXPECT_EQ(test, got.host_ns, row->want.host_ns);
	KUNIT_EXPECT_EQ(test, got.has_reference, row->want.has_reference);
	KUNIT_EXPECT_EQ(test, got.reference, row->want.reference);
	KUNIT_EXPECT_EQ(test, got.sync, row->want.sync);
	KUNIT_EXPECT_EQ(test, got.sample, row->want.sample);
	KUNIT_EXPECT_EQ(test, got.leap, row->want.leap);
	KUNIT_EXPECT_EQ(test, got.stratum, row->want.stratum);
}

/* --- Data exchange. ----------------------------------------------------------------- */

static const struct item_row {
	const char *desc;
	struct hvic_span request;
	enum hvic_wire_kvp_op op;
	struct hv_ic_kvp_item want;
} item_rows[] = {
	{ "set a string", SPAN(golden_kvp_set_string), HVIC_WIRE_KVP_SET,
	  { .type = HV_IC_KVP_STRING, .key = "Gr\303\266\303\237e",
	    .value = "42 \xe2\x82\xac \xf0\x9f\x98\x80" } },
	{ "set 32 bits", SPAN(golden_kvp_set_dword), HVIC_WIRE_KVP_SET,
	  { .type = HV_IC_KVP_U32, .number = 0xdeadbeef, .key = "d" } },
	{ "set 64 bits", SPAN(golden_kvp_set_qword), HVIC_WIRE_KVP_SET,
	  { .type = HV_IC_KVP_U64, .number = 0x0123456789abcdef, .key = "q" } },
	{ "get", SPAN(golden_kvp_get), HVIC_WIRE_KVP_GET, { .key = "q" } },
	{ "delete", SPAN(golden_kvp_delete), HVIC_WIRE_KVP_DELETE,
	  { .key = "Gr\303\266\303\237e" } },
	{ "enumerate", SPAN(golden_kvp_enumerate_request), HVIC_WIRE_KVP_ENUMERATE,
	  { .pool = HVIC_WIRE_KVP_AUTO, .index = 3 } },
};

ROWS(item);

static struct hv_ic_kvp_item *read_item(struct kunit *test, struct hvic_span vector,
					enum hvic_wire_kvp_op want)
{
	struct hv_ic_kvp_item *item = kunit_kzalloc(test, sizeof(*item), GFP_KERNEL);
	struct hvic_msg msg = message_of(test, vector);
	enum hvic_wire_kvp_op op;
	u8 pool;

	KUNIT_ASSERT_NOT_NULL(test, item);
	KUNIT_EXPECT_EQ(test, msg.type, HVIC_WIRE_KVP);
	KUNIT_ASSERT_EQ(test, hvic_kvp_parse(msg.body, &op, &pool), 0);
	KUNIT_EXPECT_EQ(test, op, want);
	KUNIT_ASSERT_EQ(test, hvic_kvp_decode_item(msg.body, item), 0);
	KUNIT_EXPECT_EQ(test, item->pool, pool);
	return item;
}

static void reads_item(struct kunit *test)
{
	const struct item_row *row = test->param_value;
	struct hv_ic_kvp_item *item = read_item(test, row->request, row->op);

	KUNIT_EXPECT_EQ(test, item->pool, row->want.pool);
	KUNIT_EXPECT_EQ(test, item->index, row->want.index);
	KUNIT_EXPECT_EQ(test, item->type, row->want.type);
	KUNIT_EXPECT_EQ(test, item->number, row->want.number);
	KUNIT_EXPECT_STREQ(test, item->key, row->want.key);
	KUNIT_EXPECT_STREQ(test, item->value, row->want.value);
}

static void reads_longest_item(struct kunit *test)
{
	struct hvic_room vector = exact_room(test, sizeof(golden_kvp_set_longest), 0);
	struct hv_ic_kvp_item *item;
	size_t i;

	memcpy(vector.data, golden_kvp_set_longest, vector.len);
	for (i = 0; i < 255; i++)
		vector.data[36 + 2 * i] = 'k';
	for (i = 0; i < 1023; i++)
		vector.data[548 + 2 * i] = 'v';
	item = read_item(test, to_span(vector), HVIC_WIRE_KVP_SET);

	KUNIT_EXPECT_EQ(test, strlen(item->key), 255);
	KUNIT_EXPECT_EQ(test, strlen(item->value), 1023);
	KUNIT_EXPECT_EQ(test, item->key[254], 'k');
	KUNIT_EXPECT_EQ(test, item->value[1022], 'v');
}

static void enumerates(struct kunit *test)
{
	static const struct hv_ic_kvp_item found = {
		.type = HV_IC_KVP_STRING, .key = "OSName",
		.value = "Debian GNU/Linux 12 (bookworm)",
	};
	struct hvic_msg msg = message_of(test,
					 (struct hvic_span)SPAN(golden_kvp_enumerate_request));
	struct reply reply = begin_reply(test, &msg);
	bool changed = false;
	int len;

	len = hvic_kvp_encode_item(reply.body, HVIC_WIRE_KVP_ENUMERATE, HVIC_WIRE_KVP_AUTO, 3,
				   &found, &changed);
	KUNIT_ASSERT_EQ(test, len, 2580);
	KUNIT_EXPECT_FALSE(test, changed);
	expect_reply(test, reply, len, 0, (struct hvic_span)SPAN(golden_kvp_enumerate_response));
}

/* --- Addresses. --------------------------------------------------------------------- */

#define ADAPTER	"{00155D01-0203-0000-0000-000000000000}"

struct addresses {
	struct hv_ic_kvp_ip ip;
	struct hvic_ip_lists scratch;
};

static struct addresses *new_addresses(struct kunit *test)
{
	struct addresses *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, a);
	return a;
}

static void sets_ip(struct kunit *test)
{
	static const u8 address[] = { 172, 16, 0, 9 }, gateway[] = { 172, 16, 0, 1 },
			dns[] = { 1, 1, 1, 1 };
	struct hvic_msg msg = message_of(test, (struct hvic_span)SPAN(golden_kvp_set_ip_request));
	struct addresses *a = new_addresses(test);

	KUNIT_ASSERT_EQ(test, hvic_kvp_decode_ip(msg.body, msg.message, &a->ip, &a->scratch), 0);
	KUNIT_EXPECT_STREQ(test, a->ip.adapter, ADAPTER);
	KUNIT_EXPECT_EQ(test, a->ip.dhcp, 0);
	KUNIT_ASSERT_EQ(test, a->ip.n_addresses, 1);
	KUNIT_ASSERT_EQ(test, a->ip.n_gateways, 1);
	KUNIT_ASSERT_EQ(test, a->ip.n_dns, 1);
	KUNIT_EXPECT_EQ(test, a->ip.addresses[0].family, 4);
	KUNIT_EXPECT_EQ(test, a->ip.addresses[0].prefix, 16);
	KUNIT_EXPECT_EQ(test, memcmp(a->ip.addresses[0].bytes, address, 4), 0);
	KUNIT_EXPECT_EQ(test, memcmp(a->ip.gateways[0].bytes, gateway, 4), 0);
	KUNIT_EXPECT_EQ(test, memcmp(a->ip.dns[0].bytes, dns, 4), 0);
}

static void gets_ip(struct kunit *test)
{
	static const struct hv_ic_kvp_ip want = {
		.dhcp = 1,
		.n_addresses = 4,
		.n_gateways = 2,
		.n_dns = 3,
		.addresses = {
			{ 4, 24, HV_IC_KVP_ORIGIN_DYNAMIC, 0, { 192, 168, 1, 10 } },
			{ 4, 12, HV_IC_KVP_ORIGIN_STATIC, 0, { 10, 0, 0, 5 } },
			{ 6, 64, HV_IC_KVP_ORIGIN_DYNAMIC, 0,
			  { 0x20, 0x01, 0x0d, 0xb8, [14] = 0x12, 0x34 } },
			{ 6, 10, HV_IC_KVP_ORIGIN_UNKNOWN, 0,
			  { 0xfe, 0x80, [8] = 0x02, 0x15, 0x5d, 0xff, 0xfe, 0x01, 0x02, 0x03 } },
		},
		.gateways = {
			{ 4, .bytes = { 192, 168, 1, 1 } },
			{ 6, .bytes = { 0xfe, 0x80, [15] = 1 } },
		},
		.dns = {
			{ 4, .bytes = { 9, 9, 9, 9 } },
			{ 4, .bytes = { 149, 112, 112, 112 } },
			{ 6, .bytes = { 0x26, 0x20, 0x00, 0xfe, [15] = 0xfe } },
		},
	};
	struct hvic_msg msg = message_of(test, (struct hvic_span)SPAN(golden_kvp_get_ip_request));
	struct reply reply = begin_reply(test, &msg);
	struct addresses *a = new_addresses(test);
	int len;

	KUNIT_ASSERT_EQ(test, hvic_kvp_decode_ip(msg.body, msg.message, &a->ip, &a->scratch), 0);
	KUNIT_EXPECT_STREQ(test, a->ip.adapter, ADAPTER);
	len = hvic_kvp_encode_ip(reply.body, msg.message, HVIC_WIRE_KVP_GUEST, a->ip.adapter,
				 &want, &a->scratch);
	KUNIT_ASSERT_EQ(test, len, 7428);
	expect_reply(test, reply, len, 0, (struct hvic_span)SPAN(golden_kvp_get_ip_response));
}

/* --- Backup. ------------------------------------------------------------------------- */

static void freezes(struct kunit *test)
{
	static const u8 controller[16] = {
		0x1a, 0x78, 0xb3, 0xf8, 0x82, 0x1e, 0x18, 0x48,
		0xa1, 0xc3, 0x63, 0xd8, 0x06, 0xec, 0x15, 0xbb,
	};
	struct hvic_msg msg = message_of(test, (struct hvic_span)SPAN(golden_vss_freeze_two_disks));
	struct hv_ic_vss_freeze *freeze = kunit_kzalloc(test, sizeof(*freeze), GFP_KERNEL);
	enum hvic_wire_vss_op op;

	KUNIT_ASSERT_NOT_NULL(test, freeze);
	KUNIT_ASSERT_EQ(test, hvic_vss_parse(msg.body, &op), 0);
	KUNIT_EXPECT_EQ(test, op, HVIC_WIRE_VSS_FREEZE);
	KUNIT_ASSERT_EQ(test, hvic_vss_decode_freeze(msg.body, freeze), 0);
	KUNIT_EXPECT_EQ(test, freeze->backup_type, 1);
	KUNIT_ASSERT_EQ(test, freeze->n_luns, 2);
	KUNIT_EXPECT_EQ(test, freeze->luns[0].bus, 1);
	KUNIT_EXPECT_EQ(test, freeze->luns[0].port, 0);
	KUNIT_EXPECT_EQ(test, freeze->luns[1].port, 2);
	KUNIT_EXPECT_EQ(test, freeze->luns[1].target, 1);
	KUNIT_EXPECT_EQ(test, freeze->luns[1].lun, 3);
	KUNIT_EXPECT_EQ(test, memcmp(freeze->luns[1].controller, controller, 16), 0);
}

static void recovers(struct kunit *test)
{
	struct hvic_msg msg = message_of(test, (struct hvic_span)SPAN(golden_vss_auto_recover));
	enum hvic_wire_vss_op op;

	KUNIT_ASSERT_EQ(test, hvic_vss_parse(msg.body, &op), 0);
	KUNIT_EXPECT_EQ(test, op, HVIC_WIRE_VSS_AUTO_RECOVER);
}

static struct kunit_case golden_cases[] = {
	KUNIT_CASE_PARAM(negotiates, negotiate_gen_params),
	KUNIT_CASE_PARAM(beats, beat_gen_params),
	KUNIT_CASE_PARAM(stops, stop_gen_params),
	KUNIT_CASE_PARAM(tells_time, time_gen_params),
	KUNIT_CASE_PARAM(reads_item, item_gen_params),
	KUNIT_CASE(reads_longest_item),
	KUNIT_CASE(enumerates),
	KUNIT_CASE(sets_ip),
	KUNIT_CASE(gets_ip),
	KUNIT_CASE(freezes),
	KUNIT_CASE(recovers),
	{}
};

static struct kunit_suite golden_suite = {
	.name = "hv_ic_golden",
	.test_cases = golden_cases,
};

kunit_test_suite(golden_suite);
