// SPDX-License-Identifier: GPL-2.0
/* Which daemon serves which service, and which should not or does not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "exam.h"
#include "printable.h"
#include "root.h"
#include "schema.h"
#include "settings.h"

/* --- The daemon of a service. -------------------------------------------------------------- */

static json_object *service_of(struct hvic_exam *exam, const char *name)
{
	for (size_t i = 0; exam->services && i < json_object_array_length(exam->services); i++) {
		json_object *service = json_object_array_get_idx(exam->services, i);

		if (!strcmp(hvu_json_string(service, "name"), name))
			return service;
	}
	return NULL;
}

/* What the driver says about who owns the service; NULL if nobody does. */
static json_object *owner_of(struct hvic_exam *exam, const char *name)
{
	json_object *owner;

	return json_object_object_get_ex(service_of(exam, name), "owner", &owner) ? owner : NULL;
}

/* "hvic-kvpd (process 50)"; the name is there for anybody to read. */
static void describe(struct hvic_exam *exam, int pid, char *text, size_t size)
{
	char comm[HVU_NAME_SIZE], *printable;

	hvu_read(exam->root, comm, sizeof(comm), "proc/%d/comm", pid);
	printable = hvu_printable(comm, hvu_is_utf8());
	snprintf(text, size, "%s%sprocess %d%s", printable ? printable : "",
		 printable && *printable ? " (" : "", pid, printable && *printable ? ")" : "");
	free(printable);
}

static void say_served(struct hvic_exam *exam, const struct hvu_service_info *service,
		       const char *daemon, const char *device)
{
	json_object *finding = hvic_exam_add(exam, "daemon", HVIC_FACT);

	hvic_exam_say(finding, "text", "%s is served by %s, which has %s open", service->name,
		      daemon, device);
}

/* The device of another driver's, by its folder in sysfs: "misc/vmbus!hv_kvp". */
static void say_foreign(struct hvic_exam *exam, const struct foreign_daemon *daemon)
{
	char text[128], device[HVU_NAME_SIZE];

	snprintf(device, sizeof(device), "/dev%.*s", HVU_NAME_SIZE - 5,
		 strrchr(daemon->node, '/'));
	if (strchr(device, '!'))
		*strchr(device, '!') = '/';
	describe(exam, daemon->pid, text, sizeof(text));
	say_served(exam, daemon->service, text, device);
}

/* Today's daemon freezes by itself, so that only it can thaw. */
static void examine_old_vss(struct hvic_exam *exam, const char *daemon)
{
	json_object *finding = hvic_exam_add(exam, "old-vss", HVIC_NOTE);

	hvic_exam_say(finding, "text", "%s freezes file systems by itself: if it hangs in a backup, they stay frozen",
		      daemon);
	hvic_exam_say(finding, "remedy", "let hvic-vssd take its place, for which the kernel freezes and thaws: stop that daemon, then systemctl start hvic-vssd");
}

static void examine_served(struct hvic_exam *exam, const struct hvu_service_info *service)
{
	json_object *owner = owner_of(exam, service->name);
	char text[128], device[HVU_NAME_SIZE];
	bool legacy;

	for (int i = 0; !owner && i < exam->n_daemons; i++) {
		if (exam->daemons[i].service == service && exam->daemons[i].node[0])
			say_foreign(exam, &exam->daemons[i]);
	}
	if (!owner)
		return;
	legacy = !strcmp(hvu_json_string(owner, "abi"), "legacy");
	describe(exam, hvu_json_number(owner, "pid"), text, sizeof(text));
	snprintf(device, sizeof(device), legacy ? "/dev/vmbus/hv_%s" : "/dev/hv_ic/%s",
		 service->name);
	say_served(exam, service, text, device);
	if (legacy && service->id == HV_IC_SERVICE_VSS)
		examine_old_vss(exam, text);
}

/* --- Too many, or too few. ------------------------------------------------------------------ */

