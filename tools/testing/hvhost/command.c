// SPDX-License-Identifier: GPL-2.0
/* The commands of line mode and shell. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bus.h"
#include "command_list.h"
#include "console.h"
#include "guest.h"
#include "machine.h"

#define GUEST_MS 600000
#define WAIT_MS 300000

#define USAGE COMMAND_USAGE

struct command {
	const char *name;
	const char *arguments;
	const char *help;
	int64_t (*run)(struct desk *desk, int words, char **word);	/* ic_result */
};

static ic_result run_status(struct desk *desk, int words, char **word)
{
	struct report *r = &desk->report;
	uint32_t version;
	char text[32];

	hv_lock(desk->host);
	version = hv_bus_version(desk->host);
	report_begin(r, "machine");
	report_string(r, "state", hv_state_name(hv_state(desk->host)));
	snprintf(text, sizeof(text), "VMBus %u.%u", HV_VERSION_MAJOR(version),
		 HV_VERSION_MINOR(version));
	report_string(r, "bus", version ? text : "no VMBus");
	report_number(r, "seconds", hv_uptime_ms(desk->host) / 1000);
	report_end(r);
	for (int i = 0; i < IC_COUNT; i++) {
		struct ic *ic = desk->ics[i];

		report_begin(r, "service");
		report_string(r, "name", ic->service->name);
		report_string(r, "channel", hv_channel_state_name(hv_channel_state(ic->channel)));
		report_string(r, "state", ic_state_name(ic->state));
		snprintf(text, sizeof(text), "%u.%u/%u.%u", ic->framework.major,
			 ic->framework.minor, ic->message.major, ic->message.minor);
		report_string(r, "versions", ic->state == IC_READY ? text : "-");
		report_number(r, "sent", ic->sent);
		report_number(r, "answered", ic->answered);
		report_end(r);
	}
	hv_unlock(desk->host);
	return 0;
}

static ic_result each_ic(struct desk *desk, int words, char **word,
			 ic_result (*action)(struct ic *ic))
{
	ic_result result = 0;

	if (words < 2)
		return USAGE;
	for (int i = 1; i < words && !result; i++) {
		struct ic *ic = desk_ic(desk, word[i]);

		result = ic ? action(ic) : USAGE;
	}
	return result;
}

/* Until the guest has released the offer it cannot be made again. */
static ic_result rescind(struct ic *ic)
{
	ic_result result = ic_rescind(ic);

	return result ? result :
	       hv_channel_wait_state(ic->channel, HV_CHANNEL_HIDDEN, WAIT_MS);
}

static ic_result offer(struct ic *ic)
{
	return ic_offer(ic);
}

static ic_result run_rescind(struct desk *desk, int words, char **word)
{
	return each_ic(desk, words, word, rescind);
}

static ic_result run_offer(struct desk *desk, int words, char **word)
{
	return each_ic(desk, words, word, offer);
}

static ic_result run_negotiate(struct desk *desk, int words, char **word)
{
	return each_ic(desk, words, word, ic_negotiate);
}

static ic_result run_restore(struct desk *desk, int words, char **word)
{
	ic_result result = 0;

	if (words > 1)
		return each_ic(desk, words, word, ic_restore);
	for (int i = 0; i < IC_COUNT && !result; i++) {
		if (hv_channel_is_open(desk->ics[i]->channel))
			result = ic_restore(desk->ics[i]);
	}
	return result;
}

/* The words with a blank between them; to be freed. */
static char *join(int words, char **word)
{
	char *line = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		abort();
	for (int i = 0; i < words; i++)
		fprintf(out, "%s%s", i ? " " : "", word[i]);
	fclose(out);
	return line;
}

static ic_result run_guest(struct desk *desk, int words, char **word)
{
	char *line, *output;
	int status;

	if (words < 2)
		return USAGE;
	status = hv_guest_ready(desk->host, WAIT_MS);
	if (status)
		return status;
	line = join(words - 1, word + 1);
	status = hv_guest_run(desk->host, GUEST_MS, &output, "%s", line);
	free(line);
	for (char *rest = output, *text; (text = strsep(&rest, "\n"));) {
		if (!rest && !*text)
			break;
		report_begin(&desk->report, "output");
		report_string(&desk->report, "line", text);
		report_end(&desk->report);
	}
	free(output);
	if (status > 0) {
		report_begin(&desk->report, "exit");
		report_number(&desk->report, "status", status);
		report_end(&desk->report);
	}
	return status < 0 ? status : 0;
}

static ic_result run_wait(struct desk *desk, int words, char **word)
{
	struct ic *ic;

	if (words < 2)
		return USAGE;
	if (!strcmp(word[1], "guest"))
		return hv_guest_ready(desk->host, WAIT_MS);
	for (enum hv_state state = HV_STOPPED; state <= HV_HUNG; state++)
		if (!strcmp(word[1], hv_state_name(state)))
			return hv_wait_state(desk->host, state, WAIT_MS);
	ic = desk_ic(desk, word[1]);
	return ic ? ic_wait_ready(ic) : USAGE;
}

static ic_result run_start(struct desk *desk, int words, char **word)
{
	if (hv_state(desk->host) == HV_RUNNING)
		return -EALREADY;
	hv_stop(desk->host);
	return hv_start(desk->host);
}

static ic_result run_console(struct desk *desk, int words, char **word)
{
	uint64_t lines = 20;
	char *tail, *rest;

	if (words > 1 && !desk_number(word[1], INT32_MAX, &lines))
		return USAGE;
	tail = hv_console_tail(desk->host, lines);
	rest = tail;
	for (char *line; (line = strsep(&rest, "\n"));) {
		if (!rest && !*line)
			break;
		report_begin(&desk->report, "console");
		report_string(&desk->report, "line", line);
		report_end(&desk->report);
	}
	free(tail);
	return 0;
}

