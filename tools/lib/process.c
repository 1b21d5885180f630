// SPDX-License-Identifier: GPL-2.0
/* Other programs, by their arguments: never through a shell. */
#include "process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOMENT_MS 100

/**
 * hvu_spawn() - start a program, found in PATH, with our streams
 * @argv: its arguments, ended by NULL
 * @out: what its standard output is to be; -1 for ours
 * @pid: gets its process id, for hvu_wait_exit(); it leads a process group of its own
 *
 * Return: 0 or a negative errno.
 */
int hvu_spawn(const char *const argv[], int out, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, ignored;
	int ret;

	ret = posix_spawnattr_init(&attributes);
	if (ret)
		return -ret;
	ret = posix_spawn_file_actions_init(&actions);
	if (ret)
		goto out_destroy_attributes;
	/* We may take signals by a descriptor; a child wants them as usual. */
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attributes, &none);
	/* Nor does it want to go on where nobody reads what it says. */
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &ignored);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
				 POSIX_SPAWN_SETPGROUP);
	if (out >= 0)
		ret = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!ret)
		ret = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv,
				   environ);
	posix_spawn_file_actions_destroy(&actions);
out_destroy_attributes:
	posix_spawnattr_destroy(&attributes);
	return -ret;
}

static int open_process(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

/* 1 if it has ended, 0 if not within that time. */
static int poll_process(int fd, int timeout_ms)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int ret;

	do {
		ret = poll(&wait, 1, timeout_ms);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

/* Its exit status, or @why if that is not 0: then it is killed. */
static int reap(pid_t pid, int why)
{
	int status;

	/* What it has started itself goes with it; what it leaves when it ends is meant to stay. */
	if (why)
		kill(-pid, SIGKILL);
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	if (why)
		return why;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/**
 * hvu_wait_exit() - wait for a child
 * @pid: of the child, which leads a process group
 * @timeout_ms: how long; -1 for ever
 *
 * Return: its exit status, 128 + the signal that ended it, %-ETIMEDOUT if it and its group were
 * killed because time was up, or another negative errno.
 */
int hvu_wait_exit(pid_t pid, int timeout_ms)
{
	int fd = open_process(pid), ret;

	if (fd < 0)
		return fd;
	ret = poll_process(fd, timeout_ms);
	close(fd);
	return reap(pid, ret ? 0 : -ETIMEDOUT);
}

/**
 * hvu_run_while() - hvu_spawn(), and wait for as long as somebody wants it
 * @argv: its arguments, ended by NULL
 * @end: asked now and then: 0 to go on, or a negative errno to kill it and its group
 * @data: for @end
 *
 * Return: as hvu_wait_exit(), with what @end has said in the place of %-ETIMEDOUT.
 */
int hvu_run_while(const char *const argv[], int (*end)(const void *data), const void *data)
{
	int ret, fd, why = 0;
	pid_t pid;

	ret = hvu_spawn(argv, -1, &pid);
	if (ret)
		return ret;
	fd = open_process(pid);
	if (fd < 0)
		return reap(pid, fd);
	do {
		ret = poll_process(fd, MOMENT_MS);
		if (ret <= 0)
			why = ret ? ret : end(data);
	} while (!ret && !why);
	close(fd);
	return reap(pid, why);
}
