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
#include "console.h"
#include "guest.h"
#include "machine.h"

#define GUEST_MS 600000
#define WAIT_MS 300000
#define SECOND 10000000ll		/* of the host's clock */

/* A result that is no status of the guest's: the words were wrong. */
#define USAGE (-EINVAL)

struct command {
	const char *name;
	const char *arguments;
	const char *help;
	int64_t (*run)(struct desk *desk, int words, char **word);	/* ic_result */
};

static struct ic *find_ic(struct desk *desk, const char *name)
{
	for (int i = 0; i < IC_COUNT; i++)
		if (!strcmp(desk->ics[i]->service->name, name))
			return desk->ics[i];
	return NULL;
}

static struct ic *the(struct desk *desk, const struct ic_service *service)
{
	return find_ic(desk, service->name);
}

/* A service that the guest has not opened answers nothing: say so instead of waiting. */
static bool connected(const struct ic *ic)
{
	return ic->state == IC_READY;
}

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
		report_string(r, "versions", connected(ic) ? text : "-");
		report_number(r, "sent", ic->sent);
		report_number(r, "answered", ic->answered);
		report_end(r);
	}
	hv_unlock(desk->host);
	return 0;
}

static ic_result run_heartbeat(struct desk *desk, int words, char **word)
{
	struct ic *hb = the(desk, &ic_heartbeat);
	int n = words > 1 ? atoi(word[1]) : 1;

	for (int i = 0; i < n; i++) {
		uint64_t sequence = hb->sequence;
		uint32_t state;
		ic_result result = connected(hb) ? heartbeat_beat(hb, &state) : -ENOTCONN;

		if (result)
			return result;
		report_begin(&desk->report, "heartbeat");
		report_number(&desk->report, "sequence", sequence);
		report_string(&desk->report, "applications", heartbeat_state_name(state));
		report_end(&desk->report);
	}
	return 0;
}

static ic_result ask_shutdown(struct desk *desk, uint32_t flags, int words, char **word)
{
	struct ic *sd = the(desk, &ic_shutdown);
	struct shutdown_order order = { .flags = flags, .reason = SHUTDOWN_REASON_PLANNED };
	int next = 1;

	if (words > next && !strcmp(word[next], "force")) {
		order.flags |= WIRE_SHUTDOWN_FORCE;
		next++;
	}
	if (words > next)
		order.text = word[next];
	return connected(sd) ? shutdown_ask(sd, &order) : -ENOTCONN;
}

static ic_result run_stop(struct desk *desk, int words, char **word)
{
	return ask_shutdown(desk, 0, words, word);
}

static ic_result run_restart(struct desk *desk, int words, char **word)
{
	return ask_shutdown(desk, WIRE_SHUTDOWN_RESTART, words, word);
}

static ic_result run_hibernate(struct desk *desk, int words, char **word)
{
	return ask_shutdown(desk, WIRE_SHUTDOWN_HIBERNATE, words, word);
}

static ic_result run_time(struct desk *desk, int words, char **word)
{
	struct ic *ts = the(desk, &ic_timesync);
	struct timesync_stamp stamp;
	uint8_t flags = WIRE_TIME_SYNC;
	ic_result result;

	if (words > 1 && !strcmp(word[1], "sample"))
		flags = WIRE_TIME_SAMPLE;
	else if (words > 1 && strcmp(word[1], "sync"))
		return USAGE;
	if (words > 2)
		desk->clock_offset = atof(word[2]) * SECOND;
	result = timesync_now(desk->host, desk->clock_offset, flags, &stamp);
	if (!result)
		result = connected(ts) ? timesync_send(ts, &stamp) : -ENOTCONN;
	if (!result) {
		report_begin(&desk->report, "time");
		report_number(&desk->report, "host_seconds",
			      (stamp.time - TIMESYNC_UNIX_EPOCH) / SECOND);
		report_number(&desk->report, "reference_ms", stamp.reference / (SECOND / 1000));
		report_end(&desk->report);
	}
	return result;
}

