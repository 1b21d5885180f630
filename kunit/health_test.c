// SPDX-License-Identifier: GPL-2.0
/*
 * What applications report, and what the host is told. The code under test is
 * compiled in here, so that a test can end a lease without waiting for it.
 */
#include <kunit/test.h>

#include "fake_event.h"
#include "health.c"

#define NO_TTL	0
#define LONG	(3600 * MSEC_PER_SEC)	/* longer than any test */

/* A listener, and what it was told last. */
static unsigned int n_changes;
static struct hvic_health_change last_change;
static char last_name[HV_IC_NAME_MAX + 1];

static void watch(const struct hvic_health_change *change)
{
	n_changes++;
	last_change = *change;
	strscpy(last_name, change->name ? change->name : "", sizeof(last_name));
}

static int health_init(struct kunit *test)
{
	n_changes = 0;
	fake_listener_reset();
	fake_listener.health = watch;
	return hvic_health_init();
}

static void health_exit(struct kunit *test)
{
	hvic_health_exit();
}

/* Ends the lease of a reporter, and waits until that has been noticed. */
static void expire_now(const char *name)
{
	mutex_lock(&lock);
	find(name)->expires = jiffies;
	schedule_expiry();
	mutex_unlock(&lock);
	flush_delayed_work(&expiry);
}

static void expect_change(struct kunit *test, unsigned int number, const char *name,
			  enum hv_ic_health state, enum hv_ic_health_cause cause)
{
	KUNIT_EXPECT_EQ(test, n_changes, number);
	KUNIT_EXPECT_STREQ(test, last_name, name);
	KUNIT_EXPECT_EQ(test, last_change.state, state);
	KUNIT_EXPECT_EQ(test, last_change.cause, cause);
	KUNIT_EXPECT_EQ(test, last_change.combined, hvic_health_combined());
	KUNIT_EXPECT_EQ(test, last_change.n_reporters, hvic_health_count());
}

static void nobody(struct kunit *test)
{
	struct hvic_health_report report;

	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_UNKNOWN);
	KUNIT_EXPECT_EQ(test, hvic_health_count(), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_at(0, &report), -ENOENT);
	KUNIT_EXPECT_EQ(test, hvic_health_clear("web"), -ENOENT);
	KUNIT_EXPECT_EQ(test, n_changes, 0);
}

static void worst_counts(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, hvic_health_set("web", HV_IC_HEALTH_HEALTHY, NO_TTL), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_HEALTHY);
	expect_change(test, 1, "web", HV_IC_HEALTH_HEALTHY, HV_IC_HEALTH_CAUSE_SET);

	KUNIT_EXPECT_EQ(test, hvic_health_set("db", HV_IC_HEALTH_CRITICAL, NO_TTL), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_CRITICAL);
	expect_change(test, 2, "db", HV_IC_HEALTH_CRITICAL, HV_IC_HEALTH_CAUSE_SET);

	KUNIT_EXPECT_EQ(test, hvic_health_set("db", HV_IC_HEALTH_HEALTHY, NO_TTL), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_HEALTHY);
	KUNIT_EXPECT_EQ(test, hvic_health_count(), 2);
}

/* A report that repeats the last one is no change. */
static void renewal_is_silent(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, hvic_health_set("web", HV_IC_HEALTH_HEALTHY, LONG), 0);
	KUNIT_EXPECT_EQ(test, n_changes, 1);
	KUNIT_EXPECT_EQ(test, hvic_health_count(), 1);
}

static void lease_ends(struct kunit *test)
{
	struct hvic_health_report report;

	hvic_health_set("web", HV_IC_HEALTH_HEALTHY, LONG);
	hvic_health_set("db", HV_IC_HEALTH_HEALTHY, LONG);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&expiry));
	expire_now("web");

	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_CRITICAL);
	expect_change(test, 3, "web", HV_IC_HEALTH_CRITICAL, HV_IC_HEALTH_CAUSE_EXPIRED);
	KUNIT_EXPECT_EQ(test, hvic_health_at(0, &report), 0);
	KUNIT_EXPECT_EQ(test, report.state, HV_IC_HEALTH_CRITICAL);
	KUNIT_EXPECT_EQ(test, report.remaining, 0);
	KUNIT_EXPECT_EQ(test, hvic_health_at(1, &report), 0);
	KUNIT_EXPECT_EQ(test, report.state, HV_IC_HEALTH_HEALTHY);

	/* The other lease still expires. */
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&expiry));
	expire_now("db");
	expect_change(test, 4, "db", HV_IC_HEALTH_CRITICAL, HV_IC_HEALTH_CAUSE_EXPIRED);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&expiry));
}

