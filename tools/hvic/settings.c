// SPDX-License-Identifier: GPL-2.0
/* hvic config show, check and apply: what the files say to the daemons. */
#include "settings.h"

#include <errno.h>
#include <string.h>

#include "array.h"
#include "grant.h"
#include "hvic.h"
#include "owner.h"
#include "root.h"
#include "units.h"

#define SYSTEMD_RUNS "run/systemd/system"

static void complain(const char *where, bool refused, const char *text, void *data)
{
	(void)data;
	hvic_error("%s: %s%s", where, refused ? "" : "warning: ", text);
}

/* 0 or an exit status, after a message for each bad line. */
static int load(struct hvic *hvic, struct hvu_settings *settings)
{
	int ret = hvu_settings_load(settings, hvic->root, NULL, complain, NULL);

	if (ret == -ENOMEM)
		return hvic_failed(hvic, ret, "cannot read the configuration");
	return ret == -EINVAL ? HVIC_CONFIG : hvic_exit_status(ret);
}

/**
 * struct list - settings on their way to a reader
 * @array: of them
 * @all: also those that no file says
 */
struct list {
	json_object *array;
	bool all;
};

static void add(const char *section, const struct hvu_key *key, const char *value,
		const char *where, void *data)
{
	struct list *list = data;
	json_object *object;

	if (!where && !list->all)
		return;
	object = json_object_new_object();
	json_object_object_add(object, "section", json_object_new_string(section));
	json_object_object_add(object, "key", json_object_new_string(key->name));
	if (value)
		json_object_object_add(object, "value", json_object_new_string(value));
	json_object_object_add(object, "source", json_object_new_string(where ? where : "default"));
	json_object_array_add(list->array, object);
}

static void print(struct hvic *hvic, json_object *array)
{
	static const char *const heads[] = { "SECTION", "KEY", "VALUE", "SOURCE" };
	struct hvu_table *table = hvu_table_new(heads, ARRAY_SIZE(heads));

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *setting = json_object_array_get_idx(array, i);
		const char *value = hvu_json_string(setting, "value");
		const char *source = hvu_json_string(setting, "source");
		enum hvu_tone tone = strcmp(source, "default") ? HVU_PLAIN : HVU_DIM;

		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(setting, "section"));
		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(setting, "key"));
		hvu_table_add(table, tone, "%s", *value ? value : "-");
		hvu_table_add(table, tone, "%s", source);
	}
	hvu_table_print(table, &hvic->paper);
}

int cmd_config_show(struct hvic *hvic)
{
	struct list list = { .all = hvic_args_value(&hvic->call, "effective") };
	struct hvu_settings settings;
	json_object *whole;
	int ret = load(hvic, &settings);

	if (ret)
		return ret;
	list.array = json_object_new_array();
	ret = hvu_settings_each(&settings, add, &list);
	hvu_settings_free(&settings);
	if (ret) {
		json_object_put(list.array);
		return hvic_failed(hvic, ret, "cannot show the configuration");
	}
	if (hvic_wants_json(hvic)) {
		whole = json_object_new_object();
		json_object_object_add(whole, "settings", list.array);
		hvic_print_json(hvic, whole);
		return HVIC_OK;
	}
	if (json_object_array_length(list.array))
		print(hvic, list.array);
	else
		fputs("No file says anything: all is as it comes. --effective shows that.\n",
		      hvic->paper.out);
	json_object_put(list.array);
	return HVIC_OK;
}

/* The daemon copies nothing into such a directory; it starts, as the name may be known later. */
static void warn_of_owners(const struct hvu_settings *settings)
{
	for (size_t i = 0; i < settings->n_fcopy; i++) {
		const struct hvu_fcopy_directory *directory = &settings->fcopy[i];
		uid_t uid;
		gid_t gid;
		const char *missing = hvu_owner_find(directory, &uid, &gid);

		if (missing)
			hvic_error("warning: " HVU_OWNER_MISSING, directory->name, missing,
				   directory->directory);
	}
}

int cmd_config_check(struct hvic *hvic)
{
	struct hvu_settings settings;
	int ret = load(hvic, &settings);

	if (!ret)
		warn_of_owners(&settings);
	hvu_settings_free(&settings);
	return ret;
}

int cmd_config_apply(struct hvic *hvic)
{
	static const char *const daemons[] = {
		"hvic-kvpd.service", "hvic-vssd.service", "hvic-fcopyd.service", NULL
	};
	struct hvu_settings settings;
	bool changed;
	int ret = load(hvic, &settings);

	if (ret)
		return ret;
	warn_of_owners(&settings);
	ret = hvic_grant(hvic->root, &settings, &changed);
	hvu_settings_free(&settings);
	/* Where there is none, nothing holds the daemon back. */
	if (ret == -ENOENT && !hvu_exists(hvic->root, HVIC_GRANT_PARENT) &&
	    !hvu_exists(hvic->root, SYSTEMD_RUNS)) {
		fputs("systemd is not installed here: no file is needed, and a daemon that runs is to be sent SIGHUP.\n",
		      hvic->paper.out);
		return HVIC_OK;
	}
	if (ret)
		return hvic_failed(hvic, ret, "/" HVIC_GRANT_PARENT "/" HVIC_GRANT_FOLDER "/"
				   HVIC_GRANT_NAME);
	/* As in the chroot of an image, which is complete with that. */
	if (!hvu_exists(hvic->root, SYSTEMD_RUNS)) {
		fputs("systemd does not run here: the files are written, and no daemon was told.\n",
		      hvic->paper.out);
		return HVIC_OK;
	}
	ret = hvic_units_refresh(changed ? "hvic-fcopyd.service" : NULL, daemons,
				 hvic->timeout_ms);
	if (ret)
		return hvic_failed(hvic, ret,
				   "the files are written, but systemd does not apply them");
	return HVIC_OK;
}
