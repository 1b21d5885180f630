// SPDX-License-Identifier: GPL-2.0
/*
 * hvic status --prometheus: what the driver tells, for the textfile collector of node_exporter.
 *
 * The lines of a metric stand together, under its help and its type. What the driver does not tell
 * has no line.
 */
#include "prometheus.h"

#include <string.h>

#include "array.h"
#include "hvic.h"

/* Labels of a line: names and values by turns. */
#define LABELS(...) ((const char *const []){ __VA_ARGS__, NULL })
#define NO_LABELS ((const char *const []){ NULL })

enum type { GAUGE, COUNTER };

/* --- Lines. ---------------------------------------------------------------------------------- */

static void head(FILE *out, const char *name, enum type type, const char *help)
{
	fprintf(out, "# HELP hv_ic_%s %s\n# TYPE hv_ic_%s %s\n", name, help, name,
		type == COUNTER ? "counter" : "gauge");
}

/* All that can be in a name is ASCII. */
static void print_value(FILE *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		fputc(*value < ' ' || *value > '~' ? '?' : *value, out);
	}
}

static void line(FILE *out, const char *name, const char *const *labels, double number)
{
	const char *mark = "{";

	fprintf(out, "hv_ic_%s", name);
	for (; *labels; labels += 2, mark = ",") {
		fprintf(out, "%s%s=\"", mark, labels[0]);
		print_value(out, labels[1]);
		fputc('"', out);
	}
	fprintf(out, "%s %.16g\n", *mark == ',' ? "}" : "", number);
}

/* One of these words holds, and has the number 1. */
static void lines(FILE *out, const char *name, const char *label, const char *of,
		  const char *label_of, const char *const *words, const char *word)
{
	for (; *words; words++)
		line(out, name, label_of ? LABELS(label_of, of, label, *words) :
		     LABELS(label, *words), !strcmp(*words, word));
}

/* A time of the system's clock, from an age. */
static double since(time_t now, json_object *object)
{
	return now - hvu_json_number(object, "age_ms") / 1e3;
}

/* --- Services. ------------------------------------------------------------------------------- */

/**
 * struct service_metric - something that each service may have
 * @name: of the metric
 * @type: its type
 * @help: what it is
 * @tell: prints the line of a service
 * @key: what it is about, for @tell
 */
struct service_metric {
	const char *name;
	enum type type;
	const char *help;
	void (*tell)(FILE *out, const struct service_metric *metric, json_object *service,
		     time_t now);
	const char *key;
};

static const char *name_of(json_object *service)
{
	return hvu_json_string(service, "name");
}

static void tell_state(FILE *out, const struct service_metric *metric, json_object *service,
		       time_t now)
{
	(void)now;
	lines(out, metric->name, "state", name_of(service), "service",
	      hvu_set_service.attrs[HV_IC_A_SERVICE_STATE].words,
	      hvu_json_string(service, "state"));
}

static void tell_truth(FILE *out, const struct service_metric *metric, json_object *service,
		       time_t now)
{
	(void)now;
	line(out, metric->name, LABELS("service", name_of(service)),
	     hvu_json_true(service, metric->key));
}

static void tell_versions(FILE *out, const struct service_metric *metric, json_object *service,
			  time_t now)
{
	(void)now;
	if (json_object_object_get_ex(service, "message", NULL))
		line(out, metric->name,
		     LABELS("service", name_of(service),
			    "framework", hvu_json_string(service, "framework"),
			    "message", hvu_json_string(service, "message")), 1);
}

static void tell_holder(FILE *out, const struct service_metric *metric, json_object *service,
			time_t now)
{
	const char *driver = hvu_json_string(service, "held_by");

	(void)now;
	if (*driver)
		line(out, metric->name, LABELS("service", name_of(service), "driver", driver), 1);
}

/* Of those that need one. */
static void tell_daemon(FILE *out, const struct service_metric *metric, json_object *service,
			time_t now)
{
	(void)now;
	if (hvu_json_true(service, "needs_owner"))
		line(out, metric->name, LABELS("service", name_of(service)),
		     json_object_object_get_ex(service, "owner", NULL));
}

static void tell_session(FILE *out, const struct service_metric *metric, json_object *service,
			 time_t now)
{
	if (hvu_json_true(service, "needs_owner") && strcmp(name_of(service), "kvp"))
		tell_truth(out, metric, service, now);
}

static void tell_counter(FILE *out, const struct service_metric *metric, json_object *service,
			 time_t now)
{
	json_object *counters;

	(void)now;
	if (json_object_object_get_ex(service, "counters", &counters))
		line(out, metric->name, LABELS("service", name_of(service)),
		     hvu_json_number(counters, metric->key));
}

static void tell_when(FILE *out, const struct service_metric *metric, json_object *service,
		      time_t now)
{
	json_object *outcome;

	if (json_object_object_get_ex(service, metric->key, &outcome))
		line(out, metric->name, LABELS("service", name_of(service)), since(now, outcome));
}

