// SPDX-License-Identifier: GPL-2.0
/*
 * Backup on a channel, in every order of events: whatever the host, the daemon and
 * the administrator do, at the end no file system is frozen, and each request has
 * got one answer. The service and its holds are compiled in here; file systems,
 * daemons and devices are fakes.
 */
/* First, for it has a pr_fmt() of its own. */
#include "hold.c"

#include "fake_daemon.h"
#include "fake_event.h"

#include "svc_vss.c"

#define DISKS	2

/**
 * enum dialect - which device the daemon uses
 * @NATIVE: it hands file systems over
 * @LEGACY: it freezes by itself
 */
enum dialect {
	NATIVE,
	LEGACY,
};

/**
 * enum event - what may happen
 * @FREEZE: the host asks for it
 * @THAW: the host asks for it
 * @NEGOTIATE: the host starts over
 * @RESCIND: the device goes away; a daemon that can runs on
 * @REOFFER: a device comes
 * @SLEEP: the machine is about to sleep, and wakes up
 * @KILL: the daemon dies
 * @STOP: it reads nothing from now on
 * @SLOW: it reads and freezes from now on, but does not answer
 * @START: a new daemon comes
 * @OVERDUE: the time that file systems may be frozen is over
 * @DEADLINE: the time for the open request is over
 * @EVENTS: how many there are
 */
enum event {
	FREEZE, THAW, NEGOTIATE, RESCIND, REOFFER, SLEEP, KILL, STOP, SLOW, START, OVERDUE,
	DEADLINE, EVENTS
};

static const char letters[] = "FTNRrzksS+od";

/**
 * struct stage - everything that a case needs
 * @f: the channel, if @offered
 * @test: to fail
 * @dialect: of the daemons
 * @offered: there is a device
 * @owned: a daemon has it open
 * @stopped: it reads nothing
 * @slow: it answers no FREEZE
 * @late: the FREEZE that it has not answered; 0 for none
 * @asked: requests of the host
 * @voided: those of them that the host has forgotten
 */
struct stage {
	struct fake_channel f;
	struct kunit *test;
	enum dialect dialect;
	bool offered;
	bool owned;
	bool stopped;
	bool slow;
	u64 late;
	unsigned int asked;
	unsigned int voided;
};

/* --- File systems. ------------------------------------------------------------------ */

static struct super_block disks[DISKS];
static bool is_frozen[DISKS];

/* What happens, once, while a file system freezes or thaws; NULL for nothing. */
static void (*meanwhile)(void);

static void let_happen(void)
{
	typeof(meanwhile) what = xchg(&meanwhile, NULL);

	if (what)
		what();
}

/* One whose disk hangs, and when it goes on. */
static struct super_block *stuck;
static struct completion unstuck;

static int fake_freeze(struct super_block *sb)
{
	if (is_frozen[sb - disks])
		return -EBUSY;
	is_frozen[sb - disks] = true;
	let_happen();
	return 0;
}

static int fake_thaw(struct super_block *sb)
{
	let_happen();
	if (sb == stuck)
		wait_for_completion_timeout(&unstuck, 60 * HZ);
	if (!is_frozen[sb - disks])
		return -EINVAL;
	is_frozen[sb - disks] = false;
	return 0;
}

/* What happens while a file system is put; NULL for nothing. */
static void (*while_put)(void);

static void fake_put(struct super_block *sb)
{
	if (while_put)
		while_put();
}

static const struct hvic_hold_ops fake_disks = {
	.freeze = fake_freeze,
	.thaw = fake_thaw,
	.put = fake_put,
};

static unsigned int n_frozen(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < DISKS; i++)
		n += is_frozen[i];
	return n;
}

static struct stage *stage;

/* --- The daemon. -------------------------------------------------------------------- */

static struct hvic_link *link_of(struct stage *s)
{
	return &daemon_of(&s->f)->link;
}

static void settle(void)
{
	struct hvic_vss *vss = stage->offered ? vss_of(stage->f.ch.priv) : NULL;

	flush_workqueue(holds.queue);
	if (vss)
		flush_work(&vss->holds_ended);
}

/* The session that takes file systems; 0 for none. */
static u32 open_session(void)
{
	return holds.state == HOLD_OPEN ? holds.session : 0;
}

/* Freezes as its dialect does; returns the status for the host. */
static int daemon_freezes(struct stage *s)
{
	u32 session = open_session();
	unsigned int i;
	int ret = 0, err;

	for (i = 0; i < DISKS; i++) {
		if (s->dialect == LEGACY) {
			is_frozen[i] = true;
			continue;
		}
		err = hvic_hold_take(session, &disks[i]);
		if (err)
			ret = err;
	}
	return ret;
}

static void daemon_thaws(struct stage *s)
{
	if (s->dialect == LEGACY)
		memset(is_frozen, 0, sizeof(is_frozen));
}

static void answer_record(struct stage *s, u64 id, int status)
{
	static const u8 nothing[HVIC_LINK_ANSWER] __aligned(8);

	hvic_link_reply(link_of(s), id, status, nothing, 0);
}

