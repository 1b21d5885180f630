// SPDX-License-Identifier: GPL-2.0
/* A folder to play in, and what functions cost. */
#include "unit.h"

#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "root.h"

int unit_root_setup(void **state)
{
	struct unit_root *root = calloc(1, sizeof(*root));

	strcpy(root->path, "/tmp/hvic-unit-XXXXXX");
	assert_non_null(mkdtemp(root->path));
	root->fd = hvu_root_open(root->path);
	assert_true(root->fd >= 0);
	*state = root;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

int unit_root_teardown(void **state)
{
	struct unit_root *root = *state;

	close(root->fd);
	nftw(root->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(root);
	return 0;
}

static void whole_path(struct unit_root *root, const char *path, char whole[PATH_MAX])
{
	snprintf(whole, PATH_MAX, "%s/%s", root->path, path);
	for (char *at = whole + strlen(root->path) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(whole, 0755);
		*at = '/';
	}
}

void unit_bytes(struct unit_root *root, const char *path, const void *data, size_t len)
{
	char whole[PATH_MAX];
	FILE *file;

	whole_path(root, path, whole);
	file = fopen(whole, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	fclose(file);
}

void unit_file(struct unit_root *root, const char *path, const char *text)
{
	unit_bytes(root, path, text, strlen(text));
}

void unit_symlink(struct unit_root *root, const char *path, const char *target)
{
	char whole[PATH_MAX];

	whole_path(root, path, whole);
	unlink(whole);
	assert_int_equal(symlink(target, whole), 0);
}

void unit_folder(struct unit_root *root, const char *path)
{
	char whole[PATH_MAX];

	whole_path(root, path, whole);
	mkdir(whole, 0755);
}

void unit_remove(struct unit_root *root, const char *path)
{
	char whole[PATH_MAX];

	whole_path(root, path, whole);
	assert_int_equal(remove(whole), 0);
}

void unit_device(struct unit_root *root, const char *id, const char *class, const char *driver)
{
	char path[PATH_MAX], text[PATH_MAX];

	snprintf(path, sizeof(path), "sys/bus/vmbus/devices/%s/class_id", id);
	snprintf(text, sizeof(text), "{%s}\n", class);
	unit_file(root, path, text);
	if (!driver)
		return;
	snprintf(path, sizeof(path), "sys/bus/vmbus/devices/%s/driver", id);
	snprintf(text, sizeof(text), "../../drivers/%s", driver);
	unit_symlink(root, path, text);
	snprintf(path, sizeof(path), "sys/bus/vmbus/drivers/%s/%s", driver, id);
	unit_symlink(root, path, "../../devices");
}

void unit_process(struct unit_root *root, int pid, const char *comm, const char *unit)
{
	char path[PATH_MAX], text[PATH_MAX];

	snprintf(path, sizeof(path), "proc/%d/comm", pid);
	snprintf(text, sizeof(text), "%s\n", comm);
	unit_file(root, path, text);
	snprintf(path, sizeof(path), "proc/%d/status", pid);
	snprintf(text, sizeof(text), "Name:\t%s\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", comm);
	unit_file(root, path, text);
	snprintf(path, sizeof(path), "proc/%d/cgroup", pid);
	snprintf(text, sizeof(text), "0::/%s%s\n", unit ? "system.slice/" : "", unit ? unit : "");
	unit_file(root, path, text);
}

void unit_open(struct unit_root *root, int pid, int fd, const char *target, const char *flags)
{
	char path[PATH_MAX], text[PATH_MAX];

	snprintf(path, sizeof(path), "proc/%d/fd/%d", pid, fd);
	unit_symlink(root, path, target);
	snprintf(path, sizeof(path), "proc/%d/fdinfo/%d", pid, fd);
	snprintf(text, sizeof(text), "pos:\t0\nflags:\t%s\nmnt_id:\t1\n", flags);
	unit_file(root, path, text);
}

/* Less than a byte for each of 10,000 requests. */
#define SLACK 4096

/* Of the sanitizer, whose malloc() knows nothing of mallinfo(). */
#pragma weak __sanitizer_get_current_allocated_bytes
size_t __sanitizer_get_current_allocated_bytes(void);

void unit_measure(struct unit_use *use)
{
	DIR *folder = opendir("/proc/self/fd");

	assert_non_null(folder);
	use->descriptors = 0;
	while (readdir(folder))
		use->descriptors++;
	closedir(folder);
	use->bytes = __sanitizer_get_current_allocated_bytes ?
		__sanitizer_get_current_allocated_bytes() : mallinfo2().uordblks;
}

void unit_expect_use(const struct unit_use *before)
{
	struct unit_use now;

	unit_measure(&now);
	assert_int_equal(now.descriptors, before->descriptors);
	if (now.bytes > before->bytes + SLACK)
		fail_msg("%zu bytes more than before", now.bytes - before->bytes);
}

/* How often a process enters the kernel between its two stops. */
static unsigned int count_calls(void (*run)(void *data), void *data)
{
	unsigned int stops = 0;
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		run(data);
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (;;) {
		ptrace(PTRACE_SYSCALL, child, NULL, NULL);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFSTOPPED(status) || WSTOPSIG(status) == SIGSTOP)
			break;
		stops++;
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return stops / 2;
}

int unit_run(const char *const argv[], int timeout_ms)
{
	pid_t pid;
	int ret = hvu_spawn(argv, -1, &pid);

	return ret ? ret : hvu_wait_exit(pid, timeout_ms);
}

static void do_nothing(void *data)
{
	(void)data;
}

/* raise() makes some itself. */
unsigned int unit_calls(void (*run)(void *data), void *data)
{
	return count_calls(run, data) - count_calls(do_nothing, NULL);
}
