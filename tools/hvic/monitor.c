// SPDX-License-Identifier: GPL-2.0
/*
 * hvic monitor: what happens, as it happens.
 *
 * Notifications are numbered within their group. Where numbers are missing some
 * were lost: that is said, and the state is read anew. So it is when the kernel had
 * no room for them, for there may be no more of them whose number would tell.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "array.h"
#include "hvic.h"

#define GROUPS 8

/**
 * struct monitor - a watch
 * @hvic: run
 * @next: number of the next notification per group; 0 if there was none yet
 * @joined: the group is watched
 * @lost: something was lost in the group, its state is to be read anew
 * @overrun: something was lost in some group, and what came before is still to be read
 * @left: notifications until the end; 0 for no end
 * @has_end: @left counts
 */
struct monitor {
	struct hvic *hvic;
	uint64_t next[GROUPS];
	bool joined[GROUPS];
	bool lost[GROUPS];
	bool overrun;
	uint64_t left;
	bool has_end;
};

static void stamp(char *text, size_t size)
{
	struct timespec now;
	struct tm parts;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	len = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text + len, size - len, ".%09ldZ", now.tv_nsec);
}

/* --- Text. ---------------------------------------------------------------- */

static void print_string(FILE *out, const char *what, const char *text)
{
	char *printable = hvu_printable(text);

	if (printable && *printable)
		fprintf(out, "%s%s", what, printable);
	free(printable);
}

static void print_status(FILE *out, json_object *event)
{
	print_string(out, ", status ", hvu_json_string(event, "status"));
}

static void print_service(FILE *out, json_object *event)
{
	json_object *owner;

	print_string(out, "", hvu_json_string(event, "name"));
	print_string(out, " ", hvu_json_string(event, "state"));
	print_string(out, ", version ", hvu_json_string(event, "message"));
	if (json_object_object_get_ex(event, "owner", &owner))
		fprintf(out, ", daemon %lld %s", (long long)hvu_json_number(owner, "pid"),
			hvu_json_string(owner, "abi"));
}

static void print_time(FILE *out, json_object *event)
{
	char offset[HVU_SPAN_SIZE], noise[HVU_SPAN_SIZE];
	const char *cause = hvu_json_string(event, "cause");

	hvu_offset(offset, hvu_json_number(event, "offset_ns"));
	if (*cause)
		fprintf(out, "%s %s (%s)",
			hvu_json_true(event, "refused") ? "refused to set the clock by" :
			"clock set by", offset, cause);
	else
		fprintf(out, "host %s from here, samples scatter by %s", offset,
			hvu_span(noise, hvu_json_number(event, "noise_ns")));
}

static void print_health(FILE *out, json_object *event)
{
	print_string(out, "", hvu_json_string(event, "name"));
	print_string(out, " is ", hvu_json_string(event, "state"));
	print_string(out, " (", hvu_json_string(event, "cause"));
	print_string(out, "), the host is told ", hvu_json_string(event, "combined"));
}

static void print_request(FILE *out, json_object *event)
{
	char span[HVU_SPAN_SIZE];
	json_object *remaining;

	print_string(out, "", hvu_json_string(event, "action"));
	print_string(out, " ", hvu_json_string(event, "phase"));
	if (json_object_object_get_ex(event, "remaining_ms", &remaining))
		fprintf(out, ", %s left",
			hvu_span(span, json_object_get_int64(remaining) * 1000000));
	if (hvu_json_true(event, "force"))
		fputs(", forced", out);
	print_string(out, ", reason ", hvu_json_string(event, "reason"));
	print_status(out, event);
	print_string(out, ": ", hvu_json_string(event, "text"));
}

static void print_vss(FILE *out, json_object *event)
{
	char span[HVU_SPAN_SIZE];
	json_object *holder;

	print_string(out, "backup ", hvu_json_string(event, "phase"));
	fprintf(out, ", %s", hvu_span(span, hvu_json_number(event, "duration_ms") * 1000000));
	if (json_object_object_get_ex(event, "holder", &holder))
		fprintf(out, ", held by process %s", json_object_get_string(holder));
	print_status(out, event);
}

