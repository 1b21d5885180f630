// SPDX-License-Identifier: GPL-2.0
/* What keeps a move whole: one at a time, and no signal that ends it half-way. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOCK_FILE "run/hvic.lock"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/**
 * hvic_lock() - let nobody else change the system as we do
 * @root: below which /run is
 * @wait: until the other one is done
 *
 * No other user can open the file, and so keep the lock from us: a folder, or a file that all may
 * read, anybody may lock. In /run only root makes files, so that a link there is an accident, but
 * one that is seen.
 *
 * Return: a descriptor, to close; %-EBUSY if somebody has the lock and @wait is false; or another
 * negative errno.
 */
int hvic_lock(int root, bool wait)
{
	int fd = openat(root, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int ret;

	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)))
		return fd;
	ret = errno == EWOULDBLOCK ? -EBUSY : -errno;
	close(fd);
	return ret;
}

/* A signal that is ignored, as by nohup(1), stays ignored. */
static void choose_signals(sigset_t *watched)
{
	sigemptyset(watched);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction action;

		if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(watched, signals[i]);
	}
}

/**
 * hvic_guard_begin() - from here on no signal ends us, and no other process does the same
 * @guard: for hvic_guard_end()
 * @root: where /run is below
 *
 * A reader of our output that has gone away is no reason to stop, nor is Ctrl-Z, nor a terminal
 * that does not want to hear from the background: others wait for us.
 *
 * Return: 0, %-EBUSY if another process is there already, or another negative errno.
 */
int hvic_guard_begin(struct hvic_guard *guard, int root)
{
	sigset_t blocked;
	int ret;

	guard->lock = hvic_lock(root, false);
	if (guard->lock < 0)
		return guard->lock;
	choose_signals(&guard->watched);
	guard->signals = signalfd(-1, &guard->watched, SFD_CLOEXEC | SFD_NONBLOCK);
	if (guard->signals < 0) {
		ret = -errno;
		close(guard->lock);
		return ret;
	}
	blocked = guard->watched;
	sigaddset(&blocked, SIGPIPE);
	sigaddset(&blocked, SIGTSTP);
	sigaddset(&blocked, SIGTTOU);
	sigprocmask(SIG_BLOCK, &blocked, &guard->before);
	return 0;
}

/** hvic_guard_interrupted() - has a signal come that asks to end? */
bool hvic_guard_interrupted(const struct hvic_guard *guard)
{
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		if (sigismember(&guard->watched, signals[i]) &&
		    sigismember(&pending, signals[i]))
			return true;
	}
	return false;
}

/** hvic_guard_end() - what has come meanwhile takes effect now, so that it may not return */
void hvic_guard_end(struct hvic_guard *guard)
{
	close(guard->signals);
	/* A child that still waits somewhere must not hold it. */
	flock(guard->lock, LOCK_UN);
	close(guard->lock);
	sigprocmask(SIG_SETMASK, &guard->before, NULL);
}
