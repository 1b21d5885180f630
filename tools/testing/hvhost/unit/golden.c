// SPDX-License-Identifier: GPL-2.0
/*
 * The golden vectors: what the host asks is what Microsoft's own definitions give, byte for
 * byte, and it understands what they say.
 */
#include "fake_guest.h"

typedef uint8_t u8;
#define __maybe_unused __attribute__((unused))
#include <vectors/golden.h>

static bool heard_vector(const uint8_t *vector, size_t size)
{
	bool same;

	hv_lock(host);
	same = guest.asked_size == WIRE_PIPE_HEADER + size &&
	       !memcmp(guest.asked + WIRE_PIPE_HEADER, vector, size);
	hv_unlock(host);
	return same;
}

#define check_heard(vector)	unit_check(heard_vector(vector, sizeof(vector)), #vector)

static void answer_with(const uint8_t *vector, size_t size)
{
	hv_lock(host);
	guest.vector = vector;
	guest.vector_size = size;
	hv_unlock(host);
}

static void ask(struct ic_request *request)
{
	ic_ask(request);
	ic_request_free(request);
}

static void golden_negotiate(void)
{
	static const struct {
		const struct ic_service *service;
		struct ic_versions messages;
		const uint8_t *vector;
		size_t size;
	} rows[] = {
		{ &ic_kvp, IC_VERSIONS({ 3, 0 }, { 4, 0 }, { 5, 0 }),
		  golden_negotiate_kvp_request, sizeof(golden_negotiate_kvp_request) },
		{ &ic_shutdown, IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 3, 1 }, { 3, 2 }),
		  golden_negotiate_shutdown_request, sizeof(golden_negotiate_shutdown_request) },
		{ &ic_timesync, IC_VERSIONS({ 4, 0 }),
		  golden_negotiate_timesync_request, sizeof(golden_negotiate_timesync_request) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		start(rows[i].service, (struct wire_version) { 9, 0 });
		ic->messages = rows[i].messages;
		unit_check(!ic_negotiate(ic) && heard_vector(rows[i].vector, rows[i].size),
			   "golden NEGOTIATE of %s", rows[i].service->name);
		end();
	}
}

/* This host's beats are longer, as Linux knows them; the golden ones are their beginning. */
static void beat_golden(struct wire_header *answer)
{
	memcpy(answer + 1, golden_heartbeat_response_critical + 20, 16);
}

static void golden_heartbeat(void)
{
	uint32_t state;

	start(&ic_heartbeat, (struct wire_version) { 3, 1 });
	ic->sequence = 0x0102030405060708;
	guest.spoil = beat_golden;
	unit_check(!heartbeat_beat(ic, &state) && state == HEARTBEAT_CRITICAL, "golden beat");
	unit_check(!memcmp(guest.asked + sizeof(struct wire_header),
			   golden_heartbeat_request + 20, 16), "golden_heartbeat_request");
	end();
}

static void golden_shutdown(void)
{
	static const struct {
		struct shutdown_order order;
		const uint8_t *vector;
		const char *name;
	} rows[] = {
		{ { 0, SHUTDOWN_REASON_PLANNED, 0, NULL }, golden_shutdown_off, "off" },
		{ { WIRE_SHUTDOWN_FORCE, SHUTDOWN_REASON_PLANNED, 0, NULL },
		  golden_shutdown_off_force, "off, forced" },
		{ { WIRE_SHUTDOWN_RESTART, SHUTDOWN_REASON_PLANNED, 0, NULL },
		  golden_shutdown_restart, "restart" },
		{ { WIRE_SHUTDOWN_HIBERNATE | WIRE_SHUTDOWN_FORCE, SHUTDOWN_REASON_PLANNED, 0,
		    NULL }, golden_shutdown_hibernate_force, "hibernate, forced" },
		{ { 0, 0x80040001, 300, "Wartung um 17:00, Käthe 🛠" }, golden_shutdown_text,
		  "with a text" },
	};

	start(&ic_shutdown, (struct wire_version) { 3, 2 });
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		shutdown_ask(ic, &rows[i].order);
		unit_check(heard_vector(rows[i].vector, sizeof(golden_shutdown_off)),
			   "golden shutdown: %s", rows[i].name);
	}
	end();
}

static void golden_time(void)
{
	struct timesync_stamp stamp = {
		.time = 134402238001234567, .reference = 0x123456789, .flags = WIRE_TIME_SYNC,
	};
	struct ic_request *request;

	start(&ic_timesync, (struct wire_version) { 4, 0 });
	timesync_send(ic, &stamp);
	check_heard(golden_timesync_4_0_sync);
	stamp.flags = WIRE_TIME_SAMPLE;
	timesync_send(ic, &stamp);
	check_heard(golden_timesync_4_0_sample);
	stamp.leap = 3;
	stamp.stratum = 16;
	timesync_send(ic, &stamp);
	check_heard(golden_timesync_4_0_unsynchronised);
	end();

	start(&ic_timesync, (struct wire_version) { 3, 0 });
	stamp.flags = WIRE_TIME_SYNC;
	request = timesync_request(ic, &stamp);
	((struct wire_time_v1 *)ic_body(request))->round_trip = 1234;
	ask(request);
	check_heard(golden_timesync_3_0_sync);
	end();
}

