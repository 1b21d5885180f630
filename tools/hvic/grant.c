// SPDX-License-Identifier: GPL-2.0
/*
 * What hvic-fcopyd may write to.
 *
 * Its unit gives it no file system to write to, but for the directories that the configuration
 * allows. A unit cannot read that, so it stands in a drop-in.
 */
#include "grant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "root.h"

/*
 * As systemd.exec(5) reads a path: a backslash is itself in it, only quotes, spaces and % are not.
 * "-" is for a directory that is not there: the daemon then starts all the same and tells the host.
 */
static void write_path(FILE *file, const char *path)
{
	fputs("ReadWritePaths=\"-", file);
	for (; *path; path++) {
		if (*path == '"')
			fputs("\"'\"'\"", file);
		else if (*path == '%')
			fputs("%%", file);
		else
			fputc(*path, file);
	}
	fputs("\"\n", file);
}

static void write_grant(FILE *file, const void *data)
{
	const struct hvu_settings *settings = data;

	fputs("# hvic config apply has made this of /etc/hv_ic/hv_ic.conf; do not edit it.\n"
	      "[Service]\n", file);
	for (size_t i = 0; i < settings->n_fcopy; i++)
		write_path(file, settings->fcopy[i].directory);
}

/* Does the file say already what it is to say? */
static bool is_current(int root, const struct hvu_settings *settings)
{
	FILE *old = hvu_fopen(root, HVIC_GRANT_PARENT "/" HVIC_GRANT_FOLDER "/" HVIC_GRANT_NAME);
	char *text = NULL, *is = NULL;
	size_t size, room = 0;
	bool current = false;
	FILE *new;

	if (!old)
		return false;
	new = open_memstream(&text, &size);
	if (new) {
		write_grant(new, settings);
		if (!fclose(new)) {
			ssize_t len = getdelim(&is, &room, '\0', old);

			current = len >= 0 && (size_t)len == size && !memcmp(is, text, size);
		}
	}
	free(text);
	free(is);
	fclose(old);
	return current;
}

static int take_back(int root, bool *changed)
{
	int parent = hvu_open(root, O_RDONLY | O_DIRECTORY, HVIC_GRANT_PARENT);
	int ret = 0;

	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	if (!unlinkat(parent, HVIC_GRANT_FOLDER "/" HVIC_GRANT_NAME, 0))
		*changed = true;
	else if (errno != ENOENT)
		ret = -errno;
	/* The administrator may have files of his own in it. */
	if (!ret)
		unlinkat(parent, HVIC_GRANT_FOLDER, AT_REMOVEDIR);
	close(parent);
	return ret;
}

/**
 * hvic_grant() - let hvic-fcopyd write to the allowed directories, from its next start on
 * @root: below which /etc is
 * @settings: the configuration
 * @changed: gets whether that is something new
 *
 * Return: 0 or a negative errno.
 */
int hvic_grant(int root, const struct hvu_settings *settings, bool *changed)
{
	int folder, ret;

	*changed = false;
	if (!settings->n_fcopy)
		return take_back(root, changed);
	if (is_current(root, settings))
		return 0;
	folder = hvic_open_folder(root, HVIC_GRANT_PARENT, HVIC_GRANT_FOLDER);
	if (folder < 0)
		return folder;
	ret = hvic_replace(folder, HVIC_GRANT_NAME, write_grant, settings);
	close(folder);
	*changed = !ret;
	return ret;
}
