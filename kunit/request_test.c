// SPDX-License-Identifier: GPL-2.0
/*
 * A request that is answered later: every event in every state, and every pair
 * of events that may race, in both orders.
 */
#include "helpers.h"

#include "request.h"

#include <linux/errno.h>
#include <linux/jiffies.h>

#define FAR	3600			/* seconds: a deadline that no test reaches */

/**
 * struct owner - stands for the channel that owns a request
 * @req: under test
 * @lock: its owner's lock
 * @test: to fail
 * @answers: how many were sent
 * @err: of the last
 * @reply: of the last
 * @in_order: each was for a request that was over by then
 */
struct owner {
	struct hvic_request req;
	spinlock_t lock;	/* guards all but @test */
	struct kunit *test;
	unsigned int answers;
	int err;
	const void *reply;
	bool in_order;
};

static void owner_answer(struct hvic_request *req, int err, const void *reply)
{
	struct owner *owner = container_of(req, struct owner, req);

	lockdep_assert_held(&owner->lock);
	owner->answers++;
	owner->err = err;
	owner->reply = reply;
	owner->in_order &= !req->open;
}

static const struct hvic_request_ops owner_ops = { .answer = owner_answer };

static struct owner *new_owner(struct kunit *test)
{
	struct owner *owner = kunit_kzalloc(test, sizeof(*owner), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, owner);
	spin_lock_init(&owner->lock);
	owner->test = test;
	owner->in_order = true;
	hvic_request_init(&owner->req, &owner_ops, &owner->lock);
	return owner;
}

static void end_owner(struct owner *owner)
{
	spin_lock_bh(&owner->lock);
	hvic_request_void(&owner->req);
	spin_unlock_bh(&owner->lock);
	hvic_request_stop(&owner->req);
	KUNIT_EXPECT_TRUE(owner->test, owner->in_order);
}

static int request_init(struct kunit *test)
{
	test->priv = new_owner(test);
	return 0;
}

static void request_exit(struct kunit *test)
{
	end_owner(test->priv);
}

/* The events of a request. */
enum event {
	BEGIN,
	COMPLETE,
	COMPLETE_ERROR,
	COMPLETE_LAST,			/* with the id of the request before */
	COMPLETE_NEXT,			/* with an id that was not given yet */
	COMPLETE_ZERO,			/* with 0, which is no id */
	ABORT,
	VOID,
	DEADLINE,			/* its work item runs, whether the time is over or not */
	EVENTS
};

static const char * const event_names[EVENTS] = {
	"begin", "complete", "complete with an error", "complete the last", "complete the next",
	"complete none", "abort", "void", "deadline",
};

/* The outcome of an event. */
enum outcome {
	TAKEN,				/* begin: a new id */
	BUSY,				/* begin: no id */
	ANSWERED,			/* the reply went out */
	FAILED,				/* the error went out */
	TIMED_OUT,			/* -ETIMEDOUT went out */
	FORGOTTEN,			/* over, and nothing went out */
	STALE,				/* too late, and told so */
	NOTHING				/* no effect */
};

static const char reply[] = "reply";

/* Each of these is one event; the lock is released between two of them. */

static u64 begin_for(struct owner *owner, unsigned int seconds)
{
	u64 id;

	spin_lock_bh(&owner->lock);
	id = hvic_request_begin(&owner->req, seconds);
	spin_unlock_bh(&owner->lock);
	return id;
}

static enum outcome start(struct owner *owner)
{
	return begin_for(owner, FAR) ? TAKEN : BUSY;
}

static enum outcome reply_with(struct owner *owner, u64 id, int err)
{
	int ret;

	spin_lock_bh(&owner->lock);
	ret = hvic_request_complete(&owner->req, id, err, reply);
	spin_unlock_bh(&owner->lock);

	if (ret) {
		KUNIT_EXPECT_EQ(owner->test, ret, -ESTALE);
		return STALE;
	}
	KUNIT_EXPECT_EQ(owner->test, owner->err, err);
	KUNIT_EXPECT_PTR_EQ(owner->test, owner->reply, (const void *)(err ? NULL : reply));
	return err ? FAILED : ANSWERED;
}

