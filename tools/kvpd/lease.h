/* SPDX-License-Identifier: GPL-2.0 */
/* What files say of name servers and of addresses that DHCP has given. */
#ifndef HVIC_LEASE_H
#define HVIC_LEASE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/hv_ic.h>

#define HVIC_NAME_SERVERS 16

struct hvic_resolved;

/**
 * struct hvic_servers - name servers
 * @n: how many
 * @ip: their addresses
 */
struct hvic_servers {
	size_t n;
	struct hv_ic_kvp_address ip[HVIC_NAME_SERVERS];
};

/**
 * struct hvic_lease - what is known of an interface
 * @index: of the interface
 * @name: of it, by which files of others know it
 * @servers: its name servers, or those of the whole system
 * @leased: the address that it has of DHCP; of family 0 if nothing says so
 */
struct hvic_lease {
	int index;
	char name[IF_NAMESIZE];
	struct hvic_servers servers;
	struct hv_ic_kvp_address leased;
};

/**
 * struct hvic_leases - what has been read, until a file changes
 * @root: below which the files are
 * @resolved: who knows more about name servers; NULL for nobody
 * @version: of what that one knows
 * @stamp: when they have changed last, in one number
 * @leases: of the interfaces that somebody has asked for
 * @n_leases: how many
 * @n_reads: how often files were read
 */
struct hvic_leases {
	int root;
	struct hvic_resolved *resolved;
	unsigned int version;
	uint64_t stamp;
	struct hvic_lease *leases;
	size_t n_leases;
	unsigned int n_reads;
};

const struct hvic_lease *hvic_lease_find(struct hvic_leases *leases, int index, const char *name);
void hvic_leases_free(struct hvic_leases *leases);

bool hvic_lease_parse_address(const char *text, struct hv_ic_kvp_address *address);
void hvic_lease_parse_resolv_conf(const char *text, struct hvic_servers *servers);
void hvic_lease_parse_servers(const char *text, const char *key, struct hvic_servers *servers);
void hvic_lease_parse_leased(const char *text, struct hv_ic_kvp_address *address);

#endif
