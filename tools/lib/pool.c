// SPDX-License-Identifier: GPL-2.0
/* The pools of data exchange: what is in them, and how that is changed. */
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pool_content.h"
#include "pool_file.h"
#include "pool_journal.h"
#include "root.h"

const char *const hvu_pool_names[HVU_POOLS + 1] = {
	[HVU_POOL_EXTERNAL] = "external",
	[HVU_POOL_GUEST] = "guest",
	[HVU_POOL_AUTO] = "auto",
	[HVU_POOL_AUTO_EXTERNAL] = "auto-external",
	[HVU_POOL_INTERNAL] = "internal",
};

/**
 * struct hvu_pool - a pool
 * @file: where it is
 * @content: what is in it
 * @total: records in the file; those behind HVU_POOL_RECORDS are not in @content
 * @known: @content is what the file held when it was as @seen says
 * @absent: there was no file
 * @young: another write may have come with the same dates
 * @synced: all of that is on the disk, as far as we know
 * @seen: the file
 */
struct hvu_pool {
	struct hvu_pool_file file;
	struct hvu_content content;
	size_t total;
	bool known;
	bool absent;
	bool young;
	bool synced;
	struct stat seen;
};

/* --- Reading. -------------------------------------------------------------------------------- */

static int64_t nanoseconds(const struct timespec *time)
{
	return time->tv_sec * INT64_C(1000000000) + time->tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       nanoseconds(&a->st_mtim) == nanoseconds(&b->st_mtim) &&
	       nanoseconds(&a->st_ctim) == nanoseconds(&b->st_ctim);
}

static bool is_young(const struct stat *status)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return hvu_pool_file_is_young(status, &now);
}

