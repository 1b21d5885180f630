// SPDX-License-Identifier: GPL-2.0
/* Data exchange messages. */
#include "helpers.h"

#include "proto/kvp.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "vectors/kvp.h"

/* Where fields lie in the body of GET and SET. */
#define POS_TYPE	4
#define POS_KEY_SIZE	8
#define POS_VALUE_SIZE	12
#define POS_KEY		16
#define POS_VALUE	528
#define ITEM		2576		/* bytes that GET and SET need */
#define BODY		2580		/* bytes of the body that hosts send */

/* --- Operations. --------------------------------------------------------------- */

static void parse_op(struct kunit *test)
{
	unsigned int value, pool;

	for (value = 0; value <= 0xff; value++) {
		for (pool = 0; pool <= 0xff; pool += pool < 8 ? 1 : 0x13) {
			u8 bytes[2] = { value, pool };
			enum hvic_wire_kvp_op op = 99;
			u8 got = 99;
			bool known = value <= 5 && pool <= 3;

			int ret = hvic_kvp_parse((struct hvic_span)SPAN(bytes), &op, &got);

			KUNIT_ASSERT_EQ_MSG(test, ret, known ? 0 : -EOPNOTSUPP, "%u %u",
					    value, pool);
			KUNIT_ASSERT_EQ(test, op, known ? value : 99);
			KUNIT_ASSERT_EQ(test, got, known ? pool : 99);
		}
	}
}

static void parse_truncated(struct kunit *test)
{
	size_t n;

	for (n = 0; n <= 2; n++) {
		struct hvic_span body = exact_span(test, vec_kvp_get, n);
		enum hvic_wire_kvp_op op;
		u8 pool;

		KUNIT_EXPECT_EQ(test, hvic_kvp_parse(body, &op, &pool), n < 2 ? -EBADMSG : 0);
	}
}

/* --- Items from the host. ---------------------------------------------------------- */

static struct hv_ic_kvp_item *new_item(struct kunit *test)
{
	struct hv_ic_kvp_item *item = kunit_kzalloc(test, sizeof(*item), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, item);
	memset(item, 0xee, sizeof(*item));
	return item;
}

static void expect_no_item(struct kunit *test, const struct hv_ic_kvp_item *item)
{
	expect_fill(test, "item", (struct hvic_span){ (const u8 *)item, sizeof(*item) }, 0);
}

static const struct item_row {
	const char *desc;
	struct hvic_span body;
	size_t needs;			/* bytes of it that must be there */
	u32 pool;
	u32 index;
	u32 type;
	u64 number;
	const char *key;
	const char *value;
} item_rows[] = {
	{ "set a string", SPAN(vec_kvp_set_string), ITEM, 0, 0, 1, 0,
	  "K\xc3\xa4y", "\xf0\x9f\x98\x80" },
	{ "set a string with variables", SPAN(vec_kvp_set_expand), ITEM, 0, 0, 2, 0, "K", "%A%" },
	{ "set 32 bits", SPAN(vec_kvp_set_u32), ITEM, 3, 0, 4, 0x92345678, "N", "" },
	{ "set 64 bits", SPAN(vec_kvp_set_u64), ITEM, 3, 0, 11, 0x923456789abcdef0, "N", "" },
	{ "get", SPAN(vec_kvp_get), ITEM, 1, 0, 0, 0, "N", "" },
	{ "delete", SPAN(vec_kvp_delete), 520, 0, 0, 0, 0, "N", "" },
	{ "enumerate", SPAN(vec_kvp_enumerate), 8, 2, 7, 0, 0, "", "" },
};

ROWS(item);

static void decode_item(struct kunit *test)
{
	const struct item_row *row = test->param_value;
	struct hvic_span body = exact_span(test, row->body.data, row->body.len);
	struct hv_ic_kvp_item *item = new_item(test);

	KUNIT_ASSERT_EQ(test, hvic_kvp_decode_item(body, item), 0);
	KUNIT_EXPECT_EQ(test, item->pool, row->pool);
	KUNIT_EXPECT_EQ(test, item->index, row->index);
	KUNIT_EXPECT_EQ(test, item->type, row->type);
	KUNIT_EXPECT_EQ(test, item->number, row->number);
	KUNIT_EXPECT_STREQ(test, item->key, row->key);
	KUNIT_EXPECT_STREQ(test, item->value, row->value);
}

static void decode_truncated(struct kunit *test)
{
	const struct item_row *row = test->param_value;
	struct hv_ic_kvp_item *item = new_item(test);
	size_t n;

	for (n = 0; n <= row->needs; n = next_cut(n, row->needs)) {
		struct hvic_span body = exact_span(test, row->body.data, n);

		KUNIT_ASSERT_EQ_MSG(test, hvic_kvp_decode_item(body, item),
				    n < row->needs ? -EBADMSG : 0, "at %zu", n);
		if (n < row->needs)
			expect_no_item(test, item);
		kunit_kfree(test, body.data);
	}
}

