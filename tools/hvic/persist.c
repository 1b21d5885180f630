// SPDX-License-Identifier: GPL-2.0
/* hvic config, and --persist of the commands that set something. */
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "hvic.h"
#include "others.h"

/* --- What others set. ------------------------------------------------------------------------ */

/* The host may have made the command line. */
static void warn(const struct hvic_setting *stored, const struct hvic_other *winner, bool utf8)
{
	char *value = hvu_printable(winner->value, utf8);

	hvic_error("warning: %s sets %s=%s, which wins over what is stored, %s", winner->source,
		   winner->name, value ? value : "", stored->value);
	free(value);
}

/* What is stored, and will not be so? */
static void warn_of_others(struct hvic *hvic, const struct hvic_others *others,
			   const struct hvic_setting *stored, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct hvic_other *winner = hvic_others_winner(others, stored[i].name);

		if (winner && stored[i].value[0] && strcmp(winner->value, stored[i].value))
			warn(&stored[i], winner, hvic->paper.utf8);
	}
}

static json_object *describe_other(const struct hvic_other *other)
{
	json_object *object = json_object_new_object();

	json_object_object_add(object, "name", json_object_new_string(other->name));
	json_object_object_add(object, "value", json_object_new_string(other->value));
	json_object_object_add(object, "source", json_object_new_string(other->source));
	if (other->later)
		json_object_object_add(object, "wins", json_object_new_boolean(1));
	return object;
}

static void print_others(struct hvic *hvic, const struct hvic_others *others)
{
	static const char *const heads[] = { "SET ELSEWHERE", "VALUE", "WHERE" };
	struct hvu_table *table;

	if (!others->n)
		return;
	fputc('\n', hvic->paper.out);
	table = hvu_table_new(heads, ARRAY_SIZE(heads));
	for (size_t i = 0; i < others->n; i++) {
		const struct hvic_other *other = &others->all[i];

		hvu_table_add(table, HVU_PLAIN, "%s", other->name);
		hvu_table_add(table, HVU_PLAIN, "%s", other->value);
		hvu_table_add(table, HVU_PLAIN, "%s", other->source);
	}
	hvu_table_print(table, &hvic->paper);
}

/* --- Storing. -------------------------------------------------------------------------------- */

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
	struct hvic_others others;
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
	if (!hvic_others_read(hvic->root, &others))
		warn_of_others(hvic, &others, settings, n);
	hvic_others_free(&others);
	command = hvic_initramfs_command(hvic->root);
	if (command)
		fprintf(hvic->paper.out,
			"The initramfs holds hv_ic: run '%s', so that it has this, too.\n",
			command);
	return HVIC_OK;
}

/* --- Showing. -------------------------------------------------------------------------------- */

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
	json_object *settings = json_object_new_array(), *elsewhere, *whole;
	struct hvic_others others;
	int ret = hvic_others_read(hvic->root, &others);

	if (ret) {
		hvic_others_free(&others);
		json_object_put(settings);
		return hvic_failed(hvic, ret, "config");
	}
	hvic_settings_current(hvic->root, current);
	hvic_settings_stored(hvic->root, stored);
	for (size_t i = 0; i < HVIC_SETTINGS; i++)
		json_object_array_add(settings, describe(&current[i], &stored[i]));
	if (!hvic_wants_json(hvic)) {
		print_settings(hvic, settings);
		json_object_put(settings);
		print_others(hvic, &others);
		warn_of_others(hvic, &others, stored, HVIC_SETTINGS);
		hvic_others_free(&others);
		return HVIC_OK;
	}
	elsewhere = json_object_new_array();
	for (size_t i = 0; i < others.n; i++)
		json_object_array_add(elsewhere, describe_other(&others.all[i]));
	hvic_others_free(&others);
	whole = json_object_new_object();
	json_object_object_add(whole, "file", json_object_new_string("/" HVIC_CONFIG_FOLDER "/"
								     HVIC_CONFIG_NAME));
	json_object_object_add(whole, "settings", settings);
	json_object_object_add(whole, "elsewhere", elsewhere);
	hvic_print_json(hvic, whole);
	return HVIC_OK;
}
