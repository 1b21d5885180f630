// SPDX-License-Identifier: GPL-2.0
/* Where a file of the host may go. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "owner.h"
#include "printable.h"
#include "top.h"

/* --- Names. ---------------------------------------------------------------------------------- */

static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

/* Well-formed UTF-8 without controls, which no user could type or should see. */
static int check_text(const char *text)
{
	if (strnlen(text, HV_IC_FCOPY_NAME_SIZE) == HV_IC_FCOPY_NAME_SIZE)
		return -EINVAL;
	while (*text) {
		uint32_t character;
		size_t len = hvu_character(text, &character);

		if (!len || character < 0x20 || (character >= 0x7f && character < 0xa0))
			return -EINVAL;
		text += len;
	}
	return 0;
}

static bool is_dots(const char *name, size_t len)
{
	return len && len <= 2 && !memcmp(name, "..", len);
}

/* A path without separators at its end and doubled ones. @out has room for @path. */
static int clean_path(const char *path, char *out)
{
	while (*path) {
		size_t len = 0;

		while (path[len] && !is_separator(path[len]))
			len++;
		if (len > NAME_MAX || (len == 2 && is_dots(path, len)))
			return -EINVAL;
		if (len && !is_dots(path, len)) {
			*out++ = '/';
			memcpy(out, path, len);
			out += len;
		}
		path += len;
		path += is_separator(*path);
	}
	*out = '\0';
	return 0;
}

/**
 * hvic_place_parse() - read the names of the host
 * @place: to be filled in; it is not open yet, and has no name after an error
 * @path: the folder, with separators of Windows or of POSIX
 * @name: the file
 *
 * Return: 0, or
 * * %-EINVAL - no name of a file; "..", controls, no UTF-8, more than 255 bytes
 * * %-ENOTDIR - the path does not begin at the root, as "C:\\Temp"
 */
int hvic_place_parse(struct hvic_place *place, const char path[static HV_IC_FCOPY_NAME_SIZE],
		     const char name[static HV_IC_FCOPY_NAME_SIZE])
{
	size_t len;

	memset(place, 0, sizeof(*place));
	place->top = -1;
	if (check_text(path) || check_text(name))
		return -EINVAL;
	len = strlen(name);
	if (!len || len > NAME_MAX || is_dots(name, len) || strpbrk(name, "/\\"))
		return -EINVAL;
	if (!is_separator(path[0]))
		return path[0] ? -ENOTDIR : -EINVAL;
	if (clean_path(path, place->path))
		return -EINVAL;
	memcpy(place->name, name, len);
	return 0;
}

/**
 * hvic_place_status() - an error as the driver has a word for it
 * @error: 0 or a negative errno
 *
 * Return: 0 or a negative errno, which the host's administrator reads as what has gone wrong, and
 * not just that something has.
 */
int hvic_place_status(int error)
{
	switch (-error) {
	case ELOOP:		/* a link is in the way */
	case EROFS:
	case EPERM:
	case ETXTBSY:
		return -EACCES;
	case ENOENT:
	case EXDEV:		/* the folder has been moved away */
	case ESTALE:
		return -ENOTDIR;
	case ENAMETOOLONG:	/* for this file system */
		return -EINVAL;
	case EDQUOT:
	case EFBIG:		/* likewise */
		return -ENOSPC;
	case EISDIR:
	case ENOTEMPTY:
		return -EEXIST;
	default:
		return error;
	}
}

/* --- Allowed folders. ------------------------------------------------------------------------- */

/* How much of the place's path is this folder; -1 if the place is not in it. */
static ssize_t match(const struct hvic_place *place, const char *directory)
{
	char clean[PATH_MAX];
	size_t len;

	if (strlen(directory) >= sizeof(clean) || clean_path(directory, clean))
		return -1;
	len = strlen(clean);
	if (strncmp(place->path, clean, len) || (place->path[len] && place->path[len] != '/'))
		return -1;
	return len;
}

/**
 * hvic_place_open() - find out whether a file may go there, and hold on to the allowed folder
 * @place: has been parsed
 * @rules: all allowed folders; of several the one counts that is nearest to the file
 * @n_rules: how many
 * @root: below which the folders are
 *
 * Return: 0; %-EACCES if no folder allows it, or @place says why not; %-ENOTDIR if there is no such
 * folder, or another negative errno. Close only after success.
 */