static void daemon_does(struct stage *s, const struct hv_ic_record *record)
{
	bool event = record->flags & HV_IC_RECORD_EVENT;
	int status = 0;

	if (record->op == HV_IC_VSS_FREEZE && !event) {
		status = daemon_freezes(s);
		if (s->slow) {
			s->late = record->id;
			return;
		}
		if (status)
			daemon_thaws(s);
	} else if (record->op == HV_IC_VSS_THAW) {
		daemon_thaws(s);
	}
	if (!event)
		answer_record(s, record->id, status);
	else if (s->dialect == LEGACY)
		answer_record(s, 0, 0);
}

/* A daemon that is late with one record reads no other. */
static void daemon_runs(struct stage *s)
{
	const struct hvic_link_slot *slot;
	struct hv_ic_record record;

	while (s->offered && s->owned && !s->stopped && !s->late) {
		slot = hvic_link_peek(link_of(s));
		if (!slot)
			break;
		record = slot->record;
		hvic_link_consume(link_of(s));
		daemon_does(s, &record);
		settle();
	}
}

static void daemon_starts(struct stage *s)
{
	if (!s->offered || s->owned)
		return;
	KUNIT_ASSERT_EQ(s->test, 0, hvic_link_own(link_of(s), s->dialect == NATIVE ?
						  HVIC_LINK_NATIVE : HVIC_LINK_LEGACY));
	s->owned = true;
	s->stopped = false;
	s->slow = false;
	s->late = 0;
	hvic_link_attach(link_of(s));
}

static void daemon_dies(struct stage *s)
{
	if (!s->owned)
		return;
	s->owned = false;
	s->late = 0;
	hvic_link_release(link_of(s));
}

static void daemon_comes_round(struct stage *s)
{
	u64 late = s->late;

	s->stopped = false;
	s->slow = false;
	s->late = 0;
	if (!late || !s->owned)
		return;
	/* One file system more, which it was about to freeze. */
	if (s->dialect == NATIVE)
		hvic_hold_take(open_session(), &disks[0]);
	answer_record(s, late, 0);
}

/* --- The host, and time. ------------------------------------------------------------ */

static void host_wants(struct stage *s, enum hvic_wire_vss_op op)
{
	u8 body[16] = { op };

	if (!s->offered || s->f.ch.state != HVIC_CHANNEL_READY)
		return;
	host_asks(&s->f, (struct hvic_span)SPAN(body), ++s->asked);
}

static bool is_open(struct stage *s)
{
	bool open;

	spin_lock_bh(&s->f.ch.lock);
	open = hvic_channel_is_deferred(&s->f.ch);
	spin_unlock_bh(&s->f.ch.lock);
	return open;
}

/* All requests but those that the host has forgotten are answered. */
static void expect_answers(struct stage *s)
{
	KUNIT_EXPECT_EQ(s->test, s->f.n_out + s->voided, s->asked);
	s->asked = 0;
	s->voided = 0;
	forget_answers(&s->f, 0);
}

static void offer(struct stage *s)
{
	if (s->offered)
		return;
	memset(&s->f, 0, sizeof(s->f));
	KUNIT_ASSERT_EQ(s->test, fake_channel_init(&s->f, s->test, &hvic_svc_vss), 0);
	s->offered = true;
	fake_channel_open(&s->f);
	host_negotiates(&s->f, 5, 0);
}

static void rescind(struct stage *s)
{
	if (!s->offered)
		return;
	fake_channel_close(&s->f);
	expect_answers(s);
	/* Debian's daemon thaws when the device that it reads is gone, and ends. */
	if (s->owned && !s->stopped && !s->late)
		daemon_thaws(s);
	s->owned = false;
	s->late = 0;
	s->offered = false;
	fake_channel_destroy(&s->f);
}

static void fire(struct delayed_work *work)
{
	mod_delayed_work(system_wq, work, 0);
	flush_delayed_work(work);
}

static void time_is_over(struct stage *s)
{
	struct hvic_vss *vss = s->offered ? vss_of(s->f.ch.priv) : NULL;

	spin_lock_bh(&holds.lock);
	holds.since = ktime_sub_ms(holds.since, 24 * 3600 * MSEC_PER_SEC);
	spin_unlock_bh(&holds.lock);
	fire(&holds.overdue);
	if (vss)
		fire(&vss->overdue_work);
}

static void negotiate(struct stage *s)
{
	if (!s->offered)
		return;
	s->voided += is_open(s);
	host_negotiates(&s->f, 5, 0);
}

static void sleep_and_wake(struct stage *s)
{
	if (!s->offered)
		return;
	hvic_vss_set_asleep(vss_of(s->f.ch.priv), true);
	settle();
	daemon_runs(s);
	if (s->dialect == NATIVE)
		KUNIT_EXPECT_EQ(s->test, n_frozen(), 0);
	hvic_vss_set_asleep(vss_of(s->f.ch.priv), false);
}

/* Can it happen now, and does it make a difference? */
static bool can_happen(struct stage *s, enum event event)
{
	bool busy = n_frozen() || (s->offered && is_open(s));

	switch (event) {
	case FREEZE:
	case THAW:
	case RESCIND:
		return s->offered;
	case NEGOTIATE:
	case SLEEP:
		return s->offered && busy;
	case OVERDUE:
		return busy;
	case REOFFER:
		return !s->offered;
	case KILL:
		return s->owned;
	case STOP:
		return s->owned && !s->stopped;
	case SLOW:
		return s->owned && !s->stopped && !s->slow;
	case START:
		return s->offered && !s->owned;
	case DEADLINE:
		return s->offered && is_open(s);
	default:
		return false;
	}
}

