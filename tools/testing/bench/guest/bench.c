// SPDX-License-Identifier: GPL-2.0
/*
 * bench: the guest's part of the comparison.
 *
 *	bench pool FILE COUNT	make a pool of data exchange: key-0 = value-0 and so on
 *	bench keys FILE N VALUE	there are bench-0 = VALUE-0 and so on, N of them, each once
 *	bench disk IMAGE DEVICE	write what is not zero in IMAGE to a new disk
 *	bench verify FILE SIZE	the file is what was copied
 *	bench dirty KIB DIR...	write files, and leave them in the page cache
 *	bench clock COUNT US	read the PTP clock of the host every so many microseconds, and
 *				print how far its distance from the system's is off an even
 *				drift (the 95th of a hundred), and how long a reading takes
 *				(the median)
 *	bench busy		print how long the processors have not been idle, in
 *				microseconds
 *	bench sections FILE.ko	print the bytes of text, constants, data and bss that a module has
 *				when it has been loaded
 *	bench write DIR...	write to each all the time until SIGTERM, then print the
 *				longest time that a write took, in microseconds, and that
 *				of the writer for which it was shortest
 *
 * The exit status is 0 if all is well; otherwise a line says what is not.
 */
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <linux/ptp_clock.h>

#include "../pattern.h"

#define BLOCK 4096
#define PREFIX "bench-"

/* A record of a pool, filled up with NUL. */
struct record {
	char key[512];
	char value[2048];
};

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

/* The daemon may be there: it is kept out as it keeps others out. */
static void lock(int fd, short type)
{
	struct flock whole = { .l_type = type, .l_whence = SEEK_SET };

	if (flock(fd, LOCK_EX) || fcntl(fd, F_SETLKW, &whole))
		err(1, "lock");
}

static void write_all(int fd, const void *from, size_t size)
{
	if (write(fd, from, size) != (ssize_t)size)
		err(1, "write");
}

static int make_pool(char **args)
{
	unsigned long count = strtoul(args[1], NULL, 0);
	int fd = open_or_die(args[0], O_RDWR | O_CREAT);

	lock(fd, F_WRLCK);
	if (ftruncate(fd, 0))
		err(1, "%s", args[0]);
	for (unsigned long i = 0; i < count; i++) {
		struct record record = { 0 };

		snprintf(record.key, sizeof(record.key), "key-%lu", i);
		snprintf(record.value, sizeof(record.value), "value-%lu", i);
		write_all(fd, &record, sizeof(record));
	}
	return 0;
}

static int check_keys(char **args)
{
	unsigned long count = strtoul(args[1], NULL, 0), found = 0;
	int fd = open_or_die(args[0], O_RDONLY);
	struct record record;
	char seen[4096] = { 0 };

	while (read(fd, &record, sizeof(record)) == sizeof(record)) {
		unsigned long i = strtoul(record.key + strlen(PREFIX), NULL, 10);
		char value[64];

		if (strncmp(record.key, PREFIX, strlen(PREFIX)))
			continue;
		snprintf(value, sizeof(value), "%s-%lu", args[2], i);
		if (i >= count || i >= sizeof(seen) || seen[i])
			errx(1, "%s should not be there", record.key);
		if (strcmp(record.value, value))
			errx(1, "%s is %s, not %s", record.key, record.value, value);
		seen[i] = 1;
		found++;
	}
	if (found != count)
		errx(1, "%lu of %lu keys", found, count);
	return 0;
}

static int make_disk(char **args)
{
	int from = open_or_die(args[0], O_RDONLY), to = open_or_die(args[1], O_WRONLY);
	static const char zero[BLOCK];
	char block[BLOCK];

	for (off_t at = 0; read(from, block, sizeof(block)) == sizeof(block); at += sizeof(block))
		if (memcmp(block, zero, sizeof(block)) &&
		    pwrite(to, block, sizeof(block), at) != sizeof(block))
			err(1, "%s", args[1]);
	if (fsync(to))
		err(1, "%s", args[1]);
	return 0;
}

