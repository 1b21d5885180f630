// SPDX-License-Identifier: GPL-2.0
/*
 * The file of a pool: opened, locked, and still the one that its name says.
 *
 * Some programs lock a pool by flock(2), others by fcntl(2), and these do not know of each other:
 * we take both. The lock of fcntl is that of an open file description, since one of a process would
 * be lost when anything in it closes another descriptor of the file.
 *
 * A lock is tried for, not waited for: a daemon has other things to do than to wait for a process
 * that has stopped while it holds one. And whoever takes the two in the other order than we do
 * never waits for us while we wait for it, because we give the first one back before we try again.
 *
 * Who has written once will do so again, and to open two files takes as long as all the rest. So
 * they stay open for the next time, unless somebody has changed them or put others in their place.
 */
#include "pool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"

/* Between two tries for the locks: from the first to the last. */
#define FIRST_PAUSE_US	100
#define LAST_PAUSE_US	10000

#define POOL_MODE 0644

/*
 * The clock that dates files goes on every 10 ms at the latest. What is younger may be followed by
 * another write with the same date.
 */
#define YOUNG_NS (20 * INT64_C(1000000))

/* Some file systems know seconds only, as ext3 and ext4 with small inodes; FAT every other one. */
#define COARSE_NS (2 * INT64_C(1000000000))

const struct hvu_pool_ops hvu_pool_ops = {
	.pwrite = pwrite,
	.ftruncate = ftruncate,
	.fdatasync = fdatasync,
	.futimens = futimens,
};

/** hvu_pool_file_name() - its name, in its folder */
void hvu_pool_file_name(const struct hvu_pool_file *file, char name[static HVU_POOL_NAME_SIZE])
{
	snprintf(name, HVU_POOL_NAME_SIZE, ".kvp_pool_%u", file->number);
}

/* No name that a program might take for that of a pool. */
static void journal_name(const struct hvu_pool_file *file, char name[static HVU_POOL_NAME_SIZE])
{
	snprintf(name, HVU_POOL_NAME_SIZE, ".hv_ic_journal_%u", file->number);
}

static int64_t nanoseconds(const struct timespec *time)
{
	return time->tv_sec * INT64_C(1000000000) + time->tv_nsec;
}

/* --- What may be opened. --------------------------------------------------------------------- */

static int check_kind(const struct stat *status, bool write)
{
	if (S_ISLNK(status->st_mode))
		return -ELOOP;
	if (S_ISDIR(status->st_mode))
		return -EISDIR;
	if (!S_ISREG(status->st_mode))
		return -ENOTSUP;
	/* Another name of it may be that of a file which is none of our business. */
	return write && status->st_nlink > 1 ? -EMLINK : 0;
}

