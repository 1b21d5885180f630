// SPDX-License-Identifier: GPL-2.0
/* Where a file of the host may go: names, allowed folders, and attacks on the way. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array.h"
#include "unit.h"

static int parse(struct hvic_place *place, const char *path, const char *name)
{
	char paths[HV_IC_FCOPY_NAME_SIZE] = "", names[HV_IC_FCOPY_NAME_SIZE] = "";

	strncpy(paths, path, sizeof(paths));
	strncpy(names, name, sizeof(names));
	return hvic_place_parse(place, paths, names);
}

#define DEEP "\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x8c"

static void names(void **state)
{
	static const struct {
		const char *path;
		const char *name;
		int ret;
		const char *clean;
	} rows[] = {
		{ "/srv/in", "file", 0, "/srv/in" },
		{ "/srv/in/", "file", 0, "/srv/in" },
		{ "//srv///in//", "file", 0, "/srv/in" },
		{ "\\srv\\in\\", "file", 0, "/srv/in" },
		{ "/srv\\in/./a", "file", 0, "/srv/in/a" },
		{ "/", "file", 0, "" },
		{ "/" DEEP, DEEP, 0, "/" DEEP },
		{ "/srv/..hidden", "...", 0, "/srv/..hidden" },
		{ "/srv/..", "file", -EINVAL, NULL },
		{ "/srv/../etc", "file", -EINVAL, NULL },
		{ "\\srv\\..\\etc", "file", -EINVAL, NULL },
		{ "/srv", "..", -EINVAL, NULL },
		{ "/srv", ".", -EINVAL, NULL },
		{ "/srv", "", -EINVAL, NULL },
		{ "", "file", -EINVAL, NULL },
		{ "/srv", "/etc/passwd", -EINVAL, NULL },
		{ "/srv", "a/b", -EINVAL, NULL },
		{ "/srv", "..\\b", -EINVAL, NULL },
		{ "/srv", "a\nb", -EINVAL, NULL },
		{ "/srv", "a\x7f", -EINVAL, NULL },
		{ "/srv", "\xc2\x9b" "31m", -EINVAL, NULL },
		{ "/s\033[31mrv", "file", -EINVAL, NULL },
		{ "/srv", "\xff", -EINVAL, NULL },
		{ "/srv", "\xc0\xaf", -EINVAL, NULL },
		{ "/\xed\xa0\x80", "file", -EINVAL, NULL },
		{ "srv/in", "file", -ENOTDIR, NULL },
		{ "C:\\Temp", "file", -ENOTDIR, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hvic_place place;

		print_message("# %zu: %s\n", i, rows[i].path);
		assert_int_equal(parse(&place, rows[i].path, rows[i].name), rows[i].ret);
		assert_int_equal(place.top, -1);
		if (rows[i].ret)
			continue;
		assert_string_equal(place.path, rows[i].clean);
		assert_string_equal(place.name, rows[i].name);
	}
}

static void long_names(void **state)
{
	char name[HV_IC_FCOPY_NAME_SIZE + 1], path[HV_IC_FCOPY_NAME_SIZE + 1];
	struct hvic_place place;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	assert_int_equal(parse(&place, "/srv", name), 0);
	path[0] = '/';
	strcpy(path + 1, name);
	assert_int_equal(parse(&place, path, "file"), 0);
	name[255] = 'n';
	name[256] = '\0';
	assert_int_equal(parse(&place, "/srv", name), -EINVAL);
	strcpy(path + 1, name);
	assert_int_equal(parse(&place, path, "file"), -EINVAL);

	/* A host counts letters, a file system bytes: 259 of these are allowed there, 85 here. */
	for (size_t n = 1; n <= 259; n++) {
		name[0] = '\0';
		for (size_t i = 0; i < n; i++)
			strcat(name, "\xe2\x82\xac");
		assert_int_equal(parse(&place, "/srv", name), n <= 85 ? 0 : -EINVAL);
		strcpy(path + 1, name);
		assert_int_equal(parse(&place, path, "file"), n <= 85 ? 0 : -EINVAL);
	}

	/* Without an end; and as long as it may be. */
	memset(path, '/', sizeof(path));
	assert_int_equal(parse(&place, path, "file"), -EINVAL);
	for (size_t i = 1; i < HV_IC_FCOPY_NAME_SIZE - 1; i += 2)
		path[i] = 'a';
	path[HV_IC_FCOPY_NAME_SIZE - 1] = '\0';
	assert_int_equal(parse(&place, path, "file"), 0);
	assert_int_equal(strlen(place.path), HV_IC_FCOPY_NAME_SIZE - 2);
}