static void decode_other_ops(struct kunit *test)
{
	static const u8 others[] = { 4, 5, 6, 0xff };
	struct hv_ic_kvp_item *item = new_item(test);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		struct hvic_room room = exact_room(test, BODY, 0);

		room.data[0] = others[i];
		KUNIT_EXPECT_EQ_MSG(test, hvic_kvp_decode_item(to_span(room), item), -EOPNOTSUPP,
				    "op %u", others[i]);
		expect_no_item(test, item);
	}
}

static const struct size_row {
	const char *desc;
	u16 unit;			/* the string is made of */
	size_t units;			/* how many of them, then a NUL */
	u32 size;			/* as the host says */
	int key_ret;
	int value_ret;
	size_t len;			/* in UTF-8 */
} size_rows[] = {
	{ "no size", 'a', 0, 0, -EINVAL, 0, 0 },
	{ "no size, but a string", 'a', 3, 0, -EINVAL, 0, 0 },
	{ "NUL alone", 'a', 0, 2, -EINVAL, 0, 0 },
	{ "one letter", 'a', 1, 4, 0, 0, 1 },
	{ "one byte", 'a', 1, 1, -EINVAL, -EINVAL, 0 },
	{ "odd", 'a', 1, 3, -EINVAL, -EINVAL, 0 },
	{ "NUL not counted", 'a', 2, 4, -EINVAL, -EINVAL, 0 },
	{ "more than a NUL counted", 'a', 2, 8, 0, 0, 2 },
	{ "high byte where the NUL is", 0x0100, 2, 4, -EINVAL, -EINVAL, 0 },
	{ "low byte where the NUL is", 0x0001, 2, 4, -EINVAL, -EINVAL, 0 },
	{ "lone surrogate", 0xdc00, 1, 4, -EILSEQ, -EILSEQ, 0 },
	{ "255 units", 'a', 255, 512, 0, 0, 255 },
	{ "255 units, longest in UTF-8", 0xffff, 255, 512, 0, 0, 765 },
	{ "256 units", 'a', 256, 514, -EINVAL, 0, 256 },
	{ "1023 units", 'a', 1023, 2048, -EINVAL, 0, 1023 },
	{ "1023 units, longest in UTF-8", 0xffff, 1023, 2048, -EINVAL, 0, 3069 },
	{ "a byte beyond the value", 'a', 1023, 2049, -EINVAL, -EINVAL, 0 },
	{ "a unit beyond the value", 'a', 1023, 2050, -EINVAL, -EINVAL, 0 },
	{ "65535", 'a', 1023, 65535, -EINVAL, -EINVAL, 0 },
	{ "sign bit", 'a', 1023, 0x80000000, -EINVAL, -EINVAL, 0 },
	{ "largest", 'a', 1023, U32_MAX, -EINVAL, -EINVAL, 0 },
	{ "largest even", 'a', 1023, U32_MAX - 1, -EINVAL, -EINVAL, 0 },
};

ROWS(size);

static void put_units(u8 *at, u16 unit, size_t units, size_t max)
{
	size_t i;

	for (i = 0; i < units && i < max; i++)
		poke16(at + 2 * i, unit);
}

static void decode_key_size(struct kunit *test)
{
	const struct size_row *row = test->param_value;
	struct hvic_room room = exact_room(test, ITEM, 0);
	struct hv_ic_kvp_item *item = new_item(test);
	int ret;

	put_units(room.data + POS_KEY, row->unit, row->units, 255);
	poke32(room.data + POS_KEY_SIZE, row->size);

	ret = hvic_kvp_decode_item(to_span(room), item);

	KUNIT_EXPECT_EQ(test, ret, row->key_ret);
	if (ret)
		expect_no_item(test, item);
	else
		KUNIT_EXPECT_EQ(test, strlen(item->key), row->len);
}

/* The key of DELETE lies at another place. */
static void decode_delete_size(struct kunit *test)
{
	const struct size_row *row = test->param_value;
	struct hvic_room room = exact_room(test, 520, 0);
	struct hv_ic_kvp_item *item = new_item(test);
	int ret;

	room.data[0] = HVIC_WIRE_KVP_DELETE;
	put_units(room.data + 8, row->unit, row->units, 255);
	poke32(room.data + 4, row->size);

	ret = hvic_kvp_decode_item(to_span(room), item);

	KUNIT_EXPECT_EQ(test, ret, row->key_ret);
	if (ret)
		expect_no_item(test, item);
	else
		KUNIT_EXPECT_EQ(test, strlen(item->key), row->len);
}

static void decode_value_size(struct kunit *test)
{
	const struct size_row *row = test->param_value;
	struct hvic_room room = exact_room(test, ITEM, 0);
	struct hv_ic_kvp_item *item = new_item(test);
	int ret;

	memcpy(room.data, vec_kvp_set_string, POS_VALUE);
	put_units(room.data + POS_VALUE, row->unit, row->units, 1023);
	poke32(room.data + POS_VALUE_SIZE, row->size);

	ret = hvic_kvp_decode_item(to_span(room), item);

	KUNIT_EXPECT_EQ(test, ret, row->value_ret);
	if (ret)
		expect_no_item(test, item);
	else
		KUNIT_EXPECT_EQ(test, strlen(item->value), row->len);
}

