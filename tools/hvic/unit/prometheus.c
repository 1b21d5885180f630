// SPDX-License-Identifier: GPL-2.0
/* The metrics, read as the textfile collector of node_exporter reads them. */
#include "prometheus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "unit.h"

#define FACTS \
	"{\"version\":\"0.1.0\",\"services\":[" \
	"{\"name\":\"heartbeat\",\"state\":\"ready\",\"enabled\":true,\"framework\":\"3.0\"," \
	"\"message\":\"3.1\",\"counters\":{\"in\":9007199254740991,\"out\":42,\"timeouts\":0}," \
	"\"last_request\":{\"operation\":\"beat\",\"age_ms\":2500}}," \
	"{\"name\":\"vss\",\"state\":\"negotiating\",\"needs_owner\":true,\"in_session\":true," \
	"\"owner\":{\"pid\":77},\"holds\":{\"count\":3,\"age_ms\":1500}}," \
	"{\"name\":\"kvp\",\"state\":\"ready\",\"needs_owner\":true}," \
	"{\"name\":\"fcopy\",\"state\":\"absent\",\"held_by\":\"a\\\"b\\\\c\\nd\"}]," \
	"\"time\":{\"mode\":\"sync\",\"state\":\"valid\",\"offset_ns\":-123456," \
	"\"noise_ns\":1000,\"samples\":7,\"last_step\":{\"age_ms\":1000000}}," \
	"\"health\":{\"combined\":\"critical\"}," \
	"\"reporters\":[{\"name\":\"a\\\"b\\\\c\",\"state\":\"critical\"}]," \
	"\"shutdown\":{\"poweroff\":\"allow\",\"reboot\":\"deny\",\"hibernate\":\"notify\"," \
	"\"grace_s\":60,\"pending\":{}}}"

#define MAX_LINES 400

/**
 * struct reader - what was read
 * @series: each line but for its number, as it stands
 * @n: how many
 * @metric: the metric whose lines are being read
 * @type: its type
 * @metrics: the names of all, each with a newline at both ends
 */
struct reader {
	struct {
		char name[160];
		double number;
	} series[MAX_LINES];
	size_t n;
	char metric[80];
	char type[16];
	char metrics[8192];
};

/* The end of a name, which has at least one character. */
static char *skip_name(char *at)
{
	assert_true(isalpha(*at) || *at == '_');
	while (isalnum(*at) || *at == '_')
		at++;
	return at;
}

/* The end of what stands in quotes; nothing else is escaped than what has to be. */
static char *skip_value(char *at)
{
	assert_int_equal(*at++, '"');
	for (; *at != '"'; at++) {
		assert_true((unsigned char)*at >= ' ');
		if (*at == '\\') {
			at++;
			assert_true(*at == '\\' || *at == '"' || *at == 'n');
		}
	}
	return at + 1;
}

static void read_series(struct reader *reader, char *text)
{
	char *at = skip_name(text), *end;
	size_t len = at - text;

	assert_int_equal(len, strlen(reader->metric));
	assert_memory_equal(text, reader->metric, len);
	if (*at == '{') {
		do {
			at = skip_name(at + 1);
			assert_int_equal(*at++, '=');
			at = skip_value(at);
		} while (*at == ',');
		assert_int_equal(*at++, '}');
	}
	assert_int_equal(*at, ' ');
	*at++ = '\0';
	for (size_t i = 0; i < reader->n; i++)
		assert_string_not_equal(reader->series[i].name, text);
	assert_true(reader->n < MAX_LINES);
	assert_true(strlen(text) < sizeof(reader->series[0].name));
	strcpy(reader->series[reader->n].name, text);
	reader->series[reader->n++].number = strtod(at, &end);
	assert_true(end > at && !*end);
}

/* "# HELP name text", and then "# TYPE name type"; once for each metric. */
static void read_head(struct reader *reader, char *help, char *type)
{
	char *name = help + strlen("# HELP "), mark[100];
	int len;

	assert_non_null(type);
	assert_memory_equal(help, "# HELP ", strlen("# HELP "));
	assert_memory_equal(type, "# TYPE ", strlen("# TYPE "));
	assert_int_equal(*skip_name(name), ' ');
	snprintf(reader->metric, sizeof(reader->metric), "%.*s", (int)(skip_name(name) - name), name);
	len = snprintf(mark, sizeof(mark), "# TYPE %s ", reader->metric);
	assert_memory_equal(type, mark, len);
	snprintf(reader->type, sizeof(reader->type), "%s", type + len);
	assert_true(!strcmp(reader->type, "gauge") || !strcmp(reader->type, "counter"));
	assert_int_equal(!strcmp(reader->type, "counter"),
			 !strncmp(skip_name(name) - strlen("_total"), "_total ", strlen("_total ")));
	snprintf(mark, sizeof(mark), "\n%s\n", reader->metric);
	assert_null(strstr(reader->metrics, mark));
	strcat(reader->metrics, mark);
}

static void read_facts(struct reader *reader, const char *facts)
{
	json_object *object = facts ? json_tokener_parse(facts) : NULL;
	char *text, *at = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_true(!facts == !object);
	hvic_prometheus(out, object, 2000000);
	fclose(out);
	json_object_put(object);

	memset(reader, 0, sizeof(*reader));
	assert_int_equal(text[len - 1], '\n');
	for (char *line = strtok_r(text, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		if (*line == '#')
			read_head(reader, line, strtok_r(NULL, "\n", &at));
		else
			read_series(reader, line);
	}
	free(text);
}

static void expect(const struct reader *reader, const char *name, double number)
{
	for (size_t i = 0; i < reader->n; i++) {
		if (!strcmp(reader->series[i].name, name)) {
			assert_true(reader->series[i].number == number);
			return;
		}
	}
	fail_msg("no %s", name);
}

static void expect_none(const struct reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->n; i++)
		assert_memory_not_equal(reader->series[i].name, name, strlen(name));
}

