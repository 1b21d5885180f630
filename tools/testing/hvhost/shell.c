// SPDX-License-Identifier: GPL-2.0
/*
 * The prompt for people. On a terminal: history with the arrow keys, completion
 * with tab, and events above the line that is being typed.
 *
 * While the shell runs the host does what a real one does by itself: it beats
 * every two seconds, and tells the time after each negotiation and then every
 * five seconds.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"

#define PROMPT "host> "
#define HISTORY 64

/* The line under the cursor; events are printed above it. */
static struct {
	pthread_mutex_t lock;
	char text[1024];
	size_t length;
	bool shown;
} edit = { .lock = PTHREAD_MUTEX_INITIALIZER };

static char *history[HISTORY];
static unsigned int n_history;

static void draw(void)
{
	printf("\r\033[K" PROMPT "%s", edit.text);
	fflush(stdout);
}

static void set_text(const char *text)
{
	edit.length = strlen(text);
	memmove(edit.text, text, edit.length + 1);
	draw();
}

void shell_event(const char *what, const char *who, const char *text)
{
	size_t n = strlen(who);

	/* Texts begin with the channel's name, which people have read already. */
	if (n && !strncmp(text, who, n))
		text += text[n] ? n + 2 : n;
	pthread_mutex_lock(&edit.lock);
	printf("%s* %s%s%s%s%s\n", edit.shown ? "\r\033[K" : "", who, *who ? " " : "", what,
	       *text ? ": " : "", text);
	if (edit.shown)
		draw();
	fflush(stdout);
	pthread_mutex_unlock(&edit.lock);
}

struct completions {
	char common[64];
	unsigned int n;
};

static void add_completion(const char *word, void *context)
{
	struct completions *c = context;
	size_t same = 0;

	if (!c->n++) {
		snprintf(c->common, sizeof(c->common), "%s", word);
		return;
	}
	while (c->common[same] && c->common[same] == word[same])
		same++;
	c->common[same] = '\0';
}

static void print_completion(const char *word, void *context)
{
	printf("%s  ", word);
}

static void complete(void)
{
	const char *last = strrchr(edit.text, ' ');
	size_t begin = last ? last + 1 - edit.text : 0;
	struct completions c = { .n = 0 };
	char text[sizeof(edit.text)];

	command_complete(edit.text, add_completion, &c);
	if (!c.n)
		return;
	if (c.n > 1 && !strcmp(c.common, edit.text + begin)) {
		putchar('\n');
		command_complete(edit.text, print_completion, NULL);
		putchar('\n');
	}
	snprintf(text, sizeof(text), "%.*s%s%s", (int)begin, edit.text, c.common,
		 c.n == 1 ? " " : "");
	set_text(text);
}

static void remember(const char *line)
{
	if (!*line || (n_history && !strcmp(history[(n_history - 1) % HISTORY], line)))
		return;
	free(history[n_history % HISTORY]);
	history[n_history++ % HISTORY] = strdup(line);
}

static void type(char c)
{
	if (edit.length + 1 == sizeof(edit.text))
		return;
	edit.text[edit.length++] = c;
	edit.text[edit.length] = '\0';
	putchar(c);
	fflush(stdout);
}

static void erase(void)
{
	/* All bytes of a UTF-8 character. */
	while (edit.length && (edit.text[--edit.length] & 0xc0) == 0x80)
		;
	edit.text[edit.length] = '\0';
	draw();
}

/* An arrow key: ESC [ A is up, ESC [ B is down. */
static void browse(unsigned int *at)
{
	unsigned int oldest = n_history > HISTORY ? n_history - HISTORY : 0;
	char key[2];

	if (read(STDIN_FILENO, key, 2) != 2 || key[0] != '[')
		return;
	if (key[1] == 'A' && *at > oldest)
		(*at)--;
	else if (key[1] == 'B' && *at < n_history)
		(*at)++;
	else
		return;
	set_text(*at < n_history ? history[*at % HISTORY] : "");
}

/* Returns false at the end of the input. */
static bool edit_line(char *line, size_t size)
{
	unsigned int at = n_history;
	bool more = true, done = false;
	char c;

	pthread_mutex_lock(&edit.lock);
	edit.shown = true;
	set_text("");
	while (!done) {
		pthread_mutex_unlock(&edit.lock);
		more = read(STDIN_FILENO, &c, 1) == 1;
		pthread_mutex_lock(&edit.lock);
		if (!more || (c == 4 && !edit.length)) {	/* ctrl-d */
			more = false;
			done = true;
		} else if (c == '\r' || c == '\n') {
			done = true;
		} else if (c == 3 || c == 21) {			/* ctrl-c, ctrl-u */
			set_text("");
		} else if (c == 127 || c == 8) {
			erase();
		} else if (c == '\t') {
			complete();
		} else if (c == 27) {
			browse(&at);
		} else if ((unsigned char)c >= 32) {
			type(c);
		}
	}
	putchar('\n');
	edit.shown = false;
	snprintf(line, size, "%s", edit.text);
	pthread_mutex_unlock(&edit.lock);
	remember(line);
	return more;
}

static void tell_time(struct desk *desk, struct ic *ts, uint8_t flags)
{
	struct timesync_stamp stamp;

	if (!timesync_now(desk->host, desk->clock_offset, flags, &stamp))
		timesync_send(ts, &stamp);
}

static void *pulse(void *context)
{
	struct desk *desk = context;
	unsigned long negotiations = 0;

	for (unsigned int second = 0; !desk->quit; second++) {
		for (int i = 0; i < IC_COUNT; i++) {
			struct ic *ic = desk->ics[i];

			if (ic->state != IC_READY)
				continue;
			if (ic->service == &ic_heartbeat && second % 2 == 0) {
				heartbeat_beat(ic, NULL);
			} else if (ic->service != &ic_timesync) {
				continue;
			} else if (ic->negotiations != negotiations) {
				negotiations = ic->negotiations;
				tell_time(desk, ic, WIRE_TIME_SYNC);
			} else if (second % 5 == 0) {
				tell_time(desk, ic, WIRE_TIME_SAMPLE);
			}
		}
		sleep(1);
	}
	return NULL;
}

static void run_on_terminal(struct desk *desk)
{
	struct termios before, raw;
	char line[sizeof(edit.text)];

	tcgetattr(STDIN_FILENO, &before);
	raw = before;
	raw.c_lflag &= ~(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	printf("help lists the commands, quit leaves.\n");
	for (;;) {
		bool more;

		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
		more = edit_line(line, sizeof(line));
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
		if (!more)
			break;
		command_run(desk, line);
		if (desk->quit)
			break;
	}
}

int shell_run(struct desk *desk)
{
	pthread_t thread;
	int status = 0;

	if (pthread_create(&thread, NULL, pulse, desk))
		return 1;
	if (isatty(STDIN_FILENO))
		run_on_terminal(desk);
	else
		status = line_run(desk);
	desk->quit = true;
	pthread_join(thread, NULL);
	return status;
}
