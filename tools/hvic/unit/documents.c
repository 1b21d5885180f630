// SPDX-License-Identifier: GPL-2.0
/*
 * Every command line of hvic in the documents is one that hvic takes. They stand between backquotes,
 * or in a line of their own that is indented or fenced, or that is a task of Ansible.
 */
#include "args.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "array.h"
#include "unit.h"

#define MAX_WORDS 32

/* The words of a simple command, as a shell splits it; what is behind it is another one's. */
static int split(char *text, char **words)
{
	int n = 0;

	for (;;) {
		char quote = '\0', *out;

		text += strspn(text, " ");
		if (!*text || strchr("|;&>#\n", *text))
			return n;
		assert_true(n < MAX_WORDS - 1);
		words[n++] = text;
		words[n] = NULL;
		for (out = text; *text && (quote || !isspace(*text)); text++) {
			if (*text == quote)
				quote = '\0';
			else if (!quote && (*text == '\'' || *text == '"'))
				quote = *text;
			else
				*out++ = *text;
		}
		if (*text)
			text++;
		*out = '\0';
	}
}

/* 1 for a command of hvic, 0 for any other text. */
static int check(const char *path, int number, const char *text)
{
	static const char *const before[] = { "sudo ", "ansible.builtin.command: " };
	char copy[512], complaint[256], *words[MAX_WORDS];
	struct hvic_call call;
	int n;

	text += strspn(text, " \t");
	if (!strncmp(text, "$ ", 2) || !strncmp(text, "# ", 2))
		text += 2;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		if (!strncmp(text, before[i], strlen(before[i])))
			text += strlen(before[i]);
	}
	if (strncmp(text, "hvic", strlen("hvic")) || !strchr(" \n", text[strlen("hvic")]))
		return 0;
	snprintf(copy, sizeof(copy), "%s", text);
	copy[strcspn(copy, "\n")] = '\0';
	n = split(copy, words);
	if (hvic_args_parse(&call, n, words, complaint, sizeof(complaint)))
		fail_msg("%s:%d: %s: %s", path, number, text, complaint);
	return 1;
}

/* Between backquotes: two in one format, one in the other. */
static int check_quoted(const char *path, int number, char *line)
{
	int found = 0, mark = 0;

	for (char *word = strtok(line, "`"); word; word = strtok(NULL, "`"))
		found += mark++ && (!strncmp(word, "hvic ", 5) || !strncmp(word, "sudo ", 5)) ?
			check(path, number, word) : 0;
	return found;
}

static int check_document(const char *path)
{
	FILE *file = fopen(path, "r");
	int found = 0, number = 0;
	bool fenced = false;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		number++;
		if (!strncmp(line, "```", 3))
			fenced = !fenced;
		else if (strchr(line, '`'))
			found += check_quoted(path, number, line);
		else if (fenced || isspace(*line))
			found += check(path, number, line);
	}
	fclose(file);
	return found;
}

static void documents(void **state)
{
	static const char *const patterns[] = { "../../README.md", "../../Documentation/*.rst" };
	int found = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		glob_t paths;

		assert_int_equal(glob(patterns[i], 0, NULL, &paths), 0);
		for (size_t k = 0; k < paths.gl_pathc; k++)
			found += check_document(paths.gl_pathv[k]);
		globfree(&paths);
	}
	/* Or the search itself is wrong. */
	assert_true(found > 30);
}

static void splits(void **state)
{
	char text[] = "hvic kvp set 'two words' \"it's\" --pool=guest   # why\n", *words[MAX_WORDS];

	(void)state;
	assert_int_equal(split(text, words), 6);
	assert_string_equal(words[3], "two words");
	assert_string_equal(words[4], "it's");
	assert_string_equal(words[5], "--pool=guest");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(splits), cmocka_unit_test(documents) };

	return cmocka_run_group_tests_name("documents", tests, NULL, NULL);
}
