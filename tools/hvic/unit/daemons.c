// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that serve hv_utils.
 *
 * Devices of this machine stand for those of services: sysfs says that their numbers
 * belong to a service, and a process has them open.
 */
#include "daemons.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "root.h"
#include "unit.h"

#define READ_WRITE "02100002"		/* O_RDWR | O_LARGEFILE | O_CLOEXEC */
#define FCOPY "eb765408-105f-49b6-b4aa-c123b64d17d4"

static int setup(void **state)
{
	unit_root_setup(state);
	unit_file(*state, "sys/class/misc/vmbus!hv_kvp/dev", "1:3\n");		/* null */
	unit_file(*state, "sys/class/misc/vmbus!hv_vss/dev", "1:5\n");		/* zero */
	unit_file(*state, "sys/class/misc/hv_ic!kvp/dev", "1:8\n");		/* random */
	unit_file(*state, "sys/class/misc/hpet/dev", "1:9\n");
	return 0;
}

/* Expects one process, or none for @pid 0. */
static struct foreign_daemon only(struct unit_root *root, int pid)
{
	struct foreign_daemon *daemons, first = { 0 };

	assert_int_equal(foreign_daemons(root->fd, &daemons), pid ? 1 : 0);
	if (pid) {
		first = daemons[0];
		assert_int_equal(first.pid, pid);
	}
	foreign_daemons_free(daemons, pid ? 1 : 0);
	return first;
}

static void found(void **state)
{
	struct unit_root *root = *state;
	struct foreign_daemon *daemons;

	unit_process(root, 1, "systemd", "init.scope");
	unit_process(root, 20, "hv_kvp_daemon", "hv-kvp-daemon.service");
	unit_open(root, 20, 0, "/dev/full", "0100002");
	unit_open(root, 20, 3, "/dev/null", READ_WRITE);
	unit_process(root, 21, "any name", NULL);
	unit_open(root, 21, 9, "/dev/zero", READ_WRITE);
	unit_process(root, 22, "kvpd", "kvpd.service");
	unit_open(root, 22, 3, "/dev/random", READ_WRITE);
	unit_process(root, 23, "hv_fcopy_daemon", NULL);
	unit_process(root, 24, "hv_kvp_daemonic", NULL);
	unit_open(root, 24, 3, "/dev/urandom", READ_WRITE);
	unit_file(root, "proc/uptime", "1 1\n");
	unit_file(root, "proc/30/comm", "hypervvssd\n");	/* about to end */

	assert_int_equal(foreign_daemons(root->fd, &daemons), 4);
	assert_int_equal(daemons[0].pid, 20);
	assert_true(daemons[0].root);
	assert_string_equal(daemons[0].service->name, "kvp");
	assert_string_equal(daemons[0].name, "hv_kvp_daemon");
	assert_string_equal(daemons[0].unit, "hv-kvp-daemon.service");
	assert_string_equal(daemons[0].node, "sys/class/misc/vmbus!hv_kvp");
	assert_string_equal(daemons[1].service->name, "vss");
	assert_string_equal(daemons[1].unit, "");
	assert_string_equal(daemons[2].service->name, "kvp");
	assert_string_equal(daemons[2].node, "sys/class/misc/hv_ic!kvp");
	/* It is only called like one. */
	assert_string_equal(daemons[3].service->name, "fcopy");
	assert_string_equal(daemons[3].node, "");
	foreign_daemons_free(daemons, 4);
}

/* The daemon of Linux 6.10 and later has the bus device itself open. */
static void found_uio(void **state)
{
	struct unit_root *root = *state;
	struct foreign_daemon daemon;

	unit_device(root, FCOPY, hvu_service_find("fcopy")->class, "uio_hv_generic");
	unit_file(root, "sys/bus/vmbus/devices/" FCOPY "/uio/uio4/dev", "1:7\n");
	unit_process(root, 20, "hv_fcopy_uio_da", "hv-fcopy.service");
	unit_open(root, 20, 3, "/dev/full", READ_WRITE);
	daemon = only(root, 20);
	assert_string_equal(daemon.service->name, "fcopy");
	assert_string_equal(daemon.node, "sys/bus/vmbus/devices/" FCOPY "/uio/uio4");
}

/* A name proves nothing. */
static void impostor(void **state)
{
	struct unit_root *root = *state;

	unit_process(root, 20, "hv_kvp_daemon", NULL);
	unit_file(root, "proc/20/status", "Name:\thv_kvp_daemon\nUid:\t65534\t65534\t65534\t65534\n");
	unit_open(root, 20, 3, "/etc/passwd", READ_WRITE);
	only(root, 0);
}

