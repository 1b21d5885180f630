/* SPDX-License-Identifier: GPL-2.0 */
/* The values of settings: from text to where they belong. */
#ifndef HVU_SETTINGS_VALUE_H
#define HVU_SETTINGS_VALUE_H

#include <stdbool.h>

#include "settings_key.h"

#define HVU_WANTED_SIZE 160

int hvu_setting_take(const struct hvu_key *key, void *base, const char *text, bool more,
		     char wanted[static HVU_WANTED_SIZE]);
bool hvu_setting_is_list(const struct hvu_key *key);
void hvu_setting_drop(const struct hvu_key *key, void *base);

#endif
