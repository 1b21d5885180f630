// SPDX-License-Identifier: GPL-2.0
/* Settings that last. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "root.h"
#include "unit.h"

static const char *value(const struct hvic_setting *settings, const char *name)
{
	for (size_t i = 0; i < HVIC_SETTINGS; i++) {
		if (!strcmp(settings[i].name, name))
			return settings[i].value;
	}
	fail_msg("no setting %s", name);
	return NULL;
}

static int store(struct unit_root *root, const char *name, const char *text)
{
	struct hvic_setting setting;

	hvic_setting_set(&setting, name, "%s", text);
	return hvic_settings_store(root->fd, &setting, 1);
}

/* The folder is made, each setting stands once, and the others stay. */
static void stores(void **state)
{
	struct hvic_setting settings[HVIC_SETTINGS];
	struct unit_root *root = *state;
	char text[1024];
	char **names;

	assert_int_equal(store(root, "kvp", "N"), -ENOENT);	/* not even /etc */
	unit_folder(root, "etc");
	unit_folder(root, "run");
	assert_int_equal(store(root, "kvp", "N"), 0);
	assert_int_equal(store(root, "time_mode", "ptp"), 0);
	assert_int_equal(store(root, "kvp", "Y"), 0);
	hvu_read(root->fd, text, sizeof(text), "etc/modprobe.d/hvic.conf");
	assert_non_null(strstr(text, "\noptions hv_ic kvp=Y\noptions hv_ic time_mode=ptp"));
	assert_null(strstr(text, "kvp=N"));
	hvic_settings_stored(root->fd, settings);
	assert_string_equal(value(settings, "kvp"), "Y");
	assert_string_equal(value(settings, "time_mode"), "ptp");
	assert_string_equal(value(settings, "vss"), "");
	/* Nothing else is left behind. */
	names = hvu_list(root->fd, "etc/modprobe.d");
	assert_string_equal(names[0], "hvic.conf");
	assert_null(names[1]);
	hvu_list_free(names);
}

/* As an administrator may have left it. */
static void reads(void **state)
{
	struct hvic_setting settings[HVIC_SETTINGS];
	struct unit_root *root = *state;

	unit_file(root, "etc/modprobe.d/hvic.conf",
		  "# options hv_ic vss=N\n\n"
		  "options hv_utils kvp=N\n"
		  "options\thv_ic  shutdown_grace=60 kvp fcopy=N strange=1\n"
		  "options hv_ic shutdown_grace=90\n"
		  "softdep hv_ic pre: x\n");
	hvic_settings_stored(root->fd, settings);
	assert_string_equal(value(settings, "shutdown_grace"), "90");
	assert_string_equal(value(settings, "fcopy"), "N");
	assert_string_equal(value(settings, "kvp"), "");
	assert_string_equal(value(settings, "vss"), "");
}

static void current(void **state)
{
	struct hvic_setting settings[HVIC_SETTINGS];
	struct unit_root *root = *state;

	hvic_settings_current(root->fd, settings);
	assert_string_equal(value(settings, "kvp"), "");
	unit_file(root, "sys/module/hv_ic/parameters/kvp", "N\n");
	hvic_settings_current(root->fd, settings);
	assert_string_equal(value(settings, "kvp"), "N");
}

/* A link in the place of the new file is not followed. */
static void no_link(void **state)
{
	struct unit_root *root = *state;

	unit_folder(root, "etc/modprobe.d");
	unit_folder(root, "run");
	unit_symlink(root, "etc/modprobe.d/.hvic.conf.new", "/etc/passwd");
	assert_int_equal(store(root, "kvp", "N"), -ELOOP);
	assert_false(hvu_exists(root->fd, "etc/modprobe.d/hvic.conf"));
}

/* Any user may open the folder, and lock it for ever. */
static void locked_by_others(void **state)
{
	struct unit_root *root = *state;
	int folder;

	unit_folder(root, "etc/modprobe.d");
	unit_folder(root, "run");
	folder = hvu_open(root->fd, O_RDONLY | O_DIRECTORY, "etc/modprobe.d");
	assert_int_equal(flock(folder, LOCK_SH), 0);
	alarm(20);
	assert_int_equal(store(root, "kvp", "N"), 0);
	alarm(0);
	close(folder);
}

static void initramfs(void **state)
{
	struct unit_root *root = *state;

	assert_null(hvic_initramfs_command(root->fd));
	unit_file(root, "etc/initramfs-tools/modules", "# hv_ic goes here\nhv_storvsc\n");
	unit_file(root, "etc/hosts", "hv_ic 10.0.0.1\n");
	assert_null(hvic_initramfs_command(root->fd));
	unit_file(root, "etc/dracut.conf.d/hv.conf", "add_drivers+=\" hv_ic \"\n");
	assert_string_equal(hvic_initramfs_command(root->fd), "dracut --force --regenerate-all");
	unit_file(root, "etc/initramfs-tools/modules", "hv_ic\n");
	assert_string_equal(hvic_initramfs_command(root->fd), "update-initramfs -u -k all");
	/* hv_utils has hv_ic come along, and either sign is as good to modprobe. */
	unit_file(root, "etc/initramfs-tools/modules", "hv_utils\n");
	assert_string_equal(hvic_initramfs_command(root->fd), "update-initramfs -u -k all");
	unit_file(root, "etc/initramfs-tools/modules", "hv-ic\n");
	assert_string_equal(hvic_initramfs_command(root->fd), "update-initramfs -u -k all");
	unit_file(root, "etc/initramfs-tools/modules", "hv_vmbus\n");
	assert_string_equal(hvic_initramfs_command(root->fd), "dracut --force --regenerate-all");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stores, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(reads, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(current, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(no_link, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(locked_by_others, unit_root_setup,
						unit_root_teardown),
		cmocka_unit_test_setup_teardown(initramfs, unit_root_setup, unit_root_teardown),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
