// SPDX-License-Identifier: GPL-2.0
/* What hv_kvp_daemon reads and writes. */
#include "helpers.h"

#include "proto/legacy_kvp.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "vectors/legacy.h"

#define MESSAGE	7432			/* bytes of every message */

/* Bytes of the daemon's fields, with a NUL. */
#define KEY	512
#define VALUE	2048
#define ADAPTER	256

/* Where fields lie in an item of GET or SET, in ENUMERATE, and in addresses. */
#define POS_KEY			16
#define POS_VALUE		528
#define POS_ENUMERATE_KEY	20
#define POS_ENUMERATE_VALUE	532
#define POS_DHCP		261

static void greet(struct kunit *test)
{
	struct hvic_room room = exact_room(test, MESSAGE, 0);
	unsigned int op;

	for (op = 0; op <= 0xff; op++) {
		int want = op == 100 || op == 4 ? 1 : -EINVAL;
		u32 version = 99;
		int ret;

		room.data[0] = op;
		ret = hvic_legacy_kvp.greet(to_span(room), &version);

		KUNIT_EXPECT_EQ_MSG(test, ret, want, "op %u", op);
		KUNIT_EXPECT_EQ_MSG(test, version, want < 0 ? 99 : op, "op %u", op);
	}
}

static void greet_truncated(struct kunit *test)
{
	struct hvic_span msg;
	u32 version = 99;
	size_t n;

	for (n = 0; n < MESSAGE; n = next_cut(n, MESSAGE)) {
		msg = exact_span(test, vec_legacy_kvp_register, n);
		KUNIT_ASSERT_EQ_MSG(test, hvic_legacy_kvp.greet(msg, &version), -EINVAL,
				    "at %zu", n);
		kunit_kfree(test, msg.data);
	}
	KUNIT_EXPECT_EQ(test, version, 99);
}

static void consent(struct kunit *test)
{
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);
	size_t n;

	KUNIT_EXPECT_EQ(test, hvic_legacy_kvp.consent(room, 100), MESSAGE);
	expect_bytes(test, "consent", to_span(room),
		     (struct hvic_span)SPAN(vec_legacy_kvp_consent));
	for (n = 0; n < MESSAGE; n = next_cut(n, MESSAGE)) {
		room = exact_room(test, n, 0xee);
		KUNIT_ASSERT_EQ_MSG(test, hvic_legacy_kvp.consent(room, 100), -EMSGSIZE,
				    "into %zu", n);
		kunit_kfree(test, room.data);
	}
}

/* --- Records. ------------------------------------------------------------------------ */

static int encode(struct kunit *test, struct hvic_room room, u16 op, const void *payload,
		  size_t len)
{
	struct hvic_legacy_record record = {
		.op = op,
		.payload = { .data = payload, .len = len },
		.scratch = kunit_kzalloc(test, sizeof(*record.scratch), GFP_KERNEL),
	};
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, record.scratch);
	ret = hvic_legacy_kvp.encode(room, &record);
	kunit_kfree(test, record.scratch);
	return ret;
}

static const struct item_row {
	const char *desc;
	u16 op;
	struct hv_ic_kvp_item item;
	struct hvic_span want;
} item_rows[] = {
	{ "get", HV_IC_KVP_GET, { .pool = 1, .key = "\xc3\xbc" }, SPAN(vec_legacy_kvp_get) },
	{ "set", HV_IC_KVP_SET,
	  { .pool = 3, .type = HV_IC_KVP_STRING, .key = "k", .value = "v\n2" },
	  SPAN(vec_legacy_kvp_set) },
	{ "set, to be expanded", HV_IC_KVP_SET,
	  { .pool = 3, .type = HV_IC_KVP_EXPAND, .key = "k", .value = "v\n2" },
	  SPAN(vec_legacy_kvp_set) },
	{ "delete", HV_IC_KVP_DELETE, { .key = "old" }, SPAN(vec_legacy_kvp_delete) },
	{ "enumerate", HV_IC_KVP_ENUMERATE, { .pool = 2, .index = 0x01020304 },
	  SPAN(vec_legacy_kvp_enumerate) },
};

