// SPDX-License-Identifier: GPL-2.0
/*
 * A pool whose writer is killed, and one whose power is cut: at each write, cut, and flush. What is
 * found afterwards is what was there before the change or what is there after it, and after it if
 * the change was said to be done.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "pool.h"
#include "pool_file.h"
#include "unit.h"

#define RECORD	HVU_POOL_RECORD_SIZE
#define SECTOR	512
#define TEXT	8192

static char *text_of(struct hvu_pool *pool, char text[static TEXT])
{
	struct hvu_pool_item item;
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; hvu_pool_at(pool, i, &item); i++)
		len += snprintf(text + len, TEXT - len, "%s=%.20s(%zu) ", item.key, item.value,
				strlen(item.value));
	assert_true(len < TEXT);
	return text;
}

/* What a pool holds for those that lock; and that it holds the same for those that only read. */
static char *text_in(int directory, char text[static TEXT])
{
	char buf[RECORD], key[HVU_POOL_KEY_SIZE], value[HVU_POOL_VALUE_SIZE];
	struct hvu_pool *pool;
	size_t n = 0;
	int fd;

	assert_int_equal(hvu_pool_open(&pool, directory, HVU_POOL_GUEST, 1000), 0);
	text_of(pool, text);
	fd = openat(directory, ".kvp_pool_1", O_RDONLY);
	for (; read(fd, buf, RECORD) == RECORD; n++) {
		struct hvu_pool_item item;

		assert_true(hvu_pool_at(pool, n, &item));
		strcpy(key, item.key);
		strcpy(value, item.value);
		assert_string_equal(buf, key);
		assert_string_equal(buf + HVU_POOL_KEY_SIZE, value);
	}
	assert_int_equal(n, hvu_pool_count(pool));
	close(fd);
	hvu_pool_close(pool);
	return text;
}

/* --- Killed. --------------------------------------------------------------------------------- */

/* In the process that is killed: after how many steps, and how much of a write was done. */
static int kill_at, kill_size;

static void step(void)
{
	if (!kill_at--)
		raise(SIGKILL);
}

static ssize_t kill_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	if (!kill_at && (size_t)kill_size < size)
		pwrite(fd, data, kill_size, offset);
	step();
	return pwrite(fd, data, size, offset);
}

static int kill_ftruncate(int fd, off_t size)
{
	step();
	return ftruncate(fd, size);
}

static int kill_fdatasync(int fd)
{
	step();
	return fdatasync(fd);
}

static const struct hvu_pool_ops killing = {
	kill_pwrite, kill_ftruncate, kill_fdatasync, futimens
};

static const char long_value[] =
	"a value that is longer than a sector, so that a write of it can be cut in the middle: "
	"................................................................................"
	"................................................................................"
	"................................................................................"
	"................................................................................"
	"................................................................................"
	"................................................................................end";

static int change(struct hvu_pool *pool, int number)
{
	switch (number) {
	case 0: return hvu_pool_set(pool, "new", long_value);
	case 1: return hvu_pool_set(pool, "a", long_value);
	case 2: return hvu_pool_set(pool, "d", "4");
	case 3: return hvu_pool_delete(pool, "a");
	case 4: return hvu_pool_delete(pool, "last");
	case 5: return hvu_pool_set(pool, "twice", "one of two");
	case 6: return hvu_pool_delete(pool, "twice");
	default: return hvu_pool_clear(pool);
	}
}

#define CHANGES 8

static void fill(struct unit_root *root)
{
	static const char *const items[][2] = {
		{ "a", "1" }, { "twice", "2" }, { "c", "3" }, { "d", long_value }, { "twice", "5" },
		{ "last", "6" },
	};
	char data[ARRAY_SIZE(items) * RECORD] = "";

	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		strcpy(data + i * RECORD, items[i][0]);
		strcpy(data + i * RECORD + HVU_POOL_KEY_SIZE, items[i][1]);
	}
	unit_bytes(root, ".kvp_pool_1", data, sizeof(data));
}

/* Is the process killed before it is done? */
static bool killed(struct unit_root *root, int number, int at, int size)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		struct hvu_pool *pool;
		int ret;

		kill_at = at;
		kill_size = size;
		ret = hvu_pool_open_with(&pool, root->fd, HVU_POOL_GUEST, 1000, &killing);
		if (!ret && number >= 0)
			ret = change(pool, number);
		_exit(ret ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || !WEXITSTATUS(status));
	return WIFSIGNALED(status);
}

