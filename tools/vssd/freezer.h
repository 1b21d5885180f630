/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Freezes file systems, many at once.
 *
 * First all are opened and what is dirty is written, while nothing is frozen yet; then they freeze,
 * level by level, those of one level at the same time. All of that is done by threads that have
 * been there since the start, so that the daemon's loop goes on, and nothing is allocated then.
 */
#ifndef HVIC_FREEZER_H
#define HVIC_FREEZER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mounts.h"

#define HVIC_FREEZER_THREADS 24

/**
 * struct hvic_freezer_ops - what is done to a file system, and to the kernel's end; each returns a
 *	negative errno on failure
 * @open: a descriptor of it
 * @sync: write what is dirty
 * @hold: let the kernel freeze it, and hold it in a session
 * @try: begin a trial; gets the number of its session
 * @release: thaw all that a session holds
 */
struct hvic_freezer_ops {
	int (*open)(int root, const struct hvu_filesystem *filesystem);
	int (*sync)(int fd);
	int (*hold)(int device, uint32_t session, int fd);
	int (*try)(int device, uint32_t *session);
	int (*release)(int device, uint32_t session);
};

extern const struct hvic_freezer_ops hvic_freezer_kernel_ops;

enum hvic_outcome { HVIC_UNTOUCHED, HVIC_FROZEN, HVIC_SKIPPED, HVIC_FAILED };

/**
 * struct hvic_item - what has become of a file system
 * @filesystem: it
 * @fd: of it; -1 if it is not open, as after its freeze
 * @busy: a thread waits for it
 * @outcome: in a word
 * @error: a negative errno: why it was skipped or failed
 * @sync_error: a negative errno: why what was dirty could not be written
 * @sync_us: how long it took to write that
 * @hold_us: how long it took to freeze
 */
struct hvic_item {
	const struct hvu_filesystem *filesystem;
	int fd;
	bool busy;
	enum hvic_outcome outcome;
	int error;
	int sync_error;
	uint64_t sync_us;
	uint64_t hold_us;
};

/**
 * struct hvic_freezer - the threads, and what they do
 * @ops: what is done to a file system
 * @root: below which they are mounted
 * @done: an eventfd, readable when all is done that hvic_freezer_begin() has begun
 * @cancelled: the rest need not be done
 * @device: the kernel's end; our own descriptor of it
 * @session: what holds are for
 * @items: the file systems, in the order in which they freeze
 * @n: how many
 * @until_ms: CLOCK_MONOTONIC; nothing is begun after it
 * @first_us: CLOCK_MONOTONIC, when the first of them began to freeze; 0 if none did
 * @threads: the first of them conducts the others
 * @n_threads: how many have been started
 * @lock: guards all below, and between begin and done what is above from @device on
 * @start: there is something to conduct
 * @work: there is something to do
 * @idle: what there was to do is done
 * @quit: the threads are to end
 * @begun: it has been started, and is not done
 * @step: what is done to each item now
 * @next: the first item that no thread has taken
 * @end: the item behind the last one
 * @busy: how many threads have one
 * @result: 0, or the negative errno of the first failure
 */
struct hvic_freezer {
	const struct hvic_freezer_ops *ops;
	int root;
	int done;
	atomic_bool cancelled;

	int device;
	uint32_t session;
	struct hvic_item *items;
	size_t n;
	int64_t until_ms;
	atomic_ullong first_us;

	pthread_t threads[HVIC_FREEZER_THREADS];
	size_t n_threads;
	pthread_mutex_t lock;
	pthread_cond_t start;
	pthread_cond_t work;
	pthread_cond_t idle;
	bool quit;
	bool begun;
	int (*step)(struct hvic_freezer *freezer, struct hvic_item *item);
	size_t next;
	size_t end;
	size_t busy;
	int result;
};

int hvic_freezer_open(struct hvic_freezer *freezer, const struct hvic_freezer_ops *ops, int root);
void hvic_freezer_close(struct hvic_freezer *freezer);

int hvic_freezer_begin(struct hvic_freezer *freezer, int device, uint32_t session,
		       const struct hvu_mounts *mounts, int64_t until_ms);
void hvic_freezer_cancel(struct hvic_freezer *freezer);
const struct hvu_filesystem *hvic_freezer_awaits(struct hvic_freezer *freezer);
int hvic_freezer_result(struct hvic_freezer *freezer);
void hvic_freezer_release(struct hvic_freezer *freezer);

const char *hvic_item_text(const struct hvic_item *item);
#endif
