// SPDX-License-Identifier: GPL-2.0
/* The pools: what others find in the files, and what we make of what they leave there. */
#include "pool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "pool_file.h"
#include "unit.h"

#define POOL ".kvp_pool_1"
#define RECORD HVU_POOL_RECORD_SIZE

static struct hvu_pool *open_pool(struct unit_root *root)
{
	struct hvu_pool *pool;

	assert_int_equal(hvu_pool_open(&pool, root->fd, HVU_POOL_GUEST, 100), 0);
	return pool;
}

static int try_open(struct unit_root *root)
{
	struct hvu_pool *pool;
	int ret = hvu_pool_open(&pool, root->fd, HVU_POOL_GUEST, 100);

	if (!ret)
		hvu_pool_close(pool);
	return ret;
}

static void record(char *at, const char *key, const char *value)
{
	memset(at, 0, RECORD);
	strncpy(at, key, HVU_POOL_KEY_SIZE);
	strncpy(at + HVU_POOL_KEY_SIZE, value, HVU_POOL_VALUE_SIZE);
}

/* What the file holds, as "key=value key=value"; checks that the padding is zero. */
static const char *in_file(struct unit_root *root, char text[static 4096])
{
	char buf[RECORD], path[128];
	size_t len = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/" POOL, root->path);
	file = fopen(path, "r");
	assert_non_null(file);
	text[0] = '\0';
	while (fread(buf, RECORD, 1, file)) {
		size_t key = strlen(buf), value = strlen(buf + HVU_POOL_KEY_SIZE);

		for (size_t i = key; i < HVU_POOL_KEY_SIZE; i++)
			assert_int_equal(buf[i], 0);
		for (size_t i = HVU_POOL_KEY_SIZE + value; i < RECORD; i++)
			assert_int_equal(buf[i], 0);
		len += snprintf(text + len, 4096 - len, "%s%s=%s", len ? " " : "", buf,
				buf + HVU_POOL_KEY_SIZE);
	}
	fclose(file);
	return text;
}

static const char *in_memory(struct hvu_pool *pool, char text[static 4096])
{
	struct hvu_pool_item item;
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; hvu_pool_at(pool, i, &item); i++)
		len += snprintf(text + len, 4096 - len, "%s%s=%s", len ? " " : "", item.key,
				item.value);
	return text;
}

static void assert_pool(struct unit_root *root, struct hvu_pool *pool, const char *expected)
{
	struct hvu_pool *other = open_pool(root);
	char text[4096];

	assert_string_equal(in_file(root, text), expected);
	assert_string_equal(in_memory(pool, text), expected);
	assert_string_equal(in_memory(other, text), expected);
	assert_int_equal(hvu_pool_count(other), hvu_pool_count(pool));
	hvu_pool_close(other);
}

/* What somebody else writes, with a date that is older than the clock's resolution. */
static void write_records(struct unit_root *root, const char *const (*items)[2], size_t n)
{
	char *data = calloc(n, RECORD);

	for (size_t i = 0; i < n; i++)
		record(data + i * RECORD, items[i][0], items[i][1]);
	unit_bytes(root, POOL, data, n * RECORD);
	free(data);
	usleep(30000);
}

/* --- What a pool does. ---------------------------------------------------------------------- */

