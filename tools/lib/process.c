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
 * @pid: gets its process id, for hvu_wait_exit()
 *
 * Return: 0 or a negative errno.
 */
int hvu_spawn(const char *const argv[], pid_t *pid)
{
	posix_spawnattr_t attributes;
	sigset_t none;
	int ret;

	ret = posix_spawnattr_init(&attributes);
	if (ret)
		return -ret;
	/* We may take signals by a descriptor; a child wants them as usual. */
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	ret = posix_spawnp(pid, argv[0], NULL, &attributes, (char *const *)argv, environ);
	posix_spawnattr_destroy(&attributes);
	return -ret;
}

/**
 * hvu_wait_exit() - wait for a child
 * @pid: of the child
 * @timeout_ms: how long; -1 for ever
 *
 * Return: its exit status, 128 + the signal that ended it, %-ETIMEDOUT if it was
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
	if (!ret)
		kill(pid, SIGKILL);
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
	int ret = hvu_spawn(argv, &pid);

	return ret ? ret : hvu_wait_exit(pid, timeout_ms);
}
