/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Moving services from one driver to another, and back if a step fails.
 *
 * Every step that was done is noted; undoing is doing the opposite of each, the
 * last one first.
 */
#ifndef HVIC_MOVE_H
#define HVIC_MOVE_H

#include "daemons.h"

/* In pairs of opposites. */
enum hvic_action {
	HVIC_UNBIND,
	HVIC_BIND,
	HVIC_LOAD,
	HVIC_UNLOAD,
	HVIC_STOP,
	HVIC_START,
};

/**
 * struct hvic_step - something that is done
 * @action: what
 * @device: to or from which @driver, for binding
 * @driver: or module, for loading
 * @daemon: for starting
 */
struct hvic_step {
	enum hvic_action action;
	const struct hvu_device *device;
	const char *driver;
	const struct foreign_daemon *daemon;
};

struct hvic_move;

/**
 * struct hvic_move_ops - what a move does to the system
 * @perform: do a step; 0 or a negative errno
 * @thaw: thaw all file systems; how many were frozen, or a negative errno
 * @tell: a line for the user
 */
struct hvic_move_ops {
	int (*perform)(struct hvic_move *move, const struct hvic_step *step);
	int (*thaw)(struct hvic_move *move);
	void (*tell)(struct hvic_move *move, const char *line);
};

#define HVIC_MAX_STEPS 64

/**
 * struct hvic_move - a move
 * @ops: how to act on the system
 * @root: below which the system is looked at
 * @timeout_ms: for each step
 * @done: steps, in order
 * @n_done: how many
 */
struct hvic_move {
	const struct hvic_move_ops *ops;
	int root;
	int timeout_ms;
	struct hvic_step done[HVIC_MAX_STEPS];
	unsigned int n_done;
};

extern const struct hvic_move_ops hvic_move_system;

int hvic_move_take(struct hvic_move *move);
int hvic_move_release(struct hvic_move *move);

#endif
