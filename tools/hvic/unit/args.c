// SPDX-License-Identifier: GPL-2.0
/* The command line. */
#include "args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "hvic.h"
#include "unit.h"

#define MAX_WORDS 32

/* Splits at spaces; a word of its own is given as in a shell, but nothing is quoted. */
static int parse(struct hvic_call *call, char *complaint, size_t size, const char *line)
{
	static char text[256];
	static char *argv[MAX_WORDS + 1];
	int argc = 0;

	snprintf(text, sizeof(text), "hvic %s", line);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return hvic_args_parse(call, argc, argv, complaint, size);
}

static void good(void **state)
{
	static const struct {
		const char *line;
		int (*run)(struct hvic *hvic);
		unsigned int n_args;
	} rows[] = {
		{ "", cmd_status, 0 },
		{ "--json", cmd_status, 0 },
		{ "-j status", cmd_status, 0 },
		{ "status shutdown", cmd_status, 1 },
		{ "monitor", cmd_monitor, 0 },
		{ "monitor time health state", cmd_monitor, 3 },
		{ "monitor time --count 3 health", cmd_monitor, 2 },
		{ "time", cmd_time, 0 },
		{ "time set --mode ptp --max-step=0", cmd_time_set, 0 },
		{ "health", cmd_health_list, 0 },
		{ "health list --json=short", cmd_health_list, 0 },
		{ "health set web healthy --ttl 30s", cmd_health_set, 2 },
		{ "--timeout 3 health --ttl=5 set web critical", NULL, 0 },
		{ "health clear web", cmd_health_clear, 1 },
		{ "health run web -- curl -f --ttl http://localhost", cmd_health_run, 1 },
		{ "health run --ttl 5 web -- true", cmd_health_run, 1 },
		{ "shutdown policy poweroff notify --grace 60s", cmd_shutdown_policy, 2 },
		{ "shutdown policy --grace 60s", cmd_shutdown_policy, 0 },
		{ "shutdown cancel", cmd_shutdown_cancel, 0 },
		{ "shutdown proceed", cmd_shutdown_proceed, 0 },
		{ "shutdown now", cmd_shutdown_proceed, 0 },
		{ "service enable kvp", cmd_service_enable, 1 },
		{ "takeover -t 30", cmd_takeover, 0 },
		{ "status --", cmd_status, 0 },
		{ "doctor", cmd_doctor, 0 },
		{ "status -- shutdown", cmd_status, 1 },
		{ "kvp set --pool guest -- offset -5", cmd_kvp_set, 2 },
		{ "kvp set -- --pool --", cmd_kvp_set, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hvic_call call;
		char complaint[256];
		int ret = parse(&call, complaint, sizeof(complaint), rows[i].line);

		/* An option of a verb does not go before the verb. */
		if (!rows[i].run) {
			assert_int_equal(ret, -EINVAL);
			continue;
		}
		assert_int_equal(ret, 0);
		assert_ptr_equal(call.command->run, rows[i].run);
		assert_int_equal(call.n_args, rows[i].n_args);
	}
}

static void bad(void **state)
{
	static const struct {
		const char *line;
		const char *complaint;
	} rows[] = {
		{ "stat", "unknown command \"stat\"" },
		{ "status network", "SERVICE \"network\" must be one of heartbeat" },
		{ "status shutdown kvp", "unexpected argument \"kvp\"" },
		{ "time sett", "unknown command \"time sett\"" },
		{ "time set fast", "unexpected argument \"fast\"" },
		{ "time set --mode fast", "value \"fast\" must be one of off, ptp, sync, implicit" },
		{ "time set --mode", "option --mode needs a value" },
		{ "time set --mod ptp", "unknown option \"--mod\"" },
		{ "time --mode ptp", "unknown option \"--mode\"" },
		{ "time set --json", "there is nothing to show with --json" },
		{ "health set", "NAME is missing" },
		{ "health set web", "STATE is missing" },
		{ "health set web unknown", "STATE \"unknown\" must be one of healthy, critical" },
		{ "health set web healthy now", "unexpected argument \"now\"" },
		{ "health run web", "COMMAND is missing" },
		{ "health run web --", "COMMAND is missing" },
		{ "health run web true", "unexpected argument \"true\"" },
		{ "service", "\"service\" is not a whole command" },
		{ "service kvp", "unknown command \"service kvp\"" },
		{ "service enable", "SERVICE is missing" },
		{ "status -- shutdown kvp", "unexpected argument \"kvp\"" },
		{ "kvp set offset -5", "unknown option \"-5\"" },
		{ "-- status", "unexpected argument \"status\"" },
		{ "--json=xml", "value \"xml\" must be one of pretty, short" },
		{ "--help=me", "option --help takes no value" },
		{ "-x", "unknown option \"-x\"" },
		{ "-jt", "option --timeout needs a value" },
		{ "-jx", "unknown option \"-x\"" },
		{ "-jshort", "unknown option \"-s\"" },
		{ "-h=1", "option --help takes no value" },
		{ "-j=long", "value \"long\" must be one of pretty, short" },
		{ "---", "unknown option \"---\"" },
		{ "-t", "option --timeout needs a value" },
		{ "shutdown policy halt allow", "ACTION \"halt\" must be one of poweroff, reboot, hibernate" },
		{ "monitor time vss time vss time vss time vss time vss time vss time vss time vss vss",
		  "too many arguments" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hvic_call call;
		char complaint[256];

		assert_int_equal(parse(&call, complaint, sizeof(complaint), rows[i].line), -EINVAL);
		if (strncmp(complaint, rows[i].complaint, strlen(rows[i].complaint)))
			fail_msg("%s: \"%s\"", rows[i].line, complaint);
	}
}

static void values(void **state)
{
	struct hvic_call call;
	char complaint[256];

	(void)state;
	assert_int_equal(parse(&call, complaint, sizeof(complaint),
			       "time set --max-step 5s --mode=sync -t 1 --color never"), 0);
	assert_string_equal(hvic_args_value(&call, "max-step"), "5s");
	assert_string_equal(hvic_args_value(&call, "mode"), "sync");
	assert_null(hvic_args_value(&call, "backward"));
	assert_string_equal(call.global[HVIC_OPTION_TIMEOUT], "1");
	assert_string_equal(call.global[HVIC_OPTION_COLOR], "never");
	assert_null(call.global[HVIC_OPTION_JSON]);
	assert_int_equal(parse(&call, complaint, sizeof(complaint), "-j=short -t5s -cnever"), 0);
	assert_string_equal(call.global[HVIC_OPTION_JSON], "short");
	assert_string_equal(call.global[HVIC_OPTION_TIMEOUT], "5s");
	assert_string_equal(call.global[HVIC_OPTION_COLOR], "never");
	assert_int_equal(parse(&call, complaint, sizeof(complaint), "-jt 5s status -t=7"), 0);
	assert_string_equal(call.global[HVIC_OPTION_JSON], "");
	assert_string_equal(call.global[HVIC_OPTION_TIMEOUT], "7");
	assert_int_equal(parse(&call, complaint, sizeof(complaint), "-hV"), 0);
	assert_non_null(call.global[HVIC_OPTION_HELP]);
	assert_non_null(call.global[HVIC_OPTION_VERSION]);
	assert_int_equal(parse(&call, complaint, sizeof(complaint), "--json"), 0);
	assert_string_equal(call.global[HVIC_OPTION_JSON], "");
}

static void program(void **state)
{
	struct hvic_call call;
	char complaint[256];

	(void)state;
	assert_int_equal(parse(&call, complaint, sizeof(complaint),
			       "health run web -- curl -- --json"), 0);
	assert_string_equal(call.program[0], "curl");
	assert_string_equal(call.program[1], "--");
	assert_string_equal(call.program[2], "--json");
	assert_null(call.program[3]);
	assert_null(call.global[HVIC_OPTION_JSON]);
}

/* Help is there in the middle of anything, also where a word is missing. */
static void help(void **state)
{
	static const char *const lines[] = {
		"--help", "time --help", "service --help", "health set --help", "-h health run",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct hvic_call call;
		char complaint[256];

		assert_int_equal(parse(&call, complaint, sizeof(complaint), lines[i]), 0);
		assert_non_null(call.global[HVIC_OPTION_HELP]);
	}
}

static bool has_room(const struct hvic_command *command)
{
	size_t params = 0, options = 0;

	while (command->params[params].name)
		params++;
	while (command->options[options].name)
		options++;
	return params < HVIC_MAX_PARAMS && options < HVIC_MAX_OPTIONS;
}

/* Every row can be run and is explained, in lines that a terminal has room for. */
static void table(void **state)
{
	(void)state;
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		size_t len;
		char *text;
		FILE *out = open_memstream(&text, &len);

		hvic_args_help(c->noun, out);
		fclose(out);
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
			if (strlen(line) > 90)
				fail_msg("too long: %s", line);
		}
		free(text);
		assert_non_null(c->run);
		assert_non_null(c->help);
		assert_true(has_room(c));
	}
}

/* The manual page knows every command and option. */
static void manual(void **state)
{
	static char page[65536];
	FILE *file = fopen("hvic.1", "r");

	(void)state;
	assert_non_null(file);
	assert_true(fread(page, 1, sizeof(page) - 1, file) > 0);
	fclose(file);
	for (const struct hvic_command *c = hvic_commands; c->noun; c++) {
		char line[64];

		snprintf(line, sizeof(line), ".It Cm %s%s%s", c->noun, c->verb ? " " : "",
			 c->verb ? c->verb : "");
		if (!strstr(page, line))
			fail_msg("hvic(1) lacks \"%s\"", line);
		for (const struct hvic_option *o = c->options; o->name; o++) {
			snprintf(line, sizeof(line), "Fl -%s", o->name);
			if (!strstr(page, line))
				fail_msg("hvic(1) lacks \"%s\"", line);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(values),
		cmocka_unit_test(program),
		cmocka_unit_test(help),
		cmocka_unit_test(table),
		cmocka_unit_test(manual),
	};

	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
