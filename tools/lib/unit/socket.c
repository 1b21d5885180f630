// SPDX-License-Identifier: GPL-2.0
/* Sockets of root's programs for each other. */
#include "socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "root.h"
#include "unit.h"

static void connects(void **state)
{
	struct unit_root *root = *state;
	int listener, client, server;
	struct stat status;
	char text[8];

	assert_int_equal(hvu_socket_connect(root->fd, "a.sock"), -ENOENT);
	unit_folder(root, "run");
	/* The second takes the place of the first, as after a crash. */
	listener = hvu_socket_listen(root->fd, "a.sock");
	assert_true(listener >= 0);
	close(listener);
	listener = hvu_socket_listen(root->fd, "a.sock");
	assert_true(listener >= 0);
	assert_int_equal(fstatat(root->fd, "run/hv_ic/a.sock", &status, 0), 0);
	assert_int_equal(status.st_mode, S_IFSOCK | 0600);
	client = hvu_socket_connect(root->fd, "a.sock");
	assert_true(client >= 0);
	server = hvu_socket_accept(listener);
	assert_true(server >= 0);
	assert_true(recv(client, text, sizeof(text), 0) < 0 && errno == EAGAIN);
	assert_int_equal(send(server, "hello", 5, 0), 5);
	assert_int_equal(recv(client, text, sizeof(text), 0), 5);
	close(server);
	assert_int_equal(recv(client, text, sizeof(text), 0), 0);
	close(client);
	close(listener);
	assert_int_equal(hvu_socket_connect(root->fd, "a.sock"), -ECONNREFUSED);
}

/* Who comes second, as a daemon that is started by hand, takes nothing from the first. */
static void in_use(void **state)
{
	struct unit_root *root = *state;
	int listener, client, clients[16], n = 0;

	unit_folder(root, "run");
	listener = hvu_socket_listen(root->fd, "a.sock");
	assert_true(listener >= 0);
	assert_int_equal(hvu_socket_listen(root->fd, "a.sock"), -EADDRINUSE);
	close(hvu_socket_accept(listener));
	client = hvu_socket_connect(root->fd, "a.sock");
	assert_true(client >= 0);
	close(client);
	/* Nor from one that has much to do. */
	while (n < 16 && (clients[n] = hvu_socket_connect(root->fd, "a.sock")) >= 0)
		n++;
	assert_true(n < 16);
	assert_int_equal(hvu_socket_listen(root->fd, "a.sock"), -EADDRINUSE);
	while (n)
		close(clients[--n]);
	close(listener);
}

/* Whatever the mode of the socket. */
static void other_user(void **state)
{
	struct unit_root *root = *state;
	int listener, status;
	pid_t child;

	if (geteuid())
		skip();
	unit_folder(root, "run");
	listener = hvu_socket_listen(root->fd, "a.sock");
	assert_true(listener >= 0);
	assert_int_equal(fchmodat(root->fd, "run/hv_ic/a.sock", 0666, 0), 0);
	assert_int_equal(chmod(root->path, 0755), 0);
	child = fork();
	if (!child) {
		if (setuid(65534))
			_exit(2);
		_exit(hvu_socket_connect(root->fd, "a.sock") < 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(hvu_socket_accept(listener), -EPERM);
	close(listener);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = { TEST(connects), TEST(in_use), TEST(other_user) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
