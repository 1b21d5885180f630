// SPDX-License-Identifier: GPL-2.0
/* A message to the terminals of those who are logged in. */
#include "wall.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "root.h"
#include "printable.h"

/* The host's text may have lines; within a line it is to do nothing but appear. */
static void print_lines(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\r\n");
		char *line = strndup(text, len);
		char *printable = line ? hvu_printable(line, true) : NULL;

		if (printable && *printable)
			fprintf(out, "%s\r\n", printable);
		free(printable);
		free(line);
		text += len + (text[len] != '\0');
	}
}

/* A terminal that takes nothing now is not waited for. */
static void write_tty(int root, const char *tty, const char *message, size_t len)
{
	int fd = hvu_open(root, O_WRONLY | O_NOCTTY | O_NONBLOCK, "dev/%s", tty);

	if (fd < 0)
		return;
	if (isatty(fd) && write(fd, message, len) < 0)
		hvu_log(HVU_LOG_INFO, "%s takes no message", tty);
	close(fd);
}

/**
 * hvic_wall() - write a message to terminals
 * @root: where /dev is below
 * @ttys: names of the terminals, ended by NULL
 * @headline: what is going on
 * @text: the host's words; may be anything
 */
void hvic_wall(int root, char *const *ttys, const char *headline, const char *text)
{
	char *message = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&message, &len);

	if (!out)
		return;
	fprintf(out, "\r\n%s\r\n", headline);
	print_lines(out, text);
	fputs("\r\n", out);
	if (!fclose(out)) {
		for (; *ttys; ttys++)
			write_tty(root, *ttys, message, len);
	}
	free(message);
}
