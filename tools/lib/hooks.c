// SPDX-License-Identifier: GPL-2.0
/* Hooks of backups: see hooks.h. */
#include "hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
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

/** hvu_hooks_any() - is there a hook? */
bool hvu_hooks_any(int root)
{
	char **names = hvu_list(root, HVU_HOOKS_FOLDER);
	bool any = !names;

	for (char **name = names; name && *name && !any; name++)
		any = hvu_hooks_is_name(*name);
	hvu_list_free(names);
	return any;
}

/**
 * hvu_hooks_connect() - begin a backup
 * @root: below which the socket is
 *
 * Return: the connection, non-blocking, or a negative errno.
 */
int hvu_hooks_connect(int root)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int place = hvu_open(root, O_PATH, HVU_HOOKS_SOCKET), fd, ret;

	if (place < 0)
		return place;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ret = fd < 0 ? -errno : 0;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", place);
	if (!ret && connect(fd, (struct sockaddr *)&address, sizeof(address)))
		ret = -errno;
	close(place);
	if (!ret)
		return fd;
	if (fd >= 0)
		close(fd);
	return ret;
}
