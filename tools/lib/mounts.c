// SPDX-License-Identifier: GPL-2.0
/* The file systems that are mounted: see mounts.h. */
#include "mounts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <libmount/libmount.h>
#include <linux/major.h>

#include "root.h"
#include "settings.h"

#define BLOCK "sys/dev/block/%u:%u"

/* Of devices that are made of devices; more is a circle. */
#define DEPTH_MAX 16

/**
 * struct reader - what is known while the table is read
 * @root: below which /proc and /sys are
 * @table: of all mounts
 * @disk_types: types of file systems that need a device, ended by NULL
 * @n_disk_types: how many
 * @mounts: what becomes of it
 */
struct reader {
	int root;
	struct libmnt_table *table;
	char **disk_types;
	size_t n_disk_types;
	struct hvu_mounts *mounts;
};

/* --- Types. ------------------------------------------------------------------------------- */

/* Lines of /proc/filesystems are "nodev TYPE", or TYPE alone where it needs a device. */
static int read_types(struct reader *reader)
{
	FILE *file = hvu_fopen(reader->root, "proc/filesystems");
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	if (!file)
		return -errno;
	while (!ret && getline(&line, &size, file) > 0) {
		char **more, *type = line + strspn(line, "\t");

		type[strcspn(type, "\n")] = '\0';
		if (line[0] != '\t')
			continue;
		more = reallocarray(reader->disk_types, reader->n_disk_types + 2, sizeof(*more));
		if (more) {
			reader->disk_types = more;
			more[reader->n_disk_types] = strdup(type);
		}
		if (more && more[reader->n_disk_types])
			more[++reader->n_disk_types] = NULL;
		else
			ret = -ENOMEM;
	}
	free(line);
	fclose(file);
	return ret;
}

/* One of zfs knows its disks by itself, and has no number of one. */
static bool is_on_disk(const struct reader *reader, const char *type)
{
	if (!strcmp(type, "zfs"))
		return true;
	for (size_t i = 0; i < reader->n_disk_types; i++) {
		if (!strcmp(reader->disk_types[i], type))
			return true;
	}
	return false;
}

static bool is_fuse(const char *type)
{
	return !strncmp(type, "fuse", 4) && (!type[4] || type[4] == '.' || type[4] == 'b');
}

/* May it never answer? (What autofs has mounted is there: the way to that asks nobody.) */
static bool is_foreign(struct libmnt_fs *entry)
{
	const char *type = mnt_fs_get_fstype(entry);

	return mnt_fs_is_netfs(entry) || is_fuse(type) || !strcmp(type, "virtiofs") ||
	       !strcmp(type, "ceph");
}

/* --- The table. --------------------------------------------------------------------------- */

static struct hvu_filesystem *find(const struct hvu_mounts *mounts, dev_t device)
{
	for (size_t i = 0; i < mounts->n; i++) {
		if (mounts->all[i].device == device)
			return &mounts->all[i];
	}
	return NULL;
}

/* By the file system and not by the mount, which may be read-only all the same. */
static bool is_read_only(struct libmnt_fs *entry)
{
	const char *options = mnt_fs_get_fs_options(entry);

	return options && !mnt_optstr_get_option(options, "ro", NULL, NULL);
}

static enum hvu_skip judge(const struct reader *reader, struct libmnt_fs *entry)
{
	const char *type = mnt_fs_get_fstype(entry);

	if (is_fuse(type))
		return HVU_SKIP_USER;
	if (is_foreign(entry))
		return HVU_SKIP_REMOTE;
	if (!is_on_disk(reader, type))
		return HVU_SKIP_NO_DISK;
	return is_read_only(entry) ? HVU_SKIP_READ_ONLY : HVU_SKIP_NONE;
}

static struct hvu_filesystem *add_filesystem(struct reader *reader, struct libmnt_fs *entry)
{
	struct hvu_mounts *mounts = reader->mounts;
	struct hvu_filesystem *more = reallocarray(mounts->all, mounts->n + 1, sizeof(*more));
	const char *source = mnt_fs_get_source(entry);

	if (!more)
		return NULL;
	mounts->all = more;
	more += mounts->n++;
	*more = (struct hvu_filesystem){
		.device = mnt_fs_get_devno(entry),
		.type = strdup(mnt_fs_get_fstype(entry)),
		.source = strdup(source ? source : "none"),
		.skip = judge(reader, entry),
	};
	return more->type && more->source ? more : NULL;
}

