// SPDX-License-Identifier: GPL-2.0
/*
 * hvic fcopy: files that the host copies into the guest.
 *
 * The driver's notifications say how far a copy has come; they go to anyone, and hold no names. The
 * name is in a note of hvic-fcopyd, which only root can read.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "family.h"
#include "hvic.h"
#include "settings.h"

#define NOTE "var/lib/hv_ic/fcopy.json"
#define BAR 30

/* The last copy; NULL if there was none, or it is not for us to know. */
static json_object *read_note(struct hvic *hvic)
{
	char text[8192];
	int len = hvu_read(hvic->root, text, sizeof(text), NOTE);
	json_object *note = len > 0 ? json_tokener_parse(text) : NULL;

	if (json_object_is_type(note, json_type_object))
		return note;
	json_object_put(note);
	return NULL;
}

static void print_name(struct hvic *hvic, FILE *out, json_object *note)
{
	char *folder = hvu_printable(hvu_json_string(note, "directory"), hvic->paper.utf8);
	char *name = hvu_printable(hvu_json_string(note, "name"), hvic->paper.utf8);

	if (folder && name)
		fprintf(out, "%s%s%s", folder,
			*folder && folder[strlen(folder) - 1] == '/' ? "" : "/", name);
	free(folder);
	free(name);
}

/* The directories that the configuration allows; NULL if it has mistakes. */
static json_object *read_allowed(struct hvic *hvic)
{
	struct hvu_settings settings;
	json_object *allowed;

	if (hvu_settings_load(&settings, hvic->root, "fcopy", NULL, NULL))
		return NULL;
	allowed = json_object_new_array();
	for (size_t i = 0; i < settings.n_fcopy; i++)
		json_object_array_add(allowed, json_object_new_string(settings.fcopy[i].directory));
	hvu_settings_free(&settings);
	return allowed;
}

static void print_allowed(struct hvic *hvic, json_object *allowed)
{
	FILE *out = hvic->paper.out;
	size_t n = allowed ? json_object_array_length(allowed) : 0;

	if (!allowed)
		fprintf(out, "%-8s unknown: 'hvic config check' tells what is wrong\n", "allowed");
	else if (!n)
		fprintf(out, "%-8s no directory, so every copy is refused\n", "allowed");
	for (size_t i = 0; i < n; i++) {
		json_object *path = json_object_array_get_idx(allowed, i);
		char *text = hvu_printable(json_object_get_string(path), hvic->paper.utf8);

		fprintf(out, "%-8s %s\n", i ? "" : "allowed", text ? text : "");
		free(text);
	}
}

static json_object *find_service(json_object *services)
{
	for (size_t i = 0; i < json_object_array_length(services); i++) {
		json_object *service = json_object_array_get_idx(services, i);

		if (!strcmp(hvu_json_string(service, "name"), "fcopy"))
			return json_object_get(service);
	}
	return NULL;
}

static void print_status(struct hvic *hvic, json_object *service, json_object *allowed,
			 json_object *note)
{
	FILE *out = hvic->paper.out;
	json_object *owner;

	fprintf(out, "%-8s %s\n", "service", hvu_json_string(service, "state"));
	if (json_object_object_get_ex(service, "owner", &owner))
		fprintf(out, "%-8s process %lld%s\n", "daemon",
			(long long)hvu_json_number(owner, "pid"),
			hvu_json_true(service, "in_session") ? ", a file is being copied" : "");
	else
		fprintf(out, "%-8s none, so the host cannot copy files\n", "daemon");
	print_allowed(hvic, allowed);
	if (!note)
		return;
	fprintf(out, "\nLast copy: ");
	print_name(hvic, out, note);
	fprintf(out, "\n  phase    %s\n  time     %s\n  size     %lld bytes\n",
		hvu_json_string(note, "phase"), hvu_json_string(note, "time"),
		(long long)hvu_json_number(note, "size_bytes"));
	if (*hvu_json_string(note, "error"))
		fprintf(out, "  reason   %s\n", hvu_json_string(note, "error"));
}

int cmd_fcopy(struct hvic *hvic)
{
	json_object *services, *service, *allowed, *note, *whole;
	int ret = hvic_get_list(hvic, HV_IC_CMD_SERVICE_GET, &hvu_set_service, &services);

	if (ret)
		return ret;
	service = find_service(services);
	json_object_put(services);
	if (!service) {
		hvic_error("the driver does not know file copy");
		return HVIC_FAILED;
	}
	allowed = read_allowed(hvic);
	note = read_note(hvic);
	if (hvic_wants_json(hvic)) {
		whole = json_object_new_object();
		json_object_object_add(whole, "service", service);
		if (allowed)
			json_object_object_add(whole, "allowed", allowed);
		if (note)
			json_object_object_add(whole, "last", note);
		hvic_print_json(hvic, whole);
		return HVIC_OK;
	}
	print_status(hvic, service, allowed, note);
	json_object_put(allowed);
	json_object_put(service);
	json_object_put(note);
	return HVIC_OK;
}

