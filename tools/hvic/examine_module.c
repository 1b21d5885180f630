// SPDX-License-Identifier: GPL-2.0
/* Why the module is not loaded, and whether it will be at the next boot. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "exam.h"
#include "printable.h"
#include "root.h"

static void examine_missing(struct hvic_exam *exam)
{
	json_object *finding = hvic_exam_add(exam, "module-missing", HVIC_PROBLEM);

	hvic_exam_say(finding, "text", "there is no module hv_ic for the kernel that runs, %s",
		      exam->release);
	if (!hvu_exists(exam->root, "lib/modules/%s/build/Makefile", exam->release))
		hvic_exam_say(finding, "remedy", "install the headers of that kernel (Debian, Ubuntu: apt install linux-headers-%s; Fedora: dnf install kernel-devel-%s), then build the module, as dkms does by itself",
			      exam->release, exam->release);
	else if (hvu_exists(exam->root, "var/lib/dkms/hv_ic"))
		hvic_exam_say(finding, "remedy", "dkms autoinstall -k %s", exam->release);
	else
		hvic_exam_say(finding, "remedy", "make install, or make dkms-install, in the source of hv_ic");
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

static void say_signature(json_object *finding, struct kmod_module *module)
{
	char signer[128], *printable;
	int ret = hvic_modules_signer(module, signer, sizeof(signer));

	if (ret) {
		hvic_exam_say(finding, "text", "hv_ic is not loaded: this kernel takes only modules with a signature that it knows (Secure Boot or lockdown), and whether this one has any cannot be read: %s",
			      strerror(-ret));
	} else if (!signer[0]) {
		hvic_exam_say(finding, "text", "hv_ic is not loaded: this kernel takes only modules with a signature that it knows (Secure Boot or lockdown), and this one has none");
	} else {
		printable = hvu_printable(signer, hvu_is_utf8());
		hvic_exam_say(finding, "text", "hv_ic is not loaded: this kernel takes only modules with a signature that it knows (Secure Boot or lockdown), and may not know the key of this one, \"%s\"",
			      printable ? printable : "");
		free(printable);
	}
}

static void read_certificate(int root, const char *path, char *certificate, size_t size)
{
	static const char name[] = "mok_certificate=";
	FILE *file = hvu_fopen(root, "%s", path);
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		const char *value = line + strspn(line, " ");

		if (strncmp(value, name, strlen(name)))
			continue;
		value += strlen(name);
		value += *value == '"' || *value == '\'';
		if (*value == '/')
			snprintf(certificate, size, "%.*s", (int)strcspn(value, "\n\"' "), value);
	}
	free(line);
	if (file)
		fclose(file);
}

/* Of the key that dkms is told to sign with, empty if it is told of none; the last line counts. */
static void own_certificate(int root, char *certificate, size_t size)
{
	static const char folder[] = "etc/dkms/framework.conf.d";
	char **names = hvu_list(root, "%s", folder);
	char path[sizeof(folder) + NAME_MAX + 1];

	certificate[0] = '\0';
	read_certificate(root, "etc/dkms/framework.conf", certificate, size);
	for (char **name = names; name && *name; name++) {
		const char *ending = strrchr(*name, '.');

		/* As the shell's pattern has it that dkms reads by. */
		if (**name == '.' || !ending || strcmp(ending, ".conf"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, *name);
		read_certificate(root, path, certificate, size);
	}
	hvu_list_free(names);
}

static void examine_signature(struct hvic_exam *exam, struct kmod_module *module)
{
	static const char *const keys[] = {
		"/var/lib/dkms/mok.pub",		/* Debian */
		"/var/lib/shim-signed/mok/MOK.der",	/* Ubuntu */
		"/etc/pki/akmods/certs/public_key.der",	/* Fedora */
	};
	json_object *finding = hvic_exam_add(exam, "signature", HVIC_PROBLEM);
	const char *key = keys[0];
	char own[256];

	for (size_t i = ARRAY_SIZE(keys); i--;)
		key = hvu_exists(exam->root, "%s", keys[i] + 1) ? keys[i] : key;
	own_certificate(exam->root, own, sizeof(own));
	say_signature(finding, module);
	hvic_exam_say(finding, "remedy", "mokutil --import %s, reboot, choose \"Enroll MOK\" on the console, then modprobe hv_ic; where there is none, as on Azure, see hv_ic(4)",
		      own[0] ? own : key);
}

/* Has modprobe.d a reason that it is not loaded? */
static bool examine_configuration(struct hvic_exam *exam, struct kmod_module *module)
{
	const char *command = kmod_module_get_install_commands(module);
	json_object *finding;

	if (!command && !hvic_modules_blacklisted(exam->modules, "hv_ic"))
		return false;
	finding = hvic_exam_add(exam, command ? "install-command" : "blacklisted", HVIC_NOTE);
	if (command)
		hvic_exam_say(finding, "text", "hv_ic is not loaded: modprobe.d has the command \"%s\" run in its place",
			      command);
	else
		hvic_exam_say(finding, "text", "hv_ic is not loaded: it is blacklisted in modprobe.d");
	hvic_exam_say(finding, "remedy", "remove the line \"%s hv_ic\", then modprobe hv_ic",
		      command ? "install" : "blacklist");
	return true;
}

/** hvic_examine_module() - why is the module not loaded? */
void hvic_examine_module(struct hvic_exam *exam)
{
	struct kmod_module *module;
	json_object *finding;

	if (hvu_exists(exam->root, "sys/module/hv_ic"))
		return;
	module = hvic_modules_find(exam->modules, "hv_ic");
	if (!module) {
		examine_missing(exam);
		return;
	}
	if (examine_configuration(exam, module))
		goto out_unref;
	if (wants_signature(exam->root)) {
		examine_signature(exam, module);
		goto out_unref;
	}
	finding = hvic_exam_add(exam, "not-loaded", HVIC_PROBLEM);
	hvic_exam_say(finding, "text", "hv_ic is there, but not loaded");
	hvic_exam_say(finding, "remedy", "modprobe hv_ic, and hvic takeover where hv_utils was first");
out_unref:
	kmod_module_unref(module);
}

/** hvic_examine_softdep() - will it be loaded before hv_utils? */
void hvic_examine_softdep(struct hvic_exam *exam)
{
	json_object *finding;

	if (!hvu_exists(exam->root, "sys/module/hv_ic") ||
	    hvic_modules_softdep(exam->modules, "hv_utils", "hv_ic"))
		return;
	finding = hvic_exam_add(exam, "no-softdep", HVIC_NOTE);
	hvic_exam_say(finding, "text", "nothing says that hv_ic goes before hv_utils: at the next boot either may be first");
	hvic_exam_say(finding, "remedy", "install /usr/lib/modprobe.d/hv_ic.conf (make -C tools install)");
}
