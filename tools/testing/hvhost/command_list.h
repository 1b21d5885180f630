/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the table of commands calls: each carries out a line of @words words, reports what came
 * of it, and returns as a transaction, or COMMAND_USAGE.
 */
#ifndef HVHOST_COMMAND_LIST_H
#define HVHOST_COMMAND_LIST_H

#include <errno.h>
#include <stdint.h>

/* A result that is no status of the guest's: the words were wrong. */
#define COMMAND_USAGE (-EINVAL)

struct desk;

int64_t command_heartbeat(struct desk *desk, int words, char **word);
int64_t command_stop(struct desk *desk, int words, char **word);
int64_t command_restart(struct desk *desk, int words, char **word);
int64_t command_hibernate(struct desk *desk, int words, char **word);
int64_t command_time(struct desk *desk, int words, char **word);
int64_t command_kvp(struct desk *desk, int words, char **word);
int64_t command_copy(struct desk *desk, int words, char **word);
int64_t command_cancel(struct desk *desk, int words, char **word);
int64_t command_checkpoint(struct desk *desk, int words, char **word);
int64_t command_send(struct desk *desk, int words, char **word);
int64_t command_raw(struct desk *desk, int words, char **word);
int64_t command_ring(struct desk *desk, int words, char **word);
int64_t command_hold(struct desk *desk, int words, char **word);
int64_t command_spoil(struct desk *desk, int words, char **word);

#endif
