// SPDX-License-Identifier: GPL-2.0
/* The joint between a channel and the daemon that answers its requests. */
#include "daemon.h"

#include <linux/err.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "cdev.h"
#include "event.h"

static void hvic_daemon_fill_hello(struct hvic_daemon *daemon, struct hv_ic_hello *hello)
{
	const struct hvic_versions *versions = &daemon->ch->versions;

	lockdep_assert_held(&daemon->ch->lock);
	*hello = (struct hv_ic_hello) {
		.abi = HV_IC_ABI_VERSION,
		.features = daemon->features,
		.framework_major = versions->framework.major,
		.framework_minor = versions->framework.minor,
		.message_major = versions->message.major,
		.message_minor = versions->message.minor,
	};
	daemon->told = *versions;
}

/*
 * The host has negotiated. Older daemons are not interested; one that has not
 * answered its first hello yet is told when it has.
 */
static void hvic_daemon_hello(struct hvic_daemon *daemon)
{
	struct hv_ic_hello hello;

	if (!hvic_daemon_is_attached(daemon) || !hvic_daemon_is_native(daemon))
		return;
	hvic_daemon_fill_hello(daemon, &hello);
	hvic_daemon_tell(daemon, HV_IC_HELLO, 0, &hello, sizeof(hello));
}

static void hvic_daemon_greet(void *service, struct hv_ic_hello *hello)
{
	struct hvic_daemon *daemon = service;

	spin_lock_bh(&daemon->ch->lock);
	hvic_daemon_fill_hello(daemon, hello);
	spin_unlock_bh(&daemon->ch->lock);
}

static void hvic_daemon_attached(void *service)
{
	struct hvic_daemon *daemon = service;

	spin_lock_bh(&daemon->ch->lock);
	hvic_link_start(&daemon->link);
	daemon->asked = 0;
	/* The host may have negotiated since the hello. */
	if (memcmp(&daemon->told, &daemon->ch->versions, sizeof(daemon->told)))
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
	if (daemon->ops->going)
		daemon->ops->going(daemon);
	if (daemon->asked)
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
	int ret;

	spin_lock_bh(&daemon->ch->lock);
	if (id && id == daemon->asked)
		daemon->asked = 0;
	ret = daemon->ops->reply(daemon, id, status, payload, len);
	/* It was no answer, so the daemon may give another. */
	if (ret == -EINVAL && hvic_channel_is_waiting_for(daemon->ch, id))
		daemon->asked = id;
	spin_unlock_bh(&daemon->ch->lock);
	return ret;
}

static void hvic_daemon_read(void *service, const struct hv_ic_record *record)
{
	struct hvic_daemon *daemon = service;

	if (!daemon->ops->read)
		return;
	spin_lock_bh(&daemon->ch->lock);
	daemon->ops->read(daemon, record);
	spin_unlock_bh(&daemon->ch->lock);
}

static int hvic_daemon_try(void *service, u32 *session)
{
	struct hvic_daemon *daemon = service;
	int ret;

	if (!daemon->ops->try)
		return -ENOTTY;
	spin_lock_bh(&daemon->ch->lock);
	ret = daemon->ops->try(daemon, session);
	spin_unlock_bh(&daemon->ch->lock);
	return ret;
}

static const struct hvic_link_ops hvic_daemon_link_ops = {
	.greet = hvic_daemon_greet,
	.attached = hvic_daemon_attached,
	.gone = hvic_daemon_gone,
	.reply = hvic_daemon_reply,
	.read = hvic_daemon_read,
	.try = hvic_daemon_try,
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

	cdev = hvic_cdev_create(&daemon->link, ch->svc->name, ch->svc->legacy,
				&hvic_cdev_native_fops, &hvic_cdev_legacy_fops);
	if (IS_ERR(cdev))
		return PTR_ERR(cdev);
	daemon->cdev = cdev;
	return 0;
}

/**
 * hvic_daemon_closing() - take the char devices away, also from a process that has one open
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
 * hvic_daemon_failed() - tell the daemon that the host waits no longer
 * @ch: the channel
 * @err: the reason
 *
 * Context: as struct hvic_service_ops says of failed().
 */
void hvic_daemon_failed(struct hvic_channel *ch, int err)
{
	hvic_daemon_withdraw(ch->priv, err);
}

/**
 * hvic_daemon_begin() - begin to build a record
 * @daemon: the joint
 *
 * Return: memory for the payload, or an error pointer:
 * * %-ENOTCONN - there is no daemon
 * * %-EBUSY - it does not keep up
 */
void *hvic_daemon_begin(struct hvic_daemon *daemon)
{
	return hvic_link_begin(&daemon->link);
}