static const struct type_row {
	const char *desc;
	u32 type;
	u32 size;
	int ret;
	u32 want;			/* type that is told */
	u64 number;
} type_rows[] = {
	{ "none", 0, 8, -EOPNOTSUPP, 0, 0 },
	{ "binary", 3, 8, -EOPNOTSUPP, 0, 0 },
	{ "32 bits", 4, 4, 0, 4, 0xfcfdfeff },
	{ "32 bits in 3 bytes", 4, 3, -EINVAL, 0, 0 },
	{ "32 bits in 5 bytes", 4, 5, -EINVAL, 0, 0 },
	{ "32 bits in 8 bytes", 4, 8, -EINVAL, 0, 0 },
	{ "32 bits in none", 4, 0, -EINVAL, 0, 0 },
	{ "32 bits, largest size", 4, U32_MAX, -EINVAL, 0, 0 },
	{ "big endian 32 bits", 5, 4, -EOPNOTSUPP, 0, 0 },
	{ "64 bits", 11, 8, 0, 11, 0xf8f9fafbfcfdfeff },
	{ "64 bits by the number of old headers", 8, 8, 0, 11, 0xf8f9fafbfcfdfeff },
	{ "64 bits in 4 bytes", 11, 4, -EINVAL, 0, 0 },
	{ "64 bits in 9 bytes", 11, 9, -EINVAL, 0, 0 },
	{ "unknown", 12, 8, -EOPNOTSUPP, 0, 0 },
	{ "string in the high half", 0x00010001, 8, -EOPNOTSUPP, 0, 0 },
	{ "largest", U32_MAX, 8, -EOPNOTSUPP, 0, 0 },
};

ROWS(type);

static void decode_type(struct kunit *test)
{
	static const u8 value[] = { 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8 };
	const struct type_row *row = test->param_value;
	struct hvic_room room = exact_room(test, ITEM, 0);
	struct hv_ic_kvp_item *item = new_item(test);
	int ret;

	memcpy(room.data, vec_kvp_set_string, POS_VALUE);
	memcpy(room.data + POS_VALUE, value, sizeof(value));
	poke32(room.data + POS_TYPE, row->type);
	poke32(room.data + POS_VALUE_SIZE, row->size);

	ret = hvic_kvp_decode_item(to_span(room), item);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	if (ret) {
		expect_no_item(test, item);
		return;
	}
	KUNIT_EXPECT_EQ(test, item->type, row->want);
	KUNIT_EXPECT_EQ(test, item->number, row->number);
}

/* --- Items for the host. ------------------------------------------------------------ */

static void encode_enumerate(struct kunit *test)
{
	struct hv_ic_kvp_item *item = new_item(test);
	struct hvic_room body = exact_room(test, BODY, 0);
	bool changed = false;

	memset(item, 0, sizeof(*item));
	item->type = HV_IC_KVP_STRING;
	strcpy(item->key, "OSName");
	strcpy(item->value, "\xe2\x82\xacix");

	KUNIT_ASSERT_EQ(test, hvic_kvp_encode_item(body, HVIC_WIRE_KVP_ENUMERATE, 2, 7, item,
						   &changed), BODY);
	KUNIT_EXPECT_FALSE(test, changed);
	expect_bytes(test, "body", to_span(body), (struct hvic_span)SPAN(vec_kvp_enumerate_reply));
}

/* GET returns what SET brought. */
static void encode_get(struct kunit *test)
{
	const struct item_row *row = test->param_value;
	struct hv_ic_kvp_item *item = new_item(test);
	struct hvic_room body = exact_room(test, BODY, 0);
	struct hvic_room want = exact_room(test, BODY, 0);
	bool changed = false;

	if (row->body.data[0] != HVIC_WIRE_KVP_SET)
		return;
	KUNIT_ASSERT_EQ(test, hvic_kvp_decode_item(row->body, item), 0);

	KUNIT_ASSERT_EQ(test, hvic_kvp_encode_item(body, HVIC_WIRE_KVP_GET, row->pool, 0, item,
						   &changed), BODY);
	KUNIT_EXPECT_FALSE(test, changed);

	memcpy(want.data, row->body.data, BODY);
	want.data[0] = HVIC_WIRE_KVP_GET;
	want.data[row->type == 4 ? POS_VALUE + 4 : POS_VALUE + 8] = 0;
	expect_bytes(test, "body", to_span(body), to_span(want));
}

