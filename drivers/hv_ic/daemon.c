// SPDX-License-Identifier: GPL-2.0
/* The joint between a channel and the daemon that answers its requests. */
#include "daemon.h"

#include <linux/err.h>
#include <linux/seq_file.h>

#include "cdev.h"
#include "event.h"

/* The first record, and one after each negotiation. */
static void hvic_daemon_hello(struct hvic_daemon *daemon)
{
	const struct hvic_versions *versions = &daemon->ch->versions;
	const struct hv_ic_hello hello = {
		.abi = HV_IC_ABI_VERSION,
		.framework_major = versions->framework.major,
		.framework_minor = versions->framework.minor,
		.message_major = versions->message.major,
		.message_minor = versions->message.minor,
	};

	lockdep_assert_held(&daemon->ch->lock);
	/* Older daemons have a greeting of their own. */
	if (READ_ONCE(daemon->link.abi) == HVIC_LINK_NATIVE)
		hvic_link_tell(&daemon->link, HV_IC_HELLO, &hello,
			       sizeof(hello));
}

static void hvic_daemon_attached(void *service)
{
	struct hvic_daemon *daemon = service;

	spin_lock_bh(&daemon->ch->lock);
	hvic_link_start(&daemon->link);
	hvic_daemon_hello(daemon);
	if (daemon->ops->attached)
		daemon->ops->attached(daemon);
	hvic_event->service(daemon->ch);
	spin_unlock_bh(&daemon->ch->lock);
}

static void hvic_daemon_gone(void *service)
{
	struct hvic_daemon *daemon = service;

	spin_lock_bh(&daemon->ch->lock);
	hvic_channel_abort(daemon->ch, -ENOTCONN);
	if (daemon->ops->gone)
		daemon->ops->gone(daemon);
	hvic_event->service(daemon->ch);
	spin_unlock_bh(&daemon->ch->lock);
}

static int hvic_daemon_reply(void *service, u64 id, int status,
			     const void *payload, size_t len)
{
	struct hvic_daemon *daemon = service;

	return daemon->ops->reply(daemon, id, status, payload, len);
}

static void hvic_daemon_room(void *service)
{
	struct hvic_daemon *daemon = service;

	if (!daemon->ops->room)
		return;
	spin_lock_bh(&daemon->ch->lock);
	daemon->ops->room(daemon);
	spin_unlock_bh(&daemon->ch->lock);
}

static const struct hvic_link_ops hvic_daemon_link_ops = {
	.attached = hvic_daemon_attached,
	.gone = hvic_daemon_gone,
	.reply = hvic_daemon_reply,
	.room = hvic_daemon_room,
};

/**
 * hvic_daemon_init() - join a channel to a daemon that is not there yet
 * @daemon: zeroed memory
 * @ch: the channel
 * @ops: of the service
 * @n_slots: how many records may wait for the daemon
 * @payload_size: the longest payload
 */
void hvic_daemon_init(struct hvic_daemon *daemon, struct hvic_channel *ch,
		      const struct hvic_daemon_ops *ops, unsigned int n_slots,
		      size_t payload_size)
{
	daemon->ch = ch;
	daemon->ops = ops;
	hvic_link_init(&daemon->link, &hvic_daemon_link_ops, daemon, n_slots,
		       max(payload_size, sizeof(struct hv_ic_hello)));
}

/**
 * hvic_daemon_destroy() - undo hvic_daemon_init()
 * @daemon: the joint, hidden
 */
void hvic_daemon_destroy(struct hvic_daemon *daemon)
{
	hvic_link_destroy(&daemon->link);
}

/**
 * hvic_daemon_opened() - make the char devices
 * @ch: the channel
 *
 * Context: as struct hvic_service_ops says of opened().
 * Return: 0 or a negative errno.
 */
int hvic_daemon_opened(struct hvic_channel *ch)
{
	struct hvic_daemon *daemon = ch->priv;
	struct hvic_cdev *cdev;

	cdev = hvic_cdev_create(&daemon->link, ch->svc->name, ch->svc->legacy, ch->dev,
				&hvic_cdev_native_fops, &hvic_cdev_legacy_fops);
	if (IS_ERR(cdev))
		return PTR_ERR(cdev);
	daemon->cdev = cdev;
	return 0;
}

/**
 * hvic_daemon_closing() - take the char devices away, from whoever has them open, too
 * @ch: the channel
 *
 * Context: as struct hvic_service_ops says of closing(); does not wait for user space.
 */
void hvic_daemon_closing(struct hvic_channel *ch)
{
	struct hvic_daemon *daemon = ch->priv;

	hvic_cdev_destroy(daemon->cdev);
	daemon->cdev = NULL;
}

/**
 * hvic_daemon_ready() - tell the daemon the new versions
 * @ch: the channel
 *
 * Context: as struct hvic_service_ops says of ready().
 */
void hvic_daemon_ready(struct hvic_channel *ch)
{
	hvic_daemon_hello(ch->priv);
}

/**
 * hvic_daemon_ask() - let the daemon answer the message that is being handled
 * @daemon: the joint
 * @msg: the message
 * @op: of the record that was begun with hvic_link_begin()
 * @len: of its payload
 * @slow: the answer has to wait for disks
 *
 * Context: within handle().
 * Return: what handle() has to return: %-EINPROGRESS, or
 * * %-EBUSY - another request is open
 * * %-ENOTCONN - the daemon has just gone
 */
int hvic_daemon_ask(struct hvic_daemon *daemon, const struct hvic_msg *msg, u16 op,
		    size_t len, bool slow)
{
	u64 id = slow ? hvic_channel_defer_slow(daemon->ch, msg) :
			hvic_channel_defer(daemon->ch, msg);
	int ret;

	if (!id)
		return -EBUSY;
	ret = hvic_link_send(&daemon->link, op, 0, id, len);
	if (ret) {
		hvic_channel_take_back(daemon->ch);
		return ret;
	}
	return -EINPROGRESS;
}

/**
 * hvic_daemon_owner() - who serves a channel?
 * @ch: a channel of a service that needs a daemon
 * @pid: of the daemon, in the initial namespace
 * @abi: which device it uses
 *
 * Context: any; the channel's lock is held.
 * Return: true if there is a daemon, and then @pid and @abi are set.
 */
bool hvic_daemon_owner(const struct hvic_channel *ch, pid_t *pid, enum hvic_link_abi *abi)
{
	struct hvic_daemon *daemon = ch->priv;
	struct hvic_link *link = &daemon->link;
	bool attached;

	spin_lock_bh(&link->lock);
	attached = link->attached;
	*pid = link->pid;
	*abi = link->abi;
	spin_unlock_bh(&link->lock);
	return attached;
}

/**
 * hvic_daemon_print() - say who the daemon is
 * @daemon: the joint
 * @out: a "key value" a line
 */
void hvic_daemon_print(struct hvic_daemon *daemon, struct seq_file *out)
{
	struct hvic_link *link = &daemon->link;

	spin_lock_bh(&link->lock);
	if (link->owned) {
		seq_printf(out, "daemon_pid %d\n", link->pid);
		seq_printf(out, "daemon_abi %s\n",
			   link->abi == HVIC_LINK_NATIVE ? "native" : "legacy");
		seq_printf(out, "daemon_attached %d\n", link->attached);
		seq_printf(out, "daemon_queue %u\n", link->used);
	} else {
		seq_puts(out, "daemon_pid none\n");
	}
	spin_unlock_bh(&link->lock);
}
