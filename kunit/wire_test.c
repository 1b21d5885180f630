// SPDX-License-Identifier: GPL-2.0
/*
 * Layouts, compared with the numbers of the documented protocol. They are written
 * out again here, so that a change of a struct has to be made in two places.
 */
#include "helpers.h"

#include "proto/wire.h"

#include <linux/string.h>

#define SIZE(name, size)	{ #name, sizeof(struct hvic_wire_##name), size }
#define AT(name, member, offset) \
	{ #name "." #member, offsetof(struct hvic_wire_##name, member), offset }
#define LENGTH(what, size)	{ #what, HVIC_WIRE_##what, size }

static const struct layout_row {
	const char *desc;
	size_t is;
	size_t want;
} layout_rows[] = {
	SIZE(desc, 16),
	AT(desc, type, 0), AT(desc, offset8, 2), AT(desc, len8, 4), AT(desc, flags, 6),
	AT(desc, xid, 8),
	SIZE(pipe, 8),
	AT(pipe, type, 0), AT(pipe, size, 4),
	SIZE(version, 4),
	AT(version, major, 0), AT(version, minor, 2),
	SIZE(ic, 20),
	SIZE(header, 28),
	AT(header, ic.framework, 8), AT(header, ic.type, 12), AT(header, ic.message, 14),
	AT(header, ic.size, 18), AT(header, ic.status, 20), AT(header, ic.transaction, 24),
	AT(header, ic.flags, 25), AT(header, ic.reserved, 26),
	LENGTH(MESSAGE_MAX, 13312),

	SIZE(negotiate, 8),
	AT(negotiate, n_framework, 0), AT(negotiate, n_message, 2),
	AT(negotiate, versions[0], 8), AT(negotiate, versions[1], 12),

	SIZE(heartbeat, 40),
	AT(heartbeat, seq, 0), AT(heartbeat, app_state, 8),
	LENGTH(HEARTBEAT_MIN, 8),

	SIZE(shutdown, 2060),
	AT(shutdown, reason, 0), AT(shutdown, timeout, 4), AT(shutdown, flags, 8),
	AT(shutdown, text, 12),
	LENGTH(SHUTDOWN_MIN, 12),

	SIZE(timesync_v1, 28),
	AT(timesync_v1, parent_time, 0), AT(timesync_v1, child_time, 8),
	AT(timesync_v1, round_trip, 16), AT(timesync_v1, flags, 24),
	LENGTH(TIMESYNC_V1_MIN, 25),
	SIZE(timesync_v4, 24),
	AT(timesync_v4, parent_time, 0), AT(timesync_v4, reference_time, 8),
	AT(timesync_v4, flags, 16), AT(timesync_v4, leap, 17), AT(timesync_v4, stratum, 18),
	LENGTH(TIMESYNC_V4_MIN, 19),

	SIZE(kvp_header, 2),
	AT(kvp_header, op, 0), AT(kvp_header, pool, 1),
	SIZE(kvp_value, 2572),
	AT(kvp_value, type, 0), AT(kvp_value, key_size, 4), AT(kvp_value, value_size, 8),
	AT(kvp_value, key, 12), AT(kvp_value, value, 524),
	SIZE(kvp_item, 2576),
	AT(kvp_item, item.type, 4), AT(kvp_item, item.key_size, 8),
	AT(kvp_item, item.value_size, 12), AT(kvp_item, item.key, 16),
	AT(kvp_item, item.value, 528),
	SIZE(kvp_delete, 520),
	AT(kvp_delete, key_size, 4), AT(kvp_delete, key, 8),
	SIZE(kvp_enumerate, 2580),
	AT(kvp_enumerate, index, 4), AT(kvp_enumerate, item.type, 8),
	AT(kvp_enumerate, item.key_size, 12), AT(kvp_enumerate, item.value_size, 16),
	AT(kvp_enumerate, item.key, 20), AT(kvp_enumerate, item.value, 532),
	SIZE(kvp_ip_string, 7428),
	AT(kvp_ip_string, adapter, 2), AT(kvp_ip_string, family, 258),
	AT(kvp_ip_string, dhcp, 259), AT(kvp_ip_string, address, 260),
	AT(kvp_ip_string, subnet, 2308), AT(kvp_ip_string, gateway, 4356),
	AT(kvp_ip_string, dns, 5380),
	SIZE(kvp_ip_binary, 3716),
	AT(kvp_ip_binary, n_v4_address, 4), AT(kvp_ip_binary, n_v6_address, 8),
	AT(kvp_ip_binary, n_v4_gateway, 12), AT(kvp_ip_binary, n_v6_gateway, 16),
	AT(kvp_ip_binary, n_v4_dns, 20), AT(kvp_ip_binary, n_v6_dns, 24),
	AT(kvp_ip_binary, adapter, 28), AT(kvp_ip_binary, family, 284),
	AT(kvp_ip_binary, dhcp, 285), AT(kvp_ip_binary, v4_address, 288),
	AT(kvp_ip_binary, v6_address, 544), AT(kvp_ip_binary, v4_subnet, 1568),
	AT(kvp_ip_binary, v6_prefix, 1824), AT(kvp_ip_binary, v4_gateway, 2080),
	AT(kvp_ip_binary, v6_gateway, 2100), AT(kvp_ip_binary, v4_dns, 2180),
	AT(kvp_ip_binary, v6_dns, 2436), AT(kvp_ip_binary, origin, 3460),

	SIZE(vss_header, 8),
	AT(vss_header, op, 0),
	SIZE(vss_flags, 12),
	AT(vss_flags, flags, 8),
	SIZE(vss_lun, 24),
	AT(vss_lun, bus, 0), AT(vss_lun, controller, 4), AT(vss_lun, port, 20),
	AT(vss_lun, target, 21), AT(vss_lun, lun, 22),
	SIZE(vss_freeze, 6260),
	AT(vss_freeze, backup_type, 8), AT(vss_freeze, flags, 12),
	AT(vss_freeze, n_luns, 16), AT(vss_freeze, luns, 20),
	LENGTH(VSS_FREEZE_MIN, 20),
	SIZE(vss_auto_recover, 12500),
	AT(vss_auto_recover, shadow_luns, 6260),
	SIZE(vss_cluster, 7320),
	AT(vss_cluster, cluster, 8), AT(vss_cluster, size, 24), AT(vss_cluster, n_luns, 28),
	AT(vss_cluster, luns, 32), AT(vss_cluster, status, 6272),
	AT(vss_cluster, last_move, 7312),

	SIZE(fcopy_header, 36),
	AT(fcopy_header, op, 0), AT(fcopy_header, service, 4), AT(fcopy_header, session, 20),
	SIZE(fcopy_start, 1088),
	AT(fcopy_start, name, 36), AT(fcopy_start, path, 556), AT(fcopy_start, flags, 1076),
	AT(fcopy_start, size, 1080),
	SIZE(fcopy_write, 6196),
	AT(fcopy_write, offset, 40), AT(fcopy_write, size, 48), AT(fcopy_write, data, 52),
	LENGTH(FCOPY_WRITE_MIN, 52),
};

ROWS(layout);

static void layout(struct kunit *test)
{
	const struct layout_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, row->is, row->want);
}