/* Root's device in the hands of a user, by a descriptor that was passed on. */
static void of_user(void **state)
{
	static const char *const uids[] = {
		"1000\t1000\t1000\t1000", "1000\t0\t0\t0", "0\t1000\t0\t0", "0\t0\t1000\t0",
		"0\t0\t0\t1000",
	};
	struct unit_root *root = *state;

	unit_process(root, 20, "hv_kvp_daemon", "hv-kvp-daemon.service");
	unit_open(root, 20, 3, "/dev/null", READ_WRITE);
	assert_true(only(root, 20).root);
	for (size_t i = 0; i < 5; i++) {
		char text[128];

		snprintf(text, sizeof(text), "Name:\tUid: 0 0 0 0\nUid:\t%s\n", uids[i]);
		unit_file(root, "proc/20/status", text);
		assert_false(only(root, 20).root);
	}
	unit_file(root, "proc/20/status", "");
	assert_false(only(root, 20).root);
}

/* Any user may have that, and pass it to a process of root's: it opens nothing. */
static void referred_to(void **state)
{
	struct unit_root *root = *state;

	unit_process(root, 20, "dbus-daemon", "dbus.service");
	unit_open(root, 20, 3, "/dev/null", "012000000");
	only(root, 0);
	unit_remove(root, "proc/20/fdinfo/3");		/* closed while we look */
	only(root, 0);
	unit_open(root, 20, 4, "/dev/null", READ_WRITE);
	only(root, 20);
}

/* A name that would rewrite what the administrator reads. */
static void name_with_controls(void **state)
{
	struct unit_root *root = *state;

	unit_process(root, 20, "a\n\033[2Jb", NULL);
	unit_open(root, 20, 3, "/dev/null", READ_WRITE);
	assert_string_equal(only(root, 20).name, "a\\x0a\\x1b[2Jb");
}

/* A user's unit may be named like one of the system's. */
static void unit_of_user(void **state)
{
	static const char *const groups[] = {
		"0::/user.slice/user-1000.slice/user@1000.service/app.slice/hv-kvp-daemon.service\n",
		"0::/user.slice/user-1000.slice/user@1000.service/system.slice/hv-kvp-daemon.service\n",
		"0::/user.slice/user-0.slice/session-1.scope\n", "0::/\n", "",
		"0::/system.slice/.service\n",
	};
	struct unit_root *root = *state;

	unit_process(root, 20, "hv_kvp_daemon", NULL);
	unit_open(root, 20, 3, "/dev/null", READ_WRITE);
	for (size_t i = 0; i < 6; i++) {
		unit_file(root, "proc/20/cgroup", groups[i]);
		assert_string_equal(only(root, 20).unit, "");
	}
	unit_file(root, "proc/20/cgroup", "12:pids:/\n0::/system.slice/some.service/part\n");
	assert_string_equal(only(root, 20).unit, "some.service");
}

/* --- File copy. ---------------------------------------------------------------------- */

static void receives_file(void **state)
{
	struct unit_root *root = *state;
	struct foreign_daemon daemon = { .proc = -1 };
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s/file", root->path);
	unit_file(root, "file", "");
	unit_process(root, 21, "hv_fcopy_daemon", NULL);
	unit_open(root, 21, 0, "/dev/null", "0100002");
	unit_open(root, 21, 1, whole, "0100001");		/* a log, by its unit */
	unit_open(root, 21, 2, whole, "0102001");		/* appended to */
	unit_open(root, 21, 3, "/dev/null", READ_WRITE);
	unit_open(root, 21, 4, whole, "02100000");		/* only read */
	unit_open(root, 21, 5, whole, "02102001");		/* a log that it opened */
	unit_open(root, 21, 6, "socket:[1]", READ_WRITE);
	unit_open(root, 21, 7, whole, "012000000");
	daemon.proc = hvu_open(root->fd, O_RDONLY | O_DIRECTORY, "proc/21");
	assert_false(foreign_daemon_receives_file(&daemon));
	unit_open(root, 21, 8, whole, READ_WRITE);
	assert_true(foreign_daemon_receives_file(&daemon));
	close(daemon.proc);
	daemon.proc = -1;
	assert_false(foreign_daemon_receives_file(&daemon));
}

/* --- Real processes, since ending one cannot be played. ------------------------------ */

