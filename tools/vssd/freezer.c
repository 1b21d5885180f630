// SPDX-License-Identifier: GPL-2.0
/* Freezes file systems, many at once: see freezer.h. */
#include "freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/hv_ic.h>

#include "clock.h"

/* It is locked in memory; what a thread calls is shallow. */
#define STACK_SIZE (128 * 1024)

/* --- What is done to a file system. ------------------------------------------------------- */

static int kernel_sync(int fd)
{
	return syncfs(fd) ? -errno : 0;
}

static int kernel_hold(int device, uint32_t session, int fd)
{
	struct hv_ic_vss_hold hold = { .fd = fd, .session = session };

	return ioctl(device, HV_IC_VSS_HOLD, &hold) ? -errno : 0;
}

static int kernel_try(int device, uint32_t *session)
{
	return ioctl(device, HV_IC_VSS_TRY, session) ? -errno : 0;
}

static int kernel_release(int device, uint32_t session)
{
	return ioctl(device, HV_IC_VSS_END, &session) ? -errno : 0;
}

const struct hvic_freezer_ops hvic_freezer_kernel_ops = {
	.open = hvu_filesystem_open, .sync = kernel_sync, .hold = kernel_hold,
	.try = kernel_try, .release = kernel_release,
};

static void skip(struct hvic_item *item, int error)
{
	item->outcome = HVIC_SKIPPED;
	item->error = error;
}

static int prepare(struct hvic_freezer *freezer, struct hvic_item *item)
{
	int64_t begin;

	item->fd = freezer->ops->open(freezer->root, item->filesystem);
	if (hvu_unreachable_text(item->fd)) {
		skip(item, item->fd);
		return 0;
	}
	if (item->fd < 0)
		return item->fd;
	begin = hvu_now_us();
	item->sync_error = freezer->ops->sync(item->fd);
	item->sync_us = hvu_now_us() - begin;
	return 0;
}

static int hold(struct hvic_freezer *freezer, struct hvic_item *item)
{
	int64_t begin = hvu_now_us();
	unsigned long long none = 0;
	int ret;

	if (item->outcome == HVIC_SKIPPED)
		return 0;
	atomic_compare_exchange_strong(&freezer->first_us, &none, begin);
	ret = freezer->ops->hold(freezer->device, freezer->session, item->fd);
	item->hold_us = hvu_now_us() - begin;
	/* The kernel's hold is one of its own; ours would only be in the way of an unmount. */
	close(item->fd);
	item->fd = -1;
	if (ret == -EOPNOTSUPP || ret == -EBUSY) {
		skip(item, ret);
		return 0;
	}
	/* The kernel knows better than the table which file systems are one. */
	if (ret && ret != -EALREADY)
		return ret;
	/* What could not be written is not in the backup. */
	if (item->sync_error)
		return item->sync_error;
	item->outcome = HVIC_FROZEN;
	return 0;
}

/** hvic_item_text() - why it was skipped or failed, in words */
const char *hvic_item_text(const struct hvic_item *item)
{
	switch (item->error) {
	case -ENOENT:
	case -ENXIO:
		return hvu_unreachable_text(item->error);
	case -EOPNOTSUPP:
		return "it cannot be frozen";
	case -EBUSY:
		return "another program has frozen it";
	case -EPERM:
		return "nothing is frozen without a limit: vss_frozen_max of hv_ic is 0";
	case -ECANCELED:
		return "the freeze was taken back";
	default:
		return strerror(-item->error);
	}
}

/* --- Threads. ----------------------------------------------------------------------------- */

