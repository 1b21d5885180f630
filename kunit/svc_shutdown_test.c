// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to stop the guest: what the host may ask for, when the guest acts, and
 * what ends a request before that.
 */
#include "fake_shutdown.h"

#include <linux/errno.h>
#include <linux/suspend.h>

#include "fake_platform.h"

/* --- Without a handler. --------------------------------------------------------- */

static const struct action_row {
	const char *desc;
	enum hv_ic_action action;
	const char *word;
	unsigned int poweroffs;
	unsigned int reboots;
	unsigned int uevents;
} action_rows[] = {
	{ "power off", HV_IC_ACTION_POWEROFF, "poweroff", 1, 0, 0 },
	{ "reboot", HV_IC_ACTION_REBOOT, "reboot", 0, 1, 0 },
	{ "hibernate", HV_IC_ACTION_HIBERNATE, "hibernate", 0, 0, 1 },
};

ROWS(action);

static void expect_action(struct kunit *test, const struct action_row *row)
{
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, row->poweroffs);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_reboots, row->reboots);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_uevents, row->uevents);
	if (row->uevents)
		KUNIT_EXPECT_STREQ(test, fake_shutdown.uevents[0], "EVENT=hibernate GRACE=0");
}

static void expect_no_action(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_reboots, 0);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_uevents, 0);
}

static void answers_and_acts(struct kunit *test)
{
	const struct action_row *row = test->param_value;
	struct fake_channel *f = test->priv;

	host_wants(f, row->action, 0, 7);

	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 7, HVIC_STATUS_OK);
	settle(f);
	expect_action(test, row);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED, HV_IC_PHASE_ACTING);
	KUNIT_EXPECT_EQ(test, fake_shutdown.told.action, row->action);
	KUNIT_EXPECT_TRUE(test, fake_shutdown.told.answered);
	KUNIT_EXPECT_STREQ(test, f->ch.last.operation, row->word);
}

static void acts_only_when_the_answer_has_left(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	f->send_ret = -EAGAIN;
	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 1);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_phases, 0);

	f->send_ret = 0;
	flush_delayed_work(&f->ch.again);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 1);
}

static void remembers_what_the_host_said(struct kunit *test)
{
	static const u8 body[] = {
		0x01, 0x00, 0x04, 0x80,		/* reason */
		0x1e, 0x00, 0x00, 0x00,		/* 30 s */
		0x03, 0x00, 0x00, 0x00,		/* force, restart */
		0x42, 0x00, 0x79, 0x00, 0x65, 0x00, 0xfc, 0x00,
	};
	struct fake_channel *f = test->priv;

	host_asks(f, (struct hvic_span)SPAN(body), 1);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.told.action, HV_IC_ACTION_REBOOT);
	KUNIT_EXPECT_TRUE(test, fake_shutdown.told.force);
	KUNIT_EXPECT_EQ(test, fake_shutdown.told.reason, 0x80040001);
	KUNIT_EXPECT_EQ(test, fake_shutdown.told.timeout, 30);
	KUNIT_EXPECT_STREQ(test, fake_shutdown.told.text, "Bye\xc3\xbc");
	KUNIT_EXPECT_NE(test, fake_shutdown.told.when, 0);
}

static void malformed(struct kunit *test)
{
	static const u8 body[HVIC_WIRE_SHUTDOWN_MIN - 1];
	static const u8 both[HVIC_WIRE_SHUTDOWN_MIN] = {
		[8] = HVIC_WIRE_SHUTDOWN_RESTART | HVIC_WIRE_SHUTDOWN_HIBERNATE,
	};
	struct fake_channel *f = test->priv;

	host_asks(f, (struct hvic_span)SPAN(body), 1);
	expect_status(f, 1, 1, HVIC_STATUS_INVALID_ARGUMENT);
	host_asks(f, (struct hvic_span)SPAN(both), 2);
	expect_status(f, 2, 2, HVIC_STATUS_INVALID_ARGUMENT);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_phases, 0);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
	KUNIT_EXPECT_FALSE(test, is_pending(f));
}

/* --- Policy. -------------------------------------------------------------------- */

