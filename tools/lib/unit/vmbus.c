// SPDX-License-Identifier: GPL-2.0
/* The integration services as the bus shows them. */
#include "vmbus.h"

#include <errno.h>
#include <stdlib.h>

#include "unit.h"

#define SHUTDOWN "b6650ff7-33bc-4840-8048-e0676786f393"
#define HEARTBEAT "fd149e91-82e0-4a7d-afa6-2a4166cbd7c0"

static void no_bus(void **state)
{
	struct unit_root *root = *state;
	struct hvu_device *devices;

	assert_int_equal(hvu_devices(root->fd, &devices), -ENXIO);
	assert_null(devices);
}

static void devices(void **state)
{
	struct unit_root *root = *state;
	struct hvu_device *devices;

	/* sysfs may write hexadecimal digits in either case. */
	unit_device(root, SHUTDOWN, "0E0B6031-5213-4934-818B-38D90CED39DB", "hv_ic");
	unit_file(root, "sys/bus/vmbus/devices/" SHUTDOWN "/ic/state", "ready\n");
	unit_device(root, HEARTBEAT, "57164f39-9115-4e78-ab55-382f3bd5422d", NULL);
	/* A network card, and rubbish. */
	unit_device(root, "00000000-0000-0000-0000-000000000000",
		    "f8615163-df3e-46c5-913f-f2d2f965ed0e", "hv_netvsc");
	unit_file(root, "sys/bus/vmbus/devices/x/class_id", "{57164f39");
	unit_folder(root, "sys/bus/vmbus/devices/y");

	assert_int_equal(hvu_devices(root->fd, &devices), 2);
	assert_string_equal(devices[0].service->name, "heartbeat");
	assert_string_equal(devices[0].id, HEARTBEAT);
	assert_string_equal(devices[0].driver, "");
	assert_string_equal(devices[0].state, "");
	assert_string_equal(devices[1].service->name, "shutdown");
	assert_string_equal(devices[1].driver, "hv_ic");
	assert_string_equal(devices[1].state, "ready");
	free(devices);
}

static void names(void **state)
{
	struct unit_root *root = *state;

	for (size_t i = 0; i < HVU_SERVICES; i++)
		assert_ptr_equal(hvu_service_find(hvu_service_names[i]), &hvu_services[i]);
	assert_null(hvu_service_names[HVU_SERVICES]);
	assert_null(hvu_service_find("network"));

	unit_file(root, "sys/module/hv_ic/parameters/shutdown", "Y\n");
	assert_true(hvu_service_has_switch(root->fd, hvu_service_find("shutdown")));
	assert_false(hvu_service_has_switch(root->fd, hvu_service_find("kvp")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_bus, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(devices, unit_root_setup, unit_root_teardown),
		cmocka_unit_test_setup_teardown(names, unit_root_setup, unit_root_teardown),
	};

	return cmocka_run_group_tests_name("vmbus", tests, NULL, NULL);
}
