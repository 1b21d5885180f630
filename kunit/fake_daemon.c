// SPDX-License-Identifier: GPL-2.0
/* A daemon, and what cdev.c is to the driver, without devices. */
#include "fake_daemon.h"

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cdev.h"

/* --- Devices: there are none. ---------------------------------------------------- */

const struct file_operations hvic_cdev_native_fops;
const struct file_operations hvic_cdev_legacy_fops;

struct hvic_cdev *hvic_cdev_create(struct hvic_link *link, const char *service,
				   const struct hvic_legacy *dialect,
				   const struct file_operations *native,
				   const struct file_operations *legacy)
{
	struct hvic_cdev *cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);

	if (!cdev)
		return ERR_PTR(-ENOMEM);
	init_waitqueue_head(&cdev->wait);
	cdev->link = link;
	hvic_link_revive(link, &cdev->wait);
	return cdev;
}

void hvic_cdev_destroy(struct hvic_cdev *cdev)
{
	if (!cdev)
		return;
	hvic_link_kill(cdev->link);
	if (hvic_link_is_owned(cdev->link))
		hvic_link_release(cdev->link);
	kfree(cdev);
}

/* --- The daemon. ------------------------------------------------------------------ */

/**
 * daemon_comes() - a daemon opens the native device and answers the hello
 * @f: the channel, open
 */
void daemon_comes(struct fake_channel *f)
{
	struct hvic_link *link = &daemon_of(f)->link;
	struct hv_ic_hello hello = { };

	KUNIT_ASSERT_EQ(f->test, hvic_link_own(link, HVIC_LINK_NATIVE), 0);
	hvic_link_greet(link, &hello);
	KUNIT_EXPECT_EQ(f->test, hello.abi, HV_IC_ABI_VERSION);
	hvic_link_attach(link);
	KUNIT_ASSERT_TRUE(f->test, hvic_link_is_attached(link));
}

/**
 * legacy_daemon_comes() - a daemon opens the older device and says who it is
 * @f: the channel, open
 */
void legacy_daemon_comes(struct fake_channel *f)
{
	struct hvic_link *link = &daemon_of(f)->link;

	KUNIT_ASSERT_EQ(f->test, hvic_link_own(link, HVIC_LINK_LEGACY), 0);
	hvic_link_attach(link);
	KUNIT_ASSERT_TRUE(f->test, hvic_link_is_attached(link));
}

/**
 * daemon_goes() - the daemon closes the device, or dies
 * @f: the channel
 */
void daemon_goes(struct fake_channel *f)
{
	hvic_link_release(&daemon_of(f)->link);
}

/**
 * daemon_reads() - read the oldest record
 * @f: the channel
 * @op: that it is expected to have
 *
 * Return: a copy of it that lasts as long as the test.
 */
const struct hvic_link_slot *daemon_reads(struct fake_channel *f, u16 op)
{
	struct hvic_link *link = &daemon_of(f)->link;
	const struct hvic_link_slot *slot = hvic_link_peek(link);
	struct hvic_link_slot *copy;

	KUNIT_ASSERT_NOT_NULL(f->test, slot);
	KUNIT_EXPECT_EQ(f->test, slot->record.op, op);
	copy = kunit_kzalloc(f->test, link->slot_size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(f->test, copy);
	memcpy(copy, slot, offsetof(struct hvic_link_slot, record) + slot->record.len);
	hvic_link_consume(link);
	return copy;
}

/**
 * daemon_answers() - answer a record
 * @f: the channel
 * @id: of the record
 * @status: 0 or a negative errno
 * @payload: of the answer, or NULL
 * @len: of @payload
 *
 * Return: what hvic_link_reply() returned.
 */
int daemon_answers(struct fake_channel *f, u64 id, int status, const void *payload, size_t len)
{
	struct hvic_room room = exact_room(f->test, HVIC_LINK_ANSWER, 0);
	int ret;

	if (len)
		memcpy(room.data, payload, len);
	ret = hvic_link_reply(&daemon_of(f)->link, id, status, room.data, len);
	kunit_kfree(f->test, room.data);
	return ret;
}

/**
 * expect_nothing_to_read() - expect that no record waits
 * @f: the channel
 */
void expect_nothing_to_read(struct fake_channel *f)
{
	KUNIT_EXPECT_EQ(f->test, hvic_daemon_queued(daemon_of(f)), 0);
}