ROWS(item);

static void encode_item(struct kunit *test)
{
	const struct item_row *row = test->param_value;
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);

	KUNIT_EXPECT_EQ(test, encode(test, room, row->op, &row->item, sizeof(row->item)), MESSAGE);
	expect_bytes(test, row->desc, to_span(room), row->want);
}

static const struct number_row {
	const char *desc;
	u32 type;
	u64 number;
	const char *text;
} number_rows[] = {
	{ "zero", HV_IC_KVP_U32, 0, "0" },
	{ "largest of 32 bits", HV_IC_KVP_U32, U32_MAX, "4294967295" },
	{ "largest of 64 bits", HV_IC_KVP_U64, U64_MAX, "18446744073709551615" },
};

ROWS(number);

/* These daemons know strings only. */
static void encode_number(struct kunit *test)
{
	const struct number_row *row = test->param_value;
	struct hv_ic_kvp_item *item = kunit_kzalloc(test, sizeof(*item), GFP_KERNEL);
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);

	KUNIT_ASSERT_NOT_NULL(test, item);
	item->key[0] = 'k';
	item->type = row->type;
	item->number = row->number;

	KUNIT_EXPECT_EQ(test, encode(test, room, HV_IC_KVP_SET, item, sizeof(*item)), MESSAGE);
	KUNIT_EXPECT_STREQ(test, (char *)room.data + POS_VALUE, row->text);
	KUNIT_EXPECT_EQ(test, room.data[12], strlen(row->text) + 1);
}

static const struct text_row {
	const char *desc;
	u16 op;
	size_t key;			/* bytes without the NUL */
	size_t value;
	int ret;
} text_rows[] = {
	{ "longest", HV_IC_KVP_SET, KEY - 1, VALUE - 1, MESSAGE },
	{ "empty value", HV_IC_KVP_SET, 1, 0, MESSAGE },
	{ "set, key too long", HV_IC_KVP_SET, KEY, 1, -EINVAL },
	{ "set, value too long", HV_IC_KVP_SET, 1, VALUE, -EINVAL },
	{ "get, longest key", HV_IC_KVP_GET, KEY - 1, 0, MESSAGE },
	{ "get, key too long", HV_IC_KVP_GET, KEY, 0, -EINVAL },
	{ "delete, longest key", HV_IC_KVP_DELETE, KEY - 1, 0, MESSAGE },
	{ "delete, key too long", HV_IC_KVP_DELETE, KEY, 0, -EINVAL },
};

ROWS(text);

static void encode_text(struct kunit *test)
{
	const struct text_row *row = test->param_value;
	struct hv_ic_kvp_item *item = kunit_kzalloc(test, sizeof(*item), GFP_KERNEL);
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);

	KUNIT_ASSERT_NOT_NULL(test, item);
	item->type = HV_IC_KVP_STRING;
	memset(item->key, 'k', row->key);
	memset(item->value, 'v', row->value);

	KUNIT_EXPECT_EQ(test, encode(test, room, row->op, item, sizeof(*item)), row->ret);
	if (row->op == HV_IC_KVP_SET && row->ret == MESSAGE) {
		KUNIT_EXPECT_STREQ(test, (char *)room.data + POS_KEY, item->key);
		KUNIT_EXPECT_STREQ(test, (char *)room.data + POS_VALUE, item->value);
	}
}

static struct hv_ic_kvp_ip *new_ip(struct kunit *test)
{
	struct hv_ic_kvp_ip *ip = kunit_kzalloc(test, sizeof(*ip), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ip);
	memcpy(ip->adapter, "{A}", 4);
	ip->dhcp = 1;
	ip->n_addresses = 2;
	ip->addresses[0] = (struct hv_ic_kvp_address) {
		.family = 4, .prefix = 8, .bytes = { 10, 0, 0, 2 },
	};
	ip->addresses[1] = (struct hv_ic_kvp_address) {
		.family = 6, .prefix = 64, .bytes = { 0xfd, [15] = 2 },
	};
	ip->n_gateways = 1;
	ip->gateways[0] = (struct hv_ic_kvp_address) { .family = 4, .bytes = { 10, 0, 0, 1 } };
	ip->n_dns = 1;
	ip->dns[0] = (struct hv_ic_kvp_address) { .family = 6, .bytes = { 0xfd, [15] = 0x53 } };
	return ip;
}

