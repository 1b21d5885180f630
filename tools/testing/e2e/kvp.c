// SPDX-License-Identifier: GPL-2.0
/* Data exchange: pools, intrinsic items, IP configuration. */
#include "e2e.h"

#include <stdio.h>

/* Records of 2,560 bytes: a key and a value, filled up with NUL. */
#define SHOW_POOL_0 "tr -s '\\0' '\\n' < /var/lib/hyperv/.kvp_pool_0"

#define POOL_1 "/var/lib/hyperv/.kvp_pool_1"

static char *pool_0(struct test *t)
{
	return test_run(t, 0, SHOW_POOL_0);
}

static void set_and_delete(struct test *t)
{
	struct ic *kvp = test_served(t, &ic_kvp);

	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "colour", "gr\xc3\xbcn"), 0);
	EXPECT(strstr(pool_0(t), "gr\xc3\xbcn"));
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "colour", "blue"), 0);
	EXPECT(strstr(pool_0(t), "blue"));
	EXPECT(!strstr(pool_0(t), "gr\xc3\xbcn"));
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "colour"), 0);
	EXPECT_FAILURE(kvp_delete(kvp, KVP_EXTERNAL, "colour"));
}

static void numbers(struct test *t)
{
	struct ic *kvp = test_served(t, &ic_kvp);

	EXPECT_RESULT(kvp_set_number(kvp, KVP_EXTERNAL, "dword", WIRE_KVP_DWORD, 4000000000u), 0);
	EXPECT(strstr(pool_0(t), "4000000000"));
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "dword"), 0);
}

static void qword(struct test *t)
{
	struct ic *kvp = test_served(t, &ic_kvp);

	EXPECT_RESULT(kvp_set_number(kvp, KVP_EXTERNAL, "qword", WIRE_KVP_QWORD,
				     12345678901234567890ull), 0);
	EXPECT(strstr(pool_0(t), "12345678901234567890"));
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "qword"), 0);
}

/* All items of the guest, listed to the end and in order, as tools on the host do. */
static void enumerate(struct test *t)
{
	struct ic *kvp = test_served(t, &ic_kvp);
	struct kvp_item item;

	for (int i = 0; i < 20; i++) {
		char key[32], value[32];

		snprintf(key, sizeof(key), "key-%d", i);
		snprintf(value, sizeof(value), "value-%d", i * i);
		EXPECT_RESULT(kvp_set(kvp, KVP_GUEST, key, value), 0);
	}
	for (uint32_t i = 0; i < 20; i++) {
		char key[32], value[32];

		snprintf(key, sizeof(key), "key-%u", i);
		snprintf(value, sizeof(value), "value-%u", i * i);
		EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, i, &item), 0);
		EXPECT_STR(item.key, key);
		EXPECT_STR(item.value, value);
	}
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, 20, &item), WIRE_E_NO_MORE_ITEMS);
	for (int i = 0; i < 20; i++) {
		char key[32];

		snprintf(key, sizeof(key), "key-%d", i);
		EXPECT_RESULT(kvp_delete(kvp, KVP_GUEST, key), 0);
	}
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, 0, &item), WIRE_E_NO_MORE_ITEMS);
}

static void intrinsic(struct test *t)
{
	struct ic *kvp = test_served(t, &ic_kvp);
	struct kvp_item item;

	EXPECT_RESULT(kvp_find(kvp, KVP_AUTO, "OSBuildNumber", &item), 0);
	EXPECT_STR(item.value, test_run(t, 0, "uname -r"));
	EXPECT_RESULT(kvp_find(kvp, KVP_AUTO, "ProcessorArchitecture", &item), 0);
	EXPECT_STR(item.value, "x86_64");
	EXPECT_RESULT(kvp_find(kvp, KVP_AUTO, "NoSuchItem", &item), WIRE_E_NOT_FOUND);
}

static void get(struct test *t)
{
	struct ic *kvp = test_served(t, &ic_kvp);
	struct kvp_item item;

	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "asked", "told"), 0);
	EXPECT_RESULT(kvp_get(kvp, KVP_EXTERNAL, "asked", &item), 0);
	EXPECT_STR(item.value, "told");
}

/* The wire can carry a key of 255 units and a value of 1023. */
static void longest(struct test *t)
{
	struct ic *kvp = test_served(t, &ic_kvp);
	char key[256], value[1024];
	struct kvp_item item;

	memset(key, 'k', sizeof(key) - 1);
	memset(value, 'v', sizeof(value) - 1);
	key[sizeof(key) - 1] = '\0';
	value[sizeof(value) - 1] = '\0';
	EXPECT_RESULT(kvp_set(kvp, KVP_GUEST, key, value), 0);
	EXPECT_RESULT(kvp_find(kvp, KVP_GUEST, key, &item), 0);
	EXPECT_STR(item.value, value);
	EXPECT_RESULT(kvp_delete(kvp, KVP_GUEST, key), 0);
}