static void happen(struct stage *s, enum event event)
{
	switch (event) {
	case FREEZE:
		host_wants(s, HVIC_WIRE_VSS_FREEZE);
		break;
	case THAW:
		host_wants(s, HVIC_WIRE_VSS_THAW);
		break;
	case NEGOTIATE:
		negotiate(s);
		break;
	case RESCIND:
		rescind(s);
		break;
	case REOFFER:
		offer(s);
		break;
	case SLEEP:
		sleep_and_wake(s);
		break;
	case KILL:
		daemon_dies(s);
		break;
	case STOP:
		s->stopped = true;
		break;
	case SLOW:
		s->slow = true;
		break;
	case START:
		daemon_starts(s);
		break;
	case OVERDUE:
		time_is_over(s);
		break;
	case DEADLINE:
		if (s->offered && is_open(s))
			deadline_passes(&s->f);
		break;
	default:
		break;
	}
	settle();
	daemon_runs(s);
}

/* --- Orders. ------------------------------------------------------------------------ */

/* Ends in any case with a stage as it was before: a device, a daemon, nothing open. */
static void recover(struct stage *s)
{
	/* Time alone has to do for the kernel's holds. */
	happen(s, OVERDUE);
	if (s->offered && is_open(s))
		happen(s, DEADLINE);
	if (s->dialect == NATIVE)
		KUNIT_EXPECT_EQ(s->test, n_frozen(), 0);

	/* A daemon that is late freezes nothing for good. */
	daemon_comes_round(s);
	settle();
	daemon_runs(s);
	if (s->dialect == NATIVE)
		KUNIT_EXPECT_EQ(s->test, n_frozen(), 0);

	/* An older one has to be there. */
	offer(s);
	daemon_starts(s);
	daemon_runs(s);
	KUNIT_EXPECT_EQ(s->test, n_frozen(), 0);
	KUNIT_EXPECT_FALSE(s->test, debt.owed);
	KUNIT_EXPECT_FALSE(s->test, is_open(s));
	expect_answers(s);

	/* And it goes on: a backup as if nothing had been. */
	happen(s, FREEZE);
	KUNIT_EXPECT_EQ(s->test, n_frozen(), DISKS);
	happen(s, THAW);
	KUNIT_EXPECT_EQ(s->test, n_frozen(), 0);
	expect_status(&s->f, 2, 2, HVIC_STATUS_OK);
	expect_answers(s);
}

/* Returns false if the last event cannot happen, so that nothing longer is worth a try. */
static bool play(struct stage *s, const enum event *order, unsigned int n)
{
	bool possible;
	unsigned int i;

	/* A new daemon each time, for the last one may have been stopped. */
	daemon_dies(s);
	daemon_starts(s);
	for (i = 0; i < n - 1; i++)
		happen(s, order[i]);
	possible = can_happen(s, order[i]);
	if (possible)
		happen(s, order[i]);
	recover(s);
	return possible;
}

static void name_order(struct kunit *test, const enum event *order, unsigned int n)
{
	char text[8] = { };
	unsigned int i;

	for (i = 0; i < n; i++)
		text[i] = letters[order[i]];
	KUNIT_FAIL(test, "after %s (%s)", text, letters);
}

static void begin(struct stage *s, enum dialect dialect)
{
	s->dialect = dialect;
	offer(s);
	daemon_starts(s);
}

static bool has_freeze(const enum event *order, unsigned int n)
{
	while (n--) {
		if (order[n] == FREEZE)
			return true;
	}
	return false;
}

/*
 * All orders that begin with @order[0..n), are no longer than @longest, have a FREEZE
 * and can happen. Returns false after a failure.
 */
static bool play_all(struct stage *s, enum event *order, unsigned int n, unsigned int longest)
{
	bool possible;

	if (n == longest && !has_freeze(order, n))
		return true;
	possible = play(s, order, n);
	if (s->test->status != KUNIT_SUCCESS) {
		name_order(s->test, order, n);
		return false;
	}
	if (n == longest || !possible)
		return true;
	for (order[n] = 0; order[n] < EVENTS; order[n]++) {
		if (!play_all(s, order, n + 1, longest))
			return false;
	}
	return true;
}

/**
 * struct beginning - where a case begins
 * @dialect: of the daemons
 * @first: the first event
 */
struct beginning {
	enum dialect dialect;
	enum event first;
};

static struct beginning beginnings[2 * EVENTS];

static void name_beginning(const struct beginning *b, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s %c", b->dialect == NATIVE ? "native" : "legacy",
		 letters[b->first]);
}

static const void *next_beginning(const void *previous, char *name)
{
	struct beginning *b = previous ? (struct beginning *)previous + 1 : beginnings;
	unsigned int i = b - beginnings;

	if (i == ARRAY_SIZE(beginnings))
		return NULL;
	b->dialect = i / EVENTS ? LEGACY : NATIVE;
	b->first = i % EVENTS;
	name_beginning(b, name);
	return b;
}

static void orders(struct kunit *test)
{
	const struct beginning *b = test->param_value;
	enum event order[4] = { b->first };

	begin(stage, b->dialect);
	play_all(stage, order, 1, ARRAY_SIZE(order));
}

