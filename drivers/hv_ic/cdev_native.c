// SPDX-License-Identifier: GPL-2.0
/* /dev/hv_ic/{kvp,vss,fcopy}: records in, answers out. See linux/hv_ic.h. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cdev.h"
#include "hold.h"

/* A longer answer is of a newer daemon: what lies behind is not known here. */
#define ANSWER_MAX	SZ_64K

/* The first record is no request of the host and has an id that none of those has. */
#define HELLO_ID	U64_MAX

/**
 * enum native_phase - how far the daemon has come
 * @NATIVE_NEW: it has opened the device and will read the hello
 * @NATIVE_GREETED: it has read the hello and has to answer it
 * @NATIVE_READY: it is attached
 */
enum native_phase {
	NATIVE_NEW,
	NATIVE_GREETED,
	NATIVE_READY,
};

/**
 * struct native_hello - the first record, and its answer
 * @record: the header
 * @hello: the payload
 */
struct native_hello {
	struct hv_ic_record record;
	struct hv_ic_hello hello;
};

/**
 * struct native_answer - an answer as the rest of the driver sees it
 * @record: the header
 * @payload: what the daemon wrote, cut or filled with zeros
 */
struct native_answer {
	struct hv_ic_record record;
	u8 payload[HVIC_LINK_ANSWER] __aligned(8);
};

/**
 * struct native_file - an open device
 * @file: what all devices have
 * @lock: guards @phase, @offered and @features; nests inside the locks for reading and writing
 * @phase: how far the daemon has come
 * @offered: features that the hello offered
 * @features: those of them that the daemon uses
 * @write_lock: one writer at a time; guards @answer
 * @answer: what is being written; all zero while nothing is
 */
struct native_file {
	struct hvic_cdev_file file;
	struct mutex lock;
	enum native_phase phase;
	u64 offered;
	u64 features;
	struct mutex write_lock;
	struct native_answer answer;
};

static int native_open(struct inode *inode, struct file *filp)
{
	struct hvic_cdev *cdev = container_of(filp->private_data, struct hvic_cdev, native);
	struct native_file *nf = kvzalloc(sizeof(*nf), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!nf)
		return -ENOMEM;
	mutex_init(&nf->lock);
	mutex_init(&nf->write_lock);
	ret = hvic_cdev_file_init(&nf->file, cdev, HVIC_LINK_NATIVE);
	if (ret) {
		kvfree(nf);
		return ret;
	}
	filp->private_data = nf;
	return stream_open(inode, filp);
}

static int native_release(struct inode *inode, struct file *filp)
{
	struct native_file *nf = filp->private_data;

	hvic_cdev_file_release(&nf->file);
	kvfree(nf);
	return 0;
}

static bool native_is_ready(struct hvic_link *link, void *data)
{
	const struct native_file *nf = data;

	return READ_ONCE(nf->phase) == NATIVE_NEW || hvic_link_is_due(link);
}

static ssize_t native_read_hello(struct native_file *nf, char __user *buf, size_t count)
{
	struct native_hello first = {
		.record = { .len = sizeof(first), .id = HELLO_ID, .op = HV_IC_HELLO },
	};
	struct hvic_link *link = hvic_cdev_get_link(nf->file.cdev);

	if (!link)
		return -ENODEV;
	hvic_link_greet(link, &first.hello);
	hvic_cdev_put_link(nf->file.cdev);

	if (count < sizeof(first))
		return -EMSGSIZE;
	if (copy_to_user(buf, &first, sizeof(first)))
		return -EFAULT;
	mutex_lock(&nf->lock);
	nf->offered = first.hello.features;
	WRITE_ONCE(nf->phase, NATIVE_GREETED);
	mutex_unlock(&nf->lock);
	return sizeof(first);
}

/* Returns the bytes read, 0 if there is no record, or an errno. */
static ssize_t native_read_one(struct native_file *nf, char __user *buf, size_t count)
{
	struct hv_ic_record *record = &nf->file.slot->record;
	int ret;

	if (READ_ONCE(nf->phase) == NATIVE_NEW)
		return native_read_hello(nf, buf, count);
	ret = hvic_cdev_fetch(&nf->file);
	if (ret <= 0)
		return ret;
	if (record->len > count)
		ret = -EMSGSIZE;
	else if (copy_to_user(buf, record, record->len))
		ret = -EFAULT;
	else
		ret = record->len;
	return hvic_cdev_fetched(&nf->file, ret > 0) ?: ret;
}

static ssize_t native_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct native_file *nf = filp->private_data;
	ssize_t done = 0, ret;

	if (mutex_lock_interruptible(&nf->file.read_lock))
		return -ERESTARTSYS;
	do {
		ret = hvic_cdev_wait(nf->file.cdev, native_is_ready, nf,
				     filp->f_flags & O_NONBLOCK);
		if (ret)
			break;
		while ((ret = native_read_one(nf, buf + done, count - done)) > 0)
			done += ret;
	} while (!ret && !done);	/* the record was dropped while we woke up */
	mutex_unlock(&nf->file.read_lock);
	return done ?: ret;
}

