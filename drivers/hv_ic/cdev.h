/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The char devices of a service: one native, one for older daemons, one owner.
 *
 * The object outlives the service as long as a process has a device open, so a
 * service goes away without waiting for user space: the link is taken out of the
 * object, and every call from then on finds nothing and says -ENODEV.
 */
#ifndef HVIC_CDEV_H
#define HVIC_CDEV_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/rwsem.h>
#include <linux/wait.h>

#include "link.h"

struct hvic_legacy;

/**
 * struct hvic_cdev - the devices of one service
 * @list: in the list of those that are shown
 * @kref: one for the service, one for each open file
 * @dialect: of the older daemon
 * @wait: for a record, or for the end
 * @lock: guards @link; held for reading while the link is used, never while user
 *	memory is touched
 * @link: to the service; NULL when it is gone
 * @native: /dev/hv_ic/<service>
 * @legacy: /dev/vmbus/hv_<service>
 * @native_name: of the device
 * @legacy_name: of the device
 */
struct hvic_cdev {
	struct list_head list;
	struct kref kref;
	const struct hvic_legacy *dialect;
	wait_queue_head_t wait;
	struct rw_semaphore lock;
	struct hvic_link *link;
	struct miscdevice native;
	struct miscdevice legacy;
	char native_name[16];
	char legacy_name[16];
};

/**
 * struct hvic_cdev_file - an open device
 * @cdev: its object
 * @read_lock: one reader at a time; guards @slot
 * @slot: copy of the record that is being read
 */
struct hvic_cdev_file {
	struct hvic_cdev *cdev;
	struct mutex read_lock;
	struct hvic_link_slot *slot;
};

struct hvic_cdev *hvic_cdev_create(struct hvic_link *link, const char *service,
				   const struct hvic_legacy *dialect,
				   const struct file_operations *native,
				   const struct file_operations *legacy);
void hvic_cdev_destroy(struct hvic_cdev *cdev);

extern const struct file_operations hvic_cdev_native_fops;
extern const struct file_operations hvic_cdev_legacy_fops;

/* For the two kinds of devices. */
int hvic_cdev_file_init(struct hvic_cdev_file *file, struct hvic_cdev *cdev,
			enum hvic_link_abi abi);
void hvic_cdev_file_release(struct hvic_cdev_file *file);
struct hvic_link *hvic_cdev_get_link(struct hvic_cdev *cdev);
void hvic_cdev_put_link(struct hvic_cdev *cdev);
int hvic_cdev_attach(struct hvic_cdev *cdev);
int hvic_cdev_reply(struct hvic_cdev *cdev, u64 id, int status, const void *payload, size_t len);
int hvic_cdev_wait(struct hvic_cdev *cdev, bool (*ready)(struct hvic_link *link, void *data),
		   void *data, bool nonblock);
int hvic_cdev_fetch(struct hvic_cdev_file *file);
int hvic_cdev_fetched(struct hvic_cdev_file *file, bool consumed);

#endif
