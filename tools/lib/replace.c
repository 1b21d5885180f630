// SPDX-License-Identifier: GPL-2.0
/* Small files that others read while they are written anew. */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		text += n > 0 ? n : 0;
		len -= n > 0 ? n : 0;
	}
	return 0;
}

/* All but the folder is on the disk then, if it is to be. */
static int put(int folder, const char *name, mode_t mode, bool durable, const char *text)
{
	char temporary[NAME_MAX + 1];
	int fd, ret;

	if ((size_t)snprintf(temporary, sizeof(temporary), ".%s.new", name) >= sizeof(temporary))
		return -ENAMETOOLONG;
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, text);
	if (!ret && (fchmod(fd, mode) || (durable && fsync(fd))))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && renameat(folder, temporary, folder, name))
		ret = -errno;
	if (ret)
		unlinkat(folder, temporary, 0);
	return ret;
}

static int flush(int folder, bool durable)
{
	return durable && fsync(folder) ? -errno : 0;
}

/**
 * hvu_replace() - put a new file in the place of an old one, as a whole
 * @folder: descriptor of the folder where it is
 * @name: of the file
 * @mode: permissions, whatever the mask is
 * @durable: as a whole also if the power fails; @folder is open for reading then
 * @text: what it holds
 *
 * Return: 0, or a negative errno, with the file as it was unless only the folder could not be
 * flushed.
 */
int hvu_replace(int folder, const char *name, mode_t mode, bool durable, const char *text)
{
	int ret = put(folder, name, mode, durable, text);

	return ret ? ret : flush(folder, durable);
}

/**
 * hvu_replace_or_remove() - the same for a file that is wrong from now on
 *
 * Return: 0, or a negative errno, with no file of that name unless only the folder could not be
 * flushed, or nothing can be removed either.
 */
int hvu_replace_or_remove(int folder, const char *name, mode_t mode, bool durable,
			  const char *text)
{
	int ret = put(folder, name, mode, durable, text);

	if (ret)
		unlinkat(folder, name, 0);
	return ret ? ret : flush(folder, durable);
}
