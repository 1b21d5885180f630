// SPDX-License-Identifier: GPL-2.0
#include "ic_kvp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf16.h"

/*
 * What the host demands of a successful answer
 */

/* A string of the guest's: @bytes with its NUL, in a field of @units. */
static bool check_string(char *why, const char *what, const void *field, uint32_t bytes,
			 size_t units)
{
	char text[3 * WIRE_KVP_VALUE];
	uint16_t unit = 0;

	if (bytes < 2 || bytes % 2 || bytes > 2 * units)
		return ic_refuse(why, "%s of %u bytes: not an even number from 2 to %zu", what,
				 bytes, 2 * units);
	for (uint32_t at = 0; at < bytes; at += 2) {
		memcpy(&unit, (const uint8_t *)field + at, 2);
		if (!unit && at + 2 < bytes)
			return ic_refuse(why, "%s of %u bytes has a NUL at %u", what, bytes, at);
	}
	if (unit)
		return ic_refuse(why, "%s of %u bytes does not end with NUL", what, bytes);
	if (utf16_to_utf8(text, sizeof(text), field, bytes / 2) < 0)
		return ic_refuse(why, "%s is not valid UTF-16", what);
	return true;
}

/* Where the guest wrote nothing there is nothing but the request or zeros. */
static bool check_rest(const struct ic_request *request, char *why, const char *what,
		       const void *from, const void *end)
{
	for (const uint8_t *p = from; p < (const uint8_t *)end; p++)
		if (*p && *p != request->bytes[p - request->answer])
			return ic_refuse(why, "stale byte %#x behind the end of the %s", *p, what);
	return true;
}

static bool check_value(const struct ic_request *request, char *why,
			const struct wire_kvp_value *v)
{
	const uint8_t *body = ic_answer(request), *key_end, *value_end;

	if (ic_answer_size(request) < (size_t)((const uint8_t *)(v + 1) - body))
		return ic_refuse(why, "an item in %zu bytes, which do not hold it",
				 ic_answer_size(request));
	if (!check_string(why, "key", v->key, v->key_bytes, WIRE_KVP_KEY))
		return false;
	switch (v->type) {
	case WIRE_KVP_STRING:
	case WIRE_KVP_EXPAND_STRING:
		if (!check_string(why, "value", v->value.string, v->value_bytes, WIRE_KVP_VALUE))
			return false;
		break;
	case WIRE_KVP_DWORD:
		if (v->value_bytes != sizeof(v->value.dword))
			return ic_refuse(why, "DWORD of %u bytes", v->value_bytes);
		break;
	case WIRE_KVP_QWORD:
		if (v->value_bytes != sizeof(v->value.qword))
			return ic_refuse(why, "QWORD of %u bytes", v->value_bytes);
		break;
	default:
		return ic_refuse(why, "value type %u does not exist", v->type);
	}
	key_end = (const uint8_t *)v->key + v->key_bytes;
	value_end = (const uint8_t *)&v->value + v->value_bytes;
	return check_rest(request, why, "key", key_end, &v->value) &&
	       check_rest(request, why, "value", value_end, v + 1);
}

/* Text that ends with a NUL and has nothing behind it */
static bool check_list(const struct ic_request *request, char *why, const char *what,
		       const void *field, size_t units)
{
	char text[3 * KVP_IP_TEXT + 1];
	int n = utf16_to_utf8(text, sizeof(text), field, units);

	if (n < 0)
		return ic_refuse(why, "%s is not valid UTF-16", what);
	if ((size_t)n == units)
		return ic_refuse(why, "%s does not end with NUL", what);
	return check_rest(request, why, what, (const uint8_t *)field + 2 * n,
			  (const uint8_t *)field + 2 * units);
}

static bool check_ip_text(const struct ic_request *request, char *why)
{
	const struct wire_kvp_ip_text *a = ic_answer(request);

	return check_list(request, why, "adapter", a->adapter, WIRE_KVP_ADAPTER) &&
	       check_list(request, why, "address list", a->address, 1024) &&
	       check_list(request, why, "subnet list", a->subnet, 1024) &&
	       check_list(request, why, "gateway list", a->gateway, 512) &&
	       check_list(request, why, "DNS list", a->dns, 1024);
}

