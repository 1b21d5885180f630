// SPDX-License-Identifier: GPL-2.0
/* The integration services as the bus shows them. */
#include "vmbus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "root.h"

#define DEVICES "sys/bus/vmbus/devices"

const struct hvu_service_info hvu_services[HVU_SERVICES] = {
	{
		.id = HV_IC_SERVICE_HEARTBEAT, .name = "heartbeat", .host_name = "Heartbeat",
		.class = "57164f39-9115-4e78-ab55-382f3bd5422d",
	}, {
		.id = HV_IC_SERVICE_SHUTDOWN, .name = "shutdown", .host_name = "Shutdown",
		.class = "0e0b6031-5213-4934-818b-38d90ced39db",
	}, {
		.id = HV_IC_SERVICE_TIMESYNC, .name = "timesync",
		.host_name = "Time Synchronization",
		.class = "9527e630-d0ae-497b-adce-e80ab0175caf",
	}, {
		.id = HV_IC_SERVICE_KVP, .name = "kvp", .host_name = "Key-Value Pair Exchange",
		.class = "a9a0f4e7-5a45-4d96-b827-8a841e8c03e6",
		.daemons = { "hvic-kvpd", "hv_kvp_daemon", "hypervkvpd" },
	}, {
		.id = HV_IC_SERVICE_VSS, .name = "vss", .host_name = "VSS",
		.class = "35fa2e29-ea23-4236-96ae-3a6ebacba440",
		.daemons = { "hvic-vssd", "hv_vss_daemon", "hypervvssd" },
	}, {
		.id = HV_IC_SERVICE_FCOPY, .name = "fcopy", .host_name = "Guest Service Interface",
		.class = "34d14be3-dee4-41c8-9ae7-6b174977c192",
		/* The kernel keeps 15 characters of a process' name. */
		.daemons = { "hvic-fcopyd", "hv_fcopy_daemon", "hypervfcopyd", "hv_fcopy_uio_da" },
	},
};

const char *const hvu_service_names[HVU_SERVICES + 1] = {
	"heartbeat", "shutdown", "timesync", "kvp", "vss", "fcopy", NULL
};

/** hvu_service_find() - by our name; NULL if there is none */
const struct hvu_service_info *hvu_service_find(const char *name)
{
	for (size_t i = 0; i < HVU_SERVICES; i++) {
		if (!strcmp(name, hvu_services[i].name))
			return &hvu_services[i];
	}
	return NULL;
}

/* sysfs writes "{guid}". */
static const struct hvu_service_info *service_of_class(const char *class)
{
	for (size_t i = 0; i < HVU_SERVICES; i++) {
		size_t len = strlen(hvu_services[i].class);

		if (class[0] == '{' && !strncasecmp(class + 1, hvu_services[i].class, len) &&
		    class[len + 1] == '}')
			return &hvu_services[i];
	}
	return NULL;
}

/**
 * hvu_devices() - the devices of integration services
 * @root: where sysfs is below
 * @devices: gets an array, to be freed, in the order of hvu_services
 *
 * Return: how many; %-ENXIO if there is no VMBus, or another negative errno.
 */
int hvu_devices(int root, struct hvu_device **devices)
{
	const struct hvu_service_info *service;
	struct hvu_device *found;
	char **names;
	size_t n = 0;

	*devices = NULL;
	if (!hvu_exists(root, DEVICES))
		return -ENXIO;
	names = hvu_list(root, DEVICES);
	if (!names)
		return -ENOMEM;
	while (names[n])
		n++;
	found = calloc(n + 1, sizeof(*found));
	if (!found) {
		hvu_list_free(names);
		return -ENOMEM;
	}

	n = 0;
	for (service = hvu_services; service < hvu_services + HVU_SERVICES; service++) {
		for (char **name = names; *name; name++) {
			struct hvu_device *device = &found[n];
			char class[HVU_NAME_SIZE];

			hvu_read(root, class, sizeof(class), DEVICES "/%s/class_id", *name);
			if (service_of_class(class) != service ||
			    strlen(*name) >= sizeof(device->id))
				continue;
			device->service = service;
			strcpy(device->id, *name);
			hvu_link_name(root, device->driver, sizeof(device->driver),
				      DEVICES "/%s/driver", *name);
			hvu_read(root, device->state, sizeof(device->state),
				 DEVICES "/%s/ic/state", *name);
			n++;
		}
	}
	hvu_list_free(names);
	*devices = found;
	return n;
}

/** hvu_service_has_switch() - does the loaded module serve it? Then it has a switch for it. */
bool hvu_service_has_switch(int root, const struct hvu_service_info *service)
{
	return hvu_exists(root, "sys/module/hv_ic/parameters/%s", service->name);
}
