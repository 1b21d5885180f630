// SPDX-License-Identifier: GPL-2.0
/*
 * A file of systemd-networkd for an interface: what the host wants, and what else is said of it.
 *
 * Of the files that match an interface networkd reads the first one alone, with its drop-ins. So
 * the file that is to come before the others takes over what they say that is none of the host's
 * business: VLANs, the MTU, search domains, and the family that the host has not spoken of.
 */
#include "network_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "inject.h"
#include "lease.h"
#include "root.h"

/* More than anybody writes by hand, so that what does not fit is no such file. */
#define FILE_SIZE	65536
#define SPACE		" \t\r"

/* --- Reading. ---------------------------------------------------------------------------- */

static int append_file(FILE *to, int root, const char *path)
{
	FILE *file = hvu_fopen(root, "%s", path);
	char *text = malloc(FILE_SIZE);
	int ret = file ? 0 : -errno;
	size_t len = 0;

	if (!text)
		ret = -ENOMEM;
	if (!ret)
		len = fread(text, 1, FILE_SIZE, file);
	if (!ret && ferror(file))
		ret = -errno;
	else if (len == FILE_SIZE)
		ret = -EFBIG;
	if (len && text[len - 1] == '\n')
		len--;
	if (!ret)
		fprintf(to, "%.*s\n", (int)len, text);
	free(text);
	if (file)
		fclose(file);
	return ret;
}

/**
 * struct drop_ins - drop-ins of a file
 * @folders: where they may be; the first ones count
 * @paths: of those that count
 * @n: how many
 */
struct drop_ins {
	char *folders[4];
	char *paths[64];
	size_t n;
};

static int list_folder(struct drop_ins *drop_ins, int root, size_t folder)
{
	const char *const *folders = (const char *const *)drop_ins->folders;
	char **files = hvu_list(root, "%s", folders[folder]);
	int ret = files ? 0 : -ENOMEM;

	for (char **file = files; file && *file && !ret; file++) {
		const char *ending = strrchr(*file, '.');

		if (!ending || strcmp(ending, ".conf") ||
		    hvu_is_hidden(root, folders, folder, *file))
			continue;
		if (drop_ins->n == ARRAY_SIZE(drop_ins->paths))
			ret = -E2BIG;
		else if (asprintf(&drop_ins->paths[drop_ins->n], "%s/%s", folders[folder],
				  *file) < 0)
			ret = -ENOMEM;
		else
			drop_ins->n++;
	}
	hvu_list_free(files);
	return ret;
}

static int compare(const void *a, const void *b)
{
	const char *one = strrchr(*(char *const *)a, '/'), *other = strrchr(*(char *const *)b, '/');

	return strcmp(one, other);
}

/* By their names, wherever they are; of two with the same name the first folder's counts. */
static int append_drop_ins(FILE *to, int root, const char *name)
{
	static const char *const parents[] = { "etc", "run", "usr/local/lib", "usr/lib" };
	struct drop_ins drop_ins = { };
	size_t n = 0;
	int ret = 0;

	for (; n < ARRAY_SIZE(parents) && !ret; n++) {
		if (asprintf(&drop_ins.folders[n], "%s/systemd/network/%s.d", parents[n],
			     name) < 0) {
			ret = -ENOMEM;
			break;
		}
		ret = list_folder(&drop_ins, root, n);
	}
	qsort(drop_ins.paths, drop_ins.n, sizeof(*drop_ins.paths), compare);
	for (size_t i = 0; i < drop_ins.n; i++) {
		if (!ret)
			ret = append_file(to, root, drop_ins.paths[i]);
		/* A link to nowhere and a folder are none. */
		if (ret == -ENOENT || ret == -EISDIR)
			ret = 0;
		free(drop_ins.paths[i]);
	}
	while (n--)
		free(drop_ins.folders[n]);
	return ret;
}

/**
 * hvic_network_file_read() - a file, as one text
 * @root: below which it is
 * @path: of the file
 * @whole: with its drop-ins
 *
 * Return: the text, to be freed; NULL with errno set.
 */
char *hvic_network_file_read(int root, const char *path, bool whole)
{
	const char *name = strrchr(path, '/');
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	int ret;

	if (!file)
		return NULL;
	ret = append_file(file, root, path);
	if (!ret && whole)
		ret = append_drop_ins(file, root, name ? name + 1 : path);
	if (fclose(file) && !ret)
		ret = -ENOMEM;
	if (!ret)
		return text;
	free(text);
	errno = -ret;
	return NULL;
}

/* --- What stays of it. ------------------------------------------------------------------- */