/* --- Particulars. ------------------------------------------------------------------- */

/* The host hears that the snapshot is not of a frozen guest, from whichever channel. */
static void broken_promise(struct kunit *test)
{
	static const enum event breaks[] = { NEGOTIATE, KILL, OVERDUE, SLEEP, RESCIND };
	enum dialect dialect;
	unsigned int i;

	for (dialect = NATIVE; dialect <= LEGACY; dialect++) {
		for (i = 0; i < ARRAY_SIZE(breaks); i++) {
			begin(stage, dialect);
			happen(stage, FREEZE);
			KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
			happen(stage, breaks[i]);
			begin(stage, dialect);
			daemon_runs(stage);
			KUNIT_EXPECT_EQ(test, n_frozen(), 0);
			forget_answers(&stage->f, 0);
			host_wants(stage, HVIC_WIRE_VSS_THAW);
			expect_status(&stage->f, 1, stage->asked, HVIC_STATUS_TIMEOUT);
			forget_answers(&stage->f, 0);
			stage->asked = 0;
			stage->voided = 0;
		}
		rescind(stage);
	}
}

/* A FREEZE makes a promise of its own, whichever kind of daemon broke the one before. */
static void new_promise(struct kunit *test)
{
	enum dialect before;

	for (before = NATIVE; before <= LEGACY; before++) {
		begin(stage, before);
		happen(stage, FREEZE);
		happen(stage, NEGOTIATE);
		KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		daemon_dies(stage);

		begin(stage, before == NATIVE ? LEGACY : NATIVE);
		forget_answers(&stage->f, 0);
		stage->asked = 0;
		happen(stage, FREEZE);
		KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
		happen(stage, THAW);
		KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		expect_status(&stage->f, 2, 2, HVIC_STATUS_OK);
		expect_answers(stage);
		rescind(stage);
	}
}

/* A THAW takes an open FREEZE back: that fails, and both are answered. */
static void thaw_takes_freeze_back(struct kunit *test)
{
	enum dialect dialect;

	for (dialect = NATIVE; dialect <= LEGACY; dialect++) {
		begin(stage, dialect);
		stage->slow = true;
		happen(stage, FREEZE);
		KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
		happen(stage, THAW);
		if (dialect == LEGACY)
			daemon_comes_round(stage);
		daemon_runs(stage);
		KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		KUNIT_ASSERT_EQ(test, stage->f.n_out, 2);
		expect_status(&stage->f, 1, 1, hvic_status_from_errno(-ECANCELED));
		expect_status(&stage->f, 2, 2, HVIC_STATUS_OK);
		stage->asked = 2;
		rescind(stage);
	}
}

/* The same where there is no room for the answers at first. */
static void thaw_while_ring_is_full(struct kunit *test)
{
	begin(stage, NATIVE);
	stage->stopped = true;
	happen(stage, FREEZE);
	stage->f.send_ret = -EAGAIN;
	happen(stage, THAW);
	KUNIT_EXPECT_EQ(test, stage->f.n_out, 0);
	stage->f.send_ret = 0;
	hvic_channel_drain(&stage->f.ch);
	KUNIT_ASSERT_EQ(test, stage->f.n_out, 2);
	expect_status(&stage->f, 1, 1, hvic_status_from_errno(-ECANCELED));
	expect_status(&stage->f, 2, 2, HVIC_STATUS_OK);
}

/* A FREEZE that no daemon has read leaves nothing to thaw, and its time does not run. */
static void unread_freeze(struct kunit *test)
{
	struct hvic_vss *vss;

	begin(stage, LEGACY);
	vss = vss_of(stage->f.ch.priv);
	stage->stopped = true;
	happen(stage, FREEZE);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&vss->overdue_work));
	happen(stage, NEGOTIATE);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&vss->overdue_work));
	KUNIT_EXPECT_EQ(test, hvic_link_used(link_of(stage)), 0);
	happen(stage, FREEZE);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&vss->overdue_work));
	stage->stopped = false;
	daemon_runs(stage);
	KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
	/* The time runs from the FREEZE on, and ends with the THAW alone. */
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&vss->overdue_work));
	happen(stage, OVERDUE);
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&vss->overdue_work));
}

/* The time of a guest that is frozen does not begin anew. */
static void freeze_again(struct kunit *test)
{
	enum dialect dialect;

	for (dialect = NATIVE; dialect <= LEGACY; dialect++) {
		begin(stage, dialect);
		happen(stage, FREEZE);
		happen(stage, FREEZE);
		KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
		happen(stage, THAW);
		KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		happen(stage, FREEZE);
		happen(stage, THAW);
		KUNIT_ASSERT_EQ(test, stage->f.n_out, 5);
		expect_status(&stage->f, 1, 1, HVIC_STATUS_OK);
		expect_status(&stage->f, 2, 2, HVIC_STATUS_BUSY);
		expect_status(&stage->f, 3, 3, HVIC_STATUS_OK);
		expect_status(&stage->f, 4, 4, HVIC_STATUS_OK);
		expect_status(&stage->f, 5, 5, HVIC_STATUS_OK);
		rescind(stage);
	}
}

