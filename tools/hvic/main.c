// SPDX-License-Identifier: GPL-2.0
/*
 * hvic: see and steer the integration components of a guest on Hyper-V.
 *
 * Reading path: commands.c is the table of all commands, args.h how it works;
 * then one file per noun.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hvic.h"

#define DEFAULT_TIMEOUT_MS 10000

static int print_version(struct hvic *hvic)
{
	char module[HVU_NAME_SIZE];

	printf("hvic %s\n", HVIC_VERSION);
	if (hvu_read(hvic->root, module, sizeof(module), "sys/module/hv_ic/version") > 0)
		printf("module hv_ic %s\n", module);
	else
		printf("module hv_ic is not loaded\n");
	if (!hvu_genl_open(&hvic->genl, HV_IC_FAMILY_NAME, DEFAULT_TIMEOUT_MS)) {
		printf("netlink family version %u, this tool knows %u\n", hvic->genl.version,
		       HV_IC_FAMILY_VERSION);
		hvu_genl_close(&hvic->genl);
	}
	return HVIC_OK;
}

static int parse_timeout(struct hvic *hvic)
{
	const char *text = hvic->call.global[HVIC_OPTION_TIMEOUT];
	uint64_t ms;

	hvic->timeout_ms = DEFAULT_TIMEOUT_MS;
	if (!text)
		return 0;
	if (hvu_parse_span(text, &ms) || !ms || ms > INT32_MAX)
		return hvic_usage_error("--timeout \"%s\" is not a time such as 5s", text);
	hvic->timeout_ms = ms;
	return 0;
}

static enum hvu_colour parse_colour(const struct hvic *hvic)
{
	const char *word = hvic->call.global[HVIC_OPTION_COLOR];

	if (!word || !strcmp(word, "auto"))
		return HVU_COLOUR_AUTO;
	return !strcmp(word, "always") ? HVU_COLOUR_ALWAYS : HVU_COLOUR_NEVER;
}

/* What could not be written must not pass for success. */
static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		hvic_error("cannot write: %s", strerror(errno));
		return status ? status : HVIC_FAILED;
	}
	return status;
}

/* Where the status is another program's, ours is not among those that it may have. */
static int usage_status(const struct hvic *hvic, int status)
{
	return hvic->call.command && hvic->call.command->program ? HVIC_UNABLE : status;
}

int main(int argc, char *argv[])
{
	static struct hvic hvic;
	char complaint[256];
	int ret;

	/* Without them, no message could say so. */
	if (hvic_open_standard())
		return HVIC_FAILED;
	ret = hvic_args_parse(&hvic.call, argc, argv, complaint, sizeof(complaint));
	if (ret)
		return usage_status(&hvic, hvic_usage_error("%s", complaint));
	if (hvic.call.global[HVIC_OPTION_HELP]) {
		hvic_args_help(hvic.call.noun, stdout);
		return finish(HVIC_OK);
	}
	ret = parse_timeout(&hvic);
	if (ret)
		return usage_status(&hvic, ret);

	hvic.root = hvu_root_open("/");
	if (hvic.root < 0) {
		hvic_error("cannot open /: %s", strerror(-hvic.root));
		return HVIC_FAILED;
	}
	hvu_paper_init(&hvic.paper, stdout, parse_colour(&hvic));
	if (hvic.call.global[HVIC_OPTION_VERSION])
		ret = print_version(&hvic);
	else
		ret = hvic.call.command->run(&hvic);
	hvu_genl_close(&hvic.genl);
	close(hvic.root);
	return finish(ret);
}
