// SPDX-License-Identifier: GPL-2.0
/*
 * Documentation/json.rst against the program: what it prints is documented, and what is documented
 * it can print. A section of the document is about an object or a command; a line that begins with
 * ``path``, type is about a field.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "hvic.h"
#include "pool.h"
#include "unit.h"

#define DOCUMENT "../../Documentation/json.rst"
#define MAX_FIELDS 64

/**
 * struct fields - fields of an object
 * @path: of each; "owner.pid", "history[]"
 * @n: how many
 */
struct fields {
	char path[MAX_FIELDS][64];
	size_t n;
};

static bool has(const struct fields *fields, const char *path)
{
	for (size_t i = 0; i < fields->n; i++) {
		if (!strcmp(fields->path[i], path))
			return true;
	}
	return false;
}

static void add(struct fields *fields, const char *path)
{
	if (has(fields, path))
		return;
	assert_true(fields->n < MAX_FIELDS && strlen(path) < sizeof(fields->path[0]));
	strcpy(fields->path[fields->n++], path);
}

static void expect_same(const char *section, const struct fields *documented,
			const struct fields *printed)
{
	assert_true(printed->n > 0);
	for (size_t i = 0; i < printed->n; i++) {
		if (!has(documented, printed->path[i]))
			fail_msg("%s: \"%s\" is not documented", section, printed->path[i]);
	}
	for (size_t i = 0; i < documented->n; i++) {
		if (!has(printed, documented->path[i]))
			fail_msg("%s: there is no \"%s\"", section, documented->path[i]);
	}
}

/* Adds the fields of a section of the document. */
static void read_section(struct fields *fields, const char *title)
{
	FILE *file = fopen(DOCUMENT, "r");
	char line[256], last[256] = "", path[64], type[2];
	bool within = false, found = false;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (*last && strspn(line, "-=") == strlen(last) && line[strlen(last)] == '\n') {
			within = !strcmp(last, title);
			found = found || within;
		}
		if (within && sscanf(line, "``%63[^`]``, %1s", path, type) == 2)
			add(fields, path);
		line[strcspn(line, "\n")] = '\0';
		strcpy(last, line);
	}
	fclose(file);
	if (!found)
		fail_msg("no section %s", title);
}

/* --- What the driver tells. ------------------------------------------------------------------ */

static const struct {
	const char *title;
	const char *set;
} objects[] = {
	{ "Service", "service" }, { "Outcome", "outcome" }, { "Clock", "time" },
	{ "Point", "time-point" }, { "Health", "health" }, { "Request", "request" },
	{ "Shutdown", "shutdown" }, { "Backup", "vss" }, { "Copy", "fcopy" },
};

static bool has_section(const struct hvu_set *set)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		if (!strcmp(objects[i].set, set->name))
			return true;
	}
	return false;
}

static void add_set(struct fields *fields, const struct hvu_set *set, const char *before)
{
	for (size_t i = 0; i < set->n_attrs; i++) {
		const struct hvu_attr *attr = &set->attrs[i];
		char path[64];

		if (!attr->name)
			continue;
		snprintf(path, sizeof(path), "%s%s%s%s%s", before, attr->name,
			 attr->unit ? "_" : "", attr->unit ? attr->unit : "",
			 attr->multi ? "[]" : "");
		for (char *at = path; *at; at++)
			*at = *at == '-' ? '_' : *at;
		if (attr->kind == HVU_ATTR_NEST && !has_section(attr->set)) {
			strcat(path, ".");
			add_set(fields, attr->set, path);
		} else {
			add(fields, path);
		}
	}
}

static void driver(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		struct fields documented = { .n = 0 }, printed = { .n = 0 };
		const struct hvu_set *const *set = hvu_sets;

		while (strcmp((*set)->name, objects[i].set))
			set++;
		read_section(&documented, objects[i].title);
		add_set(&printed, *set, "");
		expect_same(objects[i].title, &documented, &printed);
	}
}

/* --- What the commands print. ---------------------------------------------------------------- */

static void add_json(struct fields *fields, json_object *object, const char *path)
{
	char below[64];

	if (json_object_is_type(object, json_type_array)) {
		snprintf(below, sizeof(below), "%s[]", path);
		for (size_t i = 0; i < json_object_array_length(object); i++)
			add_json(fields, json_object_array_get_idx(object, i), below);
	} else if (json_object_is_type(object, json_type_object)) {
		json_object_object_foreach(object, key, value) {
			snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", key);
			add_json(fields, value, below);
		}
	} else if (strcmp(path, "schema")) {
		add(fields, path);
	}
}

