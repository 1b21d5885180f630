// SPDX-License-Identifier: GPL-2.0
/* The values of settings: from text to where they belong. */
#include "settings_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "root.h"

static const char blank[] = " \t";

__attribute__((format(printf, 2, 3)))
static int want(char *wanted, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(wanted, HVU_WANTED_SIZE, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int replace(char **place, char *text)
{
	if (!text)
		return -ENOMEM;
	free(*place);
	*place = text;
	return 0;
}

/* Without doubled slashes, "." and a slash at the end; what ".." leads to is not what it looks. */
static int take_path(char **place, const char *text, char *wanted)
{
	char *path, *rest, *out;

	if (*text != '/')
		return want(wanted, "an absolute path");
	path = strdup(text);
	if (!path)
		return -ENOMEM;
	out = path;
	rest = path;
	while (*rest) {
		size_t len;

		rest += strspn(rest, "/");
		len = strcspn(rest, "/");
		if (len == 2 && !memcmp(rest, "..", 2)) {
			free(path);
			return want(wanted, "a path without \"..\"");
		}
		if (len && !(len == 1 && *rest == '.')) {
			*out++ = '/';
			memmove(out, rest, len);
			out += len;
		}
		rest += len;
	}
	*out = '\0';
	if (out == path) {
		free(path);
		return want(wanted, "a path below /");
	}
	return replace(place, path);
}

static int take_name(char **place, const char *text, char *wanted)
{
	if (!*text || strpbrk(text, " \t:/"))
		return want(wanted, "a name or a number");
	return replace(place, strdup(text));
}

static int take_version(char **place, const char *text, char *wanted)
{
	if (!isdigit((unsigned char)*text) || text[strspn(text, "0123456789.")])
		return want(wanted, "numbers and dots, such as 3.1");
	return replace(place, strdup(text));
}

static int take_list(char ***place, const char *text, bool more, bool paths, char *wanted)
{
	char **old = more ? *place : NULL, **list;
	size_t n = 0, len;

	for (const char *at = text; at += strspn(at, blank), *at; at += strcspn(at, blank)) {
		if (paths && !strchr("/*", *at))
			return want(wanted, "globs of absolute paths, with spaces between them");
		n++;
	}
	for (size_t i = 0; old && old[i]; i++)
		n++;
	list = calloc(n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	n = 0;
	for (const char *at = text; at += strspn(at, blank), *at; at += len) {
		len = strcspn(at, blank);
		list[n] = strndup(at, len);
		if (!list[n++]) {
			hvu_list_free(list);
			return -ENOMEM;
		}
	}
	/* What was there comes first. */
	if (old) {
		size_t before = 0;

		while (old[before])
			before++;
		memmove(list + before, list, n * sizeof(*list));
		memcpy(list, old, before * sizeof(*list));
		free(old);
	} else {
		hvu_list_free(*place);
	}
	*place = list;
	return 0;
}

static int take_word(int *place, const char *text, const char *const *words, char *wanted)
{
	int word = hvu_parse_word(text, words);
	size_t len = 0;

	if (word >= 0) {
		*place = word;
		return 0;
	}
	for (const char *const *each = words; *each && len < HVU_WANTED_SIZE; each++)
		len += snprintf(wanted + len, HVU_WANTED_SIZE - len, "%s%s",
				each == words ? "" : each[1] ? ", " : " or ", *each);
	return word;
}

static int take_mode(mode_t *place, const char *text, char *wanted)
{
	unsigned long mode;
	char *end;

	mode = strtoul(text, &end, 8);
	/* A file of the host must not run as somebody else. */
	if (!isdigit((unsigned char)*text) || *end || mode > 0777)
		return want(wanted, "octal and at most 0777, such as 0640");
	*place = mode;
	return 0;
}

/**
 * hvu_setting_take() - put a value where it belongs
 * @key: its row in the table
 * @base: structure of its section
 * @text: as written
 * @more: it goes on with a list; else it takes the place of what was there
 * @wanted: gets what the value has to be, if it is not
 *
 * Return: 0, or %-EINVAL or %-ENOMEM with the old value in place.
 */
int hvu_setting_take(const struct hvu_key *key, void *base, const char *text, bool more,
		     char wanted[static HVU_WANTED_SIZE])
{
	void *place = (char *)base + key->offset;
	uint64_t number = 0;

	switch (key->kind) {
	case HVU_KIND_PATH:
		return take_path(place, text, wanted);
	case HVU_KIND_NAME:
		return take_name(place, text, wanted);
	case HVU_KIND_VERSION:
		return take_version(place, text, wanted);
	case HVU_KIND_LIST:
		return take_list(place, text, more, false, wanted);
	case HVU_KIND_PATHS:
		return take_list(place, text, more, true, wanted);
	case HVU_KIND_WORD:
		return take_word(place, text, key->words, wanted);
	case HVU_KIND_YES_NO:
		return hvu_parse_yes_no(text, place) ? want(wanted, "yes or no") : 0;
	case HVU_KIND_MODE:
		return take_mode(place, text, wanted);
	case HVU_KIND_SPAN:
		if (hvu_parse_span(text, &number) || !number)
			return want(wanted, "a time of more than 0, such as 500ms, 30s or 2min");
		break;
	case HVU_KIND_SIZE:
		if (hvu_parse_size(text, &number))
			return want(wanted, "a number of bytes, such as 0, 512K, 64M or 2G");
		break;
	}
	*(uint64_t *)place = number;
	return 0;
}

/** hvu_setting_is_list() - can a value go on in the next line? */
bool hvu_setting_is_list(const struct hvu_key *key)
{
	return key->kind == HVU_KIND_LIST || key->kind == HVU_KIND_PATHS;
}

/** hvu_setting_drop() - free what a value holds */
void hvu_setting_drop(const struct hvu_key *key, void *base)
{
	char **place = (char **)((char *)base + key->offset);

	switch (key->kind) {
	case HVU_KIND_PATH:
	case HVU_KIND_NAME:
	case HVU_KIND_VERSION:
		free(*place);
		*place = NULL;
		break;
	case HVU_KIND_LIST:
	case HVU_KIND_PATHS:
		hvu_list_free(*(char ***)place);
		*(char ***)place = NULL;
		break;
	default:
		break;
	}
}
