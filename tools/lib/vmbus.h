/* SPDX-License-Identifier: GPL-2.0 */
/* The integration services as the bus shows them, whoever drives them. */
#ifndef HVIC_VMBUS_H
#define HVIC_VMBUS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/hv_ic.h>

#define HVIC_SERVICES 6

/**
 * struct hvic_service_info - what there is to know about a service beforehand
 * @id: number in the netlink family
 * @name: ours
 * @class: GUID of its VMBus devices, as sysfs writes it but without braces
 * @host_name: what the host's tools call it
 * @daemons: names of the processes of others that serve it, ended by NULL
 */
struct hvic_service_info {
	enum hv_ic_service id;
	const char *name;
	const char *class;
	const char *host_name;
	const char *daemons[5];
};

extern const struct hvic_service_info hvic_services[HVIC_SERVICES];
extern const char *const hvic_service_names[HVIC_SERVICES + 1];

const struct hvic_service_info *hvic_service_find(const char *name);

#define HVIC_GUID_SIZE 37
#define HVIC_NAME_SIZE 64

/**
 * struct hvic_device - a device of an integration service
 * @service: the service
 * @id: GUID of the instance: the name of the device
 * @driver: that holds it; "" if none does
 * @state: of the channel, as hv_ic says; "" if another driver holds it
 */
struct hvic_device {
	const struct hvic_service_info *service;
	char id[HVIC_GUID_SIZE];
	char driver[HVIC_NAME_SIZE];
	char state[HVIC_NAME_SIZE];
};

int hvic_devices(int root, struct hvic_device **devices);
bool hvic_service_has_switch(int root, const struct hvic_service_info *service);

#endif
