// SPDX-License-Identifier: GPL-2.0
/* What keeps the integration services from working, from what the system shows. */
#include "examine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "exam.h"
#include "root.h"

/** hvic_exam_add() - a new finding */
json_object *hvic_exam_add(struct hvic_exam *exam, const char *id, const char *level)
{
	json_object *finding = json_object_new_object();

	json_object_object_add(finding, "id", json_object_new_string(id));
	json_object_object_add(finding, "level", json_object_new_string(level));
	json_object_array_add(exam->findings, finding);
	return finding;
}

/** hvic_exam_say() - its text, or the remedy */
void hvic_exam_say(json_object *finding, const char *key, const char *format, ...)
{
	va_list arguments;
	char text[512];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	json_object_object_add(finding, key, json_object_new_string(text));
}

/* --- The machine. --------------------------------------------------------- */

static bool is_hyperv(int root)
{
	char vendor[HVU_NAME_SIZE], product[HVU_NAME_SIZE];

	if (hvu_exists(root, "sys/bus/vmbus") ||
	    hvu_exists(root, "sys/bus/acpi/devices/VMBUS:00") ||
	    hvu_exists(root, "sys/bus/acpi/devices/VMBus:00"))
		return true;
	hvu_read(root, vendor, sizeof(vendor), "sys/class/dmi/id/sys_vendor");
	hvu_read(root, product, sizeof(product), "sys/class/dmi/id/product_name");
	return !strcmp(vendor, "Microsoft Corporation") && !strcmp(product, "Virtual Machine");
}

/* False if there is no use in looking further. */
static bool examine_machine(struct hvic_exam *exam)
{
	json_object *finding;

	if (hvu_exists(exam->root, "sys/bus/vmbus"))
		return true;
	if (is_hyperv(exam->root)) {
		finding = hvic_exam_add(exam, "no-vmbus", HVIC_PROBLEM);
		hvic_exam_say(finding, "text", "this is a guest of Hyper-V, but the bus driver hv_vmbus is not loaded");
		hvic_exam_say(finding, "remedy", "modprobe hv_vmbus");
	} else {
		finding = hvic_exam_add(exam, HVIC_NOT_HYPERV, HVIC_NOTE);
		hvic_exam_say(finding, "text", "this is not a guest of Hyper-V: there is nothing for hv_ic to do");
		hvic_exam_say(finding, "remedy", "none is needed");
	}
	return false;
}

/* --- Devices. ------------------------------------------------------------- */

static void examine_driver(struct hvic_exam *exam, const struct hvu_device *device)
{
	json_object *finding;

	if (!strcmp(device->driver, "hv_ic") ||
	    !hvu_service_has_switch(exam->root, device->service))
		return;
	finding = hvic_exam_add(exam, device->driver[0] ? "held" : "unbound", HVIC_PROBLEM);
	if (device->driver[0])
		hvic_exam_say(finding, "text", "%s is held by another driver, %s",
			      device->service->name,
			      device->driver);
	else
		hvic_exam_say(finding, "text", "%s has no driver", device->service->name);
	hvic_exam_say(finding, "remedy", "hvic takeover");
}

/**
 * hvic_exam_trusts() - may the host use a service? As the driver sees it
 * @exam: under way
 * @service: data exchange, backup and file copy are for a host that is trusted
 */
bool hvic_exam_trusts(struct hvic_exam *exam, const struct hvu_service_info *service)
{
	char trust[HVU_NAME_SIZE];

	if (!service->daemons[0])
		return true;
	hvu_read(exam->root, trust, sizeof(trust), "sys/module/hv_ic/parameters/trust");
	return strcmp(trust, "minimal") && (strcmp(trust, "auto") || !exam->confidential);
}

