// SPDX-License-Identifier: GPL-2.0
/* Line mode: a command a line on stdin, a JSON object a line on stdout. */
#include <stdlib.h>

#include "command.h"

int line_run(struct desk *desk)
{
	bool good = true;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while (!desk->quit && (length = getline(&line, &size, stdin)) > 0) {
		/* Nothing is hidden behind the end of a string. */
		for (ssize_t i = 0; i < length; i++)
			if (!line[i])
				line[i] = '?';
		good = command_run(desk, line) && good;
	}
	free(line);
	return good ? 0 : 1;
}
