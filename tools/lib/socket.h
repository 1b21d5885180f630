/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets of root's programs for each other: SOCK_SEQPACKET, in /run/hv_ic, each with a name.
 *
 * A root is a file descriptor of a directory, see root.h.
 */
#ifndef HVU_SOCKET_H
#define HVU_SOCKET_H

#define HVU_SOCKET_FOLDER "run/hv_ic"

int hvu_socket_listen(int root, const char *name);
int hvu_socket_accept(int listener);
int hvu_socket_connect(int root, const char *name);

#endif
