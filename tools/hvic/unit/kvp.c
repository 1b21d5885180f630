// SPDX-License-Identifier: GPL-2.0
/* hvic kvp. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "hvic.h"
#include "pool.h"
#include "unit.h"

/* Of the terminal; 0 for a script. */
static unsigned int width;

/* What --timeout says, if it is given. */
static int timeout_ms = 50;

/* What is printed goes there and not into memory, if it is not NULL. */
static const char *output;

/* Runs a command line; its status, and what it prints. */
static int run(struct unit_root *root, char **text, const char *line)
{
	struct hvic hvic = { .root = root->fd, .timeout_ms = timeout_ms };
	char copy[256], complaint[256], *argv[16] = { "hvic" };
	int argc = 1, ret;
	size_t len;

	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	if (hvic_args_parse(&hvic.call, argc, argv, complaint, sizeof(complaint)))
		return HVIC_USAGE;
	hvic.paper.out = output ? fopen(output, "w") : open_memstream(text, &len);
	assert_non_null(hvic.paper.out);
	hvic.paper.width = width;
	ret = hvic.call.command->run(&hvic);
	fclose(hvic.paper.out);
	return ret;
}

static void expect(struct unit_root *root, const char *line, int status, const char *expected)
{
	char *text = NULL;

	assert_int_equal(run(root, &text, line), status);
	if (expected)
		assert_string_equal(text, expected);
	free(text);
}

static int setup(void **state)
{
	unit_root_setup(state);
	unit_folder(*state, "var/lib/hyperv");
	return 0;
}

static void sets_and_gets(void **state)
{
	struct unit_root *root = *state;

	expect(root, "kvp get color", HVIC_FAILED, "");
	expect(root, "kvp set color red", HVIC_OK, "");
	expect(root, "kvp get color", HVIC_OK, "red\n");
	expect(root, "kvp get color --pool guest", HVIC_OK, "red\n");
	expect(root, "kvp get color --pool 1", HVIC_OK, "red\n");
	expect(root, "kvp get color --pool 0", HVIC_FAILED, "");
	expect(root, "kvp get color --pool 7", HVIC_USAGE, NULL);
	expect(root, "kvp get color --json=short", HVIC_OK,
	       "{\"schema\":1,\"pool\":\"guest\",\"key\":\"color\",\"value\":\"red\"}\n");
	expect(root, "kvp list", HVIC_OK, "POOL   KEY    VALUE\nguest  color  red\n");
	expect(root, "kvp", HVIC_OK, "POOL   KEY    VALUE\nguest  color  red\n");
	output = "/dev/full";
	expect(root, "kvp get color", HVIC_IO, NULL);
	expect(root, "kvp get size", HVIC_FAILED, NULL);
	expect(root, "kvp get color --json", HVIC_IO, NULL);
	expect(root, "kvp wait color", HVIC_IO, NULL);
	expect(root, "kvp wait color --json", HVIC_IO, NULL);
	expect(root, "kvp wait size --timeout 50ms", HVIC_AGAIN, NULL);
	expect(root, "kvp list", HVIC_IO, NULL);
	expect(root, "kvp list --json", HVIC_IO, NULL);
	expect(root, "kvp dump", HVIC_IO, NULL);
	output = NULL;
	expect(root, "kvp wait color", HVIC_OK, "red\n");
	expect(root, "kvp wait size --timeout 50ms", HVIC_AGAIN, "");
	expect(root, "kvp watch --timeout 50ms", HVIC_OK, "");
	expect(root, "kvp del color", HVIC_OK, "");
	expect(root, "kvp del color", HVIC_FAILED, "");
	expect(root, "kvp info guest", HVIC_OK, NULL);
	expect(root, "kvp info --json", HVIC_OK, NULL);
}

static void minds_the_owner(void **state)
{
	struct unit_root *root = *state;

	expect(root, "kvp set a b --pool external", HVIC_USAGE, "");
	expect(root, "kvp get a", HVIC_FAILED, "");
	expect(root, "kvp set a b --pool external --force", HVIC_OK, "");
	expect(root, "kvp del a --pool 0", HVIC_USAGE, "");
	expect(root, "kvp get a", HVIC_OK, "b\n");
	expect(root, "kvp del a --pool 0 --force", HVIC_OK, "");
}

static void bad_input(void **state)
{
	struct unit_root *root = *state;

	unit_symlink(root, "var/lib/hyperv/.kvp_pool_1", "/etc/passwd");
	expect(root, "kvp list guest", HVIC_IO, "");
	expect(root, "kvp set a b", HVIC_IO, "");
	expect(root, "kvp info guest", HVIC_IO, NULL);
	unit_remove(root, "var/lib/hyperv/.kvp_pool_1");
	unit_remove(root, "var/lib/hyperv");
	expect(root, "kvp list", HVIC_IO, "");
	expect(root, "kvp set a b", HVIC_IO, "");
	unit_folder(root, "var/lib/hyperv");
	expect(root, "kvp import /nonexistent", HVIC_IO, NULL);
}

