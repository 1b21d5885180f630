/* SPDX-License-Identifier: GPL-2.0 */
/* IP addresses as text, the way that hosts and older daemons write them. */
#ifndef HVIC_PROTO_IP_H
#define HVIC_PROTO_IP_H

#include <linux/hv_ic.h>

#include "span.h"
#include "wire.h"

/* The longest text of an address, or of its subnet, with a NUL. */
#define HVIC_IP_TEXT_SIZE	48

int hvic_ip_parse(struct hvic_span text, struct hv_ic_kvp_address *address);
size_t hvic_ip_format(const struct hv_ic_kvp_address *address, char text[HVIC_IP_TEXT_SIZE]);
int hvic_ip_parse_subnet(struct hvic_span text, struct hv_ic_kvp_address *address);
size_t hvic_ip_format_subnet(const struct hv_ic_kvp_address *address,
			     char text[HVIC_IP_TEXT_SIZE]);
int hvic_ip_prefix_of_mask(const u8 mask[4]);
void hvic_ip_mask_of_prefix(unsigned int prefix, u8 mask[4]);

/**
 * struct hvic_ip_text - an adapter's set-up as lists, separated by semicolons
 * @address: addresses
 * @subnet: for each address its mask or prefix
 * @gateway: default gateways
 * @dns: name servers
 */
struct hvic_ip_text {
	struct hvic_span address;
	struct hvic_span subnet;
	struct hvic_span gateway;
	struct hvic_span dns;
};

/**
 * struct hvic_ip_lists - room for the lists, as long as the host's fields
 * @address: addresses
 * @subnet: for each address its mask or prefix
 * @gateway: default gateways
 * @dns: name servers
 */
struct hvic_ip_lists {
	char address[HVIC_WIRE_KVP_ADDRESS_UNITS];
	char subnet[HVIC_WIRE_KVP_ADDRESS_UNITS];
	char gateway[HVIC_WIRE_KVP_GATEWAY_UNITS];
	char dns[HVIC_WIRE_KVP_ADDRESS_UNITS];
};

unsigned int hvic_ip_from_text(const struct hvic_ip_text *text, struct hv_ic_kvp_ip *ip);
void hvic_ip_to_lists(const struct hv_ic_kvp_ip *ip, struct hvic_ip_lists *lists);

#endif
