/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shutdown service on a channel, with fakes for what would stop this machine,
 * for the listener and for the handler.
 */
#ifndef HVIC_KUNIT_FAKE_SHUTDOWN_H
#define HVIC_KUNIT_FAKE_SHUTDOWN_H

#include "fake_channel.h"
#include "svc_shutdown.h"

#define FAKE_MAX	8

/* What the handler has for an answer, and an action for its effect. */
#define SECONDS_TO_ANSWER	5
#define SECONDS_TO_ACT		120

/**
 * struct fake_shutdown - what has happened to the machine and those who care
 * @locked_down: its kernel may not hibernate
 * @swap_pages: that are free
 * @n_poweroffs: orders to power off
 * @n_reboots: orders to reboot
 * @n_uevents: that the channel's device has sent
 * @uevents: what they say
 * @n_phases: the listener has heard of so many
 * @phases: these
 * @told: what it heard last
 * @handler: there is one
 * @n_asked: questions to it
 * @n_ordered: orders to it
 */
struct fake_shutdown {
	bool locked_down;
	long swap_pages;
	unsigned int n_poweroffs;
	unsigned int n_reboots;
	unsigned int n_uevents;
	char uevents[FAKE_MAX][64];
	unsigned int n_phases;
	enum hv_ic_phase phases[FAKE_MAX];
	struct hvic_shutdown_info told;
	bool handler;
	unsigned int n_asked;
	unsigned int n_ordered;
};

extern struct fake_shutdown fake_shutdown;

/* For a suite: test->priv is the struct fake_channel, ready. */
int fake_shutdown_init(struct kunit *test);
void fake_shutdown_exit(struct kunit *test);

struct fake_channel *new_shutdown(struct kunit *test);
void set_policy(enum hv_ic_action action, enum hv_ic_policy policy, unsigned int grace);
void host_wants(struct fake_channel *f, enum hv_ic_action action, u32 timeout, u64 xid);
void settle(struct fake_channel *f);
void phase_ends(struct fake_channel *f);
void sleep_is_at(struct fake_channel *f, unsigned long event);
unsigned long remaining(struct fake_channel *f);
u64 pending_id(struct fake_channel *f);
bool is_pending(struct fake_channel *f);
void expect_phases(struct kunit *test, unsigned int n, const enum hv_ic_phase *want);

#define EXPECT_PHASES(test, ...)						\
	do {									\
		static const enum hv_ic_phase want[] = { __VA_ARGS__ };		\
										\
		expect_phases(test, ARRAY_SIZE(want), want);			\
	} while (0)

#endif