/* --- Allowed folders. ------------------------------------------------------------------------ */

static struct hvu_fcopy_directory directories[] = {
	{ .name = "in", .directory = (char *)"/srv/in/", .mode = 0640 },
	{ .name = "deep", .directory = (char *)"/srv/in/deep", .mode = 0604, .overwrite = true },
	{ .name = "gone", .directory = (char *)"/gone", .mode = 0600 },
};

static struct hvic_rule rules[] = {
	{ &directories[0], 0, 0 }, { &directories[1], 0, 0 }, { &directories[2], 0, 0 },
};

static int open_place(struct unit_root *root, struct hvic_place *place, const char *path)
{
	int ret = parse(place, path, "file");

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		rules[i].uid = geteuid();
		rules[i].gid = getegid();
	}
	return ret ? ret : hvic_place_open(place, rules, ARRAY_SIZE(rules), root->fd);
}

static void allowed(void **state)
{
	static const struct {
		const char *path;
		int ret;
		mode_t mode;
	} rows[] = {
		{ "/srv/in", 0, 0640 },
		{ "/srv/in/new", 0, 0640 },
		{ "/srv/in/deeper", 0, 0640 },
		{ "/srv/in/deep", 0, 0604 },
		{ "/srv/in/deep/er", 0, 0604 },
		{ "/srv/inn", -EACCES, 0 },
		{ "/srv", -EACCES, 0 },
		{ "/", -EACCES, 0 },
		{ "/etc", -EACCES, 0 },
		{ "/gone", -ENOTDIR, 0 },
	};
	struct unit_root *root = *state;

	unit_folder(root, "srv/in/deep");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hvic_place place;

		print_message("# %s\n", rows[i].path);
		assert_int_equal(open_place(root, &place, rows[i].path), rows[i].ret);
		if (!rows[i].ret)
			assert_int_equal(place.mode, rows[i].mode);
		hvic_place_close(&place);
	}
}

static void none_allowed(void **state)
{
	struct unit_root *root = *state;
	struct hvic_place place;

	assert_int_equal(parse(&place, "/srv/in", "file"), 0);
	assert_int_equal(hvic_place_open(&place, NULL, 0, root->fd), -EACCES);
}

static void the_whole_system(void **state)
{
	struct hvu_fcopy_directory all = { .directory = (char *)"/", .mode = 0600 };
	struct hvic_rule rule = { &all, 0, 0 };
	struct unit_root *root = *state;
	const char *missing;
	struct hvic_place place;
	int fd;

	unit_folder(root, "srv/in");
	assert_int_equal(parse(&place, "/srv/in", "file"), 0);
	assert_int_equal(hvic_place_open(&place, &rule, 1, root->fd), 0);
	fd = hvic_place_walk(&place, &missing);
	assert_true(fd >= 0);
	assert_string_equal(missing, "");
	close(fd);
	hvic_place_close(&place);
}

static long long inode_of(struct unit_root *root, const char *path)
{
	struct stat st;

	return fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) ? -errno : (long long)st.st_ino;
}

/* The administrator's own link is followed, none behind it. */
static void own_link(void **state)
{
	struct unit_root *root = *state;
	struct hvic_place place;

	unit_folder(root, "data/in");
	unit_folder(root, "srv");
	unit_symlink(root, "srv/in", "/data/in");
	assert_int_equal(open_place(root, &place, "/srv/in"), 0);
	hvic_place_close(&place);
	unit_symlink(root, "srv/in", "/nowhere");
	assert_int_equal(open_place(root, &place, "/srv/in"), -ENOTDIR);
}

