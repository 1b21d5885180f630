// SPDX-License-Identifier: GPL-2.0
/* What hvic says that a backup would freeze. */
#include <stdlib.h>
#include <string.h>

#include "hvic.h"
#include "unit.h"

static int list(struct unit_root *root, char **text)
{
	struct hvic hvic = { .root = root->fd };
	size_t len;
	int ret;

	hvic.paper.out = open_memstream(text, &len);
	ret = cmd_vss_list(&hvic);
	fclose(hvic.paper.out);
	return ret;
}

static void mounts(void **state)
{
	struct unit_root *root = *state;
	char *text;

	unit_file(root, "proc/filesystems", "nodev\tproc\n\text4\n");
	unit_file(root, "sys/dev/block/7:0/loop/backing_file", "/img\n");
	unit_file(root, "proc/self/mountinfo",
		  "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		  "22 21 7:0 / /in\\033[2J rw - ext4 /dev/loop0 rw\n"
		  "23 21 0:5 / /proc rw - proc proc rw\n"
		  "24 21 8:2 / /cd rw - ext4 /dev/sda2 ro\n");
	assert_int_equal(list(root, &text), HVIC_OK);
	assert_string_equal(text,
			    "ORDER  MOUNTED AT  TYPE  DEVICE      RESULT\n"
			    "1      /in\\x1b[2J  ext4  /dev/loop0  freezes\n"
			    "2      /           ext4  /dev/sda1   freezes\n"
			    "-      /cd         ext4  /dev/sda2   it is read-only\n");
	free(text);
	unit_file(root, "etc/hv_ic/hv_ic.conf", "[vss]\nmode = refuse\nexclude = /in*\n");
	assert_int_equal(list(root, &text), HVIC_OK);
	assert_non_null(strstr(text, "vss.mode is refuse: nothing freezes\n"));
	assert_non_null(strstr(text, "the configuration excludes it\n"));
	free(text);
}

static void unusable(void **state)
{
	struct unit_root *root = *state;
	char *text;

	assert_int_equal(list(root, &text), HVIC_FAILED);
	assert_string_equal(text, "");
	free(text);
	unit_file(root, "etc/hv_ic/hv_ic.conf", "[vss]\nmode = sometimes\n");
	assert_int_equal(list(root, &text), HVIC_FAILED);
	free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = { TEST(mounts), TEST(unusable) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