static bool is_beyond(const struct reader *reader, struct libmnt_fs *entry)
{
	for (unsigned int depth = 0; depth < 256; depth++) {
		struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
		int parent = mnt_fs_get_parent_id(entry), self = mnt_fs_get_id(entry);
		struct libmnt_fs *other;
		bool found = false;

		while (iter && !found && !mnt_table_next_fs(reader->table, iter, &other))
			found = mnt_fs_get_id(other) == parent && parent != self;
		mnt_free_iter(iter);
		if (!found)
			return false;
		if (is_foreign(other))
			return true;
		entry = other;
	}
	return true;
}

static int add_mount(struct reader *reader, struct libmnt_fs *entry)
{
	struct hvu_filesystem *filesystem = find(reader->mounts, mnt_fs_get_devno(entry));
	struct hvu_mount *more;

	if (!filesystem)
		filesystem = add_filesystem(reader, entry);
	if (!filesystem)
		return -ENOMEM;
	more = reallocarray(filesystem->mounts, filesystem->n_mounts + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	filesystem->mounts = more;
	more += filesystem->n_mounts;
	*more = (struct hvu_mount){
		.id = mnt_fs_get_id(entry),
		.path = strdup(mnt_fs_get_target(entry)),
		.beyond = filesystem->skip == HVU_SKIP_NONE && is_beyond(reader, entry),
	};
	if (!more->path)
		return -ENOMEM;
	filesystem->n_mounts++;
	return 0;
}

/* libmount leaves out what it cannot read. */
static int count_unread(struct libmnt_table *table, const char *name, int line)
{
	struct hvu_mounts *mounts = mnt_table_get_userdata(table);

	(void)name;
	(void)line;
	mounts->n_unread++;
	return 1;
}

static int read_table(struct reader *reader)
{
	FILE *file = hvu_fopen(reader->root, "proc/self/mountinfo");
	struct libmnt_iter *iter;
	struct libmnt_fs *entry;
	int ret;

	if (!file)
		return -errno;
	mnt_table_set_userdata(reader->table, reader->mounts);
	mnt_table_set_parser_errcb(reader->table, count_unread);
	ret = mnt_table_parse_stream(reader->table, file, "mountinfo");
	fclose(file);
	if (ret)
		return ret < 0 ? ret : -EBADMSG;
	iter = mnt_new_iter(MNT_ITER_FORWARD);
	if (!iter)
		return -ENOMEM;
	while (!ret && !mnt_table_next_fs(reader->table, iter, &entry)) {
		if (mnt_fs_get_fstype(entry) && mnt_fs_get_target(entry))
			ret = add_mount(reader, entry);
	}
	mnt_free_iter(iter);
	return ret;
}

/* --- What lies on what. ------------------------------------------------------------------- */

/**
 * struct lying - a file system, and what it lies on
 * @reader: the table
 * @which: index of the file system
 * @changed: a level has been raised
 */
struct lying {
	const struct reader *reader;
	size_t which;
	bool changed;
};

/* Is a file, by its name, at or below a mount point? Then gets the length of that. */
static bool is_below(const char *file, const char *target, size_t *len)
{
	*len = strlen(target);
	if (*len && target[*len - 1] == '/')
		--*len;
	return !strncmp(file, target, *len) && (!file[*len] || file[*len] == '/');
}

/*
 * By the names alone, where mnt_table_find_mountpoint() looks at the file, and with one look at
 * each mount: there may be thousands, and as many files. Of mounts at one place the last counts.
 */
static struct hvu_filesystem *filesystem_of(const struct reader *reader, const char *file)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *entry, *best = NULL;
	size_t len, best_len = 0;

	while (iter && !mnt_table_next_fs(reader->table, iter, &entry)) {
		const char *target = mnt_fs_get_target(entry);

		if (target && is_below(file, target, &len) && (!best || len > best_len)) {
			best = entry;
			best_len = len;
		}
	}
	mnt_free_iter(iter);
	/* A file that has no place here may still be on the disk of the root. */
	if (!best)
		best = mnt_table_find_target(reader->table, "/", MNT_ITER_BACKWARD);
	return best ? find(reader->mounts, mnt_fs_get_devno(best)) : NULL;
}