static void examine_state(struct hvic_exam *exam, const struct hvu_device *device)
{
	bool disabled = !strcmp(device->state, "disabled");
	json_object *finding;

	/* To the driver it is no matter whether such a service is switched on, too. */
	if ((disabled || !strcmp(device->state, "closed")) &&
	    !hvic_exam_trusts(exam, device->service)) {
		finding = hvic_exam_add(exam, "not-trusted", HVIC_NOTE);
		hvic_exam_say(finding, "text", "%s is not served: the host is not trusted%s",
			      device->service->name,
			      exam->confidential ? " in a confidential virtual machine" : "");
		hvic_exam_say(finding, "remedy", "none is needed; see the parameter trust in hv_ic(4)");
	} else if (disabled) {
		finding = hvic_exam_add(exam, "disabled", HVIC_NOTE);
		hvic_exam_say(finding, "text", "%s is switched off in the guest",
			      device->service->name);
		hvic_exam_say(finding, "remedy", "hvic service enable %s", device->service->name);
	} else if (!strcmp(device->state, "refused")) {
		finding = hvic_exam_add(exam, "refused", HVIC_PROBLEM);
		hvic_exam_say(finding, "text", "%s: the host and hv_ic have no version in common",
			      device->service->name);
		hvic_exam_say(finding, "remedy", "see the versions in hvic status %s, and update the older side",
			      device->service->name);
	}
}

static void say_not_offered(struct hvic_exam *exam, const struct hvu_service_info *service)
{
	json_object *finding = hvic_exam_add(exam, "not-offered", HVIC_NOTE);

	if (exam->confidential) {
		hvic_exam_say(finding, "text", "%s is not there: not every service is offered to a confidential virtual machine, or taken by its kernel",
			      service->name);
		hvic_exam_say(finding, "remedy", "none is needed");
		return;
	}
	hvic_exam_say(finding, "text", "%s is switched off on the host", service->name);
	hvic_exam_say(finding, "remedy", "on the host: Enable-VMIntegrationService -VMName ... -Name '%s'",
		      service->host_name);
}

static void examine_devices(struct hvic_exam *exam)
{
	for (size_t i = 0; i < HVU_SERVICES; i++) {
		const struct hvu_service_info *service = &hvu_services[i];
		bool offered = false;

		for (int k = 0; k < exam->n_devices; k++) {
			if (exam->devices[k].service != service)
				continue;
			offered = true;
			examine_driver(exam, &exam->devices[k]);
			examine_state(exam, &exam->devices[k]);
		}
		if (!offered)
			say_not_offered(exam, service);
	}
}

/* --- Rules and policies of others. ---------------------------------------- */

