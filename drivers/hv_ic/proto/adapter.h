/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The id of a network adapter: its MAC address, or the GUID of its VMBus device.
 *
 * Hosts write both in several ways, but what compares an id with what Linux says
 * of an adapter does so letter by letter.
 */
#ifndef HVIC_PROTO_ADAPTER_H
#define HVIC_PROTO_ADAPTER_H

#include <linux/hv_ic.h>

void hvic_adapter_normalise(char id[HV_IC_KVP_ADAPTER_SIZE]);
void hvic_adapter_raise_mac(char *id);

#endif
