// SPDX-License-Identifier: GPL-2.0
/* Processes that serve hv_utils, and hv_ic where it takes its place. */
#include "daemons.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "root.h"
#include "process.h"

/* --- Finding them. -------------------------------------------------------- */

static const struct hvu_service_info *service_of_process(const char *name)
{
	for (size_t i = 0; i < HVU_SERVICES; i++) {
		for (const char *const *daemon = hvu_services[i].daemons; *daemon; daemon++) {
			if (!strcmp(name, *daemon))
				return &hvu_services[i];
		}
	}
	return NULL;
}

/* "0::/system.slice/some.service" */
static void read_unit(int root, struct foreign_daemon *daemon)
{
	const char *suffix = ".service";
	char text[PATH_MAX];
	const char *name;
	size_t len;

	hvu_read(root, text, sizeof(text), "proc/%d/cgroup", daemon->pid);
	name = strrchr(text, '/');
	len = name ? strlen(++name) : 0;
	if (len > strlen(suffix) && len < sizeof(daemon->unit) &&
	    !strcmp(name + len - strlen(suffix), suffix))
		strcpy(daemon->unit, name);
}

static int read_argv(int root, struct foreign_daemon *daemon)
{
	char text[4096], path[PATH_MAX];
	size_t len, n = 0;
	FILE *file;

	file = hvu_fopen(root, "proc/%d/cmdline", daemon->pid);
	if (!file)
		return -errno;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	daemon->argv = calloc(len + 2, sizeof(*daemon->argv));
	if (!daemon->argv)
		return -ENOMEM;
	for (size_t at = 0; at < len; at += strlen(text + at) + 1) {
		daemon->argv[n] = strdup(text + at);
		if (!daemon->argv[n++])
			return -ENOMEM;
	}
	/* It may have been found by its name alone then, and by another PATH. */
	if (n && !hvu_link(root, path, sizeof(path), "proc/%d/exe", daemon->pid)) {
		free(daemon->argv[0]);
		daemon->argv[0] = strdup(path);
		if (!daemon->argv[0])
			return -ENOMEM;
	}
	return 0;
}

/**
 * foreign_daemons() - the processes that serve a service, but ours
 * @root: where /proc is below
 * @daemons: gets an array, for foreign_daemons_free()
 *
 * Return: how many, or a negative errno.
 */
int foreign_daemons(int root, struct foreign_daemon **daemons)
{
	struct foreign_daemon *found = NULL;
	char **names;
	int n = 0;

	*daemons = NULL;
	names = hvu_list(root, "proc");
	if (!names)
		return -ENOMEM;
	for (char **name = names; *name; name++) {
		const struct hvu_service_info *service;
		struct foreign_daemon *more;
		char comm[HVU_NAME_SIZE];
		int ret;

		if (!isdigit((unsigned char)**name))
			continue;
		hvu_read(root, comm, sizeof(comm), "proc/%s/comm", *name);
		service = service_of_process(comm);
		if (!service)
			continue;
		more = reallocarray(found, n + 1, sizeof(*found));
		if (!more)
			goto err_free_daemons;
		found = more;
		found[n] = (struct foreign_daemon) { .service = service, .pid = atoi(*name) };
		strcpy(found[n].name, comm);
		ret = read_argv(root, &found[n++]);
		if (ret == -ENOMEM)
			goto err_free_daemons;
		read_unit(root, &found[n - 1]);
	}
	hvu_list_free(names);
	*daemons = found;
	return n;

err_free_daemons:
	hvu_list_free(names);
	foreign_daemons_free(found, n);
	return -ENOMEM;
}

/** foreign_daemons_free() - what foreign_daemons() gave */
void foreign_daemons_free(struct foreign_daemon *daemons, int n)
{
	for (int i = 0; i < n; i++) {
		for (char **arg = daemons[i].argv; arg && *arg; arg++)
			free(*arg);
		free(daemons[i].argv);
	}
	free(daemons);
}