static void examine_beside(struct hvic_exam *exam)
{
	for (int i = 0; i < exam->n_daemons; i++) {
		const struct foreign_daemon *daemon = &exam->daemons[i];
		json_object *owner = owner_of(exam, daemon->service->name), *finding;
		char text[128];

		if (!owner || hvu_json_number(owner, "pid") == daemon->pid)
			continue;
		describe(exam, hvu_json_number(owner, "pid"), text, sizeof(text));
		finding = hvic_exam_add(exam, "old-daemon", HVIC_PROBLEM);
		hvic_exam_say(finding, "text", "%s (process %d) runs beside the daemon that serves %s, %s",
			      daemon->name, daemon->pid, daemon->service->name, text);
		if (daemon->unit[0])
			hvic_exam_say(finding, "remedy", "systemctl disable --now %s",
				      daemon->unit);
		else
			hvic_exam_say(finding, "remedy", "kill %d, and see who starts it",
				      daemon->pid);
	}
}

static bool is_installed(int root, const char *daemon)
{
	static const char *const folders[] = {
		"etc", "run", "usr/local/lib", "usr/lib", "lib",
	};
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		found |= hvu_exists(root, "%s/systemd/system/%s.service", folders[i], daemon);
	return found;
}

static void say_nothing(const char *where, bool refused, const char *text, void *data)
{
	(void)where;
	(void)refused;
	(void)text;
	(void)data;
}

/* May the host copy files, as far as the configuration goes? What cannot be read may say so. */
static bool allows_copies(int root)
{
	struct hvu_settings settings;
	bool allowed = true;

	if (!hvu_settings_load(&settings, root, "fcopy", say_nothing, NULL))
		allowed = settings.n_fcopy;
	hvu_settings_free(&settings);
	return allowed;
}

static void say_missing(struct hvic_exam *exam, const char *service)
{
	bool optional = !strcmp(service, "fcopy") && !allows_copies(exam->root);
	json_object *finding = hvic_exam_add(exam, "no-daemon",
					     optional ? HVIC_NOTE : HVIC_PROBLEM);
	char daemon[32];

	snprintf(daemon, sizeof(daemon), "hvic-%sd", service);
	if (optional) {
		hvic_exam_say(finding, "text", "fcopy has no daemon: the host cannot copy files, which is not set up either");
		hvic_exam_say(finding, "remedy", "none is needed; hv_ic.conf(5) says how to set it up");
		return;
	}
	hvic_exam_say(finding, "text", "%s has no daemon: the host's requests fail", service);
	if (is_installed(exam->root, daemon))
		hvic_exam_say(finding, "remedy", "systemctl start %s, and journalctl -u %s if it does not stay",
			      daemon, daemon);
	else
		hvic_exam_say(finding, "remedy", "install %s (package hv-ic-%s, or make -C tools install), or hvic service disable %s",
			      daemon, strcmp(service, "fcopy") ? "tools" : "fcopy", service);
}

static void examine_missing(struct hvic_exam *exam)
{
	for (size_t i = 0; exam->services && i < json_object_array_length(exam->services); i++) {
		json_object *service = json_object_array_get_idx(exam->services, i);
		const char *name = hvu_json_string(service, "name");
		const char *state = hvu_json_string(service, "state");
		const struct hvu_service_info *info = hvu_service_find(name);

		if (hvu_json_true(service, "needs_owner") && strcmp(state, "absent") &&
		    strcmp(state, "disabled") && info && hvic_exam_trusts(exam, info) &&
		    !owner_of(exam, name))
			say_missing(exam, name);
	}
}

/** hvic_examine_daemons() - who serves what */
void hvic_examine_daemons(struct hvic_exam *exam)
{
	for (size_t i = 0; i < HVU_SERVICES; i++)
		examine_served(exam, &hvu_services[i]);
	examine_beside(exam);
	examine_missing(exam);
}
