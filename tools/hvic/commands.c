// SPDX-License-Identifier: GPL-2.0
/* The table of all commands. */
#include "hvic.h"

static const char *const json_words[] = { "pretty", "short", NULL };
static const char *const color_words[] = { "auto", "always", "never", NULL };
static const char *const yes_no_words[] = { "yes", "no", NULL };
/* What an application can be; the other states of health are the driver's to say. */
static const char *const health_words[] = { "healthy", "critical", NULL };

#define PERSIST { "persist", 0, NULL, NULL, "keep it when the module is loaded anew" }
#define POOL { "pool", 'p', "POOL", NULL, \
	       "external, guest, auto, auto-external, internal, or 0 to 4" }
#define FORCE { "force", 'f', NULL, NULL, "write even to a pool that is not the guest's" }

const struct hvic_option hvic_global_options[] = {
	[HVIC_OPTION_JSON] = { "json", 'j', "[FORM]", json_words,
		"print JSON: pretty, or short for one line" },
	[HVIC_OPTION_TIMEOUT] = { "timeout", 't', "TIME", NULL,
		"wait no longer than that, for instance 5s" },
	[HVIC_OPTION_COLOR] = { "color", 'c', "WHEN", color_words,
		"auto, always or never" },
	[HVIC_OPTION_HELP] = { "help", 'h', NULL, NULL, "this text" },
	[HVIC_OPTION_VERSION] = { "version", 'V', NULL, NULL,
		"versions of tool and driver" },
	{ 0 }
};

