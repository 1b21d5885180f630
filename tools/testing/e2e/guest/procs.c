// SPDX-License-Identifier: GPL-2.0
/*
 * procs [-SIGNAL] [-w] NAME...: print the numbers of the processes of these names, or send them
 * a signal; with -w, return when all of them have ended. Fails if there is none, but not with -w.
 *
 * Busybox's pidof and killall read so much of each process that on the debug kernel one call
 * takes seconds.
 */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/pidfd.h>

#define COMM_SIZE 16
#define PROCESSES_MAX 100

/* Emulation is slow. */
#define PATIENCE_MS 100000

static int signal_number(const char *name)
{
	if (isdigit(*name))
		return atoi(name);
	for (int number = 1; number < NSIG; number++)
		if (sigabbrev_np(number) && !strcmp(name, sigabbrev_np(number)))
			return number;
	errx(2, "-%s: no such signal", name);
}

/* Names are as long as the kernel keeps them. */
static bool is_one_of(int proc, const char *pid, char **names)
{
	char path[300], comm[COMM_SIZE + 1] = "";
	int file;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/comm", pid);
	file = openat(proc, path, O_RDONLY);
	if (file < 0)
		return false;
	n = read(file, comm, COMM_SIZE);
	close(file);
	if (n < 1)
		return false;
	comm[n - 1] = '\0';
	while (*names && strncmp(comm, *names, COMM_SIZE - 1))
		names++;
	return *names;
}

int main(int argc, char **argv)
{
	struct pollfd found[PROCESSES_MAX];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool waits = false;
	int number = 0, n = 0;

	if (!proc)
		err(2, "/proc");
	while (*++argv && **argv == '-') {
		if (!strcmp(*argv, "-w"))
			waits = true;
		else
			number = signal_number(*argv + 1);
	}
	if (!*argv)
		errx(2, "usage: procs [-SIGNAL] [-w] NAME...");
	while (n < PROCESSES_MAX && (entry = readdir(proc))) {
		if (!isdigit(*entry->d_name) || !is_one_of(dirfd(proc), entry->d_name, argv))
			continue;
		found[n].events = POLLIN;
		found[n].fd = pidfd_open(atoi(entry->d_name), 0);
		/* From here on nobody else gets the number. */
		if (found[n].fd < 0 || !is_one_of(dirfd(proc), entry->d_name, argv))
			continue;
		if (number)
			pidfd_send_signal(found[n].fd, number, NULL, 0);
		else if (!waits)
			puts(entry->d_name);
		n++;
	}
	for (int i = 0; waits && i < n; i++)
		if (poll(&found[i], 1, PATIENCE_MS) != 1)
			errx(1, "a process does not end");
	return !n && !waits;
}
