// SPDX-License-Identifier: GPL-2.0
/* What the doctor finds, one illness at a time. */
#include "examine.h"

#include <arpa/inet.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema.h"
#include "unit.h"
#include "vmbus.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_root_setup, unit_root_teardown)

static void device_id(char id[HVU_GUID_SIZE], size_t service)
{
	snprintf(id, HVU_GUID_SIZE, "%08zx-0000-0000-0000-000000000000", service);
}

/* A guest in which all is well: everything offered, everything with hv_ic. */
static void healthy(struct unit_root *root)
{
	char path[256], id[HVU_GUID_SIZE];

	unit_file(root, "proc/sys/kernel/osrelease", "6.1.0-56-amd64\n");
	unit_file(root, "etc/modprobe.d/hv_ic.conf", "# why\nsoftdep hv_utils pre: hv_ic\n");
	unit_file(root, "sys/module/hv_ic/initstate", "live\n");
	for (size_t i = 0; i < HVU_SERVICES; i++) {
		device_id(id, i);
		unit_device(root, id, hvu_services[i].class, "hv_ic");
		snprintf(path, sizeof(path), "sys/bus/vmbus/devices/%s/ic/state", id);
		unit_file(root, path, "ready\n");
		snprintf(path, sizeof(path), "sys/module/hv_ic/parameters/%s",
			 hvu_services[i].name);
		unit_file(root, path, "Y\n");
	}
}

#define MODULES "lib/modules/6.1.0-56-amd64/"

/* An index of one module, as depmod writes modules.dep.bin: a tree with no more than its root. */
static void write_index(struct unit_root *root, const char *name, const char *file)
{
	uint32_t head[] = { htonl(0xb007f457), htonl(0x00020001), htonl(0xc000000c) };
	uint32_t values[] = { htonl(1), htonl(0) };
	char index[256];
	size_t len = sizeof(head);

	memcpy(index, head, sizeof(head));
	len += sprintf(index + len, "%s", name) + 1;
	memcpy(index + len, values, sizeof(values));
	len += sizeof(values);
	len += sprintf(index + len, "%s:", file) + 1;
	unit_bytes(root, MODULES "modules.dep.bin", index, len);
}

/* A module that says no more than its licence; signed, unless @signer is NULL. */
static void write_module(struct unit_root *root, const char *signer)
{
	static const char info[] = "license=GPL", names[] = "\0.modinfo\0.shstrtab";
	static const char mark[] = "~Module signature appended~\n";
	struct {
		Elf64_Ehdr head;
		Elf64_Shdr sections[3];
		char info[sizeof(info)];
		char names[sizeof(names)];
	} module = {
		.head = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_REL, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			.e_ehsize = sizeof(Elf64_Ehdr), .e_shentsize = sizeof(Elf64_Shdr),
			.e_shoff = sizeof(Elf64_Ehdr), .e_shnum = 3, .e_shstrndx = 2,
		},
		.sections = {
			[1] = { .sh_name = 1, .sh_type = SHT_PROGBITS,
				.sh_offset = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Shdr),
				.sh_size = sizeof(info) },
			[2] = { .sh_name = 10, .sh_type = SHT_STRTAB,
				.sh_offset = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Shdr) +
					     sizeof(info),
				.sh_size = sizeof(names) },
		},
	};
	size_t len = sizeof(module);
	/* Algorithm, hash, type (X.509), lengths of signer and key, the signature's in 4 bytes. */
	char all[1024], trailer[12] = { 1, 4, 1 };

	memcpy(module.info, info, sizeof(info));
	memcpy(module.names, names, sizeof(names));
	memcpy(all, &module, len);
	if (signer) {
		trailer[3] = strlen(signer);
		trailer[4] = 4;
		trailer[11] = 8;
		len += sprintf(all + len, "%sKEY.SIGNATUR", signer);
		memcpy(all + len, trailer, sizeof(trailer));
		len += sizeof(trailer);
		len += sprintf(all + len, "%s", mark);
	}
	unit_bytes(root, MODULES "updates/hv_ic.ko", all, len);
	write_index(root, "hv_ic", "updates/hv_ic.ko");
}