/* The answers to SET, DELETE and SET_IP_INFO are a status alone. */
static void encode_header(struct kunit *test)
{
	static const u8 ops[] = { 1, 2, 5 };
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		struct hvic_room body = exact_room(test, BODY, 0);

		KUNIT_EXPECT_EQ(test, hvic_kvp_encode_header(body, ops[i], 3), BODY);
		KUNIT_EXPECT_EQ(test, body.data[0], ops[i]);
		KUNIT_EXPECT_EQ(test, body.data[1], 3);
		expect_fill(test, "rest", hvic_span_cut(to_span(body), 2, BODY), 0);
	}
	for (n = 0; n <= 2; n++) {
		struct hvic_room body = exact_room(test, n, 0);

		KUNIT_EXPECT_EQ(test, hvic_kvp_encode_header(body, HVIC_WIRE_KVP_SET, 0),
				n < 2 ? -EBADMSG : 2);
	}
}

static const struct short_row {
	const char *desc;
	enum hvic_wire_kvp_op op;
	size_t needs;
} short_rows[] = {
	{ "get", HVIC_WIRE_KVP_GET, 2576 },
	{ "enumerate", HVIC_WIRE_KVP_ENUMERATE, 2580 },
};

ROWS(short);

static void encode_short(struct kunit *test)
{
	const struct short_row *row = test->param_value;
	struct hv_ic_kvp_item *item = new_item(test);
	bool changed = false;
	size_t n;

	KUNIT_ASSERT_EQ(test, hvic_kvp_decode_item((struct hvic_span)SPAN(vec_kvp_set_string),
						   item), 0);
	for (n = 0; n <= row->needs; n = next_cut(n, row->needs)) {
		struct hvic_room body = exact_room(test, n, 0);

		KUNIT_ASSERT_EQ_MSG(test, hvic_kvp_encode_item(body, row->op, 0, 0, item, &changed),
				    n < row->needs ? -EBADMSG : (int)n, "at %zu", n);
		kunit_kfree(test, body.data);
	}
}

/* Whatever an item contains, the host gets as much of it as it accepts. */
static const struct encode_row {
	const char *desc;
	u32 type;
	char letter;			/* strings are made of */
	size_t key;			/* letters */
	size_t value;			/* letters */
	u32 key_size;			/* for the host */
	u32 value_size;
	bool changed;
} encode_rows[] = {
	{ "longest key and value", 1, 'a', 255, 1023, 512, 2048, false },
	{ "key too long", 1, 'a', 256, 1, 512, 4, true },
	{ "key without a NUL", 1, 'a', 768, 1, 512, 4, true },
	{ "value too long", 1, 'a', 1, 1024, 4, 2048, true },
	{ "value without a NUL", 2, 'a', 1, 3072, 4, 2048, true },
	{ "empty value", 2, 'a', 1, 0, 4, 2, false },
	{ "empty key", 1, 'a', 0, 1, 4, 4, true },
	{ "long value of a number", 4, 'a', 1, 3072, 4, 4, false },
	{ "not UTF-8", 1, '\xff', 1, 1, 4, 4, true },
	{ "not UTF-8, and too long", 1, '\xff', 768, 3072, 512, 2048, true },
	{ "no type", 0, 'a', 1, 1, 4, 4, true },
	{ "the number of old headers", 8, 'a', 1, 1, 4, 4, true },
	{ "unknown type", 12, 'a', 1, 1, 4, 4, true },
};

ROWS(encode);

static void encode_limits(struct kunit *test)
{
	const struct encode_row *row = test->param_value;
	struct hv_ic_kvp_item *item = new_item(test);
	struct hvic_room body = exact_room(test, BODY, 0);
	bool changed = false;

	memset(item, 0, sizeof(*item));
	item->type = row->type;
	memset(item->key, row->letter, row->key);
	memset(item->value, row->letter, row->value);

	KUNIT_EXPECT_EQ(test, hvic_kvp_encode_item(body, HVIC_WIRE_KVP_ENUMERATE, 0, 0, item,
						   &changed), BODY);
	KUNIT_EXPECT_EQ(test, changed, row->changed);
	KUNIT_EXPECT_EQ(test, peek32(body.data + 12), row->key_size);
	KUNIT_EXPECT_EQ(test, peek32(body.data + 16), row->value_size);
}

/* Where the host's field ends, no half of a surrogate pair is left. */
static void encode_cuts_pairs(struct kunit *test)
{
	struct hv_ic_kvp_item *item = new_item(test);
	struct hvic_room body = exact_room(test, BODY, 0);
	bool changed = false;
	size_t i;

	memset(item, 0, sizeof(*item));
	item->type = HV_IC_KVP_STRING;
	item->key[0] = 'k';
	for (i = 0; i < 600; i++)
		memcpy(item->value + 4 * i, "\xf0\x9f\x98\x80", 4);

	KUNIT_EXPECT_EQ(test, hvic_kvp_encode_item(body, HVIC_WIRE_KVP_ENUMERATE, 0, 0, item,
						   &changed), BODY);
	KUNIT_EXPECT_TRUE(test, changed);
	/* 511 pairs are 1,022 units; one more would need half a pair. */
	KUNIT_EXPECT_EQ(test, peek32(body.data + 16), 2 * 1022 + 2);
	expect_fill(test, "rest", hvic_span_cut(to_span(body), 532 + 2 * 1022, 4), 0);
}

