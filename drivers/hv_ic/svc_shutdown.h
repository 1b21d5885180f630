/* SPDX-License-Identifier: GPL-2.0 */
/* What others may see and say of the host's requests to stop the guest. */
#ifndef HVIC_SVC_SHUTDOWN_H
#define HVIC_SVC_SHUTDOWN_H

#include <linux/ktime.h>
#include <linux/types.h>

#include <linux/hv_ic.h>

#include "proto/shutdown.h"
#include "proto/utf16.h"

struct hvic_channel;

#define HVIC_SHUTDOWN_TEXT_SIZE	HVIC_UTF8_SIZE(HVIC_WIRE_SHUTDOWN_TEXT_UNITS)

/**
 * struct hvic_shutdown_info - a request
 * @id: never used twice
 * @action: what the host wants
 * @phase: how far it has come
 * @force: at any price
 * @reason: Windows' reason code
 * @timeout: grace that the host gives, in seconds
 * @when: it came, ktime_get_boottime()
 * @ends: when the phase does, in jiffies; not for a final one
 * @answered: the host has its answer
 * @err: that answer, as 0 or a negative errno
 * @text: the host's words for the users, in UTF-8
 */
struct hvic_shutdown_info {
	u64 id;
	enum hv_ic_action action;
	enum hv_ic_phase phase;
	bool force;
	u32 reason;
	u32 timeout;
	ktime_t when;
	unsigned long ends;
	bool answered;
	int err;
	char text[HVIC_SHUTDOWN_TEXT_SIZE];
};

/**
 * hvic_shutdown_is_over() - is nothing more going to happen about a request?
 * @info: the request
 *
 * Return: true if its phase is final.
 */
static inline bool hvic_shutdown_is_over(const struct hvic_shutdown_info *info)
{
	return info->phase >= HV_IC_PHASE_DONE;
}

/* The longest grace period, in seconds; timers cannot wait for more than some days. */
#define HVIC_SHUTDOWN_GRACE_MAX	(24 * 60 * 60)

/**
 * struct hvic_shutdown_policy - what the host may do
 * @actions: by enum hv_ic_action
 * @grace: seconds between announcement and action
 */
struct hvic_shutdown_policy {
	enum hv_ic_policy actions[HVIC_SHUTDOWN_ACTIONS];
	unsigned int grace;
};

/**
 * struct hvic_shutdown_handler - questions to the handler of requests in user space
 * @ask: may a request be granted? Returns 0 if there is a handler that has the
 *	question now, and hvic_shutdown_decide() or hvic_shutdown_handler_gone() may
 *	follow, or a negative errno
 * @act: carry a request out; returns as @ask
 *
 * Both are called in any context, with the channel's lock held, and never wait.
 */
struct hvic_shutdown_handler {
	int (*ask)(const struct hvic_shutdown_info *info);
	int (*act)(const struct hvic_shutdown_info *info);
};

extern const struct hvic_shutdown_handler *const hvic_shutdown_handler;

void hvic_shutdown_get_policy(struct hvic_shutdown_policy *policy);
void hvic_shutdown_set_policy(const struct hvic_shutdown_policy *policy);

const struct hvic_shutdown_info *hvic_shutdown_pending(struct hvic_channel *ch);
const struct hvic_shutdown_info *hvic_shutdown_last(struct hvic_channel *ch);

int hvic_shutdown_cancel(struct hvic_channel *ch, u64 id);
int hvic_shutdown_now(struct hvic_channel *ch, u64 id);
int hvic_shutdown_decide(struct hvic_channel *ch, u64 id, enum hv_ic_decision decision);
void hvic_shutdown_handler_gone(struct hvic_channel *ch);

#endif
