/* SPDX-License-Identifier: GPL-2.0 */
/* The driver on VMBus: one device per offered channel. */
#ifndef HVIC_VMBUS_H
#define HVIC_VMBUS_H

#include <linux/types.h>

struct hvic_channel;
struct hvic_service;

int hvic_vmbus_register(void);
void hvic_vmbus_unregister(void);
int hvic_vmbus_apply_switch_of(const struct hvic_service *svc);
int hvic_vmbus_for_each_channel(const struct hvic_service *svc,
				int (*look)(struct hvic_channel *ch, void *arg), void *arg);
unsigned int hvic_vmbus_generation(void);
u32 hvic_vmbus_relid(const struct hvic_channel *ch);
const struct hvic_service *hvic_vmbus_service(unsigned int index);

#endif
