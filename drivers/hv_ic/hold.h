/* SPDX-License-Identifier: GPL-2.0 */
/*
 * File systems that a backup has frozen, and the promise that they thaw.
 *
 * A session is one FREEZE of the host, or a trial of the daemon's, which is never
 * promised. While it is open a daemon hands over file systems; they are frozen here
 * and held. Holds end all together, and none waits for another, at the first call of
 * hvic_hold_end() or when the session's time is over. To end them needs no memory, no
 * daemon and no channel, and the caller does not wait: a workqueue of its own thaws. So
 * it does not matter who dies, and in what order.
 *
 *          begin        promise             thaw
 *   IDLE --------> OPEN --------> PROMISED --------> IDLE
 *    ^              |                 | end, time over
 *    '--------------'                 '-----------> BROKEN ---- thaw: -ETIMEDOUT, start over
 *     end, time over, thaw
 *
 * BROKEN remembers, beyond the channel and the daemon, that the host was told that
 * its guest is frozen, and it is not any more.
 *
 * There is one session on a machine, as there is one backup.
 */
#ifndef HVIC_HOLD_H
#define HVIC_HOLD_H

#include <linux/ktime.h>
#include <linux/types.h>

struct super_block;
struct work_struct;

/**
 * struct hvic_hold_ops - what is done to a file system
 * @freeze: as FIFREEZE does; returns 0 or a negative errno; may sleep long
 * @thaw: undo @freeze; returns 0 or a negative errno; may sleep
 * @put: give up the reference that hvic_hold_take() was given; may sleep
 */
struct hvic_hold_ops {
	int (*freeze)(struct super_block *sb);
	int (*thaw)(struct super_block *sb);
	void (*put)(struct super_block *sb);
};

extern const struct hvic_hold_ops hvic_hold_kernel_ops;

/**
 * struct hvic_hold_status - what is held
 * @on: there is a session, in which a daemon may have stopped programs even if @n is 0
 * @n: file systems, those that have yet to thaw included
 * @since: when the first of them began to freeze, ktime_get_boottime()
 */
struct hvic_hold_status {
	bool on;
	unsigned int n;
	ktime_t since;
};

int hvic_hold_init(const struct hvic_hold_ops *ops);
void hvic_hold_exit(void);

/* The service's end; in any context. */
int hvic_hold_begin(struct work_struct *ended, unsigned int seconds, u32 *session);
int hvic_hold_promise(u32 session);
void hvic_hold_end(u32 session, int reason);
int hvic_hold_thaw(u32 session);
void hvic_hold_start_over(void);
int hvic_hold_reason(u32 session);
void hvic_hold_forget(struct work_struct *ended);
void hvic_hold_get_status(struct hvic_hold_status *status);

/* The daemon's end; in process context. */
u32 hvic_hold_session(void);
int hvic_hold_take(u32 session, struct super_block *sb);
int hvic_hold_fd(u32 session, int fd);
int hvic_hold_wait(void);
bool hvic_hold_wait_for(unsigned int seconds);

#endif
