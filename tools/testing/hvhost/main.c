// SPDX-License-Identifier: GPL-2.0
/*
 * hvhost: a Hyper-V host for one Linux guest.
 *
 *	hvhost --line ...	commands on stdin, JSON on stdout: for scripts
 *	hvhost --shell ...	a prompt: for people
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "machine.h"

static struct desk desk;

static void tell(const char *what, const char *who, uint64_t ms, const char *text)
{
	struct report r = desk.report;

	if (r.form == REPORT_TEXT) {
		shell_event(what, who, text);
		return;
	}
	report_begin(&r, "event");
	report_string(&r, "event", what);
	if (*who)
		report_string(&r, "channel", who);
	report_number(&r, "ms", ms);
	report_string(&r, "text", text);
	report_end(&r);
}

static void on_event(struct hv_host *host, const struct hv_event *event, void *context)
{
	tell(hv_event_name(event->kind), event->channel ? hv_channel_name(event->channel) : "",
	     event->ms, event->text);
}

/* What the bus does not know: that versions were agreed on, or refused. */
static void on_ic_event(struct ic *ic, const char *event, const char *text)
{
	if (!strcmp(event, "ready") || !strcmp(event, "refused") || !strcmp(event, "stale"))
		tell(event, ic->service->name, hv_uptime_ms(ic->host), text);
}

static const char usage_text[] =
	"usage: hvhost [--line|--shell] [--kernel FILE] [--initrd FILE] [--module FILE.ko]...\n"
	"              [--cmdline TEXT]\n"
	"              [--vcpus N] [--memory MIB] [--vmbus 4.0...6.0] [--hibernation]\n"
	"              [--logs FOLDER] [--disk FILE|--snapshot FILE] [--blank MIB]\n"
	"              [--without SERVICE]...\n"
	"Without --kernel and --initrd it takes $HV_KERNEL and $HV_INITRD.\n";

static int usage(void)
{
	fputs(usage_text, stderr);
	return 2;
}

enum {
	LINE = 1, SHELL, KERNEL, INITRD, MODULE, CMDLINE, VCPUS, MEMORY, VMBUS, HIBERNATION, LOGS,
	DISK, SNAPSHOT, BLANK, WITHOUT,
};

static const struct option options[] = {
	{ "line", no_argument, NULL, LINE },
	{ "shell", no_argument, NULL, SHELL },
	{ "kernel", required_argument, NULL, KERNEL },
	{ "initrd", required_argument, NULL, INITRD },
	{ "module", required_argument, NULL, MODULE },
	{ "cmdline", required_argument, NULL, CMDLINE },
	{ "vcpus", required_argument, NULL, VCPUS },
	{ "memory", required_argument, NULL, MEMORY },
	{ "vmbus", required_argument, NULL, VMBUS },
	{ "hibernation", no_argument, NULL, HIBERNATION },
	{ "logs", required_argument, NULL, LOGS },
	{ "disk", required_argument, NULL, DISK },
	{ "snapshot", required_argument, NULL, SNAPSHOT },
	{ "blank", required_argument, NULL, BLANK },
	{ "without", required_argument, NULL, WITHOUT },
	{ 0 }
};

struct wishes {
	struct hv_config config;
	unsigned int modules;
	bool line;
	bool without[IC_COUNT];
};

static bool parse_version(const char *text, uint32_t *version)
{
	unsigned int major, minor;
	char rest;

	if (sscanf(text, "%u.%u%c", &major, &minor, &rest) != 2)
		return false;
	*version = HV_VERSION(major, minor);
	return true;
}

static bool parse_count(const char *text, unsigned int *count)
{
	uint64_t number;

	if (!desk_number(text, UINT32_MAX, &number))
		return false;
	*count = number;
	return true;
}

static bool leave_out(struct wishes *w, const char *service)
{
	for (int i = 0; i < IC_COUNT; i++) {
		if (strcmp(ic_services[i]->name, service))
			continue;
		w->without[i] = true;
		return true;
	}
	return false;
}

static bool parse(int argc, char **argv, struct wishes *w)
{
	int option;

	w->line = !isatty(STDIN_FILENO);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case LINE:
			w->line = true;
			break;
		case SHELL:
			w->line = false;
			break;
		case KERNEL:
			w->config.kernel = optarg;
			break;
		case INITRD:
			w->config.initrd = optarg;
			break;
		case MODULE:
			if (w->modules == HV_MAX_MODULES) {
				hv_complain("%s: at most %u modules", optarg, HV_MAX_MODULES);
				return false;
			}
			w->config.modules[w->modules++] = optarg;
			break;
		case CMDLINE:
			w->config.cmdline = optarg;
			break;
		case VCPUS:
			if (!parse_count(optarg, &w->config.vcpus))
				return false;
			break;
		case MEMORY:
			if (!parse_count(optarg, &w->config.memory_mib))
				return false;
			break;
		case VMBUS:
			if (!parse_version(optarg, &w->config.vmbus))
				return false;
			break;
		case HIBERNATION:
			w->config.hibernation = true;
			break;
		case LOGS:
			w->config.logs = optarg;
			break;
		case DISK:
		case SNAPSHOT:
			w->config.disk = optarg;
			w->config.keep_disk = option == DISK;
			break;
		case BLANK:
			if (!parse_count(optarg, &w->config.disk_mib))
				return false;
			break;
		case WITHOUT:
			if (!leave_out(w, optarg))
				return false;
			break;
		default:
			return false;
		}
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct wishes w = { .config = { .event = on_event } };
	int status = 1;

	if (!parse(argc, argv, &w))
		return usage();
	desk.report = (struct report) {
		.out = stdout,
		.form = w.line ? REPORT_JSON : REPORT_TEXT,
	};
	desk.host = hv_create(&w.config);
	if (!desk.host)
		return 1;
	for (int i = 0; i < IC_COUNT; i++) {
		desk.ics[i] = ic_new(desk.host, ic_services[i]);
		desk.ics[i]->event = on_ic_event;
		if (!w.without[i])
			ic_offer(desk.ics[i]);
	}
	if (!hv_start(desk.host))
		status = w.line ? line_run(&desk) : shell_run(&desk);
	hv_destroy(desk.host);
	for (int i = 0; i < IC_COUNT; i++)
		ic_free(desk.ics[i]);
	return status;
}