static void all(void **state)
{
	static struct reader reader;

	(void)state;
	read_facts(&reader, FACTS);
	expect(&reader, "hv_ic_loaded", 1);
	expect(&reader, "hv_ic_info{version=\"0.1.0\"}", 1);
	expect(&reader, "hv_ic_service_state{service=\"heartbeat\",state=\"ready\"}", 1);
	expect(&reader, "hv_ic_service_state{service=\"heartbeat\",state=\"refused\"}", 0);
	expect(&reader, "hv_ic_service_state{service=\"fcopy\",state=\"absent\"}", 1);
	expect(&reader, "hv_ic_service_enabled{service=\"heartbeat\"}", 1);
	expect(&reader, "hv_ic_service_version_info{service=\"heartbeat\",framework=\"3.0\","
	       "message=\"3.1\"}", 1);
	expect_none(&reader, "hv_ic_service_version_info{service=\"vss\"");
	expect(&reader, "hv_ic_service_daemon{service=\"vss\"}", 1);
	expect(&reader, "hv_ic_service_daemon{service=\"kvp\"}", 0);
	expect_none(&reader, "hv_ic_service_daemon{service=\"heartbeat\"");
	expect(&reader, "hv_ic_service_in_session{service=\"vss\"}", 1);
	expect(&reader, "hv_ic_received_total{service=\"heartbeat\"}", 9007199254740991);
	expect(&reader, "hv_ic_timeouts_total{service=\"heartbeat\"}", 0);
	expect(&reader, "hv_ic_last_request_timestamp_seconds{service=\"heartbeat\"}", 1999997.5);
	expect(&reader, "hv_ic_frozen_filesystems", 3);
	expect(&reader, "hv_ic_frozen_seconds", 1.5);
	expect(&reader, "hv_ic_clock_mode{mode=\"sync\"}", 1);
	expect(&reader, "hv_ic_clock_mode{mode=\"off\"}", 0);
	expect(&reader, "hv_ic_clock_state{state=\"valid\"}", 1);
	expect(&reader, "hv_ic_clock_offset_seconds", -0.000123456);
	expect(&reader, "hv_ic_clock_samples_total", 7);
	expect(&reader, "hv_ic_clock_last_step_timestamp_seconds", 1999000);
	expect(&reader, "hv_ic_health{state=\"critical\"}", 1);
	expect(&reader, "hv_ic_shutdown_policy{action=\"reboot\",policy=\"deny\"}", 1);
	expect(&reader, "hv_ic_shutdown_policy{action=\"reboot\",policy=\"allow\"}", 0);
	expect(&reader, "hv_ic_shutdown_grace_seconds", 60);
	expect(&reader, "hv_ic_shutdown_handler", 0);
	expect(&reader, "hv_ic_shutdown_pending", 1);
}

/* Names that come from elsewhere cannot break out of their quotes. */
static void escapes(void **state)
{
	static struct reader reader;

	(void)state;
	read_facts(&reader, FACTS);
	expect(&reader, "hv_ic_health_reporter{name=\"a\\\"b\\\\c\",state=\"critical\"}", 1);
	expect(&reader, "hv_ic_service_held_info{service=\"fcopy\","
	       "driver=\"a\\\"b\\\\c?d\"}", 1);
}

/* What is not known has no number: 0 would be one. */
static void unknown(void **state)
{
	static struct reader reader;

	(void)state;
	read_facts(&reader, "{\"version\":\"1\",\"services\":[{\"name\":\"kvp\",\"state\":\"ready\"}],"
		   "\"time\":{\"mode\":\"sync\"},\"health\":{\"combined\":\"unknown\"},"
		   "\"reporters\":[],\"shutdown\":{\"poweroff\":\"allow\"}}");
	expect_none(&reader, "hv_ic_received_total");
	expect_none(&reader, "hv_ic_clock_offset_seconds");
	expect_none(&reader, "hv_ic_clock_state");
	expect_none(&reader, "hv_ic_frozen_filesystems");
	read_facts(&reader, NULL);
	assert_int_equal(reader.n, 1);
	expect(&reader, "hv_ic_loaded", 0);
}

/* The rules for alerts in the documents are about metrics that there are. */
static void rules(void **state)
{
	FILE *file = fopen("../../Documentation/administration.rst", "r");
	static struct reader reader;
	char line[256], mark[100];
	int found = 0;

	(void)state;
	assert_non_null(file);
	read_facts(&reader, FACTS);
	while (fgets(line, sizeof(line), file)) {
		char *at = strstr(line, " expr: ");

		for (at = at ? strstr(at, "hv_ic_") : NULL; at; at = strstr(at, "hv_ic_")) {
			int len = strspn(at, "abcdefghijklmnopqrstuvwxyz_");

			snprintf(mark, sizeof(mark), "\n%.*s\n", len, at);
			if (!strstr(reader.metrics, mark))
				fail_msg("%s: there is no such metric", line);
			found++;
			at += len;
		}
	}
	fclose(file);
	assert_true(found > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all),
		cmocka_unit_test(rules),
		cmocka_unit_test(escapes),
		cmocka_unit_test(unknown),
	};

	return cmocka_run_group_tests_name("prometheus", tests, NULL, NULL);
}
