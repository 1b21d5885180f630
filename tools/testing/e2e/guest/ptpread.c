// SPDX-License-Identifier: GPL-2.0
/*
 * ptpread: reads the PTP clock of a given name in the ways that time daemons use.
 *
 *	ptpread NAME time		seconds since 1970
 *	ptpread NAME ns			nanoseconds since 1970
 *	ptpread NAME extended		PTP_SYS_OFFSET_EXTENDED: clock - system, in ns
 *	ptpread NAME precise		PTP_SYS_OFFSET_PRECISE: clock - system, in ns
 *
 * Prints the number, or the name of the error, as in "EAGAIN".
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/ptp_clock.h>

/* A PTP device as clock id, see clock_getres(2). */
#define FD_TO_CLOCK(fd) ((clockid_t)((~(unsigned int)(fd) << 3) | 3))

static int open_clock(const char *name)
{
	glob_t names;
	int fd = -1;

	if (glob("/sys/class/ptp/ptp*/clock_name", 0, NULL, &names))
		return -1;
	for (size_t i = 0; i < names.gl_pathc && fd < 0; i++) {
		char text[64] = "", device[64];
		FILE *file = fopen(names.gl_pathv[i], "r");

		if (!file || !fgets(text, sizeof(text), file))
			continue;
		fclose(file);
		text[strcspn(text, "\n")] = '\0';
		if (strcmp(text, name))
			continue;
		snprintf(device, sizeof(device), "/dev/%s",
			 strtok(names.gl_pathv[i] + strlen("/sys/class/ptp/"), "/"));
		fd = open(device, O_RDWR);
	}
	globfree(&names);
	return fd;
}

static long long ns(struct ptp_clock_time t)
{
	return t.sec * 1000000000ll + t.nsec;
}

static int fail(void)
{
	printf("%s\n", strerrorname_np(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct ptp_sys_offset_extended extended = { .n_samples = 1 };
	struct ptp_sys_offset_precise precise = { 0 };
	struct timespec now;
	int fd;

	if (argc != 3)
		return 2;
	fd = open_clock(argv[1]);
	if (fd < 0) {
		printf("no such clock\n");
		return 1;
	}
	if (!strcmp(argv[2], "time") || !strcmp(argv[2], "ns")) {
		if (clock_gettime(FD_TO_CLOCK(fd), &now))
			return fail();
		printf("%lld\n", !strcmp(argv[2], "ns") ? now.tv_sec * 1000000000ll + now.tv_nsec :
		       (long long)now.tv_sec);
	} else if (!strcmp(argv[2], "extended")) {
		if (ioctl(fd, PTP_SYS_OFFSET_EXTENDED, &extended))
			return fail();
		/* The device was read between the first and the third. */
		printf("%lld\n", ns(extended.ts[0][1]) -
		       (ns(extended.ts[0][0]) + ns(extended.ts[0][2])) / 2);
	} else if (!strcmp(argv[2], "precise")) {
		if (ioctl(fd, PTP_SYS_OFFSET_PRECISE, &precise))
			return fail();
		printf("%lld\n", ns(precise.device) - ns(precise.sys_realtime));
	} else {
		return 2;
	}
	return 0;
}
