// SPDX-License-Identifier: GPL-2.0
/* Requests to stop the guest where user space has a handler, which is asked first. */
#include "fake_shutdown.h"

#include <linux/errno.h>
#include <linux/suspend.h>

/* A request to power off that the handler is asked about. */
static struct fake_channel *asking(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	fake_shutdown.handler = true;
	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 1);
	KUNIT_ASSERT_EQ(test, f->n_out, 0);
	KUNIT_ASSERT_EQ(test, fake_shutdown.n_asked, 1);
	EXPECT_PHASES(test, HV_IC_PHASE_ASKING);
	KUNIT_EXPECT_EQ(test, remaining(f), SECONDS_TO_ANSWER);
	return f;
}

static int decide(struct fake_channel *f, enum hv_ic_decision decision)
{
	return hvic_shutdown_decide(&f->ch, pending_id(f), decision);
}

/* ... has granted, and is told to carry out. */
static struct fake_channel *ordered(struct kunit *test)
{
	struct fake_channel *f = asking(test);

	KUNIT_ASSERT_EQ(test, decide(f, HV_IC_DECISION_ACCEPTED), 0);
	settle(f);
	KUNIT_ASSERT_EQ(test, fake_shutdown.n_ordered, 1);
	KUNIT_ASSERT_EQ(test, fake_shutdown.n_poweroffs, 0);
	return f;
}

static void handler_does_it(struct kunit *test)
{
	struct fake_channel *f = ordered(test);

	expect_status(f, 1, 1, HVIC_STATUS_OK);
	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_DONE), 0);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
	EXPECT_PHASES(test, HV_IC_PHASE_ASKING, HV_IC_PHASE_GRANTED, HV_IC_PHASE_ACTING,
		      HV_IC_PHASE_HANDED);
	KUNIT_EXPECT_EQ(test, remaining(f), SECONDS_TO_ACT);
	phase_ends(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.told.phase, HV_IC_PHASE_FAILED);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 0);
}

/* Nobody would hear whether the handler does it. */
static void device_goes_with_the_order(struct kunit *test)
{
	fake_channel_destroy(ordered(test));
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 1);
	test->priv = new_shutdown(test);
}

/* The handler stands still while the machine goes to sleep. */
static void sleep_while_asking(struct kunit *test)
{
	struct fake_channel *f = asking(test);

	sleep_is_at(f, PM_HIBERNATION_PREPARE);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 1, HVIC_STATUS_SHUTDOWN_IN_PROGRESS);
	EXPECT_PHASES(test, HV_IC_PHASE_ASKING, HV_IC_PHASE_REFUSED);
	sleep_is_at(f, PM_POST_HIBERNATION);
	KUNIT_EXPECT_FALSE(test, is_pending(f));
}

static const struct refusal_row {
	const char *desc;
	enum hv_ic_decision decision;
	u32 status;
} refusal_rows[] = {
	{ "an inhibitor holds it", HV_IC_DECISION_LOCKED, HVIC_STATUS_MACHINE_LOCKED },
	{ "not supported", HV_IC_DECISION_UNSUPPORTED, HVIC_STATUS_NOT_SUPPORTED },
};

ROWS(refusal);

static void handler_refuses(struct kunit *test)
{
	const struct refusal_row *row = test->param_value;
	struct fake_channel *f = asking(test);

	KUNIT_EXPECT_EQ(test, decide(f, row->decision), 0);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 1, row->status);
	EXPECT_PHASES(test, HV_IC_PHASE_ASKING, HV_IC_PHASE_REFUSED);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_ordered + fake_shutdown.n_poweroffs, 0);
	KUNIT_EXPECT_FALSE(test, is_pending(f));
	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_ACCEPTED), -ESTALE);
}

static void handler_talks_nonsense(struct kunit *test)
{
	struct fake_channel *f = asking(test);

	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_DONE), -EINVAL);
	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_FAILED), -EINVAL);
	KUNIT_EXPECT_EQ(test, hvic_shutdown_decide(&f->ch, pending_id(f) + 1,
						   HV_IC_DECISION_ACCEPTED), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_ACCEPTED), 0);
	settle(f);
	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_ACCEPTED), -EINVAL);
	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_LOCKED), -EINVAL);
	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_DONE), 0);
	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_DONE), -ESTALE);
}

