// SPDX-License-Identifier: GPL-2.0
/*
 * Daemons in every state, and badly behaved ones, on the driver's own devices.
 *
 * guest/daemon.c plays them, see play.h. The cases are one subject, the native protocol
 * in each of its states; they share how a daemon is played and what it must have said.
 */
#include "play.h"

#include <stdio.h>

static ic_result enumerate_one(struct ic *kvp)
{
	struct kvp_item item;

	return kvp_enumerate(kvp, KVP_GUEST, 0, &item);
}

static ic_result hot_backup(struct ic *vss)
{
	uint32_t flags;

	return vss_hot_backup(vss, &flags);
}

static void voided(struct test *t, struct ic_request *r)
{
	ic_result result = ic_wait(r);

	ic_request_free(r);
	EXPECT_RESULT(result, -ECANCELED);
}

/* There is no daemon. */

static void none(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);
	struct ic *vss = play_alone(t, &ic_vss);
	struct ic *fcopy = play_alone(t, &ic_fcopy);
	struct kvp_item item;
	struct kvp_ip ip;

	EXPECT_RESULT(enumerate_one(kvp), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(kvp_get(kvp, KVP_EXTERNAL, "key", &item), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(kvp_set(kvp, KVP_GUEST, "key", "value"), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(kvp_get_ip(kvp, "00:15:5D:01:02:03", &ip), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(hot_backup(vss), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 1), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(fcopy_write(fcopy, 0, "x", 1), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(fcopy_complete(fcopy), WIRE_E_NOT_CONNECTED);
}

static void held_items(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);

	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "a", "old"), 0);
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "b", "second"), 0);
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "a", "new"), 0);
	EXPECT_RESULT(kvp_set_number(kvp, KVP_AUTO_EXTERNAL, "n", WIRE_KVP_DWORD, 7), 0);
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "c", "gone"), 0);
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "c"), 0);
	EXPECT_STR(test_status(t, kvp, "held"), "4");

	play_start(t, "kvp", "items:1 open serve");
	play_said(t, "^delete");
	EXPECT_STR(play_heard(t),
		   "set pool=0 key=b value=second\n"
		   "set pool=0 key=a value=new\n"
		   "set pool=3 key=n number=7\n"
		   "delete pool=0 key=c value=");
	EXPECT_RESULT(enumerate_one(kvp), 0);
	EXPECT_STR(test_status(t, kvp, "held"), "0");
}

/* Read is not stored: what a daemon did not answer the next one gets. */
static void held_until_answered(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);

	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "a", "first"), 0);
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "b", "second"), 0);
	play_start(t, "kvp", "open read:2 die");
	play_ended(t);
	EXPECT_STR(play_heard(t), "set pool=0 key=a value=first");
	EXPECT_STR(test_status(t, kvp, "held"), "2");
	/* And so it is after a negotiation. */
	play_start(t, "kvp", "open read:2 hang");
	play_said(t, "^set");
	EXPECT_RESULT(ic_negotiate(kvp), 0);
	play_start(t, "kvp", "items:1 open serve");
	play_said(t, "key=b");
	EXPECT_STR(play_heard(t),
		   "set pool=0 key=a value=first\n"
		   "set pool=0 key=b value=second");
	EXPECT_RESULT(enumerate_one(kvp), 0);
	EXPECT_STR(test_status(t, kvp, "held"), "0");
}

/* A full disk: the items are tried again when something else was stored. */
static void held_on_full_disk(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);

	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "a", "old"), 0);
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "b", "second"), 0);
	EXPECT_RESULT(kvp_delete(kvp, KVP_EXTERNAL, "none"), 0);
	play_start(t, "kvp", "open read:2 answer:ENOSPC serve");
	play_said(t, "answer: ok");
	EXPECT_STR(test_status(t, kvp, "held"), "3");
	/* The newer value of a key takes the place of the one that is held. */
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "a", "new"), 0);
	play_said(t, "^delete");
	EXPECT_STR(play_heard(t),
		   "set pool=0 key=a value=old\n"
		   "answer: ok\n"
		   "set pool=0 key=a value=new\n"
		   "set pool=0 key=b value=second\n"
		   "delete pool=0 key=none value=");
	test_until(t, "grep -q '^held 0' /sys/kernel/debug/hv_ic/*/status");
	EXPECT_STR(test_status(t, kvp, "lost"), "0");
}

