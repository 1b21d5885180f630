// SPDX-License-Identifier: GPL-2.0
/*
 * A command, with all that it starts: nothing of it is left when it has ended.
 *
 * Processes whose parent ends become our children, even those that have left the command's process
 * group and session. They are ended one generation after the other, until there are none.
 */
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "array.h"
#include "clock.h"
#include "process.h"
#include "root.h"

/* A process that waits for a disk or a network does not even end when it is killed. */
#define END_MS	5000
#define STEP_MS	10

/* --- The end of what is left. ---------------------------------------------------------------- */

static bool is_ours(int root, const char *pid)
{
	char text[512];
	const char *rest;
	int parent;

	hvu_read(root, text, sizeof(text), "proc/%s/stat", pid);
	/* The name of the process, in parentheses, may have anything in it. */
	rest = strrchr(text, ')');
	return rest && sscanf(rest, ") %*c %d", &parent) == 1 && parent == getpid();
}

/* Is there still something? */
static bool end_children(int root)
{
	char **names = hvu_list(root, "proc");
	bool found = false;

	for (char **name = names; name && *name; name++) {
		int pid = atoi(*name);

		if (pid <= 0 || !is_ours(root, *name))
			continue;
		found = true;
		kill(pid, SIGKILL);
	}
	hvu_list_free(names);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return found;
}

static void end_all(int root)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };

	for (int i = 0; i < END_MS / STEP_MS && end_children(root); i++)
		nanosleep(&step, NULL);
}

/* --- The command. ---------------------------------------------------------------------------- */

/* Whoever asks us to end means the command, too. */
static int pass_on(int signals, pid_t pid)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	kill(-pid, info.ssi_signo);
	return info.ssi_signo == SIGUSR1 || info.ssi_signo == SIGUSR2 ? 0 : info.ssi_signo;
}

/* 0, or -ETIMEDOUT. */
static int await(int pidfd, int signals, pid_t pid, int timeout_ms, int *interrupted)
{
	int64_t end = hvu_now_ms() + timeout_ms;

	for (;;) {
		struct pollfd wait[] = {
			{ .fd = pidfd, .events = POLLIN }, { .fd = signals, .events = POLLIN },
		};
		int64_t left = end - hvu_now_ms();
		int ret = poll(wait, ARRAY_SIZE(wait), timeout_ms < 0 ? -1 : left < 0 ? 0 : left);

		if (ret < 0 && errno != EINTR)
			return -errno;
		if (!ret)
			return -ETIMEDOUT;
		if (ret > 0 && wait[0].revents)
			return 0;
		if (ret > 0 && wait[1].revents) {
			int signal = pass_on(signals, pid);

			*interrupted = signal ? signal : *interrupted;
		}
	}
}

static int run(int root, const char *const argv[], int timeout_ms, int signals, int *interrupted)
{
	int pidfd, unused, status = 0, ret;
	pid_t pid;

	ret = hvu_spawn(argv, -1, &pid);
	if (ret)
		return ret;
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	ret = pidfd < 0 ? -errno : await(pidfd, signals, pid, timeout_ms, interrupted);
	/* Until it is waited for, the number is its group's. */
	kill(-pid, SIGKILL);
	if (pidfd >= 0 && !await(pidfd, -1, pid, END_MS, &unused))
		waitpid(pid, &status, 0);
	if (pidfd >= 0)
		close(pidfd);
	end_all(root);
	if (ret)
		return ret;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/**
 * hvic_run() - run a command, and end all that it leaves
 * @root: below which /proc is
 * @argv: its arguments, ended by NULL
 * @timeout_ms: how long it may take; -1 for ever
 * @interrupted: gets the signal that has asked us, and then the command, to end; 0 for none
 *
 * The signals that ask a program to end, and those that are the user's to give a meaning, are
 * passed on to the command.
 *
 * Return: its exit status, 128 + the signal that has ended it, %-ETIMEDOUT if it was killed because
 * time was up, or a negative errno if it could not be run.
 */
int hvic_run(int root, const char *const argv[], int timeout_ms, int *interrupted)
{
	static const int all[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
	sigset_t passed, old;
	int signals, ret;

	*interrupted = 0;
	sigemptyset(&passed);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		sigaddset(&passed, all[i]);
	signals = signalfd(-1, &passed, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &passed, &old);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	ret = run(root, argv, timeout_ms, signals, interrupted);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(signals);
	return ret;
}
