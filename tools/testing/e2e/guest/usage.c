// SPDX-License-Identifier: GPL-2.0
/*
 * usage PID: print what a process has used since it began: microseconds of the processor, system
 * calls, how often it waited for something, and the number of forks of the whole system. How often
 * others took the processor from it is up to them.
 *
 * System calls are those since the histogram of raw_syscalls:sys_enter by common_pid was switched
 * on; -1 if it is not.
 */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTOGRAM "/sys/kernel/tracing/events/raw_syscalls/sys_enter/hist"

static char text[1 << 20];

/* A file of proc has no size: it is read to its end. */
static const char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n;

	if (!file)
		return NULL;
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

static unsigned long long number_after(const char *from, const char *key)
{
	const char *at = from ? strstr(from, key) : NULL;

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* Lines like "{ common_pid:       1234 } hitcount:         56". */
static long long syscalls_of(const char *pid)
{
	const char *at = read_file(HISTOGRAM);

	if (!at || !strstr(at, "common_pid"))
		return -1;
	while ((at = strstr(at, "{ common_pid:"))) {
		at += strlen("{ common_pid:");
		if (strtol(at, NULL, 10) == atol(pid))
			return number_after(at, "hitcount:");
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long long ns = 0, switches = 0;
	long long syscalls = 0;
	char path[300];
	struct dirent *entry;
	DIR *threads;

	if (argc != 2)
		errx(2, "usage PID");
	snprintf(path, sizeof(path), "/proc/%s/task", argv[1]);
	threads = opendir(path);
	if (!threads)
		err(1, "%s", path);
	while ((entry = readdir(threads))) {
		long long n;

		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task/%s/schedstat", argv[1], entry->d_name);
		ns += number_after(read_file(path), "");
		snprintf(path, sizeof(path), "/proc/%s/task/%s/status", argv[1], entry->d_name);
		switches += number_after(read_file(path), "\nvoluntary_ctxt_switches:");
		n = syscalls_of(entry->d_name);
		syscalls = n < 0 || syscalls < 0 ? -1 : syscalls + n;
	}
	printf("%.3f %lld %llu %llu\n", ns / 1e3, syscalls, switches,
	       number_after(read_file("/proc/stat"), "\nprocesses "));
	return 0;
}
