// SPDX-License-Identifier: GPL-2.0
/* hvic time: the host's clock, and what is made of it. */
#include <stdlib.h>
#include <string.h>

#include "hvic.h"

#define NSEC_PER_MSEC 1000000

static const char *mode_meaning(const char *mode)
{
	if (!strcmp(mode, "off"))
		return "the host's time is not used";
	if (!strcmp(mode, "ptp"))
		return "the host's time is there as a PTP clock";
	if (!strcmp(mode, "sync"))
		return "the clock is set when the host says so";
	if (!strcmp(mode, "implicit"))
		return "the clock is set also when the guest has lost time";
	return "";
}

static void print_limits(FILE *out, json_object *time)
{
	char span[HVU_SPAN_SIZE];
	int64_t max = hvu_json_number(time, "max_step_s");

	fprintf(out, "Limits    steps ");
	if (max)
		fprintf(out, "up to %s", hvu_span(span, max * 1000 * NSEC_PER_MSEC));
	else
		fprintf(out, "of any size");
	fprintf(out, ", %s\n", hvu_json_true(time, "backward") ? "also backward" :
		"never backward");
	if (!hvu_json_true(time, "trusted"))
		fprintf(out, "          none at all: the host is not trusted\n");
}

static void print_clock(struct hvic *hvic, json_object *time)
{
	const char *state = hvu_json_string(time, "state");
	char offset[HVU_SPAN_SIZE], noise[HVU_SPAN_SIZE];
	FILE *out = hvic->paper.out;
	json_object *member;

	fputs("Clock     ", out);
	if (!*state) {
		hvu_say(&hvic->paper, HVU_WARN, "the host does not offer its time\n");
		return;
	}
	hvu_say(&hvic->paper, strcmp(state, "valid") ? HVU_WARN : HVU_GOOD, "%s", state);
	if (json_object_object_get_ex(time, "ptp", &member))
		fprintf(out, ", /dev/ptp%s", json_object_get_string(member));
	else
		fputs(", no PTP clock", out);
	fputc('\n', out);
	if (json_object_object_get_ex(time, "offset_ns", &member)) {
		fprintf(out, "Host      %s from here",
			hvu_offset(offset, json_object_get_int64(member)));
		if (json_object_object_get_ex(time, "noise_ns", &member))
			fprintf(out, ", samples scatter by %s",
				hvu_span(noise, json_object_get_int64(member)));
		fprintf(out, "; stratum %lld, leap %lld\n",
			(long long)hvu_json_number(time, "stratum"),
			(long long)hvu_json_number(time, "leap"));
	}
}

static void print_steps(struct hvic *hvic, json_object *time)
{
	char offset[HVU_SPAN_SIZE], age[HVU_SPAN_SIZE];
	FILE *out = hvic->paper.out;
	json_object *last;

	if (!*hvu_json_string(time, "state"))
		return;
	fprintf(out, "Samples   %lld\n", (long long)hvu_json_number(time, "samples"));
	fprintf(out, "Steps     %lld", (long long)hvu_json_number(time, "steps"));
	if (json_object_object_get_ex(time, "last_step", &last))
		fprintf(out, ", the last %s %s ago",
			hvu_offset(offset, hvu_json_number(last, "offset_ns")),
			hvu_span(age, hvu_json_number(last, "age_ms") * NSEC_PER_MSEC));
	fprintf(out, "; %lld refused\n", (long long)hvu_json_number(time, "refused_steps"));
}

static void print_history(struct hvic *hvic, json_object *time)
{
	char age[HVU_SPAN_SIZE];
	json_object *history;
	int64_t *offsets;
	size_t n;

	if (!json_object_object_get_ex(time, "history", &history))
		return;
	n = json_object_array_length(history);
	offsets = calloc(n, sizeof(*offsets));
	if (n < 2 || !offsets) {
		free(offsets);
		return;
	}
	for (size_t i = 0; i < n; i++)
		offsets[i] = hvu_json_number(json_object_array_get_idx(history, i), "offset_ns");
	fprintf(hvic->paper.out, "\nThe host's clock from here, the last %zu samples in %s:\n", n,
		hvu_span(age, hvu_json_number(json_object_array_get_idx(history, 0), "age_ms") *
			 NSEC_PER_MSEC));
	hvu_plot(&hvic->paper, offsets, n);
	free(offsets);
}