static void skip(struct lying *lying, enum hvu_skip why)
{
	struct hvu_filesystem *filesystem = &lying->reader->mounts->all[lying->which];

	if (filesystem->skip != HVU_SKIP_NONE)
		return;
	filesystem->skip = why;
	lying->changed = true;
}

/* It lies on a file: that of a loop device, or in the upper layer of an overlay. */
static void lies_on_file(struct lying *lying, const char *path)
{
	struct hvu_mounts *mounts = lying->reader->mounts;
	struct hvu_filesystem *upper = &mounts->all[lying->which];
	struct hvu_filesystem *lower = filesystem_of(lying->reader, path);

	if (!lower || lower == upper)
		return;
	if (lower->skip == HVU_SKIP_REMOTE || lower->skip == HVU_SKIP_REMOTE_DISK ||
	    lower->skip == HVU_SKIP_USER)
		skip(lying, lower->skip);
	if (lower->level <= upper->level && upper->level < mounts->n) {
		lower->level = upper->level + 1;
		lying->changed = true;
	}
}

static void lies_on_device(struct lying *lying, dev_t device, unsigned int depth);

static void lies_on_named(struct lying *lying, const char *name, unsigned int depth)
{
	unsigned int major_number, minor_number;
	char text[32];

	if (hvu_read(lying->reader->root, text, sizeof(text), "sys/class/block/%s/dev", name) > 0 &&
	    sscanf(text, "%u:%u", &major_number, &minor_number) == 2)
		lies_on_device(lying, makedev(major_number, minor_number), depth);
}

static bool is_scsi_disk(unsigned int number)
{
	return number == SCSI_DISK0_MAJOR ||
	       (number >= SCSI_DISK1_MAJOR && number <= SCSI_DISK7_MAJOR) ||
	       (number >= SCSI_DISK8_MAJOR && number <= SCSI_DISK15_MAJOR);
}

/* By iSCSI or nbd: it may hang with the network, and is in no snapshot of the host's. */
static bool is_remote(int root, dev_t device)
{
	char link[4096];
	const char *session;

	if (!is_scsi_disk(major(device)) && major(device) != NBD_MAJOR &&
	    major(device) != BLOCK_EXT_MAJOR)
		return false;
	if (hvu_link(root, link, sizeof(link), BLOCK, major(device), minor(device)))
		return false;
	session = strstr(link, "/session");
	return strstr(link, "/block/nbd") ||
	       (session && isdigit((unsigned char)session[strlen("/session")]));
}

/* A disk or a part of it lies on nothing. Most are that, and to look takes many system calls. */
static bool is_lowest(unsigned int number)
{
	return is_scsi_disk(number) || number == RAMDISK_MAJOR || number == NBD_MAJOR;
}

/* A partition is part of the device whose folder its own is in. */
static void lies_on_device(struct lying *lying, dev_t device, unsigned int depth)
{
	static const char *const folders[] = { "", "/.." };
	int root = lying->reader->root;

	if (depth > DEPTH_MAX)
		return;
	if (is_remote(root, device))
		skip(lying, HVU_SKIP_REMOTE_DISK);
	if (is_lowest(major(device)))
		return;
	for (unsigned int i = 0; i < 2; i++) {
		char file[4096], **slaves;

		if (hvu_read(root, file, sizeof(file), BLOCK "%s/loop/backing_file",
			     major(device), minor(device), folders[i]) > 0)
			lies_on_file(lying, file);
		slaves = hvu_list(root, BLOCK "%s/slaves", major(device), minor(device),
				  folders[i]);
		for (size_t k = 0; slaves && slaves[k]; k++)
			lies_on_named(lying, slaves[k], depth + 1);
		hvu_list_free(slaves);
		if (!hvu_exists(root, BLOCK "/partition", major(device), minor(device)))
			break;
	}
}