bool hvu_pool_is_stale(const struct hvu_pool *pool)
{
	char name[HVU_POOL_NAME_SIZE];
	struct stat now;

	hvu_pool_file_name(&pool->file, name);
	if (!pool->known || pool->young)
		return true;
	if (fstatat(pool->file.directory, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return errno != ENOENT || !pool->absent;
	return pool->absent || !same_file(&now, &pool->seen);
}

bool hvu_pool_is_stale_at(const struct hvu_pool *pool, int root, const char *folder)
{
	char name[HVU_POOL_NAME_SIZE], path[PATH_MAX];
	struct stat now;

	if (!pool->known || pool->young || pool->absent)
		return true;
	hvu_pool_file_name(&pool->file, name);
	/* Where a link of a test leads out of @root it says yes, and that does no harm. */
	if (snprintf(path, sizeof(path), "%s/%s", folder + strspn(folder, "/"), name) >=
	    (int)sizeof(path))
		return true;
	return fstatat(root, path, &now, AT_SYMLINK_NOFOLLOW) < 0 || !same_file(&now, &pool->seen);
}

int hvu_pool_follow(int directory, int root, const char *folder)
{
	int fd = hvu_open(root, O_PATH | O_DIRECTORY, "%s", folder), ret = 0;
	struct stat now, known;

	if (fd < 0)
		return fd;
	if (fstat(fd, &now) < 0 || fstat(directory, &known) < 0)
		ret = -errno;
	else if (now.st_dev != known.st_dev || now.st_ino != known.st_ino)
		ret = dup3(fd, directory, O_CLOEXEC) < 0 ? -errno : 1;
	close(fd);
	return ret;
}

/* What a pool holds is now that; has it changed? */
static bool take_content(struct hvu_pool *pool, struct hvu_content *content, size_t total)
{
	bool changed = !hvu_content_equal(&pool->content, content);

	hvu_content_free(&pool->content);
	pool->content = *content;
	pool->total = total;
	pool->known = true;
	pool->synced = false;
	return changed;
}

static bool take_absence(struct hvu_pool *pool)
{
	struct hvu_content nothing = { 0 };

	pool->absent = true;
	pool->young = false;
	return take_content(pool, &nothing, 0);
}

/* Reads the file, which is open; 1 if what it holds has changed. */
static int load(struct hvu_pool *pool, bool *interrupted)
{
	struct hvu_content content = { 0 };
	struct hvu_pool_image image;
	struct stat status;
	bool young;
	int ret;

	/* What somebody writes from here on, without a lock, changes dates that are not young. */
	if (fstat(pool->file.fd, &status) < 0)
		return -errno;
	young = is_young(&status);
	ret = hvu_pool_read(&pool->file, &image);
	if (ret)
		return ret;
	ret = hvu_content_parse(&content, image.data, image.records);
	free(image.data);
	if (ret) {
		hvu_content_free(&content);
		return ret;
	}
	pool->absent = false;
	pool->young = young;
	pool->seen = status;
	if (interrupted)
		*interrupted = image.interrupted;
	return take_content(pool, &content, image.size / HVU_POOL_RECORD_SIZE);
}

static int refresh(struct hvu_pool *pool, bool *interrupted)
{
	int ret;

	if (!hvu_pool_is_stale(pool))
		return 0;
	ret = hvu_pool_file_open(&pool->file, HVU_POOL_READ);
	if (ret == -ENOENT)
		return take_absence(pool);
	if (ret)
		return ret;
	ret = load(pool, interrupted);
	hvu_pool_file_unlock(&pool->file);
	return ret;
}

int hvu_pool_refresh(struct hvu_pool *pool)
{
	return refresh(pool, NULL);
}

/* Opens the file for a change; what is in memory then is what is in it. */
static int begin(struct hvu_pool *pool, enum hvu_pool_use use)
{
	int ret;

	ret = hvu_pool_file_open(&pool->file, use);
	if (ret)
		return ret;
	ret = hvu_pool_mend(&pool->file);
	if (ret < 0)
		goto err_close;
	if (ret || !pool->known || pool->young || pool->absent ||
	    !same_file(&pool->file.status, &pool->seen)) {
		ret = load(pool, NULL);
		if (ret < 0)
			goto err_close;
	}
	return 0;

err_close:
	hvu_pool_file_close(&pool->file);
	return ret;
}

/*
 * Unlocks the file after a change. Its date is set by the exact clock: no write of anybody else
 * gets the same one, so those who write in the same moment are noticed. A file system may cut that
 * off.
 */
static void end(struct hvu_pool *pool, int ret)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };

	pool->known = false;
	if (ret) {
		hvu_pool_file_close(&pool->file);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &times[1]);
	pool->young = pool->file.ops->futimens(pool->file.fd, times) < 0;
	pool->known = !fstat(pool->file.fd, &pool->file.status);
	pool->seen = pool->file.status;
	pool->young |= !hvu_pool_file_has_date(&pool->seen, &times[1]);
	/* Somebody who does not lock has added to it meanwhile. */
	pool->young |= (uint64_t)pool->seen.st_size != pool->total * (uint64_t)HVU_POOL_RECORD_SIZE;
	pool->synced = !pool->young;
	hvu_pool_file_unlock(&pool->file);
}

int hvu_pool_open_with(struct hvu_pool **pool, int directory, enum hvu_pool_number number,
		       unsigned int wait_ms, const struct hvu_pool_ops *ops)
{
	struct hvu_pool *made = calloc(1, sizeof(*made));
	bool interrupted = false;
	int ret;

	if (!made)
		return -ENOMEM;
	made->file = (struct hvu_pool_file){
		.ops = ops, .directory = directory, .number = number, .wait_ms = wait_ms,
		.fd = -1, .journal = -1,
	};
	ret = refresh(made, &interrupted);
	if (ret < 0 && ret != -EBUSY) {
		hvu_pool_close(made);
		return ret;
	}
	/* If it cannot be written, what we have read is as it will be when it is mended. */
	if (interrupted && !begin(made, HVU_POOL_WRITE))
		hvu_pool_file_close(&made->file);
	*pool = made;
	return 0;
}

int hvu_pool_open(struct hvu_pool **pool, int directory, enum hvu_pool_number number,
		  unsigned int wait_ms)
{
	return hvu_pool_open_with(pool, directory, number, wait_ms, &hvu_pool_ops);
}

