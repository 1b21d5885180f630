/* SPDX-License-Identifier: GPL-2.0 */
/* Asks hvic-hooks to run hooks, without waiting. */
#ifndef HVIC_ASKER_H
#define HVIC_ASKER_H

#include <stdbool.h>

#include <systemd/sd-event.h>

#include "hooks.h"

/**
 * struct hvic_asker - the connection of a backup
 * @event: loop
 * @root: below which the socket is
 * @answered: called with the answer to the last question; also if hvic-hooks has gone
 * @data: for @answered
 * @source: place of the connection in the loop, which owns it; NULL without a connection
 * @asked: what was asked last
 * @waiting: it has not been answered
 */
struct hvic_asker {
	sd_event *event;
	int root;
	void (*answered)(void *data, const struct hvu_hooks_answer *answer);
	void *data;
	sd_event_source *source;
	enum hvu_hooks_phase asked;
	bool waiting;
};

int hvic_asker_ask(struct hvic_asker *asker, enum hvu_hooks_phase phase, uint32_t timeout_ms,
		   uint32_t limit_ms);
void hvic_asker_end(struct hvic_asker *asker);
void hvic_asker_close(struct hvic_asker *asker);

#endif