/**
 * struct printer - a file that is being printed
 * @file: to there
 * @ip: what the host wants
 * @section: that a line belongs to, as its first line has it
 * @open: the section whose first line has been printed last
 * @dhcp: of the family it is in use
 */
struct printer {
	FILE *file;
	const struct hv_ic_kvp_ip *ip;
	char section[64];
	char open[64];
	struct {
		bool v4;
		bool v6;
	} dhcp;
};

static bool is_said(const struct printer *printer, uint8_t family)
{
	return family && hvic_job_has_family(printer->ip, family);
}

static bool is_said_of_dns(const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	for (uint32_t i = 0; i < ip->n_dns; i++)
		if (ip->dns[i].family == family)
			return true;
	return false;
}

/* Of which family is an address, whatever is behind it? 0 if there is none. */
static uint8_t family_of(const char *value)
{
	struct hv_ic_kvp_address address;
	char word[128];
	size_t len = strcspn(value, "/\\\n" SPACE);

	snprintf(word, sizeof(word), "%.*s", (int)len, value);
	if (hvic_lease_parse_address(word, &address))
		return address.family;
	if (!strcmp(word, "_dhcp") || !strcmp(word, "_dhcp4"))
		return 4;
	return !strcmp(word, "_dhcp6") || !strcmp(word, "_ipv6ra") ? 6 : 0;
}

/*
 * The first line of a section is printed with the first of it that stays. What would go on in the
 * next line ends: that is another one by now.
 */
static void keep_part(struct printer *printer, const char *key, const char *value, size_t len)
{
	while (len && strchr(SPACE "\\", value[len - 1]))
		len--;
	if (strcmp(printer->open, printer->section))
		fprintf(printer->file, "\n%s\n", printer->section);
	strcpy(printer->open, printer->section);
	fprintf(printer->file, "%s=%.*s\n", key, (int)len, value);
}

static void keep(struct printer *printer, const char *key, const char *value)
{
	keep_part(printer, key, value, strlen(value));
}

static void keep_dns(struct printer *printer, const char *value)
{
	size_t len;

	/* Those before this line do not count. */
	if (!*value)
		keep(printer, "DNS", "");
	for (; *value; value += len + strspn(value + len, SPACE)) {
		uint8_t family = family_of(value);

		len = strcspn(value, SPACE);
		if (!is_said(printer, family) && !is_said_of_dns(printer->ip, family))
			keep_part(printer, "DNS", value, len);
	}
}

static void note_dhcp(struct printer *printer, const char *value)
{
	static const char *const yes[] = { "yes", "true", "on", "1", "y", "t", "both" };

	printer->dhcp.v4 = !strcmp(value, "ipv4") || !strcmp(value, "v4");
	printer->dhcp.v6 = !strcmp(value, "ipv6") || !strcmp(value, "v6");
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcasecmp(value, yes[i])) {
			printer->dhcp.v4 = true;
			printer->dhcp.v6 = true;
		}
	}
}

/* A line of section [Network]. */
static void take_network(struct printer *printer, const char *key, const char *value)
{
	if (!strcmp(key, "DHCP"))
		note_dhcp(printer, value);
	else if (!strcmp(key, "DNS"))
		keep_dns(printer, value);
	else if ((strcmp(key, "Address") && strcmp(key, "Gateway")) ||
		 !is_said(printer, family_of(value)))
		keep(printer, key, value);
}

