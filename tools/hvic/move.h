/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Moving services from one driver to another, and back if a step fails.
 *
 * Every step that was done is noted; undoing is doing the opposite of each, the
 * last one first. A signal ends a move like a step that fails: it is undone.
 */
#ifndef HVIC_MOVE_H
#define HVIC_MOVE_H

#include <stdio.h>

#include "daemons.h"

/* In pairs of opposites. */
enum hvic_action {
	HVIC_UNBIND,
	HVIC_BIND,
	HVIC_LOAD,
	HVIC_UNLOAD,
	HVIC_PAUSE,
	HVIC_RESUME,
	HVIC_STOP,
	HVIC_START,
};

/**
 * struct hvic_step - something that is done
 * @action: what
 * @device: to or from which @driver, for binding
 * @driver: or module, for loading
 * @daemon: for pausing and stopping
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
 * @perform: do a step, or nothing if it is done already; 0 or a negative errno, of
 *	which %-EINTR says that a signal has come
 * @find_unit: set the unit of a daemon, and the unit's main process; 0 if it has one
 * @in_session: is the service, which hv_ic has, in the middle of a backup or a file
 *	copy? 1, 0 or a negative errno
 * @find_frozen: name a file system of the daemon's that is frozen; 1, 0 if there is
 *	none, or a negative errno
 * @interrupted: has a signal come that asks to end?
 * @tell: a line for the user
 */
struct hvic_move_ops {
	int (*perform)(struct hvic_move *move, const struct hvic_step *step);
	int (*find_unit)(struct hvic_move *move, struct foreign_daemon *daemon);
	int (*in_session)(struct hvic_move *move, const struct hvu_service_info *service);
	int (*find_frozen)(struct hvic_move *move, const struct foreign_daemon *daemon,
			   char *where, size_t size);
	bool (*interrupted)(struct hvic_move *move);
	void (*tell)(struct hvic_move *move, const char *line);
};

#define HVIC_MAX_STEPS 64

/**
 * struct hvic_move - a move
 * @ops: how to act on the system
 * @root: below which the system is looked at
 * @timeout_ms: for each step
 * @settled: it goes on to its end, forward or back, whatever signal comes
 * @done: steps, in order
 * @n_done: how many
 * @unsaid: what the user is told when no daemon is paused any more; NULL if none is
 * @text: of @unsaid
 * @len: of @text
 */
struct hvic_move {
	const struct hvic_move_ops *ops;
	int root;
	int timeout_ms;
	bool settled;
	struct hvic_step done[HVIC_MAX_STEPS];
	unsigned int n_done;
	FILE *unsaid;
	char *text;
	size_t len;
};

int hvic_move_take(struct hvic_move *move);
int hvic_move_release(struct hvic_move *move);

#endif
