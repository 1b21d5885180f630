// SPDX-License-Identifier: GPL-2.0
/* The system bus, as it should not be. */
#include "sysbus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

/* A bus that takes connections and says nothing. */
static void hung_bus(void **state)
{
	struct unit_root *root = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char name[128];
	struct sd_bus *bus;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus", root->path);
	snprintf(name, sizeof(name), "unix:path=%s", address.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", name, 1);
	assert_int_equal(hvu_bus_open(&bus, 100000), -ETIMEDOUT);
	assert_null(bus);
	unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hung_bus, unit_root_setup, unit_root_teardown),
	};

	return cmocka_run_group_tests_name("sysbus", tests, NULL, NULL);
}
