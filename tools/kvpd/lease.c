// SPDX-License-Identifier: GPL-2.0
/*
 * What files say of name servers and of addresses that DHCP has given.
 *
 * systemd-networkd, systemd-resolved, NetworkManager and resolv.conf(5) tell by files what they
 * would tell by D-Bus, and a file cannot keep us waiting. They are read once, and again when one of
 * them has changed: their times are looked at before each answer. What systemd-resolved says of an
 * interface is in files for itself alone, which resolved.c does without.
 */
#include "lease.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "resolved.h"
#include "root.h"
#include "stamp.h"

/* Programs replace what is in the folders: that changes the time of the folder. */
static const char *const watched[] = {
	"etc/resolv.conf",
	"run/systemd/resolve/resolv.conf",
	"run/systemd/resolve/netif",
	"run/systemd/netif/links",
	"run/systemd/netif/leases",
	"run/NetworkManager/no-stub-resolv.conf",
	"var/lib/NetworkManager",
	"run/dbus/system_bus_socket",
};

#define FILE_SIZE 16384
#define SPACE " \t\r\n"

/* --- Parsers. ----------------------------------------------------------------------------- */

/**
 * hvic_lease_parse_address() - read an address as programs write those of servers
 * @text: "192.0.2.1", "2001:db8::1", "[2001:db8::1]:53", "192.0.2.1:53", and behind it perhaps
 *	"%eth0" and "#name"
 * @address: gets it
 *
 * Return: was it one?
 */
bool hvic_lease_parse_address(const char *text, struct hv_ic_kvp_address *address)
{
	char word[INET6_ADDRSTRLEN];
	bool has_bracket = *text == '[';
	const char *colon;
	size_t len;

	text += has_bracket;
	len = strcspn(text, "]%#");
	/* A single colon separates the port from an IPv4 address. */
	colon = memchr(text, ':', len);
	if (!has_bracket && colon && !memchr(colon + 1, ':', len - (colon + 1 - text)))
		len = colon - text;
	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	*address = (struct hv_ic_kvp_address){ .family = 4 };
	if (inet_pton(AF_INET, word, address->bytes) == 1)
		return true;
	address->family = 6;
	return inet_pton(AF_INET6, word, address->bytes) == 1;
}

static void add_server(struct hvic_servers *servers, const char *text)
{
	struct hv_ic_kvp_address address;

	if (servers->n == ARRAY_SIZE(servers->ip) || !hvic_lease_parse_address(text, &address))
		return;
	for (size_t i = 0; i < servers->n; i++)
		if (!memcmp(&servers->ip[i], &address, sizeof(address)))
			return;
	servers->ip[servers->n++] = address;
}

/* The next word of a line; false at its end. */
static bool next_word(const char **text, char *word, size_t size)
{
	size_t len;

	*text += strspn(*text, " \t\r");
	len = strcspn(*text, SPACE);
	if (!len)
		return false;
	snprintf(word, size, "%.*s", (int)(len < size ? len : size - 1), *text);
	*text += len;
	return true;
}

static const char *next_line(const char *text)
{
	text += strcspn(text, "\n");
	return text + (*text == '\n');
}

/**
 * hvic_lease_parse_resolv_conf() - the name servers of resolv.conf(5)
 * @text: any text
 * @servers: gets them, behind what is there
 */
void hvic_lease_parse_resolv_conf(const char *text, struct hvic_servers *servers)
{
	char word[128];

	for (; *text; text = next_line(text)) {
		const char *at = text;

		if (next_word(&at, word, sizeof(word)) && !strcmp(word, "nameserver") &&
		    next_word(&at, word, sizeof(word)))
			add_server(servers, word);
	}
}

static const char *value_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (; *text; text = next_line(text))
		if (!strncmp(text, key, len) && text[len] == '=')
			return text + len + 1;
	return NULL;
}

/**
 * hvic_lease_parse_servers() - the name servers of a file of systemd
 * @text: any text, with a line "KEY=address address..."
 * @key: that
 * @servers: gets them, behind what is there
 */
void hvic_lease_parse_servers(const char *text, const char *key, struct hvic_servers *servers)
{
	const char *value = value_of(text, key);
	char word[128];

	while (value && next_word(&value, word, sizeof(word)))
		add_server(servers, word);
}

/**
 * hvic_lease_parse_leased() - the address of a lease of systemd's DHCP client
 * @text: any text, with a line "ADDRESS=192.0.2.1"
 * @address: gets it, or family 0
 */
void hvic_lease_parse_leased(const char *text, struct hv_ic_kvp_address *address)
{
	const char *value = value_of(text, "ADDRESS");
	char word[128];

	if (!value || !next_word(&value, word, sizeof(word)) ||
	    !hvic_lease_parse_address(word, address))
		*address = (struct hv_ic_kvp_address){ };
}

/* --- Files. ------------------------------------------------------------------------------- */

static bool is_loopback(const struct hv_ic_kvp_address *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return address->family == 4 ? address->bytes[0] == 127 :
		!memcmp(address->bytes, loopback, sizeof(loopback));
}

static bool has_real_server(const struct hvic_servers *servers)
{
	for (size_t i = 0; i < servers->n; i++)
		if (!is_loopback(&servers->ip[i]))
			return true;
	return false;
}

