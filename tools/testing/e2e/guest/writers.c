// SPDX-License-Identifier: GPL-2.0
/*
 * writers FILE...: append to each of these files ten times a second, until it is ended. What holds
 * up one of them does not hold up the others.
 *
 * writers -g FILE...: do they grow? Fails if one does not within half a second.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PAUSE_US	100000
#define LOOK_US		20000
#define LOOKS		25

static void write_on(const char *name)
{
	int file = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (file < 0)
		err(1, "%s", name);
	while (write(file, "\n", 1) == 1)
		usleep(PAUSE_US);
	err(1, "%s", name);
}

static off_t size_of(const char *name)
{
	struct stat status;

	if (stat(name, &status))
		err(1, "%s", name);
	return status.st_size;
}

static bool grows(const char *name)
{
	off_t before = size_of(name);

	for (int i = 0; i < LOOKS; i++) {
		usleep(LOOK_US);
		if (size_of(name) > before)
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "-g")) {
		for (argv += 2; *argv; argv++)
			if (!grows(*argv))
				errx(1, "%s does not grow", *argv);
		return 0;
	}
	while (*++argv) {
		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		write_on(*argv);
	}
	while (wait(NULL) > 0)
		;
	return 1;
}