/* As text; in memory the first three groups are little endian. */
static const struct guid_row {
	const char *desc;
	guid_t is;
	u8 want[16];
} guid_rows[] = {
	{ "heartbeat, 57164f39-9115-4e78-ab55-382f3bd5422d", HVIC_GUID_HEARTBEAT,
	  { 0x39, 0x4f, 0x16, 0x57, 0x15, 0x91, 0x78, 0x4e,
	    0xab, 0x55, 0x38, 0x2f, 0x3b, 0xd5, 0x42, 0x2d } },
	{ "shutdown, 0e0b6031-5213-4934-818b-38d90ced39db", HVIC_GUID_SHUTDOWN,
	  { 0x31, 0x60, 0x0b, 0x0e, 0x13, 0x52, 0x34, 0x49,
	    0x81, 0x8b, 0x38, 0xd9, 0x0c, 0xed, 0x39, 0xdb } },
	{ "timesync, 9527e630-d0ae-497b-adce-e80ab0175caf", HVIC_GUID_TIMESYNC,
	  { 0x30, 0xe6, 0x27, 0x95, 0xae, 0xd0, 0x7b, 0x49,
	    0xad, 0xce, 0xe8, 0x0a, 0xb0, 0x17, 0x5c, 0xaf } },
	{ "KVP, a9a0f4e7-5a45-4d96-b827-8a841e8c03e6", HVIC_GUID_KVP,
	  { 0xe7, 0xf4, 0xa0, 0xa9, 0x45, 0x5a, 0x96, 0x4d,
	    0xb8, 0x27, 0x8a, 0x84, 0x1e, 0x8c, 0x03, 0xe6 } },
	{ "VSS, 35fa2e29-ea23-4236-96ae-3a6ebacba440", HVIC_GUID_VSS,
	  { 0x29, 0x2e, 0xfa, 0x35, 0x23, 0xea, 0x36, 0x42,
	    0x96, 0xae, 0x3a, 0x6e, 0xba, 0xcb, 0xa4, 0x40 } },
	{ "file copy, 34d14be3-dee4-41c8-9ae7-6b174977c192", HVIC_GUID_FCOPY,
	  { 0xe3, 0x4b, 0xd1, 0x34, 0xe4, 0xde, 0xc8, 0x41,
	    0x9a, 0xe7, 0x6b, 0x17, 0x49, 0x77, 0xc1, 0x92 } },
};

