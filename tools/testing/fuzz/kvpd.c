// SPDX-License-Identifier: GPL-2.0
/*
 * The parsers of hvic-kvpd on any text: os-release, resolv.conf, hosts, and the files of leases and
 * name servers.
 */
#include <string.h>

#include "hostname.h"
#include "lease.h"
#include "osrelease.h"
#include "scratch.h"
#include "target.h"

static void fuzz_servers(const char *text)
{
	struct hvic_servers servers = { 0 };
	struct hv_ic_kvp_address address;

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
}

static void fuzz_name(const char *text, const uint8_t *data, size_t size)
{
	char name[64];

	scratch_write("etc/hosts", data, size);
	scratch_write("etc/resolv.conf", data, size);
	hvic_hostname_qualify(scratch(), "host", name, sizeof(name));
	must(!strncasecmp(name, "host", 4));
	hvic_hostname_qualify(scratch(), text, name, sizeof(name));
	must(memchr(name, '\0', sizeof(name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hvic_os_release os;
	char *text = text_of(data, size);

	hvic_os_release_parse(&os, text);
	must(os.name[0] && memchr(os.name, '\0', sizeof(os.name)));
	must(memchr(os.version_id, '\0', sizeof(os.version_id)));
	must(!strpbrk(os.name, "\n\r\t"));
	fuzz_servers(text);
	fuzz_name(text, data, size);
	free(text);
	return 0;
}
