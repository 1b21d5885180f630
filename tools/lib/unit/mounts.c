// SPDX-License-Identifier: GPL-2.0
/* The file systems that are mounted. */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "root.h"
#include "unit.h"

static char *const none[] = { NULL };

#define TYPES "nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\nnodev\tnfs4\nnodev\tfuse\n" \
	"nodev\tzfs\n\text4\n\txfs\n\tbtrfs\n\tvfat\n\tsquashfs\n\tfuseblk\n"

static struct hvu_mounts read_mounts(struct unit_root *root, const char *table,
				     char *const *include, char *const *exclude)
{
	struct hvu_mounts mounts;

	unit_file(root, "proc/filesystems", TYPES);
	unit_file(root, "proc/self/mountinfo", table);
	assert_int_equal(hvu_mounts_read(&mounts, root->fd, include, exclude), 0);
	return mounts;
}

/* One line: each file system by its first mount, with its level or why it is skipped. */
static void expect(struct hvu_mounts *mounts, const char *expected)
{
	static const char *const words[] = {
		[HVU_SKIP_NO_DISK] = "no-disk", [HVU_SKIP_REMOTE] = "remote",
		[HVU_SKIP_REMOTE_DISK] = "remote-disk", [HVU_SKIP_USER] = "user",
		[HVU_SKIP_READ_ONLY] = "ro",
		[HVU_SKIP_EXCLUDED] = "excluded", [HVU_SKIP_NOT_INCLUDED] = "not-included",
	};
	char text[1024] = "";
	size_t len = 0;

	for (size_t i = 0; i < mounts->n; i++) {
		const struct hvu_filesystem *fs = &mounts->all[i];

		len += snprintf(text + len, sizeof(text) - len, "%s%s=", i ? " " : "",
				fs->mounts[0].path);
		if (fs->skip)
			len += snprintf(text + len, sizeof(text) - len, "%s", words[fs->skip]);
		else
			len += snprintf(text + len, sizeof(text) - len, "%u", fs->level);
		assert_int_equal(!fs->skip, i < mounts->n_frozen);
		assert_int_equal(!hvu_skip_text(fs->skip), !fs->skip);
	}
	assert_string_equal(text, expected);
	hvu_mounts_free(mounts);
}

static void usual(void **state)
{
	static const char table[] =
		"21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
		"22 21 0:5 / /proc rw - proc proc rw\n"
		"23 21 0:22 / /run rw - tmpfs tmpfs rw\n"
		"24 21 8:2 / /boot/efi rw - vfat /dev/sda2 rw\n"
		"25 21 0:40 / /net rw - nfs4 server:/net rw\n"
		"26 21 8:3 / /home ro - xfs /dev/sda3 rw\n"
		"27 21 8:4 / /cd rw - ext4 /dev/sda4 ro,norecovery\n"
		"28 21 8:1 /srv /srv rw - ext4 /dev/sda1 rw\n"
		"29 21 0:41 / /disk rw - fuse.sshfs user@host: rw\n"
		"30 21 8:5 / /ntfs rw - fuseblk /dev/sda5 rw\n"
		"31 21 7:3 / /snap/core ro - squashfs /dev/loop3 ro\n"
		"32 21 8:6 / /a\\040b\\134c rw - ext4 /dev/sda6 rw\n"
		"33 21 0:42 / /tank rw - zfs tank/data rw,xattr\n"
		"34 21 0:43 / /old rw - zfs tank/old ro,xattr\n";
	struct hvu_mounts mounts = read_mounts(*state, table, none, none);

	assert_int_equal(mounts.all[0].n_mounts, 2);
	assert_int_equal(mounts.all[0].device, makedev(8, 1));
	assert_string_equal(mounts.all[0].source, "/dev/sda1");
	expect(&mounts, "/=0 /a b\\c=0 /boot/efi=0 /home=0 /tank=0 /cd=ro /disk=user /net=remote "
	       "/ntfs=user /old=ro /proc=no-disk /run=no-disk /snap/core=ro");
}

/* /img on a loop device's file in /, /top on one in /img, through a partition and dm. */
static void stacked(void **state)
{
	static const char table[] =
		"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"22 21 7:0 / /img rw - ext4 /dev/loop0 rw\n"
		"23 21 253:0 / /top rw - xfs /dev/mapper/top rw\n"
		"24 21 8:2 / /other rw - ext4 /dev/sda2 rw\n";
	struct unit_root *root = *state;
	struct hvu_mounts mounts;

	unit_file(root, "sys/dev/block/7:0/loop/backing_file", "/var/img\n");
	unit_file(root, "sys/dev/block/253:0/dm/name", "top\n");
	unit_symlink(root, "sys/dev/block/253:0/slaves/loop1p1", "../../259:0");
	unit_file(root, "sys/class/block/loop1p1/dev", "259:0\n");
	unit_file(root, "sys/devices/loop1/loop1p1/partition", "1\n");
	unit_file(root, "sys/devices/loop1/loop/backing_file", "/img/disk (deleted)\n");
	unit_symlink(root, "sys/dev/block/259:0", "../../devices/loop1/loop1p1");
	mounts = read_mounts(root, table, none, none);
	expect(&mounts, "/other=0 /top=0 /img=1 /=2");
}