/* Packs the module by a program; false if there is none. */
static bool pack_module(struct unit_root *root, const char *program, const char *ending)
{
	char path[256], file[64];
	const char *argv[] = { program, "-qf", path, NULL };

	snprintf(path, sizeof(path), "%s/" MODULES "updates/hv_ic.ko", root->path);
	snprintf(file, sizeof(file), "updates/hv_ic.ko.%s", ending);
	write_index(root, "hv_ic", file);
	return !unit_run(argv, 60000);
}

static void without_module(struct unit_root *root)
{
	unit_remove(root, "sys/module/hv_ic/initstate");
	for (size_t i = 0; i < HVU_SERVICES; i++) {
		char path[256];

		snprintf(path, sizeof(path), "sys/module/hv_ic/parameters/%s",
			 hvu_services[i].name);
		unit_remove(root, path);
	}
	unit_remove(root, "sys/module/hv_ic/parameters");
	unit_remove(root, "sys/module/hv_ic");
	write_module(root, NULL);
}

static void expect_in(struct unit_root *root, bool confidential, const char *services,
		      const char *findings, const char *text, const char *remedy)
{
	json_object *driver = services ? json_tokener_parse(services) : NULL;
	json_object *found = hvic_examine(root->fd, driver, confidential);
	char list[512] = "";
	size_t len = 0;

	assert_non_null(found);
	for (size_t i = 0; i < json_object_array_length(found); i++) {
		json_object *finding = json_object_array_get_idx(found, i);

		len += snprintf(list + len, sizeof(list) - len, "%s%s:%s", i ? " " : "",
				hvu_json_string(finding, "id"),
				hvu_json_string(finding, "level"));
		assert_int_equal(!*hvu_json_string(finding, "remedy"),
				 !strcmp(hvu_json_string(finding, "level"), "fact"));
		if (i)
			continue;
		if (!strstr(hvu_json_string(finding, "text"), text))
			fail_msg("text: %s", hvu_json_string(finding, "text"));
		if (!strstr(hvu_json_string(finding, "remedy"), remedy))
			fail_msg("remedy: %s", hvu_json_string(finding, "remedy"));
	}
	assert_string_equal(list, findings);
	json_object_put(found);
	json_object_put(driver);
}

/*
 * Examines, and expects these findings and no other: "id:level", separated by
 * spaces; and that the first says @text and has @remedy.
 */
static void expect(struct unit_root *root, const char *services, const char *findings,
		   const char *text, const char *remedy)
{
	expect_in(root, false, services, findings, text, remedy);
}

/* The same for what the second finding says. */
static void expect_second(struct unit_root *root, const char *services, const char *text,
			  const char *remedy)
{
	json_object *driver = json_tokener_parse(services);
	json_object *found = hvic_examine(root->fd, driver, false);
	json_object *second = json_object_array_get_idx(found, 1);

	assert_non_null(strstr(hvu_json_string(second, "text"), text));
	assert_non_null(strstr(hvu_json_string(second, "remedy"), remedy));
	json_object_put(found);
	json_object_put(driver);
}

static void nothing(void **state)
{
	healthy(*state);
	expect(*state, "[]", "", "", "");
}

static void not_hyperv(void **state)
{
	unit_file(*state, "sys/class/dmi/id/sys_vendor", "QEMU\n");
	expect(*state, NULL, "not-hyperv:note", "not a guest of Hyper-V", "none");
}

static void no_bus_by_dmi(void **state)
{
	unit_file(*state, "sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n");
	unit_file(*state, "sys/class/dmi/id/product_name", "Virtual Machine\n");
	expect(*state, NULL, "no-vmbus:problem", "hv_vmbus is not loaded", "modprobe hv_vmbus");
}

static void no_bus_by_acpi(void **state)
{
	unit_folder(*state, "sys/bus/acpi/devices/VMBUS:00");
	expect(*state, NULL, "no-vmbus:problem", "hv_vmbus is not loaded", "modprobe hv_vmbus");
}

