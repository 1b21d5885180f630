// SPDX-License-Identifier: GPL-2.0
/*
 * The dialect of hv_kvp_daemon: see legacy.h.
 *
 * All messages have the length of the longest. Strings are UTF-8; a daemon may
 * leave out the NUL of one that fills its field.
 */
#include "legacy_kvp.h"

#include <linux/errno.h>
#include <linux/kernel.h>

#include "adapter.h"
#include "msg.h"
#include "wire.h"

/* What daemons are told to be the version of the driver. It has no meaning. */
#define DRIVER_VERSION	"3.1"

static int kvp_greet(struct hvic_span msg, u32 *version)
{
	const struct hvic_legacy_kvp_msg *greeting = hvic_span_at(msg, 0, sizeof(*greeting));

	if (!greeting || (greeting->op != HVIC_LEGACY_KVP_REGISTER &&
			  greeting->op != HVIC_LEGACY_KVP_REGISTER_OLD))
		return -EINVAL;
	*version = greeting->op;
	return 1;
}

static int kvp_consent(struct hvic_room room, u32 version)
{
	struct hvic_legacy_kvp_msg *msg = hvic_legacy_begin(room, sizeof(*msg));

	if (!msg)
		return -EMSGSIZE;
	msg->op = version;
	memcpy(msg->driver, DRIVER_VERSION, sizeof(DRIVER_VERSION));
	return sizeof(*msg);
}

/* --- Records for the daemon. -------------------------------------------------------- */

/* These daemons know strings only. */
static bool put_value(struct hvic_legacy_kvp_value *out, const struct hv_ic_kvp_item *item)
{
	char *value = (char *)out->value;

	if (item->type == HV_IC_KVP_U32 || item->type == HV_IC_KVP_U64)
		snprintf(value, sizeof(out->value), "%llu", item->number);
	else if (!hvic_legacy_put_text(out->value, sizeof(out->value), item->value))
		return false;
	out->value_size = strlen(value) + 1;
	return true;
}

static bool put_key(u8 *key, u32 *size, const struct hv_ic_kvp_item *item)
{
	if (!hvic_legacy_put_text(key, HVIC_LEGACY_KVP_KEY_SIZE, item->key))
		return false;
	*size = strlen(item->key) + 1;
	return true;
}

static int encode_item(struct hvic_legacy_kvp_msg *msg, const struct hv_ic_kvp_item *item)
{
	bool fits = true;
	u32 key_size = 0;

	msg->pool = item->pool;
	switch (msg->op) {
	case HV_IC_KVP_GET:
		fits = put_key(msg->item.key, &key_size, item);
		msg->item.key_size = key_size;
		/* So much of the value the daemon copies. */
		msg->item.value_size = sizeof(msg->item.value);
		break;
	case HV_IC_KVP_SET:
		fits = put_key(msg->item.key, &key_size, item) && put_value(&msg->item, item);
		msg->item.key_size = key_size;
		break;
	case HV_IC_KVP_DELETE:
		fits = put_key(msg->delete.key, &key_size, item);
		msg->delete.key_size = key_size;
		break;
	default:
		msg->enumerate.index = item->index;
	}
	return fits ? (int)sizeof(*msg) : -EINVAL;
}

static int encode_ip(struct hvic_legacy_kvp_msg *msg, const struct hv_ic_kvp_ip *ip,
		     struct hvic_ip_lists *scratch)
{
	struct hvic_legacy_kvp_ip *out = &msg->ip;
	u32 i;

	static_assert(sizeof(out->address) >= sizeof(scratch->address));
	static_assert(sizeof(out->subnet) >= sizeof(scratch->subnet));
	static_assert(sizeof(out->gateway) >= sizeof(scratch->gateway));
	static_assert(sizeof(out->dns) >= sizeof(scratch->dns));

	if (!hvic_legacy_put_text(out->adapter, sizeof(out->adapter), ip->adapter))
		return -EINVAL;
	hvic_adapter_raise_mac((char *)out->adapter);
	hvic_ip_to_lists(ip, scratch);
	memcpy(out->address, scratch->address, sizeof(scratch->address));
	memcpy(out->subnet, scratch->subnet, sizeof(scratch->subnet));
	memcpy(out->gateway, scratch->gateway, sizeof(scratch->gateway));
	memcpy(out->dns, scratch->dns, sizeof(scratch->dns));
	for (i = 0; i < ip->n_addresses; i++)
		out->families |= ip->addresses[i].family == 6 ? HVIC_WIRE_KVP_FAMILY_V6 :
								HVIC_WIRE_KVP_FAMILY_V4;
	out->dhcp = ip->dhcp;
	return sizeof(*msg);
}

