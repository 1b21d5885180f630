// SPDX-License-Identifier: GPL-2.0
/*
 * The parsers of hvic-kvpd on any text: os-release, resolv.conf, hosts, and the files of leases,
 * name servers and systemd-networkd.
 */
#include <string.h>

#include "array.h"
#include "hostname.h"
#include "lease.h"
#include "network_file.h"
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

/* What the host wants is said once, however often the host says it. */
static void fuzz_network(const char *text)
{
	static const struct hv_ic_kvp_ip words[] = {
		{ .dhcp = 1 },
		{ .n_addresses = 1, .addresses = { { .family = 4, .prefix = 8, .bytes = { 9 } } } },
		{ .n_addresses = 1, .addresses = { { .family = 6, .prefix = 8, .bytes = { 9 } } },
		  .n_dns = 1, .dns = { { .family = 4, .bytes = { 9 } } } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char *base = strdup(text);
		char *once = hvic_network_file_print("eth0", base, &words[i], &words[0]);
		char *copy = strdup(once);
		char *twice = hvic_network_file_print("eth0", copy, &words[i], &words[0]);

		must(!strcmp(once, twice));
		free(base);
		free(once);
		free(copy);
		free(twice);
	}
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
	fuzz_network(text);
	free(text);
	return 0;
}