static void denied(struct kunit *test)
{
	const struct action_row *row = test->param_value;
	struct fake_channel *f = test->priv;

	fake_shutdown.handler = true;
	set_policy(row->action, HV_IC_POLICY_DENY, 60);
	host_wants(f, row->action, 0, 1);

	expect_status(f, 1, 1, HVIC_STATUS_ACCESS_DENIED);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_asked, 0);
	expect_no_action(test);
	EXPECT_PHASES(test, HV_IC_PHASE_REFUSED);
	KUNIT_EXPECT_EQ(test, fake_shutdown.told.action, row->action);
	KUNIT_EXPECT_EQ(test, fake_shutdown.told.err, -EACCES);
	KUNIT_EXPECT_FALSE(test, is_pending(f));
}

/* What is denied for one action says nothing of the others. */
static void denied_others(struct kunit *test)
{
	const struct action_row *row = test->param_value;
	struct fake_channel *f = test->priv;

	set_policy((row->action + 1) % HVIC_SHUTDOWN_ACTIONS, HV_IC_POLICY_DENY, 60);
	host_wants(f, row->action, 0, 1);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
	settle(f);
	expect_action(test, row);
}

static const struct hibernate_row {
	const char *desc;
	bool state;			/* the machine has S4 */
	bool locked_down;
	long swap_pages;
	u32 status;
} hibernate_rows[] = {
	{ "no state S4", false, false, 1, HVIC_STATUS_NOT_SUPPORTED },
	{ "locked down", true, true, 1, HVIC_STATUS_ACCESS_DENIED },
	{ "no swap", true, false, 0, HVIC_STATUS_DISK_FULL },
};

ROWS(hibernate);

static void cannot_hibernate(struct kunit *test)
{
	const struct hibernate_row *row = test->param_value;
	struct fake_channel *f;

	fake_platform.can_hibernate = row->state;
	fake_shutdown.locked_down = row->locked_down;
	fake_shutdown.swap_pages = row->swap_pages;
	f = new_shutdown(test);
	host_wants(f, HV_IC_ACTION_HIBERNATE, 0, 1);
	expect_status(f, 1, 1, row->status);
	settle(f);
	EXPECT_PHASES(test, HV_IC_PHASE_REFUSED);
	expect_no_action(test);

	/* All else can be done. */
	host_wants(f, HV_IC_ACTION_REBOOT, 0, 2);
	expect_status(f, 2, 2, HVIC_STATUS_OK);
	settle(f);
	fake_channel_destroy(f);
}

static const struct grace_row {
	const char *desc;
	unsigned int policy;
	u32 host;
	unsigned int want;
	const char *uevent;
} grace_rows[] = {
	{ "the host says nothing", 60, 0, 60, "EVENT=reboot GRACE=60" },
	{ "the host gives less", 60, 30, 30, "EVENT=reboot GRACE=30" },
	{ "the host gives more", 60, 3600, 60, "EVENT=reboot GRACE=60" },
	/* A timer cannot wait that long. */
	{ "no end of it", U32_MAX, 0, 86400, "EVENT=reboot GRACE=86400" },
};

ROWS(grace);

static void announces_and_waits(struct kunit *test)
{
	const struct grace_row *row = test->param_value;
	struct fake_channel *f = test->priv;

	set_policy(HV_IC_ACTION_REBOOT, HV_IC_POLICY_NOTIFY, row->policy);
	host_wants(f, HV_IC_ACTION_REBOOT, row->host, 1);

	expect_status(f, 1, 1, HVIC_STATUS_OK);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_reboots, 0);
	KUNIT_ASSERT_EQ(test, fake_shutdown.n_uevents, 1);
	KUNIT_EXPECT_STREQ(test, fake_shutdown.uevents[0], row->uevent);
	KUNIT_EXPECT_EQ(test, remaining(f), row->want);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED);

	phase_ends(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_reboots, 1);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_uevents, 1);
}

static void no_grace_no_announcement(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	set_policy(HV_IC_ACTION_REBOOT, HV_IC_POLICY_NOTIFY, 0);
	host_wants(f, HV_IC_ACTION_REBOOT, 0, 1);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_uevents, 0);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_reboots, 1);
}

/* A request for @action in its grace period. */
static struct fake_channel *in_grace(struct kunit *test, enum hv_ic_action action)
{
	struct fake_channel *f = test->priv;

	set_policy(action, HV_IC_POLICY_NOTIFY, 60);
	host_wants(f, action, 0, 1);
	settle(f);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED);
	return f;
}