/* Opens what is there and nothing else; to open a device or a FIFO may already do something. */
static int open_checked(const struct hvu_pool_file *file, const char *name, bool write,
			struct stat *status)
{
	int flags = (write ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd, ret;

	if (fstatat(file->directory, name, status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	ret = check_kind(status, write);
	if (ret)
		return ret;
	fd = openat(file->directory, name, flags);
	if (fd < 0)
		return -errno;
	ret = fstat(fd, status) < 0 ? -errno : check_kind(status, write);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/* The name of a new file has to be on the disk as well. */
static int sync_directory(const struct hvu_pool_file *file)
{
	int fd = openat(file->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* A service may have no right to give files away, not even to those whose they are. */
static int give(int fd, const struct stat *like)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (geteuid() || (st.st_uid == like->st_uid && st.st_gid == like->st_gid))
		return 0;
	return fchown(fd, like->st_uid, like->st_gid) ? -errno : 0;
}

/*
 * Makes a file that belongs to the owner of @like, who may be the daemon: root would shut it out.
 * Whoever has come first is as good.
 */
static int make_file(const struct hvu_pool_file *file, const char *name, const struct stat *like,
		     mode_t mode)
{
	int fd = openat(file->directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int ret;

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	ret = give(fd, like);
	if (!ret && fchmod(fd, mode) < 0)
		ret = -errno;
	close(fd);
	if (!ret)
		ret = sync_directory(file);
	if (ret)
		unlinkat(file->directory, name, 0);
	return ret;
}

static int make_pool(const struct hvu_pool_file *file, const char *name)
{
	struct stat directory;

	if (fstatat(file->directory, "", &directory, AT_EMPTY_PATH) < 0)
		return -errno;
	return make_file(file, name, &directory, POOL_MODE);
}

/**
 * hvu_pool_file_make_journal() - open the journal of a file that is open for writing; make it first
 * @file: the file
 *
 * Return: 0 or a negative errno.
 */
int hvu_pool_file_make_journal(struct hvu_pool_file *file)
{
	char name[HVU_POOL_NAME_SIZE];
	struct stat status;
	int ret;

	if (file->journal >= 0)
		return 0;
	journal_name(file, name);
	/* What is in it is in the pool: who may read that may read this. */
	if (fstat(file->fd, &status) < 0)
		return -errno;
	ret = make_file(file, name, &status, status.st_mode & 0666);
	if (ret)
		return ret;
	ret = open_checked(file, name, true, &file->journal_status);
	if (ret < 0)
		return ret;
	file->journal = ret;
	return 0;
}

/* --- Locks. ---------------------------------------------------------------------------------- */

static int try_lock(int fd, bool write)
{
	struct flock lock = { .l_type = write ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };
	int error;

	if (flock(fd, (write ? LOCK_EX : LOCK_SH) | LOCK_NB) < 0)
		return errno == EWOULDBLOCK || errno == EINTR ? -EBUSY : -errno;
	if (!fcntl(fd, F_OFD_SETLK, &lock))
		return 0;
	error = errno;
	flock(fd, LOCK_UN);
	return error == EAGAIN || error == EACCES || error == EINTR ? -EBUSY : -error;
}

static bool unlock(int fd)
{
	const struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	return !fcntl(fd, F_OFD_SETLK, &lock) && !flock(fd, LOCK_UN);
}

static int lock(int fd, bool write, int64_t until)
{
	unsigned int pause = FIRST_PAUSE_US;

	for (;;) {
		int ret = try_lock(fd, write);

		if (ret != -EBUSY || hvu_now_us() >= until)
			return ret;
		usleep(pause);
		if (pause < LAST_PAUSE_US)
			pause *= 2;
	}
}

/* --- Opening. -------------------------------------------------------------------------------- */

static bool same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* May whoever could open it then do so now? */
static bool same_rights(const struct stat *a, const struct stat *b)
{
	return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid &&
	       a->st_nlink == b->st_nlink;
}

/* Is what was opened still what the name says? */
static bool is_in_place(const struct hvu_pool_file *file, const char *name)
{
	struct stat named;

	return !fstatat(file->directory, name, &named, AT_SYMLINK_NOFOLLOW) &&
	       same_inode(&file->status, &named);
}

/* Looks at the file, which is locked: has nobody changed it, its rights included? */
static bool is_as_left(struct hvu_pool_file *file)
{
	const struct stat left = file->status;

	return !fstat(file->fd, &file->status) && same_rights(&file->status, &left) &&
	       nanoseconds(&file->status.st_ctim) == nanoseconds(&left.st_ctim);
}

static int open_pool(struct hvu_pool_file *file, enum hvu_pool_use use)
{
	char name[HVU_POOL_NAME_SIZE];
	int ret;

	hvu_pool_file_name(file, name);
	file->writable = use != HVU_POOL_READ;
	ret = open_checked(file, name, file->writable, &file->status);
	if (ret != -ENOENT || use != HVU_POOL_MAKE)
		return ret;
	ret = make_pool(file, name);
	return ret ? ret : open_checked(file, name, true, &file->status);
}

static int open_and_lock(struct hvu_pool_file *file, enum hvu_pool_use use)
{
	int64_t until = hvu_now_us() + file->wait_ms * INT64_C(1000);
	char name[HVU_POOL_NAME_SIZE];

	hvu_pool_file_name(file, name);
	for (;;) {
		bool kept = file->fd >= 0;
		int ret;

		if (!kept)
			file->fd = open_pool(file, use);
		if (file->fd < 0)
			return file->fd;
		ret = lock(file->fd, use != HVU_POOL_READ, until);
		if (ret)
			return ret;
		if ((kept ? is_as_left(file) : !fstat(file->fd, &file->status)) &&
		    is_in_place(file, name))
			return 0;
		hvu_pool_file_close(file);
		if (!kept && hvu_now_us() >= until)
			return -EBUSY;
	}
}

/* The one that is open, if it still is the one; else the one that is there. */
static int open_journal(struct hvu_pool_file *file)
{
	const struct stat left = file->journal_status;
	char name[HVU_POOL_NAME_SIZE];
	int fd;

	journal_name(file, name);
	if (file->journal >= 0) {
		if (!fstatat(file->directory, name, &file->journal_status, AT_SYMLINK_NOFOLLOW) &&
		    same_inode(&file->journal_status, &left) &&
		    same_rights(&file->journal_status, &left))
			return 0;
		close(file->journal);
		file->journal = -1;
	}
	fd = open_checked(file, name, file->writable, &file->journal_status);
	if (fd >= 0)
		file->journal = fd;
	/* A reader makes do without it. */
	return fd >= 0 || fd == -ENOENT || !file->writable ? 0 : fd;
}

/**
 * hvu_pool_file_open() - open and lock the file and its journal
 * @file: the file; closed, or open from before
 * @use: to read it, to write it, or to make it if it is not there and write it
 *
 * Return: 0; %-ENOENT if it is not there; %-EBUSY if the locks are not to be had in time; or as
 * hvu_pool_open() and hvu_pool_set() say.
 */
int hvu_pool_file_open(struct hvu_pool_file *file, enum hvu_pool_use use)
{
	int ret = open_and_lock(file, use);

	if (!ret)
		ret = open_journal(file);
	if (ret)
		hvu_pool_file_close(file);
	return ret;
}

/**
 * hvu_pool_file_unlock() - the counterpart of hvu_pool_file_open()
 * @file: the file
 *
 * It stays open if it was opened to write, and is then as @status says: who has changed it says so
 * there.
 */
void hvu_pool_file_unlock(struct hvu_pool_file *file)
{
	if (!file->writable || !unlock(file->fd))
		hvu_pool_file_close(file);
}

/** hvu_pool_file_close() - unlock it if it is locked, and close it if it is open */
void hvu_pool_file_close(struct hvu_pool_file *file)
{
	if (file->journal >= 0)
		close(file->journal);
	/* To close the only descriptor gives both locks back. */
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	file->journal = -1;
}

/* --- Dates. ---------------------------------------------------------------------------------- */

/**
 * hvu_pool_file_is_young() - may another write get the same dates as the last one?
 * @status: of the file
 * @now: of CLOCK_REALTIME
 */
bool hvu_pool_file_is_young(const struct stat *status, const struct timespec *now)
{
	bool is_coarse = !status->st_mtim.tv_nsec && !status->st_ctim.tv_nsec;
	int64_t age = nanoseconds(now) - nanoseconds(&status->st_ctim);
	int64_t limit = is_coarse ? COARSE_NS + YOUNG_NS : YOUNG_NS;

	return age < limit && age > -limit;
}

/**
 * hvu_pool_file_has_date() - is it of a date to the nanosecond, as it was to be?
 * @status: of the file
 * @date: the date that was set
 */
bool hvu_pool_file_has_date(const struct stat *status, const struct timespec *date)
{
	return nanoseconds(&status->st_mtim) == nanoseconds(date);
}
