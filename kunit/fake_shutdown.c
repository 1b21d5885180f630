// SPDX-License-Identifier: GPL-2.0
/*
 * The shutdown service is compiled in here: what it would call to stop this
 * machine only counts.
 */
#include "fake_shutdown.h"

#include <linux/kobject.h>
#include <linux/reboot.h>
#include <linux/security.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "fake_event.h"
#include "fake_platform.h"

struct fake_shutdown fake_shutdown;

static void fake_orderly_poweroff(bool force)
{
	fake_shutdown.n_poweroffs += force;
}

static void fake_orderly_reboot(void)
{
	fake_shutdown.n_reboots++;
}

static int fake_security_locked_down(enum lockdown_reason what)
{
	return what == LOCKDOWN_HIBERNATION && fake_shutdown.locked_down ? -EPERM : 0;
}

static long fake_get_nr_swap_pages(void)
{
	return fake_shutdown.swap_pages;
}

static int fake_uevent_env(struct kobject *kobj, enum kobject_action action, char **env)
{
	snprintf(fake_shutdown.uevents[fake_shutdown.n_uevents++ % FAKE_MAX],
		 sizeof(fake_shutdown.uevents[0]), "%s %s", env[0], env[1]);
	return 0;
}

#define orderly_poweroff	fake_orderly_poweroff
#define orderly_reboot		fake_orderly_reboot
#define security_locked_down	fake_security_locked_down
/* A kernel without swap has a macro of that name. */
#undef get_nr_swap_pages
#define get_nr_swap_pages	fake_get_nr_swap_pages
#define kobject_uevent_env	fake_uevent_env

#include "svc_shutdown.c"

/* --- The listener and the handler. ------------------------------------------------ */

static void hear(const struct hvic_shutdown_info *info)
{
	fake_shutdown.phases[fake_shutdown.n_phases++ % FAKE_MAX] = info->phase;
	fake_shutdown.told = *info;
}

static int ask(const struct hvic_shutdown_info *info)
{
	fake_shutdown.n_asked += fake_shutdown.handler;
	return fake_shutdown.handler ? 0 : -ENOTCONN;
}

static int order(const struct hvic_shutdown_info *info)
{
	fake_shutdown.n_ordered += fake_shutdown.handler;
	return fake_shutdown.handler ? 0 : -ENOTCONN;
}

static const struct hvic_shutdown_handler handler = {
	.ask = ask,
	.act = order,
};

const struct hvic_shutdown_handler *const hvic_shutdown_handler = &handler;

/* --- Before and after each test. ------------------------------------------------- */

static const struct hvic_shutdown_policy allow_all = { .grace = 60 };

/**
 * new_shutdown() - make a shutdown channel that is ready
 * @test: to fail
 *
 * Return: the channel.
 */
struct fake_channel *new_shutdown(struct kunit *test)
{
	struct fake_channel *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_EQ(test, fake_channel_init(f, test, &hvic_svc_shutdown), 0);
	fake_channel_open(f);
	host_negotiates(f, 3, 2);
	return f;
}

/**
 * fake_shutdown_init() - make a shutdown channel that is ready; all is allowed
 * @test: its priv becomes the channel
 *
 * Return: 0.
 */
int fake_shutdown_init(struct kunit *test)
{
	memset(&fake_shutdown, 0, sizeof(fake_shutdown));
	fake_listener_reset();
	fake_listener.shutdown = hear;
	fake_shutdown.swap_pages = 1;
	fake_platform.can_hibernate = true;
	hvic_shutdown_set_policy(&allow_all);
	test->priv = new_shutdown(test);
	return 0;
}

/**
 * fake_shutdown_exit() - undo fake_shutdown_init()
 * @test: its priv is the channel
 */
void fake_shutdown_exit(struct kunit *test)
{
	fake_channel_destroy(test->priv);
	hvic_shutdown_set_policy(&allow_all);
}

/* --- What happens. --------------------------------------------------------------- */

