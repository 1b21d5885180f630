/* SPDX-License-Identifier: GPL-2.0 */
/* What is said of a backup. */
#ifndef HVIC_TELL_H
#define HVIC_TELL_H

#include <stdbool.h>

#include "freezer.h"
#include "journal.h"
#include "report.h"

const char *hvic_tell_thaw(int status, bool trial);
void hvic_tell_skipped(struct hvic_journal *journal, const struct hvic_freezer *freezer);
void hvic_tell_outcome(struct hvic_journal *journal, const struct hvic_report *report, bool trial);

#endif
