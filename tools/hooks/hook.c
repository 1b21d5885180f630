// SPDX-License-Identifier: GPL-2.0
/*
 * One run of a hook.
 *
 * What it says goes to a pipe and not to the journal, which may wait for a file system that is
 * frozen. A process that it leaves behind may keep the pipe open: the end of the hook is that of
 * the process that was started.
 */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

/* Between a polite end and one that is not. */
#define GRACE_MS 1000

/* After that, one that cannot be ended is left to its fate. */
#define END_MAX_MS 5000

static const char *refusal(const struct stat *status, uid_t owner)
{
	if (status->st_uid != owner)
		return "it does not belong to root";
	if (status->st_mode & 0022)
		return "others than root may write to it";
	return NULL;
}

/**
 * hvic_hook_refusal() - may a hook be run?
 * @folder: where it is
 * @name: of it
 *
 * Return: NULL, or why not.
 */
const char *hvic_hook_refusal(const struct hvic_hook_folder *folder, const char *name)
{
	struct stat status;

	if (fstat(folder->fd, &status))
		return strerror(errno);
	if (refusal(&status, folder->owner))
		return "others than root may write to its folder";
	if (fstatat(folder->fd, name, &status, AT_SYMLINK_NOFOLLOW))
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "it is not a regular file";
	if (!(status.st_mode & 0100))
		return "it is not executable";
	return refusal(&status, folder->owner);
}

/* --- Start. ------------------------------------------------------------------------------- */

static int spawn(struct hvic_hook *hook, char *const argv[], char *const environment[], int output)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int ret;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	ret = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(&files, output, 1);
	if (!ret)
		ret = posix_spawn_file_actions_adddup2(&files, output, 2);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	if (!ret)
		ret = posix_spawn(&hook->pid, argv[0], &files, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return -ret;
}

/* What spares the helper where memory is short is inherited, and is not for hooks. */
#define OOM_SCORE "/proc/self/oom_score_adj"

static void set_oom_score(int score)
{
	int fd = open(OOM_SCORE, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "%d", score);
	close(fd);
}

static int get_oom_score(void)
{
	int fd = open(OOM_SCORE, O_RDONLY | O_CLOEXEC);
	char text[16] = "";

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return atoi(text);
}

static int spawn_unspared(struct hvic_hook *hook, char *const argv[], char *const environment[],
			  int output)
{
	int score = get_oom_score(), ret;

	if (score < 0)
		set_oom_score(0);
	ret = spawn(hook, argv, environment, output);
	if (score < 0)
		set_oom_score(score);
	return ret;
}

/**
 * hvic_hook_start() - start a hook
 * @hook: to be filled in
 * @folder: where it is
 * @name: of it
 * @phase: its argument
 * @timeout_ms: what it is told of the time it has
 *
 * Return: 0, and then hvic_hook_wait() has to follow, or a negative errno.
 */
int hvic_hook_start(struct hvic_hook *hook, const struct hvic_hook_folder *folder,
		    const char *name, const char *phase, uint32_t timeout_ms)
{
	char path[4096], operation[32], timeout[32];
	char *const argv[] = { path, (char *)phase, NULL };
	char *const environment[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C.UTF-8", "HOME=/", operation, timeout, NULL,
	};
	int pipes[2], ret;

	snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	snprintf(operation, sizeof(operation), "HVIC_OPERATION=%s", phase);
	snprintf(timeout, sizeof(timeout), "HVIC_TIMEOUT_MS=%u", timeout_ms);
	hook->len = 0;
	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	/* The hook wants an end that blocks. */
	fcntl(pipes[1], F_SETFL, 0);
	ret = spawn_unspared(hook, argv, environment, pipes[1]);
	close(pipes[1]);
	if (ret)
		goto err_close_output;
	hook->output = pipes[0];
	hook->process = syscall(SYS_pidfd_open, hook->pid, 0);
	if (hook->process >= 0)
		return 0;
	ret = -errno;
	kill(-hook->pid, SIGKILL);
	waitpid(hook->pid, NULL, 0);
err_close_output:
	close(pipes[0]);
	return ret;
}

