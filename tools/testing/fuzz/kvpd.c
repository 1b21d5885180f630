// SPDX-License-Identifier: GPL-2.0
/*
 * The parsers of hvic-kvpd on any text, for libFuzzer: os-release, resolv.conf, and the files of
 * leases and name servers.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lease.h"
#include "osrelease.h"
#include "target.h"

#define must(truth)	do { if (!(truth)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hvic_servers servers = { 0 };
	struct hv_ic_kvp_address address;
	struct hvic_os_release os;
	char *text = malloc(size + 1);

	must(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';

	hvic_os_release_parse(&os, text);
	must(os.name[0] && memchr(os.name, '\0', sizeof(os.name)));
	must(memchr(os.version_id, '\0', sizeof(os.version_id)));
	must(!strpbrk(os.name, "\n\r\t"));
	hvic_lease_parse_resolv_conf(text, &servers);
	hvic_lease_parse_servers(text, "DNS", &servers);
	hvic_lease_parse_servers(text, "SERVERS", &servers);
	must(servers.n <= HVIC_NAME_SERVERS);
	for (size_t i = 0; i < servers.n; i++)
		must(servers.ip[i].family == 4 || servers.ip[i].family == 6);
	hvic_lease_parse_leased(text, &address);
	must(!address.family || address.family == 4 || address.family == 6);
	if (hvic_lease_parse_address(text, &address))
		must(address.family == 4 || address.family == 6);
	free(text);
	return 0;
}