/* --- Ending and starting them. -------------------------------------------- */

static int systemctl(const char *verb, const char *unit, int timeout_ms)
{
	const char *const argv[] = { "systemctl", verb, unit, NULL };
	int ret = hvu_run(argv, timeout_ms);

	return ret > 0 ? -EIO : ret;
}

/**
 * foreign_daemon_stop() - end it as its administrator would, and wait until it is gone
 * @daemon: the process
 * @timeout_ms: how long to wait
 *
 * It is never killed: a process that holds file systems frozen must not just vanish.
 *
 * Return: 0, %-ETIMEDOUT if it goes on, or another negative errno.
 */
int foreign_daemon_stop(const struct foreign_daemon *daemon, int timeout_ms)
{
	struct pollfd wait = { .events = POLLIN };
	int ret = 0;

	if (daemon->unit[0])
		return systemctl("stop", daemon->unit, timeout_ms);
	wait.fd = syscall(SYS_pidfd_open, daemon->pid, 0);
	if (wait.fd < 0)
		return errno == ESRCH ? 0 : -errno;
	if (syscall(SYS_pidfd_send_signal, wait.fd, SIGTERM, NULL, 0) && errno != ESRCH) {
		ret = -errno;
	} else {
		ret = poll(&wait, 1, timeout_ms);
		ret = ret < 0 ? -errno : ret ? 0 : -ETIMEDOUT;
	}
	close(wait.fd);
	return ret;
}

/** foreign_daemon_start() - start it as it was started before */
int foreign_daemon_start(const struct foreign_daemon *daemon, int timeout_ms)
{
	pid_t pid;

	if (daemon->unit[0])
		return systemctl("start", daemon->unit, timeout_ms);
	if (!daemon->argv || !daemon->argv[0])
		return -ENOENT;
	return hvu_spawn((const char *const *)daemon->argv, &pid);
}

/** foreign_daemon_writes_file() - does it have a file open for writing, other than a device? */
bool foreign_daemon_writes_file(int root, const struct foreign_daemon *daemon)
{
	char **fds = hvu_list(root, "proc/%d/fd", daemon->pid);
	bool found = false;

	for (char **fd = fds; fd && *fd && !found; fd++) {
		char target[PATH_MAX], info[512];
		const char *flags;

		hvu_link(root, target, sizeof(target), "proc/%d/fd/%s", daemon->pid, *fd);
		/* "socket:[1]" and the like have no path. */
		if (target[0] != '/' || !strncmp(target, "/dev/", 5))
			continue;
		hvu_read(root, info, sizeof(info), "proc/%d/fdinfo/%s", daemon->pid, *fd);
		flags = strstr(info, "flags:");
		found = flags && strtoul(flags + 6, NULL, 8) & O_ACCMODE;
	}
	hvu_list_free(fds);
	return found;
}

static bool has_open(int root, const char *pid, const char *path)
{
	char **fds = hvu_list(root, "proc/%s/fd", pid);
	bool found = false;

	for (char **fd = fds; fd && *fd && !found; fd++) {
		char target[PATH_MAX];

		hvu_link(root, target, sizeof(target), "proc/%s/fd/%s", pid, *fd);
		found = !strcmp(target, path);
	}
	hvu_list_free(fds);
	return found;
}

/** hvic_service_holder() - a process that has the node of a service open; 0 if none has */
pid_t hvic_service_holder(int root, const struct hvu_service_info *service)
{
	char **names = hvu_list(root, "proc");
	char path[HVU_NAME_SIZE];
	pid_t holder = 0;

	snprintf(path, sizeof(path), "/dev/vmbus/hv_%s", service->name);
	for (char **name = names; name && *name && !holder; name++) {
		if (isdigit((unsigned char)**name) && has_open(root, *name, path))
			holder = atoi(*name);
	}
	hvu_list_free(names);
	return holder;
}