/* --- Wait. -------------------------------------------------------------------------------- */

/* Whatever it says is read, so that it need not wait; a flood must not keep us here. */
static void listen_to(struct hvic_hook *hook)
{
	char more[4096];
	ssize_t n = read(hook->output, more, sizeof(more));
	size_t room = sizeof(hook->said) - hook->len;

	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(hook->output);
		hook->output = -1;
	} else if (n > 0) {
		if ((size_t)n > room)
			n = room;
		memcpy(hook->said + hook->len, more, n);
		hook->len += n;
	}
}

/* Returns 0 when it has ended, %-ETIMEDOUT, or %-EINTR for @interrupt. */
static int follow(struct hvic_hook *hook, int64_t until, int interrupt)
{
	for (;;) {
		struct pollfd wait[] = {
			{ .fd = hook->process, .events = POLLIN },
			{ .fd = interrupt, .events = POLLIN },
			{ .fd = hook->output, .events = POLLIN },
		};
		int64_t left = until - hvu_now_ms();

		if (poll(wait, 3, left > 0 ? left : 0) < 0 && errno != EINTR)
			return -errno;
		if (wait[0].revents)
			return 0;
		if (wait[1].revents)
			return -EINTR;
		if (left <= 0)
			return -ETIMEDOUT;
		if (wait[2].revents)
			listen_to(hook);
	}
}

/**
 * hvic_hook_wait() - wait for the end of a hook
 * @hook: which has been started
 * @timeout_ms: how long it may take; then it and its process group are ended
 * @interrupt: a descriptor that ends it as well, when it is readable; -1 for none
 *
 * What it has said is in @hook. A process that it has left may go on writing, and would end if that
 * failed: @hook->output is for the caller to close, if it is not -1.
 *
 * Return: its exit status, 128 + the signal that ended it; %-ETIMEDOUT or %-EINTR if we ended it;
 * or another negative errno.
 */
int hvic_hook_wait(struct hvic_hook *hook, uint32_t timeout_ms, int interrupt)
{
	int ret = follow(hook, hvu_now_ms() + timeout_ms, interrupt), status;

	if (ret) {
		kill(-hook->pid, SIGTERM);
		follow(hook, hvu_now_ms() + GRACE_MS, -1);
		kill(-hook->pid, SIGKILL);
		follow(hook, hvu_now_ms() + GRACE_MS, -1);
	}
	/* One that not even that ends is left to its fate. */
	while (waitpid(hook->pid, &status, ret ? WNOHANG : 0) < 0 && errno == EINTR)
		;
	/* What it said just before its end. */
	for (unsigned int i = 0; i < 16 && hook->output >= 0 && hook->len < sizeof(hook->said); i++)
		listen_to(hook);
	close(hook->process);
	if (ret)
		return ret;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- What hooks have left behind. --------------------------------------------------------- */

static bool signal_children(int number)
{
	char path[64], line[4096], *at = line;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (len <= 0)
		return false;
	line[len] = '\0';
	for (;;) {
		char *end;
		pid_t pid = strtol(at, &end, 10);

		if (end == at)
			return true;
		kill(pid, number);
		at = end;
	}
}

/**
 * hvic_hook_end_all() - end every process that hooks have left
 *
 * We are who inherits them, whatever group or session they have made for themselves; so there must
 * be no other children.
 */
void hvic_hook_end_all(void)
{
	int64_t begin = hvu_now_ms();
	int number = SIGTERM;

	/* Those of a child that ends become ours in turn. */
	while (signal_children(number) && hvu_now_ms() < begin + END_MAX_MS) {
		if (hvu_now_ms() > begin + GRACE_MS)
			number = SIGKILL;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
}
