// SPDX-License-Identifier: GPL-2.0
/*
 * hvic monitor: what happens, as it happens.
 *
 * Notifications are numbered within their group. Where numbers are missing some were lost: that is
 * said, and the state is read anew. So it is when the kernel had no room for them, for there may be
 * no more of them whose number would tell. When the module is unloaded and loaded again, the watch
 * goes on with the new one.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "array.h"
#include "family.h"
#include "hvic.h"

#define GROUPS 8

/**
 * struct monitor - a watch
 * @hvic: run
 * @family: tells when the driver comes and goes
 * @next: number of the next notification per group; 0 if there was none yet
 * @joined: the group is watched
 * @lost: something was lost in the group, its state is to be read anew
 * @overrun: something was lost in some group, and what came before is still to be read
 * @left: notifications until the end; 0 for no end
 * @has_end: @left counts
 */
struct monitor {
	struct hvic *hvic;
	struct hvu_family family;
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

static void print_string(const struct hvu_paper *paper, const char *what, const char *text)
{
	char *printable = hvu_printable(text, paper->utf8);

	if (printable && *printable)
		fprintf(paper->out, "%s%s", what, printable);
	free(printable);
}

static void print_status(const struct hvu_paper *paper, json_object *event)
{
	print_string(paper, ", status ", hvu_json_string(event, "status"));
}

static void print_service(const struct hvu_paper *paper, json_object *event)
{
	json_object *owner;

	print_string(paper, "", hvu_json_string(event, "name"));
	print_string(paper, " ", hvu_json_string(event, "state"));
	print_string(paper, ", version ", hvu_json_string(event, "message"));
	if (json_object_object_get_ex(event, "owner", &owner))
		fprintf(paper->out, ", daemon %lld %s", (long long)hvu_json_number(owner, "pid"),
			hvu_json_string(owner, "abi"));
}

static void print_time(const struct hvu_paper *paper, json_object *event)
{
	char offset[HVU_SPAN_SIZE], noise[HVU_SPAN_SIZE];
	const char *cause = hvu_json_string(event, "cause");

	hvu_offset(offset, hvu_json_number(event, "offset_ns"));
	if (*cause)
		fprintf(paper->out, "%s %s (%s)",
			hvu_json_true(event, "refused") ? "refused to set the clock by" :
			"clock set by", offset, cause);
	else
		fprintf(paper->out, "host %s from here, samples scatter by %s", offset,
			hvu_span(noise, hvu_json_number(event, "noise_ns")));
}

static void print_health(const struct hvu_paper *paper, json_object *event)
{
	const char *name = hvu_json_string(event, "name");
	const char *cause = hvu_json_string(event, "cause");

	if (*name) {
		print_string(paper, "", name);
		print_string(paper, " is ", hvu_json_string(event, "state"));
	}
	if (*cause)
		fprintf(paper->out, " (%s), ", cause);
	print_string(paper, "the host is told ", hvu_json_string(event, "combined"));
}

static void print_request(const struct hvu_paper *paper, json_object *event)
{
	char span[HVU_SPAN_SIZE];
	json_object *remaining;

	print_string(paper, "", hvu_json_string(event, "action"));
	print_string(paper, " ", hvu_json_string(event, "phase"));
	if (json_object_object_get_ex(event, "remaining_ms", &remaining))
		fprintf(paper->out, ", %s left",
			hvu_span(span, json_object_get_int64(remaining) * 1000000));
	if (hvu_json_true(event, "force"))
		fputs(", forced", paper->out);
	print_string(paper, ", reason ", hvu_json_string(event, "reason"));
	print_status(paper, event);
	print_string(paper, ": ", hvu_json_string(event, "text"));
}

static void print_vss(const struct hvu_paper *paper, json_object *event)
{
	const char *device = hvu_json_string(event, "device");
	char span[HVU_SPAN_SIZE];
	json_object *holder;

	print_string(paper, "backup ", hvu_json_string(event, "phase"));
	if (*device)
		fprintf(paper->out, "file system %s %s", device,
			json_object_object_get_ex(event, "status", NULL) ? "not frozen" : "frozen");
	fprintf(paper->out, ", %s",
		hvu_span(span, hvu_json_number(event, "duration_ms") * 1000000));
	if (json_object_object_get_ex(event, "holder", &holder))
		fprintf(paper->out, ", held by process %s", json_object_get_string(holder));
	print_status(paper, event);
}

static void print_fcopy(const struct hvu_paper *paper, json_object *event)
{
	print_string(paper, "file copy ", hvu_json_string(event, "phase"));
	fprintf(paper->out, ", %lld of %lld bytes", (long long)hvu_json_number(event, "done_bytes"),
		(long long)hvu_json_number(event, "size_bytes"));
	print_status(paper, event);
}

static void print_text(struct monitor *monitor, const struct hvu_event *kind,
		       json_object *event, const char *time)
{
	static const struct {
		const struct hvu_set *set;
		void (*print)(const struct hvu_paper *paper, json_object *event);
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
			printers[i].print(paper, event);
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

/* A line that is about the notifications themselves. @group: NULL for all of them. */
static void print_notice(struct monitor *monitor, const char *group, const char *type,
			 uint64_t count, const char *words)
{
	char time[40];

	stamp(time, sizeof(time));
	if (hvic_wants_json(monitor->hvic)) {
		json_object *line = json_object_new_object();

		json_object_object_add(line, "time", json_object_new_string(time));
		if (group)
			json_object_object_add(line, "group", json_object_new_string(group));
		json_object_object_add(line, "type", json_object_new_string(type));
		if (count)
			json_object_object_add(line, "count", json_object_new_uint64(count));
		hvic_print_json(monitor->hvic, line);
		return;
	}
	hvu_say(&monitor->hvic->paper, HVU_WARN, "%.12s  %-7s  ", time + strlen("2000-01-01T"),
		group ? group : "-");
	if (count)
		hvu_say(&monitor->hvic->paper, HVU_WARN, "%llu ", (unsigned long long)count);
	hvu_say(&monitor->hvic->paper, HVU_WARN, "%s\n", words);
	fflush(monitor->hvic->paper.out);
}

/* --- What was lost. ------------------------------------------------------------------------ */

/* What a group is about, as it is now: the answer to a command, or a list of answers. */
static const struct source {
	const char *group;
	uint8_t command;
	bool list;
	const char *service;	/* of a list, the one service that it is about */
	struct hvu_event kind;
} sources[] = {
	{ HV_IC_MCGRP_STATE, HV_IC_CMD_SERVICE_GET, true, NULL,
	  { HV_IC_MCGRP_STATE, "service", &hvu_set_service } },
	{ HV_IC_MCGRP_REQUEST, HV_IC_CMD_SHUTDOWN_GET, false, NULL,
	  { HV_IC_MCGRP_REQUEST, "request", &hvu_set_shutdown } },
	{ HV_IC_MCGRP_TIME, HV_IC_CMD_TIME_GET, false, NULL,
	  { HV_IC_MCGRP_TIME, "sample", &hvu_set_time } },
	{ HV_IC_MCGRP_HEALTH, HV_IC_CMD_HEALTH_GET, true, NULL,
	  { HV_IC_MCGRP_HEALTH, "health", &hvu_set_health } },
	{ HV_IC_MCGRP_HEALTH, HV_IC_CMD_HEALTH_GET, false, NULL,
	  { HV_IC_MCGRP_HEALTH, "health", &hvu_set_health } },
	{ HV_IC_MCGRP_VSS, HV_IC_CMD_SERVICE_GET, true, "vss",
	  { HV_IC_MCGRP_VSS, "service", &hvu_set_service } },
	{ HV_IC_MCGRP_FCOPY, HV_IC_CMD_SERVICE_GET, true, "fcopy",
	  { HV_IC_MCGRP_FCOPY, "service", &hvu_set_service } },
};

static void print_state(struct monitor *monitor, const struct source *source, json_object *state)
{
	static const char *const members[] = { "pending", "last" };
	const struct hvu_event request = {
		source->kind.group, source->kind.type, &hvu_set_request
	};
	json_object *member;

	if (source->service && strcmp(hvu_json_string(state, "name"), source->service))
		return;
	if (source->kind.set != &hvu_set_shutdown) {
		print_event(monitor, &source->kind, json_object_get(state), true);
		return;
	}
	/* Of all that there is to shutdown, the group is about the requests. */
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (json_object_object_get_ex(state, members[i], &member))
			print_event(monitor, &request, json_object_get(member), true);
	}
}

static int reread(struct monitor *monitor, struct hvic *other, const struct source *source)
{
	json_object *state;
	int ret;

	if (!source->list) {
		ret = hvic_get(other, source->command, source->kind.set, &state);
		if (ret)
			return ret;
		print_state(monitor, source, state);
		json_object_put(state);
		return 0;
	}
	ret = hvic_get_list(other, source->command, source->kind.set, &state);
	if (ret)
		return ret;
	for (size_t i = 0; i < json_object_array_length(state); i++)
		print_state(monitor, source, json_object_array_get_idx(state, i));
	json_object_put(state);
	return 0;
}

/* Where something was lost. By a connection of its own: notifications go on coming by ours. */
static int resync(struct monitor *monitor)
{
	struct hvic other = {
		.call = monitor->hvic->call,
		.timeout_ms = monitor->hvic->timeout_ms,
	};
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources) && !ret; i++) {
		if (monitor->lost[hvu_parse_word(sources[i].group, hvu_groups)])
			ret = reread(monitor, &other, &sources[i]);
	}
	memset(monitor->lost, 0, sizeof(monitor->lost));
	if (other.connected)
		hvu_genl_close(&other.genl);
	/* The driver has gone meanwhile, which the news will say. */
	return ret == HVIC_NO_DRIVER ? 0 : ret;
}

