/* SPDX-License-Identifier: GPL-2.0 */
/* What became of the last backup: /run/hv_ic/vss-last.json. */
#ifndef HVIC_REPORT_H
#define HVIC_REPORT_H

#include <stdint.h>
#include <time.h>

#include <json-c/json.h>

#include "freezer.h"
#include "hooks.h"
#include "mounts.h"

#define HVIC_REPORT_FOLDER "run/hv_ic"
#define HVIC_REPORT_NAME "vss-last.json"
#define HVIC_REPORT_FILE HVIC_REPORT_FOLDER "/" HVIC_REPORT_NAME

/**
 * struct hvic_report - what is known of a backup
 * @began: when the host asked for it
 * @mode: how it was to be done
 * @outcome: "complete", "failed", "broken" (it was frozen, but not until the host thawed it),
 *	"refused", or "unfinished" as long as it has none of these
 * @error: what went wrong; "" if nothing did
 * @freeze_us: from the host's FREEZE to its answer
 * @frozen_us: from the first freeze of a file system to the thaw of all
 * @hooks_run: how many hooks have been run for the freeze
 * @hooks_failed: how many of all runs failed
 * @hooks_error: which one did first
 * @filesystems: array, an object for each that could be frozen; NULL if it did not come to that
 */
struct hvic_report {
	time_t began;
	const char *mode;
	const char *outcome;
	char error[256];
	uint64_t freeze_us;
	uint64_t frozen_us;
	uint32_t hooks_run;
	uint32_t hooks_failed;
	char hooks_error[HVU_HOOKS_TEXT];
	json_object *filesystems;
};

void hvic_report_filesystems(struct hvic_report *report, const struct hvu_mounts *mounts,
			     const struct hvic_freezer *freezer);
json_object *hvic_report_describe(const struct hvic_report *report);
int hvic_report_write(const struct hvic_report *report, int root);
void hvic_report_free(struct hvic_report *report);

#endif
