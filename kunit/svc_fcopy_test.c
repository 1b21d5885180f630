// SPDX-License-Identifier: GPL-2.0
/*
 * File copy on a channel: sessions, blocks that are acknowledged before they are
 * written, and what becomes of a file that is not finished. The service is
 * compiled in here.
 */
#include "fake_daemon.h"
#include "fake_event.h"

#include "svc_fcopy.c"

#include "vectors/fcopy.h"

#define PHASES_MAX	8

/* What the listener has heard. */
static unsigned int n_phases;
static enum hv_ic_fcopy_phase phases[PHASES_MAX];
static int last_err;

static void hear(enum hv_ic_fcopy_phase phase, u64 size, u64 done, int err)
{
	if (phase == HV_IC_FCOPY_PHASE_PROGRESS)
		return;
	phases[n_phases++ % PHASES_MAX] = phase;
	last_err = err;
}

static int svc_fcopy_init(struct kunit *test)
{
	struct fake_channel *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	n_phases = 0;
	fake_listener_reset();
	fake_listener.fcopy = hear;
	test->priv = f;
	KUNIT_ASSERT_EQ(test, fake_channel_init(f, test, &hvic_svc_fcopy), 0);
	fake_channel_open(f);
	host_negotiates(f, 1, 1);
	return 0;
}

static void svc_fcopy_exit(struct kunit *test)
{
	fake_channel_destroy(test->priv);
}

static const struct hvic_span start = SPAN(vec_fcopy_start);
static const struct hvic_span block = SPAN(vec_fcopy_write);
static const struct hvic_span finish = SPAN(vec_fcopy_complete);
static const struct hvic_span cancel = SPAN(vec_fcopy_cancel);

static void expect_phase(struct kunit *test, unsigned int n, enum hv_ic_fcopy_phase phase, int err)
{
	KUNIT_ASSERT_EQ(test, n_phases, n);
	KUNIT_EXPECT_EQ(test, phases[n - 1], phase);
	KUNIT_EXPECT_EQ(test, last_err, err);
}

static int says(struct fake_channel *f, u64 id, int status)
{
	return daemon_answers(f, id, status, NULL, 0);
}

/* Sends what has an answer at once, and expects that. */
static void host_gets(struct fake_channel *f, struct hvic_span body, u32 status)
{
	unsigned int answers = f->n_out;

	host_asks(f, body, answers);
	KUNIT_ASSERT_EQ(f->test, f->n_out, answers + 1);
	expect_status(f, f->n_out, answers, status);
}

/* Sends what has to wait for the daemon. */
static void host_waits(struct fake_channel *f, struct hvic_span body, u64 xid)
{
	unsigned int answers = f->n_out;

	host_asks(f, body, xid);
	KUNIT_ASSERT_EQ(f->test, f->n_out, answers);
}

/* The host begins a file; this is the id for the daemon's answer. */
static u64 asked_to_start(struct fake_channel *f)
{
	host_waits(f, start, 100);
	return daemon_reads(f, HV_IC_FCOPY_START)->record.id;
}

/* A session with a daemon that has said yes; the host's answers are forgotten. */
static struct fake_channel *started(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	daemon_comes(f);
	KUNIT_ASSERT_EQ(test, says(f, asked_to_start(f), 0), 0);
	expect_status(f, 1, 100, HVIC_STATUS_OK);
	expect_phase(test, 1, HV_IC_FCOPY_PHASE_STARTED, 0);
	forget_answers(f, 0);
	return f;
}

/* The daemon is told that it should remove what it has written, and why. */
static void expect_cancel(struct fake_channel *f, int status)
{
	const struct hv_ic_record *record = &daemon_reads(f, HV_IC_FCOPY_CANCEL)->record;

	KUNIT_EXPECT_EQ(f->test, record->flags, HV_IC_RECORD_EVENT);
	KUNIT_EXPECT_EQ(f->test, record->status, status);
	expect_nothing_to_read(f);
}

static bool is_in_session(struct fake_channel *f)
{
	bool in_session;

	spin_lock_bh(&f->ch.lock);
	in_session = hvic_fcopy_in_session(&f->ch);
	spin_unlock_bh(&f->ch.lock);
	return in_session;
}

