// SPDX-License-Identifier: GPL-2.0
/* Each number of a line is explained in the catalog, and the catalog explains no other one. */
#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define ID_LEN 32

static int find(const char *id)
{
	for (int i = 0; i < HVU_MESSAGES; i++)
		if (hvu_message_ids[i] && !strcmp(hvu_message_ids[i], id))
			return i;
	return -1;
}

/* Entries begin by "-- ID", then come headers, an empty line, and text. */
static void catalog(void **state)
{
	unsigned int explained[HVU_MESSAGES] = { 0 }, headers = 0, lines = 0;
	FILE *file = fopen(HVIC_CATALOG, "r");
	char *line = NULL;
	size_t size = 0;
	int at = -1;

	(void)state;
	assert_non_null(file);
	while (getline(&line, &size, file) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		assert_true(strlen(line) <= 100);
		if (!strncmp(line, "-- ", 3)) {
			assert_true(at < 0 || (headers == 3 && lines > 2));
			print_message("# %s\n", line);
			assert_int_equal(strlen(line + 3), ID_LEN);
			assert_int_equal(strspn(line + 3, "0123456789abcdef"), ID_LEN);
			at = find(line + 3);
			assert_true(at > 0);
			explained[at]++;
			headers = 0;
			lines = 0;
		} else if (at >= 0 && (!strncmp(line, "Subject: ", 9) ||
				       !strcmp(line, "Defined-By: hv_ic") ||
				       !strncmp(line, "Documentation: man:", 19))) {
			headers++;
		} else if (*line) {
			lines++;
		}
	}
	assert_true(headers == 3 && lines > 2);
	for (int i = 1; i < HVU_MESSAGES; i++)
		assert_int_equal(explained[i], 1);
	free(line);
	fclose(file);
}

/* Without a journal, or where it is out of reach, they are lines like others. */
static void elsewhere(void **state)
{
	char text[256] = "";
	int ends[2], saved = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	unsetenv("JOURNAL_STREAM");
	hvu_message(HVU_MESSAGE_POOL_UNUSABLE, HVU_LOG_WARNING, "%s: %d", "pool", 1);
	hvu_message(HVU_MESSAGE_NONE, HVU_LOG_NOTICE, "%s", "line");
	dup2(saved, STDERR_FILENO);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "pool: 1\nline\n");
	close(saved);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(catalog),
		cmocka_unit_test(elsewhere),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
