// SPDX-License-Identifier: GPL-2.0
/* hvic vss: what a backup of the host does to the file systems. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "hooks.h"
#include "hvic.h"
#include "mounts.h"
#include "settings.h"

#define REPORT "run/hv_ic/vss-last.json"

/* --- What the administrator wants. -------------------------------------------------------- */

static void tell(const char *where, bool refused, const char *text, void *data)
{
	(void)refused;
	(void)data;
	hvic_error("%s: %s", where, text);
}

static int load(struct hvic *hvic, struct hvu_settings *settings)
{
	int ret = hvu_settings_load(settings, hvic->root, "vss", tell, NULL);

	if (!ret)
		return HVIC_OK;
	if (ret != -EINVAL)
		hvic_failed(hvic, ret, "the configuration");
	return HVIC_FAILED;
}

static void add_mode(json_object *object, const struct hvu_settings *settings)
{
	const char *word = hvu_vss_mode_words[settings->vss.mode];

	json_object_object_add(object, "mode", json_object_new_string(word));
}

/* --- The last backup. --------------------------------------------------------------------- */

/* Only root could have written it; but it may be of another version. */
static json_object *read_report(struct hvic *hvic)
{
	int fd = hvu_open(hvic->root, O_RDONLY, REPORT);
	json_object *report;

	if (fd < 0)
		return NULL;
	report = json_object_from_fd(fd);
	close(fd);
	return report;
}

static void print_filesystems(struct hvic *hvic, json_object *filesystems)
{
	static const char *const heads[] = { "MOUNTED AT", "TYPE", "OUTCOME", "TOOK", "REASON" };
	struct hvu_table *table = hvu_table_new(heads, 5);

	for (size_t i = 0; i < json_object_array_length(filesystems); i++) {
		json_object *one = json_object_array_get_idx(filesystems, i);
		const char *outcome = hvu_json_string(one, "outcome");
		bool frozen = !strcmp(outcome, "frozen");
		char span[HVU_SPAN_SIZE];

		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(one, "mount"));
		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(one, "type"));
		hvu_table_add(table, frozen ? HVU_GOOD : !strcmp(outcome, "failed") ? HVU_BAD :
			      HVU_DIM, "%s", outcome);
		hvu_table_add(table, HVU_PLAIN, "%s", !frozen ? "-" :
			      hvu_span(span, hvu_json_number(one, "freeze_us") * 1000));
		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(one, "reason"));
	}
	fputc('\n', hvic->paper.out);
	hvu_table_print(table, &hvic->paper);
}

static void print_report(struct hvic *hvic, const char *title, json_object *report)
{
	const char *hooks_error = hvu_json_string(report, "hooks_error");
	const char *outcome = hvu_json_string(report, "outcome");
	char freeze[HVU_SPAN_SIZE], frozen[HVU_SPAN_SIZE];
	json_object *filesystems;

	fprintf(hvic->paper.out, "%-15s%s: ", title, hvu_json_string(report, "began"));
	/* It is under way, or hvic-vssd was ended: neither times nor file systems are known. */
	if (!strcmp(outcome, "unfinished")) {
		hvu_say(&hvic->paper, HVU_WARN, "%s\n", outcome);
		return;
	}
	hvu_say(&hvic->paper, strcmp(outcome, "complete") ? HVU_BAD : HVU_GOOD, "%s", outcome);
	if (*hvu_json_string(report, "error"))
		fprintf(hvic->paper.out, ", %s", hvu_json_string(report, "error"));
	fprintf(hvic->paper.out, "\n%-15sanswered after %s, frozen for %s\n", "",
		hvu_span(freeze, hvu_json_number(report, "freeze_us") * 1000),
		hvu_span(frozen, hvu_json_number(report, "frozen_us") * 1000));
	/* None have run if hvic-hooks was lost before it could say so. */
	if (hvu_json_number(report, "hooks_run") || *hooks_error)
		fprintf(hvic->paper.out, "%-15s%lld run, %lld failed%s%s\n", "hooks",
			(long long)hvu_json_number(report, "hooks_run"),
			(long long)hvu_json_number(report, "hooks_failed"),
			*hooks_error ? ": " : "", hooks_error);
	if (json_object_object_get_ex(report, "filesystems", &filesystems) &&
	    json_object_is_type(filesystems, json_type_array))
		print_filesystems(hvic, filesystems);
}

