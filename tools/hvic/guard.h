/* SPDX-License-Identifier: GPL-2.0 */
/* What keeps a move whole: one at a time, and no signal that ends it half-way. */
#ifndef HVIC_GUARD_H
#define HVIC_GUARD_H

#include <signal.h>
#include <stdbool.h>

/**
 * struct hvic_guard - a part of a program that must not end half-way
 * @lock: file that is locked
 * @signals: is readable when a signal has come that asks to end
 * @watched: those signals
 * @before: those that were blocked before
 */
struct hvic_guard {
	int lock;
	int signals;
	sigset_t watched;
	sigset_t before;
};

int hvic_lock(int root, bool wait);
int hvic_guard_begin(struct hvic_guard *guard, int root);
bool hvic_guard_interrupted(const struct hvic_guard *guard);
void hvic_guard_end(struct hvic_guard *guard);

#endif