static bool names_hv_utils(int root, const char *folder, const char *name)
{
	FILE *file = hvu_fopen(root, "%s/%s", folder, name);
	bool found = false;
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0 && !found) {
		const char *text = line + strspn(line, " \t");

		found = *text != '#' && strstr(text, "\"hv_utils\"");
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static void examine_udev(struct hvic_exam *exam)
{
	static const char *const folders[] = {
		"etc/udev/rules.d", "run/udev/rules.d", "usr/local/lib/udev/rules.d",
		"usr/lib/udev/rules.d",
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char **names = hvu_list(exam->root, "%s", folders[i]);

		for (char **name = names; name && *name; name++) {
			json_object *finding;

			if (hvu_is_hidden(exam->root, folders, i, *name) ||
			    !names_hv_utils(exam->root, folders[i], *name))
				continue;
			finding = hvic_exam_add(exam, "udev-rule", HVIC_PROBLEM);
			hvic_exam_say(finding, "text", "the udev rule /%s/%s names hv_utils: it does not see the devices of hv_ic",
				      folders[i], *name);
			hvic_exam_say(finding, "remedy", "remove it if it is for hibernation, 70-hv-ic.rules does that; else let it name hv_ic, too");
		}
		hvu_list_free(names);
	}
}

/* comm="hv_kvp_daemon", comm="hvic-shutdownd" and so on. */
static bool is_our_denial(const char *line)
{
	static const char *const names[] = {
		"comm=\"hvic", "comm=\"hv_kvp", "comm=\"hv_vss", "comm=\"hv_fcopy",
		"comm=\"hyperv",
	};

	if (!strstr(line, "avc:  denied"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strstr(line, names[i]))
			return true;
	}
	return false;
}

/* In seconds since 1970; 0 if that is not known. */
static unsigned long long boot_time(int root)
{
	FILE *stat = hvu_fopen(root, "proc/stat");
	unsigned long long when = 0;
	char *line = NULL;
	size_t room = 0;

	if (!stat)
		return 0;
	while (!when && getline(&line, &room, stat) > 0)
		sscanf(line, "btime %llu", &when);
	free(line);
	fclose(stat);
	return when;
}

/* What was denied before may have been mended since. */
static bool is_since(const char *line, unsigned long long when)
{
	const char *stamp = strstr(line, "msg=audit(");

	return !stamp || strtoull(stamp + strlen("msg=audit("), NULL, 10) >= when;
}

static void examine_selinux(struct hvic_exam *exam)
{
	unsigned long long booted = boot_time(exam->root);
	unsigned int denials = 0;
	json_object *finding;
	char *line = NULL;
	size_t room = 0;
	FILE *log;

	if (!hvu_exists(exam->root, "sys/fs/selinux/enforce"))
		return;
	log = hvu_fopen(exam->root, "var/log/audit/audit.log");
	if (!log) {
		if (errno != EACCES)
			return;
		finding = hvic_exam_add(exam, "selinux-unknown", HVIC_NOTE);
		hvic_exam_say(finding, "text", "only root can see whether SELinux has denied something");
		hvic_exam_say(finding, "remedy", "run hvic doctor as root");
		return;
	}
	while (getline(&line, &room, log) > 0)
		denials += is_our_denial(line) && is_since(line, booted);
	free(line);
	fclose(log);
	if (!denials)
		return;
	finding = hvic_exam_add(exam, "selinux", HVIC_PROBLEM);
	hvic_exam_say(finding, "text", "SELinux has denied something to the daemons %u time%s since the system has booted",
		      denials, denials == 1 ? "" : "s");
	hvic_exam_say(finding, "remedy", "ausearch -m avc shows what; ausearch -m avc -c NAME | audit2allow -M hv_ic_local makes a module of what one program lacks, to be read before semodule -i");
}

/**
 * hvic_examine() - look for all that may be wrong
 * @root: below which the system is
 * @services: array, as the driver tells; NULL if it is not there
 * @confidential: the machine hides its memory from the host
 *
 * Return: array of findings, the most basic first; NULL without memory.
 */
json_object *hvic_examine(int root, json_object *services, bool confidential)
{
	struct hvic_exam exam = {
		.root = root, .services = services, .confidential = confidential,
	};

	hvu_read(root, exam.release, sizeof(exam.release), "proc/sys/kernel/osrelease");
	exam.findings = json_object_new_array();
	if (!examine_machine(&exam))
		return exam.findings;
	exam.modules = hvic_modules_open(root, exam.release);
	exam.n_devices = hvu_devices(root, &exam.devices);
	exam.n_daemons = foreign_daemons(root, &exam.daemons);
	if (!exam.modules || exam.n_devices < 0 || exam.n_daemons < 0) {
		json_object_put(exam.findings);
		exam.findings = NULL;
		goto free_daemons;
	}

	hvic_examine_module(&exam);
	examine_devices(&exam);
	hvic_examine_daemons(&exam);
	examine_udev(&exam);
	hvic_examine_softdep(&exam);
	hvic_examine_initramfs(&exam);
	examine_selinux(&exam);

free_daemons:
	foreign_daemons_free(exam.daemons, exam.n_daemons);
	free(exam.devices);
	kmod_unref(exam.modules);
	return exam.findings;
}
