// SPDX-License-Identifier: GPL-2.0
/* What others set of the module. */
#include "others.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

/* "NAME=VALUE@SOURCE", with a "+" behind it if it wins over ours. */
static void expect(struct unit_root *root, const char *expected)
{
	struct hvic_others others;
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	assert_int_equal(hvic_others_read(root->fd, &others), 0);
	for (size_t i = 0; i < others.n; i++)
		fprintf(file, "%s%s=%s@%s%s", i ? " " : "", others.all[i].name,
			others.all[i].value, others.all[i].source,
			others.all[i].later ? "+" : "");
	fclose(file);
	assert_string_equal(text, expected);
	hvic_others_free(&others);
	free(text);
}

static void nothing(void **state)
{
	expect(*state, "");
}

static void files(void **state)
{
	struct unit_root *root = *state;

	unit_file(root, "etc/modprobe.d/hvic.conf", "options hv_ic kvp=Y\n");
	unit_file(root, "etc/modprobe.d/a.conf",
		  "# options hv_ic vss=N\noptions hv-ic vss-frozen-max=30 kvp\noptions hv_ics x=1\n");
	unit_file(root, "etc/modprobe.d/z.conf", "options hv_ic \\\n\tkvp=N");
	unit_file(root, "etc/modprobe.d/z.conf.old", "options hv_ic fcopy=N\n");
	unit_file(root, "usr/lib/modprobe.d/b.conf", "options hv_ic trust=full\n");
	expect(root, "vss_frozen_max=30@/etc/modprobe.d/a.conf kvp=Y@/etc/modprobe.d/a.conf "
	       "trust=full@/usr/lib/modprobe.d/b.conf kvp=N@/etc/modprobe.d/z.conf+");
	/* An empty file hides another one of its name. */
	unit_file(root, "run/modprobe.d/b.conf", "");
	unit_file(root, "etc/modprobe.d/a.conf", "");
	expect(root, "kvp=N@/etc/modprobe.d/z.conf+");
}

static void command_line(void **state)
{
	struct unit_root *root = *state;
	const struct hvic_other *winner;
	struct hvic_others others;

	unit_file(root, "etc/modprobe.d/z.conf", "options hv_ic kvp=N vss=N\n");
	unit_file(root, "proc/cmdline", "quiet hv-ic.kvp=Y hv_ics.x=1 hv_ic root=hv_ic.vss=Y\n");
	expect(root, "kvp=N@/etc/modprobe.d/z.conf+ vss=N@/etc/modprobe.d/z.conf+ "
	       "kvp=Y@/proc/cmdline+");
	assert_int_equal(hvic_others_read(root->fd, &others), 0);
	winner = hvic_others_winner(&others, "kvp");
	assert_string_equal(winner->source, "/proc/cmdline");
	assert_null(hvic_others_winner(&others, "fcopy"));
	hvic_others_free(&others);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = { TEST(nothing), TEST(files), TEST(command_line) };

	return cmocka_run_group_tests_name("others", tests, NULL, NULL);
}