/* --- Watching. ------------------------------------------------------------------------------- */

static void print_line(struct hvic *hvic, FILE *out, json_object *event, json_object *note)
{
	int64_t size = hvu_json_number(event, "size_bytes");
	int64_t done = hvu_json_number(event, "done_bytes");
	const char *phase = hvu_json_string(event, "phase");
	const char *status = hvu_json_string(event, "status");
	int part = size > 0 && done < size ? (double)done / size * BAR : BAR;

	if (hvic->paper.width) {
		fprintf(out, "[%.*s%*s] ", part, "##############################", BAR - part, "");
		fprintf(out, "%3lld %% ", (long long)(size > 0 ? (double)done / size * 100 : 100));
	}
	fprintf(out, "%s %lld of %lld bytes", phase, (long long)done, (long long)size);
	if (*status)
		fprintf(out, ", the host was told %s", status);
	if (note) {
		fputs(": ", out);
		print_name(hvic, out, note);
	}
}

/* A line that stands still on a terminal, and lines that follow each other elsewhere. */
static void print_progress(struct hvic *hvic, json_object *event, json_object *note)
{
	const char *phase = hvu_json_string(event, "phase");
	bool ends = strcmp(phase, "started") && strcmp(phase, "progress");
	bool stands = hvic->paper.width;
	char *line = NULL;
	size_t size;
	FILE *memory = open_memstream(&line, &size);

	if (!memory)
		return;
	print_line(hvic, memory, event, note);
	if (!fclose(memory)) {
		hvu_cut(&hvic->paper, line);
		fprintf(hvic->paper.out, "%s%s%s%s", stands ? "\r" : "", line,
			stands ? "\033[K" : "", ends || !stands ? "\n" : "");
		fflush(hvic->paper.out);
	}
	free(line);
}

static int take_event(const struct nlmsghdr *message, void *data)
{
	const struct hvu_event *kind = hvu_event_find(message);
	struct hvic *hvic = data;
	json_object *event, *note;

	if (!kind || kind->set != &hvu_set_fcopy)
		return 0;
	event = hvu_decode(message, kind->set);
	note = read_note(hvic);
	if (hvic_wants_json(hvic)) {
		if (note)
			json_object_object_add(event, "file", note);
		hvic_print_json(hvic, event);
		return 0;
	}
	print_progress(hvic, event, note);
	json_object_put(note);
	json_object_put(event);
	return 0;
}

static int take_news(enum hvu_family_news news, void *data)
{
	(void)data;
	return news == HVU_FAMILY_WENT ? -ENODEV : 0;
}

/* What the driver said last comes before the news that it is gone. */
static int take(struct hvic *hvic, struct hvu_family *family, const struct pollfd wait[static 2])
{
	int ret;

	if (!wait[0].revents)
		return hvu_family_events(family, take_news, NULL);
	ret = hvu_genl_events(&hvic->genl, take_event, hvic);
	/* What was lost is made up for by the next: each tells the whole. */
	return ret == -ENOBUFS ? 0 : ret;
}

static int watch_until_end(struct hvic *hvic, struct hvu_family *family)
{
	/* It is not an answer that we wait for: without --timeout there is no end. */
	int patience = hvic->call.global[HVIC_OPTION_TIMEOUT] ? hvic->timeout_ms : -1;
	struct pollfd wait[] = {
		{ .fd = hvu_genl_fd(&hvic->genl), .events = POLLIN },
		{ .fd = hvu_genl_fd(&family->control), .events = POLLIN },
	};

	hvic->genl.timeout_ms = 0;
	family->control.timeout_ms = 0;
	while (!ferror(hvic->paper.out)) {
		int n = poll(wait, ARRAY_SIZE(wait), patience), ret = 0;

		if (!n)
			return HVIC_OK;
		if (n < 0 && errno != EINTR)
			return hvic_failed(hvic, -errno, "fcopy watch");
		if (n > 0)
			ret = take(hvic, family, wait);
		if (ret == -ENODEV) {
			hvic_error("the module hv_ic has been unloaded");
			return HVIC_NO_DRIVER;
		}
		if (ret && ret != -EINTR && ret != -ETIMEDOUT)
			return hvic_failed(hvic, ret, "fcopy watch");
	}
	return HVIC_FAILED;
}

int cmd_fcopy_watch(struct hvic *hvic)
{
	struct hvu_family family;
	int ret = hvu_family_open(&family, HV_IC_FAMILY_NAME, hvic->timeout_ms);

	if (ret)
		return hvic_failed(hvic, ret, "fcopy watch");
	/* One object a line, whatever form was asked for. */
	if (hvic_wants_json(hvic))
		hvic->call.global[HVIC_OPTION_JSON] = "short";
	ret = hvic_connect(hvic);
	if (!ret) {
		ret = hvu_genl_join(&hvic->genl, HV_IC_MCGRP_FCOPY);
		ret = ret ? hvic_failed(hvic, ret, "fcopy watch") : watch_until_end(hvic, &family);
	}
	hvu_family_close(&family);
	return ret;
}
