// SPDX-License-Identifier: GPL-2.0
/* The daemon, with the driver's part played at the other end of a socket. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "root.h"
#include "unit.h"

static int driver;

static int open_device(struct hvu_client *client)
{
	int ends[2];

	(void)client;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	driver = ends[0];
	return ends[1];
}

static struct hvu_client_ops ops;

static void tell(struct hvic_serve *serve, struct hv_ic_record record, const void *payload,
		 size_t size)
{
	static char buffer[16384];

	record.len = sizeof(record) + size;
	memcpy(buffer, &record, sizeof(record));
	if (size)
		memcpy(buffer + sizeof(record), payload, size);
	assert_int_equal(write(driver, buffer, record.len), record.len);
	assert_int_equal(hvu_client_dispatch(&serve->client), 0);
}

/* What the daemon answers; 1 if it does not. */
static int answer(uint64_t id)
{
	char buffer[1024];
	struct hv_ic_record record;
	ssize_t len = read(driver, buffer, sizeof(buffer));

	if (len < 0)
		return 1;
	assert_true(len >= (ssize_t)sizeof(record));
	memcpy(&record, buffer, sizeof(record));
	assert_int_equal(record.id, id);
	return record.status;
}

static struct hvic_serve *begin(struct unit_root *root, const char *configuration)
{
	struct hvic_serve *serve = calloc(1, sizeof(*serve));
	struct hv_ic_hello hello = { .abi = HV_IC_ABI_VERSION };

	assert_non_null(serve);
	unit_folder(root, "dev");
	unit_folder(root, "in");
	unit_folder(root, "var/lib/hv_ic");
	unit_file(root, "etc/hv_ic/hv_ic.conf", configuration);
	ops = hvic_serve_ops;
	ops.open = open_device;
	assert_int_equal(hvic_rules_load(&serve->rules, root->fd), 0);
	hvic_serve_init(serve, root->fd);
	assert_int_equal(hvu_client_open(&serve->client, &ops, root->fd, "fcopy", 0), 0);
	tell(serve, (struct hv_ic_record){ .id = 1, .op = HV_IC_HELLO }, &hello, sizeof(hello));
	assert_int_equal(answer(1), 0);
	return serve;
}

static void end(struct hvic_serve *serve)
{
	hvu_client_close(&serve->client);
	hvic_serve_end(serve);
	close(driver);
	free(serve);
}

static int start(struct hvic_serve *serve, const char *path, uint64_t size, uint32_t flags)
{
	struct hv_ic_fcopy_start payload = { .size = size, .flags = flags, .name = "file" };

	strcpy(payload.path, path);
	tell(serve, (struct hv_ic_record){ .id = 2, .op = HV_IC_FCOPY_START }, &payload,
	     sizeof(payload));
	return answer(2);
}

static size_t put_block(char *at, uint64_t number, size_t size)
{
	struct hv_ic_fcopy_write block = { .offset = number * HV_IC_FCOPY_BLOCK, .size = size };
	struct hv_ic_record record = {
		.len = sizeof(record) + offsetof(struct hv_ic_fcopy_write, data[size]),
		.id = HV_IC_RECORD_OWN_ID + 1 + number,
		.op = HV_IC_FCOPY_WRITE,
		.flags = HV_IC_RECORD_QUIET,
	};

	memset(block.data, 'a' + number % 26, size);
	memcpy(at, &record, sizeof(record));
	memcpy(at + sizeof(record), &block, record.len - sizeof(record));
	return record.len;
}

static void tell_blocks(struct hvic_serve *serve, uint64_t first, unsigned int n)
{
	static char buffer[HVU_RECORD_BUFFER];
	size_t len = 0;

	for (unsigned int i = 0; i < n; i++)
		len += put_block(buffer + len, first + i, HV_IC_FCOPY_BLOCK);
	assert_int_equal(write(driver, buffer, len), len);
	assert_int_equal(hvu_client_dispatch(&serve->client), 0);
}

static int complete(struct hvic_serve *serve)
{
	tell(serve, (struct hv_ic_record){ .id = 3, .op = HV_IC_FCOPY_COMPLETE }, NULL, 0);
	return answer(3);
}

static long size_of(struct unit_root *root, const char *path)
{
	struct stat st;

	return fstatat(root->fd, path, &st, 0) ? -errno : st.st_size;
}

