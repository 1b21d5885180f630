// SPDX-License-Identifier: GPL-2.0
/*
 * The socket of a backup's hooks, from both ends: hvic-hooks gets any question, and hvic-vssd any
 * answer.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../hooks/serve.h"
#include "asker.h"
#include "scratch.h"
#include "socket.h"
#include "target.h"

static void fuzz_question(const uint8_t *data, size_t size)
{
	const struct hvic_hook_folder none = { .fd = -1, .path = "/nowhere" };
	struct hvu_hooks_answer answer;
	int ends[2];

	must(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
	must(send(ends[0], data, size, 0) == (ssize_t)size);
	shutdown(ends[0], SHUT_WR);
	hvic_serve(ends[1], &none);
	while (recv(ends[0], &answer, sizeof(answer), 0) > 0)
		must(memchr(answer.text, 0, sizeof(answer.text)));
	close(ends[0]);
}

static unsigned int answers;

static void answered(void *data, const struct hvu_hooks_answer *answer)
{
	struct hvic_asker *asker = data;

	answers++;
	must(memchr(answer->text, 0, sizeof(answer->text)));
	must(answer->phase == asker->asked && !asker->waiting);
}

static void fuzz_answer(const uint8_t *data, size_t size)
{
	static int listener = -1;
	struct hvic_asker asker = { .root = scratch(), .answered = answered };
	static struct sd_event *event;
	int fd;

	if (listener < 0) {
		scratch_write("run/here", "", 0);
		listener = hvu_socket_listen(scratch(), HVU_HOOKS_SOCKET);
		must(listener >= 0 && sd_event_new(&event) >= 0);
	}
	asker.event = event;
	asker.data = &asker;
	answers = 0;
	must(!hvic_asker_ask(&asker, HVU_HOOKS_FREEZE, 1000, 60000));
	fd = accept(listener, NULL, NULL);
	must(fd >= 0);
	/* Twice the same, and then the end. */
	for (int i = 0; i < 2; i++)
		must(send(fd, data, size, 0) == (ssize_t)size);
	close(fd);
	for (int i = 0; i < 3; i++)
		must(sd_event_run(event, 0) >= 0);
	must(answers >= 1 && answers <= 2);
	hvic_asker_close(&asker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	fuzz_question(data, size);
	fuzz_answer(data, size);
	return 0;
}
