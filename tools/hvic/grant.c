// SPDX-License-Identifier: GPL-2.0
/*
 * What hvic-fcopyd may write to.
 *
 * Its unit gives it no file system to write to, but for the directories that the configuration
 * allows. A unit cannot read that, so it stands in a drop-in.
 */
#include "grant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "config.h"
#include "guard.h"
#include "replace.h"
#include "root.h"

/*
 * As systemd.exec(5) reads a path, where quotes, spaces and % are not themselves, nor are the
 * backslashes that the configuration may not have. "-" is for a directory that is not there: the
 * daemon then starts all the same and tells the host.
 */
static void write_path(FILE *file, const char *path)
{
	fputs("ReadWritePaths=\"-", file);
	for (; *path; path++) {
		if (*path == '"')
			fputs("\"'\"'\"", file);
		else if (*path == '%')
			fputs("%%", file);
		else
			fputc(*path, file);
	}
	fputs("\"\n", file);
}

/* The folder, or the one nearest to it that is there: a descriptor, or a negative errno. */
static int open_nearest(int root, const char *path, bool *there)
{
	char *copy = strdup(path), *end;
	int fd;

	*there = true;
	if (!copy)
		return -ENOMEM;
	for (;;) {
		fd = hvu_open(root, O_PATH | O_DIRECTORY, "%s", *copy ? copy : "/");
		end = strrchr(copy, '/');
		if (fd >= 0 || !end)
			break;
		*end = '\0';
		*there = false;
	}
	free(copy);
	return fd;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is an open folder in the other one, or the same? Links do not count. */
static bool is_within(int root, int folder, int other)
{
	struct stat top, wanted, now = { 0 };
	int fd = openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool found = false;

	if (fd < 0 || fstat(root, &top) || fstat(other, &wanted))
		goto out_close;
	while (!found && !fstat(fd, &now)) {
		int up;

		found = is_same(&now, &wanted);
		if (found || is_same(&now, &top))
			break;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = up;
	}
out_close:
	if (fd >= 0)
		close(fd);
	return found;
}

/* Is it in the folder, or around it? */
static bool touches(int root, const char *path, const char *folder)
{
	int fd, hidden = hvu_open(root, O_PATH | O_DIRECTORY, "%s", folder);
	size_t len = strlen(folder);
	bool there, found = false;

	if (hidden < 0)
		return !strncmp(path, folder, len) && (!path[len] || path[len] == '/');
	fd = open_nearest(root, path, &there);
	if (fd >= 0) {
		found = is_within(root, fd, hidden) || (there && is_within(root, hidden, fd));
		close(fd);
	}
	close(hidden);
	return found;
}

/* Is it in one of the folders that the unit hides? */
static bool is_hidden(int root, const char *path)
{
	static const char *const folders[] = { "/home", "/root", "/run/user" };

	if (!strcmp(path, "/") || !strcmp(path, "/run"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (touches(root, path, folders[i]))
			return true;
	}
	return false;
}

/* The text of the drop-in; NULL without memory. */
static char *print_grant(int root, const struct hvu_settings *settings)
{
	bool hidden = false;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;

	fputs("# hvic config apply has made this of /etc/hv_ic/hv_ic.conf; do not edit it.\n"
	      "[Service]\n"
	      /* To write in directories of others, and to give files away. */
	      "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE\n"
	      "SystemCallFilter=fchown\n"
	      /* What is for /tmp is for the system's, whatever links lead there. */
	      "PrivateTmp=no\n"
	      "InaccessiblePaths=\n", file);
	for (size_t i = 0; i < settings->n_fcopy; i++) {
		write_path(file, settings->fcopy[i].directory);
		hidden |= is_hidden(root, settings->fcopy[i].directory);
	}
	if (hidden)
		fputs("ProtectHome=read-only\n", file);
	if (!fclose(file))
		return text;
	free(text);
	return NULL;
}

/* Does the file say already what it is to say? */
static bool is_current(int root, const char *text)
{
	FILE *old = hvu_fopen(root, HVIC_GRANT_PARENT "/" HVIC_GRANT_FOLDER "/" HVIC_GRANT_NAME);
	size_t room = 0, size = strlen(text);
	char *is = NULL;
	bool current;
	ssize_t len;

	if (!old)
		return false;
	len = getdelim(&is, &room, '\0', old);
	fclose(old);
	current = len >= 0 && (size_t)len == size && !memcmp(is, text, size);
	free(is);
	return current;
}

static int take_back(int root, bool *changed)
{
	int parent = hvu_open(root, O_RDONLY | O_DIRECTORY, HVIC_GRANT_PARENT);
	int ret = 0;

	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	if (!unlinkat(parent, HVIC_GRANT_FOLDER "/" HVIC_GRANT_NAME, 0))
		*changed = true;
	else if (errno != ENOENT)
		ret = -errno;
	/* The administrator may have files of his own in it. */
	if (!ret)
		unlinkat(parent, HVIC_GRANT_FOLDER, AT_REMOVEDIR);
	close(parent);
	return ret;
}

static int update(int root, const struct hvu_settings *settings, bool *changed)
{
	int folder, ret = 0;
	char *text;

	if (!settings->n_fcopy)
		return take_back(root, changed);
	text = print_grant(root, settings);
	if (!text)
		return -ENOMEM;
	if (is_current(root, text))
		goto out_free;
	folder = hvic_open_folder(root, HVIC_GRANT_PARENT, HVIC_GRANT_FOLDER);
	ret = folder < 0 ? folder : hvu_replace(folder, HVIC_GRANT_NAME, 0644, true, text);
	if (folder >= 0)
		close(folder);
	*changed = !ret;
out_free:
	free(text);
	return ret;
}

/**
 * hvic_grant() - let hvic-fcopyd write to the allowed directories, from its next start on
 * @root: below which /etc is
 * @settings: the configuration
 * @changed: gets whether that is something new
 *
 * Return: 0 or a negative errno.
 */
int hvic_grant(int root, const struct hvu_settings *settings, bool *changed)
{
	int lock, ret;

	*changed = false;
	/* Another run may be writing or removing the same file. */
	lock = hvic_lock(root, true);
	if (lock < 0)
		return lock;
	ret = update(root, settings, changed);
	close(lock);
	return ret;
}
