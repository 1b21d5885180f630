// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vmbus/{hv_kvp,hv_vss,hv_fcopy}: the devices of the daemons of the kernel's own
 * driver. What these daemons read and write is a dialect of proto/; see legacy.h there.
 *
 * An answer carries no id, so it belongs to the message that was read last; one
 * that comes too late is taken and forgotten.
 */
#include <linux/hyperv.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cdev.h"
#include "proto/legacy_fcopy.h"
#include "proto/legacy_kvp.h"
#include "proto/legacy_vss.h"

static_assert(sizeof(struct hvic_legacy_kvp_msg) == sizeof(struct hv_kvp_msg));
static_assert(sizeof(struct hvic_legacy_kvp_value) == sizeof(struct hv_kvp_exchg_msg_value));
static_assert(sizeof(struct hvic_legacy_kvp_delete) == sizeof(struct hv_kvp_msg_delete));
static_assert(sizeof(struct hvic_legacy_kvp_enumerate) == sizeof(struct hv_kvp_msg_enumerate));
static_assert(sizeof(struct hvic_legacy_kvp_ip) == sizeof(struct hv_kvp_ipaddr_value));
static_assert(HVIC_LEGACY_KVP_REGISTER_OLD == KVP_OP_REGISTER);
static_assert(HVIC_LEGACY_KVP_REGISTER == KVP_OP_REGISTER1);
static_assert(sizeof(struct hvic_legacy_vss_msg) == sizeof(struct hv_vss_msg));
static_assert(HVIC_LEGACY_VSS_REGISTER_OLD == VSS_OP_REGISTER);
static_assert(sizeof(struct hvic_legacy_fcopy_start) == sizeof(struct hv_start_fcopy));
static_assert(sizeof(struct hvic_legacy_fcopy_write) == sizeof(struct hv_do_fcopy));
static_assert(HVIC_LEGACY_FCOPY_VERSION == FCOPY_CURRENT_VERSION);

#define ANSWER_MAX	SZ_8K
static_assert(sizeof_field(struct hvic_legacy_answer, ip) >= HVIC_LINK_ANSWER);

/**
 * enum hvic_legacy_phase - how far the daemon has come
 * @LEGACY_NEW: it has opened the device
 * @LEGACY_GREETED: it has said its version and will read our consent
 * @LEGACY_READY: it serves
 */
enum hvic_legacy_phase {
	LEGACY_NEW,
	LEGACY_GREETED,
	LEGACY_READY,
};

/**
 * struct hvic_legacy_file - an open device
 * @file: what all devices have
 * @dialect: of the service
 * @lock: guards all below, up to @quiet
 * @phase: how far the daemon has come
 * @version: of the dialect that it speaks
 * @id: of the record that was read last; 0 for an event, which is answered, too
 * @op: of that record
 * @open: it waits for its answer
 * @quiet: and wants none unless it failed
 * @scratch: of the dialect; guarded by the read lock, as is @message
 * @message: for the daemon
 */
struct hvic_legacy_file {
	struct hvic_cdev_file file;
	const struct hvic_legacy *dialect;
	struct mutex lock;
	enum hvic_legacy_phase phase;
	u32 version;
	u64 id;
	u16 op;
	bool open;
	bool quiet;
	struct hvic_ip_lists scratch;
	u8 message[HVIC_LEGACY_MESSAGE_MAX];
};

static int legacy_open(struct inode *inode, struct file *filp)
{
	struct hvic_cdev *cdev = container_of(filp->private_data, struct hvic_cdev, legacy);
	struct hvic_legacy_file *lf = kvzalloc(sizeof(*lf), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!lf)
		return -ENOMEM;
	lf->dialect = cdev->dialect;
	mutex_init(&lf->lock);
	ret = hvic_cdev_file_init(&lf->file, cdev, HVIC_LINK_LEGACY);
	if (ret) {
		kvfree(lf);
		return ret;
	}
	filp->private_data = lf;
	return 0;
}

static int legacy_release(struct inode *inode, struct file *filp)
{
	struct hvic_legacy_file *lf = filp->private_data;

	hvic_cdev_file_release(&lf->file);
	kvfree(lf);
	return 0;
}

static struct hvic_room legacy_room(struct hvic_legacy_file *lf)
{
	return (struct hvic_room) { .data = lf->message, .len = sizeof(lf->message) };
}

static bool legacy_is_ready(struct hvic_link *link, void *data)
{
	struct hvic_legacy_file *lf = data;

	return READ_ONCE(lf->phase) == LEGACY_GREETED || hvic_link_is_due(link);
}

/* The daemon is ready: attach it. */
static int legacy_attach(struct hvic_legacy_file *lf)
{
	WRITE_ONCE(lf->phase, LEGACY_READY);
	return hvic_cdev_attach(lf->file.cdev);
}

/* These daemons do not know late answers. */
static int legacy_answer(struct hvic_legacy_file *lf, u64 id, int status,
			 const void *payload, size_t len)
{
	int ret = hvic_cdev_reply(lf->file.cdev, id, status, payload, len);

	return ret == -ESTALE ? 0 : ret;
}