/* The daemon says who it is: attach it. */
static int native_take_hello(struct native_file *nf, const struct native_answer *answer)
{
	const struct hv_ic_hello *hello = (const void *)answer->payload;

	lockdep_assert_held(&nf->lock);
	if (nf->phase != NATIVE_GREETED || answer->record.id != HELLO_ID)
		return -ESTALE;
	if (answer->record.status || hello->abi != HV_IC_ABI_VERSION)
		return -EPROTO;
	if (hello->reserved || hello->features & ~nf->offered || hello->framework_major ||
	    hello->framework_minor || hello->message_major || hello->message_minor)
		return -EINVAL;
	nf->features = hello->features;
	WRITE_ONCE(nf->phase, NATIVE_READY);
	return hvic_cdev_attach(nf->file.cdev);
}

static int native_take_answer(struct native_file *nf, const struct native_answer *answer,
			      size_t count)
{
	const struct hv_ic_record *record = &answer->record;
	bool attached;
	int ret = 0;

	if (record->len != count || record->deadline_ms || record->status > 0 ||
	    record->status < -MAX_ERRNO)
		return -EINVAL;
	mutex_lock(&nf->lock);
	attached = nf->phase == NATIVE_READY;
	if (!attached)
		ret = native_take_hello(nf, answer);
	mutex_unlock(&nf->lock);
	if (!attached)
		return ret;
	/* An event, whose id is 0, wants none. */
	if (!record->id)
		return -ESTALE;
	return hvic_cdev_reply(nf->file.cdev, record->id, record->status, answer->payload,
			       count - sizeof(*record));
}

static ssize_t native_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos)
{
	struct native_file *nf = filp->private_data;
	size_t known = min(count, sizeof(nf->answer));
	ssize_t ret = -EFAULT;

	if (count < sizeof(nf->answer.record) || count > ANSWER_MAX)
		return -EINVAL;
	if (mutex_lock_interruptible(&nf->write_lock))
		return -ERESTARTSYS;
	if (!copy_from_user(&nf->answer, buf, known))
		ret = native_take_answer(nf, &nf->answer, count);
	memset(&nf->answer, 0, known);
	mutex_unlock(&nf->write_lock);
	return ret ?: count;
}

/* To freeze takes its time: nothing but the number of the session is kept meanwhile. */
static long native_hold(const void __user *arg)
{
	struct hv_ic_vss_hold hold;

	if (copy_from_user(&hold, arg, sizeof(hold)))
		return -EFAULT;
	return hvic_hold_fd(hold.session ?: hvic_hold_session(), hold.fd);
}

static long native_end_holds(u32 session)
{
	hvic_hold_end(session ?: hvic_hold_session(), -ECANCELED);
	return hvic_hold_wait();
}

static long native_end(const u32 __user *arg)
{
	u32 session;

	return get_user(session, arg) ? -EFAULT : native_end_holds(session);
}

static long native_try(struct native_file *nf, u32 __user *arg)
{
	struct hvic_link *link = hvic_cdev_get_link(nf->file.cdev);
	u32 session = 0;
	int ret;

	if (!link)
		return -ENODEV;
	ret = hvic_link_try(link, &session);
	hvic_cdev_put_link(nf->file.cdev);
	if (ret || !put_user(session, arg))
		return ret;
	hvic_hold_end(session, -ECANCELED);
	return -EFAULT;
}

static bool native_is_alive(struct native_file *nf)
{
	bool alive = hvic_cdev_get_link(nf->file.cdev);

	if (alive)
		hvic_cdev_put_link(nf->file.cdev);
	return alive;
}

static long native_ioctl(struct file *filp, unsigned int command, unsigned long arg)
{
	struct native_file *nf = filp->private_data;

	if (!(READ_ONCE(nf->features) & HV_IC_FEATURE_HOLD))
		return -ENOTTY;
	if (!native_is_alive(nf))
		return -ENODEV;
	switch (command) {
	case HV_IC_VSS_HOLD:
		return native_hold((const void __user *)arg);
	case HV_IC_VSS_RELEASE:
		return native_end_holds(0);
	case HV_IC_VSS_TRY:
		return native_try(nf, (u32 __user *)arg);
	case HV_IC_VSS_END:
		return native_end((const u32 __user *)arg);
	default:
		return -ENOTTY;
	}
}

static __poll_t native_poll(struct file *filp, poll_table *wait)
{
	struct native_file *nf = filp->private_data;
	struct hvic_cdev *cdev = nf->file.cdev;
	struct hvic_link *link;
	__poll_t events;

	poll_wait(filp, &cdev->wait, wait);
	link = hvic_cdev_get_link(cdev);
	if (!link)
		return EPOLLHUP | EPOLLERR;
	events = EPOLLOUT | EPOLLWRNORM;
	if (native_is_ready(link, nf))
		events |= EPOLLIN | EPOLLRDNORM;
	hvic_cdev_put_link(cdev);
	return events;
}

const struct file_operations hvic_cdev_native_fops = {
	.owner = THIS_MODULE,
	.open = native_open,
	.release = native_release,
	.read = native_read,
	.write = native_write,
	.poll = native_poll,
	.unlocked_ioctl = native_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
