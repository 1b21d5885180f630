// SPDX-License-Identifier: GPL-2.0
/* What is said of a backup. */
#include "tell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"

/** hvic_tell_thaw() - why all has thawed, in words; @status is the driver's */
const char *hvic_tell_thaw(int status, bool trial)
{
	switch (status) {
	case -ETIMEDOUT:
		return trial ? "it took longer than vss_frozen_max of hv_ic" :
			"the host did not thaw in time";
	case -ECANCELED:
		return trial ? "it was broken off" :
			"the host took it back, or started over";
	case -EINTR:
		return "the machine is about to sleep";
	case -ENODEV:
		return "the service has gone";
	default:
		return strerror(-status);
	}
}

/** hvic_tell_skipped() - which file systems are not in a backup that should be */
void hvic_tell_skipped(struct hvic_journal *journal, const struct hvic_freezer *freezer)
{
	for (size_t i = 0; i < freezer->n; i++) {
		const struct hvic_item *item = &freezer->items[i];
		char *path;

		if (!item->error || item->error == -ECANCELED)
			continue;
		path = hvu_printable(item->filesystem->mounts[0].path, true);
		hvic_journal(journal, HVU_MESSAGE_NOT_FROZEN, HVU_LOG_WARNING,
			     "%s is not frozen: %s", path ? path : "?", hvic_item_text(item));
		free(path);
	}
}

/** hvic_tell_outcome() - what became of a backup; names of mounts and hooks may be any bytes */
void hvic_tell_outcome(struct hvic_journal *journal, const struct hvic_report *report, bool trial)
{
	char *hook = hvu_printable(report->hooks_error, true);
	char *error = hvu_printable(report->error, true);
	const char *what = trial ? "trial" : "backup";

	if (report->hooks_failed)
		hvic_journal(journal, HVU_MESSAGE_HOOKS_FAILED, HVU_LOG_WARNING,
			     "hooks failed: %u, the first was %s", report->hooks_failed,
			     hook ? hook : "?");
	if (report->error[0])
		hvic_journal(journal, trial ? HVU_MESSAGE_NONE : HVU_MESSAGE_BACKUP_FAILED,
			     HVU_LOG_WARNING, "%s %s: %s", what, report->outcome,
			     error ? error : "?");
	else
		hvic_journal(journal, HVU_MESSAGE_NONE, HVU_LOG_INFO,
			     "%s %s: frozen within %llu ms, for %llu ms", what, report->outcome,
			     (unsigned long long)report->freeze_us / 1000,
			     (unsigned long long)report->frozen_us / 1000);
	free(error);
	free(hook);
}