static void encode_ip(struct kunit *test)
{
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);
	struct hv_ic_kvp_ip *ip = new_ip(test);

	KUNIT_EXPECT_EQ(test, encode(test, room, HV_IC_KVP_SET_IP, ip, sizeof(*ip)), MESSAGE);
	expect_bytes(test, "set", to_span(room), (struct hvic_span)SPAN(vec_legacy_kvp_set_ip));

	memset(ip, 0, sizeof(*ip));
	memcpy(ip->adapter, "00:15", 6);
	KUNIT_EXPECT_EQ(test, encode(test, room, HV_IC_KVP_GET_IP, ip, sizeof(*ip)), MESSAGE);
	expect_bytes(test, "get", to_span(room), (struct hvic_span)SPAN(vec_legacy_kvp_get_ip));
}

static void encode_adapter(struct kunit *test)
{
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);
	struct hv_ic_kvp_ip *ip = new_ip(test);

	memset(ip->adapter, 'a', ADAPTER - 1);
	KUNIT_EXPECT_EQ(test, encode(test, room, HV_IC_KVP_GET_IP, ip, sizeof(*ip)), MESSAGE);
	memset(ip->adapter, 'a', ADAPTER);
	KUNIT_EXPECT_EQ(test, encode(test, room, HV_IC_KVP_GET_IP, ip, sizeof(*ip)), -EINVAL);
}

/* All that an adapter may have fits in the daemon's lists, or is left out whole. */
static void encode_full_ip(struct kunit *test)
{
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);
	struct hv_ic_kvp_ip *ip = new_ip(test);
	u32 i;

	ip->n_addresses = HV_IC_KVP_ADDRESSES;
	for (i = 0; i < HV_IC_KVP_ADDRESSES; i++) {
		ip->addresses[i] = (struct hv_ic_kvp_address) { .family = 6, .prefix = 128 };
		memset(ip->addresses[i].bytes, 0xfd, 16);
	}
	KUNIT_EXPECT_EQ(test, encode(test, room, HV_IC_KVP_SET_IP, ip, sizeof(*ip)), MESSAGE);
	/* Each takes 39 characters and a semicolon. */
	KUNIT_EXPECT_EQ(test, strlen((char *)room.data + 262), 25 * 40 - 1);
}

static void encode_truncated(struct kunit *test)
{
	struct hv_ic_kvp_ip *ip = new_ip(test);
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);
	struct hvic_span payload;
	size_t n;
	u16 op;

	for (n = 0; n < sizeof(*ip); n = next_cut(n, sizeof(*ip))) {
		payload = exact_span(test, ip, n);
		KUNIT_ASSERT_EQ_MSG(test, encode(test, room, HV_IC_KVP_SET_IP, payload.data, n),
				    -EINVAL, "addresses at %zu", n);
		for (op = 0; n < sizeof(struct hv_ic_kvp_item) && op < HV_IC_KVP_GET_IP; op++)
			KUNIT_ASSERT_EQ_MSG(test, encode(test, room, op, payload.data, n),
					    -EINVAL, "operation %u at %zu", op, n);
		kunit_kfree(test, payload.data);
	}
	for (n = 0; n < MESSAGE; n = next_cut(n, MESSAGE)) {
		room = exact_room(test, n, 0xee);
		KUNIT_ASSERT_EQ_MSG(test, encode(test, room, HV_IC_KVP_SET_IP, ip, sizeof(*ip)),
				    -EMSGSIZE, "into %zu", n);
		kunit_kfree(test, room.data);
	}
}