static void sets_and_deletes(void **state)
{
	struct unit_root *root = *state;
	struct hvu_pool *pool = open_pool(root);
	struct stat status, later;
	char path[128];

	snprintf(path, sizeof(path), "%s/" POOL, root->path);
	assert_int_equal(hvu_pool_count(pool), 0);
	/* To open a pool makes nothing. */
	assert_int_equal(access(path, F_OK), -1);
	assert_null(hvu_pool_get(pool, "a"));
	assert_int_equal(hvu_pool_delete(pool, "a"), -ENOENT);
	umask(077);
	assert_int_equal(hvu_pool_set(pool, "a", "1"), 0);
	umask(022);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0644);

	assert_int_equal(hvu_pool_set(pool, "b", "2"), 0);
	assert_int_equal(hvu_pool_set(pool, "c", ""), 0);
	assert_int_equal(hvu_pool_set(pool, "d", "4"), 0);
	assert_pool(root, pool, "a=1 b=2 c= d=4");
	assert_int_equal(hvu_pool_set(pool, "b", "a longer one"), 0);
	assert_int_equal(hvu_pool_set(pool, "b", "short"), 0);
	assert_pool(root, pool, "a=1 b=short c= d=4");
	assert_string_equal(hvu_pool_get(pool, "b"), "short");
	assert_string_equal(hvu_pool_get(pool, "c"), "");

	/* The last one takes the place of what goes; the last one itself just goes. */
	assert_int_equal(hvu_pool_delete(pool, "a"), 0);
	assert_pool(root, pool, "d=4 b=short c=");
	assert_int_equal(hvu_pool_delete(pool, "a"), -ENOENT);
	assert_int_equal(hvu_pool_delete(pool, "c"), 0);
	assert_pool(root, pool, "d=4 b=short");
	assert_int_equal(hvu_pool_delete(pool, "d"), 0);
	assert_int_equal(hvu_pool_delete(pool, "b"), 0);
	assert_pool(root, pool, "");
	assert_int_equal(hvu_pool_set(pool, "e", "5"), 0);
	assert_int_equal(hvu_pool_clear(pool), 0);
	assert_pool(root, pool, "");

	/* Others have it open, and their locks are on it. */
	assert_int_equal(stat(path, &later), 0);
	assert_int_equal(later.st_ino, status.st_ino);
	hvu_pool_close(pool);
}

static void keeps_limits(void **state)
{
	struct unit_root *root = *state;
	struct hvu_pool *pool = open_pool(root), *other;
	char key[HVU_POOL_KEY_SIZE + 1], value[HVU_POOL_VALUE_SIZE + 1];

	memset(key, 'k', sizeof(key));
	memset(value, 'v', sizeof(value));
	key[512] = '\0';
	value[2047] = '\0';
	assert_int_equal(hvu_pool_set(pool, key, value), -EMSGSIZE);
	key[511] = '\0';
	value[2047] = 'v';
	value[2048] = '\0';
	assert_int_equal(hvu_pool_set(pool, key, value), -EMSGSIZE);
	value[2047] = '\0';
	assert_int_equal(hvu_pool_set(pool, key, value), 0);
	assert_int_equal(hvu_pool_set(pool, "", "x"), -EINVAL);
	other = open_pool(root);
	assert_string_equal(hvu_pool_get(other, key), value);
	hvu_pool_close(other);
	hvu_pool_close(pool);
}

static void holds_many(void **state)
{
	struct unit_root *root = *state;
	struct hvu_pool *pool = open_pool(root), *other;
	char key[16], value[16];

	for (int i = 0; i < 1024; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		assert_int_equal(hvu_pool_set(pool, key, key), 0);
	}
	for (int i = 0; i < 1024; i += 2) {
		snprintf(key, sizeof(key), "key%d", i);
		assert_int_equal(hvu_pool_delete(pool, key), 0);
	}
	for (int i = 1; i < 1024; i += 2) {
		snprintf(key, sizeof(key), "key%d", i);
		snprintf(value, sizeof(value), "new%d", i);
		assert_int_equal(hvu_pool_set(pool, key, value), 0);
	}
	other = open_pool(root);
	assert_int_equal(hvu_pool_count(other), 512);
	for (int i = 0; i < 1024; i++) {
		struct hvu_pool_item item, same;
		const char *found;

		snprintf(key, sizeof(key), "key%d", i);
		snprintf(value, sizeof(value), "new%d", i);
		found = hvu_pool_get(other, key);
		assert_true(i % 2 ? !strcmp(found, value) : !found);
		assert_true(hvu_pool_at(other, i, &item) == (i < 512));
		if (i < 512) {
			assert_true(hvu_pool_at(pool, i, &same));
			assert_string_equal(item.key, same.key);
		}
	}
	hvu_pool_close(other);
	hvu_pool_close(pool);
}

