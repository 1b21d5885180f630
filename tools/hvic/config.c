// SPDX-License-Identifier: GPL-2.0
/*
 * Settings that last: parameters of the module, in a file of modprobe that hvic owns.
 *
 * What netlink sets ends with the module. The file sets the parameters when it is loaded, so that
 * they hold from the first packet on.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "guard.h"
#include "replace.h"
#include "root.h"

/* Health is reported anew by the applications, and trust is the administrator's to write. */
const char *const hvic_setting_names[HVIC_SETTINGS + 1] = {
	"heartbeat", "shutdown", "timesync", "kvp", "vss", "fcopy",
	"shutdown_poweroff", "shutdown_reboot", "shutdown_hibernate", "shutdown_grace",
	"time_mode", "time_max_step", "time_backward", "time_implicit_gap", NULL
};

/** hvic_setting_set() - name a setting and give it a value */
void hvic_setting_set(struct hvic_setting *setting, const char *name, const char *format, ...)
{
	va_list arguments;

	setting->name = name;
	va_start(arguments, format);
	vsnprintf(setting->value, sizeof(setting->value), format, arguments);
	va_end(arguments);
}

static struct hvic_setting *find(struct hvic_setting *settings, const char *name)
{
	for (size_t i = 0; i < HVIC_SETTINGS; i++) {
		if (!strcmp(settings[i].name, name))
			return &settings[i];
	}
	return NULL;
}

static void begin(struct hvic_setting *settings)
{
	for (size_t i = 0; i < HVIC_SETTINGS; i++)
		settings[i] = (struct hvic_setting){ .name = hvic_setting_names[i] };
}

/* "options hv_ic kvp=N shutdown_grace=60"; of what stands twice the last counts. */
static void read_line(char *line, struct hvic_setting *settings)
{
	char *at = line, *word = strtok_r(line, " \t\n", &at);

	if (!word || strcmp(word, "options"))
		return;
	word = strtok_r(NULL, " \t\n", &at);
	if (!word || strcmp(word, "hv_ic"))
		return;
	while ((word = strtok_r(NULL, " \t\n", &at))) {
		char *value = strchr(word, '=');
		struct hvic_setting *setting;

		if (!value)
			continue;
		*value++ = '\0';
		setting = find(settings, word);
		if (setting)
			snprintf(setting->value, sizeof(setting->value), "%s", value);
	}
}

/** hvic_settings_stored() - what the file says, in the order of hvic_setting_names */
void hvic_settings_stored(int root, struct hvic_setting settings[static HVIC_SETTINGS])
{
	FILE *file = hvu_fopen(root, HVIC_CONFIG_FOLDER "/" HVIC_CONFIG_NAME);
	char *line = NULL;
	size_t room = 0;

	begin(settings);
	while (file && getline(&line, &room, file) > 0)
		read_line(line, settings);
	free(line);
	if (file)
		fclose(file);
}

/** hvic_settings_current() - what the module has, in the same order; empty if it is not loaded */
void hvic_settings_current(int root, struct hvic_setting settings[static HVIC_SETTINGS])
{
	begin(settings);
	for (size_t i = 0; i < HVIC_SETTINGS; i++)
		hvu_read(root, settings[i].value, sizeof(settings[i].value),
			 "sys/module/hv_ic/parameters/%s", settings[i].name);
}

/* --- Storing. ------------------------------------------------------------------------------ */

/**
 * hvic_open_folder() - a folder to put a file into, which is made if it is not there
 * @root: below which it is
 * @parent: a folder that is there
 * @name: of the folder
 *
 * Return: a file descriptor, or a negative errno.
 */
int hvic_open_folder(int root, const char *parent, const char *name)
{
	int above, folder = hvu_open(root, O_RDONLY | O_DIRECTORY, "%s/%s", parent, name);

	if (folder != -ENOENT)
		return folder;
	above = hvu_open(root, O_RDONLY | O_DIRECTORY, "%s", parent);
	if (above < 0)
		return above;
	/* Whatever the mask is. */
	if (!mkdirat(above, name, 0700))
		fchmodat(above, name, 0755, 0);
	close(above);
	return hvu_open(root, O_RDONLY | O_DIRECTORY, "%s/%s", parent, name);
}