/* A daemon that does nothing: the host is not told that its items are stored. */
static void stuck_with_items(struct test *t)
{
	struct ic *kvp = play_alone_patiently(t, &ic_kvp);

	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "a", "first"), 0);
	play_start(t, "kvp", "open read:2 hang");
	play_said(t, "^set");
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "b", "second"), WIRE_E_TIMEOUT);
	EXPECT_STR(test_status(t, kvp, "held"), "1");
}

static const struct kvp_ip injected = {
	.family = WIRE_KVP_IPV4,
	.address = "192.0.2.5",
	.subnet = "255.255.255.0",
	.gateway = "192.0.2.1",
	.dns = "192.0.2.2",
};

#define ADAPTER "{12345678-1234-1234-1234-123456789ABC}"
#define ADAPTER_OF_LINUX "{12345678-1234-1234-1234-123456789abc}"

/* As Hyper-V Replica does at boot: the daemon comes later. */
static void held_addresses(struct test *t)
{
	struct ic *kvp = play_alone_patiently(t, &ic_kvp);

	play_start(t, "kvp", "sleep:5 open serve");
	EXPECT_RESULT(kvp_set_ip(kvp, ADAPTER, &injected), 0);
	play_said(t, "set_ip adapter=" ADAPTER_OF_LINUX
		  " dhcp=0 address=192.0.2.5/24 gateway=192.0.2.1/");
}

static void held_too_long(struct test *t)
{
	struct ic *kvp = play_alone_patiently(t, &ic_kvp);

	EXPECT_RESULT(kvp_set_ip(kvp, ADAPTER, &injected), WIRE_E_TIMEOUT);
	play_greeted(t, "kvp", "items:1 open serve");
	EXPECT_RESULT(enumerate_one(kvp), 0);
	play_never_said(t, "set_ip");
}

/* Ends of daemons. */

static void killed_idle(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);

	for (int i = 0; i < 3; i++) {
		play_greeted(t, "kvp", "items:1 open serve");
		EXPECT_RESULT(enumerate_one(kvp), 0);
		play_kill(t);
		EXPECT_RESULT(enumerate_one(kvp), WIRE_E_NOT_CONNECTED);
	}
}

static void killed_with_request(struct test *t)
{
	static const char *const ends[] = { "die", "close hang", "hang" };
	struct ic *kvp = play_alone_patiently(t, &ic_kvp);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		char steps[64];

		test_note(t, "%s", ends[i]);
		snprintf(steps, sizeof(steps), "open read:2 %s", ends[i]);
		play_greeted(t, "kvp", steps);
		EXPECT_RESULT(enumerate_one(kvp),
			      strcmp(ends[i], "hang") ? WIRE_E_NOT_CONNECTED : WIRE_E_TIMEOUT);
	}
	test_note(t, "an item that is set");
	play_greeted(t, "kvp", "open read:2 die");
	EXPECT_RESULT(kvp_set(kvp, KVP_EXTERNAL, "key", "value"), 0);
	play_greeted(t, "kvp", "items:1 open serve");
	play_said(t, "^set pool=0 key=key value=value");
	EXPECT_RESULT(enumerate_one(kvp), 0);
}

static void stopped(struct test *t)
{
	struct ic *kvp = play_alone_patiently(t, &ic_kvp);
	long before = atol(test_status(t, kvp, "late_replies"));

	play_greeted(t, "kvp", "items:1 open serve");
	test_run(t, 0, "procs -STOP daemon");
	test_trace(t);
	EXPECT_RESULT(enumerate_one(kvp), WIRE_E_TIMEOUT);
	test_traced(t, "timeout: id=[1-9][0-9]*$");
	test_run(t, 0, "procs -CONT daemon");
	/* It never reads what the host has given up on. */
	EXPECT_RESULT(enumerate_one(kvp), 0);
	play_never_said(t, "ESTALE\\|^event over");
	EXPECT_EQ(atol(test_status(t, kvp, "late_replies")), before);
}

/* One that has read the request is told that it is over, and an answer is too late. */
static void slow(struct test *t)
{
	struct ic *kvp = play_alone_patiently(t, &ic_kvp);
	long before = atol(test_status(t, kvp, "late_replies"));

	play_greeted(t, "kvp", "items:1 open read:3 answer serve");
	EXPECT_RESULT(enumerate_one(kvp), WIRE_E_TIMEOUT);
	play_said(t, "^event over last why=ETIMEDOUT");
	play_said(t, "answer: ESTALE");
	EXPECT_RESULT(enumerate_one(kvp), 0);
	EXPECT_EQ(atol(test_status(t, kvp, "late_replies")), before + 1);
}