static void print_fcopy(FILE *out, json_object *event)
{
	print_string(out, "file copy ", hvu_json_string(event, "phase"));
	fprintf(out, ", %lld of %lld bytes", (long long)hvu_json_number(event, "done_bytes"),
		(long long)hvu_json_number(event, "size_bytes"));
	print_status(out, event);
}

static void print_text(struct monitor *monitor, const struct hvu_event *kind,
		       json_object *event, const char *time)
{
	static const struct {
		const struct hvu_set *set;
		void (*print)(FILE *out, json_object *event);
	} printers[] = {
		{ &hvu_set_service, print_service },
		{ &hvu_set_time, print_time },
		{ &hvu_set_health, print_health },
		{ &hvu_set_request, print_request },
		{ &hvu_set_vss, print_vss },
		{ &hvu_set_fcopy, print_fcopy },
	};
	const struct hvu_paper *paper = &monitor->hvic->paper;

	/* The time of day to the millisecond. */
	hvu_say(paper, HVU_DIM, "%.12s", time + strlen("2000-01-01T"));
	fprintf(paper->out, "  %-7s  ", kind->group);
	for (size_t i = 0; i < ARRAY_SIZE(printers); i++) {
		if (printers[i].set == kind->set)
			printers[i].print(paper->out, event);
	}
	fputc('\n', paper->out);
	fflush(paper->out);
}

static void print_event(struct monitor *monitor, const struct hvu_event *kind,
			json_object *event, bool resync)
{
	json_object *line;
	char time[40];

	stamp(time, sizeof(time));
	if (!hvic_wants_json(monitor->hvic)) {
		print_text(monitor, kind, event, time);
		json_object_put(event);
		return;
	}
	line = json_object_new_object();
	json_object_object_add(line, "time", json_object_new_string(time));
	json_object_object_add(line, "group", json_object_new_string(kind->group));
	json_object_object_add(line, "type", json_object_new_string(kind->type));
	if (resync)
		json_object_object_add(line, "resync", json_object_new_boolean(1));
	hvu_json_merge(line, event);
	hvic_print_json(monitor->hvic, line);
}

/* @group: NULL if it may be any, and then nobody knows the count yet. */
static void print_lost(struct monitor *monitor, const char *group, uint64_t count)
{
	char number[24] = "", time[40];

	stamp(time, sizeof(time));
	if (hvic_wants_json(monitor->hvic)) {
		json_object *line = json_object_new_object();

		json_object_object_add(line, "time", json_object_new_string(time));
		if (group)
			json_object_object_add(line, "group", json_object_new_string(group));
		json_object_object_add(line, "type", json_object_new_string("lost"));
		if (group)
			json_object_object_add(line, "count", json_object_new_uint64(count));
		hvic_print_json(monitor->hvic, line);
		return;
	}
	if (group)
		snprintf(number, sizeof(number), "%llu ", (unsigned long long)count);
	hvu_say(&monitor->hvic->paper, HVU_WARN, "%.12s  %-7s  %snotifications lost\n",
		time + strlen("2000-01-01T"), group ?: "-", number);
	fflush(monitor->hvic->paper.out);
}

/* --- Watching. ------------------------------------------------------------ */

static void check_number(struct monitor *monitor, const char *group, uint64_t number)
{
	int i = hvu_parse_word(group, hvu_groups);

	if (monitor->next[i] && number > monitor->next[i]) {
		print_lost(monitor, group, number - monitor->next[i]);
		monitor->lost[i] = true;
	}
	monitor->next[i] = number + 1;
}

static int take_event(const struct nlmsghdr *message, void *data)
{
	const struct hvu_event *kind = hvu_event_find(message);
	struct monitor *monitor = data;
	json_object *event;

	if (!kind || !kind->group || (monitor->has_end && !monitor->left))
		return 0;
	event = hvu_decode(message, kind->set);
	check_number(monitor, kind->group, hvu_json_number(event, "event"));
	print_event(monitor, kind, event, false);
	if (monitor->has_end)
		monitor->left--;
	return 0;
}