static void encode_nameless(struct kunit *test)
{
	struct hv_ic_kvp_item *item = new_item(test);
	struct hvic_room body = exact_room(test, BODY, 0);
	bool changed = false;

	memset(item, 0, sizeof(*item));
	item->type = HV_IC_KVP_STRING;

	KUNIT_EXPECT_EQ(test, hvic_kvp_encode_item(body, HVIC_WIRE_KVP_ENUMERATE, 0, 0, item,
						   &changed), BODY);
	KUNIT_EXPECT_EQ(test, body.data[20], 0xfd);
	KUNIT_EXPECT_EQ(test, body.data[21], 0xff);
}

/* --- Adapters. ------------------------------------------------------------------------- */

static const struct hvic_version text_version = { 4, 0 };
static const struct hvic_version binary_version = { 5, 0 };

/* An adapter and what is needed to read and write one. */
struct adapter {
	struct hv_ic_kvp_ip ip;
	struct hvic_ip_lists scratch;
};

static struct adapter *new_adapter(struct kunit *test)
{
	struct adapter *adapter = kunit_kzalloc(test, sizeof(*adapter), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, adapter);
	memset(adapter, 0xee, sizeof(*adapter));
	return adapter;
}

static int decode_ip(struct adapter *adapter, struct hvic_span body, struct hvic_version version)
{
	return hvic_kvp_decode_ip(body, version, &adapter->ip, &adapter->scratch);
}

static int encode_ip(struct adapter *adapter, struct hvic_room body, struct hvic_version version)
{
	return hvic_kvp_encode_ip(body, version, 0, adapter->ip.adapter, &adapter->ip,
				  &adapter->scratch);
}

static void expect_no_ip(struct kunit *test, const struct adapter *adapter)
{
	expect_fill(test, "ip",
		    (struct hvic_span){ (const u8 *)&adapter->ip, sizeof(adapter->ip) }, 0);
}

static const struct ip_row {
	const char *desc;
	struct hvic_span body;
	size_t needs;			/* bytes of it that must be there */
	struct hvic_version version;
	bool has_origin;
} ip_rows[] = {
	{ "text, 1.0", SPAN(vec_kvp_ip_string), 7428, { 1, 0 }, false },
	{ "text, 4.0", SPAN(vec_kvp_ip_string), 7428, { 4, 0 }, false },
	{ "binary, 5.0", SPAN(vec_kvp_ip_binary), 3716, { 5, 0 }, true },
	{ "binary, 6.0", SPAN(vec_kvp_ip_binary), 3716, { 6, 0 }, true },
};

ROWS(ip);

static void decode_adapter(struct kunit *test)
{
	static const u8 v6[16] = { 0xfe, 0x80, [15] = 1 };
	const struct ip_row *row = test->param_value;
	struct hvic_span body = exact_span(test, row->body.data, row->body.len);
	struct adapter *adapter = new_adapter(test);
	struct hv_ic_kvp_ip *ip = &adapter->ip;

	KUNIT_ASSERT_EQ(test, decode_ip(adapter, body, row->version), 0);

	KUNIT_EXPECT_STREQ(test, ip->adapter, "{A}");
	KUNIT_EXPECT_EQ(test, ip->dhcp, 1);
	KUNIT_ASSERT_EQ(test, ip->n_addresses, 2);
	KUNIT_EXPECT_EQ(test, ip->addresses[0].family, 4);
	KUNIT_EXPECT_EQ(test, memcmp(ip->addresses[0].bytes, "\x0a\x01\x02\x03", 4), 0);
	KUNIT_EXPECT_EQ(test, ip->addresses[0].prefix, 20);
	KUNIT_EXPECT_EQ(test, ip->addresses[0].origin, row->has_origin ? 1 : 0);
	KUNIT_EXPECT_EQ(test, ip->addresses[1].family, 6);
	KUNIT_EXPECT_EQ(test, memcmp(ip->addresses[1].bytes, v6, 16), 0);
	KUNIT_EXPECT_EQ(test, ip->addresses[1].prefix, 64);
	KUNIT_EXPECT_EQ(test, ip->addresses[1].origin, row->has_origin ? 2 : 0);
	KUNIT_ASSERT_EQ(test, ip->n_gateways, 1);
	KUNIT_EXPECT_EQ(test, memcmp(ip->gateways[0].bytes, "\x0a\x01\x00\x01", 4), 0);
	KUNIT_ASSERT_EQ(test, ip->n_dns, 1);
	KUNIT_EXPECT_EQ(test, memcmp(ip->dns[0].bytes, "\x09\x09\x09\x09", 4), 0);
}