/* The host gives up; a daemon that comes round late freezes nothing. */
static void stopped_freezing(struct test *t)
{
	struct ic *vss = play_alone_patiently(t, &ic_vss);

	play_greeted(t, "vss", "open serve");
	test_run(t, 0, "procs -STOP daemon");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), WIRE_E_TIMEOUT);
	test_run(t, 0, "procs -CONT daemon");
	play_said(t, "event thaw why=ETIMEDOUT");
	play_never_said(t, "^freeze");
	test_until_shown(t, &ic_vss, "frozen 0");
	EXPECT_RESULT(hot_backup(vss), 0);
}

static void stopped_copying(struct test *t)
{
	struct ic *fcopy = play_alone_patiently(t, &ic_fcopy);

	play_greeted(t, "fcopy", "open serve");
	test_run(t, 0, "procs -STOP daemon");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 1), WIRE_E_TIMEOUT);
	test_run(t, 0, "procs -CONT daemon");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 1), 0);
	EXPECT_RESULT(fcopy_write(fcopy, 0, "1", 1), 0);
	EXPECT_RESULT(fcopy_complete(fcopy), 0);
}

static void killed_freezing(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	play_greeted(t, "vss", "open read:2 die");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), WIRE_E_NOT_CONNECTED);
	play_ended(t);
	test_until_shown(t, &ic_vss, "frozen 0");
	play_greeted(t, "vss", "open serve");
	EXPECT_RESULT(hot_backup(vss), 0);
}

static void killed_frozen(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	play_disk_without_timer(t);
	play_greeted(t, "vss", "disks:/mnt open serve:2 die");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	play_ended(t);
	test_until(t, "touch /mnt/thawed");
	test_until_shown(t, &ic_vss, "frozen 0");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_NOT_CONNECTED);
}

/* The kernel thaws without a daemon that does anything. */
static void hung_frozen(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	play_disk_without_timer(t);
	play_greeted(t, "vss", "disks:/mnt open serve:2 hang");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_STR(test_status(t, vss, "holds"), "1");
	EXPECT_RESULT(ic_negotiate(vss), 0);
	test_until(t, "touch /mnt/thawed");
	test_until_shown(t, &ic_vss, "frozen 0");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
}

static void killed_copying(struct test *t)
{
	struct ic *fcopy = play_alone(t, &ic_fcopy);

	play_greeted(t, "fcopy", "open serve:4 die");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 4), 0);
	EXPECT_RESULT(fcopy_write(fcopy, 0, "1", 1), 0);
	EXPECT_RESULT(fcopy_write(fcopy, 1, "2", 1), 0);
	play_ended(t);
	EXPECT_RESULT(fcopy_write(fcopy, 2, "3", 1), WIRE_E_NOT_CONNECTED);
	EXPECT_STR(test_status(t, fcopy, "left"), "1");
	/* The next one is asked to remove the file, until one of them has. */
	play_start(t, "fcopy", "open read:2 die");
	play_ended(t);
	EXPECT_STR(play_heard(t), "remove path=/tmp/ name=file");
	play_start(t, "fcopy", "open read:2 answer:EACCES die");
	play_ended(t);
	EXPECT_STR(test_status(t, fcopy, "left"), "1");
	play_start(t, "fcopy", "open serve");
	play_said(t, "remove path=/tmp/ name=file");
	test_until(t, "grep -q '^left 0' /sys/kernel/debug/hv_ic/*/status");
	EXPECT_RESULT(fcopy_write(fcopy, 3, "4", 1), WIRE_E_NOT_CONNECTED);
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 1), 0);
	EXPECT_RESULT(fcopy_write(fcopy, 0, "1", 1), 0);
	EXPECT_RESULT(fcopy_complete(fcopy), 0);
	play_said(t, "complete blocks=1 bytes=1");
}