static int kvp_encode(struct hvic_room room, const struct hvic_legacy_record *record)
{
	struct hvic_legacy_kvp_msg *msg = hvic_legacy_begin(room, sizeof(*msg));
	const void *payload;

	if (!msg)
		return -EMSGSIZE;
	if (record->op > HV_IC_KVP_SET_IP)
		return -EOPNOTSUPP;
	msg->op = record->op;
	if (record->op == HV_IC_KVP_GET_IP || record->op == HV_IC_KVP_SET_IP) {
		payload = hvic_span_at(record->payload, 0, sizeof(struct hv_ic_kvp_ip));
		return payload ? encode_ip(msg, payload, record->scratch) : -EINVAL;
	}
	payload = hvic_span_at(record->payload, 0, sizeof(struct hv_ic_kvp_item));
	return payload ? encode_item(msg, payload) : -EINVAL;
}

/* --- Answers of the daemon. ----------------------------------------------------------- */

static struct hvic_span text_of(const u8 *field, size_t size)
{
	return (struct hvic_span) { .data = field, .len = strnlen((const char *)field, size) };
}

/* @text is zeroed and longer than the daemon's field. */
static void take_text(char *text, const u8 *field, size_t size)
{
	memcpy(text, field, strnlen((const char *)field, size));
}

static int decode_item(const struct hvic_legacy_kvp_value *in, struct hv_ic_kvp_item *item)
{
	static_assert(sizeof(item->key) > sizeof(in->key));
	static_assert(sizeof(item->value) > sizeof(in->value));

	memset(item, 0, sizeof(*item));
	item->type = HV_IC_KVP_STRING;
	take_text(item->key, in->key, sizeof(in->key));
	take_text(item->value, in->value, sizeof(in->value));
	return sizeof(*item);
}

static int decode_ip(const struct hvic_legacy_kvp_ip *in, struct hv_ic_kvp_ip *ip)
{
	const struct hvic_ip_text text = {
		.address = text_of(in->address, sizeof(in->address)),
		.subnet = text_of(in->subnet, sizeof(in->subnet)),
		.gateway = text_of(in->gateway, sizeof(in->gateway)),
		.dns = text_of(in->dns, sizeof(in->dns)),
	};
	u32 i;

	static_assert(sizeof(ip->adapter) > sizeof(in->adapter));

	memset(ip, 0, sizeof(*ip));
	/* A name server's line may hold anything: what is no address is left out. */
	hvic_ip_from_text(&text, ip);
	ip->dhcp = !!in->dhcp;
	/* That is said of IPv4 only. */
	for (i = 0; i < ip->n_addresses; i++)
		if (ip->addresses[i].family == 4)
			ip->addresses[i].origin = ip->dhcp ? HV_IC_KVP_ORIGIN_DYNAMIC :
							     HV_IC_KVP_ORIGIN_STATIC;
	take_text(ip->adapter, in->adapter, sizeof(in->adapter));
	return sizeof(*ip);
}

static int kvp_decode(struct hvic_span msg, struct hvic_legacy_answer *answer)
{
	const struct hvic_legacy_kvp_msg *in = hvic_span_at(msg, 0, sizeof(*in));

	if (!in)
		return -EINVAL;
	/* The first daemons had no status: an empty key was the end. */
	if (answer->version == HVIC_LEGACY_KVP_REGISTER_OLD)
		answer->status = in->enumerate.item.key[0] ? 0 : -ENODATA;
	else
		answer->status = hvic_errno_from_status(in->status);
	if (answer->status)
		return 0;

	switch (answer->op) {
	case HV_IC_KVP_GET:
		return decode_item(&in->item, &answer->item);
	case HV_IC_KVP_ENUMERATE:
		return decode_item(&in->enumerate.item, &answer->item);
	case HV_IC_KVP_GET_IP:
		return decode_ip(&in->ip, &answer->ip);
	default:
		return 0;
	}
}

const struct hvic_legacy hvic_legacy_kvp = {
	.greet = kvp_greet,
	.consent = kvp_consent,
	.encode = kvp_encode,
	.decode = kvp_decode,
};
