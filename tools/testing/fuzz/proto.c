// SPDX-License-Identifier: GPL-2.0
/*
 * All parsers and encoders of proto/ on any bytes, for libFuzzer.
 *
 * The input is what a host may send, a packet, a body or a string, or what an older
 * daemon may write. Sanitizers see what is read or written past an end; must() holds
 * what is promised.
 */
#include "target.h"

#include <linux/kernel.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/adapter.h"
#include "proto/fcopy.h"
#include "proto/heartbeat.h"
#include "proto/kvp.h"
#include "proto/legacy_fcopy.h"
#include "proto/legacy_kvp.h"
#include "proto/legacy_vss.h"
#include "proto/negotiate.h"
#include "proto/shutdown.h"
#include "proto/timesync.h"
#include "proto/utf16.h"
#include "proto/vss.h"

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	must(memory);
	return memory;
}

/* Memory that ends where the room ends. */
static struct hvic_room new_room(size_t len, u8 fill)
{
	struct hvic_room room = { .data = allocate(len), .len = len };

	memset(room.data, fill, len);
	return room;
}

static bool lies_within(struct hvic_span part, struct hvic_span whole)
{
	return !part.len || (part.data >= whole.data && part.len <= whole.len &&
			     part.data + part.len <= whole.data + whole.len);
}

static void fuzz_negotiate(struct hvic_span body)
{
	static const struct hvic_version ours[] = { { 3, 2 }, { 3, 0 }, { 1, 0 } };
	struct hvic_room room = new_room(body.len, 0);
	struct hvic_version list[8];
	struct hvic_nego_offer offer;
	struct hvic_versions chosen = {};
	size_t len;

	hvic_nego_parse(body, &offer);
	must(lies_within(offer.framework, body) && lies_within(offer.message, body));
	must(hvic_nego_list(offer.message, list, 8) <= offer.message.len / 4);
	if (hvic_nego_select(offer.framework, ours, 3, &chosen.framework) &&
	    hvic_nego_select(offer.message, ours, 3, &chosen.message)) {
		must(chosen.framework.major && chosen.message.major);
		len = hvic_nego_encode(room, &chosen);
		must(len == 16);
	}
	free(room.data);
}

static void fuzz_heartbeat(struct hvic_span body)
{
	struct hvic_room room = new_room(body.len, 0);
	u64 seq;

	if (!hvic_heartbeat_parse(body, &seq))
		must(hvic_heartbeat_encode(room, (struct hvic_version){ 3, 0 }, seq + 1,
					   HVIC_WIRE_APP_HEALTHY) == body.len);
	free(room.data);
}

static void fuzz_shutdown(struct hvic_span body)
{
	struct hvic_shutdown_request req;

	if (!hvic_shutdown_parse(body, &req))
		must(req.action < HVIC_SHUTDOWN_ACTIONS);
	must(lies_within(req.text, body));
}

static void fuzz_timesync(struct hvic_span body)
{
	struct hvic_time_sample sample;
	u16 major;

	for (major = 1; major <= 4; major++) {
		if (!hvic_timesync_parse(body, (struct hvic_version){ major, 0 }, &sample))
			must(sample.host_ns >= 0 && sample.has_reference == (major == 4));
	}
}

/* What was read can be written, and then reads the same. */
static void fuzz_item(struct hvic_span body)
{
	struct hv_ic_kvp_item *item = allocate(sizeof(*item)), *again = allocate(sizeof(*again));
	struct hvic_room room = new_room(body.len, 0);
	int ret = hvic_kvp_decode_item(body, item);
	bool changed = false;

	must(memchr(item->key, 0, sizeof(item->key)));
	must(memchr(item->value, 0, sizeof(item->value)));
	if (!ret && item->type) {
		must(item->key[0]);
		must(hvic_kvp_encode_item(room, HVIC_WIRE_KVP_GET, item->pool, 0, item,
					  &changed) == (int)body.len);
		must(!changed);
		room.data[0] = HVIC_WIRE_KVP_SET;
		must(!hvic_kvp_decode_item((struct hvic_span){ room.data, room.len }, again));
		must(!memcmp(item, again, sizeof(*item)));
	}
	free(item);
	free(again);
	free(room.data);
}

