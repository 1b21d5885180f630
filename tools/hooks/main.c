// SPDX-License-Identifier: GPL-2.0
/*
 * hvic-hooks: runs the administrator's hooks when a backup freezes and thaws.
 *
 * hvic-vssd, which is locked in, asks for it. With a socket of systemd it serves one backup and
 * ends, and systemd ends what hooks have left; without, it makes the socket and stays. Reading
 * path: serve.c, session.c, hook.c.
 */
#include <string.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "hooks.h"
#include "log.h"
#include "options.h"
#include "root.h"
#include "serve.h"
#include "socket.h"

static void serve_one(int listener, int root)
{
	int ret = hvic_serve_accept(listener, root);

	if (ret)
		hvu_log(HVU_LOG_WARNING, "a connection to the socket: %s", strerror(-ret));
}

static int run(int root)
{
	int activated = sd_listen_fds(1);
	int listener = activated == 1 ? SD_LISTEN_FDS_START :
		hvu_socket_listen(root, HVU_HOOKS_SOCKET);

	if (listener < 0) {
		hvu_log(HVU_LOG_ERROR, "/" HVU_SOCKET_FOLDER "/" HVU_HOOKS_SOCKET ": %s",
			strerror(-listener));
		return 1;
	}
	do {
		serve_one(listener, root);
	} while (activated != 1);
	return 0;
}

int main(int argc, char *argv[])
{
	int root, status;

	if (hvu_options_end(argc, argv, "hvic-hooks",
			    "Runs the hooks of /etc/hv_ic/freeze.d when hvic-vssd asks for it.",
			    &status))
		return status;
	root = hvu_root_open("/");
	status = run(root);
	close(root);
	return status;
}