/* A link that another user can have put there leads nowhere. */
static void others_links(void **state)
{
	struct unit_root *root = *state;
	struct hvic_place place;

	unit_folder(root, "data/in");
	unit_folder(root, "srv");
	unit_symlink(root, "srv/in", "/data/in");
	for (int mode = 0; mode < 2; mode++) {
		assert_int_equal(fchmodat(root->fd, "srv", mode ? 0757 : 0775, 0), 0);
		assert_int_equal(open_place(root, &place, "/srv/in"), -EACCES);
		assert_non_null(place.reason);
	}
	/* Where the others can make links, but not replace those of root. */
	assert_int_equal(fchmodat(root->fd, "srv", 01777, 0), 0);
	assert_int_equal(open_place(root, &place, "/srv/in"), 0);
	assert_null(place.reason);
	hvic_place_close(&place);
	if (geteuid())
		return;
	assert_int_equal(fchownat(root->fd, "srv/in", 65534, 65534, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(open_place(root, &place, "/srv/in"), -EACCES);
	unit_symlink(root, "srv/in", "/data/in");
	assert_int_equal(fchmodat(root->fd, "srv", 0755, 0), 0);
	assert_int_equal(open_place(root, &place, "/srv/in"), 0);
	hvic_place_close(&place);
	assert_int_equal(fchownat(root->fd, "srv", 65534, 65534, 0), 0);
	assert_int_equal(open_place(root, &place, "/srv/in"), -EACCES);
	/* The folders themselves may be anybody's. */
	unit_remove(root, "srv/in");
	unit_folder(root, "srv/in");
	assert_int_equal(fchownat(root->fd, "srv/in", 65534, 65534, 0), 0);
	assert_int_equal(open_place(root, &place, "/srv/in"), 0);
	hvic_place_close(&place);
}

/* Where the administrator's links lead. */
static void links_lead(void **state)
{
	static const struct {
		const char *target;
		int ret;
	} rows[] = {
		{ "/data/in", 0 }, { "../data/in", 0 }, { "../../../data/in", 0 },
		{ "/data/./in//", 0 }, { "/data/link", 0 }, { "/data/other/../in", 0 },
		{ "/data/up/data/in", 0 }, { "in", -EACCES }, { "/data/loop", -EACCES },
		{ "/data/file", -ENOTDIR }, { "/data/file/..", -ENOTDIR }, { "/nowhere", -ENOTDIR },
		{ "/data/other", 1 }, { "/", 1 },
	};
	struct unit_root *root = *state;
	struct unit_use use;

	unit_folder(root, "data/in");
	unit_folder(root, "data/other");
	unit_folder(root, "srv");
	unit_file(root, "data/file", "");
	unit_symlink(root, "data/link", "in");
	unit_symlink(root, "data/up", "..");
	unit_symlink(root, "data/loop", "/srv/in");
	unit_measure(&use);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hvic_place place;
		struct stat st;
		int ret;

		print_message("# %s\n", rows[i].target);
		unit_symlink(root, "srv/in", rows[i].target);
		ret = open_place(root, &place, "/srv/in");
		assert_int_equal(ret, rows[i].ret < 0 ? rows[i].ret : 0);
		if (ret)
			continue;
		assert_int_equal(fstat(place.top, &st), 0);
		assert_int_equal((long long)st.st_ino == inode_of(root, "data/in"), !rows[i].ret);
		hvic_place_close(&place);
	}
	unit_expect_use(&use);
}

/* --- The way. ---------------------------------------------------------------------------------- */

/* The inode that a walk comes to, or a negative errno. */
static long long walk(struct unit_root *root, const char *path, const char **rest)
{
	static char missing[HV_IC_FCOPY_NAME_SIZE];
	struct hvic_place place;
	const char *left;
	struct stat st;
	int fd;

	assert_int_equal(open_place(root, &place, path), 0);
	fd = hvic_place_walk(&place, &left);
	strcpy(missing, left);
	*rest = missing;
	hvic_place_close(&place);
	if (fd < 0)
		return fd;
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	return st.st_ino;
}

static void ways(void **state)
{
	struct unit_root *root = *state;
	const char *missing;

	unit_folder(root, "srv/in/a");
	unit_folder(root, "etc");
	unit_file(root, "srv/in/file", "");
	unit_symlink(root, "srv/in/up", "..");
	unit_symlink(root, "srv/in/out", "/etc");
	unit_symlink(root, "srv/in/same", "a");
	unit_symlink(root, "srv/in/dead", "nothing");
	assert_int_equal(walk(root, "/srv/in", &missing), inode_of(root, "srv/in"));
	assert_string_equal(missing, "");
	assert_int_equal(walk(root, "/srv/in/a", &missing), inode_of(root, "srv/in/a"));
	assert_string_equal(missing, "");
	assert_int_equal(walk(root, "/srv/in/a/b/c", &missing), inode_of(root, "srv/in/a"));
	assert_string_equal(missing, "/b/c");
	assert_int_equal(walk(root, "/srv/in/file/b", &missing), -ENOTDIR);
	/* To open one of these may wait for ever, or do something. */
	assert_int_equal(mkfifoat(root->fd, "srv/in/fifo", 0666), 0);
	assert_int_equal(walk(root, "/srv/in/fifo/b", &missing), -ENOTDIR);
	if (!geteuid()) {
		assert_int_equal(mknodat(root->fd, "srv/in/tape", S_IFCHR | 0600, 0x900), 0);
		assert_int_equal(walk(root, "/srv/in/tape/b", &missing), -ENOTDIR);
	}
	/* Whether it leads out or not. */
	assert_int_equal(walk(root, "/srv/in/up", &missing), -EACCES);
	assert_int_equal(walk(root, "/srv/in/out", &missing), -EACCES);
	assert_int_equal(walk(root, "/srv/in/out/x", &missing), -EACCES);
	assert_int_equal(walk(root, "/srv/in/same", &missing), -EACCES);
	assert_int_equal(walk(root, "/srv/in/dead", &missing), -EACCES);
}

static void made_folders(void **state)
{
	struct unit_root *root = *state;
	struct hvic_place place;
	unsigned int made;
	struct stat st;
	int fd;

	unit_folder(root, "srv/in");
	assert_int_equal(open_place(root, &place, "/srv/in/a/b/c"), 0);
	place.uid = geteuid() ? geteuid() : 1;
	place.gid = place.uid;
	fd = hvic_place_make(&place, &made);
	assert_true(fd >= 0);
	assert_int_equal(made, 3);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(st.st_uid, place.uid);
	assert_int_equal(st.st_ino, inode_of(root, "srv/in/a/b/c"));

	/* A folder that is not empty stays, and so do those that lead to it. */
	unit_file(root, "srv/in/a/b/other", "");
	hvic_place_unmake(&place, made);
	assert_int_equal(inode_of(root, "srv/in/a/b/c"), -ENOENT);
	assert_true(inode_of(root, "srv/in/a/b/other") > 0);
	unit_remove(root, "srv/in/a/b/other");

	/* Those that were there before are not counted. */
	fd = hvic_place_make(&place, &made);
	assert_int_equal(made, 1);
	close(fd);
	hvic_place_unmake(&place, made);
	assert_int_equal(inode_of(root, "srv/in/a/b/c"), -ENOENT);
	assert_true(inode_of(root, "srv/in/a/b") > 0);
	/* Never the allowed folder. */
	unit_remove(root, "srv/in/a/b");
	unit_remove(root, "srv/in/a");
	hvic_place_unmake(&place, 99);
	assert_true(inode_of(root, "srv/in") > 0);
	hvic_place_close(&place);
}

/* As on a file system that has modes of its own. */
static bool own_modes;

int mkdirat(int folder, const char *path, mode_t mode)
{
	return syscall(SYS_mkdirat, folder, path, own_modes ? 0755 : mode);
}

/* A new folder is what it is there. */
static void undressed(void **state)
{
	struct unit_root *root = *state;
	struct hvic_place place;
	unsigned int made;
	struct stat st;
	int fd;

	unit_folder(root, "srv/in");
	assert_int_equal(open_place(root, &place, "/srv/in/a/b"), 0);
	own_modes = true;
	fd = hvic_place_make(&place, &made);
	own_modes = false;
	assert_true(fd >= 0);
	assert_int_equal(made, 2);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	close(fd);
	hvic_place_unmake(&place, made);
	assert_int_equal(inode_of(root, "srv/in/a"), -ENOENT);
	hvic_place_close(&place);
}

/* The last part cannot be made: then none has been. */
static void not_made(void **state)
{
	struct unit_root *root = *state;
	struct hvic_place place;
	unsigned int made;

	unit_folder(root, "srv/in/a");
	unit_symlink(root, "srv/in/link", "/etc");
	assert_int_equal(open_place(root, &place, "/srv/in/link/b"), 0);
	assert_int_equal(hvic_place_make(&place, &made), -EACCES);
	hvic_place_close(&place);

	/* Nobody but root may make a folder in one that is not to be written. */
	assert_int_equal(chmod(root->path, 0755), 0);
	assert_int_equal(fchmodat(root->fd, "srv/in/a", 0777, 0), 0);
	if (!geteuid()) {
		assert_int_equal(setegid(65534), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	assert_int_equal(open_place(root, &place, "/srv/in/a/b/c/d"), 0);
	place.mode = 0400;
	assert_int_equal(hvic_place_make(&place, &made), -EACCES);
	hvic_place_close(&place);
	if (!getuid()) {
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(setegid(0), 0);
	}
	assert_true(inode_of(root, "srv/in/a") > 0);
	assert_int_equal(inode_of(root, "srv/in/a/b"), -ENOENT);
}

/* --- A race. ----------------------------------------------------------------------------------- */

static atomic_bool stop_swapping;

/* A folder and a link out of the allowed folder change places, as fast as can be. */
static void *swap(void *data)
{
	struct unit_root *root = data;

	while (!stop_swapping)
		renameat2(root->fd, "srv/in/sub", root->fd, "srv/in/link", RENAME_EXCHANGE);
	return NULL;
}

static void swapped(void **state)
{
	struct unit_root *root = *state;
	long long out, sub;
	unsigned int refused = 0, reached = 0;
	pthread_t thread;

	unit_folder(root, "srv/in/sub/deep");
	unit_folder(root, "etc/deep");
	unit_symlink(root, "srv/in/link", "/etc");
	out = inode_of(root, "etc/deep");
	sub = inode_of(root, "srv/in/sub/deep");
	stop_swapping = false;
	assert_int_equal(pthread_create(&thread, NULL, swap, root), 0);
	for (int i = 0; i < 3000; i++) {
		const char *missing;
		long long inode = walk(root, "/srv/in/sub/deep", &missing);

		assert_true(inode == sub || inode == -EACCES);
		assert_true(inode != out);
		refused += inode == -EACCES;
		reached += inode == sub;
	}
	stop_swapping = true;
	pthread_join(thread, NULL);
	print_message("# %u reached, %u refused\n", reached, refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(long_names),
		cmocka_unit_test_setup_teardown(allowed, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(none_allowed, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(the_whole_system, unit_root_setup,
						unit_root_teardown),
		cmocka_unit_test_setup_teardown(own_link, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(others_links, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(links_lead, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(ways, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(made_folders, unit_root_setup,
						unit_root_teardown),
		cmocka_unit_test_setup_teardown(undressed, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(not_made, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(swapped, unit_root_setup, unit_root_teardown),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
