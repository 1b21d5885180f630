// SPDX-License-Identifier: GPL-2.0
/*
 * Applications report their health under a name of their choice. The host is told
 * the worst of all reports: critical if one of them is, healthy if all are, and
 * unknown as long as there is none, which is what monitoring tools expect of a
 * guest without reports.
 *
 * A reporter may promise to report again within some time. If it does not, it
 * counts as critical, since the program that watches an application may die with it.
 */
#include "health.h"

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "event.h"

/**
 * struct reporter - an application that reports its health
 * @name: its name
 * @said: what it reported last
 * @ttl: time in which it has to report again, in ms; 0 if it has not
 * @expires: when that is over, in jiffies
 * @expired: it did not report in time
 */
struct reporter {
	char name[HV_IC_NAME_MAX + 1];
	enum hv_ic_health said;
	u32 ttl;
	unsigned long expires;
	bool expired;
};

static DEFINE_MUTEX(lock);		/* guards all below */
static struct reporter reporters[HV_IC_REPORTERS_MAX];
static unsigned int n_reporters;
static unsigned int generation;		/* changes when a reporter comes or goes */
static bool stopped;
static enum hv_ic_health combined;	/* read without the lock */

static void expire(struct work_struct *work);
static DECLARE_DELAYED_WORK(expiry, expire);

static enum hv_ic_health state_of(const struct reporter *rep)
{
	return rep->expired ? HV_IC_HEALTH_CRITICAL : rep->said;
}

static struct reporter *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < n_reporters; i++) {
		if (!strcmp(reporters[i].name, name))
			return &reporters[i];
	}
	return NULL;
}

static enum hv_ic_health worst(void)
{
	enum hv_ic_health state = HV_IC_HEALTH_UNKNOWN;
	unsigned int i;

	if (stopped)
		return HV_IC_HEALTH_STOPPED;
	for (i = 0; i < n_reporters; i++)
		state = max(state, state_of(&reporters[i]));
	return state;
}

static void changed(const char *name, enum hv_ic_health state, enum hv_ic_health_cause cause)
{
	struct hvic_health_change change = {
		.name = name,
		.state = state,
		.cause = cause,
		.combined = worst(),
		.n_reporters = n_reporters,
	};

	lockdep_assert_held(&lock);
	WRITE_ONCE(combined, change.combined);
	hvic_event->health(&change);
}

/* Schedules the work item for when the next reporter is due. */
static void schedule_expiry(void)
{
	unsigned long next = 0;
	bool any = false;
	unsigned int i;

	for (i = 0; i < n_reporters; i++) {
		const struct reporter *rep = &reporters[i];

		if (!rep->ttl || rep->expired)
			continue;
		if (!any || time_before(rep->expires, next))
			next = rep->expires;
		any = true;
	}

	if (any)
		mod_delayed_work(system_percpu_wq, &expiry,
				 time_after(next, jiffies) ? next - jiffies : 0);
	else
		cancel_delayed_work(&expiry);
}

static void expire(struct work_struct *work)
{
	unsigned int i;

	mutex_lock(&lock);
	for (i = 0; i < n_reporters; i++) {
		struct reporter *rep = &reporters[i];

		if (!rep->ttl || rep->expired || time_before(jiffies, rep->expires))
			continue;
		rep->expired = true;
		changed(rep->name, HV_IC_HEALTH_CRITICAL, HV_IC_HEALTH_CAUSE_EXPIRED);
	}
	schedule_expiry();
	mutex_unlock(&lock);
}

/**
 * hvic_health_set() - report how an application is
 * @name: of the reporter, at most HV_IC_NAME_MAX bytes
 * @state: healthy or critical
 * @ttl: milliseconds in which it will report again; 0 if the report holds until
 *	it is changed
 *
 * Context: may sleep.
 * Return: 0, or %-ENOSPC if there are too many reporters.
 */
