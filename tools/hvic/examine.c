// SPDX-License-Identifier: GPL-2.0
/*
 * What keeps the integration services from working, from what the system shows.
 *
 * A finding has an id that stays, a level (problem, or note: as somebody wants
 * it), a text and the way out.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "daemons.h"
#include "examine.h"
#include "root.h"
#include "schema.h"
#include "vmbus.h"

#define PROBLEM "problem"
#define NOTE "note"

/**
 * struct exam - an examination
 * @root: below which the system is
 * @services: what the driver says; NULL if it is not there
 * @release: of the kernel
 * @devices: of integration services
 * @n_devices: how many
 * @daemons: processes of others that serve them
 * @n_daemons: how many
 * @findings: array
 */
struct exam {
	int root;
	json_object *services;
	char release[HVU_NAME_SIZE];
	struct hvu_device *devices;
	int n_devices;
	struct foreign_daemon *daemons;
	int n_daemons;
	json_object *findings;
};

static json_object *add_finding(struct exam *exam, const char *id, const char *level)
{
	json_object *finding = json_object_new_object();

	json_object_object_add(finding, "id", json_object_new_string(id));
	json_object_object_add(finding, "level", json_object_new_string(level));
	json_object_array_add(exam->findings, finding);
	return finding;
}

__attribute__((format(printf, 3, 4)))
static void say(json_object *finding, const char *key, const char *format, ...)
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
static bool examine_machine(struct exam *exam)
{
	json_object *finding;

	if (hvu_exists(exam->root, "sys/bus/vmbus"))
		return true;
	if (is_hyperv(exam->root)) {
		finding = add_finding(exam, "no-vmbus", PROBLEM);
		say(finding, "text", "this is a guest of Hyper-V, but the bus driver hv_vmbus is not loaded");
		say(finding, "remedy", "modprobe hv_vmbus");
	} else {
		finding = add_finding(exam, "not-hyperv", PROBLEM);
		say(finding, "text", "this is not a guest of Hyper-V: there is nothing for hv_ic to do");
		say(finding, "remedy", "none is needed");
	}
	return false;
}

/* --- The module. ---------------------------------------------------------- */

/* Path of the module for the kernel that runs, below lib/modules; "" if there is none. */
static void find_module(struct exam *exam, char *path, size_t size)
{
	FILE *index = hvu_fopen(exam->root, "lib/modules/%s/modules.dep", exam->release);
	char *line = NULL;
	size_t room = 0;

	path[0] = '\0';
	if (!index)
		return;
	while (getline(&line, &room, index) > 0 && !path[0]) {
		char *end = strchr(line, ':');
		char *name;

		if (!end)
			continue;
		*end = '\0';
		name = strrchr(line, '/');
		name = name ? name + 1 : line;
		/* It may be compressed. */
		if (!strncmp(name, "hv_ic.ko", 8) && (!name[8] || name[8] == '.'))
			snprintf(path, size, "%s", line);
	}
	free(line);
	fclose(index);
}

static void examine_missing(struct exam *exam)
{
	json_object *finding = add_finding(exam, "module-missing", PROBLEM);

	say(finding, "text", "there is no module hv_ic for the kernel that runs, %s",
	    exam->release);
	if (!hvu_exists(exam->root, "lib/modules/%s/build/Makefile", exam->release))
		say(finding, "remedy", "install the headers of that kernel (apt install linux-headers-%s), then build the module",
		    exam->release);
	else if (hvu_exists(exam->root, "var/lib/dkms/hv_ic"))
		say(finding, "remedy", "dkms autoinstall -k %s", exam->release);
	else
		say(finding, "remedy", "make install, or make dkms-install, in the source of hv_ic");
}

/* Does this kernel refuse modules without a signature that it knows? */
static bool wants_signature(int root)
{
	char text[HVU_NAME_SIZE];

	hvu_read(root, text, sizeof(text), "sys/module/module/parameters/sig_enforce");
	if (!strcmp(text, "Y"))
		return true;
	hvu_read(root, text, sizeof(text), "sys/kernel/security/lockdown");
	return strstr(text, "[integrity]") || strstr(text, "[confidentiality]");
}

/* What a signed module ends in; of a compressed one we cannot tell. */
static bool is_signed(struct exam *exam, const char *path)
{
	static const char mark[] = "~Module signature appended~\n";
	char tail[sizeof(mark)] = "";
	struct stat status;
	bool found;
	int fd;

	fd = hvu_open(exam->root, O_RDONLY, "lib/modules/%s/%s", exam->release, path);
	if (fd < 0)
		return false;
	found = !fstat(fd, &status) && status.st_size >= (off_t)strlen(mark) &&
		pread(fd, tail, strlen(mark), status.st_size - strlen(mark)) > 0 &&
		!strcmp(tail, mark);
	close(fd);
	return found;
}

