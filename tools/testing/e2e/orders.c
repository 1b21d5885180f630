// SPDX-License-Identifier: GPL-2.0
/*
 * Backup in every order of events, up to three that begin with a FREEZE and can happen, and
 * of those of four as many as there is time for: real file systems under writers, the native
 * device, Debian's daemon and ours. In the end the writers go on, whatever was killed or stopped,
 * and in whichever order.
 */
#include "play.h"

#define SAMPLED 4			/* of which some are */
#define NEWEST 16			/* requests that may be open at once */
#define WRITTEN "/mnt/written /xfs/written"
#define FROZEN_MAX "vss_frozen_max=1"	/* which ends every hold */

enum event { FREEZE, THAW, NEGOTIATE, REOFFER, REBIND, KILL, STOP, START, SUSPEND, RMMOD, EVENTS };

static const char letters[] = "FTNRUKS+ZM";

/**
 * struct kind - a daemon
 * @name: of its process
 * @start: command that starts it; it is attached soon after
 * @holds: the kernel freezes and thaws for it
 * @longest: length of the orders of which all are played
 */
static const struct kind {
	const char *name;
	const char *start;
	bool holds;
	unsigned int longest;
} native = {
	"daemon", "daemon vss disks:/mnt,/xfs open serve > " PLAY_LOG " 2>&1 &", true, 3,
}, legacy = {
	"hv_vss_daemon", "hv_vss_daemon", false, 3,
}, ours = {
	/* What the kernel does for it, it does for the first. */
	"hvic-vssd", "hvic-vssd > /tmp/hvic-vssd.log 2>&1 &", true, 2,
};

/**
 * struct stage - the order that is played
 * @t: the case
 * @vss: the host's side
 * @kind: of the daemon
 * @runs: the daemon, when the last event had happened
 * @stopped: it reads nothing
 * @requests: of the host that are not answered yet
 * @n_requests: how many
 * @played: orders so far
 */
struct stage {
	struct test *t;
	struct ic *vss;
	const struct kind *kind;
	bool runs, stopped;
	struct ic_request *requests[NEWEST];
	unsigned int n_requests;
	unsigned int played, frozen;
};

static bool runs(struct stage *s)
{
	return *test_run(s->t, 0, "procs %s || true", s->kind->name);
}

static void start(struct stage *s)
{
	test_run(s->t, 0, "%s", s->kind->start);
	test_attached(s->t, &ic_vss, 0);
	s->stopped = false;
}

static bool serves(struct stage *s)
{
	const char *attached = test_status(s->t, s->vss, "daemon_attached");

	return !strcmp(attached, "1") && runs(s);
}

static void send_signal(struct stage *s, const char *signal)
{
	test_run(s->t, 0, "procs -%s %s || true", signal, s->kind->name);
}

static void end(struct stage *s)
{
	test_run(s->t, 0, "procs -KILL -w %s", s->kind->name);
	s->stopped = false;
}

/* Each is answered, or void since the host went on without its answer. */
static void settle(struct stage *s)
{
	struct test *t = s->t;

	while (s->n_requests) {
		struct ic_request *r = s->requests[--s->n_requests];
		bool is_freeze = ((struct wire_vss_header *)ic_body(r))->op == WIRE_VSS_FREEZE;
		ic_result result = ic_wait(r);

		ic_request_free(r);
		if (result != -ECANCELED)
			EXPECT_ANSWER(result);
		s->frozen += is_freeze && !result;
	}
}

/* A daemon that is stopped keeps the host waiting, and the host goes on. */
static void ask(struct stage *s, enum wire_vss_op op)
{
	struct test *t = s->t;
	struct ic_request *r = vss_request(s->vss, op);

	EXPECT(s->n_requests < NEWEST);
	EXPECT_RESULT(ic_post(r, 0), 0);
	s->requests[s->n_requests++] = r;
	if (!s->stopped)
		settle(s);
}

/* What can happen to a daemon depends on whether it runs, and is stopped. */
static bool can_happen(bool runs, bool stopped, enum event event)
{
	switch (event) {
	case KILL:
		return runs;
	case STOP:
		return runs && !stopped;
	case START:
	case RMMOD:		/* a daemon has the device open */
		return !runs;
	default:
		return true;
	}
}

static void rebind(struct stage *s)
{
	test_run(s->t, 0, "cd /sys/bus/vmbus/drivers/hv_ic && echo %s > unbind && echo %s > bind",
		 ic_vss.instance, ic_vss.instance);
}

/* What blocks on a frozen file system may keep the machine from suspending, for a bounded time. */
static void suspend(struct stage *s)
{
	test_run(s->t, 0, "echo disk > /sys/power/state || true");
}

/* The module stays as long as something may be frozen that an older daemon has to thaw. */
static void reload(struct stage *s)
{
	struct test *t = s->t;

	if (s->kind->holds)
		test_until(t, "rmmod hv_ic");
	else
		test_run(t, 0, "rmmod hv_ic 2>/dev/null || true");
	test_load(t, FROZEN_MAX);
}

static void happen(struct stage *s, enum event event)
{
	struct test *t = s->t;

	switch (event) {
	case FREEZE:
		ask(s, WIRE_VSS_FREEZE);
		break;
	case THAW:
		ask(s, WIRE_VSS_THAW);
		break;
	case NEGOTIATE:
		EXPECT_RESULT(ic_negotiate(s->vss), 0);
		break;
	case REOFFER:
		test_reopen(t, s->vss);
		EXPECT_RESULT(ic_wait_ready(s->vss), 0);
		break;
	case REBIND:
		rebind(s);
		EXPECT_RESULT(ic_wait_ready(s->vss), 0);
		break;
	case KILL:
		end(s);
		break;
	case STOP:
		send_signal(s, "STOP");
		s->stopped = true;
		break;
	case START:
		start(s);
		break;
	case SUSPEND:
		suspend(s);
		EXPECT_RESULT(ic_wait_ready(s->vss), 0);
		break;
	case RMMOD:
		reload(s);
		EXPECT_RESULT(ic_wait_ready(s->vss), 0);
		break;
	default:
		break;
	}
}

