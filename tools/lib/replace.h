/* SPDX-License-Identifier: GPL-2.0 */
/* Small files that others read while they are written anew. */
#ifndef HVU_REPLACE_H
#define HVU_REPLACE_H

#include <stdbool.h>
#include <sys/types.h>

int hvu_replace(int folder, const char *name, mode_t mode, bool durable, const char *text);
int hvu_replace_or_remove(int folder, const char *name, mode_t mode, bool durable,
			  const char *text);

#endif
