// SPDX-License-Identifier: GPL-2.0
/* hvic config, and --persist of the commands that set something. */
#include <string.h>

#include "array.h"
#include "hvic.h"

/**
 * hvic_persist() - keep what a command has set, if that is asked for, or say how long it holds
 * @hvic: run
 * @settings: what has been set
 * @n: how many
 *
 * Return: the exit status.
 */
int hvic_persist(struct hvic *hvic, const struct hvic_setting *settings, size_t n)
{
	const char *command;
	int ret;

	if (!hvic_args_value(&hvic->call, "persist")) {
		fputs("This holds until the module is unloaded; with --persist it lasts.\n",
		      hvic->paper.out);
		return HVIC_OK;
	}
	ret = hvic_settings_store(hvic->root, settings, n);
	if (ret)
		return hvic_failed(hvic, ret, "it is set, but cannot be stored");
	command = hvic_initramfs_command(hvic->root);
	if (command)
		fprintf(hvic->paper.out,
			"The initramfs holds hv_ic: run '%s', so that it has this, too.\n",
			command);
	return HVIC_OK;
}

static json_object *describe(const struct hvic_setting *current,
			     const struct hvic_setting *stored)
{
	json_object *object = json_object_new_object();

	json_object_object_add(object, "name", json_object_new_string(current->name));
	if (current->value[0])
		json_object_object_add(object, "set", json_object_new_string(current->value));
	if (stored->value[0])
		json_object_object_add(object, "stored", json_object_new_string(stored->value));
	if (current->value[0] && stored->value[0] && strcmp(current->value, stored->value))
		json_object_object_add(object, "differs", json_object_new_boolean(1));
	return object;
}

static void print_settings(struct hvic *hvic, json_object *settings)
{
	static const char *const heads[] = { "SETTING", "SET", "STORED" };
	struct hvu_table *table = hvu_table_new(heads, ARRAY_SIZE(heads));

	for (size_t i = 0; i < json_object_array_length(settings); i++) {
		json_object *setting = json_object_array_get_idx(settings, i);
		const char *set = hvu_json_string(setting, "set");
		const char *stored = hvu_json_string(setting, "stored");
		bool differs = hvu_json_true(setting, "differs");

		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(setting, "name"));
		hvu_table_add(table, *set ? HVU_PLAIN : HVU_DIM, "%s", *set ? set : "-");
		hvu_table_add(table, differs ? HVU_WARN : *stored ? HVU_PLAIN : HVU_DIM, "%s%s",
			      *stored ? stored : "-", differs ? " (differs)" : "");
	}
	hvu_table_print(table, &hvic->paper);
}

int cmd_config(struct hvic *hvic)
{
	struct hvic_setting current[HVIC_SETTINGS], stored[HVIC_SETTINGS];
	json_object *settings = json_object_new_array(), *whole;

	hvic_settings_current(hvic->root, current);
	hvic_settings_stored(hvic->root, stored);
	for (size_t i = 0; i < HVIC_SETTINGS; i++)
		json_object_array_add(settings, describe(&current[i], &stored[i]));
	if (!hvic_wants_json(hvic)) {
		print_settings(hvic, settings);
		json_object_put(settings);
		return HVIC_OK;
	}
	whole = json_object_new_object();
	json_object_object_add(whole, "file", json_object_new_string("/" HVIC_CONFIG_FOLDER "/"
								     HVIC_CONFIG_NAME));
	json_object_object_add(whole, "settings", settings);
	hvic_print_json(hvic, whole);
	return HVIC_OK;
}
