// SPDX-License-Identifier: GPL-2.0
/*
 * The command line of hvic: any words, behind any command of the table or none. The program is run
 * as it is, below a folder of its own and without a driver, unless the command would touch more
 * than that, or wait.
 */
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "hvic.h"
#include "scratch.h"
#include "target.h"

#define HVIC_VERSION "0"
#define main hvic_main
#define hvu_root_open(path) dup(scratch())
#include "../../hvic/main.c"
#undef main
#undef hvu_root_open

#define WORDS_MAX 40

/* The linker puts this in place of the library's: there may be a driver where this runs. */
int __wrap_hvu_genl_open(struct hvu_genl *genl, const char *name, int timeout_ms)
{
	(void)name;
	(void)timeout_ms;
	memset(genl, 0, sizeof(*genl));
	return -ENOENT;
}

static void begin(void)
{
	static const char *const pools[] = {
		"var/lib/hyperv/.kvp_pool_0", "var/lib/hyperv/.kvp_pool_1",
		"var/lib/hyperv/.kvp_pool_2", "var/lib/hyperv/.kvp_pool_3",
		"var/lib/hyperv/.kvp_pool_4",
	};
	static bool begun;

	for (size_t i = 0; i < ARRAY_SIZE(pools); i++)
		scratch_write(pools[i], "", 0);
	if (begun)
		return;
	begun = true;
	/* The reader is not interested, and of the sanitizers he is told by the descriptor. */
	stdout = fopen("/dev/null", "w");
	stderr = fopen("/dev/null", "w");
	must(stdout && stderr);
	scratch_write("proc/self/mountinfo", "", 0);
}

/* A row of the table, if the first byte is the number of one; the rest is a word a line. */
static int split(const uint8_t *data, size_t size, char *text, char *argv[static WORDS_MAX + 4])
{
	size_t rows = 0;
	int argc = 0;

	while (hvic_commands[rows].noun)
		rows++;
	argv[argc++] = (char *)"hvic";
	if (size && data[0] < rows) {
		argv[argc++] = (char *)hvic_commands[data[0]].noun;
		if (hvic_commands[data[0]].verb)
			argv[argc++] = (char *)hvic_commands[data[0]].verb;
		text++;
	}
	for (char *word; argc < WORDS_MAX && (word = strsep(&text, "\n"));)
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

static bool is_harmless(const struct hvic_command *command)
{
	static int (*const others[])(struct hvic *hvic) = {
		cmd_kvp_wait, cmd_kvp_watch, cmd_kvp_import, cmd_config_apply, cmd_takeover,
		cmd_release, cmd_doctor,
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (command->run == others[i])
			return false;
	}
	return true;
}

static bool is_documented(const struct hvic_command *command, int status)
{
	switch (status) {
	case HVIC_OK:
	case HVIC_FAILED:
	case HVIC_USAGE:
	case HVIC_NO_DRIVER:
	case HVIC_ABSENT:
	case HVIC_DENIED:
	case HVIC_AGAIN:
	case HVIC_CONFIG:
		return !command || !command->program || status == HVIC_OK;
	case HVIC_UNABLE:
		return command && command->program;
	default:
		return false;
	}
}

static void check(const struct hvic_call *call)
{
	must(call->n_args <= HVIC_MAX_ARGS && call->program);
	for (unsigned int i = 0; i < call->n_args; i++)
		must(call->args[i]);
	for (const struct hvic_option *option = call->command->options; option->name; option++) {
		const char *value = hvic_args_value(call, option->name);

		must(!value || !option->arg || option->arg[0] == '[' || !option->words || value[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size), *argv[WORDS_MAX + 4], complaint[256] = "";
	int argc = split(data, size, text, argv), ret, status;
	struct hvic_call call;

	begin();
	ret = hvic_args_parse(&call, argc, argv, complaint, sizeof(complaint));
	must(!ret == !complaint[0]);
	if (!ret && !call.global[HVIC_OPTION_HELP])
		check(&call);
	if (ret || call.global[HVIC_OPTION_HELP] || is_harmless(call.command)) {
		status = hvic_main(argc, argv);
		must(is_documented(call.command, status));
		must(!ret || status == HVIC_USAGE || status == HVIC_UNABLE);
	}
	free(text);
	return 0;
}