/* Ones, then zeros */
static bool is_mask(const uint8_t *bytes)
{
	uint32_t mask = (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];

	return !(~mask & (~mask + 1));
}

/* In the gaps, and behind the entries that the counts tell of, there is nothing. */
static bool check_ip_rest(const struct ic_request *request, char *why,
			  const struct wire_kvp_ip_binary *a)
{
	const struct {
		const char *what;
		const void *from, *end;
	} rests[] = {
		{ "header", &a->pad, &a->v4_addresses },
		{ "flags", &a->pad2, a->v4_address },
		{ "IPv4 addresses", a->v4_address[a->v4_addresses], a->v6_address },
		{ "IPv6 addresses", a->v6_address[a->v6_addresses], a->v4_subnet },
		{ "IPv4 masks", a->v4_subnet[a->v4_addresses], a->v6_prefix },
		{ "IPv6 prefixes", &a->v6_prefix[a->v6_addresses], a->v4_gateway },
		{ "IPv4 gateways", a->v4_gateway[a->v4_gateways], a->v6_gateway },
		{ "IPv6 gateways", a->v6_gateway[a->v6_gateways], a->v4_dns },
		{ "IPv4 DNS servers", a->v4_dns[a->v4_dns_servers], a->v6_dns },
		{ "IPv6 DNS servers", a->v6_dns[a->v6_dns_servers], a->origin },
		{ "address origins", &a->origin[a->v4_addresses + a->v6_addresses], a->tail },
		{ "IP configuration", a->tail, a->tail + sizeof(a->tail) },
	};
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(rests) && good; i++)
		good = check_rest(request, why, rests[i].what, rests[i].from, rests[i].end);
	return good;
}

static bool check_ip_binary(const struct ic_request *request, char *why)
{
	const struct wire_kvp_ip_binary *a = ic_answer(request);

	if (a->v4_addresses > WIRE_KVP_ADDRESSES || a->v6_addresses > WIRE_KVP_ADDRESSES ||
	    a->v4_dns_servers > WIRE_KVP_ADDRESSES || a->v6_dns_servers > WIRE_KVP_ADDRESSES ||
	    a->v4_gateways > WIRE_KVP_GATEWAYS || a->v6_gateways > WIRE_KVP_GATEWAYS)
		return ic_refuse(why,
				 "IP counts %u/%u addresses, %u/%u gateways, %u/%u DNS: too many",
				 a->v4_addresses, a->v6_addresses, a->v4_gateways,
				 a->v6_gateways, a->v4_dns_servers, a->v6_dns_servers);
	if (a->family > (WIRE_KVP_IPV4 | WIRE_KVP_IPV6))
		return ic_refuse(why, "address family %u does not exist", a->family);
	for (uint32_t i = 0; i < a->v4_addresses; i++) {
		if (!is_mask(a->v4_subnet[i]))
			return ic_refuse(why, "IPv4 mask %u.%u.%u.%u is none", a->v4_subnet[i][0],
					 a->v4_subnet[i][1], a->v4_subnet[i][2],
					 a->v4_subnet[i][3]);
	}
	for (uint32_t i = 0; i < a->v6_addresses; i++) {
		if (a->v6_prefix[i] > 128)
			return ic_refuse(why, "IPv6 prefix length %u", a->v6_prefix[i]);
	}
	for (uint32_t i = 0; i < a->v4_addresses + a->v6_addresses; i++) {
		if (a->origin[i] > 2)
			return ic_refuse(why, "address origin %u does not exist", a->origin[i]);
	}
	return check_list(request, why, "adapter", a->adapter, WIRE_KVP_ADAPTER) &&
	       check_ip_rest(request, why, a);
}

