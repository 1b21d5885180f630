// SPDX-License-Identifier: GPL-2.0
/* Small files below a root that a test can choose. */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/**
 * hvu_root_open() - a directory to look below
 * @path: of the directory
 *
 * Return: a file descriptor, to be closed; or a negative errno.
 */
int hvu_root_open(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/*
 * An absolute link leads to the root, not out of it. systemd takes openat2() away from services
 * with RestrictSUIDSGID=, since a filter cannot see its flags; their root is that of the system.
 */
static int open_below(int root, int flags, const char *path)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};
	int fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (fd < 0 && errno == ENOSYS) {
		path += strspn(path, "/");
		fd = openat(root, *path ? path : ".", flags | O_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

/* What is no file, in the place of one, must neither keep us waiting nor become our terminal. */
#define TO_READ (O_RDONLY | O_NONBLOCK | O_NOCTTY)

static int open_format(int root, int flags, const char *format, va_list arguments)
{
	char path[PATH_MAX];

	if ((size_t)vsnprintf(path, sizeof(path), format, arguments) >= sizeof(path))
		return -ENAMETOOLONG;
	return open_below(root, flags, path);
}

/** hvu_open() - open a file below @root; a file descriptor or a negative errno */
int hvu_open(int root, int flags, const char *format, ...)
{
	va_list arguments;
	int fd;

	va_start(arguments, format);
	fd = open_format(root, flags, format, arguments);
	va_end(arguments);
	return fd;
}

/** hvu_exists() - is there such a file? */
bool hvu_exists(int root, const char *format, ...)
{
	va_list arguments;
	int fd;

	va_start(arguments, format);
	fd = open_format(root, O_PATH, format, arguments);
	va_end(arguments);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/** hvu_is_hidden() - is a file of that name in one of the first @n folders, and counts instead? */
bool hvu_is_hidden(int root, const char *const *folders, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (hvu_exists(root, "%s/%s", folders[i], name))
			return true;
	}
	return false;
}

/**
 * hvu_read() - the text of a small file, without the white space at its end
 * @root: where to look
 * @buf: gets the text, ended by NUL; what does not fit is left out
 * @size: of @buf
 * @format: path
 *
 * Return: length of the text, or a negative errno with @buf empty.
 */
int hvu_read(int root, char *buf, size_t size, const char *format, ...)
{
	va_list arguments;
	ssize_t len;
	int fd;

	buf[0] = '\0';
	va_start(arguments, format);
	fd = open_format(root, TO_READ, format, arguments);
	va_end(arguments);
	if (fd < 0)
		return fd;
	len = read(fd, buf, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return len;
	while (len && strchr(" \t\r\n", buf[len - 1]))
		len--;
	buf[len] = '\0';
	return len;
}

/**
 * hvu_write() - write a text to a file that is there, in one go, as sysfs wants it
 * @root: where to look
 * @text: what to write
 * @format: path
 *
 * Return: 0 or a negative errno.
 */
int hvu_write(int root, const char *text, const char *format, ...)
{
	size_t len = strlen(text);
	va_list arguments;
	int fd, ret = 0;
	ssize_t done;

	va_start(arguments, format);
	fd = open_format(root, O_WRONLY, format, arguments);
	va_end(arguments);
	if (fd < 0)
		return fd;
	done = write(fd, text, len);
	if (done < 0)
		ret = -errno;
	else if ((size_t)done != len)
		ret = -EIO;
	close(fd);
	return ret;
}

static int read_link(int root, char *buf, size_t size, const char *format, va_list arguments)
{
	ssize_t len;
	int fd;

	buf[0] = '\0';
	fd = open_format(root, O_PATH | O_NOFOLLOW, format, arguments);
	if (fd < 0)
		return fd;
	len = readlinkat(fd, "", buf, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	buf[len < 0 ? 0 : len] = '\0';
	return len < 0 ? len : 0;
}

/**
 * hvu_link() - what a symbolic link points to
 * @root: where to look
 * @buf: gets the path; what does not fit is left out
 * @size: of @buf
 * @format: path
 *
 * Return: 0, or a negative errno with @buf empty.
 */
int hvu_link(int root, char *buf, size_t size, const char *format, ...)
{
	va_list arguments;
	int ret;

	va_start(arguments, format);
	ret = read_link(root, buf, size, format, arguments);
	va_end(arguments);
	return ret;
}

/** hvu_link_name() - the same, only the last part of that path */
int hvu_link_name(int root, char *buf, size_t size, const char *format, ...)
{
	char target[PATH_MAX];
	va_list arguments;
	const char *name;
	int ret;

	va_start(arguments, format);
	ret = read_link(root, target, sizeof(target), format, arguments);
	va_end(arguments);
	name = strrchr(target, '/');
	snprintf(buf, size, "%s", name ? name + 1 : target);
	return ret;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/**
 * hvu_list() - the names in a directory, but "." and "..", in order
 * @root: where to look
 * @format: path
 *
 * Return: array that ends with NULL, for hvu_list_free(); empty if there is no
 * such directory; NULL only without memory.
 */
char **hvu_list(int root, const char *format, ...)
{
	char **names = calloc(1, sizeof(*names));
	struct dirent *entry;
	va_list arguments;
	size_t n = 0;
	DIR *dir;
	int fd;

	if (!names)
		return NULL;
	va_start(arguments, format);
	fd = open_format(root, O_RDONLY | O_DIRECTORY, format, arguments);
	va_end(arguments);
	if (fd < 0)
		return names;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return names;
	}
	while ((entry = readdir(dir))) {
		char **more;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		more = reallocarray(names, n + 2, sizeof(*names));
		if (!more)
			goto err_free_names;
		names = more;
		names[n] = strdup(entry->d_name);
		if (!names[n])
			goto err_free_names;
		names[++n] = NULL;
	}
	closedir(dir);
	qsort(names, n, sizeof(*names), compare_names);
	return names;

err_free_names:
	closedir(dir);
	hvu_list_free(names);
	return NULL;
}

/** hvu_list_free() - what hvu_list() gave */
void hvu_list_free(char **names)
{
	if (!names)
		return;
	for (char **name = names; *name; name++)
		free(*name);
	free(names);
}

/** hvu_fopen() - a stream to read a file from; NULL with errno set */
FILE *hvu_fopen(int root, const char *format, ...)
{
	va_list arguments;
	FILE *file;
	int fd;

	va_start(arguments, format);
	fd = open_format(root, TO_READ, format, arguments);
	va_end(arguments);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}