ROWS(guid);

static void guid(struct kunit *test)
{
	const struct guid_row *row = test->param_value;

	expect_bytes(test, "GUID", (struct hvic_span)SPAN(row->is.b),
		     (struct hvic_span)SPAN(row->want));
}

static const struct number_row {
	const char *desc;
	u32 is;
	u32 want;
} number_rows[] = {
	{ "in-band packet", HVIC_WIRE_DESC_INBAND, 6 },
	{ "pipe data", HVIC_WIRE_PIPE_DATA, 1 },
	{ "transaction", HVIC_WIRE_TRANSACTION, 1 },
	{ "request", HVIC_WIRE_REQUEST, 2 },
	{ "response", HVIC_WIRE_RESPONSE, 4 },
	{ "type of negotiate", HVIC_WIRE_NEGOTIATE, 0 },
	{ "type of heartbeat", HVIC_WIRE_HEARTBEAT, 1 },
	{ "type of KVP", HVIC_WIRE_KVP, 2 },
	{ "type of shutdown", HVIC_WIRE_SHUTDOWN, 3 },
	{ "type of timesync", HVIC_WIRE_TIMESYNC, 4 },
	{ "type of VSS", HVIC_WIRE_VSS, 5 },
	{ "type of file copy", HVIC_WIRE_FCOPY, 7 },
	{ "shutdown, force", HVIC_WIRE_SHUTDOWN_FORCE, 1 },
	{ "shutdown, restart", HVIC_WIRE_SHUTDOWN_RESTART, 2 },
	{ "shutdown, hibernate", HVIC_WIRE_SHUTDOWN_HIBERNATE, 4 },
	{ "time, sync", HVIC_WIRE_TIME_SYNC, 1 },
	{ "time, sample", HVIC_WIRE_TIME_SAMPLE, 2 },
};

ROWS(number);

static void number(struct kunit *test)
{
	const struct number_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, row->is, row->want);
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE_PARAM(layout, layout_gen_params),
	KUNIT_CASE_PARAM(guid, guid_gen_params),
	KUNIT_CASE_PARAM(number, number_gen_params),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "hv_ic_wire",
	.test_cases = wire_cases,
};

kunit_test_suite(wire_suite);