void hvu_pool_rest(struct hvu_pool *pool)
{
	hvu_pool_file_close(&pool->file);
}

void hvu_pool_close(struct hvu_pool *pool)
{
	if (!pool)
		return;
	hvu_pool_rest(pool);
	hvu_content_free(&pool->content);
	free(pool);
}

int hvu_pool_create(struct hvu_pool *pool)
{
	int ret = hvu_pool_file_open(&pool->file, HVU_POOL_MAKE);

	if (!ret)
		hvu_pool_file_close(&pool->file);
	return ret;
}

/* --- Looking up. ----------------------------------------------------------------------------- */

size_t hvu_pool_count(const struct hvu_pool *pool)
{
	return pool->content.n - pool->content.empty;
}

bool hvu_pool_at(const struct hvu_pool *pool, size_t index, struct hvu_pool_item *item)
{
	const struct hvu_content *content = &pool->content;
	size_t slot = index;

	if (index >= hvu_pool_count(pool))
		return false;
	/* There is one: we do not run out of the array. */
	if (content->empty) {
		for (slot = 0; !content->slots[slot]->key[0] || index--; slot++)
			;
	}
	item->key = content->slots[slot]->key;
	item->value = content->slots[slot]->value;
	return true;
}

const char *hvu_pool_get(const struct hvu_pool *pool, const char *key)
{
	struct hvu_match match = hvu_content_find(&pool->content, key);

	return match.last ? match.last->value : NULL;
}

/* --- Changing. ------------------------------------------------------------------------------- */

/* Writes records from @index on; the file then has @total. */
static int write_records(struct hvu_pool *pool, size_t index, const void *records, size_t n,
			 size_t total)
{
	const struct hvu_pool_change change = {
		.index = index, .records = records, .n = n,
		.old_total = pool->total, .total = total, .synced = pool->synced,
	};
	int ret = hvu_pool_write(&pool->file, &change);

	if (!ret)
		pool->total = total;
	return ret;
}

static int write_entry(struct hvu_pool *pool, size_t slot, const struct hvu_entry *entry,
		       size_t total)
{
	uint8_t record[HVU_POOL_RECORD_SIZE];

	hvu_entry_encode(entry, record);
	return write_records(pool, slot, record, 1, total);
}

static int append(struct hvu_pool *pool, struct hvu_entry *entry)
{
	struct hvu_content *content = &pool->content;
	int ret;

	if (pool->total >= HVU_POOL_RECORDS)
		return -ENOBUFS;
	ret = hvu_content_reserve(content, content->n + 1);
	if (!ret)
		ret = write_entry(pool, content->n, entry, content->n + 1);
	if (ret)
		return ret;
	hvu_content_add(content, entry);
	return 0;
}

static int replace(struct hvu_pool *pool, struct hvu_entry *old, struct hvu_entry *entry)
{
	int ret;

	if (!strcmp(old->value, entry->value)) {
		/* Whoever has written that, it is to be on the disk. */
		ret = write_records(pool, 0, NULL, 0, pool->total);
		if (!ret)
			free(entry);
		return ret;
	}
	ret = write_entry(pool, old->slot, entry, pool->total);
	if (!ret)
		hvu_content_replace(&pool->content, old, entry);
	return ret;
}

/*
 * Writes all records from the first one of a key on, without those of that key; @entry takes the
 * place of the first one, or is NULL. For the rare pool in which others have repeated keys: of
 * those, the order matters.
 */