/* A server on this machine has the servers that it asks in turn in a file of its own. */
static void read_common_servers(int root, struct hvic_servers *servers)
{
	static const char *const files[] = {
		"etc/resolv.conf",
		"run/systemd/resolve/resolv.conf",
		"run/NetworkManager/no-stub-resolv.conf",
	};
	char text[FILE_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct hvic_servers found = { };

		hvu_read(root, text, sizeof(text), "%s", files[i]);
		hvic_lease_parse_resolv_conf(text, &found);
		if (has_real_server(&found) || !servers->n)
			*servers = found;
		if (has_real_server(&found))
			return;
	}
}

static void read_servers(const struct hvic_leases *leases, int index, struct hvic_servers *servers)
{
	char text[FILE_SIZE];
	int root = leases->root;

	if (leases->resolved)
		servers->n = hvic_resolved_find(leases->resolved, index, servers->ip,
						ARRAY_SIZE(servers->ip));
	if (!servers->n &&
	    hvu_read(root, text, sizeof(text), "run/systemd/resolve/netif/%d", index) > 0)
		hvic_lease_parse_servers(text, "SERVERS", servers);
	if (!servers->n &&
	    hvu_read(root, text, sizeof(text), "run/systemd/netif/links/%d", index) > 0)
		hvic_lease_parse_servers(text, "DNS", servers);
	if (!servers->n)
		read_common_servers(root, servers);
}

static bool is_newer(int root, const char *file, struct timespec *newest)
{
	int fd = hvu_open(root, O_PATH, "var/lib/NetworkManager/%s", file);
	struct stat info = { };

	if (fd < 0)
		return false;
	fstat(fd, &info);
	close(fd);
	if (info.st_mtim.tv_sec < newest->tv_sec ||
	    (info.st_mtim.tv_sec == newest->tv_sec && info.st_mtim.tv_nsec <= newest->tv_nsec))
		return false;
	*newest = info.st_mtim;
	return true;
}

/*
 * NetworkManager's own DHCP client names the file internal-CONNECTION-INTERFACE.lease. Those of
 * connections that the interface had before stay.
 */
static void read_nm_lease(int root, const char *name, struct hv_ic_kvp_address *leased)
{
	char **files = hvu_list(root, "var/lib/NetworkManager");
	struct timespec newest = { };
	char end[64], text[FILE_SIZE];

	snprintf(end, sizeof(end), "-%s.lease", name);
	for (char **file = files; file && *file; file++) {
		size_t len = strlen(*file);

		if (strncmp(*file, "internal-", 9) || len < strlen(end) ||
		    strcmp(*file + len - strlen(end), end))
			continue;
		if (is_newer(root, *file, &newest) &&
		    hvu_read(root, text, sizeof(text), "var/lib/NetworkManager/%s", *file) > 0)
			hvic_lease_parse_leased(text, leased);
	}
	hvu_list_free(files);
}

static void read_lease(struct hvic_leases *leases, struct hvic_lease *lease, int index,
		       const char *name)
{
	char text[FILE_SIZE];

	*lease = (struct hvic_lease){ .index = index };
	snprintf(lease->name, sizeof(lease->name), "%s", name);
	leases->n_reads++;
	read_servers(leases, lease->index, &lease->servers);
	if (hvu_read(leases->root, text, sizeof(text), "run/systemd/netif/leases/%d",
		     lease->index) > 0)
		hvic_lease_parse_leased(text, &lease->leased);
	if (!lease->leased.family)
		read_nm_lease(leases->root, name, &lease->leased);
}

static bool is_known(const struct hvic_leases *leases, uint64_t stamp)
{
	return stamp == leases->stamp &&
	       (!leases->resolved || leases->version == leases->resolved->version);
}

/**
 * hvic_lease_find() - what is known of an interface
 * @leases: what has been read; zeroed but for @root at first
 * @index: of the interface
 * @name: of the interface
 *
 * Return: that, until the next call; NULL without memory.
 */
const struct hvic_lease *hvic_lease_find(struct hvic_leases *leases, int index, const char *name)
{
	uint64_t stamp = hvic_stamp(leases->root, watched, ARRAY_SIZE(watched));
	struct hvic_lease *more;

	if (!is_known(leases, stamp))
		leases->n_leases = 0;
	/* Its answer is there for the next time. */
	if (leases->resolved && (stamp != leases->stamp || hvic_resolved_is_deaf(leases->resolved)))
		hvic_resolved_ask(leases->resolved);
	if (leases->resolved)
		leases->version = leases->resolved->version;
	leases->stamp = stamp;
	for (size_t i = 0; i < leases->n_leases; i++) {
		struct hvic_lease *known = &leases->leases[i];

		if (known->index != index)
			continue;
		if (strcmp(known->name, name))
			read_lease(leases, known, index, name);
		return known;
	}
	more = reallocarray(leases->leases, leases->n_leases + 1, sizeof(*more));
	if (!more)
		return NULL;
	leases->leases = more;
	more += leases->n_leases++;
	read_lease(leases, more, index, name);
	return more;
}

/** hvic_leases_free() - forget it all */
void hvic_leases_free(struct hvic_leases *leases)
{
	free(leases->leases);
}