/* Called with the lock, which is given up meanwhile. */
static void do_items(struct hvic_freezer *freezer)
{
	while (freezer->next < freezer->end) {
		struct hvic_item *item = &freezer->items[freezer->next++];
		int (*step)(struct hvic_freezer *, struct hvic_item *) = freezer->step;
		int ret = 0;

		/* After a failure, the rest is not begun. */
		if (freezer->result)
			continue;
		freezer->busy++;
		item->busy = true;
		pthread_mutex_unlock(&freezer->lock);
		if (atomic_load(&freezer->cancelled))
			ret = -ECANCELED;
		else if (hvu_now_us() / 1000 > freezer->until_ms)
			ret = -ETIMEDOUT;
		else
			ret = step(freezer, item);
		pthread_mutex_lock(&freezer->lock);
		freezer->busy--;
		item->busy = false;
		if (!ret)
			continue;
		item->outcome = HVIC_FAILED;
		item->error = ret;
		if (!freezer->result)
			freezer->result = ret;
	}
	if (!freezer->busy)
		pthread_cond_signal(&freezer->idle);
}

static void do_range(struct hvic_freezer *freezer, size_t begin, size_t end,
		     int (*step)(struct hvic_freezer *freezer, struct hvic_item *item))
{
	freezer->step = step;
	freezer->next = begin;
	freezer->end = end;
	/* One is for this thread; no more are woken than there is work for. */
	for (size_t i = begin + 1; i < end && i - begin < freezer->n_threads; i++)
		pthread_cond_signal(&freezer->work);
	do_items(freezer);
	while (freezer->busy)
		pthread_cond_wait(&freezer->idle, &freezer->lock);
}

static void do_all(struct hvic_freezer *freezer)
{
	size_t end = 0;

	do_range(freezer, 0, freezer->n, prepare);
	while (end < freezer->n && !freezer->result) {
		size_t begin = end;

		while (end < freezer->n && freezer->items[end].filesystem->level ==
		       freezer->items[begin].filesystem->level)
			end++;
		do_range(freezer, begin, end, hold);
	}
}

static void *conduct(void *data)
{
	struct hvic_freezer *freezer = data;
	uint64_t one = 1;

	pthread_mutex_lock(&freezer->lock);
	while (!freezer->quit) {
		if (!freezer->begun) {
			pthread_cond_wait(&freezer->start, &freezer->lock);
			continue;
		}
		do_all(freezer);
		freezer->begun = false;
		/* Who is told must not find the lock taken, and wait once more. */
		pthread_mutex_unlock(&freezer->lock);
		if (write(freezer->done, &one, sizeof(one)) < 0)
			abort();
		pthread_mutex_lock(&freezer->lock);
	}
	pthread_mutex_unlock(&freezer->lock);
	return NULL;
}

static void *help(void *data)
{
	struct hvic_freezer *freezer = data;

	pthread_mutex_lock(&freezer->lock);
	while (!freezer->quit) {
		do_items(freezer);
		/* It may have been said while it had an item. */
		if (!freezer->quit)
			pthread_cond_wait(&freezer->work, &freezer->lock);
	}
	pthread_mutex_unlock(&freezer->lock);
	return NULL;
}

/**
 * hvic_freezer_open() - start the threads
 * @freezer: to be filled in
 * @ops: what is done to a file system
 * @root: below which file systems are mounted
 *
 * Return: 0 or a negative errno.
 */