static void encode_unknown(struct kunit *test)
{
	struct hvic_room room = exact_room(test, MESSAGE, 0xee);
	struct hv_ic_kvp_ip *ip = new_ip(test);
	u32 op;

	for (op = HV_IC_KVP_SET_IP + 1; op <= U16_MAX; op += 97)
		KUNIT_ASSERT_EQ_MSG(test, encode(test, room, op, ip, sizeof(*ip)), -EOPNOTSUPP,
				    "op %u", op);
}

/* --- Answers. --------------------------------------------------------------------------- */

static struct hvic_legacy_answer *new_answer(struct kunit *test, u32 version, u16 op)
{
	struct hvic_legacy_answer *answer = kunit_kmalloc(test, sizeof(*answer), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, answer);
	memset(answer, 0xee, sizeof(*answer));
	answer->version = version;
	answer->op = op;
	return answer;
}

static const struct answer_row {
	const char *desc;
	u32 version;
	u16 op;
	struct hvic_span msg;
	int status;
	size_t len;
	const char *key;
	const char *value;
} answer_rows[] = {
	{ "get", 100, HV_IC_KVP_GET, SPAN(vec_legacy_kvp_got), 0,
	  sizeof(struct hv_ic_kvp_item), "k", "\xc3\xbc" },
	{ "enumerate", 100, HV_IC_KVP_ENUMERATE, SPAN(vec_legacy_kvp_item), 0,
	  sizeof(struct hv_ic_kvp_item), "k2", "v" },
	{ "end", 100, HV_IC_KVP_ENUMERATE, SPAN(vec_legacy_kvp_end), -ENODATA, 0, NULL, NULL },
	{ "set", 100, HV_IC_KVP_SET, SPAN(vec_legacy_kvp_got), 0, 0, NULL, NULL },
	{ "enumerate, old", 4, HV_IC_KVP_ENUMERATE, SPAN(vec_legacy_kvp_item), 0,
	  sizeof(struct hv_ic_kvp_item), "k2", "v" },
	{ "end, old", 4, HV_IC_KVP_ENUMERATE, SPAN(vec_legacy_kvp_end), -ENODATA, 0, NULL, NULL },
};

ROWS(answer);

static void decode_item(struct kunit *test)
{
	const struct answer_row *row = test->param_value;
	struct hvic_legacy_answer *answer = new_answer(test, row->version, row->op);
	struct hvic_span msg = exact_span(test, row->msg.data, row->msg.len);

	KUNIT_EXPECT_EQ(test, hvic_legacy_kvp.decode(msg, answer), row->len);
	KUNIT_EXPECT_EQ(test, answer->status, row->status);
	if (row->key) {
		KUNIT_EXPECT_EQ(test, answer->item.type, HV_IC_KVP_STRING);
		KUNIT_EXPECT_STREQ(test, answer->item.key, row->key);
		KUNIT_EXPECT_STREQ(test, answer->item.value, row->value);
	}
}

/* A string that fills its field needs no NUL, and nothing behind it is read. */
static void decode_full_item(struct kunit *test)
{
	struct hvic_legacy_answer *answer = new_answer(test, 100, HV_IC_KVP_ENUMERATE);
	struct hvic_room room = exact_room(test, MESSAGE, 'x');

	memset(room.data, 0, 4);
	memset(room.data + POS_ENUMERATE_KEY, 'k', KEY);
	memset(room.data + POS_ENUMERATE_VALUE, 'v', VALUE);

	KUNIT_EXPECT_EQ(test, hvic_legacy_kvp.decode(to_span(room), answer),
			sizeof(answer->item));
	KUNIT_EXPECT_EQ(test, strlen(answer->item.key), KEY);
	KUNIT_EXPECT_EQ(test, strlen(answer->item.value), VALUE);
	KUNIT_EXPECT_EQ(test, answer->item.key[KEY - 1], 'k');
	KUNIT_EXPECT_EQ(test, answer->item.value[VALUE - 1], 'v');
}

