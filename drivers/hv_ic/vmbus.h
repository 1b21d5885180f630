/* SPDX-License-Identifier: GPL-2.0 */
/* The driver on VMBus: one device per offered channel. */
#ifndef HVIC_VMBUS_H
#define HVIC_VMBUS_H

int hvic_vmbus_register(void);
void hvic_vmbus_unregister(void);
int hvic_vmbus_apply_switches(void);

#endif
