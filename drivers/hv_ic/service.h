/* SPDX-License-Identifier: GPL-2.0 */
/* What a service tells the rest of the driver about itself: a const table. */
#ifndef HVIC_SERVICE_H
#define HVIC_SERVICE_H

#include <linux/uuid.h>

#include "proto/msg.h"

struct hvic_channel;
struct hvic_legacy;
struct seq_file;

/**
 * struct hvic_service_ops - what a service does
 *
 * The order for one channel is: start, any number of times (the channel opens,
 * opened, ..., closing, the channel closes), stop. These four may sleep; while the
 * machine hibernates a channel closes and opens without them. All others are
 * called with the channel's lock held and must not sleep. Only @handle is not
 * optional.
 *
 * @start: make what the channel needs
 * @stop: undo @start
 * @opened: show the service to user space
 * @closing: undo @opened, without waiting for user space
 * @reset: all that was agreed or begun on the channel is void; called for every
 *	NEGOTIATE and when the channel closes
 * @ready: versions have been agreed on
 * @handle: serve a request of the service's own type. @body is zeroed room for
 *	the answer, as long as the request. Returns the length of the answer's
 *	body, a negative errno for a status alone, or -EINPROGRESS after
 *	hvic_channel_defer(); see there.
 * @answered: the answer to the last request that @handle or @encode served has
 *	left for the host
 * @encode: write the body of a deferred answer from the reply that
 *	hvic_channel_complete() was given; returns as @handle does
 * @failed: a deferred request is answered with an error, be it of @encode
 * @in_session: has the host begun what it has to end by another request, a backup or
 *	a file copy, and does it still count?
 * @show: print what is special to the service, one "key value" a line
 */
struct hvic_service_ops {
	int (*start)(struct hvic_channel *ch);
	void (*stop)(struct hvic_channel *ch);
	int (*opened)(struct hvic_channel *ch);
	void (*closing)(struct hvic_channel *ch);
	void (*reset)(struct hvic_channel *ch);
	void (*ready)(struct hvic_channel *ch);
	int (*handle)(struct hvic_channel *ch, const struct hvic_msg *msg,
		      struct hvic_room body);
	void (*answered)(struct hvic_channel *ch);
	int (*encode)(struct hvic_channel *ch, struct hvic_room body, const void *reply);
	void (*failed)(struct hvic_channel *ch, int err);
	bool (*in_session)(struct hvic_channel *ch);
	void (*show)(struct hvic_channel *ch, struct seq_file *out);
};

/**
 * struct hvic_service - an integration service
 * @name: for people
 * @guid: class of its VMBus devices
 * @type: of its messages
 * @versions: of its messages, the best first
 * @n_versions: how many
 * @withheld: how many of the best not to speak; NULL for none
 * @needs_daemon: the service is a struct hvic_daemon
 * @legacy: what an older daemon of it speaks, if it needs one
 * @needs_trust: the service gives the host data of the guest, or the other way
 *	round: not for a host that is not trusted
 * @deadline: seconds that a deferred answer may take; 0 if the service answers
 *	at once
 * @slow_deadline: the same for an answer that has to wait for disks
 * @enabled: the administrator's switch; a service that is off keeps its devices
 *	but does not open their channels
 * @ops: what it does
 */
struct hvic_service {
	const char *name;
	guid_t guid;
	enum hvic_wire_type type;
	const struct hvic_version *versions;
	size_t n_versions;
	const int *withheld;
	bool needs_daemon;
	const struct hvic_legacy *legacy;
	bool needs_trust;
	unsigned int deadline;
	unsigned int slow_deadline;
	bool *enabled;
	const struct hvic_service_ops *ops;
};

extern const struct hvic_service hvic_svc_heartbeat;
extern const struct hvic_service hvic_svc_shutdown;
extern const struct hvic_service hvic_svc_timesync;
extern const struct hvic_service hvic_svc_kvp;
extern const struct hvic_service hvic_svc_vss;
extern const struct hvic_service hvic_svc_fcopy;

#endif
