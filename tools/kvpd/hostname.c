// SPDX-License-Identifier: GPL-2.0
/*
 * The name of this machine, without asking anybody.
 *
 * A resolver may take its time, or answer with what the network says today. The host wants to know
 * what the machine calls itself: that is in files.
 */
#include "hostname.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "root.h"

#define SPACE " \t\r\n"

static bool is_host_of(const char *name, const char *host)
{
	size_t len = strlen(host);

	return !strncasecmp(name, host, len) && name[len] == '.' && name[len + 1];
}

/* The name with a domain in the line of /etc/hosts that names the host. */
static bool take_hosts_line(char *line, const char *host, char *name, size_t size)
{
	const char *full = NULL;
	bool is_ours = false;
	char *word, *rest;

	line[strcspn(line, "#")] = '\0';
	if (!strtok_r(line, SPACE, &rest))
		return false;
	while ((word = strtok_r(NULL, SPACE, &rest))) {
		is_ours = is_ours || !strcasecmp(word, host) || is_host_of(word, host);
		if (!full && is_host_of(word, host))
			full = word;
	}
	if (!is_ours || !full)
		return false;
	snprintf(name, size, "%s", full);
	return true;
}

static bool find_in_hosts(int root, const char *host, char *name, size_t size)
{
	FILE *file = hvu_fopen(root, "etc/hosts");
	char *line = NULL;
	bool found = false;
	size_t len = 0;

	if (!file)
		return false;
	while (!found && getline(&line, &len, file) >= 0)
		found = take_hosts_line(line, host, name, size);
	free(line);
	fclose(file);
	return found;
}

/* The last of them counts, as resolv.conf(5) says. */
static bool find_domain(int root, const char *host, char *name, size_t size)
{
	FILE *file = hvu_fopen(root, "etc/resolv.conf");
	char *line = NULL, *word, *rest;
	bool found = false;
	size_t len = 0;

	if (!file)
		return false;
	while (getline(&line, &len, file) >= 0) {
		word = strtok_r(line, SPACE, &rest);
		if (!word || (strcmp(word, "domain") && strcmp(word, "search")))
			continue;
		word = strtok_r(NULL, SPACE, &rest);
		if (!word || *word == '.')
			continue;
		snprintf(name, size, "%s.%s", host, word);
		found = true;
	}
	free(line);
	fclose(file);
	return found;
}

/**
 * hvic_hostname_qualify() - the name of this machine with its domain, if there is one
 * @root: below which /etc is
 * @host: the machine's name, with its domain or without
 * @name: gets it
 * @size: of @name
 */
void hvic_hostname_qualify(int root, const char *host, char *name, size_t size)
{
	bool has_domain = strchr(host, '.') || !*host || !strcmp(host, "localhost");

	if (!has_domain && find_in_hosts(root, host, name, size))
		return;
	if (!has_domain && find_domain(root, host, name, size))
		return;
	snprintf(name, size, "%s", host);
}
