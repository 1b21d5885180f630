/* SPDX-License-Identifier: GPL-2.0 */
/* Findings about what is wrong, from what the system shows. */
#ifndef HVIC_EXAMINE_H
#define HVIC_EXAMINE_H

#include <json-c/json.h>

json_object *hvic_examine(int root, json_object *services);

#endif
