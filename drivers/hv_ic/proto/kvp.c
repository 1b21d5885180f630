// SPDX-License-Identifier: GPL-2.0
/*
 * Data exchange messages.
 *
 * The host gives every size in them, so each is compared with its field and with
 * the message. An answer must be exact: a host that finds an odd size, a missing NUL
 * or a lone surrogate closes the channel for good.
 */
#include "kvp.h"

#include <linux/errno.h>
#include <linux/string.h>

#include <asm/byteorder.h>

#include "utf16.h"

/* Since this version addresses are numbers on the wire, before it they were text. */
#define BINARY_IP_MAJOR	5

/**
 * hvic_kvp_parse() - what does this message want, and of which pool?
 * @body: of the message
 * @op: set on success only
 * @pool: set on success only
 *
 * Return: 0, or
 * * %-EBADMSG - too short
 * * %-EOPNOTSUPP - no such operation, or not a pool on the wire
 */
int hvic_kvp_parse(struct hvic_span body, enum hvic_wire_kvp_op *op, u8 *pool)
{
	const struct hvic_wire_kvp_header *wire = hvic_span_at(body, 0, sizeof(*wire));

	if (!wire)
		return -EBADMSG;
	if (wire->op > HVIC_WIRE_KVP_SET_IP_INFO || wire->pool > HVIC_WIRE_KVP_AUTO_EXTERNAL)
		return -EOPNOTSUPP;
	*op = wire->op;
	*pool = wire->pool;
	return 0;
}

/* --- Strings: @size is in bytes and counts the NUL. ----------------------------- */

static int decode_string(const void *field, size_t field_size, u32 size, char *out,
			 size_t out_size)
{
	const struct hvic_span units = { .data = field, .len = size };
	const struct hvic_room room = { .data = (u8 *)out, .len = out_size };
	const u8 *nul;
	int ret;

	if (size > field_size || size % 2)
		return -EINVAL;
	if (!size) {
		out[0] = 0;
		return 0;
	}
	nul = hvic_span_at(units, size - 2, 2);
	if (nul[0] || nul[1])
		return -EINVAL;
	ret = hvic_utf16_to_utf8(units, room);
	return ret < 0 ? ret : 0;
}

/* Returns the size. */
static u32 encode_string(const char *text, size_t text_size, void *field, size_t field_size,
			 bool *changed)
{
	const struct hvic_span in = { .data = (const u8 *)text, .len = text_size };
	const struct hvic_room out = { .data = field, .len = field_size };

	return (hvic_utf8_to_utf16(in, out, changed) + 1) * 2;
}

static int decode_key(const void *field, u32 size, struct hv_ic_kvp_item *item)
{
	int ret = decode_string(field, HVIC_WIRE_KVP_KEY_UNITS * 2, size,
				item->key, sizeof(item->key));

	if (!ret && !item->key[0])
		return -EINVAL;
	return ret;
}

/* --- Items. ------------------------------------------------------------------------ */

static u64 get_le(const u8 *bytes, size_t n)
{
	u64 value = 0;

	while (n--)
		value = value << 8 | bytes[n];
	return value;
}

static void put_le(u8 *bytes, size_t n, u64 value)
{
	size_t i;

	for (i = 0; i < n; i++)
		bytes[i] = value >> (8 * i);
}

static int decode_value(const struct hvic_wire_kvp_value *wire, struct hv_ic_kvp_item *item)
{
	u32 size = le32_to_cpu(wire->value_size);

	switch (le32_to_cpu(wire->type)) {
	case HVIC_WIRE_KVP_STRING:
		item->type = HV_IC_KVP_STRING;
		break;
	case HVIC_WIRE_KVP_EXPAND_STRING:
		item->type = HV_IC_KVP_EXPAND;
		break;
	case HVIC_WIRE_KVP_U32:
		item->type = HV_IC_KVP_U32;
		item->number = get_le(wire->value, sizeof(u32));
		return size == sizeof(u32) ? 0 : -EINVAL;
	case HVIC_WIRE_KVP_U64:
	case HVIC_WIRE_KVP_U64_LINUX:
		item->type = HV_IC_KVP_U64;
		item->number = get_le(wire->value, sizeof(u64));
		return size == sizeof(u64) ? 0 : -EINVAL;
	default:
		return -EOPNOTSUPP;
	}
	return decode_string(wire->value, sizeof(wire->value), size,
			     item->value, sizeof(item->value));
}

