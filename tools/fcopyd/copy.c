// SPDX-License-Identifier: GPL-2.0
/* One file that the host copies. */
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* --- Hidden names. ---------------------------------------------------------------------------- */

/** hvic_copy_hidden_name() - what a file is called until it is complete, if it must have a name */
void hvic_copy_hidden_name(char name[static HVIC_COPY_HIDDEN_SIZE], uint64_t number)
{
	snprintf(name, HVIC_COPY_HIDDEN_SIZE, ".hvic-fcopy-%016llx.part",
		 (unsigned long long)number);
}

static bool is_left(const struct stat *st, const struct hvic_left *left)
{
	return S_ISREG(st->st_mode) && st->st_dev == left->device &&
		st->st_ino == left->inode && st->st_mtim.tv_sec == left->changed.tv_sec &&
		st->st_mtim.tv_nsec == left->changed.tv_nsec;
}

/*
 * In the middle of an overwrite the hidden name is that of the new file or, once they have changed
 * places, of the old one. Either may go as long as there is a file of the other name. If somebody
 * has taken that away, the old one is the last there is, and gets its name back.
 */
static int remove_replaced(int folder, const char *hidden, const struct hvic_place *place,
			   const struct hvic_left *left)
{
	const char *missing;
	int own, ret = -ENOENT;
	struct stat st;

	if (fstatat(folder, hidden, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (!is_left(&st, left)) {
		own = hvic_place_walk(place, &missing);
		if (own >= 0 && !*missing)
			ret = renameat2(folder, hidden, own, place->name, RENAME_NOREPLACE) ?
				-errno : 0;
		if (own >= 0)
			close(own);
	}
	/* Where nothing can be renamed so, nothing has changed places, and this is the new one. */
	if (!ret || (ret != -EEXIST && ret != -ENOENT && ret != -EINVAL))
		return ret;
	return unlinkat(folder, hidden, 0) ? -errno : 0;
}

static int remove_one(int folder, const char *hidden, const struct hvic_place *place,
		      const struct hvic_left *left)
{
	if (left->has_file && left->replaces)
		return remove_replaced(folder, hidden, place, left);
	return unlinkat(folder, hidden, 0) ? -errno : 0;
}

/* The name is nobody else's. It may be in any folder on the way: the last may have been missing. */
static int remove_hidden(const struct hvic_place *place, const struct hvic_left *left)
{
	struct hvic_place parent = *place;
	char hidden[HVIC_COPY_HIDDEN_SIZE];
	int ret = -ENOENT;

	hvic_copy_hidden_name(hidden, left->hidden);
	for (;;) {
		const char *missing;
		int fd = hvic_place_walk(&parent, &missing);
		char *last = strrchr(parent.path, '/');

		if (fd >= 0) {
			int error = remove_one(fd, hidden, place, left);

			if (error != -ENOENT)
				ret = hvic_place_status(error);
			close(fd);
		}
		if (!last || last < &parent.path[parent.top_len])
			return ret;
		*last = '\0';
	}
}

static int remove_named(const struct hvic_place *place, const struct hvic_left *left)
{
	const char *missing;
	int folder = hvic_place_walk(place, &missing), ret = -ENOENT;
	struct stat st;

	if (folder < 0)
		return folder;
	if (!*missing && !fstatat(folder, place->name, &st, AT_SYMLINK_NOFOLLOW) &&
	    is_left(&st, left))
		ret = unlinkat(folder, place->name, 0) ? hvic_place_status(-errno) : 0;
	close(folder);
	return ret;
}

/**
 * hvic_copy_remove_left() - remove what a daemon has left that went in the middle
 * @place: where its file was to go; open
 * @left: the file; it is not removed under its own name unless the host was not told of that
 *
 * Return: 0, %-ENOENT if nothing was left, or another negative errno.
 */
int hvic_copy_remove_left(const struct hvic_place *place, const struct hvic_left *left)
{
	int ret = left->has_hidden ? remove_hidden(place, left) : -ENOENT, other;

	/* Under the name of another file it stays: it is whole, and the other one may be gone. */
	if (!left->has_file || left->replaces || (ret && ret != -ENOENT))
		return ret;
	other = remove_named(place, left);
	return other == -ENOENT ? ret : other;
}

/* --- Begin. ----------------------------------------------------------------------------------- */

/* 1 if there is a file that the new one may replace, 0 if there is nothing. */
static int check_target(const struct hvic_copy *copy, int folder)
{
	struct stat st;

	if (fstatat(folder, copy->place.name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (!(copy->flags & HV_IC_FCOPY_OVERWRITE) || S_ISDIR(st.st_mode))
		return -EEXIST;
	/* A link, a FIFO, a device is there for a reason. */
	return copy->place.overwrite && S_ISREG(st.st_mode) ? 1 : -EACCES;
}

static int check_room(const struct hvic_copy *copy, int folder)
{
	struct statvfs fs;
	uint64_t room;

	if (copy->place.max_size && copy->size > copy->place.max_size)
		return -EACCES;
	if (fstatvfs(folder, &fs))
		return -errno;
	/* Some file systems do not say. */
	if (!fs.f_blocks)
		return 0;
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	return copy->place.min_free > room || copy->size > room - copy->place.min_free ?
		-ENOSPC : 0;
}

static int open_hidden(const struct hvic_copy *copy)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	char hidden[HVIC_COPY_HIDDEN_SIZE];
	int fd;

	hvic_copy_hidden_name(hidden, copy->hidden);
	fd = openat(copy->folder, hidden, flags, 0600);
	return fd < 0 ? -errno : fd;
}

static int open_file(struct hvic_copy *copy)
{
	int fd = -EOPNOTSUPP;

	if (!copy->avoid_unnamed) {
		fd = openat(copy->folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
		fd = fd < 0 ? -errno : fd;
	}
	if (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -EINVAL) {
		fd = open_hidden(copy);
		copy->named = fd >= 0;
	}
	if (fd < 0)
		return fd;
	copy->file = fd;
	return 0;
}

/**
 * hvic_copy_begin() - begin a file
 * @copy: its place is open; it is not active
 * @id: of START
 * @size: of the file
 * @flags: HV_IC_FCOPY_*
 *
 * Return: 0, or a negative errno for the host. The place belongs to the copy only after 0.
 */
int hvic_copy_begin(struct hvic_copy *copy, uint64_t id, uint64_t size, uint32_t flags)
{
	const char *missing;
	int ret;

	copy->id = id;
	copy->size = size;
	copy->flags = flags;
	copy->named = false;
	copy->over = -1;
	copy->n_run = 0;
	copy->run_at = 0;
	copy->run_len = 0;
	copy->end = 0;
	copy->prefix = 0;
	copy->made = 0;
	copy->replaced = false;
	copy->error = 0;
	hvic_digest_init(&copy->digest);
	if (getrandom(&copy->hidden, sizeof(copy->hidden), 0) != sizeof(copy->hidden))
		return -EIO;

	copy->folder = hvic_place_walk(&copy->place, &missing);
	if (copy->folder < 0)
		return copy->folder;
	ret = !*missing ? check_target(copy, copy->folder) :
		flags & HV_IC_FCOPY_CREATE_PATH ? 0 : -ENOTDIR;
	if (ret >= 0)
		ret = check_room(copy, copy->folder);
	if (ret)
		goto err_close_folder;
	ret = open_file(copy);
	if (ret)
		goto err_close_folder;
	/* Better now than behind the last byte. */
	ret = hvic_place_try_own(&copy->place, copy->file);
	if (ret)
		goto err_close_file;
	copy->active = true;
	return 0;

err_close_file:
	hvic_copy_settle(copy);
	close(copy->file);
err_close_folder:
	close(copy->folder);
	return hvic_place_status(ret);
}

/* --- Blocks. ---------------------------------------------------------------------------------- */

static void drop_written(struct hvic_copy *copy, size_t len)
{
	struct iovec *block = copy->run;

	copy->run_at += len;
	copy->run_len -= len;
	for (; len && len >= block->iov_len; block++) {
		len -= block->iov_len;
		copy->n_run--;
	}
	memmove(copy->run, block, copy->n_run * sizeof(*block));
	if (len) {
		copy->run[0].iov_base = (char *)copy->run[0].iov_base + len;
		copy->run[0].iov_len -= len;
	}
}

/**
 * hvic_copy_flush() - write the blocks that have been gathered
 * @copy: an active copy
 *
 * Return: 0 or a negative errno for the host; an error is returned once, and then kept in @copy.
 */
int hvic_copy_flush(struct hvic_copy *copy)
{
	uint64_t from = copy->run_at;

	while (copy->run_len && !copy->error) {
		ssize_t len = pwritev(copy->file, copy->run, copy->n_run, copy->run_at);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0) {
			copy->error = hvic_place_status(len ? -errno : -EIO);
			break;
		}
		drop_written(copy, len);
	}
	if (copy->run_len) {
		copy->n_run = 0;
		copy->run_len = 0;
		return copy->error;
	}
	if (copy->run_at > copy->end)
		copy->end = copy->run_at;
	if (from <= copy->prefix && copy->run_at > copy->prefix)
		copy->prefix = copy->run_at;
	if (copy->run_at > from)
		hvic_digest_wrote(&copy->digest, from);
	return 0;
}

/**
 * hvic_copy_add() - a block
 * @copy: an active copy
 * @offset: where in the file
 * @data: its bytes, which have to stay there until hvic_copy_flush()
 * @size: how many
 *
 * Return: as hvic_copy_flush().
 */
int hvic_copy_add(struct hvic_copy *copy, uint64_t offset, const void *data, size_t size)
{
	int ret = 0;

	if (copy->error || !size)
		return 0;
	if (size > copy->size || offset > copy->size - size) {
		copy->error = -EINVAL;
		return copy->error;
	}
	if (copy->n_run == HVIC_COPY_RUN ||
	    (copy->n_run && offset != copy->run_at + copy->run_len))
		ret = hvic_copy_flush(copy);
	if (ret)
		return ret;
	if (!copy->n_run)
		copy->run_at = offset;
	copy->run[copy->n_run].iov_base = (void *)data;
	copy->run[copy->n_run].iov_len = size;
	copy->n_run++;
	copy->run_len += size;
	return 0;
}

/* --- End. ------------------------------------------------------------------------------------- */

static int link_as(const struct hvic_copy *copy, int folder, const char *name)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", copy->file);
	return linkat(AT_FDCWD, self, folder, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

/* The hidden name becomes the file's own, unless there is another file of that. */
static int rename_new(const struct hvic_copy *copy, int folder, const char *hidden)
{
	const char *name = copy->place.name;
	int ret;

	if (!renameat2(copy->folder, hidden, folder, name, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL)
		return -errno;
	/* This file system cannot rename so. */
	ret = linkat(copy->folder, hidden, folder, name, 0) ? -errno : 0;
	if (!ret)
		unlinkat(copy->folder, hidden, 0);
	return ret;
}

static bool is_ours(const struct hvic_copy *copy, int folder, const char *name)
{
	struct stat ours, there;

	return !fstat(copy->file, &ours) && !fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) &&
		ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static int exchange(const struct hvic_copy *copy, int folder, const char *hidden)
{
	return renameat2(copy->folder, hidden, folder, copy->place.name, RENAME_EXCHANGE) ?
		-errno : 0;
}

/* What came under the hidden name has to be such a file as check_target() has seen. */
static int check_exchanged(const struct hvic_copy *copy, int folder, const char *hidden)
{
	struct stat st;

	if (!fstatat(copy->folder, hidden, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
		return 0;
	exchange(copy, folder, hidden);
	return -EACCES;
}

/* The file gets its hidden name, next to the one that it will replace. */
static int hide(struct hvic_copy *copy, int folder, const char *hidden)
{
	int ret, own = fcntl(folder, F_DUPFD_CLOEXEC, 3);

	if (own < 0)
		return -errno;
	close(copy->folder);
	copy->folder = own;
	copy->named = true;
	/* ORDER: a name that the note does not have, nobody would remove. */
	if (copy->naming)
		copy->naming(copy->data, copy);
	ret = link_as(copy, folder, hidden);
	copy->named = !ret;
	return ret;
}

/* Where files cannot change places, or the old one has gone in this moment. */
static int rename_over(struct hvic_copy *copy, int folder, const char *hidden)
{
	if (renameat(copy->folder, hidden, folder, copy->place.name))
		return -errno;
	copy->named = false;
	return 0;
}

/*
 * The name is at each moment that of a whole file, and so it is if we are killed:
 *
 * 1. before the exchange it is that of the old file, and the hidden name that of the new one;
 * 2. after it they are the other way round, until the host has been told. If it cannot be, they
 *    change back;
 * 3. then the old one goes, in hvic_copy_settle().
 *
 * What has the hidden name may go in each of them, which is what the next daemon does.
 */
static int replace(struct hvic_copy *copy, int folder, const char *hidden)
{
	int ret = 0;

	if (!copy->named)
		ret = hide(copy, folder, hidden);
	else if (copy->naming)
		copy->naming(copy->data, copy);
	if (ret)
		return ret;
	copy->over = fcntl(folder, F_DUPFD_CLOEXEC, 3);
	if (copy->over < 0)
		return -errno;
	ret = exchange(copy, folder, hidden);
	if (!ret)
		ret = check_exchanged(copy, folder, hidden);
	else if (ret == -EINVAL || ret == -ENOENT)
		ret = rename_over(copy, folder, hidden);
	if (!ret && copy->named)
		return 0;
	close(copy->over);
	copy->over = -1;
	return ret;
}

static int give_name(struct hvic_copy *copy, int folder)
{
	char hidden[HVIC_COPY_HIDDEN_SIZE];
	int there = check_target(copy, folder);
	int ret;

	if (there < 0)
		return there;
	copy->replaced = there;
	hvic_copy_hidden_name(hidden, copy->hidden);
	if (there)
		return replace(copy, folder, hidden);
	/* ORDER: who finds the file must know whose it is, if we cannot tell the host. */
	if (copy->naming)
		copy->naming(copy->data, copy);
	ret = copy->named ? rename_new(copy, folder, hidden) :
		link_as(copy, folder, copy->place.name);
	if (!ret)
		copy->named = false;
	return ret;
}

/* Once more from the allowed folder: the way may be another one by now. */
static int open_folder(struct hvic_copy *copy)
{
	const char *missing;
	int folder;

	if (copy->flags & HV_IC_FCOPY_CREATE_PATH)
		return hvic_place_make(&copy->place, &copy->made);
	folder = hvic_place_walk(&copy->place, &missing);
	if (folder >= 0 && *missing) {
		close(folder);
		return -ENOTDIR;
	}
	return folder;
}

static int finish(struct hvic_copy *copy)
{
	const struct hvic_place *place = &copy->place;
	int folder, ret = hvic_copy_flush(copy);

	if (copy->error)
		return copy->error;
	/* There may be holes in it, but not behind its last byte: that would be a part. */
	if (ret || copy->end != copy->size)
		return ret ? ret : -EINVAL;
	/* ORDER: under its own name it is what it should be, and on the disk. */
	ret = hvic_place_own(place, copy->file, place->mode);
	if (!ret && fsync(copy->file))
		ret = -errno;
	if (ret)
		return ret;
	folder = open_folder(copy);
	if (folder < 0)
		return folder;
	ret = give_name(copy, folder);
	if (!ret)
		ret = hvic_place_sync(place, folder, copy->made);
	close(folder);
	if (ret)
		hvic_copy_undo(copy);
	return ret;
}

/**
 * hvic_copy_complete() - all blocks have come
 * @copy: an active copy
 *
 * Return: 0 when the file is in its place and on the disk, or a negative errno for the host. In
 * both cases there is still the rest of it to be ended.
 */
int hvic_copy_complete(struct hvic_copy *copy)
{
	return hvic_place_status(finish(copy));
}

/* The old file and ours change places once more. */
static void change_back(struct hvic_copy *copy)
{
	char hidden[HVIC_COPY_HIDDEN_SIZE];

	hvic_copy_hidden_name(hidden, copy->hidden);
	if (!is_ours(copy, copy->over, copy->place.name) || exchange(copy, copy->over, hidden))
		return;
	/* What somebody has put there in this moment is theirs, and stays. */
	if (!is_ours(copy, copy->folder, hidden))
		exchange(copy, copy->over, hidden);
}

/**
 * hvic_copy_undo() - remove a file that is in its place already
 * @copy: a copy that may be complete
 *
 * For a host that has given it up meanwhile. A file that it has replaced is there again; where the
 * file system could not keep that, the new one stays, for one is better than none.
 */
void hvic_copy_undo(struct hvic_copy *copy)
{
	const char *missing;
	int folder = hvic_place_walk(&copy->place, &missing);

	if (copy->over >= 0)
		change_back(copy);
	else if (!copy->replaced && folder >= 0 && !*missing &&
		 is_ours(copy, folder, copy->place.name))
		unlinkat(folder, copy->place.name, 0);
	if (folder >= 0)
		close(folder);
	hvic_place_unmake(&copy->place, copy->made);
	copy->made = 0;
}

/** hvic_copy_settle() - what has the hidden name goes, as when the host knows of the new file */
void hvic_copy_settle(struct hvic_copy *copy)
{
	char hidden[HVIC_COPY_HIDDEN_SIZE];

	if (!copy->named)
		return;
	hvic_copy_hidden_name(hidden, copy->hidden);
	unlinkat(copy->folder, hidden, 0);
	copy->named = false;
}

/** hvic_copy_end() - let go of a copy; of one that is not complete nothing is left */
void hvic_copy_end(struct hvic_copy *copy)
{
	if (!copy->active)
		return;
	copy->active = false;
	hvic_copy_settle(copy);
	if (copy->over >= 0)
		close(copy->over);
	close(copy->file);
	close(copy->folder);
	hvic_place_close(&copy->place);
}
