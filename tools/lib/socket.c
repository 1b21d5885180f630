// SPDX-License-Identifier: GPL-2.0
/* Sockets of root's programs for each other: see socket.h. */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "root.h"

static int make_socket(int flags)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	return fd < 0 ? -errno : fd;
}

/* Does somebody listen there? One that is too busy to answer does, too. */
static bool is_in_use(int root, const char *name)
{
	int fd = hvu_socket_connect(root, name);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || fd == -EAGAIN;
}

static int bind_in(int fd, int folder, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int ret;

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", folder, name);
	unlinkat(folder, name, 0);
	mask = umask(0177);
	ret = bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(mask);
	return ret;
}

/**
 * hvu_socket_listen() - make a socket that only its owner may connect to
 * @root: below which the folder of sockets is; it is made if it is not there
 * @name: of the socket; one that is there, and that nobody listens at, is replaced
 *
 * Return: the socket; %-EADDRINUSE if somebody else listens; or another negative errno.
 */
int hvu_socket_listen(int root, const char *name)
{
	int folder, fd, ret;

	if (is_in_use(root, name))
		return -EADDRINUSE;
	mkdirat(root, HVU_SOCKET_FOLDER, 0755);
	folder = hvu_open(root, O_PATH | O_DIRECTORY, HVU_SOCKET_FOLDER);
	if (folder < 0)
		return folder;
	fd = make_socket(0);
	ret = fd < 0 ? fd : bind_in(fd, folder, name);
	close(folder);
	if (!ret && listen(fd, 8))
		ret = -errno;
	if (!ret)
		return fd;
	if (fd >= 0)
		close(fd);
	return ret;
}

/**
 * hvu_socket_accept() - the next connection
 * @listener: the socket
 *
 * Return: the connection; %-EPERM, and then it is closed, if it is another user's than
 * ours; or another negative errno.
 */
int hvu_socket_accept(int listener)
{
	socklen_t len = sizeof(struct ucred);
	struct ucred peer;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) || peer.uid != geteuid()) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

/**
 * hvu_socket_connect() - connect to a socket
 * @root: below which the folder of sockets is
 * @name: of the socket
 *
 * Return: the connection, non-blocking, or a negative errno: %-ENOENT or %-ECONNREFUSED if nobody
 * listens.
 */
int hvu_socket_connect(int root, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int place = hvu_open(root, O_PATH, HVU_SOCKET_FOLDER "/%s", name), fd, ret = 0;

	if (place < 0)
		return place;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", place);
	fd = make_socket(SOCK_NONBLOCK);
	if (fd < 0)
		ret = fd;
	else if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		ret = -errno;
	close(place);
	if (!ret)
		return fd;
	if (fd >= 0)
		close(fd);
	return ret;
}
