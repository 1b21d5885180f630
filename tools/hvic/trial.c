// SPDX-License-Identifier: GPL-2.0
/* hvic vss test --freeze: has hvic-vssd freeze and thaw, as if the host had asked it to. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "hvic.h"
#include "socket.h"
#include "trial.h"

static int complain(int error)
{
	if (error == -ENOENT || error == -ECONNREFUSED)
		hvic_error("hvic-vssd does not run, or it is an older one: see 'systemctl status hvic-vssd'");
	else if (error == -EACCES || error == -EPERM)
		hvic_error("only root may freeze file systems");
	else if (error == -ETIMEDOUT)
		hvic_error("hvic-vssd has not thawed in time, and has been told to");
	else if (error == -ECONNRESET)
		hvic_error("hvic-vssd has ended; the kernel has thawed what was frozen: see 'journalctl -u hvic-vssd'");
	else
		hvic_error("hvic-vssd: %s", strerror(-error));
	return hvic_exit_status(error);
}

/* One message; 0 at the end. */
static ssize_t receive(int fd, void *message, size_t size, int64_t until_ms)
{
	for (;;) {
		int64_t left = until_ms < 0 ? -1 : until_ms - hvu_now_ms();
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int ret = poll(&wait, 1, until_ms < 0 ? -1 : left < 0 ? 0 : left);
		ssize_t len;

		if (!ret)
			return -ETIMEDOUT;
		len = ret < 0 ? -1 : recv(fd, message, size, MSG_DONTWAIT);
		if (len >= 0)
			return len;
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

static int receive_report(int fd, int64_t until_ms, json_object **report)
{
	struct json_tokener *tokener = json_tokener_new();
	char piece[HVU_TRIAL_PIECE];
	ssize_t len = 0;

	while (tokener && !*report && (len = receive(fd, piece, sizeof(piece), until_ms)) > 0)
		*report = json_tokener_parse_ex(tokener, piece, len);
	if (!tokener)
		len = -ENOMEM;
	else
		json_tokener_free(tokener);
	return *report ? 0 : len ? len : -ECONNRESET;
}

/* 0 or an exit status, after a message. */
static int ask(int fd, const struct hvu_trial_question *question, int64_t until_ms,
	       json_object **report)
{
	struct hvu_trial_answer answer = { .status = 0 };
	ssize_t len;

	if (send(fd, question, sizeof(*question), MSG_NOSIGNAL) < 0)
		return complain(errno == EPIPE ? -ECONNRESET : -errno);
	len = receive(fd, &answer, sizeof(answer), until_ms);
	if (len != sizeof(answer))
		return complain(len < 0 ? len : -ECONNRESET);
	answer.text[sizeof(answer.text) - 1] = '\0';
	if (answer.status) {
		hvic_error("hvic-vssd refuses: %s", answer.text);
		return hvic_exit_status(answer.status);
	}
	len = receive_report(fd, until_ms, report);
	return len ? complain(len) : HVIC_OK;
}

/**
 * hvic_trial() - freeze and thaw
 * @hvic: run
 * @hold_ms: how long all stays frozen
 * @report: gets what became of it, for json_object_put()
 *
 * Return: 0 or an exit status, after a message.
 */
int hvic_trial(struct hvic *hvic, uint32_t hold_ms, json_object **report)
{
	const struct hvu_trial_question question = { .hold_ms = hold_ms };
	int64_t until_ms = hvic->call.global[HVIC_OPTION_TIMEOUT] ?
		hvu_now_ms() + hvic->timeout_ms : -1;
	int fd = hvu_socket_connect(hvic->root, HVU_TRIAL_SOCKET), ret;

	if (fd < 0)
		return complain(fd);
	*report = NULL;
	ret = ask(fd, &question, until_ms, report);
	/* That thaws, if it has not ended. */
	close(fd);
	return ret;
}
