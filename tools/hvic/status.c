// SPDX-License-Identifier: GPL-2.0
/* hvic status: how the services are. */
#include <stdlib.h>
#include <string.h>

#include "hvic.h"
#include "prometheus.h"

/* --- What the driver cannot know: who else holds a device. ---------------- */

static void add_foreign_drivers(struct hvic *hvic, json_object *services)
{
	struct hvu_device *devices;
	int n = hvu_devices(hvic->root, &devices);

	for (size_t i = 0; i < json_object_array_length(services); i++) {
		json_object *service = json_object_array_get_idx(services, i);
		const char *name = hvu_json_string(service, "name");

		if (strcmp(hvu_json_string(service, "state"), "absent"))
			continue;
		for (int k = 0; k < n; k++) {
			if (strcmp(devices[k].service->name, name) || !devices[k].driver[0])
				continue;
			json_object_object_add(service, "held_by",
					       json_object_new_string(devices[k].driver));
			break;
		}
	}
	free(devices);
}

/* --- Cells. --------------------------------------------------------------- */

static void add_state(struct hvu_table *table, json_object *service)
{
	const char *state = hvu_json_string(service, "state");
	const char *holder = hvu_json_string(service, "held_by");

	if (*holder)
		hvu_table_add(table, HVU_WARN, "%s", holder);
	else if (!strcmp(state, "absent"))
		hvu_table_add(table, HVU_DIM, "not offered");
	else if (!strcmp(state, "ready"))
		hvu_table_add(table, HVU_GOOD, "%s", state);
	else if (!strcmp(state, "refused"))
		hvu_table_add(table, HVU_BAD, "%s", state);
	else
		hvu_table_add(table, HVU_WARN, "%s", state);
}

static void add_owner(struct hvu_table *table, json_object *service)
{
	json_object *owner;

	if (json_object_object_get_ex(service, "owner", &owner))
		hvu_table_add(table, HVU_PLAIN, "%lld",
			      (long long)hvu_json_number(owner, "pid"));
	else if (hvu_json_true(service, "needs_owner") &&
		 strcmp(hvu_json_string(service, "state"), "absent"))
		hvu_table_add(table, HVU_WARN, "missing");
	else
		hvu_table_add(table, HVU_DIM, "-");
}

static void add_requests(struct hvu_table *table, json_object *service)
{
	json_object *counters;

	if (json_object_object_get_ex(service, "counters", &counters))
		hvu_table_add(table, HVU_PLAIN, "%lld",
			      (long long)hvu_json_number(counters, "in"));
	else
		hvu_table_add(table, HVU_DIM, "-");
}

static void add_last(struct hvu_table *table, json_object *service)
{
	char age[HVU_SPAN_SIZE];
	json_object *last;

	if (!json_object_object_get_ex(service, "last_request", &last)) {
		hvu_table_add(table, HVU_DIM, "-");
		return;
	}
	hvu_table_add(table, hvu_json_number(last, "errno") ? HVU_BAD : HVU_PLAIN, "%s %s",
		      hvu_json_string(last, "operation"),
		      hvu_age(age, hvu_json_number(last, "age_ms")));
}

/* --- Table. --------------------------------------------------------------- */

/**
 * hvic_status_table() - print the services, in at most 80 columns
 * @paper: where to
 * @services: array, as the driver tells
 */
void hvic_status_table(const struct hvu_paper *paper, json_object *services)
{
	static const char *const heads[] = {
		"SERVICE", "STATE", "VERSION", "DAEMON", "MESSAGES", "LAST, AGO"
	};
	struct hvu_table *table = hvu_table_new(heads, 6);

	for (size_t i = 0; i < json_object_array_length(services); i++) {
		json_object *service = json_object_array_get_idx(services, i);
		const char *version = hvu_json_string(service, "message");

		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(service, "name"));
		add_state(table, service);
		hvu_table_add(table, *version ? HVU_PLAIN : HVU_DIM, "%s",
			      *version ? version : "-");
		add_owner(table, service);
		add_requests(table, service);
		add_last(table, service);
	}
	hvu_table_print(table, paper);
}

/* --- One service in detail. ----------------------------------------------- */

static void print_outcome(struct hvic *hvic, const char *what, json_object *outcome)
{
	char age[HVU_SPAN_SIZE];
	char *text = hvu_printable(hvu_json_string(outcome, "text"), hvic->paper.utf8);
	const char *status = hvu_json_string(outcome, "status");

	fprintf(hvic->paper.out, "%-15s%s, %s ago", what,
		hvu_json_string(outcome, "operation"),
		hvu_span(age, hvu_json_number(outcome, "age_ms") * 1000000));
	if (*status)
		fprintf(hvic->paper.out, ", answered %s", status);
	if (text && *text)
		fprintf(hvic->paper.out, ": %s", text);
	fputc('\n', hvic->paper.out);
	free(text);
}