/* The driver says that nothing is frozen, and all writers go on. */
static void expect_thawed(struct stage *s)
{
	test_until(s->t, "grep -qx 'frozen 0' /sys/kernel/debug/hv_ic/%s/status && writers -g %s",
		   ic_vss.instance, WRITTEN);
}

/* Returns false if an event cannot happen. It leaves a daemon that serves. */
static bool play(struct stage *s, const enum event *order, unsigned int n, bool *can)
{
	bool stopped;
	unsigned int i;

	if (!serves(s)) {
		end(s);
		start(s);
	}
	s->runs = true;
	for (i = 0; i < n && can_happen(s->runs, s->stopped, order[i]); i++) {
		happen(s, order[i]);
		s->runs = runs(s);
	}
	for (int next = 0; can && next < EVENTS; next++)
		can[next] = can_happen(s->runs, s->stopped, next);
	stopped = s->stopped;
	/* The kernel's holds end without anybody; an older daemon is needed to thaw. */
	if (s->kind->holds)
		expect_thawed(s);
	if (stopped)
		send_signal(s, "CONT");
	s->stopped = false;
	if (!s->runs)
		start(s);
	settle(s);
	if (!s->kind->holds || stopped)
		expect_thawed(s);
	s->played += i == n;
	test_goes_on(s->t, "%u orders", s->played);
	return i == n;
}

/* What is played, in letters. */
static const char *name_of(const enum event *order, unsigned int n)
{
	static char text[SAMPLED + 1];

	for (unsigned int i = 0; i < n; i++)
		text[i] = letters[order[i]];
	text[n] = '\0';
	return text;
}

static void play_all(struct stage *s, enum event *order, unsigned int n)
{
	bool can[EVENTS];

	test_note(s->t, "after %s (%s)", name_of(order, n), letters);
	if (!play(s, order, n, can) || n == s->kind->longest)
		return;
	for (int next = 0; next < EVENTS; next++) {
		if (!can[next])
			continue;
		order[n] = next;
		play_all(s, order, n + 1);
	}
}

/* Each order has a seed of its own, with which it is the first to be played. */
static void sample(struct stage *s, enum event *order)
{
	struct test *t = s->t;

	for (unsigned int seed = t->seed; test_goes_on(t, "%u orders", s->played); seed++) {
		unsigned int state = seed;

		for (int i = 1; i < SAMPLED; i++)
			order[i] = rand_r(&state) % EVENTS;
		test_note(t, "after %s (%s), SEED=%u", name_of(order, SAMPLED), letters, seed);
		play(s, order, SAMPLED, NULL);
	}
	EXPECT(s->played > 0);
}

static void stop_writers(struct test *t, void *context)
{
	test_run(t, 0, "procs -CONT daemon hv_vss_daemon hvic-vssd || true");
	test_run(t, 0, "procs -KILL -w daemon hvic-vssd");
	test_run(t, 0, "procs -KILL -w writers; umount /xfs");
	test_until(t, "test ! -e /sys/fs/xfs/ram1");
}

static void start_writers(struct test *t)
{
	test_run(t, 0, "modprobe xfs || true; mkdir -p /xfs");
	/* Where the kernel has no xfs, two of the same kind. */
	if (!strcmp(test_run(t, 0, "grep -cw xfs /proc/filesystems || true"), "0"))
		test_run(t, 0, "mke2fs -q /dev/ram1 4096 && mount -t ext4 /dev/ram1 /xfs");
	else
		test_run(t, 0, "mkfs.xfs -q -f %s /dev/ram1 && mount -t xfs /dev/ram1 /xfs",
			 "--unsupported");
	test_defer(t, stop_writers, NULL);
	test_run(t, 0, "writers " WRITTEN " >/dev/null 2>&1 &");
	test_until(t, "test -s /mnt/written && test -s /xfs/written");
}

static void orders(struct test *t, const struct kind *kind)
{
	struct stage s = { .t = t, .vss = play_alone_patiently(t, &ic_vss), .kind = kind };
	enum event order[SAMPLED] = { FREEZE };

	test_parameter(t, "vss_frozen_max", "1");
	test_run(t, 0, "echo 2000 > /sys/power/pm_freeze_timeout");
	play_disk(t);
	start_writers(t);
	if (t->seconds)
		sample(&s, order);
	else
		play_all(&s, order, 1);
	EXPECT(s.frozen > 0);
}

static void native_orders(struct test *t)
{
	orders(t, &native);
}

static void legacy_orders(struct test *t)
{
	orders(t, &legacy);
}

static void our_orders(struct test *t)
{
	test_need(t, "/usr/sbin/hvic-vssd");
	orders(t, &ours);
}

const struct test_case orders_cases[] = {
	{ .name = "orders_native", .run = native_orders, .only = ONLY_HV_IC },
	/* What waits for an older daemon may refuse to be stopped for a suspend, and is shown. */
	{ .name = "orders_legacy", .run = legacy_orders, .only = ONLY_HV_IC,
	  .provokes = "Call Trace:" },
	{ .name = "orders_vssd", .run = our_orders, .only = ONLY_HV_IC },
	{ 0 }
};