/* All is read that came before the loss: each group that is watched may have changed. */
static void end_overrun(struct monitor *monitor)
{
	print_notice(monitor, NULL, "lost", 0, "notifications lost");
	memcpy(monitor->lost, monitor->joined, sizeof(monitor->lost));
	monitor->overrun = false;
}

/* --- Watching. ------------------------------------------------------------------------------ */

static void check_number(struct monitor *monitor, const char *group, uint64_t number)
{
	int i = hvu_parse_word(group, hvu_groups);

	if (monitor->next[i] && number > monitor->next[i]) {
		print_notice(monitor, group, "lost", number - monitor->next[i],
			     "notifications lost");
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

static int take_news(enum hvu_family_news news, void *data)
{
	struct monitor *monitor = data;
	struct hvic *hvic = monitor->hvic;

	if (news == HVU_FAMILY_WENT && hvic->connected) {
		print_notice(monitor, NULL, "unloaded", 0, "the module hv_ic has been unloaded");
		hvu_genl_close(&hvic->genl);
		hvic->connected = false;
		return 0;
	}
	if (news != HVU_FAMILY_CAME || hvic->connected)
		return 0;
	/* It may be gone again: then that is the next news. */
	if (hvu_genl_open(&hvic->genl, HV_IC_FAMILY_NAME, hvic->timeout_ms))
		return 0;
	hvic->connected = true;
	print_notice(monitor, NULL, "loaded", 0, "the module hv_ic has been loaded");
	memset(monitor->next, 0, sizeof(monitor->next));
	if (join(monitor))
		return -ECANCELED;
	memcpy(monitor->lost, monitor->joined, sizeof(monitor->lost));
	return 0;
}

/* Takes what comes within @timeout_ms. 0, an exit status, or -ETIMEDOUT if nothing came. */
static int wait_once(struct monitor *monitor, int timeout_ms)
{
	struct hvic *hvic = monitor->hvic;
	struct pollfd wait[] = {
		{ .fd = hvu_genl_fd(&monitor->family.control), .events = POLLIN },
		{ .fd = hvic->connected ? hvu_genl_fd(&hvic->genl) : -1, .events = POLLIN },
	};
	int n = poll(wait, ARRAY_SIZE(wait), timeout_ms);
	int ret;

	if (n < 0)
		return errno == EINTR ? 0 : hvic_failed(hvic, -errno, "monitor");
	if (!n)
		return -ETIMEDOUT;
	/* What the driver said last comes before the news that it is gone. */
	if (wait[1].revents) {
		hvic->genl.timeout_ms = 0;
		ret = hvu_genl_events(&hvic->genl, take_event, monitor);
		if (ret == -ENOBUFS)
			monitor->overrun = true;
		else if (ret && ret != -EINTR && ret != -ETIMEDOUT)
			return hvic_failed(hvic, ret, "monitor");
		return 0;
	}
	ret = hvu_family_events(&monitor->family, take_news, monitor);
	/* Nothing says whether it was about hv_ic. */
	if (ret == -ENOBUFS && hvic->connected)
		take_news(HVU_FAMILY_WENT, monitor);
	if (ret == -ENOBUFS)
		ret = take_news(HVU_FAMILY_CAME, monitor);
	return ret && ret != -EINTR && ret != -ETIMEDOUT ? HVIC_FAILED : 0;
}

static int watch(struct monitor *monitor)
{
	struct hvic *hvic = monitor->hvic;
	/* It is not an answer that we wait for: without --timeout there is no end. */
	int patience = hvic->call.global[HVIC_OPTION_TIMEOUT] ? hvic->timeout_ms : -1;

	while (!monitor->has_end || monitor->left) {
		int ret = wait_once(monitor, monitor->overrun ? 0 : patience);

		if (ret == -ETIMEDOUT && !monitor->overrun)
			return monitor->has_end ? HVIC_AGAIN : HVIC_OK;
		if (ret == -ETIMEDOUT)
			end_overrun(monitor);
		else if (ret)
			return ret;
		if (ferror(hvic->paper.out))
			return HVIC_FAILED;
		if (hvic->connected && !monitor->overrun)
			ret = resync(monitor);
		if (ret && ret != -ETIMEDOUT)
			return ret;
	}
	return HVIC_OK;
}

int cmd_monitor(struct hvic *hvic)
{
	const char *count = hvic_args_value(&hvic->call, "count");
	struct monitor monitor = { .hvic = hvic, .has_end = count };
	int ret;

	if (count && (hvu_parse_number(count, UINT32_MAX, &monitor.left) || !monitor.left))
		return hvic_usage_error("--count \"%s\" is not a number from 1 on", count);
	/* One object a line, whatever form was asked for. */
	if (hvic_wants_json(hvic))
		hvic->call.global[HVIC_OPTION_JSON] = "short";
	ret = hvu_family_open(&monitor.family, HV_IC_FAMILY_NAME, hvic->timeout_ms);
	if (ret)
		return hvic_failed(hvic, ret, "monitor");
	monitor.family.control.timeout_ms = 0;
	ret = hvic_connect(hvic);
	if (!ret)
		ret = join(&monitor);
	if (!ret)
		ret = watch(&monitor);
	hvu_family_close(&monitor.family);
	return ret;
}