static void fuzz_ip(struct hvic_span body)
{
	struct hv_ic_kvp_ip *ip = allocate(sizeof(*ip)), *again = allocate(sizeof(*again));
	struct hvic_ip_lists *scratch = allocate(sizeof(*scratch));
	struct hvic_room room = new_room(body.len, 0);
	u16 major;

	for (major = 4; major <= 5; major++) {
		struct hvic_version version = { major, 0 };

		if (hvic_kvp_decode_ip(body, version, ip, scratch))
			continue;
		memset(room.data, 0, room.len);
		must(hvic_kvp_encode_ip(room, version, 0, ip->adapter, ip, scratch) ==
		     (int)body.len);
		must(!hvic_kvp_decode_ip((struct hvic_span){ room.data, room.len }, version,
					 again, scratch));
		/* In text a list may be cut where the field ends. */
		must(major == 4 || !memcmp(ip, again, sizeof(*ip)));
	}
	free(ip);
	free(again);
	free(scratch);
	free(room.data);
}

static void fuzz_vss(struct hvic_span body)
{
	struct hv_ic_vss_freeze *freeze = allocate(sizeof(*freeze));
	struct hvic_room room = new_room(body.len, 0);
	enum hvic_wire_vss_op op;

	hvic_vss_decode_freeze(body, freeze);
	must(freeze->n_luns <= HV_IC_VSS_LUNS);
	if (!hvic_vss_parse(body, &op))
		hvic_vss_encode(room, op, HVIC_WIRE_VSS_NO_AUTO_RECOVERY);
	free(freeze);
	free(room.data);
}

static void fuzz_fcopy(struct hvic_span body)
{
	struct hv_ic_fcopy_start *start = allocate(sizeof(*start));
	struct hvic_fcopy_block block;
	enum hvic_wire_fcopy_op op;

	hvic_fcopy_parse(body, &op);
	if (!hvic_fcopy_decode_start(body, start))
		must(start->name[0] && start->path[0]);
	must(memchr(start->name, 0, sizeof(start->name)));
	must(memchr(start->path, 0, sizeof(start->path)));
	hvic_fcopy_decode_write(body, &block);
	must(lies_within(block.data, body) && block.offset + block.data.len <= INT64_MAX);
	free(start);
}

static void fuzz_body(struct hvic_span body)
{
	fuzz_negotiate(body);
	fuzz_heartbeat(body);
	fuzz_shutdown(body);
	fuzz_timesync(body);
	fuzz_item(body);
	fuzz_ip(body);
	fuzz_vss(body);
	fuzz_fcopy(body);
}

/* The envelope: whatever can be answered is, at its length and with nothing stale. */
static void fuzz_packet(struct hvic_span packet)
{
	struct hvic_room reply, body;
	struct hvic_msg msg;
	size_t i;

	hvic_msg_parse(packet, &msg);
	must(lies_within(msg.body, packet));
	if (!hvic_msg_wants_answer(&msg))
		return;

	must(msg.len >= sizeof(struct hvic_wire_header) && msg.len <= packet.len);
	reply = new_room(msg.len, 0xee);
	body = hvic_msg_begin_reply(reply, &msg);
	hvic_msg_end_reply(reply, body.len, hvic_status_from_errno(-EINVAL));
	must(body.len == msg.body.len);
	for (i = sizeof(struct hvic_wire_header); i < reply.len; i++)
		must(!reply.data[i]);
	free(reply.data);
	fuzz_body(msg.body);
}

