/* SPDX-License-Identifier: GPL-2.0 */
/* The network as the host sees it. */
#ifndef HVIC_ADAPTERS_H
#define HVIC_ADAPTERS_H

#include "lease.h"
#include "net.h"

size_t hvic_adapters_list(const struct hvic_net *net, char *const *exclude, uint8_t family,
			  char *text, size_t size);
bool hvic_adapters_bears(const struct hvic_net *net, int index);
const struct hvic_link *hvic_adapters_find(const struct hvic_net *net, const char *adapter);
int hvic_adapters_describe(const struct hvic_net *net, struct hvic_leases *leases,
			   const char *adapter, struct hv_ic_kvp_ip *ip);

#endif
