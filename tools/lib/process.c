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
	struct pollfd wait = { .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	int ret = 0, status;

	if (wait.fd < 0)
		return -errno;
	do {
		ret = poll(&wait, 1, timeout_ms);
	} while (ret < 0 && errno == EINTR);
	close(wait.fd);
	/* What it has started itself goes with it; what it leaves when it ends is meant to stay. */
	if (!ret)
		kill(-pid, SIGKILL);
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	if (!ret)
		return -ETIMEDOUT;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/** hvu_run() - hvu_spawn() and hvu_wait_exit() */
int hvu_run(const char *const argv[], int timeout_ms)
{
	pid_t pid;
	int ret = hvu_spawn(argv, -1, &pid);

	return ret ? ret : hvu_wait_exit(pid, timeout_ms);
}
