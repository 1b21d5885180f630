// SPDX-License-Identifier: GPL-2.0
/* Modules, and what modprobe.d says of them. What examine.c asks is tested there. */
#include "modules.h"

#include <errno.h>

#include "unit.h"

/* A system without modules, as a container is, or one whose kernel is gone. */
static void nothing(void **state)
{
	struct unit_root *root = *state;
	struct kmod_ctx *modules = hvic_modules_open(root->fd, "1.0");

	assert_non_null(modules);
	assert_null(hvic_modules_find(modules, "hv_ic"));
	assert_false(hvic_modules_blacklisted(modules, "hv_ic"));
	assert_false(hvic_modules_softdep(modules, "hv_utils", "hv_ic"));
	kmod_unref(modules);
}

static void softdeps(void **state)
{
	struct unit_root *root = *state;
	struct kmod_ctx *modules;

	unit_file(root, "usr/lib/modprobe.d/hv_ic.conf",
		  "softdep hv_utils pre: a  hv_ic post: b\nsoftdep hv_other pre: x post: hv_ic\n"
		  "softdep hv_like pre: hv_ic_not not_hv_ic\n");
	modules = hvic_modules_open(root->fd, "1.0");
	assert_true(hvic_modules_softdep(modules, "hv_utils", "hv_ic"));
	assert_true(hvic_modules_softdep(modules, "hv_utils", "a"));
	assert_false(hvic_modules_softdep(modules, "hv_utils", "b"));
	assert_false(hvic_modules_softdep(modules, "hv_other", "hv_ic"));
	assert_false(hvic_modules_softdep(modules, "hv_like", "hv_ic"));
	kmod_unref(modules);
}

static void load_nothing(void **state)
{
	(void)state;
	assert_int_equal(hvic_modules_load("hvic_no_such_module", 60000), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing),
		TEST(softdeps),
		TEST(load_nothing),
	};

	return cmocka_run_group_tests_name("modules", tests, NULL, NULL);
}