/* By whole names, and by the last mount of a place. */
static void below(void **state)
{
	static const char table[] =
		"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"22 21 8:2 / /img rw - ext4 /dev/sda2 rw\n"
		"23 22 8:3 / /img rw - ext4 /dev/sda3 rw\n"
		"24 21 8:4 / /image rw - ext4 /dev/sda4 rw\n"
		"25 21 7:0 / /a rw - ext4 /dev/loop0 rw\n"
		"26 21 7:1 / /b rw - ext4 /dev/loop1 rw\n"
		"27 21 7:2 / /c rw - ext4 /dev/loop2 rw\n";
	struct unit_root *root = *state;
	struct hvu_mounts mounts;

	unit_file(root, "sys/dev/block/7:0/loop/backing_file", "/img/a\n");
	unit_file(root, "sys/dev/block/7:1/loop/backing_file", "/images/b\n");
	unit_file(root, "sys/dev/block/7:2/loop/backing_file", "(unreachable)/c\n");
	mounts = read_mounts(root, table, none, none);
	assert_int_equal(mounts.all[5].device, makedev(8, 1));
	assert_int_equal(mounts.all[6].device, makedev(8, 3));
	expect(&mounts, "/a=0 /b=0 /c=0 /image=0 /img=0 /=1 /img=1");
}

/* A file whose way leads through an overlay is in the overlay's upper layer. */
static void on_overlay(void **state)
{
	static const char table[] =
		"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"22 21 8:2 / /data rw - ext4 /dev/sda2 rw\n"
		"23 21 0:50 / /merged rw - overlay o rw,lowerdir=/l,upperdir=/data/u,workdir=/data/w\n"
		"24 21 7:0 / /img rw - ext4 /dev/loop0 rw\n";
	struct unit_root *root = *state;
	struct hvu_mounts mounts;

	unit_file(root, "sys/dev/block/7:0/loop/backing_file", "/merged/img\n");
	mounts = read_mounts(root, table, none, none);
	expect(&mounts, "/=0 /img=0 /data=2 /merged=no-disk");
}

static void on_remote_file(void **state)
{
	static const char table[] =
		"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"22 21 7:1 / /above rw - ext4 /dev/loop1 rw\n"
		"23 21 7:0 / /img rw - ext4 /dev/loop0 rw\n"
		"24 21 0:50 / /net rw - nfs4 server:/net rw\n";
	struct unit_root *root = *state;
	struct hvu_mounts mounts;

	unit_file(root, "sys/dev/block/7:0/loop/backing_file", "/net/img\n");
	unit_file(root, "sys/dev/block/7:1/loop/backing_file", "/img/img\n");
	mounts = read_mounts(root, table, none, none);
	expect(&mounts, "/=0 /above=remote /img=remote /net=remote");
}

/* By iSCSI, also below LVM and below a loop; by nbd; and one that is only named so. */
static void on_remote_disk(void **state)
{
	static const char table[] =
		"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"22 21 8:17 / /iscsi rw - ext4 /dev/sdb1 rw\n"
		"23 21 253:0 / /lvm rw - xfs /dev/mapper/lvm rw\n"
		"24 21 43:0 / /nbd rw - ext4 /dev/nbd0 rw\n"
		"25 21 7:0 / /img rw - ext4 /dev/loop0 rw\n"
		"26 21 8:18 / /ro rw - ext4 /dev/sdb2 ro\n"
		"27 21 8:33 / /sessions rw - ext4 /dev/sdc1 rw\n";
	char *const some[] = { "/nbd", "/img", "/", NULL }, *const image[] = { "/img", NULL };
	struct unit_root *root = *state;
	struct hvu_mounts mounts;

#define DEVICES "../../devices/"
#define ISCSI DEVICES "platform/host3/session1/target3:0:0/3:0:0:0/block/sdb"
	unit_symlink(root, "sys/dev/block/8:17", ISCSI "/sdb1");
	unit_symlink(root, "sys/dev/block/8:18", ISCSI "/sdb2");
	unit_symlink(root, "sys/dev/block/8:33", DEVICES "pci/sessions/host0/block/sdc/sdc1");
	unit_symlink(root, "sys/dev/block/43:0", DEVICES "virtual/block/nbd0");
	unit_symlink(root, "sys/dev/block/253:0", DEVICES "virtual/block/dm-0");
	unit_symlink(root, "sys/devices/virtual/block/dm-0/slaves/sdb1", "../../sdb1");
	unit_file(root, "sys/class/block/sdb1/dev", "8:17\n");
	unit_file(root, "sys/dev/block/7:0/loop/backing_file", "/lvm/img\n");
	mounts = read_mounts(root, table, none, none);
	expect(&mounts, "/=0 /sessions=0 /img=remote-disk /iscsi=remote-disk /lvm=remote-disk "
	       "/nbd=remote-disk /ro=ro");
	mounts = read_mounts(root, table, some, image);
	expect(&mounts, "/=0 /nbd=0 /img=excluded /iscsi=remote-disk /lvm=remote-disk /ro=ro "
	       "/sessions=not-included");
}