static void is_full(void **state)
{
	struct unit_root *root = *state;
	size_t n = HVU_POOL_RECORDS + 3;
	char *data = calloc(n, RECORD), key[16];
	struct hvu_pool_info info;
	struct hvu_pool *pool;

	for (size_t i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "key%zu", i);
		record(data + i * RECORD, key, "x");
	}
	unit_bytes(root, POOL, data, n * RECORD);
	pool = open_pool(root);
	assert_int_equal(hvu_pool_count(pool), HVU_POOL_RECORDS);
	assert_int_equal(hvu_pool_set(pool, "new", "x"), -ENOBUFS);
	assert_int_equal(hvu_pool_delete(pool, "key1"), -ENOBUFS);
	assert_int_equal(hvu_pool_set(pool, "key1", "y"), 0);
	assert_int_equal(hvu_pool_inspect(pool, root->fd, &info), 0);
	assert_int_equal(info.ignored, 3);
	assert_int_equal(info.status.st_size, n * RECORD);
	hvu_pool_close(pool);
	free(data);
}

/* --- What others leave. --------------------------------------------------------------------- */

static void notices_others(void **state)
{
	static const char *const first[][2] = { { "a", "1" } };
	static const char *const second[][2] = { { "a", "2" } };
	struct unit_root *root = *state;
	struct hvu_pool *pool;
	char path[128];

	snprintf(path, sizeof(path), "%s/" POOL, root->path);
	write_records(root, first, 1);
	pool = open_pool(root);
	assert_false(hvu_pool_is_stale(pool));
	assert_int_equal(hvu_pool_refresh(pool), 0);
	write_records(root, second, 1);
	assert_true(hvu_pool_is_stale(pool));
	assert_string_equal(hvu_pool_get(pool, "a"), "1");
	assert_int_equal(hvu_pool_refresh(pool), 1);
	assert_string_equal(hvu_pool_get(pool, "a"), "2");

	/* Our own change does not make it stale, however soon it is asked. */
	assert_int_equal(hvu_pool_set(pool, "a", "3"), 0);
	assert_false(hvu_pool_is_stale(pool));
	/* A write of the same moment and size does. */
	for (int i = 0; i < 100; i++) {
		struct hvu_pool *other = open_pool(root);
		char value[16];

		snprintf(value, sizeof(value), "%03d", i);
		assert_int_equal(hvu_pool_set(other, "a", value), 0);
		assert_int_equal(hvu_pool_refresh(pool), 1);
		assert_string_equal(hvu_pool_get(pool, "a"), value);
		hvu_pool_close(other);
	}

	/* A file that goes, and comes as another one. */
	unlink(path);
	assert_int_equal(hvu_pool_refresh(pool), 1);
	assert_int_equal(hvu_pool_count(pool), 0);
	assert_false(hvu_pool_is_stale(pool));
	write_records(root, first, 1);
	assert_int_equal(hvu_pool_refresh(pool), 1);
	assert_string_equal(hvu_pool_get(pool, "a"), "1");
	hvu_pool_close(pool);
}

/* A write without a lock, in the very moment of ours. */
static void notices_the_same_moment(void **state)
{
	struct unit_root *root = *state;
	struct hvu_pool *pool = open_pool(root);
	char path[128], buf[RECORD];

	snprintf(path, sizeof(path), "%s/" POOL, root->path);
	for (int i = 0; i < 200; i++) {
		char value[16];
		int fd;

		assert_int_equal(hvu_pool_set(pool, "a", i % 2 ? "x" : "y"), 0);
		snprintf(value, sizeof(value), "%03d", i);
		record(buf, "a", value);
		fd = open(path, O_WRONLY);
		assert_int_equal(pwrite(fd, buf, RECORD, 0), RECORD);
		close(fd);
		assert_int_equal(hvu_pool_refresh(pool), 1);
		assert_string_equal(hvu_pool_get(pool, "a"), value);
	}
	hvu_pool_close(pool);
}