/* A daemon that is still at it when the machine goes to sleep is not believed later. */
static void sleep_while_freezing(struct kunit *test)
{
	enum dialect dialect;

	for (dialect = NATIVE; dialect <= LEGACY; dialect++) {
		begin(stage, dialect);
		stage->slow = true;
		happen(stage, FREEZE);
		happen(stage, SLEEP);
		KUNIT_ASSERT_EQ(test, stage->f.n_out, 1);
		expect_status(&stage->f, 1, 1, hvic_status_from_errno(-EINTR));
		daemon_comes_round(stage);
		daemon_runs(stage);
		KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		KUNIT_EXPECT_EQ(test, stage->f.n_out, 1);
		rescind(stage);
	}
}

/* It is no fault of the host that it does not thaw what has yet to freeze. */
static void overdue_while_freezing(struct kunit *test)
{
	enum dialect dialect;
	struct hvic_vss *vss;

	for (dialect = NATIVE; dialect <= LEGACY; dialect++) {
		begin(stage, dialect);
		vss = vss_of(stage->f.ch.priv);
		stage->slow = true;
		happen(stage, FREEZE);
		happen(stage, OVERDUE);
		expect_status(&stage->f, 1, 1, HVIC_STATUS_TIMEOUT);
		KUNIT_EXPECT_EQ(test, vss->overdue, 0);
		daemon_comes_round(stage);
		daemon_runs(stage);
		KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		happen(stage, FREEZE);
		KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
		happen(stage, OVERDUE);
		KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		KUNIT_EXPECT_EQ(test, vss->overdue, 1);
		rescind(stage);
	}
}

/* Its FREEZE was for a module that has been removed since, and has thawed. */
static void thaw_without_freeze(struct kunit *test)
{
	enum dialect dialect;

	for (dialect = NATIVE; dialect <= LEGACY; dialect++) {
		begin(stage, dialect);
		happen(stage, THAW);
		expect_status(&stage->f, 1, 1, HVIC_STATUS_TIMEOUT);
		rescind(stage);
	}
}

/* While a daemon of the older kind owes a thaw the module stays. */
static void debt_keeps_module(struct kunit *test)
{
	int before = module_refcount(THIS_MODULE);

	begin(stage, LEGACY);
	happen(stage, FREEZE);
	happen(stage, KILL);
	rescind(stage);
	KUNIT_EXPECT_TRUE(test, debt.owed);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 1);
	begin(stage, LEGACY);
	daemon_runs(stage);
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
}

/* Each way in which a file system is not held. */
static void refused_holds(struct kunit *test)
{
	unsigned int limit = vss_frozen_max;
	u32 session;

	begin(stage, NATIVE);
	KUNIT_EXPECT_EQ(test, open_session(), 0);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(0, &disks[0]), -ECANCELED);
	stage->stopped = true;
	happen(stage, FREEZE);
	session = open_session();
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session + 1, &disks[0]), -ECANCELED);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[0]), 0);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[0]), -EALREADY);
	is_frozen[1] = true;
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[1]), -EBUSY);
	hvic_hold_end(session, -ECANCELED);
	settle();
	KUNIT_EXPECT_FALSE(test, is_frozen[0]);
	KUNIT_EXPECT_TRUE(test, is_frozen[1]);	/* by another program */
	is_frozen[1] = false;
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[0]), -ECANCELED);
	stage->stopped = false;
	daemon_runs(stage);
	expect_status(&stage->f, 1, 1, hvic_status_from_errno(-ECANCELED));

	vss_frozen_max = 0;
	happen(stage, FREEZE);
	expect_status(&stage->f, 2, 2, hvic_status_from_errno(-EPERM));
	vss_frozen_max = limit;
}

/* Whatever the administrator has set, nothing is frozen for longer than a day. */
static void limit_is_a_day(struct kunit *test)
{
	unsigned int limit = vss_frozen_max;

	vss_frozen_max = UINT_MAX;
	begin(stage, NATIVE);
	daemon_runs(stage);
	happen(stage, FREEZE);
	KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
	happen(stage, OVERDUE);
	settle();
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	vss_frozen_max = limit;
}

/* What comes late is about another session than the one that there is by now. */
static void late_calls(struct kunit *test)
{
	const struct hv_ic_vss_freeze *freeze;
	u32 first, second;

	begin(stage, NATIVE);
	daemon_runs(stage);
	KUNIT_ASSERT_EQ(test, hvic_link_try(link_of(stage), &first), 0);
	KUNIT_EXPECT_EQ(test, first, open_session());
	KUNIT_EXPECT_EQ(test, hvic_hold_take(first, &disks[0]), 0);
	time_is_over(stage);
	settle();
	daemon_runs(stage);
	stage->stopped = true;
	happen(stage, FREEZE);
	freeze = (const void *)hvic_link_peek(link_of(stage))->payload;
	second = freeze->session;
	KUNIT_EXPECT_EQ(test, second, open_session());
	KUNIT_EXPECT_NE(test, second, first);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(first, &disks[0]), -ECANCELED);
	hvic_hold_end(first, -ECANCELED);
	KUNIT_EXPECT_EQ(test, open_session(), second);
	stage->stopped = false;
	daemon_runs(stage);
	KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
	hvic_hold_end(first, -ECANCELED);
	settle();
	KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
	happen(stage, THAW);
	expect_status(&stage->f, 2, 2, HVIC_STATUS_OK);
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	/* The number 0 is nobody's. */
	holds.session = U32_MAX;
	KUNIT_ASSERT_EQ(test, hvic_link_try(link_of(stage), &first), 0);
	KUNIT_EXPECT_EQ(test, first, 1);
	hvic_hold_end(first, -ECANCELED);
}