static int verify(char **args)
{
	uint64_t size = strtoull(args[1], NULL, 0), offset = 0;
	int fd = open_or_die(args[0], O_RDONLY);
	static uint64_t is[8192], should[8192];
	ssize_t n;

	for (; (n = read(fd, is, sizeof(is))) > 0; offset += n) {
		pattern_fill(should, offset, n);
		if (n % 8 || memcmp(is, should, n))
			errx(1, "%s: other bytes behind %llu", args[0], (unsigned long long)offset);
	}
	if (n < 0 || offset != size)
		errx(1, "%s: %llu bytes", args[0], (unsigned long long)offset);
	return 0;
}

static int make_dirty(char **args)
{
	unsigned long kib = strtoul(*args++, NULL, 0);
	char block[BLOCK];

	memset(block, 'd', sizeof(block));
	for (; *args; args++) {
		char path[256];
		int fd;

		snprintf(path, sizeof(path), "%s/dirty", *args);
		fd = open_or_die(path, O_WRONLY | O_CREAT | O_TRUNC);
		for (unsigned long i = 0; i < kib * 1024 / BLOCK; i++)
			write_all(fd, block, sizeof(block));
		close(fd);
	}
	return 0;
}

static atomic_bool done;

static void end(int number)
{
	done = true;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

#define READINGS_MAX 1000

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(double *values, size_t n, double q)
{
	qsort(values, n, sizeof(*values), compare);
	return values[(size_t)(q * (n - 1))];
}

static int open_host_clock(void)
{
	char name[64] = "", path[64];
	glob_t names;

	if (glob("/sys/class/ptp/ptp*", 0, NULL, &names))
		errx(1, "no PTP clock");
	for (size_t i = 0; i < names.gl_pathc; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/clock_name", names.gl_pathv[i]);
		fd = open_or_die(path, O_RDONLY);
		if (read(fd, name, sizeof(name) - 1) > 0 && !strncmp(name, "hyperv", 6)) {
			close(fd);
			snprintf(path, sizeof(path), "/dev%s", strrchr(names.gl_pathv[i], '/'));
			globfree(&names);
			return open_or_die(path, O_RDWR);
		}
		close(fd);
	}
	errx(1, "no PTP clock of the host");
}

static double us_of(const struct ptp_clock_time *t)
{
	/* Differences are taken: the days may go. */
	return t->sec % 86400 * 1e6 + t->nsec / 1e3;
}

/* The best way that the clock has, as chrony chooses it. Return: it has been read, @when. */
static bool read_clock(int fd, double *when, double *distance, double *took)
{
	struct ptp_sys_offset_extended extended = { .n_samples = 1 };
	struct ptp_sys_offset plain = { .n_samples = 1 };
	struct ptp_sys_offset_precise precise = { 0 };
	const struct ptp_clock_time *system[2], *device;

	if (!ioctl(fd, PTP_SYS_OFFSET_PRECISE, &precise)) {
		device = &precise.device;
		system[0] = &precise.sys_realtime;
		system[1] = system[0];
	} else if (!ioctl(fd, PTP_SYS_OFFSET_EXTENDED, &extended)) {
		system[0] = &extended.ts[0][0];
		device = &extended.ts[0][1];
		system[1] = &extended.ts[0][2];
	} else if (!ioctl(fd, PTP_SYS_OFFSET, &plain)) {
		system[0] = &plain.ts[0];
		device = &plain.ts[1];
		system[1] = &plain.ts[2];
	} else {
		return false;
	}
	*when = us_of(system[0]);
	*took = us_of(system[1]) - *when;
	*distance = us_of(device) - *when - *took / 2;
	return true;
}

/* Two clocks that run evenly drift apart evenly: what the best line says is taken away. */
static void take_drift_away(const double *when, double *distance, size_t n)
{
	double mean_x = 0, mean_y = 0, spread = 0, common = 0;

	for (size_t i = 0; i < n; i++) {
		mean_x += (when[i] - when[0]) / n;
		mean_y += (distance[i] - distance[0]) / n;
	}
	for (size_t i = 0; i < n; i++) {
		double x = when[i] - when[0] - mean_x;

		spread += x * x;
		common += x * (distance[i] - distance[0] - mean_y);
	}
	for (size_t i = 0; i < n && spread > 0; i++)
		distance[i] -= common / spread * (when[i] - when[0]);
}

static int read_host_clock(char **args)
{
	static double when[READINGS_MAX], distance[READINGS_MAX], took[READINGS_MAX];
	size_t count = strtoul(args[0], NULL, 0), n = 0;
	int fd = open_host_clock();
	double middle;

	for (size_t i = 0; i < count && n < READINGS_MAX; i++) {
		n += read_clock(fd, &when[n], &distance[n], &took[n]);
		usleep(strtoul(args[1], NULL, 0));
	}
	if (n < count / 2)
		errx(1, "only %zu of %zu readings", n, count);
	take_drift_away(when, distance, n);
	middle = quantile(distance, n, 0.5);
	for (size_t i = 0; i < n; i++)
		distance[i] = fabs(distance[i] - middle);
	printf("%.3f %.3f\n", quantile(distance, n, 0.95), quantile(took, n, 0.5));
	return 0;
}

/* To a hundredth of a second. */
static int print_busy(char **args)
{
	FILE *file = fopen("/proc/uptime", "r");
	double up, idle;

	if (!file || fscanf(file, "%lf %lf", &up, &idle) != 2)
		err(1, "/proc/uptime");
	fclose(file);
	printf("%.0f\n", (sysconf(_SC_NPROCESSORS_ONLN) * up - idle) * 1e6);
	return 0;
}

/* For loading alone. */
static bool is_dropped(const char *name)
{
	return !strncmp(name, ".init", 5) || !strcmp(name, ".modinfo") ||
	       !strcmp(name, "__versions");
}

static int print_sections(char **args)
{
	unsigned long text = 0, constants = 0, data = 0, bss = 0;
	int fd = open_or_die(args[0], O_RDONLY);
	const Elf64_Shdr *sections;
	const Elf64_Ehdr *head;
	struct stat status;
	const char *names;

	if (fstat(fd, &status))
		err(1, "%s", args[0]);
	head = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (head == MAP_FAILED)
		err(1, "%s", args[0]);
	sections = (const void *)((const char *)head + head->e_shoff);
	names = (const char *)head + sections[head->e_shstrndx].sh_offset;
	for (int i = 0; i < head->e_shnum; i++) {
		const Elf64_Shdr *s = &sections[i];

		if (!(s->sh_flags & SHF_ALLOC) || is_dropped(names + s->sh_name))
			continue;
		if (s->sh_type == SHT_NOBITS)
			bss += s->sh_size;
		else if (s->sh_flags & SHF_WRITE)
			data += s->sh_size;
		else if (s->sh_flags & SHF_EXECINSTR)
			text += s->sh_size;
		else
			constants += s->sh_size;
	}
	printf("%lu %lu %lu %lu\n", text, constants, data, bss);
	return 0;
}

struct writer {
	pthread_t thread;
	int fd;
	double longest;
};

static void *write_always(void *context)
{
	static const char block[BLOCK];
	struct writer *w = context;

	while (!done) {
		double start = now_us(), took;

		if (pwrite(w->fd, block, sizeof(block), 0) != sizeof(block))
			err(1, "write");
		took = now_us() - start;
		if (took > w->longest)
			w->longest = took;
		nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
	}
	return NULL;
}

static int write_until_end(char **args)
{
	struct writer writers[8] = { 0 };
	double longest = 0, shortest = -1;
	size_t n = 0;

	signal(SIGTERM, end);
	for (; n < sizeof(writers) / sizeof(*writers) && args[n]; n++) {
		char path[256];

		snprintf(path, sizeof(path), "%s/written", args[n]);
		writers[n].fd = open_or_die(path, O_WRONLY | O_CREAT);
		if (pthread_create(&writers[n].thread, NULL, write_always, &writers[n]))
			errx(1, "no thread");
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(writers[i].thread, NULL);
		if (writers[i].longest > longest)
			longest = writers[i].longest;
		if (shortest < 0 || writers[i].longest < shortest)
			shortest = writers[i].longest;
	}
	printf("%.0f %.0f\n", longest, shortest);
	return 0;
}

static const struct {
	const char *name;
	int least;
	int (*run)(char **args);
} commands[] = {
	{ "pool", 2, make_pool }, { "keys", 3, check_keys }, { "disk", 2, make_disk },
	{ "verify", 2, verify }, { "dirty", 2, make_dirty },
	{ "busy", 0, print_busy }, { "sections", 1, print_sections },
	{ "clock", 2, read_host_clock }, { "write", 1, write_until_end },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].least)
			return commands[i].run(argv + 2);
	errx(2, "see the head of its source for its commands");
}
