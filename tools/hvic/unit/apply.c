// SPDX-License-Identifier: GPL-2.0
/* hvic config apply where no systemd runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grant.h"
#include "hvic.h"
#include "settings.h"
#include "unit.h"

static void expect(struct unit_root *root, int status, const char *said)
{
	struct hvic hvic = { .root = root->fd, .timeout_ms = 50 };
	char *text;
	size_t len;

	hvic.paper.out = open_memstream(&text, &len);
	assert_non_null(hvic.paper.out);
	assert_int_equal(cmd_config_apply(&hvic), status);
	fclose(hvic.paper.out);
	assert_non_null(strstr(text, said));
	free(text);
}

static int setup(void **state)
{
	unit_root_setup(state);
	unit_folder(*state, "run");
	unit_file(*state, "etc/hv_ic/hv_ic.conf", "[fcopy in]\ndirectory = /srv/in\n");
	return 0;
}

/* As in the chroot of an image. */
static void not_running(void **state)
{
	struct unit_root *root = *state;

	unit_folder(root, HVIC_GRANT_PARENT);
	expect(root, HVIC_OK, "the files are written");
	assert_true(hvu_exists(root->fd, HVIC_GRANT_PARENT "/" HVIC_GRANT_FOLDER "/"
			       HVIC_GRANT_NAME));
}

/* With OpenRC say: there is no unit that has to be let, and no folder for it. */
static void not_there(void **state)
{
	struct unit_root *root = *state;

	expect(root, HVIC_OK, "SIGHUP");
	assert_false(hvu_exists(root->fd, "etc/systemd"));
	unit_file(root, "etc/hv_ic/hv_ic.conf", "[fcopy in]\ndirectory =\n");
	expect(root, HVIC_CONFIG, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(not_running),
		TEST(not_there),
	};

	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