/* Reading and writing again gives the same bytes, but for the operation. */
static void encode_adapter(struct kunit *test)
{
	const struct ip_row *row = test->param_value;
	struct adapter *adapter = new_adapter(test);
	struct hvic_room body = exact_room(test, row->body.len, 0);
	struct hvic_room want = exact_room(test, row->body.len, 0);

	KUNIT_ASSERT_EQ(test, decode_ip(adapter, row->body, row->version), 0);
	KUNIT_ASSERT_EQ(test, encode_ip(adapter, body, row->version), row->body.len);

	memcpy(want.data, row->body.data, row->body.len);
	want.data[0] = HVIC_WIRE_KVP_GET_IP_INFO;
	expect_bytes(test, "body", to_span(body), to_span(want));
}

static void adapter_truncated(struct kunit *test)
{
	const struct ip_row *row = test->param_value;
	struct adapter *adapter = new_adapter(test);
	size_t n;

	for (n = 0; n <= row->needs; n = next_cut(n, row->needs)) {
		struct hvic_span body = exact_span(test, row->body.data, n);

		KUNIT_ASSERT_EQ_MSG(test, decode_ip(adapter, body, row->version),
				    n < row->needs ? -EBADMSG : 0, "at %zu", n);
		kunit_kfree(test, body.data);
	}
	decode_ip(adapter, (struct hvic_span){ row->body.data, row->needs - 1 }, row->version);
	expect_no_ip(test, adapter);
}

static void adapter_short_answer(struct kunit *test)
{
	const struct ip_row *row = test->param_value;
	struct adapter *adapter = new_adapter(test);
	size_t n;

	KUNIT_ASSERT_EQ(test, decode_ip(adapter, row->body, row->version), 0);
	for (n = 0; n <= row->needs; n = next_cut(n, row->needs)) {
		struct hvic_room body = exact_room(test, n, 0);

		KUNIT_ASSERT_EQ_MSG(test, encode_ip(adapter, body, row->version),
				    n < row->needs ? -EBADMSG : (int)n, "at %zu", n);
		kunit_kfree(test, body.data);
	}
}

static const struct binary_row {
	const char *desc;
	size_t at;
	u32 value;
	int ret;
	u32 n_addresses;
	u32 n_gateways;
	u32 n_dns;
} binary_rows[] = {
	{ "64 IPv4 addresses", 4, 64, 0, 65, 1, 1 },
	{ "65 IPv4 addresses", 4, 65, -EINVAL, 0, 0, 0 },
	{ "most IPv4 addresses", 4, U32_MAX, -EINVAL, 0, 0, 0 },
	{ "64 IPv6 addresses", 8, 64, 0, 65, 1, 1 },
	{ "65 IPv6 addresses", 8, 65, -EINVAL, 0, 0, 0 },
	{ "most IPv6 addresses", 8, U32_MAX, -EINVAL, 0, 0, 0 },
	{ "5 IPv4 gateways", 12, 5, 0, 2, 5, 1 },
	{ "6 IPv4 gateways", 12, 6, -EINVAL, 0, 0, 0 },
	{ "most IPv4 gateways", 12, U32_MAX, -EINVAL, 0, 0, 0 },
	{ "5 IPv6 gateways", 16, 5, 0, 2, 6, 1 },
	{ "6 IPv6 gateways", 16, 6, -EINVAL, 0, 0, 0 },
	{ "most IPv6 gateways", 16, U32_MAX, -EINVAL, 0, 0, 0 },
	{ "64 IPv4 name servers", 20, 64, 0, 2, 1, 64 },
	{ "65 IPv4 name servers", 20, 65, -EINVAL, 0, 0, 0 },
	{ "most IPv4 name servers", 20, U32_MAX, -EINVAL, 0, 0, 0 },
	{ "64 IPv6 name servers", 24, 64, 0, 2, 1, 65 },
	{ "65 IPv6 name servers", 24, 65, -EINVAL, 0, 0, 0 },
	{ "most IPv6 name servers", 24, U32_MAX, -EINVAL, 0, 0, 0 },
	{ "no adapter", 28, 0, -EINVAL, 0, 0, 0 },
	{ "adapter of a lone surrogate", 28, 0xd800, -EILSEQ, 0, 0, 0 },
	{ "mask with a hole", 1568, 0x00ff00ff, -EINVAL, 0, 0, 0 },
	{ "prefix of 128", 1824, 128, 0, 2, 1, 1 },
	{ "prefix of 129", 1824, 129, -EINVAL, 0, 0, 0 },
	{ "largest prefix", 1824, U32_MAX, -EINVAL, 0, 0, 0 },
	{ "unknown origins", 3460, 0xffff0003, 0, 2, 1, 1 },
};

ROWS(binary);

