// SPDX-License-Identifier: GPL-2.0
/* Data exchange: pools, intrinsic items, IP configuration. */
#include "e2e.h"

#include <stdio.h>

/* Records of 2,560 bytes: a key and a value, filled up with NUL. */
#define SHOW_POOL_0 "tr -s '\\0' '\\n' < /var/lib/hyperv/.kvp_pool_0"

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

/* Items of the guest, as host tools list them: to the end, in order, all of them. */
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

/* 255 units of key and 1023 of value are what the wire can carry. */
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

/* A host that knows 5.0 gets the binary form, or nothing at all from an old guest. */
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

/*
 * Without a daemon the host gets its answers all the same, and what it sets is
 * there when the daemon comes.
 */
static void no_daemon(struct test *t)
{
	struct ic *kvp = test_ic(t, &ic_kvp);
	struct kvp_item item;

	test_run(t, 0, "killall hv_kvp_daemon 2>/dev/null || true");
	test_until(t, "! pidof hv_kvp_daemon");
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
	  .peer_fails = "it takes QWORD for type 8, where the wire has 11" },
	{ .name = "kvp_enumerate", .run = enumerate },
	{ .name = "kvp_intrinsic", .run = intrinsic },
	{ .name = "kvp_get", .run = get,
	  .peer_fails = "GET looks for the value in the wrong place" },
	{ .name = "kvp_longest", .run = longest,
	  .peer_fails = "it cuts keys to 254 and values to 1022 units" },
	{ .name = "kvp_ip_info", .run = ip_info },
	{ .name = "kvp_ip_info_text", .run = ip_info_text },
	{ .name = "kvp_ip_info_binary", .run = ip_info_binary,
	  .peer_fails = "it does not know version 5.0" },
	{ .name = "kvp_no_daemon", .run = no_daemon,
	  .peer_fails = "it leaves NEGOTIATE unread until a daemon comes" },
	{ 0 }
};