/* Silence is no reason to say no. */
static void handler_is_silent(struct kunit *test)
{
	struct fake_channel *f = asking(test);

	phase_ends(f);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_ordered, 1);
	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_LOCKED), -EINVAL);
}

static void handler_goes(struct kunit *test)
{
	struct fake_channel *f = asking(test);

	fake_shutdown.handler = false;
	hvic_shutdown_handler_gone(&f->ch);
	settle(f);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 1, HVIC_STATUS_OK);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_ordered, 0);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 1);
}

static void never_carried_out(struct fake_channel *f)
{
	phase_ends(f);
}

static void said_to_have_failed(struct fake_channel *f)
{
	KUNIT_EXPECT_EQ(f->test, decide(f, HV_IC_DECISION_FAILED), 0);
	settle(f);
}

static void gone_with_the_order(struct fake_channel *f)
{
	hvic_shutdown_handler_gone(&f->ch);
	settle(f);
}

static const struct kernel_row {
	const char *desc;
	void (*happens)(struct fake_channel *f);
} kernel_rows[] = {
	{ "silence", never_carried_out },
	{ "failed", said_to_have_failed },
	{ "gone", gone_with_the_order },
};

ROWS(kernel);

static void kernel_steps_in(struct kunit *test)
{
	const struct kernel_row *row = test->param_value;
	struct fake_channel *f = ordered(test);

	row->happens(f);
	KUNIT_ASSERT_EQ(test, fake_shutdown.n_poweroffs, 1);
	KUNIT_EXPECT_EQ(test, decide(f, HV_IC_DECISION_DONE), -ESTALE);
	phase_ends(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_poweroffs, 1);
	KUNIT_EXPECT_EQ(test, fake_shutdown.told.phase, HV_IC_PHASE_FAILED);
}

static void second_request_while_asking(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	fake_shutdown.handler = true;
	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 1);
	host_wants(f, HV_IC_ACTION_POWEROFF, 0, 2);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 2, HVIC_STATUS_SHUTDOWN_IN_PROGRESS);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_asked, 1);
	KUNIT_EXPECT_EQ(test, hvic_shutdown_decide(&f->ch, pending_id(f),
						   HV_IC_DECISION_ACCEPTED), 0);
	expect_status(f, 2, 1, HVIC_STATUS_OK);
}

static void negotiate_voids_the_question(struct kunit *test)
{
	struct fake_channel *f = asking(test);
	u64 id = pending_id(f);

	host_negotiates(f, 3, 2);
	EXPECT_PHASES(test, HV_IC_PHASE_ASKING, HV_IC_PHASE_VOID);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	KUNIT_EXPECT_EQ(test, hvic_shutdown_decide(&f->ch, id, HV_IC_DECISION_ACCEPTED), -ESTALE);
	settle(f);
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_ordered + fake_shutdown.n_poweroffs, 0);
	KUNIT_EXPECT_FALSE(test, is_pending(f));
}

static void closed_while_asking(struct kunit *test)
{
	struct fake_channel *f = asking(test);

	fake_channel_close(f);
	expect_status(f, 1, 1, HVIC_STATUS_NOT_READY);
	settle(f);
	KUNIT_EXPECT_FALSE(test, is_pending(f));
	KUNIT_EXPECT_EQ(test, fake_shutdown.n_ordered + fake_shutdown.n_poweroffs, 0);
}

static struct kunit_case svc_shutdown_handler_cases[] = {
	KUNIT_CASE(handler_does_it),
	KUNIT_CASE(device_goes_with_the_order),
	KUNIT_CASE(sleep_while_asking),
	KUNIT_CASE_PARAM(handler_refuses, refusal_gen_params),
	KUNIT_CASE(handler_talks_nonsense),
	KUNIT_CASE(handler_is_silent),
	KUNIT_CASE(handler_goes),
	KUNIT_CASE_PARAM(kernel_steps_in, kernel_gen_params),
	KUNIT_CASE(second_request_while_asking),
	KUNIT_CASE(negotiate_voids_the_question),
	KUNIT_CASE(closed_while_asking),
	{}
};

static struct kunit_suite svc_shutdown_handler_suite = {
	.name = "hv_ic_svc_shutdown_handler",
	.init = fake_shutdown_init,
	.exit = fake_shutdown_exit,
	.test_cases = svc_shutdown_handler_cases,
};

kunit_test_suite(svc_shutdown_handler_suite);
