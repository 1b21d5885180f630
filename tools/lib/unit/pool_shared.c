// SPDX-License-Identifier: GPL-2.0
/*
 * A pool that several programs write at once, each with its own idea of locks. They are written
 * here as they are elsewhere, not with our library.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool.h"
#include "pool_file.h"
#include "unit.h"

#define RECORD	HVU_POOL_RECORD_SIZE
#define WRITERS	3
#define ROUNDS	60

/* Processes, besides our writers from 0 on. */
enum { READER = -1, CLOUD_INIT = -2, OLD_DAEMON = -3, BY_FCNTL = -4 };

/* What was promised to whom: shared with the writers. */
struct promises {
	int ours[WRITERS];
	int appended;
	int appended_by_fcntl;
};

struct record {
	char key[HVU_POOL_KEY_SIZE];
	char value[HVU_POOL_VALUE_SIZE];
};

static char path[128];

/* A value that shows when it is torn: one letter, all over. */
static void fill_value(char *value, int number)
{
	memset(value, 'a' + number % 26, HVU_POOL_VALUE_SIZE - 1);
	value[HVU_POOL_VALUE_SIZE - 1] = '\0';
}

static bool is_whole(const struct record *record)
{
	char letter = record->value[0];

	if (!memchr(record->key, 0, sizeof(record->key)) || letter < 'a' || letter > 'z')
		return false;
	for (size_t i = 0; i < sizeof(record->value) - 1; i++) {
		if (record->value[i] != letter)
			return false;
	}
	return true;
}

/* Ours: two keys, of which the first has a new value each time, and a new key each time. */
static int write_ours(struct unit_root *root, int writer, struct promises *promises)
{
	char key[32], value[HVU_POOL_VALUE_SIZE];
	struct hvu_pool *pool;
	int ret;

	ret = hvu_pool_open(&pool, root->fd, HVU_POOL_GUEST, 20000);
	for (int i = promises->ours[writer]; !ret && i < ROUNDS; i++) {
		fill_value(value, i);
		snprintf(key, sizeof(key), "writer%d", writer);
		ret = hvu_pool_set(pool, key, value);
		snprintf(key, sizeof(key), "writer%d-%d", writer, i);
		if (!ret)
			ret = hvu_pool_set(pool, key, value);
		/* One that goes again makes others move. */
		if (!ret && i % 4 == 3) {
			snprintf(key, sizeof(key), "writer%d-%d", writer, i - 2);
			ret = hvu_pool_delete(pool, key);
			if (ret == -ENOENT)
				ret = 0;
		}
		promises->ours[writer] = i + 1;
	}
	return ret ? 1 : 0;
}

static void lock_posix(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	while (fcntl(fd, F_SETLKW, &lock) < 0)
		;
}

/* Appends records, each under a lock. */
static int append(const char *name, int (*lock)(int fd), int *appended)
{
	struct record record;

	for (int i = 0; i < ROUNDS; i++) {
		int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);

		memset(&record, 0, sizeof(record));
		snprintf(record.key, sizeof(record.key), "%s|%d", name, i);
		fill_value(record.value, i);
		if (fd < 0 || lock(fd) < 0 || write(fd, &record, RECORD) != RECORD)
			return 1;
		*appended = i + 1;
		close(fd);
		usleep(1000);
	}
	return 0;
}

/* As cloud-init does. */
static int by_flock(int fd)
{
	return flock(fd, LOCK_EX);
}

/* As a script may. */
static int by_fcntl(int fd)
{
	lock_posix(fd, F_WRLCK);
	return 0;
}

/* As hv_kvp_daemon: reads it all, under a lock of fcntl(2); writes it all, under another one. */
static int write_old_daemon(void)
{
	static struct record records[1024];
	int lock = open(path, O_RDWR | O_CREAT, 0644);

	for (int i = 0; i < ROUNDS; i++) {
		FILE *file;
		size_t n;

		lock_posix(lock, F_WRLCK);
		file = fopen(path, "r");
		n = fread(records, RECORD, 1023, file);
		lock_posix(lock, F_UNLCK);
		fclose(file);

		memset(&records[n], 0, RECORD);
		strcpy(records[n].key, "old daemon");
		for (size_t j = 0; j < n; j++) {
			if (!strcmp(records[j].key, "old daemon"))
				n = j;
		}
		fill_value(records[n].value, i);

		lock_posix(lock, F_WRLCK);
		file = fopen(path, "w");
		fwrite(records, RECORD, n + 1, file);
		fflush(file);
		lock_posix(lock, F_UNLCK);
		fclose(file);
		usleep(1000);
	}
	return 0;
}

