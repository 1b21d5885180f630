// SPDX-License-Identifier: GPL-2.0
/* Freezing many file systems at once, with the kernel's part played. */
#include "freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "unit.h"

/*
 * What the kernel is asked, by the number of the device of a file system. The descriptors are real,
 * and of files: which file system one is of is found in its offset.
 */
static struct {
	pthread_mutex_t lock;
	char log[512];
	int open_error[64];
	int sync_error[64];
	int hold_error[64];
	int delay_ms;
	int fds[64];
	unsigned int now, most;
	atomic_int syncs;
} kernel = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int play_open(int root, const struct hvu_filesystem *filesystem)
{
	int fd;

	assert_int_equal(root, 7);
	if (kernel.open_error[filesystem->device])
		return kernel.open_error[filesystem->device];
	fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	lseek(fd, filesystem->device, SEEK_SET);
	return fd;
}

static int play_sync(int fd)
{
	kernel.syncs++;
	/* Nothing is frozen yet. */
	assert_string_equal(kernel.log, "");
	return kernel.sync_error[lseek(fd, 0, SEEK_CUR)];
}

static int play_hold(int device, uint32_t session, int fd)
{
	int which = lseek(fd, 0, SEEK_CUR);
	size_t len;

	assert_true(fcntl(device, F_GETFD) >= 0);
	assert_int_equal(session, 77);
	kernel.fds[which] = fd;
	pthread_mutex_lock(&kernel.lock);
	kernel.now++;
	if (kernel.now > kernel.most)
		kernel.most = kernel.now;
	pthread_mutex_unlock(&kernel.lock);
	usleep(kernel.delay_ms * 1000);
	pthread_mutex_lock(&kernel.lock);
	kernel.now--;
	len = strlen(kernel.log);
	if (len < 500)
		sprintf(kernel.log + len, "%d ", which);
	pthread_mutex_unlock(&kernel.lock);
	return kernel.hold_error[which];
}

static const struct hvic_freezer_ops ops = {
	.open = play_open, .sync = play_sync, .hold = play_hold,
};

/* File systems 1, 2, ... of the levels that are given. */
static struct hvu_mounts make(const char *levels)
{
	struct hvu_mounts mounts = { .n = strlen(levels), .n_frozen = strlen(levels) };

	mounts.all = calloc(mounts.n, sizeof(*mounts.all));
	for (size_t i = 0; i < mounts.n; i++)
		mounts.all[i] = (struct hvu_filesystem){
			.device = i + 1, .level = levels[i] - '0',
		};
	return mounts;
}

static void begin(struct hvic_freezer *freezer)
{
	memset(kernel.log, 0, sizeof(kernel.log));
	memset(kernel.open_error, 0, sizeof(kernel.open_error));
	memset(kernel.sync_error, 0, sizeof(kernel.sync_error));
	memset(kernel.hold_error, 0, sizeof(kernel.hold_error));
	kernel.most = 0;
	kernel.delay_ms = 0;
	kernel.syncs = 0;
	assert_int_equal(hvic_freezer_open(freezer, &ops, 7), 0);
}

static int freeze(struct hvic_freezer *freezer, const struct hvu_mounts *mounts, int ms)
{
	struct pollfd wait = { .fd = freezer->done, .events = POLLIN };

	memset(kernel.log, 0, sizeof(kernel.log));
	assert_int_equal(hvic_freezer_begin(freezer, 0, 77, mounts, hvu_now_us() / 1000 + ms), 0);
	assert_int_equal(poll(&wait, 1, 10000), 1);
	return hvic_freezer_result(freezer);
}

static void levels(void **state)
{
	struct hvu_mounts mounts = make("0122");
	struct hvic_freezer freezer;

	(void)state;
	begin(&freezer);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(freeze(&freezer, &mounts, 5000), 0);
		assert_true(!strcmp(kernel.log, "1 2 3 4 ") || !strcmp(kernel.log, "1 2 4 3 "));
		for (int k = 0; k < 4; k++) {
			assert_int_equal(freezer.items[k].outcome, HVIC_FROZEN);
			/* What is held can be unmounted. */
			assert_true(fcntl(kernel.fds[k + 1], F_GETFD) < 0);
		}
		assert_true(freezer.first_us > 0);
		hvic_freezer_release(&freezer);
	}
	assert_int_equal(kernel.syncs, 400);
	hvic_freezer_close(&freezer);
	free(mounts.all);
}

