// SPDX-License-Identifier: GPL-2.0
/* Processes that serve hv_utils. */
#include "daemons.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static void found(void **state)
{
	struct unit_root *root = *state;
	struct foreign_daemon *daemons;

	unit_process(root, 1, "systemd", "init.scope");
	unit_process(root, 20, "hv_kvp_daemon", "hv-kvp-daemon.service");
	unit_process(root, 21, "hv_fcopy_daemon", NULL);
	unit_process(root, 22, "hv_kvp_daemonic", NULL);
	unit_file(root, "proc/uptime", "1 1\n");
	unit_file(root, "proc/30/comm", "hypervvssd\n");	/* about to end */

	assert_int_equal(foreign_daemons(root->fd, &daemons), 3);
	assert_int_equal(daemons[0].pid, 20);
	assert_string_equal(daemons[0].service->name, "kvp");
	assert_string_equal(daemons[0].unit, "hv-kvp-daemon.service");
	assert_string_equal(daemons[0].argv[0], "/usr/sbin/hv_kvp_daemon");
	assert_string_equal(daemons[0].argv[1], "-n");
	assert_null(daemons[0].argv[2]);
	assert_string_equal(daemons[1].service->name, "fcopy");
	assert_string_equal(daemons[1].unit, "");
	assert_string_equal(daemons[2].service->name, "vss");
	foreign_daemons_free(daemons, 3);
}

static void writing(void **state)
{
	struct unit_root *root = *state;
	struct foreign_daemon daemon = { .pid = 21 };

	unit_symlink(root, "proc/21/fd/0", "/dev/null");
	unit_file(root, "proc/21/fdinfo/0", "pos:\t0\nflags:\t0100002\n");
	unit_symlink(root, "proc/21/fd/1", "socket:[1]");
	unit_file(root, "proc/21/fdinfo/1", "pos:\t0\nflags:\t02\n");
	unit_symlink(root, "proc/21/fd/2", "/etc/passwd");
	unit_file(root, "proc/21/fdinfo/2", "pos:\t0\nflags:\t0100000\n");
	unit_symlink(root, "proc/21/fd/3", "/dev/vmbus/hv_fcopy");
	unit_file(root, "proc/21/fdinfo/3", "pos:\t0\nflags:\t0100002\n");
	assert_false(foreign_daemon_writes_file(root->fd, &daemon));
	unit_symlink(root, "proc/21/fd/4", "/root/file");
	unit_file(root, "proc/21/fdinfo/4", "pos:\t0\nflags:\t0100001\n");
	assert_true(foreign_daemon_writes_file(root->fd, &daemon));
	daemon.pid = 99;
	assert_false(foreign_daemon_writes_file(root->fd, &daemon));
}

/* A real process, since ending one cannot be played. */
static void stopped(void **state)
{
	struct foreign_daemon daemon = { .pid = fork() };
	int status;

	(void)state;
	if (!daemon.pid) {
		pause();
		_exit(0);
	}
	assert_int_equal(foreign_daemon_stop(&daemon, 60000), 0);
	assert_int_equal(waitpid(daemon.pid, &status, 0), daemon.pid);
	assert_true(WIFSIGNALED(status));
	/* It is gone: that is what was wanted. */
	assert_int_equal(foreign_daemon_stop(&daemon, 60000), 0);
}

/* One that does not want to end goes on. */
static void stubborn(void **state)
{
	struct foreign_daemon daemon;
	int ready[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	daemon = (struct foreign_daemon) { .pid = fork() };
	if (!daemon.pid) {
		signal(SIGTERM, SIG_IGN);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(foreign_daemon_stop(&daemon, 10), -ETIMEDOUT);
	assert_int_equal(kill(daemon.pid, SIGKILL), 0);
	assert_int_equal(waitpid(daemon.pid, NULL, 0), daemon.pid);
	close(ready[0]);
	close(ready[1]);
}

static void started(void **state)
{
	char path[] = "/bin/true";
	char *argv[] = { path, NULL };
	struct foreign_daemon daemon = { .argv = argv };

	(void)state;
	assert_int_equal(foreign_daemon_start(&daemon, 60000), 0);
	assert_true(wait(NULL) > 0);
	daemon.argv = NULL;
	assert_int_equal(foreign_daemon_start(&daemon, 60000), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(found, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(writing, unit_root_setup, unit_root_teardown),
		cmocka_unit_test(stopped),
		cmocka_unit_test(stubborn),
		cmocka_unit_test(started),
	};

	return cmocka_run_group_tests_name("daemons", tests, NULL, NULL);
}
