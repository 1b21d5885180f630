// SPDX-License-Identifier: GPL-2.0
/* The table of services. */
#include <stdlib.h>
#include <string.h>

#include "hvic.h"
#include "unit.h"

static char *print(const char *services)
{
	json_object *array = json_tokener_parse(services);
	struct hvu_paper paper = { 0 };
	char *text;
	size_t len;

	assert_non_null(array);
	paper.out = open_memstream(&text, &len);
	hvic_status_table(&paper, array);
	fclose(paper.out);
	json_object_put(array);
	return text;
}

static void every_cell(void **state)
{
	char *text = print("[{\"name\":\"heartbeat\",\"state\":\"ready\",\"message\":\"3.1\","
			   "\"counters\":{\"in\":42},"
			   "\"last_request\":{\"operation\":\"beat\",\"age_ms\":2500}},"
			   "{\"name\":\"kvp\",\"state\":\"negotiating\",\"needs_owner\":true},"
			   "{\"name\":\"vss\",\"state\":\"ready\",\"needs_owner\":true,"
			   "\"owner\":{\"pid\":77,\"abi\":\"legacy\"}},"
			   "{\"name\":\"fcopy\",\"state\":\"absent\",\"needs_owner\":true},"
			   "{\"name\":\"shutdown\",\"state\":\"absent\",\"held_by\":\"hv_utils\"}]");

	(void)state;
	assert_string_equal(text,
			    "SERVICE    STATE        VERSION  DAEMON   MESSAGES  LAST, AGO\n"
			    "heartbeat  ready        3.1      -        42        beat 2 s\n"
			    "kvp        negotiating  -        missing  -         -\n"
			    "vss        ready        -        77       -         -\n"
			    "fcopy      not offered  -        -        -         -\n"
			    "shutdown   hv_utils     -        -        -         -\n");
	free(text);
}

/* The widest of each column, together. */
static void fits_terminal(void **state)
{
	char *text = print("[{\"name\":\"heartbeat\",\"state\":\"ready\",\"message\":\"3.1\","
			   "\"owner\":{\"pid\":4194304},\"counters\":{\"in\":99999999},"
			   "\"last_request\":{\"operation\":\"backup-complete\",\"age_ms\":3599999}},"
			   "{\"name\":\"fcopy\",\"state\":\"absent\",\"held_by\":\"uio_hv_generic\"}]");

	(void)state;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 80);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(fits_terminal),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