/* A laptop of the same maker. */
static void not_virtual(void **state)
{
	unit_file(*state, "sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n");
	unit_file(*state, "sys/class/dmi/id/product_name", "Surface Laptop\n");
	expect(*state, NULL, "not-hyperv:note", "", "");
}

static void module_missing(void **state)
{
	struct unit_root *root = *state;

	healthy(root);
	without_module(root);
	write_index(root, "hv_ic_other", "updates/hv_ic_other.ko");
	expect(root, NULL, "module-missing:problem", "6.1.0-56-amd64",
	       "apt install linux-headers-6.1.0-56-amd64");
	unit_file(root, "lib/modules/6.1.0-56-amd64/build/Makefile", "");
	expect(root, NULL, "module-missing:problem", "", "make install");
	unit_folder(root, "var/lib/dkms/hv_ic");
	expect(root, NULL, "module-missing:problem", "",
	       "dkms autoinstall -k 6.1.0-56-amd64");
}

static void not_loaded(void **state)
{
	healthy(*state);
	without_module(*state);
	expect(*state, NULL, "not-loaded:problem", "not loaded", "modprobe hv_ic");
}

static void not_loaded_compressed(void **state)
{
	healthy(*state);
	without_module(*state);
	write_index(*state, "hv_ic", "updates/hv_ic.ko.xz");
	expect(*state, NULL, "not-loaded:problem", "not loaded", "modprobe hv_ic");
}

static void blacklisted(void **state)
{
	healthy(*state);
	without_module(*state);
	unit_file(*state, "usr/lib/modprobe.d/some.conf", "# no\nblacklist hv_ic\n");
	expect(*state, NULL, "blacklisted:note", "blacklisted", "remove the line");
}

/* What stands in modprobe.d is libkmod's to read: spaces, and the other spelling of a name. */
static void not_to_be_loaded(void **state)
{
	healthy(*state);
	without_module(*state);
	unit_file(*state, "etc/modprobe.d/a.conf", "blacklist   hv-ic\n");
	expect(*state, NULL, "blacklisted:note", "blacklisted", "\"blacklist hv_ic\"");
	unit_file(*state, "etc/modprobe.d/a.conf", "install hv_ic /bin/false\n");
	expect(*state, NULL, "install-command:note", "\"/bin/false\" run in its place",
	       "\"install hv_ic\"");
}

static void signature(void **state)
{
	healthy(*state);
	without_module(*state);
	unit_file(*state, "sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	expect(*state, NULL, "signature:problem", "this one has none",
	       "mokutil --import /var/lib/dkms/mok.pub");
	write_module(*state, "Somebody's key");
	expect(*state, NULL, "signature:problem", "may not know the key of this one, \"Somebody's key\"",
	       "hv_ic(4)");
	unit_file(*state, "var/lib/shim-signed/mok/MOK.der", "");
	expect(*state, NULL, "signature:problem", "",
	       "mokutil --import /var/lib/shim-signed/mok/MOK.der");
	unit_file(*state, MODULES "updates/hv_ic.ko", "no module");
	expect(*state, NULL, "signature:problem", "cannot be read", "Enroll MOK");
}

/* The administrator has dkms sign with another key; the last line counts. */
static void signature_own(void **state)
{
	healthy(*state);
	without_module(*state);
	unit_file(*state, "sys/module/module/parameters/sig_enforce", "Y\n");
	unit_file(*state, "var/lib/shim-signed/mok/MOK.der", "");
	unit_file(*state, "etc/dkms/framework.conf", "# mok_certificate=/not/this\n"
		  "mok_certificate=relative\nmok_signing_key=/root/own.key\n");
	expect(*state, NULL, "signature:problem", "", "--import /var/lib/shim-signed/mok/MOK.der, ");
	unit_file(*state, "etc/dkms/framework.conf", " mok_certificate=/root/own.der # ours\n");
	expect(*state, NULL, "signature:problem", "", "--import /root/own.der, ");
	unit_file(*state, "etc/dkms/framework.conf.d/a.conf", "mok_certificate=\"/root/a.der\"\n");
	unit_file(*state, "etc/dkms/framework.conf.d/b.conf", "mok_certificate='/root/b.der'");
	unit_file(*state, "etc/dkms/framework.conf.d/c.conf.old", "mok_certificate=/root/c.der\n");
	unit_file(*state, "etc/dkms/framework.conf.d/.d.conf", "mok_certificate=/root/d.der\n");
	expect(*state, NULL, "signature:problem", "", "--import /root/b.der, ");
}