static json_object *find_service(json_object *services)
{
	for (size_t i = 0; i < json_object_array_length(services); i++) {
		json_object *service = json_object_array_get_idx(services, i);

		if (!strcmp(hvu_json_string(service, "name"), "vss"))
			return json_object_get(service);
	}
	return json_object_new_object();
}

static void print_service(struct hvic *hvic, json_object *service, const char *mode)
{
	char span[HVU_SPAN_SIZE];
	json_object *member;

	fprintf(hvic->paper.out, "%-15s%s\n", "service", hvu_json_string(service, "state"));
	if (json_object_object_get_ex(service, "owner", &member))
		fprintf(hvic->paper.out, "%-15sprocess %lld, %s\n", "daemon",
			(long long)hvu_json_number(member, "pid"),
			hvu_json_string(member, "abi"));
	else
		fprintf(hvic->paper.out, "%-15snone\n", "daemon");
	fprintf(hvic->paper.out, "%-15s%s\n", "mode", mode);
	if (json_object_object_get_ex(service, "holds", &member))
		fprintf(hvic->paper.out, "%-15s%lld file systems, for %s\n", "frozen",
			(long long)hvu_json_number(member, "count"),
			hvu_span(span, hvu_json_number(member, "age_ms") * 1000000));
	else
		fprintf(hvic->paper.out, "%-15snothing\n", "frozen");
}

int cmd_vss(struct hvic *hvic)
{
	json_object *services, *service, *report, *whole;
	struct hvu_settings settings;
	int ret = load(hvic, &settings);

	if (ret)
		return ret;
	ret = hvic_get_list(hvic, HV_IC_CMD_SERVICE_GET, &hvu_set_service, &services);
	if (ret)
		goto out_free_settings;
	service = find_service(services);
	json_object_put(services);
	report = read_report(hvic);
	if (hvic_wants_json(hvic)) {
		whole = json_object_new_object();
		json_object_object_add(whole, "service", service);
		add_mode(whole, &settings);
		json_object_object_add(whole, "last", report);
		hvic_print_json(hvic, whole);
	} else {
		print_service(hvic, service, hvu_vss_mode_words[settings.vss.mode]);
		if (report)
			print_report(hvic, "last backup", report);
		else
			fprintf(hvic->paper.out, "%-15snone since the last boot that is known of\n",
				"last backup");
		json_object_put(report);
		json_object_put(service);
	}
out_free_settings:
	hvu_settings_free(&settings);
	return ret;
}

/* --- What would be frozen. ---------------------------------------------------------------- */

/* What prints it makes it harmless. */
static void add_name(json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

/* All of a freeze but the freeze. */
static int try_one(struct hvic *hvic, const struct hvu_filesystem *filesystem,
		   json_object *object)
{
	int fd = hvu_filesystem_open(hvic->root, filesystem);
	const char *unreachable = hvu_unreachable_text(fd);
	int ret = fd < 0 ? fd : 0;
	int64_t begin = hvu_now_us();

	if (unreachable) {
		add_name(object, "skipped", unreachable);
		json_object_object_del(object, "level");
		return 0;
	}
	/* What cannot be written ends a backup. */
	if (!ret && syncfs(fd))
		ret = -errno;
	if (ret)
		add_name(object, "error", strerror(-ret));
	else
		json_object_object_add(object, "sync_us",
				       json_object_new_int64(hvu_now_us() - begin));
	if (fd >= 0)
		close(fd);
	return ret;
}

static json_object *describe(const struct hvu_filesystem *filesystem)
{
	json_object *object = json_object_new_object();

	add_name(object, "mount", filesystem->mounts[0].path);
	add_name(object, "type", filesystem->type);
	add_name(object, "source", filesystem->source);
	if (filesystem->skip)
		json_object_object_add(object, "skipped",
				       json_object_new_string(hvu_skip_text(filesystem->skip)));
	else
		json_object_object_add(object, "level", json_object_new_int(filesystem->level));
	return object;
}

/* In the order in which they freeze; those that no backup is about are left out. */
static int collect(struct hvic *hvic, const struct hvu_settings *settings, bool test,
		   json_object **array)
{
	struct hvu_mounts mounts;
	int failed = 0, ret;

	ret = hvu_mounts_read(&mounts, hvic->root, settings->vss.include, settings->vss.exclude);
	if (ret) {
		hvic_failed(hvic, ret, "the table of mounts");
		return ret;
	}
	if (mounts.n_unread)
		hvic_error("not backed up are %zu mounts whose lines cannot be read",
			   mounts.n_unread);
	*array = json_object_new_array();
	for (size_t i = 0; i < mounts.n; i++) {
		json_object *object;

		if (mounts.all[i].skip == HVU_SKIP_NO_DISK)
			continue;
		object = describe(&mounts.all[i]);
		if (test && !mounts.all[i].skip) {
			ret = try_one(hvic, &mounts.all[i], object);
			failed = failed ? failed : ret;
		}
		json_object_array_add(*array, object);
	}
	hvu_mounts_free(&mounts);
	return failed;
}

static void add_result(struct hvu_table *table, json_object *object)
{
	const char *error = hvu_json_string(object, "error");
	char span[HVU_SPAN_SIZE];

	if (*error)
		hvu_table_add(table, HVU_BAD, "%s", error);
	else if (*hvu_json_string(object, "skipped"))
		hvu_table_add(table, HVU_DIM, "%s", hvu_json_string(object, "skipped"));
	else if (json_object_object_get_ex(object, "sync_us", NULL))
		hvu_table_add(table, HVU_GOOD, "written in %s",
			      hvu_span(span, hvu_json_number(object, "sync_us") * 1000));
	else
		hvu_table_add(table, HVU_GOOD, "freezes");
}

static void print_plan(struct hvic *hvic, json_object *array)
{
	static const char *const heads[] = { "ORDER", "MOUNTED AT", "TYPE", "DEVICE", "RESULT" };
	struct hvu_table *table = hvu_table_new(heads, 5);

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *object = json_object_array_get_idx(array, i);

		if (json_object_object_get_ex(object, "level", NULL))
			hvu_table_add(table, HVU_PLAIN, "%lld",
				      (long long)hvu_json_number(object, "level") + 1);
		else
			hvu_table_add(table, HVU_DIM, "-");
		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(object, "mount"));
		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(object, "type"));
		hvu_table_add(table, HVU_PLAIN, "%s", hvu_json_string(object, "source"));
		add_result(table, object);
	}
	hvu_table_print(table, &hvic->paper);
}