/* What a daemon has finished, removed or never begun is not left. */
static void killed_without_file(struct test *t)
{
	struct ic *fcopy = play_alone(t, &ic_fcopy);

	play_greeted(t, "fcopy", "open serve");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "done", 0, 1), 0);
	EXPECT_RESULT(fcopy_write(fcopy, 0, "1", 1), 0);
	EXPECT_RESULT(fcopy_complete(fcopy), 0);
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "cancelled", 0, 1), 0);
	EXPECT_RESULT(fcopy_cancel(fcopy), 0);
	play_said(t, "cancel");
	play_kill(t);
	EXPECT_STR(test_status(t, fcopy, "left"), "0");
	play_greeted(t, "fcopy", "open read:2 answer:EEXIST die");
	EXPECT_FAILURE(fcopy_start(fcopy, "/tmp", "refused", 0, 1));
	play_ended(t);
	EXPECT_STR(test_status(t, fcopy, "left"), "0");
	/* It had only been asked. */
	play_greeted(t, "fcopy", "open read:2 die");
	EXPECT_FAILURE(fcopy_start(fcopy, "/tmp", "asked", 0, 1));
	play_ended(t);
	EXPECT_STR(test_status(t, fcopy, "left"), "1");
	play_start(t, "fcopy", "open serve");
	play_said(t, "remove path=/tmp/ name=asked");
}

/* Answers to no open request. */

static void answered_late(struct test *t)
{
	struct ic *kvp = play_alone_patiently(t, &ic_kvp);

	play_greeted(t, "kvp", "items:1 open read:3 answer late serve");
	EXPECT_RESULT(enumerate_one(kvp), WIRE_E_TIMEOUT);
	EXPECT_RESULT(enumerate_one(kvp), 0);
	play_said(t, "late: ESTALE");
	EXPECT_RESULT(enumerate_one(kvp), 0);
}

static void wrong_id(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);

	play_greeted(t, "kvp", "open read:2 wrong answer sleep:0 answer serve");
	EXPECT_RESULT(enumerate_one(kvp), 0);
	play_said(t, "wrong: ESTALE");
	play_said(t, "answer: ok");
	play_said(t, "answer: ESTALE");
}

static void errors(struct test *t)
{
	static const struct {
		const char *step;
		ic_result status;
	} words[] = {
		{ "answer:ENOENT", WIRE_E_NOT_FOUND },
		{ "answer:EACCES", WIRE_E_ACCESS_DENIED },
		{ "answer:ENODATA", WIRE_E_NO_MORE_ITEMS },
		{ "answer:EOPNOTSUPP", WIRE_E_NOT_SUPPORTED },
		{ "answer:EFAULT", WIRE_E_FAIL },
	};
	struct ic *kvp = play_alone(t, &ic_kvp);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char steps[64];

		snprintf(steps, sizeof(steps), "open read:2 %s", words[i].step);
		test_note(t, "%s", words[i].step);
		play_greeted(t, "kvp", steps);
		EXPECT_RESULT(enumerate_one(kvp), words[i].status);
	}
}

static void badly_formed(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);
	struct kvp_item item;

	play_greeted(t, "kvp", "open read:2 malformed answer hang");
	EXPECT_RESULT(kvp_get(kvp, KVP_EXTERNAL, "key", &item), 0);
	EXPECT_STR(item.value, "value of key");
	play_said(t, "answer: ok");
	EXPECT_STR(test_run(t, 0, "grep malformed " PLAY_LOG),
		   "malformed empty: EINVAL\n"
		   "malformed cut: EINVAL\n"
		   "malformed length: EINVAL\n"
		   "malformed status: EINVAL\n"
		   "malformed errno: EINVAL\n"
		   "malformed deadline: EINVAL\n"
		   "malformed large: EINVAL\n"
		   "malformed payload: EINVAL");
}

/* The device as a file. */

static void two_openers(struct test *t)
{
	play_alone(t, &ic_kvp);
	play_greeted(t, "kvp", "open read hang");
	EXPECT_STR(test_run(t, 0, "daemon kvp open"), "open: EBUSY");
	EXPECT_STR(test_run(t, 0, "daemon /dev/vmbus/hv_kvp open"), "open: EBUSY");
	play_start(t, "/dev/vmbus/hv_kvp", "open hang");
	play_said(t, "open: ok");
	EXPECT_STR(test_run(t, 0, "daemon kvp open"), "open: EBUSY");
	EXPECT_STR(test_run(t, 0, "daemon /dev/vmbus/hv_kvp open"), "open: EBUSY");
	play_kill(t);
	EXPECT_STR(test_run(t, 0, "daemon kvp open"), "open: ok");
}

static void reading(struct test *t)
{
	static const char hello[] = "hello abi=1 framework=3.0 message=5.0";
	char expected[256];

	play_alone(t, &ic_vss);
	snprintf(expected, sizeof(expected),
		 "open: ok\npoll: in\nshort: EMSGSIZE\n%s\npoll:\nread: EAGAIN", hello);
	EXPECT_STR(test_run(t, 0, "daemon vss nonblock open poll short read poll read"), expected);
}