int hvic_place_open(struct hvic_place *place, const struct hvic_rule *rules, size_t n_rules,
		    int root)
{
	const struct hvic_rule *rule = NULL;
	int fd;

	for (size_t i = 0; i < n_rules; i++) {
		ssize_t len = match(place, rules[i].directory->directory);

		if (len >= 0 && (!rule || (size_t)len > place->top_len)) {
			rule = &rules[i];
			place->top_len = len;
		}
	}
	if (!rule)
		return -EACCES;
	place->uid = rule->uid;
	place->gid = rule->gid;
	place->mode = rule->directory->mode & 0777;
	place->overwrite = rule->directory->overwrite;
	place->max_size = rule->directory->max_size;
	place->min_free = rule->directory->min_free;
	fd = hvic_top_open(root, rule->directory->directory, &place->reason);
	if (fd < 0)
		return hvic_place_status(fd);
	place->top = fd;
	return 0;
}

/** hvic_place_close() - let go of the allowed folder, if it is held */
void hvic_place_close(struct hvic_place *place)
{
	if (place->top >= 0)
		close(place->top);
	place->top = -1;
}

/* --- The way from there. --------------------------------------------------------------------- */

/* The first part of a path; returns what is behind it, or NULL if there is none. */
static const char *split(const char *path, char part[static NAME_MAX + 1])
{
	size_t len;

	path += *path == '/';
	if (!*path)
		return NULL;
	len = strcspn(path, "/");
	memcpy(part, path, len);
	part[len] = '\0';
	return path + len;
}

/*
 * systemd takes openat2() away from services with RestrictSUIDSGID=, since a filter cannot see its
 * flags. A part is one name and never "..", so without a link it leads nowhere else either.
 */
