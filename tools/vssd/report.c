// SPDX-License-Identifier: GPL-2.0
/* What became of the last backup: see report.h. */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "printable.h"
#include "replace.h"
#include "root.h"

#define SCHEMA 1

static const char *const outcomes[] = {
	[HVIC_UNTOUCHED] = "untouched", [HVIC_FROZEN] = "frozen", [HVIC_SKIPPED] = "skipped",
	[HVIC_FAILED] = "failed",
};

/* Names of mount points may be any bytes, JSON may not. */
static void add_text(json_object *object, const char *key, const char *text)
{
	char *printable = hvu_printable(text, true);

	json_object_object_add(object, key, json_object_new_string(printable ? printable : "?"));
	free(printable);
}

static json_object *describe(const struct hvu_filesystem *filesystem, const char *outcome,
			     const char *reason)
{
	json_object *object = json_object_new_object();

	add_text(object, "mount", filesystem->mounts[0].path);
	add_text(object, "type", filesystem->type);
	add_text(object, "source", filesystem->source);
	json_object_object_add(object, "outcome", json_object_new_string(outcome));
	if (reason)
		add_text(object, "reason", reason);
	return object;
}

static json_object *describe_item(const struct hvic_item *item)
{
	json_object *object = describe(item->filesystem, outcomes[item->outcome],
				       item->error ? hvic_item_text(item) : NULL);

	json_object_object_add(object, "level", json_object_new_int(item->filesystem->level));
	json_object_object_add(object, "sync_us", json_object_new_int64(item->sync_us));
	json_object_object_add(object, "freeze_us", json_object_new_int64(item->hold_us));
	return object;
}

/**
 * hvic_report_filesystems() - what became of each file system
 * @report: gets it
 * @mounts: all of them; what is not on a disk is left out
 * @freezer: what was done
 */
void hvic_report_filesystems(struct hvic_report *report, const struct hvu_mounts *mounts,
			     const struct hvic_freezer *freezer)
{
	json_object_put(report->filesystems);
	report->filesystems = json_object_new_array();
	for (size_t i = 0; i < freezer->n; i++)
		json_object_array_add(report->filesystems, describe_item(&freezer->items[i]));
	for (size_t i = mounts->n_frozen; i < mounts->n; i++) {
		const struct hvu_filesystem *filesystem = &mounts->all[i];

		if (filesystem->skip != HVU_SKIP_NO_DISK)
			json_object_array_add(report->filesystems,
					      describe(filesystem, outcomes[HVIC_SKIPPED],
						       hvu_skip_text(filesystem->skip)));
	}
}

/** hvic_report_describe() - all of it as JSON, for json_object_put() */
json_object *hvic_report_describe(const struct hvic_report *report)
{
	json_object *object = json_object_new_object();
	char time[32];
	struct tm utc;

	gmtime_r(&report->began, &utc);
	strftime(time, sizeof(time), "%FT%TZ", &utc);
	json_object_object_add(object, "schema", json_object_new_int(SCHEMA));
	json_object_object_add(object, "began", json_object_new_string(time));
	json_object_object_add(object, "mode", json_object_new_string(report->mode));
	json_object_object_add(object, "outcome", json_object_new_string(report->outcome));
	if (report->error[0])
		add_text(object, "error", report->error);
	json_object_object_add(object, "freeze_us", json_object_new_int64(report->freeze_us));
	json_object_object_add(object, "frozen_us", json_object_new_int64(report->frozen_us));
	json_object_object_add(object, "hooks_run", json_object_new_int(report->hooks_run));
	json_object_object_add(object, "hooks_failed", json_object_new_int(report->hooks_failed));
	if (report->hooks_error[0])
		add_text(object, "hooks_error", report->hooks_error);
	if (report->filesystems)
		json_object_object_add(object, "filesystems",
				       json_object_get(report->filesystems));
	return object;
}

/**
 * hvic_report_write() - let others read it, whole or not at all
 * @report: the report
 * @root: below which it is written
 *
 * Return: 0; or a negative errno, and then nobody reads that of the backup before for it.
 */
int hvic_report_write(const struct hvic_report *report, int root)
{
	const int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE;
	json_object *object = hvic_report_describe(report);
	int folder, ret;

	mkdirat(root, HVIC_REPORT_FOLDER, 0755);
	folder = hvu_open(root, O_PATH | O_DIRECTORY, HVIC_REPORT_FOLDER);
	ret = folder < 0 ? folder :
		hvu_replace_or_remove(folder, HVIC_REPORT_NAME, 0644, false,
				      json_object_to_json_string_ext(object, flags));
	if (folder >= 0)
		close(folder);
	json_object_put(object);
	return ret;
}

/** hvic_report_free() - what has been collected */
void hvic_report_free(struct hvic_report *report)
{
	json_object_put(report->filesystems);
	report->filesystems = NULL;
}