static void examine_signature(struct exam *exam, const char *path)
{
	static const char *const keys[] = {
		"var/lib/dkms/mok.pub",			/* Debian */
		"var/lib/shim-signed/mok/MOK.der",	/* Ubuntu */
		"etc/pki/akmods/certs/public_key.der",	/* Fedora */
	};
	json_object *finding = add_finding(exam, "signature", PROBLEM);
	const char *key = keys[0];

	for (size_t i = ARRAY_SIZE(keys); i--;)
		key = hvu_exists(exam->root, "%s", keys[i]) ? keys[i] : key;
	if (is_signed(exam, path))
		say(finding, "text", "hv_ic is not loaded: this kernel takes modules with a signature that it knows only (Secure Boot), and may not know the key of this one");
	else
		say(finding, "text", "hv_ic is not loaded: this kernel takes signed modules only (Secure Boot), and this one does not show a signature");
	say(finding, "remedy", "mokutil --import /%s, reboot, choose \"Enroll MOK\" on the console, then modprobe hv_ic; where there is none, as on Azure, see hv_ic(4)",
	    key);
}

static bool is_configured(struct exam *exam, const char *words)
{
	static const char *const folders[] = {
		"etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d",
		"usr/lib/modprobe.d", "lib/modprobe.d",
	};
	bool found = false;
	char *line = NULL;
	size_t room = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && !found; i++) {
		char **names = hvu_list(exam->root, "%s", folders[i]);

		for (char **name = names; name && *name && !found; name++) {
			FILE *file = hvu_fopen(exam->root, "%s/%s", folders[i], *name);

			while (file && getline(&line, &room, file) > 0 && !found) {
				line[strcspn(line, "\n")] = '\0';
				found = !strcmp(line, words);
			}
			if (file)
				fclose(file);
		}
		hvu_list_free(names);
	}
	free(line);
	return found;
}

static void examine_module(struct exam *exam)
{
	json_object *finding;
	char path[512];

	if (hvu_exists(exam->root, "sys/module/hv_ic"))
		return;
	find_module(exam, path, sizeof(path));
	if (!path[0]) {
		examine_missing(exam);
		return;
	}
	if (is_configured(exam, "blacklist hv_ic")) {
		finding = add_finding(exam, "blacklisted", NOTE);
		say(finding, "text", "hv_ic is not loaded: it is blacklisted in modprobe.d");
		say(finding, "remedy", "remove the line \"blacklist hv_ic\", then modprobe hv_ic");
		return;
	}
	if (wants_signature(exam->root)) {
		examine_signature(exam, path);
		return;
	}
	finding = add_finding(exam, "not-loaded", PROBLEM);
	say(finding, "text", "hv_ic is there, but not loaded");
	say(finding, "remedy", "modprobe hv_ic, and hvic takeover where hv_utils was first");
}

/* --- Devices. ------------------------------------------------------------- */

static void examine_driver(struct exam *exam, const struct hvu_device *device)
{
	json_object *finding;

	if (!strcmp(device->driver, "hv_ic") ||
	    !hvu_service_has_switch(exam->root, device->service))
		return;
	finding = add_finding(exam, device->driver[0] ? "held" : "unbound", PROBLEM);
	if (device->driver[0])
		say(finding, "text", "%s is held by another driver, %s", device->service->name,
		    device->driver);
	else
		say(finding, "text", "%s has no driver", device->service->name);
	say(finding, "remedy", "hvic takeover");
}

static void examine_state(struct exam *exam, const struct hvu_device *device)
{
	json_object *finding;

	if (!strcmp(device->state, "disabled")) {
		finding = add_finding(exam, "disabled", NOTE);
		say(finding, "text", "%s is switched off in the guest", device->service->name);
		say(finding, "remedy", "hvic service enable %s", device->service->name);
	} else if (!strcmp(device->state, "refused")) {
		finding = add_finding(exam, "refused", PROBLEM);
		say(finding, "text", "%s: the host and hv_ic have no version in common",
		    device->service->name);
		say(finding, "remedy", "see the versions in hvic status %s, and update the older side",
		    device->service->name);
	}
}

static void examine_devices(struct exam *exam)
{
	for (size_t i = 0; i < HVU_SERVICES; i++) {
		const struct hvu_service_info *service = &hvu_services[i];
		json_object *finding;
		bool offered = false;

		for (int k = 0; k < exam->n_devices; k++) {
			if (exam->devices[k].service != service)
				continue;
			offered = true;
			examine_driver(exam, &exam->devices[k]);
			examine_state(exam, &exam->devices[k]);
		}
		if (offered)
			continue;
		finding = add_finding(exam, "not-offered", NOTE);
		say(finding, "text", "%s is switched off on the host", service->name);
		say(finding, "remedy", "on the host: Enable-VMIntegrationService -VMName ... -Name '%s'",
		    service->host_name);
	}
}

/* --- Daemons. ------------------------------------------------------------- */

static json_object *service_of(struct exam *exam, const char *name)
{
	for (size_t i = 0; exam->services && i < json_object_array_length(exam->services); i++) {
		json_object *service = json_object_array_get_idx(exam->services, i);

		if (!strcmp(hvu_json_string(service, "name"), name))
			return service;
	}
	return NULL;
}