static void expect_idle(struct fake_channel *f)
{
	KUNIT_EXPECT_EQ(f->test, fcopy_of(f->ch.priv)->state, FCOPY_IDLE);
	host_gets(f, block, HVIC_STATUS_INVALID_ARGUMENT);
	host_gets(f, finish, HVIC_STATUS_INVALID_ARGUMENT);
}

/* --- START. ----------------------------------------------------------------------------- */

static void no_daemon(struct kunit *test)
{
	struct fake_channel *f = test->priv;

	host_gets(f, start, HVIC_STATUS_NOT_CONNECTED);
	host_gets(f, block, HVIC_STATUS_NOT_CONNECTED);
	host_gets(f, finish, HVIC_STATUS_NOT_CONNECTED);
	host_gets(f, cancel, HVIC_STATUS_OK);
	KUNIT_EXPECT_EQ(test, n_phases, 0);
}

static void asks_the_daemon(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	const struct hv_ic_fcopy_start *payload;
	const struct hvic_link_slot *slot;

	daemon_comes(f);
	host_waits(f, start, 1);
	slot = daemon_reads(f, HV_IC_FCOPY_START);
	payload = (const void *)slot->payload;
	KUNIT_EXPECT_STREQ(test, payload->name, "a.\xc3\xbc");
	KUNIT_EXPECT_STREQ(test, payload->path, "/tmp");
	KUNIT_EXPECT_EQ(test, payload->size, 0x102030405);
	KUNIT_EXPECT_EQ(test, payload->flags, 3);
	KUNIT_EXPECT_NE(test, slot->expires, 0);

	/* Before the daemon has said yes there is no session. */
	host_gets(f, block, HVIC_STATUS_BUSY);
	KUNIT_EXPECT_EQ(test, n_phases, 0);
	KUNIT_EXPECT_EQ(test, says(f, slot->record.id, 0), 0);
	expect_status(f, 2, 1, HVIC_STATUS_OK);
	host_gets(f, block, HVIC_STATUS_OK);
}

static const struct refusal_row {
	const char *desc;
	int err;
	u32 status;
} refusal_rows[] = {
	{ "exists", -EEXIST, HVIC_STATUS_ALREADY_EXISTS },
	{ "no such path", -ENOTDIR, HVIC_STATUS_PATH_NOT_FOUND },
	{ "no room", -ENOSPC, HVIC_STATUS_DISK_FULL },
	{ "not allowed", -EACCES, HVIC_STATUS_ACCESS_DENIED },
};

ROWS(refusal);

static void daemon_refuses(struct kunit *test)
{
	const struct refusal_row *row = test->param_value;
	struct fake_channel *f = test->priv;

	daemon_comes(f);
	KUNIT_EXPECT_EQ(test, says(f, asked_to_start(f), row->err), 0);
	expect_status(f, 1, 100, row->status);
	expect_phase(test, 1, HV_IC_FCOPY_PHASE_FAILED, row->err);
	expect_nothing_to_read(f);
	expect_idle(f);
}

/* A daemon that says yes too late is told to remove what it has begun. */
static void start_is_late(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	u64 id;

	daemon_comes(f);
	id = asked_to_start(f);
	deadline_passes(f);
	expect_status(f, 1, 100, HVIC_STATUS_TIMEOUT);
	KUNIT_EXPECT_FALSE(test, is_in_session(f));
	KUNIT_EXPECT_EQ(test, daemon_reads(f, HV_IC_OVER)->record.id, id);
	KUNIT_EXPECT_EQ(test, says(f, id, 0), -ESTALE);
	expect_cancel(f, -ECANCELED);
}

static void second_start(struct kunit *test)
{
	struct fake_channel *f = started(test);

	host_gets(f, block, HVIC_STATUS_OK);
	host_waits(f, start, 7);
	/* The block of the first was not read yet: it need not be. */
	KUNIT_EXPECT_EQ(test, daemon_reads(f, HV_IC_FCOPY_CANCEL)->record.status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, says(f, daemon_reads(f, HV_IC_FCOPY_START)->record.id, 0), 0);
	expect_status(f, 2, 7, HVIC_STATUS_OK);
	host_gets(f, block, HVIC_STATUS_OK);
}

