// SPDX-License-Identifier: GPL-2.0
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The beginning of the disk. Where that is mapped already, what was written there is gone. */
static int map(struct hv_disk *disk, size_t size, int flags, int fd)
{
	void *bytes = mmap(disk->bytes, size, PROT_READ | PROT_WRITE,
			   flags | (disk->bytes ? MAP_FIXED : 0), fd, 0);

	if (bytes == MAP_FAILED)
		return -errno;
	disk->bytes = bytes;
	return 0;
}

static int map_blank(struct hv_disk *disk, size_t size)
{
	disk->size = size;
	return map(disk, size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
}

/* A file or a block device. Pages that the guest writes are copied, or the file's own. */
static int map_file(struct hv_disk *disk, const char *path, bool keep)
{
	int fd = open(path, (keep ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	off_t size;
	int ret = 0;

	if (fd < 0)
		return -errno;
	size = lseek(fd, 0, SEEK_END);
	if (size < 0)
		ret = -errno;
	else if (disk->second)
		ret = map_blank(disk, size + HV_DISK_GAP + disk->second);
	else
		disk->size = size;
	if (!ret)
		ret = map(disk, size, keep ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE, fd);
	close(fd);
	return ret;
}

static int map_configured(struct hv_disk *disk, const struct hv_config *config)
{
	size_t blank = (size_t)config->disk_mib << 20;

	if (!config->disk)
		return blank ? map_blank(disk, blank) : 0;
	disk->second = blank;
	return map_file(disk, config->disk, config->keep_disk);
}

int hv_disk_open(struct hv_host *host)
{
	const struct hv_config *config = &host->config;
	struct hv_disk disk = {};
	int ret;

	if (host->disk->bytes)
		return 0;
	ret = map_configured(&disk, config);
	if (ret) {
		errno = -ret;
		hv_complain("the disk %s: %m", config->disk ? config->disk : "in memory");
		if (disk.bytes)
			munmap(disk.bytes, disk.size);
		return ret;
	}
	*host->disk = disk;
	if (disk.size % HV_DISK_ALIGN) {
		hv_complain("the disk %s: its %zu bytes are no multiple of 2 MiB",
			    config->disk ? config->disk : "in memory", disk.size);
		hv_disk_close(host);
		return -EINVAL;
	}
	return 0;
}

/*
 * Checkpoints. What has not been written is still as the file has it, so a copy has the other pages
 * only. The kernel tells them apart: they are memory of our own, see its
 * Documentation/admin-guide/mm/pagemap.rst.
 */

#define PAGE_OF_FILE	0x2000000000000000ull
#define PAGE_SWAPPED	0x4000000000000000ull
#define PAGE_PRESENT	0x8000000000000000ull

static void forget(struct hv_disk *disk)
{
	free(disk->kept);
	free(disk->pages);
	disk->kept = NULL;
	disk->pages = NULL;
	disk->n = 0;
}

static bool is_written(uint64_t entry)
{
	return entry & (PAGE_PRESENT | PAGE_SWAPPED) && !(entry & PAGE_OF_FILE);
}

/* What the kernel says about each page of the disk, to be freed; NULL with errno. */
static uint64_t *read_pagemap(const struct hv_disk *disk, size_t n, size_t page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t size = n * sizeof(uint64_t), done = 0;
	off_t start = (uintptr_t)disk->bytes / page * sizeof(uint64_t);
	uint64_t *map = malloc(size);
	ssize_t got = map && fd >= 0;

	while (got > 0 && done < size) {
		got = pread(fd, (char *)map + done, size - done, start + done);
		done += got > 0 ? got : 0;
	}
	if (fd >= 0)
		close(fd);
	if (done == size)
		return map;
	free(map);
	return NULL;
}

int hv_disk_keep(struct hv_host *host)
{
	size_t page = sysconf(_SC_PAGESIZE), n = host->disk->size / page;
	struct hv_disk *disk = host->disk;
	uint64_t *map;

	if (!disk->bytes)
		return -ENODEV;
	if (host->config.keep_disk)
		return -EOPNOTSUPP;
	map = read_pagemap(disk, n, page);
	if (!map)
		return -EIO;
	forget(disk);
	for (size_t i = 0; i < n; i++)
		disk->n += is_written(map[i]);
	disk->kept = calloc(disk->n + 1, sizeof(*disk->kept));
	disk->pages = malloc((disk->n + 1) * page);
	if (!disk->kept || !disk->pages)
		abort();
	for (size_t i = 0, at = 0; i < n && at < disk->n; i++) {
		if (!is_written(map[i]))
			continue;
		disk->kept[at] = i;
		memcpy(disk->pages + at++ * page, disk->bytes + i * page, page);
	}
	free(map);
	return 0;
}

int hv_disk_return(struct hv_host *host)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct hv_disk *disk = host->disk;
	int ret;

	if (!disk->pages)
		return -ENOENT;
	ret = map_configured(disk, &host->config);
	for (size_t i = 0; !ret && i < disk->n; i++)
		memcpy(disk->bytes + disk->kept[i] * page, disk->pages + i * page, page);
	return ret;
}

void hv_disk_close(struct hv_host *host)
{
	struct hv_disk *disk = host->disk;

	if (disk->bytes)
		munmap(disk->bytes, disk->size);
	forget(disk);
	*disk = (struct hv_disk) {};
}