/* The host starts over, or takes the device away. */

static void renegotiated(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);
	struct ic_request *r;

	play_greeted(t, "vss", "open read:3 answer serve");
	r = play_post(t, vss, WIRE_VSS_HOT_BACKUP);
	play_said(t, "^hot_backup");
	EXPECT_RESULT(ic_negotiate(vss), 0);
	voided(t, r);
	play_said(t, "^event over last why=ECANCELED");
	play_said(t, "answer: ESTALE");
	EXPECT_RESULT(hot_backup(vss), 0);
	EXPECT_STR(test_run(t, 0, "grep -c hello " PLAY_LOG), "2");
}

static void renegotiated_freezing(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);
	struct ic_request *r;

	play_greeted(t, "vss", "open read:3 answer serve");
	r = play_post(t, vss, WIRE_VSS_FREEZE);
	play_said(t, "^freeze");
	EXPECT_RESULT(ic_negotiate(vss), 0);
	voided(t, r);
	play_said(t, "answer: ESTALE");
	play_said(t, "event thaw");
	test_until_shown(t, &ic_vss, "frozen 0");
}

static void renegotiated_frozen(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	play_greeted(t, "vss", "open serve");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	EXPECT_RESULT(ic_negotiate(vss), 0);
	play_said(t, "event thaw why=ECANCELED");
	EXPECT_RESULT(vss_thaw(vss), WIRE_E_TIMEOUT);
	EXPECT_RESULT(vss_thaw(vss), 0);
}

static void renegotiated_copying(struct test *t)
{
	struct ic *fcopy = play_alone(t, &ic_fcopy);

	play_greeted(t, "fcopy", "open serve");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 4), 0);
	EXPECT_RESULT(fcopy_write(fcopy, 0, "1", 1), 0);
	EXPECT_RESULT(ic_negotiate(fcopy), 0);
	play_said(t, "event cancel");
	EXPECT_RESULT(fcopy_write(fcopy, 1, "2", 1), WIRE_E_INVALID_ARG);
}

static void rescinded_freezing(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);
	struct ic_request *r;

	play_greeted(t, "vss", "open read:2 poll:wait read answer hang");
	r = play_post(t, vss, WIRE_VSS_FREEZE);
	play_said(t, "^freeze");
	test_reopen(t, vss);
	voided(t, r);
	play_said(t, "poll: hup err");
	play_said(t, "read: ENODEV");
	play_said(t, "answer: ENODEV");
	EXPECT_RESULT(ic_wait_ready(vss), 0);
	/* The first one still has open what is gone. */
	EXPECT(strstr(test_run(t, 0, "daemon vss open nonblock read"), "hello"));
}

static void rescinded_copying(struct test *t)
{
	struct ic *fcopy = play_alone(t, &ic_fcopy);

	play_greeted(t, "fcopy", "open serve hang");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 4), 0);
	EXPECT_RESULT(fcopy_write(fcopy, 0, "1", 1), 0);
	test_reopen(t, fcopy);
	play_said(t, "read: ENODEV");
	EXPECT_RESULT(ic_wait_ready(fcopy), 0);
	play_greeted(t, "fcopy", "open serve");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 0), 0);
	EXPECT_RESULT(fcopy_complete(fcopy), 0);
}

static void unbound(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);

	play_greeted(t, "kvp", "open serve hang");
	test_run(t, 0, "echo %s > /sys/bus/vmbus/drivers/hv_ic/unbind", ic_kvp.instance);
	EXPECT(!hv_channel_is_open(kvp->channel));
	play_said(t, "read: ENODEV");
	test_run(t, 0, "echo %s > /sys/bus/vmbus/drivers/hv_ic/bind", ic_kvp.instance);
	EXPECT_RESULT(ic_wait_ready(kvp), 0);
}

/* A request of each service that asks its daemon for something. */
static struct ic_request *some_request(struct ic *ic)
{
	struct ic_request *r;

	if (ic->service == &ic_fcopy)
		return fcopy_start_request(ic, "/tmp", "file", 0, 1);
	if (ic->service == &ic_vss)
		return vss_request(ic, WIRE_VSS_HOT_BACKUP);
	r = ic_request(ic, WIRE_KVP, sizeof(struct wire_kvp_exchange));
	((struct wire_kvp_header *)ic_body(r))->op = WIRE_KVP_ENUMERATE;
	return r;
}

