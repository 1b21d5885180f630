// SPDX-License-Identifier: GPL-2.0
/*
 * File systems that are not frozen, and the search for those that are. A real freeze
 * needs a file system that can be frozen: that is tried in a guest.
 */
#include "frozen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "root.h"
#include "unit.h"

/* A process whose root is a folder of ours. */
static int begin(struct unit_root *root, const char *mounts)
{
	char whole[PATH_MAX];
	int proc;

	snprintf(whole, sizeof(whole), "%s/tree", root->path);
	unit_folder(root, "tree/data");
	unit_symlink(root, "proc/20/root", whole);
	unit_file(root, "proc/20/mounts", mounts);
	proc = hvu_open(root->fd, O_RDONLY | O_DIRECTORY, "proc/20");
	assert_true(proc >= 0);
	return proc;
}

static void none_frozen(void **state)
{
	struct unit_root *root = *state;
	int proc = begin(root, "proc /proc proc rw 0 0\n/dev/sda1 /data ext4 rw 0 0\n"
			 "/dev/sdb1 /no\\040folder ext4 rw,relatime 0 0\n"
			 "/dev/sdc1 (unreachable) ext4 rw 0 0\n"
			 "/dev/sdd1 /data iso9660 ro 0 0\n");
	char where[64] = "";

	assert_int_equal(hvic_find_frozen(proc, 60000, -1, where, sizeof(where)), 0);
	assert_string_equal(where, "");
	assert_true(hvu_exists(root->fd, "tree/data"));
	close(proc);
}

static void no_mounts(void **state)
{
	int proc = begin(*state, "");
	char where[64];

	assert_int_equal(hvic_find_frozen(proc, 60000, -1, where, sizeof(where)), 0);
	close(proc);
	assert_true(hvic_find_frozen(proc, 60000, -1, where, sizeof(where)) < 0);
}

static void woken(void **state)
{
	int proc = begin(*state, "/dev/sda1 /data ext4 rw 0 0\n"), wake[2];
	char where[64];

	assert_int_equal(pipe(wake), 0);
	assert_int_equal(write(wake[1], "", 1), 1);
	assert_int_equal(hvic_find_frozen(proc, 60000, wake[0], where, sizeof(where)), -EINTR);
	close(wake[0]);
	close(wake[1]);
	close(proc);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(none_frozen),
		TEST(no_mounts),
		TEST(woken),
	};

	return cmocka_run_group_tests_name("frozen", tests, NULL, NULL);
}