/* What converts one way converts back to the same. */
static void fuzz_utf16(struct hvic_span in)
{
	struct hvic_room text = new_room(HVIC_UTF8_SIZE(in.len / 2), 0xee);
	struct hvic_room shown = new_room(text.len, 0xee);
	struct hvic_room back = new_room(in.len + 2, 0xee);
	int len = hvic_utf16_to_utf8(in, text);
	size_t shown_len = hvic_utf16_to_utf8_lossy(in, shown);
	bool changed = false;
	size_t units;

	must(len != -E2BIG);
	units = hvic_utf8_to_utf16((struct hvic_span){ shown.data, shown_len }, back, &changed);
	must(!changed && 2 * units <= in.len);
	if (len >= 0) {
		must((size_t)len == shown_len && !memcmp(text.data, shown.data, len + 1));
		must(!memcmp(back.data, in.data, 2 * units));
	}
	free(text.data);
	free(shown.data);
	free(back.data);
}

/* Any bytes become well-formed text, and text stays what it is. */
static void fuzz_utf8(struct hvic_span in)
{
	struct hvic_room units = new_room(2 * in.len + 2, 0xee);
	struct hvic_room narrow = new_room(in.len + 2, 0xee);
	struct hvic_room back = new_room(3 * in.len + 1, 0xee);
	bool changed = false, cut = false;
	size_t n = hvic_utf8_to_utf16(in, units, &changed);
	int len = hvic_utf16_to_utf8((struct hvic_span){ units.data, 2 * n }, back);

	must(len >= 0);
	must(changed || ((size_t)len <= in.len && !memcmp(back.data, in.data, len)));
	n = hvic_utf8_to_utf16(in, narrow, &cut);
	must(2 * n + 2 <= narrow.len && cut >= changed);
	must(hvic_utf16_to_utf8((struct hvic_span){ narrow.data, 2 * n }, back) >= 0);
	free(units.data);
	free(narrow.data);
	free(back.data);
}

/* Any id has one normal form. */
static void fuzz_adapter(struct hvic_span text)
{
	char *id = allocate(HV_IC_KVP_ADAPTER_SIZE), *again = allocate(HV_IC_KVP_ADAPTER_SIZE);
	size_t len = text.len < HV_IC_KVP_ADAPTER_SIZE ? text.len : HV_IC_KVP_ADAPTER_SIZE - 1;

	memcpy(id, text.data, len);
	id[len] = 0;
	hvic_adapter_normalise(id);
	must(strlen(id) < HV_IC_KVP_ADAPTER_SIZE);
	strcpy(again, id);
	hvic_adapter_normalise(again);
	must(!strcmp(id, again));
	hvic_adapter_raise_mac(id);
	hvic_adapter_normalise(id);
	must(!strcmp(id, again));
	free(id);
	free(again);
}

/* An address that reads is written so that it reads the same. */
static void fuzz_address(struct hvic_span text)
{
	struct hv_ic_kvp_address address, again;
	struct hvic_ip_text lists = { text, text, text, text };
	struct hv_ic_kvp_ip *ip = allocate(sizeof(*ip));
	char *formatted = allocate(HVIC_IP_TEXT_SIZE);
	size_t len;

	hvic_ip_from_text(&lists, ip);
	must(ip->n_addresses <= HV_IC_KVP_ADDRESSES && ip->n_gateways <= HV_IC_KVP_GATEWAYS &&
	     ip->n_dns <= HV_IC_KVP_ADDRESSES);
	if (!hvic_ip_parse(text, &address)) {
		len = hvic_ip_format(&address, formatted);
		must(len < HVIC_IP_TEXT_SIZE && formatted[len] == 0);
		must(!hvic_ip_parse((struct hvic_span){ (u8 *)formatted, len }, &again));
		must(!memcmp(&address, &again, sizeof(again)));
	}
	free(ip);
	free(formatted);
}