/* 50 file systems of one level do not cost 50 times one. */
static void parallel(void **state)
{
	struct hvu_mounts mounts = make("00000000000000000000000000000000000000000000000000");
	struct hvic_freezer freezer;
	int64_t before;

	(void)state;
	begin(&freezer);
	kernel.delay_ms = 20;
	before = hvu_now_us();
	assert_int_equal(freeze(&freezer, &mounts, 5000), 0);
	assert_true(hvu_now_us() - before < 500000);
	assert_true(kernel.most > 10);
	hvic_freezer_close(&freezer);
	free(mounts.all);
}

static void skipped(void **state)
{
	struct hvu_mounts mounts = make("000000");
	struct hvic_freezer freezer;

	(void)state;
	begin(&freezer);
	kernel.open_error[1] = -ENOENT;
	kernel.open_error[2] = -ENXIO;
	kernel.hold_error[3] = -EOPNOTSUPP;
	kernel.hold_error[4] = -EBUSY;
	kernel.hold_error[5] = -EALREADY;
	assert_int_equal(freeze(&freezer, &mounts, 5000), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(freezer.items[i].outcome, HVIC_SKIPPED);
		assert_non_null(hvic_item_text(&freezer.items[i]));
	}
	assert_int_equal(freezer.items[4].outcome, HVIC_FROZEN);
	assert_int_equal(freezer.items[5].outcome, HVIC_FROZEN);
	hvic_freezer_close(&freezer);
	free(mounts.all);
}

static void failed(void **state)
{
	struct hvu_mounts mounts = make("012");
	struct hvic_freezer freezer;

	(void)state;
	begin(&freezer);
	kernel.hold_error[2] = -EIO;
	assert_int_equal(freeze(&freezer, &mounts, 5000), -EIO);
	assert_string_equal(kernel.log, "1 2 ");
	assert_int_equal(freezer.items[0].outcome, HVIC_FROZEN);
	assert_int_equal(freezer.items[1].outcome, HVIC_FAILED);
	assert_int_equal(freezer.items[1].error, -EIO);
	assert_int_equal(freezer.items[2].outcome, HVIC_UNTOUCHED);
	hvic_freezer_release(&freezer);
	/* The next one does not know of it. */
	kernel.hold_error[2] = 0;
	assert_int_equal(freeze(&freezer, &mounts, 5000), 0);
	hvic_freezer_release(&freezer);
	/* What is not on the disk is in no backup of it, unless that is none of ours. */
	kernel.sync_error[1] = -EIO;
	assert_int_equal(freeze(&freezer, &mounts, 5000), -EIO);
	assert_int_equal(freezer.items[0].outcome, HVIC_FAILED);
	assert_int_equal(freezer.items[0].error, -EIO);
	assert_int_equal(freezer.items[1].outcome, HVIC_UNTOUCHED);
	hvic_freezer_release(&freezer);
	kernel.hold_error[1] = -EOPNOTSUPP;
	assert_int_equal(freeze(&freezer, &mounts, 5000), 0);
	assert_int_equal(freezer.items[0].outcome, HVIC_SKIPPED);
	hvic_freezer_release(&freezer);
	/* What cannot be opened keeps all from freezing. */
	kernel.open_error[3] = -EACCES;
	assert_int_equal(freeze(&freezer, &mounts, 5000), -EACCES);
	assert_string_equal(kernel.log, "");
	assert_int_equal(freezer.first_us, 0);
	hvic_freezer_close(&freezer);
	free(mounts.all);
}

static void ended(void **state)
{
	struct hvu_mounts mounts = make("0123456789"), nothing = make("");
	struct hvic_freezer freezer;
	struct pollfd wait;

	(void)state;
	begin(&freezer);
	kernel.delay_ms = 100;
	assert_int_equal(freeze(&freezer, &mounts, 150), -ETIMEDOUT);
	hvic_freezer_release(&freezer);
	memset(kernel.log, 0, sizeof(kernel.log));
	wait = (struct pollfd){ .fd = freezer.done, .events = POLLIN };
	assert_int_equal(hvic_freezer_begin(&freezer, 0, 77, &mounts, hvu_now_us() / 1000 + 5000),
			 0);
	assert_int_equal(poll(&wait, 1, 50), 0);
	hvic_freezer_cancel(&freezer);
	assert_int_equal(poll(&wait, 1, 5000), 1);
	assert_int_equal(hvic_freezer_result(&freezer), -ECANCELED);
	hvic_freezer_release(&freezer);
	kernel.delay_ms = 0;
	assert_int_equal(freeze(&freezer, &nothing, 5000), 0);
	hvic_freezer_close(&freezer);
	free(mounts.all);
	free(nothing.all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels), cmocka_unit_test(parallel), cmocka_unit_test(skipped),
		cmocka_unit_test(failed), cmocka_unit_test(ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
