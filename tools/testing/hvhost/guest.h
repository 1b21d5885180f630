/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands in the guest.
 *
 * An agent there (vm/guest/agent.c) prints "ready"; then
 *
 *	host:	<id> <command>
 *	guest:	<id>|<line of output>		any number of times
 *	guest:	<id>=<exit status>
 *
 * This goes through the box of agent_port.h. A byte on the second serial line tells the agent to
 * look into it.
 *
 * Commands run one at a time, by sh -c, stdout and stderr together. The first
 * one is ours: dmesg -n 8, as the kernel boots with warnings only on the console.
 */
#ifndef HVHOST_GUEST_H
#define HVHOST_GUEST_H

#include "host.h"

/** hv_guest_ready() - wait for the agent; returns as hv_wait() */
int hv_guest_ready(struct hv_host *host, unsigned int timeout_ms);

/**
 * hv_guest_run() - run a command and wait for its end
 * @output: set to all its output, lines ended by LF, to be freed by the
 *	    caller, also after an error; may be NULL
 *
 * Return: the exit status 0..255, or -ETIMEDOUT, -ESHUTDOWN as hv_wait(), or
 * -EINVAL for a command with a line break in it.
 */
int hv_guest_run(struct hv_host *host, unsigned int timeout_ms, char **output,
		 const char *format, ...) __printf(4, 5);

/**
 * hv_guest_start() - send a command and do not wait
 * Return: its id (> 0) for hv_guest_finish(), or -EINVAL.
 */
int hv_guest_start(struct hv_host *host, const char *format, ...)
	__printf(2, 3);

/** hv_guest_done() - has a started command ended? */
bool hv_guest_done(struct hv_host *host, int id);

/** hv_guest_finish() - wait for a started command; returns as hv_guest_run() */
int hv_guest_finish(struct hv_host *host, int id, unsigned int timeout_ms, char **output);

/* For the files of the library: the host's lock is held. */

struct hv_agent {
	struct hv_command *commands;
	int last_id;
	int greeting;			/* our first command */
	bool ready;			/* which has been answered */
	char line[8192];
	size_t line_size;
	char *said;			/* by us, and not heard yet */
	size_t said_size;
};

/** hv_agent_start() - a new machine: its agent has not answered yet */
void hv_agent_start(struct hv_host *host);

/** hv_agent_tell() - the guest reads its port: how many bytes for it are in the box now */
uint32_t hv_agent_tell(struct hv_host *host);

/** hv_agent_hear() - the guest writes to its port: so many bytes in the box are for us */
void hv_agent_hear(struct hv_host *host, uint32_t size);

void hv_agent_free(struct hv_host *host);

#endif