/* What a group is about, as it is now. */
static const struct {
	const char *group;
	uint8_t command;
	bool list;
	struct hvu_event kind;
} sources[] = {
	{ HV_IC_MCGRP_STATE, HV_IC_CMD_SERVICE_GET, true,
	  { HV_IC_MCGRP_STATE, "service", &hvu_set_service } },
	{ HV_IC_MCGRP_TIME, HV_IC_CMD_TIME_GET, false,
	  { HV_IC_MCGRP_TIME, "sample", &hvu_set_time } },
	{ HV_IC_MCGRP_HEALTH, HV_IC_CMD_HEALTH_GET, false,
	  { HV_IC_MCGRP_HEALTH, "health", &hvu_set_health } },
};

/* Where something was lost. By a connection of its own: notifications go on coming by ours. */
static int resync(struct monitor *monitor)
{
	struct hvic other = {
		.call = monitor->hvic->call,
		.timeout_ms = monitor->hvic->timeout_ms,
	};
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources) && !ret; i++) {
		int group = hvu_parse_word(sources[i].group, hvu_groups);
		json_object *state;

		if (!monitor->lost[group])
			continue;
		if (!sources[i].list) {
			ret = hvic_get(&other, sources[i].command, sources[i].kind.set, &state);
			if (!ret)
				print_event(monitor, &sources[i].kind, state, true);
			continue;
		}
		ret = hvic_get_list(&other, sources[i].command, sources[i].kind.set, &state);
		for (size_t k = 0; !ret && k < json_object_array_length(state); k++)
			print_event(monitor, &sources[i].kind,
				    json_object_get(json_object_array_get_idx(state, k)), true);
		if (!ret)
			json_object_put(state);
	}
	memset(monitor->lost, 0, sizeof(monitor->lost));
	if (other.connected)
		hvu_genl_close(&other.genl);
	return ret;
}

/* All is read that came before the loss: whatever is watched may be another now. */
static void end_overrun(struct monitor *monitor)
{
	print_lost(monitor, NULL, 0);
	memcpy(monitor->lost, monitor->joined, sizeof(monitor->lost));
	monitor->overrun = false;
}

static int join(struct monitor *monitor)
{
	struct hvic *hvic = monitor->hvic;
	const char *const *groups = hvic->call.n_args ? hvic->call.args : hvu_groups;

	for (size_t i = 0; hvic->call.n_args ? i < hvic->call.n_args : !!groups[i]; i++) {
		int ret = hvu_genl_join(&hvic->genl, groups[i]);

		if (ret)
			return hvic_failed(hvic, ret, groups[i]);
		monitor->joined[hvu_parse_word(groups[i], hvu_groups)] = true;
	}
	return 0;
}

int cmd_monitor(struct hvic *hvic)
{
	const char *count = hvic_args_value(&hvic->call, "count");
	struct monitor monitor = { .hvic = hvic, .has_end = count };
	int patience, ret;

	if (count && (hvu_parse_number(count, UINT32_MAX, &monitor.left) || !monitor.left))
		return hvic_usage_error("--count \"%s\" is not a number from 1 on", count);
	ret = hvic_connect(hvic);
	if (ret)
		return ret;
	ret = join(&monitor);
	if (ret)
		return ret;
	/* One object a line, whatever form was asked for. */
	if (hvic_wants_json(hvic))
		hvic->call.global[HVIC_OPTION_JSON] = "short";
	/* It is not an answer that we wait for: without --timeout there is no end. */
	patience = hvic->call.global[HVIC_OPTION_TIMEOUT] ? hvic->genl.timeout_ms : -1;

	while (!monitor.has_end || monitor.left) {
		hvic->genl.timeout_ms = monitor.overrun ? 0 : patience;
		ret = hvu_genl_events(&hvic->genl, take_event, &monitor);
		if (ret == -ENOBUFS)
			monitor.overrun = true;
		if (ret == -ENOBUFS || ret == -EINTR)
			continue;
		if (ret == -ETIMEDOUT && !monitor.overrun)
			return monitor.has_end ? HVIC_AGAIN : HVIC_OK;
		if (ret == -ETIMEDOUT)
			end_overrun(&monitor);
		else if (ret)
			return hvic_failed(hvic, ret, "monitor");
		if (ferror(hvic->paper.out))
			return HVIC_FAILED;
		ret = resync(&monitor);
		if (ret)
			return ret;
	}
	return HVIC_OK;
}