/* What a host has written does nothing to the terminal. */
static void harmless(void **state)
{
	struct unit_root *root = *state;
	char record[HVU_POOL_RECORD_SIZE] = "k\x1b[2J";

	strcpy(record + HVU_POOL_KEY_SIZE, "v\x07");
	unit_bytes(root, "var/lib/hyperv/.kvp_pool_0", record, sizeof(record));
	width = 80;
	expect(root, "kvp get k\x1b[2J", HVIC_OK, "v\\x07\n");
	width = 0;
	expect(root, "kvp list external", HVIC_OK,
	       "POOL      KEY       VALUE\nexternal  k\\x1b[2J  v\\x07\n");
}

/* A script gets the value that was set, also without a locale that could show it. */
static void unchanged(void **state)
{
	struct unit_root *root = *state;

	expect(root, "kvp set place C:\\Z\xc3\xbcrich", HVIC_OK, "");
	expect(root, "kvp get place", HVIC_OK, "C:\\Z\xc3\xbcrich\n");
	expect(root, "kvp wait place", HVIC_OK, "C:\\Z\xc3\xbcrich\n");
}

static void dumps_and_imports(void **state)
{
	struct unit_root *root = *state;
	char *text = NULL, line[256];

	expect(root, "kvp set a 1", HVIC_OK, "");
	expect(root, "kvp set b 2", HVIC_OK, "");
	assert_int_equal(run(root, &text, "kvp dump"), HVIC_OK);
	unit_file(root, "dump", text);
	unit_file(root, "other", "{}");
	free(text);
	expect(root, "kvp del a", HVIC_OK, "");
	expect(root, "kvp set b 3", HVIC_OK, "");
	snprintf(line, sizeof(line), "kvp import %s/dump", root->path);
	expect(root, line, HVIC_OK, "");
	expect(root, "kvp get a", HVIC_OK, "1\n");
	expect(root, "kvp get b", HVIC_OK, "2\n");
	snprintf(line, sizeof(line), "kvp import %s/other", root->path);
	expect(root, line, HVIC_USAGE, "");
}

/* A dump brings back what it was made of, also what is no text to JSON. */
static void dumps_bytes(void **state)
{
	struct unit_root *root = *state;
	char *text = NULL, line[256];

	expect(root, "kvp set k\xe9y caf\xe9", HVIC_OK, "");
	expect(root, "kvp set caf\xc3\xa9 1", HVIC_OK, "");
	assert_int_equal(run(root, &text, "kvp dump --json=short"), HVIC_OK);
	unit_file(root, "dump", text);
	free(text);
	expect(root, "kvp del k\xe9y", HVIC_OK, "");
	snprintf(line, sizeof(line), "kvp import %s/dump", root->path);
	expect(root, line, HVIC_OK, "");
	expect(root, "kvp get k\xe9y", HVIC_OK, "caf\xe9\n");
	expect(root, "kvp list guest", HVIC_OK, "POOL   KEY          VALUE\n"
	       "guest  caf\\xc3\\xa9  1\nguest  k\\xe9y       caf\\xe9\n");
}

/* What happens behind the back of a command that waits, once it does. */
static pid_t after_a_while(struct unit_root *root, void (*act)(struct unit_root *root))
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		usleep(300000);
		act(root);
		_exit(0);
	}
	return child;
}

static void swap_folders(struct unit_root *root)
{
	renameat(root->fd, "var/lib/hyperv", root->fd, "var/lib/third");
	renameat(root->fd, "var/lib/other", root->fd, "var/lib/hyperv");
	renameat(root->fd, "var/lib/third", root->fd, "var/lib/other");
}

/* The folder itself may be another one by now, as when something is mounted on it. */
static void folder_replaced(void **state)
{
	char record[HVU_POOL_RECORD_SIZE] = "size";
	struct unit_root *root = *state;
	pid_t child;

	strcpy(record + HVU_POOL_KEY_SIZE, "7");
	unit_bytes(root, "var/lib/other/.kvp_pool_1", record, sizeof(record));
	expect(root, "kvp set color red", HVIC_OK, "");
	child = after_a_while(root, swap_folders);
	timeout_ms = 10000;
	expect(root, "kvp wait size --timeout 10s", HVIC_OK, "7\n");
	waitpid(child, NULL, 0);

	child = after_a_while(root, swap_folders);
	timeout_ms = 2000;
	expect(root, "kvp watch --timeout 2s", HVIC_OK, "guest set color=red\nguest del size\n");
	timeout_ms = 50;
	waitpid(child, NULL, 0);
}

