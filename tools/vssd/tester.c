// SPDX-License-Identifier: GPL-2.0
/* The socket of the administrator: see tester.h. */
#include "tester.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"
#include "trial.h"

/* The client may be stopped, but its socket has room for this. */
static void answer(int fd, int status, const char *text)
{
	struct hvu_trial_answer answer = { .status = status };

	snprintf(answer.text, sizeof(answer.text), "%s", text);
	send(fd, &answer, sizeof(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static const char *why_not(int error)
{
	switch (error) {
	case -EBUSY:
		return "the host makes a backup, or has not ended its last one";
	case -ENOTCONN:
	case -ENODEV:
		return "the host does not offer backups now";
	case -ENOTTY:
		return "the module hv_ic is an older one, which knows no trials";
	default:
		return strerror(-error);
	}
}

static void drop_client(struct hvic_tester *tester)
{
	tester->client = sd_event_source_disable_unref(tester->client);
	free(tester->report);
	tester->report = NULL;
	if (tester->runs)
		hvic_backup_give_up(tester->backup);
	tester->runs = false;
}

/* Returns 0 when the client has all of it, or will never have it, and else %-EAGAIN. */
static int send_report(struct hvic_tester *tester, int fd)
{
	size_t len = strlen(tester->report);

	while (tester->at < len) {
		size_t rest = len - tester->at;
		ssize_t sent = send(fd, tester->report + tester->at,
				    rest < HVU_TRIAL_PIECE ? rest : HVU_TRIAL_PIECE,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN ? -EAGAIN : 0;
		tester->at += sent;
	}
	return 0;
}

/* Returns true if the client is to wait. */
static bool begin(struct hvic_tester *tester, sd_event_source *source,
		  const struct hvu_trial_question *question)
{
	int fd = sd_event_source_get_io_fd(source), ret;

	if (tester->client) {
		answer(fd, -EBUSY, "another trial runs");
		return false;
	}
	ret = hvic_backup_try(tester->backup, question->hold_ms);
	if (ret) {
		answer(fd, ret, why_not(ret));
		return false;
	}
	tester->client = source;
	tester->runs = true;
	return true;
}

/* It has to be read before it is refused: closing throws away what has not been. */
static void take_question(struct hvic_tester *tester, sd_event_source *source)
{
	struct hvu_trial_question question;
	ssize_t len = recv(sd_event_source_get_io_fd(source), &question, sizeof(question),
			   MSG_DONTWAIT);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len != sizeof(question) || !begin(tester, source, &question))
		sd_event_source_disable_unref(source);
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct hvic_tester *tester = data;

	(void)events;
	if (source != tester->client)
		take_question(tester, source);
	else if (!tester->report || !send_report(tester, fd))
		drop_client(tester);
	return 0;
}

static int on_listener(sd_event_source *source, int listener, uint32_t events, void *data)
{
	sd_event_source *client;
	int fd = hvu_socket_accept(listener), ret;

	(void)events;
	if (fd < 0)
		return 0;
	ret = sd_event_add_io(sd_event_source_get_event(source), &client, fd, EPOLLIN, on_client,
			      data);
	if (ret < 0) {
		close(fd);
		return 0;
	}
	/* It is the loop's until it is dropped. */
	sd_event_source_set_io_fd_own(client, true);
	sd_event_source_set_floating(client, true);
	sd_event_source_unref(client);
	return 0;
}

static void tried(void *data, const char *report)
{
	struct hvic_tester *tester = data;

	tester->runs = false;
	tester->report = strdup(report);
	tester->at = 0;
	if (!tester->report) {
		drop_client(tester);
		return;
	}
	answer(sd_event_source_get_io_fd(tester->client), 0, "");
	sd_event_source_set_io_events(tester->client, EPOLLOUT);
}

/**
 * hvic_tester_open() - take questions
 * @tester: to be filled in
 * @backup: who freezes; open
 *
 * Return: 0 or a negative errno.
 */
int hvic_tester_open(struct hvic_tester *tester, struct hvic_backup *backup)
{
	int fd = hvu_socket_listen(backup->root, HVU_TRIAL_SOCKET), ret;

	*tester = (struct hvic_tester){ .backup = backup };
	if (fd < 0)
		return fd;
	ret = sd_event_add_io(backup->event, &tester->listener, fd, EPOLLIN, on_listener, tester);
	if (ret < 0) {
		close(fd);
		return ret;
	}
	sd_event_source_set_io_fd_own(tester->listener, true);
	backup->tried = tried;
	backup->trier = tester;
	return 0;
}

/** hvic_tester_close() - take none any more; a trial that runs is given up */
void hvic_tester_close(struct hvic_tester *tester)
{
	drop_client(tester);
	tester->listener = sd_event_source_disable_unref(tester->listener);
}
