// SPDX-License-Identifier: GPL-2.0
/* A folder in memory for the files of one process. */
#include "scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "root.h"
#include "target.h"

static char folder[32];

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static void remove_all(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int scratch(void)
{
	static int root = -1;

	if (root < 0) {
		strcpy(folder, "/dev/shm/hvic-fuzz-XXXXXX");
		must(mkdtemp(folder));
		atexit(remove_all);
		root = hvu_root_open(folder);
		must(root >= 0);
	}
	return root;
}

static void make_folders(const char *path)
{
	char part[256];

	for (const char *at = path; (at = strchr(at, '/')); at++) {
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		mkdirat(scratch(), part, 0755);
	}
}

void scratch_write(const char *path, const void *data, size_t size)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
	int fd = openat(scratch(), path, flags, 0644);

	if (fd < 0) {
		make_folders(path);
		fd = openat(scratch(), path, flags, 0644);
	}
	must(fd >= 0);
	must(write(fd, data, size) == (ssize_t)size);
	close(fd);
}

char *text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

struct halves halves_of(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;

	if (!end)
		return (struct halves){ data, size, data, 0 };
	return (struct halves){ data, end - data, end + 1, data + size - end - 1 };
}
