// SPDX-License-Identifier: GPL-2.0
/* Whether files have changed, without reading them. */
#include "stamp.h"

#include <sys/stat.h>

static uint64_t mix(uint64_t stamp, uint64_t number)
{
	return (stamp ^ number) * 0x100000001b3ull;
}

/**
 * hvic_stamp() - a number that is another one when one of some files has changed
 * @root: below which they are
 * @paths: of files, and of folders in which programs replace files
 * @n: how many
 *
 * Return: the number; never 0.
 */
uint64_t hvic_stamp(int root, const char *const *paths, size_t n)
{
	uint64_t stamp = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < n; i++) {
		struct stat info;

		stamp = mix(stamp, i + 1);
		if (fstatat(root, paths[i], &info, 0) < 0)
			continue;
		stamp = mix(stamp, info.st_dev);
		stamp = mix(stamp, info.st_ino);
		stamp = mix(stamp, info.st_size);
		stamp = mix(stamp, info.st_mtim.tv_sec);
		stamp = mix(stamp, info.st_mtim.tv_nsec);
	}
	return stamp ? stamp : 1;
}