static void both_leases_end(struct kunit *test)
{
	hvic_health_set("web", HV_IC_HEALTH_HEALTHY, LONG);
	hvic_health_set("db", HV_IC_HEALTH_HEALTHY, LONG);
	mutex_lock(&lock);
	find("web")->expires = jiffies;
	mutex_unlock(&lock);
	expire_now("db");

	expect_change(test, 4, "db", HV_IC_HEALTH_CRITICAL, HV_IC_HEALTH_CAUSE_EXPIRED);
}

static void back_after_the_lease(struct kunit *test)
{
	hvic_health_set("web", HV_IC_HEALTH_HEALTHY, LONG);
	expire_now("web");
	KUNIT_EXPECT_EQ(test, hvic_health_set("web", HV_IC_HEALTH_HEALTHY, LONG), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_HEALTHY);
	expect_change(test, 3, "web", HV_IC_HEALTH_HEALTHY, HV_IC_HEALTH_CAUSE_SET);
}

/* The host is told the same for an expired lease and for a critical report. */
static void critical_after_the_lease(struct kunit *test)
{
	hvic_health_set("web", HV_IC_HEALTH_HEALTHY, LONG);
	expire_now("web");
	hvic_health_set("web", HV_IC_HEALTH_CRITICAL, NO_TTL);
	KUNIT_EXPECT_EQ(test, n_changes, 2);
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_CRITICAL);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&expiry));
}

static void renewal_extends_the_lease(struct kunit *test)
{
	struct hvic_health_report report;

	hvic_health_set("web", HV_IC_HEALTH_HEALTHY, 2);
	hvic_health_set("web", HV_IC_HEALTH_HEALTHY, LONG);
	flush_delayed_work(&expiry);		/* run it now, too early */
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_HEALTHY);
	KUNIT_EXPECT_EQ(test, hvic_health_at(0, &report), 0);
	KUNIT_EXPECT_EQ(test, report.ttl, LONG);
	KUNIT_EXPECT_GT(test, report.remaining, LONG / 2);
	KUNIT_EXPECT_LE(test, report.remaining, LONG);
}

static void longest_lease(struct kunit *test)
{
	struct hvic_health_report report;

	hvic_health_set("web", HV_IC_HEALTH_HEALTHY, S32_MAX);
	KUNIT_EXPECT_EQ(test, hvic_health_at(0, &report), 0);
	KUNIT_EXPECT_EQ(test, report.state, HV_IC_HEALTH_HEALTHY);
	KUNIT_EXPECT_GT(test, report.remaining, (u32)S32_MAX / 2);
	KUNIT_EXPECT_LE(test, report.remaining, (u32)S32_MAX);
}

static void cleared(struct kunit *test)
{
	struct hvic_health_report report;
	unsigned int generation;

	hvic_health_set("a", HV_IC_HEALTH_HEALTHY, NO_TTL);
	hvic_health_set("b", HV_IC_HEALTH_CRITICAL, LONG);
	hvic_health_set("c", HV_IC_HEALTH_HEALTHY, NO_TTL);
	generation = hvic_health_generation();
	KUNIT_EXPECT_EQ(test, hvic_health_clear("b"), 0);

	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_HEALTHY);
	expect_change(test, 4, "b", HV_IC_HEALTH_CRITICAL, HV_IC_HEALTH_CAUSE_CLEARED);
	KUNIT_EXPECT_NE(test, hvic_health_generation(), generation);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&expiry));
	KUNIT_EXPECT_EQ(test, hvic_health_clear("b"), -ENOENT);

	/* The other reporters stay as they were, in the same order. */
	KUNIT_EXPECT_EQ(test, hvic_health_at(0, &report), 0);
	KUNIT_EXPECT_STREQ(test, report.name, "a");
	KUNIT_EXPECT_EQ(test, hvic_health_at(1, &report), 0);
	KUNIT_EXPECT_STREQ(test, report.name, "c");
	KUNIT_EXPECT_EQ(test, hvic_health_at(2, &report), -ENOENT);
}