/* Cuts white space off both ends. */
static char *strip(char *text)
{
	size_t len;

	text += strspn(text, SPACE);
	len = strlen(text);
	while (len && strchr(SPACE, text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

/* What comes after "KEY = "; NULL if it is another key. */
static const char *value_of(const char *line, const char *key)
{
	line += strspn(line, SPACE);
	if (strncmp(line, key, strlen(key)))
		return NULL;
	line += strlen(key);
	line += strspn(line, SPACE);
	return *line == '=' ? line + 1 + strspn(line + 1, SPACE) : NULL;
}

/* An address or a route in a section of its own is of the family of the first that it names. */
static bool is_replaced(const struct printer *printer, const char *rest)
{
	static const char *const keys[] = { "Address", "Gateway", "Destination" };

	if (!strcmp(printer->section, "[Match]"))
		return true;
	if (strcmp(printer->section, "[Address]") && strcmp(printer->section, "[Route]"))
		return false;
	for (; *rest && rest[strspn(rest, SPACE)] != '['; rest += *rest == '\n') {
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			const char *value = value_of(rest, keys[i]);

			if (value && family_of(value))
				return is_said(printer, family_of(value));
		}
		rest += strcspn(rest, "\n");
	}
	return false;
}

/* Each section is one of its own, whatever it is called. None of networkd's has a longer name. */
static bool begin_section(struct printer *printer, const char *line, const char *rest)
{
	size_t len = strcspn(line, "]");

	printer->open[0] = '\0';
	if (!line[len] || len + 1 >= sizeof(printer->section))
		return false;
	snprintf(printer->section, sizeof(printer->section), "%.*s]", (int)len, line);
	return !is_replaced(printer, rest);
}

/* Two backslashes are one that does not stand for more. */
static bool goes_on(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && line[len - 1 - n] == '\\')
		n++;
	return n % 2;
}

/* What goes on in the next line becomes one line. Comments do not, and are left out. */
static void join_lines(char *text)
{
	char *to = text;
	size_t len, size;

	for (char *line = text; *line; line += size) {
		len = strcspn(line, "\n");
		size = len + (line[len] == '\n');
		if (strchr("#;", line[strspn(line, SPACE)]))
			continue;
		memmove(to, line, size);
		to += size;
		if (goes_on(to - size, len)) {
			to -= size - len;
			to[-1] = ' ';
		}
	}
	*to = '\0';
}

static void take_base(struct printer *printer, char *base)
{
	bool stays = false;
	char *line, *value;

	join_lines(base);
	while ((line = strsep(&base, "\n"))) {
		line = strip(line);
		if (*line == '[')
			stays = begin_section(printer, line, base ? base : "");
		value = strchr(line, '=');
		if (!stays || !value || *line == '[')
			continue;
		*value++ = '\0';
		if (!strcmp(printer->section, "[Network]"))
			take_network(printer, strip(line), strip(value));
		else
			keep(printer, strip(line), strip(value));
	}
}

/* --- Printing. --------------------------------------------------------------------------- */

static void print_addresses(FILE *file, const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	char text[HVIC_ADDRESS_TEXT_SIZE];

	if (family == 4 && ip->dhcp)
		return;
	for (uint32_t i = 0; i < ip->n_addresses; i++) {
		const struct hv_ic_kvp_address *address = &ip->addresses[i];

		if (address->family == family)
			fprintf(file, "Address=%s/%u\n", hvic_address_text(address, text),
				address->prefix);
	}
	for (uint32_t i = 0; i < ip->n_gateways; i++)
		if (ip->gateways[i].family == family)
			fprintf(file, "Gateway=%s\n", hvic_address_text(&ip->gateways[i], text));
}

/* @family: 0 for any */
static void print_dns(FILE *file, const struct hv_ic_kvp_ip *ip, uint8_t family)
{
	char text[HVIC_ADDRESS_TEXT_SIZE];

	for (uint32_t i = 0; i < ip->n_dns; i++)
		if (!family || ip->dns[i].family == family)
			fprintf(file, "DNS=%s\n", hvic_address_text(&ip->dns[i], text));
}

/**
 * hvic_network_file_print() - a file for one interface
 * @name: of the interface
 * @base: what is said of it now; changed. NULL if nothing is
 * @ip: what the host wants
 * @now: how it is set up by hand, for a family of which neither says anything
 *
 * Return: the text, to be freed; NULL without memory.
 */
char *hvic_network_file_print(const char *name, char *base, const struct hv_ic_kvp_ip *ip,
			      const struct hv_ic_kvp_ip *now)
{
	static const char *const words[] = { "no", "ipv4", "ipv6", "yes" };
	struct printer printer = { .ip = ip };
	char *content = NULL;
	size_t size;

	printer.file = open_memstream(&content, &size);
	if (!printer.file)
		return NULL;
	fprintf(printer.file,
		"# Written by hvic-kvpd(8), as the virtual machine's host wants it.\n"
		"[Match]\nName=%s\n", name);
	if (base)
		take_base(&printer, base);
	else
		printer.dhcp.v4 = now->dhcp;
	if (hvic_job_has_family(ip, 4))
		printer.dhcp.v4 = ip->dhcp;
	if (hvic_job_has_family(ip, 6))
		printer.dhcp.v6 = false;
	fprintf(printer.file, "\n[Network]\nDHCP=%s\n",
		words[printer.dhcp.v4 + 2 * printer.dhcp.v6]);
	for (uint8_t family = 4; family <= 6; family += 2) {
		if (hvic_job_has_family(ip, family))
			print_addresses(printer.file, ip, family);
		else if (!base)
			print_addresses(printer.file, now, family);
		if (!base && !hvic_job_has_family(ip, family) && !is_said_of_dns(ip, family))
			print_dns(printer.file, now, family);
	}
	print_dns(printer.file, ip, 0);
	if (fclose(printer.file)) {
		free(content);
		return NULL;
	}
	return content;
}
