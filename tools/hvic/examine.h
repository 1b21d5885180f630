/* SPDX-License-Identifier: GPL-2.0 */
/* Findings about what is wrong, from what the system shows. */
#ifndef HVIC_EXAMINE_H
#define HVIC_EXAMINE_H

#include <stdbool.h>

#include <json-c/json.h>

/* The finding that there is nothing to examine. */
#define HVIC_NOT_HYPERV "not-hyperv"

json_object *hvic_examine(int root, json_object *services, bool confidential);

#endif
