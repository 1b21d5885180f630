// SPDX-License-Identifier: GPL-2.0
/* Where the bytes of a disk come from, and where those go that the guest writes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "unit.h"

static struct hv_disk disk;
static char path[] = "/tmp/hvhost-disk-XXXXXX";

static bool file_begins(const char *text)
{
	char got[8] = "";
	int fd = open(path, O_RDONLY);
	bool same = read(fd, got, strlen(text)) > 0 && !strcmp(got, text);

	close(fd);
	return same;
}

/* hv_host_init() with that configuration, and the disk opened */
static int open_disk(struct hv_host *host, const struct hv_config *config)
{
	*host = (struct hv_host) { .disk = &disk };
	hv_host_init(host, config);
	return hv_disk_open(host);
}

static void close_disk(struct hv_host *host)
{
	hv_disk_close(host);
	hv_host_exit(host);
}

static void none_and_blank(struct hv_host *host)
{
	unit_check(!open_disk(host, &(struct hv_config) {}) && !disk.bytes, "no disk is no error");
	close_disk(host);
	unit_check(!open_disk(host, &(struct hv_config) { .disk_mib = 4 }) && disk.size == 4 << 20,
		   "a blank one");
	memcpy(disk.bytes, "new", 4);
	unit_check(!hv_disk_open(host) && !strcmp((char *)disk.bytes, "new"),
		   "is the same one for the next guest");
	close_disk(host);
	unit_check(!disk.bytes && !disk.size, "until it is closed");
}

static void file(struct hv_host *host)
{
	int fd = mkstemp(path);

	if (write(fd, "old", 3) != 3 || ftruncate(fd, 2 << 20))
		exit(1);
	unit_check(!open_disk(host, &(struct hv_config) { .disk = path }) &&
		   disk.size == 2 << 20 && !strcmp((char *)disk.bytes, "old"), "a file");
	memcpy(disk.bytes, "new", 4);
	close_disk(host);
	unit_check(file_begins("old"), "a snapshot leaves the file as it was");
	open_disk(host, &(struct hv_config) { .disk = path, .keep_disk = true });
	memcpy(disk.bytes, "new", 4);
	close_disk(host);
	unit_check(file_begins("new"), "a disk that is kept has it in the file");
	if (ftruncate(fd, (2 << 20) + 512))
		exit(1);
	unit_check(open_disk(host, &(struct hv_config) { .disk = path }) == -EINVAL && !disk.bytes,
		   "a size that Linux refuses");
	close_disk(host);
	if (ftruncate(fd, 0))
		exit(1);
	unit_check(open_disk(host, &(struct hv_config) { .disk = path }) == -EINVAL, "an empty file");
	close_disk(host);
	unlink(path);
	unit_check(open_disk(host, &(struct hv_config) { .disk = path }) == -ENOENT && !disk.bytes,
		   "no such file");
	close_disk(host);
	close(fd);
}

/* The file's bytes, and behind the gap blank ones. */
static void file_and_blank(struct hv_host *host)
{
	const size_t first = 2 << 20, second = 4 << 20;
	char name[] = "/tmp/hvhost-disk-XXXXXX";
	int fd = mkstemp(name);
	char *blank;

	if (write(fd, "old", 3) != 3 || ftruncate(fd, first))
		exit(1);
	unit_check(!open_disk(host, &(struct hv_config) { .disk = name, .disk_mib = 4 }) &&
		   disk.size == first + HV_DISK_GAP + second && disk.second == second &&
		   !strcmp((char *)disk.bytes, "old"), "a file and a blank one");
	blank = (char *)disk.bytes + disk.size - disk.second;
	strcpy(blank, "then");
	hv_disk_keep(host);
	strcpy(blank, "now");
	strcpy((char *)disk.bytes, "now");
	unit_check(!hv_disk_return(host) && !strcmp((char *)disk.bytes, "old") &&
		   !strcmp(blank, "then"), "both have a checkpoint");
	close_disk(host);
	unlink(name);
	close(fd);
}

/* Two pages: one that is written before the checkpoint, and both after it. */
static void checkpoint(struct hv_host *host, const struct hv_config *config, const char *untouched)
{
	char *first, *second;

	open_disk(host, config);
	first = (char *)disk.bytes;
	second = first + (1 << 20);
	unit_check(hv_disk_return(host) == -ENOENT, "no checkpoint to go back to");
	strcpy(first, "then");
	unit_check(!hv_disk_keep(host), "a checkpoint");
	for (int i = 0; i < 2; i++) {
		strcpy(first, "now");
		strcpy(second, "now");
		unit_check(!hv_disk_return(host) && first == (char *)disk.bytes &&
			   !strcmp(first, "then"), "what was written before it is there again");
		unit_check(!strcmp(second, untouched), "what was written after it is not");
	}
	strcpy(second, "then");
	unit_check(!hv_disk_keep(host), "the next checkpoint");
	strcpy(second, "now");
	unit_check(!hv_disk_return(host) && !strcmp(second, "then"), "takes the place of the first");
	close_disk(host);
}

static void checkpoints(struct hv_host *host)
{
	char name[] = "/tmp/hvhost-disk-XXXXXX";
	int fd = mkstemp(name);

	if (ftruncate(fd, 2 << 20) || pwrite(fd, "file", 5, 1 << 20) != 5)
		exit(1);
	checkpoint(host, &(struct hv_config) { .disk = name }, "file");
	checkpoint(host, &(struct hv_config) { .disk_mib = 2 }, "");
	open_disk(host, &(struct hv_config) { .disk = name, .keep_disk = true });
	unit_check(hv_disk_keep(host) == -EOPNOTSUPP, "none of a file that is written itself");
	close_disk(host);
	open_disk(host, &(struct hv_config) {});
	unit_check(hv_disk_keep(host) == -ENODEV, "none of no disk");
	close_disk(host);
	unlink(name);
	close(fd);
}

int main(void)
{
	struct hv_host host;

	none_and_blank(&host);
	file(&host);
	file_and_blank(&host);
	checkpoints(&host);
	return unit_done();
}
