// SPDX-License-Identifier: GPL-2.0
/* The addresses of one network interface among as many as the row says. */
#include <stdio.h>

#include "bench.h"

#define TIMES 3

static void remove_interfaces(struct test *t, void *context)
{
	test_run(t, 0, "rmmod dummy");
}

static void addresses(struct bench *b)
{
	static struct kvp_ip ip;
	struct test *t = b->t;
	struct ic *kvp = subject_ready(b, &ic_kvp);
	double took[TIMES];
	char mac[32], address[32];

	test_run(t, 0, "modprobe dummy numdummies=%lu", b->row->size);
	test_defer(t, remove_interfaces, NULL);
	test_run(t, 0, "for i in $(seq %lu); do %s && %s && %s || exit 1; done", b->row->size,
		 "ip link set dummy$((i - 1)) address 00:15:5d:01:02:$(printf %02x $i) up",
		 "ip addr add 192.0.2.$i/24 dev dummy$((i - 1))",
		 "ip -6 addr add 2001:db8::$i/64 dev dummy$((i - 1))");

	/* The last one is what a search finds last. */
	snprintf(mac, sizeof(mac), "00:15:5D:01:02:%02lX", b->row->size);
	snprintf(address, sizeof(address), "192.0.2.%lu", b->row->size);
	for (int i = 0; i < TIMES; i++) {
		double start = bench_us();

		EXPECT_RESULT(kvp_get_ip(kvp, mac, &ip), 0);
		took[i] = bench_us() - start;
		EXPECT(strstr(ip.address, address));
		EXPECT(strstr(ip.subnet, "255.255.255.0"));
	}
	bench_report(b, 0, bench_quantile(took, TIMES, 0.5));
}

#define ROW(title, interfaces)							\
	{ .name = title, .run = addresses, .service = &ic_kvp, .size = interfaces,	\
	  .lines = { { "GET_IP_INFO", "us", 1 } } }

const struct bench_row address_rows[] = {
	ROW("ip_1", 1),
	ROW("ip_8", 8),
	ROW("ip_64", 64),
	{ 0 }
};
