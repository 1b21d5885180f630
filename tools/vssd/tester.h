/* SPDX-License-Identifier: GPL-2.0 */
/* The socket of the administrator, who wants to try a backup: see trial.h of the library. */
#ifndef HVIC_TESTER_H
#define HVIC_TESTER_H

#include <stdbool.h>
#include <stddef.h>

#include <systemd/sd-event.h>

#include "backup.h"

/**
 * struct hvic_tester - the socket
 * @backup: who freezes
 * @listener: place of the socket in the loop, which owns it
 * @client: the same of the connection that has a trial, which there is one of at a time; or NULL
 * @runs: the client waits for a report
 * @report: what it has not got of it; NULL if there is none
 * @at: where that begins
 */
struct hvic_tester {
	struct hvic_backup *backup;
	sd_event_source *listener;
	sd_event_source *client;
	bool runs;
	char *report;
	size_t at;
};

int hvic_tester_open(struct hvic_tester *tester, struct hvic_backup *backup);
void hvic_tester_close(struct hvic_tester *tester);

#endif