static void decode_binary(struct kunit *test)
{
	const struct binary_row *row = test->param_value;
	struct hvic_room room = exact_room(test, 3716, 0);
	struct adapter *adapter = new_adapter(test);
	int ret;

	memcpy(room.data, vec_kvp_ip_binary, room.len);
	poke32(room.data + row->at, row->value);

	ret = decode_ip(adapter, to_span(room), binary_version);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	if (ret) {
		expect_no_ip(test, adapter);
		return;
	}
	KUNIT_EXPECT_EQ(test, adapter->ip.n_addresses, row->n_addresses);
	KUNIT_EXPECT_EQ(test, adapter->ip.n_gateways, row->n_gateways);
	KUNIT_EXPECT_EQ(test, adapter->ip.n_dns, row->n_dns);
	if (row->at == 3460) {
		KUNIT_EXPECT_EQ(test, adapter->ip.addresses[0].origin, 0);
		KUNIT_EXPECT_EQ(test, adapter->ip.addresses[1].origin, 0);
	}
}

static const struct field_row {
	const char *desc;
	size_t at;
	const char *text;
	int ret;
} field_rows[] = {
	{ "no adapter", 2, "", -EINVAL },
	{ "no address", 260, "", 0 },
	{ "not an address", 260, "10.0.0.1;none", -EINVAL },
	{ "not a subnet", 2308, "10.0.0.0.0", -EINVAL },
	{ "not a gateway", 4356, "gw", -EINVAL },
	{ "six gateways", 4356, "1.1.1.1;1.1.1.1;1.1.1.1;1.1.1.1;1.1.1.1;1.1.1.1", -EINVAL },
	{ "not a name server", 5380, "::g", -EINVAL },
	{ "no name server", 5380, "", 0 },
};

ROWS(field);

static void decode_text(struct kunit *test)
{
	const struct field_row *row = test->param_value;
	struct hvic_room room = exact_room(test, 7428, 0);
	struct adapter *adapter = new_adapter(test);
	size_t i;
	int ret;

	memcpy(room.data, vec_kvp_ip_string, room.len);
	for (i = 0; i <= strlen(row->text); i++)
		poke16(room.data + row->at + 2 * i, row->text[i]);

	ret = decode_ip(adapter, to_span(room), text_version);

	KUNIT_EXPECT_EQ(test, ret, row->ret);
	if (ret)
		expect_no_ip(test, adapter);
}

/* Fields that contain no text, or too much of it. */
static void decode_bad_text(struct kunit *test)
{
	static const size_t fields[] = { 2, 260, 2308, 4356, 5380 };
	static const size_t units[] = { 128, 1024, 1024, 512, 1024 };
	struct adapter *adapter = new_adapter(test);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		struct hvic_room room = exact_room(test, 7428, 0);

		memcpy(room.data, vec_kvp_ip_string, room.len);
		poke16(room.data + fields[i], 0xd800);
		KUNIT_EXPECT_EQ_MSG(test, decode_ip(adapter, to_span(room), text_version),
				    -EILSEQ, "field at %zu", fields[i]);
		expect_no_ip(test, adapter);

		put_units(room.data + fields[i], 0xffff, units[i], units[i]);
		KUNIT_EXPECT_EQ_MSG(test, decode_ip(adapter, to_span(room), text_version),
				    -EINVAL, "field at %zu", fields[i]);
		expect_no_ip(test, adapter);
	}
}

static const struct bad_ip_row {
	const char *desc;
	u32 n_addresses;
	u32 n_gateways;
	u32 n_dns;
	struct hv_ic_kvp_address address;
} bad_ip_rows[] = {
	{ "129 addresses", 129, 0, 0, { .family = 4 } },
	{ "most addresses", U32_MAX, 0, 0, { .family = 4 } },
	{ "11 gateways", 0, 11, 0, { .family = 4 } },
	{ "129 name servers", 0, 0, 129, { .family = 4 } },
	{ "no family", 1, 0, 0, { .family = 0 } },
	{ "family 5", 1, 0, 0, { .family = 5 } },
	{ "33 bits of IPv4", 1, 0, 0, { .family = 4, .prefix = 33 } },
	{ "129 bits of IPv6", 1, 0, 0, { .family = 6, .prefix = 129 } },
	{ "unknown origin", 1, 0, 0, { .family = 6, .origin = 3 } },
};

ROWS(bad_ip);

/* A daemon may write anything. */
static void refuse_bad_ip(struct kunit *test)
{
	const struct bad_ip_row *row = test->param_value;
	struct adapter *adapter = new_adapter(test);
	struct hvic_room body = exact_room(test, 7428, 0);

	memset(&adapter->ip, 0, sizeof(adapter->ip));
	strcpy(adapter->ip.adapter, "{A}");
	adapter->ip.n_addresses = row->n_addresses;
	adapter->ip.n_gateways = row->n_gateways;
	adapter->ip.n_dns = row->n_dns;
	adapter->ip.addresses[0] = row->address;

	KUNIT_EXPECT_EQ(test, encode_ip(adapter, body, text_version), -EINVAL);
	KUNIT_EXPECT_EQ(test, encode_ip(adapter, body, binary_version), -EINVAL);
}