static struct stat dated(int64_t mtime_ns, int64_t ctime_ns)
{
	const int64_t second = 1000000000;

	return (struct stat){ .st_mtim = { mtime_ns / second, mtime_ns % second },
			      .st_ctim = { ctime_ns / second, ctime_ns % second } };
}

static void expect_young(int64_t mtime_ns, int64_t ctime_ns, int64_t now_ns, bool young)
{
	struct stat status = dated(mtime_ns, ctime_ns);
	struct timespec now = dated(now_ns, 0).st_mtim;

	assert_int_equal(hvu_pool_file_is_young(&status, &now), young);
}

/* For how long another write may get the same dates. */
static void young_dates(void **state)
{
	const int64_t ms = 1000000, s = 1000 * ms, date = 1700000000 * s;

	(void)state;
	/* The clock may be set back as well. */
	for (int sign = -1; sign <= 1; sign += 2) {
		expect_young(date + 1, date + 1, date + 1 + sign * 19 * ms, true);
		expect_young(date + 1, date + 1, date + 1 + sign * 21 * ms, false);
		/* Only one of them is in whole seconds: somebody has set it so. */
		expect_young(date, date + 1, date + 1 + sign * 21 * ms, false);
		expect_young(date + 1, date, date + sign * 21 * ms, false);
		/* The file system knows nothing else. */
		expect_young(date, date, date + sign * 999 * ms, true);
		expect_young(date, date, date + sign * 1999 * ms, true);
		expect_young(date, date, date + sign * 2001 * ms, true);
		expect_young(date, date, date + sign * 2021 * ms, false);
	}
}

/* A file system whose dates are whole seconds. */
static int coarse_futimens(int fd, const struct timespec times[2])
{
	struct timespec cut[2] = { times[0], { .tv_sec = times[1].tv_sec } };

	return futimens(fd, cut);
}

static const struct hvu_pool_ops coarse = { pwrite, ftruncate, fdatasync, coarse_futimens };

/* Then a write of ours has no date of its own: what follows might have the same one. */
static void coarse_dates(void **state)
{
	struct unit_root *root = *state;
	struct hvu_pool *pool;

	assert_int_equal(hvu_pool_open_with(&pool, root->fd, HVU_POOL_GUEST, 100, &coarse), 0);
	assert_int_equal(hvu_pool_set(pool, "a", "1"), 0);
	assert_true(hvu_pool_is_stale(pool));
	assert_int_equal(hvu_pool_refresh(pool), 0);
	/* If the test runs on such a one, it takes two seconds. */
	for (int i = 0; i < 100 && hvu_pool_is_stale(pool); i++) {
		usleep(30000);
		assert_int_equal(hvu_pool_refresh(pool), 0);
	}
	assert_false(hvu_pool_is_stale(pool));
	hvu_pool_close(pool);
}

static void repeated_keys(void **state)
{
	static const char *const items[][2] = {
		{ "x", "0" }, { "a", "1" }, { "b", "1" }, { "a", "2" }, { "c", "1" }, { "a", "3" },
	};
	struct unit_root *root = *state;
	struct hvu_pool_info info;
	struct hvu_pool *pool;

	write_records(root, items, ARRAY_SIZE(items));
	pool = open_pool(root);
	/* The host sees them all; the last one counts. */
	assert_pool(root, pool, "x=0 a=1 b=1 a=2 c=1 a=3");
	assert_string_equal(hvu_pool_get(pool, "a"), "3");
	assert_int_equal(hvu_pool_inspect(pool, root->fd, &info), 0);
	assert_int_equal(info.duplicates, 2);
	/* If the last one took the place of x, it would not be the last one. */
	assert_int_equal(hvu_pool_delete(pool, "x"), 0);
	assert_pool(root, pool, "a=1 b=1 a=2 c=1 a=3");
	assert_int_equal(hvu_pool_set(pool, "a", "4"), 0);
	assert_pool(root, pool, "a=4 b=1 c=1");
	assert_int_equal(hvu_pool_set(pool, "d", "1"), 0);
	assert_pool(root, pool, "a=4 b=1 c=1 d=1");

	write_records(root, items, ARRAY_SIZE(items));
	assert_int_equal(hvu_pool_delete(pool, "a"), 0);
	assert_pool(root, pool, "x=0 b=1 c=1");
	assert_int_equal(hvu_pool_delete(pool, "b"), 0);
	assert_pool(root, pool, "x=0 c=1");
	hvu_pool_close(pool);
}