/* A trial of the daemon's: the host's FREEZE is busy, and each end of holds ends it. */
static void trial(struct kunit *test)
{
	static const enum event ends[] = { THAW, NEGOTIATE, SLEEP, OVERDUE, KILL };
	unsigned int i;
	u32 session;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		begin(stage, NATIVE);
		daemon_runs(stage);
		KUNIT_ASSERT_EQ(test, hvic_link_try(link_of(stage), &session), 0);
		KUNIT_EXPECT_EQ(test, hvic_link_try(link_of(stage), &session), -EBUSY);
		KUNIT_EXPECT_EQ(test, daemon_reads(&stage->f, HV_IC_VSS_TRIAL)->record.status, 0);
		KUNIT_EXPECT_EQ(test, daemon_freezes(stage), 0);
		happen(stage, FREEZE);
		expect_status(&stage->f, 1, 1, hvic_status_from_errno(-EBUSY));
		KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
		happen(stage, ends[i]);
		KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		if (ends[i] == KILL)
			happen(stage, START);
		/* Nothing was promised to the host, and nothing of it is left. */
		happen(stage, THAW);
		happen(stage, FREEZE);
		KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
		KUNIT_EXPECT_EQ(test, hvic_link_try(link_of(stage), &session), -EBUSY);
		happen(stage, THAW);
		expect_status(&stage->f, stage->asked, stage->asked, HVIC_STATUS_OK);
		KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		rescind(stage);
	}
	/* Nobody is there who could want one. */
	begin(stage, NATIVE);
	happen(stage, KILL);
	KUNIT_EXPECT_EQ(test, hvic_link_try(link_of(stage), &session), -ENOTCONN);
}

static int tried;
static u32 tried_session;

static void try_meanwhile(void)
{
	tried = hvic_link_try(link_of(stage), &tried_session);
}

/* The host's THAW is not over before all has thawed: a trial has to wait for it. */
static void trial_while_thawing(struct kunit *test)
{
	begin(stage, NATIVE);
	happen(stage, FREEZE);
	KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
	meanwhile = try_meanwhile;
	happen(stage, THAW);
	meanwhile = NULL;
	KUNIT_EXPECT_EQ(test, tried, -EBUSY);
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	KUNIT_ASSERT_EQ(test, stage->f.n_out, 2);
	expect_status(&stage->f, 2, 2, HVIC_STATUS_OK);
}

/* A THAW waits for no other request, whatever the daemon does. */
static void thaw_while_asked(struct kunit *test)
{
	enum dialect dialect;

	for (dialect = NATIVE; dialect <= LEGACY; dialect++) {
		begin(stage, dialect);
		happen(stage, FREEZE);
		KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
		stage->stopped = true;
		host_wants(stage, HVIC_WIRE_VSS_HOT_BACKUP);
		KUNIT_EXPECT_EQ(test, stage->f.n_out, 1);
		happen(stage, THAW);
		if (dialect == NATIVE)
			KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		stage->stopped = false;
		daemon_runs(stage);
		KUNIT_EXPECT_EQ(test, n_frozen(), 0);
		KUNIT_ASSERT_EQ(test, stage->f.n_out, 3);
		expect_status(&stage->f, 2, 2, hvic_status_from_errno(-ECANCELED));
		expect_status(&stage->f, 3, 3, HVIC_STATUS_OK);
		rescind(stage);
	}
}

/* An older daemon thaws when it comes round, however late that is for the host. */
static void thaw_is_late(struct kunit *test)
{
	unsigned int limit = vss_frozen_max;

	vss_frozen_max = 0;
	begin(stage, LEGACY);
	happen(stage, FREEZE);
	KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
	stage->stopped = true;
	happen(stage, THAW);
	happen(stage, DEADLINE);
	expect_status(&stage->f, 2, 2, HVIC_STATUS_TIMEOUT);
	stage->stopped = false;
	daemon_runs(stage);
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	KUNIT_EXPECT_FALSE(test, debt.owed);
	vss_frozen_max = limit;
}

static bool is_in_session(struct stage *s)
{
	bool in_session;

	spin_lock_bh(&s->f.ch.lock);
	in_session = hvic_vss_in_session(&s->f.ch);
	spin_unlock_bh(&s->f.ch.lock);
	return in_session;
}

/* The daemon says yes to a FREEZE and holds nothing: that is a promise all the same. */
static void nothing_held(struct kunit *test)
{
	begin(stage, NATIVE);
	daemon_runs(stage);
	stage->stopped = true;
	happen(stage, FREEZE);
	answer_record(stage, daemon_reads(&stage->f, HV_IC_VSS_FREEZE)->record.id, 0);
	expect_status(&stage->f, 1, 1, HVIC_STATUS_OK);
	KUNIT_EXPECT_TRUE(test, is_in_session(stage));
	stage->stopped = false;

	/* A host that never thaws has its next backup all the same. */
	happen(stage, OVERDUE);
	KUNIT_EXPECT_FALSE(test, is_in_session(stage));
	happen(stage, FREEZE);
	KUNIT_ASSERT_EQ(test, stage->f.n_out, 2);
	expect_status(&stage->f, 2, 2, HVIC_STATUS_OK);
	KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
	happen(stage, THAW);
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
}

