/* SPDX-License-Identifier: GPL-2.0 */
/* What a host wants an adapter to have. */
#ifndef HVIC_UNIT_WANTED_H
#define HVIC_UNIT_WANTED_H

#include "lease.h"
#include "unit.h"

static void add(struct hv_ic_kvp_address *to, const char *text, uint8_t prefix)
{
	assert_true(hvic_lease_parse_address(text, to));
	to->prefix = prefix;
}

static struct hv_ic_kvp_ip v4(void)
{
	struct hv_ic_kvp_ip ip = { .n_addresses = 1, .n_gateways = 1, .n_dns = 1 };

	add(&ip.addresses[0], "192.0.2.7", 24);
	add(&ip.gateways[0], "192.0.2.1", 0);
	add(&ip.dns[0], "192.0.2.53", 0);
	return ip;
}

#endif
