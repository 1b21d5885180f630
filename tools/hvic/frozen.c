// SPDX-License-Identifier: GPL-2.0
/*
 * File systems that are frozen.
 *
 * The kernel does not tell which those are. But what would write to one waits, and
 * that can be tried without writing anything: removing a folder whose name is longer
 * than any file system allows waits for the thaw, and then fails. It is a child that
 * waits, since nothing but the thaw ends that.
 */
#include "frozen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "printable.h"
#include "root.h"

/*
 * Only what is on a block device, by a driver of the kernel's: other file systems cannot
 * be frozen, but can hang, and a user may mount one by FUSE that calls itself /dev/any.
 */
static bool can_be_frozen(const struct mntent *mount)
{
	return !strncmp(mount->mnt_fsname, "/dev/", 5) && strncmp(mount->mnt_type, "fuse", 4) &&
	       mount->mnt_dir[0] == '/' && !hasmntopt(mount, "ro");
}

static int list_mounts(int proc, char ***folders, size_t *n)
{
	FILE *mounts = hvu_fopen(proc, "mounts");
	struct mntent *mount;
	int ret = 0;

	if (!mounts)
		return -errno;
	while (!ret && (mount = getmntent(mounts))) {
		char **more;

		if (!can_be_frozen(mount))
			continue;
		more = reallocarray(*folders, *n + 1, sizeof(*more));
		if (more) {
			*folders = more;
			more[*n] = strdup(mount->mnt_dir);
		}
		if (more && more[*n])
			++*n;
		else
			ret = -ENOMEM;
	}
	fclose(mounts);
	return ret;
}

/* A child that waits must not keep open what others wait for, such as a pipe or the lock. */
static void close_all_but(unsigned int one, unsigned int other)
{
	unsigned int low = one < other ? one : other, high = one < other ? other : one;

	if (low)
		syscall(SYS_close_range, 0, low - 1, 0);
	if (high - low > 1)
		syscall(SYS_close_range, low + 1, high - 1, 0);
	syscall(SYS_close_range, high + 1, UINT_MAX, 0);
}

/* Says which one comes next, and tries it. */
__attribute__((noreturn))
static void try_all(int proc, int progress, char **folders, size_t n)
{
	char name[NAME_MAX + 2], path[PATH_MAX];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_all_but(proc, progress);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (uint32_t i = 0; i < n; i++) {
		if (write(progress, &i, sizeof(i)) != sizeof(i))
			_exit(1);
		if (snprintf(path, sizeof(path), "root%s/%s", folders[i], name) <
		    (int)sizeof(path))
			unlinkat(proc, path, AT_REMOVEDIR);
	}
	_exit(0);
}

/* The number of the one that does not answer; @n when the child has tried all. */
static int follow(int progress, int timeout_ms, int wake, size_t n)
{
	struct pollfd wait[] = {
		{ .fd = progress, .events = POLLIN }, { .fd = wake, .events = POLLIN },
	};
	uint32_t at = 0;

	for (;;) {
		int ret = poll(wait, 2, timeout_ms);

		if (ret < 0)
			return -errno;
		if (!ret)
			return at;
		if (wait[1].revents)
			return -EINTR;
		if (read(progress, &at, sizeof(at)) != sizeof(at))
			return n;
	}
}

static int try_in_child(int proc, int timeout_ms, int wake, char **folders, size_t n)
{
	int progress[2], ret, status;
	pid_t child;

	if (pipe2(progress, O_CLOEXEC))
		return -errno;
	child = fork();
	if (!child)
		try_all(proc, progress[1], folders, n);
	ret = child < 0 ? -errno : 0;
	close(progress[1]);
	if (!ret)
		ret = follow(progress[0], timeout_ms, wake, n);
	close(progress[0]);
	if (ret == (int)n) {
		if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
			ret = -EIO;
	} else if (child > 0) {
		/* If it waits for a thaw, it ends with that. */
		kill(child, SIGKILL);
		waitpid(child, NULL, WNOHANG);
	}
	return ret;
}

/**
 * hvic_find_frozen() - find a file system that is frozen
 * @proc: folder in /proc of the process whose mounts are meant
 * @timeout_ms: after that a file system that does not answer counts as frozen
 * @wake: file descriptor that ends the search when it is readable; -1 for none
 * @where: gets where it is mounted, made printable
 * @size: of @where
 *
 * Return: 1 if there is one, 0 if not, %-EINTR if @wake is readable, or another
 * negative errno.
 */
int hvic_find_frozen(int proc, int timeout_ms, int wake, char *where, size_t size)
{
	char **folders = NULL, *printable;
	size_t n = 0;
	int ret;

	ret = list_mounts(proc, &folders, &n);
	if (!ret && n)
		ret = try_in_child(proc, timeout_ms, wake, folders, n);
	if (ret >= 0 && ret < (int)n) {
		printable = hvu_printable(folders[ret], hvu_is_utf8());
		snprintf(where, size, "%s", printable ? printable : "?");
		free(printable);
		ret = 1;
	} else if (ret > 0) {
		ret = 0;
	}
	while (n)
		free(folders[--n]);
	free(folders);
	return ret;
}