int hvic_health_set(const char *name, enum hv_ic_health state, u32 ttl)
{
	struct reporter *rep;
	bool news;
	int ret = 0;

	mutex_lock(&lock);
	rep = find(name);
	news = !rep || state_of(rep) != state;
	if (!rep) {
		if (n_reporters == ARRAY_SIZE(reporters)) {
			ret = -ENOSPC;
			goto unlock;
		}
		rep = &reporters[n_reporters++];
		strscpy(rep->name, name, sizeof(rep->name));
		generation++;
	}

	rep->said = state;
	rep->ttl = ttl;
	rep->expires = jiffies + msecs_to_jiffies(ttl);
	rep->expired = false;
	if (news)
		changed(rep->name, state, HV_IC_HEALTH_CAUSE_SET);
	schedule_expiry();
unlock:
	mutex_unlock(&lock);
	return ret;
}

/**
 * hvic_health_clear() - forget a reporter
 * @name: its name
 *
 * Context: may sleep.
 * Return: 0, or %-ENOENT if no reporter has that name.
 */
int hvic_health_clear(const char *name)
{
	struct reporter *rep;
	struct reporter gone;
	int ret = -ENOENT;

	mutex_lock(&lock);
	rep = find(name);
	if (rep) {
		gone = *rep;
		n_reporters--;
		memmove(rep, rep + 1, (&reporters[n_reporters] - rep) * sizeof(*rep));
		generation++;
		changed(gone.name, state_of(&gone), HV_IC_HEALTH_CAUSE_CLEARED);
		schedule_expiry();
		ret = 0;
	}
	mutex_unlock(&lock);
	return ret;
}

/**
 * hvic_health_combined() - what to tell the host
 *
 * Context: any.
 * Return: the worst of what reporters say.
 */
enum hv_ic_health hvic_health_combined(void)
{
	return READ_ONCE(combined);
}

/**
 * hvic_health_count() - how many reporters are there?
 *
 * Context: any; the number may have changed when the function returns.
 * Return: their number.
 */
unsigned int hvic_health_count(void)
{
	return READ_ONCE(n_reporters);
}

/**
 * hvic_health_generation() - has a reporter come or gone?
 *
 * Context: any.
 * Return: a number that changes when a reporter comes or goes.
 */
unsigned int hvic_health_generation(void)
{
	return READ_ONCE(generation);
}

static u32 remaining(const struct reporter *rep)
{
	unsigned long now = jiffies;

	if (!rep->ttl || rep->expired || !time_after(rep->expires, now))
		return 0;
	return min_t(u32, jiffies_to_msecs(rep->expires - now), rep->ttl);
}

/**
 * hvic_health_at() - what one of the reporters says
 * @index: which, from 0
 * @report: set on success
 *
 * Context: may sleep.
 * Return: 0, or %-ENOENT if there are fewer reporters.
 */
int hvic_health_at(unsigned int index, struct hvic_health_report *report)
{
	const struct reporter *rep = &reporters[index];
	int ret = -ENOENT;

	mutex_lock(&lock);
	if (index < n_reporters) {
		strscpy(report->name, rep->name, sizeof(report->name));
		report->state = state_of(rep);
		report->ttl = rep->ttl;
		report->remaining = remaining(rep);
		ret = 0;
	}
	mutex_unlock(&lock);
	return ret;
}

static int reboot(struct notifier_block *nb, unsigned long event, void *data)
{
	mutex_lock(&lock);
	stopped = true;
	changed(NULL, HV_IC_HEALTH_STOPPED, HV_IC_HEALTH_CAUSE_STOPPED);
	mutex_unlock(&lock);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = {
	.notifier_call = reboot,
};

/**
 * hvic_health_init() - begin without reporters
 *
 * Context: may sleep.
 * Return: 0, or a negative errno.
 */
int hvic_health_init(void)
{
	n_reporters = 0;
	stopped = false;
	combined = HV_IC_HEALTH_UNKNOWN;
	return register_reboot_notifier(&reboot_notifier);
}

/**
 * hvic_health_exit() - forget all reporters; no report may follow
 *
 * Context: may sleep.
 */
void hvic_health_exit(void)
{
	unregister_reboot_notifier(&reboot_notifier);
	cancel_delayed_work_sync(&expiry);
}
