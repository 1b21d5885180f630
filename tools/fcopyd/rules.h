/* SPDX-License-Identifier: GPL-2.0 */
/* What the configuration allows. */
#ifndef FCOPYD_RULES_H
#define FCOPYD_RULES_H

#include "place.h"

/**
 * struct hvic_rules - the allowed folders
 * @settings: they are parts of it
 * @list: the folders
 * @n: how many
 */
struct hvic_rules {
	struct hvu_settings settings;
	struct hvic_rule *list;
	size_t n;
};

int hvic_rules_load(struct hvic_rules *rules, int root);
void hvic_rules_free(struct hvic_rules *rules);

#endif