static bool check_ip(const struct ic *ic, const struct ic_request *request, char *why)
{
	bool binary = ic_at_least(ic, 5, 0);

	if (ic_answer_size(request) < (binary ? offsetof(struct wire_kvp_ip_binary, tail) :
						sizeof(struct wire_kvp_ip_text)))
		return ic_refuse(why, "an IP configuration in %zu bytes, which do not hold it",
				 ic_answer_size(request));
	return binary ? check_ip_binary(request, why) : check_ip_text(request, why);
}

static bool check(const struct ic *ic, const struct ic_request *request, char *why)
{
	const struct wire_kvp_exchange *asked = ic_asked(request), *answer = ic_answer(request);

	switch (asked->header.op) {
	case WIRE_KVP_GET:
		return check_value(request, why, &answer->u.value);
	case WIRE_KVP_ENUMERATE:
		return check_value(request, why, &answer->u.item.value);
	case WIRE_KVP_GET_IP:
		return check_ip(ic, request, why);
	}
	return true;
}

const struct ic_service ic_kvp = {
	.name = "kvp",
	.class = "a9a0f4e7-5a45-4d96-b827-8a841e8c03e6",
	.instance = "242ff919-07db-4180-9c2e-b86cb68c8c55",
	.type = WIRE_KVP,
	.messages = IC_VERSIONS({ 1, 0 }, { 3, 0 }, { 4, 0 }, { 5, 0 }),
	.check = check,
};

/*
 * What it asks, and how it reads the answers
 */

static struct ic_request *new_exchange(struct ic *ic, enum wire_kvp_op op, unsigned int pool)
{
	struct ic_request *request = ic_request(ic, WIRE_KVP, sizeof(struct wire_kvp_exchange));
	struct wire_kvp_exchange *body = ic_body(request);

	body->header.op = op;
	body->header.pool = pool;
	return request;
}

static ic_result ask_and_free(struct ic_request *request)
{
	ic_result result = ic_ask(request);

	ic_request_free(request);
	return result;
}

static ic_result free_unasked(struct ic_request *request, int error)
{
	ic_request_free(request);
	return error;
}

const char *kvp_type_name(uint32_t type)
{
	switch (type) {
	case WIRE_KVP_STRING:
		return "string";
	case WIRE_KVP_EXPAND_STRING:
		return "expand";
	case WIRE_KVP_DWORD:
		return "dword";
	case WIRE_KVP_QWORD:
		return "qword";
	default:
		return "?";
	}
}

static ic_result set_string(struct ic *ic, unsigned int pool, const char *key, uint32_t type,
			    const char *value)
{
	struct ic_request *request = new_exchange(ic, WIRE_KVP_SET, pool);
	struct wire_kvp_value *v = &((struct wire_kvp_exchange *)ic_body(request))->u.value;
	int key_bytes = utf16_from_utf8(v->key, WIRE_KVP_KEY, key);
	int value_bytes = utf16_from_utf8(v->value.string, WIRE_KVP_VALUE, value);

	if (key_bytes < 0 || value_bytes < 0)
		return free_unasked(request, -EINVAL);
	v->type = type;
	v->key_bytes = key_bytes;
	v->value_bytes = value_bytes;
	return ask_and_free(request);
}

ic_result kvp_set(struct ic *ic, unsigned int pool, const char *key, const char *value)
{
	return set_string(ic, pool, key, WIRE_KVP_STRING, value);
}

ic_result kvp_set_expand(struct ic *ic, unsigned int pool, const char *key, const char *value)
{
	return set_string(ic, pool, key, WIRE_KVP_EXPAND_STRING, value);
}

ic_result kvp_set_number(struct ic *ic, unsigned int pool, const char *key, uint32_t type,
			 uint64_t value)
{
	struct ic_request *request = new_exchange(ic, WIRE_KVP_SET, pool);
	struct wire_kvp_value *v = &((struct wire_kvp_exchange *)ic_body(request))->u.value;
	int key_bytes = utf16_from_utf8(v->key, WIRE_KVP_KEY, key);

	if (key_bytes < 0)
		return free_unasked(request, -EINVAL);
	v->type = type;
	v->key_bytes = key_bytes;
	if (type == WIRE_KVP_DWORD) {
		v->value_bytes = sizeof(v->value.dword);
		v->value.dword = value;
	} else {
		v->value_bytes = sizeof(v->value.qword);
		v->value.qword = value;
	}
	return ask_and_free(request);
}