/**
 * hvic_daemon_ask_deferred() - let the daemon answer the request that is open
 * @daemon: the joint
 * @op: of the record that was begun with hvic_daemon_begin()
 * @len: of its payload
 *
 * Return: 0, or %-ENOTCONN if the daemon has just gone.
 */
int hvic_daemon_ask_deferred(struct hvic_daemon *daemon, u16 op, size_t len)
{
	const struct hvic_request *req = &daemon->ch->request;
	const struct hv_ic_record record = { .id = req->id, .op = op };
	int ret = hvic_link_send(&daemon->link, &record, len, req->expires ?: 1);

	if (!ret)
		daemon->asked = req->id;
	return ret;
}

/**
 * hvic_daemon_ask() - let the daemon answer the message that is being handled
 * @daemon: the joint
 * @msg: the message
 * @op: of the record that was begun with hvic_daemon_begin()
 * @len: of its payload
 * @slow: the answer has to wait for disks
 *
 * Context: within handle().
 * Return: what handle() has to return: %-EINPROGRESS, and then @daemon->asked is
 * the id of the request; or
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
	ret = hvic_daemon_ask_deferred(daemon, op, len);
	if (ret) {
		hvic_channel_take_back(daemon->ch);
		return ret;
	}
	return -EINPROGRESS;
}

/**
 * hvic_daemon_post() - send a record that the host does not wait for
 * @daemon: the joint
 * @op: of the record that was begun with hvic_daemon_begin()
 * @flags: %HV_IC_RECORD_QUIET if only a failure is answered, otherwise 0
 * @id: for the answer: one of the service's own, from %HV_IC_RECORD_OWN_ID on
 * @len: of its payload
 *
 * Return: 0, or %-ENOTCONN if the daemon has just gone.
 */
int hvic_daemon_post(struct hvic_daemon *daemon, u16 op, u16 flags, u64 id, size_t len)
{
	const struct hv_ic_record record = { .id = id, .op = op, .flags = flags };

	return hvic_link_send(&daemon->link, &record, len, 0);
}

/**
 * hvic_daemon_tell() - send an event, if there is a daemon
 * @daemon: the joint
 * @op: of the event
 * @status: 0, or its reason
 * @payload: or NULL
 * @len: of @payload
 */
void hvic_daemon_tell(struct hvic_daemon *daemon, u16 op, int status, const void *payload,
		      size_t len)
{
	const struct hv_ic_record event = { .op = op, .status = status };

	hvic_link_tell(&daemon->link, &event, payload, len);
}

/**
 * hvic_daemon_withdraw() - take the request back that the daemon has not answered
 * @daemon: the joint
 * @err: why
 *
 * Return: true if there is none, or the daemon will never read it; false if it has
 * been told that the request is over.
 */
bool hvic_daemon_withdraw(struct hvic_daemon *daemon, int err)
{
	const struct hv_ic_record over = { .op = HV_IC_OVER, .id = daemon->asked, .status = err };

	if (!daemon->asked)
		return true;
	daemon->asked = 0;
	if (hvic_link_withdraw(&daemon->link, over.id))
		return true;
	/* Older daemons do not know that. */
	if (hvic_daemon_is_native(daemon))
		hvic_link_tell(&daemon->link, &over, NULL, 0);
	return false;
}

/**
 * hvic_daemon_withdraw_all() - the same, and of all records that want no answer
 * @daemon: the joint
 * @err: why
 */
void hvic_daemon_withdraw_all(struct hvic_daemon *daemon, int err)
{
	hvic_daemon_withdraw(daemon, err);
	hvic_link_drop(&daemon->link);
}

/**
 * hvic_daemon_is_attached() - is there a daemon?
 * @daemon: the joint
 *
 * Return: true if there was one when this was called.
 */
bool hvic_daemon_is_attached(struct hvic_daemon *daemon)
{
	return hvic_link_is_attached(&daemon->link);
}

/**
 * hvic_daemon_is_native() - which device does the daemon use?
 * @daemon: the joint
 *
 * Return: true if it is the native one.
 */
bool hvic_daemon_is_native(struct hvic_daemon *daemon)
{
	return READ_ONCE(daemon->link.abi) == HVIC_LINK_NATIVE;
}

/**
 * hvic_daemon_pid() - who is the daemon?
 * @daemon: the joint
 *
 * Return: its pid in the initial namespace; 0 if there is none.
 */
pid_t hvic_daemon_pid(struct hvic_daemon *daemon)
{
	return READ_ONCE(daemon->link.pid);
}

/**
 * hvic_daemon_queued() - how many records wait for the daemon?
 * @daemon: the joint
 *
 * Return: how many there were when this was called.
 */
unsigned int hvic_daemon_queued(struct hvic_daemon *daemon)
{
	return hvic_link_used(&daemon->link);
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
