// SPDX-License-Identifier: GPL-2.0
/* /dev/hv_ic/{kvp,vss,fcopy}: records in, answers out. See linux/hv_ic.h. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cdev.h"

/* No answer is longer: the largest payload is an adapter's set-up. */
#define ANSWER_MAX	(sizeof(struct hv_ic_record) + sizeof(struct hv_ic_kvp_ip))

static int native_open(struct inode *inode, struct file *filp)
{
	struct hvic_cdev *cdev = container_of(filp->private_data, struct hvic_cdev, native);
	struct hvic_cdev_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	struct hvic_link *link;
	int ret;

	if (!file)
		return -ENOMEM;
	ret = hvic_cdev_file_init(file, cdev, HVIC_LINK_NATIVE);
	if (ret) {
		kfree(file);
		return ret;
	}
	link = hvic_cdev_get_link(cdev);
	if (link) {
		hvic_link_attach(link);
		hvic_cdev_put_link(cdev);
	}
	filp->private_data = file;
	return stream_open(inode, filp);
}

static int native_release(struct inode *inode, struct file *filp)
{
	struct hvic_cdev_file *file = filp->private_data;

	hvic_cdev_file_release(file);
	kfree(file);
	return 0;
}

static bool native_is_ready(struct hvic_link *link, void *unused)
{
	return hvic_link_has_record(link);
}

/* Returns the bytes read, 0 if there is no record, or an errno. */
static ssize_t native_read_one(struct hvic_cdev_file *file, char __user *buf, size_t count)
{
	struct hvic_link_slot *slot = file->slot;
	int ret = hvic_cdev_fetch(file);

	if (ret <= 0)
		return ret;
	if (slot->record.len > count)
		ret = -EMSGSIZE;
	else if (copy_to_user(buf, &slot->record, slot->record.len))
		ret = -EFAULT;
	else
		ret = slot->record.len;
	return hvic_cdev_fetched(file, ret > 0) ?: ret;
}

static ssize_t native_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	struct hvic_cdev_file *file = filp->private_data;
	ssize_t done = 0, ret;

	if (mutex_lock_interruptible(&file->read_lock))
		return -ERESTARTSYS;
	do {
		ret = hvic_cdev_wait(file->cdev, native_is_ready, NULL,
				     filp->f_flags & O_NONBLOCK);
		if (ret)
			break;
		while ((ret = native_read_one(file, buf + done, count - done)) > 0)
			done += ret;
	} while (!ret && !done);	/* the record was dropped while we woke up */
	mutex_unlock(&file->read_lock);
	return done ?: ret;
}

static ssize_t native_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos)
{
	struct hvic_cdev_file *file = filp->private_data;
	struct hv_ic_record *record;
	struct hvic_link *link;
	int ret;

	if (count < sizeof(*record) || count > ANSWER_MAX)
		return -EINVAL;
	record = memdup_user(buf, count);
	if (IS_ERR(record))
		return PTR_ERR(record);

	ret = -EINVAL;
	if (record->len != count || record->status > 0 || record->status < -MAX_ERRNO)
		goto out_free;
	ret = -ENODEV;
	link = hvic_cdev_get_link(file->cdev);
	if (link) {
		ret = hvic_link_reply(link, record->id, record->status, record + 1,
				      count - sizeof(*record));
		hvic_cdev_put_link(file->cdev);
	}
out_free:
	kfree(record);
	return ret ?: count;
}

static __poll_t native_poll(struct file *filp, poll_table *wait)
{
	struct hvic_cdev_file *file = filp->private_data;
	struct hvic_link *link;
	__poll_t events;

	poll_wait(filp, &file->cdev->wait, wait);
	link = hvic_cdev_get_link(file->cdev);
	if (!link)
		return EPOLLHUP | EPOLLERR;
	events = EPOLLOUT | EPOLLWRNORM;
	if (hvic_link_has_record(link))
		events |= EPOLLIN | EPOLLRDNORM;
	hvic_cdev_put_link(file->cdev);
	return events;
}

const struct file_operations hvic_cdev_native_fops = {
	.owner = THIS_MODULE,
	.open = native_open,
	.release = native_release,
	.read = native_read,
	.write = native_write,
	.poll = native_poll,
};
