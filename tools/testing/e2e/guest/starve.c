// SPDX-License-Identifier: GPL-2.0
/*
 * starve FILE UNDO TEXT: write TEXT to FILE while the kernel's first allocation on its
 * behalf fails, then the second, and so on, until no further one is made. If the write
 * succeeds in spite of a failure, it is undone by writing TEXT to UNDO; the last write
 * is not undone.
 *
 * Prints how many failed, and how many calls with them.
 */
#include <errno.h>
#include <string.h>

#include "starve.h"

/* Makes an allocation of the write fail; @fed tells if the write got all its memory. */
static int put(const char *path, const char *text, bool *fed)
{
	int file = open(path, O_WRONLY), saved;
	ssize_t n;

	if (file < 0)
		return -1;
	if (fed)
		starve_begin();
	n = write(file, text, strlen(text));
	saved = errno;
	if (fed)
		*fed = !starve_end();
	close(file);
	errno = saved;
	return n < 0 ? -1 : 0;
}

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	unsigned long failures = 0;
	bool fed = false;

	if (argc != 4) {
		fprintf(stderr, "usage: starve FILE UNDO TEXT\n");
		return 2;
	}
	starve_start();
	while (!fed) {
		int ret = put(argv[1], argv[3], &fed);

		if (ret && fed)
			give_up(argv[1]);
		failures += !!ret;
		if (!ret && !fed && put(argv[2], argv[3], NULL))
			give_up(argv[2]);
	}
	printf("%lu allocations failed, %lu calls with them\n", starved, failures);
	return 0;
}
