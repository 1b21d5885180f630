// SPDX-License-Identifier: GPL-2.0
/* Small files below a root. */
#include "root.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static void reads(void **state)
{
	struct unit_root *root = *state;
	char buf[8];

	unit_file(root, "sys/a", "text \n\n");
	unit_file(root, "sys/long", "0123456789");
	unit_file(root, "sys/empty", "\n");
	assert_int_equal(hvu_read(root->fd, buf, sizeof(buf), "sys/%s", "a"), 4);
	assert_string_equal(buf, "text");
	assert_int_equal(hvu_read(root->fd, buf, sizeof(buf), "sys/long"), 7);
	assert_string_equal(buf, "0123456");
	assert_int_equal(hvu_read(root->fd, buf, sizeof(buf), "sys/empty"), 0);
	assert_int_equal(hvu_read(root->fd, buf, sizeof(buf), "sys/none"), -ENOENT);
	assert_string_equal(buf, "");
	assert_int_equal(hvu_read(root->fd, buf, sizeof(buf), "sys"), -EISDIR);
	assert_true(hvu_exists(root->fd, "sys/a"));
	assert_false(hvu_exists(root->fd, "sys/b"));
}

/* Whoever makes a file of ours may make something else of it. */
static void no_file(void **state)
{
	struct unit_root *root = *state;
	char buf[8], byte;
	FILE *file;

	assert_int_equal(mkfifoat(root->fd, "fifo", 0644), 0);
	alarm(20);
	assert_true(hvu_read(root->fd, buf, sizeof(buf), "fifo") <= 0);
	file = hvu_fopen(root->fd, "fifo");
	assert_non_null(file);
	assert_int_equal(fread(&byte, 1, 1, file), 0);
	alarm(0);
	fclose(file);
}

static void writes(void **state)
{
	struct unit_root *root = *state;
	char buf[8];

	unit_file(root, "a", "");
	assert_int_equal(hvu_write(root->fd, "text", "a"), 0);
	hvu_read(root->fd, buf, sizeof(buf), "a");
	assert_string_equal(buf, "text");
	assert_int_equal(hvu_write(root->fd, "text", "b"), -ENOENT);
	assert_false(hvu_exists(root->fd, "b"));
}

/* Whatever a link says, there is nothing outside. */
static void stays_below(void **state)
{
	struct unit_root *root = *state;
	char buf[64];

	unit_symlink(root, "absolute", "/etc/passwd");
	unit_symlink(root, "up", "../../../../../../../../etc/passwd");
	assert_int_equal(hvu_read(root->fd, buf, sizeof(buf), "absolute"), -ENOENT);
	assert_int_equal(hvu_read(root->fd, buf, sizeof(buf), "up"), -ENOENT);
	unit_file(root, "etc/passwd", "ours");
	assert_int_equal(hvu_read(root->fd, buf, sizeof(buf), "absolute"), 4);
	assert_int_equal(hvu_read(root->fd, buf, sizeof(buf), "up"), 4);
}

static void links(void **state)
{
	struct unit_root *root = *state;
	char buf[32];

	unit_symlink(root, "driver", "../../drivers/hv_ic");
	unit_symlink(root, "name", "hv_ic");
	unit_file(root, "file", "");
	assert_int_equal(hvu_link(root->fd, buf, sizeof(buf), "driver"), 0);
	assert_string_equal(buf, "../../drivers/hv_ic");
	assert_int_equal(hvu_link_name(root->fd, buf, sizeof(buf), "driver"), 0);
	assert_string_equal(buf, "hv_ic");
	assert_int_equal(hvu_link_name(root->fd, buf, sizeof(buf), "name"), 0);
	assert_string_equal(buf, "hv_ic");
	assert_true(hvu_link(root->fd, buf, sizeof(buf), "file") < 0);
	assert_int_equal(hvu_link_name(root->fd, buf, sizeof(buf), "none"), -ENOENT);
	assert_string_equal(buf, "");
}

static void lists(void **state)
{
	struct unit_root *root = *state;
	char **names;

	unit_file(root, "d/b", "");
	unit_file(root, "d/a", "");
	unit_file(root, "d/.hidden", "");
	names = hvu_list(root->fd, "d");
	assert_string_equal(names[0], ".hidden");
	assert_string_equal(names[1], "a");
	assert_string_equal(names[2], "b");
	assert_null(names[3]);
	hvu_list_free(names);
	names = hvu_list(root->fd, "none");
	assert_null(names[0]);
	hvu_list_free(names);
	hvu_list_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_file, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(reads, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(writes, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(stays_below, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(links, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(lists, unit_root_setup, unit_root_teardown),
	};

	return cmocka_run_group_tests_name("root", tests, NULL, NULL);
}