/* All that the pools offer, in each version of the protocol. */
static void each_version(struct test *t)
{
	static const struct wire_version versions[] = { { 1, 0 }, { 3, 0 }, { 4, 0 }, { 5, 0 } };
	struct ic *kvp = test_served(t, &ic_kvp);
	struct kvp_item item;

	test_touch(t, kvp);
	for (size_t i = 0; i < ARRAY_SIZE(versions) - (t->peer == HV_UTILS); i++) {
		test_note(t, "version %u.%u", versions[i].major, versions[i].minor);
		kvp->messages = (struct ic_versions) { { versions[i] }, 1 };
		EXPECT_RESULT(ic_negotiate(kvp), 0);
		EXPECT_RESULT(kvp_set(kvp, KVP_GUEST, "colour", "gr\xc3\xbcn"), 0);
		EXPECT_RESULT(kvp_set(kvp, KVP_GUEST, "shape", "round"), 0);
		EXPECT_RESULT(kvp_get(kvp, KVP_GUEST, "colour", &item), 0);
		EXPECT_STR(item.value, "gr\xc3\xbcn");
		EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, 1, &item), 0);
		EXPECT_STR(item.key, "shape");
		EXPECT_STR(item.value, "round");
		EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, 2, &item), WIRE_E_NO_MORE_ITEMS);
		EXPECT_RESULT(kvp_find(kvp, KVP_AUTO, "OSName", &item), 0);
		EXPECT_RESULT(kvp_delete(kvp, KVP_GUEST, "colour"), 0);
		EXPECT_RESULT(kvp_delete(kvp, KVP_GUEST, "shape"), 0);
		EXPECT_FAILURE(kvp_delete(kvp, KVP_GUEST, "shape"));
	}
}

static void remove_dummy(struct test *t, void *context)
{
	test_run(t, 0, "ip link del dummy0");
}

/* An adapter with one address of each family. */
static void make_dummy(struct test *t)
{
	test_run(t, 0, "modprobe dummy numdummies=0; ip link add dummy0 type dummy");
	test_defer(t, remove_dummy, NULL);
	test_run(t, 0, "ip link set dummy0 address 00:15:5d:01:02:03 up");
	test_run(t, 0, "ip addr add 192.0.2.17/24 dev dummy0");
	test_run(t, 0, "ip -6 addr add 2001:db8::17/64 dev dummy0");
}

static void ip_info(struct test *t)
{
	struct ic *kvp = test_served(t, &ic_kvp);
	struct kvp_ip ip;

	make_dummy(t);
	EXPECT_RESULT(kvp_get_ip(kvp, "00:15:5D:01:02:03", &ip), 0);
	EXPECT_EQ(ip.family & WIRE_KVP_IPV4, WIRE_KVP_IPV4);
	EXPECT(strstr(ip.address, "192.0.2.17"));
	EXPECT(strstr(ip.address, "2001:db8::17"));
	EXPECT(strstr(ip.subnet, "255.255.255.0"));
	EXPECT_FAILURE(kvp_get_ip(kvp, "00:15:5D:FF:FF:FF", &ip));
}

static void ip_info_text(struct test *t)
{
	struct ic *kvp = test_served(t, &ic_kvp);
	struct kvp_ip ip;

	make_dummy(t);
	test_touch(t, kvp);
	kvp->messages = IC_VERSIONS({ 4, 0 });
	EXPECT_RESULT(ic_negotiate(kvp), 0);
	EXPECT_RESULT(kvp_get_ip(kvp, "00:15:5D:01:02:03", &ip), 0);
	EXPECT(strstr(ip.address, "192.0.2.17"));
	EXPECT(strstr(ip.subnet, "255.255.255.0"));
}

/* A host that knows 5.0 gets addresses as numbers; an old guest gives it none. */
static void ip_info_binary(struct test *t)
{
	struct ic *kvp = test_served(t, &ic_kvp);
	struct kvp_ip ip;

	make_dummy(t);
	EXPECT(ic_at_least(kvp, 5, 0));
	EXPECT_RESULT(kvp_get_ip(kvp, "00:15:5D:01:02:03", &ip), 0);
	EXPECT(strstr(ip.address, "192.0.2.17"));
	EXPECT(strstr(ip.origin, "static"));
}

/* However the host writes a MAC address, the daemon knows the adapter. */
static void ip_info_spelling(struct test *t)
{
	static const char * const spellings[] = {
		"00:15:5d:ab:cd:ef", "00:15:5D:ab:CD:ef", "00-15-5D-AB-CD-EF", "00155dabcdef",
	};
	struct ic *kvp = test_served(t, &ic_kvp);
	struct kvp_ip ip;

	make_dummy(t);
	test_run(t, 0, "ip link set dummy0 address 00:15:5d:ab:cd:ef");
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		test_note(t, "%s", spellings[i]);
		EXPECT_RESULT(kvp_get_ip(kvp, spellings[i], &ip), 0);
		EXPECT(strstr(ip.address, "192.0.2.17"));
	}
}

