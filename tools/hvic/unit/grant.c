// SPDX-License-Identifier: GPL-2.0
/* What hvic-fcopyd may write to. */
#include "grant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "root.h"
#include "unit.h"

static int setup(void **state)
{
	unit_root_setup(state);
	unit_folder(*state, "run");
	return 0;
}

#define FILE_NAME HVIC_GRANT_PARENT "/" HVIC_GRANT_FOLDER "/" HVIC_GRANT_NAME

static int grant(struct unit_root *root, const char *configuration, bool *changed)
{
	struct hvu_settings settings;
	int ret;

	unit_file(root, "etc/hv_ic/hv_ic.conf", configuration);
	assert_int_equal(hvu_settings_load(&settings, root->fd, NULL, NULL, NULL), 0);
	ret = hvic_grant(root->fd, &settings, changed);
	hvu_settings_free(&settings);
	return ret;
}

static void granted(void **state)
{
	static const char two[] = "[fcopy a]\ndirectory = /srv/a b\n"
		"[fcopy b]\ndirectory = /srv/100%\"x\n";
	struct unit_root *root = *state;
	char text[512];
	bool changed;

	assert_int_equal(grant(root, two, &changed), -ENOENT);
	unit_folder(root, HVIC_GRANT_PARENT);
	assert_int_equal(grant(root, two, &changed), 0);
	assert_true(changed);
	hvu_read(root->fd, text, sizeof(text), FILE_NAME);
	assert_string_equal(strchr(text, '\n') + 1,
			    "[Service]\n"
			    "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE\n"
			    "SystemCallFilter=fchown\n"
			    "PrivateTmp=no\n"
			    "InaccessiblePaths=\n"
			    "ReadWritePaths=\"-/srv/a b\"\n"
			    "ReadWritePaths=\"-/srv/100%%\"'\"'\"x\"");
	assert_int_equal(grant(root, two, &changed), 0);
	assert_false(changed);
	assert_int_equal(grant(root, "[fcopy a]\ndirectory = /srv/a\n", &changed), 0);
	assert_true(changed);
	hvu_read(root->fd, text, sizeof(text), FILE_NAME);
	assert_null(strstr(text, "ProtectHome"));
	assert_int_equal(grant(root, "[fcopy a]\ndirectory = /home/a\n", &changed), 0);
	hvu_read(root->fd, text, sizeof(text), FILE_NAME);
	assert_non_null(strstr(text, "ProtectHome=read-only"));
}

/* Does the unit have to see the homes for this directory? */
static bool shows_homes(struct unit_root *root, const char *directory)
{
	char text[512];
	bool changed;

	snprintf(text, sizeof(text), "[fcopy a]\ndirectory = %s\n", directory);
	assert_int_equal(grant(root, text, &changed), 0);
	hvu_read(root->fd, text, sizeof(text), FILE_NAME);
	return strstr(text, "ProtectHome=read-only");
}

/* Where the homes are is a matter of links, as with Fedora's images that have /home in /var. */
static void homes(void **state)
{
	struct unit_root *root = *state;

	unit_folder(root, HVIC_GRANT_PARENT);
	unit_folder(root, "var/home/user");
	unit_folder(root, "var/lib");
	unit_folder(root, "srv");
	unit_symlink(root, "home", "var/home");
	unit_symlink(root, "srv/in", "/home/user");
	unit_symlink(root, "srv/out", "/var/lib");
	assert_true(shows_homes(root, "/home/user"));
	assert_true(shows_homes(root, "/var/home/user"));
	assert_true(shows_homes(root, "/var/home/user/not/yet"));
	assert_true(shows_homes(root, "/srv/in"));
	assert_true(shows_homes(root, "/srv/in/new"));
	assert_true(shows_homes(root, "/var"));
	assert_true(shows_homes(root, "/home"));
	assert_true(shows_homes(root, "/root/not/there"));
	assert_false(shows_homes(root, "/var/lib"));
	assert_false(shows_homes(root, "/var/lib/new"));
	assert_false(shows_homes(root, "/srv"));
	assert_false(shows_homes(root, "/srv/out"));
	assert_false(shows_homes(root, "/not/there"));
}

/* Whatever root's mask is, all may see what is set, as in the files beside it. */
static void mode(void **state)
{
	struct unit_root *root = *state;
	struct stat status;
	bool changed;
	mode_t mask;

	unit_folder(root, HVIC_GRANT_PARENT);
	mask = umask(077);
	assert_int_equal(grant(root, "[fcopy a]\ndirectory = /srv/a\n", &changed), 0);
	umask(mask);
	assert_int_equal(fstatat(root->fd, FILE_NAME, &status, 0), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	assert_int_equal(fstatat(root->fd, HVIC_GRANT_PARENT "/" HVIC_GRANT_FOLDER, &status, 0), 0);
	assert_int_equal(status.st_mode & 0777, 0755);
}

static void taken_back(void **state)
{
	struct unit_root *root = *state;
	bool changed;

	assert_int_equal(grant(root, "", &changed), 0);
	assert_false(changed);
	unit_folder(root, HVIC_GRANT_PARENT);
	assert_int_equal(grant(root, "[fcopy a]\ndirectory = /srv/a\n", &changed), 0);
	assert_int_equal(grant(root, "", &changed), 0);
	assert_true(changed);
	assert_false(hvu_exists(root->fd, HVIC_GRANT_PARENT "/" HVIC_GRANT_FOLDER));
	/* Files of others stay. */
	unit_file(root, HVIC_GRANT_PARENT "/" HVIC_GRANT_FOLDER "/own.conf", "[Service]\n");
	assert_int_equal(grant(root, "[fcopy a]\ndirectory = /srv/a\n", &changed), 0);
	assert_int_equal(grant(root, "", &changed), 0);
	assert_false(hvu_exists(root->fd, FILE_NAME));
	assert_true(hvu_exists(root->fd, HVIC_GRANT_PARENT "/" HVIC_GRANT_FOLDER "/own.conf"));
}

/* Two runs at the same time: the second waits until the first is done. */
static void one_at_a_time(void **state)
{
	struct unit_root *root = *state;
	int lock, status;
	bool changed;
	pid_t child;

	unit_folder(root, HVIC_GRANT_PARENT);
	lock = hvic_lock(root->fd, false);
	assert_true(lock >= 0);
	child = fork();
	if (!child) {
		close(lock);
		_exit(grant(root, "[fcopy a]\ndirectory = /srv/a\n", &changed) || !changed);
	}
	usleep(200000);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	assert_false(hvu_exists(root->fd, FILE_NAME));
	close(lock);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(hvu_exists(root->fd, FILE_NAME));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(granted),
		TEST(homes),
		TEST(mode),
		TEST(taken_back),
		TEST(one_at_a_time),
	};

	return cmocka_run_group_tests_name("grant", tests, NULL, NULL);
}