static enum outcome abort_open(struct owner *owner)
{
	bool was_open;

	spin_lock_bh(&owner->lock);
	was_open = hvic_request_abort(&owner->req, -ENODEV);
	spin_unlock_bh(&owner->lock);

	if (!was_open)
		return NOTHING;
	KUNIT_EXPECT_EQ(owner->test, owner->err, -ENODEV);
	KUNIT_EXPECT_PTR_EQ(owner->test, owner->reply, (const void *)NULL);
	return FAILED;
}

static enum outcome void_open(struct owner *owner)
{
	bool was_open;

	spin_lock_bh(&owner->lock);
	was_open = hvic_request_void(&owner->req);
	spin_unlock_bh(&owner->lock);
	return was_open ? FORGOTTEN : NOTHING;
}

static enum outcome run_deadline(struct owner *owner)
{
	unsigned int answers = owner->answers;

	owner->req.deadline.work.func(&owner->req.deadline.work);

	if (owner->answers == answers)
		return NOTHING;
	KUNIT_EXPECT_EQ(owner->test, owner->err, -ETIMEDOUT);
	KUNIT_EXPECT_PTR_EQ(owner->test, owner->reply, (const void *)NULL);
	return TIMED_OUT;
}

static enum outcome happen(struct owner *owner, enum event event)
{
	u64 id = owner->req.id;

	switch (event) {
	case BEGIN:
		return start(owner);
	case COMPLETE:
		return reply_with(owner, id, 0);
	case COMPLETE_ERROR:
		return reply_with(owner, id, -EIO);
	case COMPLETE_LAST:
		return reply_with(owner, id - 1, 0);
	case COMPLETE_NEXT:
		return reply_with(owner, id + 1, 0);
	case COMPLETE_ZERO:
		return reply_with(owner, 0, 0);
	case ABORT:
		return abort_open(owner);
	case VOID:
		return void_open(owner);
	case DEADLINE:
		return run_deadline(owner);
	default:
		return NOTHING;
	}
}

/* Ways to a state, and what each event does in it. */
static const struct state_row {
	const char *desc;
	enum event way[2];		/* to the state, until EVENTS */
	bool due;			/* and the deadline has passed */
	enum outcome outcomes[EVENTS];	/* in the order of enum event */
} state_rows[] = {
	{ "never used", { EVENTS }, false,
	  { TAKEN, STALE, STALE, STALE, STALE, STALE, NOTHING, NOTHING, NOTHING } },
	{ "open", { BEGIN, EVENTS }, false,
	  { BUSY, ANSWERED, FAILED, STALE, STALE, STALE, FAILED, FORGOTTEN, NOTHING } },
	{ "open and due", { BEGIN, EVENTS }, true,
	  { BUSY, ANSWERED, FAILED, STALE, STALE, STALE, FAILED, FORGOTTEN, TIMED_OUT } },
	{ "completed", { BEGIN, COMPLETE }, false,
	  { TAKEN, STALE, STALE, STALE, STALE, STALE, NOTHING, NOTHING, NOTHING } },
	{ "completed with an error", { BEGIN, COMPLETE_ERROR }, false,
	  { TAKEN, STALE, STALE, STALE, STALE, STALE, NOTHING, NOTHING, NOTHING } },
	{ "completed when due", { BEGIN, COMPLETE }, true,
	  { TAKEN, STALE, STALE, STALE, STALE, STALE, NOTHING, NOTHING, NOTHING } },
	{ "aborted", { BEGIN, ABORT }, false,
	  { TAKEN, STALE, STALE, STALE, STALE, STALE, NOTHING, NOTHING, NOTHING } },
	{ "voided", { BEGIN, VOID }, false,
	  { TAKEN, STALE, STALE, STALE, STALE, STALE, NOTHING, NOTHING, NOTHING } },
	{ "voided when due", { BEGIN, VOID }, true,
	  { TAKEN, STALE, STALE, STALE, STALE, STALE, NOTHING, NOTHING, NOTHING } },
	{ "timed out", { BEGIN, DEADLINE }, true,
	  { TAKEN, STALE, STALE, STALE, STALE, STALE, NOTHING, NOTHING, NOTHING } },
};