static int decode_delete(struct hvic_span body, struct hv_ic_kvp_item *item)
{
	const struct hvic_wire_kvp_delete *wire = hvic_span_at(body, 0, sizeof(*wire));

	if (!wire)
		return -EBADMSG;
	return decode_key(wire->key, le32_to_cpu(wire->key_size), item);
}

static int decode_enumerate(struct hvic_span body, struct hv_ic_kvp_item *item)
{
	const struct hvic_wire_kvp_enumerate *wire =
		hvic_span_at(body, 0, offsetofend(struct hvic_wire_kvp_enumerate, index));

	if (!wire)
		return -EBADMSG;
	item->index = le32_to_cpu(wire->index);
	return 0;
}

static int decode_get_or_set(struct hvic_span body, enum hvic_wire_kvp_op op,
			     struct hv_ic_kvp_item *item)
{
	const struct hvic_wire_kvp_item *wire = hvic_span_at(body, 0, sizeof(*wire));
	int ret;

	if (!wire)
		return -EBADMSG;
	ret = decode_key(wire->item.key, le32_to_cpu(wire->item.key_size), item);
	if (ret || op == HVIC_WIRE_KVP_GET)
		return ret;
	return decode_value(&wire->item, item);
}

/**
 * hvic_kvp_decode_item() - read GET, SET, DELETE or ENUMERATE
 * @body: of the message
 * @item: set in any case; all zero on an error
 *
 * Return: 0, or
 * * %-EBADMSG - too short for its operation
 * * %-EOPNOTSUPP - not one of these operations, or an unknown type of value
 * * %-EINVAL - a size that does not fit its field or type, a missing NUL, an
 *   empty key
 * * %-EILSEQ - a lone surrogate
 */
int hvic_kvp_decode_item(struct hvic_span body, struct hv_ic_kvp_item *item)
{
	enum hvic_wire_kvp_op op;
	u8 pool;
	int ret;

	memset(item, 0, sizeof(*item));
	ret = hvic_kvp_parse(body, &op, &pool);
	if (ret)
		return ret;

	switch (op) {
	case HVIC_WIRE_KVP_GET:
	case HVIC_WIRE_KVP_SET:
		ret = decode_get_or_set(body, op, item);
		break;
	case HVIC_WIRE_KVP_DELETE:
		ret = decode_delete(body, item);
		break;
	case HVIC_WIRE_KVP_ENUMERATE:
		ret = decode_enumerate(body, item);
		break;
	default:
		ret = -EOPNOTSUPP;
	}
	if (ret)
		memset(item, 0, sizeof(*item));
	else
		item->pool = pool;
	return ret;
}

/* A host takes no item without a key. */
static u32 encode_key(struct hvic_wire_kvp_value *wire, const struct hv_ic_kvp_item *item,
		      bool *changed)
{
	static const char unnamed[] = "\xef\xbf\xbd";	/* U+FFFD */

	if (item->key[0])
		return encode_string(item->key, sizeof(item->key), wire->key,
				     sizeof(wire->key), changed);
	*changed = true;
	return encode_string(unnamed, sizeof(unnamed), wire->key, sizeof(wire->key), changed);
}

static void encode_value(struct hvic_wire_kvp_value *wire, const struct hv_ic_kvp_item *item,
			 bool *changed)
{
	bool is_number = item->type == HV_IC_KVP_U32 || item->type == HV_IC_KVP_U64;
	u32 type = item->type, size;

	if (!is_number && type != HV_IC_KVP_STRING && type != HV_IC_KVP_EXPAND) {
		*changed = true;
		type = HV_IC_KVP_STRING;
	}
	if (is_number) {
		size = type == HV_IC_KVP_U32 ? sizeof(u32) : sizeof(u64);
		put_le(wire->value, size, item->number);
	} else {
		size = encode_string(item->value, sizeof(item->value), wire->value,
				     sizeof(wire->value), changed);
	}
	wire->key_size = cpu_to_le32(encode_key(wire, item, changed));
	wire->type = cpu_to_le32(type);
	wire->value_size = cpu_to_le32(size);
}

