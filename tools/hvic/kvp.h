/* SPDX-License-Identifier: GPL-2.0 */
/* The pools that a command of hvic kvp is about. */
#ifndef HVIC_KVP_H
#define HVIC_KVP_H

#include "hvic.h"
#include "pool.h"

/**
 * struct hvic_kvp - the pools that a command is about
 * @folder: their path
 * @directory: that, open
 * @pools: those that are asked for; NULL for the others
 * @first: the number of the first one
 */
struct hvic_kvp {
	char *folder;
	int directory;
	struct hvu_pool *pools[HVU_POOLS];
	unsigned int first;
};

int hvic_kvp_open_folder(const struct hvic *hvic, struct hvic_kvp *kvp);
int hvic_kvp_open(const struct hvic *hvic, const char *word, struct hvic_kvp *kvp);
void hvic_kvp_close(struct hvic_kvp *kvp);
int hvic_kvp_failed(const struct hvic_kvp *kvp, unsigned int number, int error);

#endif
