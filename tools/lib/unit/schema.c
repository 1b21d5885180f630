// SPDX-License-Identifier: GPL-2.0
/* Our reading of the family against its specification, and the decoder. */
#include "schema.h"

#include <linux/genetlink.h>
#include <linux/hv_ic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "unit.h"

/* --- The specification: enough of YAML for how it is written. ----------------------- */

#define MAX_ITEMS 32
#define MAX_LISTS 64

struct item {
	char name[32], type[16], words[32], nested[32];
	int value;
	bool multi, hex;
};

/* An attribute set or an enum. */
struct list {
	char name[32];
	struct item items[MAX_ITEMS];
	int n;
};

struct spec {
	struct list enums[MAX_LISTS], sets[MAX_LISTS];
	int n_enums, n_sets;
};

/* "        name: value" at that depth */
static bool take(const char *line, size_t depth, const char *key, char *value, size_t size)
{
	size_t len = strlen(key);

	if (strspn(line, " ") != depth || strncmp(line + depth, key, len) ||
	    strncmp(line + depth + len, ": ", 2))
		return false;
	line += depth + len + 2;
	line += *line == '"';
	snprintf(value, size, "%.*s", (int)strcspn(line, "\"\n"), line);
	return true;
}

static void take_item(struct list *list, const char *line)
{
	struct item *item = list->n ? &list->items[list->n - 1] : NULL;
	char text[64];

	if (take(line, 8, "name", text, sizeof(text))) {
		assert_true(list->n < MAX_ITEMS);
		item = &list->items[list->n++];
		strcpy(item->name, text);
		item->value = list->n > 1 ? item[-1].value + 1 : 0;
	} else if (!item ||
		   take(line, 8, "type", item->type, sizeof(item->type)) ||
		   take(line, 8, "enum", item->words, sizeof(item->words)) ||
		   take(line, 8, "nested-attributes", item->nested, sizeof(item->nested))) {
		return;
	} else if (take(line, 8, "value", text, sizeof(text))) {
		item->value = atoi(text);
	} else if (take(line, 8, "multi-attr", text, sizeof(text))) {
		item->multi = true;
	} else if (take(line, 8, "display-hint", text, sizeof(text))) {
		item->hex = true;
	}
}

static struct spec *read_spec(void)
{
	struct spec *spec = calloc(1, sizeof(*spec));
	enum { HEAD, ENUMS, SETS, REST } part = HEAD;
	FILE *file = fopen(HVIC_SPEC, "r");
	struct list *list = NULL;
	char line[512], name[64];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (line[0] != ' ')
			part = !strcmp(line, "definitions:\n") ? ENUMS :
				!strcmp(line, "attribute-sets:\n") ? SETS :
				part == SETS && line[0] != '\n' ? REST : part;
		if (part != ENUMS && part != SETS)
			continue;
		if (take(line, 4, "name", name, sizeof(name))) {
			list = part == ENUMS ? &spec->enums[spec->n_enums++] :
				&spec->sets[spec->n_sets++];
			strcpy(list->name, name);
		} else if (list) {
			take_item(list, line);
		}
	}
	fclose(file);
	return spec;
}

static const struct list *find(const struct list *lists, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (!strcmp(lists[i].name, name))
			return &lists[i];
	}
	fail_msg("the specification has no %s", name);
	return NULL;
}

static void compare_words(const struct spec *spec, const struct hvu_attr *attr,
			  const struct item *item)
{
	const struct list *words = find(spec->enums, spec->n_enums, item->words);

	assert_int_equal(attr->kind, HVU_ATTR_WORD);
	for (int i = 0; i < words->n; i++) {
		assert_true((size_t)words->items[i].value < attr->n_words);
		assert_string_equal(attr->words[words->items[i].value], words->items[i].name);
	}
	assert_int_equal(attr->n_words, words->items[words->n - 1].value + 1);
	assert_null(attr->words[attr->n_words]);
}