/**
 * hvic_kvp_encode_header() - write an answer that is a status alone
 * @body: zeroed room of the request's length
 * @op: of the request
 * @pool: of the request
 *
 * Return: the length of the body, or %-EBADMSG if the request was too short to
 * hold the answer.
 */
int hvic_kvp_encode_header(struct hvic_room body, enum hvic_wire_kvp_op op, u8 pool)
{
	struct hvic_wire_kvp_header *wire = hvic_room_at(body, 0, sizeof(*wire));

	if (!wire)
		return -EBADMSG;
	wire->op = op;
	wire->pool = pool;
	return body.len;
}

/**
 * hvic_kvp_encode_item() - write the answer to GET or ENUMERATE
 * @body: zeroed room of the request's length
 * @op: which of them
 * @pool: of the request
 * @index: of the request, for ENUMERATE
 * @item: key and value
 * @changed: set to true if the host reads something else than @item
 *
 * An error would hide this item, and from ENUMERATE all behind it. So an item is
 * always written, whatever it holds: what is no UTF-8 becomes U+FFFD, what is longer
 * than the host's fields is cut behind a whole character, an empty key is written as
 * U+FFFD, and a value of an unknown type as a string.
 *
 * Return: the length of the body, or %-EBADMSG if the request was too short to
 * hold the answer.
 */
int hvic_kvp_encode_item(struct hvic_room body, enum hvic_wire_kvp_op op, u8 pool, u32 index,
			 const struct hv_ic_kvp_item *item, bool *changed)
{
	struct hvic_wire_kvp_enumerate *enumerate;
	struct hvic_wire_kvp_item *get;

	if (op == HVIC_WIRE_KVP_GET) {
		get = hvic_room_at(body, 0, sizeof(*get));
		if (!get)
			return -EBADMSG;
		encode_value(&get->item, item, changed);
	} else {
		enumerate = hvic_room_at(body, 0, sizeof(*enumerate));
		if (!enumerate)
			return -EBADMSG;
		enumerate->index = cpu_to_le32(index);
		encode_value(&enumerate->item, item, changed);
	}
	return hvic_kvp_encode_header(body, op, pool);
}

/* --- Adapters. ------------------------------------------------------------------------ */

static int decode_text(const void *field, size_t field_size, char *out, size_t out_size,
		       struct hvic_span *text)
{
	const struct hvic_span units = { .data = field, .len = field_size };
	const struct hvic_room room = { .data = (u8 *)out, .len = out_size };
	int len = hvic_utf16_to_utf8(units, room);

	if (len == -E2BIG)
		return -EINVAL;		/* no address has characters beyond ASCII */
	if (len < 0)
		return len;
	text->data = (const u8 *)out;
	text->len = len;
	return 0;
}

static int decode_ip_string(struct hvic_span body, struct hv_ic_kvp_ip *ip,
			    struct hvic_ip_lists *scratch)
{
	const struct hvic_wire_kvp_ip_string *wire = hvic_span_at(body, 0, sizeof(*wire));
	struct hvic_span adapter;
	struct hvic_ip_text text;
	int ret;

	if (!wire)
		return -EBADMSG;
	ret = decode_text(wire->adapter, sizeof(wire->adapter),
			  ip->adapter, sizeof(ip->adapter), &adapter);
	if (!ret)
		ret = decode_text(wire->address, sizeof(wire->address), scratch->address,
				  sizeof(scratch->address), &text.address);
	if (!ret)
		ret = decode_text(wire->subnet, sizeof(wire->subnet), scratch->subnet,
				  sizeof(scratch->subnet), &text.subnet);
	if (!ret)
		ret = decode_text(wire->gateway, sizeof(wire->gateway), scratch->gateway,
				  sizeof(scratch->gateway), &text.gateway);
	if (!ret)
		ret = decode_text(wire->dns, sizeof(wire->dns), scratch->dns,
				  sizeof(scratch->dns), &text.dns);
	if (ret)
		return ret;
	ip->dhcp = !!wire->dhcp;
	return hvic_ip_from_text(&text, ip) ? -EINVAL : 0;
}