static void odd_records(void **state)
{
	struct unit_root *root = *state;
	char *data = calloc(5, RECORD);
	struct hvu_pool_item item;
	struct hvu_pool_info info;
	struct hvu_pool *pool;
	char key[513];

	/* No key; neither with an end; no UTF-8, and what an older value has left; half a record. */
	memset(data + RECORD, 'n', RECORD);
	record(data + 2 * RECORD, "\xff\xfe", "\x80");
	memcpy(data + 2 * RECORD + HVU_POOL_KEY_SIZE + 4, "rest", 4);
	record(data + 3 * RECORD, "half", "x");
	unit_bytes(root, POOL, data, 3 * RECORD + 700);
	pool = open_pool(root);
	assert_int_equal(hvu_pool_count(pool), 2);
	assert_true(hvu_pool_at(pool, 0, &item));
	assert_int_equal(strlen(item.key), HVU_POOL_KEY_SIZE);
	assert_int_equal(strlen(item.value), HVU_POOL_VALUE_SIZE);
	assert_true(hvu_pool_at(pool, 1, &item));
	assert_string_equal(item.key, "\xff\xfe");
	assert_string_equal(item.value, "\x80");
	assert_false(hvu_pool_at(pool, 2, &item));
	assert_null(hvu_pool_get(pool, ""));
	assert_null(hvu_pool_get(pool, "half"));
	assert_int_equal(hvu_pool_delete(pool, ""), -ENOENT);
	assert_int_equal(hvu_pool_inspect(pool, root->fd, &info), 0);
	assert_int_equal(info.records, 3);
	assert_int_equal(info.empty, 1);
	assert_int_equal(info.rest, 700);

	/* What is appended is not shifted by the half one. */
	assert_int_equal(hvu_pool_set(pool, "new", "x"), 0);
	assert_int_equal(hvu_pool_inspect(pool, root->fd, &info), 0);
	assert_int_equal(info.rest, 0);
	assert_int_equal(info.records, 4);
	assert_string_equal(hvu_pool_get(pool, "new"), "x");
	memset(key, 'n', 512);
	key[512] = '\0';
	assert_int_equal(hvu_pool_delete(pool, key), 0);
	assert_int_equal(hvu_pool_count(pool), 2);
	assert_string_equal(hvu_pool_get(pool, "new"), "x");
	hvu_pool_close(pool);
	free(data);
}

/* --- What is no pool. ----------------------------------------------------------------------- */

static void refuses_others(void **state)
{
	struct unit_root *root = *state;
	struct hvu_pool *pool;
	char path[128], other[128];
	struct stat status;

	snprintf(path, sizeof(path), "%s/" POOL, root->path);
	snprintf(other, sizeof(other), "%s/other", root->path);
	unit_file(root, "other", "");
	unit_symlink(root, POOL, "other");
	assert_int_equal(try_open(root), -ELOOP);
	unlink(path);
	unit_folder(root, POOL);
	assert_int_equal(try_open(root), -EISDIR);
	rmdir(path);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(try_open(root), -ENOTSUP);
	unlink(path);

	/* It may change while it is open. */
	pool = open_pool(root);
	unit_symlink(root, POOL, "other");
	assert_int_equal(hvu_pool_refresh(pool), -ELOOP);
	assert_int_equal(hvu_pool_set(pool, "a", "1"), -ELOOP);
	assert_int_equal(hvu_pool_create(pool), -ELOOP);
	unlink(path);
	/* The journal likewise; and neither is written through another name. */
	unit_symlink(root, ".hv_ic_journal_1", "other");
	assert_int_equal(hvu_pool_set(pool, "a", "1"), -ELOOP);
	unit_remove(root, ".hv_ic_journal_1");
	unlink(path);
	assert_int_equal(link(other, path), 0);
	assert_int_equal(hvu_pool_set(pool, "a", "1"), -EMLINK);
	assert_int_equal(hvu_pool_refresh(pool), 0);
	assert_int_equal(stat(other, &status), 0);
	assert_int_equal(status.st_size, 0);
	hvu_pool_close(pool);
	for (int error = 1; error < 140; error++)
		assert_true(strlen(hvu_pool_explain(-error)) > 3);
}

