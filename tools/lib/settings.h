/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration of the daemons: /etc/hv_ic/hv_ic.conf, and what /etc/hv_ic/hv_ic.conf.d/ *.conf
 * say after it. hv_ic.conf(5) is for the administrator; what it describes is the table in
 * settings_table.c.
 */
#ifndef HVU_SETTINGS_H
#define HVU_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "settings_key.h"

/* Who gives an adapter the addresses that the host wants. */
enum hvu_injection {
	HVU_INJECTION_AUTO,
	HVU_INJECTION_NETWORKMANAGER,
	HVU_INJECTION_NETWORKD,
	HVU_INJECTION_PROGRAM,
	HVU_INJECTION_OFF,
};

/* What a FREEZE of the host does. */
enum hvu_vss_mode { HVU_VSS_FREEZE, HVU_VSS_HOOKS_ONLY, HVU_VSS_REFUSE };

/* Its words by number, ended by NULL. */
extern const char *const hvu_vss_mode_words[];

/**
 * struct hvu_fcopy_directory - section [fcopy NAME]: where the host may put files
 * @name: of the section
 * @where: "FILE:LINE" of its first mention
 * @directory: absolute, without "..", doubled and last slashes; files in it and below it
 * @owner: of new files, a name or a number; NULL for who the file system gives them to
 * @group: likewise
 * @mode: of new files
 * @overwrite: may a file that is there be replaced?
 * @max_size: of a file, in bytes; 0 for any
 * @min_free: what has to stay free on the file system, in bytes
 */
struct hvu_fcopy_directory {
	char *name;
	char *where;
	char *directory;
	char *owner;
	char *group;
	mode_t mode;
	bool overwrite;
	uint64_t max_size;
	uint64_t min_free;
};

/**
 * struct hvu_said - what a file says
 * @section: "kvp", "fcopy NAME"
 * @key: its row in the table
 * @value: as written
 * @where: "FILE:LINE"
 */
struct hvu_said {
	char *section;
	const struct hvu_key *key;
	char *value;
	char *where;
};

/**
 * struct hvu_settings - all of it; lists are NULL-terminated, and never NULL themselves
 * @kvp: section [kvp]
 * @kvp.pools: folder of the pool files
 * @kvp.exclude_interfaces: globs of the network interfaces that the host does not see
 * @kvp.ip_injection: who sets addresses
 * @kvp.ip_program: the program for that, NULL for none
 * @kvp.version: what the host is told as IntegrationServicesVersion
 * @vss: section [vss]
 * @vss.mode: what FREEZE does
 * @vss.include: globs of the mount points or devices that are frozen; none means all
 * @vss.exclude: globs of those that are not, whatever @vss.include says
 * @vss.hook_timeout_ms: how long one hook may take
 * @fcopy: sections [fcopy NAME]
 * @n_fcopy: how many there are
 * @said: what the files say, for those who show it; the rest is as the table has it
 * @n_said: how many keys that are
 */
struct hvu_settings {
	struct {
		char *pools;
		char **exclude_interfaces;
		enum hvu_injection ip_injection;
		char *ip_program;
		char *version;
	} kvp;
	struct {
		enum hvu_vss_mode mode;
		char **include;
		char **exclude;
		uint64_t hook_timeout_ms;
	} vss;
	struct hvu_fcopy_directory *fcopy;
	size_t n_fcopy;
	struct hvu_said *said;
	size_t n_said;
};

/**
 * hvu_settings_cb - something about a line of a file
 * @where: "FILE:LINE"
 * @refused: the value cannot be used, so nothing can; else it is a warning
 * @text: what there is to say
 * @data: as given
 */
typedef void hvu_settings_cb(const char *where, bool refused, const char *text, void *data);

/* 0; -EINVAL if a value was refused, after @tell has said so; or another negative errno. */
int hvu_settings_load(struct hvu_settings *settings, int root, const char *section,
		      hvu_settings_cb *tell, void *data);
void hvu_settings_free(struct hvu_settings *settings);

/*
 * All that holds, key by key: @value is NULL for what is not set, @where is NULL for what no file
 * says. 0 or -ENOMEM.
 */
typedef void hvu_settings_each_cb(const char *section, const struct hvu_key *key, const char *value,
				  const char *where, void *data);
int hvu_settings_each(const struct hvu_settings *settings, hvu_settings_each_cb *each, void *data);

/* Tells by hvu_log(). */
hvu_settings_cb hvu_settings_log;

/* Does one of the globs, as of fnmatch(3), match? */
bool hvu_glob_any(char *const *globs, const char *text);

#endif