static void compare_type(const struct hvu_attr *attr, const struct item *item)
{
	static const struct {
		const char *type;
		enum hvu_attr_kind kind;
	} kinds[] = {
		{ "flag", HVU_ATTR_FLAG }, { "u8", HVU_ATTR_BOOL }, { "u32", HVU_ATTR_U32 },
		{ "s32", HVU_ATTR_S32 }, { "u64", HVU_ATTR_U64 }, { "s64", HVU_ATTR_S64 },
		{ "string", HVU_ATTR_STRING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(item->type, kinds[i].type)) {
			assert_int_equal(attr->kind, kinds[i].kind);
			return;
		}
	}
	fail_msg("%s has an unknown type %s", item->name, item->type);
}

static void compare_attr(const struct spec *spec, const struct hvu_attr *attr,
			 const struct item *item)
{
	if (!strcmp(item->type, "pad")) {
		assert_null(attr->name);
		return;
	}
	assert_non_null(attr->name);
	assert_string_equal(attr->name, item->name);
	assert_int_equal(attr->multi, item->multi);
	if (item->words[0]) {
		compare_words(spec, attr, item);
	} else if (item->nested[0]) {
		assert_string_equal(attr->set->name, item->nested);
		assert_int_equal(attr->kind, strcmp(item->nested, "version") ? HVU_ATTR_NEST :
				 HVU_ATTR_VERSION);
	} else if (item->hex) {
		assert_int_equal(attr->kind, HVU_ATTR_HEX);
	} else {
		compare_type(attr, item);
	}
}

static void specification(void **state)
{
	struct spec *spec = read_spec();
	int n = 0;

	(void)state;
	for (; hvu_sets[n]; n++) {
		const struct hvu_set *set = hvu_sets[n];
		const struct list *list = find(spec->sets, spec->n_sets, set->name);

		/* Attributes count from 1. */
		assert_int_equal(set->n_attrs, list->n + 1);
		for (int i = 0; i < list->n; i++)
			compare_attr(spec, &set->attrs[i + 1], &list->items[i]);
	}
	assert_int_equal(n, spec->n_sets);
	free(spec);
}

/* --- Decoding. ---------------------------------------------------------------------------- */

static struct nlmsghdr *begin(char *buf, uint8_t command)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->cmd = command;
	return message;
}

static void put_version(struct nlmsghdr *message, uint16_t type, uint32_t major, uint32_t minor)
{
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	mnl_attr_put_u32(message, HV_IC_A_VERSION_MAJOR, major);
	mnl_attr_put_u32(message, HV_IC_A_VERSION_MINOR, minor);
	mnl_attr_nest_end(message, nest);
}

static void expect_json(const struct nlmsghdr *message, const struct hvu_set *set,
			const char *text)
{
	json_object *object = hvu_decode(message, set);

	assert_string_equal(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							   JSON_C_TO_STRING_NOSLASHESCAPE), text);
	json_object_put(object);
}

static void every_kind(void **state)
{
	char buf[1024];
	struct nlmsghdr *message = begin(buf, HV_IC_CMD_SERVICE_GET);
	struct nlattr *nest;

	(void)state;
	mnl_attr_put_u32(message, HV_IC_A_SERVICE_ID, HV_IC_SERVICE_FCOPY);
	mnl_attr_put_strz(message, HV_IC_A_SERVICE_NAME, "a/b\"");
	mnl_attr_put_u32(message, HV_IC_A_SERVICE_STATE, HV_IC_STATE_READY);
	mnl_attr_put_u8(message, HV_IC_A_SERVICE_ENABLED, 0);
	put_version(message, HV_IC_A_SERVICE_MESSAGE, 3, 2);
	put_version(message, HV_IC_A_SERVICE_SUPPORTED, 3, 2);
	put_version(message, HV_IC_A_SERVICE_SUPPORTED, 1, 0);
	mnl_attr_put(message, HV_IC_A_SERVICE_NEEDS_OWNER, 0, NULL);
	nest = mnl_attr_nest_start(message, HV_IC_A_SERVICE_LAST_ERROR);
	mnl_attr_put_u64(message, HV_IC_A_OUTCOME_AGE, UINT64_MAX);
	mnl_attr_put_u32(message, HV_IC_A_OUTCOME_STATUS, 0x80070005);
	mnl_attr_put_u32(message, HV_IC_A_OUTCOME_ERRNO, -13);
	mnl_attr_nest_end(message, nest);
	mnl_attr_put(message, HV_IC_A_SERVICE_IN_SESSION, 0, NULL);
	nest = mnl_attr_nest_start(message, HV_IC_A_SERVICE_HOLDS);
	mnl_attr_put_u32(message, HV_IC_A_HOLDS_COUNT, 3);
	mnl_attr_put_u64(message, HV_IC_A_HOLDS_AGE, 1500);
	mnl_attr_nest_end(message, nest);
	expect_json(message, &hvu_set_service,
		    "{\"id\":\"fcopy\",\"name\":\"a/b\\\"\",\"state\":\"ready\",\"enabled\":false,"
		    "\"message\":\"3.2\",\"supported\":[\"3.2\",\"1.0\"],\"needs_owner\":true,"
		    "\"last_error\":{\"age_ms\":18446744073709551615,\"status\":\"0x80070005\","
		    "\"errno\":-13},\"in_session\":true,"
		    "\"holds\":{\"count\":3,\"age_ms\":1500}}");
}

