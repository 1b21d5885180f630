// SPDX-License-Identifier: GPL-2.0
/* Lifetime of the char devices, and what both kinds do alike: see cdev.h. */
#include "cdev.h"

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

static DEFINE_MUTEX(shown_lock);	/* guards the list; held for a moment only */
static LIST_HEAD(shown);

static void hvic_cdev_free(struct kref *kref)
{
	kfree(container_of(kref, struct hvic_cdev, kref));
}

/*
 * Takes the link out of the object, which lives on while a device is open. The
 * owner's close will find no link, so the link is released here for it.
 */
static void hvic_cdev_detach(struct hvic_cdev *cdev)
{
	struct hvic_link *link = cdev->link;

	hvic_link_kill(link);
	down_write(&cdev->lock);
	cdev->link = NULL;
	up_write(&cdev->lock);
	if (hvic_link_is_owned(link))
		hvic_link_release(link);
	wake_up_all(&cdev->wait);
}

/*
 * A host may offer a service twice, as often as it likes, and the kernel complains of a
 * second device of the same name with a trace of its stack.
 */
static int hvic_cdev_take_names(struct hvic_cdev *cdev)
{
	const struct hvic_cdev *other;
	int ret = 0;

	mutex_lock(&shown_lock);
	list_for_each_entry(other, &shown, list) {
		if (!strcmp(other->native_name, cdev->native_name))
			ret = -EEXIST;
	}
	if (!ret)
		list_add(&cdev->list, &shown);
	mutex_unlock(&shown_lock);
	return ret;
}

static void hvic_cdev_give_names(struct hvic_cdev *cdev)
{
	mutex_lock(&shown_lock);
	list_del(&cdev->list);
	mutex_unlock(&shown_lock);
}

/**
 * hvic_cdev_create() - make the devices of a service
 * @link: of the service
 * @service: its name
 * @dialect: of the older daemon
 * @native: of the native device
 * @legacy: of the device for older daemons
 *
 * The devices have no parent, so their place in sysfs is the same on every machine:
 * distributions bind the units of the older daemons to
 * /devices/virtual/misc/vmbus!hv_kvp and so on, where the kernel's own driver has
 * them, and units for the native devices can be bound in the same way.
 *
 * Context: may sleep. The devices can be opened before this returns.
 * Return: the object, or an error pointer.
 */
struct hvic_cdev *hvic_cdev_create(struct hvic_link *link, const char *service,
				   const struct hvic_legacy *dialect,
				   const struct file_operations *native,
				   const struct file_operations *legacy)
{
	struct hvic_cdev *cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);
	int ret;

	if (!cdev)
		return ERR_PTR(-ENOMEM);
	kref_init(&cdev->kref);
	init_waitqueue_head(&cdev->wait);
	init_rwsem(&cdev->lock);
	cdev->link = link;
	cdev->dialect = dialect;
	snprintf(cdev->native_name, sizeof(cdev->native_name), "hv_ic/%s", service);
	snprintf(cdev->legacy_name, sizeof(cdev->legacy_name), "vmbus/hv_%s", service);

	cdev->native.minor = MISC_DYNAMIC_MINOR;
	cdev->native.name = cdev->native_name;
	cdev->native.fops = native;
	cdev->native.mode = 0600;
	cdev->legacy = cdev->native;
	cdev->legacy.name = cdev->legacy_name;
	cdev->legacy.fops = legacy;

	hvic_link_revive(link, &cdev->wait);
	ret = hvic_cdev_take_names(cdev);
	if (ret)
		goto err_detach;
	ret = misc_register(&cdev->native);
	if (ret)
		goto err_give_names;
	ret = misc_register(&cdev->legacy);
	if (ret)
		goto err_deregister_native;
	return cdev;

err_deregister_native:
	hvic_cdev_detach(cdev);
	misc_deregister(&cdev->native);
	hvic_cdev_give_names(cdev);
	goto put;
err_give_names:
	hvic_cdev_give_names(cdev);
err_detach:
	hvic_cdev_detach(cdev);
put:
	kref_put(&cdev->kref, hvic_cdev_free);
	return ERR_PTR(ret);
}

/**
 * hvic_cdev_destroy() - take the devices away
 * @cdev: the object; NULL is fine
 *
 * Contexts that may still be in here: an open that comes before the devices are
 * deregistered and finds the link dead; a reader that waits, whom the kill wakes;
 * a call that holds the lock for reading, which never waits.
 *
 * Context: may sleep, but does not wait for user space.
 */
void hvic_cdev_destroy(struct hvic_cdev *cdev)
{
	if (!cdev)
		return;
	/* What the daemon holds thaws by this. The next step may wait for somebody's open. */
	hvic_cdev_detach(cdev);
	misc_deregister(&cdev->legacy);
	misc_deregister(&cdev->native);
	hvic_cdev_give_names(cdev);
	kref_put(&cdev->kref, hvic_cdev_free);
}

/**
 * hvic_cdev_get_link() - use the service
 * @cdev: the object
 *
 * Return: the link, which lives until hvic_cdev_put_link(); NULL, and nothing to
 * put, if the service is gone.
 */
struct hvic_link *hvic_cdev_get_link(struct hvic_cdev *cdev)
{
	down_read(&cdev->lock);
	if (cdev->link && hvic_link_is_alive(cdev->link))
		return cdev->link;
	up_read(&cdev->lock);
	return NULL;
}

/**
 * hvic_cdev_put_link() - end of hvic_cdev_get_link()
 * @cdev: the object
 */