/**
 * set_policy() - say what the host may do; all other actions are allowed
 * @action: that the word is about
 * @policy: of that action
 * @grace: seconds
 */
void set_policy(enum hv_ic_action action, enum hv_ic_policy policy, unsigned int grace)
{
	struct hvic_shutdown_policy all = { .grace = grace };

	all.actions[action] = policy;
	hvic_shutdown_set_policy(&all);
}

/**
 * host_wants() - send a request to stop the guest
 * @f: the channel, ready
 * @action: that the host asks for
 * @timeout: seconds that it gives; 0 if it says nothing of them
 * @xid: transaction id
 */
void host_wants(struct fake_channel *f, enum hv_ic_action action, u32 timeout, u64 xid)
{
	static const u32 flags[] = {
		[HV_IC_ACTION_POWEROFF]		= 0,
		[HV_IC_ACTION_REBOOT]		= HVIC_WIRE_SHUTDOWN_RESTART,
		[HV_IC_ACTION_HIBERNATE]	= HVIC_WIRE_SHUTDOWN_HIBERNATE,
	};
	u8 body[HVIC_WIRE_SHUTDOWN_MIN] = { };

	poke32(body + 4, timeout);
	poke32(body + 8, flags[action]);
	host_asks(f, (struct hvic_span)SPAN(body), xid);
}

/**
 * settle() - wait for what is due now
 * @f: the channel
 */
void settle(struct fake_channel *f)
{
	struct hvic_shutdown *sd = f->ch.priv;

	flush_work(&sd->announce);
	flush_delayed_work(&sd->timer);
}

/**
 * phase_ends() - let the time of the phase be over
 * @f: the channel
 */
void phase_ends(struct fake_channel *f)
{
	struct hvic_shutdown *sd = f->ch.priv;

	spin_lock_bh(&f->ch.lock);
	sd->pending.ends = jiffies;
	spin_unlock_bh(&f->ch.lock);
	mod_delayed_work(system_percpu_wq, &sd->timer, 0);
	flush_delayed_work(&sd->timer);
}

/**
 * sleep_is_at() - tell of a step of the machine on its way to sleep, or back
 * @f: the channel
 * @event: PM_HIBERNATION_PREPARE and so on
 */
void sleep_is_at(struct fake_channel *f, unsigned long event)
{
	struct hvic_shutdown *sd = f->ch.priv;

	hvic_shutdown_sleep(&sd->sleep_notifier, event, NULL);
	settle(f);
}

/**
 * remaining() - how long does the phase last?
 * @f: the channel
 *
 * Return: seconds, rounded up.
 */
unsigned long remaining(struct fake_channel *f)
{
	struct hvic_shutdown *sd = f->ch.priv;

	return DIV_ROUND_UP(sd->pending.ends - jiffies, HZ);
}

/**
 * pending_id() - which request was accepted last?
 * @f: the channel
 *
 * Return: its id, also if it is over.
 */
u64 pending_id(struct fake_channel *f)
{
	struct hvic_shutdown *sd = f->ch.priv;

	return sd->pending.id;
}

/**
 * is_pending() - is a request being carried out?
 * @f: the channel
 *
 * Return: true if there is one.
 */
bool is_pending(struct fake_channel *f)
{
	bool pending;

	spin_lock_bh(&f->ch.lock);
	pending = hvic_shutdown_pending(&f->ch);
	spin_unlock_bh(&f->ch.lock);
	return pending;
}

/**
 * expect_phases() - expect that the listener has heard of these
 * @test: to fail
 * @n: how many
 * @want: in this order
 */
void expect_phases(struct kunit *test, unsigned int n, const enum hv_ic_phase *want)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, fake_shutdown.n_phases, n);
	for (i = 0; i < n && i < fake_shutdown.n_phases; i++)
		KUNIT_EXPECT_EQ_MSG(test, fake_shutdown.phases[i], want[i], "phase %u", i);
}