static int show_plan(struct hvic *hvic, bool test)
{
	json_object *array = NULL, *whole;
	struct hvu_settings settings;
	int ret = load(hvic, &settings);
	int64_t begin = hvu_now_us();
	char span[HVU_SPAN_SIZE];

	if (ret)
		return ret;
	ret = collect(hvic, &settings, test, &array);
	if (array && hvic_wants_json(hvic)) {
		whole = json_object_new_object();
		add_mode(whole, &settings);
		json_object_object_add(whole, "filesystems", array);
		hvic_print_json(hvic, whole);
	} else if (array) {
		if (settings.vss.mode != HVU_VSS_FREEZE)
			hvu_say(&hvic->paper, HVU_WARN, "vss.mode is %s: nothing freezes\n\n",
				hvu_vss_mode_words[settings.vss.mode]);
		print_plan(hvic, array);
		if (test)
			fprintf(hvic->paper.out, "\nopened and written in %s%s\n",
				hvu_span(span, (hvu_now_us() - begin) * 1000),
				!hvu_hooks_any(hvic->root) ? "" :
				"; there are hooks, which were not run");
		json_object_put(array);
	}
	hvu_settings_free(&settings);
	return ret ? hvic_exit_status(ret) : HVIC_OK;
}

int cmd_vss_list(struct hvic *hvic)
{
	return show_plan(hvic, false);
}

/* The report says all that there is to say, also if it failed. */
static int freeze(struct hvic *hvic, uint32_t hold_ms)
{
	json_object *report;
	int ret = hvic_trial(hvic, hold_ms, &report);

	if (ret)
		return ret;
	if (strcmp(hvu_json_string(report, "outcome"), "complete"))
		ret = HVIC_FAILED;
	if (hvic_wants_json(hvic)) {
		hvic_print_json(hvic, report);
	} else {
		print_report(hvic, "trial", report);
		json_object_put(report);
	}
	return ret;
}

int cmd_vss_test(struct hvic *hvic)
{
	const char *span = hvic_args_value(&hvic->call, "hold");
	uint64_t hold_ms = 0;

	if (!hvic_args_value(&hvic->call, "freeze")) {
		if (span)
			return hvic_usage_error("--hold is of use with --freeze only");
		return show_plan(hvic, true);
	}
	if (span && (hvu_parse_span(span, &hold_ms) || hold_ms > UINT32_MAX))
		return hvic_usage_error("--hold \"%s\" is not a time such as 5s", span);
	return freeze(hvic, hold_ms);
}