static void signature_compressed(void **state)
{
	static const char *const programs[][2] = { { "xz", "xz" }, { "zstd", "zst" } };

	healthy(*state);
	without_module(*state);
	unit_file(*state, "sys/module/module/parameters/sig_enforce", "Y\n");
	for (size_t i = 0; i < 2; i++) {
		write_module(*state, "Somebody's key");
		if (pack_module(*state, programs[i][0], programs[i][1]))
			expect(*state, NULL, "signature:problem", "\"Somebody's key\"", "");
	}
	/* Debian's libkmod does not unpack this. */
	write_module(*state, "Somebody's key");
	assert_true(pack_module(*state, "gzip", "gz"));
	expect(*state, NULL, "signature:problem", "", "hv_ic(4)");
}

static void signature_enforced(void **state)
{
	healthy(*state);
	without_module(*state);
	unit_file(*state, "sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	expect(*state, NULL, "not-loaded:problem", "", "");
	unit_file(*state, "sys/module/module/parameters/sig_enforce", "Y\n");
	expect(*state, NULL, "signature:problem", "", "");
}

static void held(void **state)
{
	char id[HVU_GUID_SIZE];

	healthy(*state);
	device_id(id, 1);
	unit_device(*state, id, hvu_services[1].class, "hv_utils");
	expect(*state, "[]", "held:problem", "shutdown is held by another driver, hv_utils",
	       "hvic takeover");
}

static void unbound(void **state)
{
	char id[HVU_GUID_SIZE], path[256];

	healthy(*state);
	device_id(id, 1);
	snprintf(path, sizeof(path), "sys/bus/vmbus/devices/%s/driver", id);
	unit_remove(*state, path);
	expect(*state, "[]", "unbound:problem", "shutdown has no driver", "hvic takeover");
}

/* What this hv_ic does not serve is in good hands with another. */
static void held_rightly(void **state)
{
	char id[HVU_GUID_SIZE];

	healthy(*state);
	device_id(id, 1);
	unit_device(*state, id, hvu_services[1].class, "hv_utils");
	unit_remove(*state, "sys/module/hv_ic/parameters/shutdown");
	expect(*state, "[]", "", "", "");
}

static void not_offered(void **state)
{
	char id[HVU_GUID_SIZE], path[256];

	healthy(*state);
	device_id(id, 5);
	snprintf(path, sizeof(path), "sys/bus/vmbus/devices/%s/class_id", id);
	unit_file(*state, path, "{00000000-0000-0000-0000-000000000000}\n");
	expect(*state, "[]", "not-offered:note", "fcopy is switched off on the host",
	       "-Name 'Guest Service Interface'");
}

static void disabled_and_refused(void **state)
{
	char id[HVU_GUID_SIZE], path[256];

	healthy(*state);
	device_id(id, 0);
	snprintf(path, sizeof(path), "sys/bus/vmbus/devices/%s/ic/state", id);
	unit_file(*state, path, "disabled\n");
	expect(*state, "[]", "disabled:note", "heartbeat is switched off in the guest",
	       "hvic service enable heartbeat");
	unit_file(*state, path, "refused\n");
	expect(*state, "[]", "refused:problem", "no version in common", "hvic status heartbeat");
}

/* The host of a confidential machine need not offer a service, and is not trusted with all. */
static void confidential(void **state)
{
	static const char vss[] = "[{\"name\":\"vss\",\"state\":\"closed\",\"needs_owner\":true}]";
	char id[HVU_GUID_SIZE], path[256];

	healthy(*state);
	unit_file(*state, "sys/module/hv_ic/parameters/trust", "auto\n");
	device_id(id, 4);
	snprintf(path, sizeof(path), "sys/bus/vmbus/devices/%s/ic/state", id);
	unit_file(*state, path, "disabled\n");
	expect_in(*state, false, "[]", "disabled:note", "", "hvic service enable vss");
	expect_in(*state, true, "[]", "not-trusted:note", "in a confidential", "none is needed");
	/* The driver does not open the channel of one that is switched on. */
	unit_file(*state, path, "closed\n");
	expect_in(*state, true, vss, "not-trusted:note", "in a confidential", "none is needed");
	expect_in(*state, false, vss, "no-daemon:problem", "", "");
	unit_file(*state, path, "disabled\n");
	unit_file(*state, "sys/module/hv_ic/parameters/trust", "full\n");
	expect_in(*state, true, "[]", "disabled:note", "", "");
	unit_file(*state, "sys/module/hv_ic/parameters/trust", "minimal\n");
	expect_in(*state, false, "[]", "not-trusted:note", "the host is not trusted", "trust");
	snprintf(path, sizeof(path), "sys/bus/vmbus/devices/%s/class_id", id);
	unit_file(*state, path, "{00000000-0000-0000-0000-000000000000}\n");
	expect_in(*state, true, "[]", "not-offered:note", "confidential", "none is needed");
	expect_in(*state, false, "[]", "not-offered:note", "off on the host", "on the host");
}

static void no_daemon(void **state)
{
	static const char kvp[] = "[{\"name\":\"kvp\",\"state\":\"ready\",\"needs_owner\":true}]";

	healthy(*state);
	expect(*state, kvp, "no-daemon:problem", "kvp has no daemon", "package hv-ic-tools");
	unit_file(*state, "usr/lib/systemd/system/hvic-kvpd.service", "");
	expect(*state, kvp, "no-daemon:problem", "", "systemctl start hvic-kvpd");
	expect(*state, "[{\"name\":\"kvp\",\"state\":\"absent\",\"needs_owner\":true},"
	       "{\"name\":\"vss\",\"state\":\"disabled\",\"needs_owner\":true},"
	       "{\"name\":\"fcopy\",\"state\":\"ready\",\"needs_owner\":true,\"owner\":{\"pid\":7}},"
	       "{\"name\":\"heartbeat\",\"state\":\"ready\"}]", "daemon:fact",
	       "fcopy is served by process 7", "");
}

/* Nobody has to let the host copy files. */
static void no_file_copy(void **state)
{
	static const char fcopy[] =
		"[{\"name\":\"fcopy\",\"state\":\"ready\",\"needs_owner\":true}]";

	healthy(*state);
	expect(*state, fcopy, "no-daemon:note", "not set up", "hv_ic.conf(5)");
	unit_file(*state, "etc/hv_ic/hv_ic.conf", "[fcopy in]\ndirectory = /srv/in\n");
	expect(*state, fcopy, "no-daemon:problem", "fcopy has no daemon", "hvic-fcopyd");
}

static void daemons(void **state)
{
	healthy(*state);
	unit_process(*state, 50, "hvic-kvpd", "hvic-kvpd.service");
	unit_process(*state, 51, "hv_vss_daemon", "hv-vss-daemon.service");
	expect(*state, "[{\"name\":\"kvp\",\"needs_owner\":true,"
	       "\"owner\":{\"pid\":50,\"abi\":\"native\"}}]", "daemon:fact",
	       "kvp is served by hvic-kvpd (process 50), which has /dev/hv_ic/kvp open", "");
	expect(*state, "[{\"name\":\"vss\",\"needs_owner\":true,"
	       "\"owner\":{\"pid\":51,\"abi\":\"legacy\"}}]", "daemon:fact old-vss:note",
	       "vss is served by hv_vss_daemon (process 51), which has /dev/vmbus/hv_vss open",
	       "");
	expect_second(*state, "[{\"name\":\"vss\",\"needs_owner\":true,"
		      "\"owner\":{\"pid\":51,\"abi\":\"legacy\"}}]", "by itself",
		      "stop that daemon, then systemctl start hvic-vssd");
}

static void old_daemon(void **state)
{
	static const char services[] =
		"[{\"name\":\"kvp\",\"state\":\"ready\",\"needs_owner\":true,\"owner\":{\"pid\":50}}]";
	/* Another one now. */
	static const char ours[] =
		"[{\"name\":\"kvp\",\"state\":\"ready\",\"needs_owner\":true,\"owner\":{\"pid\":51}}]";

	healthy(*state);
	unit_process(*state, 50, "hvic-kvpd", "hvic-kvpd.service");
	expect(*state, services, "daemon:fact", "hvic-kvpd (process 50)", "");
	unit_process(*state, 51, "hypervkvpd", "hypervkvpd.service");
	expect(*state, services, "daemon:fact old-daemon:problem", "", "");
	expect_second(*state, services,
		      "hypervkvpd (process 51) runs beside the daemon that serves kvp, hvic-kvpd (process 50)",
		      "systemctl disable --now hypervkvpd.service");
	expect_second(*state, ours, "hvic-kvpd (process 50) runs beside",
		      "systemctl disable --now hvic-kvpd.service");
	unit_process(*state, 51, "hypervkvpd", NULL);
	expect_second(*state, services, "", "kill 51");
}

/* A program that lists the modules of an initramfs, played. */
static void write_lister(struct unit_root *root, const char *name, const char *text)
{
	char path[256], script[256];

	snprintf(path, sizeof(path), "bin/%s", name);
	snprintf(script, sizeof(script), "#!/bin/sh\ntest -r \"$1\" || exit 1\n%s\n", text);
	unit_file(root, path, script);
	snprintf(path, sizeof(path), "%s/bin/%s", root->path, name);
	assert_int_equal(chmod(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/bin", root->path);
	assert_int_equal(setenv("PATH", path, 1), 0);
}

static void initramfs(void **state)
{
	static const char file[] = "boot/initrd.img-6.1.0-56-amd64";
	struct unit_root *root = *state;
	char path[256], *old = strdup(getenv("PATH"));

	healthy(root);
	unit_file(root, file, "");
	write_lister(root, "other", "");
	expect(root, "[]", "initramfs-unknown:note", "there is no lsinitramfs", "by hand");
	write_lister(root, "lsinitramfs", "exit 1");
	expect(root, "[]", "initramfs-unknown:note", "cannot be listed", "by hand");
	write_lister(root, "lsinitramfs", "echo usr/lib/modules/x/kernel/drivers/hv/hv_utils.ko");
	unit_folder(root, "etc/initramfs-tools");
	expect(root, "[]", "initramfs:problem", "hv_utils takes the services first",
	       "copy tools/data/initramfs/dracut.conf");
	unit_file(root, "usr/share/hv_ic/initramfs/dracut.conf", "");
	expect(root, "[]", "initramfs:problem", "",
	       "ln -s /usr/share/hv_ic/initramfs/dracut.conf /etc/dracut.conf.d/hv_ic.conf, then dracut --force");
	unit_file(root, "usr/sbin/update-initramfs", "");
	expect(root, "[]", "initramfs:problem", "/boot/initrd.img-6.1.0-56-amd64",
	       "update-initramfs -u -k all");
	write_lister(root, "lsinitramfs", "echo a/hv_utils.ko.xz; echo a/hv_ic.ko.zst");
	expect(root, "[]", "", "", "");
	write_lister(root, "lsinitramfs", "echo a/hv_utils_of_others.ko; echo hv_utils");
	expect(root, "[]", "", "", "");
	if (geteuid()) {
		snprintf(path, sizeof(path), "%s/%s", root->path, file);
		assert_int_equal(chmod(path, 0), 0);
		expect(root, "[]", "initramfs-unknown:note", "only root may read it", "as root");
	}
	setenv("PATH", old, 1);
	free(old);
}

static void udev_rule(void **state)
{
	static const char rule[] =
		"SUBSYSTEM==\"vmbus\", ACTION==\"change\", DRIVER==\"hv_utils\", ENV{EVENT}==\"hibernate\", RUN+=\"/bin/systemctl hibernate\"\n";
	char comment[256];

	healthy(*state);
	unit_file(*state, "usr/lib/udev/rules.d/99-vm-hibernation.rules", rule);
	expect(*state, "[]", "udev-rule:problem", "/usr/lib/udev/rules.d/99-vm-hibernation.rules",
	       "70-hv-ic.rules");
	/* An empty file of the same name hides it. */
	unit_file(*state, "etc/udev/rules.d/99-vm-hibernation.rules", "");
	expect(*state, "[]", "", "", "");
	snprintf(comment, sizeof(comment), "  # %s", rule);
	unit_file(*state, "etc/udev/rules.d/1.rules", comment);
	expect(*state, "[]", "", "", "");
	unit_file(*state, "etc/udev/rules.d/2.rules", rule);
	expect(*state, "[]", "udev-rule:problem", "/etc/udev/rules.d/2.rules", "");
}

static void no_softdep(void **state)
{
	healthy(*state);
	unit_remove(*state, "etc/modprobe.d/hv_ic.conf");
	expect(*state, "[]", "no-softdep:note", "before hv_utils", "hv_ic.conf");
	unit_file(*state, "usr/lib/modprobe.d/hv_ic.conf", "softdep hv_utils pre: hv_ic\n");
	expect(*state, "[]", "", "", "");
}

static void selinux(void **state)
{
	static const char log[] =
		"type=AVC msg=audit(1.1:1): avc:  denied  { read } for  pid=1 comm=\"httpd\" name=\"x\"\n"
		"type=AVC msg=audit(1.1:2): avc:  granted  { read } for  pid=2 comm=\"hv_kvp_daemon\"\n"
		"type=AVC msg=audit(1.1:3): avc:  denied  { read } for  pid=3 comm=\"hv_kvp_daemon\"\n"
		"type=AVC msg=audit(1.1:4): avc:  denied  { write } for  pid=4 comm=\"hvic-shutdownd\"\n";

	healthy(*state);
	unit_file(*state, "var/log/audit/audit.log", log);
	expect(*state, "[]", "", "", "");		/* there is no SELinux now */
	unit_file(*state, "sys/fs/selinux/enforce", "1");
	expect(*state, "[]", "selinux:problem", "2 times", "ausearch");
	unit_file(*state, "proc/stat", "cpu 1 2 3\nbtime 1\n");
	expect(*state, "[]", "selinux:problem", "2 times", "ausearch");
	unit_file(*state, "proc/stat", "cpu 1 2 3\nbtime 2\n");
	expect(*state, "[]", "", "", "");
	unit_remove(*state, "var/log/audit/audit.log");
	expect(*state, "[]", "", "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing),
		TEST(not_hyperv),
		TEST(no_bus_by_dmi),
		TEST(no_bus_by_acpi),
		TEST(not_virtual),
		TEST(module_missing),
		TEST(not_loaded),
		TEST(not_loaded_compressed),
		TEST(blacklisted),
		TEST(not_to_be_loaded),
		TEST(signature),
		TEST(signature_own),
		TEST(signature_compressed),
		TEST(signature_enforced),
		TEST(held),
		TEST(unbound),
		TEST(held_rightly),
		TEST(not_offered),
		TEST(disabled_and_refused),
		TEST(confidential),
		TEST(no_daemon),
		TEST(no_file_copy),
		TEST(daemons),
		TEST(old_daemon),
		TEST(initramfs),
		TEST(udev_rule),
		TEST(no_softdep),
		TEST(selinux),
	};

	return cmocka_run_group_tests_name("examine", tests, NULL, NULL);
}