static ssize_t legacy_read_consent(struct hvic_legacy_file *lf, char __user *buf, size_t count)
{
	int len = lf->dialect->consent(legacy_room(lf), lf->version);
	int ret;

	if (len < 0)
		return len;
	if (count < len)
		return -EINVAL;
	if (copy_to_user(buf, lf->message, len))
		return -EFAULT;
	ret = legacy_attach(lf);
	return ret ?: len;
}

/* Returns the length of the message, 0 if there was none for the daemon, or an errno. */
static ssize_t legacy_read_record(struct hvic_legacy_file *lf, char __user *buf, size_t count)
{
	const struct hv_ic_record *record = &lf->file.slot->record;
	struct hvic_legacy_record said = { .scratch = &lf->scratch };
	int ret = hvic_cdev_fetch(&lf->file);
	int len;

	if (ret <= 0)
		return ret;
	said.op = record->op;
	said.payload.data = lf->file.slot->payload;
	said.payload.len = record->len - sizeof(*record);
	len = lf->dialect->encode(legacy_room(lf), &said);
	if (len < 0) {
		ret = hvic_cdev_fetched(&lf->file, true);
		if (!ret && !(record->flags & HV_IC_RECORD_EVENT))
			ret = legacy_answer(lf, record->id, len, NULL, 0);
		return ret;
	}
	if (count < len)
		ret = -EINVAL;
	else if (copy_to_user(buf, lf->message, len))
		ret = -EFAULT;
	else
		ret = len;
	if (ret > 0) {
		mutex_lock(&lf->lock);
		lf->id = record->id;
		lf->op = record->op;
		lf->open = true;
		lf->quiet = record->flags & HV_IC_RECORD_QUIET;
		mutex_unlock(&lf->lock);
	}
	return hvic_cdev_fetched(&lf->file, ret > 0) ?: ret;
}

static ssize_t legacy_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct hvic_legacy_file *lf = filp->private_data;
	ssize_t ret;

	if (mutex_lock_interruptible(&lf->file.read_lock))
		return -ERESTARTSYS;
	do {
		ret = hvic_cdev_wait(lf->file.cdev, legacy_is_ready, lf,
				     filp->f_flags & O_NONBLOCK);
		if (ret)
			break;
		if (READ_ONCE(lf->phase) == LEGACY_GREETED)
			ret = legacy_read_consent(lf, buf, count);
		else
			ret = legacy_read_record(lf, buf, count);
	} while (!ret);
	mutex_unlock(&lf->file.read_lock);
	return ret;
}

static int legacy_greet(struct hvic_legacy_file *lf, struct hvic_span msg)
{
	int ret = lf->dialect->greet(msg, &lf->version);

	if (ret < 0)
		return ret;
	if (!ret)
		return legacy_attach(lf);
	WRITE_ONCE(lf->phase, LEGACY_GREETED);
	wake_up_interruptible(&lf->file.cdev->wait);
	return 0;
}

static int legacy_take_answer(struct hvic_legacy_file *lf, struct hvic_span msg)
{
	struct hvic_legacy_answer *answer = kzalloc(sizeof(*answer), GFP_KERNEL);
	int ret;

	if (!answer)
		return -ENOMEM;
	answer->version = lf->version;
	answer->op = lf->op;
	ret = lf->dialect->decode(msg, answer);
	if (ret >= 0 && lf->open && !(lf->quiet && !answer->status))
		ret = legacy_answer(lf, lf->id, answer->status, &answer->item, ret);
	if (ret >= 0)
		lf->open = false;
	kfree(answer);
	return ret < 0 ? ret : 0;
}

static ssize_t legacy_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos)
{
	struct hvic_legacy_file *lf = filp->private_data;
	struct hvic_span msg = { .len = count };
	int ret;

	if (!count || count > ANSWER_MAX)
		return -EINVAL;
	msg.data = memdup_user(buf, count);
	if (IS_ERR(msg.data))
		return PTR_ERR(msg.data);

	mutex_lock(&lf->lock);
	switch (lf->phase) {
	case LEGACY_NEW:
		ret = legacy_greet(lf, msg);
		break;
	case LEGACY_READY:
		ret = legacy_take_answer(lf, msg);
		break;
	default:
		ret = -EINVAL;
	}
	mutex_unlock(&lf->lock);
	kfree(msg.data);
	return ret ?: count;
}

static __poll_t legacy_poll(struct file *filp, poll_table *wait)
{
	struct hvic_legacy_file *lf = filp->private_data;
	struct hvic_cdev *cdev = lf->file.cdev;
	struct hvic_link *link;
	__poll_t events = 0;

	poll_wait(filp, &cdev->wait, wait);
	link = hvic_cdev_get_link(cdev);
	if (!link)
		return EPOLLHUP | EPOLLERR;
	if (legacy_is_ready(link, lf))
		events = EPOLLIN | EPOLLRDNORM;
	hvic_cdev_put_link(cdev);
	return events;
}

const struct file_operations hvic_cdev_legacy_fops = {
	.owner = THIS_MODULE,
	.open = legacy_open,
	.release = legacy_release,
	.read = legacy_read,
	.write = legacy_write,
	.poll = legacy_poll,
};
