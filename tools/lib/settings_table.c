// SPDX-License-Identifier: GPL-2.0
/*
 * All that may be set. hv_ic.conf(5) says the same in more words, and the example of hv_ic.conf is
 * made of this.
 */
#include "settings.h"

static const char *const injections[] = {
	[HVU_INJECTION_AUTO] = "auto",
	[HVU_INJECTION_NETWORKMANAGER] = "networkmanager",
	[HVU_INJECTION_NETWORKD] = "networkd",
	[HVU_INJECTION_PROGRAM] = "program",
	[HVU_INJECTION_OFF] = "off",
	NULL
};

const char *const hvu_vss_mode_words[] = {
	[HVU_VSS_FREEZE] = "freeze",
	[HVU_VSS_HOOKS_ONLY] = "hooks-only",
	[HVU_VSS_REFUSE] = "refuse",
	NULL
};

/* Those that containers, virtual machines and their networks make. */
#define VIRTUAL_INTERFACES \
	"lo veth* docker* br-* virbr* vnet* tap* cni* flannel* cali* cilium* kube-* lxc* lxd* podman*"

#define KVP(field) offsetof(struct hvu_settings, kvp.field)
#define VSS(field) offsetof(struct hvu_settings, vss.field)
#define FCOPY(field) offsetof(struct hvu_fcopy_directory, field)

static const struct hvu_key kvp[] = {
	{ "pools", HVU_KIND_PATH, KVP(pools), "/var/lib/hyperv", NULL,
	  "Folder of the pool files, which cloud-init and others read, too." },
	{ "exclude_interfaces", HVU_KIND_LIST, KVP(exclude_interfaces), VIRTUAL_INTERFACES, NULL,
	  "Network interfaces whose addresses the host is not told: globs." },
	{ "ip_injection", HVU_KIND_WORD, KVP(ip_injection), "auto", injections,
	  "Who sets the addresses that the host gives an adapter." },
	{ "ip_program", HVU_KIND_PATH, KVP(ip_program), NULL, NULL,
	  "The program for that, if ip_injection is program, or auto and nobody else is there." },
	{ "version", HVU_KIND_VERSION, KVP(version), "3.1", NULL,
	  "What the host is told as IntegrationServicesVersion." },
	{ 0 }
};

static const struct hvu_key vss[] = {
	{ "mode", HVU_KIND_WORD, VSS(mode), "freeze", hvu_vss_mode_words,
	  "What a backup does: freeze file systems and run hooks, only run hooks, or nothing." },
	{ "include", HVU_KIND_PATHS, VSS(include), "", NULL,
	  "What to freeze, by mount point or device: globs; if none, all but iSCSI and nbd." },
	{ "exclude", HVU_KIND_PATHS, VSS(exclude), "", NULL,
	  "What not to freeze, whatever include says: globs." },
	{ "hook_timeout", HVU_KIND_SPAN, VSS(hook_timeout_ms), "10s", NULL,
	  "How long one hook may take." },
	{ 0 }
};

static const struct hvu_key fcopy[] = {
	{ "directory", HVU_KIND_PATH, FCOPY(directory), NULL, NULL,
	  "The directory, by its absolute path; the host may write in it and below it." },
	{ "owner", HVU_KIND_NAME, FCOPY(owner), NULL, NULL,
	  "Owner of new files, by name or number; if it is not set, whoever root's files get." },
	{ "group", HVU_KIND_NAME, FCOPY(group), NULL, NULL,
	  "Group of new files, likewise." },
	{ "mode", HVU_KIND_MODE, FCOPY(mode), "0644", NULL,
	  "Permissions of new files, octal." },
	{ "overwrite", HVU_KIND_YES_NO, FCOPY(overwrite), "no", NULL,
	  "May the host replace a file that is there?" },
	{ "max_size", HVU_KIND_SIZE, FCOPY(max_size), "0", NULL,
	  "Largest file, such as 512M or 2G; 0 for any." },
	{ "min_free", HVU_KIND_SIZE, FCOPY(min_free), "64M", NULL,
	  "What has to stay free on the file system." },
	{ 0 }
};

const struct hvu_section hvu_sections[] = {
	{ "kvp", NULL, kvp, "Data exchange: hvic-kvpd." },
	{ "vss", NULL, vss, "Backup: hvic-vssd." },
	{ "fcopy", "NAME", fcopy,
	  "File copy: hvic-fcopyd. Each section allows the host one directory; without any, it may\n"
	  "copy nothing." },
	{ 0 }
};