/* The way to /auto asks nobody, since it is mounted; that to /far/disk asks a server. */
static void on_the_way(void **state)
{
	static const char table[] =
		"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"22 21 0:50 / /auto rw - autofs systemd-1 rw,fd=50,direct\n"
		"23 22 8:2 / /auto rw - ext4 /dev/sda2 rw\n"
		"24 23 8:3 / /auto/deep rw - xfs /dev/sda3 rw\n"
		"25 21 0:51 / /far rw - nfs4 server:/far rw\n"
		"26 25 8:4 / /far/disk rw - ext4 /dev/sda4 rw\n"
		"27 26 8:5 / /far/disk/deep rw - ext4 /dev/sda5 rw\n"
		"28 21 0:52 / /fuse rw - fuse.x x rw\n"
		"29 28 8:6 / /fuse/disk rw - ext4 /dev/sda6 rw\n";
	struct hvu_mounts mounts = read_mounts(*state, table, none, none);

	for (size_t i = 0; i < mounts.n_frozen; i++) {
		const struct hvu_mount *mount = &mounts.all[i].mounts[0];

		assert_int_equal(mount->beyond, !strncmp(mount->path, "/far", 4) ||
				 !strncmp(mount->path, "/fuse", 5));
	}
	expect(&mounts, "/=0 /auto=0 /auto/deep=0 /far/disk=0 /far/disk/deep=0 /fuse/disk=0 "
	       "/auto=no-disk /far=remote /fuse=user");
}

/* Its number is of no device; subvolumes are one file system; a second device is a loop. */
static void btrfs(void **state)
{
	static const char table[] =
		"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"22 21 0:60 /@a /a rw - btrfs /dev/sda2 rw,subvol=/@a\n"
		"23 21 0:60 /@b /b rw - btrfs /dev/sda2 rw,subvol=/@b\n";
	struct unit_root *root = *state;
	struct hvu_mounts mounts;

	unit_file(root, "sys/fs/btrfs/features/x", "0\n");
	unit_file(root, "sys/fs/btrfs/1-2/devices/sda2/dev", "8:2\n");
	unit_file(root, "sys/fs/btrfs/1-2/devices/loop0/dev", "7:0\n");
	unit_file(root, "sys/class/block/loop0/dev", "7:0\n");
	unit_file(root, "sys/class/block/sda2/dev", "8:2\n");
	unit_file(root, "sys/dev/block/7:0/loop/backing_file", "/img\n");
	mounts = read_mounts(root, table, none, none);
	assert_int_equal(mounts.all[0].n_mounts, 2);
	expect(&mounts, "/a=0 /=1");
}

static void circle(void **state)
{
	static const char table[] =
		"22 1 7:0 / /a rw - ext4 /dev/loop0 rw\n"
		"23 1 7:1 / /b rw - ext4 /dev/loop1 rw\n"
		"24 1 253:0 / /c rw - ext4 /dev/dm-0 rw\n";
	struct unit_root *root = *state;
	struct hvu_mounts mounts;

	unit_file(root, "sys/dev/block/7:0/loop/backing_file", "/b/img\n");
	unit_file(root, "sys/dev/block/7:1/loop/backing_file", "/a/img\n");
	unit_symlink(root, "sys/dev/block/253:0/slaves/dm-0", "..");
	unit_file(root, "sys/class/block/dm-0/dev", "253:0\n");
	mounts = read_mounts(root, table, none, none);
	assert_int_equal(mounts.n_frozen, 3);
	hvu_mounts_free(&mounts);
}

