/* SPDX-License-Identifier: GPL-2.0 */
/* Data exchange: keys and values, and the guest's IP configuration. */
#ifndef HVHOST_IC_KVP_H
#define HVHOST_IC_KVP_H

#include "ic.h"

extern const struct ic_service ic_kvp;

enum { KVP_EXTERNAL, KVP_GUEST, KVP_AUTO, KVP_AUTO_EXTERNAL };

/** kvp_type_name() - "string", "expand", "dword", "qword" or "?" */
const char *kvp_type_name(uint32_t type);

struct kvp_item {
	uint32_t type;			/* WIRE_KVP_STRING ... */
	char key[3 * WIRE_KVP_KEY];	/* UTF-8 */
	char value[3 * WIRE_KVP_VALUE];	/* numbers as decimal text */
};

ic_result kvp_set(struct ic *ic, unsigned int pool, const char *key, const char *value);
ic_result kvp_set_expand(struct ic *ic, unsigned int pool, const char *key, const char *value);
ic_result kvp_set_number(struct ic *ic, unsigned int pool, const char *key, uint32_t type,
			 uint64_t value);
ic_result kvp_delete(struct ic *ic, unsigned int pool, const char *key);
ic_result kvp_enumerate(struct ic *ic, unsigned int pool, uint32_t index,
			struct kvp_item *item);

/** kvp_get() - GET on the wire, which ordinary host tools do not send */
ic_result kvp_get(struct ic *ic, unsigned int pool, const char *key, struct kvp_item *item);

/** kvp_find() - enumerate until @key comes, as host tools do */
ic_result kvp_find(struct ic *ic, unsigned int pool, const char *key, struct kvp_item *item);

#define KVP_IP_TEXT 1024

/* One adapter; lists are ';'-separated UTF-8, in both forms of the protocol. */
struct kvp_ip {
	uint8_t family;			/* WIRE_KVP_IPV4 | WIRE_KVP_IPV6 */
	bool dhcp;
	char address[3 * KVP_IP_TEXT];
	char subnet[3 * KVP_IP_TEXT];	/* masks for v4, prefix lengths for v6 */
	char gateway[3 * KVP_IP_TEXT];
	char dns[3 * KVP_IP_TEXT];
	char origin[3 * KVP_IP_TEXT];	/* unknown, other, static; from 5.0 */
};

/** kvp_get_ip() - @adapter is the MAC address as text */
ic_result kvp_get_ip(struct ic *ic, const char *adapter, struct kvp_ip *ip);

/** kvp_set_ip() - @adapter is the instance GUID in braces */
ic_result kvp_set_ip(struct ic *ic, const char *adapter, const struct kvp_ip *ip);

#endif