/* A file system that may have several devices, as btrfs may, has no number of one. */
static void lies_on_source(struct lying *lying, const char *source)
{
	char link[4096];
	const char *name = source;
	char **uuids;

	if (strncmp(source, "/dev/", 5))
		return;
	/* As /dev/mapper/ has them. */
	if (!hvu_link(lying->reader->root, link, sizeof(link), "%s", source))
		name = link;
	name = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	uuids = hvu_list(lying->reader->root, "sys/fs/btrfs");
	for (size_t i = 0; uuids && uuids[i]; i++) {
		char **devices;

		if (!hvu_exists(lying->reader->root, "sys/fs/btrfs/%s/devices/%s", uuids[i], name))
			continue;
		devices = hvu_list(lying->reader->root, "sys/fs/btrfs/%s/devices", uuids[i]);
		for (size_t k = 0; devices && devices[k]; k++)
			lies_on_named(lying, devices[k], 0);
		hvu_list_free(devices);
	}
	hvu_list_free(uuids);
	lies_on_named(lying, name, 0);
}

/* What is written to an overlay goes to its upper layer. */
static void lies_on_upper_layer(struct lying *lying)
{
	const struct reader *reader = lying->reader;
	dev_t device = reader->mounts->all[lying->which].device;
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *entry;

	while (iter && !mnt_table_next_fs(reader->table, iter, &entry)) {
		const char *options = mnt_fs_get_fs_options(entry);
		char *value, *path;
		size_t size;

		if (mnt_fs_get_devno(entry) != device || !options ||
		    mnt_optstr_get_option(options, "upperdir", &value, &size) || !value)
			continue;
		path = strndup(value, size);
		if (path)
			lies_on_file(lying, path);
		free(path);
		break;
	}
	mnt_free_iter(iter);
}

static void find_levels(const struct reader *reader)
{
	struct hvu_mounts *mounts = reader->mounts;
	struct lying lying = { .reader = reader, .changed = true };

	/* A stack of all of them is as high as it gets. */
	for (size_t pass = 0; lying.changed && pass <= mounts->n; pass++) {
		lying.changed = false;
		for (lying.which = 0; lying.which < mounts->n; lying.which++) {
			struct hvu_filesystem *filesystem = &mounts->all[lying.which];

			if (!strcmp(filesystem->type, "overlay"))
				lies_on_upper_layer(&lying);
			else if (!is_on_disk(reader, filesystem->type))
				continue;
			else if (major(filesystem->device))
				lies_on_device(&lying, filesystem->device, 0);
			else
				lies_on_source(&lying, filesystem->source);
		}
	}
}

/* --- What the administrator wants. -------------------------------------------------------- */

static bool matches(const struct hvu_filesystem *filesystem, char *const *globs)
{
	if (hvu_glob_any(globs, filesystem->source))
		return true;
	for (size_t i = 0; i < filesystem->n_mounts; i++) {
		if (hvu_glob_any(globs, filesystem->mounts[i].path))
			return true;
	}
	return false;
}

static void apply_globs(struct hvu_mounts *mounts, char *const *include, char *const *exclude)
{
	for (size_t i = 0; i < mounts->n; i++) {
		struct hvu_filesystem *filesystem = &mounts->all[i];
		bool included = matches(filesystem, include);

		if (filesystem->skip == HVU_SKIP_REMOTE_DISK && included)
			filesystem->skip = HVU_SKIP_NONE;
		if (filesystem->skip)
			continue;
		if (matches(filesystem, exclude))
			filesystem->skip = HVU_SKIP_EXCLUDED;
		else if (include[0] && !included)
			filesystem->skip = HVU_SKIP_NOT_INCLUDED;
		else
			mounts->n_frozen++;
	}
}

static int compare(const void *a, const void *b)
{
	const struct hvu_filesystem *one = a, *other = b;

	if (!one->skip != !other->skip)
		return one->skip ? 1 : -1;
	if (!one->skip && one->level != other->level)
		return one->level < other->level ? -1 : 1;
	return strcmp(one->mounts[0].path, other->mounts[0].path);
}

/**
 * hvu_mounts_read() - which file systems are there?
 * @mounts: gets them, for hvu_mounts_free()
 * @root: below which /proc and /sys are
 * @include: globs of mount points or devices that are frozen; none means all but those whose disk
 *	is on another machine
 * @exclude: globs of those that are not, whatever @include says
 *
 * Return: 0, or a negative errno with nothing to free.
 */