/* The text of the file; NULL without memory. */
static char *print_settings(const struct hvic_setting settings[static HVIC_SETTINGS])
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	fputs("# Settings that are to last: hvic config shows them, hvic --persist writes them.\n"
	      "# hvic owns this file; put options of your own into another one.\n", file);
	for (size_t i = 0; i < HVIC_SETTINGS; i++) {
		if (settings[i].value[0])
			fprintf(file, "options hv_ic %s=%s\n", settings[i].name,
				settings[i].value);
	}
	if (!fclose(file))
		return text;
	free(text);
	return NULL;
}

/**
 * hvic_settings_store() - add settings to the file, or change them in it
 * @root: below which /etc is
 * @settings: the settings; their names are among hvic_setting_names
 * @n: how many
 *
 * Return: 0 or a negative errno with the file as it was.
 */
int hvic_settings_store(int root, const struct hvic_setting *settings, size_t n)
{
	struct hvic_setting all[HVIC_SETTINGS];
	int folder = hvic_open_folder(root, "etc", "modprobe.d"), lock, ret;
	char *text;

	if (folder < 0)
		return folder;
	/* Another run may be changing another setting. */
	lock = hvic_lock(root, true);
	if (lock < 0) {
		close(folder);
		return lock;
	}
	hvic_settings_stored(root, all);
	for (size_t i = 0; i < n; i++)
		*find(all, settings[i].name) = settings[i];
	text = print_settings(all);
	ret = text ? hvu_replace(folder, HVIC_CONFIG_NAME, 0644, true, text) : -ENOMEM;
	free(text);
	close(lock);
	close(folder);
	return ret;
}

/* --- The initramfs. -------------------------------------------------------------------------- */

/* hv_ic goes where hv_utils goes, and modprobe takes either sign. */
static bool names_module(int root, const char *folder, const char *name)
{
	static const char *const modules[] = { "hv_ic", "hv-ic", "hv_utils", "hv-utils" };
	FILE *file = hvu_fopen(root, "%s/%s", folder, name);
	bool found = false;
	char *line = NULL;
	size_t room = 0;

	while (file && !found && getline(&line, &room, file) > 0) {
		line[strcspn(line, "#\n")] = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(modules) && !found; i++)
			found = strstr(line, modules[i]);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/**
 * hvic_initramfs_command() - how to make the initramfs anew, if it is to hold hv_ic
 * @root: below which the system is
 *
 * The module comes from there then, and so do its settings.
 *
 * Return: the command; NULL if nothing says that hv_ic is in the initramfs.
 */
const char *hvic_initramfs_command(int root)
{
	static const struct {
		const char *folder;
		const char *command;
	} places[] = {
		{ "etc/initramfs-tools", "update-initramfs -u -k all" },
		{ "etc/initramfs-tools/modules.d", "update-initramfs -u -k all" },
		{ "etc/initramfs-tools/hooks", "update-initramfs -u -k all" },
		{ "usr/share/initramfs-tools/modules.d", "update-initramfs -u -k all" },
		{ "usr/share/initramfs-tools/hooks", "update-initramfs -u -k all" },
		{ "etc", "dracut --force --regenerate-all" },
		{ "etc/dracut.conf.d", "dracut --force --regenerate-all" },
		{ "usr/lib/dracut/dracut.conf.d", "dracut --force --regenerate-all" },
	};
	const char *command = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(places) && !command; i++) {
		char **names = hvu_list(root, "%s", places[i].folder);

		for (char **name = names; name && *name && !command; name++) {
			/* Of /etc itself, only dracut's file is about it. */
			if (strcmp(places[i].folder, "etc") || !strcmp(*name, "dracut.conf"))
				command = names_module(root, places[i].folder, *name) ?
					places[i].command : NULL;
		}
		hvu_list_free(names);
	}
	return command;
}