static void last_one_cleared(struct kunit *test)
{
	hvic_health_set("web", HV_IC_HEALTH_CRITICAL, NO_TTL);
	KUNIT_EXPECT_EQ(test, hvic_health_clear("web"), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_UNKNOWN);
}

static void table_is_full(struct kunit *test)
{
	struct hvic_health_report report;
	unsigned int i;
	char name[16];

	for (i = 0; i < HV_IC_REPORTERS_MAX; i++) {
		snprintf(name, sizeof(name), "reporter-%u", i);
		KUNIT_ASSERT_EQ(test, hvic_health_set(name, HV_IC_HEALTH_HEALTHY, NO_TTL), 0);
	}
	KUNIT_EXPECT_EQ(test, hvic_health_set("one more", HV_IC_HEALTH_CRITICAL, NO_TTL), -ENOSPC);
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_HEALTHY);
	KUNIT_EXPECT_EQ(test, hvic_health_at(HV_IC_REPORTERS_MAX, &report), -ENOENT);

	/* A reporter that is known already is accepted. */
	KUNIT_EXPECT_EQ(test, hvic_health_set(name, HV_IC_HEALTH_CRITICAL, NO_TTL), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_CRITICAL);
	KUNIT_EXPECT_EQ(test, hvic_health_clear("reporter-0"), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_set("one more", HV_IC_HEALTH_HEALTHY, NO_TTL), 0);
}

static void longest_name(struct kunit *test)
{
	static const char name[] = "0123456789abcdef0123456789abcde";
	struct hvic_health_report report;

	KUNIT_ASSERT_EQ(test, strlen(name), HV_IC_NAME_MAX);
	KUNIT_EXPECT_EQ(test, hvic_health_set(name, HV_IC_HEALTH_HEALTHY, NO_TTL), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_set("0123456789", HV_IC_HEALTH_HEALTHY, NO_TTL), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_at(0, &report), 0);
	KUNIT_EXPECT_STREQ(test, report.name, name);
	KUNIT_EXPECT_EQ(test, hvic_health_clear(name), 0);
	KUNIT_EXPECT_EQ(test, hvic_health_count(), 1);
}

/* Once the guest goes down, no report changes what the host is told. */
static void stops(struct kunit *test)
{
	hvic_health_set("web", HV_IC_HEALTH_CRITICAL, LONG);
	reboot(&reboot_notifier, SYS_POWER_OFF, NULL);
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_STOPPED);
	expect_change(test, 2, "", HV_IC_HEALTH_STOPPED, HV_IC_HEALTH_CAUSE_STOPPED);

	hvic_health_set("web", HV_IC_HEALTH_HEALTHY, LONG);
	expire_now("web");
	hvic_health_clear("web");
	KUNIT_EXPECT_EQ(test, hvic_health_combined(), HV_IC_HEALTH_STOPPED);
}

static struct kunit_case health_cases[] = {
	KUNIT_CASE(nobody),
	KUNIT_CASE(worst_counts),
	KUNIT_CASE(renewal_is_silent),
	KUNIT_CASE(lease_ends),
	KUNIT_CASE(both_leases_end),
	KUNIT_CASE(back_after_the_lease),
	KUNIT_CASE(critical_after_the_lease),
	KUNIT_CASE(renewal_extends_the_lease),
	KUNIT_CASE(longest_lease),
	KUNIT_CASE(cleared),
	KUNIT_CASE(last_one_cleared),
	KUNIT_CASE(table_is_full),
	KUNIT_CASE(longest_name),
	KUNIT_CASE(stops),
	{}
};

static struct kunit_suite health_suite = {
	.name = "hv_ic_health",
	.init = health_init,
	.exit = health_exit,
	.test_cases = health_cases,
};

kunit_test_suite(health_suite);