static u32 next_session;
static bool thawed;

static void start_next_session(void)
{
	hvic_hold_end(holds.session, -ECANCELED);
	settle();
	KUNIT_EXPECT_EQ(stage->test, hvic_hold_begin(NULL, 60, &next_session), 0);
	thawed = hvic_hold_wait_for(0);
}

/* What freezes too late thaws, and until then it counts as frozen for the next session. */
static void freezes_beyond_its_session(struct kunit *test)
{
	u32 session;

	KUNIT_ASSERT_EQ(test, hvic_hold_begin(NULL, 60, &session), 0);
	meanwhile = start_next_session;
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[0]), -ECANCELED);
	KUNIT_EXPECT_FALSE(test, thawed);
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	KUNIT_EXPECT_TRUE(test, hvic_hold_wait_for(0));
	KUNIT_EXPECT_EQ(test, hvic_hold_take(next_session, &disks[0]), 0);
	hvic_hold_end(holds.session, -ECANCELED);
	settle();
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
}

static void die_meanwhile(void)
{
	daemon_dies(stage);
}

/* The kernel thaws, so the host's THAW succeeds whether the daemon lives to hear of it or not. */
static void daemon_dies_while_thawing(struct kunit *test)
{
	begin(stage, NATIVE);
	happen(stage, FREEZE);
	KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
	meanwhile = die_meanwhile;
	happen(stage, THAW);
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	KUNIT_ASSERT_EQ(test, stage->f.n_out, 2);
	expect_status(&stage->f, 2, 2, HVIC_STATUS_OK);
}

static void freeze_after_deadline(void)
{
	spin_lock_bh(&stage->f.ch.lock);
	hvic_channel_abort(&stage->f.ch, -ETIMEDOUT);
	spin_unlock_bh(&stage->f.ch.lock);
	host_wants(stage, HVIC_WIRE_VSS_FREEZE);
}

/* A THAW whose time was over before all had thawed is not waited for by the next FREEZE. */
static void thaw_takes_too_long(struct kunit *test)
{
	begin(stage, NATIVE);
	happen(stage, FREEZE);
	stage->slow = true;
	meanwhile = freeze_after_deadline;
	happen(stage, THAW);
	expect_status(&stage->f, 2, 2, HVIC_STATUS_TIMEOUT);
	KUNIT_EXPECT_EQ(test, n_frozen(), DISKS);
	happen(stage, OVERDUE);
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	KUNIT_ASSERT_EQ(test, stage->f.n_out, 3);
	expect_status(&stage->f, 3, 3, HVIC_STATUS_TIMEOUT);
}

static dev_t told_device;
static int told[4];
static unsigned int n_told;

static void hear_hold(dev_t device, ktime_t since, int err)
{
	if (n_told < ARRAY_SIZE(told))
		told[n_told] = err;
	n_told++;
	told_device = device;
}

static void end_session(void)
{
	hvic_hold_end(hvic_hold_session(), -ECANCELED);
}

/* What becomes of each file system is told, but not what was never tried. */
static void tells_of_holds(struct kunit *test)
{
	u32 session;

	n_told = 0;
	fake_listener.vss_hold = hear_hold;
	disks[1].s_dev = MKDEV(8, 1);
	is_frozen[1] = true;
	KUNIT_ASSERT_EQ(test, hvic_hold_begin(NULL, 60, &session), 0);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[0]), 0);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[0]), -EALREADY);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[1]), -EBUSY);
	KUNIT_EXPECT_EQ(test, told_device, MKDEV(8, 1));
	is_frozen[1] = false;
	meanwhile = end_session;
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[1]), -ECANCELED);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[1]), -ECANCELED);
	KUNIT_ASSERT_EQ(test, n_told, 3);
	KUNIT_EXPECT_EQ(test, told[0], 0);
	KUNIT_EXPECT_EQ(test, told[1], -EBUSY);
	KUNIT_EXPECT_EQ(test, told[2], -ECANCELED);
	KUNIT_EXPECT_TRUE(test, hvic_hold_wait_for(10));
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
}

/* Another program has thawed one: the host is not to take its snapshot for a good one. */
static void thawed_by_another(struct kunit *test)
{
	u32 session;

	KUNIT_ASSERT_EQ(test, hvic_hold_begin(NULL, 60, &session), 0);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[0]), 0);
	KUNIT_EXPECT_EQ(test, hvic_hold_promise(session), 0);
	is_frozen[0] = false;
	KUNIT_EXPECT_EQ(test, hvic_hold_thaw(session), -EINPROGRESS);
	KUNIT_EXPECT_TRUE(test, hvic_hold_wait_for(10));
	KUNIT_EXPECT_EQ(test, hvic_hold_reason(session), -EIO);
	/* The next one is good again. */
	KUNIT_ASSERT_EQ(test, hvic_hold_begin(NULL, 60, &session), 0);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[0]), 0);
	KUNIT_EXPECT_EQ(test, hvic_hold_promise(session), 0);
	KUNIT_EXPECT_EQ(test, hvic_hold_thaw(session), -EINPROGRESS);
	KUNIT_EXPECT_TRUE(test, hvic_hold_wait_for(10));
	KUNIT_EXPECT_EQ(test, hvic_hold_reason(session), 0);
}