/* Adds what a command prints; the status is 0 unless something was to be found. */
static void run(struct unit_root *root, struct fields *printed, const char *line)
{
	struct hvic hvic = { .root = root->fd, .timeout_ms = 50 };
	char copy[256], complaint[256], *argv[16] = { "hvic", "--json" }, *text;
	json_object *object;
	int argc = 2, ret;
	size_t len;

	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	assert_int_equal(hvic_args_parse(&hvic.call, argc, argv, complaint, sizeof(complaint)), 0);
	hvic.paper.out = open_memstream(&text, &len);
	ret = hvic.call.command->run(&hvic);
	fclose(hvic.paper.out);
	assert_true(ret == HVIC_OK || ret == HVIC_FAILED);
	object = json_tokener_parse(text);
	assert_int_equal(hvu_json_number(object, "schema"), HVU_SCHEMA);
	add_json(printed, object, "");
	json_object_put(object);
	free(text);
}

/* A guest with something to say of everything. */
static void guest(struct unit_root *root)
{
	unit_file(root, "proc/filesystems", "nodev\tproc\n\text4\n");
	unit_file(root, "proc/self/mountinfo",
		  "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		  "24 21 8:2 / /cd rw - ext4 /dev/sda2 ro\n");
	unit_folder(root, "var/lib/hyperv");
	unit_folder(root, "sys/bus/acpi/devices/VMBUS:00");
	unit_file(root, "sys/module/hv_ic/parameters/kvp", "N\n");
	unit_file(root, "etc/modprobe.d/hvic.conf", "options hv_ic kvp=Y\n");
	unit_file(root, "etc/modprobe.d/local.conf", "options hv_ic kvp=N\n");
	unit_file(root, "etc/hv_ic/hv_ic.conf", "[vss]\nmode = freeze\n");
}

static void commands(void **state)
{
	static const struct {
		const char *title;
		const char *lines[3];
	} all[] = {
		{ "hvic kvp list", { "kvp", "kvp list guest", "kvp dump" } },
		{ "hvic kvp get", { "kvp get color", "kvp wait color" } },
		{ "hvic vss list", { "vss list" } },
		{ "hvic config", { "config" } },
		{ "hvic config show", { "config show", "config show --effective" } },
		{ "hvic doctor", { "doctor" } },
	};
	struct unit_root *root = *state;
	struct hvu_pool *pool;
	int folder;

	guest(root);
	folder = hvu_open(root->fd, O_RDONLY | O_DIRECTORY, "var/lib/hyperv");
	assert_int_equal(hvu_pool_open(&pool, folder, HVU_POOL_GUEST, 1000), 0);
	assert_int_equal(hvu_pool_set(pool, "color", "red"), 0);
	assert_int_equal(hvu_pool_set(pool, "k\xe9y", "caf\xe9"), 0);
	hvu_pool_close(pool);
	close(folder);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct fields documented = { .n = 0 }, printed = { .n = 0 };

		for (size_t k = 0; k < ARRAY_SIZE(all[i].lines) && all[i].lines[k]; k++)
			run(root, &printed, all[i].lines[k]);
		read_section(&documented, all[i].title);
		expect_same(all[i].title, &documented, &printed);
	}
}

/* It depends on the machine which of these there are: what is printed is documented. */
static void some(void **state)
{
	static const struct {
		const char *line;
		const char *titles[2];
	} all[] = {
		{ "vss test", { "hvic vss list", "hvic vss test" } },
		{ "kvp info", { "hvic kvp info" } },
	};
	struct unit_root *root = *state;

	guest(root);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct fields documented = { .n = 0 }, printed = { .n = 0 };

		run(root, &printed, all[i].line);
		for (size_t k = 0; k < ARRAY_SIZE(all[i].titles) && all[i].titles[k]; k++)
			read_section(&documented, all[i].titles[k]);
		assert_true(printed.n > 2);
		for (size_t k = 0; k < printed.n; k++) {
			if (!has(&documented, printed.path[k]))
				fail_msg("%s: \"%s\" is not documented", all[i].line,
					 printed.path[k]);
		}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)
	const struct CMUnitTest tests[] = { TEST(driver), TEST(commands), TEST(some) };

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
