/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel whose requests a daemon answers: what KVP, VSS and file copy share.
 *
 * It joins the channel (the host's end) to the link (the daemon's end) and shows
 * the link as char devices. A service embeds it, makes it the private data of its
 * channel, and says so by needs_daemon.
 */
#ifndef HVIC_DAEMON_H
#define HVIC_DAEMON_H

#include "channel.h"
#include "link.h"

struct hvic_cdev;
struct hvic_daemon;
struct seq_file;

/**
 * struct hvic_daemon_ops - what is special to the service
 * @attached: a daemon has come and got HELLO; optional
 * @gone: it has gone, and the open request has been answered; optional
 * @reply: the answer to record @id; see struct hvic_link_ops. Called without a
 *	lock, all others with the channel's.
 * @room: a record has been read; optional
 */
struct hvic_daemon_ops {
	void (*attached)(struct hvic_daemon *daemon);
	void (*gone)(struct hvic_daemon *daemon);
	int (*reply)(struct hvic_daemon *daemon, u64 id, int status,
		     const void *payload, size_t len);
	void (*room)(struct hvic_daemon *daemon);
};

/**
 * struct hvic_daemon - the joint
 * @ch: the channel
 * @ops: of the service
 * @link: to the daemon
 * @cdev: the char devices while they are shown
 */
struct hvic_daemon {
	struct hvic_channel *ch;
	const struct hvic_daemon_ops *ops;
	struct hvic_link link;
	struct hvic_cdev *cdev;
};

void hvic_daemon_init(struct hvic_daemon *daemon, struct hvic_channel *ch,
		      const struct hvic_daemon_ops *ops, unsigned int n_slots,
		      size_t payload_size);
void hvic_daemon_destroy(struct hvic_daemon *daemon);
int hvic_daemon_opened(struct hvic_channel *ch);
void hvic_daemon_closing(struct hvic_channel *ch);
void hvic_daemon_ready(struct hvic_channel *ch);
int hvic_daemon_ask(struct hvic_daemon *daemon, const struct hvic_msg *msg, u16 op,
		    size_t len, bool slow);
bool hvic_daemon_owner(const struct hvic_channel *ch, pid_t *pid, enum hvic_link_abi *abi);
void hvic_daemon_print(struct hvic_daemon *daemon, struct seq_file *out);

#endif
