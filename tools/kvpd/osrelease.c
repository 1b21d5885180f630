// SPDX-License-Identifier: GPL-2.0
/* What os-release(5) says of the distribution. */
#include "osrelease.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "root.h"

/* Such a file has some 500 bytes. */
#define FILE_SIZE 16384

static const struct {
	const char *name;
	size_t at;
} fields[] = {
	{ "NAME", offsetof(struct hvic_os_release, name) },
	{ "ID", offsetof(struct hvic_os_release, id) },
	{ "VERSION_ID", offsetof(struct hvic_os_release, version_id) },
	{ "BUILD_ID", offsetof(struct hvic_os_release, build_id) },
};

static char *field_of(struct hvic_os_release *os, const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strlen(fields[i].name) == len && !memcmp(fields[i].name, name, len))
			return (char *)os + fields[i].at;
	return NULL;
}

/* A value as a shell would read it: quotes may begin and end anywhere, but nothing is expanded. */
static void unquote(const char *from, const char *end, char out[static HVIC_OS_FIELD_SIZE])
{
	char quote = '\0';
	size_t n = 0;

	for (; from < end && n < HVIC_OS_FIELD_SIZE - 1; from++) {
		if (*from == quote && quote) {
			quote = '\0';
			continue;
		}
		if (!quote && (*from == '"' || *from == '\'')) {
			quote = *from;
			continue;
		}
		if (!quote && (*from == ' ' || *from == '\t'))
			break;
		if (*from == '\\' && quote != '\'' && from + 1 < end)
			from++;
		/* It becomes one line of text. */
		out[n++] = (unsigned char)*from < ' ' ? ' ' : *from;
	}
	out[n] = '\0';
}

/**
 * hvic_os_release_parse() - read the text of the file
 * @os: to be filled in
 * @text: any text; lines that make no sense are skipped, and the last of several counts
 */
void hvic_os_release_parse(struct hvic_os_release *os, const char *text)
{
	memset(os, 0, sizeof(*os));
	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *line = text + strspn(text, " \t");
		const char *end = text + len;
		const char *sign;
		char *field;

		text = end + (*end == '\n');
		if (line >= end)
			continue;
		if (end[-1] == '\r')
			end--;
		sign = memchr(line, '=', end > line ? end - line : 0);
		field = sign ? field_of(os, line, sign - line) : NULL;
		if (field)
			unquote(sign + 1, end, field);
	}
	if (!os->name[0])
		strcpy(os->name, "Linux");
	if (!os->id[0])
		strcpy(os->id, "linux");
}

/**
 * hvic_os_release_read() - find the file and read it
 * @os: to be filled in
 * @root: below which /etc is
 */
void hvic_os_release_read(struct hvic_os_release *os, int root)
{
	char text[FILE_SIZE];

	if (hvu_read(root, text, sizeof(text), "etc/os-release") < 0)
		hvu_read(root, text, sizeof(text), "usr/lib/os-release");
	hvic_os_release_parse(os, text);
}