static void forget(struct test *t, void *context)
{
	test_run(t, 0, "rm -f /tmp/again");
	play_kill(t);
}

/* Off and on while a request is under way and daemons come again and again. */
static void toggle(struct test *t, const struct ic_service *service)
{
	struct ic *ic = play_alone(t, service);
	const char *name = service->name;

	test_run(t, 0, "touch /tmp/again");
	test_defer(t, forget, NULL);
	test_run(t, 0, "while [ -e /tmp/again ]; do %s %s items:1 open serve; done >%s 2>&1 &",
		 "daemon", name, "/dev/null");
	for (int i = 0; i < 20; i++) {
		struct ic_request *r = some_request(ic);
		ic_result result;

		r->may_set[0] = (struct ic_span) { 0, r->len - sizeof(struct wire_header) };
		r->n_may_set = 1;
		EXPECT_RESULT(ic_post(r, 0), 0);
		test_run(t, 0, "cd /sys/module/hv_ic/parameters; echo N > %s; echo Y > %s", name,
			 name);
		result = ic_wait(r);
		ic_request_free(r);
		EXPECT(result >= 0 || result == -ECANCELED);
		EXPECT_RESULT(ic_wait_ready(ic), 0);
	}
}

static void toggled_kvp(struct test *t)
{
	toggle(t, &ic_kvp);
}

static void toggled_vss(struct test *t)
{
	toggle(t, &ic_vss);
}

static void toggled_fcopy(struct test *t)
{
	toggle(t, &ic_fcopy);
}

/* File copy behind the host's back. */

static void failing_block(struct test *t)
{
	struct ic *fcopy = play_alone(t, &ic_fcopy);

	play_greeted(t, "fcopy", "fail:2 open serve");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 3), 0);
	EXPECT_RESULT(fcopy_write(fcopy, 0, "1", 1), 0);
	EXPECT_RESULT(fcopy_write(fcopy, 1, "2", 1), 0);
	EXPECT_RESULT(fcopy_complete(fcopy), WIRE_E_DISK_FULL);
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 1), 0);
	EXPECT_RESULT(fcopy_write(fcopy, 0, "1", 1), 0);
	EXPECT_RESULT(fcopy_complete(fcopy), 0);
}

/* The host gives up waiting for the answer to START. */
static void cancelled(struct test *t)
{
	struct ic *fcopy = play_alone_patiently(t, &ic_fcopy);

	play_greeted(t, "fcopy", "open read:3 answer serve");
	fcopy->timeout_ms = 3000;
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 4), -ETIMEDOUT);
	fcopy->timeout_ms = PLAY_DEADLINE_MS;
	EXPECT_RESULT(fcopy_cancel(fcopy), 0);
	play_said(t, "event cancel");
	play_said(t, "answer: ESTALE");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 0), 0);
	EXPECT_RESULT(fcopy_complete(fcopy), 0);
}

static void throttled(struct test *t)
{
	static const char block[WIRE_FCOPY_FRAGMENT];
	struct ic *fcopy = play_alone_patiently(t, &ic_fcopy);

	play_greeted(t, "fcopy", "open read:2 answer sleep:10 serve");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 100 * sizeof(block)), 0);
	for (int i = 0; i < 100; i++)
		EXPECT_RESULT(fcopy_write(fcopy, i * sizeof(block), block, sizeof(block)), 0);
	EXPECT_RESULT(fcopy_complete(fcopy), 0);
	play_said(t, "complete blocks=100 bytes=614400");
	play_never_said(t, "gap");
}

static void never_reads(struct test *t)
{
	static const char block[WIRE_FCOPY_FRAGMENT];
	struct ic *fcopy = play_alone_patiently(t, &ic_fcopy);
	ic_result result = 0;
	int acknowledged = 0;

	play_greeted(t, "fcopy", "open read:2 answer hang");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 100 * sizeof(block)), 0);
	while (!result && acknowledged < 100) {
		result = fcopy_write(fcopy, acknowledged * sizeof(block), block, sizeof(block));
		acknowledged++;
	}
	EXPECT_RESULT(result, WIRE_E_TIMEOUT);
	EXPECT_RESULT(fcopy_cancel(fcopy), 0);
	play_greeted(t, "fcopy", "open serve");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", 0, 0), 0);
	EXPECT_RESULT(fcopy_complete(fcopy), 0);
}