static void print_list(struct hvic *hvic, const char *what, json_object *service,
		       const char *key)
{
	json_object *array;

	if (!json_object_object_get_ex(service, key, &array))
		return;
	fprintf(hvic->paper.out, "%-14s", what);
	for (size_t i = 0; i < json_object_array_length(array); i++)
		fprintf(hvic->paper.out, " %s",
			json_object_get_string(json_object_array_get_idx(array, i)));
	fputc('\n', hvic->paper.out);
}

static void print_member(struct hvic *hvic, const char *what, json_object *service,
			 const char *key)
{
	const char *value = hvu_json_string(service, key);

	if (*value)
		fprintf(hvic->paper.out, "%-15s%s\n", what, value);
}

static void print_counter(void *out, const char *key, json_object *value)
{
	fprintf(out, "%-15s%s\n", key, json_object_get_string(value));
}

static void print_details(struct hvic *hvic, json_object *service)
{
	char span[HVU_SPAN_SIZE];
	json_object *member;

	fputc('\n', hvic->paper.out);
	print_member(hvic, "instance", service, "instance");
	print_member(hvic, "class", service, "class");
	print_member(hvic, "channel", service, "channel");
	print_member(hvic, "enabled", service, "enabled");
	print_member(hvic, "framework", service, "framework");
	if (json_object_object_get_ex(service, "owner", &member))
		fprintf(hvic->paper.out, "%-15s%lld, %s\n", "daemon",
			(long long)hvu_json_number(member, "pid"),
			hvu_json_string(member, "abi"));
	if (json_object_object_get_ex(service, "holds", &member))
		fprintf(hvic->paper.out, "%-15s%lld file systems, for %s\n", "holds",
			(long long)hvu_json_number(member, "count"),
			hvu_span(span, hvu_json_number(member, "age_ms") * 1000000));
	print_list(hvic, "we speak", service, "supported");
	print_list(hvic, "host speaks", service, "offered");
	if (json_object_object_get_ex(service, "last_request", &member))
		print_outcome(hvic, "last request", member);
	if (json_object_object_get_ex(service, "last_error", &member))
		print_outcome(hvic, "last error", member);
	if (!json_object_object_get_ex(service, "counters", &member))
		return;
	hvu_json_each(member, print_counter, hvic->paper.out);
}

/* --- Command. ------------------------------------------------------------- */

static json_object *only(json_object *services, const char *name)
{
	json_object *chosen = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(services); i++) {
		json_object *service = json_object_array_get_idx(services, i);

		if (!strcmp(hvu_json_string(service, "name"), name))
			json_object_array_add(chosen, json_object_get(service));
	}
	json_object_put(services);
	return chosen;
}

static bool all_absent(json_object *services)
{
	for (size_t i = 0; i < json_object_array_length(services); i++) {
		json_object *service = json_object_array_get_idx(services, i);

		if (strcmp(hvu_json_string(service, "state"), "absent"))
			return false;
	}
	return true;
}

int cmd_status(struct hvic *hvic)
{
	const char *name = hvic->call.n_args ? hvic->call.args[0] : NULL;
	bool metrics = hvic_args_value(&hvic->call, "prometheus");
	json_object *services, *whole;
	int ret;

	if (metrics && (name || hvic_wants_json(hvic)))
		return hvic_usage_error("--prometheus shows everything, in a form of its own");
	/* This is a fact like others, and no reason to say more. */
	if (metrics && !hvu_exists(hvic->root, "sys/module/hv_ic"))
		return hvic_print_prometheus(hvic, NULL);
	ret = hvic_get_list(hvic, HV_IC_CMD_SERVICE_GET, &hvu_set_service, &services);
	if (ret)
		return ret;
	add_foreign_drivers(hvic, services);
	if (metrics)
		return hvic_print_prometheus(hvic, services);
	if (name) {
		services = only(services, name);
		if (all_absent(services))
			ret = HVIC_ABSENT;
	}

	if (hvic_wants_json(hvic)) {
		whole = json_object_new_object();
		json_object_object_add(whole, "services", services);
		hvic_print_json(hvic, whole);
		return ret;
	}
	hvic_status_table(&hvic->paper, services);
	for (size_t i = 0; name && i < json_object_array_length(services); i++)
		print_details(hvic, json_object_array_get_idx(services, i));
	json_object_put(services);
	return ret;
}