/* What an older daemon says is told to the host, in words that a host can read. */
static void fuzz_item_of_daemon(const struct hv_ic_kvp_item *item)
{
	struct hvic_room room = new_room(sizeof(struct hvic_wire_kvp_enumerate), 0);
	struct hv_ic_kvp_item *again = allocate(sizeof(*again));
	bool changed = false;

	must(memchr(item->key, 0, sizeof(item->key)));
	must(memchr(item->value, 0, sizeof(item->value)));
	must(hvic_kvp_encode_item(room, HVIC_WIRE_KVP_GET, 0, 0, item, &changed) ==
	     (int)room.len);
	room.data[0] = HVIC_WIRE_KVP_SET;
	must(!hvic_kvp_decode_item((struct hvic_span){ room.data, room.len }, again));
	must(changed || (!strcmp(again->key, item->key) && !strcmp(again->value, item->value)));
	free(again);
	free(room.data);
}

static void fuzz_ip_of_daemon(const struct hv_ic_kvp_ip *ip)
{
	struct hvic_room room = new_room(sizeof(struct hvic_wire_kvp_ip_string), 0);
	struct hvic_ip_lists *scratch = allocate(sizeof(*scratch));
	u16 major;

	must(memchr(ip->adapter, 0, sizeof(ip->adapter)));
	must(ip->n_addresses <= HV_IC_KVP_ADDRESSES && ip->n_gateways <= HV_IC_KVP_GATEWAYS &&
	     ip->n_dns <= HV_IC_KVP_ADDRESSES);
	for (major = 4; major <= 5; major++) {
		int ret = hvic_kvp_encode_ip(room, (struct hvic_version){ major, 0 }, 0,
					     ip->adapter, ip, scratch);

		must(ret == (int)room.len);
	}
	free(scratch);
	free(room.data);
}

static void fuzz_kvp_daemon(struct hvic_span msg)
{
	struct hvic_legacy_answer *answer = allocate(sizeof(*answer));
	static const u32 versions[] = { HVIC_LEGACY_KVP_REGISTER_OLD, HVIC_LEGACY_KVP_REGISTER };
	u32 version;
	size_t i;

	must(hvic_legacy_kvp.greet(msg, &version) != 0);
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		answer->version = versions[i];
		for (answer->op = 0; answer->op <= HV_IC_KVP_SET_IP; answer->op++) {
			int ret = hvic_legacy_kvp.decode(msg, answer);

			must(ret <= 0 || !answer->status);
			if (ret == sizeof(answer->item))
				fuzz_item_of_daemon(&answer->item);
			else if (ret == sizeof(answer->ip))
				fuzz_ip_of_daemon(&answer->ip);
			else
				must(ret <= 0);
		}
	}
	free(answer);
}

/* A record of any bytes is said, or cannot be said. */
static void fuzz_record(const struct hvic_legacy *dialect, struct hvic_span payload, u16 ops)
{
	struct hvic_legacy_record record = { .payload = payload };
	struct hvic_room room = new_room(HVIC_LEGACY_MESSAGE_MAX, 0xee);

	for (record.op = 0; record.op < ops; record.op++) {
		int ret = dialect->encode(room, &record);

		must(ret != 0 && ret <= (int)room.len);
	}
	free(room.data);
}

/* Daemons without a payload say a status alone. */
static void fuzz_daemon(const struct hvic_legacy *dialect, struct hvic_span msg)
{
	struct hvic_legacy_answer *answer = allocate(sizeof(*answer));
	struct hvic_room room = new_room(sizeof(u32), 0xee);
	u32 version;

	if (dialect->greet(msg, &version) > 0)
		must(dialect->consent(room, version) == sizeof(u32));
	if (!dialect->decode(msg, answer))
		must(answer->status <= 0);
	free(answer);
	free(room.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hvic_span input = { .data = data, .len = size };

	fuzz_packet(input);
	fuzz_body(input);
	fuzz_utf16(input);
	fuzz_utf8(input);
	fuzz_address(input);
	fuzz_adapter(input);
	fuzz_kvp_daemon(input);
	fuzz_record(&hvic_legacy_kvp, input, HV_IC_KVP_GET_IP);
	fuzz_record(&hvic_legacy_vss, input, 16);
	fuzz_record(&hvic_legacy_fcopy, input, 16);
	fuzz_daemon(&hvic_legacy_vss, input);
	fuzz_daemon(&hvic_legacy_fcopy, input);
	return 0;
}