int hvu_mounts_read(struct hvu_mounts *mounts, int root, char *const *include,
		    char *const *exclude)
{
	struct reader reader = { .root = root, .table = mnt_new_table(), .mounts = mounts };
	int ret;

	memset(mounts, 0, sizeof(*mounts));
	ret = reader.table ? read_types(&reader) : -ENOMEM;
	if (!ret)
		ret = read_table(&reader);
	if (!ret) {
		find_levels(&reader);
		apply_globs(mounts, include, exclude);
		if (mounts->n)
			qsort(mounts->all, mounts->n, sizeof(*mounts->all), compare);
	} else {
		hvu_mounts_free(mounts);
	}
	hvu_list_free(reader.disk_types);
	mnt_unref_table(reader.table);
	return ret;
}

/** hvu_mounts_free() - what hvu_mounts_read() gave */
void hvu_mounts_free(struct hvu_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		struct hvu_filesystem *filesystem = &mounts->all[i];

		for (size_t k = 0; k < filesystem->n_mounts; k++)
			free(filesystem->mounts[k].path);
		free(filesystem->mounts);
		free(filesystem->source);
		free(filesystem->type);
	}
	free(mounts->all);
	memset(mounts, 0, sizeof(*mounts));
}

/** hvu_skip_text() - the reason in words; NULL if there is none */
const char *hvu_skip_text(enum hvu_skip skip)
{
	switch (skip) {
	case HVU_SKIP_NONE:
		return NULL;
	case HVU_SKIP_NO_DISK:
		return "it is not on a disk";
	case HVU_SKIP_REMOTE:
		return "its data is on another machine";
	case HVU_SKIP_REMOTE_DISK:
		return "its disk is on another machine, and vss.include does not name it";
	case HVU_SKIP_USER:
		return "a process serves it";
	case HVU_SKIP_READ_ONLY:
		return "it is read-only";
	case HVU_SKIP_EXCLUDED:
		return "the configuration excludes it";
	case HVU_SKIP_NOT_INCLUDED:
		return "the configuration does not include it";
	}
	return "unknown";
}

/* --- Opening. ----------------------------------------------------------------------------- */

/* Only looks first: to open a device has effects, and to open a FIFO may wait. */
static int open_mount(int root, const struct hvu_mount *mount)
{
	char path[32];
	struct statx status;
	int place, fd;

	place = hvu_open(root, O_PATH, "%s", mount->path);
	if (place < 0)
		return place;
	if (statx(place, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID,
		  &status)) {
		fd = -errno;
		goto out_close_place;
	}
	fd = -ENOENT;
	/* Another file system is mounted over it. */
	if (status.stx_mask & STATX_MNT_ID && (int)status.stx_mnt_id != mount->id)
		goto out_close_place;
	fd = -ENXIO;
	if (!S_ISDIR(status.stx_mode) && !S_ISREG(status.stx_mode))
		goto out_close_place;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
out_close_place:
	close(place);
	return fd;
}

/**
 * hvu_filesystem_open() - open a folder or a file of a file system
 * @root: below which the file system is mounted
 * @filesystem: the file system
 *
 * Return: a file descriptor; %-ENOENT if no mount of it can be reached any more: unmounted, or
 * covered by another one; %-ENXIO if there is neither a folder nor a regular file at one that can;
 * or another negative errno.
 */
int hvu_filesystem_open(int root, const struct hvu_filesystem *filesystem)
{
	int ret = -ENOENT;

	for (size_t i = 0; i < filesystem->n_mounts; i++) {
		int fd;

		if (filesystem->mounts[i].beyond)
			continue;
		fd = open_mount(root, &filesystem->mounts[i]);
		if (fd >= 0)
			return fd;
		/* What says more than that it is not there. */
		if (fd != -ENOENT && fd != -ENOTDIR)
			ret = fd;
	}
	return ret;
}

/**
 * hvu_unreachable_text() - why a backup does without a file system that cannot be opened, in words
 * @error: of hvu_filesystem_open()
 *
 * Return: the words; NULL if it is an error by which a backup fails.
 */
const char *hvu_unreachable_text(int error)
{
	switch (error) {
	case -ENOENT:
		return "it has been unmounted, or is covered by another mount";
	case -ENXIO:
		return "nothing of it is mounted that can be opened";
	default:
		return NULL;
	}
}
