/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trials of a backup: how hvic asks hvic-vssd to freeze and thaw without the host.
 *
 * A connection to the socket is one trial: a question, its answer and, if that is 0, the report as
 * JSON in as many messages as it takes. The end of the connection thaws.
 */
#ifndef HVU_TRIAL_H
#define HVU_TRIAL_H

#include <stdint.h>

/* A name as of socket.h. */
#define HVU_TRIAL_SOCKET "vssd.sock"

/* The longest message. */
#define HVU_TRIAL_PIECE 16384

/**
 * struct hvu_trial_question - freeze
 * @hold_ms: how long all stays frozen
 */
struct hvu_trial_question {
	uint32_t hold_ms;
};

/**
 * struct hvu_trial_answer - it is over, or has not begun
 * @status: 0, or the negative errno that says why it has not
 * @text: the same in words
 */
struct hvu_trial_answer {
	int32_t status;
	char text[124];
};

#endif
