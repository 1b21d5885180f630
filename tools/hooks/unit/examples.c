// SPDX-License-Identifier: GPL-2.0
/* The examples, with a client of the database that is played. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "root.h"
#include "unit.h"

static void client(struct unit_root *root, const char *body)
{
	char path[96], text[512];

	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", body);
	unit_file(root, "bin/mariadb", text);
	snprintf(path, sizeof(path), "%s/bin/mariadb", root->path);
	assert_int_equal(chmod(path, 0755), 0);
}

/* Its exit status. */
static int call(struct unit_root *root, const char *phase)
{
	char text[512];
	const char *const argv[] = { "sh", "-c", text, "hook", phase, NULL };

	snprintf(text, sizeof(text), "PATH=%s/bin:$PATH; . %s/hook >%s/out 2>&1", root->path,
		 root->path, root->path);
	return unit_run(argv, 20000);
}

static void prepare(struct unit_root *root)
{
	char text[256];
	const char *const argv[] = { "sh", "-c", text, NULL };

	snprintf(text, sizeof(text), "sed 's|/run/hv_ic/|%s/|' examples/mariadb >%s/hook",
		 root->path, root->path);
	assert_int_equal(unit_run(argv, 20000), 0);
}

static void mariadb(void **state)
{
	struct unit_root *root = *state;

	prepare(root);
	client(root, "read line; echo locked; while read line; do :; done");
	assert_int_equal(call(root, "freeze"), 0);
	assert_true(hvu_exists(root->fd, "mariadb-hook/keeper"));
	assert_int_equal(call(root, "thaw"), 0);
	assert_false(hvu_exists(root->fd, "mariadb-hook"));
}

/* What the server says instead may have the same word in it. */
static void mariadb_refuses(void **state)
{
	struct unit_root *root = *state;

	prepare(root);
	client(root, "echo 'ERROR 4151 (HY000): Access denied, this account is locked'; exit 1");
	assert_int_equal(call(root, "freeze"), 1);
	assert_int_equal(call(root, "freeze-fail"), 0);
	assert_false(hvu_exists(root->fd, "mariadb-hook"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = { TEST(mariadb), TEST(mariadb_refuses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