/* The last one to freeze hangs, and the others thaw all the same. */
static void thaw_hangs(struct kunit *test)
{
	struct hvic_hold_status status;
	unsigned int i;
	u32 session;

	init_completion(&unstuck);
	KUNIT_ASSERT_EQ(test, hvic_hold_begin(NULL, 60, &session), 0);
	for (i = 0; i < DISKS; i++)
		KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[i]), 0);
	stuck = &disks[DISKS - 1];
	hvic_hold_end(session, -ECANCELED);
	for (i = 0; i < 1000 && n_frozen() > 1; i++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, n_frozen(), 1);
	KUNIT_EXPECT_FALSE(test, hvic_hold_wait_for(0));
	hvic_hold_get_status(&status);
	KUNIT_EXPECT_EQ(test, status.n, 1);
	complete(&unstuck);
	KUNIT_EXPECT_TRUE(test, hvic_hold_wait_for(10));
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	stuck = NULL;
}

/* A host may offer the service twice: the end of the second breaks no promise of the first. */
static void second_channel_closes(struct kunit *test)
{
	struct fake_channel *second = kunit_kzalloc(test, sizeof(*second), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, second);
	begin(stage, LEGACY);
	happen(stage, FREEZE);
	KUNIT_ASSERT_EQ(test, fake_channel_init(second, test, &hvic_svc_vss), 0);
	fake_channel_open(second);
	fake_channel_close(second);
	fake_channel_destroy(second);
	happen(stage, THAW);
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	KUNIT_ASSERT_EQ(test, stage->f.n_out, 2);
	expect_status(&stage->f, 2, 2, HVIC_STATUS_OK);
}

static struct completion unmounted;

static void put_takes_long(void)
{
	wait_for_completion_timeout(&unmounted, 60 * HZ);
}

/* One that was unmounted while it was held is shut down by its put: nobody waits for that. */
static void unmounted_while_held(struct kunit *test)
{
	u32 session;

	init_completion(&unmounted);
	while_put = put_takes_long;
	begin(stage, NATIVE);
	happen(stage, FREEZE);
	host_wants(stage, HVIC_WIRE_VSS_THAW);
	KUNIT_EXPECT_TRUE(test, hvic_hold_wait_for(10));
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);

	KUNIT_ASSERT_EQ(test, hvic_hold_begin(NULL, 60, &session), 0);
	KUNIT_EXPECT_EQ(test, hvic_hold_take(session, &disks[0]), 0);
	hvic_hold_end(session, -ECANCELED);
	KUNIT_EXPECT_TRUE(test, hvic_hold_wait_for(10));
	KUNIT_EXPECT_EQ(test, n_frozen(), 0);
	complete_all(&unmounted);
	settle();
	expect_status(&stage->f, 2, 2, HVIC_STATUS_OK);
}

static struct kunit_case svc_vss_cases[] = {
	KUNIT_CASE(broken_promise),
	KUNIT_CASE(new_promise),
	KUNIT_CASE(thaw_takes_freeze_back),
	KUNIT_CASE(thaw_while_ring_is_full),
	KUNIT_CASE(unread_freeze),
	KUNIT_CASE(freeze_again),
	KUNIT_CASE(sleep_while_freezing),
	KUNIT_CASE(overdue_while_freezing),
	KUNIT_CASE(thaw_without_freeze),
	KUNIT_CASE(debt_keeps_module),
	KUNIT_CASE(refused_holds),
	KUNIT_CASE(limit_is_a_day),
	KUNIT_CASE(late_calls),
	KUNIT_CASE(trial),
	KUNIT_CASE(trial_while_thawing),
	KUNIT_CASE(thaw_while_asked),
	KUNIT_CASE(thaw_is_late),
	KUNIT_CASE(nothing_held),
	KUNIT_CASE(freezes_beyond_its_session),
	KUNIT_CASE(daemon_dies_while_thawing),
	KUNIT_CASE(thaw_takes_too_long),
	KUNIT_CASE(tells_of_holds),
	KUNIT_CASE(thawed_by_another),
	KUNIT_CASE(thaw_hangs),
	KUNIT_CASE(second_channel_closes),
	KUNIT_CASE(unmounted_while_held),
	KUNIT_CASE_PARAM(orders, next_beginning),
	{}
};

static int svc_vss_init(struct kunit *test)
{
	int ret = hvic_hold_init(&fake_disks);

	if (ret)
		return ret;
	fake_listener_reset();
	stage = kunit_kzalloc(test, sizeof(*stage), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stage);
	stage->test = test;
	memset(is_frozen, 0, sizeof(is_frozen));
	meanwhile = NULL;
	while_put = NULL;
	return 0;
}

static void svc_vss_exit(struct kunit *test)
{
	stage->voided = stage->asked - stage->f.n_out;
	rescind(stage);
	hvic_vss_set_owed(false);
	hvic_hold_exit();
}

static struct kunit_suite svc_vss_suite = {
	.name = "hv_ic_svc_vss",
	.init = svc_vss_init,
	.exit = svc_vss_exit,
	.test_cases = svc_vss_cases,
};

kunit_test_suite(svc_vss_suite);