/* Any program may write to the pool: what it writes hides nothing of the others. */
static void odd_items(struct test *t)
{
	static const struct {
		const char *key;		/* for printf(1) */
		unsigned int key_len;
		char letter;
		unsigned int letters;
	} odd[] = {
		{ "caf\\351", 4, 'v', 1 },
		{ "long", 4, 'w', 2047 },
		{ "", 0, 'x', 1 },
		{ "last", 4, 'y', 1 },
	};
	struct ic *kvp = test_served(t, &ic_kvp);
	unsigned int index = 2;
	struct kvp_item item;

	test_touch(t, kvp);
	test_run(t, 0, "> " POOL_1);
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		test_run(t, 0, "{ printf '%s'; head -c %u /dev/zero; } >> " POOL_1, odd[i].key,
			 512 - odd[i].key_len);
		test_run(t, 0, "head -c %u /dev/zero | tr '\\0' %c >> " POOL_1, odd[i].letters,
			 odd[i].letter);
		test_run(t, 0, "head -c %u /dev/zero >> " POOL_1, 2048 - odd[i].letters);
	}
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, 0, &item), 0);
	EXPECT_STR(item.key, "caf\xef\xbf\xbd");
	EXPECT_STR(item.value, "v");
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, 1, &item), 0);
	EXPECT_EQ(strspn(item.value, "w"), 1023);
	/* Our daemon takes a record without a key for an empty one. */
	if (!t->own_daemons) {
		EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, index++, &item), 0);
		EXPECT_STR(item.key, "\xef\xbf\xbd");
	}
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, index, &item), 0);
	EXPECT_STR(item.key, "last");
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, index + 1, &item), WIRE_E_NO_MORE_ITEMS);
	EXPECT_STR(test_status(t, kvp, "altered"), t->own_daemons ? "2" : "3");
	test_run(t, 0, "dmesg | grep -q 'item 1 of pool 1 is altered for the host'");
	test_run(t, 1, "dmesg | grep -q www");
	test_run(t, 0, "> " POOL_1);
}

/* The administrator of the guest may keep a host from the newest versions. */
static void version(struct test *t)
{
	struct ic *kvp = test_ic(t, &ic_kvp);

	test_touch(t, kvp);
	test_parameter(t, "kvp_version", "4");
	EXPECT_RESULT(ic_negotiate(kvp), 0);
	EXPECT(ic_at_least(kvp, 4, 0));
	EXPECT(!ic_at_least(kvp, 5, 0));
	test_parameter(t, "kvp_version", "1");
	EXPECT_RESULT(ic_negotiate(kvp), 0);
	EXPECT(!ic_at_least(kvp, 3, 0));
	test_run(t, 1, "echo 2 > /sys/module/hv_ic/parameters/kvp_version");
}

/*
 * Without a daemon the host gets its answers all the same, and what it sets is
 * there when the daemon comes.
 */
static void no_daemon(struct test *t)
{
	struct ic *kvp = test_ic(t, &ic_kvp);
	struct kvp_item item;

	test_stop_daemons(t);
	test_touch(t, kvp);
	test_reopen(t, kvp);
	EXPECT_RESULT(ic_wait_ready(kvp), 0);
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_AUTO, 0, &item), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "while-away", "kept"), 0);
	test_served(t, &ic_kvp);
	test_until(t, SHOW_POOL_0 " | grep -qx kept");
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "while-away"), 0);
}

const struct test_case kvp_cases[] = {
	{ .name = "kvp_set_and_delete", .run = set_and_delete },
	{ .name = "kvp_numbers", .run = numbers },
	{ .name = "kvp_qword", .run = qword,
	  .peer_fails = "it takes QWORD for type 8, where the wire has 11",
	  .peer_says = "strstr(pool_0(t), \"12345678901234567890\")" },
	{ .name = "kvp_enumerate", .run = enumerate },
	{ .name = "kvp_intrinsic", .run = intrinsic },
	{ .name = "kvp_each_version", .run = each_version,
	  .peer_fails = "GET looks for the value in the wrong place",
	  .peer_says = "item.value: expected" },
	{ .name = "kvp_get", .run = get,
	  .peer_fails = "GET looks for the value in the wrong place",
	  .peer_says = "item.value: expected \"told\", got \"\"" },
	{ .name = "kvp_longest", .run = longest,
	  .peer_fails = "it cuts keys to 254 and values to 1022 units",
	  .peer_says = "got 0x80041002 not found" },
	{ .name = "kvp_ip_info", .run = ip_info },
	{ .name = "kvp_ip_info_text", .run = ip_info_text },
	{ .name = "kvp_ip_info_binary", .run = ip_info_binary,
	  .peer_fails = "it does not know version 5.0",
	  .peer_says = "ic_at_least(kvp, 5, 0)" },
	{ .name = "kvp_ip_info_spelling", .run = ip_info_spelling,
	  .peer_fails = "its daemon compares MAC addresses in upper case",
	  .peer_says = "got 0x80004005 failed" },
	{ .name = "kvp_odd_items", .run = odd_items, .only = ONLY_HV_IC },
	{ .name = "kvp_version", .run = version, .only = ONLY_HV_IC },
	{ .name = "kvp_no_daemon", .run = no_daemon,
	  .peer_fails = "it leaves NEGOTIATE unread until a daemon comes",
	  .peer_says = "got no answer in time" },
	{ 0 }
};