/* Appends @n addresses of one family from the wire. */
static void take_addresses(struct hv_ic_kvp_address *addresses, u32 *used, u8 family,
			   const u8 *wire, u32 n)
{
	size_t size = family == 6 ? 16 : 4;
	u32 i;

	for (i = 0; i < n; i++) {
		addresses[*used].family = family;
		memcpy(addresses[*used].bytes, wire + i * size, size);
		(*used)++;
	}
}

static int take_subnets(const struct hvic_wire_kvp_ip_binary *wire, u32 n_v4,
			struct hv_ic_kvp_ip *ip)
{
	u32 i;

	for (i = 0; i < ip->n_addresses; i++) {
		int prefix = i < n_v4 ? hvic_ip_prefix_of_mask(wire->v4_subnet[i]) :
					(int)le32_to_cpu(wire->v6_prefix[i - n_v4]);
		u16 origin = le16_to_cpu(wire->origin[i]);

		if (prefix < 0 || prefix > 128)
			return -EINVAL;
		ip->addresses[i].prefix = prefix;
		ip->addresses[i].origin = origin <= HVIC_WIRE_KVP_ORIGIN_STATIC ?
					  origin : HVIC_WIRE_KVP_ORIGIN_UNKNOWN;
	}
	return 0;
}

static int decode_ip_binary(struct hvic_span body, struct hv_ic_kvp_ip *ip)
{
	const struct hvic_wire_kvp_ip_binary *wire = hvic_span_at(body, 0, sizeof(*wire));
	u32 n_v4, n_v6, n_v4_gateway, n_v6_gateway, n_v4_dns, n_v6_dns;
	struct hvic_span adapter;
	int ret;

	if (!wire)
		return -EBADMSG;
	ret = decode_text(wire->adapter, sizeof(wire->adapter),
			  ip->adapter, sizeof(ip->adapter), &adapter);
	if (ret)
		return ret;

	n_v4 = le32_to_cpu(wire->n_v4_address);
	n_v6 = le32_to_cpu(wire->n_v6_address);
	n_v4_gateway = le32_to_cpu(wire->n_v4_gateway);
	n_v6_gateway = le32_to_cpu(wire->n_v6_gateway);
	n_v4_dns = le32_to_cpu(wire->n_v4_dns);
	n_v6_dns = le32_to_cpu(wire->n_v6_dns);
	if (n_v4 > HVIC_WIRE_KVP_ADDRESSES || n_v6 > HVIC_WIRE_KVP_ADDRESSES ||
	    n_v4_gateway > HVIC_WIRE_KVP_GATEWAYS || n_v6_gateway > HVIC_WIRE_KVP_GATEWAYS ||
	    n_v4_dns > HVIC_WIRE_KVP_ADDRESSES || n_v6_dns > HVIC_WIRE_KVP_ADDRESSES)
		return -EINVAL;

	take_addresses(ip->addresses, &ip->n_addresses, 4, wire->v4_address[0], n_v4);
	take_addresses(ip->addresses, &ip->n_addresses, 6, wire->v6_address[0], n_v6);
	take_addresses(ip->gateways, &ip->n_gateways, 4, wire->v4_gateway[0], n_v4_gateway);
	take_addresses(ip->gateways, &ip->n_gateways, 6, wire->v6_gateway[0], n_v6_gateway);
	take_addresses(ip->dns, &ip->n_dns, 4, wire->v4_dns[0], n_v4_dns);
	take_addresses(ip->dns, &ip->n_dns, 6, wire->v6_dns[0], n_v6_dns);
	ip->dhcp = !!wire->dhcp;
	return take_subnets(wire, n_v4, ip);
}