ROWS(state);

static struct owner *new_owner_in(struct kunit *test, const struct state_row *state)
{
	struct owner *owner = new_owner(test);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(state->way) && state->way[i] != EVENTS; i++) {
		happen(owner, state->way[i]);
		if (state->due)
			owner->req.expires = jiffies;
	}
	return owner;
}

static void every_event(struct kunit *test)
{
	const struct state_row *state = test->param_value;
	bool was_open = state->outcomes[BEGIN] == BUSY;
	enum event event;

	for (event = 0; event < EVENTS; event++) {
		struct owner *owner = new_owner_in(test, state);
		unsigned int answers = owner->answers;
		u64 id = owner->req.id;

		enum outcome outcome = happen(owner, event);

		bool ended = outcome == ANSWERED || outcome == FAILED || outcome == TIMED_OUT;

		KUNIT_EXPECT_EQ_MSG(test, outcome, state->outcomes[event], "%s",
				    event_names[event]);
		KUNIT_EXPECT_EQ_MSG(test, owner->answers - answers, ended, "%s",
				    event_names[event]);
		KUNIT_EXPECT_EQ_MSG(test, owner->req.open,
				    outcome == TAKEN ||
				    (was_open && !ended && outcome != FORGOTTEN),
				    "%s", event_names[event]);
		KUNIT_EXPECT_EQ_MSG(test, owner->req.id > id, outcome == TAKEN, "%s",
				    event_names[event]);
		end_owner(owner);
	}
}

/* Whichever event ends a request first, the second one finds it over. */
static const struct race_row {
	const char *desc;
	enum event first;
	enum event second;
	enum outcome won;
	enum outcome lost;
} race_rows[] = {
	{ "complete, deadline", COMPLETE, DEADLINE, ANSWERED, NOTHING },
	{ "deadline, complete", DEADLINE, COMPLETE, TIMED_OUT, STALE },
	{ "complete, abort", COMPLETE, ABORT, ANSWERED, NOTHING },
	{ "abort, complete", ABORT, COMPLETE, FAILED, STALE },
	{ "complete, void", COMPLETE, VOID, ANSWERED, NOTHING },
	{ "void, complete", VOID, COMPLETE, FORGOTTEN, STALE },
	{ "complete, complete", COMPLETE, COMPLETE, ANSWERED, STALE },
	{ "complete, with an error", COMPLETE, COMPLETE_ERROR, ANSWERED, STALE },
	{ "with an error, complete", COMPLETE_ERROR, COMPLETE, FAILED, STALE },
	{ "deadline, abort", DEADLINE, ABORT, TIMED_OUT, NOTHING },
	{ "abort, deadline", ABORT, DEADLINE, FAILED, NOTHING },
	{ "deadline, void", DEADLINE, VOID, TIMED_OUT, NOTHING },
	{ "void, deadline", VOID, DEADLINE, FORGOTTEN, NOTHING },
	{ "abort, void", ABORT, VOID, FAILED, NOTHING },
	{ "void, abort", VOID, ABORT, FORGOTTEN, NOTHING },
	{ "deadline, deadline", DEADLINE, DEADLINE, TIMED_OUT, NOTHING },
};

ROWS(race);

static const struct state_row due = { .way = { BEGIN, EVENTS }, .due = true };

static void race(struct kunit *test)
{
	const struct race_row *row = test->param_value;
	struct owner *owner = new_owner_in(test, &due);

	KUNIT_EXPECT_EQ(test, happen(owner, row->first), row->won);
	KUNIT_EXPECT_EQ(test, happen(owner, row->second), row->lost);

	KUNIT_EXPECT_EQ(test, owner->answers, row->won != FORGOTTEN);
	KUNIT_EXPECT_FALSE(test, owner->req.open);
	end_owner(owner);
}

