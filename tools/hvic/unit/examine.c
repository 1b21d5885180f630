// SPDX-License-Identifier: GPL-2.0
/* What the doctor finds, one illness at a time. */
#include "examine.h"

#include <stdio.h>
#include <string.h>

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
	unit_file(root, "lib/modules/6.1.0-56-amd64/modules.dep",
		  "kernel/drivers/hv/hv_utils.ko: kernel/drivers/hv/hv_vmbus.ko\n"
		  "updates/hv_ic.ko: kernel/drivers/hv/hv_vmbus.ko\n");
	unit_file(root, "lib/modules/6.1.0-56-amd64/updates/hv_ic.ko", "\177ELF");
}

/*
 * Examines, and expects these findings and no other: "id:level", separated by
 * spaces; and that the first says @text and has @remedy.
 */
static void expect(struct unit_root *root, const char *services, const char *findings,
		   const char *text, const char *remedy)
{
	json_object *driver = services ? json_tokener_parse(services) : NULL;
	json_object *found = hvic_examine(root->fd, driver);
	char list[512] = "";
	size_t len = 0;

	assert_non_null(found);
	for (size_t i = 0; i < json_object_array_length(found); i++) {
		json_object *finding = json_object_array_get_idx(found, i);

		len += snprintf(list + len, sizeof(list) - len, "%s%s:%s", i ? " " : "",
				hvu_json_string(finding, "id"),
				hvu_json_string(finding, "level"));
		assert_true(strlen(hvu_json_string(finding, "remedy")) > 0);
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

static void nothing(void **state)
{
	healthy(*state);
	expect(*state, "[]", "", "", "");
}

static void not_hyperv(void **state)
{
	unit_file(*state, "sys/class/dmi/id/sys_vendor", "QEMU\n");
	expect(*state, NULL, "not-hyperv:problem", "not a guest of Hyper-V", "none");
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
	expect(*state, NULL, "not-hyperv:problem", "", "");
}

static void module_missing(void **state)
{
	struct unit_root *root = *state;

	healthy(root);
	without_module(root);
	unit_file(root, "lib/modules/6.1.0-56-amd64/modules.dep",
		  "kernel/drivers/hv/hv_utils.ko: kernel/drivers/hv/hv_vmbus.ko\n"
		  "updates/hv_ic_other.ko:\n");
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
	unit_file(*state, "lib/modules/6.1.0-56-amd64/modules.dep", "updates/hv_ic.ko.xz:\n");
	expect(*state, NULL, "not-loaded:problem", "not loaded", "modprobe hv_ic");
}

static void blacklisted(void **state)
{
	healthy(*state);
	without_module(*state);
	unit_file(*state, "usr/lib/modprobe.d/some.conf", "# no\nblacklist hv_ic\n");
	expect(*state, NULL, "blacklisted:note", "blacklisted", "remove the line");
}

static void signature(void **state)
{
	healthy(*state);
	without_module(*state);
	unit_file(*state, "sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	expect(*state, NULL, "signature:problem", "does not show a signature",
	       "mokutil --import /var/lib/dkms/mok.pub");
	unit_file(*state, "lib/modules/6.1.0-56-amd64/updates/hv_ic.ko",
		  "\177ELF ... ~Module signature appended~\n");
	expect(*state, NULL, "signature:problem", "may not know the key", "Enroll MOK");
	expect(*state, NULL, "signature:problem", "", "where there is none, as on Azure, see hv_ic(4)");
	unit_file(*state, "var/lib/shim-signed/mok/MOK.der", "");
	expect(*state, NULL, "signature:problem", "",
	       "mokutil --import /var/lib/shim-signed/mok/MOK.der");
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

static void no_daemon(void **state)
{
	healthy(*state);
	expect(*state, "[{\"name\":\"kvp\",\"state\":\"ready\",\"needs_owner\":true}]",
	       "no-daemon:problem", "kvp has no daemon", "hv_kvp_daemon");
	expect(*state, "[{\"name\":\"kvp\",\"state\":\"absent\",\"needs_owner\":true},"
	       "{\"name\":\"vss\",\"state\":\"disabled\",\"needs_owner\":true},"
	       "{\"name\":\"fcopy\",\"state\":\"ready\",\"needs_owner\":true,\"owner\":{\"pid\":7}},"
	       "{\"name\":\"heartbeat\",\"state\":\"ready\"}]", "", "", "");
}

static void old_daemon(void **state)
{
	static const char services[] =
		"[{\"name\":\"kvp\",\"state\":\"ready\",\"needs_owner\":true,\"owner\":{\"pid\":50}}]";

	healthy(*state);
	unit_process(*state, 50, "hv_kvp_daemon", "hv-kvp-daemon.service");
	expect(*state, services, "", "", "");		/* it is the one that serves */
	unit_process(*state, 51, "hypervkvpd", "hypervkvpd.service");
	expect(*state, services, "old-daemon:problem",
	       "hypervkvpd (process 51) runs beside the daemon that serves kvp (process 50)",
	       "systemctl disable --now hypervkvpd.service");
	unit_process(*state, 51, "hypervkvpd", NULL);
	expect(*state, services, "old-daemon:problem", "", "kill 51");
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
		TEST(signature),
		TEST(signature_enforced),
		TEST(held),
		TEST(unbound),
		TEST(held_rightly),
		TEST(not_offered),
		TEST(disabled_and_refused),
		TEST(no_daemon),
		TEST(old_daemon),
		TEST(udev_rule),
		TEST(no_softdep),
		TEST(selinux),
	};

	return cmocka_run_group_tests_name("examine", tests, NULL, NULL);
}
