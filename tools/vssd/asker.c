// SPDX-License-Identifier: GPL-2.0
/* Asks hvic-hooks to run hooks, without waiting: see hooks.h of the library. */
#include "asker.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

static int on_answer(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct hvic_asker *asker = data;
	struct hvu_hooks_answer answer;
	ssize_t len = recv(fd, &answer, sizeof(answer), 0);

	(void)source;
	(void)events;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (len == sizeof(answer)) {
		answer.text[sizeof(answer.text) - 1] = '\0';
		/* The one before the last was broken off. */
		if (!asker->waiting || answer.phase != asker->asked)
			return 0;
	} else {
		answer = (struct hvu_hooks_answer){
			.phase = asker->asked, .status = -EPIPE, .failed = 1,
		};
		snprintf(answer.text, sizeof(answer.text), "hvic-hooks has gone");
		hvic_asker_close(asker);
	}
	asker->waiting = false;
	asker->answered(asker->data, &answer);
	return 0;
}

/**
 * hvic_asker_ask() - ask; the first question of a backup connects
 * @asker: the connection
 * @phase: what hooks are to be run for
 * @timeout_ms: how long each may take
 * @limit_ms: how long the backup lasts at most, from HVU_HOOKS_FREEZE on
 *
 * Return: 0, and then @answered will be called, or a negative errno.
 */
int hvic_asker_ask(struct hvic_asker *asker, enum hvu_hooks_phase phase, uint32_t timeout_ms,
		   uint32_t limit_ms)
{
	struct hvu_hooks_question question = { phase, timeout_ms, limit_ms };
	int fd, ret;

	if (!asker->source) {
		fd = hvu_socket_connect(asker->root, HVU_HOOKS_SOCKET);
		if (fd < 0)
			return fd;
		ret = sd_event_add_io(asker->event, &asker->source, fd, EPOLLIN, on_answer, asker);
		if (ret < 0) {
			close(fd);
			return ret;
		}
		sd_event_source_set_io_fd_own(asker->source, true);
	}
	fd = sd_event_source_get_io_fd(asker->source);
	if (send(fd, &question, sizeof(question), MSG_NOSIGNAL) < 0)
		return -errno;
	asker->asked = phase;
	asker->waiting = true;
	return 0;
}

/**
 * hvic_asker_end() - we are about to end; hooks hear it now
 * @asker: the connection, which a thread that waits in the kernel may keep open after our end
 */
void hvic_asker_end(struct hvic_asker *asker)
{
	if (asker->source)
		shutdown(sd_event_source_get_io_fd(asker->source), SHUT_RDWR);
}

/** hvic_asker_close() - the backup is over; hooks that have not been told so are now */
void hvic_asker_close(struct hvic_asker *asker)
{
	asker->source = sd_event_source_disable_unref(asker->source);
	asker->waiting = false;
}