static void full_disk(void **state)
{
	static const char *const items[][2] = { { "a", "1" }, { "b", "2" } };
	struct unit_root *root = *state;
	struct rlimit limit, old;
	struct hvu_pool *pool;

	signal(SIGXFSZ, SIG_IGN);
	write_records(root, items, ARRAY_SIZE(items));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	/* At no limit is anything lost: with too little for the journal, or for the pool. */
	for (rlim_t size = 0; size < 4 * RECORD; size += 256) {
		int ret;

		limit = (struct rlimit){ size, old.rlim_max };
		pool = open_pool(root);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		ret = hvu_pool_set(pool, "c", "3");
		setrlimit(RLIMIT_FSIZE, &old);
		assert_true(ret == 0 || ret == -EFBIG);
		assert_int_equal(ret == 0, size >= 3 * RECORD);
		assert_int_equal(hvu_pool_refresh(pool) < 0, 0);
		assert_pool(root, pool, ret ? "a=1 b=2" : "a=1 b=2 c=3");
		if (!ret)
			assert_int_equal(hvu_pool_delete(pool, "c"), 0);
		hvu_pool_close(pool);
	}
}

/* A file does not grow any more. */
static ssize_t full_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	struct stat status;

	if (!fstat(fd, &status) && offset + (off_t)size > status.st_size) {
		errno = ENOSPC;
		return -1;
	}
	return pwrite(fd, data, size, offset);
}

static const struct hvu_pool_ops full = { full_pwrite, ftruncate, fdatasync, futimens };

/* What is removed needs no room, not even for a journal. */
static void full_disk_deletes(void **state)
{
	static const char *const items[][2] = {
		{ "a", "1" }, { "b", "2" }, { "a", "3" }, { "c", "4" }, { "d", "5" }, { "d", "6" },
	};
	struct unit_root *root = *state;
	struct hvu_pool_info info;
	struct hvu_pool *pool;
	char text[4096];

	write_records(root, items, ARRAY_SIZE(items));
	assert_int_equal(hvu_pool_open_with(&pool, root->fd, HVU_POOL_GUEST, 100, &full), 0);
	assert_int_equal(hvu_pool_set(pool, "e", "7"), -ENOSPC);
	assert_int_equal(hvu_pool_delete(pool, "b"), 0);
	assert_string_equal(in_memory(pool, text), "a=1 a=3 c=4 d=5 d=6");
	assert_int_equal(hvu_pool_delete(pool, "a"), 0);
	assert_int_equal(hvu_pool_delete(pool, "d"), 0);
	assert_int_equal(hvu_pool_delete(pool, "d"), -ENOENT);
	assert_string_equal(in_memory(pool, text), "c=4");
	/* Nothing of them is left to be read; what is at the end goes away with it. */
	assert_string_equal(in_file(root, text), "= = = c=4");
	hvu_pool_close(pool);
	pool = open_pool(root);
	assert_string_equal(in_memory(pool, text), "c=4");
	assert_int_equal(hvu_pool_inspect(pool, root->fd, &info), 0);
	assert_int_equal(info.empty, 3);
	assert_false(info.interrupted);
	assert_int_equal(hvu_pool_set(pool, "a", "8"), 0);
	assert_int_equal(hvu_pool_delete(pool, "c"), 0);
	assert_string_equal(in_memory(pool, text), "a=8");
	hvu_pool_close(pool);
}