static unsigned int count(struct unit_root *root, const char *path)
{
	char **names = hvu_list(root->fd, "%s", path);
	unsigned int n = 0;

	assert_non_null(names);
	while (names[n])
		n++;
	hvu_list_free(names);
	return n;
}

#define ALLOWED "[fcopy in]\ndirectory = /in\nmode = 0600\n"
#define OVER ALLOWED "overwrite = yes\n"

static void nothing_allowed(void **state)
{
	struct hvic_serve *serve = begin(*state, "");

	assert_int_equal(start(serve, "/in", 1, 0), -EACCES);
	assert_int_equal(complete(serve), -EINVAL);
	end(serve);
}

/* The log says what the host wanted, whatever that was. */
static void refused(void **state)
{
	static char log[65536];
	struct hvic_serve *serve = begin(*state, ALLOWED);
	struct hv_ic_fcopy_start payload = { .size = 1, .name = "../f\033[2J" };
	int saved = dup(2), to = memfd_create("log", MFD_CLOEXEC);
	ssize_t len;

	assert_true(saved >= 0 && to >= 0);
	assert_true(dup2(to, 2) == 2);
	assert_int_equal(start(serve, "/etc/cron.d", 1, 0), -EACCES);
	assert_int_equal(start(serve, "C:\\Temp", 1, 0), -ENOTDIR);
	/* Without an end, and as long as can be. */
	memset(payload.path, 1, sizeof(payload.path));
	tell(serve, (struct hv_ic_record){ .id = 2, .op = HV_IC_FCOPY_START }, &payload,
	     sizeof(payload));
	dup2(saved, 2);
	close(saved);
	assert_int_equal(answer(2), -EINVAL);
	len = pread(to, log, sizeof(log) - 1, 0);
	close(to);
	assert_true(len > 0);
	assert_non_null(strstr(log, "refused to copy /etc/cron.d/file: "));
	assert_non_null(strstr(log, "refused to copy \"file\" into \"C:\\\\Temp\": there is no"));
	assert_non_null(strstr(log, "refused to copy \"../f\\x1b[2J\" into \"\\x01\\x01"));
	assert_non_null(strstr(log, "\\x01\": the host's request makes no sense\n"));
	assert_null(strchr(log, 1));
	assert_true(len < 4 * (ssize_t)sizeof(payload.path) + 500);
	end(serve);
}

static void whole(void **state)
{
	struct hvic_serve *serve = begin(*state, ALLOWED);
	struct unit_root *root = *state;
	char note[1024] = "";
	int fd;

	assert_int_equal(start(serve, "/in", 7 * HV_IC_FCOPY_BLOCK, 0), 0);
	tell_blocks(serve, 0, 5);
	tell_blocks(serve, 5, 2);
	/* Blocks are not answered. */
	assert_int_equal(answer(0), 1);
	assert_int_equal(size_of(root, "in/file"), -ENOENT);
	assert_int_equal(complete(serve), 0);
	assert_int_equal(size_of(root, "in/file"), 7 * HV_IC_FCOPY_BLOCK);
	fd = openat(root->fd, "var/lib/hv_ic/" HVIC_AUDIT_NOTE, O_RDONLY);
	assert_true(read(fd, note, sizeof(note) - 1) > 0);
	close(fd);
	assert_non_null(strstr(note, "\"complete\""));
	assert_int_equal(start(serve, "/in", 1, 0), -EEXIST);
	end(serve);
}

/* Whatever ends a copy, nothing is left of it. */
static void broken_off(void **state)
{
	struct hvic_serve *serve = begin(*state, ALLOWED);
	const struct hv_ic_record ends[] = {
		{ .op = HV_IC_FCOPY_CANCEL, .flags = HV_IC_RECORD_EVENT, .status = -ECANCELED },
		{ .op = HV_IC_HELLO, .flags = HV_IC_RECORD_EVENT },
		{ .op = HV_IC_FCOPY_COMPLETE, .id = 3 },
	};
	struct unit_root *root = *state;

	for (int both = 0; both < 2; both++) {
		serve->copy.avoid_unnamed = both;
		for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
			assert_int_equal(start(serve, "/in", 7 * HV_IC_FCOPY_BLOCK, 0), 0);
			tell_blocks(serve, 0, 3);
			tell(serve, ends[i], NULL, 0);
			assert_int_equal(answer(ends[i].id), ends[i].id ? -EINVAL : 1);
			/* The folder itself can be removed. */
			unit_remove(root, "in");
			unit_folder(root, "in");
			/* Blocks that come late do no harm. */
			tell_blocks(serve, 3, 1);
			assert_int_equal(complete(serve), -EINVAL);
		}
	}
	assert_int_equal(start(serve, "/in", 7, 0), 0);
	end(serve);
	unit_remove(root, "in");
	unit_folder(root, "in");
}

