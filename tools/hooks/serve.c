// SPDX-License-Identifier: GPL-2.0
/* The socket of hvic-vssd's questions: a connection is a backup. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session.h"
#include "clock.h"
#include "hooks.h"
#include "log.h"
#include "printable.h"
#include "root.h"
#include "socket.h"

/* When the connection ends before a time was named. */
#define TIMEOUT_MS 10000

/* No backup lasts longer: the kernel holds file systems for at most a day. */
#define LIMIT_MAX_MS (25 * 60 * 60 * 1000)

/* How long a connection may last before a backup has begun and after its thaw: others wait. */
#define IDLE_MS 10000

/* --- Lines of the log. While a backup may be frozen nobody may wait for the journal. ------ */

#define LINES_MAX 256

struct lines {
	char *text[LINES_MAX];
	size_t n;
	size_t lost;
};

static void say(void *data, const char *name, const char *phase, const char *text)
{
	char *printable = hvu_printable(text, true), *line = NULL;
	struct lines *lines = data;

	if (lines->n == LINES_MAX || !printable ||
	    asprintf(&line, "%s %s: %s", name, phase, printable) < 0)
		lines->lost++;
	else
		lines->text[lines->n++] = line;
	free(printable);
}

static void log_lines(struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++) {
		hvu_log(HVU_LOG_NOTICE, "%s", lines->text[i]);
		free(lines->text[i]);
	}
	if (lines->lost)
		hvu_log(HVU_LOG_NOTICE, "(%zu more lines are lost)", lines->lost);
	lines->n = 0;
	lines->lost = 0;
}

/* --- A connection. ------------------------------------------------------------------------ */

static bool is_sound(const struct hvu_hooks_question *question, ssize_t len)
{
	return len >= (ssize_t)HVU_HOOKS_QUESTION_MIN &&
	       question->phase <= HVU_HOOKS_FREEZE_FAIL && question->timeout_ms;
}

/**
 * struct watch - what ends a hook, and the backup
 * @signals: readable when we are told to end; what was frozen has to thaw before
 * @both: readable when that or the connection is
 * @before: the mask of signals
 */
struct watch {
	int signals;
	int both;
	sigset_t before;
};

static int watch_begin(struct watch *watch, int connection)
{
	struct epoll_event told = { .events = EPOLLIN }, asked = told;
	sigset_t ends;
	int ret;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	watch->signals = signalfd(-1, &ends, SFD_CLOEXEC);
	watch->both = epoll_create1(EPOLL_CLOEXEC);
	told.data.fd = watch->signals;
	asked.data.fd = connection;
	if (watch->signals < 0 || watch->both < 0 ||
	    epoll_ctl(watch->both, EPOLL_CTL_ADD, watch->signals, &told) ||
	    epoll_ctl(watch->both, EPOLL_CTL_ADD, connection, &asked)) {
		ret = -errno;
		goto err_close;
	}
	sigprocmask(SIG_BLOCK, &ends, &watch->before);
	return 0;

err_close:
	if (watch->both >= 0)
		close(watch->both);
	if (watch->signals >= 0)
		close(watch->signals);
	return ret;
}

/* A signal that has come takes effect now, so that this may not return. */
static void watch_end(struct watch *watch)
{
	close(watch->both);
	close(watch->signals);
	sigprocmask(SIG_SETMASK, &watch->before, NULL);
}

/*
 * The next question; 0 if there will be none, or we are told to end; %-ETIMEDOUT if there is none
 * until then.
 */
static ssize_t receive(const struct watch *watch, int connection, int64_t until_ms,
		       struct hvu_hooks_question *question)
{
	struct epoll_event event;
	int64_t left_ms;
	ssize_t len;

	for (;;) {
		memset(question, 0, sizeof(*question));
		len = recv(connection, question, sizeof(*question), MSG_DONTWAIT);
		if (len >= 0)
			return len;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		left_ms = until_ms - hvu_now_ms();
		if (left_ms <= 0)
			return -ETIMEDOUT;
		if (epoll_wait(watch->both, &event, 1, left_ms) > 0 &&
		    event.data.fd == watch->signals)
			return 0;
	}
}

static uint32_t limit_ms(const struct hvu_hooks_question *question)
{
	return question->limit_ms && question->limit_ms < LIMIT_MAX_MS ? question->limit_ms :
		LIMIT_MAX_MS;
}

/*
 * A thread of hvic-vssd that waits for a disk keeps the connection open even if it is killed: what
 * hooks have locked must not wait for that.
 */
static int serve(const struct watch *watch, int connection, struct hvic_session *session,
		 struct lines *lines)
{
	int64_t until_ms = hvu_now_ms() + IDLE_MS;
	struct hvu_hooks_question question;
	struct hvu_hooks_answer answer;
	uint32_t timeout_ms = TIMEOUT_MS;
	bool untold;
	ssize_t len;
	int ret = 0;

	for (;;) {
		len = receive(watch, connection, until_ms, &question);
		if (len > 0 && !is_sound(&question, len))
			ret = -EBADMSG;
		if (len <= 0 || ret)
			break;
		timeout_ms = question.timeout_ms;
		if (question.phase == HVU_HOOKS_FREEZE)
			until_ms = hvu_now_ms() + limit_ms(&question);
		hvic_session_run(session, &question, &answer);
		if (send(connection, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			break;
		if (question.phase == HVU_HOOKS_FREEZE)
			continue;
		until_ms = hvu_now_ms() + IDLE_MS;
		log_lines(lines);
	}
	untold = len == -ETIMEDOUT && session->names;
	hvic_session_end(session, timeout_ms);
	/* The log may wait for what is frozen, so that hooks come first. */
	if (untold)
		hvu_log(HVU_LOG_WARNING,
			"hvic-vssd has not told the end of a backup in time: it is over for hooks");
	return ret;
}

/**
 * hvic_serve() - run the hooks of a backup
 * @connection: of hvic-vssd; closed
 * @folder: where hooks are
 *
 * Return: 0, or a negative errno if the other end makes no sense.
 */
int hvic_serve(int connection, const struct hvic_hook_folder *folder)
{
	struct lines lines = { .n = 0 };
	struct hvic_session session = {
		.folder = *folder, .say = say, .data = &lines,
	};
	struct watch watch;
	int ret = watch_begin(&watch, connection);

	if (ret) {
		close(connection);
		return ret;
	}
	session.interrupt = watch.both;
	/* Who inherits what hooks leave behind. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ret = serve(&watch, connection, &session, &lines);
	close(connection);
	log_lines(&lines);
	watch_end(&watch);
	return ret;
}

/* --- The socket. -------------------------------------------------------------------------- */

/**
 * hvic_serve_accept() - the next backup
 * @listener: the socket
 * @root: below which the folder of the hooks is; without one there are none
 *
 * Return: as hvic_serve(), or a negative errno; one of another user is refused.
 */
int hvic_serve_accept(int listener, int root)
{
	struct hvic_hook_folder folder = { .path = "/" HVU_HOOKS_FOLDER };
	int fd = hvu_socket_accept(listener), ret;

	if (fd < 0)
		return fd;
	folder.fd = hvu_open(root, O_RDONLY | O_DIRECTORY, HVU_HOOKS_FOLDER);
	ret = hvic_serve(fd, &folder);
	if (folder.fd >= 0)
		close(folder.fd);
	return ret;
}