/* What is no dump is refused as a whole; what a person has written may be no dump. */
static void bad_imports(void **state)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
		{ "{\"pools\":[{\"pool\":null,\"items\":[]}]}", HVIC_FAILED },
		{ "{\"pools\":[null, 1]}", HVIC_FAILED },
		{ "[]", HVIC_USAGE },
		{ "{\"pools\":[{\"pool\":\"external\",\"items\":[{\"key\":\"a\",\"value\":\"1\"}]}]}",
		  HVIC_FAILED },
		{ "{\"pools\":[{\"pool\":\"guest\",\"items\":[{\"key\":\"a\",\"value\":\"1\"},"
		  "{\"key\":null,\"value\":\"1\"}]}]}", HVIC_USAGE },
		{ "{\"pools\":[{\"pool\":\"guest\",\"items\":[{\"key\":\"a\"}]}]}", HVIC_USAGE },
		{ "{\"pools\":[{\"pool\":\"guest\",\"items\":[{\"key\":\"a\",\"value\":{}}]}]}",
		  HVIC_USAGE },
		{ "{\"pools\":[{\"pool\":\"guest\",\"items\":[{\"key\":\"a\","
		  "\"value\":\"1\\u00002\"}]}]}", HVIC_USAGE },
		{ "{\"pools\":[{\"pool\":\"guest\",\"items\":[{\"key\":\"a\",\"value\":\"1\"},"
		  "{\"key\":\"\",\"value\":\"1\"}]}]}", HVIC_USAGE },
		{ "{\"pools\":[{\"pool\":\"guest\",\"items\":[{\"key\":\"a\",\"value\":\"1\","
		  "\"value_hex\":\"e\"}]}]}", HVIC_USAGE },
		{ "{\"pools\":[{\"pool\":\"guest\",\"items\":[{\"key\":\"a\",\"value\":\"1\","
		  "\"value_hex\":\"e900\"}]}]}", HVIC_USAGE },
		{ "{\"pools\":[{\"pool\":\"guest\",\"items\":[{\"key\":\"a\",\"value\":\"1\","
		  "\"value_hex\":7}]}]}", HVIC_USAGE },
	};
	struct unit_root *root = *state;
	char line[256], text[4096];

	snprintf(line, sizeof(line), "kvp import %s/dump", root->path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unit_file(root, "dump", rows[i].text);
		expect(root, line, rows[i].status, "");
		expect(root, "kvp get a", HVIC_FAILED, "");
	}
	/* A value that is too long comes to light before the first one is set. */
	snprintf(text, sizeof(text), "{\"pools\":[{\"pool\":\"guest\",\"items\":["
		 "{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"b\",\"value\":\"%2048d\"}]}]}", 1);
	unit_file(root, "dump", text);
	expect(root, line, HVIC_USAGE, "");
	expect(root, "kvp get a", HVIC_FAILED, "");
}

static void import_two(struct unit_root *root, int status, const char *key)
{
	char line[256], text[256];

	snprintf(text, sizeof(text), "{\"pools\":[{\"pool\":\"guest\",\"items\":["
		 "{\"key\":\"k0\",\"value\":\"%s\"},{\"key\":\"%s\",\"value\":\"1\"},"
		 "{\"key\":\"%s\",\"value\":\"2\"}]}]}", key, key, key);
	unit_file(root, "dump", text);
	snprintf(line, sizeof(line), "kvp import %s/dump", root->path);
	expect(root, line, status, "");
}

/* For more items than there is room for, nothing is set; one that comes twice takes one place. */
static void large_imports(void **state)
{
	char (*records)[HVU_POOL_RECORD_SIZE] = calloc(HVU_POOL_RECORDS - 1, sizeof(*records));
	struct unit_root *root = *state;

	assert_non_null(records);
	for (unsigned int i = 0; i < HVU_POOL_RECORDS - 1; i++)
		sprintf(records[i], "k%u", i);
	unit_bytes(root, "var/lib/hyperv/.kvp_pool_1", records,
		   (HVU_POOL_RECORDS - 1) * sizeof(*records));
	free(records);
	import_two(root, HVIC_OK, "x");
	expect(root, "kvp get k0", HVIC_OK, "x\n");
	expect(root, "kvp get x", HVIC_OK, "2\n");
	import_two(root, HVIC_IO, "y");
	expect(root, "kvp get k0", HVIC_OK, "x\n");
	import_two(root, HVIC_OK, "k1");
	expect(root, "kvp get k0", HVIC_OK, "k1\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, unit_root_teardown)
	const struct CMUnitTest tests[] = {
		TEST(sets_and_gets),
		TEST(minds_the_owner),
		TEST(bad_input),
		TEST(harmless),
		TEST(unchanged),
		TEST(dumps_and_imports),
		TEST(dumps_bytes),
		TEST(folder_replaced),
		TEST(bad_imports),
		TEST(large_imports),
	};

	return cmocka_run_group_tests_name("kvp", tests, NULL, NULL);
}
