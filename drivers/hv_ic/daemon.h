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
 * @attached: a daemon has come; optional
 * @going: it goes. What it has been asked and has not answered is answered with %-ENOTCONN
 *	after that, unless the service answers here; optional
 * @gone: it has gone, and what it has been asked has been answered; optional
 * @reply: the answer to record @id; see struct hvic_link_ops. An answer to an event,
 *	with the id 0, comes only from daemons that use the older device.
 * @read: the daemon has read a record; optional
 * @try: begin what HV_IC_VSS_TRY says; optional
 *
 * All are called with the channel's lock held.
 */
struct hvic_daemon_ops {
	void (*attached)(struct hvic_daemon *daemon);
	void (*going)(struct hvic_daemon *daemon);
	void (*gone)(struct hvic_daemon *daemon);
	int (*reply)(struct hvic_daemon *daemon, u64 id, int status,
		     const void *payload, size_t len);
	void (*read)(struct hvic_daemon *daemon, const struct hv_ic_record *record);
	int (*try)(struct hvic_daemon *daemon, u32 *session);
};

/**
 * struct hvic_daemon - the joint, guarded by the channel's lock
 * @ch: the channel
 * @ops: of the service
 * @features: HV_IC_FEATURE_* of the service
 * @link: to the daemon; a service sees the joint, never the link
 * @cdev: the char devices while they are shown
 * @told: the versions in the last hello
 * @asked: the request that the daemon has been asked and has not answered; 0 for none
 */
struct hvic_daemon {
	struct hvic_channel *ch;
	const struct hvic_daemon_ops *ops;
	u64 features;
	struct hvic_link link;
	struct hvic_cdev *cdev;
	struct hvic_versions told;
	u64 asked;
};

void hvic_daemon_init(struct hvic_daemon *daemon, struct hvic_channel *ch,
		      const struct hvic_daemon_ops *ops, unsigned int n_slots,
		      size_t payload_size);
void hvic_daemon_destroy(struct hvic_daemon *daemon);

/* Operations of struct hvic_service_ops that such a service may use as they are. */
int hvic_daemon_opened(struct hvic_channel *ch);
void hvic_daemon_closing(struct hvic_channel *ch);
void hvic_daemon_ready(struct hvic_channel *ch);
void hvic_daemon_failed(struct hvic_channel *ch, int err);

/* From the service to its daemon; the channel's lock is held. */
void *hvic_daemon_begin(struct hvic_daemon *daemon);
int hvic_daemon_ask(struct hvic_daemon *daemon, const struct hvic_msg *msg, u16 op,
		    size_t len, bool slow);
int hvic_daemon_ask_deferred(struct hvic_daemon *daemon, u16 op, size_t len);
int hvic_daemon_post(struct hvic_daemon *daemon, u16 op, u16 flags, u64 id, size_t len);
void hvic_daemon_tell(struct hvic_daemon *daemon, u16 op, int status, const void *payload,
		      size_t len);
bool hvic_daemon_withdraw(struct hvic_daemon *daemon, int err);
void hvic_daemon_withdraw_all(struct hvic_daemon *daemon, int err);
bool hvic_daemon_is_attached(struct hvic_daemon *daemon);
bool hvic_daemon_is_native(struct hvic_daemon *daemon);
pid_t hvic_daemon_pid(struct hvic_daemon *daemon);
unsigned int hvic_daemon_queued(struct hvic_daemon *daemon);

bool hvic_daemon_owner(const struct hvic_channel *ch, pid_t *pid, enum hvic_link_abi *abi);
void hvic_daemon_print(struct hvic_daemon *daemon, struct seq_file *out);

#endif