static void expect_killed(struct unit_root *root, int number, int size)
{
	char before[TEXT], after[TEXT], now[TEXT];
	bool seen_before = false, seen_after = false;
	bool more = true;

	fill(root);
	text_in(root->fd, before);
	killed(root, number, -1, 0);
	text_in(root->fd, after);
	assert_string_not_equal(before, after);
	for (int at = 0; more; at++) {
		fill(root);
		more = killed(root, number, at, size);
		/* Whoever mends it may be killed as well. */
		for (int again = 0; more && again < 3; again++)
			killed(root, -1, again, size);
		text_in(root->fd, now);
		if (!more)
			assert_string_equal(now, after);
		else if (strcmp(now, before))
			assert_string_equal(now, after);
		seen_before |= !strcmp(now, before);
		seen_after |= more && !strcmp(now, after);
	}
	assert_true(seen_before);
	assert_true(seen_after);
}

static void killed_at_each_step(void **state)
{
	static const int sizes[] = { 0, 512, 1024, 2048, 2560, 4096 };

	for (int number = 0; number < CHANGES; number++) {
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
			expect_killed(*state, number, sizes[i]);
	}
}

/* What is undone is ours alone: of what somebody has written since, nothing is. */
static void others_came_before(void **state)
{
	struct unit_root *root = *state;
	char record[RECORD] = "a", now[TEXT];
	int fd;

	/* It dies with a part of the record of "a" written. */
	fill(root);
	assert_true(killed(root, 1, 3, 1024));
	strcpy(record + HVU_POOL_KEY_SIZE, "theirs");
	fd = openat(root->fd, ".kvp_pool_1", O_WRONLY);
	assert_int_equal(pwrite(fd, record, RECORD, 0), RECORD);
	close(fd);
	assert_non_null(strstr(text_in(root->fd, now), "a=theirs"));

	/* They have only appended: ours is still to be undone. */
	fill(root);
	assert_true(killed(root, 1, 3, 1024));
	strcpy(record, "z");
	fd = openat(root->fd, ".kvp_pool_1", O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, record, RECORD), RECORD);
	close(fd);
	text_in(root->fd, now);
	assert_non_null(strstr(now, "a=1(1)"));
	assert_non_null(strstr(now, "z=theirs"));
}

/* Others append to what a deletion has left, before and after the end was cut off. */
static void others_append(void **state)
{
	struct unit_root *root = *state;
	char record[RECORD] = "z", now[TEXT];
	bool more = true;

	strcpy(record + HVU_POOL_KEY_SIZE, "theirs");
	for (int at = 0; more; at++) {
		int fd;

		fill(root);
		more = killed(root, 3, at, 0);
		fd = openat(root->fd, ".kvp_pool_1", O_WRONLY | O_APPEND);
		assert_int_equal(write(fd, record, RECORD), RECORD);
		close(fd);
		text_in(root->fd, now);
		assert_non_null(strstr(now, "z=theirs"));
		/* It is there, and only once. */
		assert_non_null(strstr(now, "last=6"));
		assert_null(strstr(strstr(now, "last=6") + 1, "last=6"));
		if (!more)
			assert_null(strstr(now, "a=1(1)"));
	}
}

/* --- Without power. -------------------------------------------------------------------------- */

/* Files as a disk has them: what is on it, and what it was told since the last flush. */
enum { POOL_FILE, JOURNAL_FILE, FILES };

static const char *const names[FILES] = { ".kvp_pool_1", ".hv_ic_journal_1" };

struct pending {
	bool cut;
	off_t offset;
	size_t size;
	uint8_t *data;
};

struct disk {
	uint8_t data[1 << 17];
	size_t size;
	struct pending pending[64];
	size_t n;
};

static struct disk disks[FILES];
static int crash_root;
static char crash_before[TEXT], crash_other[TEXT];
static unsigned int seed, crashes;

static struct disk *disk_of(int fd)
{
	char link[64], path[256] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	assert_true(readlink(link, path, sizeof(path) - 1) > 0);
	return &disks[strstr(path, "journal") ? JOURNAL_FILE : POOL_FILE];
}

static bool coin(void)
{
	return rand_r(&seed) >> 8 & 1;
}

static void grow(struct disk *disk, size_t size)
{
	if (size <= disk->size)
		return;
	memset(disk->data + disk->size, 0, size - disk->size);
	disk->size = size;
}