/* Contents. */

/* Beyond what 32 bits can say, in few blocks. */
static void sparse_copy(struct test *t)
{
	static const char block[WIRE_FCOPY_FRAGMENT];
	const uint64_t size = 5ull << 30, step = 512ull << 20;
	struct ic *fcopy = play_alone(t, &ic_fcopy);

	play_greeted(t, "fcopy", "open serve");
	EXPECT_RESULT(fcopy_start(fcopy, "/tmp", "file", WIRE_FCOPY_OVERWRITE, size), 0);
	for (uint64_t end = step; end <= size; end += step)
		EXPECT_RESULT(fcopy_write(fcopy, end - sizeof(block), block, sizeof(block)), 0);
	EXPECT_RESULT(fcopy_complete(fcopy), 0);
	play_said(t, "name=file flags=1 size=5368709120");
	play_said(t, "complete blocks=10 bytes=5368709120");
}

static void thousand_items(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);
	struct kvp_item item;
	char key[32];

	play_greeted(t, "kvp", "items:1024 open serve");
	for (uint32_t i = 0; i < 1024; i++) {
		EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, i, &item), 0);
		snprintf(key, sizeof(key), "key-%u", i);
		EXPECT_STR(item.key, key);
	}
	EXPECT_RESULT(kvp_enumerate(kvp, KVP_GUEST, 1024, &item), WIRE_E_NO_MORE_ITEMS);
}

static void addresses_as(struct test *t, struct ic *kvp, struct wire_version version)
{
	struct kvp_ip ip;

	test_note(t, "version %u.%u", version.major, version.minor);
	kvp->messages = (struct ic_versions) { { version }, 1 };
	EXPECT_RESULT(ic_negotiate(kvp), 0);
	play_greeted(t, "kvp", "open serve");
	EXPECT_RESULT(kvp_get_ip(kvp, "00-15-5D-AB-02-03", &ip), 0);
	play_said(t, "get_ip adapter=00:15:5d:ab:02:03");
	EXPECT_STR(ip.address, "192.0.2.99;2001:db8::99");
	EXPECT_STR(ip.gateway, "192.0.2.1");
	EXPECT_STR(ip.dns, "2001::53");
	EXPECT_RESULT(kvp_set_ip(kvp, ADAPTER, &injected), 0);
	play_said(t, "set_ip adapter=" ADAPTER_OF_LINUX
		  " dhcp=0 address=192.0.2.5/24 gateway=192.0.2.1/");
}

static void addresses(struct test *t)
{
	struct ic *kvp = play_alone(t, &ic_kvp);

	test_touch(t, kvp);
	addresses_as(t, kvp, (struct wire_version) { 4, 0 });
	addresses_as(t, kvp, (struct wire_version) { 5, 0 });
}

static void list_of_disks(struct test *t)
{
	static const struct wire_vss_lun disks[] = {
		{ .bus = WIRE_VSS_LUN_SCSI, .target = 2, .lun = 1 },
		{ .bus = WIRE_VSS_LUN_IDE, .target = 1 },
	};
	struct ic *vss = play_alone(t, &ic_vss);

	play_greeted(t, "vss", "open serve");
	EXPECT_RESULT(vss_freeze(vss, disks, ARRAY_SIZE(disks)), 0);
	play_said(t, "freeze luns=2 1:2:1 2:1:0");
	EXPECT_RESULT(vss_thaw(vss), 0);
	test_until_shown(t, &ic_vss, "frozen 0");
}

static void greetings(struct test *t)
{
	struct ic *vss = play_alone(t, &ic_vss);

	EXPECT(strstr(test_run(t, 0, "daemon vss abi:2 open read"), "greet: EPROTO"));
	EXPECT(strstr(test_run(t, 0, "daemon vss features:6 open read"), "greet: EINVAL"));
	EXPECT(!strstr(test_run(t, 0, "daemon vss features:0 open read"), "greet"));
	/* Only a daemon that has said hello is there. */
	play_greeted(t, "vss", "mute open read serve");
	EXPECT_RESULT(hot_backup(vss), WIRE_E_NOT_CONNECTED);
	play_greeted(t, "vss", "features:0 open read:2 hold:/mnt answer serve");
	EXPECT_RESULT(vss_freeze(vss, NULL, 0), 0);
	play_said(t, "hold /mnt: ENOTTY");
}

