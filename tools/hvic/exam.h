/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An examination of the system, part by part. A finding has an id that stays, a level, a text and,
 * unless it is a fact, the way out.
 */
#ifndef HVIC_EXAM_H
#define HVIC_EXAM_H

#include <stdbool.h>

#include <json-c/json.h>

#include "daemons.h"
#include "modules.h"
#include "vmbus.h"

#define HVIC_PROBLEM	"problem"	/* something does not work */
#define HVIC_NOTE	"note"		/* as somebody wants it, or what cannot be told */
#define HVIC_FACT	"fact"		/* as it should be */

/**
 * struct hvic_exam - an examination
 * @root: below which the system is
 * @services: what the driver says; NULL if it is not there
 * @confidential: the machine hides its memory from the host
 * @release: of the kernel
 * @modules: of the kernel
 * @devices: of integration services
 * @n_devices: how many
 * @daemons: processes that serve them
 * @n_daemons: how many
 * @findings: array
 */
struct hvic_exam {
	int root;
	json_object *services;
	bool confidential;
	char release[HVU_NAME_SIZE];
	struct kmod_ctx *modules;
	struct hvu_device *devices;
	int n_devices;
	struct foreign_daemon *daemons;
	int n_daemons;
	json_object *findings;
};

json_object *hvic_exam_add(struct hvic_exam *exam, const char *id, const char *level);
void hvic_exam_say(json_object *finding, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool hvic_exam_trusts(struct hvic_exam *exam, const struct hvu_service_info *service);

void hvic_examine_module(struct hvic_exam *exam);
void hvic_examine_softdep(struct hvic_exam *exam);
void hvic_examine_initramfs(struct hvic_exam *exam);
void hvic_examine_daemons(struct hvic_exam *exam);

#endif