/* --- Blocks. ------------------------------------------------------------------------------ */

static void acknowledges_at_once(struct kunit *test)
{
	struct fake_channel *f = started(test);
	const struct hv_ic_fcopy_write *payload;
	const struct hvic_link_slot *slot;

	host_gets(f, block, HVIC_STATUS_OK);
	slot = daemon_reads(f, HV_IC_FCOPY_WRITE);
	payload = (const void *)slot->payload;
	KUNIT_EXPECT_EQ(test, slot->record.flags, HV_IC_RECORD_QUIET);
	KUNIT_EXPECT_EQ(test, slot->expires, 0);
	KUNIT_EXPECT_EQ(test, slot->record.len,
			sizeof(slot->record) + offsetof(struct hv_ic_fcopy_write, data) + 3);
	KUNIT_EXPECT_EQ(test, payload->offset, 0x100001800);
	KUNIT_EXPECT_EQ(test, payload->size, 3);
	KUNIT_EXPECT_EQ(test, payload->data[0], 0xde);
	KUNIT_EXPECT_EQ(test, payload->data[2], 0x00);
}

/* Whatever the host sends next is answered with the error of a block before. */
static const struct next_row {
	const char *desc;
	struct hvic_span body;
} next_rows[] = {
	{ "write", SPAN(vec_fcopy_write) },
	{ "complete", SPAN(vec_fcopy_complete) },
};

ROWS(next);

static void block_fails(struct kunit *test)
{
	const struct next_row *row = test->param_value;
	struct fake_channel *f = started(test);
	u64 id;

	host_gets(f, block, HVIC_STATUS_OK);
	host_gets(f, block, HVIC_STATUS_OK);
	id = daemon_reads(f, HV_IC_FCOPY_WRITE)->record.id;
	KUNIT_EXPECT_EQ(test, says(f, id, -ENOSPC), 0);
	KUNIT_EXPECT_EQ(test, says(f, id + 1, -EIO), 0);
	KUNIT_EXPECT_EQ(test, says(f, id + 2, -EIO), -ESTALE);
	host_gets(f, row->body, HVIC_STATUS_DISK_FULL);
	expect_cancel(f, -ENOSPC);
	expect_phase(test, 2, HV_IC_FCOPY_PHASE_FAILED, -ENOSPC);
	expect_idle(f);
	KUNIT_EXPECT_EQ(test, says(f, id, -ENOSPC), -ESTALE);
}

/* A daemon may use an errno that has a meaning of its own for the driver. */
static const struct odd_row {
	const char *desc;
	int err;
	int told;
} odd_rows[] = {
	{ "in progress", -EINPROGRESS, -EINPROGRESS },
	{ "a mount that is not connected", -ENOTCONN, -EIO },
};

ROWS(odd);

static void block_fails_oddly(struct kunit *test)
{
	const struct odd_row *row = test->param_value;
	struct fake_channel *f = started(test);
	u64 id;

	host_gets(f, block, HVIC_STATUS_OK);
	id = daemon_reads(f, HV_IC_FCOPY_WRITE)->record.id;
	KUNIT_EXPECT_EQ(test, says(f, id, row->err), 0);
	host_gets(f, block, HVIC_STATUS_FAIL);
	expect_cancel(f, row->told);
	expect_idle(f);
}

/* Of an earlier session. */
static void block_fails_too_late(struct kunit *test)
{
	struct fake_channel *f = started(test);
	u64 id;

	host_gets(f, block, HVIC_STATUS_OK);
	id = daemon_reads(f, HV_IC_FCOPY_WRITE)->record.id;
	host_gets(f, cancel, HVIC_STATUS_OK);
	expect_cancel(f, -ECANCELED);
	KUNIT_EXPECT_EQ(test, says(f, asked_to_start(f), 0), 0);
	KUNIT_EXPECT_EQ(test, says(f, id, -ENOSPC), -ESTALE);
	host_gets(f, block, HVIC_STATUS_OK);
}