static void report_item(struct desk *desk, const struct kvp_item *item)
{
	report_begin(&desk->report, "item");
	report_string(&desk->report, "key", item->key);
	report_string(&desk->report, "value", item->value);
	report_end(&desk->report);
}

static int pool_of(int words, char **word, int at, int otherwise)
{
	return words > at ? atoi(word[at]) : otherwise;
}

static ic_result kvp_list(struct desk *desk, struct ic *kvp, int pool)
{
	for (uint32_t index = 0;; index++) {
		struct kvp_item item;
		ic_result result = kvp_enumerate(kvp, pool, index, &item);

		if (result == WIRE_E_NO_MORE_ITEMS)
			return 0;
		if (result)
			return result;
		report_item(desk, &item);
	}
}

static ic_result kvp_show_ip(struct desk *desk, struct ic *kvp, const char *adapter)
{
	struct kvp_ip ip;
	ic_result result = kvp_get_ip(kvp, adapter, &ip);

	if (result)
		return result;
	report_begin(&desk->report, "ip");
	report_string(&desk->report, "address", ip.address);
	report_string(&desk->report, "subnet", ip.subnet);
	report_string(&desk->report, "gateway", ip.gateway);
	report_string(&desk->report, "dns", ip.dns);
	report_string(&desk->report, "origin", ip.origin);
	report_bool(&desk->report, "dhcp", ip.dhcp);
	report_end(&desk->report);
	return 0;
}

static ic_result run_kvp(struct desk *desk, int words, char **word)
{
	struct ic *kvp = the(desk, &ic_kvp);
	struct kvp_item item;
	ic_result result;

	if (words < 2)
		return USAGE;
	if (!connected(kvp))
		return -ENOTCONN;
	if (!strcmp(word[1], "list"))
		return kvp_list(desk, kvp, pool_of(words, word, 2, KVP_AUTO));
	if (!strcmp(word[1], "get") && words > 2) {
		result = kvp_find(kvp, pool_of(words, word, 3, KVP_AUTO), word[2], &item);
		if (!result)
			report_item(desk, &item);
		return result;
	}
	if (!strcmp(word[1], "set") && words > 3)
		return kvp_set(kvp, pool_of(words, word, 4, KVP_EXTERNAL), word[2], word[3]);
	if (!strcmp(word[1], "delete") && words > 2)
		return kvp_delete(kvp, pool_of(words, word, 3, KVP_EXTERNAL), word[2]);
	if (!strcmp(word[1], "ip") && words > 2)
		return kvp_show_ip(desk, kvp, word[2]);
	return USAGE;
}