/* An id that fills the field has no NUL, but each string that is written ends in one. */
static void encode_full_adapter(struct kunit *test)
{
	struct adapter *adapter = new_adapter(test);
	struct hvic_room body = exact_room(test, 7428, 0);

	memset(&adapter->ip, 0, sizeof(adapter->ip));
	memset(adapter->ip.adapter, 'a', 128);
	KUNIT_EXPECT_EQ(test, encode_ip(adapter, body, text_version), 7428);
	KUNIT_EXPECT_EQ(test, body.data[2 + 252], 'a');
	KUNIT_EXPECT_EQ(test, body.data[2 + 254], 0);

	memset(body.data, 0, body.len);
	KUNIT_EXPECT_EQ(test, encode_ip(adapter, body, binary_version), 7428);
	KUNIT_EXPECT_EQ(test, body.data[28 + 252], 'a');
	KUNIT_EXPECT_EQ(test, body.data[28 + 254], 0);
}

/* A daemon may name more addresses of a family than the host's layouts hold. */
static void encode_most(struct kunit *test)
{
	struct adapter *adapter = new_adapter(test), *again = new_adapter(test);
	struct hv_ic_kvp_ip *ip = &adapter->ip;
	struct hvic_room body = exact_room(test, 7428, 0);
	u32 i;

	memset(ip, 0, sizeof(*ip));
	strcpy(ip->adapter, "{A}");
	ip->n_addresses = 128;
	ip->n_gateways = 10;
	ip->n_dns = 128;
	for (i = 0; i < 128; i++) {
		ip->addresses[i].family = i < 65 ? 4 : 6;
		ip->addresses[i].prefix = i % 33;
		ip->addresses[i].origin = i % 3;
		ip->addresses[i].bytes[3] = i;
		ip->dns[i].family = i % 2 ? 4 : 6;
	}
	for (i = 0; i < 10; i++)
		ip->gateways[i].family = i < 4 ? 4 : 6;

	KUNIT_ASSERT_EQ(test, encode_ip(adapter, body, binary_version), 7428);
	KUNIT_ASSERT_EQ(test, decode_ip(again, to_span(body), binary_version), 0);
	KUNIT_EXPECT_EQ(test, again->ip.n_addresses, 127);
	KUNIT_EXPECT_EQ(test, again->ip.n_gateways, 9);
	KUNIT_EXPECT_EQ(test, again->ip.n_dns, 128);
	for (i = 0; i < 127; i++) {
		const struct hv_ic_kvp_address *want = &ip->addresses[i < 64 ? i : i + 1];

		KUNIT_EXPECT_EQ_MSG(test, memcmp(&again->ip.addresses[i], want, sizeof(*want)), 0,
				    "address %u", i);
	}

	ip->n_addresses = 64;
	ip->n_gateways = 9;
	memset(body.data, 0, body.len);
	KUNIT_ASSERT_EQ(test, encode_ip(adapter, body, text_version), 7428);
	KUNIT_ASSERT_EQ(test, decode_ip(again, to_span(body), text_version), 0);
	KUNIT_EXPECT_EQ(test, again->ip.n_addresses, 64);
	KUNIT_EXPECT_EQ(test, again->ip.n_gateways, 9);
	KUNIT_EXPECT_EQ(test, again->ip.n_dns, 128);
}

static struct kunit_case kvp_cases[] = {
	KUNIT_CASE(parse_op),
	KUNIT_CASE(parse_truncated),
	KUNIT_CASE_PARAM(decode_item, item_gen_params),
	KUNIT_CASE_PARAM(decode_truncated, item_gen_params),
	KUNIT_CASE(decode_other_ops),
	KUNIT_CASE_PARAM(decode_key_size, size_gen_params),
	KUNIT_CASE_PARAM(decode_delete_size, size_gen_params),
	KUNIT_CASE_PARAM(decode_value_size, size_gen_params),
	KUNIT_CASE_PARAM(decode_type, type_gen_params),
	KUNIT_CASE(encode_enumerate),
	KUNIT_CASE_PARAM(encode_get, item_gen_params),
	KUNIT_CASE(encode_header),
	KUNIT_CASE_PARAM(encode_short, short_gen_params),
	KUNIT_CASE_PARAM(encode_limits, encode_gen_params),
	KUNIT_CASE(encode_cuts_pairs),
	KUNIT_CASE(encode_nameless),
	KUNIT_CASE_PARAM(decode_adapter, ip_gen_params),
	KUNIT_CASE_PARAM(encode_adapter, ip_gen_params),
	KUNIT_CASE_PARAM(adapter_truncated, ip_gen_params),
	KUNIT_CASE_PARAM(adapter_short_answer, ip_gen_params),
	KUNIT_CASE_PARAM(decode_binary, binary_gen_params),
	KUNIT_CASE_PARAM(decode_text, field_gen_params),
	KUNIT_CASE(decode_bad_text),
	KUNIT_CASE_PARAM(refuse_bad_ip, bad_ip_gen_params),
	KUNIT_CASE(encode_full_adapter),
	KUNIT_CASE(encode_most),
	{}
};

static struct kunit_suite kvp_suite = {
	.name = "hv_ic_kvp",
	.test_cases = kvp_cases,
};

kunit_test_suite(kvp_suite);