/* Sends so many blocks that the last one waits for the daemon. */
static struct fake_channel *throttled(struct kunit *test)
{
	struct fake_channel *f = started(test);
	unsigned int i;

	for (i = 0; i < QUEUE_HIGH; i++)
		host_gets(f, block, HVIC_STATUS_OK);
	host_waits(f, block, 77);
	forget_answers(f, 0);
	return f;
}

static void waits_until_the_daemon_has_caught_up(struct kunit *test)
{
	struct fake_channel *f = throttled(test);
	unsigned int queued;

	for (queued = QUEUE_HIGH; queued > QUEUE_LOW; queued--) {
		daemon_reads(f, HV_IC_FCOPY_WRITE);
		KUNIT_EXPECT_EQ(test, f->n_out, 0);
	}
	daemon_reads(f, HV_IC_FCOPY_WRITE);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 77, HVIC_STATUS_OK);
	host_gets(f, block, HVIC_STATUS_OK);
}

static void fails_while_it_waits(struct kunit *test)
{
	struct fake_channel *f = throttled(test);

	KUNIT_EXPECT_EQ(test, says(f, daemon_reads(f, HV_IC_FCOPY_WRITE)->record.id, -ENOSPC), 0);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 77, HVIC_STATUS_DISK_FULL);
	expect_cancel(f, -ENOSPC);
	expect_idle(f);
}