static void tell_holds(FILE *out, const struct service_metric *metric, json_object *service,
		       time_t now)
{
	json_object *holds = NULL;

	(void)now;
	json_object_object_get_ex(service, "holds", &holds);
	if (!strcmp(name_of(service), "vss"))
		line(out, metric->name, NO_LABELS, hvu_json_number(holds, metric->key) /
		     (strcmp(metric->key, "age_ms") ? 1 : 1e3));
}

static const struct service_metric service_metrics[] = {
	{ "service_state", GAUGE, "The state that the service is in, 1, and the others, 0.",
	  tell_state, NULL },
	{ "service_enabled", GAUGE, "Does the administrator of the guest want the service?",
	  tell_truth, "enabled" },
	{ "service_version_info", GAUGE, "The versions that were agreed on with the host.",
	  tell_versions, NULL },
	{ "service_held_info", GAUGE, "Another driver that has the device of the service.",
	  tell_holder, NULL },
	{ "service_daemon", GAUGE, "Is there a daemon for the service?", tell_daemon, NULL },
	{ "service_in_session", GAUGE, "Is a backup or a file copy under way?",
	  tell_session, "in_session" },
	{ "received_total", COUNTER, "Packets taken from the host.", tell_counter, "in" },
	{ "sent_total", COUNTER, "Answers sent to the host.", tell_counter, "out" },
	{ "negotiations_total", COUNTER, "Times that the host asked for versions.",
	  tell_counter, "negotiations" },
	{ "bad_length_total", COUNTER, "Messages of the host with a wrong length.",
	  tell_counter, "bad_length" },
	{ "bad_type_total", COUNTER, "Messages of the host with an unknown type.",
	  tell_counter, "bad_type" },
	{ "refused_total", COUNTER, "Requests answered with a failing status.",
	  tell_counter, "refused" },
	{ "timeouts_total", COUNTER, "Requests answered by their deadline.",
	  tell_counter, "timeouts" },
	{ "late_replies_total", COUNTER, "Replies of a daemon that came too late.",
	  tell_counter, "late_replies" },
	{ "ring_full_total", COUNTER, "Answers that had to wait for room.",
	  tell_counter, "ring_full" },
	{ "last_request_timestamp_seconds", GAUGE, "When the last request came.",
	  tell_when, "last_request" },
	{ "last_error_timestamp_seconds", GAUGE, "When a request came that failed.",
	  tell_when, "last_error" },
	{ "frozen_filesystems", GAUGE, "File systems that the kernel holds frozen for a backup.",
	  tell_holds, "count" },
	{ "frozen_seconds", GAUGE, "How long they have been frozen.", tell_holds, "age_ms" },
};

static void tell_services(FILE *out, json_object *services, time_t now)
{
	for (size_t i = 0; i < ARRAY_SIZE(service_metrics); i++) {
		const struct service_metric *metric = &service_metrics[i];

		head(out, metric->name, metric->type, metric->help);
		for (size_t k = 0; k < json_object_array_length(services); k++)
			metric->tell(out, metric, json_object_array_get_idx(services, k), now);
	}
}

/* --- Clock. ---------------------------------------------------------------------------------- */

static void tell_clock(FILE *out, json_object *clock, time_t now)
{
	static const struct {
		const char *name;
		enum type type;
		const char *help;
		const char *key;
		double unit;
	} numbers[] = {
		{ "clock_offset_seconds", GAUGE, "The host's clock minus the guest's.",
		  "offset_ns", 1e9 },
		{ "clock_noise_seconds", GAUGE, "How far samples of the host's clock scatter.",
		  "noise_ns", 1e9 },
		{ "clock_samples_total", COUNTER, "Messages with the host's time that were used.",
		  "samples", 1 },
		{ "clock_steps_total", COUNTER, "How often the guest's clock was set.",
		  "steps", 1 },
		{ "clock_refused_steps_total", COUNTER, "How often it was not, for the limits.",
		  "refused_steps", 1 },
		{ "clock_stratum", GAUGE, "NTP stratum of the host.", "stratum", 1 },
		{ "clock_leap", GAUGE, "NTP leap indicator of the host.", "leap", 1 },
	};
	json_object *member;

	head(out, "clock_mode", GAUGE, "What the host's clock is used for.");
	lines(out, "clock_mode", "mode", NULL, NULL, hvu_time_mode_words,
	      hvu_json_string(clock, "mode"));
	head(out, "clock_state", GAUGE, "What is known of the host's clock.");
	if (json_object_object_get_ex(clock, "state", NULL))
		lines(out, "clock_state", "state", NULL, NULL,
		      hvu_set_time.attrs[HV_IC_A_TIME_STATE].words,
		      hvu_json_string(clock, "state"));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		head(out, numbers[i].name, numbers[i].type, numbers[i].help);
		if (json_object_object_get_ex(clock, numbers[i].key, NULL))
			line(out, numbers[i].name, NO_LABELS,
			     hvu_json_number(clock, numbers[i].key) / numbers[i].unit);
	}
	head(out, "clock_last_step_timestamp_seconds", GAUGE, "When the guest's clock was set.");
	if (json_object_object_get_ex(clock, "last_step", &member))
		line(out, "clock_last_step_timestamp_seconds", NO_LABELS, since(now, member));
}