ic_result kvp_delete(struct ic *ic, unsigned int pool, const char *key)
{
	struct ic_request *request = new_exchange(ic, WIRE_KVP_DELETE, pool);
	struct wire_kvp_exchange *body = ic_body(request);
	int key_bytes = utf16_from_utf8(body->u.remove.key, WIRE_KVP_KEY, key);

	if (key_bytes < 0)
		return free_unasked(request, -EINVAL);
	body->u.remove.key_bytes = key_bytes;
	return ask_and_free(request);
}

static void decode_value(const struct wire_kvp_value *v, struct kvp_item *item)
{
	utf16_to_utf8(item->key, sizeof(item->key), v->key, WIRE_KVP_KEY);
	item->type = v->type;
	if (v->type == WIRE_KVP_DWORD)
		snprintf(item->value, sizeof(item->value), "%u", v->value.dword);
	else if (v->type == WIRE_KVP_QWORD)
		snprintf(item->value, sizeof(item->value), "%llu",
			 (unsigned long long)v->value.qword);
	else
		utf16_to_utf8(item->value, sizeof(item->value), v->value.string, WIRE_KVP_VALUE);
}

static ic_result ask_value(struct ic_request *request, const struct wire_kvp_value *value,
			   struct kvp_item *item)
{
	const uint8_t *body = ic_answer(request);
	ic_result result;

	request->may_set[0] = (struct ic_span) {
		(const uint8_t *)value - body, sizeof(*value),
	};
	request->n_may_set = 1;
	request->need = (const uint8_t *)(value + 1) - body;
	result = ic_ask(request);
	if (result == WIRE_S_OK)
		decode_value(value, item);
	ic_request_free(request);
	return result;
}

ic_result kvp_enumerate(struct ic *ic, unsigned int pool, uint32_t index,
			struct kvp_item *item)
{
	struct ic_request *request = new_exchange(ic, WIRE_KVP_ENUMERATE, pool);
	const struct wire_kvp_exchange *answer = ic_answer(request);

	((struct wire_kvp_exchange *)ic_body(request))->u.item.index = index;
	return ask_value(request, &answer->u.item.value, item);
}

ic_result kvp_get(struct ic *ic, unsigned int pool, const char *key, struct kvp_item *item)
{
	struct ic_request *request = new_exchange(ic, WIRE_KVP_GET, pool);
	const struct wire_kvp_exchange *answer = ic_answer(request);
	struct wire_kvp_value *v = &((struct wire_kvp_exchange *)ic_body(request))->u.value;
	int key_bytes = utf16_from_utf8(v->key, WIRE_KVP_KEY, key);

	if (key_bytes < 0)
		return free_unasked(request, -EINVAL);
	v->key_bytes = key_bytes;
	return ask_value(request, &answer->u.value, item);
}

ic_result kvp_find(struct ic *ic, unsigned int pool, const char *key, struct kvp_item *item)
{
	for (uint32_t index = 0;; index++) {
		ic_result result = kvp_enumerate(ic, pool, index, item);

		if (result == WIRE_E_NO_MORE_ITEMS)
			return WIRE_E_NOT_FOUND;
		if (result || !strcmp(item->key, key))
			return result;
	}
}

static void decode_ip_text(const struct wire_kvp_ip_text *a, struct kvp_ip *ip)
{
	ip->family = a->family;
	ip->dhcp = a->dhcp;
	utf16_to_utf8(ip->address, sizeof(ip->address), a->address, 1024);
	utf16_to_utf8(ip->subnet, sizeof(ip->subnet), a->subnet, 1024);
	utf16_to_utf8(ip->gateway, sizeof(ip->gateway), a->gateway, 512);
	utf16_to_utf8(ip->dns, sizeof(ip->dns), a->dns, 1024);
}