/* A block's request is not the daemon's to answer. */
static void answers_what_it_was_not_asked(struct kunit *test)
{
	struct fake_channel *f = throttled(test);
	struct hvic_fcopy *fcopy = fcopy_of(f->ch.priv);

	KUNIT_EXPECT_EQ(test, says(f, fcopy->throttled_id, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
}

static void stops_reading(struct kunit *test)
{
	struct fake_channel *f = throttled(test);

	deadline_passes(f);
	expect_status(f, 1, 77, HVIC_STATUS_TIMEOUT);
	host_gets(f, cancel, HVIC_STATUS_OK);
	expect_cancel(f, -ECANCELED);
}

/* Nobody will make room. */
static void dies_while_it_waits(struct kunit *test)
{
	struct fake_channel *f = throttled(test);

	KUNIT_EXPECT_TRUE(test, is_in_session(f));
	daemon_goes(f);
	KUNIT_ASSERT_EQ(test, f->n_out, 1);
	expect_status(f, 1, 77, HVIC_STATUS_NOT_CONNECTED);
	expect_phase(test, 2, HV_IC_FCOPY_PHASE_FAILED, -ENOTCONN);
	/* The host may never say that it has given up. */
	KUNIT_EXPECT_FALSE(test, is_in_session(f));
	host_gets(f, block, HVIC_STATUS_NOT_CONNECTED);
}

/* --- COMPLETE and CANCEL. ------------------------------------------------------------------ */

static void complete_waits_for_the_disk(struct kunit *test)
{
	struct fake_channel *f = started(test);
	const struct hvic_link_slot *slot;

	host_gets(f, block, HVIC_STATUS_OK);
	host_waits(f, finish, 9);
	daemon_reads(f, HV_IC_FCOPY_WRITE);
	KUNIT_EXPECT_EQ(test, f->n_out, 1);
	slot = daemon_reads(f, HV_IC_FCOPY_COMPLETE);
	KUNIT_EXPECT_NE(test, slot->expires, 0);
	KUNIT_EXPECT_EQ(test, says(f, slot->record.id, 0), 0);
	expect_status(f, 2, 9, HVIC_STATUS_OK);
	expect_phase(test, 2, HV_IC_FCOPY_PHASE_COMPLETE, 0);
	KUNIT_EXPECT_EQ(test, fcopy_of(f->ch.priv)->files, 1);
	expect_nothing_to_read(f);
	expect_idle(f);
}

static void complete_fails(struct kunit *test)
{
	struct fake_channel *f = started(test);
	u64 id;

	host_waits(f, finish, 9);
	id = daemon_reads(f, HV_IC_FCOPY_COMPLETE)->record.id;
	KUNIT_EXPECT_EQ(test, says(f, id, -ENOSPC), 0);
	expect_status(f, 1, 9, HVIC_STATUS_DISK_FULL);
	expect_phase(test, 2, HV_IC_FCOPY_PHASE_FAILED, -ENOSPC);
	expect_idle(f);
}

static void block_fails_after_complete(struct kunit *test)
{
	struct fake_channel *f = started(test);
	u64 id;

	host_gets(f, block, HVIC_STATUS_OK);
	host_waits(f, finish, 9);
	id = daemon_reads(f, HV_IC_FCOPY_WRITE)->record.id;
	/* The daemon never sees that the file is to be complete, and so removes it. */
	KUNIT_EXPECT_EQ(test, says(f, id, -ENOSPC), 0);
	expect_status(f, 2, 9, HVIC_STATUS_DISK_FULL);
	expect_cancel(f, -ENOSPC);
	expect_phase(test, 2, HV_IC_FCOPY_PHASE_FAILED, -ENOSPC);
	KUNIT_EXPECT_EQ(test, n_phases, 2);
	KUNIT_EXPECT_EQ(test, fcopy_of(f->ch.priv)->files, 0);
}

/* One that reads ahead has read it by then. */
static void block_fails_after_complete_is_read(struct kunit *test)
{
	struct fake_channel *f = started(test);
	u64 id, complete;

	host_gets(f, block, HVIC_STATUS_OK);
	host_waits(f, finish, 9);
	id = daemon_reads(f, HV_IC_FCOPY_WRITE)->record.id;
	complete = daemon_reads(f, HV_IC_FCOPY_COMPLETE)->record.id;
	KUNIT_EXPECT_EQ(test, says(f, id, -ENOSPC), 0);
	expect_status(f, 2, 9, HVIC_STATUS_DISK_FULL);
	KUNIT_EXPECT_EQ(test, daemon_reads(f, HV_IC_OVER)->record.id, complete);
	expect_cancel(f, -ENOSPC);
	KUNIT_EXPECT_EQ(test, says(f, complete, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_EQ(test, fcopy_of(f->ch.priv)->files, 0);
}

static void host_cancels(struct kunit *test)
{
	struct fake_channel *f = started(test);

	host_gets(f, block, HVIC_STATUS_OK);
	host_gets(f, cancel, HVIC_STATUS_OK);
	expect_cancel(f, -ECANCELED);
	expect_phase(test, 2, HV_IC_FCOPY_PHASE_CANCELLED, 0);
	expect_idle(f);
	host_gets(f, cancel, HVIC_STATUS_OK);
	expect_nothing_to_read(f);
	KUNIT_EXPECT_EQ(test, n_phases, 2);
}

/* A host that has given up waiting takes back what is open. */
static void host_cancels_complete(struct kunit *test)
{
	struct fake_channel *f = started(test);
	u64 id;

	host_waits(f, finish, 9);
	id = daemon_reads(f, HV_IC_FCOPY_COMPLETE)->record.id;
	host_asks(f, cancel, 10);
	KUNIT_ASSERT_EQ(test, f->n_out, 2);
	KUNIT_EXPECT_EQ(test, f->out[0].xid, 9);
	KUNIT_EXPECT_NE(test, peek32(answer_at(f, 1).data + POS_STATUS), HVIC_STATUS_OK);
	expect_status(f, 2, 10, HVIC_STATUS_OK);
	KUNIT_EXPECT_STREQ(test, f->ch.last.operation, "cancel");
	KUNIT_EXPECT_GT(test, f->ch.last.when, f->ch.last_deferred.when);
	KUNIT_EXPECT_EQ(test, daemon_reads(f, HV_IC_OVER)->record.id, id);
	expect_cancel(f, -ECANCELED);
	KUNIT_EXPECT_EQ(test, says(f, id, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, fcopy_of(f->ch.priv)->files, 0);
}

/* --- Sessions that end otherwise. ------------------------------------------------------------ */

static void negotiate_ends_a_session(struct kunit *test)
{
	struct fake_channel *f = started(test);

	host_gets(f, block, HVIC_STATUS_OK);
	forget_answers(f, 0);
	host_negotiates(f, 1, 1);
	KUNIT_EXPECT_EQ(test, daemon_reads(f, HV_IC_FCOPY_CANCEL)->record.status, -ECANCELED);
	daemon_reads(f, HV_IC_HELLO);
	expect_nothing_to_read(f);
	expect_phase(test, 2, HV_IC_FCOPY_PHASE_CANCELLED, 0);
	expect_idle(f);
}

/* A machine that sleeps keeps its daemon, not its session. */
static void suspend_ends_a_session(struct kunit *test)
{
	struct fake_channel *f = started(test);

	host_gets(f, block, HVIC_STATUS_OK);
	hvic_channel_close(&f->ch);
	expect_cancel(f, -ECANCELED);
	KUNIT_ASSERT_EQ(test, hvic_channel_open(&f->ch), 0);
	host_negotiates(f, 1, 1);
	expect_idle(f);
}

/* The next daemon is told to remove what is left, with the id by which it was begun. */
static u64 expect_remove(struct fake_channel *f, u64 begun)
{
	const struct hvic_link_slot *slot = daemon_reads(f, HV_IC_FCOPY_REMOVE);
	const struct hv_ic_fcopy_left *left = (const void *)slot->payload;

	KUNIT_EXPECT_EQ(f->test, left->start, begun);
	KUNIT_EXPECT_STREQ(f->test, left->name, "a.\xc3\xbc");
	KUNIT_EXPECT_STREQ(f->test, left->path, "/tmp");
	return slot->record.id;
}

static void daemon_dies(struct kunit *test)
{
	struct fake_channel *f = started(test);
	u64 begun = fcopy_of(f->ch.priv)->begun.start;

	host_gets(f, block, HVIC_STATUS_OK);
	host_waits(f, finish, 9);
	daemon_goes(f);
	KUNIT_ASSERT_EQ(test, f->n_out, 2);
	expect_status(f, 2, 9, HVIC_STATUS_NOT_CONNECTED);
	expect_phase(test, 2, HV_IC_FCOPY_PHASE_FAILED, -ENOTCONN);
	host_gets(f, block, HVIC_STATUS_NOT_CONNECTED);

	/* The session does not go over to the next one. */
	daemon_comes(f);
	KUNIT_EXPECT_EQ(test, says(f, expect_remove(f, begun), 0), 0);
	host_gets(f, block, HVIC_STATUS_NOT_CONNECTED);
	expect_idle(f);
	expect_nothing_to_read(f);
	KUNIT_EXPECT_EQ(test, n_phases, 2);
}

static const struct removal_row {
	const char *desc;
	int status;
	bool done;
} removal_rows[] = {
	{ "removed", 0, true },
	{ "not there", -ENOENT, true },
	{ "cannot be removed", -EROFS, false },
};

ROWS(removal);

static void asks_until_it_is_removed(struct kunit *test)
{
	const struct removal_row *row = test->param_value;
	struct fake_channel *f = started(test);
	u64 begun = fcopy_of(f->ch.priv)->begun.start;

	daemon_goes(f);
	/* Killed before it has answered: the next one is asked. */
	daemon_comes(f);
	expect_remove(f, begun);
	daemon_goes(f);
	daemon_comes(f);
	KUNIT_EXPECT_EQ(test, says(f, expect_remove(f, begun), row->status), 0);
	daemon_goes(f);
	daemon_comes(f);
	if (row->done)
		expect_nothing_to_read(f);
	else
		expect_remove(f, begun);
}

/* Of the file before, whose name was longer, no byte is left. */
static void removes_by_clean_names(struct kunit *test)
{
	struct fake_channel *f = test->priv;
	struct hvic_room longer = copy_of(f, start);
	const struct hv_ic_fcopy_left *left;
	const size_t len = strlen("a.\xc3\xbc");
	struct hvic_span rest;
	unsigned int i;

	for (i = 0; i < 200; i++)
		poke16(longer.data + 36 + 2 * i, 'x');
	daemon_comes(f);
	host_waits(f, to_span(longer), 99);
	KUNIT_EXPECT_EQ(test, says(f, daemon_reads(f, HV_IC_FCOPY_START)->record.id, -EEXIST), 0);
	KUNIT_EXPECT_EQ(test, says(f, asked_to_start(f), 0), 0);
	daemon_goes(f);
	daemon_comes(f);
	left = (const void *)daemon_reads(f, HV_IC_FCOPY_REMOVE)->payload;
	KUNIT_EXPECT_EQ(test, strlen(left->name), len);
	rest = (struct hvic_span){ (const u8 *)left->name + len, sizeof(left->name) - len };
	expect_fill(test, "name", rest, 0);
}

static void older_daemons_are_not_asked(struct kunit *test)
{
	struct fake_channel *f = started(test);

	daemon_goes(f);
	legacy_daemon_comes(f);
	expect_nothing_to_read(f);
}

static void nothing_is_left_of_a_finished_file(struct kunit *test)
{
	struct fake_channel *f = started(test);

	host_waits(f, finish, 9);
	KUNIT_EXPECT_EQ(test, says(f, daemon_reads(f, HV_IC_FCOPY_COMPLETE)->record.id, 0), 0);
	daemon_goes(f);
	daemon_comes(f);
	expect_nothing_to_read(f);
}

static void rescinded(struct kunit *test)
{
	struct fake_channel *f = started(test);
	u64 begun = fcopy_of(f->ch.priv)->begun.start;

	host_waits(f, finish, 9);
	f->send_ret = -ENODEV;
	fake_channel_close(f);
	f->send_ret = 0;
	KUNIT_EXPECT_EQ(test, f->n_out, 0);
	expect_phase(test, 2, HV_IC_FCOPY_PHASE_FAILED, -ENOTCONN);

	fake_channel_open(f);
	host_negotiates(f, 1, 1);
	daemon_comes(f);
	expect_remove(f, begun);
	expect_idle(f);
}

static struct kunit_case svc_fcopy_cases[] = {
	KUNIT_CASE(no_daemon),
	KUNIT_CASE(asks_the_daemon),
	KUNIT_CASE_PARAM(daemon_refuses, refusal_gen_params),
	KUNIT_CASE(start_is_late),
	KUNIT_CASE(second_start),
	KUNIT_CASE(acknowledges_at_once),
	KUNIT_CASE_PARAM(block_fails, next_gen_params),
	KUNIT_CASE_PARAM(block_fails_oddly, odd_gen_params),
	KUNIT_CASE(block_fails_too_late),
	KUNIT_CASE(waits_until_the_daemon_has_caught_up),
	KUNIT_CASE(fails_while_it_waits),
	KUNIT_CASE(answers_what_it_was_not_asked),
	KUNIT_CASE(stops_reading),
	KUNIT_CASE(dies_while_it_waits),
	KUNIT_CASE(complete_waits_for_the_disk),
	KUNIT_CASE(complete_fails),
	KUNIT_CASE(block_fails_after_complete),
	KUNIT_CASE(block_fails_after_complete_is_read),
	KUNIT_CASE(host_cancels),
	KUNIT_CASE(host_cancels_complete),
	KUNIT_CASE(negotiate_ends_a_session),
	KUNIT_CASE(suspend_ends_a_session),
	KUNIT_CASE(daemon_dies),
	KUNIT_CASE_PARAM(asks_until_it_is_removed, removal_gen_params),
	KUNIT_CASE(removes_by_clean_names),
	KUNIT_CASE(older_daemons_are_not_asked),
	KUNIT_CASE(nothing_is_left_of_a_finished_file),
	KUNIT_CASE(rescinded),
	{}
};

static struct kunit_suite svc_fcopy_suite = {
	.name = "hv_ic_svc_fcopy",
	.init = svc_fcopy_init,
	.exit = svc_fcopy_exit,
	.test_cases = svc_fcopy_cases,
};

kunit_test_suite(svc_fcopy_suite);
