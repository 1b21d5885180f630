/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pools of data exchange: /var/lib/hyperv/.kvp_pool_N, files that we share.
 *
 * A pool is an array of records of 2,560 bytes: a key of 512 and a value of 2,048, each ended and
 * filled by NUL. cloud-init, azure-init, WALinuxAgent, the kernel's hv_kvp_daemon and scripts read
 * and write the same files, under flock(2) or fcntl(2) locks, or none. Therefore a file keeps its
 * inode, is changed in place under both locks, and is read again when somebody else has written.
 *
 * A change is on the disk when the call returns, and it is whole: what a crash or a power cut
 * interrupts is mended by whoever opens the pool next. See pool_file.h.
 *
 * Between two calls nothing is locked, and open is only what has been written, until
 * hvu_pool_rest(). A pool is kept in memory: looking something up
 * costs no system call, so a caller calls hvu_pool_refresh() when it wants to know what others
 * have written. Those that may wait for a lock say so; none waits longer than the pool's limit.
 */
#ifndef HVU_POOL_H
#define HVU_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "locks.h"
#include "pool_format.h"

/* By number: who writes what. */
enum hvu_pool_number {
	HVU_POOL_EXTERNAL,	/* the host, for the guest */
	HVU_POOL_GUEST,		/* the guest, for the host */
	HVU_POOL_AUTO,		/* facts about the guest: hvic-kvpd answers them from elsewhere */
	HVU_POOL_AUTO_EXTERNAL,	/* the host: facts about itself */
	HVU_POOL_INTERNAL,	/* nobody knows */
	HVU_POOLS,
};

/* How long a daemon waits for a lock. */
#define HVU_POOL_WAIT_MS	1000

struct hvu_pool;
struct hvu_pool_ops;

/**
 * struct hvu_pool_item - a record; the texts last until the pool is refreshed, changed or closed
 * @key: never empty; up to 512 bytes of anything but NUL
 * @value: up to 2,048 bytes of anything but NUL
 *
 * Others may have written what is no UTF-8, or what is as long as its field and not ended there.
 */
struct hvu_pool_item {
	const char *key;
	const char *value;
};

/**
 * struct hvu_pool_info - how a pool is
 * @status: of the file, as fstat(2) tells; all zero if there is no file
 * @unread: it could not be read: a negative errno, and the counts are those of before; or 0
 * @records: whole records in the file
 * @empty: those of them that have no key; they do not count as items
 * @duplicates: those whose key a later one has, too
 * @ignored: those behind HVU_POOL_RECORDS
 * @rest: bytes behind the last whole record
 * @interrupted: a change has been interrupted, and waits to be undone
 * @locked: somebody holds a lock
 * @lock: that lock
 */
struct hvu_pool_info {
	struct stat status;
	int unread;
	size_t records;
	size_t empty;
	size_t duplicates;
	size_t ignored;
	size_t rest;
	bool interrupted;
	bool locked;
	struct hvu_lock lock;
};

/* "external", "guest", "auto", "auto-external", "internal"; ended by NULL. */
extern const char *const hvu_pool_names[HVU_POOLS + 1];

/**
 * hvu_pool_open() - read a pool, and mend it if a change of it was interrupted
 * @pool: gets it, for hvu_pool_close()
 * @directory: descriptor of the folder of the pools, which has to stay open; O_PATH will do
 * @number: which pool
 * @wait_ms: how long a call may wait for others to give their locks back
 *
 * A file that is not there is an empty pool; it is not made. A file that cannot be written can be
 * read, in the state that it has when it is mended. A file that somebody keeps locked is opened all
 * the same: the pool is empty, and stale, until hvu_pool_refresh() gets the locks.
 *
 * Return: 0; %-ELOOP for a symbolic link, %-EISDIR for a folder, %-ENOTSUP for anything else that
 * is no regular file; or another negative errno.
 */
int hvu_pool_open(struct hvu_pool **pool, int directory, enum hvu_pool_number number,
		  unsigned int wait_ms);

/** hvu_pool_open_with() - the same, with what a test puts between the pool and the disk */
int hvu_pool_open_with(struct hvu_pool **pool, int directory, enum hvu_pool_number number,
		       unsigned int wait_ms, const struct hvu_pool_ops *ops);

/**
 * hvu_pool_rest() - close what is open from changes, until the next one
 * @pool: the pool
 *
 * Those who watch the file are told then that it was written.
 */
void hvu_pool_rest(struct hvu_pool *pool);

/** hvu_pool_close() - forget it; NULL is fine */
void hvu_pool_close(struct hvu_pool *pool);

/**
 * hvu_pool_create() - make the file, empty and with mode 0644, unless it is there
 * @pool: the pool
 *
 * Return: 0 or a negative errno, as of hvu_pool_set().
 */
int hvu_pool_create(struct hvu_pool *pool);

/**
 * hvu_pool_is_stale() - may somebody else have written, or replaced the file?
 * @pool: the pool
 *
 * This is one fstatat(2). It never says no when the answer is yes; it may say yes for a moment
 * after somebody else has written, until the clock of the file system has gone on; where that knows
 * seconds only, for two of them, and after our own changes, too.
 */
