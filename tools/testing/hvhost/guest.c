// SPDX-License-Identifier: GPL-2.0
#include "guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent_port.h"
#include "uart.h"

/* A command from hv_guest_start() to hv_guest_finish() */
struct hv_command {
	struct hv_command *next;
	int id;
	int status;			/* -1 while it runs */
	char *output;
	size_t size;
};

static struct hv_command **find_command(struct hv_host *host, int id)
{
	struct hv_command **link = &host->agent->commands;

	while (*link && (*link)->id != id)
		link = &(*link)->next;
	return link;
}

static void append(struct hv_command *command, const char *text)
{
	size_t size = strlen(text);

	command->output = realloc(command->output, command->size + size + 2);
	if (!command->output)
		abort();
	memcpy(command->output + command->size, text, size);
	command->size += size;
	command->output[command->size++] = '\n';
	command->output[command->size] = '\0';
}

static void handle_line(struct hv_host *host, const char *line)
{
	struct hv_command *command;
	char *rest;
	long id;

	if (!strcmp(line, "ready")) {
		/* It booted quietly (boot.c); from now on the console shows everything. */
		host->agent->greeting = hv_guest_start(host, "dmesg -n 8");
		return;
	}
	id = strtol(line, &rest, 10);
	command = rest > line ? *find_command(host, id) : NULL;
	if (!command)
		return;			/* given up, or noise before the agent's start */
	if (*rest == '|')
		append(command, rest + 1);
	else if (*rest == '=')
		command->status = atoi(rest + 1) & 0xff;
	if (id == host->agent->greeting && !host->agent->ready) {
		host->agent->ready = true;
		hv_emit(host, HV_EVENT_READY, NULL, "the command agent answers");
	}
	hv_wake(host);
}

static void hear_byte(struct hv_host *host, uint8_t byte)
{
	struct hv_agent *agent = host->agent;

	if (byte == '\r')
		return;
	if (byte != '\n' && agent->line_size < sizeof(agent->line) - 1) {
		agent->line[agent->line_size++] = byte;
		return;
	}
	agent->line[agent->line_size] = '\0';
	agent->line_size = 0;
	handle_line(host, agent->line);
}

void hv_agent_hear(struct hv_host *host, uint32_t size)
{
	const uint8_t *box = hv_memory(host, AGENT_BOX, AGENT_BOX_SIZE);

	for (uint32_t i = 0; i < size && i < AGENT_BOX_SIZE; i++)
		hear_byte(host, box[i]);
}

static void say(struct hv_agent *agent, const char *bytes, size_t size)
{
	agent->said = realloc(agent->said, agent->said_size + size);
	if (!agent->said)
		abort();
	memcpy(agent->said + agent->said_size, bytes, size);
	agent->said_size += size;
}

uint32_t hv_agent_tell(struct hv_host *host)
{
	uint8_t *box = hv_memory(host, AGENT_BOX, AGENT_BOX_SIZE);
	struct hv_agent *agent = host->agent;
	size_t n = agent->said_size < AGENT_BOX_SIZE ? agent->said_size : AGENT_BOX_SIZE;

	if (!n)
		return 0;
	memcpy(box, agent->said, n);
	agent->said_size -= n;
	memmove(agent->said, agent->said + n, agent->said_size);
	return n;
}

void hv_agent_free(struct hv_host *host)
{
	while (host->agent->commands) {
		struct hv_command *command = host->agent->commands;

		host->agent->commands = command->next;
		free(command->output);
		free(command);
	}
	free(host->agent->said);
	host->agent->said = NULL;
	host->agent->said_size = 0;
}

void hv_agent_start(struct hv_host *host)
{
	hv_agent_free(host);
	host->agent->ready = false;
	host->agent->line_size = 0;
}

static bool is_ready(void *context)
{
	struct hv_host *host = context;

	return host->agent->ready;
}

int hv_guest_ready(struct hv_host *host, unsigned int timeout_ms)
{
	return hv_wait(host, is_ready, host, timeout_ms);
}

static int start_command(struct hv_host *host, const char *format, va_list arguments)
{
	struct hv_command *command;
	char *text, *line;
	int size, id;

	if (vasprintf(&text, format, arguments) < 0)
		abort();
	if (strchr(text, '\n')) {
		hv_complain("a command for the guest must be one line: %s", text);
		free(text);
		return -EINVAL;
	}
	command = calloc(1, sizeof(*command));
	if (!command)
		abort();
	hv_lock(host);
	id = ++host->agent->last_id;
	*command = (struct hv_command) {
		.next = host->agent->commands,
		.id = id,
		.status = -1,
	};
	host->agent->commands = command;
	size = asprintf(&line, "%d %s\n", id, text);
	if (size < 0)
		abort();
	say(host->agent, line, size);
	hv_uart_feed(&host->uarts[1], "\n", 1);
	hv_unlock(host);
	free(line);
	free(text);
	return id;
}

int hv_guest_start(struct hv_host *host, const char *format, ...)
{
	va_list arguments;
	int id;

	va_start(arguments, format);
	id = start_command(host, format, arguments);
	va_end(arguments);
	return id;
}

static bool is_done(void *context)
{
	struct hv_command *command = context;

	return command->status >= 0;
}

bool hv_guest_done(struct hv_host *host, int id)
{
	struct hv_command *command;
	bool done;

	hv_lock(host);
	command = *find_command(host, id);
	done = !command || is_done(command);
	hv_unlock(host);
	return done;
}

int hv_guest_finish(struct hv_host *host, int id, unsigned int timeout_ms, char **output)
{
	struct hv_command **link, *command;
	int ret;

	hv_lock(host);
	command = *find_command(host, id);
	ret = command ? hv_wait(host, is_done, command, timeout_ms) : -EINVAL;
	if (command) {
		/* Others may have come or gone while we slept. */
		link = find_command(host, id);
		*link = command->next;
		if (!ret)
			ret = command->status;
		if (output)
			*output = command->output ? command->output : strdup("");
		else
			free(command->output);
		free(command);
	} else if (output) {
		*output = strdup("");
	}
	hv_unlock(host);
	return ret;
}

int hv_guest_run(struct hv_host *host, unsigned int timeout_ms, char **output,
		 const char *format, ...)
{
	va_list arguments;
	int id;

	va_start(arguments, format);
	id = start_command(host, format, arguments);
	va_end(arguments);
	return hv_guest_finish(host, id, timeout_ms, output);
}