static void cancelled(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 id;

	KUNIT_EXPECT_EQ(test, hvic_shutdown_cancel(&f->ch, 1), -ENOENT);
	in_grace(test, HV_IC_ACTION_POWEROFF);
	id = pending_id(f);
	KUNIT_EXPECT_EQ(test, hvic_shutdown_cancel(&f->ch, id + 1), -ESTALE);
	KUNIT_EXPECT_EQ(test, hvic_shutdown_cancel(&f->ch, id), 0);
	KUNIT_EXPECT_EQ(test, hvic_shutdown_cancel(&f->ch, id), -ENOENT);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED, HV_IC_PHASE_CANCELLED);

	phase_ends(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
	KUNIT_EXPECT_FALSE(test, is_pending(f));

	/* The host may ask again. */
	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 2);
	expect_status(f, 2, 2, HVIC_STATUS_OK);
}

static void not_cancelled_any_more(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 1);
	settle(f);
	KUNIT_EXPECT_EQ(test, hvic_shutdown_cancel(&f->ch, pending_id(f)), -EBUSY);
	KUNIT_EXPECT_EQ(test, hvic_shutdown_now(&f->ch, pending_id(f)), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 1);
}

static void hurried(struct kunit *test)
{
	struct fake_channel *f = in_grace(test, HV_IC_ACTION_POWEROFF);

	KUNIT_EXPECT_EQ(test, hvic_shutdown_now(&f->ch, pending_id(f) + 1), -ESTALE);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
	KUNIT_EXPECT_EQ(test, hvic_shutdown_now(&f->ch, pending_id(f)), 0);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 1);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED, HV_IC_PHASE_ACTING);
}

/* --- A second request. ------------------------------------------------------------ */

static void second_request(struct kunit *test)
{
	struct fake_channel *f = in_grace(test, HV_IC_ACTION_POWEROFF);
	u64 id = pending_id(f);

	host_wants(f, HV_IC_ACTION_REBOOT, 0, 2);
	expect_status(f, 2, 2, HVIC_STATUS_SHUTDOWN_IN_PROGRESS);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED, HV_IC_PHASE_REFUSED);
	KUNIT_EXPECT_EQ(test, fake_shutdown.told.action, HV_IC_ACTION_REBOOT);
	KUNIT_EXPECT_NE(test, fake_shutdown.told.id, id);

	/* The first goes its way. */
	KUNIT_EXPECT_EQ(test, pending_id(f), id);
	phase_ends(f);
	KUNIT_ASSERT_EQ(test, fake_shutdown.n_poweroffs, 1);
	host_wants(f, HV_IC_ACTION_REBOOT, 0, 3);
	expect_status(f, 3, 3, HVIC_STATUS_SHUTDOWN_IN_PROGRESS);
}

/* A guest that is still there after the time of its action can be asked again. */
static void request_after_failure(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 1);
	settle(f);
	KUNIT_EXPECT_EQ(test, remaining(f), SECONDS_TO_ACT);
	phase_ends(f);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED, HV_IC_PHASE_ACTING, HV_IC_PHASE_FAILED);
	KUNIT_EXPECT_FALSE(test, is_pending(f));

	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 2);
	expect_status(f, 2, 2, HVIC_STATUS_OK);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 2);
}

/* --- The channel starts over, or goes. --------------------------------------------- */

/* What the host was promised is kept. */
static void negotiate_leaves_grace_alone(struct kunit *test)
{
	struct fake_channel *f = in_grace(test, HV_IC_ACTION_POWEROFF);

	host_negotiates(f, 3, 2);
	KUNIT_EXPECT_TRUE(test, is_pending(f));
	phase_ends(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 1);
}

/*
 * A guest that comes back from hibernation has done what it was asked. While it writes its image,
 * with the channel open, it can do nothing else.
 */
static void hibernated(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_wants(f, HV_IC_ACTION_HIBERNATE, 0, 1);
	settle(f);
	sleep_is_at(f, PM_HIBERNATION_PREPARE);
	hvic_channel_close(&f->ch);
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);
	host_negotiates(f, 3, 2);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED, HV_IC_PHASE_ACTING);
	forget_answers(f, 0);
	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 2);
	expect_status(f, 1, 2, HVIC_STATUS_SHUTDOWN_IN_PROGRESS);
	phase_ends(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
	sleep_is_at(f, PM_POST_HIBERNATION);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED, HV_IC_PHASE_ACTING, HV_IC_PHASE_REFUSED,
		      HV_IC_PHASE_DONE);
	KUNIT_EXPECT_FALSE(test, is_pending(f));
	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 3);
	expect_status(f, 2, 3, HVIC_STATUS_OK);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 1);
}

