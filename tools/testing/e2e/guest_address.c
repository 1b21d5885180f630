// SPDX-License-Identifier: GPL-2.0
/* The network of a real Debian with our packages changes, and the host sees that at once. */
#include "debian.h"

#include <stdio.h>
#include <time.h>

/* A promise of two seconds, with room for a slow machine. */
#define SEEN_S 20

#define DEVICE "own1"
#define MAC "00:15:5d:0a:0b:0c"
#define FIRST "192.0.2.33"
#define SECOND "192.0.2.34"

static void remove_device(struct test *t, void *context)
{
	test_run(t, 0, "ip link del " DEVICE);
}

/* The host sees an @address, or that it is gone, and how long that has taken is said. */
static void expect_seen(struct test *t, const char *address, bool there)
{
	struct timespec begin, now;
	struct kvp_item item;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		EXPECT_RESULT(kvp_find(test_ic(t, &ic_kvp), KVP_AUTO, "NetworkAddressIPv4", &item),
			      0);
		clock_gettime(CLOCK_MONOTONIC, &now);
		seconds = now.tv_sec - begin.tv_sec + (now.tv_nsec - begin.tv_nsec) / 1e9;
	} while (!strstr(item.value, address) == there && seconds < SEEN_S);
	if (!strstr(item.value, address) == there)
		FAIL("after %.1f s the host still reads \"%s\"", seconds, item.value);
	printf("# the host sees that %s is %s after %.1f s\n", address, there ? "there" : "gone",
	       seconds);
}

static void address_changes(struct test *t)
{
	debian_up(t, "hv_ic");
	debian_active(t, &ic_kvp, "hvic-kvpd");
	test_run(t, 0, "ip link add " DEVICE " address " MAC " type dummy");
	test_defer(t, remove_device, NULL);
	/* Without a route over it, it is nobody's way to the machine. */
	test_run(t, 0, "ip link set " DEVICE " up && ip address add " FIRST "/24 dev " DEVICE
		 " && ip route add default via 192.0.2.1 dev " DEVICE " metric 9");
	expect_seen(t, FIRST, true);
	test_run(t, 0, "ip address add " SECOND "/24 dev " DEVICE);
	expect_seen(t, SECOND, true);
	test_run(t, 0, "ip address del " SECOND "/24 dev " DEVICE);
	expect_seen(t, SECOND, false);
	test_run(t, 0, "ip link set " DEVICE " down");
	expect_seen(t, FIRST, false);
}

const struct test_case guest_address_cases[] = {
	{ .name = "guest_address_changes", .run = address_changes, .system = SYSTEM_PACKAGES,
	  .only = ONLY_HV_IC },
	{ 0 }
};