static ic_result run_quit(struct desk *desk, int words, char **word)
{
	desk->quit = true;
	return 0;
}

static ic_result run_help(struct desk *desk, int words, char **word);

#define KVP_WORDS \
	"list [POOL] | get KEY [POOL] | set KEY VALUE [POOL [TYPE]] | delete KEY [POOL] | ip MAC"
#define STOP_WORDS "[force] [reason N] [timeout SECONDS] [TEXT]"

static const struct command commands[] = {
	{ "status", "", "the machine and its services", run_status },
	{ "heartbeat", "[N]", "beat N times", command_heartbeat },
	{ "stop", STOP_WORDS, "ask the guest to power off", command_stop },
	{ "restart", STOP_WORDS, "ask the guest to reboot", command_restart },
	{ "hibernate", STOP_WORDS, "ask the guest to hibernate", command_hibernate },
	{ "time", "[sync|sample [SECONDS] | keep]",
	  "send the host's time, SECONDS set it ahead from now on; or of the host's own accord",
	  command_time },
	{ "kvp", KVP_WORDS, "items of data exchange; TYPE is string, expand, dword or qword",
	  command_kvp },
	{ "copy", "FILE DIRECTORY [NAME]", "copy a file into the guest", command_copy },
	{ "cancel", "BYTES FILE DIRECTORY [NAME]", "copy so many bytes of it, and cancel",
	  command_cancel },
	{ "checkpoint", "[SECONDS]", "freeze, hold, thaw, as a backup does", command_checkpoint },
	{ "rescind", "SERVICE...", "take offers back", run_rescind },
	{ "offer", "SERVICE...", "offer again", run_offer },
	{ "negotiate", "SERVICE...", "NEGOTIATE on the open channel", run_negotiate },
	{ "restore", "[SERVICE...]", "as after a restore or a migration", run_restore },
	{ "send", "SERVICE TYPE [HEX...]", "a message with this body, and its answer",
	  command_send },
	{ "raw", "SERVICE HEX...", "a packet of these bytes, pipe header and all", command_raw },
	{ "ring", "SERVICE ADVANCE HEX...", "bytes into the ring, and move its write index",
	  command_ring },
	{ "hold", "SERVICE on|off", "leave the guest's packets in the ring", command_hold },
	{ "spoil", "SERVICE FIELD=VALUE|BYTE=VALUE|length=BYTES...",
	  "make the next message of the service another", command_spoil },
	{ "guest", "COMMAND...", "run a command in the guest", run_guest },
	{ "console", "[LINES]", "the end of the guest's console", run_console },
	{ "wait", "guest|SERVICE|off|reset|crashed", "until it is so", run_wait },
	{ "start", "", "power on again", run_start },
	{ "help", "", "this", run_help },
	{ "quit", "", "pull the plug and leave", run_quit },
};

static ic_result run_help(struct desk *desk, int words, char **word)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		report_begin(&desk->report, "command");
		report_string(&desk->report, "name", commands[i].name);
		report_string(&desk->report, "help", commands[i].help);
		report_string(&desk->report, "arguments", commands[i].arguments);
		report_end(&desk->report);
	}
	return 0;
}

int command_split(const char *line, char *copy, char **words)
{
	int n = 0;

	for (;;) {
		bool quoted = false;

		line += strspn(line, " \t\n");
		if (!*line)
			return n;
		words[n++] = copy;
		for (; *line && (quoted || !strchr(" \t\n", *line)); line++) {
			if (*line == '"')
				quoted = !quoted;
			else
				*copy++ = *line;
		}
		*copy++ = '\0';
		if (quoted)
			return -1;
	}
}

static void report_result(struct desk *desk, const char *name, ic_result result,
			  const char *usage)
{
	struct report *r = &desk->report;

	/* For people no news is good news. */
	if (!result && r->form == REPORT_TEXT)
		return;
	report_begin(r, "result");
	report_string(r, "command", name);
	report_bool(r, "ok", !result);
	if (usage)
		report_string(r, "error", usage);
	else if (result)
		report_string(r, "error", ic_result_text(result));
	if (result > 0 && r->form == REPORT_JSON)
		report_number(r, "status", result);
	report_end(r);
}

static bool carry_out(struct desk *desk, int words, char **word)
{
	char usage[200];
	ic_result result;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, word[0]))
			continue;
		result = commands[i].run(desk, words, word);
		snprintf(usage, sizeof(usage), "usage: %s %s", commands[i].name,
			 commands[i].arguments);
		report_result(desk, word[0], result, result == USAGE ? usage : NULL);
		return !result;
	}
	report_result(desk, word[0], USAGE, "no such command; help lists them");
	return false;
}

bool command_run(struct desk *desk, const char *line)
{
	size_t size = strlen(line) + 2;
	char *copy = malloc(size), **word = calloc(size / 2, sizeof(*word));
	bool good = false;
	int words;

	if (!copy || !word)
		abort();
	words = command_split(line, copy, word);
	if (words < 0)
		report_result(desk, "?", USAGE, "a quote without its end");
	else
		good = !words || carry_out(desk, words, word);
	free(word);
	free(copy);
	return good;
}

void command_complete(const char *line, void (*next)(const char *word, void *context),
		      void *context)
{
	const char *last = strrchr(line, ' ');
	size_t n;

	if (last) {
		n = strlen(++last);
		for (int i = 0; i < IC_COUNT; i++)
			if (!strncmp(ic_services[i]->name, last, n))
				next(ic_services[i]->name, context);
		return;
	}
	n = strlen(line);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strncmp(commands[i].name, line, n))
			next(commands[i].name, context);
}