/* A machine that gives up its sleep before that has not hibernated. */
static void stayed_awake(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_wants(f, HV_IC_ACTION_HIBERNATE, 0, 1);
	settle(f);
	sleep_is_at(f, PM_HIBERNATION_PREPARE);
	sleep_is_at(f, PM_POST_HIBERNATION);
	KUNIT_EXPECT_TRUE(test, is_pending(f));
	phase_ends(f);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED, HV_IC_PHASE_ACTING, HV_IC_PHASE_FAILED);
}

static const struct sleep_row {
	const char *desc;
	unsigned long prepare;
	unsigned long post;
} sleep_rows[] = {
	{ "suspend", PM_SUSPEND_PREPARE, PM_POST_SUSPEND },
	{ "a hibernation that is given up", PM_HIBERNATION_PREPARE, PM_POST_HIBERNATION },
	{ "an image that cannot be restored", PM_RESTORE_PREPARE, PM_POST_RESTORE },
};

ROWS(sleep);

/* What has been granted waits until the machine is awake. */
static void grace_ends_asleep(struct kunit *test)
{
	struct fake_channel *f = in_grace(test, HV_IC_ACTION_POWEROFF);
	const struct sleep_row *row = test->param_value;

	sleep_is_at(f, row->prepare);
	phase_ends(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
	sleep_is_at(f, row->post);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 1);
}

/* A machine that was off meanwhile does not stop when it is started again. */
static void hibernated_in_grace(struct kunit *test)
{
	struct fake_channel *f = in_grace(test, HV_IC_ACTION_POWEROFF);

	sleep_is_at(f, PM_HIBERNATION_PREPARE);
	hvic_channel_close(&f->ch);
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);
	host_negotiates(f, 3, 2);
	sleep_is_at(f, PM_POST_HIBERNATION);
	phase_ends(f);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED, HV_IC_PHASE_CANCELLED);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
}

/* The channel goes for good: grace is over without the action. */
static void stopped_in_grace(struct kunit *test)
{
	struct fake_channel *f = new_shutdown(test);

	set_policy(HV_IC_ACTION_POWEROFF, HV_IC_POLICY_NOTIFY, 60);
	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 1);
	settle(f);

	fake_channel_destroy(f);
	EXPECT_PHASES(test, HV_IC_PHASE_GRANTED, HV_IC_PHASE_CANCELLED);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
}

static struct kunit_case svc_shutdown_cases[] = {
	KUNIT_CASE_PARAM(answers_and_acts, action_gen_params),
	KUNIT_CASE(acts_only_when_the_answer_has_left),
	KUNIT_CASE(remembers_what_the_host_said),
	KUNIT_CASE(malformed),
	KUNIT_CASE_PARAM(denied, action_gen_params),
	KUNIT_CASE_PARAM(denied_others, action_gen_params),
	KUNIT_CASE_PARAM(cannot_hibernate, hibernate_gen_params),
	KUNIT_CASE_PARAM(announces_and_waits, grace_gen_params),
	KUNIT_CASE(no_grace_no_announcement),
	KUNIT_CASE(cancelled),
	KUNIT_CASE(not_cancelled_any_more),
	KUNIT_CASE(hurried),
	KUNIT_CASE(second_request),
	KUNIT_CASE(request_after_failure),
	KUNIT_CASE(negotiate_leaves_grace_alone),
	KUNIT_CASE(hibernated),
	KUNIT_CASE(stayed_awake),
	KUNIT_CASE_PARAM(grace_ends_asleep, sleep_gen_params),
	KUNIT_CASE(hibernated_in_grace),
	KUNIT_CASE(stopped_in_grace),
	{}
};

static struct kunit_suite svc_shutdown_suite = {
	.name = "hv_ic_svc_shutdown",
	.init = fake_shutdown_init,
	.exit = fake_shutdown_exit,
	.test_cases = svc_shutdown_cases,
};

kunit_test_suite(svc_shutdown_suite);