static void decode_ip(struct kunit *test)
{
	struct hvic_legacy_answer *answer = new_answer(test, 100, HV_IC_KVP_GET_IP);
	struct hvic_span msg = exact_span(test, vec_legacy_kvp_ip, MESSAGE);
	struct hv_ic_kvp_ip *want = new_ip(test);

	memcpy(want->adapter, "00:15", 6);
	want->addresses[0].origin = HV_IC_KVP_ORIGIN_DYNAMIC;

	KUNIT_EXPECT_EQ(test, hvic_legacy_kvp.decode(msg, answer), sizeof(answer->ip));
	KUNIT_EXPECT_EQ(test, answer->status, 0);
	expect_bytes(test, "addresses", (struct hvic_span){ (u8 *)&answer->ip, sizeof(answer->ip) },
		     (struct hvic_span){ (u8 *)want, sizeof(*want) });
}

static void decode_static_ip(struct kunit *test)
{
	struct hvic_legacy_answer *answer = new_answer(test, 100, HV_IC_KVP_GET_IP);
	struct hvic_room room = exact_room(test, MESSAGE, 0);

	memcpy(room.data, vec_legacy_kvp_ip, MESSAGE);
	room.data[POS_DHCP] = 0;

	KUNIT_EXPECT_EQ(test, hvic_legacy_kvp.decode(to_span(room), answer), sizeof(answer->ip));
	KUNIT_EXPECT_EQ(test, answer->ip.dhcp, 0);
	KUNIT_EXPECT_EQ(test, answer->ip.addresses[0].origin, HV_IC_KVP_ORIGIN_STATIC);
	KUNIT_EXPECT_EQ(test, answer->ip.addresses[1].origin, HV_IC_KVP_ORIGIN_UNKNOWN);
}

static void decode_truncated(struct kunit *test)
{
	struct hvic_legacy_answer *answer = new_answer(test, 100, 0);
	struct hvic_span msg;
	size_t n;

	for (n = 0; n < MESSAGE; n = next_cut(n, MESSAGE)) {
		msg = exact_span(test, vec_legacy_kvp_ip, n);
		for (answer->op = 0; answer->op <= HV_IC_KVP_SET_IP; answer->op++)
			KUNIT_ASSERT_EQ_MSG(test, hvic_legacy_kvp.decode(msg, answer), -EINVAL,
					    "operation %u at %zu", answer->op, n);
		kunit_kfree(test, msg.data);
	}
}

/* Newer daemons may append to their messages. */
static void decode_longer(struct kunit *test)
{
	struct hvic_legacy_answer *answer = new_answer(test, 100, HV_IC_KVP_GET);
	struct hvic_room room = exact_room(test, MESSAGE + 1, 0xee);

	memcpy(room.data, vec_legacy_kvp_got, MESSAGE);
	KUNIT_EXPECT_EQ(test, hvic_legacy_kvp.decode(to_span(room), answer),
			sizeof(answer->item));
	KUNIT_EXPECT_STREQ(test, answer->item.key, "k");
}

static struct kunit_case legacy_kvp_cases[] = {
	KUNIT_CASE(greet),
	KUNIT_CASE(greet_truncated),
	KUNIT_CASE(consent),
	KUNIT_CASE_PARAM(encode_item, item_gen_params),
	KUNIT_CASE_PARAM(encode_number, number_gen_params),
	KUNIT_CASE_PARAM(encode_text, text_gen_params),
	KUNIT_CASE(encode_ip),
	KUNIT_CASE(encode_adapter),
	KUNIT_CASE(encode_full_ip),
	KUNIT_CASE(encode_truncated),
	KUNIT_CASE(encode_unknown),
	KUNIT_CASE_PARAM(decode_item, answer_gen_params),
	KUNIT_CASE(decode_full_item),
	KUNIT_CASE(decode_ip),
	KUNIT_CASE(decode_static_ip),
	KUNIT_CASE(decode_truncated),
	KUNIT_CASE(decode_longer),
	{}
};

static struct kunit_suite legacy_kvp_suite = {
	.name = "hv_ic_legacy_kvp",
	.test_cases = legacy_kvp_cases,
};

kunit_test_suite(legacy_kvp_suite);