/* As azure-init reads: under both locks; what it finds is whole. */
static int read_all(void)
{
	struct record record;

	for (;;) {
		struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
		int fd = open(path, O_RDONLY);

		if (fd >= 0 && !flock(fd, LOCK_SH) && !fcntl(fd, F_OFD_SETLKW, &lock)) {
			while (read(fd, &record, RECORD) == RECORD) {
				if (!is_whole(&record))
					return 1;
			}
		}
		close(fd);
		usleep(500);
	}
}

static pid_t start(struct unit_root *root, int what, struct promises *promises)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	if (what >= 0)
		_exit(write_ours(root, what, promises));
	if (what == READER)
		_exit(read_all());
	if (what == BY_FCNTL)
		_exit(append("FCNTL", by_fcntl, &promises->appended_by_fcntl));
	if (what == CLOUD_INIT)
		_exit(append("CLOUD_INIT", by_flock, &promises->appended));
	_exit(write_old_daemon());
}

static void finish(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Kills our writers again and again. A reader would see what they leave, until it is mended. */
static void kill_some(struct unit_root *root, pid_t *pids, struct promises *promises)
{
	unsigned int seed = 3;

	for (int i = 0; i < 40; i++) {
		int writer = rand_r(&seed) % WRITERS;

		usleep(rand_r(&seed) % 8000);
		kill(pids[writer], SIGKILL);
		waitpid(pids[writer], NULL, 0);
		pids[writer] = start(root, writer, promises);
	}
}

static void play(struct unit_root *root, bool old_daemon, bool killing)
{
	struct promises *promises = mmap(NULL, sizeof(*promises), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[WRITERS], reader, other;
	char key[32], value[HVU_POOL_VALUE_SIZE];
	struct hvu_pool_item item;
	struct hvu_pool *pool;
	int appended = 0;

	snprintf(path, sizeof(path), "%s/.kvp_pool_1", root->path);
	unit_file(root, ".kvp_pool_1", "");
	for (int i = 0; i < WRITERS; i++)
		pids[i] = start(root, i, promises);
	other = start(root, old_daemon ? OLD_DAEMON : CLOUD_INIT, promises);
	reader = killing ? 0 : start(root, READER, promises);
	if (killing)
		kill_some(root, pids, promises);
	for (int i = 0; i < WRITERS; i++)
		finish(pids[i]);
	finish(other);
	if (reader) {
		assert_int_equal(waitpid(reader, NULL, WNOHANG), 0);
		kill(reader, SIGKILL);
		waitpid(reader, NULL, 0);
	}

	assert_int_equal(hvu_pool_open(&pool, root->fd, HVU_POOL_GUEST, 1000), 0);
	for (size_t i = 0; hvu_pool_at(pool, i, &item); i++) {
		struct record record = { 0 };

		strcpy(record.key, item.key);
		strcpy(record.value, item.value);
		assert_true(is_whole(&record));
		appended += !strncmp(item.key, "CLOUD_INIT|", 11);
	}
	/* The old daemon writes what it has read a while ago: others' changes get lost. */
	for (int writer = 0; !old_daemon && writer < WRITERS; writer++) {
		assert_int_equal(promises->ours[writer], ROUNDS);
		for (int i = 0; i < ROUNDS; i++) {
			const char *found;

			snprintf(key, sizeof(key), "writer%d-%d", writer, i);
			found = hvu_pool_get(pool, key);
			fill_value(value, i);
			if (i % 4 == 1)
				assert_null(found);
			else
				assert_string_equal(found, value);
		}
	}
	assert_int_equal(appended, old_daemon ? 0 : ROUNDS);
	hvu_pool_close(pool);
	munmap(promises, sizeof(*promises));
}

static void beside_cloud_init(void **state)
{
	play(*state, false, false);
}

static void beside_the_old_daemon(void **state)
{
	play(*state, true, false);
}

static void killed_beside_cloud_init(void **state)
{
	play(*state, false, true);
}

/* --- Killed at each write, while others write. ------------------------------------------------ */

static int steps_left;

static void step(void)
{
	if (!steps_left--)
		kill(getpid(), SIGKILL);
}

/* Half of it is for pool_crash.c: what others append to half a record, no journal can save. */
static ssize_t counted_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	step();
	return pwrite(fd, data, size, offset);
}

static int counted_ftruncate(int fd, off_t size)
{
	step();
	return ftruncate(fd, size);
}

static int counted_fdatasync(int fd)
{
	step();
	return fdatasync(fd);
}

static const struct hvu_pool_ops killing = {
	counted_pwrite, counted_ftruncate, counted_fdatasync, futimens
};

/* Sets a new key and an old one, and deletes the new one. Was it killed? */
static bool is_killed(struct unit_root *root, int at)
{
	char value[HVU_POOL_VALUE_SIZE];
	struct hvu_pool *pool;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		steps_left = at;
		fill_value(value, at);
		status = hvu_pool_open_with(&pool, root->fd, HVU_POOL_GUEST, 20000, &killing) ||
			 hvu_pool_set(pool, "victim-new", value) ||
			 hvu_pool_set(pool, "victim-old", value) ||
			 hvu_pool_delete(pool, "victim-new");
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || !WEXITSTATUS(status));
	return WIFSIGNALED(status);
}