int cmd_time(struct hvic *hvic)
{
	json_object *time;
	int ret = hvic_get(hvic, HV_IC_CMD_TIME_GET, &hvu_set_time, &time);

	if (ret)
		return ret;
	if (hvic_wants_json(hvic)) {
		hvic_print_json(hvic, time);
		return HVIC_OK;
	}
	fprintf(hvic->paper.out, "Mode      %s: %s\n", hvu_json_string(time, "mode"),
		mode_meaning(hvu_json_string(time, "mode")));
	print_limits(hvic->paper.out, time);
	print_clock(hvic, time);
	print_steps(hvic, time);
	print_history(hvic, time);
	json_object_put(time);
	return HVIC_OK;
}

/* --- Setting. ------------------------------------------------------------- */

/* A time as the driver wants it: a whole number of @unit ms. */
static int parse_limit(struct hvic *hvic, const char *option, uint64_t unit, uint32_t *limit)
{
	const char *text = hvic_args_value(&hvic->call, option);
	uint64_t ms;

	if (!text)
		return 0;
	if (hvu_parse_span(text, &ms) || ms % unit || ms / unit > UINT32_MAX)
		return hvic_usage_error("--%s \"%s\" is not a time in whole %s", option, text,
					unit == 1 ? "milliseconds" : "seconds");
	*limit = ms / unit;
	return 0;
}

int cmd_time_set(struct hvic *hvic)
{
	const char *mode = hvic_args_value(&hvic->call, "mode");
	const char *max_step = hvic_args_value(&hvic->call, "max-step");
	const char *backward = hvic_args_value(&hvic->call, "backward");
	const char *gap = hvic_args_value(&hvic->call, "implicit-gap");
	struct hvic_setting settings[4];
	uint32_t max_step_s, gap_ms;
	struct nlmsghdr *request;
	size_t n = 0;
	int ret;

	if (!mode && !max_step && !backward && !gap)
		return hvic_usage_error("time set: nothing to set");
	ret = parse_limit(hvic, "max-step", 1000, &max_step_s);
	if (!ret)
		ret = parse_limit(hvic, "implicit-gap", 1, &gap_ms);
	if (!ret)
		ret = hvic_connect(hvic);
	if (ret)
		return ret;

	request = hvu_genl_request(&hvic->genl, HV_IC_CMD_TIME_SET);
	if (mode) {
		mnl_attr_put_u32(request, HV_IC_A_TIME_MODE,
				 hvu_parse_word(mode, hvu_time_mode_words));
		hvic_setting_set(&settings[n++], "time_mode", "%s", mode);
	}
	if (max_step) {
		mnl_attr_put_u32(request, HV_IC_A_TIME_MAX_STEP, max_step_s);
		hvic_setting_set(&settings[n++], "time_max_step", "%u", max_step_s);
	}
	if (backward) {
		mnl_attr_put_u8(request, HV_IC_A_TIME_BACKWARD, !strcmp(backward, "yes"));
		hvic_setting_set(&settings[n++], "time_backward", "%s",
				 !strcmp(backward, "yes") ? "Y" : "N");
	}
	if (gap) {
		mnl_attr_put_u32(request, HV_IC_A_TIME_IMPLICIT_GAP, gap_ms);
		hvic_setting_set(&settings[n++], "time_implicit_gap", "%u", gap_ms);
	}
	ret = hvu_genl_do(&hvic->genl, request, NULL, NULL);
	return ret ? hvic_failed(hvic, ret, "time set") : hvic_persist(hvic, settings, n);
}