static int rewrite(struct hvu_pool *pool, struct hvu_entry *first, struct hvu_entry *entry)
{
	struct hvu_content *content = &pool->content;
	size_t from = first->slot, n = 0;
	uint8_t *records;
	int ret;

	if (pool->total > HVU_POOL_RECORDS)
		return -ENOBUFS;
	records = malloc((content->n - from) * HVU_POOL_RECORD_SIZE);
	if (!records)
		return -ENOMEM;
	if (entry)
		hvu_entry_encode(entry, records + n++ * HVU_POOL_RECORD_SIZE);
	for (size_t i = from; i < content->n; i++) {
		const struct hvu_entry *other = content->slots[i];

		if (strcmp(other->key, first->key))
			hvu_entry_encode(other, records + n++ * HVU_POOL_RECORD_SIZE);
	}
	ret = write_records(pool, from, records, n, from + n);
	free(records);
	if (ret)
		return ret;
	hvu_content_merge(content, first, entry);
	return 0;
}

static int set_entry(struct hvu_pool *pool, struct hvu_entry *entry)
{
	struct hvu_match match = hvu_content_find(&pool->content, entry->key);

	if (!match.n)
		return append(pool, entry);
	return match.n == 1 ? replace(pool, match.last, entry) : rewrite(pool, match.first, entry);
}

int hvu_pool_check(const char *key, const char *value)
{
	if (!key[0])
		return -EINVAL;
	return strlen(key) >= HVU_POOL_KEY_SIZE || strlen(value) >= HVU_POOL_VALUE_SIZE ?
		-EMSGSIZE : 0;
}

int hvu_pool_set(struct hvu_pool *pool, const char *key, const char *value)
{
	struct hvu_entry *entry;
	int ret = hvu_pool_check(key, value);

	if (ret)
		return ret;
	entry = hvu_entry_new(key, value);
	if (!entry)
		return -ENOMEM;
	ret = begin(pool, HVU_POOL_MAKE);
	if (ret)
		goto err_free_entry;
	ret = set_entry(pool, entry);
	end(pool, ret);
	if (ret)
		goto err_free_entry;
	return 0;

err_free_entry:
	free(entry);
	return ret;
}

static int delete_key(struct hvu_pool *pool, const char *key)
{
	struct hvu_content *content = &pool->content;
	struct hvu_match match = hvu_content_find(content, key);
	struct hvu_entry *last;
	int ret;

	if (!match.n)
		return -ENOENT;
	if (pool->total > HVU_POOL_RECORDS)
		return -ENOBUFS;
	last = content->slots[content->n - 1];
	if (match.n > 1 || hvu_content_find(content, last->key).n > 1)
		return rewrite(pool, match.first, NULL);
	if (match.last == last)
		ret = write_records(pool, 0, NULL, 0, content->n - 1);
	else
		ret = write_entry(pool, match.last->slot, last, content->n - 1);
	if (ret)
		return ret;
	hvu_content_remove(content, match.last);
	return 0;
}

/*
 * On a full disk there is no room for the journal that it takes to move a record. Then those of the
 * key stay where they are, empty; the one that counts goes last.
 */
static int blank_key(struct hvu_pool *pool, const char *key)
{
	const struct hvu_content *content = &pool->content;
	int ret = 0;

	for (size_t i = 0; i < content->n && !ret; i++) {
		if (!strcmp(content->slots[i]->key, key))
			ret = hvu_pool_blank(&pool->file, i);
	}
	if (!ret)
		ret = load(pool, NULL);
	return ret < 0 ? ret : 0;
}

int hvu_pool_delete(struct hvu_pool *pool, const char *key)
{
	int ret = begin(pool, HVU_POOL_WRITE);

	if (ret)
		return ret;
	ret = delete_key(pool, key);
	if (ret == -ENOSPC || ret == -EDQUOT)
		ret = blank_key(pool, key);
	if (ret == -ENOENT)
		hvu_pool_file_unlock(&pool->file);
	else
		end(pool, ret);
	return ret;
}

int hvu_pool_clear(struct hvu_pool *pool)
{
	int ret = begin(pool, HVU_POOL_WRITE);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	ret = write_records(pool, 0, NULL, 0, 0);
	if (!ret)
		hvu_content_free(&pool->content);
	end(pool, ret);
	return ret;
}

/* --- What an earlier boot has left. ---------------------------------------------------------- */

#define BOOT_ID_SIZE 40