static void units_in_names(void **state)
{
	char buf[512];
	struct nlmsghdr *message = begin(buf, HV_IC_CMD_TIME_GET);

	(void)state;
	mnl_attr_put_u32(message, HV_IC_A_TIME_MAX_STEP, 5);
	mnl_attr_put_u64(message, HV_IC_A_TIME_OFFSET, -5);
	expect_json(message, &hvu_set_time, "{\"max_step_s\":5,\"offset_ns\":-5}");
}

/* What a newer kernel may say, and what no kernel should. */
static void unknown_and_malformed(void **state)
{
	char buf[512];
	struct nlmsghdr *message = begin(buf, HV_IC_CMD_HEALTH_GET);

	(void)state;
	mnl_attr_put_u32(message, 1000, 1);
	mnl_attr_put_u32(message, HV_IC_A_HEALTH_PAD, 1);
	mnl_attr_put_u32(message, HV_IC_A_HEALTH_STATE, 77);
	mnl_attr_put_u8(message, HV_IC_A_HEALTH_TTL, 1);		/* too short */
	mnl_attr_put(message, HV_IC_A_HEALTH_NAME, 3, "abc");		/* no end */
	expect_json(message, &hvu_set_health, "{\"state\":\"77\"}");

	message = begin(buf, HV_IC_CMD_SERVICE_GET);
	mnl_attr_put(message, HV_IC_A_SERVICE_MESSAGE | NLA_F_NESTED, 0, NULL);
	mnl_attr_put(message, HV_IC_A_SERVICE_OWNER | NLA_F_NESTED, 0, NULL);
	expect_json(message, &hvu_set_service, "{\"message\":\"0.0\",\"owner\":{}}");
}

static void notifications(void **state)
{
	const struct hvu_event *event;
	char buf[512];

	(void)state;
	event = hvu_event_find(begin(buf, HV_IC_CMD_TIME_STEP_NTF));
	assert_string_equal(event->group, HV_IC_MCGRP_TIME);
	assert_ptr_equal(event->set, &hvu_set_time);
	event = hvu_event_find(begin(buf, HV_IC_CMD_HANDLER_ASK_NTF));
	assert_null(event->group);
	assert_null(hvu_event_find(begin(buf, HV_IC_CMD_TIME_GET)));
	assert_null(hvu_event_find(begin(buf, 255)));
	assert_null(hvu_event_find(mnl_nlmsg_put_header(buf)));
}

static void members(void **state)
{
	json_object *object = json_tokener_parse("{\"s\":\"x\",\"n\":-7,\"t\":true,\"f\":false}");

	(void)state;
	assert_string_equal(hvu_json_string(object, "s"), "x");
	assert_string_equal(hvu_json_string(object, "none"), "");
	assert_int_equal(hvu_json_number(object, "n"), -7);
	assert_int_equal(hvu_json_number(object, "none"), 0);
	assert_true(hvu_json_true(object, "t"));
	assert_false(hvu_json_true(object, "f"));
	assert_false(hvu_json_true(object, "none"));
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(specification),
		cmocka_unit_test(every_kind),
		cmocka_unit_test(units_in_names),
		cmocka_unit_test(unknown_and_malformed),
		cmocka_unit_test(notifications),
		cmocka_unit_test(members),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