static void append(char *list, const char *text)
{
	size_t n = strlen(list);

	snprintf(list + n, 3 * KVP_IP_TEXT - n, "%s%s", n ? ";" : "", text);
}

static void append_addresses(char *list, int family, const uint8_t *from, uint32_t n)
{
	char text[INET6_ADDRSTRLEN];

	for (uint32_t i = 0; i < n; i++, from += family == AF_INET ? 4 : 16)
		append(list, inet_ntop(family, from, text, sizeof(text)));
}

static void decode_ip_binary(const struct wire_kvp_ip_binary *a, struct kvp_ip *ip)
{
	static const char *const origins[] = { "unknown", "other", "static" };
	char text[16];

	ip->family = a->family;
	ip->dhcp = a->dhcp;
	append_addresses(ip->address, AF_INET, a->v4_address[0], a->v4_addresses);
	append_addresses(ip->address, AF_INET6, a->v6_address[0], a->v6_addresses);
	append_addresses(ip->subnet, AF_INET, a->v4_subnet[0], a->v4_addresses);
	for (uint32_t i = 0; i < a->v6_addresses; i++) {
		snprintf(text, sizeof(text), "%u", a->v6_prefix[i]);
		append(ip->subnet, text);
	}
	append_addresses(ip->gateway, AF_INET, a->v4_gateway[0], a->v4_gateways);
	append_addresses(ip->gateway, AF_INET6, a->v6_gateway[0], a->v6_gateways);
	append_addresses(ip->dns, AF_INET, a->v4_dns[0], a->v4_dns_servers);
	append_addresses(ip->dns, AF_INET6, a->v6_dns[0], a->v6_dns_servers);
	for (uint32_t i = 0; i < a->v4_addresses + a->v6_addresses; i++)
		append(ip->origin, origins[a->origin[i]]);
}

ic_result kvp_get_ip(struct ic *ic, const char *adapter, struct kvp_ip *ip)
{
	bool binary = ic_at_least(ic, 5, 0);
	struct ic_request *request = ic_request(ic, WIRE_KVP, sizeof(struct wire_kvp_ip_text));
	struct wire_kvp_header *header = ic_body(request);
	size_t id = binary ? offsetof(struct wire_kvp_ip_binary, adapter) :
			     offsetof(struct wire_kvp_ip_text, adapter);
	ic_result result;

	header->op = WIRE_KVP_GET_IP;
	header->pool = KVP_GUEST;
	if (utf16_from_utf8((uint8_t *)header + id, WIRE_KVP_ADAPTER, adapter) < 0)
		return free_unasked(request, -EINVAL);
	request->may_set[0] = (struct ic_span) {
		sizeof(*header), sizeof(struct wire_kvp_ip_text) - sizeof(*header),
	};
	request->n_may_set = 1;
	request->need = binary ? offsetof(struct wire_kvp_ip_binary, tail) :
				 sizeof(struct wire_kvp_ip_text);
	*ip = (struct kvp_ip) { 0 };
	result = ic_ask(request);
	if (result == WIRE_S_OK && binary)
		decode_ip_binary(ic_answer(request), ip);
	else if (result == WIRE_S_OK)
		decode_ip_text(ic_answer(request), ip);
	ic_request_free(request);
	return result;
}

static int put_ip_text(struct wire_kvp_ip_text *body, const char *adapter,
		       const struct kvp_ip *ip)
{
	body->family = ip->family;
	body->dhcp = ip->dhcp;
	if (utf16_from_utf8(body->adapter, WIRE_KVP_ADAPTER, adapter) < 0 ||
	    utf16_from_utf8(body->address, 1024, ip->address) < 0 ||
	    utf16_from_utf8(body->subnet, 1024, ip->subnet) < 0 ||
	    utf16_from_utf8(body->gateway, 512, ip->gateway) < 0 ||
	    utf16_from_utf8(body->dns, 1024, ip->dns) < 0)
		return -EINVAL;
	return 0;
}

