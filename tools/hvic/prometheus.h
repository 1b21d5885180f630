/* SPDX-License-Identifier: GPL-2.0 */
/* What the driver tells, as text that Prometheus reads. */
#ifndef HVIC_PROMETHEUS_H
#define HVIC_PROMETHEUS_H

#include <stdio.h>
#include <time.h>

#include <json-c/json.h>

struct hvic;

void hvic_prometheus(FILE *out, json_object *facts, time_t now);
int hvic_print_prometheus(struct hvic *hvic, json_object *services);

#endif
