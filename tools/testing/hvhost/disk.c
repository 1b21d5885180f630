// SPDX-License-Identifier: GPL-2.0
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int map_blank(struct hv_disk *disk, unsigned int mib)
{
	disk->size = (size_t)mib << 20;
	disk->bytes = mmap(NULL, disk->size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return disk->bytes == MAP_FAILED ? -errno : 0;
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
	if (size < 0) {
		ret = -errno;
	} else {
		disk->size = size;
		disk->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   keep ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE, fd, 0);
		if (disk->bytes == MAP_FAILED)
			ret = -errno;
	}
	close(fd);
	return ret;
}

int hv_disk_open(struct hv_host *host)
{
	const struct hv_config *config = &host->config;
	struct hv_disk disk = {};
	int ret = 0;

	if (host->disk->bytes)
		return 0;
	if (config->disk)
		ret = map_file(&disk, config->disk, config->keep_disk);
	else if (config->disk_mib)
		ret = map_blank(&disk, config->disk_mib);
	if (ret) {
		errno = -ret;
		hv_complain("the disk %s: %m", config->disk ? config->disk : "in memory");
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

void hv_disk_close(struct hv_host *host)
{
	struct hv_disk *disk = host->disk;

	if (disk->bytes)
		munmap(disk->bytes, disk->size);
	*disk = (struct hv_disk) {};
}