/* Sectors reach the disk in any order, and so does the size. */
static void lose_power(const struct disk *disk, struct disk *after)
{
	*after = *disk;
	for (size_t i = 0; i < disk->n; i++) {
		const struct pending *pending = &disk->pending[i];

		if (pending->cut && coin()) {
			grow(after, pending->offset);
			after->size = pending->offset;
		}
		for (size_t at = 0; !pending->cut && at < pending->size; at += SECTOR) {
			size_t n = pending->size - at < SECTOR ? pending->size - at : SECTOR;

			if (coin()) {
				grow(after, pending->offset + at + n);
				memcpy(after->data + pending->offset + at, pending->data + at, n);
			} else if (coin()) {
				grow(after, pending->offset + at + n);
			}
		}
	}
}

/* Starts anew with what the disks have; what the pool then holds. */
static const char *after_power(char text[static TEXT])
{
	static struct disk after;

	crashes++;
	for (int i = 0; i < FILES; i++) {
		int fd = openat(crash_root, names[i], O_WRONLY | O_CREAT | O_TRUNC, 0644);

		lose_power(&disks[i], &after);
		assert_int_equal(write(fd, after.data, after.size), after.size);
		close(fd);
	}
	return text_in(crash_root, text);
}

static void maybe_crash(void)
{
	char now[TEXT];

	for (int i = 0; i < 4; i++) {
		after_power(now);
		if (!strcmp(now, crash_before))
			continue;
		if (!crash_other[0])
			strcpy(crash_other, now);
		/* This is what the change has to come to. */
		assert_string_equal(now, crash_other);
	}
}

static struct pending *new_pending(int fd)
{
	struct disk *disk = disk_of(fd);

	assert_true(disk->n < ARRAY_SIZE(disk->pending));
	return &disk->pending[disk->n++];
}

static ssize_t disk_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	struct pending *pending = new_pending(fd);

	*pending = (struct pending){ .offset = offset, .size = size, .data = malloc(size) };
	memcpy(pending->data, data, size);
	assert_int_equal(pwrite(fd, data, size, offset), size);
	maybe_crash();
	return size;
}

static int disk_ftruncate(int fd, off_t size)
{
	*new_pending(fd) = (struct pending){ .cut = true, .offset = size };
	assert_int_equal(ftruncate(fd, size), 0);
	maybe_crash();
	return 0;
}

static int disk_fdatasync(int fd)
{
	struct disk *disk = disk_of(fd);
	ssize_t n = pread(fd, disk->data, sizeof(disk->data), 0);

	assert_true(n >= 0 && n < (ssize_t)sizeof(disk->data));
	disk->size = n;
	while (disk->n)
		free(disk->pending[--disk->n].data);
	maybe_crash();
	return 0;
}

static const struct hvu_pool_ops on_disk = {
	disk_pwrite, disk_ftruncate, disk_fdatasync, futimens
};

static int random_change(struct hvu_pool *pool)
{
	char key[8], value[1800];
	int size;

	snprintf(key, sizeof(key), "k%d", rand_r(&seed) % 6);
	switch (rand_r(&seed) % 16) {
	case 0:
		return hvu_pool_clear(pool);
	case 1: case 2: case 3: case 4:
		return hvu_pool_delete(pool, key);
	default:
		size = rand_r(&seed) % (int)sizeof(value);
		memset(value, 'a' + rand_r(&seed) % 26, size);
		value[size] = '\0';
		return hvu_pool_set(pool, key, value);
	}
}

static void power_is_cut(void **state)
{
	struct unit_root *root = *state;
	struct hvu_pool *pool;
	char after[TEXT], now[TEXT];

	seed = 7;
	memset(disks, 0, sizeof(disks));
	unit_folder(root, "crash");
	crash_root = openat(root->fd, "crash", O_RDONLY | O_DIRECTORY);
	assert_int_equal(hvu_pool_open_with(&pool, root->fd, HVU_POOL_GUEST, 1000, &on_disk), 0);
	assert_int_equal(hvu_pool_create(pool), 0);
	for (int i = 0; i < 250; i++) {
		int ret;

		crash_other[0] = '\0';
		text_of(pool, crash_before);
		ret = random_change(pool);
		assert_true(!ret || ret == -ENOENT);
		text_of(pool, after);
		if (crash_other[0])
			assert_string_equal(crash_other, after);
		/* Now it is promised. */
		for (int again = 0; again < 8; again++)
			assert_string_equal(after_power(now), after);
	}
	assert_true(crashes > 1000);
	hvu_pool_close(pool);
	close(crash_root);
	for (int i = 0; i < FILES; i++) {
		while (disks[i].n)
			free(disks[i].pending[--disks[i].n].data);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(killed_at_each_step),
		TEST(others_came_before),
		TEST(others_append),
		TEST(power_is_cut),
	};

	return cmocka_run_group_tests_name("pool_crash", tests, NULL, NULL);
}