static bool is_of_this_boot(const struct stat *status)
{
	struct timespec now, up;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return nanoseconds(&status->st_mtim) >= nanoseconds(&now) - nanoseconds(&up);
}

static void stamp_name(const struct hvu_pool *pool, char name[static HVU_POOL_NAME_SIZE])
{
	snprintf(name, HVU_POOL_NAME_SIZE, ".hv_ic_boot_%u", pool->file.number);
}

/* Nothing is lost if this fails: the date of the file tells, too. */
static void write_stamp(const struct hvu_pool *pool, const char *boot)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	char name[HVU_POOL_NAME_SIZE];
	int fd;

	stamp_name(pool, name);
	fd = openat(pool->file.directory, name, flags, 0644);
	if (fd < 0)
		return;
	dprintf(fd, "%s\n", boot);
	close(fd);
}

/*
 * The date alone does not tell: the clock is often set after the boot, and what was written before
 * then seems older than the boot. And the stamp alone does not tell: another daemon may have
 * written in this boot.
 */
int hvu_pool_drop_old(struct hvu_pool *pool, int root)
{
	char boot[BOOT_ID_SIZE], stamp[BOOT_ID_SIZE], name[HVU_POOL_NAME_SIZE];
	int ret;

	if (hvu_read(root, boot, sizeof(boot), "proc/sys/kernel/random/boot_id") < 0)
		boot[0] = '\0';
	stamp_name(pool, name);
	hvu_read(pool->file.directory, stamp, sizeof(stamp), "%s", name);
	if (boot[0] && !strcmp(boot, stamp))
		return 0;
	ret = hvu_pool_refresh(pool);
	if (ret < 0)
		return ret;
	ret = 0;
	if (pool->total && !is_of_this_boot(&pool->seen)) {
		ret = hvu_pool_clear(pool);
		if (ret)
			return ret;
		ret = 1;
	}
	if (boot[0])
		write_stamp(pool, boot);
	return ret;
}

/* --- For people. ----------------------------------------------------------------------------- */

int hvu_pool_inspect(struct hvu_pool *pool, int root, struct hvu_pool_info *info)
{
	const struct hvu_content *content = &pool->content;
	char name[HVU_POOL_NAME_SIZE];

	*info = (struct hvu_pool_info){ 0 };
	hvu_pool_file_name(&pool->file, name);
	if (!fstatat(pool->file.directory, name, &info->status, AT_SYMLINK_NOFOLLOW))
		info->locked = hvu_lock_find(root, &info->status, &info->lock);
	else if (errno != ENOENT)
		return -errno;

	/* It is to be read even if nothing has changed, to see the journal. */
	pool->known = false;
	info->unread = refresh(pool, &info->interrupted);
	if (info->unread == -ENOMEM)
		return -ENOMEM;
	if (info->unread > 0)
		info->unread = 0;
	info->records = pool->total;
	info->empty = content->empty;
	info->ignored = pool->total - content->n;
	info->rest = info->status.st_size % HVU_POOL_RECORD_SIZE;
	for (size_t i = 0; i < content->n; i++) {
		struct hvu_match match = hvu_content_find(content, content->slots[i]->key);

		info->duplicates += match.n && match.last != content->slots[i];
	}
	return 0;
}

const char *hvu_pool_explain(int error)
{
	switch (-error) {
	case EINVAL:
		return "a key must not be empty";
	case EMSGSIZE:
		return "a key has at most 511 bytes, a value 2047";
	case ENOBUFS:
		return "the pool is full: it has 4096 records";
	case EBUSY:
		return "another program keeps it locked, or writes to it without a lock";
	case ELOOP:
		return "it is a symbolic link; a pool, and its journal, must be regular files";
	case EISDIR:
		return "it is a directory; a pool, and its journal, must be regular files";
	case ENOTSUP:
		return "a pool, and its journal, must be regular files";
	case EMLINK:
		return "it has a second name (a hard link), so it is not written";
	default:
		return strerror(-error);
	}
}
