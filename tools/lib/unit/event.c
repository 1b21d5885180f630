// SPDX-License-Identifier: GPL-2.0
/* How a daemon ends, and what does not end it. */
#include "event.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "array.h"
#include "unit.h"

static int open_error;

static int open_device(struct hvu_client *client)
{
	(void)client;
	return open_error;
}

/* Who may be started again, and for whom that would not help. */
static void statuses(void **state)
{
	static const struct {
		int error;
		int status;
	} rows[] = {
		{ -EBUSY, HVU_EXIT_UNAVAILABLE }, { -EPROTO, HVU_EXIT_UNAVAILABLE },
		{ -EACCES, HVU_EXIT_UNAVAILABLE }, { -ENOMEM, 1 }, { -EMFILE, 1 }, { -ENFILE, 1 },
	};
	const struct hvu_client_ops ops = { .open = open_device };
	struct unit_root *root = *state;
	static struct hvu_client client;
	sd_event *event;

	unit_folder(root, "dev");
	assert_int_equal(hvu_event_new(&event), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		open_error = rows[i].error;
		assert_int_equal(hvu_event_serve(event, &client, &ops, root->fd, "kvp", 0),
				 rows[i].status);
	}
	sd_event_unref(event);
}

/* The reader of standard error has gone, say. */
static void broken_pipe(void **state)
{
	sd_event *event;
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(hvu_event_new(&event), 0);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_true(write(ends[1], "", 1) < 0);
	assert_int_equal(errno, EPIPE);
	close(ends[1]);
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(statuses, unit_root_setup, unit_root_teardown),
		cmocka_unit_test(broken_pipe),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
