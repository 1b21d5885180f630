// SPDX-License-Identifier: GPL-2.0
/* hvic health: what the host is told of the applications in the guest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvic.h"
#include "run.h"

static enum hvu_tone tone_of(const char *state)
{
	return !strcmp(state, "healthy") ? HVU_GOOD : !strcmp(state, "critical") ? HVU_BAD :
		HVU_PLAIN;
}

static void print_reporters(struct hvic *hvic, json_object *reporters)
{
	static const char *const heads[] = { "NAME", "STATE", "NEXT REPORT WITHIN" };
	struct hvu_table *table = hvu_table_new(heads, 3);

	for (size_t i = 0; i < json_object_array_length(reporters); i++) {
		json_object *reporter = json_object_array_get_idx(reporters, i);
		const char *state = hvu_json_string(reporter, "state");
		char span[HVU_SPAN_SIZE];
		json_object *left;

		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(reporter, "name"));
		hvu_table_add(table, tone_of(state), "%s", state);
		if (!json_object_object_get_ex(reporter, "remaining_ms", &left))
			hvu_table_add(table, HVU_DIM, "-");
		else if (!json_object_get_int64(left))
			hvu_table_add(table, HVU_BAD, "expired");
		else
			hvu_table_add(table, HVU_PLAIN, "%s",
				      hvu_span(span, json_object_get_int64(left) * 1000000));
	}
	hvu_table_print(table, &hvic->paper);
}

int cmd_health_list(struct hvic *hvic)
{
	json_object *health, *reporters;
	const char *combined;
	int ret = hvic_get(hvic, HV_IC_CMD_HEALTH_GET, &hvu_set_health, &health);

	if (ret)
		return ret;
	ret = hvic_get_list(hvic, HV_IC_CMD_HEALTH_GET, &hvu_set_health, &reporters);
	if (ret) {
		json_object_put(health);
		return ret;
	}

	if (hvic_wants_json(hvic)) {
		/* The list takes the place of its length. */
		json_object_object_add(health, "reporters", reporters);
		hvic_print_json(hvic, health);
		return HVIC_OK;
	}
	combined = hvu_json_string(health, "combined");
	fputs("The host is told: ", hvic->paper.out);
	hvu_say(&hvic->paper, tone_of(combined), "%s", combined);
	fputc('\n', hvic->paper.out);
	if (json_object_array_length(reporters)) {
		fputc('\n', hvic->paper.out);
		print_reporters(hvic, reporters);
	}
	json_object_put(reporters);
	json_object_put(health);
	return HVIC_OK;
}

/* --- Reporting. ----------------------------------------------------------- */

/* Checked here as well as in the driver, so that "run" need not run for nothing. */
static int check_name(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > HV_IC_NAME_MAX)
		return hvic_usage_error("the name \"%s\" does not have 1 to %d characters", name,
					HV_IC_NAME_MAX);
	for (; *name; name++) {
		if (*name <= ' ' || *name > '~')
			return hvic_usage_error("a name is of printable ASCII without spaces");
	}
	return 0;
}

static int parse_ttl(struct hvic *hvic, uint32_t *ttl)
{
	const char *text = hvic_args_value(&hvic->call, "ttl");
	uint64_t ms;

	*ttl = 0;
	if (!text)
		return 0;
	if (hvu_parse_span(text, &ms) || !ms || ms > UINT32_MAX)
		return hvic_usage_error("--ttl \"%s\" is not a time such as 30s", text);
	*ttl = ms;
	return 0;
}

static int report(struct hvic *hvic, const char *name, enum hv_ic_health state, uint32_t ttl)
{
	struct nlmsghdr *request;
	int ret = hvic_connect(hvic);

	if (ret)
		return ret;
	request = hvu_genl_request(&hvic->genl, HV_IC_CMD_HEALTH_SET);
	mnl_attr_put_strz(request, HV_IC_A_HEALTH_NAME, name);
	mnl_attr_put_u32(request, HV_IC_A_HEALTH_STATE, state);
	if (ttl)
		mnl_attr_put_u32(request, HV_IC_A_HEALTH_TTL, ttl);
	ret = hvu_genl_do(&hvic->genl, request, NULL, NULL);
	return ret ? hvic_failed(hvic, ret, "health set") : HVIC_OK;
}

int cmd_health_set(struct hvic *hvic)
{
	const char *name = hvic->call.args[0];
	uint32_t ttl;
	int ret = check_name(name);

	if (!ret)
		ret = parse_ttl(hvic, &ttl);
	if (ret)
		return ret;
	return report(hvic, name, hvu_parse_word(hvic->call.args[1], hvu_health_words), ttl);
}

int cmd_health_clear(struct hvic *hvic)
{
	const char *name = hvic->call.args[0];
	struct nlmsghdr *request;
	int ret = check_name(name);

	if (!ret)
		ret = hvic_connect(hvic);
	if (ret)
		return ret;
	request = hvu_genl_request(&hvic->genl, HV_IC_CMD_HEALTH_CLEAR);
	mnl_attr_put_strz(request, HV_IC_A_HEALTH_NAME, name);
	ret = hvu_genl_do(&hvic->genl, request, NULL, NULL);
	return ret ? hvic_failed(hvic, ret, "health clear") : HVIC_OK;
}

/* Why there is no exit status of the command, in the words and numbers of env(1) and timeout(1). */
static int explain(const char *program, int error)
{
	if (error == -ETIMEDOUT) {
		hvic_error("%s has been ended: time is up", program);
		return HVIC_TIME_UP;
	}
	hvic_error("%s cannot be run: %s", program, strerror(-error));
	return error == -ENOENT ? HVIC_NOT_FOUND : HVIC_NOT_RUN;
}

int cmd_health_run(struct hvic *hvic)
{
	const char *const *program = hvic->call.program;
	const char *name = hvic->call.args[0];
	int status, interrupted, ret = check_name(name);
	uint32_t ttl;

	if (!ret)
		ret = parse_ttl(hvic, &ttl);
	/* Without the driver the host would not hear of it: do not run the command. */
	if (!ret)
		ret = hvic_connect(hvic);
	if (ret)
		return HVIC_UNABLE;

	fflush(stdout);
	/* A command may take its time, unless the user says how much. */
	status = hvic_run(hvic->root, program,
			  hvic->call.global[HVIC_OPTION_TIMEOUT] ? hvic->timeout_ms : -1,
			  &interrupted);
	if (status < 0)
		status = explain(program[0], status);
	/* A command that was not let end has found out nothing. */
	if (interrupted)
		return status;
	ret = report(hvic, name, status ? HV_IC_HEALTH_CRITICAL : HV_IC_HEALTH_HEALTHY, ttl);
	return ret ? HVIC_UNABLE : status;
}