/* --- Locks and dates. ----------------------------------------------------------------------- */

/* A process that holds a lock, until it is killed. */
static pid_t hold(struct unit_root *root, bool posix, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
	int ready[2], fd, ret;
	char path[128], byte;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/" POOL, root->path);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		fd = open(path, O_RDWR);
		ret = posix ? fcntl(fd, F_SETLK, &lock) :
			      flock(fd, type == F_WRLCK ? LOCK_EX : LOCK_SH);
		if (!ret)
			ret = write(ready[1], "x", 1);
		pause();
		_exit(ret < 0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void let_go(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void respects_locks(void **state)
{
	static const char *const items[][2] = { { "a", "1" } };
	struct unit_root *root = *state;
	struct hvu_pool_info info;
	int proc = open("/", O_PATH);

	for (int posix = 0; posix < 2; posix++) {
		struct hvu_pool *pool, *late;
		pid_t pid;

		write_records(root, items, 1);
		pool = open_pool(root);
		pid = hold(root, posix, F_WRLCK);
		assert_int_equal(hvu_pool_set(pool, "a", "2"), -EBUSY);
		assert_int_equal(hvu_pool_delete(pool, "a"), -EBUSY);
		assert_string_equal(hvu_pool_get(pool, "a"), "1");
		/* Whoever comes meanwhile waits for it. */
		late = open_pool(root);
		assert_int_equal(hvu_pool_count(late), 0);
		assert_int_equal(hvu_pool_refresh(late), -EBUSY);
		assert_int_equal(hvu_pool_inspect(late, proc, &info), 0);
		assert_int_equal(info.unread, -EBUSY);
		assert_true(info.locked);
		assert_int_equal(info.lock.kind, posix ? 'p' : 'f');
		assert_int_equal(info.lock.pid, pid);
		let_go(pid);
		assert_int_equal(hvu_pool_refresh(late), 1);
		assert_string_equal(hvu_pool_get(late, "a"), "1");

		/* Readers do not keep each other out. */
		pid = hold(root, posix, F_RDLCK);
		hvu_pool_close(pool);
		pool = open_pool(root);
		assert_int_equal(hvu_pool_count(pool), 1);
		assert_int_equal(hvu_pool_set(pool, "a", "2"), -EBUSY);
		let_go(pid);
		assert_int_equal(hvu_pool_set(pool, "a", "2"), 0);
		assert_int_equal(hvu_pool_inspect(late, proc, &info), 0);
		assert_false(info.locked);
		hvu_pool_close(late);
		hvu_pool_close(pool);
	}
	close(proc);
}

static unsigned int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* The files stay open for the next change, as long as they are the ones, and as they were left. */
static void stays_open(void **state)
{
	static const char *const others[][2] = { { "x", "1" } };
	struct unit_root *root = *state;
	struct hvu_pool *pool = open_pool(root);
	unsigned int before = open_files();
	struct stat journal;

	assert_int_equal(hvu_pool_set(pool, "a", "1"), 0);
	assert_int_equal(open_files(), before + 2);
	assert_int_equal(hvu_pool_set(pool, "a", "2"), 0);
	assert_int_equal(hvu_pool_delete(pool, "b"), -ENOENT);
	assert_int_equal(open_files(), before + 2);

	/* Another file under its name; then none. */
	assert_int_equal(renameat(root->fd, POOL, root->fd, "moved"), 0);
	write_records(root, others, 1);
	assert_int_equal(hvu_pool_set(pool, "a", "3"), 0);
	assert_pool(root, pool, "x=1 a=3");
	unit_remove(root, POOL);
	assert_int_equal(hvu_pool_delete(pool, "a"), -ENOENT);
	assert_int_equal(open_files(), before);
	assert_int_equal(hvu_pool_set(pool, "a", "4"), 0);
	assert_pool(root, pool, "a=4");

	/* No longer one that is written. */
	assert_int_equal(linkat(root->fd, POOL, root->fd, "second", 0), 0);
	assert_int_equal(hvu_pool_set(pool, "a", "5"), -EMLINK);
	unit_remove(root, "second");
	assert_int_equal(hvu_pool_set(pool, "a", "5"), 0);

	/* Its journal is gone; or another one, with nothing in it. */
	unit_remove(root, ".hv_ic_journal_1");
	assert_int_equal(hvu_pool_set(pool, "a", "6"), 0);
	assert_int_equal(faccessat(root->fd, ".hv_ic_journal_1", F_OK, 0), 0);
	unit_remove(root, ".hv_ic_journal_1");
	unit_file(root, ".hv_ic_journal_1", "");
	assert_int_equal(hvu_pool_set(pool, "a", "7"), 0);
	assert_int_equal(fstatat(root->fd, ".hv_ic_journal_1", &journal, 0), 0);
	assert_true(journal.st_size);
	assert_pool(root, pool, "a=7");
	assert_int_equal(open_files(), before + 2);

	/* Others learn that it was written when it is closed. */
	hvu_pool_rest(pool);
	assert_int_equal(open_files(), before);
	assert_int_equal(hvu_pool_set(pool, "a", "8"), 0);
	hvu_pool_close(pool);
	assert_int_equal(open_files(), before);
}

static void set_date(struct unit_root *root, time_t seconds)
{
	struct timespec times[2] = { { seconds, 0 }, { seconds, 0 } };

	assert_int_equal(utimensat(root->fd, POOL, times, 0), 0);
}

static void drops_what_is_old(void **state)
{
	static const char *const items[][2] = { { "HostName", "h" } };
	struct unit_root *root = *state;
	struct hvu_pool *pool = open_pool(root);

	unit_file(root, "proc/sys/kernel/random/boot_id", "this-boot\n");
	/* Nothing there. */
	assert_int_equal(hvu_pool_drop_old(pool, root->fd), 0);
	unit_remove(root, ".hv_ic_boot_1");
	/* Written in this boot, by a daemon that leaves no stamp. */
	write_records(root, items, 1);
	assert_int_equal(hvu_pool_drop_old(pool, root->fd), 0);
	/* The clock has been set forward since: it looks old, but we have seen it in this boot. */
	set_date(root, 1000);
	assert_int_equal(hvu_pool_drop_old(pool, root->fd), 0);
	assert_int_equal(hvu_pool_refresh(pool) < 0, 0);
	assert_int_equal(hvu_pool_count(pool), 1);
	/* The next boot. */
	unit_file(root, "proc/sys/kernel/random/boot_id", "next-boot\n");
	assert_int_equal(hvu_pool_drop_old(pool, root->fd), 1);
	assert_int_equal(hvu_pool_count(pool), 0);
	assert_int_equal(hvu_pool_set(pool, "HostName", "new"), 0);
	assert_int_equal(hvu_pool_drop_old(pool, root->fd), 0);
	assert_string_equal(hvu_pool_get(pool, "HostName"), "new");
	/* Without /proc there is the date. */
	unit_remove(root, "proc/sys/kernel/random/boot_id");
	assert_int_equal(hvu_pool_drop_old(pool, root->fd), 0);
	set_date(root, 1000);
	assert_int_equal(hvu_pool_drop_old(pool, root->fd), 1);
	hvu_pool_close(pool);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(sets_and_deletes),
		TEST(keeps_limits),
		TEST(holds_many),
		TEST(is_full),
		TEST(notices_others),
		TEST(notices_the_same_moment),
		TEST(young_dates),
		TEST(coarse_dates),
		TEST(repeated_keys),
		TEST(odd_records),
		TEST(refuses_others),
		TEST(full_disk),
		TEST(full_disk_deletes),
		TEST(respects_locks),
		TEST(stays_open),
		TEST(drops_what_is_old),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
