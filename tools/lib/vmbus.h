/* SPDX-License-Identifier: GPL-2.0 */
/* The integration services as the bus shows them, under any driver. */
#ifndef HVU_VMBUS_H
#define HVU_VMBUS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/hv_ic.h>

#define HVU_SERVICES 6

/**
 * struct hvu_service_info - what there is to know about a service beforehand
 * @id: number in the netlink family
 * @name: ours
 * @class: GUID of its VMBus devices, as sysfs writes it but without braces
 * @host_name: what the host's tools call it
 * @daemons: names of the processes that serve it, ended by NULL
 */
struct hvu_service_info {
	enum hv_ic_service id;
	const char *name;
	const char *class;
	const char *host_name;
	const char *daemons[5];
};

extern const struct hvu_service_info hvu_services[HVU_SERVICES];
extern const char *const hvu_service_names[HVU_SERVICES + 1];

const struct hvu_service_info *hvu_service_find(const char *name);

#define HVU_GUID_SIZE 37
#define HVU_NAME_SIZE 64

/**
 * struct hvu_device - a device of an integration service
 * @service: the service
 * @id: GUID of the instance: the name of the device
 * @driver: that holds it; "" if none does
 * @state: of the channel, as hv_ic says; "" if another driver holds it
 */
struct hvu_device {
	const struct hvu_service_info *service;
	char id[HVU_GUID_SIZE];
	char driver[HVU_NAME_SIZE];
	char state[HVU_NAME_SIZE];
};

int hvu_devices(int root, struct hvu_device **devices);
bool hvu_service_has_switch(int root, const struct hvu_service_info *service);

#endif
