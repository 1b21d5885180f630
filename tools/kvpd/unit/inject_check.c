// SPDX-License-Identifier: GPL-2.0
/* Which addresses of the host an adapter can have, and when it has them. */
#include "inject.h"

#include <errno.h>

#include "array.h"
#include "clock.h"
#include "lease.h"
#include "unit.h"

static struct hv_ic_kvp_address at(const char *text, uint8_t prefix)
{
	struct hv_ic_kvp_address address;

	assert_true(hvic_lease_parse_address(text, &address));
	address.prefix = prefix;
	return address;
}

static struct hv_ic_kvp_ip usual(void)
{
	return (struct hv_ic_kvp_ip){
		.n_addresses = 1, .addresses = { at("192.0.2.7", 24) },
		.n_gateways = 1, .gateways = { at("192.0.2.1", 0) },
		.n_dns = 1, .dns = { at("192.0.2.53", 0) },
	};
}

static void bounds(void **state)
{
	static const struct {
		const char *address;
		uint8_t prefix;
		int expected;
	} rows[] = {
		{ "192.0.2.1", 24, 0 }, { "192.0.2.1", 32, 0 }, { "192.0.2.1", 33, -EINVAL },
		{ "192.0.2.1", 0, -EINVAL }, { "192.0.2.1", 255, -EINVAL },
		{ "0.0.0.0", 24, -EINVAL }, { "127.0.0.1", 8, -EINVAL },
		{ "224.0.0.1", 24, -EINVAL }, { "255.255.255.255", 32, -EINVAL },
		{ "2001:db8::1", 128, 0 }, { "2001:db8::1", 129, -EINVAL },
		{ "2001:db8::1", 0, -EINVAL }, { "::", 64, -EINVAL }, { "::1", 128, -EINVAL },
		{ "ff02::1", 64, -EINVAL }, { "fe80::5", 64, 0 },
	};
	struct hv_ic_kvp_ip ip;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ip = (struct hv_ic_kvp_ip){ .n_addresses = 1 };
		ip.addresses[0] = at(rows[i].address, rows[i].prefix);
		assert_int_equal(hvic_inject_check(&ip), rows[i].expected);
	}
	ip = (struct hv_ic_kvp_ip){ };
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip.dhcp = 1;
	assert_int_equal(hvic_inject_check(&ip), 0);
	ip.n_gateways = 1;
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip = usual();
	ip.dns[0] = at("127.0.0.1", 0);
	assert_int_equal(hvic_inject_check(&ip), 0);
	ip.gateways[0] = at("127.0.0.1", 0);
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip = usual();
	ip.addresses[0].family = 5;
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip = usual();
	ip.n_addresses = HV_IC_KVP_ADDRESSES + 1;
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip = usual();
	ip.n_gateways = UINT32_MAX;
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
	ip = usual();
	ip.n_dns = HV_IC_KVP_ADDRESSES + 1;
	assert_int_equal(hvic_inject_check(&ip), -EINVAL);
}

/* The adapter has what the host wants as soon as the host does not want it any more. */
static void confirms(void **state)
{
	struct hvic_inject inject = { .root = ((struct unit_root *)*state)->fd };
	struct hvic_job job = {
		.inject = &inject, .ip = { .dhcp = 1 },
		.deadline_us = hvu_now_us() + 60000000,
	};

	assert_int_equal(hvic_inject_confirm(&job), 0);
	atomic_store(&job.over, true);
	assert_int_equal(hvic_inject_confirm(&job), -ECANCELED);

	/* Of the same address with another prefix, the adapter has yet to hear. */
	atomic_store(&job.over, false);
	job.link.index = 1;
	job.ip = (struct hv_ic_kvp_ip){ .n_addresses = 1, .addresses = { at("127.0.0.1", 8) } };
	job.deadline_us = hvu_now_us() + 50000;
	/* Not every machine that builds has a loopback. */
	if (hvic_inject_confirm(&job))
		skip();
	job.ip.addresses[0].prefix = 16;
	assert_int_equal(hvic_inject_confirm(&job), -ETIMEDOUT);
}

/* A network of two interfaces with the adapter's MAC address: itself, and a bond above it. */
static void looks(void **state)
{
	struct hvic_inject inject = { .root = ((struct unit_root *)*state)->fd };
	struct hvic_link links[] = {
		{
			.index = 3, .name = "lan0", .flags = IFF_UP,
			.has_mac = true, .mac = { 0, 0x15, 0x5d, 1, 2, 10 },
		}, {
			.index = 4, .name = "bond0", .kind = "bond", .flags = IFF_UP,
			.has_mac = true, .mac = { 0, 0x15, 0x5d, 1, 2, 10 },
		},
	};
	struct hvic_address address = { .index = 3, .ip = at("192.0.2.5", 24) };
	struct hvic_net net = {
		.links = links, .n_links = 1, .addresses = &address, .n_addresses = 1,
	};
	struct hvic_job job = {
		.inject = &inject, .link = { .index = 3, .name = "eth0" },
		.was = {
			.adapter = "00:15:5d:01:02:0a", .n_dns = 1,
			.dns = { at("192.0.2.9", 0) },
		},
	};

	/* It has got another name, and an address. */
	assert_int_equal(hvic_inject_look_at(&job, &net), 1);
	assert_string_equal(job.link.name, "lan0");
	assert_int_equal(job.now.n_addresses, 1);
	assert_memory_equal(job.now.addresses[0].bytes, address.ip.bytes, 16);
	assert_int_equal(job.now.n_dns, 1);
	assert_int_equal(job.now.dns[0].bytes[3], 9);
	assert_int_equal(hvic_inject_look_at(&job, &net), 0);

	/* It becomes part of a bond, which has other name servers. */
	unit_file(*state, "etc/resolv.conf", "nameserver 192.0.2.8\n");
	links[0].master = 4;
	net.n_links = 2;
	address.index = 4;
	assert_int_equal(hvic_inject_look_at(&job, &net), 1);
	assert_string_equal(job.link.name, "bond0");
	assert_int_equal(job.link.index, 4);
	assert_int_equal(job.now.n_addresses, 1);
	assert_int_equal(job.now.dns[0].bytes[3], 8);

	/* The bond has no addresses for a moment: it is that one still, and had them. */
	net.n_addresses = 0;
	assert_int_equal(hvic_inject_look_at(&job, &net), 0);
	assert_int_equal(job.link.index, 4);
	assert_int_equal(job.now.n_addresses, 1);
	net.n_links = 1;
	links[0].master = 0;
	assert_int_equal(hvic_inject_look_at(&job, &net), 1);
	assert_int_equal(job.link.index, 3);
	assert_int_equal(job.now.n_addresses, 0);

	net.n_links = 0;
	assert_int_equal(hvic_inject_look_at(&job, &net), -ENOENT);
}

/* The network that there is has no such adapter; it is known from then on. */
static void looks_around(void **state)
{
	struct hvic_inject inject = { .root = ((struct unit_root *)*state)->fd };
	struct hvic_job job = { .inject = &inject, .was = { .adapter = "no such adapter" } };

	for (int times = 0; times < 2; times++)
		assert_int_equal(hvic_inject_look(&job), -ENOENT);
	assert_true(job.has_net);
	hvic_net_close(&job.net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds),
		cmocka_unit_test_setup_teardown(confirms, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(looks, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(looks_around, unit_root_setup, unit_root_teardown),
	};

	return cmocka_run_group_tests_name("inject_check", tests, NULL, NULL);
}
