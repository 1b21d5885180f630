// SPDX-License-Identifier: GPL-2.0
/* What the configuration allows. */
#include "rules.h"

#include <errno.h>
#include <stdlib.h>

#include "log.h"
#include "owner.h"

static void add_rule(struct hvic_rules *rules, const struct hvu_fcopy_directory *directory)
{
	struct hvic_rule *rule = &rules->list[rules->n];
	/* Here, and not while the host waits. */
	const char *missing = hvu_owner_find(directory, &rule->uid, &rule->gid);

	if (missing) {
		hvu_log(HVU_LOG_ERROR, HVU_OWNER_MISSING, directory->name, missing,
			directory->directory);
		return;
	}
	rule->directory = directory;
	rules->n++;
}

/**
 * hvic_rules_load() - read the configuration
 * @rules: gets what it allows; zeroed, or what was read before
 * @root: below which /etc is
 *
 * Return: 0, or a negative errno after lines in the log, with @rules as they were.
 */
int hvic_rules_load(struct hvic_rules *rules, int root)
{
	struct hvic_rules fresh = { .n = 0 };
	int ret = hvu_settings_load(&fresh.settings, root, "fcopy", hvu_settings_log, NULL);

	if (ret)
		return ret;
	fresh.list = calloc(fresh.settings.n_fcopy + 1, sizeof(*fresh.list));
	if (!fresh.list) {
		hvu_settings_free(&fresh.settings);
		return -ENOMEM;
	}
	for (size_t i = 0; i < fresh.settings.n_fcopy; i++)
		add_rule(&fresh, &fresh.settings.fcopy[i]);
	if (!fresh.n)
		hvu_log(HVU_LOG_INFO, "no directory is allowed, see hv_ic.conf(5)");
	hvic_rules_free(rules);
	*rules = fresh;
	return 0;
}

/** hvic_rules_free() - nothing is allowed any more */
void hvic_rules_free(struct hvic_rules *rules)
{
	if (rules->list)
		hvu_settings_free(&rules->settings);
	free(rules->list);
	rules->list = NULL;
	rules->n = 0;
}