const struct test_case daemon_cases[] = {
	{ .name = "daemon_greetings", .run = greetings, .only = ONLY_HV_IC },
	{ .name = "daemon_slow", .run = slow, .only = ONLY_HV_IC },
	{ .name = "daemon_hung_frozen", .run = hung_frozen, .only = ONLY_HV_IC },
	{ .name = "daemon_none", .run = none, .only = ONLY_HV_IC },
	{ .name = "daemon_held_items", .run = held_items, .only = ONLY_HV_IC },
	{ .name = "daemon_held_until_answered", .run = held_until_answered, .only = ONLY_HV_IC },
	{ .name = "daemon_held_on_full_disk", .run = held_on_full_disk, .only = ONLY_HV_IC },
	{ .name = "daemon_stuck_with_items", .run = stuck_with_items, .only = ONLY_HV_IC },
	{ .name = "daemon_held_addresses", .run = held_addresses, .only = ONLY_HV_IC },
	{ .name = "daemon_held_too_long", .run = held_too_long, .only = ONLY_HV_IC },
	{ .name = "daemon_killed_idle", .run = killed_idle, .only = ONLY_HV_IC },
	{ .name = "daemon_killed_with_request", .run = killed_with_request, .only = ONLY_HV_IC },
	{ .name = "daemon_stopped", .run = stopped, .only = ONLY_HV_IC },
	{ .name = "daemon_stopped_freezing", .run = stopped_freezing, .only = ONLY_HV_IC },
	{ .name = "daemon_stopped_copying", .run = stopped_copying, .only = ONLY_HV_IC },
	{ .name = "daemon_killed_freezing", .run = killed_freezing, .only = ONLY_HV_IC },
	{ .name = "daemon_killed_frozen", .run = killed_frozen, .only = ONLY_HV_IC },
	{ .name = "daemon_killed_without_file", .run = killed_without_file, .only = ONLY_HV_IC },
	{ .name = "daemon_killed_copying", .run = killed_copying, .only = ONLY_HV_IC },
	{ .name = "daemon_late", .run = answered_late, .only = ONLY_HV_IC },
	{ .name = "daemon_wrong_id", .run = wrong_id, .only = ONLY_HV_IC },
	{ .name = "daemon_errors", .run = errors, .only = ONLY_HV_IC },
	{ .name = "daemon_malformed", .run = badly_formed, .only = ONLY_HV_IC },
	{ .name = "daemon_two_openers", .run = two_openers, .only = ONLY_HV_IC },
	{ .name = "daemon_reading", .run = reading, .only = ONLY_HV_IC },
	{ .name = "daemon_renegotiated", .run = renegotiated, .only = ONLY_HV_IC },
	{ .name = "daemon_renegotiated_freezing", .run = renegotiated_freezing,
	  .only = ONLY_HV_IC },
	{ .name = "daemon_renegotiated_frozen", .run = renegotiated_frozen, .only = ONLY_HV_IC },
	{ .name = "daemon_renegotiated_copying", .run = renegotiated_copying, .only = ONLY_HV_IC },
	{ .name = "daemon_rescinded_freezing", .run = rescinded_freezing, .only = ONLY_HV_IC },
	{ .name = "daemon_rescinded_copying", .run = rescinded_copying, .only = ONLY_HV_IC },
	{ .name = "daemon_unbound", .run = unbound, .only = ONLY_HV_IC },
	{ .name = "daemon_toggled_kvp", .run = toggled_kvp, .only = ONLY_HV_IC },
	{ .name = "daemon_toggled_vss", .run = toggled_vss, .only = ONLY_HV_IC },
	{ .name = "daemon_toggled_fcopy", .run = toggled_fcopy, .only = ONLY_HV_IC },
	{ .name = "daemon_failing_block", .run = failing_block, .only = ONLY_HV_IC },
	{ .name = "daemon_cancelled", .run = cancelled, .only = ONLY_HV_IC },
	{ .name = "daemon_throttled", .run = throttled, .only = ONLY_HV_IC },
	{ .name = "daemon_never_reads", .run = never_reads, .only = ONLY_HV_IC },
	{ .name = "daemon_sparse_copy", .run = sparse_copy, .only = ONLY_HV_IC },
	{ .name = "daemon_thousand_items", .run = thousand_items, .only = ONLY_HV_IC },
	{ .name = "daemon_addresses", .run = addresses, .only = ONLY_HV_IC },
	{ .name = "daemon_luns", .run = list_of_disks, .only = ONLY_HV_IC },
	{ 0 }
};