int hvic_freezer_open(struct hvic_freezer *freezer, const struct hvic_freezer_ops *ops, int root)
{
	pthread_attr_t attributes;
	int ret = 0;

	*freezer = (struct hvic_freezer){ .ops = ops, .root = root, .device = -1 };
	freezer->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (freezer->done < 0)
		return -errno;
	pthread_mutex_init(&freezer->lock, NULL);
	pthread_cond_init(&freezer->start, NULL);
	pthread_cond_init(&freezer->work, NULL);
	pthread_cond_init(&freezer->idle, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	for (size_t i = 0; i < HVIC_FREEZER_THREADS && !ret; i++) {
		ret = -pthread_create(&freezer->threads[i], &attributes, i ? help : conduct,
				      freezer);
		if (!ret)
			freezer->n_threads++;
	}
	pthread_attr_destroy(&attributes);
	/* Memory that may be locked may be short. The one that conducts can do it alone. */
	if (freezer->n_threads)
		ret = 0;
	if (ret)
		hvic_freezer_close(freezer);
	return ret;
}

/** hvic_freezer_close() - end the threads; waits for what they do */
void hvic_freezer_close(struct hvic_freezer *freezer)
{
	hvic_freezer_cancel(freezer);
	pthread_mutex_lock(&freezer->lock);
	freezer->quit = true;
	pthread_cond_signal(&freezer->start);
	pthread_cond_broadcast(&freezer->work);
	pthread_mutex_unlock(&freezer->lock);
	while (freezer->n_threads)
		pthread_join(freezer->threads[--freezer->n_threads], NULL);
	hvic_freezer_release(freezer);
	pthread_cond_destroy(&freezer->idle);
	pthread_cond_destroy(&freezer->work);
	pthread_cond_destroy(&freezer->start);
	pthread_mutex_destroy(&freezer->lock);
	close(freezer->done);
}

/* --- A freeze. ---------------------------------------------------------------------------- */

/**
 * hvic_freezer_begin() - freeze file systems
 * @freezer: which does nothing
 * @device: the kernel's end; a descriptor of our own is kept, since it may be closed meanwhile
 * @session: what holds are for
 * @mounts: the file systems; they have to stay until hvic_freezer_release()
 * @until_ms: CLOCK_MONOTONIC; after it none is begun any more
 *
 * Return: 0, and then @done will tell the end, or a negative errno.
 */
int hvic_freezer_begin(struct hvic_freezer *freezer, int device, uint32_t session,
		       const struct hvu_mounts *mounts, int64_t until_ms)
{
	struct hvic_item *items = calloc(mounts->n_frozen + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < mounts->n_frozen; i++)
		items[i] = (struct hvic_item){ .filesystem = &mounts->all[i], .fd = -1 };
	device = fcntl(device, F_DUPFD_CLOEXEC, 0);
	if (device < 0) {
		free(items);
		return -errno;
	}
	pthread_mutex_lock(&freezer->lock);
	freezer->device = device;
	freezer->session = session;
	freezer->items = items;
	freezer->n = mounts->n_frozen;
	freezer->until_ms = until_ms;
	atomic_store(&freezer->first_us, 0);
	atomic_store(&freezer->cancelled, false);
	freezer->result = 0;
	freezer->next = 0;
	freezer->end = 0;
	freezer->begun = true;
	pthread_mutex_unlock(&freezer->lock);
	/* As in conduct(). */
	pthread_cond_signal(&freezer->start);
	return 0;
}

/** hvic_freezer_cancel() - leave out what has not been begun */
void hvic_freezer_cancel(struct hvic_freezer *freezer)
{
	atomic_store(&freezer->cancelled, true);
}

/** hvic_freezer_awaits() - a file system that a thread waits for now; NULL if there is none */
const struct hvu_filesystem *hvic_freezer_awaits(struct hvic_freezer *freezer)
{
	const struct hvu_filesystem *filesystem = NULL;

	pthread_mutex_lock(&freezer->lock);
	for (size_t i = 0; i < freezer->n && !filesystem; i++) {
		if (freezer->items[i].busy)
			filesystem = freezer->items[i].filesystem;
	}
	pthread_mutex_unlock(&freezer->lock);
	return filesystem;
}

static void close_device(struct hvic_freezer *freezer)
{
	if (freezer->device >= 0)
		close(freezer->device);
	freezer->device = -1;
}

/** hvic_freezer_result() - when @done tells the end: 0, or the errno of what failed first */
int hvic_freezer_result(struct hvic_freezer *freezer)
{
	uint64_t count;
	int ret;

	if (read(freezer->done, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return -errno;
	pthread_mutex_lock(&freezer->lock);
	ret = freezer->result;
	pthread_mutex_unlock(&freezer->lock);
	/* So that all is thawed when the client closes its own. */
	close_device(freezer);
	return ret;
}

/** hvic_freezer_release() - close the file systems and forget them; nothing is frozen any more */
void hvic_freezer_release(struct hvic_freezer *freezer)
{
	for (size_t i = 0; i < freezer->n; i++) {
		if (freezer->items[i].fd >= 0)
			close(freezer->items[i].fd);
	}
	free(freezer->items);
	freezer->items = NULL;
	freezer->n = 0;
	close_device(freezer);
}