/**
 * hvic_kvp_decode_ip() - read GET_IP_INFO or SET_IP_INFO
 * @body: of the message
 * @version: agreed on; the layout changed with 5.0
 * @ip: set in any case; all zero on an error. For GET_IP_INFO only the adapter is
 *	meaningful.
 * @scratch: room for what lies between the two forms
 *
 * Return: 0, or
 * * %-EBADMSG - too short
 * * %-EINVAL - no adapter is named, there are too many addresses, or a text is none
 * * %-EILSEQ - a lone surrogate
 */
int hvic_kvp_decode_ip(struct hvic_span body, struct hvic_version version,
		       struct hv_ic_kvp_ip *ip, struct hvic_ip_lists *scratch)
{
	int ret;

	memset(ip, 0, sizeof(*ip));
	ret = version.major >= BINARY_IP_MAJOR ? decode_ip_binary(body, ip) :
						 decode_ip_string(body, ip, scratch);
	if (!ret && !ip->adapter[0])
		ret = -EINVAL;
	if (ret)
		memset(ip, 0, sizeof(*ip));
	return ret;
}

static u8 families_of(const struct hv_ic_kvp_ip *ip)
{
	u8 families = HVIC_WIRE_KVP_FAMILY_NONE;
	u32 i;

	for (i = 0; i < ip->n_addresses; i++)
		families |= ip->addresses[i].family == 6 ? HVIC_WIRE_KVP_FAMILY_V6 :
							   HVIC_WIRE_KVP_FAMILY_V4;
	return families;
}

/* An adapter's id is the host's own, and the rest has no characters beyond ASCII. */
static void encode_text(const char *text, size_t size, void *field, size_t field_size)
{
	bool changed;

	encode_string(text, size, field, field_size, &changed);
}

static int encode_ip_string(struct hvic_room body, const char *adapter,
			    const struct hv_ic_kvp_ip *ip, struct hvic_ip_lists *scratch)
{
	struct hvic_wire_kvp_ip_string *wire = hvic_room_at(body, 0, sizeof(*wire));

	if (!wire)
		return -EBADMSG;
	hvic_ip_to_lists(ip, scratch);
	wire->family = families_of(ip);
	wire->dhcp = ip->dhcp;
	encode_text(adapter, sizeof(ip->adapter), wire->adapter, sizeof(wire->adapter));
	encode_text(scratch->address, sizeof(scratch->address), wire->address,
		    sizeof(wire->address));
	encode_text(scratch->subnet, sizeof(scratch->subnet), wire->subnet, sizeof(wire->subnet));
	encode_text(scratch->gateway, sizeof(scratch->gateway), wire->gateway,
		    sizeof(wire->gateway));
	encode_text(scratch->dns, sizeof(scratch->dns), wire->dns, sizeof(wire->dns));
	return 0;
}

/*
 * Writes the addresses of one family, at most @max of them, and returns how
 * many. If @indices is not NULL, it gets the index of each in @addresses.
 */
static u32 put_addresses(u8 *wire, u32 max, u8 family,
			 const struct hv_ic_kvp_address *addresses, u32 n, u8 *indices)
{
	size_t size = family == 6 ? 16 : 4;
	u32 used = 0, i;

	for (i = 0; i < n && used < max; i++) {
		if (addresses[i].family != family)
			continue;
		memcpy(wire + used * size, addresses[i].bytes, size);
		if (indices)
			indices[used] = i;
		used++;
	}
	return used;
}

