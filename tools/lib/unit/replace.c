// SPDX-License-Identifier: GPL-2.0
#include "unit.h"
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "root.h"

/* As hvu_replace() wants it: the root's own descriptor cannot be flushed. */
static int replace(struct unit_root *root, const char *name, mode_t mode, bool durable,
		   const char *text)
{
	int folder = openat(root->fd, ".", O_RDONLY | O_DIRECTORY);
	int ret = hvu_replace(folder, name, mode, durable, text);

	close(folder);
	return ret;
}

static void expect(struct unit_root *root, const char *text)
{
	char is[64];

	assert_true(hvu_read(root->fd, is, sizeof(is), "file") >= 0);
	assert_string_equal(is, text);
	assert_false(hvu_exists(root->fd, ".file.new"));
}

static void replaces(void **state)
{
	struct unit_root *root = *state;
	struct stat st;
	mode_t mask = umask(0077);

	assert_int_equal(replace(root, "file", 0644, true, "old"), 0);
	expect(root, "old");
	assert_int_equal(replace(root, "file", 0644, false, "new"), 0);
	expect(root, "new");
	umask(mask);
	assert_int_equal(fstatat(root->fd, "file", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

/* What somebody has laid in the way is not followed, and not written to. */
static void follows_no_link(void **state)
{
	struct unit_root *root = *state;
	char text[64];

	unit_file(root, "victim", "untouched");
	unit_symlink(root, ".file.new", "victim");
	assert_int_equal(replace(root, "file", 0600, true, "text"), -ELOOP);
	assert_true(hvu_read(root->fd, text, sizeof(text), "victim") >= 0);
	assert_string_equal(text, "untouched");
}

static void keeps_the_old_one(void **state)
{
	struct unit_root *root = *state;
	char name[300];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(replace(root, name, 0600, true, "text"), -ENAMETOOLONG);

	/* A folder is not replaced by a file. */
	assert_int_equal(mkdirat(root->fd, "file", 0700), 0);
	assert_int_equal(replace(root, "file", 0600, true, "text"), -EISDIR);
	assert_false(hvu_exists(root->fd, ".file.new"));
	assert_int_equal(unlinkat(root->fd, "file", AT_REMOVEDIR), 0);
}

/* What cannot be replaced must not be taken for the new one. */
static void removes_the_old_one(void **state)
{
	struct unit_root *root = *state;
	int folder = openat(root->fd, ".", O_RDONLY | O_DIRECTORY);

	assert_int_equal(hvu_replace_or_remove(folder, "file", 0600, true, "old"), 0);
	expect(root, "old");
	assert_int_equal(mkdirat(root->fd, ".file.new", 0700), 0);
	assert_int_equal(hvu_replace(folder, "file", 0600, true, "new"), -EISDIR);
	assert_true(hvu_exists(root->fd, "file"));
	assert_int_equal(hvu_replace_or_remove(folder, "file", 0600, true, "new"), -EISDIR);
	assert_false(hvu_exists(root->fd, "file"));
	close(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replaces), TEST(follows_no_link), TEST(keeps_the_old_one),
		TEST(removes_the_old_one),
	};

	return cmocka_run_group_tests_name("replace", tests, NULL, NULL);
}