/* Whoever comes next finds whole records. Who appends meanwhile knows nothing of a journal. */
static void expect_whole(struct unit_root *root)
{
	struct hvu_pool_item item;
	struct hvu_pool *pool;

	assert_int_equal(hvu_pool_open(&pool, root->fd, HVU_POOL_GUEST, 20000), 0);
	for (size_t i = 0; hvu_pool_at(pool, i, &item); i++) {
		struct record record = { 0 };

		strcpy(record.key, item.key);
		strcpy(record.value, item.value);
		if (!is_whole(&record))
			fail_msg("%s is torn", record.key);
	}
	hvu_pool_close(pool);
}

static void killed_at_each_write(void **state)
{
	struct promises *promises = mmap(NULL, sizeof(*promises), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static const int kinds[] = { 0, CLOUD_INIT, BY_FCNTL };
	struct unit_root *root = *state;
	char value[HVU_POOL_VALUE_SIZE];
	struct hvu_pool *pool;
	pid_t pids[3];
	int at = 0;

	snprintf(path, sizeof(path), "%s/.kvp_pool_1", root->path);
	unit_file(root, ".kvp_pool_1", "");
	for (int i = 0; i < 3; i++)
		pids[i] = start(root, kinds[i], promises);
	while (is_killed(root, at)) {
		expect_whole(root);
		at++;
	}
	print_message("# killed at %d steps\n", at);
	assert_true(at > 10);
	for (int i = 0; i < 3; i++)
		finish(pids[i]);
	expect_whole(root);
	assert_int_equal(hvu_pool_open(&pool, root->fd, HVU_POOL_GUEST, 1000), 0);
	fill_value(value, at);
	assert_string_equal(hvu_pool_get(pool, "victim-old"), value);
	assert_null(hvu_pool_get(pool, "victim-new"));
	for (int i = 0; i < ROUNDS; i++) {
		char key[32];

		fill_value(value, i);
		snprintf(key, sizeof(key), "CLOUD_INIT|%d", i);
		assert_string_equal(hvu_pool_get(pool, key), value);
		snprintf(key, sizeof(key), "FCNTL|%d", i);
		assert_string_equal(hvu_pool_get(pool, key), value);
		snprintf(key, sizeof(key), "writer0-%d", i);
		if (i % 4 != 1)
			assert_string_equal(hvu_pool_get(pool, key), value);
	}
	hvu_pool_close(pool);
	munmap(promises, sizeof(*promises));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(beside_cloud_init),
		TEST(beside_the_old_daemon),
		TEST(killed_beside_cloud_init),
		TEST(killed_at_each_write),
	};

	return cmocka_run_group_tests_name("pool_shared", tests, NULL, NULL);
}