static int encode_ip_binary(struct hvic_room body, const char *adapter,
			    const struct hv_ic_kvp_ip *ip)
{
	struct hvic_wire_kvp_ip_binary *wire = hvic_room_at(body, 0, sizeof(*wire));
	u8 v4[HVIC_WIRE_KVP_ADDRESSES], v6[HVIC_WIRE_KVP_ADDRESSES];
	u32 n_v4, n_v6, n, i;

	if (!wire)
		return -EBADMSG;

	n_v4 = put_addresses(wire->v4_address[0], HVIC_WIRE_KVP_ADDRESSES, 4,
			     ip->addresses, ip->n_addresses, v4);
	n_v6 = put_addresses(wire->v6_address[0], HVIC_WIRE_KVP_ADDRESSES, 6,
			     ip->addresses, ip->n_addresses, v6);
	for (i = 0; i < n_v4; i++) {
		hvic_ip_mask_of_prefix(ip->addresses[v4[i]].prefix, wire->v4_subnet[i]);
		wire->origin[i] = cpu_to_le16(ip->addresses[v4[i]].origin);
	}
	for (i = 0; i < n_v6; i++) {
		wire->v6_prefix[i] = cpu_to_le32(ip->addresses[v6[i]].prefix);
		wire->origin[n_v4 + i] = cpu_to_le16(ip->addresses[v6[i]].origin);
	}
	wire->n_v4_address = cpu_to_le32(n_v4);
	wire->n_v6_address = cpu_to_le32(n_v6);

	n = put_addresses(wire->v4_gateway[0], HVIC_WIRE_KVP_GATEWAYS, 4,
			  ip->gateways, ip->n_gateways, NULL);
	wire->n_v4_gateway = cpu_to_le32(n);
	n = put_addresses(wire->v6_gateway[0], HVIC_WIRE_KVP_GATEWAYS, 6,
			  ip->gateways, ip->n_gateways, NULL);
	wire->n_v6_gateway = cpu_to_le32(n);
	n = put_addresses(wire->v4_dns[0], HVIC_WIRE_KVP_ADDRESSES, 4, ip->dns, ip->n_dns, NULL);
	wire->n_v4_dns = cpu_to_le32(n);
	n = put_addresses(wire->v6_dns[0], HVIC_WIRE_KVP_ADDRESSES, 6, ip->dns, ip->n_dns, NULL);
	wire->n_v6_dns = cpu_to_le32(n);

	wire->family = families_of(ip);
	wire->dhcp = ip->dhcp;
	encode_text(adapter, sizeof(ip->adapter), wire->adapter, sizeof(wire->adapter));
	return 0;
}

/* Are counts, families and prefixes within their bounds? */
static bool is_valid_ip(const struct hv_ic_kvp_ip *ip)
{
	u32 i;

	if (ip->n_addresses > HV_IC_KVP_ADDRESSES || ip->n_gateways > HV_IC_KVP_GATEWAYS ||
	    ip->n_dns > HV_IC_KVP_ADDRESSES)
		return false;
	for (i = 0; i < ip->n_addresses; i++) {
		const struct hv_ic_kvp_address *address = &ip->addresses[i];

		if (address->family != 4 && address->family != 6)
			return false;
		if (address->prefix > (address->family == 6 ? 128 : 32) ||
		    address->origin > HV_IC_KVP_ORIGIN_STATIC)
			return false;
	}
	return true;
}

/**
 * hvic_kvp_encode_ip() - write the answer to GET_IP_INFO
 * @body: zeroed room of the request's length
 * @version: agreed on; the layout changed with 5.0
 * @pool: of the request
 * @adapter: its id, as long as the room in @ip, as the host has written it
 * @ip: its set-up; what is beyond the layout's bounds is left out
 * @scratch: room for what lies between the two forms
 *
 * Return: the length of the body, or
 * * %-EBADMSG - the request was too short to hold the answer
 * * %-EINVAL - counts, families or prefixes out of bounds
 */
int hvic_kvp_encode_ip(struct hvic_room body, struct hvic_version version, u8 pool,
		       const char *adapter, const struct hv_ic_kvp_ip *ip,
		       struct hvic_ip_lists *scratch)
{
	int ret;

	if (!is_valid_ip(ip))
		return -EINVAL;
	ret = version.major >= BINARY_IP_MAJOR ? encode_ip_binary(body, adapter, ip) :
						 encode_ip_string(body, adapter, ip, scratch);
	return ret ? ret : hvic_kvp_encode_header(body, HVIC_WIRE_KVP_GET_IP_INFO, pool);
}