/* Where the addresses of a list go, those of each family to their own array. */
struct address_arrays {
	uint8_t *v4;
	uint8_t *v6;
	uint32_t n_v4;
	uint32_t n_v6;
	uint32_t max;
};

static int put_addresses(struct address_arrays *to, const char *list)
{
	char copy[3 * KVP_IP_TEXT], *rest = copy, *item;

	snprintf(copy, sizeof(copy), "%s", list);
	while ((item = strsep(&rest, ";"))) {
		if (!*item)
			continue;
		if (to->n_v4 == to->max || to->n_v6 == to->max)
			return -EINVAL;
		if (inet_pton(AF_INET, item, to->v4 + 4 * to->n_v4) == 1)
			to->n_v4++;
		else if (inet_pton(AF_INET6, item, to->v6 + 16 * to->n_v6) == 1)
			to->n_v6++;
		else
			return -EINVAL;
	}
	return 0;
}

/* Masks and prefix lengths stand in the same order as the addresses. */
static int put_subnets(struct wire_kvp_ip_binary *body, const char *list)
{
	char copy[3 * KVP_IP_TEXT], *rest = copy, *item;
	uint32_t n_v4 = 0, n_v6 = 0;

	snprintf(copy, sizeof(copy), "%s", list);
	while ((item = strsep(&rest, ";"))) {
		unsigned long prefix;
		char *end;

		if (!*item)
			continue;
		prefix = strtoul(item, &end, 10);
		if (n_v4 < WIRE_KVP_ADDRESSES &&
		    inet_pton(AF_INET, item, body->v4_subnet[n_v4]) == 1)
			n_v4++;
		else if (n_v6 < WIRE_KVP_ADDRESSES && end > item && !*end)
			body->v6_prefix[n_v6++] = prefix;
		else
			return -EINVAL;
	}
	return 0;
}

static int put_ip_binary(struct wire_kvp_ip_binary *body, const char *adapter,
			 const struct kvp_ip *ip)
{
	struct address_arrays address = { .v4 = body->v4_address[0], .v6 = body->v6_address[0],
					  .max = WIRE_KVP_ADDRESSES };
	struct address_arrays gateway = { .v4 = body->v4_gateway[0], .v6 = body->v6_gateway[0],
					  .max = WIRE_KVP_GATEWAYS };
	struct address_arrays dns = { .v4 = body->v4_dns[0], .v6 = body->v6_dns[0],
				      .max = WIRE_KVP_ADDRESSES };

	body->family = ip->family;
	body->dhcp = ip->dhcp;
	if (utf16_from_utf8(body->adapter, WIRE_KVP_ADAPTER, adapter) < 0 ||
	    put_addresses(&address, ip->address) || put_subnets(body, ip->subnet) ||
	    put_addresses(&gateway, ip->gateway) || put_addresses(&dns, ip->dns))
		return -EINVAL;
	body->v4_addresses = address.n_v4;
	body->v6_addresses = address.n_v6;
	body->v4_gateways = gateway.n_v4;
	body->v6_gateways = gateway.n_v6;
	body->v4_dns_servers = dns.n_v4;
	body->v6_dns_servers = dns.n_v6;
	return 0;			/* hosts leave the origins to the guest */
}

ic_result kvp_set_ip(struct ic *ic, const char *adapter, const struct kvp_ip *ip)
{
	struct ic_request *request = ic_request(ic, WIRE_KVP, sizeof(struct wire_kvp_ip_text));
	struct wire_kvp_header *header = ic_body(request);
	int error;

	header->op = WIRE_KVP_SET_IP;
	header->pool = KVP_GUEST;
	error = ic_at_least(ic, 5, 0) ? put_ip_binary(ic_body(request), adapter, ip) :
					put_ip_text(ic_body(request), adapter, ip);
	if (error)
		return free_unasked(request, error);
	return ask_and_free(request);
}