/* The loser of a race must not touch the request that came next. */
static void race_then_next(struct kunit *test)
{
	const struct race_row *row = test->param_value;
	struct owner *owner = new_owner_in(test, &due);
	u64 first = owner->req.id;

	KUNIT_EXPECT_EQ(test, happen(owner, row->first), row->won);
	KUNIT_EXPECT_EQ(test, happen(owner, BEGIN), TAKEN);
	KUNIT_EXPECT_EQ(test, reply_with(owner, first, 0), STALE);
	KUNIT_EXPECT_EQ(test, happen(owner, DEADLINE), NOTHING);
	KUNIT_EXPECT_TRUE(test, owner->req.open);
	KUNIT_EXPECT_EQ(test, happen(owner, COMPLETE), ANSWERED);
	end_owner(owner);
}

/* A reply to one owner's request must not answer another owner's. */
static void ids_are_unique(struct kunit *test)
{
	struct owner *owner = test->priv, *other = new_owner(test);
	u64 id = begin_for(owner, FAR);

	KUNIT_EXPECT_NE(test, begin_for(other, FAR), id);
	KUNIT_EXPECT_EQ(test, reply_with(other, id, 0), STALE);
	KUNIT_EXPECT_EQ(test, reply_with(owner, id, 0), ANSWERED);
	end_owner(other);
}

static void deadline_by_itself(struct kunit *test)
{
	struct owner *owner = test->priv;
	u64 id = begin_for(owner, 0);

	flush_delayed_work(&owner->req.deadline);

	KUNIT_EXPECT_EQ(test, owner->answers, 1);
	KUNIT_EXPECT_EQ(test, owner->err, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, reply_with(owner, id, 0), STALE);
}

static void deadline_is_as_asked(struct kunit *test)
{
	struct owner *owner = test->priv;
	unsigned long before = jiffies;

	begin_for(owner, 30);

	KUNIT_EXPECT_TRUE(test, time_in_range(owner->req.expires, before + 30 * HZ,
					      jiffies + 30 * HZ));
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&owner->req.deadline));
	KUNIT_EXPECT_EQ(test, happen(owner, COMPLETE), ANSWERED);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&owner->req.deadline));
}

/* If the deadline runs while a reply comes, exactly one of the two answers. */
static void deadline_in_earnest(struct kunit *test)
{
	struct owner *owner = test->priv;
	unsigned int i;

	for (i = 1; i <= 1000; i++) {
		u64 id = begin_for(owner, 0);
		enum outcome outcome;

		KUNIT_ASSERT_NE(test, id, 0);
		outcome = reply_with(owner, id, 0);
		KUNIT_ASSERT_EQ(test, owner->answers, i);
		KUNIT_ASSERT_EQ(test, owner->err, outcome == ANSWERED ? 0 : -ETIMEDOUT);
	}
	hvic_request_stop(&owner->req);
	KUNIT_EXPECT_EQ(test, owner->answers, 1000);
}

static void stop_ends_the_deadline(struct kunit *test)
{
	struct owner *owner = test->priv;

	begin_for(owner, 0);
	void_open(owner);
	hvic_request_stop(&owner->req);

	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&owner->req.deadline));
}

static struct kunit_case request_cases[] = {
	KUNIT_CASE_PARAM(every_event, state_gen_params),
	KUNIT_CASE_PARAM(race, race_gen_params),
	KUNIT_CASE_PARAM(race_then_next, race_gen_params),
	KUNIT_CASE(ids_are_unique),
	KUNIT_CASE(deadline_by_itself),
	KUNIT_CASE(deadline_is_as_asked),
	KUNIT_CASE(deadline_in_earnest),
	KUNIT_CASE(stop_ends_the_deadline),
	{}
};

static struct kunit_suite request_suite = {
	.name = "hv_ic_request",
	.init = request_init,
	.exit = request_exit,
	.test_cases = request_cases,
};

kunit_test_suite(request_suite);