static int step(int folder, const char *part, int flags)
{
	struct open_how how = {
		.flags = flags | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd = syscall(SYS_openat2, folder, part, &how, sizeof(how));

	if (fd < 0 && errno == ENOSYS)
		fd = openat(folder, part, how.flags | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static bool is_owned(const struct hvic_place *place, const struct stat *st)
{
	return (place->uid == HVU_OWNER_ANY || st->st_uid == place->uid) &&
		(place->gid == HVU_GROUP_ANY || st->st_gid == place->gid);
}

/**
 * hvic_place_own() - give something that is new its owner and its mode
 * @place: whose
 * @fd: of a file or a folder
 * @mode: permissions
 *
 * To give it to whom it belongs takes no privilege, and not even the system call. Where nobody is
 * configured it is not tried: the file system may not be able to (FAT), or not let us (NFS).
 *
 * Return: 0 or a negative errno.
 */
int hvic_place_own(const struct hvic_place *place, int fd, mode_t mode)
{
	struct stat st;

	if (fchmod(fd, mode) || fstat(fd, &st))
		return -errno;
	if (is_owned(place, &st))
		return 0;
	return fchown(fd, place->uid, place->gid) ? -errno : 0;
}

/**
 * hvic_place_try_own() - can a new file be given to its owner?
 * @place: whose
 * @fd: of the file, which nobody else may have before it is complete
 *
 * Return: 0 or a negative errno.
 */
int hvic_place_try_own(const struct hvic_place *place, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (is_owned(place, &st))
		return 0;
	return fchown(fd, place->uid, place->gid) || fchown(fd, st.st_uid, st.st_gid) ? -errno : 0;
}

/*
 * A folder that was made a moment ago, with the owner and the mode of the place. One that somebody
 * has put in its place meanwhile keeps what it has, and so does one on a file system that has
 * owners and modes of its own (FAT, NFS).
 */
static int dress(int parent, const char *part, const struct hvic_place *place)
{
	/* Who may read a file may look into its folder. */
	mode_t mode = place->mode | (place->mode & 0444) >> 2;
	struct stat st;
	int fd = step(parent, part, O_RDONLY);
	int ret = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		ret = -errno;
	else if (st.st_uid == geteuid() && (st.st_mode & 0777) == 0700)
		ret = hvic_place_own(place, fd, mode);
	close(fd);
	return ret;
}

/* A step to a folder that is made if it is missing. */
static int step_or_make(int parent, const char *part, const struct hvic_place *place,
			unsigned int *made)
{
	bool ours;
	int fd = step(parent, part, O_PATH);

	if (fd != -ENOENT)
		return fd;
	ours = !mkdirat(parent, part, 0700);
	if (!ours && errno != EEXIST)
		return -errno;
	fd = ours ? dress(parent, part, place) : 0;
	if (!fd)
		fd = step(parent, part, O_PATH);
	if (ours && fd < 0)
		unlinkat(parent, part, AT_REMOVEDIR);
	*made += ours && fd >= 0;
	return fd;
}

/* From the allowed folder down @path, as far as it goes; then *@path is what is left of it. */
static int walk(const struct hvic_place *place, const char **path, unsigned int *made)
{
	char part[NAME_MAX + 1];
	const char *behind;
	int fd = step(place->top, ".", O_PATH);

	while (fd >= 0 && (behind = split(*path, part))) {
		int next = made ? step_or_make(fd, part, place, made) : step(fd, part, O_PATH);

		if (next == -ENOENT && !made)
			break;
		close(fd);
		fd = next;
		if (fd >= 0)
			*path = behind;
	}
	return fd;
}

/**
 * hvic_place_walk() - the folder of a place, or the one nearest to it that is there
 * @place: an open place
 * @missing: gets the rest of the path, which is not there; "" if all of it is
 *
 * Return: a descriptor of the folder, with O_PATH, to be closed; or a negative errno.
 */
int hvic_place_walk(const struct hvic_place *place, const char **missing)
{
	int fd;

	*missing = &place->path[place->top_len];
	fd = walk(place, missing, NULL);
	return fd < 0 ? hvic_place_status(fd) : fd;
}

/**
 * hvic_place_make() - the folder of a place; folders that are missing are made
 * @place: an open place
 * @made: gets how many were made
 *
 * Return: as hvic_place_walk(); after an error no folder has been left.
 */
int hvic_place_make(const struct hvic_place *place, unsigned int *made)
{
	const char *path = &place->path[place->top_len];
	int fd;

	*made = 0;
	fd = walk(place, &path, made);
	if (fd < 0) {
		struct hvic_place reached = *place;

		reached.path[path - place->path] = '\0';
		hvic_place_unmake(&reached, *made);
		return hvic_place_status(fd);
	}
	return fd;
}

/* Goes up a folder; the name of the one that it was in, or NULL from the allowed one. */
static char *go_up(struct hvic_place *place)
{
	char *last = strrchr(place->path, '/');

	if (!last || last < &place->path[place->top_len])
		return NULL;
	*last = '\0';
	return last + 1;
}

static int sync_folder(int folder)
{
	int fd = step(folder, ".", O_RDONLY), ret;

	if (fd < 0)
		return fd;
	/* Not every file system can, and then there is no way. */
	ret = fsync(fd) && errno != EINVAL ? -errno : 0;
	close(fd);
	return ret;
}

/**
 * hvic_place_sync() - bring the folder of a place to the disk, and the way to it where it is new
 * @place: an open place
 * @folder: its folder
 * @made: how many folders were made for it
 *
 * Return: 0 or a negative errno.
 */
int hvic_place_sync(const struct hvic_place *place, int folder, unsigned int made)
{
	struct hvic_place parent = *place;
	int ret = sync_folder(folder);

	/* A new folder stands in the one above it. */
	for (; !ret && made && go_up(&parent); made--) {
		const char *missing;
		int fd = hvic_place_walk(&parent, &missing);

		if (fd < 0)
			return fd;
		ret = sync_folder(fd);
		close(fd);
	}
	return ret;
}

/**
 * hvic_place_unmake() - remove folders that were made, the last one first
 * @place: an open place
 * @made: how many; one that is not empty any more stays
 */
void hvic_place_unmake(const struct hvic_place *place, unsigned int made)
{
	struct hvic_place parent = *place;

	for (; made; made--) {
		const char *missing, *name = go_up(&parent);
		int fd = name ? hvic_place_walk(&parent, &missing) : -ENOENT;

		if (fd < 0)
			return;
		if (!*missing)
			unlinkat(fd, name, AT_REMOVEDIR);
		close(fd);
	}
}