bool hvu_pool_is_stale(const struct hvu_pool *pool);

/**
 * hvu_pool_is_stale_at() - the same, where the folder may have been replaced as well
 * @pool: the pool
 * @root: below which the folder is
 * @folder: its path
 *
 * This is one fstatat(2), too: a file that is still the same one is in the same folder. It says yes
 * if there is no file; then hvu_pool_follow() tells about the folder.
 */
bool hvu_pool_is_stale_at(const struct hvu_pool *pool, int root, const char *folder);

/**
 * hvu_pool_follow() - let the descriptor of the folder be that of the folder that is there now
 * @directory: the descriptor, as of hvu_pool_open(); keeps its number
 * @root: below which the folder is
 * @folder: its path
 *
 * The folder is another one when something is mounted on it, or when it has been moved or removed
 * and made anew. Pools that are open go on in the new one, from hvu_pool_refresh() on.
 *
 * Return: 1 if it is another one, 0 if not; or a negative errno if there is none, with @directory
 * as it was.
 */
int hvu_pool_follow(int directory, int root, const char *folder);

/**
 * hvu_pool_refresh() - read it again if it is stale; may wait
 * @pool: the pool
 *
 * Return: 1 if what it holds has changed, 0 if not; %-EBUSY if somebody keeps it locked, or another
 * negative errno, as of hvu_pool_open(): the pool then is as it was before.
 */
int hvu_pool_refresh(struct hvu_pool *pool);

/** hvu_pool_count() - how many items there are: those with a key */
size_t hvu_pool_count(const struct hvu_pool *pool);

/**
 * hvu_pool_at() - an item by its index, in the order of the file
 * @pool: the pool
 * @index: from 0
 * @item: gets it
 *
 * The order stays when a value changes; a new key comes last. When an item goes, the last one
 * takes its place.
 *
 * Return: is there one?
 */
bool hvu_pool_at(const struct hvu_pool *pool, size_t index, struct hvu_pool_item *item);

/**
 * hvu_pool_get() - the value of a key; NULL if there is none
 * @pool: the pool
 * @key: the key
 *
 * Of several records with one key, which others may append, the last one counts.
 */
const char *hvu_pool_get(const struct hvu_pool *pool, const char *key);

/** hvu_pool_check() - may a pool hold that? 0, or %-EINVAL or %-EMSGSIZE as of hvu_pool_set() */
int hvu_pool_check(const char *key, const char *value);

/**
 * hvu_pool_set() - set the value of a key; may wait
 * @pool: the pool
 * @key: up to 511 bytes
 * @value: up to 2,047 bytes
 *
 * The file is made if it is not there. If there were several records of that key, one is left.
 *
 * Return: 0, and it is on the disk; or a negative errno, and nothing has changed: %-EINVAL for an
 * empty key, %-EMSGSIZE for a key or a value that is too long, %-EBUSY if somebody keeps it
 * locked, %-ENOSPC or %-EDQUOT without room, %-ENOBUFS if there are HVU_POOL_RECORDS records,
 * %-EACCES or %-EROFS if it cannot be written, %-EMLINK if the file has a second name, those of
 * hvu_pool_open(), or another one.
 */
int hvu_pool_set(struct hvu_pool *pool, const char *key, const char *value);

/**
 * hvu_pool_delete() - remove a key, in all of its records; may wait
 * @pool: the pool
 * @key: the key
 *
 * It takes no room: on a full disk the records stay, without a key.
 *
 * Return: 0; %-ENOENT if there is none; or a negative errno, as of hvu_pool_set().
 */
int hvu_pool_delete(struct hvu_pool *pool, const char *key);

/** hvu_pool_clear() - remove everything; may wait; 0 or a negative errno, as of hvu_pool_set() */
int hvu_pool_clear(struct hvu_pool *pool);

/**
 * hvu_pool_drop_old() - remove everything that an earlier boot has left; may wait
 * @pool: the pool; meant for HVU_POOL_AUTO_EXTERNAL, which an image may carry to another host
 * @root: below which /proc is
 *
 * To be called once, when the daemon starts. A pool is of this boot if a call in this boot has said
 * so, or if the file has a date since the boot: the clock may have been set meanwhile.
 *
 * Return: 1 if it was dropped, 0 if it was kept; or a negative errno, as of hvu_pool_set().
 */
int hvu_pool_drop_old(struct hvu_pool *pool, int root);

/**
 * hvu_pool_inspect() - how a pool is, for people
 * @pool: the pool; is refreshed if that is possible
 * @root: below which /proc is
 * @info: gets it
 *
 * Return: 0 or a negative errno. A pool that is locked can be inspected.
 */
int hvu_pool_inspect(struct hvu_pool *pool, int root, struct hvu_pool_info *info);

/** hvu_pool_explain() - what a negative errno of these functions means, in words */
const char *hvu_pool_explain(int error);

#endif