static void examine_old_daemons(struct exam *exam)
{
	for (int i = 0; i < exam->n_daemons; i++) {
		const struct foreign_daemon *daemon = &exam->daemons[i];
		json_object *service = service_of(exam, daemon->service->name);
		json_object *owner, *finding;

		if (!service || !json_object_object_get_ex(service, "owner", &owner) ||
		    hvu_json_number(owner, "pid") == daemon->pid)
			continue;
		finding = add_finding(exam, "old-daemon", PROBLEM);
		say(finding, "text", "%s (process %d) runs beside the daemon that serves %s (process %lld)",
		    daemon->name, daemon->pid, daemon->service->name,
		    (long long)hvu_json_number(owner, "pid"));
		if (daemon->unit[0])
			say(finding, "remedy", "systemctl disable --now %s", daemon->unit);
		else
			say(finding, "remedy", "kill %d, and see who starts it", daemon->pid);
	}
}

static void examine_no_daemon(struct exam *exam)
{
	for (size_t i = 0; exam->services && i < json_object_array_length(exam->services); i++) {
		json_object *service = json_object_array_get_idx(exam->services, i);
		const char *state = hvu_json_string(service, "state");
		json_object *finding, *owner;

		if (!hvu_json_true(service, "needs_owner") || !strcmp(state, "absent") ||
		    !strcmp(state, "disabled") ||
		    json_object_object_get_ex(service, "owner", &owner))
			continue;
		finding = add_finding(exam, "no-daemon", PROBLEM);
		say(finding, "text", "%s has no daemon: the host's requests fail",
		    hvu_json_string(service, "name"));
		say(finding, "remedy", "start the daemon (package hyperv-daemons has one: hv_%s_daemon), or hvic service disable %s",
		    hvu_json_string(service, "name"), hvu_json_string(service, "name"));
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

static void examine_udev(struct exam *exam)
{
	/* A file hides those of the same name in the folders behind it. */
	static const char *const folders[] = {
		"etc/udev/rules.d", "run/udev/rules.d", "usr/local/lib/udev/rules.d",
		"usr/lib/udev/rules.d",
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char **names = hvu_list(exam->root, "%s", folders[i]);

		for (char **name = names; name && *name; name++) {
			json_object *finding;
			bool hidden = false;

			for (size_t k = 0; k < i; k++)
				hidden |= hvu_exists(exam->root, "%s/%s", folders[k], *name);
			if (hidden || !names_hv_utils(exam->root, folders[i], *name))
				continue;
			finding = add_finding(exam, "udev-rule", PROBLEM);
			say(finding, "text", "the udev rule /%s/%s names hv_utils: it does not see the devices of hv_ic",
			    folders[i], *name);
			say(finding, "remedy", "remove it if it is for hibernation, 70-hv-ic.rules does that; else let it name hv_ic, too");
		}
		hvu_list_free(names);
	}
}

static void examine_modprobe(struct exam *exam)
{
	json_object *finding;

	if (!hvu_exists(exam->root, "sys/module/hv_ic") ||
	    is_configured(exam, "softdep hv_utils pre: hv_ic"))
		return;
	finding = add_finding(exam, "no-softdep", NOTE);
	say(finding, "text", "nothing says that hv_ic goes before hv_utils: at the next boot either may be first");
	say(finding, "remedy", "install /usr/lib/modprobe.d/hv_ic.conf (make -C tools install)");
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

static void examine_selinux(struct exam *exam)
{
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
		finding = add_finding(exam, "selinux-unknown", NOTE);
		say(finding, "text", "only root can see whether SELinux has denied something");
		say(finding, "remedy", "run hvic doctor as root");
		return;
	}
	while (getline(&line, &room, log) > 0)
		denials += is_our_denial(line);
	free(line);
	fclose(log);
	if (!denials)
		return;
	finding = add_finding(exam, "selinux", PROBLEM);
	say(finding, "text", "SELinux has denied something to the daemons %u time%s", denials,
	    denials == 1 ? "" : "s");
	say(finding, "remedy", "ausearch -m avc shows what; audit2allow -a makes a policy of it");
}

/**
 * hvic_examine() - look for all that may be wrong
 * @root: below which the system is
 * @services: array, as the driver tells; NULL if it is not there
 *
 * Return: array of findings, the most basic first; NULL without memory.
 */
json_object *hvic_examine(int root, json_object *services)
{
	struct exam exam = { .root = root, .services = services };

	hvu_read(root, exam.release, sizeof(exam.release), "proc/sys/kernel/osrelease");
	exam.findings = json_object_new_array();
	if (!examine_machine(&exam))
		return exam.findings;
	exam.n_devices = hvu_devices(root, &exam.devices);
	exam.n_daemons = foreign_daemons(root, &exam.daemons);
	if (exam.n_devices < 0 || exam.n_daemons < 0) {
		json_object_put(exam.findings);
		exam.findings = NULL;
		goto free_daemons;
	}

	examine_module(&exam);
	examine_devices(&exam);
	examine_old_daemons(&exam);
	examine_no_daemon(&exam);
	examine_udev(&exam);
	examine_modprobe(&exam);
	examine_selinux(&exam);

free_daemons:
	foreign_daemons_free(exam.daemons, exam.n_daemons);
	free(exam.devices);
	return exam.findings;
}
