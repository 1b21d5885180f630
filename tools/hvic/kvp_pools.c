// SPDX-License-Identifier: GPL-2.0
/* The pools that a command of hvic kvp is about. */
#include "kvp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"

/* How long others may keep a pool locked. */
#define WAIT_MS 5000

/* A pool by its name or its number. */
const char *const hvic_pool_words[] = {
	"external", "guest", "auto", "auto-external", "internal", "0", "1", "2", "3", "4", NULL
};

static int exit_status(int error)
{
	switch (-error) {
	case EACCES:
	case EPERM:
		return HVIC_DENIED;
	case EBUSY:
		return HVIC_AGAIN;
	case EINVAL:
	case EMSGSIZE:
		return HVIC_USAGE;
	default:
		return HVIC_IO;
	}
}

/** hvic_kvp_failed() - say what is wrong with a pool; the exit status */
int hvic_kvp_failed(const struct hvic_kvp *kvp, unsigned int number, int error)
{
	hvic_error("pool %s (%s/.kvp_pool_%u): %s", hvu_pool_names[number], kvp->folder, number,
		   hvu_pool_explain(error));
	return exit_status(error);
}

static void tell_setting(const char *where, bool refused, const char *text, void *data)
{
	(void)data;
	if (refused)
		hvic_error("%s: %s", where, text);
}

/** hvic_kvp_close() - what hvic_kvp_open() or hvic_kvp_open_folder() has opened */
void hvic_kvp_close(struct hvic_kvp *kvp)
{
	for (unsigned int i = 0; i < HVU_POOLS; i++)
		hvu_pool_close(kvp->pools[i]);
	if (kvp->directory >= 0)
		close(kvp->directory);
	free(kvp->folder);
}

/** hvic_kvp_open_folder() - open the folder alone; 0 or an exit status, after a message */
int hvic_kvp_open_folder(const struct hvic *hvic, struct hvic_kvp *kvp)
{
	struct hvu_settings settings;
	int ret = hvu_settings_load(&settings, hvic->root, "kvp", tell_setting, NULL);

	*kvp = (struct hvic_kvp){ .directory = -1 };
	if (ret) {
		hvic_error("the configuration cannot be read: %s", strerror(-ret));
		return HVIC_IO;
	}
	kvp->folder = strdup(settings.kvp.pools);
	hvu_settings_free(&settings);
	if (!kvp->folder) {
		hvic_error("%s", strerror(ENOMEM));
		return HVIC_IO;
	}
	kvp->directory = hvu_open(hvic->root, O_PATH | O_DIRECTORY, "%s", kvp->folder);
	if (kvp->directory < 0) {
		hvic_error("%s, the folder of the pools: %s", kvp->folder,
			   strerror(-kvp->directory));
		ret = exit_status(kvp->directory);
		hvic_kvp_close(kvp);
		return ret;
	}
	return 0;
}

/**
 * hvic_kvp_open() - open a pool, or all
 * @hvic: run
 * @word: name or number; NULL for all
 * @kvp: gets them
 *
 * Return: 0 or an exit status, after a message.
 */
int hvic_kvp_open(const struct hvic *hvic, const char *word, struct hvic_kvp *kvp)
{
	int only = word ? hvu_parse_word(word, hvic_pool_words) : -1, ret;

	if (word && only < 0)
		return hvic_usage_error("\"%s\" is no pool: external, guest, auto, auto-external, internal, or 0 to 4",
					word);
	ret = hvic_kvp_open_folder(hvic, kvp);
	if (ret)
		return ret;
	/* The numbers stand behind the names. */
	if (only >= 0)
		only %= HVU_POOLS;
	for (unsigned int i = 0; i < HVU_POOLS; i++) {
		if (only >= 0 && i != (unsigned int)only)
			continue;
		ret = hvu_pool_open(&kvp->pools[i], kvp->directory, i, WAIT_MS);
		/* If it was locked all the time, it is not read yet. */
		if (!ret && hvu_pool_is_stale(kvp->pools[i]))
			ret = hvu_pool_refresh(kvp->pools[i]);
		if (ret < 0) {
			ret = hvic_kvp_failed(kvp, i, ret);
			hvic_kvp_close(kvp);
			return ret;
		}
	}
	kvp->first = only >= 0 ? only : 0;
	return 0;
}