/* --- Health and shutdown. -------------------------------------------------------------------- */

static void tell_health(FILE *out, json_object *health, json_object *reporters)
{
	head(out, "health", GAUGE, "What the host is told of the applications.");
	lines(out, "health", "state", NULL, NULL, hvu_health_words,
	      hvu_json_string(health, "combined"));
	head(out, "health_reporter", GAUGE, "What an application has reported.");
	for (size_t i = 0; i < json_object_array_length(reporters); i++) {
		json_object *reporter = json_object_array_get_idx(reporters, i);

		lines(out, "health_reporter", "state", hvu_json_string(reporter, "name"), "name",
		      hvu_health_words, hvu_json_string(reporter, "state"));
	}
}

static void tell_shutdown(FILE *out, json_object *shutdown)
{
	head(out, "shutdown_policy", GAUGE, "What is done when the host asks for an action.");
	for (const char *const *action = hvu_action_words; *action; action++)
		lines(out, "shutdown_policy", "policy", *action, "action", hvu_policy_words,
		      hvu_json_string(shutdown, *action));
	head(out, "shutdown_grace_seconds", GAUGE, "Time from announcement to action.");
	line(out, "shutdown_grace_seconds", NO_LABELS, hvu_json_number(shutdown, "grace_s"));
	head(out, "shutdown_handler", GAUGE, "Is there a handler of shutdown requests?");
	line(out, "shutdown_handler", NO_LABELS,
	     json_object_object_get_ex(shutdown, "handler", NULL));
	head(out, "shutdown_pending", GAUGE, "Is a request of the host under way?");
	line(out, "shutdown_pending", NO_LABELS,
	     json_object_object_get_ex(shutdown, "pending", NULL));
}

/**
 * hvic_prometheus() - print all metrics
 * @out: where to
 * @facts: "version", a string; "services" and "reporters", arrays; "time", "health" and
 *	"shutdown", objects: as the driver tells; NULL if there is no driver
 * @now: when it told
 */
void hvic_prometheus(FILE *out, json_object *facts, time_t now)
{
	head(out, "loaded", GAUGE, "Is the module hv_ic loaded?");
	line(out, "loaded", NO_LABELS, !!facts);
	if (!facts)
		return;
	head(out, "info", GAUGE, "The version of the module.");
	line(out, "info", LABELS("version", hvu_json_string(facts, "version")), 1);
	tell_services(out, json_object_object_get(facts, "services"), now);
	tell_clock(out, json_object_object_get(facts, "time"), now);
	tell_health(out, json_object_object_get(facts, "health"),
		    json_object_object_get(facts, "reporters"));
	tell_shutdown(out, json_object_object_get(facts, "shutdown"));
}

/* --- Command. -------------------------------------------------------------------------------- */

static int ask(struct hvic *hvic, json_object *facts)
{
	static const struct {
		const char *key;
		uint8_t command;
		const struct hvu_set *set;
		int (*get)(struct hvic *hvic, uint8_t command, const struct hvu_set *set,
			   json_object **object);
	} questions[] = {
		{ "time", HV_IC_CMD_TIME_GET, &hvu_set_time, hvic_get },
		{ "health", HV_IC_CMD_HEALTH_GET, &hvu_set_health, hvic_get },
		{ "reporters", HV_IC_CMD_HEALTH_GET, &hvu_set_health, hvic_get_list },
		{ "shutdown", HV_IC_CMD_SHUTDOWN_GET, &hvu_set_shutdown, hvic_get },
	};

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		json_object *answer;
		int ret = questions[i].get(hvic, questions[i].command, questions[i].set, &answer);

		if (ret)
			return ret;
		json_object_object_add(facts, questions[i].key, answer);
	}
	return HVIC_OK;
}

/**
 * hvic_print_prometheus() - ask the driver for the rest, and print all metrics
 * @hvic: run
 * @services: as "hvic status" shows them, which this keeps; NULL if there is no driver
 *
 * Return: the exit status.
 */
int hvic_print_prometheus(struct hvic *hvic, json_object *services)
{
	char version[HVU_NAME_SIZE] = "";
	json_object *facts;
	int ret;

	if (!services) {
		hvic_prometheus(hvic->paper.out, NULL, 0);
		return HVIC_NO_DRIVER;
	}
	facts = json_object_new_object();
	json_object_object_add(facts, "services", services);
	hvu_read(hvic->root, version, sizeof(version), "sys/module/hv_ic/version");
	json_object_object_add(facts, "version", json_object_new_string(version));
	ret = ask(hvic, facts);
	if (!ret)
		hvic_prometheus(hvic->paper.out, facts, time(NULL));
	json_object_put(facts);
	return ret;
}
