// SPDX-License-Identifier: GPL-2.0
/*
 * The allowed folder itself.
 *
 * Who owns a folder on its way could put a link in the place of the next one, and have the host
 * write where only root may. So a link is followed only if nobody but root can have put it there.
 */
#include "top.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * struct way - the way to the folder
 * @root: where it begins, and where absolute links lead
 * @fd: how far it has come
 * @done: the path to there, without links
 * @rest: what is left of it
 * @turns: how often it had to begin again
 * @reason: why it goes no further, for people; NULL if errno says enough
 */
struct way {
	int root;
	int fd;
	char done[PATH_MAX];
	char rest[PATH_MAX];
	unsigned int turns;
	const char *reason;
};

/* From the root again, with the path as it is known by now, parts of which may be in @way. */
static int begin_again(struct way *way, const char *before, const char *to, const char *behind)
{
	char path[PATH_MAX];
	int fd;

	if (way->turns++ > HVIC_TOP_LINKS)
		return -ELOOP;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s/%s", before, to, behind) >= sizeof(path))
		return -ENAMETOOLONG;
	fd = openat(way->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (way->fd >= 0)
		close(way->fd);
	way->fd = fd;
	way->done[0] = '\0';
	strcpy(way->rest, path);
	return 0;
}

/* Can only root have put it there? */
static bool is_roots(const struct stat *link, const struct stat *folder)
{
	bool others_write = (folder->st_mode & 0022) && !(folder->st_mode & S_ISVTX);

	/* That is who we are; in a test it is somebody else. */
	return link->st_uid == geteuid() && folder->st_uid == geteuid() && !others_write;
}

/* @fd is of the link, with O_PATH; @behind is what comes after it. */
static int follow(struct way *way, int fd, const char *behind)
{
	struct stat link, folder;
	char target[PATH_MAX];
	ssize_t len;

	if (fstat(fd, &link) || fstat(way->fd, &folder))
		return -errno;
	if (!S_ISLNK(link.st_mode))
		return -ENOTDIR;
	if (!is_roots(&link, &folder)) {
		way->reason = "others than root can have put a symbolic link on the way to it";
		return -EACCES;
	}
	len = readlinkat(fd, "", target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	return begin_again(way, *target == '/' ? "" : way->done, target, behind);
}

/* The parent of what has been reached is known by its path, which has no link. */
static int go_up(struct way *way, const char *behind)
{
	char *last = strrchr(way->done, '/');

	if (last)
		*last = '\0';
	return begin_again(way, way->done, ".", behind);
}

/* @behind is the end of the rest. */
static int pass(struct way *way, const char *behind)
{
	memmove(way->rest, behind, strlen(behind) + 1);
	return 0;
}

static int step(struct way *way, const char *part, const char *behind)
{
	size_t len = strlen(way->done);
	int ret, fd;

	/* As a folder, so that what is mounted when it is looked at is mounted. */
	fd = openat(way->fd, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		if ((size_t)snprintf(way->done + len, sizeof(way->done) - len, "/%s", part) >=
		    sizeof(way->done) - len) {
			close(fd);
			return -ENAMETOOLONG;
		}
		close(way->fd);
		way->fd = fd;
		return pass(way, behind);
	}
	if (errno != ENOTDIR && errno != ELOOP)
		return -errno;
	fd = openat(way->fd, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = follow(way, fd, behind);
	close(fd);
	return ret;
}

/* One part of the rest; 1 if there is none. */
static int advance(struct way *way)
{
	const char *at = way->rest + strspn(way->rest, "/");
	size_t len = strcspn(at, "/");
	char part[NAME_MAX + 1];

	if (!len)
		return 1;
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(part, at, len);
	part[len] = '\0';
	if (!strcmp(part, "."))
		return pass(way, at + len);
	return !strcmp(part, "..") ? go_up(way, at + len) : step(way, part, at + len);
}

/**
 * hvic_top_open() - open an allowed folder
 * @root: below which it is; absolute links lead there, and ".." not out of it
 * @path: as the configuration has it, without ".."; links may have that
 * @reason: gets why not, for people; NULL if the error says enough
 *
 * Return: a descriptor with O_PATH; %-EACCES if there is a link on the way that somebody else than
 * root may have put there; or another negative errno.
 */
int hvic_top_open(int root, const char *path, const char **reason)
{
	struct way way = { .root = root, .fd = -1 };
	int ret = begin_again(&way, "", path, "");

	while (!ret)
		ret = advance(&way);
	*reason = way.reason;
	if (ret > 0)
		return way.fd;
	if (way.fd >= 0)
		close(way.fd);
	return ret;
}
