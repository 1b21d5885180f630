// SPDX-License-Identifier: GPL-2.0
/*
 * The agent, which runs commands for the host, one at a time, by sh -c. The small guest's init
 * starts it; in a real Debian hvguest.service does.
 *
 *	guest: ready
 *	host:  <id> <command>
 *	guest: <id>|<line of output>	for each line
 *	guest: <id>=<exit status>
 *
 * This text goes through the box of agent_port.h. A byte on the second serial line says that there
 * is some.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sys/io.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "agent_port.h"

#define LINE "/dev/ttyS1"

/* The line loses what comes while the guest wakes from sleep: the box is looked into anyway. */
#define LOOK_MS 1000

/**
 * struct text - text that is not used yet
 * @bytes: of it
 * @size: how many
 */
struct text {
	char *bytes;
	size_t size;
};

/**
 * struct agent - the agent
 * @line: the serial line
 * @box: as the guest maps it
 * @said: by the host
 */
struct agent {
	int line;
	char *box;
	struct text said;
};

/* Into the kernel's log, since nobody else may be there to hear it. */
static void __attribute__((format(printf, 1, 2))) mark(const char *format, ...)
{
	int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	va_list args;

	if (log < 0)
		return;
	va_start(args, format);
	vdprintf(log, format, args);
	va_end(args);
	close(log);
}

static void give_up(const char *what)
{
	mark("hvguest: the agent cannot use %s: %s\n", what, strerror(errno));
	exit(1);
}

static void append(struct text *text, const char *bytes, size_t size)
{
	text->bytes = realloc(text->bytes, text->size + size + 1);
	if (!text->bytes)
		give_up("more memory");
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
	text->bytes[text->size] = '\0';
}

static void remove_first(struct text *text, size_t size)
{
	text->size -= size;
	memmove(text->bytes, text->bytes + size, text->size + 1);
}

/* The end of its first line, if that is whole. */
static char *line_end(const struct text *text)
{
	return text->size ? memchr(text->bytes, '\n', text->size) : NULL;
}

/* What is in the box, and what the port is told or asked, happen in this order. */
static void ring_out(unsigned int size)
{
	__asm__ volatile ("" : : : "memory");
	outl(size, AGENT_PORT);
	__asm__ volatile ("" : : : "memory");
}

static unsigned int ring_in(void)
{
	unsigned int size = inl(AGENT_PORT);

	__asm__ volatile ("" : : : "memory");
	return size;
}

static void tell(struct agent *agent, const struct text *text)
{
	for (size_t done = 0, n; done < text->size; done += n) {
		n = text->size - done < AGENT_BOX_SIZE ? text->size - done : AGENT_BOX_SIZE;
		memcpy(agent->box, text->bytes + done, n);
		ring_out(n);
	}
}

/* The next line from the host, to be freed. */
static char *hear(struct agent *agent)
{
	struct pollfd line = { .fd = agent->line, .events = POLLIN };
	char rings[64], *end, *heard;
	size_t n;

	while (!(end = line_end(&agent->said))) {
		n = ring_in();
		if (n)
			append(&agent->said, agent->box, n);
		else if (poll(&line, 1, LOOK_MS) > 0 && read(line.fd, rings, sizeof(rings)) < 0)
			give_up(LINE);
	}
	heard = strndup(agent->said.bytes, end - agent->said.bytes);
	remove_first(&agent->said, end - agent->said.bytes + 1);
	return heard;
}

static pid_t start(const char *command, int output)
{
	char *const argv[] = { "sh", "-c", (char *)command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;
	pid_t pid;

	/* A shell that starts a program beside it, as init does, has it ignore these. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGQUIT);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	errno = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv, environ);
	if (errno)
		give_up("/bin/sh");
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return pid;
}

/* Tells the lines of @output that are whole, and of the end also one that is not. */
static void tell_lines(struct agent *agent, const char *id, struct text *output, int at_end)
{
	struct text lines = { 0 };
	char *end;

	if (at_end && output->size && output->bytes[output->size - 1] != '\n')
		append(output, "\n", 1);
	while ((end = line_end(output))) {
		append(&lines, id, strlen(id));
		append(&lines, "|", 1);
		append(&lines, output->bytes, end + 1 - output->bytes);
		remove_first(output, end + 1 - output->bytes);
	}
	tell(agent, &lines);
	free(lines.bytes);
}

/*
 * A process that the command leaves in the background must not keep the standard output open, since
 * this waits for the end of the output.
 */
static void run(struct agent *agent, const char *id, const char *command)
{
	struct text output = { 0 }, end = { 0 };
	char bytes[4096], result[64];
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		give_up("a pipe");
	pid = start(command, fds[1]);
	close(fds[1]);
	while ((n = read(fds[0], bytes, sizeof(bytes))) > 0) {
		append(&output, bytes, n);
		tell_lines(agent, id, &output, 0);
	}
	close(fds[0]);
	tell_lines(agent, id, &output, 1);
	free(output.bytes);
	if (waitpid(pid, &status, 0) < 0)
		give_up("waitpid");
	/* As a shell says it. */
	status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	append(&end, result, snprintf(result, sizeof(result), "%s=%d\n", id, status));
	tell(agent, &end);
	free(end.bytes);
}

static void attach(struct agent *agent)
{
	int memory = open("/dev/mem", O_RDWR | O_CLOEXEC);
	struct termios raw;

	if (memory < 0)
		give_up("/dev/mem");
	agent->box = mmap(NULL, AGENT_BOX_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory,
			  AGENT_BOX);
	if (agent->box == MAP_FAILED)
		give_up("its part of /dev/mem");
	close(memory);
	if (ioperm(AGENT_PORT, sizeof(int), 1))
		give_up("its port");
	agent->line = open(LINE, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (agent->line < 0 || tcgetattr(agent->line, &raw))
		give_up(LINE);
	cfmakeraw(&raw);
	if (tcsetattr(agent->line, TCSANOW, &raw))
		give_up(LINE);
}

int main(void)
{
	struct text ready = { .bytes = "ready\n", .size = strlen("ready\n") };
	struct agent agent = { 0 };
	char *heard, *command;

	attach(&agent);
	mark("hvguest: ready\n");
	tell(&agent, &ready);
	for (;;) {
		heard = hear(&agent);
		command = strchr(heard, ' ');
		if (command) {
			*command++ = '\0';
			run(&agent, heard, command);
		}
		free(heard);
	}
}
