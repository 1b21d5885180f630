// SPDX-License-Identifier: GPL-2.0
/*
 * What others than hvic set of the module. libkmod knows it, too, but not in which file it stands.
 *
 * modprobe reads the files in the order of their names, whatever folder they are in; of two with
 * the same name only the first folder's counts. Then comes the kernel's command line. What comes
 * last wins.
 */
#include "others.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "modules.h"
#include "root.h"

/* Between the words of the command line. */
#define WHITE	" \t\n"

/* --- One parameter. ------------------------------------------------------------------------ */

/* To modprobe and to the module a hyphen is an underscore. */
static bool is_same(const char *text, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++) {
		if (!name[i] || name[i] != (text[i] == '-' ? '_' : text[i]))
			return false;
	}
	return !name[len];
}

/* "NAME=VALUE", or "NAME" for yes. */
static int add(struct hvic_others *others, const char *word, const char *source, bool later)
{
	size_t len = strcspn(word, "=");
	struct hvic_other *other = reallocarray(others->all, others->n + 1, sizeof(*other));

	if (!other)
		return -ENOMEM;
	others->all = other;
	other += others->n;
	*other = (struct hvic_other){
		.name = strndup(word, len), .value = strdup(word[len] ? word + len + 1 : "Y"),
		.source = strdup(source), .later = later,
	};
	others->n++;
	if (!other->name || !other->value || !other->source)
		return -ENOMEM;
	for (char *c = other->name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return 0;
}

/* --- Files. ---------------------------------------------------------------------------------- */

/**
 * struct file - a file of modprobe.d
 * @folder: that it is in
 * @name: of it
 */
struct file {
	const char *folder;
	char *name;
};

struct files {
	struct file *all;
	size_t n;
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static bool is_read(int root, size_t folder, const char *name)
{
	const char *ending = strrchr(name, '.');

	if (!ending || strcmp(ending, ".conf") ||
	    (!folder && !strcmp(name, HVIC_CONFIG_NAME)))
		return false;
	return !hvu_is_hidden(root, hvic_modprobe_folders, folder, name);
}

static int list_files(int root, struct files *files)
{
	for (size_t i = 0; hvic_modprobe_folders[i]; i++) {
		const char *folder = hvic_modprobe_folders[i];
		char **names = hvu_list(root, "%s", folder);
		struct file *more;

		if (!names)
			return -ENOMEM;
		for (char **name = names; *name; name++) {
			if (!is_read(root, i, *name))
				continue;
			more = reallocarray(files->all, files->n + 1, sizeof(*more));
			if (more) {
				files->all = more;
				more[files->n++] = (struct file){ folder, strdup(*name) };
			}
			if (!more || !more[files->n - 1].name) {
				hvu_list_free(names);
				return -ENOMEM;
			}
		}
		hvu_list_free(names);
	}
	if (files->n)
		qsort(files->all, files->n, sizeof(*files->all), compare);
	return 0;
}

static int read_line(struct hvic_others *others, char *line, const char *source, bool later)
{
	char *at = line, *word = strtok_r(line, " \t", &at);
	int ret = 0;

	if (!word || strcmp(word, "options"))
		return 0;
	word = strtok_r(NULL, " \t", &at);
	if (!word || !is_same(word, strlen(word), "hv_ic"))
		return 0;
	while (!ret && (word = strtok_r(NULL, " \t", &at)))
		ret = add(others, word, source, later);
	return ret;
}

/* A whole file, with lines joined that go on in the next one; NULL if it cannot be read. */
static char *read_text(int root, const char *path)
{
	FILE *file = hvu_fopen(root, "%s", path);
	char *text = NULL;
	size_t room = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &room, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	for (char *end = text ? strstr(text, "\\\n") : NULL; end; end = strstr(end, "\\\n"))
		memcpy(end, "  ", 2);
	return text;
}

static int read_file(int root, struct hvic_others *others, const struct file *file)
{
	char path[512], *text, *at, *line;
	int ret = 0;

	snprintf(path, sizeof(path), "/%s/%s", file->folder, file->name);
	text = read_text(root, path);
	for (line = text ? strtok_r(text, "\n", &at) : NULL; line && !ret;
	     line = strtok_r(NULL, "\n", &at))
		ret = read_line(others, line, path, strcmp(file->name, HVIC_CONFIG_NAME) > 0);
	free(text);
	return ret;
}

/* "hv_ic.kvp=N" */
static int read_command_line(int root, struct hvic_others *others)
{
	char *text = read_text(root, "proc/cmdline"), *at, *word;
	int ret = 0;

	for (word = text ? strtok_r(text, WHITE, &at) : NULL; word && !ret;
	     word = strtok_r(NULL, WHITE, &at)) {
		size_t len = strcspn(word, ".=");

		if (word[len] == '.' && is_same(word, len, "hv_ic"))
			ret = add(others, word + len + 1, "/proc/cmdline", true);
	}
	free(text);
	return ret;
}

/**
 * hvic_others_read() - read what others set
 * @root: below which /etc and /proc are
 * @others: to be filled in, for hvic_others_free() in any case
 *
 * What cannot be read sets nothing: modprobe, which runs as root, may see more.
 *
 * Return: 0 or %-ENOMEM.
 */
int hvic_others_read(int root, struct hvic_others *others)
{
	struct files files = { 0 };
	int ret = list_files(root, &files);

	*others = (struct hvic_others){ 0 };
	for (size_t i = 0; i < files.n && !ret; i++)
		ret = read_file(root, others, &files.all[i]);
	if (!ret)
		ret = read_command_line(root, others);
	for (size_t i = 0; i < files.n; i++)
		free(files.all[i].name);
	free(files.all);
	return ret;
}

/** hvic_others_free() - what hvic_others_read() gave */
void hvic_others_free(struct hvic_others *others)
{
	for (size_t i = 0; i < others->n; i++) {
		free(others->all[i].name);
		free(others->all[i].value);
		free(others->all[i].source);
	}
	free(others->all);
}

/** hvic_others_winner() - what wins over a setting that hvic has stored; NULL if nothing does */
const struct hvic_other *hvic_others_winner(const struct hvic_others *others, const char *name)
{
	const struct hvic_other *winner = NULL;

	for (size_t i = 0; i < others->n; i++) {
		if (others->all[i].later && !strcmp(others->all[i].name, name))
			winner = &others->all[i];
	}
	return winner;
}
