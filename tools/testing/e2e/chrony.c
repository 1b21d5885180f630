// SPDX-License-Identifier: GPL-2.0
/* chrony in a real Debian, by the files that our package has for it, follows the host's clock. */
#include "debian.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#define EXAMPLES "/usr/share/doc/hv_ic/examples/chrony"
#define FRAGMENT "/etc/chrony/conf.d/hv_ic.conf"
#define DROP_IN "/etc/systemd/system/chrony.service.d/hv_ic.conf"

#define NEAR_S 1.0			/* reading both clocks takes time in an emulated machine */
#define PATIENCE_S 400
#define SECOND 10000000			/* in the host's units */

/* How far the host's clock, which the guest is to follow, is ahead of this machine's: seconds */
static int host_ahead;

/* A host does so every five seconds. */
static void send_sample(struct test *t)
{
	struct timesync_stamp stamp;

	EXPECT_EQ(timesync_now(t->host, (int64_t)host_ahead * SECOND, WIRE_TIME_SAMPLE, &stamp), 0);
	EXPECT_RESULT(timesync_send(test_ic(t, &ic_timesync), &stamp), 0);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* How far the guest's clock is ahead of the host's. */
static double guest_ahead(struct test *t)
{
	double before = now(), guest = atof(test_run(t, 0, "date +%%s.%%N"));

	return guest - host_ahead - (before + now()) / 2;
}

/* @first: how far it was ahead before chrony saw to it */
static void expect_near(struct test *t, double first, const char *what)
{
	double ahead = guest_ahead(t);
	time_t end = time(NULL) + PATIENCE_S;

	test_note(t, "%s: the guest's clock is off by %+.2f s", what, first);
	while (fabs(ahead) > NEAR_S && time(NULL) < end) {
		send_sample(t);
		test_run(t, 0, "sleep 4");
		ahead = guest_ahead(t);
	}
	printf("# %s: the guest's clock was off by %+.2f s, and is by %+.2f s\n", what, first,
	       ahead);
	if (fabs(ahead) > NEAR_S)
		FAIL("%s: it is still off by %+.2f s; chrony: %s", what, ahead,
		     test_run(t, 0, "chronyc tracking; chronyc sources"));
}

/* The clock has samples by now, or chrony would have nothing to choose. */
static void expect_chosen(struct test *t)
{
	time_t end = time(NULL) + PATIENCE_S;

	while (!strstr(test_run(t, 0, "chronyc -n -c sources || true"), "#,*,PHC0")) {
		if (time(NULL) > end)
			FAIL("chrony does not choose the clock: %s",
			     test_run(t, 0, "systemctl status chrony; chronyc sources"));
		send_sample(t);
		test_run(t, 0, "sleep 2");
	}
}

static void forget(struct test *t, void *context)
{
	test_run(t, 0, "systemctl disable -q --now chrony; rm -f " FRAGMENT " " DROP_IN);
	test_run(t, 0, "systemctl daemon-reload; date -s @%lld", (long long)time(NULL));
}

static void follow(struct test *t)
{
	double first;

	debian_up(t, "hv_ic");
	EXPECT_RESULT(ic_wait_ready(test_ic(t, &ic_timesync)), 0);
	host_ahead = 0;
	test_defer(t, forget, NULL);

	test_run(t, 0, "install -m 644 " EXAMPLES "/hv_ic.conf " FRAGMENT);
	test_run(t, 0, "install -D -m 644 " EXAMPLES "/wait.conf " DROP_IN);
	test_run(t, 0, "systemctl daemon-reload && date -s @%lld", (long long)time(NULL) + 100);
	first = guest_ahead(t);
	EXPECT(first > 90);
	send_sample(t);
	test_run(t, 0, "systemctl enable -q --now chrony");
	expect_chosen(t);
	expect_near(t, first, "at its start");

	/* From here on it does not step the clock, but lets it go faster. */
	host_ahead = 4;
	expect_near(t, guest_ahead(t), "the host's clock is moved");

	/* It waits for the clock, without which it would not start. */
	debian_ask(t, &debian_restart, HV_RESET, "Reached target reboot.target");
	test_restart(t);
	debian_up(t, "hv_ic");
	test_run(t, 0, "systemctl -q is-active chrony");
	EXPECT_RESULT(ic_wait_ready(test_ic(t, &ic_timesync)), 0);
	first = guest_ahead(t);
	expect_chosen(t);
	expect_near(t, first, "after a restart");
}

const struct test_case chrony_cases[] = {
	{ .name = "guest_chrony", .run = follow, .system = SYSTEM_PACKAGES, .only = ONLY_HV_IC },
	{ 0 }
};
