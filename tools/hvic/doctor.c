// SPDX-License-Identifier: GPL-2.0
/* hvic doctor: what is wrong, and the way out. */
#include <errno.h>
#include <string.h>

#include "examine.h"
#include "hvic.h"

static void print_finding(struct hvic *hvic, json_object *finding)
{
	const char *level = hvu_json_string(finding, "level");

	hvu_say(&hvic->paper, strcmp(level, "problem") ? HVU_DIM : HVU_BAD, "%-8s", level);
	fprintf(hvic->paper.out, " %s\n         %s\n", hvu_json_string(finding, "text"),
		hvu_json_string(finding, "remedy"));
}

static unsigned int count_problems(json_object *findings)
{
	unsigned int problems = 0;

	for (size_t i = 0; i < json_object_array_length(findings); i++)
		problems += !strcmp(hvu_json_string(json_object_array_get_idx(findings, i),
						    "level"), "problem");
	return problems;
}

static int take_service(const struct nlmsghdr *message, void *data)
{
	json_object_array_add(data, hvu_decode(message, &hvu_set_service));
	return 0;
}

/* Without a word: that there is no driver is what the examination finds out. */
static json_object *ask_driver(struct hvic *hvic)
{
	json_object *services;
	int ret;

	if (hvu_genl_open(&hvic->genl, HV_IC_FAMILY_NAME, hvic->timeout_ms))
		return NULL;
	services = json_object_new_array();
	ret = hvu_genl_dump(&hvic->genl, hvu_genl_request(&hvic->genl, HV_IC_CMD_SERVICE_GET),
			    take_service, services);
	if (!ret)
		return services;
	json_object_put(services);
	return NULL;
}

int cmd_doctor(struct hvic *hvic)
{
	json_object *services = ask_driver(hvic);
	json_object *findings = hvic_examine(hvic->root, services);
	json_object *whole;
	unsigned int problems;

	json_object_put(services);
	if (!findings)
		return hvic_failed(hvic, -ENOMEM, "doctor");
	problems = count_problems(findings);
	if (hvic_wants_json(hvic)) {
		whole = json_object_new_object();
		json_object_object_add(whole, "problems", json_object_new_int(problems));
		json_object_object_add(whole, "findings", findings);
		hvic_print_json(hvic, whole);
		return problems ? HVIC_FAILED : HVIC_OK;
	}
	for (size_t i = 0; i < json_object_array_length(findings); i++)
		print_finding(hvic, json_object_array_get_idx(findings, i));
	if (problems)
		fprintf(hvic->paper.out, "%u problem%s found\n", problems,
			problems == 1 ? "" : "s");
	else
		hvu_say(&hvic->paper, HVU_GOOD, "no problem found\n");
	json_object_put(findings);
	return problems ? HVIC_FAILED : HVIC_OK;
}
