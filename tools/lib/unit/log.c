// SPDX-License-Identifier: GPL-2.0
/* Lines that a host causes are bounded. */
#include "log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

/* What the function says. */
static const char *said(struct hvu_limit *limit, bool expected)
{
	static char text[256];
	int ends[2], saved = dup(STDERR_FILENO);
	bool may;
	ssize_t len;

	assert_int_equal(pipe(ends), 0);
	fflush(stderr);
	dup2(ends[1], STDERR_FILENO);
	may = hvu_log_may(limit, "copies");
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	len = read(ends[0], text, sizeof(text) - 1);
	close(ends[0]);
	assert_true(len >= 0);
	text[len] = '\0';
	assert_int_equal(may, expected);
	return text;
}

static void bounded(void **state)
{
	struct hvu_limit limit = { .lines = 0 };

	(void)state;
	for (int minute = 0; minute < 3; minute++) {
		for (int i = 0; i < HVU_LOG_LIMIT + 5; i++) {
			const char *text = said(&limit, i < HVU_LOG_LIMIT);

			assert_string_equal(text, minute && !i ?
					    "5 more lines about copies were left out\n" : "");
		}
		limit.since_ms -= 60000;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bounded) };

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