static ic_result run_copy(struct desk *desk, int words, char **word)
{
	struct ic *fc = the(desk, &ic_fcopy);
	struct fcopy_source source;
	const char *name;
	ic_result result;
	struct stat st;
	int fd;

	if (words < 3)
		return USAGE;
	if (!connected(fc))
		return -ENOTCONN;
	fd = open(word[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		result = -errno;
		goto out;
	}
	name = strrchr(word[1], '/');
	name = words > 3 ? word[3] : name ? name + 1 : word[1];
	source = fcopy_file(fd, st.st_size);
	result = fcopy_copy(fc, &source, word[2], name,
			    WIRE_FCOPY_OVERWRITE | WIRE_FCOPY_CREATE_PATH);
	if (!result) {
		report_begin(&desk->report, "copy");
		report_string(&desk->report, "name", name);
		report_number(&desk->report, "bytes", st.st_size);
		report_end(&desk->report);
	}
out:
	if (fd >= 0)
		close(fd);
	return result;
}

/* As a production checkpoint does it; the guest is frozen for so many seconds. */
static ic_result run_checkpoint(struct desk *desk, int words, char **word)
{
	struct ic *vss = the(desk, &ic_vss);
	ic_result result, thaw;
	uint32_t flags;

	if (!connected(vss))
		return -ENOTCONN;
	result = vss_hot_backup(vss, &flags);
	if (result)
		return result;
	report_begin(&desk->report, "checkpoint");
	report_number(&desk->report, "hot_backup_flags", flags);
	report_end(&desk->report);
	result = vss_freeze(vss, NULL, 0);
	if (!result)
		sleep(words > 1 ? atoi(word[1]) : 1);
	/* Also after a freeze that failed: part of the guest may be frozen. */
	thaw = vss_thaw(vss);
	if (!result)
		result = thaw;
	return result ? result : vss_complete(vss);
}

static ic_result each_ic(struct desk *desk, int words, char **word,
			 ic_result (*action)(struct ic *ic))
{
	ic_result result = 0;

	if (words < 2)
		return USAGE;
	for (int i = 1; i < words && !result; i++) {
		struct ic *ic = find_ic(desk, word[i]);

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

static ic_result run_guest(struct desk *desk, int words, char **word)
{
	char line[4096] = "", *output;
	size_t n = 0;
	int status;

	if (words < 2)
		return USAGE;
	status = hv_guest_ready(desk->host, WAIT_MS);
	if (status)
		return status;
	for (int i = 1; i < words && n < sizeof(line); i++)
		n += snprintf(line + n, sizeof(line) - n, "%s%s", i > 1 ? " " : "", word[i]);
	status = hv_guest_run(desk->host, GUEST_MS, &output, "%s", line);
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
	ic = find_ic(desk, word[1]);
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
	char *tail = hv_console_tail(desk->host, words > 1 ? atoi(word[1]) : 20), *rest = tail;

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

static const struct command commands[] = {
	{ "status", "", "the machine and its services", run_status },
	{ "heartbeat", "[N]", "beat N times", run_heartbeat },
	{ "stop", "[force] [TEXT]", "ask the guest to power off", run_stop },
	{ "restart", "[force] [TEXT]", "ask the guest to reboot", run_restart },
	{ "hibernate", "[force] [TEXT]", "ask the guest to hibernate", run_hibernate },
	{ "time", "[sync|sample] [SECONDS]",
	  "send the host's time; SECONDS set it ahead from now on", run_time },
	{ "kvp", "list [POOL] | get KEY [POOL] | set KEY VALUE [POOL] | delete KEY [POOL] | ip MAC",
	  "items of data exchange", run_kvp },
	{ "copy", "FILE DIRECTORY [NAME]", "copy a file into the guest", run_copy },
	{ "checkpoint", "[SECONDS]", "freeze, hold, thaw, as a backup does", run_checkpoint },
	{ "rescind", "SERVICE...", "take offers back", run_rescind },
	{ "offer", "SERVICE...", "offer again", run_offer },
	{ "negotiate", "SERVICE...", "as after a restore or a migration", run_negotiate },
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

int command_split(const char *line, char *copy, size_t size, char **words)
{
	char *out = copy, *end = copy + size - 1;
	int n = 0;

	for (;;) {
		bool quoted = false;

		line += strspn(line, " \t\n");
		if (!*line)
			return n;
		if (n == COMMAND_WORDS)
			return -1;
		words[n++] = out;
		for (; *line && (quoted || !strchr(" \t\n", *line)); line++) {
			if (*line == '"')
				quoted = !quoted;
			else if (out < end)
				*out++ = *line;
		}
		if (out == end)
			return -1;
		*out++ = '\0';
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

bool command_run(struct desk *desk, const char *line)
{
	char copy[4096], usage[160], *word[COMMAND_WORDS];
	int words = command_split(line, copy, sizeof(copy), word);
	ic_result result;

	if (!words)
		return true;
	if (words < 0) {
		report_result(desk, "?", USAGE, "too many words");
		return false;
	}
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