static void bad_blocks(void **state)
{
	struct hvic_serve *serve = begin(*state, ALLOWED);
	struct hv_ic_record record = {
		.id = HV_IC_RECORD_OWN_ID + 1, .op = HV_IC_FCOPY_WRITE, .flags = HV_IC_RECORD_QUIET,
	};
	struct { uint64_t offset; uint32_t size; uint32_t reserved; char data[4]; } block = {
		.size = 5,
	};

	/* More than there is; less than a header; beyond the end. */
	assert_int_equal(start(serve, "/in", 4, 0), 0);
	tell(serve, record, &block, 20);
	assert_int_equal(answer(record.id), -EINVAL);
	tell(serve, record, &block, 3);
	assert_int_equal(answer(record.id), -EINVAL);
	block.offset = 1;
	block.size = 4;
	tell(serve, record, &block, 20);
	assert_int_equal(answer(record.id), -EINVAL);
	assert_int_equal(complete(serve), -EINVAL);
	tell(serve, (struct hv_ic_record){ .id = 9, .op = 99 }, NULL, 0);
	assert_int_equal(answer(9), -EOPNOTSUPP);
	end(serve);
}

/* A daemon that was killed has left its hidden file; the driver asks for it, or the note tells. */
static void left(void **state)
{
	struct hv_ic_fcopy_left what = { .start = 2, .path = "/in", .name = "file" };
	struct hvic_serve *serve = begin(*state, ALLOWED);
	struct unit_root *root = *state;
	char note[1024] = "", hidden[3 + HVIC_COPY_HIDDEN_SIZE] = "in/";
	int fd;

	serve->copy.avoid_unnamed = true;
	assert_int_equal(start(serve, "/in", 1, 0), 0);
	hvic_copy_hidden_name(hidden + 3, serve->copy.hidden);
	assert_true(size_of(root, hidden) >= 0);
	/* While the note still tells of it. */
	tell(serve, (struct hv_ic_record){ .id = 8, .op = HV_IC_FCOPY_REMOVE }, &what, sizeof(what));
	assert_int_equal(answer(8), 0);
	assert_int_equal(size_of(root, hidden), -ENOENT);
	tell(serve, (struct hv_ic_record){ .id = 8, .op = HV_IC_FCOPY_REMOVE }, &what, sizeof(what));
	assert_int_equal(answer(8), -ENOENT);
	fd = openat(root->fd, "var/lib/hv_ic/" HVIC_AUDIT_NOTE, O_RDONLY);
	assert_true(read(fd, note, sizeof(note) - 1) > 0);
	close(fd);
	end(serve);
	unit_file(root, hidden, "part");
	unit_file(root, "var/lib/hv_ic/" HVIC_AUDIT_NOTE, note);
	end(begin(root, ALLOWED));
	assert_int_equal(size_of(root, hidden), -ENOENT);
}

/* The folder that takes too long for a daemon to live until it is on the disk; 0 for none. */
static ino_t slow;

/* The daemon dies before files change places, or after it. */
static enum { LIVES, BEFORE, AFTER } dies;

int fsync(int fd)
{
	struct stat st;

	if (slow && !fstat(fd, &st) && st.st_ino == slow)
		_exit(0);
	return syscall(SYS_fsync, fd);
}

/* The device whose host has given up; -1 for none. */
static int stale = -1;

ssize_t write(int fd, const void *data, size_t size)
{
	if (fd == stale) {
		errno = ESTALE;
		return -1;
	}
	return syscall(SYS_write, fd, data, size);
}

int renameat2(int from, const char *old, int to, const char *new, unsigned int flags)
{
	int ret;

	if (dies == BEFORE)
		_exit(0);
	ret = syscall(SYS_renameat2, from, old, to, new, flags);
	if (dies == AFTER)
		_exit(0);
	return ret;
}

