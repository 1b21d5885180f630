// SPDX-License-Identifier: GPL-2.0
/* Processes that serve hv_utils, and hv_ic where it takes its place. */
#include "daemons.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "printable.h"
#include "root.h"
#include "text.h"

/* --- The devices of services. --------------------------------------------- */

/**
 * struct node - a device that serves a service
 * @service: the service
 * @path: of the device in sysfs
 * @number: by which the kernel knows it, whatever its name in /dev
 */
struct node {
	const struct hvu_service_info *service;
	char path[128];
	dev_t number;
};

struct nodes {
	struct node *all;
	size_t n;
};

__attribute__((format(printf, 4, 5)))
static int add_node(int root, struct nodes *nodes, const struct hvu_service_info *service,
		    const char *format, ...)
{
	struct node node = { .service = service }, *more;
	unsigned int major, minor;
	va_list arguments;
	char text[32];

	va_start(arguments, format);
	vsnprintf(node.path, sizeof(node.path), format, arguments);
	va_end(arguments);
	hvu_read(root, text, sizeof(text), "%s/dev", node.path);
	if (sscanf(text, "%u:%u", &major, &minor) != 2)
		return 0;
	node.number = makedev(major, minor);
	more = reallocarray(nodes->all, nodes->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	nodes->all = more;
	nodes->all[nodes->n++] = node;
	return 0;
}

/* From Linux 6.10 on the daemon for file copy drives the device itself. */
static int add_uio_nodes(int root, struct nodes *nodes, const struct hvu_device *device)
{
	char **names = hvu_list(root, "sys/bus/vmbus/devices/%s/uio", device->id);
	int ret = names ? 0 : -ENOMEM;

	for (char **name = names; name && *name && !ret; name++)
		ret = add_node(root, nodes, device->service, "sys/bus/vmbus/devices/%s/uio/%s",
			       device->id, *name);
	hvu_list_free(names);
	return ret;
}

static int find_nodes(int root, struct nodes *nodes)
{
	const struct hvu_service_info *service;
	struct hvu_device *devices;
	int ret = 0, n;

	for (service = hvu_services; service < hvu_services + HVU_SERVICES && !ret; service++) {
		ret = add_node(root, nodes, service, "sys/class/misc/vmbus!hv_%s", service->name);
		if (!ret)
			ret = add_node(root, nodes, service, "sys/class/misc/hv_ic!%s",
				       service->name);
	}
	n = hvu_devices(root, &devices);
	if (n == -ENOMEM)
		ret = n;
	for (int i = 0; i < n && !ret; i++)
		ret = add_uio_nodes(root, nodes, &devices[i]);
	free(devices);
	return ret;
}

/* --- What a process has open. --------------------------------------------- */

/* A file that hangs, on a network say, must not make us wait for it. */
static bool look_at_fd(int proc, const char *fd, struct statx *status)
{
	char path[32];

	snprintf(path, sizeof(path), "fd/%.16s", fd);
	return !statx(proc, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, status);
}

/* As of open(2). A descriptor that is gone again has none. */
static unsigned long fd_flags(int proc, const char *fd)
{
	char text[512];
	const char *flags;

	hvu_read(proc, text, sizeof(text), "fdinfo/%s", fd);
	flags = strstr(text, "flags:");
	return flags ? strtoul(flags + strlen("flags:"), NULL, 8) : O_PATH;
}

/* With O_PATH any user may refer to a device, and pass that on to any process. */
static const struct node *node_of_fd(int proc, const char *fd, const struct nodes *nodes)
{
	struct statx status;

	if (!look_at_fd(proc, fd, &status) || !S_ISCHR(status.stx_mode))
		return NULL;
	for (size_t i = 0; i < nodes->n; i++) {
		if (nodes->all[i].number == makedev(status.stx_rdev_major,
						    status.stx_rdev_minor) &&
		    !(fd_flags(proc, fd) & O_PATH))
			return &nodes->all[i];
	}
	return NULL;
}

static const struct node *node_of_process(int proc, const struct nodes *nodes)
{
	char **fds = hvu_list(proc, "fd");
	const struct node *node = NULL;

	for (char **fd = fds; fd && *fd && !node; fd++)
		node = node_of_fd(proc, *fd, nodes);
	hvu_list_free(fds);
	return node;
}

/**
 * foreign_daemon_receives_file() - does a daemon for file copy write what the host sends?
 * @daemon: a daemon of another driver, which does not say
 *
 * These daemons open the file for themselves alone. A log that was opened for them
 * is not closed when a program is executed, and one that they open is appended to.
 */
bool foreign_daemon_receives_file(const struct foreign_daemon *daemon)
{
	char **fds = hvu_list(daemon->proc, "fd");
	bool found = false;

	for (char **fd = fds; fd && *fd && !found; fd++) {
		struct statx status;
		unsigned long flags;

		if (!look_at_fd(daemon->proc, *fd, &status) || !S_ISREG(status.stx_mode))
			continue;
		flags = fd_flags(daemon->proc, *fd);
		found = (flags & O_ACCMODE) != O_RDONLY && flags & O_CLOEXEC &&
			!(flags & (O_APPEND | O_PATH));
	}
	hvu_list_free(fds);
	return found;
}

/* --- Finding them. -------------------------------------------------------- */

static const struct hvu_service_info *service_of_name(const char *name)
{
	for (size_t i = 0; i < HVU_SERVICES; i++) {
		for (const char *const *daemon = hvu_services[i].daemons; *daemon; daemon++) {
			if (!strcmp(name, *daemon))
				return &hvu_services[i];
		}
	}
	return NULL;
}

/* Real, effective, saved and of the file system: all have to be root's. */
static bool is_root(int proc)
{
	unsigned int real, effective, saved, files;
	char text[4096];
	const char *line;

	hvu_read(proc, text, sizeof(text), "status");
	line = strstr(text, "\nUid:");
	return line && sscanf(line, " Uid: %u %u %u %u", &real, &effective, &saved, &files) == 4 &&
	       !(real | effective | saved | files);
}

/* "0::/system.slice/some.service"; the units of a user are below /user.slice. */
static void read_unit(struct foreign_daemon *daemon)
{
	static const char slice[] = "/system.slice/", suffix[] = ".service";
	char text[4096], *name;
	size_t len;

	hvu_read(daemon->proc, text, sizeof(text), "cgroup");
	name = strstr(text, slice);
	if (!name || name == text || name[-1] != ':')
		return;
	name += strlen(slice);
	len = strcspn(name, "/\n");
	name[len] = '\0';
	if (len > strlen(suffix) && len < sizeof(daemon->unit) &&
	    !strcmp(name + len - strlen(suffix), suffix))
		strcpy(daemon->unit, name);
}

static int name_daemon(struct foreign_daemon *daemon, const char *comm)
{
	char *printable = hvu_printable(comm, hvu_is_utf8());

	if (!printable)
		return -ENOMEM;
	snprintf(daemon->name, sizeof(daemon->name), "%s", printable);
	free(printable);
	return 0;
}

/* Fills @daemon with what the process is: 1 if it is one, 0 if not. */
static int look_at_process(struct foreign_daemon *daemon, const struct nodes *nodes)
{
	const struct node *node = node_of_process(daemon->proc, nodes);
	char comm[HVU_NAME_SIZE];
	int ret;

	daemon->root = is_root(daemon->proc);
	if (hvu_read(daemon->proc, comm, sizeof(comm), "comm") < 0)
		return 0;
	if (node) {
		daemon->service = node->service;
		strcpy(daemon->node, node->path);
	} else if (daemon->root) {
		daemon->service = service_of_name(comm);
	}
	if (!daemon->service)
		return 0;
	ret = name_daemon(daemon, comm);
	if (ret)
		return ret;
	read_unit(daemon);
	return 1;
}

static int add_process(int root, const char *pid, const struct nodes *nodes,
		       struct foreign_daemon **daemons, int *n)
{
	struct foreign_daemon daemon = { .pid = atoi(pid) }, *more;
	int ret;

	if (daemon.pid == getpid())
		return 0;
	daemon.proc = hvu_open(root, O_RDONLY | O_DIRECTORY, "proc/%s", pid);
	if (daemon.proc < 0)
		return 0;
	ret = look_at_process(&daemon, nodes);
	if (ret <= 0)
		goto out_close;
	more = reallocarray(*daemons, *n + 1, sizeof(*more));
	if (!more) {
		ret = -ENOMEM;
		goto out_close;
	}
	*daemons = more;
	more[(*n)++] = daemon;
	return 0;

out_close:
	close(daemon.proc);
	return ret;
}

/**
 * foreign_daemons() - the processes that have a service's device open
 * @root: where /proc and /sys are below
 * @daemons: gets an array, for foreign_daemons_free()
 *
 * Processes of root that are only called like a known daemon are among them; they
 * have no @node.
 *
 * Return: how many, or a negative errno.
 */
int foreign_daemons(int root, struct foreign_daemon **daemons)
{
	struct foreign_daemon *found = NULL;
	struct nodes nodes = { 0 };
	char **names = NULL;
	int ret, n = 0;

	*daemons = NULL;
	ret = find_nodes(root, &nodes);
	if (!ret) {
		names = hvu_list(root, "proc");
		ret = names ? 0 : -ENOMEM;
	}
	for (char **name = names; name && *name && !ret; name++) {
		if (isdigit((unsigned char)**name))
			ret = add_process(root, *name, &nodes, &found, &n);
	}
	hvu_list_free(names);
	free(nodes.all);
	if (ret) {
		foreign_daemons_free(found, n);
		return ret;
	}
	*daemons = found;
	return n;
}

/** foreign_daemons_free() - what foreign_daemons() gave */
void foreign_daemons_free(struct foreign_daemon *daemons, int n)
{
	for (int i = 0; i < n; i++)
		close(daemons[i].proc);
	free(daemons);
}

/* --- Holding and ending them. --------------------------------------------- */

/* "12 (some name) S ..." */
static char state_of(const struct foreign_daemon *daemon)
{
	char text[512];
	const char *name_end;

	hvu_read(daemon->proc, text, sizeof(text), "stat");
	name_end = strrchr(text, ')');
	return name_end && name_end[1] ? name_end[2] : '\0';
}

/** foreign_daemon_runs() - is it still there, as itself? */
bool foreign_daemon_runs(const struct foreign_daemon *daemon)
{
	char state = state_of(daemon);

	return state && !strchr("ZX", state);
}

static int send_signal(const struct foreign_daemon *daemon, int signal)
{
	if (!syscall(SYS_pidfd_send_signal, daemon->proc, signal, NULL, 0) || errno == ESRCH)
		return 0;
	return -errno;
}

/* Heeds nothing but the end of its parent, of which PR_SET_PDEATHSIG tells. */
static void resume_after(pid_t parent, const struct foreign_daemon *daemon, const sigset_t *all)
{
	int signal;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	while (getppid() == parent)
		sigwait(all, &signal);
	send_signal(daemon, SIGCONT);
	_exit(0);
}

/*
 * Somebody has to let it go on even if we are killed: a process of our own, in a group of its own,
 * since a group can be killed as a whole. It ends after us.
 */
static int begin_keeper(const struct foreign_daemon *daemon)
{
	pid_t self = getpid(), keeper;
	sigset_t all, before;
	int ret = 0;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	keeper = fork();
	if (!keeper)
		resume_after(self, daemon, &all);
	if (keeper < 0 || setpgid(keeper, keeper))
		ret = -errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/**
 * foreign_daemon_pause() - let it do nothing more, until it is resumed or ended, or we have ended
 * @daemon: the process
 * @timeout_ms: how long it may take to come to a stop
 *
 * Return: 0, also if it has ended; %-ETIMEDOUT if it goes on; another negative errno.
 */
int foreign_daemon_pause(const struct foreign_daemon *daemon, int timeout_ms)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int ret = begin_keeper(daemon);

	if (!ret)
		ret = send_signal(daemon, SIGSTOP);
	/* The kernel tells only parents that a process has stopped. */
	for (int ms = 0; !ret; ms++) {
		char state = state_of(daemon);

		if (!state || strchr("TtZX", state))
			return 0;
		if (timeout_ms >= 0 && ms >= timeout_ms)
			ret = -ETIMEDOUT;
		else
			nanosleep(&moment, NULL);
	}
	if (ret == -ETIMEDOUT)
		send_signal(daemon, SIGCONT);
	return ret;
}

/** foreign_daemon_resume() - let it go on; it may have ended */
int foreign_daemon_resume(const struct foreign_daemon *daemon)
{
	return send_signal(daemon, SIGCONT);
}

/**
 * foreign_daemon_wait_end() - wait until a process has ended
 * @daemon: the process
 * @timeout_ms: how long to wait; -1 for ever
 * @wake: file descriptor that ends the wait when it is readable; -1 for none
 *
 * Return: 0, %-ETIMEDOUT, %-EINTR if @wake is readable, or another negative errno.
 */
int foreign_daemon_wait_end(const struct foreign_daemon *daemon, int timeout_ms, int wake)
{
	struct pollfd wait[] = { { .events = POLLIN }, { .fd = wake, .events = POLLIN } };
	int ret;

	wait[0].fd = syscall(SYS_pidfd_open, daemon->pid, 0);
	if (wait[0].fd < 0)
		return errno == ESRCH ? 0 : -errno;
	/* As long as it is there its id cannot be another's, so that we have the right one. */
	ret = state_of(daemon) ? poll(wait, 2, timeout_ms) : 1;
	if (ret < 0)
		ret = -errno;
	else if (!ret)
		ret = -ETIMEDOUT;
	else
		ret = wait[1].revents && !wait[0].revents ? -EINTR : 0;
	close(wait[0].fd);
	return ret;
}