void hvic_cdev_put_link(struct hvic_cdev *cdev)
{
	up_read(&cdev->lock);
}

/**
 * hvic_cdev_file_init() - open a device: own the service
 * @file: zeroed memory
 * @cdev: the object
 * @abi: which device
 *
 * Return: 0, %-ENODEV, %-EBUSY or %-ENOMEM.
 */
int hvic_cdev_file_init(struct hvic_cdev_file *file, struct hvic_cdev *cdev,
			enum hvic_link_abi abi)
{
	struct hvic_link *link = hvic_cdev_get_link(cdev);
	int ret;

	if (!link)
		return -ENODEV;
	file->slot = kvmalloc(link->slot_size, GFP_KERNEL_ACCOUNT);
	ret = file->slot ? hvic_link_own(link, abi) : -ENOMEM;
	hvic_cdev_put_link(cdev);
	if (ret) {
		kvfree(file->slot);
		return ret;
	}
	mutex_init(&file->read_lock);
	kref_get(&cdev->kref);
	file->cdev = cdev;
	return 0;
}

/**
 * hvic_cdev_file_release() - close a device: give the service up
 * @file: the open device
 */
void hvic_cdev_file_release(struct hvic_cdev_file *file)
{
	struct hvic_cdev *cdev = file->cdev;

	down_read(&cdev->lock);
	if (cdev->link)
		hvic_link_release(cdev->link);
	up_read(&cdev->lock);
	kvfree(file->slot);
	kref_put(&cdev->kref, hvic_cdev_free);
}

/**
 * hvic_cdev_attach() - the daemon is ready for records
 * @cdev: the object
 *
 * Return: 0, or %-ENODEV if the service is gone.
 */
int hvic_cdev_attach(struct hvic_cdev *cdev)
{
	struct hvic_link *link = hvic_cdev_get_link(cdev);

	if (!link)
		return -ENODEV;
	hvic_link_attach(link);
	hvic_cdev_put_link(cdev);
	return 0;
}

/**
 * hvic_cdev_reply() - the daemon answers a record
 * @cdev: the object
 * @id: of the record; 0 for an event
 * @status: 0 or a negative errno
 * @payload: see hvic_link_reply()
 * @len: of @payload
 *
 * Return: as hvic_link_reply(), or %-ENODEV if the service is gone.
 */
int hvic_cdev_reply(struct hvic_cdev *cdev, u64 id, int status, const void *payload, size_t len)
{
	struct hvic_link *link = hvic_cdev_get_link(cdev);
	int ret;

	if (!link)
		return -ENODEV;
	ret = hvic_link_reply(link, id, status, payload, len);
	hvic_cdev_put_link(cdev);
	return ret;
}

/**
 * hvic_cdev_wait() - wait until there is something to do
 * @cdev: the object
 * @ready: is there? The service is there while it is asked.
 * @data: handed to @ready
 * @nonblock: do not wait
 *
 * Return: 0, or
 * * %-EAGAIN - there is nothing, and @nonblock
 * * %-ENODEV - the service is gone
 * * %-ERESTARTSYS - a signal came
 */
int hvic_cdev_wait(struct hvic_cdev *cdev, bool (*ready)(struct hvic_link *link, void *data),
		   void *data, bool nonblock)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int ret;

	add_wait_queue(&cdev->wait, &wait);
	for (;;) {
		struct hvic_link *link = hvic_cdev_get_link(cdev);

		ret = -ENODEV;
		if (!link)
			break;
		ret = ready(link, data) ? 0 : -EAGAIN;
		hvic_cdev_put_link(cdev);
		if (!ret || nonblock)
			break;
		ret = -ERESTARTSYS;
		if (signal_pending(current))
			break;
		wait_woken(&wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	}
	remove_wait_queue(&cdev->wait, &wait);
	return ret;
}

static u32 hvic_cdev_ms_left(const struct hvic_link_slot *slot)
{
	unsigned long now = jiffies;

	if (!slot->expires)
		return 0;
	return time_before(now, slot->expires) ? jiffies_to_msecs(slot->expires - now) : 1;
}

/**
 * hvic_cdev_fetch() - copy the oldest record to @file->slot
 * @file: the open device, its read_lock held
 *
 * Return: 1 if there was one, for which hvic_cdev_fetched() has to follow; 0 if
 * there is none, %-ENODEV if the service is gone.
 */
int hvic_cdev_fetch(struct hvic_cdev_file *file)
{
	struct hvic_link *link = hvic_cdev_get_link(file->cdev);
	const struct hvic_link_slot *slot;

	if (!link)
		return -ENODEV;
	slot = hvic_link_peek(link);
	if (slot) {
		memcpy(file->slot, slot,
		       offsetof(struct hvic_link_slot, record) + slot->record.len);
		file->slot->record.deadline_ms = hvic_cdev_ms_left(slot);
	}
	hvic_cdev_put_link(file->cdev);
	return slot ? 1 : 0;
}

/**
 * hvic_cdev_fetched() - end of hvic_cdev_fetch()
 * @file: the open device, its read_lock held
 * @consumed: false leaves the record where it was
 *
 * Return: 0, or %-ENODEV if the service has gone in between.
 */
int hvic_cdev_fetched(struct hvic_cdev_file *file, bool consumed)
{
	struct hvic_link *link = hvic_cdev_get_link(file->cdev);

	if (!link)
		return -ENODEV;
	if (consumed)
		hvic_link_consume(link);
	else
		hvic_link_put_back(link);
	hvic_cdev_put_link(file->cdev);
	return 0;
}