static struct foreign_daemon begin_process(bool heeds_term)
{
	struct foreign_daemon daemon = { .proc = -1 };
	char path[32], byte;
	int ready[2];

	assert_int_equal(pipe(ready), 0);
	daemon.pid = fork();
	if (!daemon.pid) {
		if (!heeds_term)
			signal(SIGTERM, SIG_IGN);
		if (write(ready[1], "", 1) == 1)
			for (;;)
				pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	snprintf(path, sizeof(path), "/proc/%d", daemon.pid);
	daemon.proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(daemon.proc >= 0);
	return daemon;
}

static void end_process(struct foreign_daemon *daemon)
{
	kill(daemon->pid, SIGKILL);
	assert_int_equal(waitpid(daemon->pid, NULL, 0), daemon->pid);
	close(daemon->proc);
}

static void paused(void **state)
{
	struct foreign_daemon daemon = begin_process(true);
	int status;

	(void)state;
	assert_int_equal(foreign_daemon_pause(&daemon, 60000), 0);
	assert_int_equal(waitpid(daemon.pid, &status, WUNTRACED), daemon.pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(foreign_daemon_resume(&daemon), 0);
	assert_int_equal(waitpid(daemon.pid, &status, WCONTINUED), daemon.pid);
	assert_true(WIFCONTINUED(status));
	end_process(&daemon);
}

/* Does it go on within a moment? */
static bool goes_on(const struct foreign_daemon *daemon)
{
	int status = 0;

	for (int ms = 0; ms < 5000; ms++) {
		if (waitpid(daemon->pid, &status, WCONTINUED | WNOHANG) == daemon->pid)
			return WIFCONTINUED(status);
		usleep(1000);
	}
	return false;
}

/* Who has paused it is killed, alone or with all of its group: nobody is left to resume it. */
static void paused_by_killed(void **state)
{
	(void)state;
	for (int group = 0; group < 2; group++) {
		struct foreign_daemon daemon = begin_process(true);
		pid_t child = fork();

		if (!child) {
			setpgid(0, 0);
			if (!foreign_daemon_pause(&daemon, 60000))
				kill(group ? 0 : getpid(), SIGKILL);
			_exit(1);
		}
		assert_int_equal(waitpid(child, NULL, 0), child);
		assert_true(goes_on(&daemon));
		end_process(&daemon);
	}
}

static void waited_for(void **state)
{
	struct foreign_daemon daemon = begin_process(false);
	int wake[2];

	(void)state;
	assert_int_equal(pipe(wake), 0);
	kill(daemon.pid, SIGTERM);
	assert_int_equal(foreign_daemon_wait_end(&daemon, 10, -1), -ETIMEDOUT);
	assert_int_equal(foreign_daemon_wait_end(&daemon, 10, wake[0]), -ETIMEDOUT);
	assert_int_equal(write(wake[1], "", 1), 1);
	assert_int_equal(foreign_daemon_wait_end(&daemon, 60000, wake[0]), -EINTR);
	kill(daemon.pid, SIGKILL);
	assert_int_equal(foreign_daemon_wait_end(&daemon, 60000, -1), 0);
	end_process(&daemon);
	close(wake[0]);
	close(wake[1]);
}

/* Its number may be another's by now: nothing happens to that one. */
static void gone(void **state)
{
	struct foreign_daemon gone = begin_process(true), other = begin_process(true);
	int status, proc = dup(gone.proc);

	(void)state;
	end_process(&gone);
	gone.proc = proc;
	gone.pid = other.pid;
	assert_true(foreign_daemon_runs(&other));
	assert_false(foreign_daemon_runs(&gone));
	assert_int_equal(foreign_daemon_pause(&gone, 60000), 0);
	assert_int_equal(foreign_daemon_resume(&gone), 0);
	assert_int_equal(foreign_daemon_wait_end(&gone, 60000, -1), 0);
	assert_int_equal(waitpid(other.pid, &status, WNOHANG | WUNTRACED), 0);
	close(proc);
	end_process(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(found),
		TEST(found_uio),
		TEST(impostor),
		TEST(of_user),
		TEST(referred_to),
		TEST(name_with_controls),
		TEST(unit_of_user),
		TEST(receives_file),
		cmocka_unit_test(paused),
		cmocka_unit_test(paused_by_killed),
		cmocka_unit_test(waited_for),
		cmocka_unit_test(gone),
	};

	return cmocka_run_group_tests_name("daemons", tests, NULL, NULL);
}