static void golden_items(void)
{
	uint8_t longest[sizeof(golden_kvp_set_longest)];
	char key[256], value[1024];
	struct kvp_item item;

	start(&ic_kvp, (struct wire_version) { 5, 0 });
	kvp_set(ic, KVP_EXTERNAL, "Größe", "42 € 😀");
	check_heard(golden_kvp_set_string);
	kvp_set_number(ic, KVP_EXTERNAL, "d", WIRE_KVP_DWORD, 0xdeadbeef);
	check_heard(golden_kvp_set_dword);
	kvp_set_number(ic, KVP_EXTERNAL, "q", WIRE_KVP_QWORD, 0x0123456789abcdef);
	check_heard(golden_kvp_set_qword);
	kvp_delete(ic, KVP_EXTERNAL, "Größe");
	check_heard(golden_kvp_delete);
	memset(key, 'k', 255);
	memset(value, 'v', 1023);
	key[255] = '\0';
	value[1023] = '\0';
	kvp_set(ic, KVP_EXTERNAL, key, value);
	memcpy(longest, golden_kvp_set_longest, sizeof(longest));
	for (int i = 0; i < 255; i++)
		longest[36 + 2 * i] = 'k';
	for (int i = 0; i < 1023; i++)
		longest[548 + 2 * i] = 'v';
	unit_check(heard_vector(longest, sizeof(longest)), "golden_kvp_set_longest");

	answer_with(golden_kvp_enumerate_response, sizeof(golden_kvp_enumerate_response));
	unit_check(!kvp_enumerate(ic, KVP_AUTO, 3, &item) && !strcmp(item.key, "OSName") &&
		   !strcmp(item.value, "Debian GNU/Linux 12 (bookworm)"),
		   "golden_kvp_enumerate_response");
	check_heard(golden_kvp_enumerate_request);
	answer_with(golden_kvp_enumerate_end, sizeof(golden_kvp_enumerate_end));
	unit_check(kvp_enumerate(ic, KVP_AUTO, 4, &item) == WIRE_E_NO_MORE_ITEMS,
		   "golden_kvp_enumerate_end");
	kvp_get(ic, KVP_EXTERNAL, "q", &item);
	check_heard(golden_kvp_get);
	end();
}

#define ADAPTER "{00155D01-0203-0000-0000-000000000000}"

static void golden_ip(void)
{
	static const struct kvp_ip wish = {
		.family = WIRE_KVP_IPV4, .address = "172.16.0.9", .subnet = "255.255.0.0",
		.gateway = "172.16.0.1", .dns = "1.1.1.1",
	};
	struct kvp_ip ip;

	start(&ic_kvp, (struct wire_version) { 5, 0 });
	answer_with(golden_kvp_get_ip_response, sizeof(golden_kvp_get_ip_response));
	unit_check(!kvp_get_ip(ic, ADAPTER, &ip) && ip.family == 3 && ip.dhcp,
		   "golden_kvp_get_ip_response");
	check_heard(golden_kvp_get_ip_request);
	unit_check(!strcmp(ip.address, "192.168.1.10;10.0.0.5;2001:db8::1234;"
			   "fe80::215:5dff:fe01:203"), "addresses: %s", ip.address);
	unit_check(!strcmp(ip.subnet, "255.255.255.0;255.240.0.0;64;10"), "subnets: %s", ip.subnet);
	unit_check(!strcmp(ip.gateway, "192.168.1.1;fe80::1"), "gateways: %s", ip.gateway);
	unit_check(!strcmp(ip.dns, "9.9.9.9;149.112.112.112;2620:fe::fe"), "DNS: %s", ip.dns);
	unit_check(!strcmp(ip.origin, "other;static;other;unknown"), "origins: %s", ip.origin);
	answer_with(NULL, 0);
	kvp_set_ip(ic, ADAPTER, &wish);
	check_heard(golden_kvp_set_ip_request);
	end();
}

static void golden_vss(void)
{
	static const uint8_t controller[16] = {
		0x1a, 0x78, 0xb3, 0xf8, 0x82, 0x1e, 0x18, 0x48,
		0xa1, 0xc3, 0x63, 0xd8, 0x06, 0xec, 0x15, 0xbb,
	};
	const struct wire_vss_cluster *cluster;
	struct ic_request *request;
	uint32_t nodes = 0;

	start(&ic_vss, (struct wire_version) { 7, 0 });
	request = vss_request(ic, WIRE_VSS_FREEZE);
	((struct wire_vss_freeze *)ic_body(request))->backup_type = 1;
	((struct wire_vss_freeze *)ic_body(request))->luns = 2;
	for (int i = 0; i < 2; i++) {
		struct wire_vss_lun *lun = &((struct wire_vss_freeze *)ic_body(request))->lun[i];

		lun->bus = WIRE_VSS_LUN_SCSI;
		memcpy(lun->controller, controller, sizeof(controller));
		lun->port = i ? 2 : 0;
		lun->target = i ? 1 : 0;
		lun->lun = i ? 3 : 0;
	}
	ask(request);
	check_heard(golden_vss_freeze_two_disks);

	answer_with(golden_vss_query_cluster, sizeof(golden_vss_query_cluster));
	request = vss_request(ic, WIRE_VSS_CLUSTER);
	cluster = (const void *)(golden_vss_query_cluster + 20);
	unit_check(!vss_cluster(ic, &nodes) && nodes == 3 && cluster->luns == 1 &&
		   cluster->lun[0].lun == 5 && cluster->status[0] == 2 &&
		   cluster->last_move == 134402238001234567, "golden_vss_query_cluster");
	ic_request_free(request);
	end();
}

int main(void)
{
	golden_negotiate();
	golden_heartbeat();
	golden_shutdown();
	golden_time();
	golden_items();
	golden_ip();
	golden_vss();
	return unit_done();
}
