// SPDX-License-Identifier: GPL-2.0
/* Hooks of backups: see hooks.h. */
#include "hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "root.h"
#include "settings.h"

/** hvu_hooks_is_name() - is it the name of a hook, and not what an editor or a package left? */
bool hvu_hooks_is_name(const char *name)
{
	static char *const leftovers[] = {
		".*", "*~", "*.bak", "*.orig", "*.rej", "*.swp", "*.rpmnew", "*.rpmsave",
		"*.rpmorig", "*.dpkg-*", "*.ucf-*", NULL,
	};

	return !hvu_glob_any(leftovers, name);
}

/** hvu_hooks_any() - is there a hook? A folder that cannot be read may have some. */
bool hvu_hooks_any(int root)
{
	int folder = hvu_open(root, O_RDONLY | O_DIRECTORY, HVU_HOOKS_FOLDER);
	char **names;
	bool any;

	if (folder < 0)
		return folder != -ENOENT;
	names = hvu_list(folder, ".");
	any = !names;
	for (char **name = names; name && *name && !any; name++)
		any = hvu_hooks_is_name(*name);
	hvu_list_free(names);
	close(folder);
	return any;
}