static void globs(void **state)
{
	static const char table[] =
		"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"22 21 8:2 / /srv/a rw - ext4 /dev/sda2 rw\n"
		"23 21 8:3 / /srv/b rw - ext4 /dev/sda3 rw\n"
		"24 21 8:3 / /mnt/b rw - ext4 /dev/sda3 rw\n"
		"25 21 8:16 / /rest rw - ext4 /dev/longhorn/pvc rw\n";
	char *const srv[] = { "/srv/*", NULL }, *const some[] = { "/mnt/*", "/dev/longhorn/*", NULL };
	struct hvu_mounts mounts = read_mounts(*state, table, none, some);

	expect(&mounts, "/=0 /srv/a=0 /rest=excluded /srv/b=excluded");
	mounts = read_mounts(*state, table, srv, some);
	expect(&mounts, "/srv/a=0 /=not-included /rest=excluded /srv/b=excluded");
}

static void unusable(void **state)
{
	struct unit_root *root = *state;
	struct hvu_mounts mounts;

	assert_int_equal(hvu_mounts_read(&mounts, root->fd, none, none), -ENOENT);
	unit_file(root, "proc/filesystems", TYPES);
	assert_int_equal(hvu_mounts_read(&mounts, root->fd, none, none), -ENOENT);
	unit_file(root, "proc/self/mountinfo", "");
	assert_int_equal(hvu_mounts_read(&mounts, root->fd, none, none), 0);
	assert_int_equal(mounts.n, 0);
	hvu_mounts_free(&mounts);
}

/* A file system that is left out is not left out in silence. */
static void unread(void **state)
{
	struct hvu_mounts mounts = read_mounts(*state, "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
					       "22 21 8:2 / /home\n"
					       "23 21 8:3 / /srv rw - ext4 /dev/sda3 rw\n",
					       none, none);

	assert_int_equal(mounts.n_unread, 1);
	expect(&mounts, "/=0 /srv=0");
}

/* --- Opening. What a mount is does not matter, but for its number. ------------------------ */

static int id_of(struct unit_root *root)
{
	struct statx status;

	assert_int_equal(statx(root->fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status), 0);
	return status.stx_mnt_id;
}

static int open_at(struct unit_root *root, int id, const char *path, bool beyond)
{
	struct hvu_mount mount = { .id = id, .path = (char *)path, .beyond = beyond };
	struct hvu_filesystem filesystem = { .mounts = &mount, .n_mounts = 1 };
	int fd = hvu_filesystem_open(root->fd, &filesystem);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static void opened(void **state)
{
	struct unit_root *root = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int id = id_of(root), fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char path[128];

	unit_file(root, "folder/file", "");
	assert_int_equal(open_at(root, id, "/folder", false), 0);
	assert_int_equal(open_at(root, id, "/folder/file", false), 0);
	assert_int_equal(open_at(root, id, "/nothing", false), -ENOENT);
	/* Something is mounted over it, or the way there leads elsewhere. */
	assert_int_equal(open_at(root, id + 100000, "/folder", false), -ENOENT);
	assert_int_equal(open_at(root, id, "/folder", true), -ENOENT);

	snprintf(path, sizeof(path), "%s/fifo", root->path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(open_at(root, id, "/fifo", false), -ENXIO);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock", root->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(open_at(root, id, "/sock", false), -ENXIO);
	close(fd);
}

/* Any mount of it will do. */
static void opened_at_another(void **state)
{
	struct unit_root *root = *state;
	int id = id_of(root);
	struct hvu_mount mounts[] = {
		{ .id = id, .path = "/fifo" }, { .id = id, .path = "/gone" },
		{ .id = id, .path = "/folder" },
	};
	struct hvu_filesystem filesystem = { .mounts = mounts, .n_mounts = 3 };
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/fifo", root->path);
	assert_int_equal(mkfifo(path, 0600), 0);
	unit_folder(root, "folder");
	fd = hvu_filesystem_open(root->fd, &filesystem);
	assert_true(fd >= 0);
	close(fd);
	filesystem.n_mounts = 2;
	assert_int_equal(hvu_filesystem_open(root->fd, &filesystem), -ENXIO);
}

/* What this machine has: nothing is skipped without a reason, and all the rest can be opened. */
static void real(void **state)
{
	struct hvu_mounts mounts;
	int root = hvu_root_open("/");

	(void)state;
	assert_int_equal(hvu_mounts_read(&mounts, root, none, none), 0);
	assert_true(mounts.n > 0);
	for (size_t i = 0; i < mounts.n_frozen; i++) {
		int fd = hvu_filesystem_open(root, &mounts.all[i]);

		assert_true(fd >= 0 || fd == -ENOENT || fd == -EACCES || fd == -ENXIO);
		if (fd >= 0)
			close(fd);
	}
	hvu_mounts_free(&mounts);
	close(root);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(usual), TEST(stacked), TEST(below), TEST(on_overlay), TEST(on_remote_file),
		TEST(on_remote_disk), TEST(on_the_way), TEST(btrfs),
		TEST(circle), TEST(globs), TEST(unusable), TEST(unread), TEST(opened), TEST(opened_at_another),
		cmocka_unit_test(real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