/* A daemon that is killed when the file has its name, and the host does not know that it has. */
static void kill_late(struct unit_root *root, bool named, uint32_t flags)
{
	struct hvic_serve *serve;
	struct stat st;
	pid_t child = fork();
	int status;

	if (!child) {
		serve = begin(root, OVER);
		serve->copy.avoid_unnamed = named;
		if (!start(serve, "/in", HV_IC_FCOPY_BLOCK, flags) &&
		    !fstatat(root->fd, "in", &st, 0)) {
			tell_blocks(serve, 0, 1);
			slow = st.st_ino;
			complete(serve);
		}
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(size_of(root, "in/file"), HV_IC_FCOPY_BLOCK);
}

/* What the driver says to the next one. */
static void expect_removed(struct unit_root *root, uint64_t id, int status)
{
	struct hv_ic_fcopy_left what = { .start = id, .path = "/in", .name = "file" };
	struct hvic_serve *serve = begin(root, OVER);

	tell(serve, (struct hv_ic_record){ .id = 8, .op = HV_IC_FCOPY_REMOVE }, &what,
	     sizeof(what));
	assert_int_equal(answer(8), status);
	assert_int_equal(size_of(root, "in/file"), status ? HV_IC_FCOPY_BLOCK : -ENOENT);
	end(serve);
}

static void left_named(void **state)
{
	struct unit_root *root = *state;
	struct hvic_serve *serve;

	for (int named = 0; named < 2; named++) {
		kill_late(root, named, 0);
		/* Of another START. */
		expect_removed(root, 3, -ENOENT);
		expect_removed(root, 2, 0);

		/* It has replaced another file. */
		unit_file(root, "in/file", "old");
		kill_late(root, named, HV_IC_FCOPY_OVERWRITE);
		expect_removed(root, 2, -ENOENT);
		assert_int_equal(count(root, "in"), 1);
		unit_remove(root, "in/file");
	}
	/* One that is complete stays, whatever the driver says. */
	serve = begin(root, OVER);
	assert_int_equal(start(serve, "/in", HV_IC_FCOPY_BLOCK, 0), 0);
	tell_blocks(serve, 0, 1);
	assert_int_equal(complete(serve), 0);
	end(serve);
	expect_removed(root, 2, -ENOENT);
}

static void die_over(struct unit_root *root, bool named, int when)
{
	struct hvic_serve *serve;
	pid_t child = fork();
	int status;

	if (!child) {
		serve = begin(root, OVER);
		serve->copy.avoid_unnamed = named;
		if (!start(serve, "/in", HV_IC_FCOPY_BLOCK, HV_IC_FCOPY_OVERWRITE)) {
			tell_blocks(serve, 0, 1);
			dies = when;
			complete(serve);
		}
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(count(root, "in"), 2);
}

/* Whenever it dies, one of the two files is there as a whole; the next one removes the other. */
static void dies_over(void **state)
{
	struct unit_root *root = *state;
	long size;

	for (int named = 0; named < 2; named++) {
		for (int when = BEFORE; when <= AFTER; when++) {
			size = when == BEFORE ? 3 : HV_IC_FCOPY_BLOCK;
			unit_file(root, "in/file", "old");
			die_over(root, named, when);
			assert_int_equal(size_of(root, "in/file"), size);
			end(begin(root, OVER));
			assert_int_equal(size_of(root, "in/file"), size);
			assert_int_equal(count(root, "in"), 1);

			/* Nobody could know what the other one is good for. */
			unit_file(root, "in/file", "old");
			die_over(root, named, when);
			unit_remove(root, "in/file");
			end(begin(root, OVER));
			assert_int_equal(size_of(root, "in/file"), when == BEFORE ? -ENOENT : 3);
			assert_int_equal(count(root, "in"), when == AFTER);
		}
	}
}

/* The host has given up when the file is complete: what that has replaced is there again. */
static void late_over(void **state)
{
	struct hvic_serve *serve = begin(*state, OVER);
	struct unit_root *root = *state;

	for (int both = 0; both < 2; both++) {
		serve->copy.avoid_unnamed = both;
		unit_file(root, "in/file", "old");
		assert_int_equal(start(serve, "/in", HV_IC_FCOPY_BLOCK, HV_IC_FCOPY_OVERWRITE), 0);
		tell_blocks(serve, 0, 1);
		stale = serve->client.device;
		tell(serve, (struct hv_ic_record){ .id = 3, .op = HV_IC_FCOPY_COMPLETE }, NULL, 0);
		stale = -1;
		assert_int_equal(size_of(root, "in/file"), 3);
		assert_int_equal(count(root, "in"), 1);
		assert_false(serve->copy.active);
	}
	end(serve);
}

/* As on a full disk: then the note is not about an earlier copy, nor says that this one goes on. */
static void unnoted(void **state)
{
	static const char note[] = "var/lib/hv_ic/" HVIC_AUDIT_NOTE;
	static const char before[] = "var/lib/hv_ic/." HVIC_AUDIT_NOTE ".new";
	struct hvic_serve *serve = begin(*state, ALLOWED);
	struct unit_root *root = *state;

	for (int both = 0; both < 2; both++) {
		serve->copy.avoid_unnamed = both;
		assert_int_equal(start(serve, "/in", 0, 0), 0);
		assert_true(size_of(root, note) > 0);
		unit_folder(root, before);
		assert_int_equal(complete(serve), 0);
		assert_int_equal(size_of(root, note), -ENOENT);
		unit_remove(root, "in/file");

		unit_file(root, note, "{\"phase\":\"complete\"}");
		assert_int_equal(start(serve, "/in", 0, 0), 0);
		assert_int_equal(size_of(root, note), -ENOENT);
		unit_remove(root, before);
		assert_int_equal(complete(serve), 0);
		assert_true(size_of(root, note) > 0);
		unit_remove(root, "in/file");
	}
	end(serve);
}

/* --- What a batch costs. --------------------------------------------------------------------- */

static void serve_batch(void *serve)
{
	hvu_client_dispatch(&((struct hvic_serve *)serve)->client);
}

/* Ten blocks: one read and one write. */
static void few_calls(void **state)
{
	struct hvic_serve *serve = begin(*state, ALLOWED);
	static char buffer[HVU_RECORD_BUFFER];
	size_t len = 0;

	assert_int_equal(start(serve, "/in", 10 * HV_IC_FCOPY_BLOCK, 0), 0);
	for (int i = 0; i < 10; i++)
		len += put_block(buffer + len, i, HV_IC_FCOPY_BLOCK);
	assert_int_equal(write(driver, buffer, len), len);
	assert_int_equal(unit_calls(serve_batch, serve), 2);
	end(serve);
}

/* A file that takes hours to hash keeps neither the host waiting nor the end of the daemon. */
static void not_kept_waiting(void **state)
{
	struct hvic_serve *serve = begin(*state, ALLOWED);
	struct hvic_copy *copy = &serve->copy;
	struct unit_root *root = *state;
	time_t before = time(NULL);

	for (int i = 0; i < 2; i++) {
		assert_int_equal(start(serve, "/in", 1, 0), 0);
		/* As if it had come so: the test has no such disk. */
		assert_int_equal(ftruncate(copy->file, INT64_C(1) << 40), 0);
		copy->size = INT64_C(1) << 40;
		copy->end = copy->size;
		assert_int_equal(complete(serve), 0);
		unit_remove(root, "in/file");
	}
	end(serve);
	assert_true(time(NULL) - before < 60);
}

/* Neither memory nor descriptors grow with files, whatever becomes of them. */
static void flat(void **state)
{
	static const struct hv_ic_record cancel = {
		.op = HV_IC_FCOPY_CANCEL, .flags = HV_IC_RECORD_EVENT, .status = -ECANCELED,
	};
	struct hvic_serve *serve = begin(*state, ALLOWED);
	struct unit_use before = { .bytes = 0 };
	struct unit_root *root = *state;

	for (int i = 0; i < 500; i++) {
		if (i == 50)
			unit_measure(&before);
		serve->copy.avoid_unnamed = i % 2;
		assert_int_equal(start(serve, "/in/a", 20 * HV_IC_FCOPY_BLOCK,
				       HV_IC_FCOPY_CREATE_PATH), 0);
		tell_blocks(serve, 0, 10);
		tell_blocks(serve, 10, 10);
		if (i % 3) {
			tell(serve, cancel, NULL, 0);
			continue;
		}
		assert_int_equal(complete(serve), 0);
		assert_int_equal(start(serve, "/in/a", 1, 0), -EEXIST);
		unit_remove(root, "in/a/file");
		unit_remove(root, "in/a");
	}
	unit_expect_use(&before);
	end(serve);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_allowed), TEST(refused), TEST(whole), TEST(broken_off),
		TEST(bad_blocks), TEST(left), TEST(left_named), TEST(dies_over), TEST(late_over),
		TEST(unnoted), TEST(few_calls), TEST(not_kept_waiting), TEST(flat),
	};

	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
