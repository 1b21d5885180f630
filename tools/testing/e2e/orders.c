// SPDX-License-Identifier: GPL-2.0
/*
 * Backup in every order of events, up to three that begin with a FREEZE and can happen:
 * a real file system under a writer, the native device and Debian's daemon. In the end
 * the writer goes on, whatever was killed or stopped, and in whichever order.
 */
#include "play.h"

#define LONGEST 3
#define WRITTEN "/mnt/written"
#define NEWEST 16			/* requests that may be open at once */

enum event { FREEZE, THAW, NEGOTIATE, REOFFER, REBIND, KILL, STOP, START, EVENTS };

static const char letters[] = "FTNRUKS+";

/**
 * struct kind - a daemon
 * @name: of its process
 * @start: command that starts it; it is attached soon after
 */
static const struct kind {
	const char *name;
	const char *start;
} native = {
	"daemon", "daemon vss disks:/mnt open serve > " PLAY_LOG " 2>&1 &",
}, legacy = {
	"hv_vss_daemon", "hv_vss_daemon",
};

/**
 * struct stage - the order that is played
 * @t: the case
 * @vss: the host's side
 * @kind: of the daemon
 * @stopped: the daemon reads nothing
 * @requests: of the host that are not answered yet
 * @n_requests: how many
 */
struct stage {
	struct test *t;
	struct ic *vss;
	const struct kind *kind;
	bool stopped;
	struct ic_request *requests[NEWEST];
	unsigned int n_requests;
};

static bool runs(struct stage *s)
{
	return *test_run(s->t, 0, "pidof %s || true", s->kind->name);
}

static void start(struct stage *s)
{
	test_run(s->t, 0, "%s", s->kind->start);
	test_attached(s->t, &ic_vss, 0);
	s->stopped = false;
}

static void send_signal(struct stage *s, const char *signal)
{
	test_run(s->t, 0, "killall -q -%s %s; true", signal, s->kind->name);
}

static void end(struct stage *s)
{
	send_signal(s, "KILL");
	test_until(s->t, "! pidof %s", s->kind->name);
	s->stopped = false;
}

static void settle(struct stage *s)
{
	while (s->n_requests) {
		ic_wait(s->requests[--s->n_requests]);
		ic_request_free(s->requests[s->n_requests]);
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

static bool can_happen(struct stage *s, enum event event)
{
	switch (event) {
	case KILL:
		return runs(s);
	case STOP:
		return !s->stopped && runs(s);
	case START:
		return !runs(s);
	default:
		return true;
	}
}

static void rebind(struct stage *s)
{
	test_run(s->t, 0, "cd /sys/bus/vmbus/drivers/hv_ic && echo %s > unbind && echo %s > bind",
		 ic_vss.instance, ic_vss.instance);
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
	default:
		break;
	}
}

static void expect_thawed(struct stage *s)
{
	test_until(s->t, "a=$(wc -c < %s); sleep .3; test $(wc -c < %s) -gt $a", WRITTEN, WRITTEN);
	test_until(s->t, "grep -qx 'frozen 0' /sys/kernel/debug/hv_ic/%s/status", ic_vss.instance);
}

/* Returns false if the last event cannot happen. */
static bool play(struct stage *s, const enum event *order, unsigned int n)
{
	unsigned int i;

	end(s);
	start(s);
	for (i = 0; i < n; i++) {
		if (!can_happen(s, order[i]))
			break;
		happen(s, order[i]);
	}
	/* The kernel's holds end without anybody; an older daemon is needed to thaw. */
	if (s->kind == &native)
		expect_thawed(s);
	send_signal(s, "CONT");
	s->stopped = false;
	if (!runs(s))
		start(s);
	settle(s);
	expect_thawed(s);
	return i == n;
}

static void play_all(struct stage *s, enum event *order, unsigned int n)
{
	char text[LONGEST + 1] = "";

	for (unsigned int i = 0; i < n; i++)
		text[i] = letters[order[i]];
	test_note(s->t, "after %s (%s)", text, letters);
	if (!play(s, order, n) || n == LONGEST)
		return;
	for (int next = 0; next < EVENTS; next++) {
		order[n] = next;
		play_all(s, order, n + 1);
	}
}

static void stop_writer(struct test *t, void *context)
{
	test_run(t, 0, "killall -q -CONT daemon hv_vss_daemon; killall -q -KILL daemon; true");
	test_run(t, 0, "kill $(cat /tmp/writer.pid) && sleep 0.5");
}

static void orders(struct test *t, const struct kind *kind)
{
	struct stage s = { .t = t, .vss = play_alone_patiently(t, &ic_vss), .kind = kind };
	enum event order[LONGEST] = { FREEZE };

	test_parameter(t, "vss_frozen_max", "2");
	play_disk(t);
	test_run(t, 0, "(while echo >> " WRITTEN "; do sleep .1; done) > /dev/null 2>&1 & %s",
		 "echo $! > /tmp/writer.pid");
	test_defer(t, stop_writer, NULL);
	test_until(t, "test -s " WRITTEN);
	play_all(&s, order, 1);
}

static void native_orders(struct test *t)
{
	orders(t, &native);
}

static void legacy_orders(struct test *t)
{
	orders(t, &legacy);
}

const struct test_case orders_cases[] = {
	{ .name = "orders_native", .run = native_orders, .only = ONLY_HV_IC },
	{ .name = "orders_legacy", .run = legacy_orders, .only = ONLY_HV_IC },
	{ 0 }
};