const struct hvic_command hvic_commands[] = {
	{
		.noun = "status", .run = cmd_status, .reads = true,
		.help = "how the services are, or one of them in detail",
		.params = { { "SERVICE", hvu_service_names, HVIC_MAYBE } },
		.options = { { "prometheus", 0, NULL, NULL,
			       "everything as metrics, for a file of node_exporter" } },
	}, {
		.noun = "monitor", .run = cmd_monitor, .reads = true,
		.help = "what happens, as it happens; of some groups, or of all",
		.params = { { "GROUP", hvu_groups, HVIC_ANY } },
		.options = { { "count", 0, "NUMBER", NULL, "end after so many notifications" } },
	}, {
		.noun = "time", .run = cmd_time, .reads = true,
		.help = "the host's clock, and what is made of it",
	}, {
		.noun = "time", .verb = "set", .run = cmd_time_set,
		.help = "what the host's clock is used for, and within which limits",
		.options = {
			{ "mode", 0, "MODE", hvu_time_mode_words,
			  "each includes those before it" },
			{ "max-step", 0, "TIME", NULL, "largest step of the clock; 0: any" },
			{ "backward", 0, "YES|NO", yes_no_words, "may the clock be set back" },
			{ "implicit-gap", 0, "TIME", NULL,
			  "what must be lost before mode implicit sets the clock" },
			PERSIST,
		},
	}, {
		.noun = "health", .run = cmd_health_list, .reads = true,
		.help = "what the host is told of the applications",
	}, {
		.noun = "health", .verb = "list", .run = cmd_health_list, .reads = true,
		.help = "the same: the bare noun shows it, too",
	}, {
		.noun = "health", .verb = "set", .run = cmd_health_set,
		.help = "report the state of an application",
		.params = { { "NAME" }, { "STATE", health_words } },
		.options = { { "ttl", 0, "TIME", NULL,
			       "critical if it is not reported again in time" } },
	}, {
		.noun = "health", .verb = "clear", .run = cmd_health_clear,
		.help = "forget an application",
		.params = { { "NAME" } },
	}, {
		.noun = "health", .verb = "run", .run = cmd_health_run, .program = true,
		.help = "run a command; the application is healthy if it exits with 0",
		.params = { { "NAME" } },
		.options = { { "ttl", 0, "TIME", NULL,
			       "critical if it is not reported again in time" } },
	}, {
		.noun = "shutdown", .run = cmd_shutdown, .reads = true,
		.help = "what the host may do, and what it has asked for",
	}, {
		.noun = "shutdown", .verb = "status", .run = cmd_shutdown, .reads = true,
		.help = "the same: the bare noun shows it, too",
	}, {
		.noun = "shutdown", .verb = "policy", .run = cmd_shutdown_policy,
		.help = "say what the host may do",
		.params = { { "ACTION", hvu_action_words, HVIC_MAYBE },
			    { "POLICY", hvu_policy_words, HVIC_MAYBE } },
		.options = { { "grace", 0, "TIME", NULL,
			       "time between announcement and action of policy notify" },
			     PERSIST },
	}, {
		.noun = "shutdown", .verb = "cancel", .run = cmd_shutdown_cancel,
		.help = "break off a request while its grace period lasts",
	}, {
		.noun = "shutdown", .verb = "proceed", .alias = "now",
		.run = cmd_shutdown_proceed,
		.help = "do not wait for the end of the grace period",
	}, {
		.noun = "kvp", .run = cmd_kvp_list, .reads = true,
		.help = "what the host and the guest tell each other by data exchange",
	}, {
		.noun = "kvp", .verb = "list", .run = cmd_kvp_list, .reads = true,
		.help = "the same, of one pool or of all",
		.params = { { "POOL", hvic_pool_words, HVIC_MAYBE } },
	}, {
		.noun = "kvp", .verb = "get", .run = cmd_kvp_get, .reads = true,
		.help = "print the value of a key",
		.params = { { "KEY" } },
		.options = { POOL },
	}, {
		.noun = "kvp", .verb = "set", .run = cmd_kvp_set,
		.help = "set the value of a key, for the host to read",
		.params = { { "KEY" }, { "VALUE" } },
		.options = { POOL, FORCE },
	}, {
		.noun = "kvp", .verb = "del", .run = cmd_kvp_del,
		.help = "remove a key",
		.params = { { "KEY" } },
		.options = { POOL, FORCE },
	}, {
		.noun = "kvp", .verb = "wait", .run = cmd_kvp_wait, .reads = true,
		.help = "wait until there is a key, and print its value",
		.params = { { "KEY" } },
		.options = { POOL },
	}, {
		.noun = "kvp", .verb = "watch", .run = cmd_kvp_watch, .reads = true,
		.help = "print what changes, as it changes",
		.params = { { "POOL", hvic_pool_words, HVIC_MAYBE } },
	}, {
		.noun = "kvp", .verb = "dump", .run = cmd_kvp_dump, .reads = true,
		.help = "print everything as JSON, for import",
		.params = { { "POOL", hvic_pool_words, HVIC_MAYBE } },
	}, {
		.noun = "kvp", .verb = "import", .run = cmd_kvp_import,
		.help = "set what a dump holds of a pool; FILE may be -",
		.params = { { "FILE" } },
		.options = { POOL, FORCE },
	}, {
		.noun = "kvp", .verb = "info", .run = cmd_kvp_info, .reads = true,
		.help = "how the files of the pools are",
		.params = { { "POOL", hvic_pool_words, HVIC_MAYBE } },
	}, {
		.noun = "vss", .run = cmd_vss, .reads = true,
		.help = "how backups are made, and what became of the last one",
	}, {
		.noun = "vss", .verb = "status", .run = cmd_vss, .reads = true,
		.help = "the same: the bare noun shows it, too",
	}, {
		.noun = "vss", .verb = "list", .run = cmd_vss_list, .reads = true,
		.help = "which file systems a backup freezes, in which order, and which not",
	}, {
		.noun = "vss", .verb = "test", .run = cmd_vss_test, .reads = true,
		.help = "all that a backup does to them, but for the freeze itself",
		.options = {
			{ "freeze", 0, NULL, NULL,
			  "freeze and thaw, too, by hvic-vssd with its hooks" },
			{ "hold", 0, "TIME", NULL, "keep all frozen for that long" },
		},
	}, {
		.noun = "fcopy", .run = cmd_fcopy, .reads = true,
		.help = "files that the host copies into the guest",
	}, {
		.noun = "fcopy", .verb = "status", .run = cmd_fcopy, .reads = true,
		.help = "the same: the bare noun shows it, too",
	}, {
		.noun = "fcopy", .verb = "watch", .run = cmd_fcopy_watch, .reads = true,
		.help = "how far a copy has come, as it goes on",
	}, {
		.noun = "service", .verb = "enable", .run = cmd_service_enable,
		.help = "serve the host",
		.params = { { "SERVICE", hvu_service_names } },
		.options = { PERSIST },
	}, {
		.noun = "service", .verb = "disable", .run = cmd_service_disable,
		.help = "do not serve the host, but keep the device",
		.params = { { "SERVICE", hvu_service_names } },
		.options = { PERSIST },
	}, {
		.noun = "config", .run = cmd_config, .reads = true,
		.help = "what is set in the module, and what is stored to last",
	}, {
		.noun = "config", .verb = "show", .run = cmd_config_show, .reads = true,
		.help = "what hv_ic.conf and its drop-ins say to the daemons",
		.options = { { "effective", 0, NULL, NULL, "also what is as it comes" } },
	}, {
		.noun = "config", .verb = "check", .run = cmd_config_check,
		.help = "can the daemons use these files?",
	}, {
		.noun = "config", .verb = "apply", .run = cmd_config_apply,
		.help = "let hvic-fcopyd write where they say, and the daemons read them again",
	}, {
		.noun = "takeover", .run = cmd_takeover,
		.help = "take the services over from hv_utils, on the running system",
	}, {
		.noun = "release", .run = cmd_release,
		.help = "give the services back to hv_utils",
	}, {
		.noun = "doctor", .run = cmd_doctor, .reads = true,
		.help = "find out what is wrong, and the way out",
	},
	{ 0 }
};
